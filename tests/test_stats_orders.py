"""Two presentation orders: folding as tables with their mirror law, scorers, bias rates."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest

from dikast.stats.estimate import Estimate, undefined
from dikast.stats.order_scores import (
    Shown,
    ballot_accuracy,
    consistent_accuracy,
    contextual_judge_bench,
    first_position_rate,
    judgebench,
    judgebench_outcome,
    mmrb2,
    order_bias,
    order_consistency,
    repetition_stability,
    verdict_entropy,
)
from dikast.stats.orders import (
    STEPS,
    Choice,
    Folded,
    FoldedStep,
    Folding,
    choice_of,
    fold_orders,
    fold_steps,
    mirror,
)
from tests.tournaments import CHOICES

Rows = Callable[[str], list[dict[str, Any]]]


@pytest.mark.parametrize(
    ("forward", "swapped", "strict", "lenient"),
    [
        pytest.param("a", "a", ("a", True), ("a", True), id="preference-survives-swap"),
        pytest.param("a", "b", ("tie", False), ("tie", False), id="always-first-slot"),
        pytest.param("tie", "a", ("tie", False), ("a", False), id="half-hearted"),
        pytest.param("tie", "tie", ("tie", True), ("tie", True), id="a-tie-is-a-judgement"),
        pytest.param("a", "abstain", ("abstain", None), ("a", None), id="half-a-comparison"),
        pytest.param("abstain", "tie", ("abstain", None), ("tie", None), id="half-a-tie"),
        pytest.param("abstain", "abstain", ("abstain", None), ("abstain", None), id="nothing"),
    ],
)
def test_fold_orders(
    forward: Choice, swapped: Choice, strict: tuple[Any, ...], lenient: tuple[Any, ...]
) -> None:
    assert fold_orders(forward, swapped) == Folded(*strict)
    assert fold_orders(forward, swapped, "lenient") == Folded(*lenient)


@pytest.mark.parametrize(
    ("forward", "swapped", "strict", "lenient"),
    [
        pytest.param(2, 1, (1, True), (1, True), id="both-support-the-weaker-claim"),
        pytest.param(2, 2, (2, True), (2, True), id="strong-in-both"),
        pytest.param(2, 0, (0, False), (1, False), id="strong-then-tie"),
        pytest.param(1, 0, (0, False), (1, False), id="lenient-never-rounds-into-a-tie"),
        pytest.param(2, -1, (0, False), (1, False), id="opposite-sign-of-the-sum"),
        pytest.param(2, -2, (0, False), (0, False), id="opposite-and-equal"),
        pytest.param(None, -2, (None, None), (-2, None), id="one-abstention-forgiven"),
    ],
)
def test_fold_steps(
    forward: int | None, swapped: int | None, strict: tuple[Any, ...], lenient: tuple[Any, ...]
) -> None:
    assert fold_steps(forward, swapped) == FoldedStep(*strict)
    assert fold_steps(forward, swapped, "lenient") == FoldedStep(*lenient)


STEP = (None, -2, -1, 0, 1, 2)


@pytest.mark.parametrize("how", ["strict", "lenient"])
@pytest.mark.parametrize(("forward", "swapped"), list(product(STEP, repeat=2)))
def test_renaming_the_candidates_only_renames_the_fold(
    forward: int | None, swapped: int | None, how: Folding
) -> None:
    """Neither candidate nor order is privileged: negate and exchange, and the fold is negated."""
    step, consistent = fold_steps(forward, swapped, how)
    negated = fold_steps(
        None if swapped is None else -swapped, None if forward is None else -forward, how
    )
    assert negated == (None if step is None else -step, consistent)


@pytest.mark.parametrize("how", ["strict", "lenient"])
@pytest.mark.parametrize(("forward", "swapped"), list(product(CHOICES, repeat=2)))
def test_choices_fold_as_steps_of_three_levels(
    forward: Choice, swapped: Choice, how: Folding
) -> None:
    step, consistent = fold_steps(STEPS[forward], STEPS[swapped], how)
    assert fold_orders(forward, swapped, how) == (choice_of(step), consistent)


def test_an_unknown_way_to_fold_is_refused() -> None:
    with pytest.raises(ValueError, match="strict"):
        fold_orders("a", "a", "judgebench")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("forward", "swapped", "outcome"),
    [
        pytest.param("a", "a", "correct", id="right-twice"),
        pytest.param("a", "b", "tie", id="inconsistent"),
        pytest.param("a", "tie", "correct", id="a-tie-adds-nothing"),
        pytest.param("a", "abstain", "correct", id="one-null-is-forgiven"),
        pytest.param("tie", "tie", "tie", id="no-preference"),
        pytest.param("b", "abstain", "incorrect", id="wrong-once"),
        pytest.param("abstain", "abstain", "tie", id="nothing-said"),
    ],
)
def test_judgebench_outcome(forward: Choice, swapped: Choice, outcome: str) -> None:
    assert judgebench_outcome(Shown(forward, swapped, "a")) == outcome
    assert judgebench_outcome(Shown(mirror(forward), mirror(swapped), "b")) == outcome


def test_a_fair_coin_scores_a_quarter_and_the_first_slot_nothing() -> None:
    sides: tuple[Choice, ...] = ("a", "b")
    coin = [Shown(x, y, "a") for x, y in product(sides, repeat=2)]
    assert judgebench(coin).value == 0.25
    assert consistent_accuracy(coin).value == 0.25
    assert mmrb2(coin).value == 0.5
    assert judgebench([Shown("a", "b", "a"), Shown("a", "b", "b")]).value == 0
    assert judgebench([Shown("a", "a")]) == undefined("no usable item", nulls=1)


def test_an_abstention_is_wrong_for_one_scorer_and_missing_for_another() -> None:
    rows = [Shown("a", "abstain", "a"), Shown("tie", "tie", "tie")]
    assert (mmrb2(rows).value, mmrb2(rows).n, mmrb2(rows).nulls) == (1.0, 3, 1)
    assert ballot_accuracy(rows).value == 0.75
    assert consistent_accuracy(rows).value == 0.5


def test_contextual_judge_bench() -> None:
    rows = [
        Shown("a", "a", "a"),
        Shown("a", "b", "a"),
        Shown("abstain", "abstain", "a"),
        Shown("b", "b", "a"),
    ]
    scores = contextual_judge_bench(rows)
    assert (scores.forward_accuracy.value, scores.swapped_accuracy.value) == (0.5, 0.25)
    assert (scores.consistent_accuracy.value, scores.optimistic_accuracy.value) == (0.25, 0.5)
    # Two failures compare equal, and must not count as consistent.
    assert (scores.consistency.n, scores.consistency.nulls) == (3, 1)
    assert scores.consistency.value == pytest.approx(2 / 3)


def test_order_bias_of_five_pairs_with_two_moved_to_the_first_slot() -> None:
    kept: tuple[Choice, Choice] = ("a", "a")
    bias = order_bias([*[kept] * 3, ("a", "b"), ("a", "tie")])
    found = [figure.value for figure in bias]
    assert found == pytest.approx([0.6, 0.4, 0.0, 0.4, 0.4])
    # Seen from the other candidate, the orders change places and the shift is the same.
    other: tuple[Choice, Choice] = ("b", "b")
    swapped = order_bias([*[other] * 3, ("a", "b"), ("tie", "b")])
    assert [figure.value for figure in swapped] == found


def test_the_first_position_is_a_slot_and_not_a_candidate() -> None:
    assert first_position_rate([("a", "b")]).value == 1
    assert first_position_rate([("b", "a")]).value == 0
    assert first_position_rate([("a", "a"), ("b", "b")]).value == 0.5
    half = first_position_rate([("a", "tie"), ("abstain", "b")])
    assert (half.value, half.n, half.nulls) == (1.0, 2, 2)


def test_order_figures_without_usable_pairs_are_undefined() -> None:
    nothing: list[tuple[Choice, Choice]] = [("a", "abstain")]
    assert order_consistency(nothing) == undefined("no usable item", nulls=1)
    assert order_bias(nothing).delta_bias.value is None
    assert first_position_rate([("tie", "tie")]).value is None
    assert repetition_stability(["abstain"]).value is None
    assert verdict_entropy([]).value is None


def test_entropy_of_six_verdicts() -> None:
    assert verdict_entropy(["a", "a", "a", "a", "tie", "b"]).value == pytest.approx(0.868, abs=5e-4)
    assert verdict_entropy(["a", "b", "tie"]).value == pytest.approx(1.0986, abs=5e-5)
    assert verdict_entropy(["a", "a"]).value == 0.0


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param({"value": None}, id="neither-value-nor-reason"),
        pytest.param({"value": 1.0, "reason": "why"}, id="both"),
        pytest.param({"value": float("nan")}, id="nan"),
        pytest.param({"value": 1.0, "low": 0.0}, id="half-an-interval"),
    ],
)
def test_an_estimate_is_a_value_or_a_reason(bad: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"value|NaN|interval"):
        Estimate(**bad)


# --- recorded judges ---------------------------------------------------------------------------


def test_llmbar_cells_are_those_published(recorded: Rows) -> None:
    subset = {row["item_id"]: (row["subset"], row["gold"]) for row in recorded("llmbar/items")}
    named: dict[int | None, Choice] = {1: "a", 2: "b", None: "abstain"}
    cells: dict[tuple[str, str, str], list[Shown]] = {}
    for row in recorded("llmbar/judgments"):
        part, gold = subset[row["item_id"]]
        shown = Shown(named[row["winner_12"]], named[row["winner_21"]], named[gold])
        cells.setdefault((part, row["judge"], row["strategy"]), []).append(shown)
    published = recorded("llmbar/published")
    assert len(published) == len(cells) == 195
    for cell in published:
        rows = cells[cell["subset"], cell["judge"], cell["strategy"]]
        accuracy = ballot_accuracy(rows).value
        # The source lets two unreadable replies agree; ours leaves them out and counts them.
        agreement = sum(row.forward == row.swapped for row in rows) / len(rows)
        assert accuracy is not None
        assert 100 * accuracy == pytest.approx(cell["accuracy_published"], abs=0.06)
        assert 100 * agreement == pytest.approx(cell["agreement_published"], abs=0.06)
        ours = order_consistency((row.forward, row.swapped) for row in rows)
        if all("abstain" not in row[:2] for row in rows):
            assert ours.value == pytest.approx(agreement)
        else:
            assert ours.nulls > 0


MEASURED = {  # Vanilla, all three subsets: accuracy, order agreement, first-position rate
    "GPT-4": (0.8604, 0.9417, 0.5077),
    "ChatGPT": (0.4049, 0.6871, 0.6288),
    "PaLM2": (0.7193, 0.7147, 0.5480),
    "Falcon": (0.5752, 0.4202, 0.7807),
}


@pytest.mark.parametrize("judge", MEASURED)
def test_llmbar_first_position_rates(recorded: Rows, judge: str) -> None:
    gold = {row["item_id"]: row["gold"] for row in recorded("llmbar/items")}
    named: dict[int | None, Choice] = {1: "a", 2: "b", None: "abstain"}
    rows = [
        Shown(named[row["winner_12"]], named[row["winner_21"]], named[gold[row["item_id"]]])
        for row in recorded("llmbar/judgments")
        if (row["judge"], row["strategy"]) == (judge, "Vanilla")
    ]
    accuracy, agreement, first = MEASURED[judge]
    orders = [(row.forward, row.swapped) for row in rows]
    assert ballot_accuracy(rows).value == pytest.approx(accuracy, abs=5e-5)
    assert sum(f == s for f, s in orders) / len(orders) == pytest.approx(agreement, abs=5e-5)
    assert first_position_rate(orders).value == pytest.approx(first, abs=5e-5)
