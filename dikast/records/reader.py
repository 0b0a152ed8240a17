"""Reading a run file: what the run is, its cases, its journal, its verdicts and ballots.

Reads that may be long fetch a page at a time, so they hold neither memory nor the database.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self, TypeVar

from pydantic import JsonValue

from dikast.errors import StoreError
from dikast.records import rows, schema
from dikast.records.differences import describe
from dikast.records.drift import case_drift
from dikast.records.identity import CaseSet, Identity
from dikast.records.packing import Damaged, unpack
from dikast.records.rows import BallotRow
from dikast.types import Case, RagRecord, RankingResult, Value, Verdict

V = TypeVar("V", bound=Value)

NOTE = "note:"

RECORDED = "recorded"
"""Note of a run file whose ballots were not cast by it: where they come from."""

_PAGE = 128


class Entry(NamedTuple):
    """One answer of the journal."""

    key: str
    place: str
    """JSON of the `Place` the request was asked from."""
    body: bytes
    at: str
    """Wall time, UTC; for people only."""


class RunReader:
    """What can be read of a run file. `RunFile` adds opening and writing.

    Args:
        path: The file, for messages.
        conn: A connection to it; closed by `close`.

    Raises:
        StoreError: It does not say what run it is.
    """

    def __init__(self, path: Path, conn: sqlite3.Connection) -> None:
        self.path = path
        """The file, links resolved."""
        self._conn = conn
        self._gate = threading.Lock()
        self._closed = False
        self._meta: dict[str, str] = dict(self._rows("SELECT name, value FROM meta"))
        try:
            self.secret = bytes.fromhex(json.loads(self._meta["secret"]))
            """From which the gateway derives fence markers; never leaves this file."""
            self._identity = Identity.from_json(self._meta["identity"])
        except (KeyError, ValueError, TypeError) as error:
            raise schema.damaged(path, f"its identity: {type(error).__name__}") from None

    def close(self) -> None:
        """Let go of the file. Twice does no harm."""
        with self._gate:
            self._closed = True
            self._conn.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # What the run is

    @property
    def identity(self) -> Identity:
        """What the run depends on; its `cases` are None until they are sealed."""
        cases = self._meta.get("cases")
        known = None if cases is None else CaseSet.from_json(cases)
        return self._identity.model_copy(update={"cases": known})

    @property
    def sealed(self) -> bool:
        """Whether all cases are in; if not, a resume must add them again, from the start."""
        return "cases" in self._meta

    @property
    def created(self) -> str:
        """Wall time at which the run began, UTC, ISO 8601."""
        return str(json.loads(self._meta["created"]))

    @property
    def dikast_version(self) -> str:
        """The dikast that began the run."""
        return str(json.loads(self._meta["dikast"]))

    @property
    def notes(self) -> dict[str, JsonValue]:
        """What callers noted down."""
        query = "SELECT name, value FROM meta WHERE substr(name, 1, ?) = ?"
        found = self._rows(query, len(NOTE), NOTE)
        return {name[len(NOTE) :]: json.loads(value) for name, value in found}

    def changes(self, identity: Identity, cases: Iterable[Case] | None = None) -> list[str]:
        """How `identity` differs from the file's, in words; empty if a resume is sound.

        Args:
            identity: What the caller is about to run.
            cases: Read only if the sets of cases differ, to name which.
        """
        own = self.identity
        if cases is None or None in (own.cases, identity.cases) or own.cases == identity.cases:
            return own.changed(identity)
        rest = own.changed(identity.model_copy(update={"cases": None}))
        return self.case_changes(cases) + rest

    def case_changes(self, cases: Iterable[Case]) -> list[str]:
        """Which cases changed, came or went against those stored, in words."""

        def digest_of(case_id: str) -> str | None:
            found = self._rows("SELECT digest FROM cases WHERE case_id = ?", case_id)
            return found[0][0] if found else None

        return case_drift(cases, digest_of, self._ids(""))

    # The journal

    async def get(self, key: str) -> bytes | None:
        """The answer stored under this key; None if there is none.

        Raises:
            StoreError: It is damaged.
        """
        found = self._rows("SELECT body FROM journal WHERE key = ?", key)
        return self._unpacked(found[0][0], f"answer {key}") if found else None

    def entries(self) -> Iterator[Entry]:
        """Every answer of the journal, in the order they were stored."""
        last = 0
        query = "SELECT id, key, place, body, at FROM journal WHERE id > ? ORDER BY id LIMIT ?"
        while page := self._rows(query, last, _PAGE):
            for number, key, place, body, at in page:
                last = number
                yield Entry(key, place, self._unpacked(body, f"answer {key}"), at)

    def calls(self) -> int:
        """How many answers the journal holds."""
        return int(self._rows("SELECT count(*) FROM journal")[0][0])

    # Cases

    def case(self, case_id: str) -> Case | None:
        """The case with this id; None if there is none."""
        found = self._rows("SELECT body FROM cases WHERE case_id = ?", case_id)
        return self._decode(Case, found[0][0], case_id) if found else None

    def cases(self) -> Iterator[Case]:
        """All cases, in the order they were added."""
        return self._stream_cases("")

    def todo(self) -> Iterator[Case]:
        """Cases without a verdict, in the order they were added.

        What is finished or added while this is consumed is taken into account.
        """
        return self._stream_cases("state = 'todo' AND")

    def is_done(self, case_id: str) -> bool:
        """Whether the case has a verdict, of whatever status or score."""
        query = "SELECT 1 FROM cases WHERE case_id = ? AND state <> 'todo'"
        return bool(self._rows(query, case_id))

    def done_ids(self) -> Iterator[str]:
        """Ids of the cases that have a verdict, in the order they were added."""
        return self._ids("state <> 'todo' AND")

    def counts(self) -> dict[str, int]:
        """Number of `cases`, and of those in each state; the states add up to `cases`.

        The states are `todo`, `decided`, `abstained`, `failed` and `awaiting_adjudication`.
        """
        names = ("todo", "decided", "abstained", "failed", "awaiting_adjudication")
        found = dict(self._rows("SELECT state, count(*) FROM cases GROUP BY state"))
        return {"cases": sum(found.values())} | {name: found.get(name, 0) for name in names}

    # Verdicts

    def verdict(self, case_id: str) -> Verdict | None:
        """The standing verdict on a case; None while it is to do or unknown."""
        found = self._verdicts_of(case_id, "AND current = 1")
        return found[-1] if found else None

    def history(self, case_id: str) -> list[Verdict]:
        """All verdicts on a case, oldest first, those that were replaced included."""
        return self._verdicts_of(case_id, "")

    def verdicts(self) -> Iterator[Verdict]:
        """The standing verdicts, in the order the cases were added."""
        last = 0
        query = (
            "SELECT ordinal, body FROM verdicts WHERE current = 1 AND ordinal > ?"
            " ORDER BY ordinal LIMIT ?"
        )
        while page := self._rows(query, last, _PAGE):
            for ordinal, body in page:
                last = ordinal
                yield self._decode(Verdict, body, f"number {ordinal}")

    def ranking(self, case_id: str) -> RankingResult | None:
        """The ranking behind the standing verdict on a case; None if there is none."""
        found = self._rows(
            "SELECT rankings.body FROM cases JOIN verdicts USING (ordinal)"
            " JOIN rankings ON rankings.verdict = verdicts.id"
            " WHERE case_id = ? AND current = 1",
            case_id,
        )
        return self._decode(RankingResult, found[0][0], case_id) if found else None

    def rag(self, case_id: str) -> RagRecord | None:
        """The evaluation behind the standing verdict on a case of a run of kind `rag`."""
        found = self._rows(
            "SELECT rankings.body, verdicts.body FROM cases JOIN verdicts USING (ordinal)"
            " JOIN rankings ON rankings.verdict = verdicts.id"
            " WHERE case_id = ? AND current = 1",
            case_id,
        )
        if not found:
            return None
        body, verdict = found[0]
        return self._whole_rag(body, verdict, case_id)

    def rags(self) -> Iterator[RagRecord]:
        """The evaluations behind the standing verdicts, in the order the cases were added."""
        last = 0
        query = (
            "SELECT ordinal, rankings.body, verdicts.body FROM verdicts"
            " JOIN rankings ON rankings.verdict = verdicts.id"
            " WHERE current = 1 AND ordinal > ? ORDER BY ordinal LIMIT 8"
        )
        while page := self._rows(query, last):
            for ordinal, body, verdict in page:
                last = ordinal
                yield self._whole_rag(body, verdict, f"number {ordinal}")

    def _whole_rag(self, body: bytes, verdict: bytes, name: str) -> RagRecord:
        """An evaluation with the verdict that is stored beside it."""
        record = self._decode(RagRecord, body, name)
        if record.outcome is not None:
            return record
        own = self._decode(Verdict, verdict, name)
        only = record.results[0].model_copy(update={"verdict": own})
        return record.model_copy(update={"results": (only,)})

    def rankings(self) -> Iterator[RankingResult]:
        """The rankings behind the standing verdicts, in the order the cases were added."""
        last = 0
        query = (
            "SELECT ordinal, rankings.body FROM verdicts"
            " JOIN rankings ON rankings.verdict = verdicts.id"
            " WHERE current = 1 AND ordinal > ? ORDER BY ordinal LIMIT 8"
        )
        while page := self._rows(query, last):
            for ordinal, body in page:
                last = ordinal
                yield self._decode(RankingResult, body, f"number {ordinal}")

    def ballots(self) -> Iterator[BallotRow]:
        """The ballots of the standing verdicts, flat, all rounds, in the order of the cases.

        Their texts (rationale, evidence, raw reply) are in `verdicts`.
        """
        last = 0
        pages = (
            "SELECT max(ordinal) FROM (SELECT ordinal FROM verdicts"
            " WHERE current = 1 AND ordinal > ? ORDER BY ordinal LIMIT ?)"
        )
        query = (
            f"SELECT {rows.BALLOT_COLUMNS} FROM verdicts"  # noqa: S608
            " JOIN cases USING (ordinal) JOIN ballots ON ballots.verdict = verdicts.id"
            " WHERE current = 1 AND ordinal > ? AND ordinal <= ? ORDER BY ordinal, ballots.id"
        )
        while (end := self._rows(pages, last, _PAGE)[0][0]) is not None:
            for columns in self._rows(query, last, end):
                try:
                    yield rows.ballot_row(columns)
                except (ValueError, TypeError) as error:
                    raise schema.damaged(self.path, f"a ballot: {error}") from None
            last = end

    # Inside

    def _verdicts_of(self, case_id: str, which: str) -> list[Verdict]:
        query = (
            "SELECT verdicts.body FROM cases JOIN verdicts USING (ordinal)"  # noqa: S608
            f" WHERE case_id = ? {which} ORDER BY verdicts.id"
        )
        return [self._decode(Verdict, body, case_id) for (body,) in self._rows(query, case_id)]

    def _stream_cases(self, which: str) -> Iterator[Case]:
        last = 0
        query = (
            f"SELECT ordinal, case_id, body FROM cases WHERE {which} ordinal > ?"  # noqa: S608
            " ORDER BY ordinal LIMIT ?"
        )
        while page := self._rows(query, last, _PAGE):
            for ordinal, case_id, body in page:
                last = ordinal
                yield self._decode(Case, body, case_id)

    def _ids(self, which: str) -> Iterator[str]:
        last = 0
        query = (
            f"SELECT ordinal, case_id FROM cases WHERE {which} ordinal > ?"  # noqa: S608
            " ORDER BY ordinal LIMIT ?"
        )
        while page := self._rows(query, last, _PAGE * 8):
            for ordinal, case_id in page:
                last = ordinal
                yield case_id

    def _decode(self, kind: type[V], body: bytes | None, name: str) -> V:
        what = f"{kind.__name__.lower()} {describe(name)}"
        if body is None:
            raise schema.damaged(self.path, f"{what} was lost; add the cases again")
        try:
            return rows.decode(kind, body)
        except Damaged as error:
            raise schema.damaged(self.path, f"{what}: {error}") from None

    def _unpacked(self, body: bytes, what: str) -> bytes:
        try:
            return unpack(body)
        except Damaged as error:
            raise schema.damaged(self.path, f"{what}: {error}") from None

    def _rows(self, query: str, *args: object) -> list[Any]:
        """All rows of a query. Always read to the end, so that no snapshot stays open."""
        with self._gate, schema.reading(self.path):
            if self._closed:
                raise StoreError(f"`{self.path}` was closed; open it again to read.")
            return self._conn.execute(query, args).fetchall()
