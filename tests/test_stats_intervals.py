"""Intervals, listwise ballots, sequential tests, best of n."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dikast.stats.best_of import best_of, best_of_gain
from dikast.stats.intervals import Draws, beta_better, bootstrap, bootstrap_strengths, wilson
from dikast.stats.listwise import (
    average_rankings,
    kendall_tau,
    levenshtein,
    presentation_orders,
)
from dikast.stats.rankings import no_ranking, rank_scores
from dikast.stats.sequential import Sprt
from dikast.stats.voting import rank_copeland
from tests.tournaments import seen


def mean(values: Any) -> float:
    return float(np.mean(values))


def test_wilson_at_the_edges() -> None:
    none, every = wilson(0, 10), wilson(10, 10, nulls=2)
    assert (none.value, none.low) == (0, 0)
    assert none.high == pytest.approx(0.2775, abs=1e-4)
    assert every.low == pytest.approx(1 - 0.2775, abs=1e-4)
    assert every.null_rate == pytest.approx(2 / 12)
    assert wilson(0, 0).reason == "no usable item"


def test_a_bootstrap_is_seeded_and_covers_the_mean() -> None:
    rng = np.random.default_rng(0)
    inside = 0
    for _ in range(60):
        found = bootstrap(rng.normal(size=30).tolist(), mean, draws=200)
        assert found.low is not None
        assert found.high is not None
        inside += found.low <= 0 <= found.high
    assert inside >= 49  # 95 % nominal, a little less for 30 cases
    data = rng.normal(size=9).tolist()
    assert bootstrap(data, mean, seed=4) == bootstrap(data, mean, seed=4)
    assert bootstrap(data, mean, seed=4) != bootstrap(data, mean, seed=5)


def test_a_bootstrap_without_cases_or_with_one() -> None:
    assert bootstrap([], mean).reason == "there is no case"
    assert bootstrap([1.0], mean).low is None
    assert bootstrap([1.0], lambda _: None).reason == "undefined on these cases"
    assert bootstrap([0.0, 1.0], lambda xs: mean(xs) if sum(xs) else None).low is None


def test_groups_are_tied_where_differences_overlap_zero() -> None:
    rng = np.random.default_rng(1)
    base = rng.normal(size=(500, 1))  # shared noise widens each interval, not the differences
    samples = 5 * base + np.array([2.0, 1.0, 0.9]) + 0.1 * rng.normal(size=(500, 3))
    draws = Draws(("x", "y", "z"), np.array([2.0, 1.0, 0.9]), samples)
    assert draws.tied_groups().groups == (("x",), ("y", "z"))
    assert draws.rank_ranges() == {"x": (1, 1), "y": (2, 3), "z": (2, 3)}
    assert draws.better("x", "y") == 1
    assert 0.5 < draws.better("y", "z") < 0.95
    low, high = draws.interval("x")
    assert high - low > 10


def test_strengths_that_cannot_be_fitted_have_no_draws() -> None:
    assert bootstrap_strengths([1.0], lambda _: {"x": 1.0}) is None
    assert bootstrap_strengths([1.0, 2.0], lambda _: None) is None
    some = bootstrap_strengths([1.0, 2.0, 3.0], lambda xs: {"x": mean(xs), "y": 2.0}, draws=50)
    assert some is not None
    assert (some.samples.shape, some.failed) == ((50, 2), 0)


def test_a_resample_that_was_fitted_is_not_fitted_again() -> None:
    """Three cases have ten resamples, in whatever order they are drawn."""
    fitted: list[tuple[float, ...]] = []

    def fit(cases: Sequence[float]) -> dict[str, float]:
        fitted.append(tuple(cases))
        return {"x": sum(cases)}

    some = bootstrap_strengths([1.0, 2.0, 4.0], fit, draws=400)
    assert some is not None
    assert len(fitted) - 1 == len(set(fitted[1:])) == 10
    assert sorted(set(some.samples[:, 0])) == sorted({sum(cases) for cases in fitted})
    # Each is drawn as often as it should be: all three in 6 of 27 draws.
    assert 0.15 < (some.samples[:, 0] == 7.0).mean() < 0.3


def test_beta_better() -> None:
    assert beta_better(5, 5).value == pytest.approx(0.5)
    assert beta_better(0, 0).value is None
    one, two = beta_better(7, 2).value, beta_better(2, 7).value
    assert one is not None
    assert two == pytest.approx(1 - one)


# --- listwise ----------------------------------------------------------------------------------


def test_one_swap_costs_half_an_edit_distance_and_a_third_of_tau() -> None:
    assert levenshtein("ABCD", "ABDC").value == 0.5
    ranks = {item: float(k) for k, item in enumerate("ABCD")}
    swapped = {item: float(k) for k, item in enumerate("ABDC")}
    assert kendall_tau(ranks, swapped).value == pytest.approx(0.667, abs=5e-4)
    assert levenshtein("", "AB").value == 1
    assert levenshtein("", "").value is None


@given(st.text("ABCD", max_size=6), st.text("ABCD", max_size=6), st.text("ABCD", max_size=6))
def test_edit_distance_is_a_metric(a: str, b: str, c: str) -> None:
    def far(x: str, y: str) -> float:
        return (levenshtein(x, y).value or 0) * max(len(x), len(y))

    assert far(a, b) == pytest.approx(far(b, a))
    assert (far(a, b) == 0) == (a == b)
    assert far(a, c) <= far(a, b) + far(b, c) + 1e-9


def test_tau_is_undefined_where_a_ranking_says_nothing() -> None:
    assert kendall_tau({"x": 1}, {"x": 1}).value is None
    tied = kendall_tau({"x": 1, "y": 1, "z": 3}, {"x": 1, "y": 1})
    assert (tied.value, tied.nulls) == (None, 1)
    assert "ties everything" in tied.reason


@given(st.integers(2, 6), st.integers(0, 3))
def test_every_position_is_shared_out_evenly(n: int, seed: int) -> None:
    items = [f"c{k}" for k in range(n)]
    orders = presentation_orders(items, 2 * n, seed=seed)
    for position in range(n):
        shown = [order[position] for order in orders]
        assert sorted(shown) == sorted(items * 2)
    assert presentation_orders(items[::-1], 3, seed=seed) == orders[:3]


def test_a_judge_of_slots_is_averaged_away() -> None:
    """Who ranks candidates as shown has no preference once order and reverse are averaged."""
    orders = presentation_orders("xyzw", 2)
    assert average_rankings(orders, "xyzw").groups == (("w", "x", "y", "z"),)


def test_listwise_ballots_may_be_partial_and_must_be_of_the_candidates() -> None:
    found = average_rankings([["x", "y", "z"], ["x", "z"], ["y"], []], "xyz")
    assert found.groups == (("x",), ("y",), ("z",))
    assert found.scores == {"x": 1.0, "y": 0.5, "z": 0.0}
    assert average_rankings([["x", "y"]], "xyz").reason == "`z` was never ranked"
    for bad in (["x", "x"], ["x", "u"]):
        with pytest.raises(ValueError, match="stranger"):
            average_rankings([bad], "xyz")


# --- sequential --------------------------------------------------------------------------------


def test_wald_bounds() -> None:
    test = Sprt()
    assert test.upper == pytest.approx(2.890, abs=5e-4)
    assert test.lower == pytest.approx(-2.251, abs=5e-4)
    assert test.run(["a"]).evidence == pytest.approx(0.336, abs=5e-4)
    assert test.run(["b"]).evidence == pytest.approx(-0.511, abs=5e-4)
    assert test.run(["a"] * 8).decision is None
    assert test.run(["a"] * 9)[:1] + test.run(["a"] * 9)[2:] == ("better", 9, 0)
    assert test.run(["b"] * 4).decision is None
    assert test.run(["b"] * 5).decision == "not_better"


def test_ties_are_skipped_and_capped() -> None:
    test = Sprt()
    found = test.run(["tie", "abstain"] * 50, at_most=20)
    assert (found.decision, found.evidence, found.used, found.skipped) == (None, 0, 20, 20)
    assert test.run(["a", "tie"] * 9).used == 17


def test_error_rates_hold() -> None:
    rng = np.random.default_rng(0)
    test = Sprt()

    def calls(p: float) -> float:
        runs = [test.run("a" if x < p else "b" for x in rng.random(500)) for _ in range(400)]
        return mean([run.decision == "better" for run in runs])

    assert calls(0.5) < 0.05 + 0.025
    assert calls(0.7) > 0.90 - 0.035


@pytest.mark.parametrize("bad", [{"p0": 0.8}, {"alpha": 0.0}, {"alpha": 0.5, "beta": 0.5}])
def test_an_impossible_test_is_refused(bad: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"error rates|p0 < p1"):
        Sprt(**bad)


# --- best of n ---------------------------------------------------------------------------------


def test_best_of_names_a_winner_or_says_why_not() -> None:
    outcomes = seen("x>y", "x>z", "y>z")
    best = best_of(rank_copeland(outcomes), outcomes)
    assert (best.winner, best.margin, best.pairs) == ("x", 0.5, 3)
    cycle = seen("x>y", "y>z", "z>x")
    tied = best_of(rank_copeland(cycle), cycle)
    assert (tied.winner, tied.tied) == (None, ("x", "y", "z"))
    assert tied.reason == "several candidates share first place"
    assert best_of(no_ranking("why"), cycle).reason == "why"
    assert best_of(rank_scores({"x": 2, "y": 1}), seen("y>x")).margin == -1


def test_the_gap_to_the_oracle() -> None:
    cases = [({"x": 1.0, "y": 0.0, "z": 0.5}, "x"), ({"x": 0.0, "y": 1.0, "z": 0.5}, "z")]
    gain = best_of_gain([*cases, ({"x": 1.0}, None)])
    assert (gain.chosen.value, gain.random.value, gain.oracle.value) == (0.75, 0.5, 1.0)
    assert gain.closed.value == 0.5
    assert best_of_gain(cases[:1]).closed.value == 1
    assert best_of_gain(cases[1:]).closed.value == 0
    assert (gain.chosen.n, gain.chosen.nulls) == (2, 1)
    assert best_of_gain([({"x": 1.0, "y": 1.0}, "x")]).closed.value is None
    assert best_of_gain([]).chosen.reason == "no case has a winner"
