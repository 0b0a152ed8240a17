"""Files to rows, one at a time, each with the line it stands on."""

from __future__ import annotations

import csv
import gzip
import json
import math
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from dikast.errors import InputError

SUFFIXES = (".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".parquet")
"""Kinds of case files; all but Parquet may also end in `.gz`."""

_BATCH = 256
"""Rows of a Parquet or Arrow file held in memory at once."""
_BOM = b"\xef\xbb\xbf"
_BOM_16 = (b"\xff\xfe", b"\xfe\xff")


class Found(NamedTuple):
    """A row and where it stands."""

    row: Mapping[str, Any]
    path: str
    line: int
    """From 1; in Parquet the number of the row."""
    cells: bool = False
    """Whether the values are cells of a table of plain text."""
    default_id: str | None = None


def rows_of(path: Path) -> Iterator[Found]:
    """Rows of a case file, of a folder of such files, or of a saved Hugging Face data set.

    Raises:
        InputError: There is no such file, or it is not what its name says; with the line.
    """
    try:
        if path.is_dir():
            yield from _folder(path)
        elif not path.exists():
            raise InputError("there is no such file.", path=str(path))
        else:
            yield from _file(path)
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror or error}).", path=str(path)) from None


def _file(path: Path) -> Iterator[Found]:
    kinds = [s.casefold() for s in path.suffixes if s.casefold() != ".gz"]
    kind = kinds[-1] if kinds else ""
    if kind in {".jsonl", ".ndjson"}:
        yield from json_lines(path)
    elif kind == ".json":
        yield from _json(path)
    elif kind in {".csv", ".tsv"}:
        yield from _csv(path, "\t" if kind == ".tsv" else ",")
    elif kind == ".parquet":
        yield from _parquet(path)
    else:
        raise InputError(
            f"`{path.name}` is no known kind of file.",
            hint=f"Known: {', '.join(SUFFIXES)}, or a folder of these.",
            path=str(path),
        )


def _folder(path: Path) -> Iterator[Found]:
    """Case files of a folder in the order of their names; other files are not cases."""
    if (path / "dataset_dict.json").is_file():
        splits = ", ".join(f"`{p.name}`" for p in sorted(path.iterdir()) if p.is_dir())
        raise InputError(
            "this data set has several splits.", hint=f"Name one: {splits}.", path=str(path)
        )
    if (path / "state.json").is_file() and (path / "dataset_info.json").is_file():
        yield from _saved_dataset(path)
        return
    files = sorted(
        child
        for child in path.iterdir()
        if child.is_file()
        and not child.name.startswith(".")
        and child.name.casefold().removesuffix(".gz").endswith(SUFFIXES)
    )
    if not files:
        raise InputError(
            "no case file in this folder.", hint=f"Known: {', '.join(SUFFIXES)}.", path=str(path)
        )
    for file in files:
        yield from _file(file)


# -- text -------------------------------------------------------------------------------------


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Numbered lines with their ends; only a line feed ends a line, as JSON lines and CSV have it.

    Raises:
        InputError: A line is not UTF-8, or the file is not what its name says.
    """
    number = 0
    try:
        with _opened(path) as file:
            for number, raw in enumerate(file, 1):
                yield number, _decoded(raw, path, number)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InputError(
            f"the compressed file is damaged ({error}).", path=str(path), line=number + 1
        ) from None


def _opened(path: Path) -> Any:
    if path.suffix.casefold() == ".gz":
        return gzip.open(path, "rb")
    return path.open("rb")


def _decoded(raw: bytes, path: Path, number: int) -> str:
    if number == 1:
        if raw.startswith(_BOM_16):
            raise InputError(
                "the file is UTF-16.", hint="Save it as UTF-8.", path=str(path), line=1
            )
        raw = raw.removeprefix(_BOM)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(
            f"not valid UTF-8 at byte {error.start + 1} of the line.",
            hint="Save the file as UTF-8.",
            path=str(path),
            line=number,
        ) from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key `{twice}` stands twice in one object")
    return found


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"the number {text} is too large")
    return value


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number in JSON; write null")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique, parse_constant=_no_number, parse_float=_finite
)


def json_lines(path: Path) -> Iterator[Found]:
    """Rows of a file of JSON lines, whatever it is called.

    Raises:
        InputError: A line is not one JSON object.
    """
    for number, line in _lines(path):
        text = line.strip()
        if not text:
            continue
        try:
            row = _DECODER.decode(text)
        except (ValueError, RecursionError) as error:
            hint = ""
            if text in {"{", "["}:
                hint = "Each line must be one whole JSON object; call a file of one value .json."
            raise _broken(error, path, number, hint=hint) from None
        yield Found(_object(row, path, number), str(path), number)


def _broken(error: Exception, path: Path, line: int, *, hint: str = "") -> InputError:
    if isinstance(error, RecursionError):
        return InputError("nested too deeply.", path=str(path), line=line)
    if isinstance(error, json.JSONDecodeError):
        said = error.msg[:1].lower() + error.msg[1:]
        message = f"not valid JSON at column {error.colno}: {said}."
        return InputError(message, hint=hint, path=str(path), line=line)
    return InputError(f"{error}.", hint=hint, path=str(path), line=line)


def _object(row: Any, path: Path, line: int) -> Mapping[str, Any]:
    if not isinstance(row, dict):
        raise InputError(
            "a row must be a JSON object.",
            hint='Write {"id": …, …}, one object per row.',
            path=str(path),
            line=line,
        )
    return row


def _json(path: Path) -> Iterator[Found]:
    """A file of one case, or of a list of cases; a single case may be named by its file."""
    text = "".join(line for _, line in _lines(path))
    start = _skip(text, 0)
    if text[start : start + 1] != "[":
        row, end = _value(text, start, path)
        if _skip(text, end) < len(text):
            line = text.count("\n", 0, _skip(text, end)) + 1
            raise InputError(
                "there is more after the first value.",
                hint="Call a file of one case per line .jsonl.",
                path=str(path),
                line=line,
            )
        stem = path.name.removesuffix(".gz").removesuffix(".json")
        yield Found(_object(row, path, 1), str(path), 1, default_id=stem)
        return
    yield from _items(text, start + 1, path)


def _items(text: str, at: int, path: Path) -> Iterator[Found]:
    """Members of a list, each with its line."""
    at, line, counted = _skip(text, at), 1, 0
    while text[at : at + 1] != "]":
        line, counted = line + text.count("\n", counted, at), at
        row, end = _value(text, at, path)
        yield Found(_object(row, path, line), str(path), line)
        at = _skip(text, end)
        if text[at : at + 1] == ",":
            at = _skip(text, at + 1)
        elif text[at : at + 1] != "]":
            raise _broken(
                json.JSONDecodeError("expecting ',' or ']'", text, at), path, _line(text, at)
            )
    if _skip(text, at + 1) < len(text):
        raise InputError(
            "there is more after the list.", path=str(path), line=_line(text, len(text.rstrip()))
        )


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n":
        at += 1
    return at


def _value(text: str, at: int, path: Path) -> tuple[Any, int]:
    try:
        return _DECODER.raw_decode(text, at)
    except json.JSONDecodeError as error:
        raise _broken(error, path, error.lineno) from None
    except (ValueError, RecursionError) as error:
        raise _broken(error, path, _line(text, at)) from None


# -- tables -----------------------------------------------------------------------------------


def _csv(path: Path, delimiter: str) -> Iterator[Found]:
    # A passage may be longer than the 128 kB that the module allows a cell by default.
    csv.field_size_limit(max(csv.field_size_limit(), 2**31 - 1))
    lines = (line for _, line in _lines(path))
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    start = 1
    try:
        header = next(reader, None)
        if header is None:
            return
        _check_header(header, path, delimiter)
        start = reader.line_num + 1
        for cells in reader:
            if cells:
                yield Found(_row(header, cells, path, start), str(path), start, cells=True)
            start = reader.line_num + 1
    except csv.Error as error:
        raise InputError(f"not valid CSV: {error}.", path=str(path), line=start) from None


def _check_header(header: list[str], path: Path, delimiter: str) -> None:
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise InputError(f"two columns are named `{twice[0]}`.", path=str(path), line=1)
    other = next((c for c in ";\t," if c != delimiter and c in header[0]), None)
    if len(header) == 1 and other is not None:
        raise InputError(
            f"columns seem to be parted by {other!r}.",
            hint="Part them by commas, or by tabs in a .tsv file.",
            path=str(path),
            line=1,
        )


def _row(header: list[str], cells: list[str], path: Path, line: int) -> dict[str, Any]:
    if len(cells) != len(header):
        raise InputError(
            f"{len(cells)} cells, and the header has {len(header)}.",
            hint="Quote cells that hold the delimiter or line breaks.",
            path=str(path),
            line=line,
        )
    row = dict(zip(header, cells, strict=True))
    row.pop("", None)  # the unnamed index that pandas writes
    return row


def _parquet(path: Path) -> Iterator[Found]:
    arrow = _arrow(path)
    try:
        with arrow.parquet.ParquetFile(path) as file:
            batches = file.iter_batches(batch_size=_BATCH)
            rows = (row for batch in batches for row in batch.to_pylist())
            for number, row in enumerate(rows, 1):
                row.pop("__index_level_0__", None)
                yield Found(row, str(path), number)
    except arrow.ArrowException as error:
        raise InputError(f"not a readable Parquet file ({error}).", path=str(path)) from None


def _saved_dataset(path: Path) -> Iterator[Found]:
    """A data set that `save_to_disk` of Hugging Face's library wrote: Arrow streams in a folder."""
    arrow = _arrow(path)
    number = 0
    try:
        state = json.loads((path / "state.json").read_text(encoding="utf-8"))
        names = [str(entry["filename"]) for entry in state["_data_files"]]
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"`state.json` cannot be read ({error}).", path=str(path)) from None
    for name in names:
        if Path(name).name != name:
            raise InputError(f"`state.json` names a file elsewhere: `{name}`.", path=str(path))
        try:
            with (
                arrow.memory_map(str(path / name)) as source,
                arrow.ipc.open_stream(source) as all_,
            ):
                for batch in all_:
                    for row in _batch_rows(batch):
                        number += 1
                        yield Found(row, str(path / name), number)
        except arrow.ArrowException as error:
            raise InputError(f"damaged ({error}).", path=str(path / name)) from None


def _batch_rows(batch: Any) -> Iterable[dict[str, Any]]:
    for start in range(0, batch.num_rows, _BATCH):
        yield from batch.slice(start, _BATCH).to_pylist()


def _arrow(path: Path) -> Any:
    try:
        import pyarrow as pa
        import pyarrow.ipc  # its parts are attributes of the package once imported
        import pyarrow.parquet
    except ImportError:
        raise InputError(
            "reading this needs pyarrow.",
            hint='Install it with: pip install "dikast[frames]"',
            path=str(path),
        ) from None
    return pa
