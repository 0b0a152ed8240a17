"""Shares of cases, with the interval that fits: Wilson where cases are independent."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from dikast.stats.estimate import Estimate, undefined
from dikast.stats.intervals import wilson
from dikast.stats.resampling import Clusters, Floats, bootstrap_sums, clusters, gathered


def share(
    hits: npt.NDArray[np.bool_] | Floats,
    *,
    by: Clusters | None = None,
    nulls: int = 0,
    why: str = "no usable item",
    seed: int = 0,
    draws: int = 1000,
) -> Estimate:
    """Share of items that count.

    Args:
        hits: One entry per usable item, 0 to 1: whether it counts, or how much of it.
        by: What each item belongs to, if items are not independent of each other.
        nulls: Items left out, for the record.
        why: Reason given where there is no item.
        seed: Of the resampling.
        draws: Resamples.

    Returns:
        The share. The interval is Wilson's for independent items that count or do not, else by
        resampled clusters; if all of these agree, resampling knows no spread, and Wilson's
        interval for as many independent items as there are clusters stands in.

    Examples:
        >>> share(np.array([True, True, False, True])).value
        0.75
        >>> twice = share(np.ones(20), by=np.repeat(np.arange(10), 2))
        >>> twice.n, round(twice.low, 3)
        (20, 0.722)
    """
    points = np.asarray(hits, dtype=float)
    n = len(points)
    if not n:
        return undefined(why, nulls=nulls)
    whole = bool(((points == 0) | (points == 1)).all())
    code = np.arange(n) if by is None else clusters(by, n)
    units = int(code.max()) + 1
    if whole and units == n:
        return wilson(int(points.sum()), n, nulls=nulls)
    if whole and points.min() == points.max():
        bounds = wilson(int(points[0]) * units, units)
        return Estimate(float(points[0]), n=n, nulls=nulls, low=bounds.low, high=bounds.high)
    sums = gathered(np.column_stack([points, np.ones(n)]), code)
    return bootstrap_sums(
        sums, lambda s: s[..., 0] / s[..., 1], n=n, nulls=nulls, seed=seed, draws=draws
    )
