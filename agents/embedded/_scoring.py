"""From a share between 0 and 1 to a score on any scale, and from two shares to a preference."""

from __future__ import annotations

import math

from dikast.types import PreferenceScale, RealScale, Scale

MARGIN = 0.1
"""Shares of two candidates closer than this are a tie."""
FAR = 0.4
"""A difference from here on is "by far" on a preference of five steps."""
_DIGITS = 4


def on_scale(unit: float, scale: Scale) -> float:
    """The score nearest to a share of the way from worst to best; half-way goes up.

    So yes begins at one half.

    Args:
        unit: From 0 to 1.
        scale: Any scale but a preference.

    Examples:
        >>> from dikast.types import IntegerScale
        >>> on_scale(0.5, IntegerScale(low=1, high=5)), on_scale(0.62, IntegerScale(low=1, high=5))
        (3.0, 3.0)
    """
    low, high = scale.bounds()
    if isinstance(scale, RealScale):
        return min(max(low + round(unit, _DIGITS) * (high - low), low), high)
    return low + math.floor(round(unit * (high - low), _DIGITS) + 0.5)


def steps(first: float, second: float, scale: PreferenceScale) -> float | None:
    """Signed steps by which the first of two shares is ahead.

    Swapping the shares changes the sign and nothing else.

    Returns:
        0 for a tie within `MARGIN`; None where the scale knows no ties and the shares are equal.

    Examples:
        >>> steps(0.9, 0.2, PreferenceScale(levels=5)), steps(0.5, 0.55, PreferenceScale())
        (2.0, 0.0)
    """
    difference = round(first - second, _DIGITS)
    if difference == 0 or (scale.ties and abs(difference) < MARGIN):
        return 0.0 if scale.ties else None
    size = 2.0 if scale.levels == 5 and abs(difference) >= FAR else 1.0
    return math.copysign(size, difference)
