"""Inspect itself runs an evaluation whose scorer is a panel, offline."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from dikast.adapters.inspect import panel_scorer
from dikast.api import Panel
from dikast.errors import ConfigError
from dikast.types import Reason
from tests.interop.kit import BAD, GOOD, PASSAGE, QUESTION, example_says, scoring, served, tool

tool("inspect_ai", "inspect")

from inspect_ai import Task  # noqa: E402 - only where it is there
from inspect_ai import eval as inspect_eval  # noqa: E402
from inspect_ai.dataset import Sample  # noqa: E402
from inspect_ai.model import ModelOutput, ModelUsage, get_model  # noqa: E402
from inspect_ai.scorer import Score  # noqa: E402
from inspect_ai.solver import generate  # noqa: E402


def output(text: str) -> Any:
    """A model's output; its usage is told, else Inspect fetches a tokeniser to count it."""
    made = ModelOutput.from_content("mockllm/model", text)
    made.usage = ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2)
    return made


def run(
    folder: Path, scorers: Any, *answers: str, epochs: int = 1, **sample: Any
) -> tuple[Any, list[dict[str, Score]]]:
    """An evaluation of these answers; its log, and the scores of every sample."""
    outputs = [output(answer) for answer in answers] * epochs
    samples = [Sample(id=n, input=QUESTION, **sample) for n in range(len(answers))]
    task = Task(dataset=samples, solver=generate(), scorer=scorers)
    (log,) = inspect_eval(
        task,
        model=get_model("mockllm/model", custom_outputs=outputs),
        log_dir=str(folder),
        display="none",
        max_samples=1,
        epochs=epochs,
    )
    assert log.status == "success", log.error
    return log, [sample.scores for sample in log.samples]


def test_scores_and_reasons_reach_the_log(tmp_path: Path) -> None:
    panel = Panel.embedded("groundedness")
    log, scores = run(tmp_path, panel_scorer(panel), GOOD, BAD, metadata={"contexts": [PASSAGE]})
    good, bad = (score["panel_scorer"] for score in scores)
    assert good.as_float() > 0.7 > 0.5 > bad.as_float()
    assert good.answer == GOOD
    assert "groundedness" in str(good.explanation)
    assert good.metadata is not None
    assert good.metadata["status"] == "decided"
    assert good.metadata["baseline"] is True
    mean = log.results.scores[0].metrics["mean"].value
    assert mean == pytest.approx((good.as_float() + bad.as_float()) / 2)


def test_an_abstention_is_unscored_with_its_reason(tmp_path: Path) -> None:
    panel = scoring(5, Reason.TIMEOUT, Reason.TIMEOUT)
    log, scores = run(tmp_path, panel_scorer(panel), GOOD)
    score = scores[0]["panel_scorer"]
    assert math.isnan(score.as_float())
    assert score.reason == "no_quorum"
    assert "timeout" in str(score.explanation)
    (scored,) = log.results.scores
    assert (scored.scored_samples, scored.unscored_samples) == (0, 1)


def test_the_target_is_the_reference_and_the_input_the_question(tmp_path: Path) -> None:
    with served(4) as (panel, server):
        _, scores = run(tmp_path, panel_scorer(panel, "quality"), GOOD, target="45 minutes.")
        asked = server.counts().requests
    assert scores[0]["panel_scorer"].as_float() == 0.75
    assert asked == 3


def test_two_scorers_of_one_panel_pay_once(tmp_path: Path) -> None:
    with served(4) as (panel, server):
        both = [panel_scorer(panel), panel_scorer(panel, "quality")]
        _, scores = run(tmp_path, both, GOOD)
        assert server.counts().requests == 3
    assert {score.as_float() for score in scores[0].values()} == {0.75}


def test_every_epoch_is_a_hearing_of_its_own(tmp_path: Path) -> None:
    with served(4) as (panel, server):
        run(tmp_path, panel_scorer(panel), GOOD, epochs=2)
        assert server.counts().requests == 6


def test_what_is_missing_is_named_and_nothing_is_scored(tmp_path: Path) -> None:
    _, scores = run(tmp_path, panel_scorer(Panel.embedded("groundedness")), GOOD)
    score = scores[0]["panel_scorer"]
    assert math.isnan(score.as_float())
    assert score.reason == "scoring_failed"
    assert "`metadata['contexts']` is missing" in str(score.explanation)


def test_a_panel_can_be_named_so_that_a_log_can_be_scored_again(tmp_path: Path) -> None:
    (tmp_path / "panel.toml").write_text(scoring(5).to_toml(), encoding="utf-8")
    embedded = panel_scorer("embedded", "groundedness")
    log, _ = run(tmp_path, embedded, GOOD, metadata={"contexts": [PASSAGE]})
    spec = log.eval.scorers[0]
    assert spec.name.endswith("panel_scorer")
    assert spec.options == {"panel": "embedded", "metric": "groundedness"}
    with pytest.raises(ConfigError, match=r"absent\.toml"):
        panel_scorer(str(tmp_path / "absent.toml"))


def test_no_such_metric_is_said_before_anything_runs() -> None:
    with pytest.raises(ConfigError, match="there is no metric `tone`"):
        panel_scorer(scoring(5), "tone")


def test_the_example_runs() -> None:
    said = example_says("plug_inspect.py")
    assert "success" in said
    assert "1: 0." in said or "1: 1." in said
