"""Errors that judges share, what a seat is worth, and Sage's figures from a table."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dikast.stats.ballot_table import BallotTable, Row
from dikast.stats.estimate import Estimate
from dikast.stats.panel_errors import effective_seats, error_structure, shared_beyond_truth
from dikast.stats.panel_value import panel_value
from dikast.stats.sage import mean_sage, sage
from dikast.stats.sage_table import question_verdicts, table_sage
from dikast.types import PreferenceScale

Floats = npt.NDArray[np.float64]
NAN = float("nan")


def covers(found: Estimate, truth: float) -> bool:
    assert found.low is not None
    assert found.high is not None
    return found.low <= truth <= found.high


def panel(
    rng: np.random.Generator,
    n: int,
    accuracies: list[float],
    clones: dict[int, float] | None = None,
) -> tuple[Floats, Floats]:
    """Votes ±1 and labels; a clone repeats judge 0's vote with some probability."""
    truth = rng.choice([-1.0, 1.0], n)
    right = rng.random((n, len(accuracies))) < np.array(accuracies)
    votes = np.where(right, truth[:, None], -truth[:, None])
    for judge, share in (clones or {}).items():
        copied = rng.random(n) < share
        votes[copied, judge] = votes[copied, 0]
    return votes, truth


def test_effective_seats_of_the_method_sheet() -> None:
    assert effective_seats(5, 0.5) == pytest.approx(1.67, abs=5e-3)
    assert effective_seats(5, 0.0) == 5
    assert effective_seats(3, 1.0) == 1
    assert effective_seats(3, -0.4) == 3  # opposite errors are worth no seat that is not there


def test_independent_judges_are_worth_their_number_and_clones_one() -> None:
    votes, truth = panel(np.random.default_rng(0), 3000, [0.7] * 5)
    found = error_structure(votes, truth, draws=200)
    assert covers(found.mean, 0.0)
    assert found.effective_seats.value == pytest.approx(5, abs=0.5)
    same = np.repeat(votes[:, :1], 5, axis=1)
    clones = error_structure(same, truth, draws=50)
    assert clones.mean.value == pytest.approx(1)
    assert clones.effective_seats.value == pytest.approx(1)


def test_planted_error_correlation_is_covered() -> None:
    """A copy with probability 0.5 of a judge equally good errs with a correlation of 0.5."""
    hits = flags = 0
    for seed in range(100):
        votes, truth = panel(np.random.default_rng(seed), 300, [0.7] * 3, {1: 0.5})
        found = error_structure(votes, truth, draws=200, seed=seed)
        hits += covers(found.pairs[0, 1], 0.5)
        flags += not covers(found.pairs[0, 2], 0.0)
    assert 89 <= hits <= 100
    assert flags <= 12


def test_undefined_correlations() -> None:
    truth = np.ones(10)
    perfect = error_structure(np.ones((10, 2)), truth)
    assert perfect.pairs[0, 1].reason == "one of the two always errs alike"
    assert perfect.effective_seats.reason == "it is defined for no two judges"
    assert error_structure(np.ones((10, 1)), truth).mean.reason == "there are not two judges"
    apart = np.where(np.arange(10)[:, None] % 2 == [0, 1], 1.0, NAN)
    assert error_structure(apart, truth).pairs[0, 1].reason.startswith("fewer than three")
    with pytest.raises(ValueError, match="`kind` must be"):
        error_structure(apart, truth, kind="any")  # type: ignore[arg-type]


def test_residual_errors_on_a_scale() -> None:
    rng = np.random.default_rng(1)
    truth = rng.normal(size=2000)
    common = rng.normal(size=2000)
    votes = truth[:, None] + common[:, None] + rng.normal(size=(2000, 3))
    found = error_structure(votes, truth, kind="residual", draws=100)
    assert found.mean.value == pytest.approx(0.5, abs=0.05)
    gaps = votes.copy()
    gaps[rng.random(votes.shape) < 0.2] = NAN
    assert error_structure(gaps, truth, kind="residual", draws=20).mean.value == pytest.approx(
        found.mean.value or 0, abs=0.05
    )


def test_shared_errors_show_without_labels() -> None:
    rng = np.random.default_rng(2)
    votes, _ = panel(rng, 4000, [0.8] * 6, {1: 0.6})
    found = shared_beyond_truth(votes, draws=50)
    values = {pair: f.value or 0.0 for pair, f in found.items()}
    assert max(values, key=lambda pair: values[pair]) == (0, 1)
    assert values[0, 1] > 0.3
    free, _ = panel(rng, 4000, [0.8, 0.7, 0.6, 0.9, 0.75])
    assert all(abs(f.value or 0) < 0.08 for f in shared_beyond_truth(free, draws=20).values())
    assert shared_beyond_truth(free[:, :3])[0, 1].reason == "it takes four judges"


# --- what a panel gains ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("accuracies", "clones", "majority", "best"),
    [
        pytest.param([0.8] * 5, {}, 0.942, 0.8, id="five-at-0.8"),
        pytest.param([0.9, 0.85, 0.6, 0.55, 0.55], {}, 0.838, 0.9, id="unequal"),
        pytest.param([0.9, 0.6, 0.6, 0.6, 0.6], {}, 0.786, 0.9, id="one-good"),
    ],
)
def test_majorities_of_the_method_sheet(
    accuracies: list[float], clones: dict[int, float], majority: float, best: float
) -> None:
    votes, truth = panel(np.random.default_rng(3), 40_000, accuracies, clones)
    found = panel_value(votes, truth, PreferenceScale(), draws=100)
    assert found.panel.value == pytest.approx(majority, abs=0.006)
    assert found.best is not None
    assert found.judges[found.best].value == pytest.approx(best, abs=0.008)
    assert found.gain.value == pytest.approx(majority - best, abs=0.01)


def test_near_clones_outvote_better_judges() -> None:
    """The sheet: three near-clones of a 0.65 judge and two of 0.85: majority 0.674, best 0.843."""
    majorities = []
    for seed in range(20):
        votes, truth = panel(
            np.random.default_rng(seed), 2000, [0.65] * 3 + [0.85] * 2, {1: 0.95, 2: 0.95}
        )
        found = panel_value(votes, truth, PreferenceScale(), draws=0)
        majorities.append(found.panel.value or 0)
        assert found.gain.value is not None
        assert found.gain.value < -0.1
        # a clone's seat costs, a good seat brings
        assert (found.value[1].value or 0) < (found.value[3].value or 0)
    assert np.mean(majorities) == pytest.approx(0.674, abs=0.02)


def test_ties_of_a_panel_count_in_part() -> None:
    votes = np.array([[1.0, -1], [1, 1], [NAN, NAN], [NAN, -1]])
    found = panel_value(votes, np.ones(4), PreferenceScale())
    assert found.panel.value == pytest.approx((0.5 + 1 + 0.5 + 0) / 4)
    assert (found.panel.n, found.open) == (4, 2)
    assert found.judges[0].value == pytest.approx((1 + 1 + 0.5 + 0.5) / 4)
    assert found.best == 0
    assert found.gain.value == pytest.approx(0.5 - 0.75)
    # without judge 1: cases 0 and 1 remain, both right
    assert found.value[1].value == pytest.approx(((0.5 - 1) + (1 - 1)) / 2)
    assert found.value[1].n == 2
    # a case that only judge 0 has voted on says nothing of the panel without it
    alone = panel_value(np.array([[1.0, NAN], [1, 1]]), np.ones(2), PreferenceScale()).value[0]
    assert (alone.value, alone.n) == (0.0, 1)
    empty = panel_value(np.full((3, 2), NAN), np.ones(3), PreferenceScale())
    assert (empty.best, empty.panel.nulls) == (None, 3)
    assert empty.gain.reason == "no labelled case has a vote"


def test_neither_of_two_is_half_right() -> None:
    """Of one judge as of the panel, whether it says so, its two orders cancel, or it is silent."""
    votes = np.array([[0.0, 1], [0, 0], [1, -1], [0, NAN]])
    found = panel_value(votes, np.ones(4), PreferenceScale())
    # case 0: a tie and a right vote lead together, which decides nothing; 1 and 3: a tie
    assert found.panel.value == pytest.approx(0.5)
    assert [judge.value for judge in found.judges] == pytest.approx([2.5 / 4, 2 / 4])
    cancelled = np.array([[True, False], [True, True], [False, False], [True, False]])
    votes = np.where(cancelled, NAN, votes)
    found = panel_value(votes, np.ones(4), PreferenceScale(ties=False))
    # case 0 is now decided by who voted
    assert found.panel.value == pytest.approx((1 + 0.5 + 0.5 + 0.5) / 4)
    assert [judge.value for judge in found.judges] == pytest.approx([2.5 / 4, 2 / 4])
    assert (found.panel.nulls, found.open) == (0, 3)
    assert found.gain.value == pytest.approx(0.0)
    with_ties = panel_value(np.array([[0.0], [0.0]]), np.array([0.0, 1.0]), PreferenceScale())
    assert with_ties.panel.value == 0.75


@given(
    st.lists(
        st.lists(st.sampled_from([-1.0, 0.0, 1.0, NAN]), min_size=4, max_size=4),
        min_size=1,
        max_size=12,
    ),
    st.permutations([0, 1, 2]),
)
def test_seats_have_no_order(rows: list[list[float]], order: list[int]) -> None:
    votes, truth = np.array(rows)[:, :3], np.array(rows)[:, 3]
    scale = PreferenceScale()
    one, other = panel_value(votes, truth, scale), panel_value(votes[:, order], truth, scale)
    flipped = panel_value(-votes, -truth, scale)
    assert (flipped.panel, flipped.gain, flipped.open) == (one.panel, one.gain, one.open)
    assert one.panel == other.panel
    for place, judge in enumerate(order):
        assert one.judges[judge] == other.judges[place]
        assert one.value[judge] == other.value[place]
    assert one.gain.value == pytest.approx(other.gain.value)


def test_intervals_of_gain_and_seats_cover() -> None:
    """Judges of 0.9, 0.6 and 0.6: a majority of 0.792; two of 0.6 with ties halved have 0.6."""
    hits = np.zeros(2)
    for seed in range(150):
        votes, truth = panel(np.random.default_rng(seed), 400, [0.9, 0.6, 0.6])
        found = panel_value(votes, truth, PreferenceScale(), draws=200, seed=seed)
        hits += covers(found.gain, 0.792 - 0.9), covers(found.value[0], 0.792 - 0.6)
    assert (hits >= 135).all()
    assert (hits <= 149).all()


# --- Sage from a table -------------------------------------------------------------------------


def tournament(rng: np.random.Generator, questions: int, items: int, judges: int) -> BallotTable:
    rows, systems, asked = [], {}, {}
    for q in range(questions):
        for a, b in combinations(range(items), 2):
            case = f"q{q:03}-{a}{b}"
            turned = bool((q + a) % 2)
            systems[case] = (f"s{b}", f"s{a}") if turned else (f"s{a}", f"s{b}")
            asked[case] = f"q{q:03}"
            for judge in range(judges):
                for swapped in (False, True):
                    score = float(rng.integers(-1, 2)) if rng.random() < 0.97 else None
                    rows.append(Row(case, f"j{judge}", score, swapped=swapped))
    return BallotTable.of(
        rows,
        scales={"overall": PreferenceScale()},
        pairs=True,
        systems=systems,
        questions=asked,
    )


def test_table_sage_is_sage_of_each_question() -> None:
    table = tournament(np.random.default_rng(0), 6, 4, 2)
    grid = table.grid("overall")
    found = table_sage(table, draws=50)
    for judge, name in enumerate(table.judges):
        each = []
        for question in sorted(set(table.questions)):
            y = np.full((4, 4), NAN)
            for case, (one, other) in enumerate(table.systems):
                if table.questions[case] == question:
                    i, j = int(one[1]), int(other[1])
                    y[i, j], y[j, i] = grid[case, judge, 0], -grid[case, judge, 1]
            each.append(sage(y))
        assert mean_sage(each, draws=50) == found[name]
    assert any(entry.tov.nulls for entry in found.values())


def test_sage_needs_pairs_with_systems() -> None:
    with pytest.raises(ValueError, match="of pairs"):
        table_sage(BallotTable.of([], scales={}))
    bare = BallotTable.of([Row("c", "a", 1)], scales={"overall": PreferenceScale()}, pairs=True)
    with pytest.raises(ValueError, match="which systems"):
        table_sage(bare)


def test_verdicts_of_two_cases_on_one_pair_are_added() -> None:
    rows = [Row("c1", "a", 1), Row("c2", "a", 1), Row("c3", "a", 1)]
    table = BallotTable.of(
        rows,
        scales={"overall": PreferenceScale()},
        pairs=True,
        systems={"c1": ("x", "y"), "c2": ("y", "x"), "c3": ("x", "y")},
        questions=dict.fromkeys(("c1", "c2", "c3"), "q"),
    )
    (only,) = question_verdicts(table)
    assert only.items == ("x", "y")
    # x before y was judged twice, both for x; y before x once, for y
    assert only.y[0, 0, 1] == 1
    assert only.y[0, 1, 0] == 1
