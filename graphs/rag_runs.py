"""The RAG graph where verdicts are wanted: one answer evaluated, or two of one case compared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dikast.agents.contract import Critic, Judge
from dikast.agents.rag_compare import compare_rags
from dikast.errors import InputError
from dikast.graphs.observed import heard
from dikast.graphs.rag import rag_graph
from dikast.graphs.rag_entry import enter
from dikast.graphs.state import Court
from dikast.records.relevance import relevance_of
from dikast.types import (
    Case,
    PanelSpec,
    RagOptions,
    RagRecord,
    RagVerdict,
    Transcript,
    Usage,
    Verdict,
)

MOST = 2
"""Most answers of one case."""


def check_rag_case(case: Case, spec: PanelSpec) -> None:
    """See that a case can be evaluated.

    Raises:
        InputError: It has more than two answers, its relevance labels cannot be read, or the
            rubric compares.
    """
    if len(case.candidates) > MOST:
        raise InputError(
            f"case `{case.id}` has {len(case.candidates)} responses.",
            hint="Give one, or two to compare two pipelines; `dikast rank` takes more.",
        )
    enter({"case": case, "candidate": case.candidates[0].id}, spec)
    relevance_of(case)


class Rags:
    """What takes the cases of a run of kind `rag`; holds each evaluation until it is stored.

    Args:
        spec: The panel.
        options: How claims are asked about, and when two answers are equal.
        judges: Judges by seat name that take the place of those described.
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
        self._spec, self._options = spec, options
        self._graph = rag_graph(spec, options, judges=judges, critic=critic)
        self._ready: dict[str, RagRecord] = {}

    async def evaluate(self, case: Case, court: Court) -> RagRecord:
        """Evaluate the answer of a case, or its two answers one after the other.

        Raises:
            RunStopped: The whole run must end.
        """
        results: list[RagVerdict] = []
        for candidate in case.candidates:
            given: Any = {"case": case, "candidate": candidate.id}
            if len(case.candidates) == 1:  # the case's own hearing
                result = await self._graph.ainvoke(given, context=court)
            else:
                name = self._spec.name
                result = await heard(self._graph, given, case, court=court, panel=name)
            results.append(result["rag"])
        outcome = None
        if len(results) == MOST:
            first, second = results
            outcome = compare_rags(
                first, second, self._spec.rubric, tolerance=self._options.tolerance
            )
        return RagRecord(results=tuple(results), outcome=outcome)

    async def ainvoke(self, given: Any, /, *, context: Court) -> dict[str, Verdict]:
        """Evaluate a case and sum it up as a verdict."""
        record = await self.evaluate(given["case"], context)
        self._ready[given["case"].id] = record
        return {"verdict": summed_up(record, self._spec)}

    def take(self, case_id: str) -> RagRecord | None:
        """The evaluation of a case, once, without what its verdict holds; None after a bug."""
        record = self._ready.pop(case_id, None)
        return None if record is None else slim(record)


def summed_up(record: RagRecord, spec: PanelSpec) -> Verdict:
    """An evaluation as a verdict: that of the only answer, or that two were compared.

    Two answers have no score in common; a tie is a decision, as everywhere.
    """
    if record.outcome is None:
        return record.results[0].verdict
    outcome = record.outcome
    usage = Usage()
    for found in record.results:
        usage += found.usage
    failed = any(found.verdict.status == "failed" for found in record.results)
    return Verdict(
        case_id=outcome.case_id,
        candidates=tuple(found.candidate for found in record.results),
        panel=spec.name,
        status="decided" if outcome.preferred else "failed" if failed else "abstained",
        reason=outcome.reason,
        detail="" if outcome.preferred else outcome.detail,
        usage=usage,
        rubric=spec.rubric.digest,
        prompts={k: v for found in record.results for k, v in found.verdict.prompts.items()},
        baseline=any(found.verdict.baseline for found in record.results),
    )


def slim(record: RagRecord) -> RagRecord:
    """The record without the transcript that its verdict, stored beside it, already holds."""
    if record.outcome is not None:
        return record
    (only,) = record.results
    bare = only.verdict.model_copy(update={"transcript": Transcript()})
    return record.model_copy(update={"results": (only.model_copy(update={"verdict": bare}),)})
