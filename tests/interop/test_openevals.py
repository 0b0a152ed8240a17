"""openevals and LangSmith themselves call a panel and take what it says."""

from __future__ import annotations

import asyncio
import itertools
import uuid
from datetime import UTC, datetime
from typing import Any
from unittest import mock

import pytest

from dikast.adapters.openevals import (
    async_comparative_evaluator,
    async_panel_evaluator,
    comparative_evaluator,
    panel_evaluator,
)
from dikast.api import Panel
from dikast.types import Reason
from tests.interop.kit import (
    BAD,
    GOOD,
    PASSAGE,
    QUESTION,
    comparing,
    example_says,
    scoring,
    served,
    tool,
)

tool("openevals", "openevals")
langsmith = tool("langsmith", "openevals")

from langsmith import schemas  # noqa: E402 - only where it is there
from langsmith.evaluation import evaluator as langsmith_evaluator  # noqa: E402
from openevals.simulators import run_multiturn_simulation  # noqa: E402
from openevals.types import EvaluatorResult  # noqa: E402

NOW = datetime(2025, 1, 1, tzinfo=UTC)


def example(question: str, **outputs: Any) -> Any:
    return schemas.Example(
        id=uuid.uuid4(),
        inputs={"question": question, "context": [PASSAGE]},
        outputs=outputs or None,
        dataset_id=uuid.uuid4(),
        created_at=NOW,
    )


@pytest.fixture
def client() -> Any:
    """A client that reaches nobody.

    LangSmith's async runner traces the target even where nothing is to be uploaded, and needs
    an answer to go on.
    """
    session = mock.MagicMock()
    session.request.return_value = mock.MagicMock(status_code=200, text="{}")
    return langsmith.Client(
        api_url="http://127.0.0.1:9", api_key="none", session=session, auto_batch_tracing=False
    )


def evaluated(client: Any, data: list[Any], evaluators: list[Any]) -> list[Any]:
    """LangSmith's own `evaluate`, nothing uploaded."""
    said = {QUESTION: GOOD, "And by night?": BAD}
    rows = langsmith.evaluate(
        lambda inputs: {"answer": said[inputs["question"]]},
        data=data,
        evaluators=evaluators,
        upload_results=False,
        client=client,
        max_concurrency=2,
    )
    order = {e.id: i for i, e in enumerate(data)}
    return sorted(rows, key=lambda row: order[row["example"].id])


def results(row: Any) -> dict[str, Any]:
    return {r.key: r for r in row["evaluation_results"]["results"]}


def test_langsmith_evaluates_with_the_embedded_panel(client: Any) -> None:
    data = [example(QUESTION), example("And by night?")]
    rows = evaluated(client, data, [panel_evaluator(Panel.embedded(), "groundedness")])
    good, bad = (results(row)["groundedness"] for row in rows)
    assert good.score == 1.0
    assert bad.score is not None
    assert bad.score < 0.5
    assert "groundedness" in bad.comment
    assert "90" in bad.comment
    assert good.metadata["baseline"] is True


def test_langsmith_takes_an_abstention_as_no_score(client: Any) -> None:
    silent = scoring(Reason.NOT_APPLICABLE, Reason.TIMEOUT, Reason.TIMEOUT)
    (row,) = evaluated(client, [example(QUESTION)], [panel_evaluator(silent)])
    result = results(row)["quality"]
    assert result.score is None
    assert result.metadata["reason"] == "no_quorum"
    assert "no quorum" in result.comment


def test_langsmith_takes_a_result_per_criterion(client: Any) -> None:
    (row,) = evaluated(client, [example(QUESTION)], [panel_evaluator(scoring(5, 5, 1), "each")])
    result = results(row)["quality"]
    assert (result.score, result.metadata["shown"]) == (1.0, "5")
    assert "dissent of c (1): because of c" in result.comment


def test_langsmith_runs_an_async_panel(client: Any) -> None:
    async def run() -> list[Any]:
        rows = await langsmith.aevaluate(
            _answering,
            data=[example(QUESTION, answer=GOOD)],
            evaluators=[async_panel_evaluator(Panel.embedded("correctness"))],
            upload_results=False,
            client=client,
        )
        return [row async for row in rows]

    (row,) = asyncio.run(run())
    assert results(row)["correctness"].score == 1.0


async def _answering(inputs: dict[str, Any]) -> dict[str, Any]:
    return {"answer": GOOD}


def test_models_behind_a_server_are_asked_once_per_seat(client: Any) -> None:
    with served(4) as (panel, server):
        evaluate = panel_evaluator(panel)
        (row,) = evaluated(client, [example(QUESTION)], [evaluate])
        again = evaluate(inputs=QUESTION, outputs=GOOD, context=[PASSAGE])
        counts = server.counts()
    assert results(row)["quality"].score == 0.75
    assert isinstance(again, dict)
    assert again["score"] == 0.75
    usage = results(row)["quality"].metadata["usage"]
    assert usage["calls"] == 3
    assert usage["cost_usd"] > 0
    # the same case again is answered from the journal, whatever loop the tool ran
    assert counts.requests == 3
    assert again["metadata"]["usage"]["calls"] == 0


def test_a_loop_per_call_costs_no_second_answer() -> None:
    with served(4) as (panel, server):
        evaluate = async_panel_evaluator(panel)
        for _ in range(3):
            result = asyncio.run(_awaited(evaluate(inputs=QUESTION, outputs=GOOD)))
            assert result["score"] == 0.75
        assert server.counts().requests == 3


async def _awaited(result: Any) -> Any:
    return await result


def test_openevals_simulator_takes_the_evaluator() -> None:
    """A whole conversation of openevals' own simulator, judged at its end."""
    simulated = run_multiturn_simulation(
        app=lambda message, **_: {"role": "assistant", "content": GOOD, "id": "1"},
        user=[{"role": "user", "content": QUESTION, "id": "0"}],
        max_turns=1,
        trajectory_evaluators=[panel_evaluator(scoring(2, 2, 2))],
    )
    (result,) = simulated["evaluator_results"]
    assert result["score"] == 0.25
    assert set(result) <= set(EvaluatorResult.__annotations__)


@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize(
    ("strengths", "expected"),
    [
        pytest.param((2.0, 1.0), (1.0, 0.0), id="first-better"),
        pytest.param((1.0, 2.0), (0.0, 1.0), id="second-better"),
        pytest.param((1.0, 1.0), (0.5, 0.5), id="tie-is-a-value"),
    ],
)
def test_langsmith_compares(
    strengths: tuple[float, float], expected: tuple[float, float], *, asynchronous: bool
) -> None:
    """Whatever the order in which the runs are passed."""
    runs = [_run(GOOD), _run(BAD)]
    panel = comparing({str(r.id): s for r, s in zip(runs, strengths, strict=True)})
    comments = set()
    for order in itertools.permutations(runs):
        result = _compared(panel, list(order), asynchronous=asynchronous)
        assert result.key == "preference"
        assert result.scores == {str(r.id): score for r, score in zip(runs, expected, strict=True)}
        comments.add(result.comment)
    assert len(comments) == 1


def test_langsmith_compares_three_runs() -> None:
    runs = [_run(text) for text in (GOOD, BAD, "I do not know.")]
    panel = comparing({str(r.id): s for r, s in zip(runs, (3.0, 2.0, 2.0), strict=True)})
    result = _compared(panel, runs, asynchronous=False)
    assert [result.scores[str(r.id)] for r in runs] == [1.0, 0.25, 0.25]


def _compared(panel: Panel, runs: list[Any], *, asynchronous: bool) -> Any:
    """What LangSmith's own wrapper makes of the panel's comparison."""
    make = async_comparative_evaluator if asynchronous else comparative_evaluator
    wrapped = langsmith_evaluator.comparison_evaluator(make(panel))
    if asynchronous:
        return asyncio.run(wrapped.acompare_runs(runs, example(QUESTION)))
    return wrapped.compare_runs(runs, example(QUESTION))


def _run(answer: str) -> Any:
    identity = uuid.uuid4()
    return schemas.Run(
        id=identity,
        name="app",
        start_time=NOW,
        run_type="chain",
        inputs={"question": QUESTION},
        outputs={"answer": answer},
        trace_id=identity,
    )


def test_the_example_runs() -> None:
    said = example_says("plug_openevals.py")
    assert "groundedness: 0.875" in said
    assert "without passages: None, no_quorum" in said
