"""The contract of a rule, and what rules share."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

from dikast.types import IntegerScale, RealScale, Scale


class Vote(NamedTuple):
    """One seat's standing vote, without its name: a rule cannot favour a seat."""

    score: float
    weight: float = 1.0


class Decision(NamedTuple):
    """What a rule makes of the votes on one criterion."""

    score: float | None
    """On the scale; None without votes and for a tie."""
    tied: tuple[float, ...] = ()
    """The scores between which the vote is tied, rising; empty if it is not."""


class Rule(Protocol):
    """Signature of `decide` in a rule's file."""

    def __call__(self, votes: Sequence[Vote], scale: Scale) -> Decision: ...


def settle(score: float, scale: Scale) -> Decision:
    """Turn a computed score into one that the scale knows.

    Numeric scales keep it. A scale of labels takes the nearest label; half-way between two
    labels is a tie, since rounding would prefer one of them without a vote.

    Examples:
        >>> from dikast.types import PreferenceScale, YesNoScale
        >>> settle(0.5, YesNoScale())
        Decision(score=None, tied=(0.0, 1.0))

        Where ties are not allowed, no label stands in the middle:

        >>> settle(0.0, PreferenceScale(ties=False))
        Decision(score=None, tied=(-1.0, 1.0))
    """
    if isinstance(scale, IntegerScale | RealScale):
        return Decision(score)
    steps = [scale.accept(label) for label in scale.labels]
    nearest = min(abs(score - step) for step in steps)
    close = tuple(step for step in steps if abs(score - step) - nearest <= 2e-9)
    return Decision(close[0]) if len(close) == 1 else Decision(None, close)


def average(scores: Sequence[float]) -> float:
    """Mean without rounding error, never outside the range of the scores; needs at least one."""
    return min(max(math.fsum(scores) / len(scores), min(scores)), max(scores))


def total(values: Iterable[float]) -> float:
    """Sum without rounding error, so that the order of votes cannot show in the last digit."""
    return math.fsum(values)
