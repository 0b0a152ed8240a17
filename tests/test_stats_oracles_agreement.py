"""Agreement beside independent implementations: scikit-learn, krippendorff, statsmodels, scipy."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from dikast.stats.agreement import cohen
from dikast.stats.correlation import kendall, pearson, spearman
from dikast.stats.krippendorff import Level, krippendorff
from dikast.stats.raters import fleiss

Floats = npt.NDArray[np.float64]
NAN = float("nan")


def oracle(name: str) -> Any:
    return pytest.importorskip(
        name, reason=f"the oracle `{name}` is not installed (group `oracles` of pyproject.toml)"
    )


columns = st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5)), min_size=2, max_size=40).map(
    lambda rows: np.array(rows, dtype=float).T
)


@pytest.mark.parametrize(
    ("ours", "theirs"), [("nominal", None), ("linear", "linear"), ("quadratic", "quadratic")]
)
@given(rows=columns)
def test_cohen_as_scikit_learn(ours: Any, theirs: str | None, rows: Floats) -> None:
    metrics = oracle("sklearn.metrics")
    a, b = rows
    scale = [1, 2, 3, 4, 5]
    found = cohen(a, b, weights=ours, categories=scale, draws=0).value
    assume(found is not None)
    expected = metrics.cohen_kappa_score(a, b, weights=theirs, labels=scale)
    assert found == pytest.approx(expected, abs=1e-6)


ratings = st.lists(
    st.lists(st.sampled_from([1.0, 2.0, 3.0, 5.0, 8.0, NAN]), min_size=4, max_size=4),
    min_size=3,
    max_size=20,
).map(lambda rows: np.array(rows, dtype=float))


@pytest.mark.parametrize("level", ["nominal", "ordinal", "interval"])
@given(rows=ratings)
def test_alpha_as_krippendorff(level: Level, rows: Floats) -> None:
    package = oracle("krippendorff")
    found = krippendorff(rows, level=level, draws=0).value
    assume(found is not None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = package.alpha(rows.T, level_of_measurement=level)
    assert found == pytest.approx(expected, abs=1e-6)


@given(st.lists(st.lists(st.integers(0, 3), min_size=5, max_size=5), min_size=2, max_size=20))
def test_fleiss_as_statsmodels(rows: list[list[int]]) -> None:
    rater = oracle("statsmodels.stats.inter_rater")
    found = fleiss(rows, draws=0).value
    assume(found is not None)
    counts, _ = rater.aggregate_raters(np.array(rows))
    assert found == pytest.approx(rater.fleiss_kappa(counts), abs=1e-6)


@given(columns)
def test_correlations_as_scipy(rows: Floats) -> None:
    a, b = rows
    assume(len(a) > 2 and np.ptp(a) > 0 and np.ptp(b) > 0)
    assert pearson(a, b, draws=0).value == pytest.approx(stats.pearsonr(a, b).statistic, abs=1e-6)
    assert spearman(a, b, draws=0).value == pytest.approx(stats.spearmanr(a, b).statistic, abs=1e-6)
    assert kendall(a, b, draws=0).value == pytest.approx(stats.kendalltau(a, b).statistic, abs=1e-6)


def test_resamples_are_what_scipy_makes_of_them() -> None:
    """A weighted row is a repeated row, so that intervals rest on the same figures."""
    rng = np.random.default_rng(0)
    rows = rng.integers(1, 6, size=(30, 2)).astype(float)
    from dikast.stats.correlation import _kendall, _spearman

    weights = rng.multinomial(30, np.full(30, 1 / 30), size=20).astype(float)
    for row, tau, rho in zip(
        weights, _kendall(rows, weights), _spearman(rows, weights), strict=True
    ):
        a, b = np.repeat(rows, row.astype(int), axis=0).T
        assert tau == pytest.approx(stats.kendalltau(a, b).statistic, abs=1e-9)
        assert rho == pytest.approx(stats.spearmanr(a, b).statistic, abs=1e-9)
