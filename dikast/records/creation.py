"""The first bytes of a run file: all of it appears at once, or nothing does."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from dikast.errors import StoreError
from dikast.records import schema
from dikast.records.identity import Identity

Meta = dict[str, str]
"""Rows of the table `meta`: names, and values as JSON."""


def now() -> str:
    """The wall clock in UTC. For people only: nothing is ordered or timed by it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def first_meta(identity: Identity) -> Meta:
    """What a new run file knows of itself, with a fresh secret for fence markers."""
    try:
        version = metadata.version("dikast")
    except metadata.PackageNotFoundError:  # a plain checkout
        version = "unknown"
    return {
        "identity": identity.model_copy(update={"cases": None}).to_json(),
        "secret": json.dumps(secrets.token_bytes(32).hex()),
        "created": json.dumps(now()),
        "dikast": json.dumps(version),
    }


def write_new(path: Path, meta: Mapping[str, str]) -> None:
    """Make an empty run file at `path`, which must not exist yet.

    It is made under another name and linked into place, so a kill leaves no half-made file.

    Raises:
        StoreError: Something stands there already, or it cannot be written.
    """
    refuse_existing(path)
    draft = path.with_name(path.name + ".new")
    try:
        _unlink(draft)
        _fill(draft, meta)
        put_in_place(draft, path)
        _sync_folder(path.parent)
    except (sqlite3.Error, OSError) as error:
        with contextlib.suppress(OSError):
            _unlink(draft)
        raise cannot_write(path, error) from None


def cannot_write(path: Path, error: Exception) -> StoreError:
    """The error for a place that takes no run file."""
    why = (error.strerror if isinstance(error, OSError) else None) or error
    return StoreError(f"`{path}` cannot be written ({why}). Choose another place with --out.")


def refuse_existing(path: Path) -> None:
    """Refuse a folder, a missing folder, and anything that stands at `path` already.

    Raises:
        StoreError: There is something; it was left as it is.
    """
    if path.is_dir():
        raise StoreError(
            f"`{path}` is a folder; name a file in it, such as `{path / 'run.dikast'}`."
        )
    if not path.parent.is_dir():
        raise StoreError(f"`{path.parent}` is no folder; make it first, or choose another --out.")
    if not os.path.lexists(path):
        return
    try:
        conn = schema.connect(path, "ro")
        with contextlib.closing(conn):
            schema.check(conn, path, whole=False)
    except (sqlite3.Error, StoreError):
        raise StoreError(
            f"`{path}` exists already and is not a run file of this version; it was left as it "
            "is. Choose another --out."
        ) from None
    raise StoreError(
        f"`{path}` already holds a run. `dikast resume {path}` goes on with it; a new run needs "
        "another --out."
    )


def _fill(draft: Path, meta: Mapping[str, str]) -> None:
    with contextlib.closing(sqlite3.connect(draft, isolation_level=None)) as conn:
        conn.execute("PRAGMA synchronous = FULL")
        conn.execute("BEGIN")
        conn.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
        conn.execute(f"PRAGMA user_version = {schema.FILE_VERSION}")
        for statement in schema.TABLES.split(";"):
            conn.execute(statement)
        conn.executemany("INSERT INTO meta VALUES (?, ?)", meta.items())
        conn.execute("COMMIT")


def put_in_place(draft: Path, path: Path) -> None:
    """Give a finished file its name, which must be free.

    Raises:
        OSError: The name is taken, or cannot be given.
        StoreError: The name is taken.
    """
    try:
        os.link(draft, path)  # fails where something stands, unlike a rename
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        refuse_existing(path)
        draft.replace(path)
    else:
        draft.unlink()


def _unlink(draft: Path) -> None:
    for name in (draft, draft.with_name(draft.name + "-journal")):
        name.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """Make the new name durable, where the system can."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
