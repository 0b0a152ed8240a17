"""A panel as an evaluator: what it takes, what it says, and what it refuses."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from dikast.adapters._measures import MEASURES, case_of_row, measure_of
from dikast.adapters._needs import absent
from dikast.adapters._readings import Reading, shares_of
from dikast.adapters.openevals import (
    async_panel_evaluator,
    comparative_evaluator,
    panel_evaluator,
)
from dikast.api import Panel
from dikast.errors import ConfigError, InputError
from dikast.types import Case, Criterion, IntegerScale, RankingResult, Reason, Rubric, Usage
from tests.interop.kit import BAD, GOOD, PASSAGE, QUESTION, comparing, scoring
from tests.judges import Scripted


def _pixel() -> bytes:
    drawn = io.BytesIO()
    Image.new("RGB", (1, 1)).save(drawn, "PNG")
    return drawn.getvalue()


RAW = _pixel()
PIXEL = base64.b64encode(RAW).decode()


@pytest.mark.parametrize(
    "passed",
    [
        pytest.param({"inputs": QUESTION, "outputs": GOOD, "context": [PASSAGE]}, id="plain-texts"),
        pytest.param(
            {"inputs": {"question": QUESTION, "context": PASSAGE}, "outputs": {"answer": GOOD}},
            id="objects-context-in-inputs",
        ),
        pytest.param(
            {"inputs": {"input": QUESTION}, "outputs": {"output": GOOD, "documents": [PASSAGE]}},
            id="context-in-outputs",
        ),
        pytest.param(
            {
                "inputs": [{"role": "user", "content": QUESTION}],
                "outputs": [{"role": "assistant", "content": GOOD}],
                "context": PASSAGE,
            },
            id="messages",
        ),
        pytest.param(
            {
                "inputs": QUESTION,
                "outputs": GOOD,
                "context": [PASSAGE],
                "reference_outputs": {},
                "attachments": {},
            },
            id="empty-objects-are-nothing",
        ),
    ],
)
def test_any_shape_of_row_is_read(passed: dict[str, Any]) -> None:
    result = panel_evaluator(Panel.embedded(), "groundedness")(**passed)
    assert isinstance(result, dict)
    assert result["score"] == 1.0
    json.dumps(result)


def test_sync_and_async_say_the_same() -> None:
    panel, passed = Panel.embedded(), {"inputs": QUESTION, "outputs": BAD, "context": [PASSAGE]}
    awaited = asyncio.run(async_panel_evaluator(panel)(**passed))
    assert panel_evaluator(panel)(**passed) == awaited


@pytest.mark.parametrize(
    ("votes", "score", "reason"),
    [
        pytest.param((5, 5, 5), 1.0, None, id="best"),
        pytest.param((1, 1, 1), 0.0, None, id="worst-is-zero"),
        pytest.param((3, 3, 3), 0.5, None, id="middle"),
        pytest.param((1, 5), None, "low_confidence", id="split"),
        pytest.param((Reason.TIMEOUT,) * 3, None, "no_quorum", id="nobody-voted"),
    ],
)
def test_an_abstention_is_no_zero(
    votes: tuple[float, ...], score: float | None, reason: str | None
) -> None:
    for metric in (None, "quality"):
        result = panel_evaluator(scoring(*votes), metric)(inputs=QUESTION, outputs=GOOD)
        assert isinstance(result, dict)
        assert result["score"] == score
        assert result["metadata"]["reason"] == reason
        if reason:
            assert reason.replace("_", " ") in result["comment"].replace("_", " ")


def test_dissents_are_told_with_their_reasons() -> None:
    result = panel_evaluator(scoring(5, 5, 1))(inputs=QUESTION, outputs=GOOD)
    assert isinstance(result, dict)
    assert "a (5): because of a" in result["comment"]
    assert "dissent of c (1): because of c" in result["comment"]


TWO = Rubric(
    id="both",
    criteria=tuple(
        Criterion(id=name, question="Is it good?", scale=IntegerScale(low=1, high=5))
        for name in ("style", "truth")
    ),
)


def test_several_metrics_are_read_from_one_hearing() -> None:
    judge = Scripted("a", 5, by={"style": 2, "truth": 5})
    evaluate = panel_evaluator(Panel([judge], rubric=TWO), "each")
    results = evaluate(inputs=QUESTION, outputs=GOOD)
    assert isinstance(results, list)
    assert {r["key"]: r["score"] for r in results} == {"style": 0.25, "truth": 1.0}
    assert len(judge.asked) == 2  # one call per criterion, and not one more
    chosen = panel_evaluator(Panel([judge], rubric=TWO), ["truth"])
    (only,) = chosen(inputs=QUESTION, outputs=GOOD)
    assert only["key"] == "truth"


@pytest.mark.parametrize(
    ("metric", "key", "message"),
    [
        pytest.param("tone", None, "no metric `tone`. Metrics of this panel: `quality`", id="none"),
        pytest.param(["quality"], "k", "`key` names one result", id="key-for-several"),
        pytest.param([], None, "empty list", id="empty"),
    ],
)
def test_mistakes_are_told_before_anything_is_judged(
    metric: Any, key: str | None, message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        panel_evaluator(scoring(5), metric, key=key)


def test_a_panel_of_preferences_scores_nothing() -> None:
    for make in (panel_evaluator, async_panel_evaluator):
        with pytest.raises(ConfigError, match="compares two responses and cannot score one"):
            make(comparing({}))
    with pytest.raises(ConfigError, match="scores one response and cannot compare"):
        comparative_evaluator(scoring(5))


@pytest.mark.parametrize(
    ("passed", "message"),
    [
        pytest.param(
            {"inputs": QUESTION, "outputs": GOOD},
            "`contexts` is missing. Found: `inputs`, `outputs`; needed: `outputs`, `contexts`.",
            id="no-context",
        ),
        pytest.param(
            {"inputs": QUESTION, "context": [PASSAGE]},
            "`outputs` is missing. Found: `inputs`, `context`; needed: `outputs`, `contexts`.",
            id="no-outputs",
        ),
        pytest.param(
            {"inputs": QUESTION, "outputs": {"x": 1, "y": 2}, "context": [PASSAGE]},
            "`outputs` is an object without a known `response`; it has `x`, `y`.",
            id="object-of-unknown-keys",
        ),
        pytest.param(
            {"inputs": QUESTION, "outputs": GOOD, "contxts": [PASSAGE]},
            "unknown field `contxts`. Did you mean `contexts`?",
            id="misspelt",
        ),
    ],
)
def test_missing_columns_are_named(passed: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as refused:
        panel_evaluator(Panel.embedded())(**passed)
    assert message in str(refused.value)


def test_empty_contexts_are_judged_and_abstained_on() -> None:
    result = panel_evaluator(Panel.embedded())(inputs=QUESTION, outputs=GOOD, context=[])
    assert isinstance(result, dict)
    assert result["score"] is None
    assert result["metadata"]["reason"] == "no_quorum"


@pytest.mark.parametrize(
    "attachments",
    [
        pytest.param([{"mime_type": "image/png", "data": PIXEL}], id="openevals-base64"),
        pytest.param(
            {"mime_type": "image/png", "data": f"data:image/png;base64,{PIXEL}"}, id="single"
        ),
        pytest.param({"1": {"mime_type": "image/png", "reader": io.BytesIO(RAW)}}, id="langsmith"),
    ],
)
def test_images_are_read_in_either_form(attachments: Any) -> None:
    seen: list[Case] = []

    class Looking(Scripted):
        async def vote(self, docket: Any, *args: Any, **kwargs: Any) -> Any:
            seen.append(docket.case)
            return await super().vote(docket, *args, **kwargs)

    panel = Panel([Looking("a", 5)], rubric=scoring(5).spec.rubric)
    panel_evaluator(panel)(inputs=QUESTION, outputs=GOOD, attachments=attachments)
    (image,) = seen[0].attachments
    assert (image.id, image.sha256) == ("1", hashlib.sha256(RAW).hexdigest())


def test_an_attachment_that_is_no_image_is_refused() -> None:
    attachment = [{"mime_type": "audio/wav", "data": "AAAA"}]
    with pytest.raises(InputError, match=r"attachment `1` is no image \(audio/wav\)"):
        panel_evaluator(scoring(5))(inputs=QUESTION, outputs=GOOD, attachments=attachment)


@given(st.text(min_size=1), st.text(min_size=1))
def test_equal_rows_are_one_case_and_others_are_not(first: str, second: str) -> None:
    """Ids come from the content, so a journal answers the same row in every session."""
    one, again = (case_of_row({"outputs": first}) for _ in range(2))
    assert one == again
    other = case_of_row({"outputs": second})
    assert (one.id == other.id) == (first == second)
    assert case_of_row({"outputs": first, "id": "mine"}).id == "mine"


@given(st.lists(st.lists(st.text("ab", min_size=1), min_size=1, max_size=3), max_size=4))
def test_shares_of_a_ranking(groups: list[list[str]]) -> None:
    """They sum to half the number of candidates, and a better group has a greater share."""
    named = tuple(tuple(f"{i}.{j}" for j, _ in enumerate(g)) for i, g in enumerate(groups))
    total = sum(map(len, named))
    if total < 2:
        return
    ranking = RankingResult.model_construct(case_id="c", groups=named)
    shares = shares_of(ranking)
    assert shares is not None
    assert sum(shares.values()) == pytest.approx(total / 2)
    means = [shares[group[0]] for group in named]
    assert means == sorted(means, reverse=True)
    assert all(0 <= share <= 1 for share in shares.values())


def test_no_ranking_has_no_shares() -> None:
    assert shares_of(RankingResult.model_construct(case_id="c", groups=())) is None


def test_a_measure_of_another_kind_joins_by_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """RAG metrics and the like are asked for by name, as criteria are."""

    class Length:
        key, needs = "length", ("response",)

        async def read(self, case: Case) -> Reading:
            return Reading("length", len(case.response.text) / 100, None, "", {}, Usage())

    monkeypatch.setitem(MEASURES, "length", lambda panel: Length())
    result = panel_evaluator(scoring(5), "length")(inputs=QUESTION, outputs="x" * 50)
    assert isinstance(result, dict)
    assert (result["key"], result["score"]) == ("length", 0.5)
    with pytest.raises(ConfigError, match="`quality`, `length`"):
        measure_of(scoring(5), "nothing")


@pytest.mark.parametrize(
    ("cause", "message"),
    [
        pytest.param(None, 'needs `ragas`. Install it with: pip install "dikast[ragas]"', id="-"),
        pytest.param(
            ModuleNotFoundError("No module named 'ragas'", name="ragas"),
            "this needs `ragas`",
            id="absent",
        ),
        pytest.param(
            ModuleNotFoundError("No module named 'numpy'", name="numpy"),
            "`ragas` cannot be imported (No module named 'numpy')",
            id="broken",
        ),
    ],
)
def test_a_missing_tool_names_its_extra(cause: ImportError | None, message: str) -> None:
    assert message in str(absent("ragas", "ragas", cause))


def test_a_panel_of_claims_gives_its_gates() -> None:
    """With the pack `rag` the answer is split into claims, and behind a failed gate is no score."""
    each = panel_evaluator(Panel.embedded("rag"), metric="each")
    passage = "The bridge was opened in 1978 and repainted in 2016."
    told = {"question": "When was the bridge opened?", "contexts": [passage]}
    results = each(inputs=told, outputs="The bridge was opened in 1987.")
    assert isinstance(results, list)
    found = {result["key"]: result for result in results}
    assert found["faithfulness"]["score"] == 0.0
    assert found["completeness"]["score"] is None
    assert "faithfulness" in str(found["completeness"]["comment"])


def test_a_name_is_no_panel() -> None:
    for make in (panel_evaluator, comparative_evaluator):
        with pytest.raises(ConfigError, match=r"Panel\.load"):
            make("panel.toml")  # type: ignore[arg-type]
