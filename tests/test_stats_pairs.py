"""Accuracy, order effects, repeats and exact tests on columns of votes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dikast.stats import order_grids, order_scores, pair_accuracy
from dikast.stats.accuracy import accuracy, by_class
from dikast.stats.accuracy import pair_accuracy as accuracy_on_pairs
from dikast.stats.ballot_table import BallotTable, Row
from dikast.stats.denoised_bias import denoised, flip_rate, length_bias, position_bias
from dikast.stats.estimate import Estimate
from dikast.stats.order_scores import Shown
from dikast.stats.orders import choice_of, fold_steps
from dikast.stats.repetition import (
    order_effect,
    repeat_agreement,
    repetition_stability,
    sample_grid,
)
from dikast.stats.shares import share
from dikast.stats.significance import (
    Checked,
    Significance,
    adjust,
    binomial_test,
    false_discovery,
    fisher_test,
    marginal_test,
    mcnemar_test,
    position_test,
)
from dikast.types import PreferenceScale

Floats = npt.NDArray[np.float64]
NAN = float("nan")

steps = st.sampled_from([-2.0, -1.0, 0.0, 1.0, 2.0, NAN])
pairs = st.lists(st.tuples(steps, steps, steps), min_size=1, max_size=25).map(
    lambda rows: np.array(rows, dtype=float).T
)


def shown(columns: Floats) -> list[Shown]:
    return [
        Shown(*(choice_of(None if np.isnan(step) else step) for step in row)) for row in columns.T
    ]


def bounds(found: Estimate) -> tuple[float, float]:
    assert found.low is not None
    assert found.high is not None
    return found.low, found.high


# --- the columns agree with the lists ----------------------------------------------------------


@pytest.mark.parametrize("name", ["judgebench", "mmrb2", "ballot_accuracy", "consistent_accuracy"])
@given(columns=pairs)
def test_scorers_of_columns_and_of_lists_agree(name: str, columns: Floats) -> None:
    one = getattr(pair_accuracy, name)(*columns)
    other = getattr(order_scores, name)(shown(columns))
    assert (one.value, one.n) == (pytest.approx(other.value), other.n)
    if name != "ballot_accuracy":
        assert one.nulls == other.nulls


@given(pairs)
def test_contextual_and_order_figures_agree(columns: Floats) -> None:
    rows = shown(columns)
    both = [(row.forward, row.swapped) for row in rows]
    forward, swapped, truth = columns
    listed = [
        *order_scores.contextual_judge_bench(rows),
        *order_scores.order_bias(both),
        order_scores.order_consistency(both),
        order_scores.first_position_rate(both),
    ]
    vectorised = [
        *pair_accuracy.contextual_judge_bench(forward, swapped, truth),
        *order_grids.order_bias(forward, swapped),
        order_grids.order_consistency(forward, swapped),
        order_grids.first_position_rate(forward, swapped),
    ]
    for one, other in zip(vectorised, listed, strict=True):
        assert one.value == pytest.approx(other.value)
        assert (one.n, one.nulls) == (other.n, other.nulls)


@given(pairs)
def test_folding_of_columns_and_of_steps_agree(columns: Floats) -> None:
    for how in ("strict", "lenient"):
        found = order_grids.folded(columns[0], columns[1], how)
        for forward, swapped, one in zip(columns[0], columns[1], found, strict=True):
            given_ = [None if np.isnan(step) else int(step) for step in (forward, swapped)]
            other = fold_steps(given_[0], given_[1], how).step
            assert (other is None) == bool(np.isnan(one))
            if other is not None:
                assert one == other


@given(pairs)
def test_entropies_agree(columns: Floats) -> None:
    found = order_grids.verdict_entropies(columns.T)
    for row, one in zip(columns.T, found, strict=True):
        choices = [choice_of(None if np.isnan(step) else step) for step in row]
        other = order_scores.verdict_entropy(choices).value
        assert (other is None) == bool(np.isnan(one))
        if other is not None:
            assert one == pytest.approx(other)


# --- laws --------------------------------------------------------------------------------------


@given(pairs)
def test_naming_the_candidates_otherwise_mirrors(columns: Floats) -> None:
    """Exchanging the candidates' names exchanges the orders and turns every sign."""
    forward, swapped, truth = columns
    for name in ("judgebench", "mmrb2", "consistent_accuracy", "optimistic_accuracy"):
        one = getattr(pair_accuracy, name)(forward, swapped, truth)
        other = getattr(pair_accuracy, name)(-swapped, -forward, -truth)
        assert (one.value, one.n) == (pytest.approx(other.value), other.n)
    one, other = (
        order_grids.order_bias(forward, swapped),
        order_grids.order_bias(-swapped, -forward),
    )
    assert [x.value for x in one] == pytest.approx([x.value for x in other])
    conflicts = order_grids.order_conflicts(forward, swapped)
    if conflicts.consistent.value is not None:
        assert sum(x.value or 0 for x in conflicts) == pytest.approx(1)
    turned = position_bias(forward, swapped, truth).raw.value
    assert position_bias(-swapped, -forward, -truth).raw.value == pytest.approx(turned)
    assert pair_accuracy.mmrb2(swapped, forward, truth).value == pytest.approx(
        pair_accuracy.mmrb2(forward, swapped, truth).value
    )


@given(pairs)
def test_judgebench_lies_between_strict_and_optimistic(columns: Floats) -> None:
    truth = np.where(columns[2] == 0, 1, columns[2])
    low = pair_accuracy.consistent_accuracy(columns[0], columns[1], truth).value
    middle = pair_accuracy.judgebench(columns[0], columns[1], truth).value
    high = pair_accuracy.optimistic_accuracy(columns[0], columns[1], truth).value
    if middle is not None:
        assert low is not None
        assert high is not None
        assert low <= middle <= high


def test_chance_levels_of_the_scorers() -> None:
    rng = np.random.default_rng(0)
    forward, swapped, truth = rng.choice([-1.0, 1.0], size=(3, 100_000))
    assert pair_accuracy.judgebench(forward, swapped, truth).value == pytest.approx(0.25, abs=0.01)
    first = np.ones(100_000)
    assert pair_accuracy.judgebench(first, -first, truth).value == 0
    assert pair_accuracy.optimistic_accuracy(forward, swapped, truth).value == pytest.approx(
        0.75, abs=0.01
    )


# --- accuracy ----------------------------------------------------------------------------------


def test_accuracy_by_class() -> None:
    truth = np.array([1.0] * 8 + [0, 0, NAN])
    votes = np.array([1.0] * 6 + [0, NAN, 1, 0, 1])
    found = by_class(votes, truth)
    assert found.balanced_accuracy.value == pytest.approx((6 / 7 + 1 / 2) / 2)
    assert found.macro_f1.value == pytest.approx((12 / 14 + 2 / 4) / 2)
    assert found.confusion == {(1, 1): 6, (1, 0): 1, (1, None): 1, (0, 1): 1, (0, 0): 1}
    assert (found.recall[1.0].n, found.recall[1.0].nulls) == (7, 1)
    assert by_class(np.full(3, NAN), np.full(3, NAN)).balanced_accuracy.value is None


@given(pairs)
def test_plain_accuracy_is_the_recall_of_one_class(columns: Floats) -> None:
    votes = columns[0]
    found = by_class(votes, np.ones(len(votes)))
    plain = accuracy(votes, np.ones(len(votes)))
    assert found.balanced_accuracy.value == pytest.approx(plain.value)
    assert plain.nulls == found.recall[1.0].nulls == int(np.isnan(votes).sum())


def test_ties_are_a_class_or_nothing() -> None:
    votes, truth = np.array([1.0, 0, 0, -2, 0]), np.array([2.0, 0, 1, -1, NAN])
    assert accuracy_on_pairs(votes, truth).value == 3 / 4
    assert accuracy_on_pairs(votes, truth, ties=False).value == pytest.approx(2 / 3)


def test_an_abstention_is_left_out_or_wrong() -> None:
    votes, truth = np.array([1.0, NAN, 0, 1]), np.array([1.0, 1, 1, NAN])
    left_out, wrong = accuracy(votes, truth), accuracy(votes, truth, abstentions="wrong")
    assert (left_out.value, left_out.n, left_out.nulls) == (1 / 2, 2, 1)
    assert (wrong.value, wrong.n, wrong.nulls) == (1 / 3, 3, 0)


def test_clusters_that_all_agree_get_the_interval_of_so_many_cases() -> None:
    low, high = bounds(share(np.ones(40), by=np.repeat(np.arange(10), 4)))
    assert (low, high) == bounds(share(np.ones(10)))
    assert low < bounds(share(np.ones(40)))[0]


def test_conflicts_are_told_apart() -> None:
    forward = np.array([1.0, 1, 1, -1, 0, 1, NAN])
    swapped = np.array([1.0, -1, -1, 1, 1, 0, 1])
    found = order_grids.order_conflicts(forward, swapped)
    assert [one.value for one in found] == [1 / 6, 2 / 6, 1 / 6, 2 / 6]
    assert found.consistent.nulls == 1


def test_two_ballots_of_a_case_are_no_two_cases() -> None:
    rng = np.random.default_rng(1)
    truth = rng.choice([-1.0, 1.0], 200)
    votes = np.where(rng.random(200) < 0.7, truth, -truth)
    doubled = accuracy(np.stack([votes] * 4, axis=1), truth)
    once = accuracy(votes, truth)
    assert (doubled.value, doubled.n) == (once.value, 800)
    assert np.subtract(*bounds(doubled)) == pytest.approx(np.subtract(*bounds(once)), rel=0.1)


@pytest.mark.parametrize("seed", range(3))
def test_shares_of_clusters_cover(seed: int) -> None:
    hits = 0
    for trial in range(100):
        rng = np.random.default_rng(1000 * seed + trial)
        case = np.repeat(np.arange(60), 3)
        right = rng.random(180) < rng.beta(3, 1, 60)[case]
        low, high = bounds(share(right, by=case, draws=200))
        hits += low <= 0.75 <= high
    assert 86 <= hits <= 100


# --- order and repeats -------------------------------------------------------------------------


def test_sample_grid_keeps_every_sample() -> None:
    rows = [
        Row("c1", "ann", 1, sample=0),
        Row("c1", "ann", -1, sample=1),
        Row("c1", "ann", None, sample=2),
        Row("c1", "ann", 1, swapped=True),
        Row("c2", "bob", 1, swapped=True, sample=7),
    ]
    table = BallotTable.of(rows, scales={"overall": PreferenceScale()}, pairs=True)
    grid = sample_grid(table, "overall")
    assert grid.shape == (2, 2, 2, 3)
    assert np.array_equal(grid[0, 0, 0], [1, -1, NAN], equal_nan=True)
    assert np.array_equal(grid[0, 0, 1], [1, NAN, NAN], equal_nan=True)
    assert np.array_equal(grid[1, 1, 1], [1, NAN, NAN], equal_nan=True)


def test_repeats() -> None:
    votes = np.array([[[1.0, 1, 1, -1], [1, 1, NAN, NAN]], [[NAN] * 4, [0, NAN, NAN, NAN]]])
    stable = repetition_stability(votes)
    assert (stable.value, stable.n, stable.nulls) == (5 / 6, 2, 2)
    assert repeat_agreement(votes).value == (0.5 + 1) / 2
    assert repeat_agreement(votes[1:]).reason == "nothing was asked twice in the same order"
    assert order_scores.repetition_stability(["a", "a", "a", "b"]).value == pytest.approx(
        repetition_stability(np.array([[1.0, 1, 1, -1]])).value
    )


def simulated(
    rng: np.random.Generator, n: int, *, first: float = 0.0, noise: float = 0.0, samples: int = 1
) -> tuple[Floats, Floats]:
    """Votes `[case, order, sample]` and labels of a judge of accuracy 0.8.

    On a share `first` of cases it names the slot shown first; then each answer flips with
    probability `noise`.
    """
    truth = rng.choice([-1.0, 1.0], n)
    held = np.where(rng.random(n) < 0.8, truth, -truth)
    votes = np.stack([held, held], axis=1)
    biased = rng.random(n) < first
    votes[biased] = [1, -1]
    repeated = np.repeat(votes[:, :, None], samples, axis=2)
    return np.where(rng.random(repeated.shape) < noise, -repeated, repeated), truth


def test_sampling_noise_is_no_position_bias() -> None:
    noisy, truth = simulated(np.random.default_rng(1), 4000, noise=0.2, samples=3)
    consistency = order_grids.order_consistency(noisy[:, 0, 0], noisy[:, 1, 0])
    assert consistency.value == pytest.approx(1 - 2 * 0.2 * 0.8, abs=0.03)
    effect = order_effect(noisy, draws=300)
    low, high = bounds(effect.beyond_noise)
    assert low <= 0 <= high
    biased, _ = simulated(np.random.default_rng(2), 4000, first=0.3, noise=0.2, samples=3)
    found = order_effect(biased, draws=300).beyond_noise
    assert found.value == pytest.approx(0.3 * (1 - 2 * 0.2) ** 2, abs=0.02)
    with pytest.raises(ValueError, match="two orders"):
        order_effect(truth[:, None])


@pytest.mark.parametrize(
    ("p", "exact", "published"),
    [(1.0, 0.0, 0.0), (0.9, 0.0528, 0.1), (0.5, None, None), (0.3, None, None)],
)
def test_flip_rates(p: float, exact: float | None, published: float | None) -> None:
    assert flip_rate(p) == pytest.approx(exact, abs=5e-5)
    assert flip_rate(p, "published") == pytest.approx(published)


def test_denoised_accuracy_of_the_method_sheet() -> None:
    q = flip_rate(0.9)
    assert q is not None
    assert denoised(0.8, q) == pytest.approx(0.835, abs=5e-4)
    assert denoised(0.8, flip_rate(0.9, "published") or 0) == pytest.approx(0.875)
    assert denoised(0.8, 0.5) is None
    with pytest.raises(ValueError, match="`rule` must be"):
        flip_rate(0.9, "guess")  # type: ignore[arg-type]


def planted_length(rng: np.random.Generator, n: int, share: float) -> tuple[Floats, ...]:
    """A perfect judge but for a share of pairs on which it names the longer answer."""
    truth = rng.choice([-1.0, 1.0], n)
    longer = rng.choice([-1.0, 1.0], n)
    lengths = np.where(longer[:, None] > 0, [900.0, 500.0], [500.0, 900.0])
    vote = np.where(rng.random(n) < share, longer, truth)
    return vote, vote, truth, lengths


def test_planted_position_and_length_bias_are_covered() -> None:
    """Intervals hold the planted bias about as often as they say, noise taken out."""
    position = length = raw = 0
    for seed in range(150):
        rng = np.random.default_rng(seed)
        votes, truth = simulated(rng, 300, first=0.2, noise=0.1, samples=3)
        found = position_bias(
            votes[:, 0, 0], votes[:, 1, 0], truth, repeats=votes, draws=200, seed=seed
        )
        low, high = bounds(found.bias)
        position += low <= 0.2 <= high
        assert found.bias.value is not None
        assert found.raw.value is not None
        raw += found.raw.value < found.bias.value
        low, high = bounds(length_bias(*planted_length(rng, 300, 0.3), draws=200, seed=seed).raw)
        length += low <= 0.3 <= high
    assert 0.9 <= position / 150 <= 0.99
    assert 0.9 <= length / 150 <= 0.99
    assert raw >= 148  # noise always hides some of the bias


def test_undefined_biases_say_why() -> None:
    ones = np.ones(4)
    found = position_bias(ones, ones, ones)
    assert found.raw.value == 0
    assert found.bias.reason == "nothing was asked twice in the same order"
    coins = np.tile([1.0, -1.0], (4, 1))
    assert position_bias(ones, ones, ones, repeats=coins).bias.reason == (
        "repeats agree no better than coins"
    )
    assert position_bias(ones, ones, np.zeros(4)).raw.value is None
    longer = np.tile([9.0, 5.0], (4, 1))
    assert length_bias(ones, ones, ones, longer).raw.value is None


# --- exact tests -------------------------------------------------------------------------------


def test_nothing_is_tested_on_a_handful() -> None:
    for test in (
        binomial_test(20, 29),
        mcnemar_test(9, 1, 29),
        fisher_test((9, 1), (14, 15)),
        position_test(np.ones(29), -np.ones(29)),
        marginal_test(np.ones(29), np.zeros(29)),
    ):
        assert test.p is None
        assert "29 verdicts, and a test takes 30" in test.reason
    assert binomial_test(20, 30).p == pytest.approx(0.0987, abs=5e-5)


def test_false_discovery_by_hand() -> None:
    tests = [Significance(p, 50) for p in (0.01, 0.04, 0.03, 0.2)]
    tests.insert(1, Significance(None, 5, "too few"))
    found = false_discovery(tests)
    expected = [0.04, None, 0.0533, 0.0533, 0.2]
    assert found == [None if e is None else pytest.approx(e, abs=5e-5) for e in expected]
    assert false_discovery([]) == []


def test_unbiased_judges_are_not_flagged() -> None:
    """Forty audits of twenty judges: the share of audits with a false flag stays near 5 %."""
    false = power = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        findings = []
        for judge in range(20):
            first = 0.35 if judge == 0 and seed % 2 else 0.0
            votes, _ = simulated(rng, 120, first=first, noise=0.1)
            test = position_test(votes[:, 0, 0], votes[:, 1, 0])
            findings.append(Checked(f"{judge}", Estimate(0.0, n=120), test))
        flagged = [finding.name for finding in adjust(findings) if finding.flagged()]
        false += any(name != "0" for name in flagged)
        power += "0" in flagged
    assert false <= 6
    assert power >= 18
