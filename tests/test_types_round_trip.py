"""Values: JSON gives back what it was given, and what cannot be is refused when it is made."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from dikast.errors import ConfigError
from dikast.testing import strategies as values
from dikast.testing.dockets import HOSTILE_TEXTS
from dikast.types import (
    Abstention,
    Attachment,
    Ballot,
    Candidate,
    Case,
    Context,
    Criterion,
    CriterionVerdict,
    Docket,
    IntegerScale,
    JudgeSpec,
    ModelRequest,
    ModelSpec,
    PanelSpec,
    Place,
    PreferenceScale,
    PromptMessage,
    Reason,
    Rubric,
    Standing,
    Usage,
    Value,
    Verdict,
    YesNoScale,
)

KINDS: dict[str, st.SearchStrategy[Any]] = {
    "case": values.cases(),
    "docket": values.dockets(),
    "rubric": values.rubrics(),
    "ballot": values.ballots(),
    "standing": values.standings(),
    "finding": values.findings(),
    "critique": values.critiques(),
    "usage": values.usages(),
    "transcript": values.transcripts(),
    "verdict": values.verdicts(),
}


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=25)
@given(data=st.data())
def test_json_gives_back_what_it_was_given(kind: str, data: st.DataObject) -> None:
    value: Value = data.draw(KINDS[kind])
    text = value.to_json()
    assert "\n" not in text
    assert type(value).from_json(text) == value
    assert type(value).from_json(text).to_json() == text
    assert type(value).model_validate(json.loads(text)) == value


@pytest.mark.parametrize("text", HOSTILE_TEXTS.values(), ids=HOSTILE_TEXTS)
def test_hostile_text_comes_back_unchanged(text: str) -> None:
    case = Case(
        id=text[:300] or "x",
        question=text,
        candidates=(Candidate(text=text),),
        contexts=(Context(id="c", text=text),),
        metadata={text: [text]},
    )
    assert Case.from_json(case.to_json()) == case


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=2)
@given(data=st.data())
def test_values_are_frozen_and_know_their_fields(kind: str, data: st.DataObject) -> None:
    value: Value = data.draw(KINDS[kind])
    name = next(iter(type(value).model_fields))
    with pytest.raises(ValidationError, match="frozen"):
        setattr(value, name, getattr(value, name))
    with pytest.raises(ValidationError, match="surplus"):
        type(value).model_validate({**value.model_dump(), "surplus": 1})


def case(**fields: Any) -> Case:
    return Case(**{"id": "c", "candidates": (Candidate(text="x"),), **fields})


def ballot(**fields: Any) -> Ballot:
    common = {"seat": "s", "judge": "j", "criterion": "c", "presentation": ("r",)}
    return Ballot(**{**common, **fields})


def verdict(**fields: Any) -> Verdict:
    return Verdict(**{"case_id": "c", "candidates": ("r",), "panel": "p", **fields})


def panel(**fields: Any) -> PanelSpec:
    rubric = Rubric(id="r", criteria=(Criterion(id="c", question="?", scale=YesNoScale()),))
    judges = tuple(JudgeSpec(name=name, model="openai/m") for name in ("a", "b", "c"))
    return PanelSpec(**{"judges": judges, "rubric": rubric, **fields})


TWO = (Candidate(id="a", text="x"), Candidate(id="b", text="y"))
QUESTION = Criterion(id="c", question="?", scale=IntegerScale())
COMPARISON = Criterion(id="d", question="?", scale=PreferenceScale())
ABSTAINED = Abstention(reason=Reason.TIMEOUT)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        pytest.param(lambda: case(id=""), "at least 1", id="case-without-an-id"),
        pytest.param(lambda: case(id="x" * 301), "at most 300", id="id-too-long"),
        pytest.param(lambda: case(candidates=()), "at least 1", id="case-without-a-response"),
        pytest.param(lambda: case(candidates=(TWO[0], TWO[0])), "duplicate", id="one-id-twice"),
        pytest.param(
            lambda: case(candidates=(Candidate(text="\ud800"),)), "unicode", id="half-text"
        ),
        pytest.param(lambda: case(metadata={"\udfff": 1}), "unicode", id="half-a-key"),
        pytest.param(lambda: case(labels={"x": [float("nan")]}), "finite", id="nan-in-labels"),
        pytest.param(lambda: case(schema_version=2), "1", id="another-schema"),
        pytest.param(lambda: Attachment(id="i"), "one of", id="attachment-without-a-source"),
        pytest.param(
            lambda: Attachment(id="i", path="x.png", data_url="data:"), "one of", id="two-sources"
        ),
        pytest.param(
            lambda: Docket(case=case(), presentation=("other",)), "no candidate", id="unknown-shown"
        ),
        pytest.param(ballot, "either", id="ballot-without-a-vote"),
        pytest.param(
            lambda: ballot(score=0.0, abstention=ABSTAINED), "either", id="ballot-with-both"
        ),
        pytest.param(lambda: ballot(score=float("nan")), "finite", id="nan-as-a-score"),
        pytest.param(
            lambda: ballot(score=1.0, stated_confidence=1e9), "less than", id="confidence-of-1e9"
        ),
        pytest.param(lambda: ballot(score=1.0, round=-1), "greater", id="negative-round"),
        pytest.param(
            lambda: Standing(seat="s", criterion="c", score=1, weight=-1), "greater", id="weight"
        ),
        pytest.param(lambda: verdict(status="decided", reason=Reason.TIE), "reason", id="reasoned"),
        pytest.param(lambda: verdict(status="abstained"), "reason", id="unreasoned"),
        pytest.param(
            lambda: verdict(status="failed", reason=Reason.BUG, score=0.0),
            "no score",
            id="failure-as-a-number",
        ),
        pytest.param(lambda: verdict(status="unknown"), "decided", id="unknown-status"),
        pytest.param(lambda: CriterionVerdict(criterion="c"), "either", id="undecided-without-why"),
        pytest.param(
            lambda: CriterionVerdict(criterion="c", score=1, reason=Reason.TIE), "either", id="both"
        ),
        pytest.param(
            lambda: Rubric(id="r", criteria=(QUESTION, COMPARISON)), "mixes", id="mixed-rubric"
        ),
        pytest.param(lambda: Rubric(id="r", criteria=(QUESTION,) * 2), "one id", id="one-id"),
        pytest.param(
            lambda: Criterion.model_validate(
                {**QUESTION.model_dump(), "anchors": [{"score": 9, "text": "x"}]}
            ),
            "outside 1 to 5",
            id="anchor-off-the-scale",
        ),
        pytest.param(
            lambda: Criterion.model_validate(
                {**QUESTION.model_dump(), "anchors": [{"score": s, "text": "x"} for s in (1, 1.0)]}
            ),
            "two anchors",
            id="two-anchors-of-one-score",
        ),
        pytest.param(lambda: panel(quorum=4), "above the number", id="quorum-above-the-judges"),
        pytest.param(
            lambda: panel(judges=(JudgeSpec(name="a", model="m"),) * 2), "named", id="same-name"
        ),
        pytest.param(
            lambda: panel(judges=(JudgeSpec(name="a", model="m", reserve="z"),)),
            "not among",
            id="unknown-reserve",
        ),
        pytest.param(
            lambda: panel(protocol={"on_low_confidence": "escalate"}), "escalation", id="nobody"
        ),
        pytest.param(
            lambda: JudgeSpec(name="../x", model="m"), "must be letters", id="name-of-a-path"
        ),
        pytest.param(lambda: ModelSpec(model="m", timeout=0), "must be above 0", id="no-time"),
    ],
)
def test_what_cannot_be_is_refused(make: Any, said: str) -> None:
    with pytest.raises((ConfigError, ValidationError), match=said):
        make()


def test_a_score_of_zero_is_a_vote() -> None:
    assert ballot(score=0.0).abstention is None


def test_canonical_order_is_the_cases_own() -> None:
    shown = Docket(case=case(candidates=TWO), presentation=("b", "a"))
    assert shown.canonical == ("a", "b")
    assert [candidate.id for candidate in shown.shown] == ["b", "a"]


def test_equal_rubrics_have_equal_digests() -> None:
    one, other = (Rubric(id="r", criteria=(QUESTION,)) for _ in range(2))
    assert one.digest == other.digest != Rubric(id="r2", criteria=(QUESTION,)).digest


@pytest.mark.parametrize(("judges", "needed"), [(1, 1), (2, 2), (3, 2), (4, 3), (5, 3)])
def test_quorum_is_a_majority_of_the_seats(judges: int, needed: int) -> None:
    seats = tuple(JudgeSpec(name=f"j{n}", model="m") for n in range(judges))
    assert panel(judges=seats).quorum_needed == needed
    assert panel(judges=seats, quorum=1).quorum_needed == 1


def test_the_marker_is_filled_in_where_it_stands_and_nowhere_else() -> None:
    message = PromptMessage(role="user", parts=("<", None, ">None{marker}</", None, ">"))
    assert message.text("ab") == "<ab>None{marker}</ab>"
    request = ModelRequest(model=ModelSpec(model="m"), messages=(message,), place=Place(case="c"))
    assert ModelRequest.from_json(request.to_json()) == request


@given(values.usages(), values.usages(), values.usages())
def test_usage_adds_up_in_any_grouping(a: Usage, b: Usage, c: Usage) -> None:
    left, right = (a + b) + c, a + (b + c)
    assert left.model_copy(update={"cost": None}) == right.model_copy(update={"cost": None})
    assert left.cost == (None if right.cost is None else pytest.approx(right.cost))
    assert (left.cost is None) == any(u.cost is None for u in (a, b, c))
    assert a + Usage() == a
