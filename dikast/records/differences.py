"""Differences between two settings, in words for a person."""

from __future__ import annotations

import json
from collections.abc import Mapping

from pydantic import JsonValue

_SHORT = 40


def describe(name: str) -> str:
    r"""A name as a message shows it: in backticks, without control characters, not too long.

    Examples:
        >>> describe("q17"), describe("a\x1b[2J")
        ('`q17`', '`a\\x1b[2J`')
    """
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in name)
    return f"`{shown}`" if len(shown) <= 80 else f"`{shown[:79]}…`"


def compare(label: str, old: Mapping[str, JsonValue], new: Mapping[str, JsonValue]) -> list[str]:
    """One entry per key whose values differ; the values too where both are short.

    Examples:
        >>> compare("judge `anna`", {"temperature": 0.0}, {"temperature": 1.0})
        ['judge `anna`: temperature 0 -> 1']
    """
    words = []
    for key in sorted(old.keys() | new.keys()):
        before, after = old.get(key), new.get(key)
        # in Python 1 equals True; to a provider it does not
        if before == after and isinstance(before, bool) == isinstance(after, bool):
            continue
        shown = [_short(before), _short(after)]
        change = f"{key} changed" if None in shown else f"{key} {shown[0]} -> {shown[1]}"
        words.append(f"{label}: {change}" if label else change)
    return words


def listed(
    what: str, old: Mapping[str, object], new: Mapping[str, object], *, common: bool = True
) -> list[str]:
    """Which names went, came or (`common`) hold something else.

    Examples:
        >>> listed("prompt", {"a": 1, "b": 1}, {"b": 2, "c": 1})
        ['prompt `a` removed', 'prompt `b` changed', 'prompt `c` added']
    """
    words = []
    for name in sorted(old.keys() | new.keys()):
        if name not in new:
            words.append(f"{what} {describe(name)} removed")
        elif name not in old:
            words.append(f"{what} {describe(name)} added")
        elif common and old[name] != new[name]:
            words.append(f"{what} {describe(name)} changed")
    return words


def some(names: list[str], total: int, what: str) -> str:
    """A count with its first names: "3 cases added (`a`, `b`, …)".

    Examples:
        >>> some(["a", "b"], 3, "added")
        '3 cases added (`a`, `b`, …)'
    """
    more = ", …" if total > len(names) else ""
    noun = "case" if total == 1 else "cases"
    return f"{total} {noun} {what} ({', '.join(map(describe, names))}{more})"


def _short(value: JsonValue) -> str | None:
    """The value in a few characters; None if it takes more."""
    if value is None:
        return "unset"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, str):
        return describe(value) if len(value) <= _SHORT else None
    text = json.dumps(value, sort_keys=True)
    return text if len(text) <= _SHORT else None
