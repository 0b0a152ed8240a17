"""One JSON object as models write it, read in bounded time and without guessing.

On valid JSON the result is that of a JSON parser. Beyond it these are read, because each has one
meaning only: trailing commas, comments, single and typographic quotes, unquoted keys and words,
`True`, `False` and `None`, raw line breaks in strings, and escapes that JSON does not know.
Nothing is closed, added or dropped: an object that is cut off or has a stray quote is broken.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import NamedTuple

from pydantic import JsonValue

from dikast.types import Reason

DEEPEST = 64
"""Deepest nesting read; a verdict needs four."""
MOST_STEPS = 50_000
"""Most tokens read of one reply; keeps the worst reply well under a second. A verdict has some
dozens."""
_SPAN = 500
"""Characters that a search passes in the time of one step, at most."""
_LONGEST_NUMBER = 400
_LONGEST_WORD = 80

Json = dict[str, JsonValue]


class Unreadable(Exception):
    """A reply holds no JSON object that could be meant, or several.

    Args:
        reason: `malformed` or `ambiguous`.
        detail: What was found, for a person.
    """

    def __init__(self, reason: Reason, detail: str) -> None:
        self.reason, self.detail = reason, detail
        super().__init__(f"{reason.value}: {detail}")


class Budget:
    """Counts steps over a whole reply, so that no text costs more than a bounded time."""

    def __init__(self, steps: int = MOST_STEPS) -> None:
        self._left = steps

    def spend(self, steps: int = 1, *, characters: int = 0) -> None:
        """Take steps, and one more for every `_SPAN` characters that were passed in one go.

        Raises:
            Unreadable: None are left.
        """
        self._left -= steps + characters // _SPAN
        if self._left < 0:
            raise Unreadable(Reason.MALFORMED, "the reply is too tangled to be read")


class Broken(Exception):
    """Text that begins like an object and is none."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.keyed = False
        """Whether a key and its colon were seen: then it was meant as an object."""
        super().__init__(at)


class Parsed(NamedTuple):
    """An object, where it ends, and which keys stand there twice with different values."""

    value: Json
    end: int
    repeated: tuple[str, ...]


def canonical(value: JsonValue) -> str:
    """A text that two values share exactly if they are equal; `1`, `1.0` and `true` differ."""
    return json.dumps(value, sort_keys=True)


def parse_object(text: str, start: int, budget: Budget) -> Parsed:
    """Read the object whose brace opens at `start`.

    Raises:
        Broken: It is no object; `at` is how far reading got.
        Unreadable: The budget of steps is spent.

    Examples:
        >>> parse_object("{score: 4, 'why': None,} so there", 0, Budget()).value
        {'score': 4, 'why': None}
    """
    reader = _Reader(text, start, budget)
    try:
        return reader.read()
    except Broken as broken:
        broken.keyed = reader.keyed
        raise


class _Frame:
    """A container that is still open."""

    def __init__(self, container: Json | list[JsonValue]) -> None:
        self.container = container
        self.key = ""


class _Reader:
    """A loop with its own stack: depth cannot exhaust the interpreter's."""

    def __init__(self, text: str, start: int, budget: Budget) -> None:
        self.text, self.at, self.budget = text, start, budget
        self.stack: list[_Frame] = []
        self.repeated: list[str] = []
        self.keyed = False
        self.done: Json = {}

    def read(self) -> Parsed:
        """Read one whole object."""
        step: Callable[[], bool] = self._value
        while True:
            self.budget.spend()
            self._skip()
            if step():  # a value is complete: what follows closes or continues its container
                step = self._after
                if not self.stack:
                    return Parsed(self.done, self.at, tuple(self.repeated))
            else:
                step = self._key if isinstance(self.stack[-1].container, dict) else self._item

    def _peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def _value(self) -> bool:
        mark = self._peek()
        if mark in ("{", "["):
            if len(self.stack) >= DEEPEST:
                raise Broken(self.at)
            self.at += 1
            self.stack.append(_Frame({} if mark == "{" else []))
            return False
        self._put(self._string() if mark in _CLOSERS else self._word())
        return True

    def _item(self) -> bool:
        return self._close() if self._peek() == "]" else self._value()

    def _key(self) -> bool:
        mark = self._peek()
        if mark == "}":
            return self._close()
        if mark in _CLOSERS:
            key = self._string()
        elif word := _NAME.match(self.text, self.at):
            key, self.at = word[0], word.end()
        else:
            raise Broken(self.at)
        self._skip()
        if self._peek() != ":":
            raise Broken(self.at)
        self.at += 1
        self.keyed = True
        self.stack[-1].key = key
        self._skip()
        return self._value()

    def _after(self) -> bool:
        mark = self._peek()
        if mark == ",":
            self.at += 1
            return False
        if mark == ("}" if isinstance(self.stack[-1].container, dict) else "]"):
            return self._close()
        raise Broken(self.at)

    def _close(self) -> bool:
        self.at += 1
        closed = self.stack.pop().container
        if self.stack:
            self._put(closed)
        elif isinstance(closed, dict):
            self.done = closed
        return True

    def _put(self, value: JsonValue) -> None:
        frame = self.stack[-1]
        if isinstance(frame.container, list):
            frame.container.append(value)
            return
        held = frame.container.setdefault(frame.key, value)
        if held is not value and canonical(held) != canonical(value):
            self.repeated.append(frame.key[:100])

    def _skip(self) -> None:
        """Pass white space and comments."""
        while True:
            blank = _BLANK.match(self.text, self.at)
            self.at = blank.end() if blank else self.at
            ahead = self.text[self.at : self.at + 2]
            if ahead == "/*":
                end = self.text.find("*/", self.at + 2)
                self.at = end + 2
            elif ahead == "//" or ahead[:1] == "#":
                end = self.text.find("\n", self.at)
                self.at = end
            else:
                return
            if end < 0:
                raise Broken(len(self.text))
            self.budget.spend()

    def _string(self) -> str:
        """A quoted string; it ends at the first closing quote that no backslash escapes."""
        closer, start = _CLOSERS[self._peek()], self.at + 1
        end = self.text.find(closer, start)
        while end >= 0 and _escaped(self.text, start, end):
            self.budget.spend()
            end = self.text.find(closer, end + 1)
        if end < 0:
            raise Broken(len(self.text))
        self.at = end + 1
        return self._unescape(self.text[start:end])

    def _unescape(self, raw: str) -> str:
        if "\\" in raw:
            self.budget.spend(raw.count("\\"))
            raw = _ESCAPE.sub(_replace, raw)
        return whole(raw)

    def _word(self) -> JsonValue:
        """A number, a constant, or words without quotes up to the next delimiter."""
        found = _WORDS.match(self.text, self.at)
        words = _COMMENT.split(found[0], maxsplit=1)[0] if found else ""
        value = words.strip()
        # `<...>` and an ellipsis are placeholders of a form that was copied, never an answer.
        if not value or value[0] == "<" or value.startswith(("...", "…")):
            raise Broken(self.at)
        number = _NUMBER.match(self.text, self.at)
        if number and not _goes_on(self.text, number.end()):
            self.at = number.end()
            return _number(number[0])
        if len(value) > _LONGEST_WORD:
            raise Broken(self.at)
        self.at += len(words)
        return _CONSTANTS[value] if value in _CONSTANTS else whole(value)


_CLOSERS = {'"': '"', "'": "'", "“": "”", "”": "”", "„": "“", "‘": "’", "’": "’"}
_BLANK = re.compile(r"[\s\ufeff]*+")
_NAME = re.compile(r"[^\W\d][\w$-]{0,99}+")
_WORDS = re.compile(rf"[^,{{}}\[\]\n\r\"“”]{{1,{_LONGEST_WORD + 20}}}")
_COMMENT = re.compile(r"//|/\*|#")
_NUMBER = re.compile(
    r"[+-]?+(?:(?:0|[1-9][0-9]*+)(?:\.[0-9]*+)?+|\.[0-9]++)(?:[eE][+-]?+[0-9]++)?+"
)
_ENDS = re.compile(r"[\s\ufeff]*+(?:[,}\]#]|/[/*]|\Z)")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_MEANT = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_CONSTANTS: dict[str, JsonValue] = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("null", "None", "NULL"), None),
    **dict.fromkeys(("NaN", "nan"), float("nan")),
    "Infinity": float("inf"),
    "-Infinity": float("-inf"),
}


def _goes_on(text: str, at: int) -> bool:
    """Whether something other than a delimiter follows a number, as in `4-5` or `7/10`."""
    return _ENDS.match(text, at) is None


def _escaped(text: str, start: int, end: int) -> bool:
    """Whether an odd run of backslashes stands before `end`."""
    first = end
    while first > start:
        chunk = text[max(start, first - 1024) : first]
        rest = len(chunk.rstrip("\\"))
        first -= len(chunk) - rest
        if rest:
            break
    return (end - first) % 2 == 1


def _number(token: str) -> int | float:
    if len(token) > _LONGEST_NUMBER:  # digits without end are no answer, and slow to convert
        return float("-inf") if token[0] == "-" else float("inf")
    return int(token) if token.lstrip("+-").isdigit() else float(token)


def _replace(escape: re.Match[str]) -> str:
    """An escape as JSON means it; an unknown one keeps its character, a letter its backslash."""
    code, letter = escape[1], escape[2]
    if code:
        return chr(int(code, 16))
    if letter in _MEANT:
        return _MEANT[letter]
    return escape[0] if letter.isalnum() else letter


def whole(text: str) -> str:
    """The text with surrogate pairs joined and lone ones as `?`, so that it can be stored."""
    if _SURROGATE.search(text) is None:
        return text
    paired: str = json.loads(json.dumps(text))  # joins pairs, far faster than an error handler
    return paired.encode("utf-8", "replace").decode("utf-8")


_SURROGATE = re.compile(r"[\ud800-\udfff]")
