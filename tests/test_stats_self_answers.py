"""Agreement apart for what a judge knows: the split, and what it rests on."""

from __future__ import annotations

import pytest

from dikast.agents.self_answers import agrees
from dikast.stats.self_answers import Judged, split_agreement


def rows(knew: tuple[int, int], did_not: tuple[int, int], untold: int = 0) -> list[Judged]:
    """Right and wrong votes where the judge knew, and where it did not."""
    found = [Judged(True, True)] * knew[0] + [Judged(False, True)] * knew[1]
    found += [Judged(True, False)] * did_not[0] + [Judged(False, False)] * did_not[1]
    return found + [Judged(True, None)] * untold


def test_the_split() -> None:
    found = split_agreement(rows((45, 5), (15, 15), untold=4))
    assert (found.knew.value, found.did_not.value) == (0.9, 0.5)
    assert found.difference.value == pytest.approx(0.4)
    assert found.difference.low is not None
    assert found.difference.low > 0.1
    assert found.overall.value == pytest.approx(64 / 84)
    assert (found.answered.value, found.answered.nulls) == (50 / 80, 4)


def test_order_of_cases_decides_nothing() -> None:
    given = rows((8, 3), (4, 6), untold=2)
    assert split_agreement(given) == split_agreement(given[::-1])


@pytest.mark.parametrize("knew", [(5, 1), (0, 0)])
def test_one_empty_side_leaves_no_difference(knew: tuple[int, int]) -> None:
    did_not = (0, 0) if sum(knew) else (3, 2)
    found = split_agreement(rows(knew, did_not))
    assert found.difference.value is None
    assert found.difference.reason


@pytest.mark.parametrize(
    ("answer", "reference", "right"),
    [
        pytest.param("It was in 1978.", "1978", True, id="contained"),
        pytest.param("In the Louvre, Paris", "the Louvre", True, id="articles-do-not-count"),
        pytest.param("1987", "1978", False, id="another"),
        pytest.param("19780", "1978", False, id="not-inside-a-word"),
        pytest.param("Neuparis", "Paris", False, id="not-at-a-words-end"),
        pytest.param("I do not know", "1978", False, id="does-not-know"),
        pytest.param("", "1978", None, id="no-answer"),
        pytest.param("yes", " ".join(["word"] * 30), None, id="reference-too-long-for-wording"),
    ],
)
def test_whether_an_answer_is_right(answer: str, reference: str, right: bool | None) -> None:
    assert agrees(answer, reference)[0] is right
