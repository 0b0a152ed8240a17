"""People's answers on a verdict: who decides, what stays open, what order cannot change."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dikast.agents.adjudicator import decide_by_person
from dikast.agents.aggregator import Aggregator
from dikast.agents.persons import (
    answerable,
    answered,
    check_name,
    own_verdict,
    together,
    undecided,
)
from dikast.errors import InputError
from dikast.records.answers import settled
from dikast.types import (
    Candidate,
    Case,
    Criterion,
    Docket,
    IntegerScale,
    JudgeSpec,
    OrdinalScale,
    PanelSpec,
    PersonAnswer,
    PreferenceScale,
    ProtocolSpec,
    Reason,
    Rubric,
    Scale,
    Transcript,
    Verdict,
    YesNoScale,
)
from tests.calibration_kit import FIVE, ballots, decide, spec

SPLIT = {"ann": 1.0, "bob": 3.0, "cy": 5.0}
FIVES = spec(scale=FIVE, protocol=ProtocolSpec(on_low_confidence="adjudicate"))
MILD = spec(scale=FIVE)


def answer(by: str, score: float, criterion: str = "ok", **fields: Any) -> PersonAnswer:
    return PersonAnswer(by=by, criterion=criterion, score=score, shown=f"{score:g}", **fields)


@pytest.mark.parametrize(
    ("scores", "scale", "expected"),
    [
        pytest.param([4], IntegerScale(), 4, id="one-person-decides"),
        pytest.param([4, 5], IntegerScale(), 4.5, id="numbers-within-tolerance-are-meant"),
        pytest.param([3, 4, 5], IntegerScale(), None, id="the-extremes-must-agree"),
        pytest.param([0, 1], YesNoScale(), None, id="labels-must-be-equal"),
        pytest.param([1, 2], OrdinalScale(labels=("a", "b", "c", "d")), None, id="a-step-apart"),
        pytest.param([-1, 0], PreferenceScale(), None, id="a-tie-is-no-half-preference"),
        pytest.param([-1, -1], PreferenceScale(), -1, id="both-for-the-second"),
    ],
)
def test_what_people_come_to(scores: list[float], scale: Scale, expected: float | None) -> None:
    for order in itertools.permutations(scores):
        assert together(order, scale, 0.25) == expected


def test_one_answer_decides_and_says_against_what() -> None:
    waiting = decide(FIVES, SPLIT)
    assert waiting.status == "awaiting_adjudication"
    found = answered(waiting, [answer("rita", 2, reason="no source")], FIVES)
    decision = found.criterion("ok")
    assert (found.status, decision.score, decision.decided_by) == ("decided", 2, "rita")
    assert (found.score, found.people) == (0.25, ("rita",))
    assert decision.detail.startswith(
        "decided by rita (no source); the panel was undecided: leaning"
    )
    assert {d.seat for d in decision.dissents} == {"cy"}
    assert found.confidence == waiting.confidence
    assert found.adjudication is not None
    assert found.adjudication.proposal.status == "awaiting_adjudication"
    assert found.transcript == waiting.transcript


@pytest.mark.parametrize("panel", [FIVES, MILD], ids=["adjudicates", "abstains"])
def test_people_who_differ_leave_it_open_until_a_final_answer(panel: PanelSpec) -> None:
    verdict = decide(panel, {"ann": 4.0, "bob": 4.0, "cy": 4.0})
    two = [answer("rita", 1), answer("sam", 5)]
    open_ = answered(verdict, two, panel)
    assert (open_.status, open_.reason) == ("awaiting_adjudication", Reason.PERSONS_DIFFER)
    assert open_.score is None
    assert open_.people == ()
    assert "rita: 1; sam: 5; " not in open_.detail  # one clause for people, one for the panel
    assert "people differ (rita: 1; sam: 5); the panel held 4" in open_.detail
    settled = answered(open_, [*two, answer("tom", 2, final=True)], panel)
    assert (settled.status, settled.criterion("ok").score, settled.people) == (
        "decided",
        2,
        ("tom",),
    )
    assert settled.adjudication is not None
    assert len(settled.adjudication.answers) == 3


@given(st.lists(st.tuples(st.sampled_from("pqrs"), st.integers(1, 5)), min_size=1, max_size=4))
def test_order_and_history_change_nothing(said: list[tuple[str, int]]) -> None:
    """Only the set of answers counts; taking all of them back gives the panel's verdict back."""
    told = [answer(by, score) for by, score in dict(said).items()]
    verdict = decide(FIVES, SPLIT)
    at_once = answered(verdict, told, FIVES)
    one_by_one = verdict
    for number in range(1, len(told) + 1):
        one_by_one = answered(one_by_one, told[-number:], FIVES)
    assert one_by_one == at_once
    assert answered(at_once, told, FIVES) == at_once
    assert answered(at_once, [], FIVES) == verdict
    assert Verdict.from_json(at_once.to_json()) == at_once


@given(st.sampled_from([-1.0, 0.0, 1.0]))
def test_mirrored_answers_mirror_the_result(score: float) -> None:
    panel = spec(scale=PreferenceScale())
    votes = {"ann": 1.0, "bob": -1.0, "cy": 0.0}
    there = answered(decide(panel, votes), [answer("rita", score)], panel)
    back = answered(
        decide(panel, {name: -vote + 0.0 for name, vote in votes.items()}),
        [answer("rita", -score + 0.0)],
        panel,
    )
    assert there.score is not None
    assert back.score is not None
    assert there.score == -back.score == score


def gated(safe: float, good: tuple[float, float, float] | None) -> tuple[PanelSpec, Verdict]:
    """A panel with a gate before a criterion, and its verdict on these votes."""
    rubric = Rubric(
        id="r",
        criteria=(
            Criterion(id="safe", question="Is it safe?", scale=YesNoScale(), gate=True),
            Criterion(id="ok", question="Is it good?", scale=FIVE),
        ),
    )
    judges = tuple(JudgeSpec(name=n, model=f"openai/{n}") for n in ("ann", "bob", "cy"))
    panel = PanelSpec(judges=judges, rubric=rubric)
    cast = [
        b.model_copy(update={"criterion": "safe"})
        for b in ballots({"ann": safe, "bob": safe, "cy": 1.0})
    ]
    if good is not None:
        cast += ballots(dict(zip(("ann", "bob", "cy"), good, strict=True)))
    case = Case(id="q", question="?", candidates=(Candidate(text="a"),))
    verdict = Aggregator(panel).verdict(
        Docket(case=case, presentation=("response",)), Transcript(ballots=tuple(cast)), {}
    )
    return panel, verdict


def test_a_gate_that_a_person_fails_bars_what_stands_behind_it() -> None:
    panel, verdict = gated(1.0, (1.0, 3.0, 5.0))
    assert undecided(verdict, panel.rubric) == ("ok",)
    found = answered(verdict, [answer("rita", 0, "safe")], panel)
    assert (found.status, found.score, found.decided_at) == ("decided", 0.0, "safe")
    assert found.criterion("ok").reason is Reason.NOT_REACHED
    assert answerable(found, panel.rubric) == ("safe",)
    assert answered(found, [], panel) == verdict


def test_dissents_are_votes_on_the_criterion_that_people_decided() -> None:
    panel, verdict = gated(1.0, (1.0, 3.0, 5.0))
    found = answered(verdict, [answer("rita", 1, "safe"), answer("rita", 5, "ok")], panel)
    assert found.criterion("safe").dissents == ()  # though two votes on `ok` are far from 1
    assert [(d.seat, d.criterion, d.score) for d in found.criterion("ok").dissents] == [
        ("ann", "ok", 1.0),
        ("bob", "ok", 3.0),
    ]


def test_a_gate_that_a_person_passes_opens_what_stands_behind_it() -> None:
    panel, verdict = gated(0.0, None)
    assert (verdict.status, verdict.score) == ("decided", 0.0)
    passed = answered(verdict, [answer("rita", 1, "safe")], panel)
    assert passed.score is None
    assert undecided(passed, panel.rubric) == ("ok",)
    done = answered(passed, [answer("rita", 1, "safe"), answer("rita", 5, "ok")], panel)
    assert (done.status, done.score) == ("decided", 1.0)


def test_only_what_people_answered_is_a_label() -> None:
    """What the panel decided on another criterion of the case is the panel's own."""
    panel, verdict = gated(1.0, (1.0, 3.0, 5.0))
    found = answered(verdict, [answer("rita", 5)], panel)
    assert found.criterion("safe").score == 1.0
    assert [one.decision.criterion for one in settled(found)] == ["ok"]
    assert list(settled(verdict)) == []


def test_the_answer_that_resumes_a_graph_leaves_the_same_record() -> None:
    waiting = decide(FIVES, SPLIT)
    found = decide_by_person(waiting, {"ok": 2}, FIVES, by="rita", reason="no source", at="then")
    assert found.adjudication is not None
    (told,) = found.adjudication.answers
    assert (told.by, told.reason, told.at, told.blind) == ("rita", "no source", "then", False)
    assert found.adjudication.proposal == own_verdict(waiting)
    with pytest.raises(InputError, match="does not wait"):
        decide_by_person(found, {"ok": 3}, FIVES)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("", id="nobody"),
        pytest.param("panel", id="the-panel"),
        pytest.param("measured", id="a-word-of-the-record"),
        pytest.param("bob", id="a-judge"),
        pytest.param("r\x1b[2Jita", id="steers-a-terminal"),
        pytest.param("x" * 101, id="endless"),
    ],
)
def test_names_that_are_no_persons(name: str) -> None:
    with pytest.raises(InputError, match="name"):
        check_name(name, FIVES)


def test_a_person_has_one_answer_per_criterion() -> None:
    with pytest.raises(ValueError, match="two answers"):
        answered(decide(FIVES, SPLIT), [answer("rita", 2), answer("rita", 3)], FIVES)
