"""verdicts.jsonl and CSV: flat, stable columns, nothing that runs."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dikast.errors import StoreError
from dikast.records import export
from dikast.records.export import columns, criteria_of, flat, harmless, write_csv, write_jsonl
from dikast.records.runfile import RunFile
from dikast.types import BiasFinding, Flip, Reason, Transcript, Usage
from tests.runfiles import IDENTITY, case, failed, go, verdict

CRITERIA = ("correctness", "safety")


def rows_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_the_documented_columns_are_the_columns() -> None:
    assert export.__doc__ is not None
    head, _, tail = export.__doc__.partition("and for each criterion C")
    words = [line.strip().split("  ")[0] for line in head.splitlines()]
    told = {name.strip(",") for word in words for name in word.split()}
    per_criterion = {word.strip(",") for word in tail.split() if word.strip(",").endswith("_C")}
    for name in columns([]):
        assert name in told, f"column {name} is not described"
    assert per_criterion == {f"{name[:-2]}_C" for name in columns(["c"])[len(columns([])) :]}


def test_a_decided_verdict_as_a_row() -> None:
    finding = BiasFinding(kind="length", detector="length", source="response", quote="so\nlong")
    flip = Flip(
        seat="anna", criterion="correctness", round=1, before=1, after=4, direction="neither"
    )
    row = flat(
        verdict(
            "007",
            transcript=Transcript(findings=(finding,), flips=(flip,)),
            missing=("bela",),
            usage=Usage(calls=3, cost=None, unpriced=1),
        ),
        CRITERIA,
    )
    assert row["case_id"] == "007"
    assert (row["status"], row["reason"], row["score"]) == ("decided", None, 0.75)
    assert (row["score_correctness"], row["shown_correctness"]) == (4.0, "4")
    assert (row["votes_correctness"], row["stop_correctness"]) == (1, "uncontested")
    assert (row["score_safety"], row["votes_safety"], row["stop_safety"]) == (None, None, None)
    assert (row["cost"], row["calls"], row["unpriced"]) == (None, 3, 1)
    assert row["dissents"] == "anna on correctness: 1 - no"
    assert row["findings"] == "note length (length): so long"
    assert (row["missing"], row["flips"]) == ('["bela"]', 1)


def test_a_failed_verdict_has_no_number() -> None:
    row = flat(failed(), CRITERIA)
    assert (row["status"], row["reason"], row["score"]) == ("failed", "no_quorum", None)
    assert {row[name] for name in columns(CRITERIA) if name.startswith("score_")} == {None}
    assert list(row) == columns(CRITERIA)


@pytest.mark.parametrize("row", [flat(verdict(), CRITERIA), flat(failed(), CRITERIA)])
def test_rows_are_flat_and_plainly_named(row: dict[str, Any]) -> None:
    assert all(name.isidentifier() for name in row)
    assert all(value is None or isinstance(value, str | int | float) for value in row.values())


@given(st.lists(st.from_regex(r"[a-z][a-z0-9_]{0,6}", fullmatch=True), unique=True, max_size=5))
def test_no_two_columns_share_a_name(criteria: list[str]) -> None:
    names = columns(criteria)
    assert len(set(names)) == len(names)


def test_pandas_reads_it_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "verdicts.jsonl"
    told = [
        verdict("007"),
        failed("2024-01-01"),
        verdict("line\u2028break \x85 \x1b[2J", score=0.0),
    ]
    assert write_jsonl(told, path, CRITERIA) == 3
    raw = path.read_bytes()
    assert b"\x1b" not in raw
    assert len(raw.decode().splitlines()) == 3
    frame = pd.read_json(path, lines=True, dtype=False)
    assert list(frame.columns) == columns(CRITERIA)
    assert list(frame["case_id"]) == [v.case_id for v in told]
    assert frame["score"].isna().tolist() == [False, True, False]
    assert frame["score"].mean() == 0.375
    assert frame.loc[2, "score"] == 0
    write_jsonl([verdict("007"), verdict("8")], path, CRITERIA)
    assert list(pd.read_json(path, lines=True, dtype=False)["case_id"]) == ["007", "8"]


def test_criteria_are_gathered_where_they_are_not_told(tmp_path: Path) -> None:
    """The first verdict failed and names no criterion; the table has the column all the same."""
    told = [failed("q1"), verdict("q2")]
    write_jsonl(iter(told), tmp_path / "v.jsonl")
    write_csv(iter(told), tmp_path / "v.csv")
    assert [list(row) for row in rows_of(tmp_path / "v.jsonl")] == [columns(["correctness"])] * 2
    assert pd.read_csv(tmp_path / "v.csv")["score_correctness"].tolist()[1] == 4.0


def test_a_run_is_exported_with_the_columns_of_its_rubric(tmp_path: Path) -> None:
    with RunFile.create(tmp_path / "run.dikast", IDENTITY) as run:
        go(run.add_cases([case("q1"), case("q2")]))
        go(run.finish("q1", failed("q1")))
        assert criteria_of(run) == CRITERIA
        assert write_csv(run.verdicts(), tmp_path / "v.csv", criteria_of(run)) == 1
    with (tmp_path / "v.csv").open(newline="", encoding="utf-8") as file:
        header, row = csv.reader(file)
    assert header == columns(CRITERIA)
    assert row[header.index("score")] == ""


def test_no_verdicts_leave_a_header(tmp_path: Path) -> None:
    assert write_csv([], tmp_path / "v.csv", CRITERIA) == 0
    assert (tmp_path / "v.csv").read_text().splitlines() == [",".join(columns(CRITERIA))]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", " =", "\t=", "＝", "\n", "|", "%"])
def test_a_cell_that_would_run_is_made_harmless(tmp_path: Path, start: str) -> None:
    text = f"{start}cmd('/C calc')!A0"
    write_csv([verdict(text, detail=text)], tmp_path / "v.csv", CRITERIA)
    with (tmp_path / "v.csv").open(newline="", encoding="utf-8") as file:
        header, row = csv.reader(file)
    assert row[header.index("case_id")].startswith("'")
    assert row[header.index("detail")][1:] == text


def test_numbers_stay_numbers_and_plain_text_plain(tmp_path: Path) -> None:
    write_csv([verdict("a-b=c", score=-0.5)], tmp_path / "v.csv", CRITERIA)
    frame = pd.read_csv(tmp_path / "v.csv")
    assert (frame.loc[0, "case_id"], frame.loc[0, "score"]) == ("a-b=c", -0.5)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_no_text_cell_begins_a_formula_or_moves_a_cursor(text: str) -> None:
    cell = harmless(text)
    assert isinstance(cell, str)
    assert cell.lstrip()[:1] not in set("=+-@")
    assert not any(ord(c) < 32 and c not in "\n\t" for c in cell)
    assert harmless(cell) == cell
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerow([cell, "next"])
    assert next(csv.reader(io.StringIO(buffer.getvalue(), newline=""))) == [cell, "next"]


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "verdicts.jsonl"
    path.write_text("what stood there")

    def broken() -> Any:
        yield verdict()
        raise StoreError("damaged")

    with pytest.raises(StoreError, match="damaged"):
        write_jsonl(broken(), path, CRITERIA)
    assert path.read_text() == "what stood there"
    assert [p.name for p in tmp_path.iterdir()] == ["verdicts.jsonl"]
    with pytest.raises(StoreError, match="cannot be written"):
        write_jsonl([verdict()], tmp_path / "no" / "v.jsonl")


def test_an_abstention_keeps_its_reason() -> None:
    told = verdict(status="abstained", reason=Reason.LOW_CONFIDENCE, detail="0.5 below 0.6")
    row = flat(told, CRITERIA)
    assert (row["reason"], row["detail"]) == ("low_confidence", "0.5 below 0.6")
