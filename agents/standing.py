"""Ballots to standing votes: what each seat holds, orders and samples folded into one."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from dikast.rules import average
from dikast.stats.orders import Folding, fold_steps
from dikast.types import (
    REPLACED,
    Abstention,
    Ballot,
    Criterion,
    ProtocolSpec,
    Reason,
    Scale,
    Standing,
)


def counts(ballot: Ballot) -> bool:
    """Whether a ballot counts for its seat: it was not replaced by a reserve's."""
    return not any(flag.startswith(REPLACED) for flag in ballot.flags)


def fold_samples(ballots: Sequence[Ballot], scale: Scale) -> float | Abstention:
    """Fold one judge's samples under one presentation order.

    Numbers are averaged; of labels the most frequent counts, and an equal lead is no vote.
    Samples that abstained are left out as long as one has a score.

    Args:
        ballots: At least one, all of one seat, criterion, round and presentation.
        scale: The criterion's scale.
    """
    scores = [ballot.score for ballot in ballots if ballot.score is not None]
    if not scores:
        abstained = [b.abstention for b in ballots if b.abstention is not None]
        return min(abstained, key=lambda a: (a.reason, a.detail))
    if not scale.labelled:
        return average(scores)
    tally = Counter(scores)
    lead = max(tally.values())
    leaders = sorted(score for score, count in tally.items() if count == lead)
    if len(leaders) == 1:
        return leaders[0]
    shown = " and ".join(scale.show(score) for score in leaders)
    return Abstention(reason=Reason.SAMPLES_SPLIT, detail=f"samples split between {shown}")


def _fold_round(
    ballots: Sequence[Ballot], scale: Scale, orders: int, fold: Folding
) -> tuple[float | Abstention, bool | None]:
    """Fold one seat's ballots of one round: samples first, then presentation orders."""
    by_order: defaultdict[tuple[str, ...], list[Ballot]] = defaultdict(list)
    for ballot in ballots:
        by_order[ballot.presentation].append(ballot)
    votes = [fold_samples(by_order[order], scale) for order in sorted(by_order)]
    if orders == 1:
        return votes[0], None
    while len(votes) < orders:  # an order that was never answered is half a comparison
        votes.append(Abstention(reason=Reason.CANCELLED, detail="one order was not asked"))
    forward, swapped = (None if isinstance(v, Abstention) else int(v) for v in votes[:2])
    step, consistent = fold_steps(forward, swapped, fold)
    if step is not None:
        return float(step), consistent
    return next(vote for vote in votes if isinstance(vote, Abstention)), consistent


def stand(
    ballots: Sequence[Ballot], criterion: Criterion, *, weight: float, orders: int, fold: Folding
) -> Standing:
    """What one seat holds on one criterion: the latest round in which it cast a vote.

    A judge that fails in a revision does not lose the vote it cast before.

    Args:
        ballots: All ballots of one seat on one criterion, at least one.
        criterion: The criterion.
        weight: The seat's weight.
        orders: 1 for direct assessment, 2 for a pair.
        fold: `strict` or `lenient`.
    """
    valid = [ballot for ballot in ballots if counts(ballot)]
    rounds = sorted({ballot.round for ballot in valid}, reverse=True)
    folded = {}
    for number in rounds:
        own = [ballot for ballot in valid if ballot.round == number]
        folded[number] = _fold_round(own, criterion.scale, orders, fold)
    latest = next((n for n in rounds if not isinstance(folded[n][0], Abstention)), rounds[-1])
    vote, consistent = folded[latest]
    said = min(
        (
            b
            for b in valid
            if b.round == latest and (b.score is not None) == isinstance(vote, float)
        ),
        key=lambda b: (b.sample, b.presentation),
        default=None,
    )
    return Standing(
        seat=valid[0].seat,
        criterion=criterion.id,
        round=latest,
        score=vote if isinstance(vote, float) else None,
        abstention=vote if isinstance(vote, Abstention) else None,
        consistent=consistent,
        weight=weight,
        rationale=said.rationale if said else "",
    )


def standings(
    ballots: Iterable[Ballot],
    criteria: Sequence[Criterion],
    *,
    weights: Mapping[str, float],
    protocol: ProtocolSpec,
    orders: int,
    upto: int | None = None,
) -> list[Standing]:
    """Standing votes of all seats on all criteria, sorted by criterion and seat.

    Args:
        ballots: Ballots in any order.
        criteria: The rubric's criteria.
        weights: Weight of each seat; 1 for a seat that is not named.
        protocol: Says how two orders are folded.
        orders: 1 for direct assessment, 2 for a pair.
        upto: Leave out ballots of later rounds; None for all.
    """
    groups: defaultdict[tuple[str, str], list[Ballot]] = defaultdict(list)
    for ballot in ballots:
        if counts(ballot) and (upto is None or ballot.round <= upto):
            groups[ballot.criterion, ballot.seat].append(ballot)
    return [
        stand(
            groups[criterion.id, seat],
            criterion,
            weight=weights.get(seat, 1.0),
            orders=orders,
            fold=protocol.fold,
        )
        for criterion in criteria
        for seat in sorted(seat for of, seat in groups if of == criterion.id)
    ]
