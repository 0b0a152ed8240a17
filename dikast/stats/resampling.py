"""The bootstrap by case for figures that are functions of sums over cases.

Most audit figures are: accuracy, consistency, correlations, agreement by counts. Resampling then
needs no loop over cases, and a million of them take a second.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from dikast.stats.estimate import Estimate, undefined

Floats = npt.NDArray[np.float64]

MANY = 4_000
"""Above so many different rows, cases are first put together in blocks at random."""


def bootstrap_sums(
    sums: Floats,
    statistic: Callable[[Floats], Floats],
    *,
    nulls: int = 0,
    n: int | None = None,
    why: str = "undefined on these cases",
    seed: int = 0,
    draws: int = 1000,
    level: float = 0.95,
) -> Estimate:
    """A figure computed from column sums over cases, with its percentile interval by case.

    Above `MANY` different rows the cases are put at random into as many blocks, and blocks are
    resampled: the variance is the same in expectation, and memory stays flat.

    Args:
        sums: One row per case, what it adds to each sum; no NaN.
        statistic: From sums `[..., k]` to figures `[...]`; NaN where undefined.
        nulls: Cases or ballots left out, for the record.
        n: What to report as `n`; None for the number of rows.
        why: Reason given where the figure is undefined.
        seed: Of the resampling.
        draws: Resamples.
        level: Coverage.

    Returns:
        The figure; without an interval for fewer than two cases, or if it is undefined in more
        than a tenth of the resamples.

    Examples:
        >>> hits = np.array([[1.0, 1.0], [0.0, 1.0], [1.0, 1.0], [1.0, 1.0]])
        >>> share = bootstrap_sums(hits, lambda s: s[..., 0] / s[..., 1])
        >>> share.value, share.low <= 0.75 <= share.high
        (0.75, True)
    """
    size = len(sums) if n is None else n
    if not len(sums):
        return undefined("there is no case", n=size, nulls=nulls)
    with np.errstate(invalid="ignore", divide="ignore"):
        value = float(statistic(sums.sum(axis=0)))
        if not np.isfinite(value):
            return undefined(why, n=size, nulls=nulls)
        if len(sums) < 2:
            return Estimate(value, n=size, nulls=nulls)
        figures = np.asarray(statistic(resampled(sums, seed=seed, draws=draws)))
    kept = figures[np.isfinite(figures)]
    if len(kept) < 0.9 * draws:
        return Estimate(value, n=size, nulls=nulls)
    tail = (1 - level) / 2
    low, high = np.quantile(kept, [tail, 1 - tail])
    return Estimate(value, n=size, nulls=nulls, low=float(low), high=float(high))


def resampled(sums: Floats, *, seed: int = 0, draws: int = 1000) -> Floats:
    """Column sums of `draws` resamples of the rows, `[draws, k]`.

    Rows that are equal are drawn together, which is the same in distribution.
    """
    rng = np.random.default_rng(seed)
    rows, counts = np.unique(sums, axis=0, return_counts=True)
    if len(rows) > MANY:
        block = rng.permutation(len(sums)) % MANY
        rows = np.zeros((MANY, sums.shape[1]))
        np.add.at(rows, block, sums)
        counts = np.ones(MANY, dtype=np.int64)
    total = int(counts.sum())
    parts = []
    step = max(1, 2_000_000 // len(rows))
    for start in range(0, draws, step):
        size = min(step, draws - start)
        parts.append(rng.multinomial(total, counts / total, size=size) @ rows)
    return np.concatenate(parts)
