"""DeepEval itself measures with a panel: evaluate, assert_test, a pytest session, an arena."""

from __future__ import annotations

import asyncio
import itertools
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dikast.adapters.deepeval import PanelArenaMetric, PanelMetric
from dikast.api import Panel
from dikast.errors import ConfigError, InputError
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

deepeval = tool("deepeval", "deepeval")

from deepeval.errors import MissingTestCaseParamsError  # noqa: E402 - only where it is there
from deepeval.evaluate.configs import (  # noqa: E402
    AsyncConfig,
    CacheConfig,
    DisplayConfig,
    ErrorConfig,
)
from deepeval.metrics import BaseArenaMetric, BaseMetric  # noqa: E402
from deepeval.metrics.utils import copy_metrics  # noqa: E402
from deepeval.test_case import ArenaTestCase, Contestant, LLMTestCase  # noqa: E402

QUIET = DisplayConfig(show_indicator=False, print_results=False)


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """DeepEval writes into the working directory."""
    monkeypatch.chdir(tmp_path)


def case(answer: str | None = GOOD, **fields: Any) -> Any:
    return LLMTestCase(
        input=QUESTION, actual_output=answer, **{"retrieval_context": [PASSAGE], **fields}
    )


def evaluated(cases: list[Any], metric: Any, *, run_async: bool = True, **errors: Any) -> list[Any]:
    """DeepEval's own `evaluate`: the metric's data per test case, in order."""
    done = deepeval.evaluate(
        cases,
        [metric],
        display_config=QUIET,
        async_config=AsyncConfig(run_async=run_async, max_concurrent=4),
        cache_config=CacheConfig(write_cache=False),
        error_config=ErrorConfig(**errors),
    )
    rows = sorted(done.test_results, key=lambda row: row.index)
    return [data for row in rows for data in row.metrics_data]


def test_it_is_a_metric_of_deepevals() -> None:
    metric = PanelMetric(Panel.embedded(), "groundedness", threshold=0.7)
    assert isinstance(metric, BaseMetric)
    assert metric.__name__ == "groundedness (dikast)"
    (copied,) = copy_metrics([metric])
    assert (copied.metric, copied.threshold, copied.panel) == ("groundedness", 0.7, metric.panel)


@pytest.mark.parametrize("run_async", [True, False], ids=["async", "sync"])
def test_evaluate(*, run_async: bool) -> None:
    metric = PanelMetric(Panel.embedded(), "groundedness")
    good, bad = evaluated([case(GOOD), case(BAD)], metric, run_async=run_async)
    assert (good.score, good.success, good.error) == (1.0, True, None)
    assert bad.score < 0.5
    assert bad.success is False
    assert "90" in bad.reason
    assert good.evaluation_cost == 0.0


@pytest.mark.parametrize("run_async", [True, False], ids=["async", "sync"])
def test_an_abstention_is_an_error_and_no_zero(*, run_async: bool) -> None:
    (told,) = evaluated([case()], PanelMetric(scoring(1, 5)), run_async=run_async)
    assert told.score is None
    assert told.success is False
    assert "did not decide (low confidence), which is no low score" in told.error
    metric = PanelMetric(scoring(*[Reason.TIMEOUT] * 3), threshold=None)
    assert metric.measure(case()) is None
    assert (metric.success, metric.is_successful()) == (False, False)
    assert "no quorum" in str(metric.error)


def test_an_abstention_on_one_case_does_not_stain_the_next() -> None:
    metric = PanelMetric(Panel.embedded(), "groundedness")
    assert metric.measure(case(retrieval_context=[])) is None
    assert metric.error is not None
    assert metric.measure(case()) == 1.0
    again: Any = metric  # other attributes than before the second hearing
    assert (again.error, again.success, again.details["reason"]) == (None, True, None)


def test_assert_test_passes_and_fails_with_reasons() -> None:
    metric = PanelMetric(scoring(5, 5, 1), "quality")
    deepeval.assert_test(case(), [metric])
    with pytest.raises(AssertionError, match=r"(?s)score: 0\.0.*dissent of c \(5\): because of c"):
        deepeval.assert_test(case(), [PanelMetric(scoring(1, 1, 5))], run_async=False)
    with pytest.raises(AssertionError, match="did not decide"):
        deepeval.assert_test(case(), [PanelMetric(scoring(1, 5))])


SESSION = """
from deepeval import assert_test
from deepeval.test_case import LLMTestCase
from dikast import Panel
from dikast.adapters.deepeval import PanelMetric

METRIC = PanelMetric(Panel.embedded(), "groundedness")

def case(minutes):
    return LLMTestCase(
        input="How long does the ferry take?",
        actual_output=f"The ferry takes {minutes} minutes in summer.",
        retrieval_context=["The ferry takes 45 minutes in summer and 60 minutes in winter."],
    )

def test_right():
    assert_test(case(45), [METRIC])

def test_wrong():
    assert_test(case(90), [METRIC])
"""


def test_a_pytest_session_of_its_own(tmp_path: Path) -> None:
    """DeepEval's pytest plug-in is there, right passes, wrong fails and is told why."""
    (tmp_path / "test_ferry.py").write_text(SESSION, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
    )
    assert "1 failed, 1 passed" in done.stdout, done.stdout + done.stderr
    assert "groundedness (dikast) (score: " in done.stdout


def test_missing_parameters_are_named() -> None:
    metric = PanelMetric(Panel.embedded("correctness"))
    with pytest.raises(MissingTestCaseParamsError) as refused:
        metric.measure(case())
    assert "`expected_output` is missing. Found: `input`, `actual_output`" in str(refused.value)
    assert "needed: `actual_output`, `expected_output`" in str(refused.value)
    (told,) = evaluated([case()], metric, ignore_errors=True)
    assert "`expected_output` is missing" in told.error
    with pytest.raises(MissingTestCaseParamsError, match="`actual_output` is missing"):
        PanelMetric(scoring(5)).measure(case(None))


def test_the_wrong_kind_of_panel_is_refused() -> None:
    with pytest.raises(ConfigError, match="cannot score one"):
        PanelMetric(comparing({}))
    with pytest.raises(ConfigError, match="cannot compare two"):
        PanelArenaMetric(scoring(5))
    with pytest.raises(ConfigError, match="no metric `tone`"):
        PanelMetric(scoring(5), "tone")


@pytest.mark.parametrize(
    ("fields", "votes", "success"),
    [
        pytest.param({"threshold": 0.5}, 3, True, id="at-the-threshold"),
        pytest.param({"threshold": 0.51}, 3, False, id="below"),
        pytest.param({"threshold": None}, 3, None, id="no-threshold"),
        pytest.param({"strict_mode": True}, 4, False, id="strict-is-the-best-only"),
        pytest.param({"strict_mode": True}, 5, True, id="strict-met"),
    ],
)
def test_success_follows_the_threshold(
    fields: dict[str, Any], votes: int, success: bool | None
) -> None:
    metric = PanelMetric(scoring(votes, votes, votes), **fields)
    metric.measure(case())
    assert metric.success is success


def test_models_behind_a_server_are_counted_and_asked_once() -> None:
    """However many event loops DeepEval starts, the panel keeps one gateway."""
    with served(4) as (panel, server):
        metric = PanelMetric(panel)
        assert metric.measure(case()) == 0.75
        first = (metric.evaluation_cost, metric.input_tokens, metric.output_tokens)
        assert asyncio.run(metric.a_measure(case())) == 0.75
        (told,) = evaluated([case()], PanelMetric(panel))
        assert server.counts().requests == 3
    assert all(value is not None and value > 0 for value in first)
    assert metric.evaluation_cost == 0.0
    assert told.score == 0.75
    assert metric.score_breakdown == {"quality": 0.75}


# -- arena ---------------------------------------------------------------------------------------


def arena(**passages: list[str]) -> Any:
    answers = {"small": BAD, "large": GOOD, "other": "I do not know."}
    return ArenaTestCase(
        contestants=[
            Contestant(name=name, test_case=case(answers[name], retrieval_context=found))
            for name, found in passages.items()
        ]
    )


@pytest.mark.parametrize(
    ("strengths", "winner", "scores"),
    [
        pytest.param((1.0, 2.0), "large", {"small": 0.0, "large": 1.0}, id="large"),
        pytest.param((2.0, 1.0), "small", {"small": 1.0, "large": 0.0}, id="small"),
        pytest.param((1.0, 1.0), None, {"small": 0.5, "large": 0.5}, id="tie-is-a-value"),
    ],
)
def test_an_arena_of_two(
    strengths: tuple[float, float], winner: str | None, scores: dict[str, float]
) -> None:
    metric = PanelArenaMetric(comparing(dict(zip(("small", "large"), strengths, strict=True))))
    assert isinstance(metric, BaseArenaMetric)
    for names in itertools.permutations(("small", "large")):
        assert metric.measure(arena(**{name: [PASSAGE] for name in names})) == winner
        assert metric.scores == scores
        assert (metric.tie, metric.success, metric.error) == (winner is None, True, None)


def test_an_arena_of_three() -> None:
    metric = PanelArenaMetric(comparing({"small": 1.0, "large": 3.0, "other": 1.0}))
    three = arena(small=[PASSAGE], large=[PASSAGE], other=[PASSAGE])
    assert asyncio.run(metric.a_measure(three)) == "large"
    assert metric.scores == {"large": 1.0, "small": 0.25, "other": 0.25}
    assert metric.reason is not None
    assert metric.reason.startswith("large > ")


def test_contestants_with_other_passages_are_refused_or_joined() -> None:
    apart = arena(small=[PASSAGE], large=["The ferry runs daily."])
    strengths = {"small": 1.0, "large": 2.0}
    with pytest.raises(InputError, match="different passages"):
        PanelArenaMetric(comparing(strengths)).measure(apart)
    for contexts in ("union", "none"):
        metric = PanelArenaMetric(comparing(strengths), contexts=contexts)
        assert metric.measure(apart) == "large"


def test_the_example_runs() -> None:
    said = example_says("plug_deepeval.py")
    assert "groundedness (dikast): 1.0, passed" in said
    assert "no score" in said
