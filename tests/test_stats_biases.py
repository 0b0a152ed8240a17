"""Length, self-preference, leniency, scale use, rank distance, drift and criteria on pairs."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.special import expit

from dikast.stats.ballot_table import BallotTable, Row
from dikast.stats.criterion_pairs import criterion_scores
from dikast.stats.drift import mann_kendall
from dikast.stats.estimate import Estimate
from dikast.stats.length_effects import length_coefficient, length_controlled_win_rate
from dikast.stats.leniency import leniency
from dikast.stats.rank_distance import levenshtein, mean_levenshtein, mean_tau, ranking_tau
from dikast.stats.scale_use import halo, scale_use
from dikast.stats.self_preference import SelfPreference, self_preference
from dikast.types import PreferenceScale

Floats = npt.NDArray[np.float64]
NAN = float("nan")


def covers(found: Estimate, truth: float) -> bool:
    assert found.low is not None
    assert found.high is not None
    return found.low <= truth <= found.high


# --- length ------------------------------------------------------------------------------------


def swayed(
    rng: np.random.Generator, n: int, *, length: float, first: float = 0.0, quality: float = 1.5
) -> tuple[Floats, Floats, Floats]:
    """Votes `[case, 2]`, lengths and labels of a judge with planted log-odds.

    Labels go with length (0.5 per standard deviation), so that without the control a fair judge
    would look swayed.
    """
    lengths = rng.normal(500, 100, size=(n, 2))
    z = (lengths[:, 0] - lengths[:, 1]) / np.sqrt(2) / 100
    truth = np.where(rng.random(n) < expit(0.5 * z), 1.0, -1.0)
    votes = np.empty((n, 2))
    for order, turn in enumerate((1.0, -1.0)):
        p = expit(first + turn * (length * z + quality * truth))
        votes[:, order] = turn * np.where(rng.random(n) < p, 1.0, -1.0)
    return votes, lengths, truth


def test_planted_length_coefficients_are_covered() -> None:
    hits = {0.0: 0, 0.8: 0}
    naive = 0
    for seed in range(60):
        for planted in hits:
            rng = np.random.default_rng(seed)
            votes, lengths, truth = swayed(rng, 150, length=planted, first=0.4)
            found = length_coefficient(votes, lengths, truth, draws=200, seed=seed)
            hits[planted] += covers(found, planted)
            assert found.n == 300
            if planted == 0:
                alone = length_coefficient(votes, lengths, draws=200, seed=seed)
                naive += covers(alone, 0.0)
    assert 52 <= hits[0.0] <= 60
    assert 52 <= hits[0.8] <= 60
    assert naive < 30  # the label has to be controlled for


def test_length_coefficient_is_mirrored_and_scale_free() -> None:
    votes, lengths, truth = swayed(np.random.default_rng(3), 120, length=0.6)
    one = length_coefficient(votes, lengths, truth, draws=0).value
    turned = length_coefficient(-votes[:, ::-1], lengths[:, ::-1], -truth, draws=0).value
    assert turned == pytest.approx(one)
    assert length_coefficient(votes, 7 * lengths + 3, truth, draws=0).value == pytest.approx(one)
    assert length_coefficient(votes, -lengths, truth, draws=0).value == pytest.approx(-(one or 0))


@pytest.mark.parametrize(
    ("votes", "lengths", "reason"),
    [
        pytest.param(np.ones(5), np.ones((5, 2)), "fewer than ten ballots", id="few"),
        pytest.param(np.r_[np.ones(9), -1], np.ones((10, 2)), "lengths never differ", id="equal"),
        pytest.param(
            np.ones(20), np.c_[np.arange(20.0), np.ones(20)], "choose the same slot", id="one-slot"
        ),
        pytest.param(
            np.r_[np.ones(150), -np.ones(150)],
            np.c_[np.r_[np.full(150, 9.0), np.full(150, 1.0)], np.full(300, 5.0)],
            "decides every ballot",
            id="separated",
        ),
    ],
)
def test_undefined_length_coefficients(votes: Floats, lengths: Floats, reason: str) -> None:
    found = length_coefficient(votes, lengths)
    assert found.value is None
    assert reason in found.reason


def test_few_ballots_that_length_decides_are_shrunk() -> None:
    votes = np.r_[np.ones(10), -np.ones(10)]
    found = length_coefficient(votes, np.c_[5 + votes, np.full(20, 5.0)], draws=0)
    assert found.value is not None
    assert 1 < found.value < 4


def test_length_controlled_win_rate_recovers_the_rate_at_equal_length() -> None:
    """As the sheet's toy: raw 0.598, controlled 0.521."""
    truth = 0.521
    raw, hits, found = [], 0, []
    for seed in range(100):
        rng = np.random.default_rng(seed)
        difference = rng.normal(88, 150, 400)
        p = expit(np.log(truth / (1 - truth)) + np.tanh(difference / difference.std()) * 0.95)
        wins = (rng.random(400) < p).astype(float)
        one = length_controlled_win_rate(wins, difference, draws=200, seed=seed)
        hits += covers(one, truth)
        assert one.value is not None
        raw.append(wins.mean())
        found.append(one.value)
    assert np.mean(raw) == pytest.approx(0.598, abs=0.01)
    assert np.mean(found) == pytest.approx(truth, abs=0.01)
    assert 88 <= hits <= 100


def test_length_controlled_win_rate_needs_both_outcomes() -> None:
    assert length_controlled_win_rate(np.ones(50), np.arange(50.0)).reason == (
        "there are not both wins and losses"
    )
    assert length_controlled_win_rate(np.r_[np.ones(4), 0], np.arange(5.0)).value is None
    mixed = np.array([1.0, 0.5, 0] * 10 + [NAN])
    found = length_controlled_win_rate(mixed, np.tile([1.0, 0, -1], 11)[:31], draws=0)
    assert found.value == pytest.approx(0.5)
    assert found.nulls == 1
    hard = np.tile([0.0, 1, 2], 11)[:31]
    assert length_controlled_win_rate(mixed, np.zeros(31), difficulty=hard).value == (
        pytest.approx(0.5, abs=0.02)
    )


# --- self-preference ---------------------------------------------------------------------------


def family_table(rng: np.random.Generator, n: int, favour: float) -> BallotTable:
    """Three judges of accuracy 0.8; `ann` names its own family's answer on a share of cases."""
    truth = rng.choice([-1, 1], n)
    rows = []
    for i in range(n):
        for judge in ("ann", "bob", "eve"):
            vote = truth[i] if rng.random() < 0.8 else -truth[i]
            if judge == "ann" and rng.random() < favour:
                vote = 1 if i % 2 else -1
            rows.append(Row(f"c{i:03}", judge, float(vote)))
    systems = {f"c{i:03}": ("ann-1", "bob-1") if i % 2 else ("bob-1", "ann-1") for i in range(n)}
    return BallotTable.of(
        rows,
        scales={"overall": PreferenceScale()},
        pairs=True,
        truth={(f"c{i:03}", "overall"): float(truth[i]) for i in range(n)},
        systems=systems,
        families={"ann": "A", "ann-1": "A", "bob": "B", "bob-1": "B"},
    )


def test_planted_self_preference_is_covered() -> None:
    fair = biased = flags = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        ann, bob = self_preference(family_table(rng, 100, 0.4), against="labels", draws=200)
        # on 40 % of cases it says 1 where labels say 1 or 0 alike
        biased += covers(ann.preference, 0.4 * 0.5)
        fair += covers(bob.preference, 0.0)
        flags += bob.test.p is not None and bob.test.p <= 0.05
    assert 53 <= biased <= 60
    assert 53 <= fair <= 60
    assert flags <= 8


def test_self_preference_beside_other_judges() -> None:
    def entry(found: list[SelfPreference], judge: str) -> SelfPreference:
        return next(one for one in found if one.judge == judge)

    table = family_table(np.random.default_rng(7), 400, 1.0)
    found = self_preference(table, draws=100)
    assert [one.judge for one in found] == ["ann", "bob"]  # eve is of no known family
    ann = entry(found, "ann")
    assert ann.own.value == 1.0
    assert ann.others.value == pytest.approx(0.5, abs=0.05)
    assert ann.preference.value == pytest.approx(1 - (ann.others.value or 0))
    assert ann.test.p is not None
    assert ann.test.p < 1e-6
    assert entry(found, "bob").others.n == 400
    alone = self_preference(table.take_judges(["ann"]), draws=0)
    assert alone[0].preference.reason.startswith("no answer of its family was judged by it and by")
    with pytest.raises(ValueError, match="on pairs"):
        self_preference(BallotTable.of([], scales={}))


# --- leniency ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tp", "tn", "pc", "plus"),
    [(0.96, 0.75, 0.71, 0.862), (0.5, 0.5, 0.0, 0.5), (0.3, 0.6, -0.1, 0.364)],
)
def test_leniency(tp: float, tn: float, pc: float, plus: float) -> None:
    yes, no = round(100 * tp), round(100 * tn)
    votes = np.r_[np.ones(yes), np.zeros(100 - yes), np.zeros(no), np.ones(100 - no)]
    found = leniency(votes, np.r_[np.ones(100), np.zeros(100)])
    assert found.true_positive.value == tp
    assert found.true_negative.value == tn
    assert found.knows.value == pytest.approx(pc)
    assert found.leniency.value == pytest.approx(plus, abs=5e-4)


def test_undefined_leniency() -> None:
    truth = np.r_[np.ones(5), np.zeros(5)]
    assert leniency(truth, truth).leniency.reason == "it makes no error"
    assert leniency(np.ones(5), np.ones(5)).knows.reason == "labels are all alike"
    assert leniency(np.full(5, NAN), np.ones(5)).knows.nulls == 5
    with pytest.raises(ValueError, match="a vote is neither"):
        leniency(np.array([2.0]), np.array([1.0]))


def test_planted_leniency_is_covered() -> None:
    hits = 0
    for seed in range(150):
        rng = np.random.default_rng(seed)
        truth = (rng.random(400) < 0.6).astype(float)
        known = rng.random(400) < 0.6
        votes = np.where(known, truth, rng.random(400) < 0.8)
        hits += covers(leniency(votes, truth, draws=200, seed=seed).leniency, 0.8)
    assert 136 <= hits <= 149


# --- scale use and halo ------------------------------------------------------------------------


def test_scale_use_and_compression() -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(1, 6, 500).astype(float)
    votes = np.clip(np.round(3.5 + 0.3 * (truth - 3)), 1, 5)
    found = scale_use(votes, (1, 5), levels=5, truth=truth, draws=200)
    assert found.levels.value == pytest.approx(len(np.unique(votes)) / 5)
    assert found.sd_ratio.value == pytest.approx(votes.std() / truth.std())
    assert found.sd_ratio.high is not None
    assert found.sd_ratio.high < 0.5
    assert found.sd.value == pytest.approx(votes.std())
    assert found.mean.value == pytest.approx(votes.mean())
    counts = np.unique(votes, return_counts=True)[1]
    assert found.entropy.value == pytest.approx(stats.entropy(counts))
    labels = np.unique(truth, return_counts=True)[1]
    assert found.entropy_ratio.value == pytest.approx(stats.entropy(counts) / stats.entropy(labels))
    assert found.offset.value == pytest.approx((votes - truth).mean())


def test_scale_use_undefined() -> None:
    constant = scale_use(np.full(4, 3.0), (1, 5), truth=np.full(4, 2.0))
    assert constant.sd.value == 0
    assert constant.entropy.value == 0
    assert constant.sd_ratio.reason == "labels are all alike"
    assert constant.levels.reason == "the scale has no levels"
    assert scale_use(np.full(4, NAN), (1, 5)).mean.nulls == 4
    assert scale_use(np.ones(4), (1, 5)).offset.reason == "no case has a label"


def test_halo_is_found_where_planted() -> None:
    rng = np.random.default_rng(1)
    overall = rng.normal(size=300)
    fused = overall[:, None] + 0.2 * rng.normal(size=(300, 3))
    found = halo(fused, draws=100)
    assert found.fused == ((0, 1), (0, 2), (1, 2))
    assert found.mean is not None
    assert found.mean > 0.9
    apart = halo(rng.normal(size=(300, 3)), draws=100)
    assert apart.fused == ()
    constant = halo(np.ones((5, 2)))
    assert constant.mean is None
    assert constant.pairs[0, 1].reason == "the first column is constant"


# --- rankings and time -------------------------------------------------------------------------


def test_rank_distance_of_the_method_sheet() -> None:
    assert levenshtein("ABCD", "ABDC") == 0.5
    assert ranking_tau("ABCD", "ABDC") == pytest.approx(0.667, abs=5e-4)


@given(st.permutations("ABCDE"), st.permutations("ABCDE"))
def test_rank_distance_laws(a: list[str], b: list[str]) -> None:
    assert levenshtein(a, b) == levenshtein(b, a) == levenshtein(a[::-1], b[::-1])
    assert (levenshtein(a, b) == 0) == (a == b)
    assert ranking_tau(a, b) == pytest.approx(-(ranking_tau(a, b[::-1]) or 0))
    expected = stats.kendalltau(
        [a.index(x) for x in "ABCDE"], [b.index(x) for x in "ABCDE"]
    ).statistic
    assert ranking_tau(a, b) == pytest.approx(expected)


def test_mean_rank_distances() -> None:
    rows = [("".join(p), "ABC") for p in permutations("ABC")]
    assert mean_tau(rows).value == pytest.approx(0)
    found = mean_levenshtein([*rows, (None, "ABC")])
    assert found.value == pytest.approx((0 + 4 * 2 / 3 + 2 / 3) / 6)
    assert found.nulls == 1
    assert mean_tau([("A", "A")]).reason == "no case has two rankings"
    assert levenshtein("", "") == 0
    assert levenshtein("AB", "") == 1


def test_mann_kendall_by_hand() -> None:
    found = mann_kendall(np.array([3.1, 3.2, 3.2, 3.4, 3.5, 3.7]))
    assert found.tau.value == pytest.approx(14 / 15)
    variance = (6 * 5 * 17 - 2 * 1 * 9) / 18
    assert found.test.p == pytest.approx(2 * stats.norm.sf(13 / variance**0.5))
    assert found.slope.value == pytest.approx(0.1)
    falling = mann_kendall(-np.arange(10.0), np.arange(10.0) * 2)
    assert (falling.tau.value, falling.slope.value) == (-1, -0.5)
    shuffled = np.random.default_rng(0).permutation(10)
    assert mann_kendall(-shuffled.astype(float), shuffled.astype(float) * 2) == falling
    assert mann_kendall(np.ones(9)).tau.reason == "all values or all times are the same"
    assert mann_kendall(np.array([1.0, 2, NAN, 3])).tau.reason == "fewer than four times"


def test_steady_judges_do_not_drift() -> None:
    false = slopes = 0
    for seed in range(200):
        y = np.random.default_rng(seed).normal(size=30)
        found = mann_kendall(y + 0.1 * np.arange(30))
        slopes += covers(found.slope, 0.1)
        test = mann_kendall(y).test
        assert test.p is not None
        false += test.p <= 0.05
    assert 3 <= false <= 19
    assert 180 <= slopes <= 199


# --- criteria ----------------------------------------------------------------------------------

A, B = 1.0, -1.0
LABELS = np.array([[A, B, A], [A, A, NAN], [B, A, NAN]])
VOTES = np.array([[A, A, B], [A, A, NAN], [B, A, NAN]])


def test_criterion_scores_of_the_method_sheet() -> None:
    found = criterion_scores(VOTES, LABELS)
    assert found.pacc.value == pytest.approx(2 / 3)
    assert (found.tos.value, found.tos.n, found.tos.nulls) == (1.0, 2, 1)
    assert found.cmr.value == pytest.approx(1 / 3)
    assert found.accuracy.value == pytest.approx(5 / 7)
    assert (found.cmr.n, found.accuracy.n) == (3, 7)
    assert [one.value for one in found.by_criterion] == [1.0, pytest.approx(2 / 3), 0.0]


def test_an_abstention_is_no_different_verdict() -> None:
    found = criterion_scores(np.array([[A, NAN]]), np.array([[A, B]]))
    assert (found.tos.value, found.cmr.value, found.pacc.value) == (0, 0, 0)
    assert (found.accuracy.n, found.accuracy.nulls) == (1, 1)
    quiet = criterion_scores(VOTES[1:2], LABELS[1:2])
    assert quiet.tos.reason == quiet.cmr.reason == "no case has criteria with opposite winners"
    assert criterion_scores(VOTES, np.full_like(VOTES, NAN)).pacc.reason == "no case has a label"


signs = st.sampled_from([-1.0, 0.0, 1.0, NAN])


@given(
    st.lists(st.lists(signs, min_size=6, max_size=6), min_size=1, max_size=12),
    st.permutations([0, 1, 2]),
)
def test_criteria_have_no_order_and_candidates_no_names(
    rows: list[list[float]], order: list[int]
) -> None:
    votes, truth = np.split(np.array(rows), 2, axis=1)
    one = criterion_scores(votes, truth)
    other = criterion_scores(-votes[:, order], -truth[:, order])
    for x, y in zip(one[:4], other[:4], strict=True):
        assert isinstance(x, Estimate)
        assert isinstance(y, Estimate)
        assert x.value == pytest.approx(y.value)
        assert (x.n, x.nulls) == (y.n, y.nulls)
    if one.pacc.value is not None and one.cmr.value is not None:
        perfect = criterion_scores(truth, truth)
        assert (perfect.pacc.value, perfect.tos.value, perfect.cmr.value) == (1, 1, 1)
