"""A score from the probabilities of its tokens, where a model tells them.

References:
    Liu et al. (2023), "G-Eval", equation 1.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

from dikast.stats.estimate import Estimate, undefined

LEAST_MASS = 0.5
"""Below this share of the probability the parsed score is the better one."""


class TokenScore(NamedTuple):
    """What the probabilities of score tokens say."""

    expectation: Estimate
    """Σ s·p(s) over the score tokens told, renormalised; undefined below `LEAST_MASS`."""
    mode: float | None
    """The likeliest score; None without a score token, and where two are equally likely."""
    kept: float
    """Share of the probability that fell on score tokens, 0 to 1."""


def token_score(probabilities: Mapping[str, float], low: int, high: int) -> TokenScore:
    """The expected score over the tokens that are a whole number on the scale.

    Providers tell the few likeliest tokens only, some of which are no score; those are left out
    and the rest is renormalised. A score of two digits may be two tokens, so a scale of one digit
    is asked for. Which token of a reply is the score is the format's to say.

    Args:
        probabilities: By token; spaces around a token do not count.
        low: Lowest score, 0 to 9.
        high: Highest score, 0 to 9.

    Raises:
        ValueError: A probability is not between 0 and 1, they sum to more than 1, or a score
            would take two digits.

    Examples:
        >>> told = {"1": 0.02, "2": 0.08, "3": 0.20, "4": 0.50, "5": 0.20}
        >>> found = token_score(told, 1, 5)
        >>> round(found.expectation.value, 2), found.mode, round(found.kept, 2)
        (3.78, 4.0, 1.0)
    """
    if not 0 <= low < high <= 9:
        raise ValueError(f"scores must have one digit each, got {low} to {high}")
    if any(not 0 <= p <= 1 for p in probabilities.values()):
        raise ValueError("a probability is not between 0 and 1")
    if math.fsum(probabilities.values()) > 1 + 1e-6:
        raise ValueError("the probabilities sum to more than 1")
    mass: dict[int, float] = {}
    for token, p in sorted(probabilities.items()):
        digit = token.strip()
        if len(digit) == 1 and digit in "0123456789" and low <= int(digit) <= high:
            mass[int(digit)] = mass.get(int(digit), 0.0) + p
    kept = min(math.fsum(mass.values()), 1.0)
    top = max(mass.values(), default=0.0)
    leaders = [score for score, p in mass.items() if p == top and p > 0]
    mode = float(leaders[0]) if len(leaders) == 1 else None
    if kept < LEAST_MASS:
        why = f"score tokens hold {kept:.0%} of the probability, and {LEAST_MASS:.0%} is needed"
        return TokenScore(undefined(why, n=len(mass)), mode, kept)
    mean = math.fsum(score * p for score, p in mass.items()) / math.fsum(mass.values())
    return TokenScore(Estimate(mean, n=len(mass)), mode, kept)
