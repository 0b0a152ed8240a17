"""Cases, verdicts and ballots as rows of a run file, and back."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from typing import NamedTuple, TypeVar

import pydantic
from pydantic_core import PydanticSerializationError

from dikast.errors import InputError, ResumeRefused, StoreError
from dikast.records.creation import now
from dikast.records.differences import describe
from dikast.records.identity import CaseSet, CaseSetBuilder, case_digest
from dikast.records.packing import Damaged, pack, unpack
from dikast.types import Ballot, Case, Reason, Value, Verdict

V = TypeVar("V", bound=Value)

TO_DO, AWAITING, FAILED = "todo", "awaiting_adjudication", "failed"


class BallotRow(NamedTuple):
    """A ballot in flat form: what deciding again and auditing need, without its texts."""

    case_id: str
    seat: str
    judge: str
    criterion: str
    round: int
    presentation: tuple[str, ...]
    """Candidate ids in the order shown."""
    sample: int
    score: float | None
    """None if abstained."""
    abstention: Reason | None
    """None if there is a score."""
    model: str | None
    """None for rule-backed judges."""
    stated_confidence: float | None
    reasks: int


class CaseRow(NamedTuple):
    """A case ready to be stored."""

    case_id: str
    digest: str
    body: bytes

    @classmethod
    def of(cls, case: Case) -> CaseRow:
        """The row of a case.

        Raises:
            InputError: It holds text that is not Unicode (half a surrogate pair in its
                metadata or labels).
        """
        try:
            return cls(case.id, case_digest(case), case.to_json().encode())
        except PydanticSerializationError as error:
            raise InputError(
                f"case {describe(case.id)} cannot be stored: {error}.",
                hint="Its labels or metadata hold text that is not valid Unicode.",
            ) from None


def decode(kind: type[V], stored: bytes) -> V:
    """The value whose packed JSON is stored.

    Raises:
        Damaged: The bytes or the JSON are not what was written.
    """
    try:
        return kind.from_json(unpack(stored))
    except pydantic.ValidationError as error:
        raise Damaged(f"not a {kind.__name__.lower()}: {error.errors()[0]['msg']}") from None


def add_cases(conn: sqlite3.Connection, batch: Sequence[CaseRow], *, sealed: bool) -> int:
    """Insert cases that are not there yet, in order; return how many.

    Raises:
        InputError: An id is there with other content. Nothing was written.
        ResumeRefused: The set of cases is complete and a new one came. Nothing was written.
    """
    known: dict[str, str] = {}
    for row in batch:
        # a body that a salvage could not save is filled in again
        query = "SELECT digest FROM cases WHERE case_id = ? AND body IS NOT NULL"
        for (digest,) in conn.execute(query, (row.case_id,)):
            known[row.case_id] = digest
    new: dict[str, CaseRow] = {}
    for row in batch:
        held = new[row.case_id].digest if row.case_id in new else known.get(row.case_id)
        if held not in (None, row.digest):
            raise InputError(
                f"case {describe(row.case_id)} is already in the run file with other content.",
                hint="Ids must differ, and cases must not change between start and resume.",
            )
        if held is None:
            new[row.case_id] = row
    if sealed and new:
        raise ResumeRefused([f"case {describe(name)} added" for name in list(new)[:5]])
    conn.executemany(
        "INSERT INTO cases (case_id, digest, body) VALUES (?, ?, ?)"
        " ON CONFLICT (case_id) DO UPDATE SET digest = excluded.digest, body = excluded.body",
        [(row.case_id, row.digest, pack(row.body)) for row in new.values()],
    )
    return len(new)


def case_set(conn: sqlite3.Connection) -> CaseSet:
    """Number and digest of the stored cases; memory does not grow with them."""
    builder = CaseSetBuilder()
    for (digest,) in conn.execute("SELECT digest FROM cases"):
        builder.add_digest(digest)
    return builder.result()


def put_verdict(
    conn: sqlite3.Connection,
    case: int | str,
    verdict: Verdict,
    body: bytes,
    ranking: bytes | None = None,
) -> None:
    """Store a verdict with its ballots and the ranking behind it, and mark the case done.

    Raises:
        StoreError: No such case, or it has a verdict that is not waiting for adjudication.
            Nothing was written.
    """
    column = "ordinal" if isinstance(case, int) else "case_id"
    found = conn.execute(
        f"SELECT ordinal, case_id, state FROM cases WHERE {column} = ?",  # noqa: S608
        (case,),
    ).fetchall()
    if not found or found[0][1] != verdict.case_id:
        raise StoreError(f"the run has no case {describe(verdict.case_id)} to finish.")
    ordinal, case_id, state = found[0]
    if state not in (TO_DO, AWAITING):
        raise StoreError(f"case {describe(case_id)} has a verdict already ({state}).")
    number = insert_verdict(conn, ordinal, verdict, pack(body), now(), current=True)
    if ranking is not None:
        insert_ranking(conn, number, pack(ranking))


def replace_verdicts(
    conn: sqlite3.Connection, replacements: Sequence[tuple[Verdict, bytes]]
) -> None:
    """Put verdicts in the place of those that stand; all of them or none.

    Raises:
        StoreError: A case is unknown, has no verdict yet, or failed. Nothing was written.
    """
    ordinals = []
    for verdict, _ in replacements:
        found = conn.execute(
            "SELECT ordinal, state FROM cases WHERE case_id = ?", (verdict.case_id,)
        ).fetchall()
        if not found or found[0][1] in (TO_DO, FAILED):
            why = f"is {found[0][1]}" if found else "is unknown"
            raise StoreError(
                f"case {describe(verdict.case_id)} {why}; it has no verdict to replace."
            )
        ordinals.append(found[0][0])
    at = now()
    for ordinal, (verdict, body) in zip(ordinals, replacements, strict=True):
        insert_verdict(conn, ordinal, verdict, pack(body), at, current=True)


def insert_ranking(conn: sqlite3.Connection, verdict: int, packed: bytes) -> None:
    """Write the ranking behind a verdict, named by the number of the verdict's row."""
    conn.execute("INSERT INTO rankings (verdict, body) VALUES (?, ?)", (verdict, packed))


def insert_verdict(
    conn: sqlite3.Connection,
    ordinal: int,
    verdict: Verdict,
    packed: bytes,
    at: str,
    *,
    current: bool,
) -> int:
    """Write the rows of a verdict; a current one replaces the earlier one of its case.

    Returns:
        The number of its row.
    """
    if current:
        conn.execute("UPDATE verdicts SET current = 0 WHERE ordinal = ?", (ordinal,))
        conn.execute("UPDATE cases SET state = ? WHERE ordinal = ?", (verdict.status, ordinal))
    number = conn.execute(
        "INSERT INTO verdicts (ordinal, status, body, at, current) VALUES (?, ?, ?, ?, ?)",
        (ordinal, verdict.status, packed, at, int(current)),
    ).lastrowid
    assert number is not None
    conn.executemany(
        "INSERT INTO ballots (verdict, seat, judge, criterion, round, presentation, sample,"
        " score, abstention, model, stated_confidence, reasks)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [(number, *_columns(ballot)) for ballot in verdict.transcript.ballots],
    )
    return number


def _columns(ballot: Ballot) -> tuple[object, ...]:
    return (
        ballot.seat,
        ballot.judge,
        ballot.criterion,
        ballot.round,
        json.dumps(ballot.presentation),
        ballot.sample,
        ballot.score,
        None if ballot.abstention is None else ballot.abstention.reason.value,
        ballot.model,
        ballot.stated_confidence,
        ballot.reasks,
    )


BALLOT_COLUMNS = (
    "cases.case_id, seat, judge, criterion, round, presentation, sample,"
    " score, abstention, model, stated_confidence, reasks"
)


def ballot_row(columns: tuple[object, ...]) -> BallotRow:
    """The flat ballot of one row of `BALLOT_COLUMNS`.

    Raises:
        ValueError: The columns hold something else.
    """
    case_id, seat, judge, criterion, number, shown, sample, score, why, *rest = columns
    return BallotRow._make(
        (
            case_id,
            seat,
            judge,
            criterion,
            number,
            tuple(json.loads(str(shown))),
            sample,
            score,
            None if why is None else Reason(str(why)),
            *rest,
        )
    )


def reopen_failed(conn: sqlite3.Connection) -> int:
    """Mark failed cases as to do; their verdicts stay as history. Returns how many."""
    conn.execute("UPDATE verdicts SET current = 0 WHERE current = 1 AND status = ?", (FAILED,))
    return conn.execute("UPDATE cases SET state = ? WHERE state = ?", (TO_DO, FAILED)).rowcount
