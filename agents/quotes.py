"""Whether a quotation occurs: the check that every finding, critique and evidence must pass."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from dikast.types import Docket, Source

_CACHED = 50_000
"""Longest text, in characters, whose normal form is kept between checks."""

PLAIN = str.maketrans(
    {"“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‘": "'", "’": "'", "–": "-", "—": "-"}
)
"""Typographic marks and what people type for them."""
ELLIPSIS = re.compile(r"\s*(?:\.\.\.|…|\[\.\.\.\]|\[…\])\s*")
"""What stands for omitted text in a quotation."""
SHORTEST_PIECE = 3
"""Shortest part of an elided quotation, in characters; shorter ones occur everywhere."""


class Located(NamedTuple):
    """Where a quotation was found."""

    source: Source
    context_id: str | None = None


def _normal(text: str) -> str:
    """Fold what people change when they quote: case, spaces, typographic marks."""
    folded = unicodedata.normalize("NFKC", text).translate(PLAIN).casefold()
    return " ".join(folded.split())


_normal_cached = lru_cache(maxsize=256)(_normal)


def occurs(quote: str, text: str) -> bool:
    """Whether `quote` stands in `text`, apart from case, spaces and typographic marks.

    Surrounding quotation marks are ignored. An ellipsis may stand for omitted text if the pieces
    follow each other in the text. An empty quote occurs nowhere.

    Examples:
        >>> occurs("“The  cat … mat”", "the cat sat on the mat.")
        True
        >>> occurs("the dog", "the cat sat")
        False
    """
    hay = _normal_cached(text) if len(text) <= _CACHED else _normal(text)
    needle = _normal(quote).strip("\"' ")
    if not needle:
        return False
    if needle in hay:
        return True
    pieces = [piece for piece in ELLIPSIS.split(needle) if piece]
    if len(pieces) < 2 or any(len(piece) < SHORTEST_PIECE for piece in pieces):
        return False
    start = 0
    for piece in pieces:
        at = hay.find(piece, start)
        if at < 0:
            return False
        start = at + len(piece)
    return True


def locate(quote: str, docket: Docket, *, claimed: Source | None = None) -> Located | None:
    """Find where in a docket a quotation stands.

    Args:
        quote: The quotation.
        docket: The case; `response` is the canonically first candidate shown, `response_b` the
            second.
        claimed: Where it is said to stand; looked at first.

    Returns:
        The place, or None if the quotation occurs nowhere in the docket.
    """
    case = docket.case
    shown = docket.canonical
    places: list[tuple[Located, str]] = [(Located("response"), case.candidate(shown[0]).text)]
    if len(shown) > 1:
        places.append((Located("response_b"), case.candidate(shown[1]).text))
    places += [(Located("context", context.id), context.text) for context in case.contexts]
    if case.reference is not None:
        places.append((Located("reference"), case.reference))
    asked = [case.question or "", *(message.content for message in case.messages)]
    places += [(Located("question"), text) for text in asked if text]
    places.sort(key=lambda place: place[0].source != claimed)  # stable: otherwise as listed
    return next((place for place, text in places if occurs(quote, text)), None)
