"""Where a quotation stands in a text, as character positions of the text itself.

`dikast.agents.quotes` says whether a quotation occurs, apart from case, spaces and typographic
marks; here the same freedom is taken, and the place is kept, so that it can be shown.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from dikast.agents.quotes import ELLIPSIS, PLAIN, SHORTEST_PIECE

_CHUNK = re.compile(r"\s+|\S[\u0300-\u036f]*")


class Stretch(NamedTuple):
    """A stretch of a text."""

    start: int
    end: int


class Indexed:
    """A text in its normal form, each character of which knows where it came from.

    Args:
        text: The text; reading it once takes time in proportion to its length.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._folded, self._origin = _normal(text)

    def find(self, quote: str) -> tuple[Stretch, ...]:
        """Where a quotation stands; one stretch for each piece between ellipses.

        Returns:
            The stretches in order; empty if it occurs nowhere.

        Examples:
            >>> text = "The  Cat sat on the mat."
            >>> [text[a:b] for a, b in Indexed(text).find("“the cat … mat”")]
            ['The  Cat', 'mat']
        """
        needle = _normal(quote)[0].strip("\"' ")
        if not needle:
            return ()
        at = self._folded.find(needle)
        if at >= 0:
            return (self._stretch(at, len(needle)),)
        pieces = [piece for piece in ELLIPSIS.split(needle) if piece]
        if len(pieces) < 2 or any(len(piece) < SHORTEST_PIECE for piece in pieces):
            return ()
        return self._in_order(pieces)

    def _in_order(self, pieces: Sequence[str]) -> tuple[Stretch, ...]:
        found, start = [], 0
        for piece in pieces:
            at = self._folded.find(piece, start)
            if at < 0:
                return ()
            found.append(self._stretch(at, len(piece)))
            start = at + len(piece)
        return tuple(found)

    def _stretch(self, at: int, length: int) -> Stretch:
        start = self._origin[at]
        last = at + length
        end = self._origin[last] if last < len(self._origin) else len(self.text)
        while end > start + 1 and self.text[end - 1].isspace():
            end -= 1
        return Stretch(start, end)


def _normal(text: str) -> tuple[str, list[int]]:
    """The normal form of a text, and where each of its characters came from."""
    folded: list[str] = []
    origin: list[int] = []
    for match in _CHUNK.finditer(text):
        chunk = match.group()
        plain = " " if chunk.isspace() else _folded(chunk)
        if plain != " " or (folded and folded[-1] != " "):
            folded += plain
            origin += [match.start()] * len(plain)
    return "".join(folded), origin


def _folded(chunk: str) -> str:
    return unicodedata.normalize("NFKC", chunk).translate(PLAIN).casefold()


def span_of(quote: str, text: str) -> tuple[Stretch, ...]:
    """Where a quotation stands in a text; see `Indexed.find`.

    Examples:
        >>> span_of("in 1978", "Opened in  1978.")
        (Stretch(start=7, end=15),)
        >>> span_of("in 1987", "Opened in 1978.")
        ()
    """
    return Indexed(text).find(quote)
