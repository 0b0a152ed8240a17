"""Rules: each one's contract as a table, then the laws that all of them obey."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dikast.registry import load, names
from dikast.rules import Decision, Rule, Vote, average, settle
from dikast.testing.strategies import label_scales, number_scales, scales, scores, votes
from dikast.types import IntegerScale, OrdinalScale, PreferenceScale, RealScale, Scale, YesNoScale

FIVE = IntegerScale(low=1, high=5)
UNIT = RealScale(low=0, high=1)
YES_NO = YesNoScale()
WORDS = OrdinalScale(labels=("poor", "fair", "good", "superb"))
PAIR = PreferenceScale()
STRICT = PreferenceScale(ties=False)
FAR = PreferenceScale(levels=5, ties=False)

RULES: dict[str, Rule] = {name: load("rules", name) for name in names("rules")}
OWN = ("majority", "mean", "median", "trimmed", "weighted")


def decided(score: float) -> Decision:
    return Decision(score)


def tied(*scores: float) -> Decision:
    return Decision(None, scores)


NOTHING = Decision(None)
WEIGHTS = st.lists(st.floats(0.01, 1e6), min_size=1, max_size=9)

TABLE: list[tuple[str, str, Scale, list[Any], Decision]] = [
    ("mean", "two-neighbours", FIVE, [4, 5], decided(4.5)),
    ("mean", "weights-are-ignored", FIVE, [(1, 9.0), (5, 1.0)], decided(3)),
    ("mean", "tenths-without-rounding-error", UNIT, [0.1] * 10, decided(0.1)),
    ("mean", "labels-take-the-nearest", WORDS, [0, 1, 1], decided(1)),
    ("mean", "half-way-between-labels-is-a-tie", WORDS, [0, 1], tied(0, 1)),
    ("mean", "one-each-of-yes-and-no", YES_NO, [1, 0], tied(0, 1)),
    ("mean", "one-each-of-a-pair-is-the-tie-label", PAIR, [1, -1], decided(0)),
    ("mean", "one-each-of-a-pair-without-ties", STRICT, [1, -1], tied(-1, 1)),
    ("mean", "no-tie-label-to-round-to", FAR, [1, -2], decided(-1)),
    ("median", "odd", FIVE, [1, 5, 4], decided(4)),
    ("median", "even-takes-the-middle", FIVE, [1, 2, 5, 5], decided(3.5)),
    ("median", "one-far-off-has-no-effect", FIVE, [4, 4, 4, 1], decided(4)),
    ("median", "a-label-lies-half-way", WORDS, [0, 2], decided(1)),
    ("median", "no-label-lies-half-way", WORDS, [0, 3], tied(1, 2)),
    ("median", "neighbouring-labels", WORDS, [1, 2, 1, 2], tied(1, 2)),
    ("median", "pair-without-ties", STRICT, [1, -1], tied(-1, 1)),
    ("majority", "plurality", FIVE, [1, 2, 2, 5], decided(2)),
    ("majority", "two-lead", FIVE, [5, 5, 2, 2, 1], tied(2, 5)),
    ("majority", "all-differ", WORDS, [3, 0, 1], tied(0, 1, 3)),
    ("majority", "weights-are-ignored", YES_NO, [(1, 9.0), (0, 1.0)], tied(0, 1)),
    ("majority", "a-tie-vote-is-a-vote", PAIR, [0, 0, 1], decided(0)),
    ("trimmed", "five-lose-one-at-each-end", FIVE, [1, 4, 4, 5, 5], decided(13 / 3)),
    ("trimmed", "four-lose-none", FIVE, [1, 5, 5, 5], decided(4)),
    ("trimmed", "pair-without-ties", STRICT, [1, -1, 1, -1], tied(-1, 1)),
    ("weighted", "weighted-mean", FIVE, [(1, 1.0), (5, 3.0)], decided(4)),
    ("weighted", "weight-of-0-has-no-say", FIVE, [(1, 0.0), (4, 0.5)], decided(4)),
    ("weighted", "no-weight-at-all", FIVE, [(1, 0.0), (4, 0.0)], NOTHING),
    ("weighted", "labels-by-weight", WORDS, [(0, 1.0), (3, 0.4), (3, 0.4)], decided(0)),
    ("weighted", "equal-weight-is-a-tie", YES_NO, [(1, 0.3), (0, 0.1), (0, 0.2)], tied(0, 1)),
    (
        "weighted",
        "unanimity-survives-rounding",
        UNIT,
        [(0.3, 0.1), (0.3, 0.2), (0.3, 0.3)],
        decided(0.3),
    ),
    ("weighted", "rounding-breaks-no-tie", YES_NO, [(1, 0.8), (0, 0.6), (0, 0.2)], tied(0, 1)),
    ("weighted", "huge-weights", FIVE, [(1, 1e308), (5, 1e308)], decided(3)),
    ("weighted", "tiny-weights", FIVE, [(1, 5e-324), (5, 5e-324)], decided(3)),
]


def ballots(rows: Sequence[Any]) -> list[Vote]:
    return [Vote(*row) if isinstance(row, tuple) else Vote(row) for row in rows]


@pytest.mark.parametrize(
    ("rule", "scale", "rows", "expected"),
    [pytest.param(rule, *rest, id=f"{rule}-{what}") for rule, what, *rest in TABLE],
)
def test_contract(rule: str, scale: Scale, rows: list[Any], expected: Decision) -> None:
    made = RULES[rule](ballots(rows), scale)
    assert made.tied == expected.tied
    if expected.score is None:
        assert made.score is None
    else:
        assert made.score == pytest.approx(expected.score, rel=1e-15)


def test_the_table_speaks_of_every_rule_of_ours() -> None:
    assert {row[0] for row in TABLE} == set(OWN) <= set(RULES)


@pytest.mark.parametrize("rule", RULES)
@given(scale=scales())
def test_nobody_voted(rule: str, scale: Scale) -> None:
    assert RULES[rule]([], scale) == NOTHING


def drawn(data: st.DataObject, scale: Scale) -> list[Vote]:
    heard = data.draw(votes(scale, min_size=1))
    assume(any(vote.weight > 1e-6 for vote in heard))
    return heard


@pytest.mark.parametrize("rule", RULES)
@settings(max_examples=30)
@given(scale=scales(), data=st.data())
def test_the_order_of_votes_changes_nothing(rule: str, scale: Scale, data: st.DataObject) -> None:
    heard = drawn(data, scale)
    assert RULES[rule](data.draw(st.permutations(heard)), scale) == RULES[rule](heard, scale)


@pytest.mark.parametrize("rule", RULES)
@given(scale=scales(), data=st.data())
def test_a_decision_is_a_score_or_a_tie_within_the_votes(
    rule: str, scale: Scale, data: st.DataObject
) -> None:
    heard = drawn(data, scale)
    made = RULES[rule](heard, scale)
    named = made.tied if made.score is None else (made.score,)
    low, high = min(v.score for v in heard), max(v.score for v in heard)
    assert all(math.isfinite(score) and low <= score <= high for score in named)
    assert (made.score is None) == (len(made.tied) >= 2)
    assert list(made.tied) == sorted(set(made.tied))


@pytest.mark.parametrize("rule", RULES)
@given(
    scale=scales(), weights=st.lists(st.floats(0.01, 1e6), min_size=1, max_size=9), data=st.data()
)
def test_a_unanimous_vote_is_given_back(
    rule: str, scale: Scale, weights: list[float], data: st.DataObject
) -> None:
    score = data.draw(scores(scale))
    assert RULES[rule]([Vote(score, weight) for weight in weights], scale) == Decision(score)


@pytest.mark.parametrize("rule", RULES)
@given(scale=label_scales(), data=st.data())
def test_labels_are_answered_with_labels(rule: str, scale: Scale, data: st.DataObject) -> None:
    assert not isinstance(scale, IntegerScale | RealScale)
    known = {scale.accept(label) for label in scale.labels}
    made = RULES[rule](drawn(data, scale), scale)
    assert set(made.tied if made.score is None else (made.score,)) <= known


@pytest.mark.parametrize("rule", RULES)
@given(levels=st.sampled_from([3, 5]), ties=st.booleans(), data=st.data())
def test_exchanging_the_candidates_mirrors_the_decision(
    rule: str, levels: Any, ties: bool, data: st.DataObject
) -> None:
    scale = PreferenceScale(levels=levels, ties=ties)
    heard = drawn(data, scale)
    made = RULES[rule](heard, scale)
    mirrored = RULES[rule]([vote._replace(score=-vote.score) for vote in heard], scale)
    assert mirrored.score == (None if made.score is None else -made.score)
    assert mirrored.tied == tuple(-score for score in reversed(made.tied))


@pytest.mark.parametrize("rule", sorted(set(OWN) - {"majority"}))
@given(data=st.data())
def test_a_higher_vote_never_lowers_a_score(rule: str, data: st.DataObject) -> None:
    scale = data.draw(number_scales())
    heard = drawn(data, scale)
    at = data.draw(st.integers(0, len(heard) - 1))
    raised = [*heard]
    raised[at] = heard[at]._replace(score=scale.bounds()[1])
    before, after = RULES[rule](heard, scale).score, RULES[rule](raised, scale).score
    assert before is not None
    assert after is not None
    assert after >= before - 1e-9 * (scale.high - scale.low)


@given(scale=scales(), data=st.data())
def test_majority_is_whoever_was_said_most(scale: Scale, data: st.DataObject) -> None:
    heard = drawn(data, scale)
    counts = Counter(vote.score for vote in heard)
    most = sorted(score for score, n in counts.items() if n == max(counts.values()))
    made = RULES["majority"](heard, scale)
    assert ([made.score] if made.score is not None else list(made.tied)) == most


@given(scale=number_scales(), data=st.data())
def test_equal_weights_weigh_like_none(scale: Scale, data: st.DataObject) -> None:
    heard = [vote._replace(weight=0.37) for vote in drawn(data, scale)]
    weighted, plain = RULES["weighted"](heard, scale).score, RULES["mean"](heard, scale).score
    assert weighted == pytest.approx(plain, rel=1e-12, abs=1e-9)


@given(scale=number_scales(), data=st.data(), factor=st.floats(1e-3, 1e3))
def test_only_proportions_of_weights_count(
    scale: Scale, data: st.DataObject, factor: float
) -> None:
    heard = drawn(data, scale)
    scaled = [vote._replace(weight=vote.weight * factor) for vote in heard]
    one, other = RULES["weighted"](heard, scale).score, RULES["weighted"](scaled, scale).score
    assert one == pytest.approx(other, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(
    ("share", "count", "kept"),
    [
        pytest.param(0.0, 5, 5, id="nothing-is-cut"),
        pytest.param(0.2, 4, 4, id="below-one-vote-is-none"),
        pytest.param(0.2, 5, 3, id="one-at-each-end"),
        pytest.param(0.34, 3, 1, id="three-votes-the-median"),
        pytest.param(0.29, 100, 42, id="29-of-100-are-29-in-binary-too"),
        pytest.param(0.49, 101, 3, id="nearly-all"),
        pytest.param(0.4999, 2, 2, id="never-all"),
    ],
)
def test_how_many_are_trimmed(share: float, count: int, kept: int) -> None:
    """Votes 0, 1, 4, 9, … : the mean tells how many were left in the middle."""
    rising = [Vote(float(n * n)) for n in range(count)]
    cut = (count - kept) // 2
    middle = [vote.score for vote in rising[cut : count - cut]]
    made = load("rules", "trimmed")(rising[::-1], RealScale(low=0, high=1e6), share=share)
    assert made.score == pytest.approx(sum(middle) / kept)


@pytest.mark.parametrize("share", [-0.1, 0.5, 1.0, float("nan")])
def test_a_share_that_trims_everything_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="share"):
        load("rules", "trimmed")([Vote(1.0)], FIVE, share=share)


@pytest.mark.parametrize(
    ("score", "scale", "expected"),
    [
        pytest.param(3.7, FIVE, decided(3.7), id="numbers-stay"),
        pytest.param(0.5, YES_NO, tied(0, 1), id="half"),
        pytest.param(0.5 + 1e-12, YES_NO, tied(0, 1), id="half-but-for-rounding"),
        pytest.param(0.51, YES_NO, decided(1), id="just-above-half"),
        pytest.param(2.6, WORDS, decided(3), id="nearest-above"),
        pytest.param(0.0, PAIR, decided(0), id="the-middle-is-a-label"),
        pytest.param(0.0, STRICT, tied(-1, 1), id="the-middle-is-none"),
        pytest.param(0.1, STRICT, decided(1), id="nearest-without-a-middle"),
        pytest.param(-1.5, FAR, tied(-2, -1), id="between-two-strengths"),
        pytest.param(-0.0, PAIR, decided(0), id="minus-zero"),
    ],
)
def test_settle(score: float, scale: Scale, expected: Decision) -> None:
    made = settle(score, scale)
    assert made == expected
    assert math.copysign(1, made.score or 0.0) == math.copysign(1, expected.score or 0.0)


@given(st.lists(st.floats(-1e15, 1e15), min_size=1))
def test_an_average_lies_within(some: list[float]) -> None:
    assert min(some) <= average(some) <= max(some)
