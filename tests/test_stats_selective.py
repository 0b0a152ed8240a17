"""Selective verdicts: the bound, the search, cascades; the guarantee, by simulation."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from dikast.stats.ballot_table import Bools, Floats
from dikast.stats.certainty import band_floor
from dikast.stats.selective import (
    AbstainAlways,
    Ruling,
    Threshold,
    accepts,
    agreement,
    assign,
    band,
    calibrate_cascade,
    cross_validate,
    find_threshold,
    folds,
    labels_needed,
    upper_bound,
)
from dikast.types.cascades import BANDS, band_middle


def test_the_worked_bound() -> None:
    assert upper_bound(3, 60, 0.1) == pytest.approx(0.108, abs=5e-4)
    assert stats.binom.cdf(3, 60, upper_bound(3, 60, 0.1)) == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("alpha", "needed"),
    [pytest.param(0.10, 22, id="ten-percent"), pytest.param(0.05, 45, id="five-percent")],
)
def test_the_worked_numbers_of_labels(alpha: float, needed: int) -> None:
    assert labels_needed(alpha, 0.1) == needed
    assert upper_bound(0, needed, 0.1) <= alpha < upper_bound(0, needed - 1, 0.1)


@given(st.integers(0, 12), st.floats(0.02, 0.5), st.floats(0.01, 0.5))
def test_labels_needed_is_the_least_that_passes(errors: int, alpha: float, delta: float) -> None:
    n = labels_needed(alpha, delta, errors=errors)
    assert upper_bound(errors, n, delta) <= alpha + 1e-9
    assert n == errors + 1 or upper_bound(errors, n - 1, delta) > alpha - 1e-9


@given(st.integers(0, 40), st.integers(0, 40), st.floats(0.01, 0.5))
def test_the_bound_is_above_the_rate_and_at_most_one(errors: int, more: int, delta: float) -> None:
    n = errors + more
    bound = upper_bound(errors, n, delta)
    assert (errors / n if n else 1.0) <= bound <= 1.0


@pytest.mark.parametrize(
    ("call", "words"),
    [
        pytest.param(lambda: upper_bound(4, 3, 0.1), "4 errors in 3", id="more-errors-than-items"),
        pytest.param(lambda: upper_bound(0, 3, 1.0), "`delta`", id="delta-of-one"),
        pytest.param(lambda: labels_needed(0.0, 0.1), "`alpha`", id="alpha-of-zero"),
        pytest.param(
            lambda: find_threshold(np.ones(2), np.ones(3, bool), alpha=0.1, delta=0.1),
            "equally long",
            id="lengths",
        ),
        pytest.param(
            lambda: calibrate_cascade(np.ones((0, 2)), np.ones((0, 2), bool), alpha=0.1, delta=0.1),
            "at least one judge",
            id="no-judge",
        ),
        pytest.param(lambda: band(1.5), "between 0 and 1", id="band-off-the-scale"),
    ],
)
def test_nonsense_is_refused(call: Callable[[], Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call()


def search(*groups: tuple[float, int, int], **more: Any) -> Ruling:
    """Find a threshold on groups of (confidence, right, wrong)."""
    confidence = np.concatenate([np.full(r + w, c) for c, r, w in groups])
    right = np.concatenate([np.arange(r + w) < r for _, r, w in groups])
    return find_threshold(confidence, right, **({"alpha": 0.1, "delta": 0.1} | more))


@pytest.mark.parametrize(
    ("groups", "at", "accepted", "errors"),
    [
        pytest.param([(1.0, 22, 0)], 1.0, 22, 0, id="just-enough"),
        pytest.param([(1.0, 40, 0), (0.5, 0, 20)], 1.0, 40, 0, id="stops-above-the-bad-ones"),
        pytest.param([(1.0, 40, 0), (0.5, 39, 1)], 0.5, 80, 1, id="goes-down-while-it-passes"),
        pytest.param(
            [(1.0, 40, 0), (0.8, 0, 20), (0.5, 900, 0)], 1.0, 40, 0, id="stops-at-first-failure"
        ),
        pytest.param([(1.0, 5, 0), (0.8, 30, 0)], 0.8, 35, 0, id="too-few-is-no-test"),
        pytest.param([(0.7, 40, 0), (np.nan, 0, 90)], 0.7, 40, 0, id="without-confidence"),
        pytest.param(
            [(0.1 + 0.2, 20, 0), (0.3, 20, 0)], 0.3, 40, 0, id="last-digits-do-not-separate"
        ),
    ],
)
def test_where_the_search_ends(
    groups: list[tuple[float, int, int]], at: float, accepted: int, errors: int
) -> None:
    found = search(*groups)
    assert isinstance(found, Threshold)
    assert found.at == pytest.approx(at)
    assert (found.accepted, found.errors) == (accepted, errors)
    assert found.items == sum(r + w for _, r, w in groups)
    assert found.bound == pytest.approx(upper_bound(errors, accepted, 0.1))
    assert found.bound <= 0.1


@pytest.mark.parametrize(
    ("groups", "needed", "words"),
    [
        pytest.param([(1.0, 21, 0)], 22, "21 of 21 .* at least 22 without", id="one-short"),
        pytest.param([(np.nan, 90, 0)], 22, "0 of 90 labelled items have", id="none-told"),
        pytest.param([(1.0, 57, 3)], 78, "3 errors in 60 .* 0.108 .* 78 such", id="worked"),
        pytest.param([(1.0, 30, 30)], None, "too high for any number", id="hopeless"),
    ],
)
def test_nothing_passes(
    groups: list[tuple[float, int, int]], needed: int | None, words: str
) -> None:
    found = search(*groups)
    assert isinstance(found, AbstainAlways)
    assert found.needed == needed
    assert re.search(words, found.reason), found.reason


def test_how_many_are_needed_at_the_rate_seen_is_enough_and_least() -> None:
    found = search((1.0, 57, 3))
    assert isinstance(found, AbstainAlways)
    assert found.needed is not None
    errors = int(np.ceil(0.05 * found.needed - 1e-9))
    assert upper_bound(errors, found.needed, 0.1) <= 0.1
    assert isinstance(search((1.0, found.needed - errors, errors)), Threshold)


def test_a_start_fixed_beforehand_is_tested_though_it_may_fail() -> None:
    groups = [(1.0, 5, 0), (0.8, 30, 0)]
    assert isinstance(search(*groups, start=0.8), Threshold)
    few = search(*groups, start=0.9)
    assert isinstance(few, AbstainAlways)
    assert "too few of them at the first threshold" in few.reason


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), max_size=80), st.randoms())
def test_the_order_of_items_decides_nothing(items: list[tuple[int, bool]], rng: Any) -> None:
    def of(pairs: list[tuple[int, bool]]) -> Ruling:
        confidence = np.array([c / 5 for c, _ in pairs], dtype=float)
        right = np.array([r for _, r in pairs], dtype=bool)
        return find_threshold(confidence, right, alpha=0.3, delta=0.2)

    shuffled = list(items)
    rng.shuffle(shuffled)
    assert of(items) == of(shuffled)


@given(st.lists(st.tuples(st.integers(0, 9), st.booleans()), min_size=1, max_size=120))
def test_items_of_equal_confidence_stand_or_fall_together(items: list[tuple[int, bool]]) -> None:
    confidence = np.array([c / 9 for c, _ in items])
    right = np.array([r for _, r in items])
    found = find_threshold(confidence, right, alpha=0.3, delta=0.3)
    taken = accepts(confidence, found)
    if isinstance(found, Threshold):
        assert found.accepted == taken.sum() == (confidence >= found.at - 1e-9).sum()
        assert found.errors == (~right[taken]).sum()
    else:
        assert not taken.any()


# --- cascades ----------------------------------------------------------------------------------


def test_delta_is_split_over_the_judges() -> None:
    """22 items do for one judge; of two, each must hold at δ/2 and needs 29."""
    sure = np.ones((1, 28))
    (alone,) = calibrate_cascade(sure, np.ones((1, 28), bool), alpha=0.1, delta=0.1)
    two = calibrate_cascade(np.ones((2, 28)), np.ones((2, 28), bool), alpha=0.1, delta=0.1)
    assert isinstance(alone, Threshold)
    assert all(isinstance(ruling, AbstainAlways) for ruling in two)
    assert labels_needed(0.1, 0.05) == 29


def test_a_later_judge_is_calibrated_on_what_was_passed_on() -> None:
    confidence = np.array([np.repeat([1.0, 0.4], [60, 60]), np.ones(120)])
    right = np.array([np.arange(120) < 60, np.ones(120, bool)])
    cheap, strong = calibrate_cascade(confidence, right, alpha=0.1, delta=0.1)
    assert (cheap.items, strong.items) == (120, 60)
    assert assign(confidence, [cheap, strong]).tolist() == [0] * 60 + [1] * 60


def test_a_later_judge_never_inherits_a_threshold() -> None:
    """What the published code does with too little data; here the judge abstains."""
    confidence = np.array([np.repeat([1.0, 0.4], [60, 5]), np.ones(65)])
    cheap, strong = calibrate_cascade(
        confidence, np.array([np.arange(65) < 60, np.ones(65, bool)]), alpha=0.1, delta=0.1
    )
    assert isinstance(cheap, Threshold)
    assert isinstance(strong, AbstainAlways)
    assert assign(confidence, [cheap, strong]).tolist() == [0] * 60 + [-1] * 5


def test_equal_names_share_a_fold_and_order_decides_nothing() -> None:
    names = [f"q{i % 17}" for i in range(60)]
    fold = folds(names, 5)
    assert {len({f for f, n in zip(fold, names, strict=True) if n == name}) for name in names} == {
        1
    }
    assert sorted(set(fold)) == [0, 1, 2, 3, 4]
    assert folds(names[::-1], 5).tolist() == fold[::-1].tolist()


def test_held_out_items_are_decided_by_thresholds_that_never_saw_them() -> None:
    """One fold is all wrong: its own labels would have shut the judge up, the others do not."""
    fold = np.repeat([0, 1], [60, 30])
    confidence, right = np.ones((1, 90)), (fold == 0)[None, :]
    by = cross_validate(confidence, right, fold, alpha=0.1, delta=0.1)
    assert by.tolist() == [-1] * 60 + [0] * 30
    found = agreement(by, right)
    assert (found.value, found.n, found.nulls) == (0.0, 30, 60)
    nobody = agreement(np.full(3, -1), np.ones((1, 3), bool))
    assert (nobody.value, nobody.nulls) == (None, 3)


# --- the guarantee, by simulation --------------------------------------------------------------

World = Callable[[np.random.Generator, int], tuple[Floats, Bools, Floats]]
"""Draws confidences and correctness `[judge, item]`, and each item's true chance to be right."""


def steady(rng: np.random.Generator, n: int) -> tuple[Floats, Bools, Floats]:
    """Two judges, surer where they are right; the second is better on the same hard items."""
    hard = rng.random(n)
    chance = np.array([1 - 0.55 * hard, 1 - 0.3 * hard**2])
    confidence = np.clip(1 - hard + rng.normal(0, 0.1, (2, n)), 0, 1)
    return confidence, rng.random((2, n)) < chance, chance


def graded(rng: np.random.Generator, n: int) -> tuple[Floats, Bools, Floats]:
    """Confidence as a share of five samples: few levels, many ties."""
    ease = rng.beta(4, 1.2, n)
    chance = np.array([ease, np.sqrt(ease)])
    shares = rng.binomial(5, np.maximum(chance, 1 - chance)) / 5
    return np.maximum(shares, 1 - shares), rng.random((2, n)) < chance, chance


def hopeless(rng: np.random.Generator, n: int) -> tuple[Floats, Bools, Floats]:
    """Judges at 0.85, whose confidence means nothing: at α = 0.1 nothing may be decided."""
    chance = np.full((2, n), 0.85)
    return rng.random((2, n)), rng.random((2, n)) < chance, chance


Method = Callable[[Floats, Bools, float, float], list[float | None]]


def ours(confidence: Floats, right: Bools, alpha: float, delta: float) -> list[float | None]:
    rulings = calibrate_cascade(confidence, right, alpha=alpha, delta=delta)
    return [r.at if isinstance(r, Threshold) else None for r in rulings]


def as_published(
    confidence: Floats, right: Bools, alpha: float, delta: float
) -> list[float | None]:
    """With both faults: the highest threshold although it fails; an earlier judge's threshold."""
    found: list[float | None] = []
    left = np.ones(confidence.shape[1], dtype=bool)
    for own, agrees in zip(confidence, right, strict=True):
        ruling = find_threshold(own[left], agrees[left], alpha=alpha, delta=delta / len(right))
        if isinstance(ruling, Threshold):
            at = ruling.at
        elif left.sum() < 30 and found and found[-1] is not None:
            at = found[-1]
        else:
            at = float(np.sort(own[left])[-min(30, left.sum())]) if left.any() else 1.0
        found.append(at)
        left &= own < at
    return found


def failures(world: World, method: Method, *, labelled: int, seeds: int, alpha: float) -> float:
    """Share of calibrations whose decisions agree with labels less than promised.

    The agreement of what is accepted is taken over 4,000 fresh items by their true chances.
    """
    failed = 0
    for seed in range(seeds):
        rng = np.random.default_rng([seed, labelled])
        confidence, right, _ = world(rng, labelled)
        at = method(confidence, right, alpha, 0.1)
        fresh, _, chance = world(rng, 4_000)
        by = np.full(fresh.shape[1], -1)
        for judge, threshold in enumerate(at):
            if threshold is not None:
                by[(by < 0) & (fresh[judge] >= threshold - 1e-9)] = judge
        taken = np.flatnonzero(by >= 0)
        failed += len(taken) > 0 and chance[by[taken], taken].mean() < 1 - alpha
    return failed / seeds


@pytest.mark.parametrize("world", [steady, graded, hopeless], ids=lambda world: world.__name__)
@pytest.mark.parametrize("labelled", [60, 300])
def test_the_promise_holds(world: World, labelled: int) -> None:
    """It may fail with probability δ = 0.1; over 120 draws that is at most 0.1 + 3 errors."""
    rate = failures(world, ours, labelled=labelled, seeds=120, alpha=0.1)
    assert rate <= 0.1 + 3 * (0.1 * 0.9 / 120) ** 0.5


def test_one_judge_alone_uses_up_its_delta_at_the_margin() -> None:
    """Right at 1 − α the promise may fail with δ and nearly does: the bound is no looser."""

    def margin(rng: np.random.Generator, n: int) -> tuple[Floats, Bools, Floats]:
        chance = np.full((1, n), 0.8999)
        return np.ones((1, n)), rng.random((1, n)) < chance, chance

    rate = failures(margin, ours, labelled=400, seeds=300, alpha=0.1)
    assert 0.04 <= rate <= 0.1 + 3 * (0.1 * 0.9 / 300) ** 0.5


def test_the_published_faults_break_the_promise() -> None:
    assert failures(hopeless, as_published, labelled=60, seeds=60, alpha=0.1) > 0.9
    assert failures(hopeless, ours, labelled=60, seeds=60, alpha=0.1) <= 0.1 + 0.12


def test_something_is_decided_where_judges_are_good() -> None:
    """A promise that is kept by never deciding would be worth nothing."""
    rng = np.random.default_rng(1)
    confidence, right, _ = steady(rng, 1000)
    by = assign(confidence, calibrate_cascade(confidence, right, alpha=0.1, delta=0.1))
    assert (by >= 0).mean() > 0.5


def test_a_million_items_take_seconds() -> None:
    rng = np.random.default_rng(0)
    confidence = rng.random(1_000_000)
    found = find_threshold(confidence, rng.random(1_000_000) < confidence, alpha=0.1, delta=0.1)
    assert isinstance(found, Threshold)
    assert found.at == pytest.approx(0.8, abs=0.02)


# --- stated confidence in words ----------------------------------------------------------------


def test_bands() -> None:
    edges = np.array([0.0, 0.19, 0.2, 0.4, 0.6, 0.79, 0.8, 1.0, np.nan])
    assert band_floor(edges)[:-1].tolist() == pytest.approx([0, 0, 0.2, 0.4, 0.6, 0.6, 0.8, 0.8])
    assert np.isnan(band_floor(edges)[-1])
    for name in BANDS:
        middle = band_middle(name.upper())
        assert middle is not None
        assert band(middle) == name
    assert band_middle("certain") is None


def test_only_the_highest_band_is_a_threshold_of_bands() -> None:
    stated = np.array([0.79, 0.8, 0.95, 1.0])
    assert accepts(band_floor(stated), Threshold(0.8, 0, 0, 0.0, 0)).tolist() == [
        False,
        *itertools.repeat(True, 3),
    ]
