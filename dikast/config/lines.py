"""Where a key of a TOML file stands, so that a fault can name its line."""

from __future__ import annotations

import re

from dikast.types.slips import Where

_KEY = r"(?:[A-Za-z0-9_-]+|\"(?:[^\"\\]|\\.)*\"|'[^']*')"
_DOTTED = rf"{_KEY}(?:\s*\.\s*{_KEY})*"
_HEADER = re.compile(rf"\s*(\[\[?)\s*({_DOTTED})\s*\]\]?")
_ENTRY = re.compile(rf"\s*({_DOTTED})\s*=")
_PART = re.compile(_KEY)
_MARK = re.compile(r"\"\"\"|'''|\"(?:[^\"\\\n]|\\.)*\"|'[^'\n]*'|#[^\n]*|[\[\]{}]")


class Lines:
    r"""Line numbers of the keys of a TOML text that parses.

    Args:
        text: The whole text.

    Examples:
        >>> lines = Lines('name = "p"\n[[judges]]\nname = "a"\n[judges.sampling]\ntop_p = 2')
        >>> lines.of(("judges", 0, "sampling", "top_p")), lines.of(("judges", 0, "model"))
        (5, 2)
    """

    def __init__(self, text: str) -> None:
        self._text = text.split("\n")
        self._known: dict[Where, int] = {}
        self._lists: dict[Where, int] = {}
        self._read()

    def of(self, where: Where) -> int | None:
        """Line of a key, from 1; of the nearest table or list around it if it stands in none.

        Returns:
            The line; None if nothing of the path is in the file.
        """
        for length in range(len(where), 0, -1):
            line = self._known.get(where[:length])
            if line is not None:
                return self._inside(line, where[length:])
        return None

    def _inside(self, line: int, rest: Where) -> int:
        """Go on from the line of a value to the line of a key inside it, as far as it tells."""
        ends = [number for number in self._known.values() if number > line]
        end = min(ends, default=len(self._text) + 1)
        for step in rest:
            if not isinstance(step, str):
                continue
            pattern = re.compile(rf"(?<![\w-])[\"']?{re.escape(step)}[\"']?\s*=")
            number = next((n for n in range(line, end) if pattern.search(self._text[n - 1])), None)
            if number is None:
                return line
            line = number
        return line

    def _read(self) -> None:
        table: Where = ()
        depth, closing = 0, ""
        for number, line in enumerate(self._text, 1):
            if not depth and not closing:
                if header := _HEADER.match(line):
                    table = self._table(_parts(header[2]), is_list=header[1] == "[[")
                    self._known.setdefault(table, number)
                    continue
                if entry := _ENTRY.match(line):
                    self._note((*table, *_parts(entry[1])), number)
            depth, closing = _state(line, depth, closing)

    def _note(self, where: Where, number: int) -> None:
        for length in range(1, len(where) + 1):
            self._known.setdefault(where[:length], number)

    def _table(self, names: tuple[str, ...], *, is_list: bool) -> Where:
        """Path of a header; a list of tables stands for its latest member."""
        where: Where = ()
        for i, name in enumerate(names):
            where = (*where, name)
            if is_list and i == len(names) - 1:
                self._lists[where] = self._lists.get(where, -1) + 1
            if where in self._lists:
                where = (*where, self._lists[where])
        return where


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(part[1:-1] if part[0] in "\"'" else part for part in _PART.findall(dotted))


def _state(line: str, depth: int, closing: str) -> tuple[int, str]:
    """Depth of open brackets and the mark that ends an open long string, after a line."""
    at = 0
    while at < len(line):
        if closing:
            end = line.find(closing, at)
            if end < 0:
                return depth, closing
            at, closing = end + 3, ""
            continue
        mark = _MARK.search(line, at)
        if mark is None:
            break
        at = mark.end()
        if mark[0] in {'"""', "'''"}:
            closing = mark[0]
        elif mark[0] in {"[", "{"}:
            depth += 1
        elif mark[0] in {"]", "}"}:
            depth = max(depth - 1, 0)
    return depth, closing
