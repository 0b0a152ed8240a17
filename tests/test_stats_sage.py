"""Sage: the worked cases, brute force over all weak orders, and the bound TOV ≥ C(n,2)·IPI."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dikast.stats.outcomes import tally
from dikast.stats.sage import Verdicts, contradiction_rate, mean_sage, ordered_verdicts, sage
from dikast.stats.weak_orders import nearest_weak_order
from tests.tournaments import seen


def verdicts(n: int, **told: int) -> Verdicts:
    """`p01=1`: shown 0 then 1, the judge preferred 0. `s01` says it for both orders."""
    y = np.full((n, n), np.nan)
    for name, value in told.items():
        i, j = int(name[1]), int(name[2])
        y[i, j] = value
        if name[0] == "s":
            y[j, i] = -value
    return y


@pytest.mark.parametrize(
    ("y", "ipi", "tov", "residual", "tov_u"),
    [
        pytest.param(verdicts(3, s01=1, s12=1, s20=1), 0, 2, 2, 1, id="a-clean-cycle"),
        pytest.param(
            verdicts(3, p01=1, p10=1, s02=1, s12=1), 1 / 3, 1, 0, 0, id="only-one-pair-flips"
        ),
        pytest.param(verdicts(3, s01=0, s12=0, s02=1), 0, 2, 2, 1, id="two-ties-and-a-win"),
        pytest.param(np.ones((6, 6)), 1, 15, 0, 0, id="always-the-first-shown"),
        pytest.param(np.zeros((4, 4)), 0, 0, 0, 0, id="all-tied"),
        pytest.param(verdicts(2, s01=1), 0, 0, 0, 0, id="one-stable-pair"),
    ],
)
def test_worked_cases(y: Verdicts, ipi: float, tov: float, residual: float, tov_u: float) -> None:
    figures = sage(y)
    found = [f.value for f in (figures.ipi, figures.tov, figures.tov_residual, figures.tov_u)]
    assert found == pytest.approx([ipi, tov, residual, tov_u])
    assert figures.exact


def test_random_stable_tournaments_of_six() -> None:
    """Mean TOV of random stable tournaments; 3,000 of another generator gave 4.47."""
    rng = np.random.default_rng(11)
    found = []
    for _ in range(300):
        half = np.triu(rng.choice([-1.0, 1.0], (6, 6)), 1)
        figures = sage(half - half.T)
        assert figures.ipi.value == 0
        assert figures.tov.value is not None
        found.append(figures.tov.value)
    assert 4.2 < np.mean(found) < 4.8  # standard error 0.10


def brute(y: Verdicts) -> int:
    n = len(y)
    pairs = [(i, j) for i in range(n) for j in range(n) if i != j]
    return min(
        sum(bool(y[i, j] != np.sign(level[j] - level[i])) for i, j in pairs)
        for level in product(range(n), repeat=n)
    )


def squares(most: int, values: tuple[float, ...] = (-1, 0, 1)) -> st.SearchStrategy[Verdicts]:
    return st.integers(2, most).flatmap(
        lambda n: st.lists(st.sampled_from(values), min_size=n * n, max_size=n * n).map(
            lambda flat: np.array(flat, dtype=float).reshape(n, n)
        )
    )


@given(squares(4))
def test_tov_is_the_minimum_over_all_weak_orders(y: Verdicts) -> None:
    assert sage(y).tov.value == brute(y)


@given(squares(6))
def test_inconsistent_pairs_force_their_share(y: Verdicts) -> None:
    figures = sage(y)
    pairs = len(y) * (len(y) - 1) / 2
    assert figures.ipi.value is not None
    assert figures.tov.value is not None
    assert figures.tov.value >= pairs * figures.ipi.value - 1e-9
    assert figures.tov_residual.value == pytest.approx(
        figures.tov.value - pairs * figures.ipi.value
    )


@given(squares(6), st.randoms())
def test_neither_order_of_candidates_nor_mirror_matters(y: Verdicts, random: object) -> None:
    order = list(range(len(y)))
    random.shuffle(order)  # type: ignore[attr-defined]
    assert sage(y[np.ix_(order, order)]) == sage(y)
    assert sage(-y) == sage(y)  # best and worst exchanged


@given(squares(6))
def test_the_bounded_search_is_an_upper_bound_and_says_so(y: Verdicts) -> None:
    exact, bounded = sage(y), sage(y, exact_up_to=1)
    assert not bounded.exact
    assert exact.tov.value is not None
    assert bounded.tov.value is not None
    assert bounded.tov.value >= exact.tov.value


def test_the_bounded_search_is_near_the_minimum_at_ten() -> None:
    rng = np.random.default_rng(2)
    over = []
    for _ in range(5):
        y = rng.choice([-1.0, 0.0, 1.0], (10, 10))
        exact, bounded = sage(y).tov.value, sage(y, exact_up_to=1).tov.value
        assert exact is not None
        assert bounded is not None
        over.append(bounded - exact)
    assert np.mean(over) <= 1.5


@given(squares(5))
def test_the_blocks_cost_what_is_said(y: Verdicts) -> None:
    n = len(y)
    above = (y != 1).astype(float) + (y.T != -1)
    tied = (y != 0).astype(float) + (y.T != 0)
    for limit in (1, 12):
        order = nearest_weak_order(above, tied, exact_up_to=limit)
        level = {i: k for k, block in enumerate(order.blocks) for i in block}
        assert sorted(level) == list(range(n))
        cost = 0.0
        for i, j in combinations(range(n), 2):
            if level[i] == level[j]:
                cost += tied[i, j]
            else:
                cost += above[i, j] if level[i] < level[j] else above[j, i]
        assert order.cost == pytest.approx(cost)


@given(squares(5))
def test_no_move_of_one_item_improves_the_bounded_search(y: Verdicts) -> None:
    n = len(y)
    above = (y != 1).astype(float) + (y.T != -1)
    tied = (y != 0).astype(float) + (y.T != 0)
    found = nearest_weak_order(above, tied, exact_up_to=1)
    level = np.empty(n)
    for k, block in enumerate(found.blocks):
        level[list(block)] = k
    for item in range(n):
        for place in np.arange(-0.5, n, 0.5):  # in a block, or between two
            moved = level.copy()
            moved[item] = place
            higher = moved[:, None] < moved[None, :]
            same = np.triu(moved[:, None] == moved[None, :], 1)
            assert above[higher].sum() + tied[same].sum() >= found.cost


def test_a_missing_verdict_drops_tov_and_keeps_the_complete_pairs() -> None:
    y = verdicts(3, s01=1, p02=1, p20=1, p12=1)
    figures = sage(y)
    assert figures.ipi.value == 0.5
    assert (figures.ipi.n, figures.ipi.nulls) == (2, 1)
    assert figures.tov.value is None
    assert figures.tov.reason == "1 pairs lack a verdict"


def test_questions_are_averaged_and_what_is_dropped_is_counted() -> None:
    questions = [
        sage(np.ones((3, 3))),
        sage(np.zeros((3, 3))),
        sage(verdicts(3, s01=1)),
        sage(verdicts(3)),
    ]
    mean = mean_sage(questions, draws=200)
    assert mean.ipi.value == pytest.approx(1 / 3)
    assert (mean.ipi.n, mean.ipi.nulls, mean.missing_pairs) == (3, 1, 5)
    assert mean.tov.value == 1.5
    assert (mean.tov.n, mean.tov.nulls) == (2, 2)
    assert mean.tov.low is not None
    assert mean.tov.high is not None
    assert mean.tov.low <= 1.5 <= mean.tov.high
    assert mean_sage([]).tov.reason == "defined on no question"


def test_verdicts_from_rows() -> None:
    y = ordered_verdicts([("x", "y", "a"), ("y", "x", "abstain"), ("y", "z", "b")], "xyz")
    assert (y[0, 1], y[1, 2]) == (1, -1)
    assert np.isnan(y[1, 0])
    with pytest.raises(ValueError, match="judged twice"):
        ordered_verdicts([("x", "y", "a"), ("x", "y", "a")], "xy")


def test_direct_scores_against_pair_verdicts() -> None:
    outcomes = seen("x>y", "y=z", "x>z")
    assert contradiction_rate({"x": 5, "y": 4, "z": 3}, outcomes).value == pytest.approx(1 / 3)
    assert contradiction_rate({"x": 5, "y": 3, "z": 3}, outcomes).value == 0
    partial = contradiction_rate({"x": 1, "y": 4, "z": None}, outcomes)
    assert (partial.value, partial.n, partial.nulls) == (1.0, 1, 2)
    assert contradiction_rate({}, tally([], ["x", "y"])).value is None
