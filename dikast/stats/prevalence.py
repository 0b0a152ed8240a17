"""How many responses really pass, given how often an imperfect judge says so."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from dikast.stats.estimate import Estimate, undefined

Floats = npt.NDArray[np.float64]

WORTHLESS = 0.1
"""Below this, tP + tN − 1 says hardly more than chance, and the correction divides by it."""


def rogan_gladen(judged: float, true_positive: float, true_negative: float) -> float | None:
    """The true share from the judged one.

    Args:
        judged: Share that the judge passes.
        true_positive: Share it passes of what should pass.
        true_negative: Share it fails of what should fail.

    Returns:
        `(judged + tN − 1) / (tP + tN − 1)` within 0 to 1; None if `tP + tN − 1 < 0.1`.

    Examples:
        >>> round(rogan_gladen(0.70, 0.96, 0.75), 3), rogan_gladen(0.5, 0.5, 0.55)
        (0.634, None)

    References:
        Rogan, Gladen (1978), "Estimating Prevalence from the Results of a Screening Test".
    """
    informed = true_positive + true_negative - 1
    if informed < WORTHLESS - 1e-12:
        return None
    return min(max((judged + true_negative - 1) / informed, 0.0), 1.0)


def true_share(
    labels: Floats,
    judged: Floats,
    others: Floats,
    *,
    seed: int = 0,
    draws: int = 4000,
    level: float = 0.95,
) -> Estimate:
    """The share of all cases that really pass, corrected for the judge's errors.

    The interval holds the uncertainty of the judge's two rates, and of its share: each is drawn
    anew from its Beta(k + ½, n − k + ½), since a judge without an error in ten labels may still
    make some.

    Args:
        labels: 1 (passes) or 0 of the labelled cases.
        judged: What the judge said of them, 1 or 0.
        others: What it said of the unlabelled cases.
        seed: Of the draws.
        draws: How many.
        level: Coverage.

    Returns:
        The share; undefined where only one class is labelled or `tP + tN − 1 < 0.1`. NaN is left
        out and counted. Where many draws are worthless, the interval is 0 to 1.

    Examples:
        >>> y = np.repeat([1.0, 0.0], 50)
        >>> said = np.concatenate([np.repeat([1.0, 0.0], [48, 2]), np.repeat([0.0, 1.0], [38, 12])])
        >>> share = true_share(y, said, np.repeat([1.0, 0.0], [640, 260]))
        >>> round(share.value, 3), round(share.low, 2), round(share.high, 2)
        (0.639, 0.55, 0.74)
    """
    whole = ~np.isnan(labels) & ~np.isnan(judged)
    y, said = labels[whole] > 0, judged[whole] > 0
    everything = np.concatenate([judged[~np.isnan(judged)], others[~np.isnan(others)]]) > 0
    nulls = int((~whole).sum() + np.isnan(others).sum())
    n = len(everything)
    good, bad = int(y.sum()), int((~y).sum())
    if not good or not bad:
        return undefined("labels of both kinds are needed", n=int(whole.sum()), nulls=nulls)
    hits, rejections, passed = int((said & y).sum()), int((~said & ~y).sum()), int(everything.sum())
    value = rogan_gladen(passed / n, hits / good, rejections / bad)
    if value is None:
        why = "the judge is hardly better than chance on the labels (tP + tN - 1 below 0.1)"
        return undefined(why, n=int(whole.sum()), nulls=nulls)
    rng = np.random.default_rng(seed)
    tp, tn, p = (
        rng.beta(k + 0.5, total - k + 0.5, size=draws)
        for k, total in ((hits, good), (rejections, bad), (passed, n))
    )
    usable = tp + tn - 1 >= WORTHLESS
    if usable.mean() < level:
        return Estimate(value, n=n, nulls=nulls, low=0.0, high=1.0)
    shares = np.clip((p + tn - 1)[usable] / (tp + tn - 1)[usable], 0, 1)
    low, high = np.quantile(shares, [(1 - level) / 2, (1 + level) / 2])
    return Estimate(
        value, n=n, nulls=nulls, low=min(float(low), value), high=max(float(high), value)
    )
