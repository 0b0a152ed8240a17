"""Voting rules on outcomes: Borda, Copeland, Kemeny, ranked pairs. Each says if a cycle existed.

None of them prefers a candidate for its name: what a rule cannot order is one tied group.
"""

from __future__ import annotations

import numpy as np

from dikast.stats.linear_orders import EXACT_UP_TO, contradiction, least_contradiction
from dikast.stats.outcomes import SLACK, BoolMatrix, Outcomes, cyclic_components, strong_parts
from dikast.stats.rankings import Ranking, no_ranking, rank_partial_order, rank_scores, reachable


def rank_borda(outcomes: Outcomes) -> Ranking:
    """Rank by wins over all others, a tie counting half: Borda's count on full ballots.

    Fair only where all candidates met equally often.

    Examples:
        >>> from dikast.stats.outcomes import tally_rankings
        >>> votes = 3 * ["abc"] + 2 * ["bca"] + 2 * ["cab"]
        >>> dict(rank_borda(tally_rankings(votes)).scores)
        {'a': 8.0, 'b': 7.0, 'c': 6.0}
    """
    points = (outcomes.wins + outcomes.ties / 2).sum(axis=1)
    return _by_points(outcomes, points, "borda")


def rank_copeland(outcomes: Outcomes) -> Ranking:
    """Rank by opponents beaten on the whole minus opponents lost to."""
    beats = outcomes.beats
    return _by_points(outcomes, beats.sum(axis=1) - beats.sum(axis=0), "copeland")


def _by_points(outcomes: Outcomes, points: np.ndarray, method: str) -> Ranking:
    scores = dict(zip(outcomes.items, points.astype(float).tolist(), strict=True))
    return rank_scores(scores).noted(method=method, cyclic=bool(cyclic_components(outcomes)))


def rank_kemeny(outcomes: Outcomes, *, at_most: int = 12) -> Ranking:
    """The order that contradicts the least weight of outcomes, found exhaustively.

    Where several orders are equally good, candidates whose order differs between them share a
    group.

    Args:
        outcomes: What was judged.
        at_most: Refuse more candidates than this; 18 is the limit.

    Returns:
        The ranking, or none with more candidates than `at_most`.

    Examples:
        >>> from dikast.stats.outcomes import tally_rankings
        >>> votes = tally_rankings(3 * ["abc"] + 2 * ["bca"] + 2 * ["cab"])
        >>> rank_kemeny(votes).order, kemeny_score(votes, ("a", "b", "c"))
        (('a', 'b', 'c'), 8.0)

    References:
        Kemeny (1959), "Mathematics without numbers".
    """
    n = len(outcomes.items)
    if n > min(at_most, EXACT_UP_TO):
        reason = f"Kemeny's rule is exact for up to {min(at_most, EXACT_UP_TO)} candidates, got {n}"
        return no_ranking(f"{reason}; use `ranked_pairs`", method="kemeny")
    best = least_contradiction(outcomes.wins)
    ranking = rank_partial_order(outcomes.items, best.forced)
    return ranking.noted(
        method="kemeny",
        cyclic=bool(cyclic_components(outcomes)),
        note=f"contradicts {best.cost:g} of {float(outcomes.wins.sum()):g}",
    )


def kemeny_score(outcomes: Outcomes, order: tuple[str, ...]) -> float:
    """Weight of outcomes that an order contradicts."""
    at = {item: index for index, item in enumerate(outcomes.items)}
    return contradiction(outcomes.wins, tuple(at[item] for item in order))


def rank_ranked_pairs(outcomes: Outcomes) -> Ranking:
    """Lock the widest margins first; an outcome that closes a cycle is dropped.

    Outcomes of equal margin are locked together, and those of them that close a cycle with each
    other are all dropped, so that no name breaks a tie. What stays unordered is one group.

    Examples:
        >>> from dikast.stats.outcomes import tally_rankings
        >>> votes = tally_rankings(3 * ["abc"] + 2 * ["bca"] + 2 * ["cab"])
        >>> rank_ranked_pairs(votes).order
        ('a', 'b', 'c')

    References:
        Tideman (1987), "Independence of clones as a criterion for voting rules".
    """
    beats, net = outcomes.beats, outcomes.net
    locked: BoolMatrix = np.zeros_like(beats)
    steps = np.unique(np.round(net[beats] / SLACK))[::-1]
    margin = np.round(net / SLACK)
    for step in steps:
        fresh = beats & (margin == step) & ~locked & ~locked.T
        if fresh.any():
            label = strong_parts(locked | fresh)
            locked = _lock(locked, fresh & (label[:, None] != label[None, :]))
    ranking = rank_partial_order(outcomes.items, locked)
    return ranking.noted(method="ranked_pairs", cyclic=bool(cyclic_components(outcomes)))


def _lock(locked: BoolMatrix, fresh: BoolMatrix) -> BoolMatrix:
    """Add outcomes to a closed order and close it again."""
    edges = np.argwhere(fresh)
    if len(edges) > len(locked) // 4:
        return reachable(locked | fresh)
    for winner, loser in edges:
        if not locked[winner, loser]:
            over = np.append(np.flatnonzero(locked[:, winner]), winner)
            under = np.append(np.flatnonzero(locked[loser]), loser)
            locked[np.ix_(over, under)] = True
    return locked
