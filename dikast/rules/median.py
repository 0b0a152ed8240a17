"""Median of the votes: up to half the seats may be far off without effect."""

from __future__ import annotations

from collections.abc import Sequence

from dikast.rules._contract import Decision, Vote, settle
from dikast.types import Scale


def decide(votes: Sequence[Vote], scale: Scale) -> Decision:
    """Take the middle vote; with an even number the mean of the two in the middle.

    On labels, two different middle labels are a tie unless a label lies half-way between.

    Examples:
        >>> from dikast.types import IntegerScale
        >>> decide([Vote(1), Vote(5), Vote(4)], IntegerScale())
        Decision(score=4, tied=())
    """
    if not votes:
        return Decision(None)
    scores = sorted(vote.score for vote in votes)
    low, high = scores[(len(scores) - 1) // 2], scores[len(scores) // 2]
    return settle((low + high) / 2, scale) if low != high else Decision(low)
