"""One thread writes; everyone else waits for its commit.

Writes that arrive while a transaction is being forced to disk join the next one (group commit),
so a hundred judges at once cost a few forced writes, not a hundred, and an idle file commits
at once. The thread belongs to no event loop: loops may come, be closed and be replaced.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import sqlite3
import threading
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from dikast.errors import DikastError, StorageFailed, StoreError

T = TypeVar("T")

Work = Callable[[sqlite3.Connection], T]
"""Statements to run inside the writer's transaction. May be run twice (see `_one_by_one`)."""

MAX_BATCH = 512
"""Writes per transaction."""

_FAULTS_OF_THE_JOB = (
    sqlite3.IntegrityError,
    sqlite3.ProgrammingError,
    sqlite3.InterfaceError,
    sqlite3.DataError,
    sqlite3.NotSupportedError,
    sqlite3.InternalError,
)


class _Job:
    """A write, who waits for it, and what became of it."""

    __slots__ = ("error", "future", "result", "work")

    def __init__(self, work: Work[Any], future: asyncio.Future[Any]) -> None:
        self.work, self.future = work, future
        self.result: Any = None
        self.error: BaseException | None = None

    def report(self) -> None:
        """Tell the waiting task; it may have been cancelled meanwhile."""
        if self.future.done():
            return
        if self.error is None:
            self.future.set_result(self.result)
        else:
            self.future.set_exception(self.error)


class Writer:
    """A thread with the only connection that writes.

    Args:
        conn: The connection; the writer closes it.
        path: What messages name.
    """

    def __init__(self, conn: sqlite3.Connection, path: Path) -> None:
        self._conn, self._path = conn, path
        # Without a bound: whoever writes waits for the commit, so no more can wait than there are
        # writers. Polling for room in a bounded queue starved this thread of the interpreter.
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._gate = threading.Lock()
        self._closed = False
        self._failure: str | None = None
        self._thread = threading.Thread(target=self._run, name="dikast-writer", daemon=True)
        self._thread.start()

    async def submit(self, work: Work[T]) -> T:
        """Run `work` in a transaction; return its result once that is safely on disk.

        A caller that is cancelled while waiting stops waiting only: the write may still be done.

        Raises:
            StorageFailed: The disk is full or the file cannot be written; it will be raised for
                every later write too, since what comes after a gap would be unsound.
            StoreError: The run file was closed.
        """
        job = _Job(work, asyncio.get_running_loop().create_future())
        self._offer(job)
        result: T = await job.future
        return result

    def _offer(self, job: _Job) -> None:
        with self._gate:
            if self._closed:
                raise StoreError(f"`{self._path}` was closed; open it again to write.")
            if not self._thread.is_alive():  # nobody would ever write it
                raise StoreError(
                    f"`{self._path}` was opened before this process was forked; "
                    "open it in the process that writes."
                )
            if self._failure is not None:
                raise StorageFailed(self._failure)
            self._jobs.put(job)

    def close(self) -> None:
        """Finish what waits, then end the thread. Further writes are refused."""
        with self._gate:
            if self._closed:
                return
            self._closed = True
        self._jobs.put(None)
        self._thread.join()

    def _run(self) -> None:
        try:
            while (batch := self._next_batch()) is not None:
                self._commit(batch)
                _report(batch)
        finally:
            self._leave()

    def _next_batch(self) -> list[_Job] | None:
        first = self._jobs.get()
        if first is None:
            return None
        batch = [first]
        while len(batch) < MAX_BATCH:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                break
            if job is None:
                self._jobs.put(None)  # seen again after this batch
                break
            batch.append(job)
        return batch

    def _commit(self, batch: list[_Job]) -> None:
        if self._failure is not None:
            for job in batch:
                job.error = StorageFailed(self._failure)
            return
        try:
            self._transaction(batch)
        except sqlite3.Error as error:
            self._rollback()
            if isinstance(error, _FAULTS_OF_THE_JOB):
                self._one_by_one(batch)
            else:
                self._fail(batch, error)
        except Exception as error:
            self._rollback()
            if len(batch) == 1:
                batch[0].error = error
            else:
                self._one_by_one(batch)

    def _transaction(self, batch: list[_Job]) -> None:
        self._conn.execute("BEGIN IMMEDIATE")
        for job in batch:
            try:
                job.result = job.work(self._conn)
            except DikastError as error:  # refused before it wrote anything
                job.error = error
        self._conn.execute("COMMIT")

    def _one_by_one(self, batch: list[_Job]) -> None:
        """Repeat a batch that one of its jobs spoilt, so that only that one fails."""
        for job in batch:
            job.error = None
            try:
                self._transaction([job])
            except _FAULTS_OF_THE_JOB as error:
                self._rollback()
                job.error = StoreError(f"`{self._path}` refused a write: {error}")
            except sqlite3.Error as error:
                self._rollback()
                self._fail(batch[batch.index(job) :], error)
                return
            except Exception as error:
                self._rollback()
                job.error = error

    def _rollback(self) -> None:
        if self._conn.in_transaction:
            with contextlib.suppress(sqlite3.Error):
                self._conn.execute("ROLLBACK")

    def _fail(self, batch: list[_Job], error: sqlite3.Error) -> None:
        held = getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY
        why = "another program holds it" if held else str(error)
        remedy = "when that has ended" if held else "make room on the disk, then"
        self._failure = (
            f"`{self._path}` can no longer be written ({why}). What was stored stays readable; "
            f"{remedy} `dikast resume {self._path}` goes on."
        )
        for job in batch:
            job.error = StorageFailed(self._failure)

    def _leave(self) -> None:
        """Close the connection and let nobody wait for a thread that is gone."""
        with self._gate:
            self._closed = True
        with contextlib.suppress(sqlite3.Error):
            # Back to one plain file, which can be copied and read on read-only ground. Refused
            # while someone reads; then the next to open it tidies up.
            self._conn.execute("PRAGMA busy_timeout = 200")
            self._conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._conn.execute("PRAGMA journal_mode = DELETE")
        self._conn.close()
        left: list[_Job] = []
        with contextlib.suppress(queue.Empty):
            while True:
                job = self._jobs.get_nowait()
                if job is not None:
                    job.error = StorageFailed(self._failure or f"`{self._path}` was closed.")
                    left.append(job)
        _report(left)


def _report(batch: list[_Job]) -> None:
    """Wake the waiting tasks, each loop once."""
    by_loop: dict[asyncio.AbstractEventLoop, list[_Job]] = defaultdict(list)
    for job in batch:
        by_loop[job.future.get_loop()].append(job)
    for loop, jobs in by_loop.items():
        # A loop that was closed has nobody waiting any more.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(_report_all, jobs)


def _report_all(jobs: list[_Job]) -> None:
    for job in jobs:
        job.report()
