"""Correlation of two columns of scores: of a judge with labels, or of two judges.

Scores are floats with NaN for a missing one; cases with either missing are left out and counted.
A judge who always gives the same score has no correlation with anything: undefined, never 0.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from scipy import stats

from dikast.stats.estimate import Estimate, undefined
from dikast.stats.resampling import Clusters, Floats, Ints, bootstrap_sums, of_kept
from dikast.stats.reweighting import LIMIT, bootstrap_weights

Correlation = Literal["pearson", "spearman", "kendall"]

KENDALL_LIMIT = 1_500
"""Rows that Kendall's resamples use at most: all pairs of them are compared."""


def pearson(
    x: Floats, y: Floats, *, by: Clusters | None = None, seed: int = 0, draws: int = 1000
) -> Estimate:
    """Pearson's r.

    Args:
        x: One column of scores, NaN where missing.
        y: The other, case by case.
        by: What each case belongs to; cases of one cluster are resampled together.
        seed: Of the resampling.
        draws: Resamples.

    Returns:
        r over cases with both; undefined for fewer than three, and if either column is constant.

    Raises:
        ValueError: The columns differ in length.

    Examples:
        >>> round(pearson(np.array([1.0, 2, 3, 5]), np.array([1.0, 3, 2, 5])).value, 3)
        0.886
        >>> pearson(np.array([3.0, 3, 3]), np.array([1.0, 2, 5])).reason
        'the first column is constant'
    """
    kept, gap = _usable(x, y)
    if gap:
        return gap
    a, b = x[kept] - x[kept].mean(), y[kept] - y[kept].mean()
    a, b = a / np.abs(a).max(), b / np.abs(b).max()
    sums = np.column_stack([np.ones(len(a)), a, b, a * a, b * b, a * b])
    return bootstrap_sums(
        sums,
        _pearson_of_sums,
        by=of_kept(by, kept, len(x)),
        nulls=len(x) - len(a),
        seed=seed,
        draws=draws,
    )


def _pearson_of_sums(total: Floats) -> Floats:
    n, a, b, aa, bb, ab = np.moveaxis(total, -1, 0)
    left, right = aa - a * a / n, bb - b * b / n
    tiny = 1e-12 * n
    scale = np.sqrt(np.where((left > tiny) & (right > tiny), left * right, np.nan))
    return np.asarray(np.clip((ab - a * b / n) / scale, -1, 1))


def spearman(
    x: Floats, y: Floats, *, by: Clusters | None = None, seed: int = 0, draws: int = 1000
) -> Estimate:
    """Spearman's ρ: Pearson's r of mid-ranks.

    Args and returns as for `pearson`. With more than 5,000 different pairs of scores the
    interval comes from a part of the cases (see `reweighting.bootstrap_weights`).

    Examples:
        >>> round(spearman(np.array([1.0, 2, 3, 5]), np.array([1.0, 3, 2, 50])).value, 3)
        0.8
    """
    return _ranked(x, y, _spearman, by=by, seed=seed, draws=draws)


def kendall(
    x: Floats, y: Floats, *, by: Clusters | None = None, seed: int = 0, draws: int = 1000
) -> Estimate:
    """Kendall's τ-b: concordant less discordant pairs, corrected for ties.

    Args and returns as for `pearson`. With more than 1,500 different pairs of scores the interval
    comes from a part of the cases (see `reweighting.bootstrap_weights`).

    Examples:
        >>> round(kendall(np.array([1.0, 2, 3, 4]), np.array([1.0, 2, 4, 3])).value, 3)
        0.667
    """
    return _ranked(x, y, _kendall, by=by, limit=KENDALL_LIMIT, seed=seed, draws=draws)


def correlation(
    x: Floats,
    y: Floats,
    how: Correlation,
    *,
    by: Clusters | None = None,
    seed: int = 0,
    draws: int = 1000,
) -> Estimate:
    """One of the three by name."""
    functions: dict[Correlation, Callable[..., Estimate]] = {
        "pearson": pearson,
        "spearman": spearman,
        "kendall": kendall,
    }
    return functions[how](x, y, by=by, seed=seed, draws=draws)


def _usable(x: Floats, y: Floats) -> tuple[Ints, Estimate | None]:
    if len(x) != len(y):
        raise ValueError(f"one column has {len(x)} scores, the other {len(y)}")
    kept = np.flatnonzero(~(np.isnan(x) | np.isnan(y)))
    nulls = len(x) - len(kept)
    if len(kept) < 3:
        return kept, undefined("fewer than three cases have both", n=len(kept), nulls=nulls)
    for name, column in (("first", x), ("second", y)):
        if np.ptp(column[kept]) == 0:
            why = f"the {name} column is constant"
            return kept, undefined(why, n=len(kept), nulls=nulls)
    return kept, None


def _ranked(
    x: Floats,
    y: Floats,
    statistic: Callable[[Floats, Floats], Floats],
    *,
    by: Clusters | None,
    limit: int = LIMIT,
    seed: int,
    draws: int,
) -> Estimate:
    kept, gap = _usable(x, y)
    if gap:
        return gap
    return bootstrap_weights(
        np.column_stack([x[kept], y[kept]]),
        statistic,
        by=of_kept(by, kept, len(x)),
        nulls=len(x) - len(kept),
        limit=limit,
        seed=seed,
        draws=draws,
    )


def weighted_ranks(column: Floats, weights: Floats) -> Floats:
    """Mid-rank of every row in each resample, `[draw, row]`; a row counts as often as it weighs."""
    values, place = np.unique(column, return_inverse=True)
    order = np.argsort(place, kind="stable")
    starts = np.searchsorted(place[order], np.arange(len(values)))
    pool = np.add.reduceat(weights[:, order], starts, axis=1)
    ranks = np.cumsum(pool, axis=1) - (pool - 1) / 2
    return np.asarray(ranks[:, place])


def _spearman(columns: Floats, weights: Floats) -> Floats:
    total = weights.sum(axis=1, keepdims=True)
    a, b = (weighted_ranks(column, weights) - (total + 1) / 2 for column in columns.T)
    left, right = (weights * a * a).sum(axis=1), (weights * b * b).sum(axis=1)
    scale = np.sqrt(np.where((left > 0) & (right > 0), left * right, np.nan))
    return np.asarray(np.clip((weights * a * b).sum(axis=1) / scale, -1, 1))


def _kendall(columns: Floats, weights: Floats) -> Floats:
    if len(columns) > 2 * KENDALL_LIMIT:  # the figure on all cases: by sorting, not by pairs
        return np.array([_kendall_by_sorting(columns, row) for row in weights])
    a, b = (np.sign(column[:, None] - column[None, :]) for column in columns.T)
    concordance = np.einsum("di,di->d", weights @ (a * b), weights)
    left = np.einsum("di,di->d", weights @ (a * a), weights)
    right = np.einsum("di,di->d", weights @ (b * b), weights)
    scale = np.sqrt(np.where((left > 0) & (right > 0), left * right, np.nan))
    return np.asarray(np.clip(concordance / scale, -1, 1))


def _kendall_by_sorting(columns: Floats, weights: Floats) -> float:
    rows = np.repeat(columns, weights.astype(np.int64), axis=0)
    return float(stats.kendalltau(rows[:, 0], rows[:, 1]).statistic)
