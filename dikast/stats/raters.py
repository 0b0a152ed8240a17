"""Agreement beyond chance among any number of raters, with gaps where not everybody rated.

Ratings are `[item, rater]`: floats with NaN (such as `BallotTable.grid` gives for one order), or
rows of labels with None. Who gave which label never matters, only how many did.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from dikast.stats.agreement import (
    SAME,
    Label,
    Weighting,
    gwet_chance,
    places,
    weight_matrix,
)
from dikast.stats.estimate import Estimate, undefined
from dikast.stats.resampling import Clusters, Floats, bootstrap_sums, of_kept

Ratings = Floats | Sequence[Sequence[Label]]
"""`[item, rater]`, NaN or None where a rater gave none; rows may differ in length."""

NO_PAIR = "no item was labelled by two raters or more"


class Counted(NamedTuple):
    """How many raters gave each category to each item."""

    counts: Floats
    """`[item, category]`."""
    missing: Floats
    """By item, how many ratings are missing."""
    categories: tuple[Label, ...]


def counted(ratings: Ratings, categories: Sequence[Label] | None = None) -> Counted:
    """Ratings as counts by item and category.

    Raises:
        ValueError: A label is no category.
    """
    if isinstance(ratings, np.ndarray):
        codes, names = places(list(ratings.T.astype(float)), categories)
        item, code = np.tile(np.arange(len(ratings)), len(codes)), codes.ravel()
    else:
        flat: list[Label] = [label for row in ratings for label in row]
        codes, names = places([flat], categories)
        item, code = np.repeat(np.arange(len(ratings)), [len(row) for row in ratings]), codes[0]
    size, n = len(names), len(ratings)
    given = code >= 0
    counts = np.bincount(item[given] * size + code[given], minlength=n * size)
    missing = np.bincount(item[~given], minlength=n)
    return Counted(counts.reshape(n, size).astype(float), missing.astype(float), names)


def percent_agreement_of_many(
    ratings: Ratings, *, by: Clusters | None = None, seed: int = 0, draws: int = 1000
) -> Estimate:
    """Share of pairs of raters that agree, averaged over items with at least two ratings.

    Examples:
        >>> percent_agreement_of_many(["xxx", "xxy"]).value
        0.6666666666666666
    """
    return _figure(counted(ratings), "none", "nominal", by, seed, draws)


def fleiss(
    rows: Ratings, *, by: Clusters | None = None, seed: int = 0, draws: int = 1000
) -> Estimate:
    """Fleiss' κ: several raters per item, chance from the pooled marginals.

    Args:
        rows: One per item, the labels of its raters in any order; who rated may differ from
            item to item, how many may not.
        by: What each item belongs to; items of one cluster are resampled together.
        seed: Of the resampling.
        draws: Resamples.

    Returns:
        κ over complete items; `nulls` counts items with a label missing. Undefined without
        items, with a single rater, or if all labels are the same.

    Raises:
        ValueError: Items differ in how many raters they have.

    Examples:
        >>> fleiss(["xx", "yy", "xy", "yx"]).value
        0.0

    References:
        Fleiss (1971), "Measuring nominal scale agreement among many raters".
    """
    if not isinstance(rows, np.ndarray) and len({len(row) for row in rows}) > 1:
        raise ValueError("every item needs the same number of raters")
    table = counted(rows)
    complete = table.missing == 0
    kept = Counted(table.counts[complete], table.missing[complete], table.categories)
    by = of_kept(by, complete, len(complete))
    return _figure(kept, "fleiss", "nominal", by, seed, draws, nulls=int((~complete).sum()))


def gwet_ac1(
    ratings: Ratings,
    *,
    categories: Sequence[Label] | None = None,
    by: Clusters | None = None,
    seed: int = 0,
    draws: int = 1000,
) -> Estimate:
    """Gwet's AC1 of any number of raters, gaps allowed.

    Args:
        ratings: `[item, rater]`.
        categories: All that could be used: the number of them sets what chance agreement is.
            None for those that occur.
        by: What each item belongs to; items of one cluster are resampled together.
        seed: Of the resampling.
        draws: Resamples.

    Returns:
        AC1; observed agreement is over items with two ratings or more (`nulls` counts the
        others), the marginals are over all that were rated at all. Undefined without such an
        item, or with a single category.

    Examples:
        >>> round(gwet_ac1(["xx", "xx", "xy", "xx"]).value, 3)
        0.68

    References:
        Gwet (2014), "Handbook of Inter-Rater Reliability", chapter 5.
    """
    return _figure(counted(ratings, categories), "gwet", "nominal", by, seed, draws)


def gwet_ac2(
    ratings: Ratings,
    *,
    weights: Weighting = "quadratic",
    categories: Sequence[Label] | None = None,
    by: Clusters | None = None,
    seed: int = 0,
    draws: int = 1000,
) -> Estimate:
    """Gwet's AC2: AC1 where a near-miss on ordered categories counts in part.

    Args:
        ratings: `[item, rater]`.
        weights: As for `agreement.cohen`.
        categories: All that could be used, in order; None for those that occur, sorted.
        by: What each item belongs to; items of one cluster are resampled together.
        seed: Of the resampling.
        draws: Resamples.

    Examples:
        >>> near, far = np.array([[1.0, 2], [3, 3], [2, 2]]), np.array([[1.0, 3], [3, 3], [2, 2]])
        >>> gwet_ac2(near).value > gwet_ac2(far).value
        True
    """
    return _figure(counted(ratings, categories), "gwet", weights, by, seed, draws)


def _figure(
    table: Counted,
    chance: str,
    weights: Weighting,
    by: Clusters | None,
    seed: int,
    draws: int,
    nulls: int = 0,
) -> Estimate:
    counts = table.counts
    raters = counts.sum(axis=1)
    paired, rated = raters >= 2, raters >= 1
    nulls += int((~paired).sum())
    n = int(paired.sum())
    if not n:
        return undefined(NO_PAIR, nulls=nulls)
    size = counts.shape[1]
    weight = weight_matrix(size, weights)
    pairs = np.maximum(raters * (raters - 1), 1)
    agree = np.where(paired, (counts * (counts @ weight - 1)).sum(axis=1) / pairs, 0)
    shares = counts / np.maximum(raters, 1)[:, None]
    sums = np.column_stack([agree, paired, shares, rated])

    def coefficient(total: Floats) -> Floats:
        observed = total[..., 0] / total[..., 1]
        if chance == "none":
            return np.asarray(observed)
        pooled = total[..., 2:-1] / total[..., -1:]
        fleiss = (pooled**2).sum(axis=-1)
        expected = gwet_chance(pooled, weight) if chance == "gwet" else fleiss
        expected = np.where(np.isclose(expected, 1.0, rtol=1e-9), np.nan, expected)
        return np.asarray((observed - expected) / (1 - expected))

    return bootstrap_sums(
        sums, coefficient, by=by, nulls=nulls, n=n, why=SAME, seed=seed, draws=draws
    )
