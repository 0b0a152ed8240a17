"""What formats of published judges share: bare answers, two scores, and sentences that assert.

A sentence decides only where it asserts: with a negation, a condition or somebody else's opinion
before the verdict, or with more than a known ending after it, it is no verdict.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from dikast.formats.free_text import MOST_MARKS, Mark, own_matches
from dikast.formats.lines import MOST_LINES, own_lines
from dikast.types import PreferenceScale, Scale

_WRAP = " \t\r*_`\"'“”.!#"
_REACH = 400
"""Longest beginning of a sentence, in characters, that is searched for a hedge."""
_LONGEST_TAIL = 300
_NUMBER = r"(?:0|-?[1-9][0-9]{0,14})(?:\.[0-9]{1,30})?"
_TWO = re.compile(rf"({_NUMBER})(?:[ \t]{{1,8}}|,[ \t]{{1,8}})({_NUMBER})")
_HEDGE = re.compile(
    r"\b(?:not|cannot|never|no(?![,:])|nor|neither|hardly|without|if|unless|whether|when|were|would|could"
    r"|might|may|should|suppos\w+|imagin\w+|assum\w+|pretend\w*|doubt\w*|den(?:y|ies|ied)|wrong"
    r"|false|untrue|incorrect|instead|rather|at first|initially|seem(?:s|ed)?|appear(?:s|ed)?"
    r"|according to|argu\w+|claim\w*|says?|said|stat(?:es?|ed)|suggest\w*|insist\w*|believes"
    r"|believed|thinks|thought|evaluates|concludes|maintains|asserts|contends|feels|finds|prefers"
    r"|favou?rs|opinion|mistaken\w*|(?:in)?correctly|wrongly|superficially|glance|surface"
    r"|in some (?:ways|respects)|perhaps|possibly|maybe|arguably|either|both|someone|people"
    r"|in terms of|regarding"
    r"|wr(?:o|i)tes?|written|told|ask(?:s|ed)|repl(?:y|ies|ied)|respond(?:s|ed)?|instruct(?:s|ed)"
    r"|candidate|(?:previous|other|another) (?:judge|assistant|reviewer))\b"
    r"|\A\W{0,9}(?:for|on|as for|as to)\b(?! (?:balance|the whole|(?:this|the given) instruction"
    r"|these reasons|this reason))"
    r"|n['’]t\b",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"[.!?]['\"”*)]{0,3}\s|(?<![:\s*_])\n")
"""Where a sentence may begin; not below a line such as `Assistant (b) says:`."""
_END = re.compile(r"[.!?;](?=\s|['\"”*)]|$)|\n|$")

REASON = (
    r"(?:,? (?:because|as|since)\b(?![^\n]{0,300}\b(?:but|however|yet|overall|nevertheless)\b)"
    r"[^\n]{0,300})?"
)
"""Reasons after a verdict, as an ending of its sentence; none that turn against it."""


def pair_only(scale: Scale) -> str | None:
    """Why a scale does not fit a form that only says which of two is better."""
    if not isinstance(scale, PreferenceScale):
        return "the form tells which of two responses is better"
    return None if scale.levels == 3 else "it has five steps, and the form has three"


def bare(line: str) -> str:
    """A line without the marks that wrap an answer.

    Examples:
        >>> bare("**(2)**."), bare("[1]")
        ('2', '1')
    """
    said = line.strip(_WRAP)
    return said[1:-1].strip(_WRAP) if said[:1] + said[-1:] in ("[]", "()") else said


def first_lines(text: str) -> list[str]:
    """A reply's own lines, from the first with words on; a line of grounds does not count."""
    if text.count("\n") >= MOST_LINES:
        return []  # the first line would be among those that are not looked at
    lines = own_lines(text)
    for number, line in enumerate(lines):
        if line.strip() and not line.strip(" *_#-").casefold().startswith("grounds:"):
            return lines[number:]
    return []


def two_scores(line: str, low: float = 1, high: float = 10) -> str | None:
    """What two scores on one line say of a pair: `A`, `B` or `tie`; None if it is no such line.

    Scores outside `low` to `high` give the line itself, which is off every scale of preference.

    Examples:
        >>> two_scores("7 8"), two_scores("9, 6.5"), two_scores("7.0 7"), two_scores("7/8")
        ('B', 'A', 'tie', None)
        >>> two_scores("-1 -1")
        '-1 -1'
    """
    found = _TWO.fullmatch(line.strip()) if len(line) <= 200 else None
    if found is None:
        return None
    one, two = float(found[1]), float(found[2])
    if not (low <= one <= high and low <= two <= high):
        return line.strip()
    return "tie" if one == two else "A" if one > two else "B"


def asserted(text: str, pattern: re.Pattern[str], ending: re.Pattern[str]) -> Iterator[Mark]:
    """Verdicts of sentences that assert: `label` of the pattern, by position.

    Args:
        text: A reply without its reasoning.
        pattern: The deciding words, up to and with the group `label`.
        ending: What may follow to the end of the sentence; must match all of it.

    Returns:
        A mark whose value is the label, in lower case, with single spaces.
    """
    for number, match in enumerate(own_matches(pattern, text)):
        if number == MOST_MARKS:
            yield Mark(None, match.start())
            return
        before = text[max(0, match.start() - _REACH) : match.start()]
        breaks = [found.end() for found in _SENTENCE.finditer(before)]
        lead = before[breaks[-1] :] if breaks else before
        if not breaks and match.start() > _REACH:
            continue  # a sentence too long to be sure of
        end = _END.search(text, match.end(), match.end() + _LONGEST_TAIL)
        stop = end.start() if end else len(text)
        asks = text[stop : stop + 1] == "?"
        if not asks and not _HEDGE.search(lead) and ending.fullmatch(text, match.end(), stop):
            yield Mark(" ".join(match["label"].split()).casefold(), match.start())
