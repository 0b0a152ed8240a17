"""Fitted rules: worked numbers, recorded figures, and what cannot be fitted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from dikast import registry
from dikast.rules import NotEnough
from dikast.stats.ballot_table import BallotTable, Row
from dikast.stats.reliability import label_accuracy, odds, order_accuracy
from dikast.testing import recorded_tables as sets
from dikast.types import IntegerScale, PreferenceScale, Scale, YesNoScale

Rows = Callable[[str], list[dict[str, Any]]]

NEVER = np.nan


def fit(name: str, table: BallotTable, **params: Any) -> Any:
    return registry.load("fits", name)(table, **params)


def score(model: Any, table: BallotTable) -> float:
    """Share of right decisions; an undecided case of two labels is half right."""
    decided, labels = model.predict(table).score[:, 0], table.labels("overall")
    half = 0.5 if len(table.scales[0].labels) == 2 else 0.0  # type: ignore[union-attr]
    return float(np.where(np.isnan(decided), half, decided == labels).mean())


# --- worked numbers ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("agreeing", "pairs", "expected"),
    [
        pytest.param(307, 326, 0.9685, id="gpt-4"),  # c = 308/328
        pytest.param(0, 98, 0.5, id="contrary-throughout"),
        pytest.param(98, 98, 0.98, id="capped"),
        pytest.param(49, 98, 0.5, id="coin"),
    ],
)
def test_accuracy_implied_by_order_consistency(agreeing: int, pairs: int, expected: float) -> None:
    contrary = np.arange(pairs)[:, None] >= agreeing
    found = order_accuracy(contrary, np.ones((pairs, 1), dtype=bool))
    assert found[0] == pytest.approx(expected, abs=5e-5)


def test_accuracy_from_labels_is_shrunk_and_clipped() -> None:
    votes = np.array([[1.0, 0, np.nan]] * 8)
    accuracy = label_accuracy(votes, np.ones(8))
    assert accuracy.tolist() == [0.9, 0.1, 0.5]
    assert odds(accuracy) == pytest.approx([np.log(9), 0, 0])
    assert odds(np.array([0.999])) == pytest.approx([np.log(19)])
    cancelled = np.zeros((8, 3), dtype=bool)
    cancelled[:2, 2] = True
    votes[2:, 2] = 1.0
    assert label_accuracy(votes, np.ones(8), cancelled)[2] == pytest.approx((6 + 1 + 1) / 10)


# --- recorded judges ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        pytest.param("order_consistency", 0.771, id="order-consistency"),
        pytest.param("select_one", 0.860, id="select-one"),
    ],
)
def test_llmbar_vanilla_without_labels(rule: str, expected: float, recorded: Rows) -> None:
    table = sets.llmbar()
    assert score(fit(rule, table.with_truth(np.full_like(table.truth, NEVER))), table) == (
        pytest.approx(expected, abs=5e-4)
    )


def test_prd_peer_rank_as_published(recorded: Rows) -> None:
    table = sets.prd_vicuna80(apart=True)
    model = fit("peer_rank", table)
    assert model.weights["overall"] == pytest.approx(
        {
            "gpt4": 0.488445, "claude": 0.376660, "vicuna-13b": 0.081813, "gpt35": 0.053081,
            "bard": 0.0,
        },
        abs=1e-6,
    )  # fmt: skip
    assert score(model, table) == pytest.approx(0.673125, abs=1e-9)


# --- what cannot be fitted ---------------------------------------------------------------------


def singles(votes: dict[str, str], labels: str = "", scale: Scale | None = None) -> BallotTable:
    """A table from one string per judge, a digit per case; a space is an abstention."""
    rows = [
        Row(f"c{at:02}", judge, None if mark == " " else float(mark))
        for judge, marks in votes.items()
        for at, mark in enumerate(marks)
    ]
    truth = {(f"c{at:02}", "overall"): float(x) for at, x in enumerate(labels) if x != " "}
    return BallotTable.of(rows, scales={"overall": scale or YesNoScale()}, truth=truth)


def pairs(votes: dict[str, str]) -> BallotTable:
    """Pairs in one order only."""
    rows = [
        Row(f"c{at:02}", judge, {"a": 1.0, "b": -1.0}[mark])
        for judge, marks in votes.items()
        for at, mark in enumerate(marks)
    ]
    return BallotTable.of(rows, scales={"overall": PreferenceScale()}, pairs=True)


TEN = "0101010110"
THREE = {"ann": TEN, "bob": TEN[::-1], "eve": "0011010111"}


@pytest.mark.parametrize(
    ("rule", "table", "message"),
    [
        pytest.param("log_odds", singles(THREE), "no case with a ballot has a label", id="labels"),
        pytest.param("log_odds", singles(THREE, "1111"), "every label .* is yes", id="one-class"),
        pytest.param(
            "log_odds", singles({"eve": TEN}, "1010101001"), "better than chance", id="adversarial"
        ),
        pytest.param(
            "log_odds",
            singles(THREE, "12", IntegerScale(low=0, high=9)),
            "numbers need at least 3",
            id="two-labels-on-numbers",
        ),
        pytest.param("order_consistency", singles(THREE), "both presentation orders", id="singles"),
        pytest.param(
            "order_consistency", pairs({"ann": "aabb"}), "both presentation orders", id="one-order"
        ),
        pytest.param(
            "dawid_skene", singles({"ann": TEN, "bob": TEN}), "at least 3", id="two-seats"
        ),
        pytest.param(
            "dawid_skene", singles({j: v[:4] for j, v in THREE.items()}), "at least 10", id="cases"
        ),
        pytest.param(
            "one_coin",
            singles(dict.fromkeys(THREE, "1" * 12)),
            "vote .* is the same",
            id="constant",
        ),
        pytest.param(
            "one_coin",
            singles(THREE, "", IntegerScale(low=0, high=1)),
            "scored in numbers",
            id="numbers",
        ),
        pytest.param("select_one", singles({"ann": TEN, "bob": TEN[::-1]}), "two judges", id="two"),
        pytest.param("peer_rank", pairs({"ann": "ab", "bob": "bb"}), "contestants", id="no-peers"),
        pytest.param("one_vote_per_family", singles(THREE), "family is known", id="no-family"),
        pytest.param("wawa", singles({"ann": "   "}), "no ballot has a score", id="nobody-voted"),
    ],
)
def test_what_cannot_be_fitted_says_why(rule: str, table: BallotTable, message: str) -> None:
    with pytest.raises(NotEnough, match=message):
        fit(rule, table)
