"""What is to be audited, read from a run file: ballots, labels, and texts for the baselines."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import JsonValue

from dikast.errors import InputError
from dikast.records.answers import ADJUDICATED, gathered, labels_for, settled_places
from dikast.records.ballot_files import importer, read_table, table_of_records
from dikast.records.imports._contract import Choice, Record
from dikast.records.labels import column_of
from dikast.records.runfile import RunFile
from dikast.records.tables import (
    TEXT_ABSENT,
    Labels,
    Which,
    candidates_of,
    overlap,
    rater_table,
    read_labels,
    table_of_run,
    with_labels,
)
from dikast.stats.ballot_table import BallotTable
from dikast.stats.baselines import Texts
from dikast.types import Case, Scale

SYSTEM = "system"
"""To slice by who wrote what was judged."""


class Source(NamedTuple):
    """Ballots to audit, with what stands beside them."""

    table: BallotTable
    texts: dict[str, Texts]
    raters: BallotTable | None = None
    """People's labels apart, where a label file names its raters."""
    notes: tuple[str, ...] = ()
    settled: frozenset[tuple[str, str]] = frozenset()
    """Cases and criteria that people decided: nobody need be asked about them again."""
    slices: dict[str, str | None] | None = None
    """By case, the value of the field to slice by; None if there is none to slice by."""


def is_run(path: Path) -> bool:
    """Whether a file is a run file, by its first bytes."""
    try:
        with path.open("rb") as file:
            return file.read(16) == b"SQLite format 3\x00"
    except OSError as error:
        raise InputError(
            f"it cannot be read ({error.strerror or error}).", path=str(path)
        ) from None


def texts_of(case: Case) -> Texts:
    """What a baseline judge reads of a case: responses, and the reference or else the passages."""
    references = (
        (case.reference,)
        if case.reference is not None
        else tuple(context.text for context in case.contexts)
    )
    return Texts(tuple(candidate.text for candidate in case.candidates[:2]), references)


def _has_texts(case: Case) -> bool:
    """Whether the responses are there: other tools' records often keep verdicts only."""
    return not any(candidate.metadata.get(TEXT_ABSENT) for candidate in case.candidates)


def from_run(
    path: Path,
    labels: Path | None = None,
    *,
    ballots: Which = "first",
    partial: bool = False,
    by: str | None = None,
) -> Source:
    """Ballots of a run file.

    Args:
        path: A run of judge or compare, or an imported one.
        labels: A file of labels, which take the place of those the cases carry.
        ballots: `first` audits private votes, `standing` the votes after deliberation.
        partial: Whether labels of cases that were not judged are passed over, and counted.
        by: A field of the cases' notes, or of the label file, to slice by.

    Raises:
        InputError: It holds no ballots, or the labels do not fit.
        StoreError: It is no run file.
    """
    notes: list[str] = []
    with RunFile.open(path, readonly=True) as run:
        table = table_of_run(run, ballots=ballots, labels=labels is None)
        raters = None
        if labels is not None:
            told, names = labels_for(run, labels), candidates_of(run)
            table = with_labels(table, told, candidates=names, partial=partial)
            raters = _raters(table, told, names, partial)
            unknown = overlap(table, told).unknown
            if unknown:
                notes.append(f"{len(unknown)} labels are of cases that were not judged.")
        texts = {case.id: texts_of(case) for case in run.cases() if _has_texts(case)}
        todo, settled = run.counts()["todo"], settled_places(run)
        if labels == ADJUDICATED:
            notes += [line.removeprefix("note: ") for line in gathered(run).told()]
        slices = None
        if by is not None:
            values = {case.id: case.metadata for case in run.cases()}
            slices = _slices(by, values, table, None if labels == ADJUDICATED else labels, path)
        panel = run.identity.panel
    if todo:
        notes.append(f"{todo} cases of the run are still to do.")
    if panel is not None and any(judge.embedded for judge in panel.judges):
        notes.append("seats with embedded/ models are rule-backed baselines, not models.")
    if settled:
        notes.append(
            f"people decided {len(settled)} of these, which are not listed for a person again; "
            "--labels adjudicated audits against them."
        )
    return Source(table, texts, raters, tuple(notes), settled, slices)


def _raters(
    table: BallotTable, labels: Labels, names: Mapping[str, Sequence[str]], partial: bool
) -> BallotTable | None:
    if all(row.rater is None for row in labels.rows):
        return None
    return rater_table(table, labels, candidates=names, partial=partial)


def from_file(
    path: Path,
    labels: Path | None = None,
    *,
    format: str = "generic",  # noqa: A002 - the word of the command line
    scale: Scale | None = None,
    partial: bool = False,
    by: str | None = None,
) -> Source:
    """Ballots of a file of recorded judgements, read as it is.

    Args:
        path: JSON lines, CSV or Parquet.
        labels: A file of labels, which take the place of those the file holds.
        format: Which program wrote it (`dikast list imports`).
        scale: Of all scores; None for what the file says or suggests.
        partial: Whether labels of cases that were not judged are passed over, and counted.
        by: A field of the file, or of the label file, to slice by.

    Raises:
        InputError: The file is of another format, or a row of it is wrong.
    """
    values: dict[str, Mapping[str, JsonValue]] = {}
    if by is None:
        table = read_table(path, format, scale=scale)
    else:
        choice = Choice(scale=scale, keep=(by,))
        table = table_of_records(_noting(importer(format).records(path, choice), values))
    raters = None
    notes = ["trivial judges need texts: `dikast import` the file and audit the run to see them."]
    if labels is not None:
        told = read_labels(labels, words=importer(format).words)
        table = with_labels(table, told, partial=partial)
        raters = _raters(table, told, {}, partial)
    slices = None if by is None else _slices(by, values, table, labels, path)
    return Source(table, {}, raters, tuple(notes), slices=slices)


def _noting(
    records: Iterable[Record], values: dict[str, Mapping[str, JsonValue]]
) -> Iterator[Record]:
    """The records, with the notes of their cases set down on the way."""
    for record in records:
        known = values.get(record.case.id, {})
        values[record.case.id] = {**known, **record.case.metadata}
        yield record


def _slices(
    by: str,
    notes: Mapping[str, Mapping[str, Any]],
    table: BallotTable,
    labels: Path | None,
    path: Path,
) -> dict[str, str | None]:
    """The slice of every case: by a note of the cases, a column of the label file, or the system.

    Raises:
        InputError: Nothing of that name is known of any case.
    """
    found = {case: slice_name(notes.get(case, {}).get(by)) for case in table.cases}
    if labels is not None and all(name is None for name in found.values()):
        told = column_of(labels, by)
        found = {case: slice_name(told.get(case)) for case in table.cases}
    if by == SYSTEM and all(name is None for name in found.values()):
        found = {
            case: " / ".join(filter(None, pair)) or None
            for case, pair in zip(table.cases, table.systems, strict=True)
        }
    if any(name is not None for name in found.values()):
        return found
    known = sorted({name for held in notes.values() for name in held} - {by})
    near = get_close_matches(by, known, n=1)
    hint = f"Did you mean `{near[0]}`? " if near else ""
    hint += (
        "It may be a note of the cases (`metadata`), a column kept by `dikast import --keep`, or "
        "a column of the label file."
    )
    there = ", ".join(f"`{name[:60]}`" for name in known[:10])
    raise InputError(
        f"no case has `{by[:80]}`" + (f"; the cases have {there}." if there else "."),
        hint=hint,
        path=str(path),
    )


def slice_name(value: object) -> str | None:
    """The value of a field as the name of a slice; None for no value.

    Examples:
        >>> slice_name(2.0), slice_name("2"), slice_name(True), slice_name(" "), slice_name(["a"])
        ('2', '2', 'true', None, '["a"]')
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return json.dumps(value, ensure_ascii=False, default=str)
