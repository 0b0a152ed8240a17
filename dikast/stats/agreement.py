"""Agreement beyond chance between raters who put items into categories.

Raters' answers are labels with None for a missing one, or floats with NaN. Every coefficient comes
with an interval by case. No coefficient is read alone: with rare categories κ can be negative
where raters agree on nine items of ten, so `agreement` gives the plain share, both marginals and
three coefficients side by side.

| coefficient | chance agreement from | raters |
|---|---|---|
| `cohen` | each rater's own marginals | two |
| `scott` | pooled marginals | two |
| `fleiss` | pooled marginals | many, equally many per item |
| `gwet_ac1`, `gwet_ac2` | how evenly the pooled marginals spread | many, gaps allowed |
| `krippendorff` | pooled values, small-sample corrected | many, gaps allowed |
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from functools import partial
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from dikast.stats.estimate import Estimate, undefined
from dikast.stats.resampling import Clusters, Floats, Ints, of_kept
from dikast.stats.reweighting import bootstrap_cells

Label = Hashable | None
"""A category; None where the rater gave none."""
Labels = Sequence[Label] | Floats
"""One rater's answers, item by item."""
Weighting = Literal["nominal", "linear", "quadratic"]
"""How far near-misses count as agreement: not at all, by distance, or by its square."""

Chance = Literal["none", "cohen", "scott", "gwet"]
"""Which coefficient, by what it takes for agreement by chance; `none` is the plain share."""

SAME = "all labels are the same"
NONE = "no item was labelled by both raters"


class PairAgreement(NamedTuple):
    """Everything one should see before believing an agreement of two raters."""

    categories: tuple[Label, ...]
    marginal_a: tuple[float, ...]
    """Share of each category in the first rater's answers, over items that both labelled."""
    marginal_b: tuple[float, ...]
    percent: Estimate
    cohen: Estimate
    scott: Estimate
    gwet: Estimate


def agreement(
    a: Labels,
    b: Labels,
    *,
    categories: Sequence[Label] | None = None,
    by: Clusters | None = None,
    seed: int = 0,
    draws: int = 1000,
) -> PairAgreement:
    """Observed agreement, both marginals and three coefficients of two raters.

    Args:
        a: One rater's labels.
        b: The other's, item by item.
        categories: All that could be used; matters to Gwet's AC1. None for those that occur.
        by: What each item belongs to; items of one cluster are resampled together.
        seed: Of the resampling.
        draws: Resamples.

    Examples:
        The paradox: nine of ten alike, and κ below zero.

        >>> table = 90 * ["xx"] + 5 * ["xy"] + 5 * ["yx"]
        >>> found = agreement([r[0] for r in table], [r[1] for r in table])
        >>> [round(f.value, 3) for f in (found.percent, found.cohen, found.scott, found.gwet)]
        [0.9, -0.053, -0.053, 0.89]
    """
    table = coded(a, b, categories=categories)
    size = len(table.categories)
    counts = np.bincount(table.cell, minlength=size * size).reshape(size, size)
    total = max(int(counts.sum()), 1)
    three = [
        partial(figure, categories=categories, by=by, seed=seed, draws=draws)(a, b)
        for figure in (cohen, scott, gwet)
    ]
    return PairAgreement(
        table.categories,
        tuple((counts.sum(axis=1) / total).tolist()),
        tuple((counts.sum(axis=0) / total).tolist()),
        percent_agreement(a, b, by=by, seed=seed, draws=draws),
        *three,
    )


def percent_agreement(
    a: Labels, b: Labels, *, by: Clusters | None = None, seed: int = 0, draws: int = 1000
) -> Estimate:
    """Share of items that both raters labelled alike, of those that both labelled.

    Examples:
        >>> percent_agreement("xxyy", ["x", "y", "y", None]).value
        0.6666666666666666
    """
    return _figure(coded(a, b), "none", "nominal", by, seed, draws)


def cohen(
    a: Labels,
    b: Labels,
    *,
    weights: Weighting = "nominal",
    categories: Sequence[Label] | None = None,
    by: Clusters | None = None,
    seed: int = 0,
    draws: int = 1000,
) -> Estimate:
    """Cohen's κ of two raters: (pₒ − pₑ) / (1 − pₑ), chance from each rater's own marginals.

    Args:
        a: One rater's labels.
        b: The other's, item by item.
        weights: `linear` and `quadratic` give weighted κ: a near-miss counts
            1 − |i − j| / (K − 1), or its square in place of the distance, i and j being places
            in `categories`.
        categories: All that could be used, in order; matters to weighted κ, where a step between
            two categories that nobody used in between is one step. None for those that occur,
            sorted.
        by: What each item belongs to; items of one cluster are resampled together.
        seed: Of the resampling.
        draws: Resamples.

    Returns:
        κ over items that both labelled; `nulls` counts the others. Undefined without items, or
        if both raters only ever used the same one label.

    Raises:
        ValueError: The raters saw different numbers of items, or a label is no category.

    Examples:
        >>> table = 20 * ["xx"] + 5 * ["xy"] + 10 * ["yx"] + 15 * ["yy"]
        >>> round(cohen([r[0] for r in table], [r[1] for r in table]).value, 3)
        0.4
        >>> round(cohen([1, 2, 3, 4], [1, 2, 4, 4], weights="quadratic").value, 3)
        0.917

    References:
        Cohen (1960), "A coefficient of agreement for nominal scales"; Cohen (1968), "Weighted
        kappa".
    """
    return _figure(coded(a, b, categories=categories), "cohen", weights, by, seed, draws)


def scott(
    a: Labels,
    b: Labels,
    *,
    weights: Weighting = "nominal",
    categories: Sequence[Label] | None = None,
    by: Clusters | None = None,
    seed: int = 0,
    draws: int = 1000,
) -> Estimate:
    """Scott's π of two raters: as `cohen`, chance from the pooled marginals.

    Examples:
        >>> table = 20 * ["xx"] + 5 * ["xy"] + 10 * ["yx"] + 15 * ["yy"]
        >>> round(scott([r[0] for r in table], [r[1] for r in table]).value, 3)
        0.394

    References:
        Scott (1955), "Reliability of content analysis".
    """
    return _figure(coded(a, b, categories=categories), "scott", weights, by, seed, draws)


def gwet(
    a: Labels,
    b: Labels,
    *,
    weights: Weighting = "nominal",
    categories: Sequence[Label] | None = None,
    by: Clusters | None = None,
    seed: int = 0,
    draws: int = 1000,
) -> Estimate:
    """Gwet's AC1 of two raters (AC2 with weights), for items that both labelled.

    Chance is Σ π(1 − π) / (K − 1): small where one category prevails, so that rare categories do
    not turn high agreement into a low coefficient. `raters.gwet_ac1` takes more raters and gaps.

    Examples:
        >>> table = 20 * ["xx"] + 5 * ["xy"] + 10 * ["yx"] + 15 * ["yy"]
        >>> round(gwet([r[0] for r in table], [r[1] for r in table]).value, 3)
        0.406

    References:
        Gwet (2008), "Computing inter-rater reliability in the presence of high agreement".
    """
    return _figure(coded(a, b, categories=categories), "gwet", weights, by, seed, draws)


# --- the table of two raters -------------------------------------------------------------------


class Coded(NamedTuple):
    """Two raters' answers as cells of a square table."""

    cell: Ints
    """Of each item that both labelled: place of a's category × K + place of b's."""
    kept: npt.NDArray[np.bool_]
    """By item, whether both labelled it."""
    categories: tuple[Label, ...]


def coded(a: Labels, b: Labels, *, categories: Sequence[Label] | None = None) -> Coded:
    """Answers of two raters as cells of the table of their categories.

    Raises:
        ValueError: The raters saw different numbers of items, or a label is no category.
    """
    if len(a) != len(b):
        raise ValueError(f"one rater saw {len(a)} items, the other {len(b)}")
    codes, names = places([a, b], categories)
    kept = np.asarray((codes >= 0).all(axis=0))
    return Coded(codes[0, kept] * len(names) + codes[1, kept], kept, names)


def places(
    columns: Sequence[Labels], categories: Sequence[Label] | None
) -> tuple[Ints, tuple[Label, ...]]:
    """Each rater's answers as places in the list of categories, `[rater, item]`; −1 for none.

    Raises:
        ValueError: A label is no category.
    """
    if all(isinstance(c, np.ndarray) and c.dtype.kind == "f" for c in columns):
        return _numeric(np.stack([np.asarray(c, dtype=float) for c in columns]), categories)
    found = {label for column in columns for label in column if not _missing(label)}
    names = _sorted(found) if categories is None else tuple(categories)
    at = {label: place for place, label in enumerate(names)}
    _refuse_strangers(found - set(at))
    codes = [[-1 if _missing(label) else at[label] for label in column] for column in columns]
    return np.array(codes, dtype=np.int64).reshape(len(columns), -1), names


def _numeric(values: Floats, categories: Sequence[Label] | None) -> tuple[Ints, tuple[Label, ...]]:
    given = ~np.isnan(values)
    found = np.unique(values[given])
    codes = np.full(values.shape, -1, dtype=np.int64)
    if categories is None:
        names = found
        codes[given] = np.searchsorted(names, values[given])
        return codes, tuple(names.tolist())
    names = np.array(categories, dtype=float)
    _refuse_strangers(set(found.tolist()) - set(names.tolist()))
    order = np.argsort(names)
    codes[given] = order[np.searchsorted(names[order], values[given])]
    return codes, tuple(categories)


def _missing(label: Label) -> bool:
    return label is None or (isinstance(label, float) and math.isnan(label))


def _sorted(labels: set[Label]) -> tuple[Label, ...]:
    try:
        return tuple(sorted(labels))  # type: ignore[type-var]
    except TypeError:  # labels of several kinds have no order of their own
        return tuple(sorted(labels, key=lambda label: (type(label).__name__, repr(label))))


def _refuse_strangers(strangers: set[Label] | set[float]) -> None:
    if strangers:
        raise ValueError(f"{min(map(repr, strangers))} is none of the categories")


def weight_matrix(size: int, weights: Weighting) -> Floats:
    """What an answer i beside an answer j counts, 1 on the diagonal.

    Raises:
        ValueError: There is no such weighting.
    """
    distance = np.abs(np.subtract.outer(np.arange(size), np.arange(size))) / max(size - 1, 1)
    shapes: dict[str, Floats] = {
        "nominal": (distance == 0).astype(float),
        "linear": 1 - distance,
        "quadratic": 1 - distance**2,
    }
    if weights not in shapes:
        raise ValueError(f"`weights` must be nominal, linear or quadratic, got {weights!r}")
    return shapes[weights]


def _figure(
    table: Coded,
    chance: Chance,
    weights: Weighting,
    by: Clusters | None,
    seed: int,
    draws: int,
) -> Estimate:
    size = len(table.categories)
    nulls = int((~table.kept).sum())
    if not len(table.cell):
        return undefined(NONE, nulls=nulls)
    weight = weight_matrix(size, weights)
    return bootstrap_cells(
        _one_way_round(table.cell, size),
        size * size,
        lambda counts: of_tables(counts.reshape(*counts.shape[:-1], size, size), chance, weight),
        by=of_kept(by, table.kept, len(table.kept)),
        nulls=nulls,
        why=SAME,
        seed=seed,
        draws=draws,
    )


def of_tables(tables: Floats, chance: Chance, weight: Floats) -> Floats:
    """Agreement of many square tables `[..., K, K]` of counts; NaN where undefined.

    Args:
        tables: Counts: first rater's category by second rater's.
        chance: Whose chance agreement is taken off; `none` for the plain share.
        weight: What an answer beside another counts, see `weight_matrix`.
    """
    share = tables / tables.sum(axis=(-2, -1))[..., None, None]
    observed = np.asarray((share * weight).sum(axis=(-2, -1)))
    if chance == "none":
        return observed
    expected = _expected(share, weight, chance)
    expected = np.where(np.isclose(expected, 1.0, rtol=1e-9), np.nan, expected)
    return np.asarray((observed - expected) / (1 - expected))


def _expected(share: Floats, weight: Floats, chance: Chance) -> Floats:
    p, q = share.sum(axis=-1), share.sum(axis=-2)
    if chance == "cohen":
        return np.asarray((p @ weight * q).sum(axis=-1))
    pooled = (p + q) / 2
    if chance == "scott":
        return np.asarray((pooled @ weight * pooled).sum(axis=-1))
    return gwet_chance(pooled, weight)


def gwet_chance(pooled: Floats, weight: Floats) -> Floats:
    """Chance agreement of Gwet's AC1 and AC2; of a single category, certain."""
    size = weight.shape[0]
    if size < 2:
        return np.ones(pooled.shape[:-1])
    spread = (pooled * (1 - pooled)).sum(axis=-1)
    return np.asarray(weight.sum() / (size * (size - 1)) * spread)


def _one_way_round(cell: Ints, size: int) -> Ints:
    """The table or its transpose, whichever comes first, so that neither rater is the first."""
    counts = np.bincount(cell, minlength=size * size).reshape(size, size)
    differ = np.flatnonzero((counts != counts.T).ravel())
    if len(differ) and counts.ravel()[differ[0]] > counts.T.ravel()[differ[0]]:
        return cell % size * size + cell // size
    return cell
