"""Rule-backed judges and critic: a panel without model, network or key.

One judge per file; the file's stem is its name, and its `JUDGE` makes one for a seat. They are
honest baselines: they measure wording, not meaning, and every judge says what it went by.
"""

from __future__ import annotations

from typing import cast

from dikast.agents.contract import Judge
from dikast.registry import load


def seat(kind: str, name: str | None = None) -> Judge:
    """A rule-backed judge.

    Args:
        kind: Its file's stem, for example `overlap`.
        name: Its name on the panel; None for `kind`.

    Raises:
        ConfigError: There is no such judge; the nearest known name is offered.

    Examples:
        >>> seat("overlap").name
        'overlap'
    """
    return cast("Judge", load("embedded", kind)(name or kind))


__all__ = ["seat"]
