"""`decide`: what another way of deciding makes of recorded verdicts, and what it changes."""

from __future__ import annotations

import json as json_
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from dikast.cli.exits import say
from dikast.minutes import headline, outcome
from dikast.records.export import flat
from dikast.types import Verdict

AT_ONCE = 20
"""Verdicts listed on a terminal."""


class Told(NamedTuple):
    """How many verdicts there were, and how many came out otherwise."""

    total: int
    changed: int


def tell_again(
    made: Iterable[tuple[Verdict, Verdict]],
    cases: int,
    *,
    json: bool,
    learned: Mapping[str, Any] | None = None,
) -> Told:
    """Print verdicts that were made again, one per line, and say what they come to.

    A pipe or a file gets all of them. A terminal is for reading: of many cases it gets the first
    that changed.

    Args:
        made: Each recorded verdict, and what has become of it.
        cases: How many there are.
        json: Whether to print JSON lines, always all.
        learned: Added to each JSON line.
    """
    whole = json or cases <= AT_ONCE or not sys.stdout.isatty()
    listed = total = changed = 0
    status: Counter[str] = Counter()
    for before, after in made:
        differs = (before.status, before.score) != (after.status, after.score)
        total, changed = total + 1, changed + differs
        status[after.status] += 1
        if json:
            print(json_.dumps({**flat(after), **(learned or {})}, ensure_ascii=False))
        elif whole or (differs and listed < AT_ONCE):
            print(headline(after) + f"   (was: {outcome(before)})" * differs)
            listed += 1
    if listed < total and not json:
        those = (
            f"the first {listed} of {changed} that differ" if changed else "none, as none differ"
        )
        say(f"shown: {those}; all {total} with `--json`, or in a pipe or file")
    counted = (f"{number} {name.replace('_', ' ')}" for name, number in sorted(status.items()))
    say(f"{total} verdicts: {', '.join(counted) or 'none'}")
    return Told(total, changed)
