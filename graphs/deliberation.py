"""The deliberation graph: private votes, bias findings, critiques, revisions, a verdict.

Every step is a node. A model's failure is a value in the state, never an exception, so it cannot
cost the siblings' votes; only a reason to stop the whole run (budget, storage) is raised again,
after the votes of its step are in.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dikast import prompts
from dikast.agents.adjudicator import open_criteria
from dikast.agents.aggregator import Aggregator
from dikast.agents.aggregator import Course as FinalCourse
from dikast.agents.contract import Critic, Judge
from dikast.agents.gates import next_stage
from dikast.agents.screening import screen
from dikast.agents.seating import seat_critic, seat_detector, seat_judge
from dikast.agents.self_answers import self_answer
from dikast.agents.standing import counts
from dikast.graphs import course as courses_of
from dikast.graphs.admission import admit
from dikast.graphs.court import CUSTOM, Meter, OwnGateways, raise_halt
from dikast.graphs.escalation import adjudicated, escalated
from dikast.graphs.hearing import Bench, silent
from dikast.graphs.nodes import step
from dikast.graphs.state import (
    Court,
    CritiqueTask,
    PanelInput,
    PanelOutput,
    PanelState,
    VoteTask,
)
from dikast.types import (
    BiasFinding,
    Docket,
    PanelSpec,
    SelfAnswer,
    StopReason,
    Transcript,
    Verdict,
)

if TYPE_CHECKING:
    from langgraph.graph.state import CompiledStateGraph
    from langgraph.runtime import Runtime


class Deliberation:
    """The steps of the graph, bound to one panel.

    Args:
        spec: The panel.
        judges: Judges by name that take the place of those the description names.
        critic: A critic that takes the place of the described one.
        adjudicable: Whether a person may be asked in mid-graph (there is a checkpointer).
    """

    def __init__(
        self,
        spec: PanelSpec,
        *,
        judges: Mapping[str, Judge] | None = None,
        critic: Critic | None = None,
        adjudicable: bool = False,
    ) -> None:
        given = judges or {}
        described = (*spec.judges, *spec.reserves, *filter(None, [spec.escalation]))
        self.spec = spec
        self.bench = Bench(
            spec, {j.name: given.get(j.name) or seat_judge(j, spec.protocol) for j in described}
        )
        self.critic = critic or seat_critic(spec.critic)
        self.detector = seat_detector(spec.detector)
        self.gateways = OwnGateways(spec)
        self.adjudicable = adjudicable
        self.after_hearing = "proceed" if spec.rubric.conditional else "aggregate"
        self._aggregators = {orders: Aggregator(spec, orders=orders) for orders in (1, 2)}

    def aggregator(self, candidates: Sequence[str]) -> Aggregator:
        """The aggregator for one candidate or for a pair."""
        return self._aggregators[len(candidates)]

    # -- nodes ------------------------------------------------------------------------------

    async def convene(self, state: PanelState, runtime: Runtime[Court]) -> PanelState:
        """Check what is to be judged and summon the first seats."""
        case, candidates = admit(state, self.spec)
        start: PanelState = {
            "case": case,
            "candidates": candidates,
            "deadline": state.get("deadline", time.monotonic() + self.spec.protocol.case_deadline),
        }
        if "earlier" in state:
            return {**start, **courses_of.reopened(self.spec, state["earlier"])}
        known = {decision.criterion: decision for decision in state.get("given", ())}
        stage = self._stage(case.id, next_stage(self.spec.rubric, known))
        return {**start, **stage, "courses": {}, "ballots": []}

    def _stage(
        self, case_id: str, criteria: Sequence[str], heard: Collection[str] = ()
    ) -> PanelState:
        """The state in which some criteria are heard from the beginning."""
        summoned = courses_of.convened(self.spec, case_id, criteria, heard)
        return {"stage": list(criteria), "round": 0, "base": 0, "summoned": summoned}

    async def vote(self, state: VoteTask, runtime: Runtime[Court]) -> PanelState:
        """One seat votes."""
        meter = self._meter(runtime)
        ballots = await self.bench.hear(
            state["case"],
            state["candidates"],
            state["summons"],
            deadline=state["deadline"],
            gateway=meter,
        )
        update: PanelState = {"ballots": ballots}
        if state["summons"].self_answer and meter is not None:
            update["self_answers"] = await self._self_answer(state, meter)
        return {**update, **_metered(meter)}

    async def _self_answer(self, state: VoteTask, meter: Meter) -> list[SelfAnswer]:
        """What the seat's model answers to the question itself; nothing for rule-backed judges."""
        seat = next(j for j in self.spec.judges if j.name == state["summons"].seat)
        if seat.embedded is not None or seat.model.startswith(CUSTOM):
            return []
        return [await self_answer(seat, state["case"], seat=seat.name, gateway=meter)]

    async def examine(self, state: PanelState, runtime: Runtime[Court]) -> PanelState:
        """Examine the new ballots for bias, and see what is contested and whether to go on.

        Free screens always look; the reasoning detector does where the panel has one. One node
        does both, since a step of the graph costs as much as a screen.
        """
        raise_halt(state.get("halts", []))
        meter = self._meter(runtime)
        findings, notes = await self._findings(state, meter)
        metered = _metered(meter)
        raise_halt(metered.get("halts", []))
        number, ballots, stage = state["round"], state["ballots"], state["stage"]
        aggregator = self.aggregator(state["candidates"])
        update: PanelState = {"findings": findings, "notes": notes, **metered, "summoned": []}
        first = number == 0 and "earlier" not in state
        if first and _in_time(state):
            more = courses_of.next_seats(self.spec, aggregator, state["case"].id, ballots, stage)
            if more:
                return {**update, "summoned": more, "contested": []}
        courses = courses_of.progress(
            self.spec,
            aggregator,
            ballots,
            [*state.get("findings", []), *findings],
            state["courses"],
            stage,
            number=number,
            held=number - state["base"],
            forced="earlier" in state,
            late=not _in_time(state),
        )
        going_on = [name for name in courses if name in stage and courses[name].stop is None]
        return {**update, "contested": going_on, "courses": courses}

    async def _findings(
        self, state: PanelState, meter: Meter | None
    ) -> tuple[list[BiasFinding], list[str]]:
        """What screens and detector find in the round's ballots, and notes on failures."""
        number = state["round"]
        docket = Docket(case=state["case"], presentation=state["candidates"])
        heard = set(state["stage"])
        new = [
            b for b in state["ballots"] if b.round == number and b.criterion in heard and counts(b)
        ]
        criteria = [c for c in self.spec.rubric.criteria if c.id in heard]
        found = screen(docket, new, self.spec.screens)
        notes: list[str] = []
        if self.detector is not None and meter is not None and _in_time(state):
            more, failure = await self.detector.detect(
                docket, new, criteria, round=number, gateway=meter
            )
            found += more
            notes += [f"bias detector, round {number}: {failure}"] if failure else []
        return courses_of.unheard(found, state.get("findings", []), number), notes

    async def criticise(self, state: CritiqueTask, runtime: Runtime[Court]) -> PanelState:
        """The critic takes up one contested criterion."""
        assert self.critic is not None
        meter = self._meter(runtime)
        docket = Docket(case=state["case"], presentation=state["candidates"])
        criterion = self.spec.rubric.criterion(state["criterion"])
        number = state["round"]
        try:
            async with asyncio.timeout(max(state["deadline"] - time.monotonic(), 0.0)):
                critique = await self.critic.challenge(
                    docket, criterion, state["ballots"], round=number, gateway=meter
                )
        except TimeoutError:
            critique = silent(self.critic.name, criterion.id, number, "the case's time was over")
        except Exception as error:
            why = f"{type(error).__name__}: {error}"[:300]
            critique = silent(self.critic.name, criterion.id, number, why)
        return {"critiques": [critique], **_metered(meter)}

    async def summon(self, state: PanelState, runtime: Runtime[Court]) -> PanelState:
        """Call the challenged seats to vote again, unless they could change nothing."""
        raise_halt(state.get("halts", []))
        number, courses = state["round"], dict(state["courses"])
        standing = self.aggregator(state["candidates"]).standings(state["ballots"])
        called: dict[str, list[str]] = {}
        for name in state["contested"]:
            seats, stop = self._challenged(state, name, standing)
            if stop is not None:
                courses[name] = courses[name].model_copy(update={"stop": stop})
            for seat in seats:
                called.setdefault(seat, []).append(name)
        summoned = [
            courses_of.recalled(self.spec, state, seat, called[seat], standing)
            for seat in sorted(called)
        ]
        return {"summoned": summoned, "courses": courses, "round": number + bool(summoned)}

    async def proceed(self, state: PanelState, runtime: Runtime[Court]) -> PanelState:
        """Once some criteria are heard out: to those that are reached by what was decided."""
        raise_halt(state.get("halts", []))
        aggregator, ballots = self.aggregator(state["candidates"]), state["ballots"]
        standing = aggregator.standings(ballots)
        given = {decision.criterion: decision for decision in state.get("given", ())}
        heard = {ballot.criterion for ballot in ballots} | set(given) | courses_of.mute(self.spec)
        decided = aggregator.decisions(standing, standing, {}, given, ballots=ballots)
        known = {name: decision for name, decision in decided.items() if name in heard}
        stage = next_stage(self.spec.rubric, known) if _in_time(state) else ()
        return self._stage(state["case"].id, stage, {ballot.seat for ballot in ballots})

    async def aggregate(self, state: PanelState, runtime: Runtime[Court]) -> PanelState:
        """Apply the rule to the standing votes and write the verdict."""
        raise_halt(state.get("halts", []))
        transcript = Transcript(
            ballots=tuple(state["ballots"]),
            findings=tuple(state.get("findings", [])),
            critiques=tuple(state.get("critiques", [])),
            notes=tuple(state.get("notes", [])),
            self_answers=tuple(state.get("self_answers", [])),
        )
        return {"verdict": self._verdict(state, transcript)}

    async def escalate(self, state: PanelState, runtime: Runtime[Court]) -> PanelState:
        """The stronger judge decides what the panel could not."""
        meter = self._meter(runtime)
        verdict = await escalated(
            self.bench,
            state["verdict"],
            state["case"],
            state["candidates"],
            deadline=state["deadline"],
            gateway=meter,
        )
        raise_halt(_metered(meter).get("halts", []))
        spent = verdict.usage + meter.usage if meter else verdict.usage
        return {"verdict": verdict.model_copy(update={"usage": spent})}

    def adjudicate(self, state: PanelState) -> PanelState:
        """Wait for a person's decision.

        It comes as `Command(resume={"by": …, "scores": {criterion: …}, "reason": …})`.
        """
        return {"verdict": adjudicated(state["verdict"], self.spec)}

    # -- routes -----------------------------------------------------------------------------

    def call_votes(self, state: PanelState) -> Any:
        """Send every summoned seat to vote; without one, go on."""
        from langgraph.types import Send

        summoned = state.get("summoned", [])
        if not summoned:
            return self.after_hearing
        return [
            Send(
                "vote",
                VoteTask(
                    case=state["case"],
                    candidates=state["candidates"],
                    summons=summons,
                    deadline=state["deadline"],
                ),
            )
            for summons in summoned
        ]

    def after_convening(self, state: PanelState) -> Any:
        """To the first votes; straight to the critics where an earlier verdict is heard again."""
        return self.after_examining(state) if "earlier" in state else self.call_votes(state)

    def after_examining(self, state: PanelState) -> Any:
        """To the next seat, to the critics, straight to the challenge, or to the verdict."""
        from langgraph.types import Send

        if state.get("summoned"):
            return self.call_votes(state)
        contested = state.get("contested", [])
        if not contested:
            return self.after_hearing
        if self.critic is None:
            return "summon"
        return [
            Send(
                "criticise",
                CritiqueTask(
                    case=state["case"],
                    candidates=state["candidates"],
                    criterion=name,
                    ballots=self._standing_ballots(state, name),
                    round=state["round"],
                    deadline=state["deadline"],
                ),
            )
            for name in contested
        ]

    def after_proceeding(self, state: PanelState) -> Any:
        """To the votes on what is reached now; else to the verdict."""
        return self.call_votes(state) if state.get("summoned") else "aggregate"

    def after_verdict(self, state: PanelState) -> str:
        """To the stronger judge or to a person where the protocol wants it; else the end."""
        from langgraph.graph import END

        how = self.spec.protocol.on_low_confidence
        if not open_criteria(state["verdict"]) or not _in_time(state):
            return END
        if how == "escalate":
            return "escalate"
        return "adjudicate" if how == "adjudicate" and self.adjudicable else END

    # -- helpers ----------------------------------------------------------------------------

    def _meter(self, runtime: Runtime[Court]) -> Meter | None:
        gateway = self.gateways.get(runtime.context)
        return None if gateway is None else Meter(gateway)

    def _verdict(self, state: PanelState, transcript: Transcript) -> Verdict:
        used = {ballot.prompt for ballot in transcript.ballots}
        used |= {critique.prompt for critique in transcript.critiques}
        known = prompts.digests()
        return self.aggregator(state["candidates"]).verdict(
            Docket(case=state["case"], presentation=state["candidates"]),
            transcript,
            {
                name: FinalCourse(
                    course.contested, course.stop or StopReason.DEADLINE, course.rounds
                )
                for name, course in state["courses"].items()
            },
            given={decision.criterion: decision for decision in state.get("given", ())},
            usage=state.get("usage"),
            prompts={name: digest for name, digest in known.items() if digest in used},
        )

    def _standing_ballots(self, state: PanelState, criterion: str) -> list[Any]:
        """The ballots behind the standing votes on a criterion."""
        standing = self.aggregator(state["candidates"]).standings(state["ballots"])
        rounds = {vote.seat: vote.round for vote in standing if vote.criterion == criterion}
        return [
            ballot
            for ballot in state["ballots"]
            if ballot.criterion == criterion
            and counts(ballot)
            and rounds.get(ballot.seat) == ballot.round
        ]

    def _challenged(
        self, state: PanelState, name: str, standing: Sequence[Any]
    ) -> tuple[list[str], StopReason | None]:
        """Seats to vote again on a criterion, or why nobody does."""
        number, criterion = state["round"], self.spec.rubric.criterion(name)
        aggregator = self.aggregator(state["candidates"])
        own = [vote for vote in standing if vote.criterion == name]
        critique = next(
            (
                c
                for c in state.get("critiques", [])
                if c.criterion == name and c.round == number and c.points
            ),
            None,
        )
        findings = courses_of.grave(state.get("findings", []), name, number)
        seats = courses_of.challenged(own, critique, findings)
        heard = any(courses_of.arguments(standing, [name], seat) for seat in seats)
        if not seats or not (critique or findings or heard):
            return [], StopReason.NO_GROUNDS
        firm = [vote for vote in own if vote.seat not in seats]
        open_weights = [aggregator.weight(seat, criterion.id) for seat in seats]
        if aggregator.counter.locked(firm, open_weights, criterion):
            return [], StopReason.LOCKED
        return seats, None


def _in_time(state: PanelState) -> bool:
    return time.monotonic() < state["deadline"]


def _metered(meter: Meter | None) -> PanelState:
    if meter is None:
        return {}
    return {"usage": meter.usage, "halts": [meter.halt] if meter.halt else []}


def deliberation_graph(
    spec: PanelSpec,
    *,
    judges: Mapping[str, Judge] | None = None,
    critic: Critic | None = None,
    checkpointer: Any = None,
) -> CompiledStateGraph[PanelState, Court, PanelInput, PanelOutput]:
    """Compile the deliberation graph of a panel: a LangChain Runnable from case to verdict.

    It serves `invoke`, `ainvoke`, `batch`, `stream`, and as a node of another graph that shares
    the keys `case` and `verdict`. Pass `context=Court(gateway=…)` to share a gateway (journal,
    budget, pacing) between runs; without one the graph binds a gateway of its own.

    Args:
        spec: The panel.
        judges: Judges by seat name that take the place of those described, such as a user's own.
        critic: A critic that takes the place of the described one.
        checkpointer: Where a run waits for a person, if `on_low_confidence` is `adjudicate`;
            None lets such verdicts come out as `awaiting_adjudication`.

    Returns:
        The compiled graph, from `{"case": Case}` (or its JSON form) to `{"verdict": Verdict}`.

    Raises:
        ConfigError: A judge, critic, format, rule or screen of the panel does not exist.

    Examples:
        >>> from dikast.api import Panel
        >>> graph = deliberation_graph(Panel.embedded().spec)
        >>> case = {"id": "1", "question": "Where is the Louvre?", "response": "In Paris.",
        ...         "contexts": ["The Louvre is a museum in Paris."]}
        >>> graph.invoke({"case": case})["verdict"].status
        'decided'
    """
    from langgraph.graph import END, START, StateGraph

    steps = Deliberation(spec, judges=judges, critic=critic, adjudicable=checkpointer is not None)
    graph = StateGraph(
        PanelState, context_schema=Court, input_schema=PanelInput, output_schema=PanelOutput
    )
    graph.add_node("convene", step(steps.convene))
    graph.add_node("vote", step(steps.vote), input_schema=VoteTask)
    graph.add_node("examine", step(steps.examine))
    graph.add_node("criticise", step(steps.criticise), input_schema=CritiqueTask)
    graph.add_node("summon", step(steps.summon))
    graph.add_node("aggregate", step(steps.aggregate), defer=True)
    graph.add_node("escalate", step(steps.escalate))
    graph.add_node("adjudicate", steps.adjudicate)
    graph.add_edge(START, "convene")
    end = steps.after_hearing
    ways = ["vote", "criticise", "summon", end]
    graph.add_conditional_edges("convene", steps.after_convening, ways)
    graph.add_edge("vote", "examine")
    graph.add_conditional_edges("examine", steps.after_examining, ways)
    graph.add_edge("criticise", "summon")
    graph.add_conditional_edges("summon", steps.call_votes, ["vote", end])
    if end == "proceed":
        graph.add_node("proceed", step(steps.proceed), defer=True)
        graph.add_conditional_edges("proceed", steps.after_proceeding, ["vote", "aggregate"])
    graph.add_conditional_edges("aggregate", steps.after_verdict, ["escalate", "adjudicate", END])
    graph.add_edge("escalate", END)
    graph.add_edge("adjudicate", END)
    # The default limit of 10,007 steps would let a mistake run for hours.
    stages = len(spec.rubric.criteria) if spec.rubric.conditional else 1
    limit = 20 + stages * (3 * len(spec.judges) + 5 * spec.protocol.max_rounds + 2)
    compiled = graph.compile(checkpointer=checkpointer, name="deliberation")
    return compiled.with_config({"recursion_limit": limit})
