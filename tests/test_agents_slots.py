"""Slots and canonical terms: the contract as a table, and the laws of turning."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dikast.agents.material import source_name
from dikast.agents.slots import answer, turn_score, turn_words
from dikast.types import (
    Candidate,
    Case,
    Context,
    Docket,
    IntegerScale,
    OrdinalScale,
    PreferenceScale,
    RealScale,
    Scale,
    Source,
    YesNoScale,
)

CASE = Case(
    id="c",
    candidates=(Candidate(id="x", text="X"), Candidate(id="y", text="Y")),
    contexts=(Context(id="../p", text="P"), Context(id="q", text="Q")),
)
FORWARD = Docket(case=CASE, presentation=("x", "y"))
TURNED = Docket(case=CASE, presentation=("y", "x"))


@pytest.mark.parametrize(
    ("text", "turned"),
    [
        ("Response A is right.", "Response B is right."),
        ("response B; RESPONSE\nA", "response A; RESPONSE\nB"),
        ("A response, vitamin A, plan B", "A response, vitamin A, plan B"),
        ("Response AB, Response a", "Response AB, Response a"),
    ],
)
def test_only_names_of_responses_are_exchanged(text: str, turned: str) -> None:
    assert turn_words(text, TURNED) == turned
    assert turn_words(text, FORWARD) == text


@given(st.text() | st.sampled_from(["Response A", "response B and Response A"]))
def test_words_turned_twice_are_as_they_were(text: str) -> None:
    assert turn_words(turn_words(text, TURNED), TURNED) == text


@pytest.mark.parametrize("score", [-2.0, -1.0, 0.0, 1.0, 2.0])
def test_scores_turn_only_on_preferences_and_only_if_swapped(score: float) -> None:
    scale = PreferenceScale(levels=5)
    assert turn_score(score, scale, FORWARD) == score
    assert turn_score(score, scale, TURNED) == -score
    assert str(turn_score(0.0, scale, TURNED)) == "0.0"
    assert turn_score(score, IntegerScale(low=-2, high=2), TURNED) == score


@pytest.mark.parametrize(
    ("scale", "score", "said"),
    [
        (IntegerScale(), 4.0, "4"),
        (RealScale(), 0.25, "0.25"),
        (YesNoScale(), 1.0, "yes"),
        (OrdinalScale(labels=("poor", "fair", "good")), 2.0, "good"),
        (PreferenceScale(), -1.0, "B"),
        (PreferenceScale(levels=5), 2.0, "A>>B"),
        (PreferenceScale(levels=5, ties=False), 1.0, "A>B"),
    ],
)
def test_a_score_is_told_as_it_would_be_answered(scale: Scale, score: float, said: str) -> None:
    assert answer(score, scale) == said
    if scale.labelled:
        assert scale.accept(said) == score


@pytest.mark.parametrize(
    ("source", "passage", "docket", "name"),
    [
        ("response", None, FORWARD, "Response A"),
        ("response", None, TURNED, "Response B"),
        ("response_b", None, FORWARD, "Response B"),
        ("response_b", None, TURNED, "Response A"),
        ("response", None, Docket(case=CASE, presentation=("y",)), "the response"),
        ("context", "../p", FORWARD, "passage 1"),
        ("context", "gone", FORWARD, "a passage"),
        ("rationale", None, TURNED, "a vote's reasons"),
    ],
)
def test_places_are_named_as_the_judge_sees_them(
    source: Source, passage: str | None, docket: Docket, name: str
) -> None:
    assert source_name(source, passage, docket) == name
