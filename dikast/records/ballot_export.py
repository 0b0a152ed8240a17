"""The ballots of a run in the flat generic form (`dikast.records.imports.generic`), one per row.

JSON lines and Parquet are lossless: read back by `dikast import generic` or `read_table` they give
the same table. CSV is for spreadsheets: text that one would run as a formula gets an apostrophe.
Written are the ballots that stand (see `dikast.records.tables`), seats as judges, replaced ballots
left out. Texts of cases and raw replies are repeated in every row, so that a row stands alone.
"""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any

from dikast.errors import ConfigError, InputError, StoreError
from dikast.records.export import Cell, harmless, line_of, replacing
from dikast.records.imports._contract import Choice, Record, Side
from dikast.records.imports.dikast import IMPORT as RUNS
from dikast.records.labels import own_labels
from dikast.records.reader import RunReader
from dikast.records.scale_text import write_scale
from dikast.records.tables import question_of_case
from dikast.types import Case, OffScale

_BATCH = 10_000
SINGLE = ("case", "judge", "criterion", "scale", "score", "reason", "sample", "confidence")
PAIR = (*SINGLE, "first", "second", "swapped")
TEXTS = ("label", "question", "question_id", "reference", "judge_model", "rationale", "raw")
OF_SINGLE, OF_PAIR = ("response", "system"), ("first_text", "second_text")
SYSTEMS = ("first_system", "second_system")


def ballot_columns(*, pairs: bool) -> tuple[str, ...]:
    """Names of the columns, in order."""
    return (*PAIR, *TEXTS, *OF_PAIR, *SYSTEMS) if pairs else (*SINGLE, *TEXTS, *OF_SINGLE)


def ballot_rows(run: RunReader) -> Iterator[dict[str, Cell]]:
    """The standing ballots of a run as generic rows, in the order of its cases.

    Raises:
        InputError: The run ranks or lost its panel.
        ConfigError: A scale of the rubric has no short text.
    """
    panel = run.identity.panel
    pairs = run.identity.kind == "compare"
    names = [] if panel is None else [criterion.id for criterion in panel.rubric.criteria]
    scales = [] if panel is None else [criterion.scale for criterion in panel.rubric.criteria]
    models = {} if panel is None else {judge.name: judge.model for judge in panel.judges}
    for record in RUNS.records(run.path, Choice()):
        case = run.case(record.case.id)
        if case is None:
            continue
        try:
            ids = [side.id for side in record.case.sides]
            labels = own_labels(case.labels, names, scales, ids)
        except OffScale:
            labels = {}  # a note that is no label stays in the run
        yield from _rows(record, case, labels, models, pairs=pairs)


def _rows(
    record: Record,
    case: Case,
    labels: dict[str, float],
    models: dict[str, str],
    *,
    pairs: bool,
) -> Iterator[dict[str, Cell]]:
    question = question_of_case(case)
    for ballot in record.ballots:
        sides = record.case.sides[::-1] if ballot.swapped else record.case.sides
        row: dict[str, Cell] = dict.fromkeys(ballot_columns(pairs=pairs))
        row |= {
            "case": case.id,
            "judge": ballot.judge,
            "criterion": ballot.criterion,
            "scale": write_scale(ballot.scale),
            "score": ballot.score,
            "reason": None if ballot.abstention is None else ballot.abstention.reason.value,
            "sample": ballot.sample,
            "confidence": ballot.confidence,
            "label": labels.get(ballot.criterion),
            "question": case.question,
            "question_id": question,
            "reference": case.reference,
            "judge_model": models.get(ballot.judge, ballot.model),
            "rationale": ballot.rationale or None,
            "raw": ballot.raw,
        }
        row |= _sides(sides, pairs=pairs)
        if pairs:
            row["swapped"] = ballot.swapped
        yield row


def _sides(sides: Sequence[Side], *, pairs: bool) -> dict[str, Cell]:
    if not pairs:
        return {"response": sides[0].text, "system": sides[0].system}
    first, second = sides
    return {
        "first": first.id,
        "second": second.id,
        "first_text": first.text,
        "second_text": second.text,
        "first_system": first.system,
        "second_system": second.system,
    }


def write_ballots(run: RunReader, path: str | os.PathLike[str]) -> int:
    """Write the standing ballots of a run, the whole file or nothing; memory stays flat.

    Args:
        run: An open run that judges or compares.
        path: `.jsonl`, `.csv` or `.parquet`; one that stands there is replaced at the end.

    Returns:
        How many there were.

    Raises:
        ConfigError: The name tells no kind of file, or a scale has no short text.
        InputError: The run ranks, or Parquet is wanted without pyarrow.
        StoreError: It cannot be written; what stood there is unchanged.
    """
    kind = Path(path).suffix.casefold()
    rows = ballot_rows(run)
    columns = ballot_columns(pairs=run.identity.kind == "compare")
    if kind == ".jsonl":
        return _jsonl(rows, path)
    if kind == ".csv":
        return _csv(rows, columns, path)
    if kind == ".parquet":
        return _parquet(rows, columns, Path(path))
    raise ConfigError(
        f"`{path}` is neither .jsonl nor .csv nor .parquet.", hint="Name the file so."
    )


def _jsonl(rows: Iterable[dict[str, Cell]], path: str | os.PathLike[str]) -> int:
    count = 0
    with replacing(path) as target:
        for count, row in enumerate(rows, 1):  # noqa: B007
            target.write(line_of(json.dumps(row, ensure_ascii=False)) + "\n")
    return count


def _csv(
    rows: Iterable[dict[str, Cell]], columns: Sequence[str], path: str | os.PathLike[str]
) -> int:
    count = 0
    with replacing(path) as target:
        writer = csv.writer(target, lineterminator="\n")
        writer.writerow(columns)
        for count, row in enumerate(rows, 1):  # noqa: B007
            writer.writerow([harmless(row[name]) for name in columns])
    return count


def _parquet(rows: Iterator[dict[str, Cell]], columns: Sequence[str], path: Path) -> int:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise InputError(
            "writing Parquet needs pyarrow.",
            hint='Install it with: pip install "dikast[frames]"',
            path=str(path),
        ) from None
    kinds = {"score": pa.float64(), "confidence": pa.float64(), "label": pa.float64()}
    kinds |= {"sample": pa.int64(), "swapped": pa.bool_()}
    schema: Any = pa.schema([(name, kinds.get(name, pa.string())) for name in columns])
    first = list(islice(rows, 1))  # what is wrong with the run is told before a file is made
    draft = path.with_name(f"{path.name}.{os.getpid()}.part")
    stream, count = chain(first, rows), 0
    try:
        with pq.ParquetWriter(draft, schema) as writer:
            while batch := list(islice(stream, _BATCH)):
                count += len(batch)
                writer.write_table(pa.Table.from_pylist(batch, schema=schema))
        draft.replace(path)
    except OSError as error:
        raise StoreError(f"`{path}` cannot be written: {error.strerror or error}.") from None
    finally:
        draft.unlink(missing_ok=True)
    return count
