"""MLflow itself evaluates with a panel, into a store in a temporary folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dikast.adapters.mlflow import panel_scorer
from dikast.api import Panel
from dikast.errors import ConfigError
from dikast.types import Reason
from tests.interop.kit import BAD, GOOD, PASSAGE, QUESTION, example_says, scoring, served, tool

mlflow = tool("mlflow", "mlflow")

ROW = {"inputs": {"question": QUESTION, "contexts": [PASSAGE]}}


@pytest.fixture(scope="module", autouse=True)
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("mlflow")
    mlflow.set_tracking_uri(f"sqlite:///{folder}/mlflow.db")
    mlflow.set_experiment(
        experiment_id=mlflow.create_experiment("dikast", artifact_location=str(folder / "files"))
    )
    yield folder
    mlflow.set_tracking_uri(None)


def feedbacks(rows: list[dict[str, Any]], *scorers: Any, **more: Any) -> tuple[Any, list[Any]]:
    """What an evaluation found: its metrics, and every row's feedbacks."""
    result = mlflow.genai.evaluate(data=rows, scorers=list(scorers), **more)
    found = []
    for trace_id in result.result_df["trace_id"]:
        trace = mlflow.get_trace(trace_id)
        found.append([a for a in trace.info.assessments if a.feedback is not None])
    return result.metrics, found


def by_value(found: list[Any]) -> list[Any]:
    return sorted((row[0] for row in found), key=lambda a: -a.feedback.value)


def test_scores_and_reasons_reach_the_store() -> None:
    rows: list[dict[str, Any]] = [
        {**ROW, "outputs": GOOD},
        {**ROW, "outputs": {"response": BAD}},
    ]
    metrics, found = feedbacks(rows, panel_scorer(Panel.embedded("groundedness")))
    good, bad = by_value(found)
    assert good.name == "groundedness"
    assert good.feedback.value > 0.7 > 0.5 > bad.feedback.value
    assert "groundedness" in good.rationale
    assert good.metadata["status"] == "decided"
    assert good.metadata["baseline"] == "true"
    assert good.source.source_type == "LLM_JUDGE"
    mean = (good.feedback.value + bad.feedback.value) / 2
    assert metrics["groundedness/mean"] == pytest.approx(mean)


def test_an_abstention_is_an_error_with_its_reason_and_no_value() -> None:
    panel = scoring(5, Reason.TIMEOUT, Reason.TIMEOUT)
    _, ((found,),) = feedbacks([{**ROW, "outputs": GOOD}], panel_scorer(panel))
    assert found.feedback.value is None
    assert found.error.error_code == "NO_QUORUM"
    assert "timeout" in found.error.error_message


def test_what_is_missing_is_named() -> None:
    rows = [{"inputs": {"question": QUESTION}, "outputs": GOOD}]
    _, ((found,),) = feedbacks(rows, panel_scorer(Panel.embedded("groundedness")))
    assert found.error.error_code == "INVALID_INPUT"
    assert "`inputs['contexts']` is missing" in found.error.error_message


def test_expectations_are_the_reference_and_two_scorers_pay_once() -> None:
    rows = [{**ROW, "outputs": GOOD, "expectations": {"expected_response": "45 minutes."}}]
    with served(4) as (panel, server):
        whole, part = panel_scorer(panel, name="whole"), panel_scorer(panel, "quality")
        _, (found,) = feedbacks(rows, whole, part)
        assert server.counts().requests == 3
    assert {a.name: a.feedback.value for a in found} == {"whole": 0.75, "quality": 0.75}


def test_passages_are_taken_from_the_trace() -> None:
    def retrieve(question: str) -> list[dict[str, str]]:
        return [{"page_content": PASSAGE}]

    traced = mlflow.trace(span_type="RETRIEVER")(retrieve)

    def application(question: str) -> str:
        traced(question)
        return GOOD

    rows = [{"inputs": {"question": QUESTION}}]
    scorer = panel_scorer(Panel.embedded("groundedness"))
    _, ((found,),) = feedbacks(rows, scorer, predict_fn=application)
    assert found.feedback.value > 0.7


def test_no_such_metric_is_said_before_anything_runs() -> None:
    with pytest.raises(ConfigError, match="there is no metric `tone`"):
        panel_scorer(scoring(5), "tone")


def test_the_example_runs() -> None:
    assert "groundedness/mean" in example_says("plug_mlflow.py")
