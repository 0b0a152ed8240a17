"""What judging will take: requests are rendered and counted, none is sent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from dikast.agents.gates import next_stage
from dikast.agents.self_answers import self_answer
from dikast.graphs.admission import admit
from dikast.graphs.course import convened
from dikast.graphs.deliberation import Deliberation
from dikast.graphs.listing import NAME as LISTWISE
from dikast.graphs.listing import list_all, list_judges
from dikast.graphs.ranking import content_keys, enter, only, pairs_wanted
from dikast.graphs.state import Summons
from dikast.models.gateway import ModelGateway
from dikast.models.journal import MemoryJournal
from dikast.models.prices import predict_input, predicted_cost
from dikast.stats.schedules import sort_pair
from dikast.types import (
    CallFailure,
    Case,
    Docket,
    ModelReply,
    ModelRequest,
    PanelSpec,
    RankOptions,
    Reason,
    Usage,
)

_MOST_SAMPLED = 50
"""Most candidates of a case whose texts are measured."""
_REPLY_TOKENS = 400
"""Assumed length of a reply where no `max_tokens` says otherwise, in tokens."""


class Estimate(NamedTuple):
    """Calls and cost of a run: at least the private round, at most every round everywhere."""

    cases: int
    least: Usage
    most: Usage
    unpriced: tuple[str, ...]
    """Models without a known price; while there are any, cost is None."""


class Abacus:
    """A gateway that sends nothing: it predicts each request's tokens and cost."""

    def __init__(self, prices: ModelGateway) -> None:
        self._prices = prices
        self.usage = Usage()
        self.unpriced: set[str] = set()

    async def ask(self, request: ModelRequest) -> ModelReply | CallFailure:
        """Count a request as if it were answered once, without retry."""
        facts = await self._prices.facts(request.model)
        asked = predict_input(request).tokens
        replied = request.model.sampling.max_tokens or _REPLY_TOKENS
        cost = predicted_cost(facts, asked, replied)
        if cost is None:
            self.unpriced.add(request.model.model)
        self.usage += Usage(
            calls=1,
            input_tokens=asked,
            output_tokens=replied,
            cost=cost,
            unpriced=int(cost is None),
        )
        # A reason that no reserve is called for and no re-ask is made.
        return CallFailure(reason=Reason.CANCELLED, detail="dry run")


def times(usage: Usage, factor: int) -> Usage:
    """A usage, so many times over."""
    total = Usage()
    for _ in range(factor):
        total += usage
    return total


async def estimate(spec: PanelSpec, cases: Iterable[Case]) -> Estimate:
    """Predict calls, tokens and cost of judging cases, without a call.

    The least is one private round of the seats that are asked first, on the criteria that no gate
    or condition may bar. The most adds, for every case: the seats left under sequential seating or
    the later stages of a cascade, a re-ask of every vote, a critique per criterion and a
    detector's reading per round, every revision round in full, and an escalation of every
    criterion. Retries are not counted: a failed attempt is seldom billed.

    Args:
        spec: The panel.
        cases: The cases; read once, in a stream.
    """
    steps, prices = Deliberation(spec), ModelGateway(MemoryJournal())
    rounds = spec.protocol.max_rounds if spec.protocol.deliberate == "contested" else 0
    rounds = 0 if spec.protocol.seating == "cascade" else rounds
    least, most, unpriced, number = Usage(), Usage(), set[str](), 0
    for case in cases:
        number += 1
        _, candidates = admit({"case": case}, spec)
        surely = next_stage(spec.rubric, {})
        first = {s.seat: s.criteria for s in convened(spec, case.id, surely)}
        for judge in spec.judges:
            criteria = _may_be_asked(spec, judge.name)
            abacus = await _private(steps, prices, case, candidates, judge.name, criteria)
            unpriced |= abacus.unpriced
            most += times(abacus.usage, (1 + rounds) * (1 + spec.protocol.reasks))
            at_once = first.get(judge.name, ())
            if at_once not in ((), criteria):
                abacus = await _private(steps, prices, case, candidates, judge.name, at_once)
            if at_once:
                least += abacus.usage
        if spec.escalation is not None:
            abacus = await _private(steps, prices, case, candidates, spec.escalation.name)
            unpriced |= abacus.unpriced
            most += times(abacus.usage, 1 + spec.protocol.reasks)
        most += await _roles(steps, prices, case, candidates, rounds, unpriced)
        own = await _self_answers(spec, prices, case)
        least, most = least + own, most + own
    await prices.aclose()
    return Estimate(number, least, most, tuple(sorted(unpriced)))


async def estimate_ranking(
    spec: PanelSpec, options: RankOptions, cases: Iterable[Case]
) -> Estimate:
    """Predict calls, tokens and cost of ranking the candidates of cases, without a call.

    The pairs are those that the schedule asks of a judge without contradictions. What a pair costs
    is the mean over a chain of pairs in which every candidate (of many: the first
    `_MOST_SAMPLED`) appears twice, so that long and short texts weigh as they do in the whole. The
    most adds every pair that may be heard again, with every round.

    Args:
        spec: A panel whose rubric asks for preferences.
        options: How to rank.
        cases: The cases; read once, in a stream.
    """
    least, most, unpriced, number = Usage(), Usage(), set[str](), 0
    for case in cases:
        number += 1
        enter({"case": case})
        if options.schedule == LISTWISE:
            lists = await _lists(spec, options, case)
            least, most = least + lists.usage, most + times(lists.usage, 1 + spec.protocol.reasks)
            unpriced |= lists.unpriced
            continue
        ids = [candidate.id for candidate in case.candidates][:_MOST_SAMPLED]
        chain = list(
            dict.fromkeys(sort_pair(a, b) for a, b in zip(ids, ids[1:] + ids[:1], strict=True))
        )
        found = await estimate(spec, (only(case, pair) for pair in chain))
        pairs = pairs_wanted(case, options)
        least += _share(found.least, pairs, len(chain))
        most += _share(found.most, pairs + options.rehear, len(chain))
        unpriced.update(found.unpriced)
    return Estimate(number, least, most, tuple(sorted(unpriced)))


async def _lists(spec: PanelSpec, options: RankOptions, case: Case) -> Abacus:
    """What the lists of one case take."""
    prices = ModelGateway(MemoryJournal())
    abacus = Abacus(prices)
    await list_all(
        list_judges(spec),
        case,
        spec,
        lists=options.lists,
        seed=options.seed,
        keys=content_keys(case),
        gateway=abacus,
    )
    await prices.aclose()
    return abacus


def _share(usage: Usage, times: int, of: int) -> Usage:
    """Usage of `times` things, from that of `of` of them, rounded up."""
    fields = usage.model_dump()
    cost = fields.pop("cost")
    grown = {name: -(-int(value) * times // of) for name, value in fields.items()}
    return Usage(**grown, cost=None if cost is None else cost * times / of)


def _may_be_asked(spec: PanelSpec, seat: str) -> tuple[str, ...]:
    """Criteria on which a seat may be asked in the private round."""
    criteria = tuple(criterion.id for criterion in spec.rubric.criteria)
    if spec.protocol.seating != "cascade" or spec.cascade is None:
        return criteria
    live = {c: {s for stage in spec.cascade.live(c) for s in stage.seats} for c in criteria}
    return tuple(c for c in criteria if seat in live[c])


async def _private(
    steps: Deliberation,
    prices: ModelGateway,
    case: Case,
    candidates: tuple[str, ...],
    seat: str,
    criteria: tuple[str, ...] | None = None,
) -> Abacus:
    """What one seat's private round takes, on all criteria or on some."""
    abacus = Abacus(prices)
    if criteria is None:
        criteria = tuple(criterion.id for criterion in steps.spec.rubric.criteria)
    await steps.bench.hear(
        case,
        candidates,
        Summons(seat=seat, judge=seat, criteria=criteria),
        deadline=float("inf"),
        gateway=abacus,
    )
    return abacus


async def _self_answers(spec: PanelSpec, prices: ModelGateway, case: Case) -> Usage:
    """What it takes that every judge's model answers the question itself."""
    abacus = Abacus(prices)
    if spec.protocol.self_answer:
        for judge in spec.judges:
            if judge.embedded is None:
                await self_answer(judge, case, seat=judge.name, gateway=abacus)
    return abacus.usage


async def _roles(
    steps: Deliberation,
    prices: ModelGateway,
    case: Case,
    candidates: tuple[str, ...],
    rounds: int,
    unpriced: set[str],
) -> Usage:
    """What critic and detector may cost on one case."""
    abacus = Abacus(prices)
    docket = Docket(case=case, presentation=candidates)
    criteria = steps.spec.rubric.criteria
    for number in range(rounds):
        if steps.critic is not None:
            for criterion in criteria:
                await steps.critic.challenge(docket, criterion, [], round=number, gateway=abacus)
    if steps.detector is not None:
        for number in range(rounds + 1):
            await steps.detector.detect(docket, [], criteria, round=number, gateway=abacus)
    unpriced |= abacus.unpriced
    return abacus.usage
