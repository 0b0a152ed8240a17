"""Drift of a judge over time: the same fixed cases, judged again and again."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from scipy import stats

from dikast.stats.estimate import Estimate, undefined
from dikast.stats.resampling import Floats
from dikast.stats.significance import Significance

AT_LEAST = 4
"""Fewest times a trend can be told from."""
SLOPES = 2_000
"""Times that Sen's slope compares with each other at most; of more, a random part is taken."""


class Trend(NamedTuple):
    """Whether a figure goes up or down with time."""

    tau: Estimate
    """Mann–Kendall's S over all pairs of times: 1 if it only rises, −1 if it only falls."""
    slope: Estimate
    """Sen's slope: median change per unit of time, with its 95 % interval."""
    test: Significance
    """Two-sided, corrected for ties and continuity; normal approximation."""


def mann_kendall(values: Floats, times: Floats | None = None) -> Trend:
    """Mann–Kendall's test of a trend, and Sen's slope.

    Give it one figure per time, such as a judge's mean score on a fixed anchor set; on different
    cases at different times it would test the cases.

    Args:
        values: In any order if `times` are given, NaN for none.
        times: When; None for 0, 1, 2, …

    Returns:
        Trend, slope and test; undefined for fewer than four values, and if all are the same.

    Examples:
        >>> found = mann_kendall(np.array([3.1, 3.2, 3.2, 3.4, 3.5, 3.7]))
        >>> round(found.tau.value, 3), round(found.slope.value, 3), round(found.test.p, 3)
        (0.933, 0.1, 0.013)

    References:
        Mann (1945); Kendall (1975), "Rank Correlation Methods"; Sen (1968).
    """
    at = np.arange(len(values), dtype=float) if times is None else np.asarray(times, dtype=float)
    kept = ~(np.isnan(values) | np.isnan(at))
    y, t = values[kept], at[kept]
    n, nulls = len(y), int((~kept).sum())
    if n < AT_LEAST or np.ptp(y) == 0 or np.ptp(t) == 0:
        why = "fewer than four times" if n < AT_LEAST else "all values or all times are the same"
        gap = undefined(why, n=n, nulls=nulls)
        return Trend(gap, gap, Significance(None, n, why))
    s, pairs, variance = _s(y, t)
    z = (s - math.copysign(1, s)) / math.sqrt(variance) if s else 0.0
    p = float(min(1.0, 2 * stats.norm.sf(abs(z))))
    tau = Estimate(s / pairs, n=n, nulls=nulls)
    return Trend(tau, _sen(y, t, variance, n, nulls), Significance(p, n))


def _s(y: Floats, t: Floats) -> tuple[float, float, float]:
    """S, the pairs of different times, and the variance of S under no trend, with ties in both."""
    n = len(y)
    tied = [np.unique(column, return_counts=True)[1].astype(float) for column in (y, t)]
    ties_y, ties_t = tied
    pairs = n * (n - 1) / 2
    untied = [pairs - (ties * (ties - 1) / 2).sum() for ties in tied]
    tau_b = float(stats.kendalltau(t, y).statistic)
    s = round(tau_b * math.sqrt(untied[0] * untied[1]))

    def cubic(k: Floats | float) -> float:
        return float(np.sum(k * (k - 1) * (2 * k + 5)))

    variance = (cubic(float(n)) - cubic(ties_y) - cubic(ties_t)) / 18
    for power in (2, 1):
        product = 1.0
        for ties in tied:
            product *= float((ties * (ties - 1) * (ties - 2 if power == 2 else 1)).sum())
        if product:
            variance += product / (9 * n * (n - 1) * (n - 2) if power == 2 else 2 * n * (n - 1))
    return float(s), float(untied[1]), variance


def _sen(y: Floats, t: Floats, variance: float, n: int, nulls: int) -> Estimate:
    if n > SLOPES:
        part = np.sort(np.random.default_rng(0).choice(n, SLOPES, replace=False))
        y, t = y[part], t[part]
        variance *= (SLOPES / n) ** 3
    i, j = np.triu_indices(len(y), 1)
    apart = t[j] != t[i]
    slopes = np.sort((y[j] - y[i])[apart] / (t[j] - t[i])[apart])
    half = stats.norm.ppf(0.975) * math.sqrt(variance) / 2
    middle = len(slopes) / 2
    low = slopes[max(0, math.floor(middle - half - 0.5))]
    high = slopes[min(len(slopes) - 1, math.ceil(middle + half - 0.5))]
    return Estimate(float(np.median(slopes)), n=n, nulls=nulls, low=float(low), high=float(high))
