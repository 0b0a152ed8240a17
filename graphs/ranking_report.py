"""From comparisons to a ranking and a report on transitivity. Pure: no call is made here."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dikast.agents.standing import counts
from dikast.stats.best_of import best_of
from dikast.stats.estimate import Estimate, undefined
from dikast.stats.intervals import Draws, bootstrap_strengths
from dikast.stats.orders import Choice, choice_of
from dikast.stats.outcomes import Outcomes, Pairing, connectivity, tally
from dikast.stats.position_aware import Showing, fit_position_aware
from dikast.stats.rankers import FITS, fit, rank
from dikast.stats.rankings import Ranking, merge_groups, no_ranking
from dikast.stats.sage import ordered_verdicts, sage
from dikast.stats.transitivity import transitivity
from dikast.types import (
    Comparison,
    JudgeTransitivity,
    PairOutcome,
    Preferred,
    RankedCandidate,
    RankingResult,
    RankOptions,
    Standing,
    TransitivityReport,
)

Shown = dict[tuple[str, ...], list[float | None]]
"""One seat's private votes by pair as shown, one per criterion, positive for the first slot."""

_CHOICES: dict[str | None, Choice] = {
    "first": "a",
    "second": "b",
    "tie": "tie",
    None: "abstain",
}
_MOST_RESAMPLED = 200
"""Most candidates for which intervals are bootstrapped: each resample fits the model anew."""
_DRAWS = 100


def choice(outcome: PairOutcome) -> Choice:
    """A pair's outcome in the terms of the statistics."""
    return _CHOICES[outcome.preferred]


def support(comparison: Comparison) -> float:
    """How clearly the votes stand behind an outcome, as a share of their weight.

    For a winner: votes for it less votes against it. For a tie: votes that hold the tie. 0 for
    an undecided pair.
    """
    votes = [v for v in comparison.verdict.transcript.standings if v.score is not None]
    mass = math.fsum(vote.weight for vote in votes)
    if comparison.preferred is None or mass <= 0:
        return 0.0
    if comparison.preferred == "tie":
        return math.fsum(vote.weight for vote in votes if vote.score == 0) / mass
    sign = 1 if comparison.preferred == "first" else -1
    lead = math.fsum(vote.weight * _sign(vote) for vote in votes) * sign / mass
    return min(max(lead, 0.0), 1.0)


def _sign(vote: Standing) -> int:
    assert vote.score is not None
    return (vote.score > 0) - (vote.score < 0)


def shorten(comparison: Comparison, *, hearings: int = 1) -> PairOutcome:
    """A comparison as one line of a ranking, ids in sorted order."""
    outcome = PairOutcome(
        first=comparison.first,
        second=comparison.second,
        preferred=comparison.preferred,
        reason=comparison.reason,
        support=support(comparison),
        consistent=comparison.consistent,
        hearings=hearings,
        votes=seat_votes(comparison),
    )
    if outcome.first <= outcome.second:
        return outcome
    mirror = {"first": "second", "second": "first", "tie": "tie", None: None}
    swap = {
        "first": outcome.second,
        "second": outcome.first,
        "preferred": mirror[outcome.preferred],
        "votes": {seat: mirror[vote] for seat, vote in outcome.votes.items()},
    }
    return outcome.model_copy(update=swap)


def seat_votes(comparison: Comparison) -> dict[str, Preferred]:
    """What each seat holds of a pair, over all criteria; seats without a vote are absent."""
    sums: dict[str, list[float]] = {}
    for vote in comparison.verdict.transcript.standings:
        if vote.score is not None:
            sums.setdefault(vote.seat, []).append(vote.score)
    words: dict[Choice, Preferred] = {"a": "first", "b": "second", "tie": "tie"}
    return {seat: words[choice_of(math.fsum(sums[seat]))] for seat in sorted(sums)}


def tally_outcomes(
    outcomes: Iterable[PairOutcome], items: Sequence[str], *, by_support: bool = False
) -> Outcomes:
    """Outcomes as the statistics take them.

    Args:
        outcomes: At most one per pair.
        items: All candidates.
        by_support: Weigh each by its support, for what to hear again and what to give up; else
            each counts 1, for ranking models. An outcome without any support keeps a little, so
            that it stays an outcome.
    """
    return tally(
        (
            Pairing(o.first, o.second, choice(o), max(o.support, 0.01) if by_support else 1.0)
            for o in outcomes
        ),
        items,
    )


def report(outcomes: Sequence[PairOutcome], items: Sequence[str]) -> TransitivityReport:
    """How far the outcomes contradict each other."""
    plain = transitivity(tally_outcomes(outcomes, items))
    weighed = transitivity(tally_outcomes(outcomes, items, by_support=True)).feedback
    n = len(items)
    complete = plain.judged == n * (n - 1) // 2 and plain.ties == 0
    return TransitivityReport(
        pairs=plain.judged,
        ties=plain.ties,
        undecided=sum(outcome.preferred is None for outcome in outcomes),
        cycles=plain.components,
        circular_triads=plain.triples.cycles if complete else None,
        zeta=plain.zeta.value,
        zeta_reason="" if plain.zeta.value is not None else plain.zeta.reason or "undefined",
        strict_cycles=plain.triples.cycles,
        wins_into_tie=plain.triples.wins_into_tie,
        ties_and_win=plain.triples.two_ties_and_win,
        triples=plain.triples.complete,
        feedback_weight=max(weighed.weight, 0.0),
        feedback_pairs=weighed.arcs,
        feedback_exact=weighed.exact,
    )


def judge_reports(
    comparisons: Iterable[Comparison], items: Sequence[str]
) -> tuple[JudgeTransitivity, ...]:
    """Each judge's own consistency, from its private ballots in both orders.

    Where a rubric has several criteria, the sign of their sum is the judge's preference.
    """
    rows: dict[str, Shown] = {}
    for comparison in comparisons:
        first = comparison.first
        for ballot in comparison.verdict.transcript.ballots:
            if ballot.round or not counts(ballot) or ballot.sample:
                continue
            shown = ballot.presentation
            score = ballot.score
            slot = None if score is None else score if shown[0] == first else -score
            rows.setdefault(ballot.seat, {}).setdefault(shown, []).append(slot)
    effects = order_effects(rows, items)
    return tuple(_judge_report(seat, rows[seat], items, effects[seat]) for seat in sorted(rows))


def order_effects(rows: Mapping[str, Shown], items: Sequence[str]) -> dict[str, Estimate]:
    """Each seat's pull towards the slot shown first, fitted beside the candidates' strengths.

    Args:
        rows: By seat and pair as shown, the votes, positive for the slot shown first.
        items: All candidates.
    """
    if len(items) > _MOST_RESAMPLED:
        none = undefined(f"not fitted for more than {_MOST_RESAMPLED} candidates")
        return dict.fromkeys(rows, none)
    showings = [
        Showing(seat, pair[0], pair[1], _summed(votes))
        for seat in sorted(rows)
        for pair, votes in sorted(rows[seat].items())
    ]
    fitted = fit_position_aware(showings, items)
    silent = undefined(fitted.reason or "the judge cast no vote")
    return {seat: fitted.order_effects.get(seat, silent) for seat in rows}


def _judge_report(
    seat: str, shown: Shown, items: Sequence[str], effect: Estimate
) -> JudgeTransitivity:
    y = ordered_verdicts(
        ((pair[0], pair[1], _summed(votes)) for pair, votes in shown.items()), sorted(items)
    )
    found = sage(y)
    triples = _own_cycles(shown, items)
    return JudgeTransitivity(
        seat=seat,
        pairs=len(shown) // 2,
        ipi=found.ipi.value,
        tov=found.tov.value,
        tov_residual=found.tov_residual.value,
        tov_consolidated=found.tov_u.value,
        strict_cycles=triples,
        reason=_reason(found.ipi) or _reason(found.tov),
        first_rate=_first_rate(shown),
        order_effect=effect.value,
        order_effect_low=effect.low,
        order_effect_high=effect.high,
        order_effect_reason=_reason(effect),
    )


def _first_rate(shown: Shown) -> float | None:
    """Share of votes with a winner that chose the slot shown first, over pairs seen both ways."""
    both = [_summed(votes) for pair, votes in shown.items() if pair[::-1] in shown]
    decisive = [slot for slot in both if slot in ("a", "b")]
    return decisive.count("a") / len(decisive) if decisive else None


def _summed(votes: Sequence[float | None]) -> Choice:
    return choice_of(None if None in votes else math.fsum(v for v in votes if v is not None))


def _own_cycles(shown: Shown, items: Sequence[str]) -> int:
    pairings = []
    for first, second in {(min(pair), max(pair)) for pair in shown}:
        forward, swapped = shown.get((first, second)), shown.get((second, first))
        if forward and swapped and None not in forward and None not in swapped:
            net = math.fsum(v for v in forward if v is not None)
            net -= math.fsum(v for v in swapped if v is not None)
            pairings.append(Pairing(first, second, choice_of(net)))
    return transitivity(tally(pairings, items)).triples.cycles if pairings else 0


def _reason(estimate: Estimate) -> str:
    return "" if estimate.value is not None else estimate.reason or "undefined"


def draws_of(
    outcomes: Sequence[PairOutcome], items: Sequence[str], options: RankOptions
) -> Draws | None:
    """Strengths refitted on resampled pairs; None for voting rules and very many candidates."""
    if options.model not in FITS or len(items) > _MOST_RESAMPLED:
        return None

    def refit(pairs: Sequence[PairOutcome]) -> Mapping[str, float] | None:
        pairings = (Pairing(o.first, o.second, choice(o)) for o in pairs)
        return fit(tally(pairings, items), options.model).values

    ordered = sorted(outcomes, key=lambda o: (o.first, o.second))
    return bootstrap_strengths(ordered, refit, seed=options.seed, draws=_DRAWS)


def ranked(
    outcomes: Sequence[PairOutcome], items: Sequence[str], options: RankOptions
) -> tuple[Ranking, tuple[RankedCandidate, ...], float | None]:
    """Rank by the chosen model; cycles that remain become tied groups, never a silent order.

    Returns:
        The ranking, each candidate's place with its interval, and the winner's margin.
    """
    seen = tally_outcomes(outcomes, items)
    # Voting rules would order by points what nobody has compared; no rule may.
    apart = connectivity(seen).problem
    ranking = no_ranking(apart, method=options.model) if apart else rank(seen, options.model)
    if not ranking.groups:
        return ranking, (), None
    cycles = report(outcomes, items).cycles
    ranking = merge_cycles(ranking, cycles)
    draws = draws_of(outcomes, items, options)
    ends = {i: draws.interval(i) for i in items} if draws is not None else {}
    places = tuple(
        RankedCandidate(
            id=item,
            group=number,
            strength=ranking.scores.get(item),
            low=ends[item][0] if item in ends else None,
            high=ends[item][1] if item in ends else None,
        )
        for number, group in enumerate(ranking.groups, start=1)
        for item in group
    )
    return ranking, places, best_of(ranking, seen).margin


def rerank(result: RankingResult, model: str, *, seed: int = 0) -> RankingResult:
    """The same outcomes under another model or voting rule; no call is made.

    Args:
        result: A ranking with its outcomes.
        model: A ranking model or voting rule.
        seed: Of the resampling.

    Raises:
        ConfigError: There is no such model.
    """
    items = sorted(
        {item for outcome in result.outcomes for item in (outcome.first, outcome.second)}
        | {place.id for place in result.candidates}
    )
    if len(items) < 2:
        return result
    ranking, places, margin = ranked(result.outcomes, items, RankOptions(model=model, seed=seed))
    return result.model_copy(
        update={
            **placed(ranking, places, margin),
            "model": model,
        }
    )


def placed(
    ranking: Ranking, places: tuple[RankedCandidate, ...], margin: float | None
) -> dict[str, Any]:
    """The fields of a result that tell its ranking."""
    winner = ranking.groups[0][0] if ranking.groups and len(ranking.groups[0]) == 1 else None
    return {
        "groups": ranking.groups,
        "candidates": places,
        "reason": "" if ranking.groups else ranking.reason or "nothing was decided",
        "note": ranking.note,
        "winner": winner,
        "margin": margin if winner else None,
    }


def merge_cycles(ranking: Ranking, cycles: Sequence[Sequence[str]]) -> Ranking:
    """Tie the members of each cycle, and whatever the ranking puts between them.

    Examples:
        >>> from dikast.stats.rankings import rank_scores
        >>> order = rank_scores({"w": 4.0, "x": 3.0, "y": 2.0, "z": 1.0})
        >>> merge_cycles(order, [("x", "z")]).groups
        (('w',), ('x', 'y', 'z'))
    """
    if not cycles:
        return ranking
    note = (ranking.note + "; " if ranking.note else "") + "members of a cycle are tied"
    return merge_groups(ranking, cycles).noted(note=note, cyclic=True)
