"""Training data from runs: what is taken, what is left out and why, and what stands in a row."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dikast.records.runfile import RunFile
from dikast.training import Bar, Learned, write_training
from dikast.types import IntegerScale, PanelSpec, PreferenceScale, Verdict
from tests.adjudication_kit import SPLIT, SURE, dikast, panel, rows_of_sheet, write_sheet
from tests.calibration_kit import decide, write_run
from tests.runfiles import go


def run_of(folder: Path, votes: list[dict[str, float]], spec: PanelSpec) -> Path:
    """A run whose judges gave reasons that name them and their vote."""
    path = write_run(folder / "r.dikast", spec, votes)

    def reasoned(verdict: Verdict) -> Verdict:
        said = tuple(
            ballot.model_copy(
                update={"rationale": f"{ballot.seat} says {ballot.score:g}", "prompt": "p1"}
            )
            for ballot in verdict.transcript.ballots
        )
        transcript = verdict.transcript.model_copy(update={"ballots": said})
        return verdict.model_copy(update={"transcript": transcript})

    with RunFile.open(path) as run:
        go(run.adjudicate([reasoned(verdict) for verdict in list(run.verdicts())]))
    return path


def made(path: Path, form: Any, **bar: Any) -> tuple[list[dict[str, Any]], Learned]:
    out = path.with_name("t.jsonl")
    with RunFile.open(path, readonly=True) as run:
        found = write_training(run, out, form, Bar(**bar))
    return rows_of_sheet(out), found


def test_chats_of_votes_that_the_decision_bears_out(tmp_path: Path) -> None:
    spec = panel(protocol={"low_confidence": 0.5})
    path = run_of(tmp_path, [SURE, SPLIT], spec)
    rows, found = made(path, "sft", confidence=0.6)
    assert (len(rows), found.rows) == (5, 5)
    assert found.left_out == {"votes against the decision": 1}
    asked, said = rows[0]["messages"]
    assert asked["role"] == "user"
    assert "Question: Question 0?" in asked["content"]
    assert "Response: response0" in asked["content"]
    assert said["role"] == "assistant"
    assert json.loads(said["content"]) == {"reasoning": "ann says 1", "score": "yes"}
    origin = rows[0]["metadata"]
    assert (origin["judge"], origin["prompt"], origin["confidence"]) == ("ann", "p1", 1.0)
    assert {row["metadata"]["judge"] for row in rows if row["metadata"]["case"] == "c0001"} == {
        "ann",
        "bob",
    }
    assert made(path, "sft")[1].left_out == {"confidence below 0.8": 1}


def test_what_is_open_teaches_nothing_until_a_person_decides(tmp_path: Path) -> None:
    path = run_of(tmp_path, [SPLIT], panel())
    assert made(path, "sft")[1] == Learned(0, {"undecided (low confidence)": 1})
    write_sheet(tmp_path / "s.jsonl", [{"case": "c0000", "answer": "no"}])
    dikast(tmp_path, "adjudicate", "r.dikast", "--answers", "s.jsonl", "--by", "rita")
    rows, found = made(path, "sft")
    assert [row["metadata"]["judge"] for row in rows] == ["cy"]
    assert rows[0]["metadata"]["decided_by"] == "rita"
    assert found.left_out == {"votes against the decision": 2}


def test_a_pairs_reasons_keep_the_letters_that_the_judge_saw(tmp_path: Path) -> None:
    spec = panel(PreferenceScale())
    path = run_of(tmp_path, [{"ann": 1.0, "bob": 1.0, "cy": 1.0}], spec)
    rows, _ = made(path, "sft")
    assert len(rows) == 6
    for row in rows:
        text = row["messages"][0]["content"]
        better = json.loads(row["messages"][1]["content"])["score"]
        assert f"Response {better}: x0" in text  # x, canonically first, was preferred


def test_preferred_responses(tmp_path: Path) -> None:
    votes = [
        {"ann": 1.0, "bob": 1.0, "cy": 1.0},
        {"ann": -1.0, "bob": -1.0, "cy": -1.0},
        {"ann": 0.0, "bob": 0.0, "cy": 0.0},
        {"ann": 1.0, "bob": -1.0, "cy": 0.0},
    ]
    rows, found = made(run_of(tmp_path, votes, panel(PreferenceScale())), "preferences")
    texts = [(row["chosen"][0]["content"], row["rejected"][0]["content"]) for row in rows]
    assert texts == [("x0", "y0"), ("y1", "x1")]
    assert rows[0]["prompt"] == [{"role": "user", "content": "Question 0?"}]
    assert found.left_out == {"ties": 1, "undecided (low confidence)": 1}
    assert rows[1]["metadata"]["chosen"] == "y"


def test_the_nearest_reasons_against_the_farthest(tmp_path: Path) -> None:
    spec = panel(IntegerScale(), protocol={"low_confidence": 0.5})
    votes = [{"ann": 5.0, "bob": 5.0, "cy": 1.0}, {"ann": 5.0, "bob": 4.0, "cy": 4.0}]
    path = run_of(tmp_path, votes, spec)
    rows, found = made(path, "preferences", confidence=0.6)
    (row,) = rows
    assert json.loads(row["chosen"][0]["content"]) == {"reasoning": "ann says 5", "score": 5}
    assert json.loads(row["rejected"][0]["content"]) == {"reasoning": "cy says 1", "score": 1}
    assert row["metadata"]["chosen"]["judge"] == "ann"
    assert found.left_out == {"votes less than 0.5 of the scale apart": 1}
    assert len(made(path, "preferences", confidence=0.6, gap=0.2)[0]) == 2


def test_templates_of_rule_backed_judges_teach_only_when_told(tmp_path: Path) -> None:
    row = {"id": "q", "question": "Where is the office?", "contexts": ["The office is in Rome."]}
    write_sheet(tmp_path / "c.jsonl", [row | {"response": "The office is in Rome."}])
    dikast(tmp_path, "judge", "c.jsonl", "--out", "r.dikast")
    done = dikast(tmp_path, "export", "r.dikast", "t.jsonl", "--as", "sft")
    assert done.returncode == 0
    assert "0 rows written" in done.stderr
    assert "votes of rule-backed judges" in done.stderr
    dikast(tmp_path, "export", "r.dikast", "t.jsonl", "--as", "sft", "--baselines")
    assert rows_of_sheet(tmp_path / "t.jsonl")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        pytest.param(["t.jsonl", "--as", "dpo"], "unknown form of training data", id="form"),
        pytest.param(["t.csv", "--as", "sft"], "no .jsonl", id="file"),
        pytest.param(["t.jsonl", "--as", "sft", "--labels"], "exclude each other", id="two"),
    ],
)
def test_what_is_refused(tmp_path: Path, words: list[str], told: str) -> None:
    run_of(tmp_path, [SURE], panel())
    done = dikast(tmp_path, "export", "r.dikast", *words)
    assert done.returncode == 2
    assert told in done.stderr


def test_the_panel_of_these_tests_decides_as_they_suppose() -> None:
    assert decide(panel(), SURE).status == "decided"
    assert decide(panel(), SPLIT).status == "awaiting_adjudication"
