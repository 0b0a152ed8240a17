"""What several rows say of one case, put together; contradictions are refused with both lines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from dikast.errors import InputError
from dikast.records.differences import describe
from dikast.records.imports._contract import CaseRecord, Record, Side
from dikast.types import Scale


class Held(NamedTuple):
    """A case as far as it is known, and where it was first met."""

    case: CaseRecord
    path: str
    line: int


def merged(held: Held | None, record: Record) -> Held:
    """What is known of a case after one more row.

    Raises:
        InputError: The row contradicts what an earlier one said.
    """
    if held is None:
        return Held(record.case, record.path, record.line)
    old, new = held.case, record.case
    if old == new:
        return held
    case = CaseRecord(
        id=old.id,
        sides=_sides(held, record),
        question=_either("question", old.question, new.question, held, record),
        reference=_either("reference", old.reference, new.reference, held, record),
        labels=_union("label", old.labels, new.labels, held, record),
        metadata=_union("note", old.metadata, new.metadata, held, record),
    )
    return held._replace(case=case)


def _sides(held: Held, record: Record) -> tuple[Side, ...]:
    old, new = held.case.sides, record.case.sides
    if [side.id for side in old] != [side.id for side in new]:
        raise _clash(
            "its candidates",
            " and ".join(side.id for side in old),
            " and ".join(side.id for side in new),
            held,
            record,
        )
    return tuple(
        Side(
            a.id,
            _either(f"text of `{a.id}`", a.text, b.text, held, record),
            _either(f"system of `{a.id}`", a.system, b.system, held, record),
        )
        for a, b in zip(old, new, strict=True)
    )


def _either(what: str, old: Any, new: Any, held: Held, record: Record) -> Any:
    if old is None or new is None or old == new:
        return new if old is None else old
    raise _clash(what, old, new, held, record)


def _union(
    what: str, old: Mapping[str, Any], new: Mapping[str, Any], held: Held, record: Record
) -> Mapping[str, Any]:
    if old == new:
        return old
    return {
        name: _either(f"{what} `{name}`", old.get(name), new.get(name), held, record)
        for name in sorted({*old, *new})
    }


def _clash(what: str, old: object, new: object, held: Held, record: Record) -> InputError:
    before = f"{held.path}:{held.line}" if held.path != record.path else f"line {held.line}"
    return InputError(
        f"case {describe(record.case.id)} has another {what} than in {before}: "
        f"{str(new)[:60]!r} against {str(old)[:60]!r}.",
        hint="Rows of one case must agree on it; other cases need other ids.",
        path=record.path,
        line=record.line,
    )


class Scales:
    """The scale of every criterion, and whether there are pairs; told by the first row met."""

    def __init__(self) -> None:
        self.by_criterion: dict[str, Scale] = {}
        self.pairs: bool | None = None

    def take(self, record: Record) -> None:
        """Take a row in.

        Raises:
            InputError: It has another scale or another number of candidates than those before.
        """
        pair = len(record.case.sides) == 2
        if self.pairs is None:
            self.pairs = pair
        elif self.pairs != pair:
            was, now = ("pairs", "a single response")[:: 1 if self.pairs else -1]
            raise InputError(
                f"earlier rows are of {was}, and this one is of {now}.",
                hint="Import the two kinds apart.",
                path=record.path,
                line=record.line,
            )
        for ballot in record.ballots:
            scale = self.by_criterion.setdefault(ballot.criterion, ballot.scale)
            if scale is not ballot.scale and scale != ballot.scale:
                raise InputError(
                    f"criterion {describe(ballot.criterion)} has another scale than in earlier "
                    f"rows: {ballot.scale.describe()}, not {scale.describe()}.",
                    path=record.path,
                    line=record.line,
                )


def voted_twice(record: Record, judge: str, first: str) -> InputError:
    """The error for a second ballot in the place of another, which stands at `first`."""
    return InputError(
        f"judge {describe(judge)} voted twice on case {describe(record.case.id)} under one "
        f"criterion, presentation order and sample; first in {first}.",
        hint="Number repeats in `sample`, and tell ways of prompting apart in `strategy`.",
        path=record.path,
        line=record.line,
    )
