"""Accuracy, calibration and regression beside scikit-learn, statsmodels and scipy."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from dikast.stats.accuracy import accuracy, by_class
from dikast.stats.confidence import brier, reliability
from dikast.stats.drift import mann_kendall
from dikast.stats.intervals import wilson
from dikast.stats.leniency import leniency
from dikast.stats.logistic import fit_logistic
from dikast.stats.significance import (
    Significance,
    binomial_test,
    false_discovery,
    mcnemar_test,
)

Floats = npt.NDArray[np.float64]


def oracle(name: str) -> Any:
    return pytest.importorskip(
        name, reason=f"the oracle `{name}` is not installed (group `oracles` of pyproject.toml)"
    )


classes = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=2, max_size=40).map(
    lambda rows: np.array(rows, dtype=float).T
)


@pytest.mark.filterwarnings("ignore:y_pred contains classes", "ignore:A single label was found")
@settings(max_examples=25)
@given(classes)
def test_accuracy_as_scikit_learn(rows: Floats) -> None:
    metrics = oracle("sklearn.metrics")
    votes, truth = rows
    found = by_class(votes, truth, draws=0)
    assert accuracy(votes, truth).value == pytest.approx(metrics.accuracy_score(truth, votes))
    assert found.balanced_accuracy.value == pytest.approx(
        metrics.balanced_accuracy_score(truth, votes), abs=1e-6
    )
    assert found.macro_f1.value == pytest.approx(
        metrics.f1_score(truth, votes, average="macro"), abs=1e-6
    )
    table = metrics.confusion_matrix(truth, votes, labels=[0, 1, 2, 3])
    for (label, vote), count in found.confusion.items():
        assert vote is not None
        assert table[int(label), int(vote)] == count


probabilities = st.lists(
    st.tuples(st.integers(0, 1000).map(lambda k: k / 1000), st.booleans()), min_size=2, max_size=60
).map(lambda rows: np.array(rows, dtype=float).T)


@given(probabilities)
def test_calibration_as_scikit_learn(rows: Floats) -> None:
    metrics, calibration = oracle("sklearn.metrics"), oracle("sklearn.calibration")
    confidence, correct = rows
    assume(0 < correct.sum() < len(correct))
    assert brier(confidence, correct, draws=0).value == pytest.approx(
        metrics.brier_score_loss(correct, confidence), abs=1e-6
    )
    # there a bin holds its upper border, here its lower: no border is a value then
    inside = np.where(confidence * 10 % 1 < 1e-9, np.minimum(confidence + 1e-4, 0.9999), confidence)
    share, mean = calibration.calibration_curve(correct, inside, n_bins=10)
    found = reliability(inside, correct, draws=0)
    assert [one.confidence for one in found] == pytest.approx(mean.tolist(), abs=1e-6)
    assert [one.accuracy.value for one in found] == pytest.approx(share.tolist(), abs=1e-6)


@settings(max_examples=12)
@given(st.integers(0, 10_000), st.sampled_from([0.0, 1.0, 5.0]))
def test_logistic_as_scikit_learn_and_statsmodels(seed: int, ridge: float) -> None:
    linear, discrete = oracle("sklearn.linear_model"), oracle("statsmodels.api")
    rng = np.random.default_rng(seed)
    x = np.column_stack([np.ones(60), rng.normal(size=(60, 2))])
    y = (rng.random(60) < 1 / (1 + np.exp(-x @ [0.2, 0.7, -0.5]))).astype(float)
    assume(5 < y.sum() < 55)
    weights = rng.integers(0, 3, 60).astype(float)
    found = fit_logistic(x, y, np.stack([weights, np.ones(60)]), np.array([0.0, ridge, ridge]))
    if ridge:
        model = linear.LogisticRegression(C=1 / ridge, tol=1e-10, max_iter=2000)
        model.fit(x[:, 1:], y, sample_weight=weights)
        expected = [model.intercept_[0], *model.coef_[0]]
    else:
        expected = (
            discrete.GLM(y, x, family=discrete.families.Binomial(), freq_weights=weights)
            .fit(tol=1e-12)
            .params
        )
    assert found[0] == pytest.approx(np.array(expected), abs=1e-5 if ridge else 1e-6)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_false_discovery_as_statsmodels(ps: list[float]) -> None:
    multi = oracle("statsmodels.stats.multitest")
    found = false_discovery([Significance(p, 50) for p in ps])
    expected = multi.multipletests(ps, method="fdr_bh")[1]
    assert found == pytest.approx(expected.tolist(), abs=1e-6)


@given(st.integers(0, 40), st.integers(0, 40))
def test_exact_tests_as_statsmodels(one: int, other: int) -> None:
    tables, proportion = (
        oracle("statsmodels.stats.contingency_tables"),
        oracle("statsmodels.stats.proportion"),
    )
    found = mcnemar_test(one, other, 100).p
    expected = tables.mcnemar([[10, one], [other, 10]], exact=True).pvalue
    assert found == pytest.approx(min(float(expected), 1.0), abs=1e-6) or one + other == 0
    n = one + other + 30
    assert binomial_test(one, n).p == pytest.approx(proportion.binom_test(one, n), abs=1e-6)
    low, high = proportion.proportion_confint(one, n, method="wilson")
    assert (wilson(one, n).low, wilson(one, n).high) == pytest.approx((low, high), abs=1e-6)


@given(st.lists(st.integers(0, 6), min_size=5, max_size=40))
def test_sens_slope_as_scipy(values: list[int]) -> None:
    y = np.array(values, dtype=float)
    assume(np.ptp(y) > 0)
    found = mann_kendall(y)
    assert found.slope.value == pytest.approx(stats.theilslopes(y).slope)
    s = sum(np.sign(b - a) for i, a in enumerate(values) for b in values[i + 1 :])
    assert found.tau.value == pytest.approx(s / (len(y) * (len(y) - 1) / 2))


@given(classes)
def test_rates_as_scikit_learn(rows: Floats) -> None:
    metrics = oracle("sklearn.metrics")
    votes, truth = (rows > 1).astype(float)
    assume(0 < truth.sum() < len(truth))
    found = leniency(votes, truth, draws=0)
    assert found.true_positive.value == pytest.approx(metrics.recall_score(truth, votes))
    assert found.true_negative.value == pytest.approx(
        metrics.recall_score(truth, votes, pos_label=0)
    )
    assert found.knows.value == pytest.approx(
        metrics.balanced_accuracy_score(truth, votes, adjusted=True), abs=1e-6
    )
