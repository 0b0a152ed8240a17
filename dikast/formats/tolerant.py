"""The JSON object that a reply is meant to be, found amid prose, fences and reasoning.

Strictness is in the choice, tolerance in the spelling: how an object is written is forgiven where
it has one meaning only (`dikast.formats.jsonish`), but which object is meant is never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import NamedTuple

from dikast.formats.jsonish import (
    Broken,
    Budget,
    Json,
    Parsed,
    Unreadable,
    canonical,
    parse_object,
)
from dikast.formats.reasoning import MARKS, closes
from dikast.formats.surroundings import in_quotation_marks, introduction, is_example, is_final
from dikast.types import Reason

__all__ = ["Found", "Scan", "Unreadable", "read_json", "scan", "settle"]


class Found(NamedTuple):
    """A complete object in a reply."""

    value: Json
    start: int
    end: int
    repeated: tuple[str, ...]
    """Keys that stand there twice with different values."""
    quoted: bool
    """Whether it stands in a quotation or an example."""
    final: bool
    """Whether the reply marks it as its final or corrected answer."""


class Scan(NamedTuple):
    """What a reply holds outside its reasoning."""

    objects: tuple[Found, ...]
    broken: tuple[tuple[int, int], ...]
    """Where objects begin and end that cannot be read."""
    reasoned: bool
    """Whether objects were left out since they stand in reasoning."""


def read_json(text: str, *, wants: Collection[str] = ()) -> Json:
    """The one JSON object that a reply is.

    Quotations, examples and reasoning hold no answer. Equal objects count once; of different ones
    those that the reply marks as final count, if they agree. An empty object beside others is
    passed over.

    Args:
        text: The reply.
        wants: Keys that the object must have; others are then not looked at. All, if empty.

    Raises:
        Unreadable: There is none (`malformed`), or there are several or a key is repeated with
            another value (`ambiguous`).

    Examples:
        >>> read_json('Sure! ```json' + chr(10) + '{"points": [1, 2,],}' + chr(10) + '```')
        {'points': [1, 2]}
        >>> read_json('{"score": 2} Final answer: {"score": 3}')
        {'score': 3}
        >>> read_json('{"score": 2} {"score": 3}')
        Traceback (most recent call last):
        ...
        dikast.formats.jsonish.Unreadable: ambiguous: 2 different objects in the reply
    """
    seen = scan(text)
    own = [found for found in seen.objects if not found.quoted]
    fitting = [found for found in own if all(key in found.value for key in wants)]
    if not wants and len(fitting) > 1:
        fitting = [found for found in fitting if found.value] or fitting
    if not fitting or any(end == len(text) for _, end in seen.broken):
        raise Unreadable(Reason.MALFORMED, why_none(seen))
    chosen, differing = settle(fitting, [canonical(found.value) for found in fitting])
    if differing:
        raise Unreadable(Reason.AMBIGUOUS, f"{differing} different objects in the reply")
    if chosen.repeated:
        raise Unreadable(
            Reason.AMBIGUOUS, f"the key `{chosen.repeated[0]}` stands twice, with two values"
        )
    return chosen.value


def settle(found: Sequence[Found], meanings: Sequence[str]) -> tuple[Found, int]:
    """The object that counts among several, and 0; or any of them and how many differ.

    Args:
        found: At least one.
        meanings: For each what it says; objects that say the same count once.
    """
    finals = [pair for pair in zip(found, meanings, strict=True) if pair[0].final]
    counted = finals or list(zip(found, meanings, strict=True))
    differing = len({meaning for _, meaning in counted})
    return counted[-1][0], 0 if differing == 1 else differing


def why_none(seen: Scan) -> str:
    """Why a reply holds no object that could count, for a person."""
    if seen.broken:
        return "a JSON object in the reply is broken or cut off"
    if any(found.quoted for found in seen.objects):
        return "the only JSON object stands in a quotation or an example"
    if seen.objects:
        return "no JSON object in the reply has the keys asked for"
    if seen.reasoned:
        return "the only JSON object stands in the reasoning"
    return "no JSON object in the reply"


def scan(text: str) -> Scan:
    """All objects of a reply that stand in no other one and outside its reasoning.

    A reasoning mark inside a string of a complete object is data: a candidate that writes
    `</think>` cannot cut off the verdict that quotes it. Time is linear in the text, and bounded.

    Raises:
        Unreadable: The reply has too many brackets to be read in time.
    """
    return _Scanner(text).scan()


_NEXT = re.compile(r"\{|" + MARKS.pattern, re.IGNORECASE)
_PROSE = re.compile(r"\{(?:[\d{\\+=<>|()\[\]$^&%@*,.:;!?-]|\s*\Z)")
"""A brace that no object begins with: in a formula, a template, or another brace."""
_ATTEMPT = 4
"""Steps that beginning to read an object costs."""
_BRACES = re.compile(r"[{}]")
_BLOCK_QUOTE = re.compile(r"[ \t]*>")


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text, self.budget = text, Budget()
        self.objects: list[Found] = []
        self.broken: list[tuple[int, int]] = []
        self.reasoned = False
        self.opened: int | None = None
        self.line = 0
        self.floor = 0

    def scan(self) -> Scan:
        at = 0
        while mark := _NEXT.search(self.text, at):
            self.budget.spend()
            if mark[0] == "{":
                at = self._object(mark.start())
                continue
            at = mark.end()
            if closes(mark):
                self._forget(0)
                self.opened = None
            elif self.opened is None:
                self.opened = mark.start()
        if self.opened is not None:
            self._forget(self.opened)
        return Scan(tuple(self.objects), tuple(self.broken), self.reasoned)

    def _forget(self, since: int) -> None:
        """Leave out what stands in reasoning that began at `since`."""
        kept = [found for found in self.objects if found.start < since]
        self.reasoned = self.reasoned or len(kept) < len(self.objects)
        self.objects = kept
        self.broken = [span for span in self.broken if span[0] < since]

    def _object(self, start: int) -> int:
        """Take in what begins with the brace at `start`; where to go on."""
        if _PROSE.match(self.text, start):
            return start + 1
        quoted = self._block_quoted(start)
        self.budget.spend(_ATTEMPT)
        try:
            parsed = parse_object(self.text, start, self.budget)
        except Broken as broken:
            return self._pass_over(start, broken, quoted)
        self.objects.append(self._found(parsed, start, quoted))
        self.floor = parsed.end
        return parsed.end

    def _found(self, parsed: Parsed, start: int, quoted: bool) -> Found:
        lead = introduction(self.text, start, self.floor)
        return Found(
            parsed.value,
            start,
            parsed.end,
            parsed.repeated,
            quoted or is_example(lead) or in_quotation_marks(self.text, start, parsed.end),
            parsed.value.get("final") is True or is_final(lead),
        )

    def _block_quoted(self, start: int) -> bool:
        newline = self.text.rfind("\n", self.line, start)
        self.line = max(self.line, newline + 1)
        return _BLOCK_QUOTE.match(self.text, self.line) is not None

    def _pass_over(self, start: int, broken: Broken, quoted: bool) -> int:
        """Go on after a broken object, never inside it: a part of it is no answer."""
        self.budget.spend(characters=broken.at - start)
        if not broken.keyed:  # a brace in prose or in a formula
            return start + 1
        end = self._balance(start)
        self.budget.spend(characters=end - start)
        # An end of reasoning may stand in what an unclosed string seemed to swallow.
        for mark in MARKS.finditer(self.text, start, end):
            self.budget.spend()
            if closes(mark):
                return mark.start()
        copied = self.text.startswith(("<", "...", "…"), broken.at)  # a form with its blanks
        if not (quoted or copied):
            self.broken.append((start, end))
        return end

    def _balance(self, start: int) -> int:
        """Where the brace at `start` is closed, by counting braces; the end if nowhere."""
        depth = 0
        for brace in _BRACES.finditer(self.text, start):
            self.budget.spend()
            depth += 1 if brace[0] == "{" else -1
            if depth == 0:
                return brace.end()
        return len(self.text)
