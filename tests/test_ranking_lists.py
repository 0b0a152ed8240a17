"""Ranking by models: whole lists in one call, and standards made once for hearing again."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from dikast import prompts
from dikast.api import Panel
from dikast.errors import ConfigError
from dikast.graphs.estimate import estimate_ranking
from dikast.testing.scripted import ScriptedModel
from dikast.types import (
    CallFailure,
    Candidate,
    Case,
    JudgeSpec,
    ModelRequest,
    ModelSpec,
    PanelSpec,
    RankingResult,
    RankOptions,
    Reason,
)

MERIT = {"w": 1, "x": 4, "y": 3, "z": 2}
CASE = Case(
    id="q",
    question="What?",
    candidates=tuple(Candidate(id=i, text=f"text of {i}") for i in MERIT),
)


def panel(*names: str) -> PanelSpec:
    return PanelSpec(
        judges=tuple(JudgeSpec(name=name, model=f"openai/{name}") for name in names),
        rubric=prompts.rubric("preference"),
        critic=ModelSpec(model="openai/critic"),
    )


def by_merit(request: ModelRequest, mark: str) -> str:
    """An honest list: whatever the order shown, the best first."""
    shown = request.place.candidates
    order = sorted(range(len(shown)), key=lambda n: -MERIT[shown[n]])
    return json.dumps({"marker": mark, "reasoning": "", "ranking": [n + 1 for n in order]})


def as_shown(request: ModelRequest, mark: str) -> str:
    """A list that follows the order shown, whatever the texts."""
    numbers = list(range(1, len(request.place.candidates) + 1))
    return json.dumps({"marker": mark, "reasoning": "", "ranking": numbers})


def ranked(
    spec: PanelSpec, model: ScriptedModel, case: Case = CASE, **fields: Any
) -> RankingResult:
    return asyncio.run(Panel.from_spec(spec, gateway=model).arank(case, **fields))


# -- whole lists ---------------------------------------------------------------------------------


def test_lists_are_shown_in_many_orders_and_averaged() -> None:
    model = ScriptedModel(by_merit)
    found = ranked(panel("ann", "bob"), model, schedule="listwise", lists=4)
    assert found.groups == (("x",), ("y",), ("z",), ("w",))
    assert (found.usage.calls, found.pairs_asked, found.schedule) == (8, 0, "listwise")
    shown = {(r.place.seat, r.place.candidates) for r in model.requests}
    assert len(shown) == 8
    assert {o.preferred for o in found.outcomes} == {"first", "second"}
    assert "text of x" in model.prompts[0]


def test_a_judge_that_follows_the_order_shown_holds_a_tie() -> None:
    found = ranked(panel("ann"), ScriptedModel(as_shown), schedule="listwise", lists=2)
    assert found.groups == (("w", "x", "y", "z"),)


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param('{"marker": "{{marker}}", "ranking": [1, 2, 3]}', id="one-is-missing"),
        pytest.param('{"marker": "{{marker}}", "ranking": [1, 2, 3, 3]}', id="one-twice"),
        pytest.param('{"marker": "{{marker}}", "ranking": [0, 1, 2, 3]}', id="from-zero"),
        pytest.param('{"marker": "{{marker}}", "ranking": [1, 2, 3, true]}', id="no-number"),
        pytest.param('{"marker": "{{marker}}", "ranking": "1234"}', id="no-list"),
        pytest.param('{"marker": "guessed", "ranking": [1, 2, 3, 4]}', id="another-marker"),
        pytest.param("The order is 1, 2, 3, 4.", id="prose"),
        pytest.param(CallFailure(reason=Reason.TIMEOUT), id="no-reply"),
    ],
)
def test_what_is_no_permutation_is_no_vote(reply: str | CallFailure) -> None:
    found = ranked(panel("ann"), ScriptedModel(reply), schedule="listwise", lists=1)
    assert found.groups == ()
    assert {o.reason for o in found.outcomes} == {Reason.NO_QUORUM}
    assert found.reason


def test_lists_below_the_quorum_decide_nothing() -> None:
    model = ScriptedModel({"ann": by_merit, "bob": "no order"})
    found = ranked(panel("ann", "bob"), model, schedule="listwise", lists=1)
    assert {o.reason for o in found.outcomes} == {Reason.NO_QUORUM}
    assert all(set(o.votes) == {"ann"} for o in found.outcomes)
    three = ScriptedModel({"bob": "no order", "*": by_merit})
    assert ranked(panel("ann", "bob", "cyd"), three, schedule="listwise", lists=1).winner == "x"


def test_opposite_lists_leave_pairs_open() -> None:
    def reversed_merit(request: ModelRequest, mark: str) -> str:
        given = json.loads(by_merit(request, mark))
        return json.dumps({**given, "ranking": given["ranking"][::-1]})

    model = ScriptedModel({"ann": by_merit, "bob": reversed_merit})
    found = ranked(panel("ann", "bob"), model, schedule="listwise", lists=1)
    assert {o.reason for o in found.outcomes} == {Reason.TIE}
    assert found.groups == ()


def test_an_unreadable_list_is_asked_for_once_more() -> None:
    answers = iter(["no order", None])

    def script(request: ModelRequest, mark: str) -> str:
        return next(answers) or by_merit(request, mark)

    model = ScriptedModel(script)
    found = ranked(panel("ann"), model, schedule="listwise", lists=1)
    assert found.winner == "x"
    assert [r.place.attempt for r in model.requests] == [0, 1]


def test_the_order_in_which_candidates_are_listed_decides_nothing() -> None:
    def some_order(request: ModelRequest, mark: str) -> str:
        lead = "yx" if request.place.sample % 2 else "xy"  # a judge of two minds about x and y
        merit = {**MERIT, lead[0]: 9}
        shown = request.place.candidates
        order = sorted(range(len(shown)), key=lambda n: -merit[shown[n]])
        return json.dumps({"marker": mark, "ranking": [n + 1 for n in order]})

    turned = CASE.model_copy(update={"candidates": CASE.candidates[::-1]})
    options: dict[str, Any] = {"schedule": "listwise", "lists": 2}
    one = ranked(panel("ann", "bob"), ScriptedModel(some_order), **options)
    other = ranked(panel("bob", "ann"), ScriptedModel(some_order), turned, **options)
    assert one == other


def test_rule_backed_judges_rank_no_lists() -> None:
    with pytest.raises(ConfigError, match="cannot rank a list"):
        Panel.embedded("preference").rank(CASE, schedule="listwise")


def test_lists_are_estimated_before_they_are_paid() -> None:
    options = RankOptions(schedule="listwise", lists=3)
    found = asyncio.run(estimate_ranking(panel("ann", "bob"), options, [CASE]))
    assert (found.least.calls, found.most.calls) == (6, 12)


# -- standards -----------------------------------------------------------------------------------

CIRCLE = {"x": "y", "y": "z", "z": "x"}
THREE = CASE.model_copy(update={"candidates": CASE.candidates[1:]})


def circular(standards: str | CallFailure) -> Callable[[ModelRequest, str], str | CallFailure]:
    """Judges who go in circles until they are challenged; then they vote by merit."""

    def script(request: ModelRequest, mark: str) -> str | CallFailure:
        place = request.place
        if place.role == "other":
            return standards
        if place.role == "critic":
            point = {"claim": "Look again.", "quote": "text of", "source": "response"}
            return json.dumps({"points": [{**point, "effect": "unclear", "challenges": [1]}]})
        first, second = place.candidates
        better = MERIT[first] > MERIT[second] if place.round else CIRCLE[first] == second
        fields = {"marker": mark, "reasoning": "So it is.", "evidence": [], "grounds": "The text."}
        return json.dumps({**fields, "score": "A" if better else "B"})

    return script


def test_standards_are_made_once_and_shown_when_pairs_are_heard_again() -> None:
    model = ScriptedModel(circular('{"standards": [{"standard": "It names the river."}]}'))
    found = ranked(panel("ann", "bob", "cyd"), model, THREE)
    assert found.before is not None
    assert found.after is not None
    assert (found.before.cycles, found.after.cycles) == ((("x", "y", "z"),), ())
    assert found.standards == "1. It names the river."
    assert [r.place.role for r in model.requests].count("other") == 1
    for request, prompt in zip(model.requests, model.prompts, strict=True):
        seen = "It names the river." in prompt
        assert seen == (request.place.role == "judge" and request.place.round > 0)
        if seen:
            fence = re.search(r"<<<standards.*?>>>(.*?)<<<end standards", prompt, re.DOTALL)
            assert fence is not None
            assert "It names the river." in fence[1]
    asked = next(
        p for r, p in zip(model.requests, model.prompts, strict=True) if r.place.role == "other"
    )
    assert "text of" not in asked  # no candidate may write its own standards
    assert found.usage_rehearing.calls >= 1
    assert found.usage.calls == len(model.requests)


@pytest.mark.parametrize(
    "standards",
    [
        pytest.param("nothing to say", id="unreadable"),
        pytest.param('{"standards": []}', id="none"),
        pytest.param(CallFailure(reason=Reason.SERVER_ERROR), id="no-reply"),
    ],
)
def test_without_standards_pairs_are_heard_again_and_that_is_said(
    standards: str | CallFailure,
) -> None:
    found = ranked(panel("ann", "bob", "cyd"), ScriptedModel(circular(standards)), THREE)
    assert (found.standards, found.after and found.after.cycles) == ("", ())
    assert "without standards" in found.note


def test_without_a_cycle_nobody_is_asked_for_standards() -> None:
    def honest(request: ModelRequest, mark: str) -> str:
        assert request.place.role == "judge"
        first, second = request.place.candidates
        score = "A" if MERIT[first] > MERIT[second] else "B"
        return json.dumps({"marker": mark, "reasoning": "So.", "evidence": [], "score": score})

    assert ranked(panel("ann"), ScriptedModel(honest), THREE).winner == "x"
