"""Format: markup that outweighs content, and ballots that reward looks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from dikast.agents.detectors._leaning import leaning
from dikast.agents.detectors._texts import Part, finding, question_of, responses
from dikast.types import Ballot, BiasFinding, Docket

_WORD = re.compile(r"[^\W_]+")
_HEADING = re.compile(r"^ {0,3}#{1,6} \S", re.MULTILINE)
_BOLD = re.compile(r"\*\*([^*\n]{1,300})\*\*|__([^_\n]{1,300})__|<b>([^<\n]{1,300})</b>")
_TABLE = re.compile(r"^ {0,3}\|.{0,2000}\|\s*$", re.MULTILINE)
_RULE = re.compile(r"^ {0,3}(?:-{3,}|\*{3,}|_{3,}|={3,})\s*$", re.MULTILINE)
_EMOJI = re.compile("[\u2600-\u27bf\u2b50\u2b55\U0001f000-\U0001faff]")
_SHOUT = re.compile(r"!{2,}|\b[A-Z]{4,}(?: [A-Z]{3,}){2,}")
_MARKS = re.compile(r"#|\*\*|__|<b>|\||---|===|\*\*\*|!!|[A-Z]{4}")
_CODE = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_ASKED = re.compile(
    r"\b(?:markdown|table|tabular|bullet\w*|headings?|headers?|outline|emoji\w*|bold|format\w*|html"
    r"|slides?|presentation|cheat ?sheet|readme|blog|tweet|instagram|caption|social media|csv)\b"
    r"|表格|絵文字",
    re.IGNORECASE,
)
_PRAISES = re.compile(
    r"\b(?:(?:nicely|beautifully|visually|attractively|professionally|well) (?:formatted|laid out"
    r"|presented|styled)|visual(?:ly)? (?:appeal\w*|pleasing|attractive)|(?:use|uses|using|used) "
    r"(?:of )?(?:\w+ )?(?:headings?|bold(?: text)?|emoji\w*|tables?|markdown|bullet points?"
    r"|numbered lists?)|looks (?:professional|nice|good|polished|better)|formatting|aesthetic\w*"
    r"|eye-catching)\b",
    re.IGNORECASE,
)


class _Looks(NamedTuple):
    words: int
    headings: int
    bold: float
    """Share of words in bold."""
    rows: int
    emoji: int
    shouts: int


def detect(docket: Docket, ballots: Sequence[Ballot]) -> list[BiasFinding]:
    """Note responses that are more markup than the content needs.

    A ballot is grave where its rationale praises looks and the response is indeed overdressed.
    """
    found = list(_overdressed(docket))
    if found and _ASKED.search(question_of(docket)):
        found = []
    made = bool(found)
    return found + leaning(
        "format",
        ballots,
        _PRAISES,
        lambda ballot, sentence: "grave" if made else "note",
        "the rationale praises how the response looks",
    )


def _overdressed(docket: Docket) -> Iterator[BiasFinding]:
    for part in responses(docket):
        if part.text.isascii() and not _MARKS.search(part.text):
            continue
        text = _CODE.sub("", part.text)
        looks = _looks(text)
        for what, pattern in _excesses(looks):
            match = pattern.search(text)
            if match is not None:
                yield finding("format", part, _line(part, match), f"the {part.source} has {what}")


def _looks(text: str) -> _Looks:
    words = max(len(_WORD.findall(text)), 1)
    bold = sum(len(_WORD.findall("".join(g for g in m if g))) for m in _BOLD.findall(text))
    return _Looks(
        words,
        len(_HEADING.findall(text)) + len(_RULE.findall(text)),
        bold / words,
        len(_TABLE.findall(text)),
        len(_EMOJI.findall(text)),
        len(_SHOUT.findall(text)),
    )


def _excesses(looks: _Looks) -> Iterator[tuple[str, re.Pattern[str]]]:
    if looks.headings >= 3 and looks.words < 35 * looks.headings:
        yield f"{looks.headings} headings or rules for {looks.words} words", _HEADING
    if looks.bold > 0.25 and looks.words >= 12:
        yield f"{looks.bold:.0%} of its words in bold", _BOLD
    if looks.rows >= 3 and looks.words < 10 * looks.rows:
        yield f"{looks.rows} table rows for {looks.words} words", _TABLE
    if looks.emoji >= 4 and looks.words < 25 * looks.emoji:
        yield f"{looks.emoji} emoji for {looks.words} words", _EMOJI
    if looks.shouts >= 3:
        yield f"{looks.shouts} places that shout", _SHOUT


def _line(part: Part, match: re.Match[str]) -> str:
    """The line of a match, as it stands in the response."""
    at = part.text.find(match[0])
    start = part.text.rfind("\n", 0, at) + 1
    end = part.text.find("\n", at)
    line = part.text[start : end if end >= 0 else len(part.text)].strip()
    return line[:200].strip() if match[0] in line[:200] else match[0][:200].strip()
