"""Scores from token probabilities, counts against true counts, and what sequential seats save."""

from __future__ import annotations

import asyncio
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dikast.graphs.deliberation import deliberation_graph
from dikast.graphs.runner import run_cases
from dikast.stats.counting import count_figures
from dikast.stats.token_scores import token_score
from dikast.testing import SimulatedJudge, World
from dikast.types import (
    Candidate,
    Case,
    Criterion,
    JudgeSpec,
    PanelSpec,
    ProtocolSpec,
    Rubric,
    RuleSpec,
    YesNoScale,
)

TOLD = {"1": 0.02, "2": 0.08, "3": 0.20, "4": 0.50, "5": 0.20}


def test_the_expectation_of_all_tokens() -> None:
    found = token_score(TOLD, 1, 5)
    assert found.expectation.value == pytest.approx(3.78)
    assert found.mode == 4.0
    assert found.kept == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("told", "expectation", "mode", "kept"),
    [
        pytest.param({"3": 0.2, " 4": 0.5, "5": 0.2}, 4.0, 4.0, 0.9, id="top-three-renormalised"),
        pytest.param({"4": 0.3, "The": 0.6}, None, 4.0, 0.3, id="too-little-on-scores"),
        pytest.param({"4": 0.4, "5": 0.4, "10": 0.2}, 4.5, None, 0.8, id="tied-and-two-digits"),
        pytest.param({"7": 0.9}, None, None, 0.0, id="off-the-scale"),
        pytest.param({}, None, None, 0.0, id="nothing-told"),
        pytest.param({"²": 0.9}, None, None, 0.0, id="a-digit-that-is-none"),
    ],
)
def test_what_is_kept(
    told: dict[str, float], expectation: float | None, mode: float | None, kept: float
) -> None:
    found = token_score(told, 1, 5)
    assert found.mode == mode
    assert found.kept == pytest.approx(kept)
    if expectation is None:
        assert found.expectation.value is None
        assert "is needed" in found.expectation.reason
    else:
        assert found.expectation.value == pytest.approx(expectation)


@pytest.mark.parametrize(
    ("told", "low", "high"),
    [
        pytest.param({"1": 1.2}, 1, 5, id="above-one"),
        pytest.param({"1": 0.8, "2": 0.8}, 1, 5, id="sum-above-one"),
        pytest.param({"1": math.nan}, 1, 5, id="nan"),
        pytest.param({"1": 0.5}, 1, 10, id="two-digits"),
    ],
)
def test_what_is_refused(told: dict[str, float], low: int, high: int) -> None:
    with pytest.raises(ValueError, match=r"probabilit|one digit"):
        token_score(told, low, high)


@given(st.dictionaries(st.sampled_from("123456x"), st.floats(0, 0.16), min_size=1))
def test_the_expectation_lies_between_the_scores_told(told: dict[str, float]) -> None:
    found = token_score(told, 1, 6)
    assert 0 <= found.kept <= 1
    if found.expectation.value is not None:
        assert 1 - 1e-9 <= found.expectation.value <= 6 + 1e-9


def test_counts_as_worked_by_hand() -> None:
    told, truth = np.array([5.0, 2, 1, 1]), np.array([4.0, 2, 3, 0])
    found = count_figures(told, truth)
    assert found.exact.value == 0.25
    assert found.mape.value == pytest.approx(0.306, abs=5e-4)
    assert (found.mape.n, found.mape.nulls) == (3, 1)
    assert count_figures(told, truth, zeros="as_one").mape.value == pytest.approx(0.479, abs=5e-4)


def test_counts_that_were_not_read_are_left_out_and_counted() -> None:
    found = count_figures(np.array([np.nan, 2.0]), np.array([3.0, 2.0]))
    assert (found.exact.value, found.exact.n, found.exact.nulls) == (1.0, 1, 1)
    none = count_figures(np.array([np.nan]), np.array([3.0]))
    assert none.exact.value is None
    with pytest.raises(ValueError, match="negative"):
        count_figures(np.array([1.0]), np.array([-1.0]))
    with pytest.raises(ValueError, match="1 counts and 2"):
        count_figures(np.array([1.0]), np.array([1.0, 2.0]))


def test_sequential_seats_ask_2_32_judges_on_average() -> None:
    """Three independent judges, 80 % right: the third is asked only where two disagree (0.32)."""
    right = Criterion(id="right", question="Is it right?", scale=YesNoScale())
    cases = [
        Case(id=f"c{n}", question=f"{n}?", candidates=(Candidate(text=f"Answer {n}."),))
        for n in range(600)
    ]
    world = World(cases, [right], seed=5)
    seats = [SimulatedJudge(name=n, world=world, accuracy=0.8) for n in ("ann", "bob", "cid")]
    panel = PanelSpec(
        judges=tuple(JudgeSpec(name=j.name, model="custom/simulated") for j in seats),
        rubric=Rubric(id="planted", criteria=(right,)),
        rule=RuleSpec(name="majority"),
        protocol=ProtocolSpec(seating="sequential", deliberate="never"),
    )
    graph = deliberation_graph(panel, judges={j.name: j for j in seats})

    async def ballots() -> list[int]:
        return [len(v.transcript.ballots) async for v in run_cases(graph, panel, cases)]

    asked = asyncio.run(ballots())
    assert set(asked) == {2, 3}
    spread = math.sqrt(0.32 * 0.68 / len(cases))
    assert sum(asked) / len(cases) == pytest.approx(2.32, abs=4 * spread)
