"""langchain-classic's evaluators and a provider's real chat model on the loopback server."""

from __future__ import annotations

import asyncio
import itertools
import warnings
from typing import Any

import pytest
from langchain_core.callbacks import BaseCallbackHandler

from dikast.adapters.langchain import chat_panel, seat, string_evaluator, string_pair_evaluator
from dikast.api import Panel
from dikast.errors import BudgetSpent, ConfigError, InputError
from dikast.testing import Faults, LoopbackServer, structured_reply
from dikast.types import JudgeSpec, Reason
from tests.interop.kit import (
    BAD,
    GOOD,
    PASSAGE,
    QUESTION,
    comparing,
    example_says,
    scoring,
    tool,
)
from tests.judges import RUBRIC, PairJudge

evaluation = tool("langchain_classic.evaluation", "langchain")
openai = tool("langchain_openai", "langchain")


# -- the older evaluators ------------------------------------------------------------------------


def test_a_string_evaluator_is_one_of_langchains() -> None:
    evaluator = string_evaluator(Panel.embedded(), "groundedness")
    assert isinstance(evaluator, evaluation.StringEvaluator)
    assert evaluator.evaluation_name == "groundedness"
    assert (evaluator.requires_input, evaluator.requires_reference) == (False, False)
    assert string_evaluator(Panel.embedded("correctness")).requires_reference


def test_evaluate_strings_sync_and_async() -> None:
    evaluator = string_evaluator(Panel.embedded(), "groundedness")
    passed = {"prediction": GOOD, "input": QUESTION, "context": [PASSAGE]}
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # LangChain warns of arguments that are not expected
        result = evaluator.evaluate_strings(**passed)
    assert result == asyncio.run(evaluator.aevaluate_strings(**passed))
    assert (result["score"], result["metadata"]["criterion"]) == (1.0, "groundedness")
    assert result["reasoning"].startswith("groundedness: ")


def test_an_abstention_has_neither_score_nor_value() -> None:
    result = string_evaluator(scoring(1, 5)).evaluate_strings(prediction=GOOD)
    assert (result["score"], result["value"]) == (None, None)
    assert result["metadata"]["reason"] == "low_confidence"
    assert "low confidence" in result["reasoning"]


def test_missing_parts_are_named_as_langchain_calls_them() -> None:
    with pytest.raises(InputError, match=r"`reference` is missing. Found: `prediction`"):
        string_evaluator(Panel.embedded("correctness")).evaluate_strings(prediction=GOOD)


def test_callbacks_and_tags_of_the_call_are_heard() -> None:
    tags: list[list[str]] = []

    class Heard(BaseCallbackHandler):
        def on_chain_start(self, serialized: Any, inputs: Any, **kwargs: Any) -> None:
            tags.append(kwargs.get("tags") or [])

    evaluator = string_evaluator(scoring(5, 5, 5))
    evaluator.evaluate_strings(prediction=GOOD, callbacks=[Heard()], tags=["nightly"])
    assert len(tags) > 3
    assert all("nightly" in told for told in tags)


@pytest.mark.parametrize(
    ("strengths", "score", "value"),
    [
        pytest.param((2.0, 1.0), 1.0, "A", id="first"),
        pytest.param((1.0, 2.0), 0.0, "B", id="second"),
        pytest.param((1.0, 1.0), 0.5, None, id="tie"),
    ],
)
def test_evaluate_string_pairs(
    strengths: tuple[float, float], score: float, value: str | None
) -> None:
    evaluator = string_pair_evaluator(comparing(dict(zip("ab", strengths, strict=True))))
    assert isinstance(evaluator, evaluation.PairwiseStringEvaluator)
    passed = {"prediction": GOOD, "prediction_b": BAD, "input": QUESTION}
    result = evaluator.evaluate_string_pairs(**passed)
    assert (result["score"], result["value"]) == (score, value)
    assert result == asyncio.run(evaluator.aevaluate_string_pairs(**passed))


def test_a_judge_that_follows_the_slot_is_no_winner() -> None:
    """Both presentation orders are heard, which LangChain's own chain does not do."""
    judges = [PairJudge(name, {"a": 1.0, "b": 1.0}, first=5.0) for name in "abc"]
    evaluator = string_pair_evaluator(Panel(judges, rubric="preference"))
    for first, second in itertools.permutations((GOOD, BAD)):
        result = evaluator.evaluate_string_pairs(prediction=first, prediction_b=second)
        assert (result["score"], result["value"]) == (0.5, None)
        assert result["metadata"]["consistent"] == 0.0


def test_the_wrong_kind_of_panel_is_refused() -> None:
    with pytest.raises(ConfigError, match="cannot score one"):
        string_evaluator(comparing({}))
    with pytest.raises(ConfigError, match="cannot compare two"):
        string_pair_evaluator(scoring(5))


# -- a provider's chat model ---------------------------------------------------------------------


def model(server: LoopbackServer, name: str, **fields: Any) -> Any:
    return openai.ChatOpenAI(
        model=name, base_url=server.base_url, api_key="sk-0123456789abcdef", max_retries=0, **fields
    )


CASE = {"id": "ferry", "question": QUESTION, "response": GOOD}


def answer(request: Any) -> str:
    return structured_reply(request, score=4, reasoning="I looked.")


@pytest.mark.parametrize("structured", ["none", "schema", "json_object"])
def test_chat_models_judge_over_http(structured: str) -> None:
    with LoopbackServer(answer) as server:
        seats = [seat(model(server, name), structured=structured) for name in ("ann", "bob")]
        panel = chat_panel(seats, rubric=RUBRIC)
        verdict, again = panel.judge(CASE), panel.judge(CASE)
        counts = server.counts()
    assert verdict.score == again.score == 0.75
    assert [b.rationale for b in verdict.transcript.ballots] == ["I looked."] * 2
    assert verdict.usage.calls == counts.requests == 2
    assert verdict.usage.input_tokens > 0
    assert again.usage.calls == 0
    assert counts.responder_errors == ()


def test_chat_models_and_litellm_sit_on_one_panel() -> None:
    with LoopbackServer(answer) as server:
        other = JudgeSpec(name="lit", model="openai/lit", api_base=server.base_url)
        verdict = chat_panel([model(server, "ann"), other], rubric=RUBRIC).judge(CASE)
        assert dict(server.counts().by_model) == {"ann": 1, "lit": 1}
    assert verdict.score == 0.75


def test_one_gateway_serves_every_loop() -> None:
    """A loop per call, as tools start them: connections, journal and budget stay the same ones."""
    with LoopbackServer(answer) as server:
        other = JudgeSpec(name="lit", model="openai/lit", api_base=server.base_url)
        panel = chat_panel([model(server, "ann"), other], rubric=RUBRIC, budget="4calls")
        for name in ("one", "two", "one"):
            verdict = asyncio.run(panel.ajudge({**CASE, "id": name}))
            assert verdict.score == 0.75
        assert panel.judge({**CASE, "id": "two"}).usage.replayed == 2
        assert server.counts().requests == 4
        with pytest.raises(BudgetSpent):
            asyncio.run(panel.ajudge({**CASE, "id": "three"}))


@pytest.mark.parametrize(
    ("fault", "reason", "requests"),
    [
        pytest.param("rate_limit", Reason.RATE_LIMITED, 2, id="rate-limited"),
        pytest.param("quota", Reason.RATE_LIMITED, 1, id="no-quota-left"),
        pytest.param("500", Reason.SERVER_ERROR, 2, id="server-error"),
        pytest.param("echo_key", Reason.AUTH, 1, id="bad-key-echoed"),
        pytest.param("reset", Reason.CONNECTION, 2, id="reset"),
        pytest.param("context_length", Reason.TOO_LONG, 1, id="too-long"),
        pytest.param("hang", Reason.TIMEOUT, 2, id="never-answered"),
        pytest.param("length", Reason.TRUNCATED, 1, id="cut-off"),
        pytest.param("content_filter", Reason.FILTERED, 1, id="filtered"),
        pytest.param("refusal", Reason.REFUSED, 1, id="refused"),
    ],
)
def test_faults_on_the_wire_are_abstentions(fault: str, reason: Reason, requests: int) -> None:
    """Each is told by its kind, retried by the gateway alone, and no word of the key is kept."""
    with LoopbackServer(answer, faults=Faults(share={fault: 1.0})) as server:
        timeout = 0.5 if fault == "hang" else 20
        ann = seat(model(server, "ann"), retries=1, timeout=timeout)
        verdict = chat_panel([ann], rubric=RUBRIC).judge(CASE)
        received = server.counts().requests
    (ballot,) = verdict.transcript.ballots
    assert ballot.abstention is not None
    assert ballot.abstention.reason is reason, ballot.abstention
    assert "0123456789abcdef" not in ballot.abstention.detail
    assert received == verdict.usage.calls == requests


def test_a_transient_fault_is_healed_by_the_gateway() -> None:
    with LoopbackServer(answer, faults=Faults(attempts=["503"])) as server:
        verdict = chat_panel([model(server, "ann")], rubric=RUBRIC).judge(CASE)
    assert verdict.score == 0.75
    assert verdict.usage.retries == 1


def test_the_example_runs() -> None:
    assert "supported: 1.0" in example_says("plug_langchain.py")
