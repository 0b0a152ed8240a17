"""Cases from files and frames: streamed, checked, refused with file, line and remedy.

Read are JSON lines, JSON, CSV, Parquet, a folder of such files, and a folder that Hugging Face's
`save_to_disk` wrote. A case has `id`, `question` or `messages`, `response` or `candidates`,
`contexts`, `reference`, `attachments`, `labels`, `metadata`; the names that Ragas, DeepEval,
openevals and LangSmith use for these are understood (`case_names.ALIASES`). Columns of the user's
own are kept in `metadata`; one that looks like a misspelt field is refused.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from dikast.errors import InputError
from dikast.records.case_files import Found, rows_of
from dikast.records.case_rows import case_of
from dikast.records.case_values import Fault, plain
from dikast.records.identity import CaseSetBuilder
from dikast.types import Case, Value


class CaseSummary(Value):
    """What a pass over cases found."""

    count: int
    digest: str
    """Digest of all cases; their order does not matter. As in the identity of a run."""
    with_question: int
    """Cases with a question or a conversation."""
    with_contexts: int
    with_reference: int
    with_labels: int
    fewest_candidates: int
    """0 if there are no cases."""
    most_candidates: int


def read_cases(
    path: str | Path,
    *,
    limit: int | None = None,
    columns: Mapping[str, str] | None = None,
    number_missing_ids: bool = False,
) -> Iterator[Case]:
    """Read cases one by one; of those read, only a digest and a line per id are kept.

    Args:
        path: A case file, or a folder of such files or of a saved data set.
        limit: Stop after so many cases.
        columns: Which column holds which field (`{"response": "final_answer"}`), where names do
            not tell.
        number_missing_ids: Whether a case without an id is called by its place, from 1. A CSV
            row moved is then another case to `resume`.

    Raises:
        InputError: A case is wrong; file, line and remedy are named. Read all cases once before
            spending anything on the first (`check_cases`).
    """
    found = islice(rows_of(Path(path)), limit)
    yield from _cases(found, columns, number=number_missing_ids)


def cases_from_rows(
    rows: Iterable[Any],
    *,
    limit: int | None = None,
    columns: Mapping[str, str] | None = None,
    number_missing_ids: bool = False,
) -> Iterator[Case]:
    """Cases from rows in memory: dictionaries, a frame, a data set, samples of another tool.

    Args:
        rows: Anything that yields dictionaries, pydantic objects (Ragas, DeepEval) or cases; or
            a frame of pandas or Polars. NaN counts as an empty cell.
        limit: Stop after so many cases.
        columns: Which column holds which field.
        number_missing_ids: Whether a row without an id is called by its place, from 1.

    Raises:
        InputError: A row is wrong; its number and a remedy are named.

    Examples:
        >>> rows = [{"id": 7, "user_input": "Where?", "response": "Here.",
        ...          "retrieved_contexts": ["It is here."]}]
        >>> case = next(cases_from_rows(rows))
        >>> case.id, case.question, case.contexts[0].text
        ('7', 'Where?', 'It is here.')
    """
    found = (Found(_mapping(row), "", i) for i, row in enumerate(_each(rows), 1))
    yield from _cases(islice(found, limit), columns, number=number_missing_ids)


def case_from_row(
    row: Mapping[str, Any], where: str = "row", *, columns: Mapping[str, str] | None = None
) -> Case:
    """One case from a row.

    Args:
        row: Field to value, under the names of dikast or another tool.
        where: What to call it in messages.
        columns: Which column holds which field.

    Raises:
        InputError: The row is no case.

    Examples:
        >>> case_from_row({"id": "1", "question": "Why?", "refrence": "So."}, where="input")
        Traceback (most recent call last):
        ...
        dikast.errors.InputError: input: unknown field `refrence`. Did you mean `reference`? \
A note of your own belongs into `metadata`.
    """
    try:
        return case_of(row, columns=columns)
    except Fault as fault:
        raise InputError(f"{where}: {fault.message}", hint=fault.hint) from None


def check_cases(
    path: str | Path, *, limit: int | None = None, columns: Mapping[str, str] | None = None
) -> CaseSummary:
    """Read all cases once and say what they are; nothing is kept.

    Raises:
        InputError: A case is wrong.
    """
    return summarise(read_cases(path, limit=limit, columns=columns))


def summarise(cases: Iterable[Case]) -> CaseSummary:
    """What these cases are, in one pass.

    Examples:
        >>> summarise(cases_from_rows([{"id": 1, "response": "x"}])).with_question
        0
    """
    builder = CaseSetBuilder()
    counts = dict.fromkeys(("question", "contexts", "reference", "labels"), 0)
    fewest = most = 0
    for case in cases:
        builder.add(case)
        counts["question"] += bool(case.question or case.messages)
        counts["contexts"] += bool(case.contexts)
        counts["reference"] += case.reference is not None
        counts["labels"] += bool(case.labels)
        number = len(case.candidates)
        fewest, most = min(fewest or number, number), max(most, number)
    known = builder.result()
    return CaseSummary(
        count=known.count,
        digest=known.digest,
        fewest_candidates=fewest,
        most_candidates=most,
        **{f"with_{part}": count for part, count in counts.items()},
    )


def _cases(
    found: Iterable[Found], columns: Mapping[str, str] | None, *, number: bool
) -> Iterator[Case]:
    """Cases from rows, each id once."""
    seen: dict[bytes, tuple[str, int]] = {}
    for place, item in enumerate(found, 1):
        default = item.default_id or (str(place) if number else None)
        try:
            case = case_of(item.row, columns=columns, cells=item.cells, default_id=default)
        except Fault as fault:
            raise _refused(item, fault.message, fault.hint) from None
        key = hashlib.blake2b(case.id.encode(), digest_size=16).digest()
        first = seen.setdefault(key, (item.path, item.line))
        if first != (item.path, item.line):
            where = f"line {first[1]}" if first[0] == item.path else f"{first[0]}:{first[1]}"
            raise _refused(
                item,
                f"the id `{case.id}` is taken by {where if item.path else f'row {first[1]}'}.",
                "Give each case an `id` of its own.",
            )
        yield case


def _refused(item: Found, message: str, hint: str) -> InputError:
    if item.path:
        return InputError(message, hint=hint, path=item.path, line=item.line)
    return InputError(f"row {item.line}: {message}", hint=hint)


def _each(rows: Any) -> Iterable[Any]:
    """Rows one by one; a frame yields its column names if it is simply looped over."""
    if hasattr(rows, "iter_rows"):  # Polars
        return rows.iter_rows(named=True)  # type: ignore[no-any-return]
    if hasattr(rows, "itertuples") and hasattr(rows, "columns"):  # pandas
        names = [str(name) for name in rows.columns]
        return (dict(zip(names, t, strict=True)) for t in rows.itertuples(index=False, name=None))
    return rows  # type: ignore[no-any-return]


def _mapping(row: Any) -> Mapping[str, Any]:
    if isinstance(row, Case):
        return row.model_dump()
    if isinstance(row, Mapping):
        return row
    try:
        value = plain(row, "row")
    except Fault:
        value = None
    if not isinstance(value, dict):
        raise InputError(f"a row must be an object with fields, and is a {type(row).__name__}.")
    return value
