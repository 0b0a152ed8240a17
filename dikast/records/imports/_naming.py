"""Names of seats and criteria from whatever an imported file calls them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TypeVar

K = TypeVar("K")

_SEAT = 64
_CRITERION = 64


def seat_names(judges: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Names of seats for judges and their strategies.

    A strategy is part of the name only where there are several. Characters that no seat's name
    may have become underscores; names that then agree are numbered, in the order of the originals,
    so that the order of rows decides nothing.

    Examples:
        >>> seat_names([("org/gpt-4", "cot"), ("org/gpt-4", "plain")])
        {('org/gpt-4', 'cot'): 'org_gpt-4 cot', ('org/gpt-4', 'plain'): 'org_gpt-4 plain'}
    """
    known = sorted(set(judges))
    several = len({strategy for _, strategy in known}) > 1
    return _distinct(
        known, lambda key: _seat(f"{key[0]} {key[1]}".strip() if several else key[0]), _SEAT
    )


def criterion_names(criteria: Iterable[str]) -> dict[str, str]:
    """Ids of criteria for the names of a file.

    Examples:
        >>> criterion_names(["Factual accuracy", "9th"])
        {'9th': 'c_9th', 'Factual accuracy': 'factual_accuracy'}
    """
    return _distinct(sorted(set(criteria)), _criterion, _CRITERION)


def _seat(name: str) -> str:
    plain = re.sub(r"[^A-Za-z0-9 ._-]", "_", name)
    return re.sub(r"^[^A-Za-z0-9]+", "", plain)[:_SEAT].rstrip() or "judge"


def _criterion(name: str) -> str:
    plain = re.sub(r"[^a-z0-9_]", "_", name.casefold())[:_CRITERION]
    return plain if re.match(r"[a-z]", plain) else f"c_{plain}"[:_CRITERION]


def _distinct(keys: list[K], name: Callable[[K], str], longest: int) -> dict[K, str]:
    found: dict[K, str] = {}
    taken: set[str] = set()
    for key in keys:
        plain = named = name(key)
        number = 1
        while named in taken:
            number += 1
            end = f"_{number}"
            named = plain[: longest - len(end)] + end
        taken.add(named)
        found[key] = named
    return found
