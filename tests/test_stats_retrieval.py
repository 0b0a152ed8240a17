"""Retrieval metrics: worked numbers, two variants told apart, an independent implementation."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dikast.errors import InputError
from dikast.records.relevance import relevance_of
from dikast.stats.by_case import mean_difference, shares_by_case
from dikast.stats.estimate import Estimate
from dikast.stats.retrieval import (
    average_precision_at,
    average_precision_trec,
    ndcg_at,
    precision_at,
    recall_at,
    reciprocal_rank,
    retrieval_metrics,
)
from dikast.types import Candidate, Case, Context

RANKED = ("a", "b", "c", "d")
TWO_AND_FOUR = {"b": 1.0, "d": 1.0}
MANY = dict.fromkeys("abcdefgh", 1.0)

Metric = Callable[..., Estimate]


@pytest.mark.parametrize(
    ("metric", "ranked", "labels", "k", "value"),
    [
        pytest.param(average_precision_at, RANKED, TWO_AND_FOUR, 5, 0.5, id="ap-two-and-four"),
        pytest.param(average_precision_trec, RANKED, TWO_AND_FOUR, 5, 0.5, id="ap-trec-the-same"),
        pytest.param(ndcg_at, RANKED, TWO_AND_FOUR, 5, 0.651, id="ndcg-two-and-four"),
        pytest.param(average_precision_at, "ab", MANY, 2, 1.0, id="ap-over-min-of-R-and-k"),
        pytest.param(average_precision_trec, "ab", MANY, 2, 0.25, id="ap-trec-over-all-R"),
        pytest.param(precision_at, RANKED, TWO_AND_FOUR, 2, 0.5, id="precision"),
        pytest.param(precision_at, "b", TWO_AND_FOUR, 5, 0.2, id="empty-places-are-wrong"),
        pytest.param(recall_at, RANKED, TWO_AND_FOUR, 2, 0.5, id="recall"),
        pytest.param(recall_at, "b", MANY, 5, 0.125, id="recall-of-all-that-is-relevant"),
        pytest.param(precision_at, ("b", "b", "b"), TWO_AND_FOUR, 3, 1 / 3, id="twice-counts-once"),
        pytest.param(recall_at, ("b", "b", "d"), TWO_AND_FOUR, 2, 0.5, id="twice-takes-a-place"),
        pytest.param(ndcg_at, "ba", {"a": 2.0, "b": 1.0}, 2, 0.860, id="graded-linear"),
    ],
)
def test_worked_numbers(
    metric: Metric, ranked: Any, labels: dict[str, float], k: int, value: float
) -> None:
    assert metric(list(ranked), labels, k).value == pytest.approx(value, abs=5e-4)


def test_exponential_gain_weighs_high_grades_more() -> None:
    labels = {"a": 3.0, "b": 1.0}
    dcg = 1 / math.log2(2) + 7 / math.log2(3)
    best = 7 / math.log2(2) + 1 / math.log2(3)
    assert ndcg_at(["b", "a"], labels, 2, gain="exponential").value == pytest.approx(dcg / best)
    assert ndcg_at(["b", "a"], labels, 2).value > dcg / best  # type: ignore[operator]


def test_reciprocal_rank() -> None:
    assert reciprocal_rank(RANKED, TWO_AND_FOUR).value == 0.5
    assert reciprocal_rank("ac", TWO_AND_FOUR).value == 0.0


def test_without_a_relevant_document_only_precision_is_defined() -> None:
    found = retrieval_metrics(RANKED, {"a": 0.0}, (2,))
    assert found["precision@2"].value == 0.0
    undefined = {name for name, estimate in found.items() if estimate.value is None}
    assert undefined == set(found) - {"precision@2"}


@given(
    st.lists(st.sampled_from("abcdefgh"), unique=True, max_size=8),
    st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 3), min_size=1),
    st.integers(1, 10),
)
def test_figures_are_shares_and_best_for_the_best_order(
    ranked: list[str], grades: dict[str, int], k: int
) -> None:
    labels = {name: float(grade) for name, grade in grades.items()}
    best = sorted(labels, key=lambda name: -labels[name])
    for metric in (precision_at, recall_at, average_precision_at, average_precision_trec, ndcg_at):
        value = metric(ranked, labels, k).value
        if value is not None:
            assert 0 <= value <= 1
            assert value <= metric(best, labels, k).value + 1e-12  # type: ignore[operator]


def test_oracles_agree_with_the_retrieval_metrics() -> None:
    measures = pytest.importorskip("ir_measures", reason="the group `oracles` is not installed")
    import random

    chance = random.Random(3)
    names = [f"d{n}" for n in range(12)]
    for _ in range(25):
        ranked = chance.sample(names, 8)
        labels = {name: chance.choice([0, 0, 1, 2, 3]) for name in names}
        if not any(labels.values()):
            continue
        run = {"q": {name: float(len(ranked) - n) for n, name in enumerate(ranked)}}
        wanted = [measures.P @ 5, measures.R @ 5, measures.AP @ 5, measures.nDCG @ 5, measures.RR]
        theirs = measures.calc_aggregate(wanted, {"q": labels}, run)
        grades = {name: float(grade) for name, grade in labels.items()}
        ours = {
            measures.P @ 5: precision_at(ranked, grades, 5),
            measures.R @ 5: recall_at(ranked, grades, 5),
            measures.AP @ 5: average_precision_trec(ranked, grades, 5),
            measures.nDCG @ 5: ndcg_at(ranked, grades, 5),
            measures.RR: reciprocal_rank(ranked, grades),
        }
        for measure, estimate in ours.items():
            assert estimate.value == pytest.approx(theirs[measure], abs=1e-6), measure


def case(**fields: Any) -> Case:
    passages = (Context(id="p1", text="One  thing."), Context(id="p2", text="Another."))
    return Case(id="c", candidates=(Candidate(text="x"),), contexts=passages, **fields)


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        pytest.param({}, None, id="none"),
        pytest.param({"labels": {"relevant_ids": ["p1", "p9"]}}, {"p1": 1, "p9": 1}, id="ids"),
        pytest.param({"labels": {"qrels": {"p1": 2, "p2": 0}}}, {"p1": 2, "p2": 0}, id="grades"),
        pytest.param(
            {"metadata": {"reference_context_ids": [1, 2]}}, {"1": 1, "2": 1}, id="ragas-ids"
        ),
        pytest.param(
            {"metadata": {"reference_contexts": ["one thing.", "Never found."]}},
            {"p1": 1, "\0not retrieved 2": 1},
            id="ragas-texts",
        ),
    ],
)
def test_names_of_labels(fields: dict[str, Any], found: dict[str, float] | None) -> None:
    assert relevance_of(case(**fields)) == found


@pytest.mark.parametrize("given_", ["p1", [True], {"p1": "high"}, [["p1"]], 3.5])
def test_labels_of_another_form_are_refused(given_: Any) -> None:
    with pytest.raises(InputError, match="relevant_ids"):
        relevance_of(case(labels={"relevant_ids": given_}))


def test_a_paired_difference_rests_on_pairs_with_both_sides() -> None:
    found = mean_difference([(1.0, 0.5), (0.5, 0.5), (None, 1.0), (1.0, None)])
    assert (found.value, found.n, found.nulls) == (0.25, 2, 2)
    mirrored = mean_difference([(0.5, 1.0), (0.5, 0.5)])
    assert mirrored.value == -0.25
    assert mean_difference([(None, 1.0)]).reason


def test_shares_add_up_and_resample_whole_cases() -> None:
    """Ten claims of one case are no ten cases: the interval must be wide."""
    rows = [{"a": 10, "b": 0}, {"a": 0, "b": 10}]
    found = shares_by_case(rows, ("a", "b"), what="claim")
    assert found["a"].value == found["b"].value == 0.5
    assert (found["a"].low, found["a"].high, found["a"].n) == (0.0, 1.0, 20)
    assert shares_by_case([{}], ("a",), what="claim")["a"].reason == "there is no claim"
