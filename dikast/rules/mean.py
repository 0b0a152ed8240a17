"""Mean of the votes, every seat alike."""

from __future__ import annotations

from collections.abc import Sequence

from dikast.rules._contract import Decision, Vote, average, settle
from dikast.types import Scale


def decide(votes: Sequence[Vote], scale: Scale) -> Decision:
    """Average the votes; weights are ignored.

    Examples:
        >>> from dikast.types import IntegerScale
        >>> decide([Vote(4), Vote(5)], IntegerScale())
        Decision(score=4.5, tied=())
    """
    if not votes:
        return Decision(None)
    return settle(average([vote.score for vote in votes]), scale)
