"""Elo ratings, for streams of outcomes only: the result depends on their order.

For a report on outcomes that are all in, fit Bradley–Terry: there order never decides.
"""

from __future__ import annotations

from collections.abc import Iterable

from dikast.stats.orders import STEPS
from dikast.stats.outcomes import Pairing


def elo_expected(a: float, b: float) -> float:
    """Expected points of the one rated `a` against the one rated `b`: 1 / (1 + 10^((b−a)/400)).

    Examples:
        >>> elo_expected(1000, 1000)
        0.5
    """
    return float(1 / (1 + 10 ** ((b - a) / 400)))


def elo_ratings(
    stream: Iterable[Pairing], *, k: float = 32.0, start: float = 1000.0
) -> dict[str, float]:
    """Ratings after a stream of outcomes, in the order they came.

    Args:
        stream: Outcomes; a tie is half a point, an abstention changes nothing, `weight` scales
            the step.
        k: Largest change by one outcome of weight 1.
        start: Rating of one never seen before.

    Returns:
        Rating by candidate. Points are conserved: the mean stays at `start`.

    Examples:
        >>> elo_ratings([Pairing("x", "y", "a")])
        {'x': 1016.0, 'y': 984.0}
    """
    ratings: dict[str, float] = {}
    for a, b, choice, weight in stream:
        before_a, before_b = ratings.setdefault(a, start), ratings.setdefault(b, start)
        step = STEPS[choice]
        if step is None:
            continue
        change = k * weight * ((step + 1) / 2 - elo_expected(before_a, before_b))
        ratings[a], ratings[b] = before_a + change, before_b - change
    return ratings
