"""Copy what can still be read of a damaged run file into a new one."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from dikast.errors import StoreBusy, StoreError
from dikast.records import creation, rows, schema
from dikast.records.identity import CaseSet, Identity, case_digest
from dikast.records.lock import RunLock
from dikast.records.packing import Damaged, unpack
from dikast.types import Case, RagRecord, RankingResult, Verdict

T = TypeVar("T")

_UNKNOWN = Identity(kind="unknown")
_PAGE = 64
_GIVE_UP_BEYOND = 20_000
"""Row numbers tried in vain, past the last row known, before a table counts as read."""

_GIVE_UP = 1_000_000
"""The same before the last row known; a damaged number must not make this endless."""


def salvage(path: str | os.PathLike[str], out: str | os.PathLike[str]) -> dict[str, int]:
    """Copy the readable part of a run file; the original is only read.

    Every answer, case and verdict is checked before it is copied; ballots come from the
    verdicts. If a case is lost, the new file is not sealed: `dikast resume` then needs the case
    file again. If the identity is lost, the new file can be shown and exported, not resumed.

    Args:
        path: The damaged file. It must not be in use.
        out: Where the new run file goes; nothing may stand there.

    Returns:
        How many `answers`, `cases`, `verdicts` and `ballots` were copied, and how many rows were
        found `damaged`. Rows that were cut off altogether cannot be counted.

    Raises:
        StoreBusy: The file is in use.
        StoreError: Nothing can be read, or `out` cannot be written.
    """
    source, target = (Path(os.path.realpath(name)) for name in (path, out))
    if not source.is_file():
        raise StoreError(f"`{source}` is no file.")
    creation.refuse_existing(target)
    with contextlib.ExitStack() as stack:
        stack.callback(RunLock(target).release)
        with contextlib.suppress(_NobodyCanWrite):
            stack.callback(_lock(source).release)
        folder = stack.enter_context(tempfile.TemporaryDirectory(dir=target.parent))
        old = stack.enter_context(contextlib.closing(_open_copy(source, Path(folder))))
        draft = Path(folder) / "draft.dikast"
        counts = _Copier(old, source).fill(draft)
        try:
            creation.put_in_place(draft, target)
        except OSError as error:
            raise creation.cannot_write(target, error) from None
    return counts


class _NobodyCanWrite(Exception):
    """The folder takes no lock file, so it takes no writer either."""


def _lock(source: Path) -> RunLock:
    try:
        return RunLock(source)
    except StoreBusy:
        raise
    except StoreError:
        raise _NobodyCanWrite from None


def _open_copy(source: Path, folder: Path) -> sqlite3.Connection:
    """A copy to work on: even looking at a database may change it (recovery of its log)."""
    copy = folder / "copy"
    for end in ("", "-wal", "-journal"):
        part = source.with_name(source.name + end)
        if part.is_file():
            shutil.copyfile(part, copy.with_name(copy.name + end))
    conn = schema.connect(copy, "rw")
    try:
        # Lets SQLite look into a file that is shorter than its header says.
        conn.execute("PRAGMA writable_schema = ON")
        tables = {name for (name,) in conn.execute("SELECT name FROM sqlite_schema")}
    except sqlite3.DatabaseError as error:
        conn.close()
        raise StoreError(f"nothing of `{source}` can be read ({error}).") from None
    if not tables & {"journal", "verdicts"}:
        conn.close()
        raise StoreError(f"`{source}` holds no tables of a run file.")
    return conn


class _Copier:
    """One salvage: from a connection to a damaged copy into a new file."""

    def __init__(self, old: sqlite3.Connection, source: Path) -> None:
        self._old, self._source = old, source
        self._counts = dict.fromkeys(("answers", "cases", "verdicts", "ballots", "damaged"), 0)
        self._meta = self._read_meta()
        self._identified = self._meta["identity"] != _UNKNOWN.to_json()

    def fill(self, draft: Path) -> dict[str, int]:
        """Make `draft` and copy everything that can be read into it."""
        sealed = self._meta.pop("cases", None)
        creation.write_new(draft, self._meta)
        with contextlib.closing(schema.connect(draft, "rw")) as new:
            new.execute("BEGIN IMMEDIATE")
            self._journal(new)
            self._cases(new)
            self._verdicts(new)
            if sealed is not None and CaseSet.from_json(sealed) == rows.case_set(new):
                new.execute("INSERT INTO meta VALUES ('cases', ?)", (sealed,))
            new.execute("COMMIT")
        if not self._identified and not any(self._counts.values()):
            raise StoreError(f"nothing of `{self._source}` can be read.")
        return self._counts

    def _read_meta(self) -> dict[str, str]:
        meta: dict[str, str] = {}
        with contextlib.suppress(sqlite3.DatabaseError, TypeError, ValueError):
            for name, value in self._old.execute("SELECT name, value FROM meta"):
                meta[str(name)] = str(value)
        for name, check in (("identity", Identity.from_json), ("cases", CaseSet.from_json)):
            with contextlib.suppress(KeyError, ValidationError):
                check(meta[name])
                continue
            meta.pop(name, None)
        return creation.first_meta(_UNKNOWN) | meta

    def _journal(self, new: sqlite3.Connection) -> None:
        for _, key, place, body, at in self._rows("journal", "id", "key, place, body, at"):
            if self._sound(unpack, body) is None or not isinstance(key, str):
                continue
            query = "INSERT OR IGNORE INTO journal (key, place, body, at) VALUES (?, ?, ?, ?)"
            new.execute(query, (key, str(place), body, str(at)))
            self._counts["answers"] += 1

    def _cases(self, new: sqlite3.Connection) -> None:
        for ordinal, body in self._rows("cases", "ordinal", "body"):
            case = self._sound(lambda stored: rows.decode(Case, stored), body)
            if case is None:
                continue
            new.execute(
                "INSERT OR IGNORE INTO cases (ordinal, case_id, digest, body) VALUES (?, ?, ?, ?)",
                (ordinal, case.id, case_digest(case), body),
            )
            self._counts["cases"] += 1

    def _verdicts(self, new: sqlite3.Connection) -> None:
        columns = "ordinal, body, at, current"
        for old, ordinal, body, at, current in self._rows("verdicts", "id", columns):
            verdict = self._sound(lambda stored: rows.decode(Verdict, stored), body)
            if verdict is None:
                continue
            found = new.execute(
                "SELECT ordinal FROM cases WHERE case_id = ?", (verdict.case_id,)
            ).fetchall()
            place = found[0][0] if found else self._stand_in(new, ordinal, verdict.case_id)
            number = rows.insert_verdict(new, place, verdict, body, str(at), current=bool(current))
            self._ranking(new, old, number)
            self._counts["verdicts"] += 1
            self._counts["ballots"] += len(verdict.transcript.ballots)

    def _ranking(self, new: sqlite3.Connection, old: int, number: int) -> None:
        """Copy the ranking behind a verdict, if there is one that can be read."""
        with contextlib.suppress(sqlite3.DatabaseError):
            query = "SELECT body FROM rankings WHERE verdict = ?"
            for (body,) in self._old.execute(query, (old,)).fetchall():
                if self._sound(_ranking_or_rag, body):
                    rows.insert_ranking(new, number, body)

    @staticmethod
    def _stand_in(new: sqlite3.Connection, ordinal: int, case_id: str) -> int:
        """A row for a case that was lost and whose verdict was not; `add_cases` fills it in."""
        taken = new.execute("SELECT 1 FROM cases WHERE ordinal = ?", (ordinal,)).fetchall()
        new.execute(
            "INSERT INTO cases (ordinal, case_id, digest) VALUES (?, ?, '00')",
            (None if taken else ordinal, case_id),
        )
        found = new.execute("SELECT ordinal FROM cases WHERE case_id = ?", (case_id,)).fetchall()
        return int(found[0][0])

    def _sound(self, read: Callable[[bytes], T], body: Any) -> T | None:
        """What `read` makes of the body; None, counted, if it is damaged."""
        try:
            return read(body)
        except (Damaged, TypeError):
            self._counts["damaged"] += 1
            return None

    def _rows(self, table: str, number: str, columns: str) -> Iterator[tuple[Any, ...]]:
        """Every row that can be reached, first column its number, in ascending order."""
        last, vain = 0, 0
        page = (
            f"SELECT {number}, {columns} FROM {table} WHERE {number} > ?"  # noqa: S608
            f" ORDER BY {number} LIMIT {_PAGE}"
        )
        one = f"SELECT {number}, {columns} FROM {table} WHERE {number} = ?"  # noqa: S608
        end = self._last_number(table, number)
        while True:
            try:
                found = self._old.execute(page, (last,)).fetchall()
                if not found:
                    return
            except sqlite3.DatabaseError:
                # A damaged page lies ahead: step over it, one row number at a time.
                found = []
                for candidate in range(last + 1, last + 1 + _PAGE):
                    with contextlib.suppress(sqlite3.DatabaseError):
                        found += self._old.execute(one, (candidate,)).fetchall()
                if not found:
                    last, vain = last + _PAGE, vain + _PAGE
                    if vain >= (_GIVE_UP_BEYOND if last > end else _GIVE_UP):
                        return
                    continue
            yield from found
            last, vain = max(last, found[-1][0]), 0

    def _last_number(self, table: str, number: str) -> int:
        """The highest row number, if the end of the table can be read; else 0."""
        query = f"SELECT {number} FROM {table} ORDER BY {number} DESC LIMIT 1"  # noqa: S608
        try:
            found = self._old.execute(query).fetchall()
        except sqlite3.DatabaseError:
            return 0
        return int(found[0][0]) if found else 0


def _ranking_or_rag(stored: bytes) -> RankingResult | RagRecord:
    """What may stand behind a verdict, by its form."""
    try:
        return rows.decode(RankingResult, stored)
    except Damaged:
        return rows.decode(RagRecord, stored)
