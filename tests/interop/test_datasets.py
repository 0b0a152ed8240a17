"""Hugging Face datasets go in and come out, in memory, from disk, and streamed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dikast.adapters.frames import judge_frame, judge_rows
from dikast.api import Panel
from dikast.errors import ConfigError
from dikast.types import Reason
from tests.interop.kit import BAD, GOOD, PASSAGE, QUESTION, example_says, scoring, tool

datasets = tool("datasets", "datasets")

ROWS: dict[str, list[Any]] = {
    "user_input": [QUESTION] * 2,
    "response": [GOOD, BAD],
    "retrieved_contexts": [[PASSAGE]] * 2,
}


def test_a_data_set_comes_back_with_the_panels_columns() -> None:
    given = datasets.Dataset.from_dict(ROWS)
    judged = judge_frame(given, Panel.embedded("groundedness"))
    assert isinstance(judged, datasets.Dataset)
    assert judged.column_names[:3] == list(ROWS)
    good, bad = judged["score"]
    assert good > 0.7 > 0.5 > bad
    assert list(judged["status"]) == ["decided"] * 2
    assert judged.features["score_groundedness"] == datasets.Value("float64")
    assert given.column_names == list(ROWS)


def test_an_abstention_is_none() -> None:
    given = datasets.Dataset.from_dict(ROWS)
    judged = judge_frame(given, scoring(5, Reason.TIMEOUT, Reason.TIMEOUT))
    assert list(judged["score"]) == [None, None]
    assert set(judged["reason"]) == {"no_quorum"}
    assert judged.features["score"] == datasets.Value("float64")


def test_a_data_set_survives_the_disk(tmp_path: Path) -> None:
    datasets.Dataset.from_dict(ROWS).save_to_disk(tmp_path / "given")
    judged = judge_frame(datasets.load_from_disk(tmp_path / "given"), scoring(4))
    judged.save_to_disk(tmp_path / "judged")
    again = datasets.load_from_disk(tmp_path / "judged")
    assert list(again["score"]) == [0.75, 0.75]
    assert again.features == judged.features


def test_a_selection_and_its_order_are_kept() -> None:
    given = datasets.Dataset.from_dict(ROWS).select([1, 0, 1])
    judged = judge_frame(given, Panel.embedded("groundedness"))
    assert list(judged["response"]) == [BAD, GOOD, BAD]
    first, second, third = judged["score"]
    assert first == third < second


def test_an_iterable_data_set_is_streamed() -> None:
    given = datasets.Dataset.from_dict(ROWS).to_iterable_dataset()
    with pytest.raises(TypeError, match="judge_rows"):
        judge_frame(given, scoring(4))
    assert sorted(row["response"] for row in judge_rows(given, scoring(4))) == sorted([GOOD, BAD])


def test_a_dictionary_of_splits_and_a_taken_name_are_refused() -> None:
    given = datasets.Dataset.from_dict(ROWS)
    with pytest.raises(TypeError, match="one of its splits"):
        judge_frame(datasets.DatasetDict({"test": given}), scoring(4))
    with pytest.raises(ConfigError, match="`score` are there already"):
        judge_frame(given.add_column("score", [1, 2]), scoring(4))


def test_the_example_runs() -> None:
    assert "datasets" in example_says("plug_frames.py")
