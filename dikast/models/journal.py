"""The journal's contract: what was paid for is on disk before it is used."""

from __future__ import annotations

import secrets
from typing import NamedTuple, Protocol


class Entry(NamedTuple):
    """One paid reply."""

    key: str
    place: str
    """JSON of the `Place` it was asked from."""
    body: bytes
    """JSON of what came back: text, model, finish, usage, and the reason if it is unusable."""


class Journal(Protocol):
    """The record of every paid model call of a run, keyed by the content of the request."""

    secret: bytes
    """Per run; fence markers derive from it."""

    async def get(self, key: str) -> bytes | None:
        """The body under this key; None if there is none."""
        ...

    async def put(self, key: str, place: str, body: bytes) -> None:
        """Store a body; returns only after it is durable.

        Raises:
            dikast.errors.StorageFailed: It cannot be written.
        """
        ...


class MemoryJournal:
    """A journal that lasts as long as its process: for runs without a run file.

    Examples:
        >>> import asyncio
        >>> journal = MemoryJournal(secret=b"s")
        >>> asyncio.run(journal.put("k", "{}", b"body"))
        >>> asyncio.run(journal.get("k"))
        b'body'
    """

    def __init__(self, secret: bytes | None = None) -> None:
        self.secret = secrets.token_bytes(32) if secret is None else secret
        self.entries: dict[str, Entry] = {}

    async def get(self, key: str) -> bytes | None:
        """The body under this key; None if there is none."""
        entry = self.entries.get(key)
        return None if entry is None else entry.body

    async def put(self, key: str, place: str, body: bytes) -> None:
        """Keep a body."""
        self.entries[key] = Entry(key, place, body)
