"""Names to plug-ins: a room of the package is scanned, then entry points of group `dikast`.

A plug-in is one file in its room; the file's stem is its name and a fixed attribute of the
module is what the room offers. A third party's package adds one through an entry point of
group `dikast` named `ROOM.NAME` (for example `rules.harmonic = "mypkg.rules:decide"`).
"""

from __future__ import annotations

import importlib
import importlib.metadata
import pkgutil
from difflib import get_close_matches
from functools import cache
from typing import Any, NamedTuple

from dikast.errors import ConfigError


class Room(NamedTuple):
    """Where a kind of plug-in lives and which attribute of its module is the plug-in."""

    package: str
    attribute: str


ROOMS: dict[str, Room] = {
    "rules": Room("dikast.rules", "decide"),
    "fits": Room("dikast.rules", "fit"),
    "formats": Room("dikast.formats", "FORMAT"),
    "detectors": Room("dikast.agents.detectors", "detect"),
    "probes": Room("dikast.agents.probes", "PROBE"),
    "embedded": Room("dikast.agents.embedded", "JUDGE"),
    "imports": Room("dikast.records.imports", "IMPORT"),
}


@cache
def _entry_points(room: str) -> dict[str, importlib.metadata.EntryPoint]:
    found = importlib.metadata.entry_points(group="dikast")
    prefix = room + "."
    return {e.name.removeprefix(prefix): e for e in found if e.name.startswith(prefix)}


@cache
def _own(room: str) -> tuple[str, ...]:
    """Names of the room's own files that hold the room's attribute; `_helpers.py` are skipped."""
    package = importlib.import_module(ROOMS[room].package)
    names = (m.name for m in pkgutil.iter_modules(package.__path__) if not m.name.startswith("_"))
    return tuple(
        sorted(
            name
            for name in names
            if hasattr(importlib.import_module(f"{package.__name__}.{name}"), ROOMS[room].attribute)
        )
    )


def names(room: str) -> tuple[str, ...]:
    """All names in a room, sorted.

    Args:
        room: A key of `ROOMS`.

    Examples:
        >>> "median" in names("rules")
        True
    """
    return tuple(sorted({*_own(room), *_entry_points(room)}))


def load(room: str, name: str) -> Any:
    """The plug-in of this name; the package's own wins over an entry point of the same name.

    Raises:
        ConfigError: There is none; the nearest known name is offered.
    """
    if name in _own(room):
        return getattr(
            importlib.import_module(f"{ROOMS[room].package}.{name}"), ROOMS[room].attribute
        )
    if name in _entry_points(room):
        return _entry_points(room)[name].load()
    raise unknown(room.removesuffix("s"), name, names(room))


def describe(room: str, name: str) -> str:
    """First line of the docstring of a plug-in's module or, for entry points, of the plug-in."""
    if name in _own(room):
        doc = importlib.import_module(f"{ROOMS[room].package}.{name}").__doc__
    else:
        doc = getattr(load(room, name), "__doc__", None)
    return (doc or "").strip().partition("\n")[0]


def unknown(what: str, name: str, known: tuple[str, ...]) -> ConfigError:
    """A `ConfigError` for an unknown name, with the nearest known one."""
    near = get_close_matches(name, known, n=1)
    hint = (
        f"Did you mean `{near[0]}`?"
        if near
        else "Known: " + ", ".join(f"`{k}`" for k in known) + "."
    )
    return ConfigError(f"unknown {what} `{name}`.", hint=hint)
