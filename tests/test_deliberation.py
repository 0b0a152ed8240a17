"""The deliberation graph: contested or not, challenged, revised, stopped, decided."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

import pytest

from dikast.agents.contract import Critic
from dikast.graphs.deliberation import deliberation_graph
from dikast.types import JudgeSpec, Reason, StopReason, Verdict
from tests.judges import Challenger, Scripted, case, spec


def deliberate(judges: list[Any], *, critic: Critic | None = None, **fields: Any) -> Verdict:
    panel = spec([judge.name for judge in judges], **fields)
    graph = deliberation_graph(panel, judges={j.name: j for j in judges}, critic=critic)
    verdict = asyncio.run(graph.ainvoke({"case": case()}))["verdict"]
    assert isinstance(verdict, Verdict)
    return verdict


@pytest.mark.parametrize(
    ("scripts", "stop", "rounds", "score"),
    [
        pytest.param(([4], [4], [4]), StopReason.UNCONTESTED, 0, 4, id="unanimous"),
        pytest.param(([4], [5], [4]), StopReason.UNCONTESTED, 0, 4, id="within-tolerance"),
        pytest.param(([5], [5], [1, 5]), StopReason.SETTLED, 1, 5, id="one-is-persuaded"),
        pytest.param(([5], [5], [1]), StopReason.NO_CHANGE, 1, 5, id="nobody-moves"),
        pytest.param(([5], [5], [1, 2, 1]), StopReason.UNSTABLE, 2, 5, id="a-vote-oscillates"),
        pytest.param(([5], [5], [1, 2, 3]), StopReason.MAX_ROUNDS, 2, 5, id="still-moving"),
    ],
)
def test_when_deliberation_ends(
    scripts: tuple[list[float], ...], stop: StopReason, rounds: int, score: float
) -> None:
    judges = [Scripted(name, *s) for name, s in zip("abc", scripts, strict=True)]
    verdict = deliberate(judges)
    decision = verdict.criterion("quality")
    assert (decision.stop, decision.rounds, decision.score) == (stop, rounds, score)
    assert decision.contested == (rounds > 0)


def test_a_critic_names_who_votes_again() -> None:
    judges = [Scripted("a", 5), Scripted("b", 5), Scripted("c", 1, 5)]
    verdict = deliberate(judges, critic=Challenger("c"), rule="mean")
    assert [len(judge.briefs) for judge in judges] == [0, 0, 1]
    assert verdict.criterion("quality").stop is StopReason.SETTLED
    assert [f.direction for f in verdict.transcript.flips] == ["toward_majority"]
    assert verdict.transcript.flips[0].grounds == "a new fact in round 1"


def test_a_vote_that_can_change_nothing_is_not_asked_for_again() -> None:
    judges = [Scripted("a", 5), Scripted("b", 5), Scripted("c", 1, 5)]
    verdict = deliberate(judges, critic=Challenger("c"), rule="majority")
    assert verdict.criterion("quality").stop is StopReason.LOCKED
    assert judges[2].briefs == []


def test_a_challenged_judge_sees_arguments_but_no_names_or_tallies() -> None:
    judges = [Scripted("anna", 5), Scripted("bert", 5), Scripted("cleo", 1, 5)]
    deliberate(judges, critic=Challenger("cleo"), rule="mean")
    (brief,) = judges[2].briefs
    assert sorted(brief.arguments) == ["because of anna", "because of bert"]
    assert brief.critiques[0].challenged == ()
    assert brief.critiques[0].critic == "critic"
    assert [ballot.seat for ballot in brief.own] == ["cleo"]


@pytest.mark.parametrize(
    ("scripts", "status", "reason"),
    [
        pytest.param(([4], [4], [Reason.TIMEOUT]), "decided", None, id="one-hangs"),
        pytest.param(([4], [4], [RuntimeError("x")]), "decided", None, id="one-has-a-bug"),
        pytest.param(
            ([4], [Reason.AUTH], [Reason.TIMEOUT]), "failed", Reason.NO_QUORUM, id="two-fail"
        ),
        pytest.param(
            ([Reason.NOT_APPLICABLE], [Reason.NO_EVIDENCE], [4]),
            "abstained",
            Reason.NO_QUORUM,
            id="two-have-nothing-to-say",
        ),
        pytest.param(
            ([Reason.MALFORMED], [Reason.EMPTY], [Reason.REFUSED]),
            "failed",
            Reason.NO_QUORUM,
            id="all-fail",
        ),
        pytest.param(([1], [3], [5]), "abstained", Reason.LOW_CONFIDENCE, id="three-ways-apart"),
    ],
)
def test_what_a_panel_makes_of_failures(
    scripts: tuple[list[Any], ...], status: str, reason: Reason | None
) -> None:
    judges = [Scripted(name, *s) for name, s in zip("abc", scripts, strict=True)]
    verdict = deliberate(judges)
    assert (verdict.status, verdict.reason) == (status, reason)
    assert (verdict.score is not None) == (status == "decided")
    assert len(verdict.transcript.ballots) >= 3


def test_a_judge_that_fails_in_a_revision_keeps_its_vote() -> None:
    verdict = deliberate([Scripted("a", 5), Scripted("b", 5), Scripted("c", 2, Reason.TIMEOUT)])
    assert verdict.criterion("quality").votes == 3
    assert verdict.missing == ()


def test_the_listing_order_of_judges_decides_nothing() -> None:
    scripts = {"a": [5, 4], "b": [1, 4], "c": [3], "d": [2, 5]}
    seen = set()
    for order in itertools.permutations(scripts):
        verdict = deliberate([Scripted(n, *scripts[n]) for n in order], rule="mean")
        seen.add(verdict.model_dump_json())
    assert len(seen) == 1


def reserved(*, reserve: Any) -> Verdict:
    judges = (
        JudgeSpec(name="a", model="custom/s", reserve="r"),
        JudgeSpec(name="b", model="custom/s"),
        JudgeSpec(name="c", model="custom/s"),
    )
    panel = spec([], judges=judges, reserves=(JudgeSpec(name="r", model="custom/s"),))
    players = [Scripted("a", Reason.TIMEOUT), Scripted("b", 4), Scripted("c", 4), reserve]
    graph = deliberation_graph(panel, judges={p.name: p for p in players})
    verdict = asyncio.run(graph.ainvoke({"case": case()}))["verdict"]
    assert isinstance(verdict, Verdict)
    return verdict


def test_a_reserve_stands_in_under_its_own_name() -> None:
    verdict = reserved(reserve=Scripted("r", 5))
    seated = [b for b in verdict.transcript.ballots if b.seat == "a"]
    assert [(b.judge, b.score, b.flags) for b in seated] == [
        ("a", None, ("replaced_by:r",)),
        ("r", 5, ()),
    ]
    assert verdict.criterion("quality").votes == 3


def test_a_reserve_that_fails_too_leaves_the_seat_empty() -> None:
    verdict = reserved(reserve=Scripted("r", Reason.AUTH))
    assert verdict.criterion("quality").votes == 2
    assert verdict.missing == ("a",)


@pytest.mark.parametrize(
    ("scripts", "asked"),
    [
        pytest.param({"a": 4, "b": 4, "c": 4}, 2, id="two-agree"),
        pytest.param({"a": 1, "b": 5, "c": 4}, (2, 3), id="third-where-the-first-two-differ"),
    ],
)
def test_sequential_seating(scripts: dict[str, float], asked: Any) -> None:
    judges = [Scripted(n, s) for n, s in scripts.items()]
    deliberate(judges, protocol={"seating": "sequential", "deliberate": "never"})
    number = sum(bool(judge.asked) for judge in judges)
    assert number == asked or number in (asked if isinstance(asked, tuple) else (asked,))


def escalated(*, judge: Scripted) -> Verdict:
    panel = spec(
        ["a", "b", "c"],
        escalation=JudgeSpec(name="senior", model="custom/s"),
        protocol={"on_low_confidence": "escalate", "deliberate": "never"},
    )
    players = [Scripted("a", 1), Scripted("b", 3), Scripted("c", 5), judge]
    graph = deliberation_graph(panel, judges={p.name: p for p in players})
    verdict = asyncio.run(graph.ainvoke({"case": case()}))["verdict"]
    assert isinstance(verdict, Verdict)
    return verdict


def test_low_confidence_goes_to_the_stronger_judge() -> None:
    verdict = escalated(judge=Scripted("senior", 2))
    decision = verdict.criterion("quality")
    assert (verdict.status, decision.score, decision.decided_by) == ("decided", 2, "senior")
    assert decision.first_score == 3


def test_a_stronger_judge_that_fails_decides_nothing() -> None:
    verdict = escalated(judge=Scripted("senior", Reason.TIMEOUT))
    assert (verdict.status, verdict.reason) == ("abstained", Reason.LOW_CONFIDENCE)


def test_a_verdict_is_heard_again_from_where_it_stood() -> None:
    judges = [Scripted("a", 5), Scripted("b", 5), Scripted("c", 4, 2)]
    panel = spec(["a", "b", "c"], rule="mean")
    graph = deliberation_graph(panel, judges={j.name: j for j in judges}, critic=Challenger("c"))

    async def twice() -> tuple[Verdict, Verdict]:
        first = (await graph.ainvoke({"case": case()}))["verdict"]
        again = (await graph.ainvoke({"case": case(), "earlier": first}))["verdict"]
        return first, again

    first, again = asyncio.run(twice())
    assert first.criterion("quality").rounds == 0
    assert len(again.transcript.ballots) == 4 + 1  # round 0, revision, and one that kept its vote
    assert again.transcript.ballots[:3] == first.transcript.ballots
    assert again.criterion("quality").stop is StopReason.NO_CHANGE
    assert [f.after for f in again.transcript.flips] == [2]
