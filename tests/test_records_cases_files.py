"""Case files of every kind: the same cases, read in the same order."""

from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from dikast.errors import InputError
from dikast.records.cases import (
    cases_from_rows,
    check_cases,
    read_cases,
    summarise,
)
from tests.cases_kit import OK, Write, case_writer


@pytest.fixture
def write(tmp_path: Path) -> Write:
    return case_writer(tmp_path)


ROWS: list[dict[str, Any]] = [
    {"id": "1", "question": "q", "response": 'r, "s"\nt', "contexts": ["a", "b"]},
    {"id": "2", "question": None, "response": "", "contexts": []},
]


def test_every_kind_of_file_gives_the_same_cases(tmp_path: Path) -> None:
    (tmp_path / "c.jsonl").write_text("\n".join(json.dumps(row) for row in ROWS))
    (tmp_path / "c.json").write_text(json.dumps(ROWS, indent=1))
    (tmp_path / "c.jsonl.gz").write_bytes(gzip.compress((tmp_path / "c.jsonl").read_bytes()))
    with (tmp_path / "c.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["", *ROWS[0]])
        for number, row in enumerate(ROWS):
            contexts = json.dumps(row["contexts"])
            writer.writerow([number, row["id"], row["question"], row["response"], contexts])
    pd.DataFrame(ROWS).to_parquet(tmp_path / "c.parquet")
    saved = tmp_path / "saved"
    saved.mkdir()
    with pa.ipc.new_stream(
        str(saved / "d.arrow"), (table := pa.Table.from_pylist(ROWS)).schema
    ) as w:
        w.write_table(table)
    (saved / "state.json").write_text(json.dumps({"_data_files": [{"filename": "d.arrow"}]}))
    (saved / "dataset_info.json").write_text("{}")
    wanted = list(cases_from_rows(ROWS))
    for name in ("c.jsonl", "c.json", "c.jsonl.gz", "c.csv", "c.parquet", "saved"):
        assert list(read_cases(tmp_path / name)) == wanted, name
    assert list(cases_from_rows(pd.DataFrame(ROWS))) == wanted


def test_a_saved_dataset_cannot_point_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text('{"_data_files": [{"filename": "../other.arrow"}]}')
    (tmp_path / "dataset_info.json").write_text("{}")
    with pytest.raises(InputError, match="names a file elsewhere"):
        list(read_cases(tmp_path))


def test_splits_are_named(tmp_path: Path) -> None:
    (tmp_path / "train").mkdir()
    (tmp_path / "dataset_dict.json").write_text("{}")
    with pytest.raises(InputError, match=r"several splits\. Name one: `train`"):
        list(read_cases(tmp_path))


def test_a_folder_is_read_in_the_order_of_names(write: Write, tmp_path: Path) -> None:
    write('{"response": "named by its file"}', "cases/b.json")
    write(OK, "cases/a.jsonl")
    write("notes", "cases/README.md")
    write(OK, "cases/.hidden.jsonl")
    assert [case.id for case in read_cases(tmp_path / "cases")] == ["1", "b"]
    write(OK, "cases/c.jsonl")
    with pytest.raises(InputError, match=r"c\.jsonl:1: the id `1` is taken by .*a\.jsonl:1"):
        list(read_cases(tmp_path / "cases"))


def test_a_long_passage_fits_a_cell(write: Write) -> None:
    long = "word " * 60_000
    path = write(f"id,response,contexts\n1,r,{long}\n", "c.csv")
    assert next(read_cases(path)).contexts[0].text == long


def test_a_cell_may_begin_with_a_bracket(write: Write) -> None:
    path = write("id,response,contexts\n1,[not json,[1] a passage\n", "c.csv")
    case = next(read_cases(path))
    assert (case.response.text, case.contexts[0].text) == ("[not json", "[1] a passage")


def test_samples_of_other_libraries_are_rows() -> None:
    class Sample:
        def model_dump(self) -> dict[str, Any]:
            return {"id": 1, "user_input": "q", "response": "r", "retrieved_contexts": None}

    assert next(cases_from_rows([Sample()])).question == "q"
    with pytest.raises(InputError, match="a row must be an object"):
        next(cases_from_rows(["text"]))


def test_rows_are_refused_by_number() -> None:
    with pytest.raises(InputError, match="row 2: the id `1` is taken by row 1"):
        list(cases_from_rows([{"id": 1, "response": "a"}] * 2))


def test_a_summary_tells_count_parts_and_digest(write: Write) -> None:
    path = write(f'{OK}\n{{"id": "2", "candidates": ["a", "b"], "question": "q"}}')
    found = check_cases(path)
    assert (found.count, found.with_question, found.with_contexts) == (2, 1, 0)
    assert (found.fewest_candidates, found.most_candidates) == (1, 2)
    assert found == summarise(reversed(list(read_cases(path))))
    assert found.digest != check_cases(path, limit=1).digest
    assert summarise([]).fewest_candidates == 0
