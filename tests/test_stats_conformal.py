"""Conformal half-widths: how many labels they take, which residual they are, what they cover."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dikast.stats.conformal import fewest_labels, residual_quantile


@pytest.mark.parametrize(
    ("alpha", "needed"),
    [
        pytest.param(0.5, 1, id="a-half"),
        pytest.param(0.2, 4, id="a-fifth"),
        pytest.param(0.1, 9, id="a-tenth"),
        pytest.param(0.05, 19, id="a-twentieth"),
        pytest.param(0.01, 99, id="a-hundredth"),
        pytest.param(0.3, 3, id="not-a-whole-fraction"),
    ],
)
def test_how_many_labels_are_needed(alpha: float, needed: int) -> None:
    assert fewest_labels(alpha) == needed
    few = residual_quantile(np.arange(float(needed - 1)), alpha)
    assert few.value is None
    assert f"{needed} labels" in few.reason
    # at the bound the widest residual is the half-width
    assert residual_quantile(np.arange(float(needed)), alpha).value == needed - 1


@pytest.mark.parametrize(
    ("n", "alpha", "rank"),
    [
        pytest.param(99, 0.1, 90, id="whole-rank"),
        pytest.param(100, 0.1, 91, id="rank-rounded-up"),
        pytest.param(20, 0.05, 20, id="twenty-labels"),
        pytest.param(29, 0.1, 27, id="no-rank-too-many-by-rounding"),
    ],
)
def test_which_residual_it_is(n: int, alpha: float, rank: int) -> None:
    residuals = np.random.default_rng(0).permutation(np.arange(1.0, n + 1))
    assert residual_quantile(residuals, alpha).value == rank


def test_cases_without_a_score_are_counted_and_left_out() -> None:
    residuals = np.append(np.arange(9.0), [np.nan, np.nan])
    found = residual_quantile(residuals)
    assert (found.value, found.n, found.nulls) == (8.0, 9, 2)


@pytest.mark.parametrize("alpha", [0.0, 1.0, -0.1, 2.0])
def test_impossible_levels_are_refused(alpha: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        fewest_labels(alpha)


@given(st.lists(st.floats(0, 10), min_size=9, max_size=60), st.randoms())
def test_the_order_of_cases_does_not_show(residuals: list[float], chance: object) -> None:
    mixed = sorted(residuals)
    one = residual_quantile(np.array(residuals)).value
    assert one == residual_quantile(np.array(mixed)).value
    assert one in residuals


@pytest.mark.parametrize(("n", "alpha"), [(9, 0.1), (30, 0.1), (40, 0.2)])
def test_coverage_is_marginal_and_not_wasteful(n: int, alpha: float) -> None:
    """Over many draws of labels and one new case, within [1 − α, 1 − α + 1/(n + 1)]."""
    rng = np.random.default_rng(7)
    draws = 8000
    residuals = np.abs(rng.standard_t(3, size=(draws, n + 1)))
    held = [row[-1] <= (residual_quantile(row[:-1], alpha).value or 0.0) for row in residuals]
    share, noise = float(np.mean(held)), 4 * (alpha * (1 - alpha) / draws) ** 0.5
    assert 1 - alpha - noise <= share <= 1 - alpha + 1 / (n + 1) + noise
