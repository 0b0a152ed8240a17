"""The bootstrap by case for figures that are no function of sums: ranks, fits, curves.

A resample is the same cases with other weights: how often each was drawn. A statistic that takes
weights is computed for hundreds of resamples at once, and cases that are equal in every column
are one row with a larger weight, so that a million ballots on a scale of five points are cheap.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from dikast.stats.estimate import Estimate, undefined
from dikast.stats.resampling import (
    Clusters,
    Floats,
    Ints,
    blocked,
    bootstrap_sums,
    clusters,
    distinct,
    drawn_weights,
    with_interval,
)

LIMIT = 5_000
"""Above so many different rows the interval comes from a random part of the cases, see below."""
CHUNK = 2_000_000
"""Weights held at a time."""

Weighted = Callable[[Floats, Floats], Floats]
"""From columns `[row, k]` and weights `[draw, row]` to figures `[draw]` (of several figures
`[draw, figure]`), NaN where undefined."""


def bootstrap_weights(
    columns: Floats,
    statistic: Weighted,
    *,
    by: Clusters | None = None,
    nulls: int = 0,
    n: int | None = None,
    why: str = "undefined on these cases",
    limit: int = LIMIT,
    seed: int = 0,
    draws: int = 1000,
    level: float = 0.95,
) -> Estimate:
    """A figure of weighted cases with its percentile interval by case.

    With more than `limit` different rows (clusters: rows of any kind) the figure itself is still
    computed on all of them, but resamples are taken of as many cases drawn at random without
    return, and their spread about that part's own figure is shrunk by the square root of the
    share: the width then is right in expectation and itself uncertain by about 1 %.

    Args:
        columns: One row per case, what the statistic needs to know of it; no NaN.
        statistic: From columns and weights to figures. Rows may come in any order, and several
            equal rows as one.
        by: What each row belongs to; rows of one cluster are resampled together.
        nulls: Items left out, for the record.
        n: What to report as `n`; None for the number of rows.
        why: Reason given where the figure is undefined.
        limit: Most rows to resample.
        seed: Of the resampling.
        draws: Resamples; 0 for no interval.
        level: Coverage.

    Returns:
        The figure; without an interval for fewer than two cases or clusters, or if it is
        undefined in more than a tenth of the resamples.

    Examples:
        >>> values = np.array([[1.0], [2.0], [4.0]])
        >>> mean = bootstrap_weights(values, lambda x, w: w @ x[:, 0] / w.sum(axis=1))
        >>> round(mean.value, 3), mean.low >= 1, mean.high <= 4
        (2.333, True, True)
    """
    return bootstrap_figures(
        columns,
        lambda rows, weights: np.asarray(statistic(rows, weights))[:, None],
        by=by,
        nulls=nulls,
        n=n,
        why=(why,),
        limit=limit,
        seed=seed,
        draws=draws,
        level=level,
    )[0]


def bootstrap_figures(
    columns: Floats,
    statistic: Weighted,
    *,
    why: Sequence[str],
    by: Clusters | None = None,
    nulls: int = 0,
    n: int | None = None,
    limit: int = LIMIT,
    seed: int = 0,
    draws: int = 1000,
    level: float = 0.95,
) -> list[Estimate]:
    """Several figures from the same resamples; as `bootstrap_weights`, which has the details.

    Args:
        columns: One row per case.
        statistic: From columns and weights to `[draw, figure]`.
        why: For each figure, the reason given where it is undefined.
        by: What each row belongs to.
        nulls: Items left out.
        n: What to report as `n`.
        limit: Most rows to resample.
        seed: Of the resampling.
        draws: Resamples; 0 for no interval.
        level: Coverage.

    Returns:
        One estimate per figure.
    """
    size = len(columns) if n is None else n
    if not len(columns):
        return [undefined("there is no case", n=size, nulls=nulls) for _ in why]
    rows, counts, code = _compressed(columns, by)
    with np.errstate(invalid="ignore", divide="ignore"):
        values = statistic(rows, counts[None, :].astype(float))[0]
        units = int(code.max()) + 1 if code is not None else int(counts.sum())
        figures = np.full((1, len(why)), np.nan)
        if units > 1 and draws and np.isfinite(values).any():
            rng = np.random.default_rng(seed)
            centre, shrink = values, 1.0
            if len(rows) > limit:
                part, counts, code, share = _part(counts, code, limit, rng)
                rows, shrink = rows[part], float(np.sqrt(share))
                centre = statistic(rows, counts[None, :].astype(float))[0]
            figures = _figures(rows, counts, code, statistic, rng, draws)
            figures = values + (figures - centre) * shrink
    return [
        with_interval(float(value), figures[:, k], n=size, nulls=nulls, level=level)
        if np.isfinite(value)
        else undefined(why[k], n=size, nulls=nulls)
        for k, value in enumerate(values)
    ]


def _compressed(columns: Floats, by: Clusters | None) -> tuple[Floats, Ints, Ints | None]:
    """Rows in an order that no renaming of cases changes, with weights or with clusters."""
    if by is None:
        first, counts = distinct(columns)
        return columns[first], counts, None
    code = clusters(by, len(columns))
    # of whole numbers sorting is fast
    keys = [code, *(np.unique(column, return_inverse=True)[1] for column in columns.T)]
    order = np.lexsort(keys[::-1])
    return columns[order], np.ones(len(columns), dtype=np.int64), code[order]


def _part(
    counts: Ints, code: Ints | None, limit: int, rng: np.random.Generator
) -> tuple[Ints, Ints, Ints | None, float]:
    """About `limit` rows at random: their index, weights, clusters and share of all cases."""
    if code is None:
        drawn = rng.multivariate_hypergeometric(counts, limit, method="marginals")
        part = np.flatnonzero(drawn)
        return part, drawn[part], None, limit / int(counts.sum())
    units = int(code.max()) + 1
    chosen = np.zeros(units, dtype=bool)
    wanted = max(2, int(limit * units / len(code)))
    chosen[rng.choice(units, size=wanted, replace=False)] = True
    part = np.flatnonzero(chosen[code])
    return part, counts[part], (np.cumsum(chosen) - 1)[code[part]], wanted / units


def _figures(
    rows: Floats,
    counts: Ints,
    code: Ints | None,
    statistic: Weighted,
    rng: np.random.Generator,
    draws: int,
) -> Floats:
    step = max(1, CHUNK // len(rows))
    parts = []
    for start in range(0, draws, step):
        size = min(step, draws - start)
        if code is None:
            weights = drawn_weights(counts, size, rng)
        else:
            units = np.ones(int(code.max()) + 1, dtype=np.int64)
            weights = drawn_weights(units, size, rng)[:, code]
        parts.append(np.asarray(statistic(rows, weights), dtype=float))
    return np.concatenate(parts)


def bootstrap_cells(
    cell: Ints,
    size: int,
    statistic: Callable[[Floats], Floats],
    *,
    by: Clusters | None = None,
    nulls: int = 0,
    why: str = "undefined on these cases",
    seed: int = 0,
    draws: int = 1000,
    level: float = 0.95,
) -> Estimate:
    """A figure computed from counts of cells, such as a table of two raters' categories.

    Args:
        cell: The cell of each item, 0 to `size` − 1.
        size: Number of cells.
        statistic: From counts `[..., size]` to figures `[...]`; NaN where undefined.
        by: What each item belongs to; items of one cluster are resampled together.
        nulls: Items left out, for the record.
        why: Reason given where the figure is undefined.
        seed: Of the resampling.
        draws: Resamples; 0 for no interval.
        level: Coverage.

    Returns:
        The figure, as of `bootstrap_sums`; its `n` is the number of items.

    Examples:
        >>> found = bootstrap_cells(np.array([0, 1, 1, 1]), 2, lambda c: c[..., 1] / c.sum(-1))
        >>> found.value, found.n
        (0.75, 4)
    """
    n = len(cell)
    if not n:
        return undefined("there is no case", nulls=nulls)
    if by is not None:
        return bootstrap_sums(
            _by_cluster(cell, size, clusters(by, n)),
            statistic,
            nulls=nulls,
            n=n,
            why=why,
            seed=seed,
            draws=draws,
            level=level,
        )
    counts = np.bincount(cell, minlength=size)
    with np.errstate(invalid="ignore", divide="ignore"):
        value = float(statistic(counts.astype(float)))
        if not np.isfinite(value):
            return undefined(why, n=n, nulls=nulls)
        if n < 2 or not draws:
            return Estimate(value, n=n, nulls=nulls)
        drawn = np.random.default_rng(seed).multinomial(n, counts / n, size=draws)
        figures = np.asarray(statistic(drawn.astype(float)))
    return with_interval(value, figures, n=n, nulls=nulls, level=level)


def _by_cluster(cell: Ints, size: int, code: Ints) -> Floats:
    """Counts by cluster; of very many clusters, by blocks of them."""
    code, units = blocked(code)
    counts = np.bincount(code * size + cell, minlength=units * size)
    return counts.reshape(units, size).astype(float)
