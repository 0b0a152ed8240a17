"""Importers of recorded judgements: what is wrong in a file is told with its place."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dikast import registry
from dikast.errors import InputError
from dikast.records.ballot_files import importer
from dikast.records.imports._contract import BallotRecord, CaseRecord
from dikast.types import IntegerScale
from tests.test_imports_formats import (
    ALPACA,
    ARENA_V1,
    BIGGEN,
    FLAT,
    JUDGEBENCH,
    SINGLE,
    lines,
    read,
)

Read = list[tuple[CaseRecord, tuple[BallotRecord, ...]]]


# --- what is wrong -------------------------------------------------------------------------------

GOOD: dict[str, dict[str, Any]] = {
    "judgebench": JUDGEBENCH,
    "alpaca_eval": ALPACA,
    "fastchat": SINGLE,
    "arena_hard": ARENA_V1,
    "llmbar": FLAT,
    "prometheus_eval": BIGGEN,
    "generic": {"case": "c", "judge": "ann", "winner": "a"},
}


def test_every_format_is_tried() -> None:
    assert {*GOOD, "dikast"} == set(registry.names("imports"))


def needed() -> Iterator[Any]:
    for name, row in GOOD.items():
        fields = next(f for f in importer(name).needs if f <= set(row))
        for field in sorted(fields):
            yield pytest.param(name, field, id=f"{name}-{field}")


@pytest.mark.parametrize(("name", "field"), [*needed()])
def test_a_missing_field_is_named_with_its_line(tmp_path: Path, name: str, field: str) -> None:
    short = {key: value for key, value in GOOD[name].items() if key != field}
    path = lines(tmp_path / "f.jsonl", GOOD[name], short)
    with pytest.raises(InputError) as caught:
        read(name, path)
    assert caught.value.line == 2
    assert f"`{field}`" in str(caught.value)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("name", sorted(GOOD))
@pytest.mark.parametrize("other", sorted(GOOD))
def test_another_format_is_recognised(tmp_path: Path, name: str, other: str) -> None:
    if name == other:
        return
    with pytest.raises(InputError, match=f"This looks like `{other}`"):
        read(name, lines(tmp_path / "f.jsonl", GOOD[other]))


@pytest.mark.parametrize("name", sorted(GOOD))
@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(b"", "holds no judgement", id="empty"),
        pytest.param(b"\n\n", "holds no judgement", id="blank"),
        pytest.param(b'{"a": \xff}\n', "not valid UTF-8", id="bad-utf-8"),
        pytest.param(b"{]\n", "not valid JSON", id="broken"),
        pytest.param(b"[1]\n", "must be a JSON object", id="not-an-object"),
        pytest.param(b'{"score": NaN}\n', "no number in JSON", id="nan"),
    ],
)
def test_broken_files(tmp_path: Path, name: str, data: bytes, message: str) -> None:
    path = tmp_path / "f.jsonl"
    path.write_bytes(data)
    with pytest.raises(InputError, match=message):
        read(name, path)


@pytest.mark.parametrize("name", sorted(GOOD))
def test_bom_and_crlf(tmp_path: Path, name: str) -> None:
    path = tmp_path / "f.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(GOOD[name]).encode() + b"\r\n")
    assert read(name, path)


@pytest.mark.parametrize(
    ("name", "fields", "message"),
    [
        pytest.param("judgebench", {"label": "C"}, "no label such as", id="judgebench-label"),
        pytest.param("judgebench", {"judgments": []}, "one or two", id="judgebench-no-game"),
        pytest.param("judgebench", {"judgments": "x"}, "must be a list", id="judgebench-type"),
        pytest.param(
            "judgebench", {"judgments": [{"judgment": {}}]}, "judge_model` is missing",
            id="judgebench-nested",
        ),
        pytest.param("alpaca_eval", {"preference": 3}, "not from 1 to 2", id="alpaca-range"),
        pytest.param("alpaca_eval", {"preference": "1"}, "must be a number", id="alpaca-type"),
        pytest.param("alpaca_eval", {"output_1": 1.5}, "must be text", id="alpaca-text"),
        pytest.param("fastchat", {"score": 11}, "outside 1 to 10", id="fastchat-range"),
        pytest.param("fastchat", {"score": None}, "`score` is null", id="fastchat-null"),
        pytest.param("fastchat", {"score": "8"}, "must be a number", id="fastchat-type"),
        pytest.param("fastchat", {"judge": None}, "--judge", id="fastchat-judge"),
        pytest.param("fastchat", {"turn": 1.5}, "whole number", id="fastchat-turn"),
        pytest.param("arena_hard", {"games": []}, "`games` is empty", id="arena-empty"),
        pytest.param("arena_hard", {"games": [3]}, "must be an object", id="arena-type"),
        pytest.param("llmbar", {"winner_12": 3}, "neither 1 nor 2", id="llmbar-winner"),
        pytest.param("prometheus_eval", {"score": 6}, "outside 1 to 5", id="prometheus-range"),
        pytest.param("prometheus_eval", {"score": [3.5]}, "whole number", id="prometheus-fraction"),
        pytest.param("generic", {"winner": "c"}, "neither of the candidates", id="generic-winner"),
        pytest.param("generic", {"score": 1}, "both given", id="generic-two-votes"),
        pytest.param("generic", {"confidence": 2}, "not from 0 to 1", id="generic-confidence"),
        pytest.param("generic", {"sample": -1}, "whole number", id="generic-sample"),
        pytest.param("generic", {"swapped": "maybe"}, "true or false", id="generic-swapped"),
        pytest.param("generic", {"reason": "timeout"}, "a `reason`", id="generic-vote-and-reason"),
        pytest.param("generic", {"winer": "a"}, "Did you mean|winer", id="generic-slip"),
        pytest.param("generic", {"confidense": 1}, "Did you mean `confidence`", id="generic-slip2"),
        pytest.param("generic", {"scale": "1..5"}, "single responses", id="generic-single"),
        pytest.param("generic", {"scale": "big"}, "is no scale", id="generic-no-scale"),
        pytest.param("generic", {"first": "x", "second": "x"}, "the same", id="generic-one-side"),
        pytest.param("generic", {"case": ""}, "1 to 300", id="generic-empty-id"),
        pytest.param("generic", {"case": "c" * 301}, "1 to 300", id="generic-long-id"),
        pytest.param("generic", {"judge": "\ud800"}, "half of a character", id="generic-surrogate"),
    ],
)  # fmt: skip
def test_wrong_values(tmp_path: Path, name: str, fields: dict[str, Any], message: str) -> None:
    if fields == {"winer": "a"}:  # with the right column there, a column of the user's own
        assert read(name, lines(tmp_path / "f.jsonl", GOOD[name] | fields))
        return
    path = lines(tmp_path / "f.jsonl", GOOD[name], GOOD[name] | fields)
    with pytest.raises(InputError, match=message) as caught:
        read(name, path)
    assert caught.value.line == 2


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        pytest.param("nan", "no finite number|not finite|is not a number", id="nan"),
        pytest.param("inf", "no finite number|not finite", id="infinite"),
        pytest.param("6", "outside 1 to 5", id="off-scale"),
        pytest.param("4.5", "whole number", id="fraction"),
        pytest.param("good", "is not a number", id="word"),
    ],
)
def test_scores_in_cells(tmp_path: Path, cell: str, message: str) -> None:
    path = tmp_path / "v.csv"
    path.write_text(f"case,judge,score\nc1,ann,4\nc2,ann,{cell}\n")
    with pytest.raises(InputError, match=message) as caught:
        read("generic", path, scale=IntegerScale())
    assert caught.value.line == 3


def test_a_single_score_without_a_scale_is_refused(tmp_path: Path) -> None:
    path = lines(tmp_path / "v.jsonl", {"case": "c", "judge": "ann", "score": 4})
    with pytest.raises(InputError, match=r"nothing tells the scale of `overall`.*--scale"):
        read("generic", path)
