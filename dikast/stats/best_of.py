"""Best of n: which candidate to keep, how clearly, and what choosing gained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from dikast.stats.estimate import Estimate, undefined
from dikast.stats.intervals import bootstrap
from dikast.stats.outcomes import Outcomes
from dikast.stats.rankings import Ranking


class Best(NamedTuple):
    """The candidate to keep."""

    winner: str | None
    """None if several share the first place or nothing could be ranked; `reason` says which."""
    tied: tuple[str, ...]
    """Who shares the first place; empty with a winner."""
    margin: float | None
    """By how much the winner's share of points (a tie is half) against those it met exceeds
    that of the best other candidate, −1 to 1; None without a winner."""
    pairs: int
    """Pairs that were judged."""
    reason: str = ""


def best_of(ranking: Ranking, outcomes: Outcomes) -> Best:
    """The first of a ranking, with what it took.

    Args:
        ranking: Of the same candidates, such as a schedule's.
        outcomes: What was judged.

    Examples:
        >>> from dikast.stats.outcomes import tally_rankings
        >>> from dikast.stats.voting import rank_copeland
        >>> seen = tally_rankings(["xyz"])
        >>> best_of(rank_copeland(seen), seen)
        Best(winner='x', tied=(), margin=0.5, pairs=3, reason='')
    """
    pairs = int(outcomes.judged.sum()) // 2
    if not ranking.groups:
        return Best(None, (), None, pairs, ranking.reason)
    if ranking.winner is None:
        return Best(None, ranking.groups[0], None, pairs, "several candidates share first place")
    won = (outcomes.wins + outcomes.ties / 2).sum(axis=1)
    met = (outcomes.wins + outcomes.wins.T + outcomes.ties).sum(axis=1)
    share = np.divide(won, met, out=np.zeros(len(won)), where=met > 0)
    first = outcomes.items.index(ranking.winner)
    return Best(ranking.winner, (), float(share[first] - np.delete(share, first).max()), pairs)


class Gain(NamedTuple):
    """What choosing the best of n gained on a task metric, over cases."""

    chosen: Estimate
    random: Estimate
    """Mean of all candidates: what a random choice would have."""
    oracle: Estimate
    closed: Estimate
    """(chosen − random) / (oracle − random): share of the gap to the oracle that was closed."""


def best_of_gain(
    cases: Sequence[tuple[Mapping[str, float], str | None]], *, seed: int = 0, draws: int = 1000
) -> Gain:
    """Score the choices with a task metric.

    Args:
        cases: By case, the metric of every candidate (higher is better) and the candidate that
            was chosen; None where the panel had no winner, which is left out and counted.
        seed: Of the bootstrap over cases.
        draws: Resamples.

    Examples:
        >>> gain = best_of_gain([({"x": 1.0, "y": 0.0}, "x"), ({"x": 1.0, "y": 0.0}, "y")])
        >>> gain.chosen.value, gain.closed.value
        (0.5, 0.0)
    """
    kept = [
        (metric[choice], float(np.mean(list(metric.values()))), max(metric.values()))
        for metric, choice in cases
        if choice is not None
    ]
    nulls = len(cases) - len(kept)
    if not kept:
        none = undefined("no case has a winner", nulls=nulls)
        return Gain(none, none, none, none)

    def column(k: int) -> Estimate:
        found = bootstrap(kept, lambda xs: float(np.mean([x[k] for x in xs])),
                          seed=seed, draws=draws)  # fmt: skip
        return Estimate(found.value, n=len(kept), nulls=nulls, low=found.low, high=found.high)

    def share(rows: Sequence[tuple[float, float, float]]) -> float | None:
        chosen, chance, best = np.mean(rows, axis=0)
        return float((chosen - chance) / (best - chance)) if best - chance > 1e-12 else None

    closed = bootstrap(kept, share, seed=seed, draws=draws)
    if closed.value is None:
        closed = undefined("all candidates are equally good", n=len(kept), nulls=nulls)
    return Gain(column(0), column(1), column(2), closed)
