"""What a run does with its cases: judge one response, compare two, rank many, evaluate RAG."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping
from typing import Any, Literal, Protocol

from dikast.agents.contract import Critic, Judge
from dikast.graphs.admission import admit
from dikast.graphs.deliberation import deliberation_graph
from dikast.graphs.pairwise import require_preferences
from dikast.graphs.rag_bench import ClaimBench
from dikast.graphs.rag_runs import Rags, check_rag_case
from dikast.graphs.ranking import enter, ranking_graph
from dikast.graphs.state import Court
from dikast.types import (
    Case,
    PanelSpec,
    RagOptions,
    RankingResult,
    RankOptions,
    Reason,
    Value,
    Verdict,
)

Kind = Literal["judge", "compare", "rank", "rag"]


class Hearing(Protocol):
    """Whatever takes a case and comes to a verdict: the deliberation graph, or `Rankings`."""

    def ainvoke(self, given: Any, /, *, context: Any) -> Coroutine[Any, Any, Any]:
        """From `{"case": Case}` to a mapping with `verdict`."""
        ...


class Work(Value):
    """The kind of a run, and how it ranks or evaluates answers over passages if it does."""

    kind: Kind = "judge"
    options: RankOptions = RankOptions()
    rag: RagOptions = RagOptions()

    def check_panel(self, spec: PanelSpec) -> None:
        """See that the panel can do this.

        Raises:
            ConfigError: Its rubric scores one response where several are compared, or none of its
                judges can mark claims.
        """
        if self.kind == "rag":
            ClaimBench(spec, self.rag)
        elif self.kind != "judge":
            require_preferences(spec)

    def check_case(self, case: Case, spec: PanelSpec) -> None:
        """See that a case fits.

        Raises:
            InputError: It has too few or too many candidates.
        """
        if self.kind == "rank":
            enter({"case": case})
        elif self.kind == "rag":
            check_rag_case(case, spec)
        else:
            admit({"case": case}, spec)

    def hearing(self, spec: PanelSpec) -> Hearing:
        """What takes the cases of such a run.

        Raises:
            ConfigError: Something the panel names does not exist.
        """
        if self.kind == "rank":
            return Rankings(spec, self.options)
        if self.kind == "rag":
            return Rags(spec, self.rag)
        return deliberation_graph(spec)


class Rankings:
    """The ranking graph where verdicts are wanted; holds each ranking until it is stored.

    Args:
        spec: A panel whose rubric asks for preferences.
        options: How to rank.
        judges: Judges by seat name that take the place of those described.
        critic: A critic that takes the place of the described one.
    """

    def __init__(
        self,
        spec: PanelSpec,
        options: RankOptions,
        *,
        judges: Mapping[str, Judge] | None = None,
        critic: Critic | None = None,
    ) -> None:
        self._spec = spec
        self._graph = ranking_graph(spec, options, judges=judges, critic=critic)
        self._ready: dict[str, RankingResult] = {}

    async def ainvoke(self, given: Any, /, *, context: Court) -> dict[str, Verdict]:
        """Rank the case's candidates and sum the ranking up as a verdict."""
        ranking = (await self._graph.ainvoke(given, context=context))["ranking"]
        assert isinstance(ranking, RankingResult)
        self._ready[ranking.case_id] = ranking
        return {"verdict": summed_up(ranking, given["case"], self._spec)}

    def take(self, case_id: str) -> RankingResult | None:
        """The ranking of a case, once; None for a case that met a bug."""
        return self._ready.pop(case_id, None)


def summed_up(ranking: RankingResult, case: Case, spec: PanelSpec) -> Verdict:
    """A ranking as a verdict on all candidates, so that a run can count it.

    Returns:
        `decided` if there is a ranking, however many are tied; else `abstained`, with the
        ranking's reason as its detail. It has no score: several candidates have none in common.
    """
    undecided = not ranking.groups
    return Verdict(
        case_id=case.id,
        candidates=tuple(candidate.id for candidate in case.candidates),
        panel=spec.name,
        status="abstained" if undecided else "decided",
        reason=Reason.NO_QUORUM if undecided else None,
        detail=ranking.reason,
        usage=ranking.usage,
        rubric=spec.rubric.digest,
        baseline=any(judge.embedded is not None for judge in spec.judges),
    )
