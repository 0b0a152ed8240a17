"""Connections to a run file that was checked, for the one who writes and for those who read."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from pathlib import Path

from dikast.records import creation, schema
from dikast.records.lock import RunLock


def to_write(path: Path, *, whole: bool) -> sqlite3.Connection:
    """The connection of the only writer, which holds the lock; nothing was written yet.

    Args:
        path: The run file.
        whole: Check all of its structure.

    Raises:
        StoreError: It is damaged, or of another version or kind.
    """
    with contextlib.ExitStack() as undo, schema.reading(path):
        conn = schema.connect(path, "rw")
        undo.callback(conn.close)
        schema.check(conn, path, whole=whole)
        undo.pop_all()
    return conn


def beside_writer(path: Path) -> sqlite3.Connection:
    """A second connection of the writing process, for reads only."""
    with schema.reading(path):
        conn = schema.connect(path, "rw")
        conn.execute("PRAGMA query_only = ON")
    return conn


def to_read(path: Path) -> sqlite3.Connection:
    """A connection that only reads, beside a writer, after a kill, or on read-only ground.

    Raises:
        StoreError: It is damaged, or of another version or kind.
    """
    with schema.reading(path):
        conn = _connect_to_read(path)
        try:
            schema.check(conn, path, whole=False)
        except BaseException:
            conn.close()
            raise
    return conn


def prepare(conn: sqlite3.Connection, path: Path) -> None:
    """Write-ahead log, forced to disk at each commit; and prove that writing works.

    Raises:
        StoreError: The file cannot be written.
    """
    try:
        mode = conn.execute("PRAGMA journal_mode = WAL").fetchone()[0]
        if mode != "wal":
            raise sqlite3.OperationalError("this file system cannot hold a write-ahead log")
        conn.execute("PRAGMA synchronous = FULL")
        # A log that once grew (a long reader held it) is cut back when it starts over.
        conn.execute("PRAGMA journal_size_limit = 16777216")
        conn.execute("BEGIN IMMEDIATE")
        opened = json.dumps(creation.now())
        conn.execute("INSERT OR REPLACE INTO meta VALUES ('opened', ?)", (opened,))
        conn.execute("COMMIT")
    except sqlite3.Error as error:
        raise creation.cannot_write(path, error) from None


def _connect_to_read(path: Path) -> sqlite3.Connection:
    try:
        return _probed(path, "ro")
    except sqlite3.OperationalError:
        left = [path.with_name(path.name + end) for end in ("-wal", "-journal")]
        if not any(name.exists() for name in left):
            return _probed(path, "immutable")
        # A kill left work that only a writer may finish; with nobody writing, finish it.
        lock = RunLock(path)
        try:
            _probed(path, "rw").close()
        finally:
            lock.release()
        return _probed(path, "ro")


def _probed(path: Path, mode: str) -> sqlite3.Connection:
    conn = schema.connect(path, mode)
    try:
        conn.execute("SELECT count(*) FROM sqlite_schema").fetchall()
    except sqlite3.Error:
        conn.close()
        raise
    return conn
