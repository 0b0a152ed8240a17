"""A journal that several processes read and write at once: a run file opened for each write.

A run has one writer. A test session has one process per worker, each of which asks little and
waits long for every answer; so each takes the run file for the moment of a write and gives it back.
All of them share its secret, so that an answer fits its fence marker wherever it is replayed.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence
from pathlib import Path

from dikast.errors import StorageFailed, StoreBusy, StoreError
from dikast.models.journal import Entry
from dikast.records.identity import Identity
from dikast.records.runfile import RunFile

KIND = "journal"
"""Kind of a run file that holds answers only: no cases, no verdicts."""

PATIENCE = 60.0
"""Seconds to wait for other processes to give the file back."""


class SharedJournal:
    """The journal of a run file that nobody keeps open.

    Use it in one event loop. Several of one file may be used by several processes.

    Args:
        path: The run file.
        make: Whether to make it, and its folder, where there is none.

    Raises:
        StoreError: It is not there, or not a run file, or cannot be made.

    Examples:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     one, other = (SharedJournal(Path(folder, "j.dikast"), make=True) for _ in "ab")
        ...     asyncio.run(one.put("key", "{}", b"an answer"))
        ...     asyncio.run(other.get("key")), one.secret == other.secret
        (b'an answer', True)
    """

    def __init__(self, path: Path, *, make: bool = False) -> None:
        self.path = path
        if make:
            _make(path)
        with _patiently(path, readonly=True) as run:
            self.secret = run.secret
            """From which fence markers derive; the same for all who share the file."""
        self._waiting: list[tuple[Entry, asyncio.Future[None]]] = []
        self._turn: asyncio.Lock | None = None

    async def get(self, key: str) -> bytes | None:
        """The answer stored under this key, by whichever process; None if there is none.

        Raises:
            StoreError: The file is damaged or gone.
        """
        return await asyncio.to_thread(_read, self.path, key)

    async def put(self, key: str, place: str, body: bytes) -> None:
        """Store an answer; return once it is safely on disk. The first of a key stays.

        Raises:
            StorageFailed: The file can no longer be written, or is not given back.
        """
        loop = asyncio.get_running_loop()
        stored: asyncio.Future[None] = loop.create_future()
        self._waiting.append((Entry(key, place, body), stored))
        if self._turn is None:
            self._turn = asyncio.Lock()
        async with self._turn:
            if not stored.done():  # else whoever had the turn before wrote it too
                await self._write_all()
        await stored

    async def _write_all(self) -> None:
        """Write whatever waits in one go, and tell each who waits what became of it."""
        batch, self._waiting = self._waiting, []
        try:
            await asyncio.to_thread(_write, self.path, [entry for entry, _ in batch])
        except StoreError as error:
            failure: Exception | None = StorageFailed(str(error))
        except StorageFailed as error:
            failure = error
        except BaseException:  # cancelled: whoever has the next turn writes it
            self._waiting = batch + self._waiting
            raise
        else:
            failure = None
        for _, stored in batch:
            if stored.done():  # whoever waited for it was cancelled
                continue
            if failure is None:
                stored.set_result(None)
            else:
                stored.set_exception(failure)

    def places(self) -> dict[str, int]:
        """How many answers there are by the JSON of the place they were asked from.

        Raises:
            StoreError: The file is damaged or gone.
        """
        found: dict[str, int] = {}
        with _patiently(self.path, readonly=True) as run:
            for entry in run.entries():
                found[entry.place] = found.get(entry.place, 0) + 1
        return found


def _make(path: Path) -> None:
    """Make the file unless it is there; of several processes that try, one does."""
    path.parent.mkdir(parents=True, exist_ok=True)
    until = time.monotonic() + PATIENCE
    while not path.exists():
        try:
            RunFile.create(path, Identity(kind=KIND)).close()
        except StoreBusy:
            if time.monotonic() > until:
                raise
            time.sleep(random.uniform(0.005, 0.02))  # noqa: S311 - somebody is making it
        except StoreError:
            if not path.exists():
                raise


def _read(path: Path, key: str) -> bytes | None:
    with _patiently(path, readonly=True) as run:
        return asyncio.run(run.get(key))


def _write(path: Path, entries: Sequence[Entry]) -> None:
    """Take the file, write, give it back.

    All in one thread: whoever asked may be cancelled at any moment, and the file must not stay
    taken.
    """
    with _patiently(path) as run:

        async def put_all() -> None:
            await asyncio.gather(*(run.put(*entry) for entry in entries))

        asyncio.run(put_all())


def _patiently(path: Path, *, readonly: bool = False) -> RunFile:
    """Open the file, waiting for those who hold it.

    Raises:
        StoreError: It cannot be opened, or is not given back in `PATIENCE` seconds.
    """
    until = time.monotonic() + PATIENCE
    while True:
        try:
            return RunFile.open(path, readonly=readonly)
        except StoreBusy:
            if time.monotonic() > until:
                raise
            time.sleep(random.uniform(0.002, 0.02))  # noqa: S311 - not for secrets
