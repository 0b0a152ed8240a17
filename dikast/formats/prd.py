"""`1`, `2` or `3` (a tie) on the last line, as peer-ranked judges answer.

Also read is what judges write who miss the form: `Output: 2`, `I choose 1.`, `I would recommend
Assistant 1's answer.`, or two scores such as `7 8` on the first line. Verdicts that differ are
ambiguous. Source: "PRD: Peer Rank and Discussion Improve Large Language Model based Evaluations"
(Li et al., 2023).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from dikast.formats.contract import Format
from dikast.formats.free_text import FreeText, Mark, last_line
from dikast.formats.verdict_words import REASON, asserted, bare, first_lines, pair_only, two_scores
from dikast.types import Criterion, Scale

_LABELS = {"1": "A", "2": "B", "3": "tie", "tie": "tie"}
_ALONE = re.compile(
    r"(?:(?:(?:my |the )?(?:final )?(?:output|choice|answer|verdict))[ \t]{0,4}:[ \t*]{0,6}"
    r"|assistant )?(?P<label>[1-9]|tie)",
    re.IGNORECASE,
)
_CHOICE = re.compile(
    r"\b(?:I (?:would |will )?choose (?:option |answer )?"
    r"|my (?:final )?(?:choice|answer|output|verdict) is:? "
    r"|the (?:final )?(?:choice|verdict) is:? )[\"*]{0,3}"
    r"(?P<label>[1-9])\b(?![.,/-][0-9])",
    re.IGNORECASE,
)
_ANSWER = re.compile(
    r"(?:(?<=[.!?] )|(?<=\n)|\A)(?:(?:therefore|thus|hence|so|overall|in conclusion"
    r"|based on [^,.!?\n]{0,60}),? )?the (?:final )?(?:answer|output) is:? "
    r"[\"*]{0,3}(?P<label>[1-9])\b(?![.,/-][0-9])(?=[^\n.!?]{0,300}[.!?\"*]{0,4}\s{0,40}"
    r"(?:[\W_]{0,6}[1-9][\W_]{0,6})?\Z)",
    re.IGNORECASE,
)
"""Only the last sentence, if before a digit: earlier, it may be the answer to the question."""
_CHOSEN = re.compile(
    r"(?: as (?:the |my )(?:better |final |best )?(?:answer|choice|output|one|response))?"
    + REASON
    + r"[\"*]{0,3}"
)
_RECOMMENDED = re.compile(
    r"\bI (?:would |will )?(?:choose|recommend|pick|select|prefer)(?: choosing| using)? "
    r"[\"*]{0,2}Assistant (?P<label>[1-9])\b(?:['’]s (?:answer|response))?",
    re.IGNORECASE,
)
_PREFERRED = re.compile(
    r"(?: as (?:the |being )?(?:better|best)(?: (?:answer|one|choice|option|response|assistant))?)?"
    r"(?: (?:over|to|than) Assistant [12](?:['’]s (?:answer|response))?)?" + REASON + r"[\"*]{0,3}",
    re.IGNORECASE,
)
_JUDGED = re.compile(
    r"\bI would (?:rate|say(?: that)?) [\"*]{0,2}Assistant (?P<label>[1-9])\b"
    r"(?:['’]s (?:answer|response))?",
    re.IGNORECASE,
)
_BETTER = re.compile(
    r" (?:as|is|was) (?:the )?better(?: (?:answer|one|choice|option|response|assistant))?"
    + REASON
    + r"[\"*]{0,3}",
    re.IGNORECASE,
)
_LABEL_PAIR = re.compile(r"[1-3],?[ \t]{1,8}[1-3]")
"""Two numbers that may be labels as well as scores, which is ambiguous."""
_SENTENCES = (
    (_CHOICE, _CHOSEN),
    (_ANSWER, _CHOSEN),
    (_RECOMMENDED, _PREFERRED),
    (_JUDGED, _BETTER),
)


def _ask(scale: Scale) -> str:
    tie = ", or 3 if they are about as good" if getattr(scale, "ties", False) else ""
    return (
        "Explain your comparison first. Then end with one last line that holds nothing but 1 if "
        f"Response A is better, or 2 if Response B is better{tie}."
    )


def _find(text: str, criterion: Criterion) -> Iterator[Mark]:
    del criterion
    for pattern, ending in _SENTENCES:
        for mark in asserted(text, pattern, ending):
            yield Mark(_label(str(mark.value)), mark.at)
    last, lines = last_line(text)
    if found := _alone(last):
        yield Mark(found, text.rfind(last))
        yield from (Mark(other, 0) for other in map(_alone, lines) if other)
    first = first_lines(text)
    if first and two_scores(first[0]):
        for line in first:
            if scores := two_scores(line):
                both = ("A", "B") if _LABEL_PAIR.fullmatch(line.strip()) else (scores,)
                yield from (Mark(said, len(text)) for said in both)


def _label(said: str) -> str:
    return _LABELS.get(said.casefold(), f"[{said}]")


def _alone(line: str) -> str | None:
    found = _ALONE.fullmatch(bare(line)) if len(line) <= 60 else None
    return _label(found["label"]) if found else None


FORMAT: Format = FreeText("prd", ask=_ask, fits=pair_only, find=_find)
