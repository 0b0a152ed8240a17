"""Trimmed mean: the same number of votes is dropped at each end, the rest averaged."""

from __future__ import annotations

from collections.abc import Sequence

from dikast.rules._contract import Decision, Vote, average, settle
from dikast.types import Scale


def decide(votes: Sequence[Vote], scale: Scale, *, share: float = 0.2) -> Decision:
    """Drop floor(share × n) votes at each end and average the rest; weights are ignored.

    Args:
        votes: Standing votes.
        scale: The criterion's scale.
        share: Part dropped at each end, from 0 to below 0.5. With three votes 0.34 is the median.

    Raises:
        ValueError: `share` is out of range.

    Examples:
        >>> from dikast.types import IntegerScale
        >>> decide([Vote(1), Vote(4), Vote(5)], IntegerScale(), share=0.34)
        Decision(score=4.0, tied=())
    """
    if not 0 <= share < 0.5:
        raise ValueError(f"`share` must be from 0 to below 0.5, got {share}")
    if not votes:
        return Decision(None)
    scores = sorted(vote.score for vote in votes)
    cut = int(share * len(scores) + 1e-9)  # 0.29 × 100 is 28.999… in binary, and means 29
    return settle(average(scores[cut : len(scores) - cut]), scale)
