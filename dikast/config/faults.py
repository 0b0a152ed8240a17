"""Faults of a panel in plain words: what pydantic found, said with the key and the remedy."""

from __future__ import annotations

import re
from typing import Any

from pydantic import ValidationError

from dikast.types import PanelSpec
from dikast.types.slips import Where, reach, shown, slip_of


class Fault(Exception):
    """What is wrong with a panel, before anyone knows its file.

    Args:
        where: Path of the key at fault; empty if it is the whole.
        message: What is wrong.
        hint: What to change.
    """

    def __init__(self, where: Where, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.where, self.message, self.hint = where, message, hint


def fault_of(error: ValidationError, data: object) -> Fault:
    """The most telling fault of a validation.

    Args:
        error: What pydantic raised.
        data: What it was given, to find the key in.
    """
    slip = slip_of(error, data, PanelSpec)
    if slip.together:
        return _blamed(slip.where, slip.message, data)
    return Fault(slip.where, slip.message, slip.hint)


def _blamed(where: Where, message: str, data: object) -> Fault:
    """A fault of several keys together, pinned to the one that the message names first."""
    full = f"{message}." if not message.endswith(".") else message
    twice = re.match(r"two judges are named `(.+)`; ", message)
    if twice:
        seats = [
            (role, i, "name")
            for role in ("judges", "reserves")
            for i, judge in enumerate(_listed(reach(data, (role,))))
            if reach(judge, ("name",)) == twice[1]
        ]
        if reach(data, ("escalation", "name")) == twice[1]:
            return Fault(("escalation", "name"), full)
        return Fault(seats[-1] if seats else where, full)
    if match := re.match(r"judge `(.+)` names the reserve", message):
        for i, judge in enumerate(_listed(reach(data, ("judges",)))):
            if reach(judge, ("name",)) == match[1]:
                return Fault(("judges", i, "reserve"), full)
    if message.startswith("`on_low_confidence`"):
        hint = "Add a table `[escalation]`." if "escalation` judge" in message else ""
        return Fault(("protocol", "on_low_confidence"), full, hint)
    if message.startswith("`seating`"):
        return Fault(("protocol", "seating"), full, 'Add `cascade = "FILE.cascade.json"`.')
    for key in re.findall(r"`([a-z_]+)`", message):
        if reach(data, (*where, key)) is not None:
            return Fault((*where, key), full)
    return Fault(where, f"`{shown(where)}`: {full}" if where else full)


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
