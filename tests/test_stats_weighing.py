"""Folded votes, pluralities, and weights that few labels may move only so far."""

from __future__ import annotations

import numpy as np
import pytest

from dikast.stats.ballot_table import BallotTable, Floats, Row
from dikast.stats.reliability import loadings, pair_correlations, standardised
from dikast.stats.shrunk_weights import coded, moments_of, shrunk_weights, solve
from dikast.stats.standing_votes import classes, plurality, standing
from dikast.types import (
    IntegerScale,
    OrdinalScale,
    PreferenceScale,
    RealScale,
    Scale,
    YesNoScale,
)

NAN = float("nan")
GRADES = OrdinalScale(labels=("poor", "fair", "good"))
WITHOUT = PreferenceScale(ties=False)


# --- folding -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scale", "forward", "swapped", "vote"),
    [
        pytest.param(WITHOUT, 1, 1, 1, id="both-agree"),
        pytest.param(WITHOUT, 1, -1, NAN, id="contrary-cancels-where-no-tie-is-known"),
        pytest.param(PreferenceScale(), 1, -1, 0, id="contrary-is-a-tie-where-one-is-known"),
        pytest.param(PreferenceScale(), 1, 0, 0, id="a-win-and-a-tie-are-contrary"),
        pytest.param(PreferenceScale(levels=5), 2, 1, 1, id="the-weaker-preference-counts"),
        pytest.param(PreferenceScale(levels=5), -1, -2, -1, id="in-either-order"),
        pytest.param(WITHOUT, -1, None, -1, id="one-order-alone-counts"),
        pytest.param(WITHOUT, None, None, NAN, id="none"),
    ],
)
def test_two_orders_make_one_vote(
    scale: Scale, forward: float | None, swapped: float | None, vote: float
) -> None:
    rows = [Row("c", "ann", forward), Row("c", "ann", swapped, swapped=True)]
    table = BallotTable.of(rows, scales={"overall": scale}, pairs=True)
    assert np.array_equal(standing(table, "overall").votes, [[vote]], equal_nan=True)


@pytest.mark.parametrize(
    ("scale", "mass", "score"),
    [
        pytest.param(PreferenceScale(), [2, 1, 2], 0, id="opposite-sides-lead-together"),
        pytest.param(PreferenceScale(), [0, 2, 2], NAN, id="a-side-and-the-tie"),
        pytest.param(WITHOUT, [1, 1], NAN, id="no-tie-is-known"),
        pytest.param(GRADES, [1, 0, 1], NAN, id="nobody-said-fair"),
        pytest.param(GRADES, [0.1 + 0.2, 0, 0.3], NAN, id="equal-but-for-rounding"),
        pytest.param(YesNoScale(), [0, 0], NAN, id="no-weight"),
        pytest.param(YesNoScale(), [0.4, 0.6], 1, id="a-clear-lead"),
    ],
)
def test_plurality(scale: Scale, mass: list[float], score: float) -> None:
    assert np.array_equal(plurality(np.array([mass]), scale), [score], equal_nan=True)


def test_a_numeric_scale_has_no_labels() -> None:
    with pytest.raises(ValueError, match="no labels"):
        classes(IntegerScale())


# --- reliability without labels ----------------------------------------------------------------


def test_loadings_of_one_factor_are_recovered() -> None:
    rng = np.random.default_rng(0)
    true = np.array([0.9, 0.7, 0.5, 0.3])
    common = rng.normal(size=(20_000, 1))
    votes = 3 + common * true + rng.normal(size=(20_000, 4)) * np.sqrt(1 - true**2)
    votes[rng.random(votes.shape) < 0.2] = NAN
    assert loadings(votes * [1, 10, 0.1, 5]) == pytest.approx(true, abs=0.03)


def test_a_constant_and_a_contrary_judge_have_no_loading() -> None:
    rng = np.random.default_rng(1)
    common = rng.normal(size=500)
    votes = np.stack([common, common + rng.normal(size=500), np.full(500, 2.0), -common], axis=1)
    found = loadings(np.column_stack([votes, common + 0.5 * rng.normal(size=500)]))
    assert found[2] == found[3] == 0.0
    assert standardised(votes)[1][2] == 0.0
    assert pair_correlations(votes)[0].tolist() == pytest.approx(
        [1.0, np.corrcoef(votes[:, 0], votes[:, 1])[0, 1], 0.0, -1.0]
    )


# --- weights from few labels -------------------------------------------------------------------


def drawn(accuracy: list[float], labels: int, seed: int, cases: int = 500) -> tuple[Floats, Floats]:
    rng = np.random.default_rng(seed)
    truth = rng.choice([-1.0, 1.0], size=cases)
    right = rng.random((cases, len(accuracy))) < accuracy
    return np.where(right, truth[:, None], -truth[:, None]), np.where(
        np.arange(cases) < labels, truth, NAN
    )


def moved(accuracy: list[float], labels: int) -> float:
    """How far labels move equal weights, on average over draws."""
    shares = []
    for seed in range(40):
        votes, truth = drawn(accuracy, labels, seed)
        found = shrunk_weights(votes, truth, np.ones(len(accuracy)), moments_of(votes))
        shares.append(found.moved)
    return float(np.mean(shares))


def test_labels_move_weights_only_as_far_as_they_contradict_them() -> None:
    assert moved([0.8] * 5, 20) < 0.25
    assert moved([0.95, 0.45, 0.45, 0.45, 0.45], 20) > 0.6
    assert moved([0.95, 0.45, 0.45, 0.45, 0.45], 200) > 0.95


def test_without_surprise_the_default_keeps_its_direction() -> None:
    """Labels that are the default's own prediction contradict nothing."""
    votes, _ = drawn([0.8, 0.7, 0.6], 0, 3)
    default = np.array([2.0, 1.0, 0.5])
    found = shrunk_weights(votes, votes @ default, default, moments_of(votes))
    assert found.weights == pytest.approx(default, rel=0.01)
    assert found.moved == 0.0


def test_clones_share_their_weight_and_nothing_is_negative() -> None:
    votes, truth = drawn([0.8, 0.7, 0.3], 500, 4)
    doubled = np.column_stack([votes, votes[:, 0]])
    weights = solve(moments_of(doubled), doubled.T @ truth / len(truth))
    single = solve(moments_of(votes), votes.T @ truth / len(truth))
    assert weights[0] + weights[3] == pytest.approx(single[0], rel=0.02)
    assert weights[2] == 0.0


@pytest.mark.parametrize(
    ("scale", "votes", "expected"),
    [
        pytest.param(YesNoScale(), [1, 0, NAN], [1, -1, 0], id="yes-and-no"),
        pytest.param(PreferenceScale(), [1, 0, NAN], [1, 0, 0], id="a-tie-is-the-middle"),
        pytest.param(RealScale(), [0.2, 0.4, NAN], [-1, 1, 0], id="units-of-spread"),
    ],
)
def test_votes_as_numbers(scale: Scale, votes: list[float], expected: list[float]) -> None:
    found = coded(np.array(votes)[:, None], np.full(3, NAN), scale)
    assert found.votes[:, 0] == pytest.approx(expected)
