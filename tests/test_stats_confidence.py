"""Stated confidence and risk–coverage: worked numbers, laws, what is undefined, planted cases."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dikast.stats.ballot_table import BallotTable, Row
from dikast.stats.confidence import (
    brier,
    confident_ballots,
    ece,
    overconfidence,
    reliability,
    wrong_at,
)
from dikast.stats.estimate import Estimate
from dikast.stats.risk_coverage import aurc, risk_coverage
from dikast.types import PreferenceScale

Floats = npt.NDArray[np.float64]
NAN = float("nan")
C = np.array([0.95, 0.95, 0.9, 0.8, 0.8, 0.7, 0.6, 0.6, 0.55, 0.9])
Z = np.array([1.0, 1, 0, 1, 0, 1, 1, 0, 0, 1])


def covers(found: Estimate, truth: float) -> bool:
    assert found.low is not None
    assert found.high is not None
    return found.low <= truth <= found.high


def test_the_method_sheets_example() -> None:
    assert ece(C, Z).value == pytest.approx(0.235, abs=5e-4)
    assert brier(C, Z).value == pytest.approx(0.242, abs=5e-4)
    wrong = wrong_at(C, Z)
    assert (wrong[0.9].value, wrong[0.9].n) == (1 / 4, 4)
    assert (wrong[0.8].value, wrong[0.8].n) == (2 / 6, 6)
    found = aurc(C, Z)
    assert found.oracle.value == pytest.approx(0.113, abs=5e-4)
    # the sheet's 0.239 and 0.219 take ties as they stand; over every order of them it is 0.238
    as_they_stand = aurc(C - 1e-9 * np.arange(10), Z)
    assert as_they_stand.mean.value == pytest.approx(0.239, abs=5e-4)
    assert as_they_stand.trapezoid.value == pytest.approx(0.219, abs=5e-4)
    assert found.mean.value == pytest.approx(0.2382, abs=5e-5)
    assert found.trapezoid.value == pytest.approx(0.2182, abs=5e-5)


def by_hand(z: Floats) -> tuple[float, float]:
    risk = np.cumsum(1 - z) / np.arange(1, len(z) + 1)
    return float(risk.mean()), float(np.trapezoid(risk, np.arange(1, len(z) + 1) / len(z)))


@given(st.lists(st.tuples(st.sampled_from([0.5, 0.7, 0.9]), st.booleans()), min_size=2, max_size=5))
def test_aurc_is_the_mean_over_every_order_of_ties(rows: list[tuple[float, bool]]) -> None:
    c, z = np.array(rows, dtype=float).T
    orders = [p for p in permutations(range(len(c))) if (np.diff(c[list(p)]) <= 0).all()]
    expected = np.mean([by_hand(z[list(order)]) for order in orders], axis=0)
    found = aurc(c, z, draws=0)
    assert (found.mean.value, found.trapezoid.value) == pytest.approx(tuple(expected))
    best = min(by_hand(z[list(p)])[0] for p in permutations(range(len(c))))
    assert found.oracle.value == pytest.approx(best)
    assert found.excess.value is not None
    assert found.excess.value >= -1e-12


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=30), st.randoms())
def test_order_of_ballots_does_not_show(rows: list[tuple[float, bool]], random: object) -> None:
    c, z = np.array(rows, dtype=float).T
    mixed = np.random.default_rng(0).permutation(len(c))
    for figure in (ece, brier, overconfidence):
        one, other = figure(c, z, draws=50), figure(c[mixed], z[mixed], draws=50)
        assert other.value == pytest.approx(one.value)
        assert 0 <= (one.value or 0) + (figure is overconfidence) <= 2
    risk, again = aurc(c, z, draws=50), aurc(c[mixed], z[mixed], draws=50)
    assert [f.value for f in risk] == [f.value for f in again]
    assert risk.mean == again.mean


def test_bins_hold_their_lower_border_and_the_last_both() -> None:
    c = np.array([0.0, 0.1, 0.2, 0.3, 0.6, 0.7, 0.9, 1.0])
    found = reliability(c, np.ones(8))
    assert [round(one.low, 1) for one in found] == [0.0, 0.1, 0.2, 0.3, 0.6, 0.7, 0.9]
    assert [one.accuracy.n for one in found] == [1, 1, 1, 1, 1, 1, 2]
    mass = reliability(np.arange(100) / 100, np.ones(100), binning="mass", bins=4)
    assert [one.accuracy.n for one in mass] == [25, 25, 25, 25]
    assert ece(np.full(9, 0.8), np.ones(9), binning="mass").value == pytest.approx(0.2)
    with pytest.raises(ValueError, match="`binning` must be"):
        ece(C, Z, binning="quantile")  # type: ignore[arg-type]


def test_missing_confidence_is_counted_and_never_a_half() -> None:
    c, z = np.r_[C, NAN, NAN, 0.9], np.r_[Z, 0, 1, NAN]
    for figure in (ece, brier, overconfidence):
        assert (figure(c, z).value, figure(c, z).n) == (figure(C, Z).value, 10)
        assert figure(c, z).nulls == 2
    assert aurc(c, z).mean.nulls == 2
    assert wrong_at(c, z)[0.9].nulls == 2


def test_what_is_undefined_or_refused() -> None:
    assert wrong_at(C, Z, thresholds=[0.99])[0.99].reason == "no ballot claims so much"
    none = np.full(3, NAN)
    assert ece(none, Z[:3]).reason == "no labelled ballot states a confidence"
    assert aurc(none, Z[:3]).mean.nulls == 3
    assert brier(C, np.full(10, NAN)).value is None
    assert risk_coverage(none, Z[:3]) == []
    assert aurc(C[:1], Z[:1]).trapezoid.reason == "there is only one ballot"
    assert aurc(C[:1], Z[:1]).mean.value == 0
    with pytest.raises(ValueError, match="outside 0 to 1"):
        ece(np.array([1.2]), np.array([1.0]))
    with pytest.raises(ValueError, match="must be 0, 1 or NaN"):
        ece(np.array([0.2]), np.array([0.5]))


def test_curve_ends_at_the_error_rate() -> None:
    curve = risk_coverage(C, Z)
    assert [round(point.threshold, 2) for point in curve] == [0.95, 0.9, 0.8, 0.7, 0.6, 0.55]
    assert (curve[-1].coverage, curve[-1].risk) == (1.0, 0.4)
    assert curve[1].risk == 1 / 4


def test_columns_of_a_table() -> None:
    rows = [
        Row("c", "ann", 1, confidence=0.9),
        Row("c", "ann", -1, swapped=True, confidence=0.6),
        Row("d", "ann", None, confidence=0.3),
        Row("c", "bob", 1, confidence=1.0),
    ]
    table = BallotTable.of(
        rows, scales={"overall": PreferenceScale()}, pairs=True, truth={("c", "overall"): 1}
    )
    confidence, correct, case = confident_ballots(table, "overall", "ann")
    assert confidence.tolist() == [0.9, 0.6, 0.3]
    assert np.array_equal(correct, [1, 0, NAN], equal_nan=True)
    assert case.tolist() == [0, 0, 1]


def stated(rng: np.random.Generator, n: int, claim: float) -> tuple[Floats, Floats]:
    """A judge who claims so much more than it knows, on five levels."""
    known = rng.choice([0.55, 0.65, 0.75, 0.85], n)
    return known + claim, (rng.random(n) < known).astype(float)


def test_planted_miscalibration_is_covered() -> None:
    hits = np.zeros(3)
    for seed in range(150):
        c, z = stated(np.random.default_rng(seed), 800, 0.12)
        hits[0] += covers(ece(c, z, draws=200, seed=seed), 0.12)
        hits[1] += covers(overconfidence(c, z, draws=200, seed=seed), 0.12)
        expected = 0.12**2 + float(np.mean([p * (1 - p) for p in (0.55, 0.65, 0.75, 0.85)]))
        hits[2] += covers(brier(c, z, draws=200, seed=seed), expected)
    assert (hits >= 135).all()
    assert (hits <= 149).all()


def test_intervals_of_aurc_cover() -> None:
    levels = np.array([0.55, 0.65, 0.75, 0.85])
    errors = 1 - levels[::-1]
    # in the long run: on quarter k the risk is (errors before + part of its own) / coverage
    grid = (np.arange(200_000) + 0.5) / 200_000
    quarter = np.minimum((grid * 4).astype(int), 3)
    before = np.cumsum(np.r_[0, errors])[quarter] / 4
    truth = float(np.mean((before + errors[quarter] * (grid - quarter / 4)) / grid))
    hits = 0
    for seed in range(150):
        c, z = stated(np.random.default_rng(seed), 400, 0.0)
        hits += covers(aurc(c, z, draws=200, seed=seed).mean, truth)
    assert 135 <= hits <= 149


def test_ballots_of_one_case_are_resampled_together() -> None:
    c, z = stated(np.random.default_rng(0), 300, 0.1)
    case = np.arange(300)

    def width(found: Estimate) -> float:
        assert found.low is not None
        assert found.high is not None
        return found.high - found.low

    for figure in (brier, overconfidence, lambda *a, **k: aurc(*a, **k).mean):
        once = figure(c, z)
        doubled = figure(np.tile(c, 4), np.tile(z, 4), by=np.tile(case, 4))
        assert doubled.value == pytest.approx(once.value, abs=2e-3)
        assert width(doubled) == pytest.approx(width(once), rel=0.15)
