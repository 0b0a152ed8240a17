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
    heard = [vote for vote in votes if vote.weight > 0]
    if not heard:
        return Decision(None)
    # Only proportions count: relative to the heaviest vote, no weight overflows or vanishes.
    heaviest = max(vote.weight for vote in heard)
    relative = [(vote.score, vote.weight / heaviest) for vote in heard]
    mass = total(weight for _, weight in relative)
    if not scale.labelled:
        mean = total(weight * score for score, weight in relative) / mass
        scores = [score for score, _ in relative]
        return Decision(min(max(mean, min(scores)), max(scores)))
    shares: defaultdict[float, list[float]] = defaultdict(list)
    for score, weight in relative:
        shares[score].append(weight)
    weights = {score: total(parts) for score, parts in shares.items()}
    lead = max(weights.values())
    leaders = tuple(sorted(s for s, w in weights.items() if lead - w <= 1e-9 * mass))
    return Decision(leaders[0]) if len(leaders) == 1 else Decision(None, leaders)
