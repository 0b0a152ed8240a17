"""Votes that follow the slot are noted, in the words of the judge, and change no score."""

from __future__ import annotations

import pytest

from dikast.agents.detectors.position import detect
from dikast.agents.screening import screen
from dikast.types import Abstention, Ballot, Candidate, Case, Docket, Reason

CASE = Case(
    id="q", candidates=(Candidate(id="x", text="One text."), Candidate(id="y", text="Another."))
)
DOCKET = Docket(case=CASE, presentation=("x", "y"))


def ballot(
    shown: str, score: float | None, *, why: str = "It is better.", seat: str = "ann"
) -> Ballot:
    return Ballot(
        seat=seat,
        judge=seat,
        criterion="c",
        presentation=tuple(shown),
        score=score,
        abstention=None if score is not None else Abstention(reason=Reason.TIMEOUT),
        rationale=why,
    )


@pytest.mark.parametrize(
    ("forward", "swapped", "slot"),
    [
        pytest.param(1.0, -1.0, "first", id="first-slot-both-times"),
        pytest.param(-1.0, 1.0, "second", id="second-slot-both-times"),
        pytest.param(2.0, -1.0, "first", id="degrees-do-not-matter"),
        pytest.param(1.0, 1.0, None, id="the-same-text-both-times"),
        pytest.param(0.0, -1.0, None, id="a-tie-favours-no-slot"),
        pytest.param(0.0, 0.0, None, id="two-ties"),
        pytest.param(1.0, None, None, id="one-order-abstained"),
    ],
)
def test_what_is_a_vote_for_a_slot(
    forward: float | None, swapped: float | None, slot: str | None
) -> None:
    found = detect(DOCKET, [ballot("xy", forward), ballot("yx", swapped)])
    assert [(f.kind, f.severity, f.seat, f.criterion) for f in found] == (
        [("position", "note", "ann", "c")] if slot else []
    )
    assert all(slot is not None and f"shown {slot}" in f.explanation for f in found)


def test_one_order_alone_shows_nothing() -> None:
    assert detect(DOCKET, [ballot("xy", 1.0)]) == []
    alone = Docket(case=CASE, presentation=("x",))
    assert detect(alone, []) == []


def test_each_seat_stands_for_itself() -> None:
    mixed = [ballot("xy", 1.0, seat="ann"), ballot("yx", -1.0, seat="bob")]
    assert detect(DOCKET, mixed) == []


def test_reasons_are_quoted_and_else_a_response() -> None:
    pair = [ballot("xy", 1.0, why="The first. It is."), ballot("yx", -1.0, why="Good text.")]
    assert [(f.quote, f.source) for f in detect(DOCKET, pair)] == [("Good text.", "rationale")]
    silent = [ballot("xy", 1.0, why=""), ballot("yx", -1.0, why=" ")]
    assert [(f.quote, f.source) for f in detect(DOCKET, silent)] == [("Another.", "response_b")]
    assert [f.kind for f in screen(DOCKET, silent)] == ["position"]


def test_exchanging_the_candidates_changes_nothing_but_their_names() -> None:
    ballots = [ballot("xy", 1.0, why="b."), ballot("yx", -1.0, why="a.")]
    mirrored = [b.model_copy(update={"score": -(b.score or 0)}) for b in ballots]
    other = Docket(
        case=CASE.model_copy(update={"candidates": CASE.candidates[::-1]}), presentation=("y", "x")
    )
    assert detect(other, mirrored) == detect(DOCKET, ballots)
