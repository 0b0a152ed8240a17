"""Means and shares corrected by a few labels: worked numbers, laws, coverage, an oracle."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dikast.stats.prediction_powered import best_power, powered_mean
from dikast.stats.prevalence import rogan_gladen, true_share

Floats = npt.NDArray[np.float64]


def weak_judge(seed: int, n: int, many: int, noise: float = 0.3) -> tuple[Floats, Floats, Floats]:
    """Labels of 0 and 1 with mean 0.626, and a biased judge of little power."""
    rng = np.random.default_rng(seed)
    truth = (rng.random(n + many) < 0.626).astype(float)
    said = np.where(rng.random(n + many) < noise, rng.random(n + many) < 0.9, truth).astype(float)
    return truth[:n], said[:n], said[n:]


def test_worked_numbers_of_plain_inference() -> None:
    """mean(unlabelled) − mean(judged − label), and the sum of both variances."""
    labels, judged = np.array([1.0, 0, 1, 1]), np.array([1.0, 1, 1, 0])
    others = np.array([1.0, 1, 0, 1, 1])
    found = powered_mean(labels, judged, others, power=1, normal=True).mean
    assert found.value == pytest.approx(0.8 - 0.0)
    half = 1.959964 * (0.16 / 5 + 0.5 / 4) ** 0.5
    assert found.low is not None
    assert found.low == pytest.approx(0.8 - half, abs=1e-5)
    few = powered_mean(labels, judged, others, power=1).mean
    left = (4 * 0.5 + 2 * 0.25) / (3 + 2)  # two imagined labels that vary as all do
    half = 3.182446 * (0.16 / 5 + left / 4) ** 0.5  # Student's t of three degrees of freedom
    assert few.low == pytest.approx(0.8 - half, abs=1e-5)


def test_the_power_in_closed_form() -> None:
    labels, judged = np.array([1.0, 0, 1, 0]), np.array([1.0, 0, 1, 1])
    others = np.array([1.0, 0, 1, 1])
    covariance = float(np.mean((labels - 0.5) * (judged - 0.75)))
    spread = float(np.var([1, 0, 1, 1, 1, 0, 1, 1], ddof=1))
    assert best_power(labels, judged, others) == pytest.approx(covariance / (2 * spread))


@pytest.mark.parametrize(
    ("labels", "judged", "others"),
    [
        pytest.param([1, 0, 1, 0], [1, 1, 1, 1], [1, 1, 1], id="constant-judge"),
        pytest.param([1, 0, 1, 0], [0, 1, 0, 1], [0, 1, 1], id="wrong-way-round"),
        pytest.param([1, 0, 1, 0], [1, 0, 1, 0], [], id="nothing-unlabelled"),
    ],
)
def test_a_judge_of_no_use_is_left_out(
    labels: list[float], judged: list[float], others: list[float]
) -> None:
    found = powered_mean(*(np.array(x, dtype=float) for x in (labels, judged, others)))
    assert found.power == 0
    assert found.mean.value == found.labels_only.value == 0.5
    assert found.mean.low == found.labels_only.low


def test_a_perfect_judge_is_worth_as_many_labels() -> None:
    rng = np.random.default_rng(1)
    truth = (rng.random(2100) < 0.4).astype(float)
    found = powered_mean(truth[:100], truth[:100], truth[100:])
    assert found.power == pytest.approx(1 / 1.05, abs=0.1)
    assert found.mean.value == pytest.approx(truth.mean(), abs=0.02)
    width = (found.mean.high or 0) - (found.mean.low or 0)
    assert width < 0.35 * ((found.labels_only.high or 0) - (found.labels_only.low or 0))


def test_one_label_is_not_enough() -> None:
    found = powered_mean(np.array([1.0, np.nan]), np.array([1.0, 0.0]), np.array([1.0, np.nan]))
    assert found.mean.value is None
    assert found.mean.nulls == 2


def test_labels_and_scores_must_match() -> None:
    with pytest.raises(ValueError, match="one label and one score"):
        powered_mean(np.zeros(3), np.zeros(2), np.zeros(2))


def test_the_tuned_interval_covers_and_is_never_much_wider() -> None:
    """By simulation: 95 % coverage, where the plain one is wider than labels alone."""
    held = wider = plain_wider = 0
    draws = 1500
    for seed in range(draws):
        labels, judged, others = weak_judge(seed, 100, 2000, noise=0.8)
        found = powered_mean(labels, judged, others)
        plain = powered_mean(labels, judged, others, power=1).mean
        assert found.mean.low is not None
        assert found.mean.high is not None
        held += found.mean.low <= 0.626 <= found.mean.high
        only = (found.labels_only.high or 0) - (found.labels_only.low or 0)
        wider += found.mean.high - found.mean.low > 1.01 * only
        plain_wider += (plain.high or 0) - (plain.low or 0) > 1.01 * only
    assert 0.93 <= held / draws <= 0.97
    assert wider == 0
    assert plain_wider > 0.5 * draws


@pytest.mark.parametrize("n", [10, 20])
def test_few_labels_cover_too(n: int) -> None:
    """An interval by the normal distribution holds the share less often."""
    held = normal = labels_only = 0
    for seed in range(1500):
        labels, judged, others = weak_judge(seed, n, 500, noise=0.4)
        found = powered_mean(labels, judged, others)
        plain = powered_mean(labels, judged, others, normal=True).mean
        held += (found.mean.low or 0) <= 0.626 <= (found.mean.high or 0)
        labels_only += (found.labels_only.low or 0) <= 0.626 <= (found.labels_only.high or 0)
        normal += (plain.low or 0) <= 0.626 <= (plain.high or 0)
    assert held / 1500 >= 0.9
    assert labels_only / 1500 >= 0.9
    assert normal / 1500 < held / 1500 - 0.01


def test_agrees_with_ppi_python() -> None:
    oracle: Any = pytest.importorskip("ppi_py", reason="ppi-python is in the group `heavy-oracles`")
    for seed in range(5):
        labels, judged, others = weak_judge(seed, 60, 500)
        for power, lam in ((None, None), (1.0, 1)):
            mine = powered_mean(labels, judged, others, power=power, normal=True).mean
            low, high = oracle.ppi_mean_ci(labels, judged, others, alpha=0.05, lam=lam)
            point = oracle.ppi_mean_pointestimate(labels, judged, others, lam=lam)
            assert mine.value == pytest.approx(float(np.ravel(point)[0]), abs=1e-9)
            assert mine.low == pytest.approx(float(np.ravel(low)[0]), abs=1e-9)
            assert mine.high == pytest.approx(float(np.ravel(high)[0]), abs=1e-9)


@given(st.lists(st.booleans(), min_size=4, max_size=30), st.floats(-5, 5))
def test_moving_the_judge_moves_nothing(labels: list[bool], by: float) -> None:
    """A constant bias of the judge is what the labels correct."""
    y = np.array(labels, dtype=float)
    judged, others = y[::-1].copy(), np.linspace(0, 1, 20)
    one = powered_mean(y, judged, others, power=0.7).mean
    other = powered_mean(y, judged + by, others + by, power=0.7).mean
    assert one.value == pytest.approx(other.value, abs=1e-9)
    assert one.low == pytest.approx(other.low, abs=1e-9)


@pytest.mark.parametrize(
    ("judged", "tp", "tn", "expected"),
    [
        pytest.param(0.70, 0.96, 0.75, 0.634, id="a-lenient-judge"),
        pytest.param(0.30, 1.0, 1.0, 0.30, id="a-perfect-judge-changes-nothing"),
        pytest.param(0.10, 0.9, 0.8, 0.0, id="below-its-own-false-alarms"),
        pytest.param(0.95, 0.9, 0.9, 1.0, id="above-its-own-hits"),
        pytest.param(0.5, 0.55, 0.5, None, id="hardly-better-than-chance"),
        pytest.param(0.5, 0.6, 0.5, 0.0, id="just-good-enough"),
        pytest.param(0.5, 0.1, 0.1, None, id="worse-than-chance"),
    ],
)
def test_prevalence(judged: float, tp: float, tn: float, expected: float | None) -> None:
    found = rogan_gladen(judged, tp, tn)
    assert found == (None if expected is None else pytest.approx(expected, abs=5e-4))


@pytest.mark.parametrize(
    ("labels", "judged", "why"),
    [
        pytest.param([1, 1, 1], [1, 1, 0], "both kinds", id="one-class-only"),
        pytest.param([1, 1, 0, 0], [1, 0, 1, 0], "chance", id="judge-at-chance"),
        pytest.param([np.nan], [1], "both kinds", id="no-label"),
    ],
)
def test_a_share_that_cannot_be_corrected(
    labels: list[float], judged: list[float], why: str
) -> None:
    found = true_share(np.array(labels, float), np.array(judged, float), np.ones(10))
    assert found.value is None
    assert why in found.reason


def test_the_corrected_share_covers_the_true_one() -> None:
    held = 0
    draws = 400
    for seed in range(draws):
        rng = np.random.default_rng(seed)
        truth = rng.random(1100) < 0.4
        said = np.where(truth, rng.random(1100) < 0.9, rng.random(1100) < 0.25).astype(float)
        found = true_share(truth[:100].astype(float), said[:100], said[100:], seed=seed, draws=500)
        assert found.low is not None
        assert found.high is not None
        held += found.low <= 0.4 <= found.high
    assert 0.91 <= held / draws <= 0.99


def test_too_little_to_tell_is_an_interval_of_everything() -> None:
    labels, judged = np.array([1.0, 1, 0, 0]), np.array([1.0, 1, 1, 0])
    found = true_share(labels, judged, np.ones(50))
    assert (found.low, found.high) == (0.0, 1.0)
