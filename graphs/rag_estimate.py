"""What evaluating answers over passages will take: requests are rendered and counted, none sent."""

from __future__ import annotations

from collections.abc import Iterable

from dikast.agents.embedded._splitting import split_claims
from dikast.graphs.estimate import Abacus, Estimate, estimate, times
from dikast.graphs.rag import RagSteps
from dikast.graphs.rag_course import deliberates, tasks_of
from dikast.graphs.rag_state import Marking, RagState
from dikast.models.gateway import ModelGateway
from dikast.models.journal import MemoryJournal
from dikast.types import Case, PanelSpec, RagOptions, Usage


async def estimate_rag(spec: PanelSpec, options: RagOptions, cases: Iterable[Case]) -> Estimate:
    """Predict calls, tokens and cost of evaluating answers, without a call.

    How many claims a model will make is unknown: those that rules find are counted. The least is
    one splitting, one private marking by every seat, and the criteria that no gate may bar. The
    most adds a re-ask of everything, a critique of every claim, one more marking, and every
    criterion with all its rounds.

    Args:
        spec: The panel.
        options: How claims are asked about.
        cases: The cases; read once, in a stream.
    """
    prices = ModelGateway(MemoryJournal())
    steps = RagSteps(spec, options)
    # What is measured costs no vote; the rest is judged as in a run of kind `judge`.
    voted = tuple(c for c in spec.rubric.criteria if c.measure is None)
    rest = spec.model_copy(update={"rubric": spec.rubric.model_copy(update={"criteria": voted})})
    least, most, unpriced, number = Usage(), Usage(), set[str](), 0
    for case in cases:
        number += 1
        for candidate in case.candidates:
            alone = case.model_copy(update={"candidates": (candidate,)})
            low, high = await _marking(steps, prices, alone, unpriced)
            least, most = least + low, most + high
            if voted:
                found = await estimate(rest, [alone])
                least, most = least + found.least, most + found.most
                unpriced.update(found.unpriced)
    await prices.aclose()
    return Estimate(number, least, most, tuple(sorted(unpriced)))


async def _marking(
    steps: RagSteps, prices: ModelGateway, case: Case, unpriced: set[str]
) -> tuple[Usage, Usage]:
    """Least and most of splitting and marking one answer."""
    spec, options = steps.spec, steps.options
    candidate = case.candidates[0].id
    ids = [context.id for context in case.contexts]
    reasks = 1 + spec.protocol.reasks
    claims, _ = split_claims(case.response.text, ids, most=options.most_claims)
    told, _ = split_claims(case.reference or "", ids, of="reference", most=options.most_claims)
    splitting = Abacus(prices)
    await steps.split_texts(case, candidate, splitting)
    state: RagState = {"case": case, "candidate": candidate, "claims": claims}
    state["reference_claims"] = told if "context_recall" in steps.measures else []
    tasks = tuple(tasks_of(state, steps.measures))
    looks = bool(steps.measures & {"context_relevance", "context_precision"} and case.contexts)
    marking = Abacus(prices)
    for seat in steps.bench.seats:
        call = Marking(
            seat=seat,
            judge=seat,
            tasks=tasks,
            passages=looks and steps.bench.sees_passages(seat),
        )
        await steps.bench.hear(case, candidate, call, deadline=float("inf"), gateway=marking)
    low = splitting.usage + marking.usage
    high = times(low, reasks)
    unpriced |= splitting.unpriced | marking.unpriced
    if deliberates(spec):
        critique = Abacus(prices)
        for task in tasks:
            for claim in task.claims:
                await steps.criticise(task.model_copy(update={"claims": (claim,)}), [], critique)
        high += times(marking.usage + critique.usage, reasks)
        unpriced |= critique.unpriced
    return low, high
