"""The run file: everything a run was told, asked, answered and decided, in one SQLite file.

    with RunFile.create("run.dikast", Identity.of(panel)) as run:
        await run.add_cases(cases)
        await run.seal()
        for case in run.todo():
            await run.finish(case.id, verdict)

It is also the journal of the gateway (`secret`, `get`, `put`). Every coroutine that writes
returns only after its transaction was forced to disk; a kill at any later moment loses nothing
of it. Reading is described in `dikast.records.reader`.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Self

from pydantic import JsonValue

from dikast.errors import ResumeRefused, StoreError
from dikast.records import creation, opening, rows
from dikast.records.identity import CaseSet, Identity
from dikast.records.lock import RunLock
from dikast.records.packing import pack
from dikast.records.reader import NOTE, Entry, RunReader
from dikast.records.rows import BallotRow, CaseRow
from dikast.records.writer import Writer
from dikast.types import Case, RagRecord, RankingResult, Verdict

__all__ = ["BallotRow", "Entry", "RunFile"]

_CASES_PER_WRITE = 256


class RunFile(RunReader):
    """A run on disk. Made by `create` or `open`; a context manager that closes it.

    One process writes at a time; any number may read (`readonly=True`) meanwhile. Its
    coroutines may be used from one event loop after another.

    Examples:
        >>> import asyncio, tempfile, pathlib
        >>> folder = tempfile.TemporaryDirectory()
        >>> path = pathlib.Path(folder.name, "run.dikast")
        >>> with RunFile.create(path, Identity()) as run:
        ...     asyncio.run(run.put("key", "{}", b"an answer"))
        >>> with RunFile.open(path, readonly=True) as run:
        ...     asyncio.run(run.get("key")), run.counts()["cases"]
        (b'an answer', 0)
        >>> folder.cleanup()
    """

    _writer: Writer | None = None
    _lock: RunLock | None = None

    @classmethod
    def create(cls, path: str | os.PathLike[str], identity: Identity) -> Self:
        """Start a run in a new file, with a secret of its own.

        Args:
            path: Where; its folder must exist, and nothing may stand there yet.
            identity: What the run depends on (`Identity.of`). Its `cases` are not kept: the
                file learns them from `add_cases` and `seal`.

        Raises:
            StoreBusy: Another process is at work there.
            StoreError: Something stands there, or it cannot be written; nothing was changed.
        """
        real = Path(os.path.realpath(path))
        if real.is_dir() or not real.parent.is_dir():
            creation.refuse_existing(real)
        with contextlib.ExitStack() as undo:
            lock = RunLock(real)
            undo.callback(lock.release)
            creation.write_new(real, creation.first_meta(identity))
            run = cls._to_write(real, lock, whole=False)
            undo.pop_all()
        return run

    @classmethod
    def open(
        cls,
        path: str | os.PathLike[str],
        *,
        identity: Identity | None = None,
        cases: Iterable[Case] | None = None,
        readonly: bool = False,
    ) -> Self:
        """Open an existing run file, after a kill as after an orderly end.

        Args:
            path: The file.
            identity: What the caller is about to run; None skips the comparison.
            cases: Read only if the sets of cases differ, to name which case changed.
            readonly: Only read; works while another process writes.

        Raises:
            ResumeRefused: `identity` differs from the file's; says in what.
            StoreBusy: Another process holds the file (not when `readonly`).
            StoreError: No such file, not a run file, another version, or damaged; it is left
                as it is.
        """
        real = Path(os.path.realpath(path))
        if not real.is_file():
            what = "is a folder" if real.is_dir() else "does not exist"
            raise StoreError(f"`{real}` {what}; name a run file, such as `run.dikast`.")
        run = cls._to_read(real) if readonly else cls._locked(real)
        with contextlib.ExitStack() as undo:
            undo.callback(run.close)
            changed = [] if identity is None else run.changes(identity, cases)
            if changed:
                raise ResumeRefused(changed, path=str(path))
            undo.pop_all()
        return run

    @classmethod
    def _locked(cls, path: Path) -> Self:
        lock = RunLock(path)
        try:
            return cls._to_write(path, lock, whole=True)
        except BaseException:
            lock.release()
            raise

    @classmethod
    def _to_write(cls, path: Path, lock: RunLock, *, whole: bool) -> Self:
        with contextlib.ExitStack() as undo:
            conn = opening.to_write(path, whole=whole)
            undo.callback(conn.close)
            reader = opening.beside_writer(path)
            undo.callback(reader.close)
            run = cls(path, reader)
            opening.prepare(conn, path)
            run._writer, run._lock = Writer(conn, path), lock
            undo.pop_all()
        return run

    @classmethod
    def _to_read(cls, path: Path) -> Self:
        conn = opening.to_read(path)
        try:
            return cls(path, conn)
        except BaseException:
            conn.close()
            raise

    def close(self) -> None:
        """Finish what waits to be written and leave one plain file. Twice does no harm."""
        super().close()
        if self._writer is not None:
            self._writer.close()
        if self._lock is not None:
            self._lock.release()

    async def put(self, key: str, place: str, body: bytes) -> None:
        """Store an answer; return once it is safely on disk. The first of a key stays.

        Args:
            key: Digest of the request.
            place: JSON of the `Place` it was asked from.
            body: What came back.

        Raises:
            StorageFailed: The disk is full, or the file can no longer be written.
        """
        at = creation.now()

        def work(conn: sqlite3.Connection) -> None:
            conn.execute(
                "INSERT INTO journal (key, place, body, at) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (key) DO NOTHING",
                (key, place, pack(body), at),
            )

        await self._writing().submit(work)

    async def add_cases(self, cases: Iterable[Case]) -> int:
        """Store cases in the order given; those that are there already are passed over.

        Repeating the whole stream after a kill is therefore right. Memory stays flat.

        Returns:
            How many were new.

        Raises:
            InputError: An id is there with other content.
            ResumeRefused: The set was sealed, and a case is not in it.
            StorageFailed: The file can no longer be written.
        """
        added, stream, sealed = 0, iter(cases), self.sealed

        while batch := [CaseRow.of(case) for case in islice(stream, _CASES_PER_WRITE)]:

            def work(conn: sqlite3.Connection, batch: list[CaseRow] = batch) -> int:
                return rows.add_cases(conn, batch, sealed=sealed)

            added += await self._writing().submit(work)
        return added

    async def seal(self) -> CaseSet:
        """Declare that all cases are in; from now on a resume needs no case file."""
        known = await self._writing().submit(rows.case_set)
        await self._set_meta("cases", known.to_json())
        return known

    async def finish(
        self, case: int | str, verdict: Verdict, behind: RankingResult | RagRecord | None = None
    ) -> None:
        """Store a case's verdict with its ballots; return once both are safely on disk.

        A verdict that awaits adjudication is replaced by a later one and stays as history.

        Args:
            case: Id of the case, or its number in the order of adding, from 1.
            verdict: The verdict on that case.
            behind: The ranking, or the evaluation of RAG answers, that the verdict sums up; stored
                in the same transaction.

        Raises:
            StoreError: There is no such case, or it has a verdict already.
            StorageFailed: The file can no longer be written; the case is not done.
        """
        body = verdict.to_json().encode()
        order = None if behind is None else behind.to_json().encode()
        await self._writing().submit(
            lambda conn: rows.put_verdict(conn, case, verdict, body, order)
        )

    async def adjudicate(self, verdicts: Iterable[Verdict]) -> None:
        """Put verdicts that people answered in the place of those that stand, in one transaction.

        The earlier ones stay in `history`. Returns once all are safely on disk; a kill before
        that leaves none of them.

        Args:
            verdicts: At most one per case.

        Raises:
            StoreError: A case has no verdict, or failed; nothing was written.
            StorageFailed: The file can no longer be written; nothing was written.
        """
        bodies = [(verdict, verdict.to_json().encode()) for verdict in verdicts]
        await self._writing().submit(lambda conn: rows.replace_verdicts(conn, bodies))

    async def reopen_failed(self) -> int:
        """Mark failed cases as to do again; their verdicts stay in `history`.

        Returns:
            How many there were.
        """
        return await self._writing().submit(rows.reopen_failed)

    async def note(self, name: str, value: JsonValue) -> None:
        """Keep a caller's own fact on the run (such as where its cases came from)."""
        await self._set_meta(NOTE + name, json.dumps(value))

    async def _set_meta(self, name: str, value: str) -> None:
        def work(conn: sqlite3.Connection) -> None:
            conn.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))

        await self._writing().submit(work)
        self._meta[name] = value

    def _writing(self) -> Writer:
        if self._writer is None:
            raise StoreError(f"`{self.path}` was opened only to be read.")
        return self._writer
