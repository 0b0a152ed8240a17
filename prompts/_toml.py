"""TOML in, values out, and errors that say file, line, key and the nearest known key."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError

from dikast.errors import ConfigError

Keys = Callable[[tuple[str | int, ...]], tuple[str, ...]]
"""From the path of a table to the keys it may have."""

_LINE = re.compile(r"line (\d+)")


def read_toml(text: str, *, path: str | None) -> dict[str, Any]:
    """Parse TOML.

    Raises:
        ConfigError: It is none; with the line, where the parser tells it.
    """
    try:
        return tomllib.loads(text.removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError as error:
        told = _LINE.search(str(error))  # else "at end of document"
        line = int(told[1]) if told else len(text.splitlines())
        raise ConfigError(f"not valid TOML: {error}.", path=path, line=line) from None


def explain(error: ValidationError, *, path: str | None, keys: Keys) -> ConfigError:
    """The most telling fault of a validation in words, with the key as it stands in the file."""
    faults = error.errors(include_url=False, include_context=False)
    # A misspelt key is also reported as a missing one; the misspelling is what helps.
    fault = next((f for f in faults if f["type"] == "extra_forbidden"), faults[0])
    where = fault["loc"]
    name = shown(where)
    if fault["type"] == "extra_forbidden":
        known = keys(where[:-1])
        near = get_close_matches(str(where[-1]), known, n=1)
        hint = f"Did you mean `{near[0]}`?" if near else "Known: " + ", ".join(known) + "."
        return ConfigError(f"unknown key `{name}`.", hint=hint, path=path)
    if fault["type"] == "missing":
        return ConfigError(f"key `{name}` is missing.", path=path)
    message = fault["msg"].removeprefix("Value error, ")
    return ConfigError(f"`{name}`: {message}." if name else f"{message}.", path=path)


def shown(where: tuple[str | int, ...]) -> str:
    """A key's path as a person counts: list items from 1.

    Examples:
        >>> shown(("criteria", 0, "question"))
        'criteria[1].question'
    """
    text = ""
    for step in where:
        text += f"[{step + 1}]" if isinstance(step, int) else f".{step}"
    return text.removeprefix(".")
