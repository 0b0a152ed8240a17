"""The judges' main figure by slice of the cases, who is best where, and who falls off where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from dikast.audit.report import BestThere, SliceCount, Sliced, Slices
from dikast.audit.sections._lens import Lens
from dikast.stats.accuracy import accuracy, pair_accuracy
from dikast.stats.ballot_table import BallotTable, Bools, Floats
from dikast.stats.estimate import Estimate, undefined
from dikast.stats.order_grids import order_consistency
from dikast.stats.resampling import bootstrap_sums
from dikast.stats.slices import FEWEST, slice_test, with_the_others
from dikast.stats.standing_votes import standing

SliceNames = Mapping[str, str | None]
"""By case, the slice it is of; None, like a case that is left out, for those without a value."""


class _Slice(NamedTuple):
    name: str | None
    cases: Bools


@dataclass(frozen=True)
class _Measure:
    """One judge's main figure on one criterion: what each case earned, and how it is told."""

    lens: Lens
    at: int
    figure: str
    earned: Floats
    """`[case]`; NaN where the judge has no vote that counts."""
    asked: Bools
    """`[case]`: the judge was asked and a figure could be had."""

    def on(self, cases: Bools) -> Estimate:
        """The figure on some of the cases."""
        lens, votes = self.lens, self.lens.grid[cases, self.at]
        used = int((~np.isnan(self.earned[cases])).sum())
        nulls = int((self.asked & np.isnan(self.earned) & cases).sum())
        if used < FEWEST:
            why = f"{used} cases with a vote, and a figure by slice takes {FEWEST}"
            return undefined(why, n=used, nulls=nulls)
        if self.figure == "accuracy":
            of = pair_accuracy if lens.table.pairs else accuracy
            return of(_whole(lens, votes), lens.labels[cases], **lens.options)
        if self.figure == "order_consistency":
            return order_consistency(votes[:, 0], votes[:, 1], **lens.options)
        kept = self.earned[cases & ~np.isnan(self.earned)]
        sums = np.column_stack([kept, np.ones(len(kept))])
        return bootstrap_sums(sums, lambda s: s[..., 0] / s[..., 1], nulls=nulls, **lens.options)


def _whole(lens: Lens, votes: Floats) -> Floats:
    """Votes to be held against labels: of repeats the nearest step."""
    return votes if lens.table.pairs else np.round(votes)


def slices(table: BallotTable, by: str, names: SliceNames, *, seed: int, draws: int) -> Slices:
    """Figures by slice, their tests not yet corrected.

    Args:
        table: Ballots, with labels where there are any.
        by: What the cases are sliced by.
        names: The slice of each case.
        seed: Of resampling.
        draws: Resamples per interval.
    """
    parts = _parts(table, names)
    large = [part for part in parts if part.cases.sum() >= FEWEST]
    figures: list[Sliced] = []
    best: list[BestThere] = []
    for criterion in table.criteria:
        lens = Lens(table, criterion, seed=seed, draws=draws)
        measures = [_measure(lens, at) for at, _ in lens.judges()]
        for part in large:
            found = [_sliced(measure, part, parts) for measure in measures]
            figures += found
            best += _best(lens, part, measures, found)
    return Slices(
        by=by,
        counts=tuple(_count(table, part) for part in parts),
        figures=tuple(figures),
        best=tuple(best),
    )


def _parts(table: BallotTable, names: SliceNames) -> list[_Slice]:
    """Largest first; equals by name, and those without a value behind them."""
    told = [names.get(case) for case in table.cases]
    code: dict[str | None, list[int]] = {}
    for at, name in enumerate(told):
        code.setdefault(name, []).append(at)
    made = []
    for name, where in code.items():
        cases = np.zeros(len(told), dtype=bool)
        cases[where] = True
        made.append(_Slice(name, cases))
    return sorted(made, key=lambda p: (-int(p.cases.sum()), p.name is None, p.name or ""))


def _count(table: BallotTable, part: _Slice) -> SliceCount:
    size = int(part.cases.sum())
    few = f"{size} case{'s' * (size != 1)}, and a figure by slice takes {FEWEST}"
    return SliceCount(
        slice=part.name,
        cases=size,
        labelled=int((table.labelled & part.cases).sum()),
        reason=few if size < FEWEST else "",
    )


def _measure(lens: Lens, at: int) -> _Measure:
    """The set's main figure: against labels where there are any, else without them."""
    votes, labels = lens.grid[:, at], lens.labels
    asked = _asked(lens, at)
    if not lens.labelled:
        if lens.table.pairs and not np.isnan(votes).all(axis=0).any():
            forward, swapped = np.sign(votes[:, 0]), np.sign(votes[:, 1])
            both = np.isnan(forward) | np.isnan(swapped)
            same = np.where(both, np.nan, (forward == swapped).astype(float))
            return _Measure(lens, at, "order_consistency", same, asked)
        low, high = lens.scale.bounds()
        held = standing(lens.table, lens.criterion).votes
        held = np.sign(held) if lens.table.pairs else held
        near = with_the_others(held, at, None if lens.scale.labelled else high - low)
        return _Measure(lens, at, "with_the_others", near, asked)
    asked = asked & ~np.isnan(labels)
    if not lens.scale.labelled:
        low, high = lens.scale.bounds()
        return _Measure(
            lens, at, "score_agreement", 1 - np.abs(votes[:, 0] - labels) / (high - low), asked
        )
    if lens.table.pairs:
        votes, labels = np.sign(votes), np.sign(labels)
    given = ~np.isnan(votes)
    hits = ((_whole(lens, votes) == labels[:, None]) & given).sum(axis=1)
    number = given.sum(axis=1)
    usable = (number > 0) & ~np.isnan(labels)
    earned = np.where(usable, hits / np.maximum(number, 1), np.nan)
    return _Measure(lens, at, "accuracy", earned, asked)


def _asked(lens: Lens, at: int) -> Bools:
    table = lens.table
    asked = np.zeros(len(table.cases), dtype=bool)
    rows = (table.judge == at) & (table.criterion == table.criteria.index(lens.criterion))
    asked[table.case[rows]] = True
    return asked


def _sliced(measure: _Measure, part: _Slice, parts: Sequence[_Slice]) -> Sliced:
    inside, lens = part.cases, measure.lens
    found = measure.on(inside)
    test = slice_test(measure.earned, inside) if len(parts) > 1 else None
    outside = measure.earned[~inside]
    outside = outside[~np.isnan(outside)]
    return Sliced.of(
        lens.about,
        lens.table.judges[measure.at],
        measure.figure,
        found,
        criterion=lens.criterion,
        p=None if test is None or found.value is None else test.p,
    ).model_copy(
        update={
            "slice": part.name,
            "elsewhere": float(outside.mean()) if len(outside) >= FEWEST else None,
        }
    )


def _best(
    lens: Lens, part: _Slice, measures: Sequence[_Measure], found: Sequence[Sliced]
) -> Iterator[BestThere]:
    """Who has the highest figure there, and whether it leads the next one for certain."""
    told = [(f.value, m) for f, m in zip(found, measures, strict=True) if f.value is not None]
    if len(told) < 2:
        return
    top = max(value for value, _ in told)
    first = [m for value, m in told if value > top - 1e-9]
    behind = sorted(((v, m.at) for v, m in told if v <= top - 1e-9), reverse=True)
    clear = None
    if len(first) == 1 and behind:
        second = next(m for _, m in told if m.at == behind[0][1])
        ahead = (first[0].earned - second.earned)[part.cases]
        ahead = ahead[~np.isnan(ahead)]
        lead = bootstrap_sums(
            np.column_stack([ahead, np.ones(len(ahead))]),
            lambda s: s[..., 0] / s[..., 1],
            **lens.options,
        )
        clear = lead.low is not None and lead.low > 0
    yield BestThere(
        slice=part.name,
        criterion=lens.criterion,
        figure=first[0].figure,
        judges=tuple(sorted(lens.table.judges[m.at] for m in first)),
        value=top,
        clear=bool(clear),
    )
