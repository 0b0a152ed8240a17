"""Ragas itself evaluates with a panel, and its data sets go over into cases and back."""

from __future__ import annotations

import asyncio
import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dikast.adapters.ragas import (
    PanelMetric,
    PanelScore,
    cases_from_dataset,
    dataset_from_cases,
)
from dikast.api import Panel
from dikast.errors import ConfigError, InputError
from dikast.types import Case, Reason
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

ragas = tool("ragas", "ragas")

from ragas.dataset_schema import (  # noqa: E402 - only where it is there
    EvaluationDataset,
    MultiTurnSample,
    SingleTurnSample,
)
from ragas.messages import AIMessage, HumanMessage, ToolCall, ToolMessage  # noqa: E402
from ragas.metrics.base import Metric, SimpleBaseMetric  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def sample(answer: str | None = GOOD, **fields: Any) -> Any:
    return SingleTurnSample(
        **{"user_input": QUESTION, "retrieved_contexts": [PASSAGE], "response": answer, **fields}
    )


def evaluated(samples: list[Any], metric: Any, **fields: Any) -> Any:
    return ragas.evaluate(
        EvaluationDataset(samples=samples), metrics=[metric], show_progress=False, **fields
    )


# -- ragas.evaluate ------------------------------------------------------------------------------


def test_evaluate_with_the_embedded_panel() -> None:
    metric = PanelMetric(Panel.embedded(), "groundedness")
    assert isinstance(metric, Metric)
    result = evaluated([sample(GOOD), sample(BAD)], metric)
    good, bad = result["groundedness"]
    assert good == 1.0
    assert 0 <= bad < 0.5
    assert list(result.to_pandas()["groundedness"]) == [good, bad]


def test_reasons_stand_in_the_traces() -> None:
    result = evaluated([sample(GOOD), sample(BAD)], PanelMetric(Panel.embedded()))
    told = [trace["groundedness"]["dikast"]["output"] for trace in result.traces]
    assert [row["score"] for row in told] == result["groundedness"]
    assert "90" in told[1]["comment"]
    assert result.traces[0]["groundedness"]["dikast"]["input"]["response"] == GOOD
    json.dumps(told)


def test_an_abstention_is_no_value_and_leaves_the_mean_alone() -> None:
    metric = PanelMetric(Panel.embedded())
    result = evaluated([sample(GOOD), sample(GOOD, retrieved_contexts=[])], metric)
    first, second = result["groundedness"]
    assert first == 1.0
    assert math.isnan(second)
    assert "1.0000" in repr(result)
    assert sorted(str(r.reason) for r in metric.readings) == ["None", "no_quorum"]


def test_missing_columns_are_told_by_ragas_and_by_us() -> None:
    metric = PanelMetric(Panel.embedded("correctness"))
    with pytest.raises(ValueError, match=r"requires the following additional columns.*reference"):
        evaluated([sample()], metric)
    with pytest.raises(InputError, match=r"`reference` is missing\. Found: .*`response`"):
        asyncio.run(metric.single_turn_ascore(sample()))


def test_a_row_without_its_column_costs_one_row() -> None:
    rows = [sample(reference=GOOD), sample(reference=None)]
    metric = PanelMetric(Panel.embedded("correctness"))
    first, second = evaluated(rows, metric)["correctness"]
    assert first == 1.0
    assert math.isnan(second)
    with pytest.raises(InputError, match="`reference` is missing"):
        evaluated(rows, metric, raise_exceptions=True)


def test_models_behind_a_server_are_asked_once() -> None:
    """Ragas starts loops of its own; the panel keeps one gateway, and its journal."""
    with served(4) as (panel, server):
        first = evaluated([sample()], PanelMetric(panel))
        again = PanelScore(panel).score(**sample().to_dict())
        assert server.counts().requests == 3
    assert first["quality"] == [0.75]
    assert again.value == 0.75
    assert again.traces["output"]["usage"]["calls"] == 0


# -- the newer family ----------------------------------------------------------------------------


def test_scores_sync_async_and_in_batches() -> None:
    metric = PanelScore(Panel.embedded(), "groundedness")
    assert isinstance(metric, SimpleBaseMetric)
    good, bad = sample(GOOD).to_dict(), sample(BAD).to_dict()
    once = metric.score(**good)
    assert (once.value, float(once)) == (1.0, 1.0)
    assert "groundedness: " in once.reason
    assert once.value == asyncio.run(metric.ascore(**good)).value
    batch = metric.batch_score([good, bad])
    assert batch[0].value == 1.0
    assert batch[1].value < 0.5
    json.dumps(once.traces)


def test_score_works_inside_a_running_loop() -> None:
    async def notebook() -> Any:
        return PanelScore(scoring(5, 5, 5)).score(response=GOOD)

    assert asyncio.run(notebook()).value == 1.0


@pytest.mark.parametrize(
    ("votes", "reason"),
    [
        pytest.param((1, 5), "low_confidence", id="split"),
        pytest.param((Reason.TIMEOUT,) * 3, "no_quorum", id="nobody"),
    ],
)
def test_an_abstention_is_a_result_of_none(votes: tuple[Any, ...], reason: str) -> None:
    result = PanelScore(scoring(*votes)).score(response=GOOD)
    assert result.value is None
    assert result.traces["output"]["reason"] == reason
    assert reason.replace("_", " ") in result.reason.replace("_", " ")


def test_the_wrong_kind_of_panel_is_refused() -> None:
    for kind in (PanelMetric, PanelScore):
        with pytest.raises(ConfigError, match="cannot score one"):
            kind(comparing({}))
        with pytest.raises(ConfigError, match="no metric `tone`"):
            kind(scoring(5), "tone")


# -- data sets -----------------------------------------------------------------------------------

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=20)
SINGLE = st.builds(
    SingleTurnSample,
    user_input=TEXT,
    response=TEXT,
    retrieved_contexts=st.none() | st.lists(TEXT, min_size=1, max_size=3),
    reference=st.none() | TEXT,
    reference_contexts=st.none() | st.lists(TEXT, min_size=1, max_size=2),
    rubrics=st.none() | st.dictionaries(TEXT, TEXT, min_size=1, max_size=2),
    persona_name=st.none() | TEXT,
    query_style=st.none() | TEXT,
    query_length=st.none() | TEXT,
)


@given(st.lists(SINGLE, max_size=4))
def test_samples_survive_the_way_over_and_back(samples: list[Any]) -> None:
    dataset = EvaluationDataset(samples=samples)
    assert dataset_from_cases(cases_from_dataset(dataset)).samples == samples


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"retrieved_context_ids": ["p7"]}, id="ids"),
        pytest.param({"retrieved_context_ids": [7]}, id="numbers-as-ids"),
        pytest.param(
            {"retrieved_contexts": [PASSAGE, PASSAGE], "retrieved_context_ids": ["p", "p"]},
            id="a-passage-found-twice",
        ),
        pytest.param({"response": None, "multi_responses": [GOOD, BAD]}, id="several-responses"),
    ],
)
def test_particular_samples_survive(fields: dict[str, Any]) -> None:
    samples = [sample(**fields)]
    back = dataset_from_cases(cases_from_dataset(EvaluationDataset(samples=samples)))
    assert back.samples == samples


def test_a_sample_becomes_a_case() -> None:
    (case,) = cases_from_dataset(
        EvaluationDataset(samples=[sample(reference="45", retrieved_context_ids=["p7"])])
    )
    assert (case.id, case.question, case.reference) == ("1", QUESTION, "45")
    assert case.response.text == GOOD
    assert [(c.id, c.text) for c in case.contexts] == [("p7", PASSAGE)]


TALK = [
    HumanMessage(content=QUESTION),
    AIMessage(content="I look.", tool_calls=[ToolCall(name="find", args={"what": "ferry"})]),
    ToolMessage(content=PASSAGE),
    AIMessage(content=GOOD),
]


def test_a_conversation_becomes_messages_and_a_response() -> None:
    samples = [MultiTurnSample(user_input=TALK, reference="45")]
    (case,) = cases_from_dataset(EvaluationDataset(samples=samples))
    assert case.response.text == GOOD
    assert [m.role for m in case.messages] == ["user", "assistant", "tool"]
    assert dataset_from_cases([case]).samples == samples
    with pytest.raises(InputError, match="no turn of the assistant"):
        list(cases_from_dataset([{"user_input": [{"type": "human", "content": "Hello?"}]}]))


def test_cases_of_dikasts_own_become_samples() -> None:
    rows = [
        {"id": "a", "question": QUESTION, "response": GOOD, "contexts": [PASSAGE]},
        {"id": "b", "question": QUESTION, "response": BAD, "contexts": [{"id": "x", "text": "y"}]},
    ]
    first, second = dataset_from_cases(cases_from_dataset(rows)).samples
    assert first == sample()
    assert second.retrieved_context_ids == ["x"]
    talk = Case.model_validate(
        {
            "id": "t",
            "messages": [{"role": "user", "content": QUESTION}],
            "candidates": [{"text": GOOD}],
        }
    )
    (turned,) = dataset_from_cases([talk]).samples
    assert turned.user_input == [HumanMessage(content=QUESTION), AIMessage(content=GOOD)]
    with pytest.raises(InputError, match="no Ragas data set can hold"):
        dataset_from_cases([talk, *cases_from_dataset(rows)])


def test_mismatched_columns_are_told_with_their_place() -> None:
    rows = [{"user_input": QUESTION, "response": GOOD}, {"user_input": QUESTION, "final": BAD}]
    with pytest.raises(InputError, match=r"sample 2: the response is missing.*Found: `user_input`"):
        list(cases_from_dataset(rows))
    found = list(cases_from_dataset(rows[1:], columns={"response": "final"}))
    assert found[0].response.text == BAD


def test_the_example_runs() -> None:
    said = example_says("plug_ragas.py")
    assert "'groundedness': " in said
    assert "None: no_quorum" in said
