"""Frames in, frames out: what is kept, what is added, what is null, and what is refused."""

from __future__ import annotations

import runpy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pytest

from dikast.adapters.frames import judge_frame, judge_rows
from dikast.api import Panel
from dikast.errors import ConfigError, InputError
from dikast.types import Reason
from tests.judges import RUBRIC, PairJudge, Scripted

EXAMPLES = Path(__file__).parents[1] / "examples"
PASSAGE = "The Louvre is a museum in Paris."
DATA: dict[str, list[Any]] = {
    "question": ["Where is the Louvre?"] * 3,
    "answer": ["In Paris.", "In Oslo.", "In Paris, it is a museum."],
    "contexts": [[PASSAGE]] * 3,
    "latency": [0.25, None, 1.5],
}
MAKERS: list[Any] = [
    pytest.param(pd.DataFrame, id="pandas"),
    pytest.param(pl.DataFrame, id="polars"),
]


def column(frame: Any, name: str) -> list[Any]:
    """A column as plain Python, null as None."""
    if isinstance(frame, pd.DataFrame):
        return [None if cell is pd.NA else cell for cell in frame[name].tolist()]
    return list(frame[name].to_list())


class ByText:
    """Votes by what it reads: a number, a reason to abstain, or an error of its own."""

    name = "by-text"

    def __init__(self, votes: dict[str, float | Reason]) -> None:
        self._votes = votes

    async def vote(self, docket: Any, criteria: Any, **more: Any) -> Any:
        return await Scripted(self.name, self._votes[docket.shown[0].text]).vote(
            docket, criteria, **more
        )


def by_text(**votes: float | Reason) -> Panel:
    return Panel([ByText(votes)], rubric=RUBRIC)


@pytest.mark.parametrize("make", MAKERS)
def test_rows_come_back_in_order_with_the_panels_columns(make: Callable[..., Any]) -> None:
    judged = judge_frame(make(DATA))
    assert type(judged) is make
    assert column(judged, "answer") == DATA["answer"]
    good, bad, best = column(judged, "score")
    assert bad < best < good == 1.0
    assert column(judged, "status") == ["decided"] * 3
    assert column(judged, "reason") == [None] * 3
    assert column(judged, "score_groundedness")[0] == 5.0
    assert column(judged, "baseline") == [True] * 3
    names = list(judged.columns)
    assert names[:4] == list(DATA)
    assert all("." not in name for name in names)


@pytest.mark.parametrize("make", MAKERS)
def test_the_order_of_rows_decides_nothing(make: Callable[..., Any]) -> None:
    there = judge_frame(make(DATA))
    back = judge_frame(make({name: cells[::-1] for name, cells in DATA.items()}))
    for name in ("score", "confidence", "dissents", "shown_groundedness"):
        assert column(there, name) == column(back, name)[::-1]


@pytest.mark.parametrize("make", MAKERS)
def test_an_abstention_is_null_and_no_nan(make: Callable[..., Any]) -> None:
    panel = by_text(good=5, mute=Reason.TIMEOUT)
    judged = judge_frame(make({"response": ["mute", "good"]}), panel)
    assert column(judged, "score") == [None, 1.0]
    assert column(judged, "confidence") == [None, 1.0]
    assert column(judged, "score_quality") == [None, 5.0]
    assert column(judged, "status")[1] == "decided"
    assert column(judged, "status")[0] != "decided"
    assert column(judged, "reason")[0] is not None
    assert column(judged, "missing") == ["by-text", None]


def test_pandas_types_are_nullable_and_the_index_is_kept() -> None:
    frame = pd.DataFrame({"response": ["good", "mute"]}, index=["x", "x"])
    judged = judge_frame(frame, by_text(good=5, mute=Reason.TIMEOUT))
    assert list(judged.index) == ["x", "x"]
    kinds = {name: str(judged[name].dtype) for name in ("score", "status", "rounds", "contested")}
    assert kinds == {
        "score": "Float64",
        "status": "string",
        "rounds": "Int64",
        "contested": "boolean",
    }
    assert judged["score"].mean() == 1.0
    assert list(frame.columns) == ["response"]  # the caller's frame is untouched


def test_polars_types_hold_even_where_all_is_null() -> None:
    judged = judge_frame(pl.DataFrame({"response": ["good"]}), by_text(good=5))
    assert judged.schema["reason"] == pl.String
    assert judged.schema["score"] == pl.Float64
    assert judged.schema["calls"] == pl.Int64


@pytest.mark.parametrize("make", MAKERS)
def test_an_empty_frame_comes_back_empty_with_the_columns(make: Callable[..., Any]) -> None:
    judged = judge_frame(make({"response": []}), by_text())
    assert len(judged) == 0
    assert "score_quality" in judged.columns


@pytest.mark.parametrize("make", MAKERS)
def test_pairs_say_who_is_preferred(make: Callable[..., Any]) -> None:
    panel = Panel([PairJudge("p", {"a": 1, "b": 2})], rubric="preference")
    frame = make({"prompt": ["Which?"], "response_a": ["c"], "response_b": ["d"]})
    judged = judge_frame(frame, panel)
    assert column(judged, "preferred") == ["second"]
    assert column(judged, "score")[0] < 0


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize(
    ("data", "options", "error", "told"),
    [
        pytest.param(
            {"question": ["?"], "final": ["x"]},
            {},
            InputError,
            r"column `response` \(or `actual_output`.*Found: `question`, `final`",
            id="no-response",
        ),
        pytest.param(
            {"question": ["?"], "response": ["x"]},
            {},
            InputError,
            r"`groundedness` cannot be judged without `contexts`.*`retrieved_contexts`.*Found:",
            id="no-contexts",
        ),
        pytest.param(
            {"response": ["x"]},
            {"columns": {"response": "final"}},
            InputError,
            "there is no column `final`. Found: `response`",
            id="no-such-column",
        ),
        pytest.param(
            {"response": ["x"], "contexts": [["y"]], "score": [1]},
            {},
            ConfigError,
            'columns `score` are there already. Give a prefix, such as prefix="panel_"',
            id="taken",
        ),
        pytest.param(
            {"id": ["1", "1"], "response": ["x", "y"], "contexts": [["z"]] * 2},
            {},
            InputError,
            "row 2: the id `1` is taken by row 1",
            id="one-id-twice",
        ),
    ],
)
def test_mistakes_are_named_before_anything_is_judged(
    make: Callable[..., Any], data: Any, options: Any, error: type[Exception], told: str
) -> None:
    with pytest.raises(error, match=told):
        judge_frame(make(data), Panel.embedded("groundedness"), **options)


def test_a_row_that_is_no_case_costs_nothing() -> None:
    judge = Scripted("a", 5)
    panel = Panel([judge], rubric=RUBRIC)
    with pytest.raises(InputError, match="row 2"):
        judge_frame(pd.DataFrame({"response": ["fine", None]}), panel)
    assert judge.asked == []


def test_columns_of_the_users_own_and_a_prefix() -> None:
    frame = pl.DataFrame({"final": ["good"], "score": [7]})
    judged = judge_frame(frame, by_text(good=5), columns={"response": "final"}, prefix="panel_")
    assert column(judged, "score") == [7]
    assert column(judged, "panel_score") == [1.0]
    assert all(name.startswith("panel_") for name in judged.columns[2:])


def test_two_columns_of_one_name_are_refused() -> None:
    frame = pd.DataFrame([["x", "y"]], columns=["response", "response"])
    with pytest.raises(InputError, match="two columns are called `response`"):
        judge_frame(frame, by_text())


@pytest.mark.parametrize(
    ("frame", "told"),
    [
        pytest.param(pl.LazyFrame({"response": ["x"]}), "Collect it first", id="lazy"),
        pytest.param([{"response": "x"}], "not builtins.list", id="list"),
        pytest.param(pd.Series(["x"]), "not pandas.Series", id="series"),
    ],
)
def test_what_is_no_frame_is_told_what_to_do(frame: Any, told: str) -> None:
    with pytest.raises(TypeError, match=told):
        judge_frame(frame, by_text())


def test_streamed_rows_are_read_as_they_are_judged() -> None:
    read = []

    def rows() -> Iterator[dict[str, Any]]:
        for number in range(500):
            read.append(number)
            yield {"response": "good", "number": number}

    judged = judge_rows(rows(), by_text(good=5), workers=4)
    first = next(judged)
    assert (first["score"], first["status"]) == (1.0, "decided")
    assert len(read) < 200
    rest = [row["number"] for row in judged]
    assert sorted([first["number"], *rest]) == list(range(500))


def test_a_streamed_row_that_is_no_case_is_named() -> None:
    rows: list[dict[str, Any]] = [{"response": "good"}, {"response": None}]
    with pytest.raises(InputError, match="row 2"):
        list(judge_rows(iter(rows), by_text(good=5)))
    with pytest.raises(ConfigError, match="`score` are there already"):
        list(judge_rows(iter([{"response": "good", "score": 1}]), by_text(good=5)))


def test_the_example_runs(capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(EXAMPLES / "plug_frames.py"), run_name="__main__")
    lines = capsys.readouterr().out.splitlines()
    assert {"pandas", "polars"} <= {line.partition(":")[0] for line in lines}
    assert len({line.partition(": ")[2] for line in lines}) == 2


def test_a_frame_is_no_stream_of_rows_and_a_name_no_panel() -> None:
    frame = pd.DataFrame({"response": ["Here."]})
    with pytest.raises(InputError, match="Use judge_frame"):
        list(judge_rows(frame, Panel.embedded("helpfulness")))  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match=r"of type str\. Give a `Panel`"):
        judge_frame(frame, "embedded")  # type: ignore[arg-type]
