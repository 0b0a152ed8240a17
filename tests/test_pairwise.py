"""Comparing two candidates: both orders, folding, and the mirror."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dikast.errors import ConfigError
from dikast.graphs.pairwise import pairwise_graph
from dikast.types import (
    Candidate,
    Case,
    Comparison,
    Criterion,
    PreferenceScale,
    Reason,
    Rubric,
)
from tests.judges import PairJudge, spec

PREFERENCE = Rubric(
    id="preference",
    criteria=(Criterion(id="overall", question="Which is better?", scale=PreferenceScale()),),
)


def pair(*ids: str) -> Case:
    candidates = tuple(Candidate(id=i, text=f"this is answer {i}") for i in ids)
    return Case(id="q", question="What?", candidates=candidates)


def compare(judges: list[PairJudge], *ids: str, **fields: object) -> Comparison:
    panel = spec([judge.name for judge in judges], rubric=PREFERENCE, **fields)
    graph = pairwise_graph(panel, judges={judge.name: judge for judge in judges})
    comparison = asyncio.run(graph.ainvoke({"case": pair(*ids)}))["comparison"]
    assert isinstance(comparison, Comparison)
    return comparison


X_BETTER = {"x": 2.0, "y": 1.0}
EQUAL = {"x": 1.0, "y": 1.0}


@pytest.mark.parametrize(
    ("judges", "preferred", "consistent"),
    [
        pytest.param([X_BETTER] * 3, "first", 1.0, id="all-see-it"),
        pytest.param([EQUAL] * 3, "tie", 1.0, id="a-tie-is-an-outcome"),
        pytest.param([X_BETTER, X_BETTER, EQUAL], "first", 1.0, id="one-is-undecided"),
    ],
)
def test_what_a_panel_prefers(
    judges: list[Mapping[str, float]], preferred: str, consistent: float
) -> None:
    seated = [PairJudge(name, s) for name, s in zip("abc", judges, strict=True)]
    found = compare(seated, "x", "y")
    assert (found.preferred, found.consistent) == (preferred, consistent)
    assert found.winner == ("x" if preferred == "first" else None)


def test_a_judge_that_always_takes_the_first_slot_has_no_preference() -> None:
    seated = [PairJudge(name, X_BETTER, first=5.0) for name in "abc"]
    found = compare(seated, "x", "y")
    assert (found.preferred, found.consistent) == ("tie", 0.0)
    assert {ballot.score for ballot in found.verdict.transcript.ballots} == {1.0, -1.0}


def test_lenient_folding_counts_a_preference_that_was_a_tie_when_swapped() -> None:
    seated = [PairJudge(name, {"x": 1.2, "y": 1.0}, first=0.15) for name in "abc"]
    assert compare(seated, "x", "y").preferred == "tie"
    assert compare(seated, "x", "y", protocol={"fold": "lenient"}).preferred == "first"


def test_an_even_split_is_undecided_and_says_so() -> None:
    seated = [PairJudge("a", {"x": 2, "y": 1}), PairJudge("b", {"x": 1, "y": 2})]
    found = compare(seated, "x", "y", rule="majority")
    assert (found.preferred, found.reason, found.margin) == (None, Reason.TIE, None)


def test_a_rubric_of_scores_cannot_compare() -> None:
    with pytest.raises(ConfigError, match="cannot compare two"):
        pairwise_graph(spec(["a"]))


strengths = st.fixed_dictionaries({"x": st.floats(0, 3), "y": st.floats(0, 3)})
panels = st.lists(
    st.tuples(strengths, st.sampled_from([0.0, 0.5, -0.5, 5.0])), min_size=1, max_size=4
)


@settings(max_examples=25)
@given(panels)
def test_swapping_the_candidates_mirrors_everything(
    panel: list[tuple[dict[str, float], float]],
) -> None:
    def seated() -> list[PairJudge]:
        return [PairJudge(f"j{n}", s, first=bias) for n, (s, bias) in enumerate(panel)]

    one, other = compare(seated(), "x", "y"), compare(seated(), "y", "x")
    mirror = {"first": "second", "second": "first"}
    assert other.preferred == mirror.get(one.preferred or "", one.preferred)
    assert (one.winner, one.confidence, one.reason) == (
        other.winner,
        other.confidence,
        other.reason,
    )
    assert (one.margin is None) == (other.margin is None)
    assert one.margin is None or one.margin == -(other.margin or 0)
    assert [
        (b.seat, b.presentation, b.round, -b.score, b.rationale)
        for b in sorted(one.verdict.transcript.ballots, key=_key)
        if b.score is not None
    ] == [
        (b.seat, b.presentation, b.round, b.score, b.rationale)
        for b in sorted(other.verdict.transcript.ballots, key=_key)
    ]
    assert [(f.seat, f.round, f.direction) for f in one.verdict.transcript.flips] == [
        (f.seat, f.round, f.direction) for f in other.verdict.transcript.flips
    ]


def _key(ballot: object) -> tuple[object, ...]:
    return (ballot.seat, ballot.round, ballot.presentation)  # type: ignore[attr-defined]
