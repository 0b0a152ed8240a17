"""Tables straight from files: by columns and by rows the same, contradictions with both lines."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dikast.errors import ConfigError, InputError
from dikast.records import columnar
from dikast.records.ballot_files import read_table
from dikast.records.imports._contract import Choice
from dikast.records.imports._naming import criterion_names, seat_names
from dikast.records.scale_text import parse_scale, write_scale
from dikast.stats.ballot_table import BallotTable
from dikast.types import (
    IntegerScale,
    OrdinalScale,
    PreferenceScale,
    RealScale,
    Scale,
    YesNoScale,
)

ARRAYS = ("case", "judge", "criterion", "swapped", "sample", "score", "confidence", "truth")


def same(one: BallotTable, other: BallotTable) -> bool:
    names = ("cases", "judges", "criteria", "scales", "pairs", "questions", "systems", "families")
    return all(getattr(one, name) == getattr(other, name) for name in names) and all(
        np.array_equal(getattr(one, name), getattr(other, name), equal_nan=True)
        for name in (*ARRAYS, "lengths")
    )


def written(folder: Path, kind: str, rows: list[dict[str, Any]]) -> Path:
    """Rows as a file of a kind; columns of all rows in every row."""
    names = sorted({name for row in rows for name in row})
    path = folder / f"votes.{kind}"
    if kind == "csv":
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(names)
            writer.writerows([row.get(name) for name in names] for row in rows)
    elif kind == "jsonl":
        text = "\n".join(json.dumps({name: row.get(name) for name in names}) for row in rows)
        path.write_text(text + "\n", encoding="utf-8")
    else:
        pa = pytest.importorskip("pyarrow")
        import pyarrow.parquet as pq

        pq.write_table(pa.Table.from_pylist([{n: row.get(n) for n in names} for row in rows]), path)
    return path


PAIRS: list[dict[str, Any]] = [
    {
        "case": case, "judge": judge, "first": ("x", "y")[s], "second": ("y", "x")[s],
        "verdict": verdict, "swapped": bool(s), "confidence": confidence, "label": "y",
        "first_text": ("one", "two two")[s], "second_text": ("two two", "one")[s],
        "first_system": ("gpt-4", "claude-2")[s], "second_system": ("claude-2", "gpt-4")[s],
        "question": "Which?", "judge_model": model,
    }
    for case in ("c2", "c1")
    for judge, model, verdict, confidence in (
        ("bob", "llama3", "first", 0.25), ("ann", "gpt-4o", "tie", None), ("cid", None, None, None)
    )
    for s in (0, 1)
]  # fmt: skip
SINGLES: list[dict[str, Any]] = [
    {
        "case": f"c{case}", "judge": judge, "criterion": criterion, "score": score,
        "strategy": strategy, "sample": sample, "scale": "1..5", "label": label,
        "response": "x" * case, "system": "gpt-4", "question_id": "q1",
    }
    for case, label in ((3, 4), (1, None), (2, 5))
    for judge, strategy in (("a/b", "cot"), ("a/b", "plain"), ("a_b", "cot"))
    for criterion in ("Tone of voice", "accuracy")
    for sample, score in ((0, 3), (1, None))
]  # fmt: skip
ONE_QUESTION: list[dict[str, Any]] = [
    {"question_id": 7, "judge": "ann", "first": a, "second": b, "winner": winner}
    for a, b, winner in (
        ("x", "y", "x"), ("y", "x", "y"), ("x", "z", "tie"), ("z", "x", None), ("y", "z", "Tie")
    )
]  # fmt: skip
YES: list[dict[str, Any]] = [
    {"case": str(i), "judge": "ann", "score": said, "scale": "yes_no", "label": true}
    for i, (said, true) in enumerate([("yes", "no"), ("No", "true"), (None, "0")])
]


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
@pytest.mark.parametrize(
    "rows",
    [
        pytest.param(PAIRS, id="pairs"),
        pytest.param(SINGLES, id="singles"),
        pytest.param(ONE_QUESTION, id="pairs-of-one-question"),
        pytest.param(YES, id="yes-no"),
    ],
)
def test_by_columns_and_by_rows_the_same(
    tmp_path: Path, kind: str, rows: list[dict[str, Any]]
) -> None:
    pytest.importorskip("pyarrow")
    path = written(tmp_path, kind, rows)
    fast = columnar.read_columns(path, Choice())
    assert fast is not None
    assert same(fast, read_table(path, columnar=False))
    assert fast.n == len(rows)


def test_what_the_table_of_pairs_holds(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, "csv", PAIRS))
    assert (table.cases, table.judges) == (("c1", "c2"), ("ann", "bob", "cid"))
    assert table.grid("overall")[0].tolist()[:2] == [[0, 0], [1, -1]]  # bob likes the first slot
    assert np.isnan(table.grid("overall")[:, 2]).all()
    assert table.labels("overall").tolist() == [-1, -1]
    assert table.systems == (("gpt-4", "claude-2"),) * 2
    assert table.lengths.tolist() == [[3, 7]] * 2
    assert table.questions == ("Which?", "Which?")
    assert table.families == {
        "ann": "openai", "bob": "meta", "gpt-4": "openai", "claude-2": "anthropic"
    }  # fmt: skip


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_the_order_of_rows_does_not_show(tmp_path: Path, kind: str) -> None:
    (tmp_path / "back").mkdir()
    there = read_table(written(tmp_path, kind, SINGLES))
    assert same(there, read_table(written(tmp_path / "back", kind, SINGLES[::-1])))


cells = st.fixed_dictionaries(
    {
        "case": st.sampled_from(["c1", "c2", "ü=1", "c,3"]),
        "judge": st.sampled_from(["ann", "b/c", "b_c"]),
        "score": st.sampled_from([None, "1", "2", "3.0", "4.5", "6", "nan", "x"]),
        "sample": st.sampled_from([None, "0", "1", "-1"]),
        "confidence": st.sampled_from([None, "0.5", "2"]),
        "label": st.sampled_from([None, "3", "9"]),
        "system": st.sampled_from([None, "gpt-4", "m"]),
    }
)


@given(rows=st.lists(cells, min_size=1, max_size=5))
def test_columns_never_take_what_rows_refuse(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]]
) -> None:
    pytest.importorskip("pyarrow")
    path = written(tmp_path_factory.mktemp("t"), "csv", rows)
    fast = columnar.read_columns(path, Choice(scale=IntegerScale()))
    try:
        slow = read_table(path, scale=IntegerScale(), columnar=False)
    except InputError:
        assert fast is None
    else:
        assert fast is None or same(fast, slow)


def test_plain_files_are_read_by_columns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a million ballots do not fall back unseen."""
    pytest.importorskip("pyarrow")
    monkeypatch.setattr("dikast.records.ballot_files.table_of_records", lambda _: 1 / 0)
    for kind in ("csv", "jsonl", "parquet"):
        assert read_table(written(tmp_path, kind, PAIRS)).n == 12


BASE = {"case": "c", "judge": "ann", "score": 3, "scale": "1..5"}


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        pytest.param({}, {}, r"`ann` voted twice on case `c`.*first in line 2", id="vote"),
        pytest.param({"label": 3}, {"sample": 1, "label": 4}, "another label", id="label"),
        pytest.param({"response": "x"}, {"sample": 1, "response": "y"}, "another text", id="text"),
        pytest.param({"system": "x"}, {"sample": 1, "system": "y"}, "another system", id="system"),
        pytest.param({}, {"sample": 1, "scale": "1..6"}, "another scale", id="scale"),
        pytest.param({"question_id": 1}, {"sample": 1, "question_id": 2}, "another note", id="q"),
    ],
)
def test_rows_that_contradict_each_other(
    tmp_path: Path, first: dict[str, Any], second: dict[str, Any], message: str
) -> None:
    path = written(tmp_path, "csv", [BASE | first, BASE | second])
    with pytest.raises(InputError, match=message) as caught:
        read_table(path)
    assert caught.value.line == 3


def test_candidates_of_a_case_must_agree(tmp_path: Path) -> None:
    base = {"case": "c", "judge": "ann", "verdict": "tie", "first": "x"}
    path = written(tmp_path, "csv", [base | {"second": "y"}, base | {"second": "z", "sample": 1}])
    with pytest.raises(InputError, match="its candidates than in line 2: 'x and z'"):
        read_table(path)


def test_pairs_and_singles_do_not_mix(tmp_path: Path) -> None:
    path = tmp_path / "v.jsonl"
    single = json.dumps(BASE)
    path.write_text(single + "\n" + json.dumps({"case": "d", "judge": "a", "winner": "a"}) + "\n")
    with pytest.raises(InputError, match=r"earlier rows are of a single response.*of pairs"):
        read_table(path)


def test_several_files_are_one_table(tmp_path: Path) -> None:
    (tmp_path / "two").mkdir()
    one = written(tmp_path, "csv", [BASE])
    two = written(tmp_path / "two", "csv", [BASE | {"judge": "bob"}])
    assert read_table([one, two]).judges == ("ann", "bob")
    with pytest.raises(InputError, match=r"voted twice.*first in .*votes.csv:2"):
        read_table([one, two], judge="both")


def test_an_unknown_format_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="Did you mean `fastchat`"):
        read_table(tmp_path / "x.csv", "fastchatt")


@pytest.mark.parametrize("columns", [True, False])
def test_without_pyarrow_plain_files_still_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, columns: bool
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    assert read_table(written(tmp_path, "csv", PAIRS), columnar=columns).n == 12


HOSTILE = "../../etc\x1b[2J=HYPERLINK(1)\u202e"


def test_hostile_names_stay_data(tmp_path: Path) -> None:
    path = written(tmp_path, "jsonl", [BASE | {"case": HOSTILE, "judge": HOSTILE}])
    table = read_table(path)
    assert table.cases == (HOSTILE,)
    assert table.judges == ("etc__2J_HYPERLINK_1__",)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        pytest.param([("a", ""), ("b", "")], ["a", "b"], id="plain"),
        pytest.param([("a", "x"), ("b", "x")], ["a", "b"], id="one-strategy-is-not-told"),
        pytest.param([("a", "x"), ("a", "y")], ["a x", "a y"], id="several-are"),
        pytest.param([("a/b", ""), ("a_b", "")], ["a_b", "a_b_2"], id="alike"),
        pytest.param([("…", "")], ["judge"], id="nothing-left"),
        pytest.param([("a" * 80, ""), ("a" * 81, "")], ["a" * 64, "a" * 62 + "_2"], id="long"),
    ],
)
def test_names_of_seats(names: list[tuple[str, str]], expected: list[str]) -> None:
    assert [*seat_names(names[::-1]).values()] == expected


def test_names_of_criteria_fit_a_rubric() -> None:
    assert criterion_names(["Größe", "1st", "a b", "a-b"]) == {
        "1st": "c_1st", "Größe": "gr_sse", "a b": "a_b", "a-b": "a_b_2",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "scale"),
    [
        pytest.param("1..5", IntegerScale(low=1, high=5), id="whole"),
        pytest.param("-3..3", IntegerScale(low=-3, high=3), id="negative"),
        pytest.param("0.0..1.0", RealScale(low=0, high=1), id="real"),
        pytest.param("1.5..9.25", RealScale(low=1.5, high=9.25), id="fractions"),
        pytest.param("yes_no", YesNoScale(), id="yes-no"),
        pytest.param("preference", PreferenceScale(), id="pair"),
        pytest.param("preference5!ties", PreferenceScale(levels=5, ties=False), id="no-ties"),
        pytest.param("poor<fair<very good", OrdinalScale(labels=("poor", "fair", "very good")),
                     id="labels"),
    ],
)  # fmt: skip
def test_scales_in_a_few_characters(text: str, scale: Scale) -> None:
    assert parse_scale(text) == scale
    assert write_scale(scale) == text


@pytest.mark.parametrize("text", ["", "5", "5..1", "1..1", "preference4", "a", "a<a", "a<", "1..x"])
def test_no_scale(text: str) -> None:
    with pytest.raises(ConfigError, match="is no scale"):
        parse_scale(text)
