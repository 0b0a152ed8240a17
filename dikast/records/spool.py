"""Imported records sorted by case, on disk: rows of one case may stand anywhere in many files.

A database without a name lives in a temporary file that vanishes with it; memory holds names of
judges and criteria only, whatever the number of ballots.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Self

from dikast.records.imports._contract import BallotRecord, CaseRecord, Record, Side
from dikast.records.imports._merge import Held, Scales, merged, voted_twice
from dikast.types import Abstention, Reason

_TABLES = """
CREATE TABLE cases (
    ordinal INTEGER PRIMARY KEY, case_id TEXT NOT NULL UNIQUE, body TEXT NOT NULL,
    path TEXT NOT NULL, line INTEGER NOT NULL
);
CREATE TABLE ballots (
    ordinal INTEGER NOT NULL, judge INTEGER NOT NULL, criterion TEXT NOT NULL,
    swapped INTEGER NOT NULL, sample INTEGER NOT NULL, body TEXT NOT NULL,
    path TEXT NOT NULL, line INTEGER NOT NULL,
    PRIMARY KEY (ordinal, judge, criterion, swapped, sample)
) WITHOUT ROWID;
"""


class Spool:
    """Where records wait until all of them were read. A context manager that forgets them."""

    def __init__(self) -> None:
        self.scales = Scales()
        self.judges: dict[tuple[str, str], int] = {}
        """Judge and strategy, in the order met."""
        self.models: dict[tuple[str, str], str] = {}
        """The model behind each, as far as told."""
        self.ballots = 0
        self._conn = sqlite3.connect("", isolation_level=None)
        self._conn.executescript(_TABLES)
        self._conn.execute("BEGIN")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._conn.close()

    def add(self, record: Record) -> None:
        """Take a record in.

        Raises:
            InputError: It contradicts an earlier one, or a judge votes twice in one place.
        """
        self.scales.take(record)
        ordinal = self._case(record)
        for ballot in record.ballots:
            seat = (ballot.judge, ballot.strategy)
            judge = self.judges.setdefault(seat, len(self.judges))
            if ballot.model:
                self.models[seat] = min(ballot.model, self.models.get(seat, ballot.model))
            place = (ordinal, judge, ballot.criterion, int(ballot.swapped), ballot.sample)
            row = (*place, _packed(ballot), record.path, record.line)
            try:
                self._conn.execute("INSERT INTO ballots VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
            except sqlite3.IntegrityError:
                raise self._twice(place, record, " ".join(filter(None, seat))) from None
            self.ballots += 1

    def _case(self, record: Record) -> int:
        query = "SELECT ordinal, body, path, line FROM cases WHERE case_id = ?"
        found = self._conn.execute(query, (record.case.id,)).fetchone()
        if found is None:
            body = _case_json(record.case)
            row = (record.case.id, body, record.path, record.line)
            added = self._conn.execute(
                "INSERT INTO cases (case_id, body, path, line) VALUES (?, ?, ?, ?)", row
            )
            assert added.lastrowid is not None
            return added.lastrowid
        ordinal, body, path, line = found
        held = Held(_case_of(body), path, line)
        now = merged(held, record).case
        if now != held.case:
            self._conn.execute(
                "UPDATE cases SET body = ? WHERE ordinal = ?", (_case_json(now), ordinal)
            )
        return int(ordinal)

    def _twice(self, place: tuple[Any, ...], record: Record, judge: str) -> Exception:
        query = (
            "SELECT path, line FROM ballots WHERE ordinal = ? AND judge = ? AND criterion = ?"
            " AND swapped = ? AND sample = ?"
        )
        path, line = self._conn.execute(query, place).fetchone()
        return voted_twice(
            record, judge, f"line {line}" if path == record.path else f"{path}:{line}"
        )

    def both_orders(self) -> bool:
        """Whether every judge saw every pair it voted on in both orders."""
        query = (
            "SELECT 1 FROM ballots GROUP BY ordinal, judge, criterion, sample"
            " HAVING count(*) < 2 LIMIT 1"
        )
        return self._conn.execute(query).fetchone() is None

    def cases(self) -> Iterator[Held]:
        """All cases, in the order met, with where each was met first."""
        last = 0
        query = "SELECT ordinal, body, path, line FROM cases WHERE ordinal > ? ORDER BY ordinal"
        while page := self._conn.execute(f"{query} LIMIT 128", (last,)).fetchall():
            for ordinal, body, path, line in page:
                last = ordinal
                yield Held(_case_of(body), path, line)

    def hearings(self) -> Iterator[tuple[CaseRecord, list[BallotRecord]]]:
        """All cases with their ballots, in the order the cases were met."""
        seats = list(self.judges)
        query = (
            "SELECT judge, criterion, swapped, sample, body FROM ballots"
            " WHERE ordinal = (SELECT ordinal FROM cases WHERE case_id = ?)"
        )
        for held in self.cases():
            rows = self._conn.execute(query, (held.case.id,)).fetchall()
            yield held.case, [self._ballot(seats, row) for row in rows]

    def _ballot(self, seats: list[tuple[str, str]], row: tuple[Any, ...]) -> BallotRecord:
        judge, criterion, swapped, sample, body = row
        told = json.loads(body)
        reason, detail = told.pop("abstention") or (None, "")
        return BallotRecord(
            judge=seats[judge][0],
            strategy=seats[judge][1],
            scale=self.scales.by_criterion[criterion],
            criterion=criterion,
            swapped=bool(swapped),
            sample=sample,
            abstention=reason and Abstention(reason=Reason(reason), detail=detail),
            flags=tuple(told.pop("flags")),
            **told,
        )


def _packed(ballot: BallotRecord) -> str:
    why = ballot.abstention
    return json.dumps(
        {
            "score": ballot.score,
            "abstention": None if why is None else (why.reason.value, why.detail),
            "model": ballot.model,
            "confidence": ballot.confidence,
            "raw": ballot.raw,
            "rationale": ballot.rationale,
            "flags": ballot.flags,
        }
    )


def _case_json(case: CaseRecord) -> str:
    return json.dumps(case._asdict() | {"sides": [tuple(side) for side in case.sides]})


def _case_of(body: str) -> CaseRecord:
    told = json.loads(body)
    return CaseRecord(**told | {"sides": tuple(Side(*side) for side in told["sides"])})
