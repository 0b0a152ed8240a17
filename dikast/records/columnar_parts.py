"""Columns of a file as codes and numbers, with pyarrow; below `dikast.records.columnar`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from dikast.records.imports._contract import Choice
from dikast.records.imports.generic import COLUMNS, is_pair
from dikast.stats.ballot_table import Floats, Ints

_UNUSED = frozenset({"raw", "rationale", "reference"})
"""Columns that no table needs."""
_WANTED = frozenset(COLUMNS) - _UNUSED

Column = Any  # an array of pyarrow, which has no types


class Odd(Exception):
    """Something is not plain: read the file row by row."""


class Names(NamedTuple):
    """A column of names as indices into its different values; -1 where there is none."""

    values: tuple[str, ...]
    code: Ints


def open_columns(path: Path) -> Any:
    """The file as a table of Arrow, with the columns that are needed; None for another kind."""
    import pyarrow.csv as pacsv
    import pyarrow.json as pajson
    import pyarrow.parquet as pq

    kind = path.suffix.casefold()
    if not path.is_file() or kind not in (".parquet", ".csv", ".jsonl", ".ndjson"):
        return None
    if kind == ".parquet":
        with pq.ParquetFile(path) as file:
            _plain_names(file.schema_arrow.names)
            return file.read([n for n in file.schema_arrow.names if n in _WANTED])
    if kind == ".csv":
        with path.open("rb") as lines:
            header = lines.readline().decode("utf-8-sig").rstrip("\r\n").split(",")
        names = [name.strip('"') for name in header]
        _plain_names(names)
        return pacsv.read_csv(
            path,
            parse_options=pacsv.ParseOptions(newlines_in_values=True),
            convert_options=pacsv.ConvertOptions(
                column_types=dict.fromkeys(names, "string"),
                strings_can_be_null=True,
                null_values=[""],
                quoted_strings_can_be_null=True,
                include_columns=[name for name in names if name in _WANTED],
            ),
        )
    with path.open("rb") as lines:
        first = json.loads(lines.readline().decode("utf-8-sig"))
    if not isinstance(first, dict):
        return None
    table = pajson.read_json(path, read_options=pajson.ReadOptions(block_size=1 << 24))
    _plain_names(table.column_names)
    return table.select([name for name in table.column_names if name in _WANTED])


_WANTED = frozenset(COLUMNS) - _UNUSED


def _plain_names(names: Sequence[str]) -> None:
    """Leave files with names that are not known to the reader that can say what is wrong."""
    if len(set(names)) < len(names) or not set(names) <= frozenset(COLUMNS):
        raise Odd


class Columns:
    """A table of Arrow, read column by column.

    Args:
        table: The table.
        choice: What the user says that the file does not.
    """

    def __init__(self, table: Any, choice: Choice) -> None:
        self.frame, self.choice = table, choice
        self.n = table.num_rows
        self.there = frozenset(table.column_names)
        self.pair = is_pair(self.there)

    def column(self, name: str) -> Column | None:
        """A column as it is; None if it is absent or empty."""
        import pyarrow as pa

        if name not in self.there:
            return None
        found = self.frame.column(name)
        return None if pa.types.is_null(found.type) else found

    def text(self, name: str) -> Column | None:
        """A column of texts; whole numbers count as the text a person would write for them."""
        import pyarrow as pa

        found = self.column(name)
        if found is None or pa.types.is_string(found.type) or pa.types.is_large_string(found.type):
            return found
        if pa.types.is_integer(found.type):
            return found.cast(pa.string())
        raise Odd

    def names(self, name: str) -> Names | None:
        """A column of names, as indices."""
        import pyarrow.compute as pc

        found = self.text(name)
        if found is None:
            return None
        coded = pc.dictionary_encode(found).combine_chunks()
        if hasattr(coded, "chunks"):  # older releases give a chunked array back
            coded = coded.chunk(0)
        code = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
        return Names(tuple(coded.dictionary.to_pylist()), code)

    def required(self, name: str) -> Names:
        """A column of names that every row has."""
        found = self.names(name)
        if (
            found is None
            or (found.code < 0).any()
            or any(not value or len(value) > 300 for value in found.values)
        ):
            raise Odd
        return found

    def numbers(self, name: str) -> Floats:
        """A column of finite numbers; NaN where there is none."""
        import pyarrow as pa
        import pyarrow.compute as pc

        found = self.column(name)
        if found is None:
            return np.full(self.n, np.nan)
        if pa.types.is_boolean(found.type):
            raise Odd
        nulls = found.is_null().to_numpy()
        floating = pa.types.is_floating(found.type)
        values = pc.cast(found, pa.float64()).to_numpy()
        parquet = floating and np.isnan(values) & ~nulls
        if np.isinf(values).any() or np.any(parquet):
            raise Odd
        return np.asarray(values, dtype=float)

    def whole(self, name: str) -> Ints:
        """A column of whole numbers from 0; 0 where there is none."""
        values = np.nan_to_num(self.numbers(name), nan=0.0)
        if ((values < 0) | (values != np.floor(values))).any():
            raise Odd
        return values.astype(np.int64)

    def _confidence(self) -> Floats:
        values = self.numbers("confidence")
        if ((values < 0) | (values > 1)).any():
            raise Odd
        return values


def alike(one: Names, two: Names) -> tuple[Names, Names]:
    """Two columns over one list of names."""
    values = tuple(dict.fromkeys((*one.values, *two.values)))
    at: Mapping[str, int] = {value: index for index, value in enumerate(values)}
    codes = [
        np.array([*(at[v] for v in column.values), -1], dtype=np.int64)[column.code]
        for column in (one, two)
    ]
    return Names(values, codes[0]), Names(values, codes[1])


def one_each(case: Ints, code: Ints, cases: int) -> Ints:
    """The one value that a column has for each case, -1 for none; `Odd` if there are two."""
    found = np.full(cases, -1, np.int64)
    rows = np.flatnonzero(code >= 0)
    found[case[rows]] = code[rows]
    if (found[case[rows]] != code[rows]).any():
        raise Odd
    return found
