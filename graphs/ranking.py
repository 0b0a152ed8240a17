"""The ranking graph: scheduled pairs, transitivity, cycles heard again, a ranking with groups."""

from __future__ import annotations

import hashlib
import operator
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

from typing_extensions import TypedDict

from dikast.agents.asking import all_of
from dikast.agents.contract import Critic, Judge
from dikast.agents.rubric_maker import RubricMaker, Standards
from dikast.errors import InputError
from dikast.graphs.court import Meter, OwnGateways, raise_halt
from dikast.graphs.deliberation import deliberation_graph
from dikast.graphs.listing import NAME as LISTWISE
from dikast.graphs.listing import list_all, list_judges, list_outcomes
from dikast.graphs.nodes import step
from dikast.graphs.observed import heard
from dikast.graphs.pairwise import require_preferences
from dikast.graphs.ranking_report import (
    choice,
    judge_reports,
    placed,
    ranked,
    report,
    shorten,
    tally_outcomes,
)
from dikast.graphs.state import Court, PanelInput
from dikast.records.cases import case_from_row
from dikast.stats.outcomes import cyclic_components, weakest_edges
from dikast.stats.schedules import Schedule, make_schedule
from dikast.types import (
    Case,
    Comparison,
    PairOutcome,
    PanelSpec,
    RankingResult,
    RankOptions,
    TransitivityReport,
    Usage,
    compared,
)

if TYPE_CHECKING:
    from langgraph.graph.state import CompiledStateGraph
    from langgraph.runtime import Runtime

ALL_PAIRS_UP_TO = 8
"""Candidates up to which `auto` asks every pair: 28 pairs, where adapting saves little."""
MOST = 1_000
"""Most candidates of one case."""

Pair = tuple[str, str]


class RankInput(TypedDict, total=False):
    """What the graph takes."""

    case: Case


class RankOutput(TypedDict, total=False):
    """What the graph gives."""

    ranking: RankingResult


class RankState(TypedDict, total=False):
    """The graph's own state."""

    case: Case
    comparisons: Annotated[list[Comparison], operator.add]
    """Every hearing of every pair, in the order of asking."""
    listed: list[PairOutcome]
    """Outcomes read off whole lists, in place of comparisons."""
    reheard: list[Pair]
    standards: str
    standards_failure: str
    before: TransitivityReport
    usage: Annotated[Usage, operator.add]
    usage_rehearing: Usage
    ranking: RankingResult


class Ranker:
    """The steps of the graph, bound to one panel and one way to rank."""

    def __init__(
        self,
        spec: PanelSpec,
        options: RankOptions,
        *,
        judges: Mapping[str, Judge] | None = None,
        critic: Critic | None = None,
    ) -> None:
        self.spec, self.options = spec, options
        self._hearing = deliberation_graph(spec, judges=judges, critic=critic)
        self._listers = list_judges(spec, judges) if options.schedule == LISTWISE else {}
        self._gateways = OwnGateways(spec)
        maker = None if critic is not None else spec.critic
        self._maker = RubricMaker(maker) if maker is not None and maker.embedded is None else None

    async def hear(self, state: RankState, runtime: Runtime[Court]) -> RankState:
        """Judge the pairs of the schedule, a batch at a time."""
        case = enter(state)
        if self._listers:
            return await self._list(case, runtime)
        schedule = schedule_of(case, self.options)
        heard: list[Comparison] = []
        while not schedule.done:
            pairs = schedule.next(self.options.batch)
            if not pairs:
                break
            batch = await self._compare_all(case, pairs, runtime)
            for pair, comparison in zip(pairs, batch, strict=True):
                schedule.tell(pair, choice(shorten(comparison)))
            heard += batch
            runtime.stream_writer({"pairs": len(heard), "budget": schedule.budget})
        return {"case": case, "comparisons": heard, "usage": _spent(heard)}

    async def examine(self, state: RankState, runtime: Runtime[Court]) -> RankState:
        """Look for contradictions before anything is heard again."""
        items = [candidate.id for candidate in state["case"].candidates]
        return {"before": report(standing_outcomes(state), items), "reheard": []}

    async def rehear(self, state: RankState, runtime: Runtime[Court]) -> RankState:
        """Hear pairs on cycles again, weakest first, until none is left or the budget is used.

        A pair is heard again from where it stood: its ballots stand, the critic takes it up, the
        challenged judges vote once more. One pair of each cycle at a time, since every changed
        outcome may dissolve others.
        """
        if "listed" in state:
            return {}  # no pair was heard that could be heard again
        case = state["case"]
        items = [candidate.id for candidate in case.candidates]
        comparisons = list(state["comparisons"])
        standards: Standards | None = None
        asked = Usage()
        done: list[Pair] = []
        while len(done) < self.options.rehear:
            outcomes = tally_outcomes(standing_pairs(comparisons).values(), items, by_support=True)
            parts = {i: n for n, part in enumerate(cyclic_components(outcomes)) for i in part}
            chosen: dict[int, Pair] = {}
            for winner, loser in weakest_edges(outcomes):
                pair = (winner, loser) if winner < loser else (loser, winner)
                if pair not in done:
                    chosen.setdefault(parts[winner], pair)
            pairs = [chosen[n] for n in sorted(chosen)][: self.options.rehear - len(done)]
            if not pairs:
                break
            if standards is None:
                standards, asked = await self._standards(case, runtime)
            earlier = {frozenset((c.first, c.second)): c for c in comparisons}
            comparisons += await self._compare_all(
                case, pairs, runtime, earlier=earlier, standards=standards.text
            )
            done += pairs
        again = comparisons[len(state["comparisons"]) :]
        spent = _spent(again) + asked
        made = standards or Standards("")
        return {
            "comparisons": again,
            "standards": made.text,
            "standards_failure": made.failure,
            "reheard": done,
            "usage": spent,
            "usage_rehearing": spent,
        }

    async def conclude(self, state: RankState, runtime: Runtime[Court]) -> RankState:
        """Fit the ranking model on what stands, and report what was intransitive."""
        items = [candidate.id for candidate in state["case"].candidates]
        outcomes = standing_outcomes(state)
        ranking, places, margin = ranked(outcomes, items, self.options)
        result = RankingResult(
            case_id=state["case"].id,
            panel=self.spec.name,
            **placed(ranking, places, margin),
            model=self.options.model,
            schedule=schedule_name(state["case"], self.options),
            pairs_asked=0 if "listed" in state else len(outcomes),
            pairs_possible=len(items) * (len(items) - 1) // 2,
            reheard=len(state["reheard"]),
            standards=state.get("standards", ""),
            outcomes=tuple(outcomes),
            before=state["before"],
            after=report(outcomes, items),
            judges=judge_reports(_first_hearings(state["comparisons"]), items),
            usage=state.get("usage", Usage()),
            usage_rehearing=state.get("usage_rehearing", Usage()),
        )
        failure = state.get("standards_failure", "")
        if failure:
            told = f"pairs were heard again without standards of the case: {failure}"
            result = result.model_copy(
                update={"note": "; ".join(filter(None, [result.note, told]))}
            )
        return {"ranking": result}

    async def _list(self, case: Case, runtime: Runtime[Court]) -> RankState:
        """Let every judge order whole lists."""
        meter = self._meter(runtime)
        listings = await list_all(
            self._listers,
            case,
            self.spec,
            lists=self.options.lists,
            seed=self.options.seed,
            keys=content_keys(case),
            gateway=meter,
        )
        if meter is not None and meter.halt is not None:
            raise_halt([meter.halt])
        ids = [candidate.id for candidate in case.candidates]
        return {
            "case": case,
            "comparisons": [],
            "listed": list_outcomes(listings, ids, self.spec),
            "usage": Usage() if meter is None else meter.usage,
        }

    async def _standards(self, case: Case, runtime: Runtime[Court]) -> tuple[Standards, Usage]:
        """The standards by which the case's pairs are heard again, made once, and their cost."""
        meter = self._meter(runtime)
        if self._maker is None or meter is None:
            return Standards(""), Usage()
        made = await self._maker.make(case, self.spec.rubric.criteria, gateway=meter)
        if meter.halt is not None:
            raise_halt([meter.halt])
        return made, meter.usage

    def _meter(self, runtime: Runtime[Court]) -> Meter | None:
        gateway = self._gateways.get(runtime.context)
        return None if gateway is None else Meter(gateway)

    async def _compare_all(
        self,
        case: Case,
        pairs: Sequence[Pair],
        runtime: Runtime[Court],
        *,
        earlier: Mapping[frozenset[str], Comparison] | None = None,
        standards: str = "",
    ) -> list[Comparison]:
        # One gateway for the pairs and for the standards, so that they share a budget and pacing.
        court = Court(gateway=self._gateways.get(runtime.context))

        async def one(pair: Pair) -> Comparison:
            pair_case = only(case, pair)
            given: PanelInput = {"case": pair_case}
            if earlier is not None:
                given["earlier"] = earlier[frozenset(pair)].verdict
                given["standards"] = standards
            result = await heard(self._hearing, given, pair_case, court=court, panel=self.spec.name)
            return compared(result["verdict"])

        return await all_of(one(pair) for pair in pairs)


def schedule_name(case: Case, options: RankOptions) -> str:
    """The schedule, `auto` resolved by the number of candidates."""
    if options.schedule != "auto":
        return options.schedule
    return "all_pairs" if len(case.candidates) <= ALL_PAIRS_UP_TO else "adaptive"


def schedule_of(case: Case, options: RankOptions) -> Schedule:
    """The schedule of a case's pairs; by default a fifth of all pairs where it adapts.

    Raises:
        ConfigError: There is no such schedule.
    """
    name, n = schedule_name(case, options), len(case.candidates)
    budget = options.pairs
    if budget is None and name == "adaptive":
        budget = max(2 * n, -(-n * (n - 1) // 10))
    ids = [candidate.id for candidate in case.candidates]
    return make_schedule(name, ids, budget=budget, seed=options.seed, keys=content_keys(case))


def pairs_wanted(case: Case, options: RankOptions) -> int:
    """Pairs that the schedule asks of a judge who always prefers what was listed first."""
    schedule = schedule_of(case, options)
    place = {candidate.id: n for n, candidate in enumerate(case.candidates)}
    if schedule.name in ("all_pairs", "adaptive"):
        return schedule.budget
    while not schedule.done:
        pairs = schedule.next(options.batch)
        if not pairs:
            break
        for first, second in pairs:
            schedule.tell((first, second), "a" if place[first] < place[second] else "b")
    return schedule.asked


def enter(state: RankState) -> Case:
    """The case, checked: two to 1,000 candidates.

    Raises:
        InputError: There are fewer or more.
    """
    given = state["case"]
    case = given if isinstance(given, Case) else case_from_row(dict(given), where="input")
    number = len(case.candidates)
    if not 2 <= number <= MOST:
        raise InputError(
            f"case `{case.id}` has {number} candidates.", hint=f"Ranking takes 2 to {MOST}."
        )
    return case


def only(case: Case, pair: Pair) -> Case:
    """The case with two of its candidates, in the order of their content.

    Which of a pair is canonically first must not depend on the order in which the case lists
    its candidates, or permuting them could change which journal entries answer.
    """
    chosen = sorted(
        (c for c in case.candidates if c.id in pair), key=lambda c: (_digest(c.text), c.id)
    )
    return case.model_copy(update={"candidates": tuple(chosen)})


def content_keys(case: Case) -> dict[str, str]:
    """What each candidate's place in the schedule is derived from: its text, then its id."""
    seen: dict[str, int] = {}
    keys: dict[str, str] = {}
    for candidate in sorted(case.candidates, key=lambda c: c.id):
        digest = _digest(candidate.text)
        seen[digest] = seen.get(digest, 0) + 1
        keys[candidate.id] = f"{digest}:{seen[digest]}"
    return keys


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def standing_pairs(comparisons: Sequence[Comparison]) -> dict[Pair, PairOutcome]:
    """The latest hearing of every pair, in short; an undecided rehearing leaves the earlier one."""
    latest: dict[Pair, PairOutcome] = {}
    for comparison in comparisons:
        outcome = shorten(comparison)
        pair = (outcome.first, outcome.second)
        before = latest.get(pair)
        if before is None:
            latest[pair] = outcome
        elif outcome.preferred is None:
            latest[pair] = before.model_copy(update={"hearings": before.hearings + 1})
        else:
            latest[pair] = outcome.model_copy(update={"hearings": before.hearings + 1})
    return latest


def standing_outcomes(state: RankState) -> list[PairOutcome]:
    """What stands on every pair, sorted: read off lists, or off the latest hearings."""
    if "listed" in state:
        return state["listed"]
    latest = standing_pairs(state["comparisons"])
    return [latest[pair] for pair in sorted(latest)]


def _first_hearings(comparisons: Sequence[Comparison]) -> list[Comparison]:
    first: dict[frozenset[str], Comparison] = {}
    for comparison in comparisons:
        first.setdefault(frozenset((comparison.first, comparison.second)), comparison)
    return list(first.values())


def _spent(comparisons: Sequence[Comparison]) -> Usage:
    total = Usage()
    for comparison in comparisons:
        total += comparison.verdict.usage
    return total


def ranking_graph(
    spec: PanelSpec,
    options: RankOptions | None = None,
    *,
    judges: Mapping[str, Judge] | None = None,
    critic: Critic | None = None,
) -> CompiledStateGraph[RankState, Court, RankInput, RankOutput]:
    """Compile the graph that ranks a case's candidates.

    Permuting the candidates of a case changes nothing but the order they are listed in.

    Args:
        spec: A panel whose rubric asks for preferences.
        options: Schedule, budgets and model.
        judges: Judges by seat name that take the place of those described.
        critic: A critic that takes the place of the described one.

    Returns:
        The compiled graph, from `{"case": Case}` to `{"ranking": RankingResult}`.

    Raises:
        ConfigError: The rubric does not compare, or a schedule or model does not exist.
    """
    from langgraph.graph import END, START, StateGraph

    require_preferences(spec)
    steps = Ranker(spec, options or RankOptions(), judges=judges, critic=critic)
    graph = StateGraph(
        RankState, context_schema=Court, input_schema=RankInput, output_schema=RankOutput
    )
    for name in ("hear", "examine", "rehear", "conclude"):
        graph.add_node(name, step(getattr(steps, name)))
    graph.add_edge(START, "hear")
    graph.add_edge("hear", "examine")
    graph.add_edge("examine", "rehear")
    graph.add_edge("rehear", "conclude")
    graph.add_edge("conclude", END)
    return graph.compile(name="ranking")
