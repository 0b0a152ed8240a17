"""Forms of published judge models: tables of replies, then laws."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dikast.errors import ConfigError
from dikast.formats.contract import Read
from dikast.registry import load
from dikast.testing.format_checks import SECONDS
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
JUDGES = (
    "judgelm",
    "pandalm",
    "auto_j",
    "flex_judge",
    "glider",
    "compass_judger",
    "llmbar",
    "prd",
)
A, TIE, B = 1.0, 0.0, -1.0
OFF, TWO, NONE = Reason.OFF_SCALE, Reason.AMBIGUOUS, Reason.MALFORMED


def said(name: str, reply: str, scale: Scale = PAIR) -> float | Reason:
    criterion = Criterion(id="c", question="?", scale=scale)
    result = load("formats", name).read(reply, [criterion], marker="ab12")["c"]
    return result.score if isinstance(result, Read) else result.reason


@pytest.mark.parametrize(
    ("reply", "scale", "expected"),
    [
        pytest.param("8 7\nThe first is deeper.", PAIR, A, id="first"),
        pytest.param("\n 7 8 \n", PAIR, B, id="second"),
        pytest.param("7.5 7.50", PAIR, TIE, id="equal-is-a-tie"),
        pytest.param("7 7", NO_TIE, OFF, id="equal-where-no-tie-is-allowed"),
        pytest.param("8, 7", PAIR, A, id="comma-and-space"),
        pytest.param("8,7", PAIR, NONE, id="may-be-one-number"),
        pytest.param("-1 -1", PAIR, OFF, id="the-published-mark-of-failure-is-no-tie"),
        pytest.param("0 5", PAIR, OFF, id="below"),
        pytest.param("10 11", PAIR, OFF, id="above"),
        pytest.param("7 8 9", PAIR, NONE, id="three-scores"),
        pytest.param("8", PAIR, NONE, id="one-score"),
        pytest.param("8/10 7/10", PAIR, NONE, id="shares"),
        pytest.param("Scores below.\n8 7", PAIR, NONE, id="not-first"),
        pytest.param("8 7\nOr rather:\n7 8", PAIR, TWO, id="two-lines-that-differ"),
        pytest.param("8 7\n9 3", PAIR, A, id="two-lines-that-agree"),
        pytest.param("> 8 7\nI disagree.", PAIR, NONE, id="quoted"),
        pytest.param("For example:\n8 7", PAIR, NONE, id="example"),
        pytest.param("<think>8 7</think>\n7 8", PAIR, B, id="after-reasoning"),
        pytest.param("Grounds: a date\n8 7\n", PAIR, A, id="below-the-grounds"),
        pytest.param("4\nClear.", FIVE, 4.0, id="one-response"),
        pytest.param("10 4", FIVE, TWO, id="two-numbers-for-one-response"),
        pytest.param("4/5", FIVE, OFF, id="share"),
        pytest.param("9", FIVE, OFF, id="off-the-scale"),
        pytest.param("4\nNo:\n5", FIVE, TWO, id="two-numbers-below-each-other"),
        pytest.param("4\nSeen in:\n1889", FIVE, 4.0, id="a-year-is-no-score"),
        pytest.param("---\n4", FIVE, NONE, id="a-rule"),
    ],
)
def test_judgelm(reply: str, scale: Scale, expected: float | Reason) -> None:
    assert said("judgelm", reply, scale) == expected


@pytest.mark.parametrize(
    ("reply", "scale", "expected"),
    [
        pytest.param("1\n\n### Reason: Deeper.\n\n### Reference: 2", PAIR, A, id="first"),
        pytest.param("2", PAIR, B, id="second"),
        pytest.param("Tie\n\n### Reason: Same.", PAIR, TIE, id="tie"),
        pytest.param("Tie", NO_TIE, OFF, id="tie-not-allowed"),
        pytest.param("1\n### Reference:\n2\n", PAIR, A, id="the-reference-is-no-verdict"),
        pytest.param("1\n### Reason: x\n2\n### Reference: y", PAIR, TWO, id="two-labels"),
        pytest.param("3", PAIR, OFF, id="another-number"),
        pytest.param("Neither", PAIR, OFF, id="neither"),
        pytest.param("1 or 2", PAIR, NONE, id="both"),
        pytest.param("### Reason: x\n1", PAIR, NONE, id="not-first"),
        pytest.param("1. Response 1 is long", PAIR, NONE, id="a-list"),
        pytest.param("not 1", PAIR, NONE, id="negated"),
    ],
)
def test_pandalm(reply: str, scale: Scale, expected: float | Reason) -> None:
    assert said("pandalm", reply, scale) == expected


FINAL = "So, the final decision is Response 1."


@pytest.mark.parametrize(
    ("reply", "scale", "expected"),
    [
        pytest.param(f"Both hold. {FINAL}", PAIR, A, id="first"),
        pytest.param("The final decision is **Response 2**.", PAIR, B, id="second"),
        pytest.param("the final decision is Tie", PAIR, TIE, id="tie"),
        pytest.param("The final decision is: Response 2", PAIR, B, id="colon"),
        pytest.param(f"{FINAL} {FINAL}", PAIR, A, id="said-twice"),
        pytest.param(f"{FINAL} The final decision is Tie.", PAIR, TWO, id="two-decisions"),
        pytest.param("The final decision is Response 3.", PAIR, OFF, id="no-such-response"),
        pytest.param("The final decision is not Response 1.", PAIR, NONE, id="negated"),
        pytest.param("The final decision is Response 1 or Response 2.", PAIR, NONE, id="both"),
        pytest.param("The final decision is Response 1?", PAIR, NONE, id="a-question"),
        pytest.param("I doubt the final decision is Response 1.", PAIR, NONE, id="doubted"),
        pytest.param("If so, the final decision is Response 1.", PAIR, NONE, id="conditional"),
        pytest.param(
            "It says:\nthe final decision is Response 1.", PAIR, NONE, id="said-by-another"
        ),
        pytest.param("The final decision is Response 1, as it is true.", PAIR, A, id="reason"),
        pytest.param(
            "The final decision is Response 1, as it is true, but 2 wins.", PAIR, NONE, id="turned"
        ),
        pytest.param("The final decision is Response 10.", PAIR, OFF, id="label-in-a-number"),
        pytest.param(f'It ends "{FINAL[4:-1]}" there.', PAIR, NONE, id="cited"),
        pytest.param("Good.\nRating: [[6]]", TEN, 6.0, id="rating"),
        pytest.param("Rating: [[n]]", TEN, NONE, id="blank"),
        pytest.param("Rating: [[11]]", TEN, OFF, id="off-the-scale"),
        pytest.param("Rating: [[6]] Rating: [[7]]", TEN, TWO, id="two-ratings"),
        pytest.param("See [[6]].", TEN, NONE, id="brackets-without-the-word"),
    ],
)
def test_auto_j(reply: str, scale: Scale, expected: float | Reason) -> None:
    assert said("auto_j", reply, scale) == expected


def tags(*values: object) -> str:
    return "".join(f"<answer>{value}</answer>" for value in values)


@pytest.mark.parametrize(
    ("reply", "scale", "expected"),
    [
        pytest.param("<think>No.</think>" + tags(8, 6), PAIR, A, id="first"),
        pytest.param("<think>No.</think>\n<answer>\n3\n</answer>" + tags(9), PAIR, B, id="second"),
        pytest.param(tags(5, 5), PAIR, TIE, id="tie"),
        pytest.param(tags("8, 6"), PAIR, A, id="two-in-one-tag"),
        pytest.param(tags(8), PAIR, NONE, id="one-score-is-no-tie"),
        pytest.param(tags(8, 6, 4), PAIR, NONE, id="three"),
        pytest.param(tags(8, 6, 6, 8), PAIR, TWO, id="two-verdicts"),
        pytest.param(tags(8.5, 6), PAIR, NONE, id="a-fraction"),
        pytest.param(tags(11, 6), PAIR, OFF, id="off-the-scale"),
        pytest.param(tags("A"), PAIR, NONE, id="a-letter"),
        pytest.param("<think>" + tags(8, 6), PAIR, NONE, id="only-in-reasoning"),
        pytest.param("for example, " + tags(3, 5), PAIR, NONE, id="echo-of-the-example"),
        pytest.param("<answer>8<answer>6", PAIR, NONE, id="unclosed"),
        pytest.param("<think>No.</think>" + tags(3), FIVE, 3.0, id="one-response"),
        pytest.param(tags("answer here") + tags(3), FIVE, 3.0, id="echo-of-the-form"),
        pytest.param(tags(3, 5), FIVE, TWO, id="two-for-one-response"),
        pytest.param(tags("3/5"), FIVE, OFF, id="share"),
    ],
)
def test_flex_judge(reply: str, scale: Scale, expected: float | Reason) -> None:
    assert said("flex_judge", reply, scale) == expected


@pytest.mark.parametrize(
    ("reply", "scale", "expected"),
    [
        pytest.param(
            "<reasoning>\n- <score>2</score>?\n</reasoning>\n<highlight>['x']</highlight>\n"
            "<score>\n4\n</score>",
            FIVE,
            4.0,
            id="whole-reply",
        ),
        pytest.param("<score>0</score>", PAIR, A, id="zero-is-the-first"),
        pytest.param("<score>1</score>", PAIR, B, id="one-is-the-second"),
        pytest.param("<score>2</score>", PAIR, OFF, id="no-such-response"),
        pytest.param("<score>A</score>", PAIR, OFF, id="another-form"),
        pytest.param("<score>0</score><score>1</score>", PAIR, TWO, id="two-scores"),
        pytest.param("<score>6</score>", FIVE, OFF, id="off-the-scale"),
        pytest.param("<score>4 or 5</score>", FIVE, TWO, id="two-in-one"),
        pytest.param("<score>your score</score>", FIVE, NONE, id="blank"),
        pytest.param("<score>4", FIVE, NONE, id="unclosed"),
        pytest.param("score: 4", FIVE, NONE, id="no-tags"),
    ],
)
def test_glider(reply: str, scale: Scale, expected: float | Reason) -> None:
    assert said("glider", reply, scale) == expected


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        pytest.param('So.\n```json\n{"Choice": "Model A"}\n```', A, id="fenced"),
        pytest.param("{'Choice' : 'Model B'}", B, id="single-quotes"),
        pytest.param('{"why": "x", "Choice": "Model A"}', A, id="among-others"),
        pytest.param('{"Choice": "Model A"} {"Choice": "Model B"}', TWO, id="two-choices"),
        pytest.param('{"Choice": "Model A or Model B"}', NONE, id="echo-of-the-form"),
        pytest.param('{"Choice": "Model C"}', OFF, id="no-such-model"),
        pytest.param('{"Choice": "not Model A"}', OFF, id="negated"),
        pytest.param('{"Choice": "Model ', NONE, id="cut-off"),
        pytest.param('For example {"Choice": "Model A"}', NONE, id="example"),
        pytest.param('It wrote `{"Choice": "Model A"}` itself.', NONE, id="cited"),
        pytest.param("Choice: Model A", NONE, id="no-json"),
    ],
)
def test_compass_judger(reply: str, expected: float | Reason) -> None:
    assert said("compass_judger", reply) == expected


OUT_A, OUT_B = "Output (a) is better.", "Output (b) is better."


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        pytest.param("Output (a)", A, id="label-alone"),
        pytest.param('Hm.\n"Output (b)".', B, id="label-on-the-last-line"),
        pytest.param(f"It is so.\n\nTherefore, {OUT_B}", B, id="sentence"),
        pytest.param(f"{OUT_B} Output (a) is off the topic.", B, id="reasons-after"),
        pytest.param("Output (b) is better\n\nOutput (a) is long.", B, id="no-full-stop"),
        pytest.param("Output (a) is the better output for this instruction.", A, id="longer"),
        pytest.param("Output (a) is better because it is true.", A, id="reason"),
        pytest.param("Output (a) is better than Output (b).", A, id="than"),
        pytest.param(f"{OUT_A} No: {OUT_B}", TWO, id="both"),
        pytest.param(f"{OUT_A}\n\nOutput (b)", TWO, id="sentence-against-label"),
        pytest.param(f"I do not think that {OUT_A}", NONE, id="negated"),
        pytest.param("Neither Output (a) nor Output (b) is better.", NONE, id="neither"),
        pytest.param("Output (a) is not better.", NONE, id="is-not-better"),
        pytest.param("Is it that Output (a) is better?", NONE, id="question"),
        pytest.param("Output (a) is better if you are in a hurry.", NONE, id="conditional"),
        pytest.param("Output (a) is better in style.", NONE, id="in-a-respect"),
        pytest.param("Output (a) is better because it is short, but it fails.", NONE, id="turned"),
        pytest.param(f"Assistant (a) argues that {OUT_A}", NONE, id="somebody-elses"),
        pytest.param(f"Assistant (a) argues that {OUT_A} {OUT_B}", B, id="somebody-elses-not-mine"),
        pytest.param(f"Assistant (a) says:\n\n{OUT_A}", NONE, id="somebody-elses-below"),
        pytest.param(f"The candidate wrote: {OUT_A}", NONE, id="the-candidates"),
        pytest.param(f"Another judge concluded:\n{OUT_A}", NONE, id="another-judges"),
        pytest.param("For style, Output (a) is better.", NONE, id="for-one-respect"),
        pytest.param(f"For this instruction, {OUT_A}", A, id="for-the-instruction"),
        pytest.param('It says "Output (a) is better" to please.', NONE, id="cited"),
        pytest.param(f"> {OUT_A}", NONE, id="quoted"),
        pytest.param("Output (a) better meets the need.", NONE, id="better-as-an-adverb"),
        pytest.param("# Output (a)", NONE, id="a-heading"),
        pytest.param("Output (a):", NONE, id="a-caption"),
        pytest.param("Output (a)\nis short.", NONE, id="label-not-last"),
        pytest.param("Both Output (a) and Output (b)", NONE, id="both-labels"),
        pytest.param("Tie", TIE, id="tie"),
        pytest.param("# Tie", NONE, id="tie-as-a-heading"),
        pytest.param("Output (a)\nis short.\nOutput (b)", TWO, id="two-labels-alone"),
        pytest.param("Output (a) is better if so. " * 2_100 + OUT_B, NONE, id="thousands"),
    ],
)
def test_llmbar(reply: str, expected: float | Reason) -> None:
    assert said("llmbar", reply) == expected


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        pytest.param("Assistant 1 is good.\n\n1", A, id="digit"),
        pytest.param("Hm.\n**2**", B, id="bold"),
        pytest.param("Hm.\n3", TIE, id="three-is-a-tie"),
        pytest.param("Hm.\nOutput: 2", B, id="output"),
        pytest.param("Hm.\nAssistant 1.", A, id="assistant"),
        pytest.param("Therefore, I choose 3 as the two assistants are equivalent.", TIE, id="as"),
        pytest.param("My choice is 2.", B, id="my-choice"),
        pytest.param("I would recommend Assistant 1's answer over Assistant 2's.", NONE, id="tail"),
        pytest.param("I would recommend Assistant 1's answer.", A, id="recommended"),
        pytest.param("I would rate Assistant 2 as the better answer.", B, id="rated"),
        pytest.param("I would rate Assistant 2 as more helpful.", NONE, id="rated-in-a-respect"),
        pytest.param("I would rate Assistant 2.", NONE, id="rated-as-nothing"),
        pytest.param("I would not choose Assistant 1.", NONE, id="negated"),
        pytest.param("If in a hurry, I would choose Assistant 1.", NONE, id="conditional"),
        pytest.param("I would choose Assistant 1 for brevity.", NONE, id="for-a-purpose"),
        pytest.param("I choose answer 2.\n\n3", TWO, id="sentence-against-digit"),
        pytest.param("Hm.\n4", OFF, id="no-such-label"),
        pytest.param("1\n2", TWO, id="two-digits"),
        pytest.param("1 or 2", NONE, id="one-or-two"),
        pytest.param("My answer is 1. My answer is 2.", TWO, id="two-answers"),
        pytest.param("Therefore, the answer is 2.", B, id="the-answer-at-the-end"),
        pytest.param("It asks 1 + 2. The answer is 3. Both fail.", NONE, id="answer-to-the-task"),
        pytest.param("Assistant 1 is right: the answer is 2.", NONE, id="answer-in-a-sentence"),
        pytest.param("The answer is 3.\n1", TWO, id="answer-against-digit"),
        pytest.param("The answer is 2.5 metres.", NONE, id="a-measure"),
        pytest.param("The answer is 3 metres.", NONE, id="a-measure-in-whole-metres"),
        pytest.param("7 8\nThe second is deeper.", B, id="two-scores"),
        pytest.param("7 7\nSame.", TIE, id="equal-scores"),
        pytest.param("7 11", OFF, id="scores-off-the-scale"),
        pytest.param("1 2\nHm.", TWO, id="two-labels-or-two-scores"),
        pytest.param("8 7\nHm.\n2", TWO, id="scores-against-digit"),
        pytest.param("Both are good.", NONE, id="prose"),
        pytest.param("", Reason.EMPTY, id="nothing-is-no-tie"),
    ],
)
def test_prd(reply: str, expected: float | Reason) -> None:
    assert said("prd", reply) == expected


@pytest.mark.parametrize("name", ["pandalm", "compass_judger", "llmbar", "prd"])
def test_a_form_for_pairs_refuses_ratings(name: str) -> None:
    with pytest.raises(ConfigError, match="`c`"):
        load("formats", name).instructions([Criterion(id="c", question="?", scale=FIVE)])


@pytest.mark.parametrize("name", JUDGES)
@pytest.mark.parametrize("scale", [STEPS, OrdinalScale(labels=("bad", "good"))], ids=str)
def test_a_form_refuses_what_it_has_no_mark_for(name: str, scale: Scale) -> None:
    with pytest.raises(ConfigError, match="`c`"):
        load("formats", name).instructions([Criterion(id="c", question="?", scale=scale)])


@pytest.mark.parametrize("name", ["pandalm", "auto_j", "llmbar", "prd"])
def test_a_tie_is_asked_for_only_where_it_is_allowed(name: str) -> None:
    with_ties, without = (
        load("formats", name).instructions([Criterion(id="c", question="?", scale=scale)])[0]
        for scale in (PAIR, NO_TIE)
    )
    mark = "3" if name == "prd" else "Tie"
    assert mark in with_ties
    assert mark not in without


# --- laws ----------------------------------------------------------------------------------------

MIRRORED = {
    "judgelm": ("8 7", "7 8"),
    "pandalm": ("1", "2"),
    "auto_j": ("The final decision is Response 1.", "The final decision is Response 2."),
    "flex_judge": (tags(8, 7), tags(7, 8)),
    "glider": ("<score>0</score>", "<score>1</score>"),
    "compass_judger": ('{"Choice": "Model A"}', '{"Choice": "Model B"}'),
    "llmbar": (OUT_A, OUT_B),
    "prd": ("1", "2"),
}
PROSE = st.text("abcdefghijkl \n.,:!?*-_()>\"'`0123456789", max_size=60)


@given(PROSE, PROSE, st.sampled_from(JUDGES), st.booleans())
def test_verdicts_mirror_when_the_candidates_swap(
    before: str, after: str, name: str, first: bool
) -> None:
    """The same words around the opposite verdict give the opposite score or the same failure."""
    one, two = (f"{before}\n{mark}\n{after}" for mark in MIRRORED[name][:: 1 if first else -1])
    forward, mirrored = said(name, one), said(name, two)
    if not re.search(r"(?m)^[\W_]*[0-9]", f"{before}\n{after}"):
        assert mirrored == (forward if isinstance(forward, Reason) else -forward)


@given(st.text("abcdegh .\n", max_size=60), st.sampled_from(JUDGES), st.booleans())
def test_opposite_verdicts_never_decide(between: str, name: str, first: bool) -> None:
    one, two = MIRRORED[name][:: 1 if first else -1]
    assert said(name, f"{one}\n{between}\n{two}") == Reason.AMBIGUOUS


DENIED = {
    "mtbench": ("[[A]]", "[[B]]"),
    "auto_j": ("Rating: [[3]]", "Rating: [[4]]"),
    "glider": ("<score>0</score>", "<score>1</score>"),
    "flex_judge": ("<answer>3</answer>", "<answer>4</answer>"),
    "compass_judger": ('{"Choice": "Model A"}', '{"Choice": "Model B"}'),
}


@pytest.mark.parametrize("name", list(DENIED))
@pytest.mark.parametrize("lead", ["So it is not ", "I would not give it ", "I can't say **"])
def test_a_denied_mark_is_no_verdict(name: str, lead: str) -> None:
    denied, meant = DENIED[name]
    scale = FIVE if name in ("auto_j", "flex_judge") else PAIR
    assert said(name, lead + denied, scale) == NONE
    assert said(name, f"{lead}{denied}. I say: {meant}", scale) == said(name, meant, scale)
    assert said(name, f"One does not. {denied}", scale) == said(name, denied, scale)
    assert said(name, f"The other is not better: {denied}", scale) == said(name, denied, scale)


@pytest.mark.parametrize("name", ["judgelm", "pandalm", "prd"])
def test_the_first_line_of_a_reply_too_long_to_search_is_not_guessed(name: str) -> None:
    line = "1\n" if name == "pandalm" else "8 7\n"
    rest = line + "so.\n" * 4_998
    assert said(name, rest) == A
    assert said(name, "Hm.\n" + rest) == NONE


HOSTILE = {
    "output": "Output (a) is better if ",
    "output-quoted": "> Output (a) is better\n",
    "choice": "I would choose Assistant 1 for ",
    "choice-key": '{"Choice" : "Model A" ',
    "answer": "<answer>8",
    "answers": "<answer>8</answer>",
    "score": "<score>",
    "decision": "the final decision is Response 1 and ",
    "two-scores": "8 7\n",
    "digits": "1 ",
    "reason": "Output (a) is better because it is so, ",
    "hashes": "### Reference\n1\n",
    "brackets": "Rating: [[",
}


@pytest.mark.parametrize("name", JUDGES)
@pytest.mark.parametrize("piece", list(HOSTILE.values()), ids=list(HOSTILE))
def test_megabytes_end_in_time(name: str, piece: str) -> None:
    for size in (900_000, 5_000_000):
        began = time.process_time()
        got = said(name, piece * (size // len(piece)))
        assert time.process_time() - began < SECONDS
        assert size < 5_000_000 or isinstance(got, Reason)


@pytest.mark.parametrize("name", ["label_line", "prd"])
def test_a_long_line_leads_in_by_its_end(name: str) -> None:
    """What stands 400 characters before its end introduces nothing, and its end does."""
    scale = PAIR if name == "prd" else FIVE
    padding = "so it is, and " * 40
    assert said(name, f"{padding}here is an example:\n2", scale) == NONE
    early = f"{padding[:390]} example {padding}.\n2"
    assert said(name, early, scale) == (B if name == "prd" else 2.0)
