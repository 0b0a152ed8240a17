"""Baseline judges for an audit: what one reaches by comparing strings, or by length alone.

They vote like judges, on the same cases, and are audited by the same figures. Where a label needs
a threshold (how similar is similar enough?), it is fitted on other cases than those it decides.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

from dikast.stats.ballot_table import BallotTable, Floats, Row
from dikast.stats.learned import crossfit
from dikast.stats.lexical import chrf, contains, exact_match, rouge_l
from dikast.types import Scale

PREFIX = "baseline/"
"""Names of baseline judges begin so."""

SIMILARITIES = {"exact": exact_match, "contains": contains, "rouge_l": rouge_l, "chrf": chrf}


class Texts(NamedTuple):
    """What baselines read of a case."""

    responses: tuple[str, ...]
    """One, or two of a pair, in canonical order."""
    references: tuple[str, ...] = ()
    """Reference answers; passages where there is no reference; empty if neither."""


def baselines(table: BallotTable, texts: Mapping[str, Texts], *, seed: int = 0) -> BallotTable:
    """Ballots of the baseline judges on the cases of a table.

    On pairs the candidate that is more similar to the reference (or longer) is preferred, and
    equality is a tie. On single responses `exact` and `contains` answer a yes/no scale as they
    are; everything else is fitted on the labels of other cases by five-fold cross-fitting.
    `learned` is a ridge regression on all features together.

    Args:
        table: The judges' ballots; only its cases, scales and labels are looked at.
        texts: By case; a case without an entry gets no vote.
        seed: Of the folds.

    Returns:
        A table of the same cases, criteria and labels. A baseline that cannot vote anywhere (no
        reference, no labels to fit on) is not among its judges.

    Examples:
        >>> from dikast.types import PreferenceScale
        >>> empty = BallotTable.of([], scales={"overall": PreferenceScale()}, pairs=True,
        ...                        cases=["c"])
        >>> found = baselines(empty, {"c": Texts(("In Paris.", "In Rome, I think."), ("Paris",))})
        >>> dict(zip(found.judges, found.score.tolist()))["baseline/contains"]
        1.0
    """
    measured = _features(table, texts)
    rows = [
        row for criterion in table.criteria for row in _votes(table, criterion, measured, seed=seed)
    ]
    found = BallotTable.of(
        rows,
        scales=dict(zip(table.criteria, table.scales, strict=True)),
        cases=table.cases,
        pairs=table.pairs,
    )
    return found.with_truth(table.truth)


def _features(table: BallotTable, texts: Mapping[str, Texts]) -> dict[str, Floats]:
    """By feature, one value per case (a difference on pairs); NaN where undefined."""
    values = {name: np.full(len(table.cases), np.nan) for name in (*SIMILARITIES, "length")}
    for at, case in enumerate(table.cases):
        if case not in texts or len(texts[case].responses) != (2 if table.pairs else 1):
            continue
        responses, references = texts[case]
        for name, measure in SIMILARITIES.items():
            parts = [measure(response, references) for response in responses]
            known = [part for part in parts if part is not None]
            if len(known) == len(parts):
                values[name][at] = known[0] - (known[1] if table.pairs else 0.0)
        sizes = [float(len(response)) for response in responses]
        values["length"][at] = sizes[0] - sizes[1] if table.pairs else np.log1p(sizes[0])
    return {name: value for name, value in values.items() if not np.isnan(value).all()}


def _votes(
    table: BallotTable, criterion: str, measured: Mapping[str, Floats], *, seed: int
) -> Iterator[Row]:
    scale, labels = table.scale(criterion), table.labels(criterion)
    for name, value in measured.items():
        if table.pairs:
            scores = np.sign(value)
        elif scale.kind == "yes_no" and name in ("exact", "contains"):
            scores = value
        else:
            scores = _fitted(value[:, None], labels, scale, table.pairs, seed)
        yield from _rows(table, criterion, name, scores)
    if measured:
        features = _standard(np.column_stack(list(measured.values())), pairs=table.pairs)
        yield from _rows(
            table, criterion, "learned", _fitted(features, labels, scale, table.pairs, seed)
        )


def _standard(features: Floats, *, pairs: bool) -> Floats:
    """A long tail of length differences is drawn in, so that no single case rules the fit."""
    if pairs:
        features = features.copy()
        features[:, -1] = np.sign(features[:, -1]) * np.log1p(np.abs(features[:, -1]))
    return features


def _fitted(features: Floats, labels: Floats, scale: Scale, pairs: bool, seed: int) -> Floats:
    """Predictions on held-out cases, brought to the scale."""
    if pairs:
        # A tie says nothing of which candidate is better, so nothing is learned from it.
        wins = np.where(labels == 0, np.nan, (labels > 0).astype(float))
        wins[np.isnan(labels)] = np.nan
        chance = crossfit(features, wins, binary=True, symmetric=True, seed=seed)
        return np.where(np.isnan(chance), np.nan, np.sign(np.round(chance - 0.5, 12)))
    low, high = scale.bounds()
    if scale.kind == "yes_no":
        return _steps(crossfit(features, labels, binary=True, seed=seed), low, high)
    told = np.clip(crossfit(features, labels, binary=False, seed=seed), low, high)
    return _steps(told, low, high) if scale.labelled else told


def _steps(values: Floats, low: float, high: float) -> Floats:
    return np.clip(np.floor(values + 0.5), low, high)


def _rows(table: BallotTable, criterion: str, name: str, scores: Floats) -> Iterator[Row]:
    for at in np.flatnonzero(~np.isnan(scores)):
        score = float(scores[at])
        for swapped in (False, True) if table.pairs else (False,):
            yield Row(table.cases[at], PREFIX + name, score, criterion, swapped)
