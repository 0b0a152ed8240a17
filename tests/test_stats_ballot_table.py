"""Ballots as columns: what the table holds, and what may not show in it."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dikast.stats.ballot_table import BallotTable, Row
from dikast.stats.resampling import MANY, bootstrap_sums, resampled
from dikast.types import IntegerScale, PreferenceScale, YesNoScale

ROWS = [
    Row("c2", "ann", 1, swapped=False),
    Row("c2", "ann", -1, swapped=True),
    Row("c1", "bob", 0, swapped=False),
    Row("c1", "ann", None, swapped=True, confidence=0.25),
]
PAIR = {"overall": PreferenceScale()}


def pair_table(rows: list[Row]) -> BallotTable:
    return BallotTable.of(rows, scales=PAIR, pairs=True, truth={("c2", "overall"): 1})


def test_names_are_sorted_and_labels_find_their_case() -> None:
    table = pair_table(ROWS)
    assert (table.cases, table.judges) == (("c1", "c2"), ("ann", "bob"))
    assert np.isnan(table.labels("overall")[0])
    assert table.labels("overall")[1] == 1
    assert table.labelled.tolist() == [False, True]


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_rows_does_not_show(seed: int) -> None:
    mixed = list(ROWS)
    random.Random(seed).shuffle(mixed)
    one, other = pair_table(ROWS), pair_table(mixed)
    for name in ("case", "judge", "criterion", "swapped", "sample"):
        assert np.array_equal(getattr(one, name), getattr(other, name))
    assert np.array_equal(one.score, other.score, equal_nan=True)


def test_grid_keeps_orders_apart() -> None:
    grid = pair_table(ROWS).grid("overall")
    assert grid.shape == (2, 2, 2)
    assert grid[1, 0].tolist() == [1, -1]
    assert grid[0, 1, 0] == 0
    assert np.isnan(grid[0, 0]).all()


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        pytest.param([1, 1, 0], 1.0, id="most-frequent-label"),
        pytest.param([1, 0], math.nan, id="equal-lead-is-no-vote"),
        pytest.param([None, 1], 1.0, id="an-abstention-is-left-out"),
    ],
)
def test_samples_of_labels_are_folded(scores: list[float | None], expected: float) -> None:
    rows = [Row("c", "ann", score, sample=i) for i, score in enumerate(scores)]
    grid = BallotTable.of(rows, scales={"overall": YesNoScale()}).grid("overall")
    assert np.array_equal(grid, [[[expected]]], equal_nan=True)


def test_samples_of_numbers_are_averaged() -> None:
    rows = [Row("c", "ann", score, sample=i) for i, score in enumerate([1, 4, 4])]
    assert BallotTable.of(rows, scales={"overall": IntegerScale()}).grid("overall")[0, 0, 0] == 3


@pytest.mark.parametrize(
    ("rows", "truth", "message"),
    [
        pytest.param([ROWS[0], ROWS[0]], {}, "voted twice", id="a-place-holds-one-ballot"),
        pytest.param(ROWS, {("c9", "overall"): 1}, "no such case", id="label-of-unknown-case"),
        pytest.param(ROWS, {("c1", "style"): 1}, "no such criterion", id="label-off-the-rubric"),
        pytest.param([Row("c", "a", math.inf)], {}, "infinite", id="infinite-score"),
        pytest.param([Row("c", "a", 1, "style")], {}, "style", id="criterion-without-scale"),
    ],
)
def test_what_is_refused(
    rows: list[Row], truth: dict[tuple[str, str], float], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        BallotTable.of(rows, scales=PAIR, pairs=True, truth=truth)


def test_taking_cases_and_judges_keeps_the_rest_as_it_was() -> None:
    table = pair_table(ROWS)
    part = table.take_cases(np.array([False, True])).take_judges(["ann"])
    assert (part.cases, part.judges, part.n) == (("c2",), ("ann",), 2)
    assert part.labels("overall").tolist() == [1]
    assert np.array_equal(part.grid("overall")[0, 0], table.grid("overall")[1, 0])
    assert table.take_cases(np.array([0])).take_judges(["bob"]).grid("overall")[0, 0, 0] == 0
    with pytest.raises(ValueError, match="no judge `eve`"):
        table.take_judges(["eve"])


@given(st.lists(st.booleans(), min_size=2, max_size=40))
def test_the_interval_holds_the_figure_and_repeats(hits: list[bool]) -> None:
    sums = np.array([[float(hit), 1.0] for hit in hits])
    one = bootstrap_sums(sums, lambda s: s[..., 0] / s[..., 1], draws=200)
    assert one.low is not None
    assert one.high is not None
    assert one.low <= sum(hits) / len(hits) <= one.high
    assert one == bootstrap_sums(sums[::-1], lambda s: s[..., 0] / s[..., 1], draws=200)


def test_blocks_keep_the_spread_of_many_cases() -> None:
    values = np.random.default_rng(1).normal(size=(30_000, 1))
    assert len(values) > MANY
    spread = resampled(values, draws=2_000)[:, 0].std() / len(values)
    assert spread == pytest.approx(values.std() / len(values) ** 0.5, rel=0.06)


def test_undefined_says_why() -> None:
    assert bootstrap_sums(np.zeros((0, 2)), lambda s: s[..., 0]).reason == "there is no case"
    zero = np.zeros((3, 2))
    assert bootstrap_sums(zero, lambda s: s[..., 0] / s[..., 1], why="no pair").reason == "no pair"
