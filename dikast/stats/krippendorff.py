"""Krippendorff's α: agreement of any number of raters on any level of measurement, with gaps."""

from __future__ import annotations

from functools import partial
from typing import Literal

import numpy as np

from dikast.stats.agreement import SAME
from dikast.stats.estimate import Estimate, undefined
from dikast.stats.raters import NO_PAIR, Ratings, counted
from dikast.stats.resampling import Clusters, Floats, bootstrap_sums, of_kept

Level = Literal["nominal", "ordinal", "interval"]

FEW = 24
"""Up to so many different values ordinal α is resampled with its ranks; above they are kept."""


def krippendorff(
    ratings: Ratings,
    *,
    level: Level = "nominal",
    by: Clusters | None = None,
    seed: int = 0,
    draws: int = 1000,
) -> Estimate:
    """Krippendorff's α = 1 − Dₒ / Dₑ: observed over expected disagreement.

    Two values disagree by 1 (nominal), by the squared difference of their mid-ranks among all
    values (ordinal), or by their squared difference (interval).

    Args:
        ratings: `[item, rater]`, NaN or None where a rater gave none.
        level: Of measurement; ordinal and interval need numbers.
        by: What each item belongs to; items of one cluster are resampled together.
        seed: Of the resampling.
        draws: Resamples.

    Returns:
        α over items with two values or more; `nulls` counts the others, which play no part.
        Undefined without such an item, or if all values are the same. The interval is by
        resampled items; with more than 24 different values the ranks of ordinal α are kept as
        they are on all items.

    Raises:
        ValueError: There is no such level, or the level needs numbers and there are none.

    Examples:
        >>> ratings = np.array([[1.0, 1, np.nan], [2, 2, 3], [3, 3, 3], [1, 2, 1], [np.nan] * 3])
        >>> [round(krippendorff(ratings, level=v).value, 3)
        ...  for v in ("nominal", "ordinal", "interval")]
        [0.5, 0.773, 0.773]

    References:
        Krippendorff (2011), "Computing Krippendorff's alpha-reliability".
    """
    if level not in ("nominal", "ordinal", "interval"):
        raise ValueError(f"`level` must be nominal, ordinal or interval, got {level!r}")
    table = counted(ratings)
    size = table.counts.sum(axis=1)
    paired = size >= 2
    counts, nulls = table.counts[paired], int((~paired).sum())
    n = len(counts)
    if not n:
        return undefined(NO_PAIR, nulls=nulls)
    by = of_kept(by, paired, len(paired))
    figure = partial(bootstrap_sums, by=by, nulls=nulls, n=n, why=SAME, seed=seed, draws=draws)
    if level == "nominal":
        return figure(_nominal_sums(counts), _nominal)
    values = _numbers(table.categories)
    if level == "ordinal" and len(values) <= FEW:
        return figure(_coincidences(counts), _ordinal)
    pool = counts.sum(axis=0)
    if level == "ordinal":
        values = _mid_ranks(pool) / pool.sum()
    return figure(_interval_sums(counts, values - float(pool @ values / pool.sum())), _interval)


def _numbers(categories: tuple[object, ...]) -> Floats:
    try:
        return np.array(categories, dtype=float)
    except (TypeError, ValueError):
        raise ValueError("ordinal and interval agreement need numbers, not labels") from None


def _alpha(observed: Floats, expected: Floats) -> Floats:
    return 1 - observed / np.where(expected > 1e-12, expected, np.nan)


def _nominal_sums(counts: Floats) -> Floats:
    """Per item: values of each category, and pairs of them that agree, each value counted once."""
    size = counts.sum(axis=1)
    agree = (counts * (counts - 1)).sum(axis=1) / (size - 1)
    return np.column_stack([agree, counts])


def _nominal(total: Floats) -> Floats:
    pool = total[..., 1:]
    n = pool.sum(axis=-1)
    observed = 1 - total[..., 0] / n
    expected = 1 - (pool * (pool - 1)).sum(axis=-1) / (n * (n - 1))
    return _alpha(observed, expected)


def _interval_sums(counts: Floats, values: Floats) -> Floats:
    """Per item: squared differences over ordered pairs, and moments of its values."""
    size = counts.sum(axis=1)
    first, second = counts @ values, counts @ values**2
    squared = 2 * (size * second - first**2) / (size - 1)
    # of equal values exactly zero, whatever rounding says
    squared[counts.max(axis=1) == size] = 0
    return np.column_stack([squared, size, first, second])


def _interval(total: Floats) -> Floats:
    n, first, second = total[..., 1], total[..., 2], total[..., 3]
    expected = 2 * (n * second - first**2) / (n * (n - 1))
    return _alpha(total[..., 0] / n, expected)


def _coincidences(counts: Floats) -> Floats:
    """Per item: the upper half of the table of ordered pairs of values, then the values."""
    size = counts.sum(axis=1)
    rows, columns = np.triu_indices(counts.shape[1], 1)
    pairs = 2 * counts[:, rows] * counts[:, columns] / (size - 1)[:, None]
    return np.column_stack([pairs, counts])


def _ordinal(total: Floats) -> Floats:
    k = int((np.sqrt(8 * total.shape[-1] + 1) - 1) / 2)  # k(k − 1)/2 + k columns
    rows, columns = np.triu_indices(k, 1)
    pairs, pool = total[..., : len(rows)], total[..., len(rows) :]
    n = pool.sum(axis=-1)
    ranks = _mid_ranks(pool) / n[..., None]
    distance = (ranks[..., rows] - ranks[..., columns]) ** 2
    observed = (pairs * distance).sum(axis=-1) / n
    chance = 2 * pool[..., rows] * pool[..., columns] * distance
    return _alpha(observed, chance.sum(axis=-1) / (n * (n - 1)))


def _mid_ranks(pool: Floats) -> Floats:
    """Mid-rank of each category among all values."""
    return np.asarray(np.cumsum(pool, axis=-1) - pool / 2)
