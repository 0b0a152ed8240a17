"""What a statistic returns: a value with its interval, or the reason why there is none."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure computed from data, with what it rests on.

    Exactly one of `value` and `reason` is set: an undefined figure is never 0 and never NaN.

    Examples:
        >>> Estimate(0.8, n=10, nulls=2, low=0.49, high=0.94).value
        0.8
        >>> undefined("no pair was judged in both orders", nulls=3)
        Estimate(value=None, reason='no pair was judged in both orders', n=0, nulls=3, low=None, high=None)
    """  # noqa: E501

    value: float | None
    """The figure; None where it is undefined."""
    reason: str = ""
    """Why there is no value, in words; empty if there is one."""
    n: int = 0
    """How many items (pairs, questions, ballots) the figure rests on."""
    nulls: int = 0
    """How many items were left out since they hold no usable verdict."""
    low: float | None = None
    """Lower end of the 95 % interval, unless the function says otherwise; None if not computed."""
    high: float | None = None
    """Upper end of the interval; None if not computed."""

    def __post_init__(self) -> None:
        if (self.value is None) != bool(self.reason):
            raise ValueError("an estimate has either `value` or `reason`")
        figures = (self.value, self.low, self.high)
        if any(figure is not None and math.isnan(figure) for figure in figures):
            raise ValueError("NaN is not a figure; use `undefined` with a reason")
        if (self.low is None) != (self.high is None):
            raise ValueError("an interval has both ends, `low` and `high`")

    @property
    def null_rate(self) -> float | None:
        """Share of items without a usable verdict; None if there were no items at all."""
        total = self.n + self.nulls
        return self.nulls / total if total else None


def undefined(reason: str, *, n: int = 0, nulls: int = 0) -> Estimate:
    """An estimate without a value.

    Args:
        reason: Why it is undefined, in words.
        n: Items that were usable, if any.
        nulls: Items that held no usable verdict.
    """
    return Estimate(None, reason, n, nulls)
