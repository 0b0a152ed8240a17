"""Evaluating answers over passages in Python: rows in, claims with evidence and totals out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import tee
from typing import Any, NamedTuple

from dikast.api import Panel
from dikast.errors import InputError, RunStopped, StoreError
from dikast.graphs.nodes import run_sync
from dikast.graphs.rag_runs import Rags, check_rag_case
from dikast.graphs.runner import WORKERS, broken
from dikast.graphs.state import Court
from dikast.rag_figures import Paired, Totals, across, paired, totals
from dikast.records.cases import cases_from_rows
from dikast.records.passages import require_passages
from dikast.types import Case, PanelSpec, RagOptions, RagOutcome, RagRecord, RagVerdict

__all__ = ["RagEvaluation", "aevaluate_rag", "evaluate_rag"]


class RagEvaluation(NamedTuple):
    """What an evaluation came to."""

    records: list[RagRecord]
    """One per case, in the order given; with two answers in one case, both and who is better."""
    totals: Totals
    """Over all answers; of two pipelines, those of the first."""
    against: list[RagRecord]
    """The second pipeline's, where there was one."""
    paired: Paired | None
    """The comparison of two pipelines; None without one."""

    @property
    def results(self) -> list[RagVerdict]:
        """Every evaluated answer of the first pipeline."""
        return [found for record in self.records for found in record.results]


def evaluate_rag(
    rows: Iterable[Any],
    panel: Panel | None = None,
    *,
    against: Iterable[Any] | None = None,
    options: RagOptions | None = None,
    workers: int = WORKERS,
) -> RagEvaluation:
    """Evaluate answers over passages, claim by claim. See `aevaluate_rag`.

    Examples:
        >>> rows = [{"id": "1", "user_input": "When was the bridge opened?",
        ...          "response": "The bridge was opened in 1987.",
        ...          "retrieved_contexts": ["The bridge was opened in 1978."]}]
        >>> found = evaluate_rag(rows)
        >>> found.results[0].claims[0].mark
        'contradicted'
        >>> found.totals.marks["contradicted"].value
        1.0
    """
    return run_sync(aevaluate_rag(rows, panel, against=against, options=options, workers=workers))


async def aevaluate_rag(
    rows: Iterable[Any],
    panel: Panel | None = None,
    *,
    against: Iterable[Any] | None = None,
    options: RagOptions | None = None,
    workers: int = WORKERS,
) -> RagEvaluation:
    """Evaluate answers over passages, claim by claim.

    Args:
        rows: Cases, or rows under the names of dikast, Ragas, DeepEval, openevals or LangSmith; a
            frame will do. Each has one answer, or two that are compared.
        panel: The panel; None for the embedded one with the pack `rag`.
        against: Another pipeline's answers to the same questions, paired by id.
        options: How claims are asked about, and when two answers are equal.
        workers: Cases in flight.

    Raises:
        InputError: A row is wrong, or no row has passages: found and needed names are told.
        RunStopped: A shared gateway's budget is spent.
    """
    chosen = panel or Panel.embedded("rag")
    wanted = options or RagOptions()
    first = _cases(rows, chosen.spec)
    second = None if against is None else _cases(against, chosen.spec)
    if second is not None:
        _check_pairs(first, second)
    records = await _evaluate(first, chosen, wanted, workers)
    others = [] if second is None else await _evaluate(second, chosen, wanted, workers)
    results = [found for record in records for found in record.results]
    return RagEvaluation(
        records,
        totals(results, chosen.spec),
        others,
        _paired(records, others, chosen.spec, wanted),
    )


def _cases(rows: Iterable[Any], spec: PanelSpec) -> list[Case]:
    if isinstance(rows, Mapping | str):
        raise InputError(
            f"rows must be several, and are one {type(rows).__name__}.",
            hint="Put a single row into a list.",
        )
    seen: list[str] = []
    given, kept = tee(rows) if not hasattr(rows, "columns") else (rows, iter(()))
    cases = list(cases_from_rows(given, number_missing_ids=True))
    for row in kept:
        seen += [str(name) for name in row] if isinstance(row, Mapping) else ["contexts"]
    if hasattr(rows, "columns"):
        seen = [str(name) for name in rows.columns]
    if not cases:
        raise InputError("there is no row to evaluate.")
    require_passages(cases, seen)
    for case in cases:
        check_rag_case(case, spec)
    return cases


def _check_pairs(first: list[Case], second: list[Case]) -> None:
    if not {case.id for case in first} & {case.id for case in second}:
        raise InputError(
            "the two pipelines have no case id in common.",
            hint="Give both answers to a question one `id`.",
        )


async def _evaluate(
    cases: list[Case], panel: Panel, options: RagOptions, workers: int
) -> list[RagRecord]:
    import asyncio

    hearing = Rags(panel.spec, options, judges=panel.judges, critic=panel.critic)
    court, gate = Court(gateway=panel.gateway), asyncio.Semaphore(workers)

    async def one(case: Case) -> RagRecord:
        async with gate:
            try:
                return await hearing.evaluate(case, court)
            except (RunStopped, StoreError):
                raise
            except Exception as error:
                # One poisoned case costs one case.
                failed = broken(case, panel.spec, error)
                empty = RagVerdict(case_id=case.id, candidate=case.candidates[0].id, verdict=failed)
                return RagRecord(results=(empty,))

    return await asyncio.gather(*(one(case) for case in cases))


def _paired(
    records: list[RagRecord], others: list[RagRecord], spec: PanelSpec, options: RagOptions
) -> Paired | None:
    compared = [record for record in records if record.outcome is not None]
    if compared:
        outcomes: list[RagOutcome] = [r.outcome for r in compared if r.outcome is not None]
        pairs = [(r.results[0], r.results[1]) for r in compared]
        return paired(pairs, outcomes, called=(outcomes[0].first, outcomes[0].second))
    if not others:
        return None
    sides = ({r.results[0].case_id: r.results[0] for r in side} for side in (records, others))
    first, second = sides
    return across(first, second, spec, options)
