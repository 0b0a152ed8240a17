"""Which cases differ from those that a run began with."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterable

from dikast.records.differences import some
from dikast.records.identity import case_digest
from dikast.types import Case

_NAMED = 5


class _Tally:
    """A count that remembers its first few names."""

    def __init__(self, what: str) -> None:
        self.what, self.total = what, 0
        self.names: list[str] = []

    def add(self, name: str) -> None:
        self.total += 1
        if len(self.names) < _NAMED:
            self.names.append(name)


def case_drift(
    cases: Iterable[Case], digest_of: Callable[[str], str | None], stored: Iterable[str]
) -> list[str]:
    """Which cases changed, came or went, in words. Memory does not grow with their number.

    Args:
        cases: The cases as they are now.
        digest_of: Digest of the stored case with an id; None if there is none.
        stored: Ids of all stored cases; read after `cases`.

    Examples:
        >>> from dikast.types import Candidate, Case
        >>> new = Case(id="q2", candidates=(Candidate(text="x"),))
        >>> case_drift([new], lambda _: None, ["q1"])
        ['1 case added (`q2`)', '1 case missing (`q1`)']
    """
    changed, added, missing = _Tally("changed"), _Tally("added"), _Tally("missing")
    # An unnamed database lives in a temporary file that vanishes with it.
    with contextlib.closing(sqlite3.connect("", isolation_level=None)) as seen:
        seen.execute("CREATE TABLE seen (case_id TEXT PRIMARY KEY) WITHOUT ROWID")
        seen.execute("BEGIN")
        for case in cases:
            digest = digest_of(case.id)
            if digest is None:
                added.add(case.id)
                continue
            seen.execute("INSERT OR IGNORE INTO seen VALUES (?)", (case.id,))
            if digest != case_digest(case):
                changed.add(case.id)
        for case_id in stored:
            if not seen.execute("SELECT 1 FROM seen WHERE case_id = ?", (case_id,)).fetchall():
                missing.add(case_id)
    return [some(t.names, t.total, t.what) for t in (changed, added, missing) if t.total]
