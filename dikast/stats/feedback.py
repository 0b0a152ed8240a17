"""Minimum feedback arc set: the least weight of outcomes to strike so that no cycle is left."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dikast.stats.linear_orders import EXACT_UP_TO, least_contradiction, little_contradiction
from dikast.stats.outcomes import Outcomes, strong_components


class FeedbackArcs(NamedTuple):
    """What stands against an order without cycles."""

    weight: float
    """Total net margin of `arcs`: the minimum if `exact`, else an upper bound of it."""
    arcs: tuple[tuple[str, str], ...]
    """One such set, as (winner, loser); where several are equally cheap, the ids decide which."""
    suspects: tuple[tuple[str, str], ...]
    """Outcomes that some cheapest set strikes: with one clean three-cycle, all three of it.
    Where the search was bounded, the same as `arcs`."""
    order: tuple[str, ...]
    """An order of all candidates that every other outcome agrees with."""
    exact: bool


def minimum_feedback_arcs(outcomes: Outcomes, *, exact_up_to: int = EXACT_UP_TO) -> FeedbackArcs:
    """Find the cheapest outcomes that stand against an order, weighted by net margin.

    Each strongly connected component is solved apart, since no cycle leaves one: exactly with
    at most `exact_up_to` candidates, else by a heuristic with local search.

    Args:
        outcomes: What was judged; ties are no arcs.
        exact_up_to: At most 18.

    Returns:
        The arcs, labelled exact or not. The weight equals Kemeny's score of the net margins.

    Examples:
        >>> from dikast.stats.outcomes import Pairing, tally
        >>> rows = [("x", "y", "a", 3), ("y", "z", "a", 2), ("z", "x", "a", 1)]
        >>> found = minimum_feedback_arcs(tally([Pairing(*row) for row in rows]))
        >>> found.weight, found.arcs, found.exact
        (1.0, (('z', 'x'),), True)

    References:
        Eades, Lin and Smyth (1993), "A fast and effective heuristic for the feedback arc set
        problem".
    """
    at = {item: index for index, item in enumerate(outcomes.items)}
    margins = np.where(outcomes.beats, outcomes.net, 0.0)
    order: list[str] = []
    arcs: list[tuple[str, str]] = []
    suspects: list[tuple[str, str]] = []
    weights: list[float] = []
    exact = True
    for part in strong_components(outcomes):
        index = [at[item] for item in part]
        won = margins[np.ix_(index, index)]
        if len(part) <= exact_up_to:
            best = least_contradiction(won)
            placed, possible = best.order, ~best.forced.T
        else:
            exact = False
            placed, possible = little_contradiction(won), None
        rank = np.argsort(placed)
        struck = (won > 0) & (rank[:, None] > rank[None, :])
        order += [part[i] for i in placed]
        weights += won[struck].tolist()
        arcs += [(part[i], part[j]) for i, j in np.argwhere(struck)]
        # An outcome is suspect if some best order puts its loser before its winner.
        doubtful = struck if possible is None else (won > 0) & possible.T
        suspects += [(part[i], part[j]) for i, j in np.argwhere(doubtful)]
    return FeedbackArcs(
        float(np.sum(weights)), tuple(sorted(arcs)), tuple(sorted(suspects)), tuple(order), exact
    )
