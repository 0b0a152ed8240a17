"""Weights of the seats: weighted mean on numbers, weighted plurality on labels."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from dikast.rules._contract import Decision, Vote, total
from dikast.types import Scale


def decide(votes: Sequence[Vote], scale: Scale) -> Decision:
    """Let each vote count by its weight.

    Args:
        votes: Standing votes; a weight of 0 has no say.
        scale: The criterion's scale.

    Returns:
        The weighted mean on numeric scales; on labels the one with most weight, or a tie where
        several share it (to within rounding). Without weight, no decision.

    Examples:
        >>> from dikast.types import IntegerScale
        >>> decide([Vote(1, 1.0), Vote(5, 3.0)], IntegerScale())
        Decision(score=4.0, tied=())
    """
    mass = total(vote.weight for vote in votes)
    if mass <= 0:
        return Decision(None)
    if not scale.labelled:
        return Decision(total(vote.weight * vote.score for vote in votes) / mass)
    shares: defaultdict[float, list[float]] = defaultdict(list)
    for vote in votes:
        shares[vote.score].append(vote.weight)
    weights = {score: total(parts) for score, parts in shares.items()}
    lead = max(weights.values())
    leaders = tuple(sorted(s for s, w in weights.items() if lead - w <= 1e-9 * mass))
    return Decision(leaders[0]) if len(leaders) == 1 else Decision(None, leaders)
