"""Scales: what is accepted, how it is shown, and that nothing is clamped, rounded or guessed."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from dikast.testing.strategies import label_scales, scales, scores
from dikast.testing.world import steps
from dikast.types import (
    IntegerScale,
    OffScale,
    OrdinalScale,
    PreferenceScale,
    RealScale,
    Scale,
    YesNoScale,
)

FIVE = IntegerScale(low=1, high=5)
UNIT = RealScale(low=0, high=1)
YES_NO = YesNoScale()
VERDICT = OrdinalScale(labels=("incorrect", "partly correct", "correct"))
PAIR = PreferenceScale()
FAR = PreferenceScale(levels=5)
STRICT = PreferenceScale(ties=False)


@pytest.mark.parametrize(
    ("scale", "raw", "score"),
    [
        pytest.param(FIVE, 4, 4, id="whole-number"),
        pytest.param(FIVE, 4.0, 4, id="whole-number-as-a-float"),
        pytest.param(FIVE, 1, 1, id="lowest"),
        pytest.param(FIVE, 5, 5, id="highest"),
        pytest.param(UNIT, 0, 0, id="real-lowest"),
        pytest.param(UNIT, 1, 1, id="real-highest"),
        pytest.param(UNIT, 0.37, 0.37, id="real-between"),
        pytest.param(RealScale(low=-1, high=1), -0.0, 0, id="minus-zero-is-zero"),
        pytest.param(VERDICT, "incorrect", 0, id="label-that-holds-another"),
        pytest.param(VERDICT, "correct", 2, id="label-held-by-another"),
        pytest.param(VERDICT, "  Partly Correct\n", 1, id="case-and-space"),
        pytest.param(OrdinalScale(labels=("STRASSE", "Weg")), "straße", 0, id="folded-case"),
        pytest.param(YES_NO, "yes", 1, id="yes"),
        pytest.param(YES_NO, " NO ", 0, id="no-in-capitals"),
        pytest.param(PAIR, "A", 1, id="first-slot"),
        pytest.param(PAIR, "b", -1, id="second-slot"),
        pytest.param(PAIR, "TIE", 0, id="tie"),
        pytest.param(FAR, "A>>B", 2, id="first-by-far"),
        pytest.param(FAR, "a>b", 1, id="first-by-little"),
        pytest.param(FAR, "B>A", -1, id="second-by-little"),
        pytest.param(FAR, "B>>A", -2, id="second-by-far"),
        pytest.param(STRICT, "B", -1, id="second-without-ties"),
    ],
)
def test_accepts(scale: Scale, raw: Any, score: float) -> None:
    accepted = scale.accept(raw)
    assert accepted == score
    assert isinstance(accepted, float)
    assert math.copysign(1, accepted) == math.copysign(1, score)


NOT_NUMBERS = {
    "true": True,
    "false": False,
    "text": "4",
    "word": "four",
    "out-of-ten": "7/10",
    "range": "3-4",
    "empty": "",
    "nothing": None,
    "list": [4],
    "nan": float("nan"),
    "infinity": float("inf"),
    "minus-infinity": float("-inf"),
    "6000-digits": 10**6000,
    "6000-digits-of-text": "9" * 6000,
    "a-megabyte": "x" * 1_000_000,
    "complex": 4j,
}
NOT_LABELS = {
    "contained": "correct answer",
    "containing": "corr",
    "negated": "not correct",
    "rank": 2,
    "rank-as-text": "2",
    "true": True,
    "several": "correct, incorrect",
    "with-a-dot": "correct.",
    "nothing": None,
    "nan": float("nan"),
    "6000-digits": 10**6000,
    "a-megabyte": "correct" * 150_000,
}


@pytest.mark.parametrize(
    ("scale", "raw"),
    [
        *(pytest.param(FIVE, raw, id=f"integer-{what}") for what, raw in NOT_NUMBERS.items()),
        *(pytest.param(UNIT, raw, id=f"real-{what}") for what, raw in NOT_NUMBERS.items()),
        *(pytest.param(VERDICT, raw, id=f"ordinal-{what}") for what, raw in NOT_LABELS.items()),
        pytest.param(FIVE, 0, id="integer-below"),
        pytest.param(FIVE, 6, id="integer-above"),
        pytest.param(FIVE, 4.5, id="integer-fraction"),
        pytest.param(FIVE, 4.999999999999999, id="integer-nearly-whole"),
        pytest.param(UNIT, 1.0000000000000002, id="real-just-above"),
        pytest.param(UNIT, -5e-324, id="real-just-below"),
        pytest.param(YES_NO, True, id="yes-no-true"),
        pytest.param(YES_NO, 1, id="yes-no-one"),
        pytest.param(YES_NO, "y", id="yes-no-letter"),
        pytest.param(YES_NO, "yes, but", id="yes-no-hedged"),
        pytest.param(YES_NO, "unknown", id="yes-no-contains-no"),
        pytest.param(PAIR, "A>B", id="pair-of-the-other-levels"),
        pytest.param(FAR, "A", id="five-levels-of-the-other"),
        pytest.param(PAIR, "neither", id="pair-neither"),
        pytest.param(PAIR, "A good answer", id="pair-word-that-begins-with-a-label"),
        pytest.param(PAIR, 1, id="pair-number"),
        pytest.param(STRICT, "tie", id="pair-tie-where-none-is-allowed"),
    ],
)
def test_refuses_and_says_so_briefly(scale: Scale, raw: Any) -> None:
    with pytest.raises(OffScale) as caught:
        scale.accept(raw)
    assert 0 < len(str(caught.value)) < 300


@pytest.mark.parametrize(
    ("scale", "score", "shown"),
    [
        pytest.param(FIVE, 4.0, "4", id="whole"),
        pytest.param(FIVE, 4.5, "4.50", id="mean-between"),
        pytest.param(FIVE, 10 / 3, "3.33", id="third"),
        pytest.param(IntegerScale(low=0, high=10**7), 1234567.0, "1234567", id="seven-digits"),
        pytest.param(IntegerScale(low=-5, high=5), -2.0, "-2", id="negative"),
        pytest.param(UNIT, 0.5, "0.50", id="real"),
        pytest.param(VERDICT, 1.0, "partly correct", id="label"),
        pytest.param(VERDICT, 0.5, "incorrect/partly correct", id="between-labels"),
        pytest.param(YES_NO, 1.0, "yes", id="yes"),
        pytest.param(YES_NO, 0.0, "no", id="no"),
        pytest.param(YES_NO, 0.25, "25% yes", id="share-of-yes"),
        pytest.param(PAIR, 1.0, "first better", id="first"),
        pytest.param(PAIR, -1.0, "second better", id="second"),
        pytest.param(PAIR, 0.0, "tie", id="tie"),
        pytest.param(FAR, -2.0, "second better by far", id="by-far"),
    ],
)
def test_shows(scale: Scale, score: float, shown: str) -> None:
    assert scale.show(score) == shown


@pytest.mark.parametrize(
    ("scale", "score", "unit"),
    [
        pytest.param(FIVE, 1.0, 0.0, id="worst"),
        pytest.param(FIVE, 5.0, 1.0, id="best"),
        pytest.param(FIVE, 3.0, 0.5, id="middle"),
        pytest.param(RealScale(low=-1, high=3), 0.0, 0.25, id="real"),
        pytest.param(VERDICT, 1.0, 0.5, id="label"),
        pytest.param(YES_NO, 1.0, 1.0, id="yes"),
        pytest.param(PAIR, 0.0, 0.5, id="tie"),
        pytest.param(FAR, 1.0, 0.75, id="by-little"),
    ],
)
def test_units(scale: Scale, score: float, unit: float) -> None:
    assert scale.unit(score) == unit


@given(scales(), st.data())
def test_units_rise_with_scores_and_stay_between_0_and_1(scale: Scale, data: st.DataObject) -> None:
    low, high = sorted((data.draw(scores(scale)), data.draw(scores(scale))))
    assert 0 <= scale.unit(low) <= scale.unit(high) <= 1 + 1e-12
    assert scale.spread((low, high)) == pytest.approx(scale.unit(high) - scale.unit(low))
    assert scale.spread((low,)) == scale.spread(()) == 0.0


@given(scales())
def test_every_step_is_accepted_as_it_is_written(scale: Scale) -> None:
    every = steps(scale)
    raw: Any = every if isinstance(scale, IntegerScale | RealScale) else scale.labels
    assert tuple(scale.accept(one) for one in raw) == every
    assert (every[0], every[-1]) == scale.bounds()
    assert list(every) == sorted(set(every))
    assert all(scale.show(step) for step in every)


@given(scales())
def test_what_a_judge_may_answer_is_said_in_words(scale: Scale) -> None:
    said = scale.describe()
    if not isinstance(scale, IntegerScale | RealScale | YesNoScale):
        assert all(label in said for label in scale.labels)
    assert len(said) > 8


@given(scales(), st.text() | st.integers() | st.floats() | st.booleans())
def test_anything_is_a_score_or_off_scale(scale: Scale, raw: Any) -> None:
    try:
        score = scale.accept(raw)
    except OffScale:
        return
    low, high = scale.bounds()
    assert low <= score <= high
    assert not isinstance(raw, bool)


@given(label_scales(), st.text(min_size=1), st.booleans())
def test_a_longer_word_is_never_the_label_inside(scale: Any, more: str, before: bool) -> None:
    known = {label.strip().casefold() for label in scale.labels}
    for label in scale.labels:
        word = more + label if before else label + more
        if word.strip().casefold() not in known:
            with pytest.raises(OffScale):
                scale.accept(word)


MIRROR = {"A": "B", "B": "A", "A>B": "B>A", "B>A": "A>B", "A>>B": "B>>A", "B>>A": "A>>B"}


@pytest.mark.parametrize("levels", [3, 5])
@pytest.mark.parametrize("ties", [True, False])
def test_naming_the_other_slot_turns_the_sign(levels: Any, ties: bool) -> None:
    scale = PreferenceScale(levels=levels, ties=ties)
    for label in scale.labels:
        assert scale.accept(MIRROR.get(label, label)) == 0.0 - scale.accept(label)
    assert ("tie" in scale.labels) == ties
    assert len(scale.labels) == levels - (not ties)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        pytest.param(lambda: IntegerScale(low=5, high=1), "below", id="reversed"),
        pytest.param(lambda: IntegerScale(low=3, high=3), "below", id="one-point"),
        pytest.param(lambda: IntegerScale(low=1, high=10**400), "within", id="beyond-a-float"),
        pytest.param(lambda: IntegerScale(low=0, high=10**16), "within", id="beyond-whole-floats"),
        pytest.param(lambda: RealScale(low=-1e308, high=1e308), "within", id="infinite-width"),
        pytest.param(lambda: RealScale(low=0, high=float("inf")), "finite", id="infinite"),
        pytest.param(lambda: RealScale(low=float("nan"), high=1), "finite", id="nan"),
        pytest.param(lambda: OrdinalScale(labels=("good",)), "at least 2", id="one-label"),
        pytest.param(lambda: OrdinalScale(labels=("Good", " good ")), "distinct", id="same-label"),
        pytest.param(lambda: OrdinalScale(labels=("good", "  ")), "empty", id="blank-label"),
        pytest.param(lambda: PreferenceScale(levels=4), "3", id="even-levels"),
        pytest.param(lambda: IntegerScale(low=1, high=5, step=2), "step", id="unknown-field"),  # type: ignore[call-arg]
    ],
)
def test_a_scale_that_cannot_be_is_refused(make: Any, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        make()


@given(scales())
def test_round_trip_by_kind(scale: Scale) -> None:
    read: TypeAdapter[Scale] = TypeAdapter(Scale)
    assert read.validate_json(scale.to_json()) == scale
    assert type(read.validate_python(scale.model_dump())) is type(scale)
