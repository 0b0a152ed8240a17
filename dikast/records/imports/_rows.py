"""One row of a recorded file, read field by field: what is wrong is told with file and line."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from dikast.errors import InputError
from dikast.records.case_files import Found
from dikast.records.case_values import kind_of
from dikast.records.differences import describe

MAX_ID = 300
_SHOWN = 20


class Row:
    """A row and where it stands.

    Args:
        found: As the file reader gave it.
        inside: Dotted name of the object this is the content of, for messages.
    """

    def __init__(self, found: Found, inside: str = "") -> None:
        self._found, self._inside = found, inside
        self.names = _names(tuple(found.row))
        """Fields there are."""
        self.path, self.line = found.path, found.line
        self.cells = found.cells
        """Whether the values are plain text of a table."""

    def wrong(self, message: str, hint: str = "") -> InputError:
        """The error for this row."""
        return InputError(message, hint=hint, path=self.path, line=self.line)

    def any(self, name: str) -> Any:
        """The value of a field; None if it is absent, null, or an empty cell."""
        value = self._found.row.get(name)
        if value is None:
            return None
        if isinstance(value, float) and math.isnan(value):
            if self.path.casefold().endswith(".parquet"):
                return None  # what frames write for nothing
            raise self.wrong(f"{self._name(name)} is not a number.")
        return None if self.cells and value == "" else value

    def maybe_text(self, name: str) -> str | None:
        """A text, or a whole number as text; None if there is none."""
        value = self.any(name)
        if value is None:
            return None
        if isinstance(value, str):
            if not value.isascii():
                try:
                    value.encode("utf-8")
                except UnicodeEncodeError:
                    raise self.wrong(f"{self._name(name)} holds half of a character.") from None
            return value
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        raise self._type(name, "text", value)

    def text(self, name: str) -> str:
        """A text that must be there."""
        found = self._there(name, self.maybe_text(name))
        assert isinstance(found, str)
        return found

    def id(self, name: str) -> str:
        """A name that is not empty and not too long."""
        value = self.text(name)
        if not value or len(value) > MAX_ID:
            raise self.wrong(f"{self._name(name)} must have 1 to {MAX_ID} characters.")
        return value

    def maybe_number(self, name: str) -> float | None:
        """A finite number; None if there is none."""
        value = self.any(name)
        if self.cells and isinstance(value, str):
            try:
                value = float(value)
            except ValueError:
                raise self._type(name, "a number", value) from None
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._type(name, "a number", value)
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            raise self.wrong(f"{self._name(name)} is {number}, which is no finite number.")
        return number

    def number(self, name: str) -> float:
        """A finite number that must be there."""
        found = self._there(name, self.maybe_number(name))
        assert isinstance(found, float)
        return found

    def whole(self, name: str, default: int | None = None) -> int:
        """A whole number from 0."""
        value = self.maybe_number(name)
        if value is None and default is not None:
            return default
        value = self._there(name, value)
        if not value.is_integer() or value < 0:
            raise self.wrong(f"{self._name(name)} must be a whole number from 0, and is {value:g}.")
        return int(value)

    def items(self, name: str) -> list[Any]:
        """A list that must be there."""
        value = self._there(name, self.any(name))
        if not isinstance(value, list | tuple):
            raise self._type(name, "a list", value)
        return list(value)

    def inside(self, name: str) -> Row:
        """The object that a field holds."""
        return self.nested(self._there(name, self.any(name)), name)

    def nested(self, value: Any, name: str) -> Row:
        """A row of an object found inside this one."""
        if not isinstance(value, Mapping):
            raise self._type(name, "an object", value)
        dotted = f"{self._inside}.{name}" if self._inside else name
        return Row(Found(value, self.path, self.line), dotted)

    def off(self, name: str, error: object, hint: str = "") -> InputError:
        """The error for a value that is not on its scale."""
        return self.wrong(f"{self._name(name)}: {error}.", hint)

    def _there(self, name: str, value: Any) -> Any:
        if value is None:
            there = ", ".join(describe(field) for field in sorted(self.names)[:_SHOWN]) or "none"
            why = "is null" if name in self.names else f"is missing; there are {there}"
            raise self.wrong(f"{self._name(name)} {why}.")
        return value

    def _type(self, name: str, wanted: str, value: Any) -> InputError:
        return self.wrong(f"{self._name(name)} must be {wanted}, and is {kind_of(value)}.")

    def _name(self, name: str) -> str:
        return describe(f"{self._inside}.{name}" if self._inside else name)


@lru_cache(maxsize=64)
def _names(names: tuple[object, ...]) -> frozenset[str]:
    """The rows of a file share their names, so that these are compared once, not row by row."""
    return frozenset(str(name) for name in names)


def content_id(*parts: str | None) -> str:
    """A name for a case that its file gives none: it depends on the content alone.

    So the same case has the same name in the files of several judges.
    """
    digest = hashlib.sha256()
    for part in parts:
        data = (part or "").encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()[:16]
