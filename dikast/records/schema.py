"""The tables of a run file, and the checks before one is trusted.

    meta      name, value (JSON)                   identity, secret, creation, notes
    journal   key, place (JSON), body, at          every answer that was paid for
    cases     ordinal, case_id, digest, body, state    `todo`, or the status of its verdict
    verdicts  id, ordinal, status, body, at, current   earlier verdicts stay, `current` = 0
    ballots   verdict, seat, judge, criterion, …   the ballots of each verdict, flat
    rankings  verdict, body                        what a verdict sums up: a ranking of many
                                                   candidates, or the evaluation of RAG answers

Bodies are JSON, packed (`dikast.records.packing`). Nothing in a run file is ever executed.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from dikast.errors import StoreBusy, StoreError

APPLICATION_ID = 0x64696B61
"""`dika` in ASCII; tells a run file from other SQLite files (`file` and `PRAGMA` show it)."""

FILE_VERSION = 1
"""Version of the tables."""

BUSY_SECONDS = 10.0

TABLES = """
CREATE TABLE meta (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE journal (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    place TEXT NOT NULL,
    body BLOB NOT NULL,
    at TEXT NOT NULL
);
CREATE TABLE cases (
    ordinal INTEGER PRIMARY KEY,
    case_id TEXT NOT NULL UNIQUE,
    digest TEXT NOT NULL,
    body BLOB,
    state TEXT NOT NULL DEFAULT 'todo'
);
CREATE INDEX cases_by_state ON cases (state, ordinal);
CREATE TABLE verdicts (
    id INTEGER PRIMARY KEY,
    ordinal INTEGER NOT NULL,
    status TEXT NOT NULL,
    body BLOB NOT NULL,
    at TEXT NOT NULL,
    current INTEGER NOT NULL DEFAULT 1
);
CREATE INDEX verdicts_by_case ON verdicts (ordinal, id);
CREATE UNIQUE INDEX verdicts_current ON verdicts (ordinal) WHERE current = 1;
CREATE TABLE ballots (
    id INTEGER PRIMARY KEY,
    verdict INTEGER NOT NULL,
    seat TEXT NOT NULL,
    judge TEXT NOT NULL,
    criterion TEXT NOT NULL,
    round INTEGER NOT NULL,
    presentation TEXT NOT NULL,
    sample INTEGER NOT NULL,
    score REAL,
    abstention TEXT,
    model TEXT,
    stated_confidence REAL,
    reasks INTEGER NOT NULL
);
CREATE INDEX ballots_by_verdict ON ballots (verdict, id);
CREATE TABLE rankings (
    verdict INTEGER PRIMARY KEY,
    body BLOB NOT NULL
);
"""

_EXPECTED = {
    line.split("(")[0].replace("UNIQUE ", "").split(" ON ")[0].removeprefix("CREATE ").strip()
    for line in TABLES.splitlines()
    if line.startswith("CREATE")
}


def damaged(path: Path, what: object) -> StoreError:
    """The error for a run file that cannot be read, with the way out."""
    return StoreError(
        f"`{path}` is damaged or cut short ({what}). It was left as it is; "
        f"`dikast salvage {path} OUT` copies what can still be read into a new run file."
    )


def connect(path: Path, mode: str) -> sqlite3.Connection:
    """A connection that never creates a file and begins transactions only when told.

    Args:
        path: Absolute.
        mode: `rw`, `ro`, or `immutable` for a file on read-only ground.
    """
    query = "mode=ro&immutable=1" if mode == "immutable" else f"mode={mode}"
    conn = sqlite3.connect(
        f"{path.as_uri()}?{query}",
        uri=True,
        timeout=BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        # A run file may come from someone else: its schema must not bring functions along.
        conn.execute("PRAGMA trusted_schema = OFF")
        conn.execute("PRAGMA cell_size_check = ON")
    except sqlite3.Error:
        conn.close()
        raise
    return conn


@contextlib.contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn SQLite's errors while reading into ones that name the file and a way out.

    Raises:
        StoreBusy: Someone holds the file for longer than `BUSY_SECONDS`.
        StoreError: It is damaged, or not to be read.
    """
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise StoreBusy(
                f"`{path}` is held by another program; try again when it is done."
            ) from None
        if code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM):
            raise StoreError(
                f"`{path}` cannot be opened ({error}); check who may read and write it and its "
                "folder."
            ) from None
        raise damaged(path, error) from None


def check(conn: sqlite3.Connection, path: Path, *, whole: bool) -> None:
    """See that this is a run file of a version we know, with our tables and nothing else.

    Args:
        conn: An open connection.
        path: What the messages name.
        whole: Also check the structure of every page. Takes about a second per gigabyte once
            read; done before anything is written, so that damage is not made worse.

    Raises:
        StoreError: It is not, or it is damaged; nothing was changed.
    """
    try:
        application, version = (
            conn.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("application_id", "user_version")
        )
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_NOTADB:
            raise StoreError(
                f"`{path}` is not a run file, or its beginning is damaged. It was left as it is."
            ) from None
        raise
    if application != APPLICATION_ID:
        raise StoreError(f"`{path}` is not a run file of dikast. It was left as it is.")
    if version != FILE_VERSION:
        raise StoreError(
            f"`{path}` has version {version} of the run file; this dikast reads version "
            f"{FILE_VERSION}. Use the dikast that wrote it, or start a new run file with --out."
        )
    found = {
        f"{kind.upper()} {name}"
        for kind, name in conn.execute(
            "SELECT type, name FROM sqlite_schema WHERE name NOT LIKE 'sqlite@_%' ESCAPE '@'"
        )
    }
    if found != _EXPECTED:
        raise damaged(path, f"unexpected tables: {', '.join(sorted(found ^ _EXPECTED))}")
    if whole:
        verdict = conn.execute("PRAGMA quick_check(1)").fetchone()[0]
        if verdict != "ok":
            raise damaged(path, verdict)
