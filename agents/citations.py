"""Citation markers in an answer: `[1]`, `[2, 3]`, `[1-3]`, `[doc-id]`, and what they cover.

A number is the passage of that id, else of that place in the order retrieved. What is neither a
passage's id nor a small number (`[sic]`, `[1978]`) is no marker.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from dikast.agents.embedded._words import sentences
from dikast.agents.spans import Stretch

_BRACKETS = re.compile(r"[\[【](\^?[^\[\]【】\n]{1,320})[\]】]")
_ITEM = re.compile(r"\s*[,;]\s*")
_RANGE = re.compile(r"(\d{1,3})\s*[-–]\s*(\d{1,3})")
_HIGHEST = 500
"""Highest number that counts as a marker; above it stand years and amounts."""


class Marker(NamedTuple):
    """A citation marker where it stands."""

    start: int
    end: int
    cites: tuple[str, ...]
    """Passages, by id."""
    unresolved: tuple[str, ...]
    """Parts that point to no passage, as written."""


def markers(text: str, passages: Sequence[str]) -> list[Marker]:
    """The citation markers of a text, in order.

    Args:
        text: The answer.
        passages: Ids of the passages in the order retrieved.

    Examples:
        >>> found = markers("So it is [1, 7] in [guide] (1978).", ["a", "guide"])
        >>> [(m.cites, m.unresolved) for m in found]
        [(('a',), ('7',)), (('guide',), ())]
        >>> markers("He [sic] wrote it in [1978].", ["a"])
        []
    """
    by_name = {" ".join(name.casefold().split()): name for name in passages}
    found = []
    for match in _BRACKETS.finditer(text):
        cites: list[str] = []
        unresolved: list[str] = []
        whole = by_name.get(_name(match[1]))
        items = [match[1]] if whole is not None else _ITEM.split(match[1].removeprefix("^"))
        for item in items:
            for part in _expanded(item, by_name):
                target = _resolved(part, by_name, passages)
                if target is not None:
                    cites.append(target)
                elif part.strip().isdigit() and 0 < int(part) <= _HIGHEST:
                    unresolved.append(part.strip())
        if cites or unresolved:
            unique = tuple(dict.fromkeys(cites)), tuple(dict.fromkeys(unresolved))
            found.append(Marker(match.start(), match.end(), *unique))
    return found


def _name(text: str) -> str:
    return " ".join(text.casefold().split())


def _expanded(item: str, by_name: dict[str, str]) -> list[str]:
    span = _RANGE.fullmatch(item.strip())
    if span is None or _name(item) in by_name:
        return [item]
    low, high = int(span[1]), int(span[2])
    return [str(number) for number in range(low, high + 1)] if 0 < high - low <= 30 else [item]


def _resolved(part: str, by_name: dict[str, str], passages: Sequence[str]) -> str | None:
    named = by_name.get(_name(part))
    if named is not None:
        return named
    digits = part.strip()
    place = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 5 else 0
    return passages[place - 1] if 0 < place <= len(passages) else None


def masked(text: str, found: Sequence[Marker]) -> str:
    """The text with its markers blanked; every other character keeps its place."""
    pieces, last = [], 0
    for marker in found:
        pieces += [text[last : marker.start], " " * (marker.end - marker.start)]
        last = marker.end
    return "".join([*pieces, text[last:]])


class Covered(NamedTuple):
    """A stretch of an answer and the markers that stand for it."""

    stretch: Stretch
    markers: tuple[Marker, ...]


def coverage(text: str, found: Sequence[Marker]) -> list[Covered]:
    """What each group of neighbouring markers covers.

    A group covers its sentence from the marker before it, or from the sentence's start. A group
    that opens a sentence stands for the one before: `… in 1978. [1] Later …`.
    """
    plain = masked(text, found)
    bounds = sentences(plain)
    covered: list[Covered] = []
    groups: list[list[Marker]] = []
    for marker in found:
        near = groups and not any(c.isalnum() for c in plain[groups[-1][-1].end : marker.start])
        if near and groups:
            groups[-1].append(marker)
        else:
            groups.append([marker])
    last = 0
    for group in groups:
        at = group[0].start
        before = [span for span in bounds if any(map(str.isalnum, plain[span.start : at]))]
        start = max(last, before[-1].start) if before else last
        covered.append(Covered(Stretch(start, at), tuple(group)))
        last = group[-1].end
    return covered


def cited(span: Stretch, covered: Sequence[Covered]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Passages cited for a stretch of an answer, and markers that point nowhere."""
    own = [
        marker
        for cover in covered
        if cover.stretch.start < span.end and span.start < cover.stretch.end
        for marker in cover.markers
    ]
    cites = tuple(dict.fromkeys(name for marker in own for name in marker.cites))
    return cites, tuple(dict.fromkeys(part for marker in own for part in marker.unresolved))
