"""What an importer yields, whatever the file: cases, ballots, and where they stand.

An importer reads one file and yields `Record`s, one row of the file at a time. It never guesses:
a field that is missing, of another type or off its scale is refused with file and line, and a
verdict that the source itself calls unreadable is an abstention.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple, Protocol

from pydantic import JsonValue

from dikast import registry
from dikast.errors import InputError
from dikast.records.case_files import json_lines, rows_of
from dikast.records.differences import describe
from dikast.records.imports._rows import Row
from dikast.records.labels import RawLabel
from dikast.types import Abstention, PreferenceScale, Reason, Scale

OVERALL = "overall"
"""The criterion of a file that names none."""

PAIR: Scale = PreferenceScale()


class Side(NamedTuple):
    """A response under judgement."""

    id: str
    text: str | None = None
    """None where the file does not hold it."""
    system: str | None = None
    """Who wrote it; None if unknown."""


class CaseRecord(NamedTuple):
    """What was judged, as far as a row tells."""

    id: str
    sides: tuple[Side, ...]
    """One for a single response, two for a pair, in canonical order."""
    question: str | None = None
    reference: str | None = None
    labels: Mapping[str, RawLabel] = {}
    """By criterion; under `preferred` what is true of a pair as a whole."""
    metadata: Mapping[str, JsonValue] = {}


class BallotRecord(NamedTuple):
    """One answer of one judge. Exactly one of `score` and `abstention` is set."""

    judge: str
    scale: Scale
    score: float | None = None
    """On the scale, in canonical terms."""
    abstention: Abstention | None = None
    criterion: str = OVERALL
    strategy: str = ""
    """How the judge was prompted, where one model judged in several ways; part of its name."""
    model: str | None = None
    swapped: bool = False
    sample: int = 0
    confidence: float | None = None
    raw: str | None = None
    """The literal reply; None where the file does not hold it."""
    rationale: str = ""
    flags: tuple[str, ...] = ()


class Record(NamedTuple):
    """A case with some of its ballots, and where they stand."""

    case: CaseRecord
    ballots: tuple[BallotRecord, ...]
    path: str
    line: int


class Choice(NamedTuple):
    """What the user says that the file does not."""

    judge: str | None = None
    """Who judged, where the file names nobody."""
    scale: Scale | None = None
    """Of every criterion that `scales` does not name."""
    scales: Mapping[str, Scale] = {}
    keep: tuple[str, ...] = ()
    """Fields of the rows that stay with the case as notes, to audit it by; a row may lack them."""

    def scale_of(self, criterion: str) -> Scale | None:
        """The scale the user gave a criterion; None if none."""
        return self.scales.get(criterion, self.scale)


class Importer(Protocol):
    """A format."""

    @property
    def name(self) -> str:
        """The name `dikast import` knows it by."""
        ...

    @property
    def needs(self) -> tuple[frozenset[str], ...]:
        """Sets of fields, one of which every row has; tells formats apart in messages."""
        ...

    @property
    def words(self) -> Mapping[str, str]:
        """What words of the source's own label files mean, such as `1` for `first`."""
        ...

    def records(self, path: Path, choice: Choice) -> Iterator[Record]:
        """Read a file.

        Raises:
            InputError: It is not of this format, or a row is wrong; with the line.
        """
        ...


Reader = Callable[[Row, Choice], Iterable[tuple[CaseRecord, tuple[BallotRecord, ...]]]]


class RowImporter:
    """An importer of files that hold rows: JSON lines, a JSON list, CSV or Parquet.

    Args:
        name: The format's name.
        needs: Sets of fields, one of which every row must have.
        read: From a row to cases with ballots.
        words: What words of the source's label files mean.
        expand: The rows that a row of the file holds, where one may hold several.
    """

    def __init__(
        self,
        name: str,
        *,
        needs: Iterable[Iterable[str]],
        read: Reader,
        words: Mapping[str, str] | None = None,
        expand: Callable[[Row], Iterable[Row]] = lambda row: (row,),
    ) -> None:
        self.name = name
        self.needs = tuple(frozenset(fields) for fields in needs)
        self.words: Mapping[str, str] = words or {}
        self._read, self._expand = read, expand

    def records(self, path: Path, choice: Choice) -> Iterator[Record]:
        """Read a file; see `Importer.records`."""
        empty = True
        for row in (inner for outer in rows(path) for inner in self._expand(outer)):
            empty = False
            if not any(fields <= row.names for fields in self.needs):
                raise self._other(row)
            kept = _kept(row, choice.keep)
            for case, ballots in self._read(row, choice):
                yield Record(_noted(case, kept), ballots, row.path, row.line)
        if empty:
            raise InputError("the file holds no judgement.", path=str(path))

    def _other(self, row: Row) -> InputError:
        """The row lacks a field: which, what is there instead, and what it looks like."""
        fewest = min(len(fields - row.names) for fields in self.needs)
        lacking = sorted(
            {tuple(sorted(f - row.names)) for f in self.needs if len(f - row.names) == fewest}
        )
        missing = " or ".join(", ".join(map(describe, fields)) for fields in lacking)
        missing += " are" if fewest > 1 else " is"
        like = [name for name in registry.names("imports") if _fits(name, row)]
        there = ", ".join(describe(name) for name in sorted(row.names)[:20]) or "none"
        return row.wrong(
            f"{missing} missing, which `{self.name}` needs; the row has {there}.",
            f"This looks like `{like[0]}`." if like else "",
        )


def _kept(row: Row, names: Iterable[str]) -> dict[str, JsonValue]:
    """The fields of a row that are to stay with its case."""
    found: dict[str, JsonValue] = {}
    for name in names:
        value = row.any(name)
        if value is not None and not isinstance(value, str | int | float | bool):
            raise row.off(name, "it is no single value, and a note to keep must be one")
        if value is not None:
            found[name] = value
    return found


def _noted(case: CaseRecord, kept: Mapping[str, JsonValue]) -> CaseRecord:
    """The case with notes beside its own; what the format itself says of it goes first."""
    return case._replace(metadata={**kept, **_known(case.metadata)}) if kept else case


def _known(notes: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    return {name: value for name, value in notes.items() if value is not None}


def _fits(name: str, row: Row) -> bool:
    found: Importer = registry.load("imports", name)
    return any(fields and fields <= row.names for fields in found.needs)


def rows(path: Path) -> Iterator[Row]:
    """Rows of a file. A `.json` file that holds JSON lines, as some tools write, is read so.

    Raises:
        InputError: The file cannot be read; with the line.
    """
    try:
        found = json_lines(path) if _lines_in_disguise(path) else rows_of(path)
        yield from (Row(item) for item in found)
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror or error}).", path=str(path)) from None


def _lines_in_disguise(path: Path) -> bool:
    if path.suffix.casefold() != ".json" or not path.is_file():
        return False
    with path.open("rb") as file:
        first, second = file.readline().strip(), file.readline().lstrip()
    return first.endswith(b"}") and second.startswith(b"{")


def unreadable(detail: str, reason: Reason = Reason.MALFORMED) -> Abstention:
    """The abstention for a verdict that the source itself could not read."""
    return Abstention(reason=reason, detail=detail)
