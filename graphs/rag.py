"""The RAG graph: claims split once, marked by every judge with quotations, then the rubric.

Claims that judges mark differently are deliberated once: the critic takes each up, the challenged
judges mark it again. What the rubric measures follows from the marks; the rest is judged by the
deliberation graph, nested as a node, which reaches criteria behind a gate only if it is passed.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dikast import prompts
from dikast.agents.claim_splitter import ModelSplitter
from dikast.agents.claims import ASIDE, ClaimTask, claim_criterion
from dikast.agents.contract import Brief, Critic, Judge
from dikast.agents.embedded._claims import shortened, told
from dikast.agents.embedded._splitting import SPLITTER, split_claims
from dikast.agents.measures import figures, measured
from dikast.agents.narrowed_judge import NarrowedJudge, UncitedJudge
from dikast.agents.seating import seat_critic, seat_judge
from dikast.agents.windows import narrowed, room_of
from dikast.graphs import rag_course as course
from dikast.graphs.course import arguments, challenged
from dikast.graphs.court import Meter, OwnGateways, raise_halt
from dikast.graphs.deliberation import deliberation_graph
from dikast.graphs.hearing import silent
from dikast.graphs.nodes import step
from dikast.graphs.rag_bench import ClaimBench
from dikast.graphs.rag_entry import enter, oddities, splitter_of
from dikast.graphs.rag_state import (
    ChallengeTask,
    Marking,
    MarkTask,
    RagInput,
    RagOutput,
    RagState,
)
from dikast.graphs.state import Court
from dikast.types import (
    Ballot,
    Case,
    Claim,
    ClaimVerdict,
    CriterionVerdict,
    Critique,
    Gateway,
    PanelSpec,
    RagOptions,
    RagVerdict,
    Usage,
)

if TYPE_CHECKING:
    from langgraph.graph.state import CompiledStateGraph
    from langgraph.runtime import Runtime

MOST_CONTESTED = 30
"""Most contested claims of one answer that a critic takes up; further ones are only reported."""


class RagSteps:
    """The steps of the graph, bound to one panel.

    Args:
        spec: The panel.
        options: How claims are asked about.
        judges: Judges by name that take the place of those the description names.
        critic: A critic that takes the place of the described one.
    """

    def __init__(
        self,
        spec: PanelSpec,
        options: RagOptions,
        *,
        judges: Mapping[str, Judge] | None = None,
        critic: Critic | None = None,
    ) -> None:
        self.spec, self.options = spec, options
        self.bench = ClaimBench(spec, options, judges)
        self.critic = critic or seat_critic(spec.critic)
        self.gateways = OwnGateways(spec)
        self.measures = course.measures(spec)
        model = splitter_of(spec)
        self._splitter = (
            None if model is None else ModelSplitter(model, reasks=spec.protocol.reasks)
        )

    # -- nodes ------------------------------------------------------------------------------

    async def split(self, state: RagState, runtime: Runtime[Court]) -> RagState:
        """Check what is evaluated and split it into claims, once."""
        case, candidate = enter(state, self.spec)
        meter = self._meter(runtime)
        update: RagState = {
            "case": case,
            "candidate": candidate,
            "candidates": (candidate,),
            "deadline": time.monotonic() + self.spec.protocol.case_deadline,
            "round": 0,
            "heard": [],
            "ballots": [],
        }
        split = await self.split_texts(case, candidate, meter)
        claims, told_, notes, by, used = split
        update |= {"claims": claims, "reference_claims": told_, "splitter": by, "prompts": used}
        update["notes"] = notes + oddities(case)
        update["markings"] = self._first_markings({**state, **update})
        return {**update, **_metered(meter)}

    async def split_texts(
        self, case: Case, candidate: str, gateway: Gateway | None
    ) -> tuple[list[Claim], list[Claim], list[str], str, list[str]]:
        """Claims of the answer and, if measured, of the reference; notes; who split; prompts."""
        answer = case.candidate(candidate).text
        claims, notes, by, used = await self._split(case, candidate, answer, "answer", gateway)
        if case.reference is None or "context_recall" not in self.measures:
            return claims, [], notes, by, used
        told_, more, _, again = await self._split(
            case, candidate, case.reference, "reference", gateway
        )
        return claims, told_, notes + more, by, used + again

    async def _split(
        self, case: Case, candidate: str, text: str, of: str, meter: Gateway | None
    ) -> tuple[list[Claim], list[str], str, list[str]]:
        """Claims, notes, who split, and the digests of the prompts used."""
        ids = [context.id for context in case.contexts]
        most = self.options.most_claims
        wordless = not any(char.isalnum() for char in text)
        if self._splitter is None or meter is None or wordless:
            claims, more = split_claims(text, ids, of=of, most=most)
            notes = [f"{more} further claims of the {of} were left out"] if more else []
            return claims, notes, SPLITTER, []
        split = await self._splitter.split(
            case, text, candidate=candidate, of=of, most=most, gateway=meter
        )
        return split.claims, split.notes, split.by, [split.prompt] if split.prompt else []

    def _first_markings(self, state: RagState) -> list[Marking]:
        """Who marks what in private."""
        tasks = tuple(course.tasks_of(state, self.measures))
        wanted = bool(self.measures & {"context_relevance", "context_precision"})
        return [
            Marking(seat=seat, judge=seat, tasks=tasks, passages=looks)
            for seat in sorted(self.bench.seats)
            if (looks := wanted and bool(state["case"].contexts) and self.bench.sees_passages(seat))
            or tasks
        ]

    async def mark(self, state: MarkTask, runtime: Runtime[Court]) -> RagState:
        """One seat marks claims, and passages where a criterion measures them."""
        meter = self._meter(runtime)
        said = await self.bench.hear(
            state["case"],
            state["candidate"],
            state["marking"],
            deadline=state["deadline"],
            gateway=meter,
        )
        found: RagState = {"ballots": said.ballots, "findings": said.findings, "notes": said.notes}
        return {**found, **_metered(meter)}

    async def weigh(self, state: RagState, runtime: Runtime[Court]) -> RagState:
        """See which claims are contested and whether they are taken up; else measure."""
        raise_halt(state.get("halts", []))
        first = state["round"] == 0
        names = course.names_of(state["ballots"])
        aggregator = course.aggregator_of(self.spec, names) if names else None
        open_ = course.contested(aggregator, state["ballots"]) if aggregator and first else []
        update: RagState = {"markings": [], "contested": []}
        if first:
            update["heard"] = open_
        if open_ and course.deliberates(self.spec) and _in_time(state):
            update["contested"] = open_[:MOST_CONTESTED]
            left = len(open_) - MOST_CONTESTED
            update["notes"] = (
                [f"{left} further contested claims were not taken up"] if left > 0 else []
            )
        return update

    async def challenge(self, state: ChallengeTask, runtime: Runtime[Court]) -> RagState:
        """The critic takes up one contested claim, shown to it as a response of its own."""
        meter = self._meter(runtime)
        task = state["task"]
        name = task.criterion(task.claims[0])
        assert self.critic is not None
        notes: list[str] = []
        try:
            async with asyncio.timeout(max(state["deadline"] - time.monotonic(), 0.0)):
                critique, notes = await self.criticise(task, state["ballots"], meter)
        except TimeoutError:
            critique = silent(self.critic.name, name, 0, "the case's time was over")
        except Exception as error:
            why = f"{type(error).__name__}: {error}"[:300]
            critique = silent(self.critic.name, name, 0, why)
        return {"critiques": [critique], "notes": notes, **_metered(meter)}

    async def criticise(
        self, task: ClaimTask, ballots: Sequence[Ballot], gateway: Gateway | None
    ) -> tuple[Critique, list[str]]:
        """The critique of a task's only claim, and notes on passages that were left out."""
        assert self.critic is not None
        (claim,) = task.claims
        docket, note = task.docket(claim), ""
        if self.spec.critic is None or self.spec.critic.embedded is not None:
            texts, _ = shortened(docket.case.contexts, told(task.case, task.candidate))
            short = docket.case.model_copy(update={"contexts": texts})
        else:
            room, _ = await room_of(self.spec.critic, gateway, docket.case.contexts)
            short, _, note = narrowed(docket.case, room, [claim.text])
        name = task.criterion(claim)
        critique = await self.critic.challenge(
            docket.model_copy(update={"case": short}),
            claim_criterion(name, task.against),
            ballots,
            round=0,
            gateway=gateway,
        )
        return critique, [f"the critic on {name}: {note}"] if note else []

    async def summon(self, state: RagState, runtime: Runtime[Court]) -> RagState:
        """Call challenged seats to mark contested claims once more, unless nothing could change."""
        raise_halt(state.get("halts", []))
        aggregator = course.aggregator_of(self.spec, course.names_of(state["ballots"]))
        standing = aggregator.standings(state["ballots"])
        called: dict[str, dict[str, Brief]] = {}
        for name in state["contested"]:
            own = [vote for vote in standing if vote.criterion == name]
            critique = next(
                (c for c in state.get("critiques", []) if c.criterion == name and c.points), None
            )
            seats = challenged(own, critique, [])
            heard = any(arguments(standing, [name], seat) for seat in seats)
            firm = [vote for vote in own if vote.seat not in seats]
            weights = [aggregator.weights[seat] for seat in seats]
            criterion = aggregator.spec.rubric.criterion(name)
            if not (critique or heard) or aggregator.counter.locked(firm, weights, criterion):
                continue
            for seat in seats:
                brief = course.brief_for(state, name, seat, standing)
                called.setdefault(seat, {})[name] = brief
        tasks = course.tasks_of(state, self.measures)
        return {
            "markings": [_again(seat, called[seat], tasks) for seat in sorted(called)],
            "round": 1,
        }

    async def measure(self, state: RagState, runtime: Runtime[Court]) -> RagState:
        """Decide every claim and passage, and what the rubric measures by them."""
        ballots, case = state["ballots"], state["case"]
        names = course.names_of(ballots)
        aggregator = course.aggregator_of(self.spec, names) if names else None
        decisions: dict[str, CriterionVerdict] = {}
        if aggregator is not None:
            decisions = course.decide(
                aggregator, ballots, course.stops(self.spec, state, late=not _in_time(state))
            )

        def verdicts(claims: Sequence[Claim], ending: str = "") -> list[ClaimVerdict]:
            return course.claim_verdicts(case, claims, decisions, aggregator, ballots, ending)

        marked = verdicts(state["claims"])
        told = verdicts(state.get("reference_claims", []))
        against = verdicts([c for c in state["claims"] if c.id + ASIDE in decisions], ASIDE)
        passages = course.passage_verdicts(case, decisions)
        found = figures(case, marked, against, told, passages, self.measures)
        found += course.retrieval_figures(case, self.options.k)
        known = {figure.name: figure for figure in found}
        basis = {
            "context_recall": [c.decision for c in told],
            "context_relevance": [p.decision for p in passages],
            "context_precision": [p.decision for p in passages],
        }
        usual = [c.decision for c in marked]
        given = tuple(
            measured(c, known, basis.get(c.measure, usual))
            for c in self.spec.rubric.criteria
            if c.measure is not None
        )
        return {
            "marked": marked,
            "against_reference": against,
            "reference_marked": told,
            "passages": passages,
            "figures": found,
            "given": given,
        }

    async def conclude(self, state: RagState, runtime: Runtime[Court]) -> RagState:
        """Put claims, figures and verdict together."""
        verdict, case = state["verdict"], state["case"]
        notes = [*state.get("notes", []), *verdict.transcript.notes]
        notes += course.narrowing_notes(verdict.transcript.ballots)
        own = state.get("usage", Usage())
        used = {ballot.prompt for ballot in state["ballots"]} | set(state.get("prompts", []))
        used |= {critique.prompt for critique in state.get("critiques", [])}
        known = {name: digest for name, digest in prompts.digests().items() if digest in used}
        full = verdict.model_copy(
            update={"usage": verdict.usage + own, "prompts": {**known, **verdict.prompts}}
        )
        return {
            "rag": RagVerdict(
                case_id=case.id,
                candidate=state["candidate"],
                panel=self.spec.name,
                claims=tuple(state["marked"]),
                against_reference=tuple(state["against_reference"]),
                reference_claims=tuple(state["reference_marked"]),
                passages=tuple(state["passages"]),
                figures=tuple(state["figures"]),
                ballots=tuple(state["ballots"]),
                critiques=tuple(state.get("critiques", [])),
                findings=(*state.get("findings", []), *verdict.transcript.findings),
                notes=tuple(dict.fromkeys(notes)),
                splitter=state["splitter"],
                reference_source=course.reference_source(case),
                verdict=full,
                usage=full.usage,
            )
        }

    # -- routes -----------------------------------------------------------------------------

    def call_marks(self, state: RagState) -> Any:
        """Send every seat that is called to mark claims; without one, go on."""
        from langgraph.types import Send

        markings = state.get("markings", [])
        if not markings:
            return "weigh" if state["round"] == 0 else "measure"
        return [
            Send(
                "mark",
                MarkTask(
                    case=state["case"],
                    candidate=state["candidate"],
                    marking=marking,
                    deadline=state["deadline"],
                ),
            )
            for marking in markings
        ]

    def after_weighing(self, state: RagState) -> Any:
        """To the critic, straight to the challenge where there is none, or on."""
        from langgraph.types import Send

        if not state.get("contested"):
            return "measure"
        if self.critic is None:
            return "summon"
        aggregator = course.aggregator_of(self.spec, course.names_of(state["ballots"]))
        return [
            Send(
                "challenge",
                ChallengeTask(
                    case=state["case"],
                    candidate=state["candidate"],
                    task=task.model_copy(update={"claims": (claim,)}),
                    ballots=course.standing_ballots(
                        aggregator, state["ballots"], task.criterion(claim)
                    ),
                    deadline=state["deadline"],
                ),
            )
            for task in course.tasks_of(state, self.measures)
            for claim in task.claims
            if task.criterion(claim) in state["contested"]
        ]

    def _meter(self, runtime: Runtime[Court]) -> Meter | None:
        gateway = self.gateways.get(runtime.context)
        return None if gateway is None else Meter(gateway)


def _again(seat: str, briefs: dict[str, Brief], tasks: Sequence[ClaimTask]) -> Marking:
    """A challenged seat's call to mark its contested claims once more."""
    narrowed_ = [
        task.model_copy(
            update={"claims": tuple(c for c in task.claims if task.criterion(c) in briefs)}
        )
        for task in tasks
    ]
    holders = [ballot.judge for brief in briefs.values() for ballot in brief.own]
    return Marking(
        seat=seat,
        judge=holders[0] if holders else seat,
        tasks=tuple(task for task in narrowed_ if task.claims),
        briefs=briefs,
        round=1,
    )


def _in_time(state: RagState) -> bool:
    return time.monotonic() < state["deadline"]


def _metered(meter: Meter | None) -> RagState:
    if meter is None:
        return {}
    return {"usage": meter.usage, "halts": [meter.halt] if meter.halt else []}


def rag_graph(
    spec: PanelSpec,
    options: RagOptions | None = None,
    *,
    judges: Mapping[str, Judge] | None = None,
    critic: Critic | None = None,
) -> CompiledStateGraph[RagState, Court, RagInput, RagOutput]:
    """Compile the graph that evaluates an answer over passages, claim by claim.

    Args:
        spec: A panel; its rubric says what is measured from the claims and what is voted on (pack
            `rag`).
        options: How claims are asked about.
        judges: Judges by seat name that take the place of those described.
        critic: A critic that takes the place of the described one.

    Returns:
        The compiled graph, from `{"case": Case}` (and `candidate`, if there are several answers)
        to `{"rag": RagVerdict}`.

    Raises:
        ConfigError: No judge can mark claims, or something the panel names does not exist.

    Examples:
        >>> from dikast.api import Panel
        >>> graph = rag_graph(Panel.embedded("rag").spec)
        >>> case = {"id": "1", "question": "When was the bridge opened?",
        ...         "response": "The bridge was opened in 1987 [1].",
        ...         "contexts": ["The bridge was opened in 1978 and repainted in 2016."]}
        >>> found = graph.invoke({"case": case})["rag"]
        >>> found.claims[0].mark, found.claims[0].evidence[0].context_id
        ('contradicted', '1')
        >>> found.verdict.decided_at
        'faithfulness'
    """
    from langgraph.graph import END, START, StateGraph

    steps = RagSteps(spec, options or RagOptions(), judges=judges, critic=critic)
    given = judges or {}
    seated: dict[str, Judge] = dict(given)
    for judge in (*spec.judges, *spec.reserves, *filter(None, [spec.escalation])):
        if judge.name not in given:
            own = seat_judge(judge, spec.protocol)
            bare = judge.embedded is not None
            seated[judge.name] = UncitedJudge(own) if bare else NarrowedJudge(own, judge)
    graph = StateGraph(
        RagState, context_schema=Court, input_schema=RagInput, output_schema=RagOutput
    )
    graph.add_node("split", step(steps.split))
    graph.add_node("mark", step(steps.mark), input_schema=MarkTask)
    graph.add_node("weigh", step(steps.weigh))
    graph.add_node("challenge", step(steps.challenge), input_schema=ChallengeTask)
    graph.add_node("summon", step(steps.summon))
    graph.add_node("measure", step(steps.measure))
    graph.add_node("deliberation", deliberation_graph(spec, judges=seated, critic=critic))
    graph.add_node("conclude", step(steps.conclude))
    graph.add_edge(START, "split")
    graph.add_conditional_edges("split", steps.call_marks, ["mark", "weigh"])
    graph.add_edge("mark", "weigh")
    graph.add_conditional_edges("weigh", steps.after_weighing, ["challenge", "summon", "measure"])
    graph.add_edge("challenge", "summon")
    graph.add_conditional_edges("summon", steps.call_marks, ["mark", "measure"])
    graph.add_edge("measure", "deliberation")
    graph.add_edge("deliberation", "conclude")
    graph.add_edge("conclude", END)
    return graph.compile(name="rag")
