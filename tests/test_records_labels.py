"""Labels from a file: what they may be, which are refused, and where they land."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from dikast.errors import InputError
from dikast.records.labels import label_on, overlap, rater_table, read_labels, with_labels
from dikast.stats.ballot_table import BallotTable, Row
from dikast.types import (
    IntegerScale,
    OffScale,
    OrdinalScale,
    PreferenceScale,
    RealScale,
    Scale,
    YesNoScale,
)

PAIR, FIVE = PreferenceScale(), PreferenceScale(levels=5)
GRADES = OrdinalScale(labels=("poor", "fair", "good"))
STARS = OrdinalScale(labels=("1", "2", "3"))


@pytest.mark.parametrize(
    ("scale", "raw", "expected"),
    [
        pytest.param(IntegerScale(), 4, 4, id="number"),
        pytest.param(IntegerScale(), "4.5", 4.5, id="mean-of-raters"),
        pytest.param(RealScale(), "1e-1", 0.1, id="text"),
        pytest.param(YesNoScale(), False, 0, id="false"),
        pytest.param(YesNoScale(), "1", 1, id="one"),
        pytest.param(YesNoScale(), 0, 0, id="zero"),
        pytest.param(YesNoScale(), " Yes", 1, id="yes"),
        pytest.param(GRADES, "Good", 2, id="word"),
        pytest.param(GRADES, 2, 2, id="rank"),
        pytest.param(STARS, 2, 1, id="a-number-that-is-a-label"),
        pytest.param(PAIR, "A", 1, id="letter"),
        pytest.param(PAIR, "second", -1, id="slot"),
        pytest.param(PAIR, "tie", 0, id="tie"),
        pytest.param(PAIR, -1, -1, id="steps"),
        pytest.param(PAIR, "gpt-4", -1, id="name"),
        pytest.param(PAIR, "b", 1, id="a-name-goes-before-a-word"),
        pytest.param(FIVE, "B>>A", -2, id="five-steps"),
        pytest.param(FIVE, "first", 1, id="mild-where-not-told"),
    ],
)
def test_labels_on_scales(scale: Scale, raw: str | float | bool, expected: float) -> None:
    names = ("b", "gpt-4") if raw in ("gpt-4", "b") else ()
    assert label_on(scale, raw, names) == expected


@pytest.mark.parametrize(
    ("scale", "raw"),
    [
        pytest.param(IntegerScale(), 6, id="above"),
        pytest.param(IntegerScale(), True, id="bool-on-numbers"),
        pytest.param(IntegerScale(), "nan", id="nan-text"),
        pytest.param(IntegerScale(), math.inf, id="infinite"),
        pytest.param(IntegerScale(), "good", id="word-on-numbers"),
        pytest.param(YesNoScale(), 0.5, id="between-labels"),
        pytest.param(GRADES, "incorrect", id="unknown-word"),
        pytest.param(PAIR, 2, id="too-many-steps"),
        pytest.param(PreferenceScale(ties=False), "tie", id="tie-where-none-is-allowed"),
        pytest.param(PreferenceScale(ties=False), 0, id="zero-where-none-is-allowed"),
    ],
)
def test_labels_off_their_scale(scale: Scale, raw: str | float | bool) -> None:
    with pytest.raises(OffScale):
        label_on(scale, raw)


def table(*rows: Row, criteria: tuple[str, ...] = ("overall",)) -> BallotTable:
    return BallotTable.of(
        rows or [Row("c1", "ann", 1, criteria[0]), Row("c2", "ann", 2, criteria[0])],
        scales=dict.fromkeys(criteria, IntegerScale()),
    )


def file(tmp_path: Path, text: str, name: str = "labels.csv") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param("l.csv", "case,label\nc1,4\nc2,\n", id="csv-with-an-empty-cell"),
        pytest.param("l.csv", "\ufeffid,gold\r\nc1,4\r\n", id="other-names-bom-crlf"),
        pytest.param("l.jsonl", '{"case_id": "c1", "label": 4}\n', id="jsonl"),
        pytest.param("l.json", '[{"case": "c1", "truth": "4"}]', id="json"),
        pytest.param("l.jsonl", '{"id": "c1", "labels": {"overall": 4, "x": 1}}\n', id="cases"),
        pytest.param("l.csv", "case,label\nc1,4\nc1,4.0\n", id="the-same-twice"),
    ],
)
def test_forms_of_label_files(tmp_path: Path, name: str, text: str) -> None:
    labels = read_labels(file(tmp_path, text, name))
    assert np.array_equal(with_labels(table(), labels).truth, [[4.0], [np.nan]], equal_nan=True)


def test_labels_from_parquet(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    path = tmp_path / "l.parquet"
    pq.write_table(pa.table({"case": ["c1", "c2"], "label": [4.0, None]}), path)
    assert with_labels(table(), read_labels(path)).labels("overall")[0] == 4


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        pytest.param("case,label\nc1,4\nc1,5\n", 3, "4.*line 2.*5.*line 3", id="two-labels"),
        pytest.param("name,label\nx,4\n", 2, "names no case; its fields are `name`", id="no-case"),
        pytest.param("case,score\nc1,4\n", None, "columns found: `case`, `score`", id="no-label"),
        pytest.param("", None, "no label in this file", id="empty"),
        pytest.param("case,label,rater\nc1,4,r\nc1,5,r\n", 3, "by rater `r`", id="one-rater-twice"),
    ],
)
def test_broken_label_files(tmp_path: Path, text: str, line: int | None, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        read_labels(file(tmp_path, text))
    assert caught.value.line == line
    assert str(caught.value.path).endswith("labels.csv")


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        pytest.param("case,label\nc1,4\nc9,4\n", 3, "unknown cases: `c9`", id="unknown-case"),
        pytest.param("case,label\nc9,4\n", None, "no label is of a case", id="no-overlap"),
        pytest.param("case,label\nc1,9\n", 2, "not on the scale", id="off-scale"),
        pytest.param("case,label,criterion\nc1,4,style\n", 2, "no such criterion", id="criterion"),
        pytest.param(
            "case,label,criterion\nc1,4,\nc1,5,overall\n", 3, "two labels on", id="named-and-not"
        ),
    ],
)
def test_labels_that_do_not_fit(tmp_path: Path, text: str, line: int | None, message: str) -> None:
    labels = read_labels(file(tmp_path, text))
    with pytest.raises(InputError, match=message) as caught:
        with_labels(table(), labels)
    assert caught.value.line == line


def test_a_criterion_must_be_named_among_several(tmp_path: Path) -> None:
    labels = read_labels(file(tmp_path, "case,label\nc1,4\n"))
    with pytest.raises(InputError, match="several: `good`, `safe`"):
        with_labels(table(criteria=("good", "safe")), labels)


def test_labels_of_more_cases_are_counted(tmp_path: Path) -> None:
    labels = read_labels(file(tmp_path, "case,label\nc1,4\nc9,4\n"))
    assert overlap(table(), labels) == (1, 1, ("c9",))
    assert with_labels(table(), labels, partial=True).labels("overall")[0] == 4


def test_candidates_and_systems_may_be_named(tmp_path: Path) -> None:
    pairs = BallotTable.of(
        [Row("c1", "ann", 1), Row("c2", "ann", 1)],
        scales={"overall": PAIR},
        pairs=True,
        systems={"c2": ("gpt-4", "bard")},
    )
    labels = read_labels(file(tmp_path, "case,label\nc1,y\nc2,bard\n"))
    found = with_labels(pairs, labels, candidates={"c1": ("x", "y")})
    assert found.labels("overall").tolist() == [-1, -1]


RATED = "case,label,rater\nc1,4,r1\nc1,5,r2\nc2,3,r1\n"


def test_raters_make_the_truth_together(tmp_path: Path) -> None:
    labels = read_labels(file(tmp_path, RATED))
    assert labels.raters == ("r1", "r2")
    assert with_labels(table(), labels).labels("overall").tolist() == [4.5, 3]


def test_raters_who_differ_on_labels_make_no_truth(tmp_path: Path) -> None:
    yes_no = BallotTable.of([Row("c1", "ann", 1)], scales={"overall": YesNoScale()})
    text = "case,label,rater\nc1,yes,r1\nc1,no,r2\n"
    assert np.isnan(with_labels(yes_no, read_labels(file(tmp_path, text))).truth).all()
    text += "c1,no,r3\n"
    assert with_labels(yes_no, read_labels(file(tmp_path, text))).truth.tolist() == [[0]]


def test_raters_as_judges(tmp_path: Path) -> None:
    people = rater_table(table(), read_labels(file(tmp_path, RATED)))
    assert people.judges == ("r1", "r2")
    assert people.cases == ("c1", "c2")
    assert people.grid("overall")[0, :, 0].tolist() == [4, 5]
    with pytest.raises(InputError, match="do not say who"):
        rater_table(table(), read_labels(file(tmp_path, "case,label\nc1,4\n")))
