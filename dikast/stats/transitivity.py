"""Transitivity: circular triads, Kendall's ζ, and the three ways a triple can contradict itself.

A triple of candidates is *complete* if all three of its pairs were judged. Of the 27 relations
that two wins and a tie per pair allow, 13 are weak orders. The other 14 are 2 strict cycles
(x beats y beats z beats x), 6 wins into a tie (x beats y beats z, x ties z) and 6 two ties and a
win (x ties y ties z, x beats z). The last kind is what a judge with a just-noticeable difference
produces and does no harm to a ranking, so the three are never added up.

Everything is counted by matrix products: triples of a thousand candidates take well under a
second.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dikast.stats.estimate import Estimate, undefined
from dikast.stats.feedback import FeedbackArcs, minimum_feedback_arcs
from dikast.stats.outcomes import BoolMatrix, Outcomes, cyclic_components

UNIFORM_VIOLATIONS = 14 / 27
"""Share of triples that violate transitivity if all 27 relations are equally likely."""


class TripleClasses(NamedTuple):
    """How many complete triples are of which kind."""

    complete: int
    cycles: int
    """Strict three-cycles."""
    wins_into_tie: int
    two_ties_and_win: int
    strict: int
    """Complete triples without a tie; only these can be three-cycles."""

    @property
    def weak_orders(self) -> int:
        """Triples without any contradiction."""
        return self.complete - self.cycles - self.wins_into_tie - self.two_ties_and_win

    @property
    def cycle_rate(self) -> Estimate:
        """Share of complete triples that are strict cycles. No interval: triples share pairs."""
        return _rate(self.cycles, self.complete)

    @property
    def wins_into_tie_rate(self) -> Estimate:
        """Share of complete triples that are wins into a tie."""
        return _rate(self.wins_into_tie, self.complete)

    @property
    def two_ties_and_win_rate(self) -> Estimate:
        """Share of complete triples that are two ties and a win: harmless for a ranking."""
        return _rate(self.two_ties_and_win, self.complete)

    @property
    def health(self) -> Estimate:
        """Share of complete triples that are neither a cycle nor wins into a tie."""
        return _rate(self.complete - self.cycles - self.wins_into_tie, self.complete)


def _rate(count: int, total: int) -> Estimate:
    if not total:
        return undefined("no triple has all three pairs judged")
    return Estimate(count / total, n=total)


def _closed(x: BoolMatrix, y: BoolMatrix, z: BoolMatrix) -> int:
    """Sum over (i, j, k) of x[i, j]·y[j, k]·z[i, k]: exact, since no entry passes 2²⁴."""
    paths = x.astype(np.float32) @ y.astype(np.float32)
    return round(float((paths * z).sum(dtype=np.float64)))


def triple_classes(outcomes: Outcomes) -> TripleClasses:
    """Count the complete triples of each kind.

    Examples:
        >>> from dikast.stats.outcomes import Pairing, tally
        >>> seen = tally([Pairing(*row) for row in ("xya", "yza", "zxa")])
        >>> triple_classes(seen).cycles
        1
    """
    beats, tied = outcomes.beats, outcomes.tied
    judged, decided = beats | beats.T | tied, beats | beats.T
    return TripleClasses(
        complete=_closed(judged, judged, judged) // 6,
        cycles=_closed(beats, beats, beats.T) // 3,
        wins_into_tie=_closed(beats, beats, tied),
        two_ties_and_win=_closed(tied, tied, beats),
        strict=_closed(decided, decided, decided) // 6,
    )


def circular_triads(outcomes: Outcomes) -> int:
    """Number of strict three-cycles among the judged pairs, whatever was not judged or tied.

    For a complete tournament this is C(n,3) − Σ C(wins,2).
    """
    beats = outcomes.beats
    return _closed(beats, beats, beats.T) // 3


def kendall_zeta(outcomes: Outcomes) -> Estimate:
    """Kendall's coefficient of consistence: 1 without circular triads, 0 with as many as can be.

    Returns:
        ζ = 1 − 24d/(n³ − n) for odd n, 1 − 24d/(n³ − 4n) for even n. Undefined for fewer than
        three candidates and unless every pair was judged with a winner: with ties or gaps the
        most triads there could be is another number. See `triple_classes` then.

    References:
        Kendall and Babington Smith (1940), "On the method of paired comparisons".
    """
    n = len(outcomes.items)
    beats = outcomes.beats
    if n < 3:
        return undefined("consistence needs three candidates or more", n=n)
    missing = n * (n - 1) // 2 - int(beats.sum())
    if missing:
        return undefined(f"{missing} pairs have no winner (tied or not judged)", n=n)
    most = (n**3 - n) / 24 if n % 2 else (n**3 - 4 * n) / 24
    return Estimate(1 - circular_triads(outcomes) / most, n=n)


class Consistence(NamedTuple):
    """Circular triads against what coin flips would make of the same pairs."""

    triads: int
    expected: float
    """Mean under coin flips: a quarter of the triples without a tie."""
    z: float | None
    """Standard deviations below the expectation (positive: more consistent); None without
    triples. Triples are uncorrelated under coin flips, so the variance is 3/16 of their number."""
    p_value: Estimate
    """Chance that coin flips make as few triads."""
    method: str
    """`exact` or `simulated`."""


def consistence_test(outcomes: Outcomes, *, draws: int = 2000, seed: int = 0) -> Consistence:
    """Test whether there are fewer circular triads than coin flips would leave.

    Each decided pair is redirected at random; ties and gaps stay. With 15 decided pairs or
    fewer all redirections are counted, else `draws` of them are drawn.

    Args:
        outcomes: What was judged.
        draws: Simulated tournaments; each costs a matrix product of the candidates.
        seed: Of the simulation.

    Examples:
        >>> from dikast.stats.outcomes import tally_rankings
        >>> consistence_test(tally_rankings([["x", "y", "z"]])).p_value.value
        0.75
    """
    triads, triples = circular_triads(outcomes), triple_classes(outcomes).strict
    if not triples:
        none = undefined("no triple has a winner in all three pairs")
        return Consistence(triads, 0.0, None, none, "exact")
    pairs = np.argwhere(np.triu(outcomes.beats | outcomes.beats.T))
    exact = len(pairs) <= 15
    total = 2 ** len(pairs) if exact else draws
    rng = np.random.default_rng(seed)
    n = len(outcomes.items)
    few = 0
    chunk = max(1, 2_000_000 // n**2)
    for start in range(0, total, chunk):
        codes = np.arange(start, min(start + chunk, total))
        if exact:
            flips = ((codes[:, None] >> np.arange(len(pairs))) & 1).astype(bool)
        else:
            flips = rng.random((len(codes), len(pairs))) < 0.5
        few += int((_triads_of(pairs, flips, n) <= triads).sum())
    # The outcomes as judged are one of those that chance could have made, hence the +1.
    p = few / total if exact else (few + 1) / (total + 1)
    z = (triples / 4 - triads) / math.sqrt(3 * triples / 16)
    method = "exact" if exact else "simulated"
    return Consistence(triads, triples / 4, z, Estimate(p, n=total), method)


def _triads_of(pairs: npt.NDArray[np.int_], flips: BoolMatrix, n: int) -> npt.NDArray[np.int_]:
    """Circular triads of each of many redirections of the same pairs."""
    beats = np.zeros((len(flips), n, n), dtype=np.float32)
    draw, pair = np.indices(flips.shape)
    winner = np.where(flips, pairs[pair, 1], pairs[pair, 0])
    loser = np.where(flips, pairs[pair, 0], pairs[pair, 1])
    beats[draw, winner, loser] = 1
    closed = (beats @ beats) * beats.transpose(0, 2, 1)
    counts: npt.NDArray[np.int_] = np.rint(closed.sum(axis=(1, 2)) / 3).astype(int)
    return counts


class Transitivity(NamedTuple):
    """Where and how far the outcomes contradict each other."""

    candidates: int
    judged: int
    """Pairs with a win or a tie."""
    ties: int
    triples: TripleClasses
    zeta: Estimate
    components: tuple[tuple[str, ...], ...]
    """Candidates that beat each other in cycles, largest component first."""
    feedback: FeedbackArcs
    """The cheapest set of outcomes whose removal leaves no cycle."""

    @property
    def cyclic(self) -> bool:
        """Whether any cycle exists, of whatever length."""
        return bool(self.components)


def transitivity(outcomes: Outcomes) -> Transitivity:
    """The whole report on one case or judge.

    Examples:
        >>> from dikast.stats.outcomes import tally_rankings
        >>> report = transitivity(tally_rankings([["x", "y", "z"]]))
        >>> report.cyclic, report.zeta.value, report.feedback.weight
        (False, 1.0, 0.0)
    """
    parts = sorted(cyclic_components(outcomes), key=lambda part: (-len(part), part))
    return Transitivity(
        candidates=len(outcomes.items),
        judged=int(outcomes.judged.sum()) // 2,
        ties=int(outcomes.tied.sum()) // 2,
        triples=triple_classes(outcomes),
        zeta=kendall_zeta(outcomes),
        components=tuple(parts),
        feedback=minimum_feedback_arcs(outcomes),
    )
