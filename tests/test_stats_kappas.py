"""Cohen's and Fleiss' κ: worked tables, laws, and figures published on recorded judgements."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dikast.stats.agreement import cohen
from dikast.stats.orders import STEPS, Choice, choice_of
from dikast.stats.raters import fleiss

Rows = Callable[[str], list[dict[str, Any]]]
SLOT: dict[str, Choice] = {"first": "a", "second": "b", "tie": "tie"}


def raters(xx: int, xy: int, yx: int, yy: int) -> tuple[str, str]:
    table = xx * ["xx"] + xy * ["xy"] + yx * ["yx"] + yy * ["yy"]
    return "".join(row[0] for row in table), "".join(row[1] for row in table)


@pytest.mark.parametrize(
    ("table", "kappa", "pi"),
    [
        pytest.param((20, 5, 10, 15), 0.400, 0.394, id="plain"),
        pytest.param((90, 5, 5, 0), -0.053, -0.053, id="prevalence-paradox"),
        pytest.param((5, 0, 0, 5), 1.0, 1.0, id="perfect"),
    ],
)
def test_worked_tables(table: tuple[int, int, int, int], kappa: float, pi: float) -> None:
    a, b = raters(*table)
    assert cohen(a, b).value == pytest.approx(kappa, abs=5e-4)
    assert fleiss(list(zip(a, b, strict=True))).value == pytest.approx(pi, abs=5e-4)


def test_what_is_undefined_or_missing() -> None:
    assert cohen("xx", "xx").reason == "all labels are the same"
    assert cohen([None, "x"], ["x", None]).nulls == 2
    assert fleiss([]).value is None
    assert fleiss([["x"]]).value is None
    assert fleiss(["xx", "xx"]).reason == "all labels are the same"
    found = fleiss([["x", None], ["x", "x"], ["y", "y"]])
    assert (found.value, found.n, found.nulls) == (1.0, 2, 1)
    with pytest.raises(ValueError, match="same number"):
        fleiss(["xx", "x"])


@given(st.lists(st.text("xyz", min_size=3, max_size=3), min_size=1, max_size=9), st.randoms())
def test_neither_raters_nor_items_have_an_order(rows: list[str], random: Any) -> None:
    shuffled = ["".join(random.sample(row, 3)) for row in random.sample(rows, len(rows))]
    assert fleiss(shuffled) == fleiss(rows)
    one, two = [row[0] for row in rows], [row[1] for row in rows]
    assert cohen(one, two) == cohen(two, one)


def test_pandalm_annotators(recorded: Rows) -> None:
    votes = list(zip(*(row["human"] for row in recorded("pandalm/items")), strict=True))
    found = sorted(cohen(votes[x], votes[y]).value or 0 for x, y in ((0, 1), (0, 2), (1, 2)))
    assert found == pytest.approx([0.8520, 0.8617, 0.8789], abs=5e-5)


@pytest.mark.parametrize(
    ("judge", "kappa"), [("gpt4", 0.406294), ("claude", 0.319436), ("gpt35", 0.387377)]
)
def test_prd_judges_with_people(recorded: Rows, judge: str, kappa: float) -> None:
    people: dict[tuple[int, str, str], Choice] = {}
    for row in recorded("prd_vicuna80/human_votes"):
        mean = float(np.mean([STEPS[SLOT[vote]] or 0 for vote in row["votes"]]))
        people[row["question_id"], row["first"], row["second"]] = choice_of(mean)
        people[row["question_id"], row["second"], row["first"]] = choice_of(-mean)
    rows = [
        (SLOT[row["verdict"]], people[row["question_id"], row["first"], row["second"]])
        for row in recorded("prd_vicuna80/verdicts")
        if row["judge"] == judge
    ]
    assert len(rows) == 1600
    assert fleiss(rows).value == pytest.approx(kappa, abs=5e-7)
