"""Prediction-powered inference: a mean from many judged cases and a few labelled ones.

The judge's mean over all cases is cheap and biased, the labels' mean is unbiased and wide. The
labelled cases tell how far the judge is off, and its mean is moved by that.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from dikast.stats.estimate import Estimate, undefined

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PoweredMean:
    """A mean by labels and judgements together, beside the mean by labels alone."""

    mean: Estimate
    """With its interval; undefined with fewer than two labels."""
    labels_only: Estimate
    """What the labels alone say."""
    power: float
    """How far the judge is relied on: 0 not at all, 1 as plain prediction-powered inference."""


IMAGINED = 2.0
"""Labels that are imagined to vary as much as all do, whatever the judge says."""


def powered_mean(
    labels: Floats,
    judged: Floats,
    others: Floats,
    *,
    power: float | None = None,
    level: float = 0.95,
    normal: bool = False,
) -> PoweredMean:
    """The mean label over all cases, of which only some are labelled.

    `mean = power · mean(others) + mean(labels − power · judged)`. `power` is chosen so that the
    variance is smallest (PPI++), in closed form and kept within 0 to 1: a useless judge is left
    out, and asymptotically the interval is never wider than by labels alone.

    Args:
        labels: Labels of the labelled cases.
        judged: The judge's scores of the same cases, in the same order.
        others: Its scores of the unlabelled cases, drawn like the labelled ones.
        power: None for the best; 1 for plain prediction-powered inference, which may be wider
            than labels alone.
        level: Coverage of the intervals.
        normal: Take the plain variance and the normal distribution for the intervals, as the
            papers do. That suits hundreds of labels; on a few a good judge may err nowhere by
            luck, and then all seems certain. So else the distribution is Student's, and two
            imagined labels vary as if the judge told nothing of them.

    Returns:
        Both means. A label or score that is NaN is left out and counted.

    Raises:
        ValueError: Labels and scores differ in number.

    Examples:
        >>> labels = np.array([1.0, 0.0, 1.0, 1.0])
        >>> found = powered_mean(labels, labels, np.array([1.0, 0.0, 0.0, 1.0, 1.0, 0.0]), power=1)
        >>> found.mean.value, found.labels_only.value
        (0.5, 0.75)

    References:
        Angelopoulos et al. (2023), "Prediction-Powered Inference"; Angelopoulos, Duchi, Zrnic
        (2023), "PPI++: Efficient Prediction-Powered Inference".
    """
    if labels.shape != judged.shape:
        raise ValueError("every labelled case needs one label and one score")
    whole = ~np.isnan(labels) & ~np.isnan(judged)
    kept = ~np.isnan(others)
    y, f, rest = labels[whole], judged[whole], others[kept]
    nulls = int((~whole).sum() + (~kept).sum())
    if len(y) < 2:
        none = undefined("a mean needs two labels", n=len(y), nulls=nulls)
        return PoweredMean(none, none, 0.0)
    tail = (1 + level) / 2
    z = float(stats.norm.ppf(tail) if normal else stats.t.ppf(tail, len(y) - 1))
    free = len(y) if normal else len(y) - 1
    only = _interval(float(y.mean()), float(y.var()) / free, z, len(y), nulls)
    if not len(rest):
        return PoweredMean(only, only, 0.0)
    if power is None:
        power = best_power(y, f, rest)
    value = power * float(rest.mean()) + float((y - power * f).mean())
    left = float((y - power * f).var())
    if not normal:
        spread = float(y.var()) * len(y) / free
        left = (len(y) * left + IMAGINED * spread) / (free + IMAGINED)
    variance = power**2 * float(rest.var()) / len(rest) + left / len(y)
    found = _interval(value, variance, z, len(y) + len(rest), nulls)
    return PoweredMean(found, only, power)


def best_power(labels: Floats, judged: Floats, others: Floats) -> float:
    """The `power` with the smallest variance: cov(label, score) / ((1 + n/N) var(score)).

    Returns:
        From 0 (also for a constant judge, and for one that is wrong way round) to 1.

    Examples:
        >>> same = np.array([1.0, 0.0, 1.0, 0.0])
        >>> round(best_power(same, same, np.tile(same, 1000)), 3)
        0.999
        >>> best_power(same, np.ones(4), np.ones(9))
        0.0
    """
    spread = float(np.concatenate([judged, others]).var(ddof=1))
    if spread <= 0:
        return 0.0
    together = float(((labels - labels.mean()) * (judged - judged.mean())).mean())
    best = together / ((1 + len(labels) / len(others)) * spread)
    return min(max(best, 0.0), 1.0)


def _interval(value: float, variance: float, z: float, n: int, nulls: int) -> Estimate:
    half = z * variance**0.5
    return Estimate(value, n=n, nulls=nulls, low=value - half, high=value + half)
