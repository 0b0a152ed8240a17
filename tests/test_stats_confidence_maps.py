"""Confidence maps: rising, never certain, drawn to the base rate, and right about the planted."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dikast.stats.confidence_maps import (
    ConfidenceCurve,
    Method,
    fit_confidence,
    smoothed_share,
)
from dikast.stats.folds import assign_folds, repeated_folds

Floats = npt.NDArray[np.float64]
METHODS: list[Method] = ["constant", "logistic", "isotonic"]
PAIRS = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=40)


def arrays(pairs: list[tuple[float, bool]]) -> tuple[Floats, Floats]:
    return np.array([raw for raw, _ in pairs]), np.array([float(ok) for _, ok in pairs])


@given(PAIRS, st.sampled_from([*METHODS, None]))
def test_every_map_rises_and_is_never_certain(
    pairs: list[tuple[float, bool]], method: Method | None
) -> None:
    curve = fit_confidence(*arrays(pairs), method=method)
    told = curve.at(np.linspace(0, 1, 101))
    assert (np.diff(told) >= -1e-12).all()
    assert told.min() > 0
    assert told.max() < 1
    assert (np.diff(curve.raw) > 0).all()


@given(PAIRS, st.sampled_from([*METHODS, None]), st.randoms(use_true_random=False))
def test_the_order_of_labels_does_not_show(
    pairs: list[tuple[float, bool]], method: Method | None, chance: object
) -> None:
    one = fit_confidence(*arrays(pairs), method=method)
    other = fit_confidence(*arrays(pairs[::-1]), method=method)
    assert one.method == other.method
    # the optimiser of the logistic curve stops within a tolerance
    assert np.allclose(one.at(np.linspace(0, 1, 9)), other.at(np.linspace(0, 1, 9)), atol=1e-3)


def planted(n: int, seed: int = 0) -> tuple[Floats, Floats, Floats]:
    """Raw confidences, outcomes, and the probabilities that made them: far overconfident."""
    rng = np.random.default_rng(seed)
    raw = rng.uniform(0.4, 1.0, n)
    truth = 1 / (1 + np.exp(-(-3.0 + 4.0 * raw)))
    return raw, (rng.random(n) < truth).astype(float), truth


@pytest.mark.parametrize("method", ["logistic", "isotonic", None])
def test_planted_confidence_is_recovered(method: Method | None) -> None:
    raw, right, truth = planted(6000)
    told = fit_confidence(raw, right, method=method).at(raw)
    assert float(np.abs(told - truth).mean()) < 0.02
    assert float(np.mean((told - right) ** 2)) < float(np.mean((raw - right) ** 2)) - 0.02


def test_steps_are_found_where_there_are_steps() -> None:
    """A jump that no logistic curve of this slope can follow."""
    rng = np.random.default_rng(3)
    raw = rng.choice([0.4, 0.6, 0.8, 1.0], 3000)
    right = (rng.random(3000) < np.where(raw < 0.9, 0.55, 0.95)).astype(float)
    assert fit_confidence(raw, right).method == "isotonic"
    shared = fit_confidence(raw, right).at(np.array([0.4, 0.6, 0.8, 1.0]))
    assert shared == pytest.approx([0.55, 0.55, 0.55, 0.95], abs=0.04)


def test_a_confidence_that_tells_nothing_gives_the_base_rate() -> None:
    rng = np.random.default_rng(5)
    chosen = []
    for _ in range(20):
        raw, right = rng.uniform(0, 1, 300), (rng.random(300) < 0.7).astype(float)
        curve = fit_confidence(raw, right)
        chosen.append(curve.method)
        told = curve.at(np.array([0.05, 0.95]))
        assert told == pytest.approx([right.mean()] * 2, abs=0.13)
    assert chosen.count("constant") + chosen.count("logistic") > 15


def test_a_confidence_the_wrong_way_round_is_not_believed() -> None:
    raw = np.linspace(0, 1, 200)
    right = (np.random.default_rng(0).random(200) < 1 - raw).astype(float)
    for method in METHODS:
        told = fit_confidence(raw, right, method=method).at(np.array([0.0, 1.0]))
        assert told == pytest.approx([0.5, 0.5], abs=0.12)


@pytest.mark.parametrize(
    ("right", "expected"),
    [
        pytest.param([1, 1, 1], 4 / 5, id="three-right-are-no-certainty"),
        pytest.param([0, 0], 1 / 4, id="two-wrong-neither"),
        pytest.param([1], 2 / 3, id="one-label"),
    ],
)
def test_few_labels_are_drawn_to_the_middle(right: list[float], expected: float) -> None:
    """With nothing to tell apart, every map is the base rate (k + 1)/(n + 2)."""
    raw = np.ones(len(right))
    for method in ("constant", "logistic"):
        curve = fit_confidence(raw, np.array(right, dtype=float), method=method)
        assert curve.at(np.array([0.2, 1.0])) == pytest.approx([expected] * 2)


def test_worked_isotonic_steps() -> None:
    """One wrong among two equal is pooled with the one right below it, then drawn to 5/8."""
    raw, right = np.array([0.2, 0.4, 0.6, 0.6, 0.8, 1]), np.array([0.0, 1, 0, 1, 1, 1])
    curve = fit_confidence(raw, right, method="isotonic")
    base = 5 / 8
    steps = [(0 + 2 * base) / 3, (2 + 2 * base) / 5, (2 + 2 * base) / 4]
    assert curve.probability == pytest.approx([steps[0], steps[1], steps[1], steps[2], steps[2]])


def test_what_drawing_disorders_is_pooled_again() -> None:
    """9 of 10 right below a single right one: drawn to 11/23, the single one would fall below."""
    raw = np.repeat([0.2, 0.6, 1.0], [10, 10, 1])
    right = np.array([0.0] * 10 + [0.0] + [1.0] * 9 + [1.0])
    curve = fit_confidence(raw, right, method="isotonic")
    base = 11 / 23
    middle, top = (9 + 2 * base) / 12, (1 + 2 * base) / 3
    assert top < middle
    pooled = (12 * middle + 3 * top) / 15
    assert curve.at(np.array([0.6, 1.0])) == pytest.approx([pooled, pooled])


@pytest.mark.parametrize("method", METHODS)
def test_labels_that_part_cleanly_are_no_certainty(method: Method) -> None:
    raw, right = np.repeat([0.5, 0.6], 2000), np.repeat([0.0, 1.0], 2000)
    told = fit_confidence(raw, right, method=method).at(np.array([0.0, 1.0]))
    assert told[0] > 1e-4
    assert told[1] < 1 - 1e-4


def test_copies_of_a_case_are_held_out_together() -> None:
    """Each case four times: held out alone, a copy gives its label away, and steps win always."""
    alone = together = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        raw = rng.uniform(0, 1, 40)
        right = (rng.random(40) < 0.3 + 0.4 * raw).astype(float)
        copies = (np.repeat(raw, 4), np.repeat(right, 4), np.full(160, 0.25))
        alone += fit_confidence(*copies).method == "isotonic"
        own = fit_confidence(*copies, groups=np.repeat(np.arange(40), 4))
        together += own.method == "isotonic"
    assert alone >= 18
    assert together <= 10


@pytest.mark.parametrize("method", METHODS)
def test_weights_count_like_repeats(method: Method) -> None:
    raw, right, _ = planted(40)
    twice = fit_confidence(np.tile(raw, 2), np.tile(right, 2), np.full(80, 0.5), method=method)
    once = fit_confidence(raw, right, method=method)
    assert twice.n == pytest.approx(40)
    assert twice.at(raw) == pytest.approx(once.at(raw), abs=1e-4)


@pytest.mark.parametrize(
    ("raw", "right", "message"),
    [
        pytest.param([], [], "no labelled decision", id="no-label"),
        pytest.param([np.nan], [1.0], "no labelled decision", id="no-confidence"),
        pytest.param([1.2], [1.0], "outside 0 to 1", id="not-a-share"),
    ],
)
def test_what_is_refused(raw: list[float], right: list[float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        fit_confidence(np.array(raw), np.array(right))


def test_nan_stays_nan() -> None:
    curve = ConfidenceCurve("constant", np.array([0.5]), np.array([0.7]), 3)
    assert np.isnan(curve.at(np.array([np.nan]))).all()


def test_a_share_of_nothing_is_its_prior() -> None:
    assert smoothed_share(0, 0, 0.3).value == pytest.approx(0.3)
    assert smoothed_share(1, 1, 1.0).value is None


# -- folds ------------------------------------------------------------------------------------


@given(
    st.lists(st.sampled_from([0.0, 1.0, 2.0]), min_size=4, max_size=50),
    st.integers(2, 7),
    st.integers(0, 9),
)
def test_folds_are_even_and_strata_are_spread(labels: list[float], k: int, seed: int) -> None:
    strata = np.array(labels)
    fold = assign_folds(strata, folds=k, seed=seed)
    sizes = np.bincount(fold, minlength=min(k, len(labels)))
    assert sizes.max() - sizes.min() <= 1
    assert len(sizes) == min(k, len(labels))
    for label in set(labels):
        held = np.bincount(fold[strata == label], minlength=len(sizes))
        assert held.max() - held.min() <= 1


@given(st.lists(st.integers(0, 6), min_size=6, max_size=40), st.integers(0, 5))
def test_cases_of_one_question_are_held_out_together(groups: list[int], seed: int) -> None:
    names = [f"q{group}" for group in groups]
    if len(set(names)) < 2:
        with pytest.raises(ValueError, match="different questions"):
            assign_folds(np.zeros(len(names)), groups=names)
        return
    fold = assign_folds(np.zeros(len(names)), folds=3, seed=seed, groups=names)
    for name in set(names):
        assert len({int(f) for f, other in zip(fold, names, strict=True) if other == name}) == 1
    assert set(fold.tolist()) == set(range(min(3, len(set(names)))))


def test_repeats_differ_and_seeds_repeat() -> None:
    strata = np.arange(40.0) % 2
    plan = repeated_folds(strata, repeats=3, seed=1)
    assert plan.shape == (3, 40)
    assert not (plan[0] == plan[1]).all()
    assert (plan == repeated_folds(strata, repeats=3, seed=1)).all()
    assert not (plan == repeated_folds(strata, repeats=3, seed=2)).all()
