"""Forms of judge families: tables of replies, then what real judges wrote, read again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dikast.formats.contract import Read
from dikast.registry import load
from dikast.types import (
    Criterion,
    IntegerScale,
    OrdinalScale,
    PreferenceScale,
    RealScale,
    Reason,
    Scale,
)

PAIR, NO_TIE, STEPS = PreferenceScale(), PreferenceScale(ties=False), PreferenceScale(levels=5)
FIVE, TEN = IntegerScale(low=1, high=5), RealScale(low=1, high=10)
WORDS = OrdinalScale(labels=("incorrect", "correct"))


def said(name: str, reply: str, scale: Scale) -> float | Reason:
    criterion = Criterion(id="c", question="?", scale=scale)
    result = load("formats", name).read(reply, [criterion], marker="ab12")["c"]
    return result.score if isinstance(result, Read) else result.reason


@pytest.mark.parametrize(
    ("reply", "scale", "expected"),
    [
        pytest.param("A is deeper. [[A]]", PAIR, 1.0, id="first"),
        pytest.param("Final verdict: [[B]].", PAIR, -1.0, id="second"),
        pytest.param("[[C]]", PAIR, 0.0, id="tie"),
        pytest.param('Both.\n\n"[[C]]"', PAIR, 0.0, id="quotation-marks-alone-on-the-line"),
        pytest.param("[[C]]", NO_TIE, Reason.OFF_SCALE, id="tie-where-none-is-allowed"),
        pytest.param("[[A]] So: [[A]]", PAIR, 1.0, id="said-twice"),
        pytest.param("[[A]] ... no: [[B]]", PAIR, Reason.AMBIGUOUS, id="two-marks"),
        pytest.param("[[A or B]]", PAIR, Reason.AMBIGUOUS, id="both-in-one-mark"),
        pytest.param("[[D]]", PAIR, Reason.OFF_SCALE, id="unknown-label"),
        pytest.param("[[tie]]", PAIR, Reason.OFF_SCALE, id="a-word-that-was-not-offered"),
        pytest.param("[[neither]]", PAIR, Reason.OFF_SCALE, id="neither"),
        pytest.param("[A]", PAIR, Reason.MALFORMED, id="single-brackets"),
        pytest.param("A is better.", PAIR, Reason.MALFORMED, id="prose"),
        pytest.param("", PAIR, Reason.EMPTY, id="nothing"),
        pytest.param("<think>[[A]]</think> [[B]]", PAIR, -1.0, id="reasoning"),
        pytest.param("<think>[[A]]", PAIR, Reason.MALFORMED, id="unclosed-reasoning"),
        pytest.param("> [[A]]\n\n[[B]]", PAIR, -1.0, id="block-quotation"),
        pytest.param('It ends with "[[A]]" itself. [[B]]', PAIR, -1.0, id="quotation"),
        pytest.param("For example [[A]]. I say [[B]]", PAIR, -1.0, id="example"),
        pytest.param("Rating: [[8]]", TEN, 8.0, id="rating"),
        pytest.param("Rating: [[8.5]]", TEN, 8.5, id="decimal-rating"),
        pytest.param("Rating: [[8.5]]", FIVE, Reason.OFF_SCALE, id="fraction-on-whole-numbers"),
        pytest.param("Rating: [[8]]", FIVE, Reason.OFF_SCALE, id="above-the-scale"),
        pytest.param("Rating: [[0]]", TEN, Reason.OFF_SCALE, id="below-the-scale"),
        pytest.param("Rating: [[4/5]]", FIVE, Reason.OFF_SCALE, id="share"),
        pytest.param("Rating: [[4-5]]", FIVE, Reason.AMBIGUOUS, id="range"),
        pytest.param("[[8]] or rather [[8.0]]", TEN, 8.0, id="one-number-spelt-twice"),
        pytest.param("Rating: [[rating]]. Rating: [[3]]", FIVE, 3.0, id="echo-of-the-form"),
        pytest.param("Rating: [[rating]]", FIVE, Reason.MALFORMED, id="only-an-echo"),
        pytest.param("**Rating:** [7]", TEN, 7.0, id="single-brackets-after-rating"),
        pytest.param("As shown in [7].", TEN, Reason.MALFORMED, id="citation"),
        pytest.param("I would rate it a 10.", TEN, Reason.MALFORMED, id="rating-in-prose"),
        pytest.param("Confidence: 90%", TEN, Reason.MALFORMED, id="confidence-is-no-rating"),
        pytest.param("[[correct]]", WORDS, Reason.MALFORMED, id="scale-without-a-mark"),
    ],
)
def test_mtbench(reply: str, scale: Scale, expected: float | Reason) -> None:
    assert said("mtbench", reply, scale) == expected


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        pytest.param("My final verdict is: [[A>>B]]", 2.0, id="far-better"),
        pytest.param("[[A>B]]", 1.0, id="better"),
        pytest.param("[[A=B]]", 0.0, id="tie"),
        pytest.param("[[B>A]]", -1.0, id="worse"),
        pytest.param("[[B >> A]]", -2.0, id="spaces"),
        pytest.param("[[A<B]]", -1.0, id="the-same-from-the-other-side"),
        pytest.param("[[A>B]] and [[B<A]]", 1.0, id="the-same-said-twice"),
        pytest.param("[[A>B]] [[A>>B]]", Reason.AMBIGUOUS, id="contradicting-strength"),
        pytest.param("[[A>B]] [[B>A]]", Reason.AMBIGUOUS, id="contradicting-side"),
        pytest.param("[[A]]", Reason.OFF_SCALE, id="another-form"),
        pytest.param("A>B", Reason.MALFORMED, id="no-brackets"),
    ],
)
def test_arena_hard(reply: str, expected: float | Reason) -> None:
    assert said("arena_hard", reply, STEPS) == expected


@pytest.mark.parametrize(
    ("reply", "scale", "expected"),
    [
        pytest.param("Feedback: Clear. [RESULT] 4", FIVE, 4.0, id="plain"),
        pytest.param("Clear. [RESULT] 4.", FIVE, 4.0, id="full-stop"),
        pytest.param("Clear. [RESULT] **4**", FIVE, 4.0, id="bold"),
        pytest.param("Clear. [RESULT] (4)", FIVE, 4.0, id="brackets"),
        pytest.param("Clear.\n[RESULT]\n4", FIVE, 4.0, id="on-the-next-line"),
        pytest.param("Clear. [RESULT] 4\n\nI hope it helps.", FIVE, 4.0, id="text-after"),
        pytest.param("Better. [RESULT] A", PAIR, 1.0, id="first"),
        pytest.param("Better. [RESULT] B", NO_TIE, -1.0, id="second"),
        pytest.param("[RESULT] 4/5", FIVE, Reason.OFF_SCALE, id="share"),
        pytest.param("[RESULT] 4 or 5", FIVE, Reason.AMBIGUOUS, id="four-or-five"),
        pytest.param("[RESULT] 6", FIVE, Reason.OFF_SCALE, id="off-the-scale"),
        pytest.param("[RESULT] tie", NO_TIE, Reason.OFF_SCALE, id="tie-not-allowed"),
        pytest.param("[RESULT] 4 [RESULT] 5", FIVE, Reason.AMBIGUOUS, id="two-on-a-line"),
        pytest.param("[RESULT] 4\n[RESULT] 5", FIVE, Reason.AMBIGUOUS, id="two-results"),
        pytest.param("[RESULT] 4\n[RESULT] 4", FIVE, 4.0, id="said-twice"),
        pytest.param(
            "[RESULT] (an integer number between 1 and 5)\n[RESULT] 3", FIVE, 3.0, id="echo"
        ),
        pytest.param("Score: 5", FIVE, Reason.MALFORMED, id="no-mark"),
    ],
)
def test_prometheus(reply: str, scale: Scale, expected: float | Reason) -> None:
    assert said("prometheus", reply, scale) == expected


@pytest.mark.parametrize(
    ("reply", "scale", "expected"),
    [
        pytest.param("Sound.\n\n4", FIVE, 4.0, id="number"),
        pytest.param("Sound.\n**4**\n", FIVE, 4.0, id="bold"),
        pytest.param("correct", WORDS, 1.0, id="label"),
        pytest.param("Hm.\nIncorrect.", WORDS, 0.0, id="incorrect"),
        pytest.param("Hm.\nnot correct", WORDS, Reason.OFF_SCALE, id="negated"),
        pytest.param("It is correct", WORDS, Reason.OFF_SCALE, id="label-in-a-sentence"),
        pytest.param("correct\nincorrect", WORDS, Reason.AMBIGUOUS, id="two-labels"),
        pytest.param("4\n5", FIVE, Reason.AMBIGUOUS, id="two-numbers"),
        pytest.param("4\nThat is all that there is to say.", FIVE, Reason.MALFORMED, id="not-last"),
        pytest.param("4/5", FIVE, Reason.OFF_SCALE, id="share"),
        pytest.param("10. A list\n4", FIVE, 4.0, id="numbered-list-before"),
        pytest.param("> 4", FIVE, Reason.MALFORMED, id="quotation"),
        pytest.param("<think>4", FIVE, Reason.MALFORMED, id="unclosed-reasoning"),
        pytest.param("5</think>\n4", FIVE, 4.0, id="after-reasoning"),
        pytest.param("tie", NO_TIE, Reason.OFF_SCALE, id="tie-not-allowed"),
        pytest.param("A>>B", STEPS, 2.0, id="five-steps"),
    ],
)
def test_label_line(reply: str, scale: Scale, expected: float | Reason) -> None:
    assert said("label_line", reply, scale) == expected


@pytest.mark.parametrize("name", ["mtbench", "prometheus", "label_line"])
def test_a_revision_tells_its_grounds(name: str) -> None:
    criterion = Criterion(id="c", question="?", scale=FIVE)
    fmt = load("formats", name)
    assert "Grounds" in "".join(fmt.instructions([criterion], revising=True))
    reply = "Grounds: the date is 1889\nSo.\n[RESULT] 4\n" if name == "prometheus" else (
        "Grounds: the date is 1889\nSo.\n" + ("[[4]]" if name == "mtbench" else "4")
    )  # fmt: skip
    result = fmt.read(reply, [criterion], marker="")["c"]
    assert isinstance(result, Read)
    assert result.grounds == "the date is 1889"
    assert "So." in result.rationale


PROSE = st.text("abcdefghijkl \n.,:!?*-_()0123456789", max_size=60)


@given(PROSE, st.sampled_from("ABC"), st.sampled_from("ABC"))
def test_marks_mirror_when_the_candidates_swap(prose: str, one: str, two: str) -> None:
    """Exchanging A and B in a reply turns the sign of what is read, and nothing else."""
    swap = {"A": "B", "B": "A", "C": "C"}
    forward = said("mtbench", f"{prose}\n[[{one}]] [[{two}]]", PAIR)
    mirrored = said("mtbench", f"{prose}\n[[{swap[one]}]] [[{swap[two]}]]", PAIR)
    assert mirrored == (forward if isinstance(forward, Reason) else -forward)


@pytest.mark.parametrize("name", ["mtbench", "label_line"])
def test_a_megabyte_of_prose_is_no_verdict(name: str) -> None:
    reply = "so it is\n" * 120_000 + ("[[4]]" if name == "mtbench" else "4")
    assert said(name, reply, FIVE) == Reason.MALFORMED
    assert said(name, reply[-9_000:], FIVE) == 4.0


Recorded = Callable[[str], list[dict[str, Any]]]


def test_recorded_ratings_of_a_strong_judge_are_all_recovered(recorded: Recorded) -> None:
    rows = recorded("mtbench_single_gpt4/judgments")
    assert len(rows) == 320
    assert [said("mtbench", row["raw"], TEN) for row in rows] == [row["score"] for row in rows]


def test_recorded_ratings_of_a_weak_judge_are_never_invented(recorded: Recorded) -> None:
    """Where the first reader found none, none is found; where it found one, we read it or refuse.

    It is refused three times: two different marks in one reply, and twice a single-bracketed
    number in the code that was judged.
    """
    counts: Counter[str] = Counter()
    for row in recorded("mtbench_single_weak/judgments"):
        got = said("mtbench", row["raw"], TEN)
        if row["score"] == -1:
            assert isinstance(got, Reason), row["raw"]
            counts["none"] += 1
        else:
            assert got in (row["score"], Reason.AMBIGUOUS, Reason.MALFORMED), row["raw"]
            counts["refused" if isinstance(got, Reason) else "same"] += 1
    assert counts == {"none": 62, "same": 15, "refused": 3}


def test_recorded_last_lines_are_read_as_their_authors_did(recorded: Recorded) -> None:
    """A lone 1, 2 or 3 on the last line; prose verdicts are refused, none is read otherwise."""
    scale = OrdinalScale(labels=("1", "2", "3"))
    names = {0.0: "first", 1.0: "second", 2.0: "tie"}
    counts: Counter[tuple[str, bool]] = Counter()
    for row in recorded("prd_vicuna80/raw_judgments"):
        got = said("label_line", row["raw"], scale)
        if not isinstance(got, Reason):
            assert names[got] == row["verdict"], row["raw"]
        counts[row["judge"], not isinstance(got, Reason)] += 1
    assert counts["gpt4", True] == 1000
    assert counts["claude", True] == 999
    assert counts["gpt35", True] == 187
    assert counts["bard", True] == counts["vicuna-13b", True] == 0


def test_recorded_labels_are_read_as_their_authors_did(recorded: Recorded) -> None:
    """The label alone on the last line, in terms of what was shown first."""
    scale = OrdinalScale(labels=("Output (a)", "Output (b)"))
    counts: Counter[str] = Counter()
    for row in recorded("llmbar/judgments"):
        for order in ("12", "21"):
            raw = row.get(f"raw_{order}")
            if not raw or "CoT" in row["strategy"]:
                continue
            got = said("label_line", raw, scale)
            if isinstance(got, Reason):
                counts["unread"] += 1
                continue
            winner = int(got) + 1 if order == "12" else 2 - int(got)
            assert winner == row[f"winner_{order}"], raw
            counts["same"] += 1
    assert counts == {"same": 27_409, "unread": 2_539}
