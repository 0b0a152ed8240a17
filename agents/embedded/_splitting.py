"""Claims without a model: an answer split by its sentences and clauses."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from dikast.agents.citations import cited, coverage, markers, masked
from dikast.agents.embedded._faults import states_nothing
from dikast.agents.embedded._reading import Clause
from dikast.agents.embedded._words import Span, clauses, sentences
from dikast.agents.spans import Stretch
from dikast.types import Claim

SPLITTER = "embedded/clauses"
_JOINING = re.compile(r"(?:and|but|so|und|aber|et|mais|y|pero)\s+", re.IGNORECASE)
"""What joins a clause to the one before it and belongs to neither; matched at the start."""


def split_claims(
    text: str, passages: Sequence[str], *, of: str = "answer", most: int = 200
) -> tuple[list[Claim], int]:
    """Split a text into claims by its sentences and clauses.

    Courtesies, refusals, questions and stretches without a word that carries matter claim nothing,
    nor do short headings and lines that only announce a list, or the head of a table. A fenced
    block of code is one claim. Citation markers are taken out of a claim and kept beside it.

    Args:
        text: The text.
        passages: Ids of the passages, in the order retrieved.
        of: `answer` or `reference`.
        most: Most claims.

    Returns:
        The claims, and how many more there were.

    Examples:
        >>> found, _ = split_claims("It opened in 1978 [1]. Is that all? I hope this helps!", ["p"])
        >>> [(claim.text, claim.cites) for claim in found]
        [('It opened in 1978.', ('p',))]
    """
    found = markers(text, passages) if of == "answer" else []
    covered, plain = coverage(text, found), masked(text, found)
    claims: list[Claim] = []
    more = 0
    prefix = "claim" if of == "answer" else "reference"
    for span in _stating(plain):
        if len(claims) >= most:
            more += 1
            continue
        cites, unresolved = cited(Stretch(*span), covered)
        said = _tidy(plain[span.start : span.end])
        claims.append(
            Claim.model_validate(
                {
                    "id": f"{prefix}_{len(claims) + 1}",
                    "text": said,
                    "of": of,
                    "start": span.start,
                    "end": span.end,
                    "cites": cites,
                    "unresolved": unresolved,
                }
            )
        )
    return claims, more


_FENCED = re.compile(r"^[ \t]*(```|~~~)[^\n]*\n(.*?)(?:^[ \t]*\1[^\n]*$|\Z)", re.M | re.S)
"""A block of code, its inside as the second group."""
_TABLE_HEAD = re.compile(r"^[^\n|]*\|[^\n]*\n[ \t|:-]*-{2,}[ \t|:-]*$", re.M)
"""The head of a table with the line of dashes under it."""
_HEADING = re.compile(r"#{1,6}\s")
_ANNOUNCED = re.compile(r"[ \t*_]*:?[ \t*_]*(?:\n|$)")
_ANNOUNCING = 4
"""Most telling words of a heading or of a line before a list that claims nothing by itself."""
_EMPHASIS = re.compile(r"\*\*|__|^[#*\s]+|[*\s]+$")


def _tidy(text: str) -> str:
    """A claim's words without the layout around them."""
    said = " ".join(_EMPHASIS.sub("", text).split())
    joint = _JOINING.match(said)
    said = said if joint is None else said[joint.end() :]
    for mark in ".,;:!?":
        said = said.replace(f" {mark}", mark)
    return said


def _stating(text: str) -> Iterable[Span]:
    """Where the clauses stand that state something, blocks of code as a whole."""
    last = 0
    for block in _FENCED.finditer(text):
        yield from _stating_prose(text, Span(last, block.start()))
        inside = block[2].strip()
        if any(map(str.isalnum, inside)):
            start = block.start(2) + block[2].index(inside)
            yield Span(start, start + len(inside))
        last = block.end()
    yield from _stating_prose(text, Span(last, len(text)))


def _stating_prose(text: str, part: Span) -> Iterable[Span]:
    prose = text[part.start : part.end]
    heads = [match.span() for match in _TABLE_HEAD.finditer(prose)]
    for sentence in sentences(prose):
        whole = prose[sentence.start : sentence.end]
        said = Clause(whole, 0, 0)
        if whole.rstrip("\"'”’)] ").endswith(("?", "？", "؟")) or states_nothing(said):
            continue
        if any(start <= sentence.start < end for start, end in heads):
            continue
        if _announces(prose, sentence) and len(said.content) <= _ANNOUNCING:
            continue
        for span in clauses(prose, sentence):
            clause = Clause(prose[span.start : span.end], 0, 0)
            if clause.content and not states_nothing(clause):
                yield Span(part.start + span.start, part.start + span.end)


def _announces(text: str, sentence: Span) -> bool:
    """Whether a sentence is a heading, or a line that ends with a colon."""
    if _HEADING.match(text, sentence.start):
        return True
    after = _ANNOUNCED.match(text, sentence.end)
    return after is not None and ":" in after[0]
