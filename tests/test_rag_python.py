"""evaluate_rag: rows of any tool in, claims and totals out; two pipelines; what is refused."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from benchmarks.embedded import balanced, qa_grounded
from benchmarks.rag import evaluated, share
from dikast import Panel, aevaluate_rag, evaluate_rag
from dikast.errors import InputError
from dikast.testing import ScriptedModel
from dikast.types import Reason
from tests.rag_kit import COVERS, RIGHT, WRONG, Script, case, panel, row

RAGAS = {
    "user_input": "When was the bridge opened?",
    "response": "The bridge was opened in 1987.",
    "retrieved_contexts": ["The bridge was opened in 1978."],
}


def test_rows_of_another_tool() -> None:
    found = evaluate_rag([RAGAS, {**RAGAS, "response": "The bridge was opened in 1978."}])
    assert [one.claims[0].mark for one in found.results] == ["contradicted", "supported"]
    assert found.totals.marks["supported"].value == 0.5
    assert found.paired is None


def test_a_frame() -> None:
    pandas = pytest.importorskip("pandas")
    found = evaluate_rag(pandas.DataFrame([RAGAS]))
    assert found.results[0].claims[0].mark == "contradicted"


def test_a_panel_with_a_gateway_of_its_own() -> None:
    model = ScriptedModel(Script())
    judges = Panel.from_spec(panel("anna", "bert", "cleo"), gateway=model)
    found = evaluate_rag([row(case())], judges)
    assert found.totals.gates["faithfulness"].value == 0.0
    assert len(model.requests) > 4


def test_inside_a_running_loop() -> None:
    async def whole() -> float | None:
        awaited = await aevaluate_rag([RAGAS])
        blocked = evaluate_rag([RAGAS])
        assert awaited.totals == blocked.totals
        return awaited.totals.marks["contradicted"].value

    assert asyncio.run(whole()) == 1.0


def test_two_pipelines_are_paired_by_id_whatever_the_order() -> None:
    good = [row(case(f"{RIGHT} {COVERS}", f"c{n}")) for n in range(3)]
    bad = [row(case(f"{RIGHT} {WRONG}", f"c{n}")) for n in range(4)]
    found = evaluate_rag(good, against=bad[::-1])
    assert found.paired is not None
    assert found.paired.outcomes == {"first": 3, "second": 0, "tie": 0, "undecided": 0}
    assert found.paired.decided_at == {"faithfulness": 3}
    assert found.paired.unpaired == 1
    difference = found.paired.differences["faithfulness"]
    assert (difference.value, difference.n) == (0.5, 3)


def test_one_case_that_meets_a_bug_costs_no_other() -> None:
    class Broken:
        name = "broken"

        async def vote(self, docket: Any, criteria: Any, **rest: Any) -> Any:
            raise RuntimeError("a judge's own code")

    judges = Panel([Broken()], rubric="rag")
    found = evaluate_rag([row(case())], judges)
    (one,) = found.results
    assert {b.abstention.reason for b in one.ballots if b.abstention} == {Reason.BUG}
    assert one.verdict.status == "failed"
    assert found.totals.means["overall"].value is None


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        pytest.param(
            [{"question": "?", "response": "x", "retrieved": ["a"]}],
            "Found: `question`, `response`, `retrieved`",
            id="no-passages-under-any-name",
        ),
        pytest.param(
            [{"question": "?", "contexts": ["a"]}], "the response is missing", id="no-answer"
        ),
        pytest.param([], "there is no row", id="no-row"),
        pytest.param({"id": "a", **RAGAS}, "Put a single row into a list", id="one-row"),
    ],
)
def test_what_is_refused(rows: Any, words: str) -> None:
    with pytest.raises(InputError) as caught:
        evaluate_rag(rows)
    assert words in str(caught.value)


def test_pipelines_without_a_common_id_are_refused() -> None:
    with pytest.raises(InputError, match="no case id in common"):
        evaluate_rag([{"id": "a", **RAGAS}], against=[{"id": "b", **RAGAS}])


def test_claims_on_recorded_answers(recorded: Callable[[str], Any]) -> None:
    """A part of the set, so that the figure in the benchmark's page is not merely remembered."""
    recorded("halueval/qa_grounded")
    items = qa_grounded()[:60]
    column = [share(one) for one in evaluated(items)]
    assert balanced(column, [item.label for item in items]) > 0.85
