"""Agreement and correlation: worked numbers, laws, what is undefined, and the intervals."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dikast.stats.agreement import agreement, cohen, gwet, percent_agreement, scott
from dikast.stats.agreement_matrix import (
    agreement_matrix,
    mean_with_others,
    pairwise,
    stacked,
)
from dikast.stats.correlation import correlation, kendall, pearson, spearman
from dikast.stats.estimate import Estimate
from dikast.stats.krippendorff import FEW, Level, krippendorff
from dikast.stats.raters import fleiss, gwet_ac1, gwet_ac2, percent_agreement_of_many
from dikast.stats.system_level import responses_of_pairs, system_agreement

Floats = npt.NDArray[np.float64]
NAN = float("nan")

# Krippendorff's reliability data (2011): four raters, twelve items, five values.
STANDARD = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, NAN, NAN, NAN],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NAN, 3],
        [NAN, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NAN],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NAN],
    ]
).T


def two(xx: int, xy: int, yx: int, yy: int) -> tuple[Floats, Floats]:
    cells = [(0, 0)] * xx + [(0, 1)] * xy + [(1, 0)] * yx + [(1, 1)] * yy
    a, b = np.array(cells, dtype=float).T
    return a, b


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        pytest.param((20, 5, 10, 15), (0.70, 0.400, 0.394, 0.406), id="plain"),
        pytest.param((90, 5, 5, 0), (0.90, -0.053, -0.053, 0.890), id="prevalence-paradox"),
        pytest.param((5, 0, 0, 5), (1, 1, 1, 1), id="perfect"),
        pytest.param((0, 5, 5, 0), (0, -1, -1, -1), id="always-opposite"),
    ],
)
def test_two_raters(table: tuple[int, ...], expected: tuple[float, ...]) -> None:
    found = agreement(*two(*table))
    figures = (found.percent, found.cohen, found.scott, found.gwet)
    assert [f.value for f in figures] == pytest.approx(expected, abs=5e-4)
    total = sum(table)
    assert found.marginal_a == pytest.approx(
        ((table[0] + table[1]) / total, (table[2] + table[3]) / total)
    )
    assert found.marginal_b == pytest.approx(
        ((table[0] + table[2]) / total, (table[1] + table[3]) / total)
    )


@pytest.mark.parametrize(
    ("level", "alpha"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)]
)
def test_krippendorff_on_the_standard_table(level: Level, alpha: float) -> None:
    found = krippendorff(STANDARD, level=level)
    assert found.value == pytest.approx(alpha, abs=5e-4)
    assert (found.n, found.nulls) == (11, 1)
    assert found.low is not None
    assert found.low < alpha


def test_gwet_and_percent_on_the_standard_table() -> None:
    """Gwet's handbook computes the same table of four raters."""
    assert gwet_ac1(STANDARD).value == pytest.approx(0.77544, abs=5e-6)
    assert percent_agreement_of_many(STANDARD).value == pytest.approx(0.81818, abs=5e-6)


def test_ordinal_alpha_of_many_values_is_that_of_few() -> None:
    """Both roads of ordinal α lead to one figure: by table up to `FEW` values, by ranks above."""
    rng = np.random.default_rng(3)
    many = np.round(rng.normal(size=(60, 1)) + 0.4 * rng.normal(size=(60, 3)), 2)
    codes = np.unique(many, return_inverse=True)[1].reshape(many.shape)
    assert len(np.unique(codes)) > FEW
    one = krippendorff(many, level="ordinal")
    assert one.value == pytest.approx(krippendorff(np.exp(many), level="ordinal").value)
    pool = np.bincount(codes.ravel())
    ranks = np.cumsum(pool) - pool / 2
    by_hand = krippendorff(ranks[codes], level="interval").value
    assert one.value == pytest.approx(by_hand)
    coarse = np.round(many)
    assert len(np.unique(coarse)) < FEW
    pool = np.bincount(np.unique(coarse, return_inverse=True)[1].ravel())
    ranks = np.cumsum(pool) - pool / 2
    ranked = ranks[np.unique(coarse, return_inverse=True)[1].reshape(coarse.shape)]
    assert krippendorff(coarse, level="ordinal").value == pytest.approx(
        krippendorff(ranked, level="interval").value
    )


# --- laws --------------------------------------------------------------------------------------

PAIR = Callable[[Floats, Floats], Estimate]
PAIRS: list[PAIR] = [percent_agreement, cohen, scott, gwet, pearson, spearman, kendall]
columns = st.lists(
    st.tuples(st.sampled_from([0.0, 1.0, 2.0, NAN]), st.sampled_from([0.0, 1.0, 2.0, NAN])),
    min_size=1,
    max_size=25,
).map(lambda rows: np.array(rows, dtype=float).T)


@pytest.mark.parametrize("figure", PAIRS)
@given(rows=columns, seed=st.integers(0, 99))
def test_order_of_cases_and_raters_does_not_show(figure: PAIR, rows: Floats, seed: int) -> None:
    a, b = rows
    found = figure(a, b)
    mixed = np.random.default_rng(seed).permutation(len(a))
    assert figure(a[mixed], b[mixed]) == found
    other = figure(b, a)
    assert other.value == pytest.approx(found.value)
    assert other.n == found.n
    if figure in (percent_agreement, cohen, scott, gwet):
        assert other == found


@pytest.mark.parametrize("figure", PAIRS)
@given(rows=columns)
def test_within_bounds_and_counted(figure: PAIR, rows: Floats) -> None:
    found = figure(*rows)
    both = int((~np.isnan(rows).any(axis=0)).sum())
    assert (found.n, found.nulls) == (both, rows.shape[1] - both)
    if found.value is None:
        assert found.reason
    else:
        assert -1 <= found.value <= 1
    if found.low is not None and found.high is not None:
        assert -1 <= found.low <= found.high <= 1


@given(
    st.lists(
        st.lists(st.sampled_from([1.0, 2.0, 3.0, NAN]), min_size=4, max_size=4),
        min_size=1,
        max_size=12,
    ),
    st.integers(0, 99),
)
def test_raters_have_no_order(rows: list[list[float]], seed: int) -> None:
    rng = np.random.default_rng(seed)
    ratings = np.array(rows)
    mixed = rng.permuted(ratings, axis=1)[rng.permutation(len(ratings))]
    for figure in (
        gwet_ac1,
        gwet_ac2,
        fleiss,
        percent_agreement_of_many,
        krippendorff,
        lambda r: krippendorff(r, level="ordinal"),
        lambda r: krippendorff(r, level="interval"),
    ):
        one, other = figure(ratings), figure(mixed)
        assert one == other


@given(columns)
def test_two_raters_are_a_case_of_many(rows: Floats) -> None:
    a, b = rows
    both = ~np.isnan(rows).any(axis=0)
    ratings = rows.T[both]
    for pair, many in ((scott, fleiss), (gwet, gwet_ac1)):
        one, other = pair(a[both], b[both]), many(ratings)
        assert (one.value is None) == (other.value is None)
        if one.value is not None:
            assert other.value == pytest.approx(one.value)


@given(columns)
def test_weighted_kappa_of_two_categories_is_plain(rows: Floats) -> None:
    a, b = (np.where(column == 2, 1, column) for column in rows)
    plain = cohen(a, b).value
    for how in ("linear", "quadratic"):
        assert cohen(a, b, weights=how).value == pytest.approx(plain)


def test_an_unused_category_widens_the_scale() -> None:
    a, b = np.array([1.0, 1, 5, 5, 4]), np.array([1.0, 4, 5, 5, 4])
    found = cohen(a, b, weights="linear", categories=[1, 2, 3, 4, 5])
    assert found.value != cohen(a, b, weights="linear").value
    # by hand: 1 and 4 are three of four steps apart
    agree = (1 + 0.25 + 3) / 5
    p, q = np.array([2, 0, 0, 1, 2]) / 5, np.array([1, 0, 0, 2, 2]) / 5
    steps = 1 - np.abs(np.subtract.outer(np.arange(5), np.arange(5))) / 4
    chance = p @ steps @ q
    assert found.value == pytest.approx((agree - chance) / (1 - chance))
    with pytest.raises(ValueError, match="none of the categories"):
        cohen(a, b, categories=[1, 4])
    with pytest.raises(ValueError, match="`weights` must be"):
        cohen(a, b, weights="cubic")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("figure", "a", "b", "reason"),
    [
        (pearson, [1.0, 1, 1], [1.0, 2, 3], "the first column is constant"),
        (spearman, [1.0, 2, 3], [2.0, 2, 2], "the second column is constant"),
        (kendall, [1.0, NAN, 3], [2.0, 1, 2], "fewer than three cases have both"),
        (cohen, [1.0, 1], [1.0, 1], "all labels are the same"),
        (gwet, [1.0, 1], [1.0, 1], "all labels are the same"),
        (scott, [1.0, NAN], [NAN, 1.0], "no item was labelled by both raters"),
    ],
)
def test_undefined(figure: PAIR, a: list[float], b: list[float], reason: str) -> None:
    found = figure(np.array(a), np.array(b))
    assert (found.value, found.reason) == (None, reason)


def test_undefined_among_many() -> None:
    assert krippendorff([[1, 1], [1, 1]]).reason == "all labels are the same"
    assert krippendorff([[1, None], [2]]).reason.startswith("no item was labelled by two")
    assert gwet_ac1(np.full((3, 2), NAN)).nulls == 3
    assert krippendorff(np.ones((4, 3)), level="interval").value is None
    assert krippendorff(np.ones((4, 3)), level="ordinal").value is None
    with pytest.raises(ValueError, match="need numbers"):
        krippendorff(["ab", "bb"], level="interval")
    with pytest.raises(ValueError, match="`level` must be"):
        krippendorff(["ab"], level="ratio")  # type: ignore[arg-type]


# --- intervals ---------------------------------------------------------------------------------


def test_clusters_widen_the_interval() -> None:
    """Forty cases told ten times each are forty cases, not four hundred."""
    rng = np.random.default_rng(5)
    a = rng.integers(0, 3, 40).astype(float)
    b = np.where(rng.random(40) < 0.6, a, rng.integers(0, 3, 40))
    c = a + rng.normal(size=40)
    case = np.repeat(np.arange(40), 10)
    for figure, y in (
        (cohen, b),
        (percent_agreement, b),
        (pearson, c),
        (spearman, c),
        (kendall, c),
    ):
        once, naive = figure(a, y), figure(a[case], y[case])
        honest = figure(a[case], y[case], by=case)
        assert naive.value == pytest.approx(once.value)
        assert honest.value == pytest.approx(once.value)
        assert width(naive) < 0.5 * width(once)
        assert width(honest) == pytest.approx(width(once), rel=0.15)
    with pytest.raises(ValueError, match="`by` must name one cluster"):
        cohen(a, b, by=[1, 2])


def width(estimate: Estimate) -> float:
    assert estimate.low is not None
    assert estimate.high is not None
    return estimate.high - estimate.low


@pytest.mark.parametrize(
    ("figure", "truth"),
    [
        pytest.param(pearson, 0.6, id="pearson"),
        pytest.param(spearman, 6 / np.pi * np.arcsin(0.3), id="spearman"),
        pytest.param(kendall, 2 / np.pi * np.arcsin(0.6), id="kendall"),
    ],
)
def test_intervals_of_correlations_cover(figure: Callable[..., Estimate], truth: float) -> None:
    hits = 0
    for seed in range(150):
        x, noise = np.random.default_rng(seed).normal(size=(2, 80))
        found = figure(x, 0.6 * x + 0.8 * noise, draws=200, seed=seed)
        assert found.low is not None
        assert found.high is not None
        hits += found.low <= truth <= found.high
    assert 0.88 <= hits / 150 <= 0.99


def test_intervals_of_kappa_and_alpha_cover() -> None:
    """Two raters of accuracy 0.8 on two balanced classes: κ, π and α are 0.36 in the long run."""
    hits = np.zeros(4)
    for seed in range(200):
        rng = np.random.default_rng(seed)
        truth = rng.random(120) < 0.5
        votes = (truth[:, None] ^ (rng.random((120, 2)) < 0.2)).astype(float)
        for k, figure in enumerate((cohen, scott, gwet)):
            found = figure(votes[:, 0], votes[:, 1], draws=200, seed=seed)
            hits[k] += (found.low or 0) <= 0.36 <= (found.high or 0)
        alpha = krippendorff(votes, draws=200, seed=seed)
        hits[3] += (alpha.low or 0) <= 0.36 <= (alpha.high or 0)
    assert (hits / 200 >= 0.90).all()
    assert (hits / 200 <= 0.99).all()


def test_many_cases_get_the_interval_of_a_part() -> None:
    """Above the limit the width is still that of all cases."""
    rng = np.random.default_rng(2)
    x = rng.normal(size=30_000)
    y = x + rng.normal(size=30_000)
    found = spearman(x, y, draws=300)
    r = 6 / np.pi * np.arcsin(np.sqrt(0.5) / 2)
    assert found.value == pytest.approx(r, abs=0.015)
    part = spearman(x[:5000], y[:5000], draws=300)
    assert width(found) == pytest.approx(width(part) / np.sqrt(6), rel=0.2)
    tau, tau_part = kendall(x, y, draws=200), kendall(x[:1400], y[:1400], draws=200)
    assert tau.value == pytest.approx(0.5, abs=0.015)
    assert width(tau) == pytest.approx(width(tau_part) / np.sqrt(30_000 / 1400), rel=0.25)


# --- matrices and systems ----------------------------------------------------------------------


@given(
    st.lists(
        st.lists(st.sampled_from([0.0, 1.0, 2.0, NAN]), min_size=3, max_size=3),
        min_size=1,
        max_size=15,
    )
)
def test_matrix_is_the_pairwise_figure(rows: list[list[float]]) -> None:
    votes = np.array(rows)
    known = np.unique(votes[~np.isnan(votes)]).tolist()
    functions = {
        "percent": percent_agreement,
        "cohen": cohen,
        "scott": scott,
        "gwet": lambda a, b: gwet(a, b, categories=known),
        "pearson": pearson,
        "spearman": spearman,
        "kendall": kendall,
    }
    for how, figure in functions.items():
        found = agreement_matrix(votes, how)  # type: ignore[arg-type]
        for (i, j), one in pairwise(votes, figure).items():
            assert found.n[i][j] == one.n
            assert found.values[i][j] == found.values[j][i]
            if one.value is None:
                assert found.values[i][j] is None
            else:
                assert found.values[i][j] == pytest.approx(one.value, abs=1e-9)


def test_mean_with_others_and_stacked() -> None:
    votes = np.array([[1.0, 1, 0], [0, 0, 1], [1, 1, 0], [0, 0, 1]])
    assert mean_with_others(agreement_matrix(votes, "percent")) == (0.5, 0.5, 0.0)
    grid = np.stack([votes, 1 - votes], axis=2)
    flat, case = stacked(grid)
    assert flat.shape == (8, 3)
    assert case.tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    assert np.array_equal(flat[::2], votes)


def test_system_level_and_item_level_can_part() -> None:
    """Even noise ruins item agreement and leaves the ranking of systems as it was."""
    rng = np.random.default_rng(4)
    system = np.repeat(np.arange(5), 200)
    label = system * 0.5 + rng.normal(size=1000)
    judge = label + 3 * rng.normal(size=1000)
    names = [f"s{k}" for k in system]
    item = correlation(judge, label, "kendall", draws=100).value
    found = system_agreement(judge, label, names, draws=200)
    assert item is not None
    assert item < 0.4
    assert found.value == 1.0
    assert found.n == 5
    assert found.low is not None
    assert found.low > 0.3
    mixed = rng.permutation(1000)
    again = system_agreement(judge[mixed], label[mixed], [names[i] for i in mixed], draws=200)
    assert again.value == found.value


def test_system_level_of_pairs() -> None:
    points, system, pair = responses_of_pairs(
        np.array([1.0, 2.0, -1.0]), [("x", "y"), ("y", "z"), ("z", "x")]
    )
    assert system_agreement(points, points, system, by=pair).value == pytest.approx(1)
    assert system_agreement(points, -points, system, "spearman", by=pair).value == pytest.approx(-1)
    assert system_agreement(points, 0 * points, system).reason == "all systems have the same mean"
    assert system_agreement(points[:2], points[:2], system[:2]).reason.startswith(
        "fewer than three"
    )
