"""Plurality: the score with most votes; an equal lead is a tie."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from dikast.rules._contract import Decision, Vote
from dikast.types import Scale


def decide(votes: Sequence[Vote], scale: Scale) -> Decision:
    """Count equal scores; weights are ignored.

    Who is listed first never decides: scores that share the lead are returned as a tie.

    Examples:
        >>> from dikast.types import YesNoScale
        >>> decide([Vote(1), Vote(0)], YesNoScale())
        Decision(score=None, tied=(0, 1))
    """
    if not votes:
        return Decision(None)
    counts = Counter(vote.score for vote in votes)
    lead = max(counts.values())
    leaders = tuple(sorted(score for score, count in counts.items() if count == lead))
    return Decision(leaders[0]) if len(leaders) == 1 else Decision(None, leaders)
