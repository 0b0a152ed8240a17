"""Peer rank: contestants judge each other, and the better they do the more their votes weigh."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from dikast.stats.orders import STEPS, Choice, choice_of


class PeerRank(NamedTuple):
    """Weights of the judges and weighted win rates of the contestants."""

    weights: dict[str, float] | None
    """By judge, summing to 1; the weakest contestant weighs 0. None where `reason` says why."""
    scores: dict[str, float] | None
    reason: str = ""


def peer_rank(rates: Mapping[str, Mapping[str, float]], *, rounds: int = 5) -> PeerRank:
    """Judges weigh by their own min–max normalised win rate, over and over.

    Args:
        rates: By judge, the win rate of every contestant. Judges and contestants are the same.
        rounds: How often weights and scores are computed in turn, from equal weights on.

    Returns:
        Weights and scores, or why they are undefined: all contestants did equally well.

    Raises:
        ValueError: Judges and contestants differ.

    Examples:
        >>> votes = {"x": {"x": 0.9, "y": 0.1}, "y": {"x": 0.6, "y": 0.4}}
        >>> peer_rank(votes).weights
        {'x': 1.0, 'y': 0.0}

    References:
        Li et al. (2023), "PRD: Peer Rank and Discussion Improve Large Language Model based
        Evaluations".
    """
    names = sorted(rates)
    if any(sorted(row) != names for row in rates.values()):
        raise ValueError("peer rank needs every judge's win rate of every judge")
    table = np.array([[rates[judge][name] for name in names] for judge in names])
    weights = np.full(len(names), 1 / len(names)) if names else np.zeros(0)
    for _ in range(rounds):
        scores = weights @ table
        spread = np.ptp(scores) if len(scores) else 0.0
        if spread <= 1e-12:
            return PeerRank(None, None, "all contestants did equally well")
        share = (scores - scores.min()) / spread
        weights = share / share.sum()
    scores = weights @ table
    return PeerRank(
        dict(zip(names, weights.tolist(), strict=True)),
        dict(zip(names, scores.tolist(), strict=True)),
    )


def weighted_choice(
    choices: Mapping[str, Choice], weights: Mapping[str, float], *, margin: float = 0.01
) -> Choice:
    """The sign of the weighted mean of the judges' steps; up to `margin` from 0 is a tie.

    Args:
        choices: By judge; abstentions lower the total weight.
        weights: By judge.
        margin: Half-width of the tie.

    Returns:
        The choice; an abstention if nobody with a weight had a choice.

    Examples:
        >>> weighted_choice({"x": "a", "y": "b"}, {"x": 0.7, "y": 0.3})
        'a'
    """
    votes = [
        (weights[judge], step)
        for judge, choice in sorted(choices.items())
        if (step := STEPS[choice]) is not None
    ]
    total = math.fsum(weight for weight, _ in votes)
    if total <= 0:
        return "abstain"
    mean = math.fsum(weight * step for weight, step in votes) / total
    return "tie" if abs(mean) <= margin else choice_of(mean)
