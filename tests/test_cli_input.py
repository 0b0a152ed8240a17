"""Bad input is refused before anything is judged: exit code 2, with file, line and remedy."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from dikast.records.runfile import RunFile
from dikast.running import Source

GOOD = '{"id": "a", "question": "?", "response": "x", "contexts": ["x"]}\n'
PANEL = """
rubric = "groundedness"
[[judges]]
name = "overlap"
model = "embedded/overlap"
[[judges]]
name = "exact"
model = "embedded/exact"
"""


def dikast(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "dikast", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("cases", "words"),
    [
        pytest.param(
            GOOD + '{"question": "?", "response": "x"}\n', ["c.jsonl:2", "id"], id="no-id"
        ),
        pytest.param(GOOD + GOOD, ["c.jsonl:2", "`a`"], id="duplicate-id"),
        pytest.param(
            GOOD + '{"id": "b", "question": "?"}\n', ["c.jsonl:2", "response"], id="no-response"
        ),
        pytest.param(GOOD + '{"id": "b", "resp\n', ["c.jsonl:2"], id="broken-line"),
        pytest.param(
            GOOD.encode() + b'{"id": "b", "response": "\xff"}\n',
            ["c.jsonl:2", "UTF-8"],
            id="bad-utf-8",
        ),
        pytest.param(
            GOOD + '{"id": "b", "respones": "x"}\n', ["c.jsonl:2", "response"], id="misspelt-field"
        ),
        pytest.param("", ["c.jsonl"], id="no-case-at-all"),
        pytest.param(
            '{"id": "b", "question": "?", "candidates": ["x", "y"], "contexts": ["x"]}\n',
            ["`b`", "compare"],
            id="two-candidates",
        ),
    ],
)
def test_cases(tmp_path: Path, cases: str | bytes, words: list[str]) -> None:
    data = cases if isinstance(cases, bytes) else cases.encode()
    (tmp_path / "c.jsonl").write_bytes(data)
    done = dikast(tmp_path, "judge", "c.jsonl")
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert [word for word in words if word not in done.stderr] == []
    assert list(tmp_path.glob("*.dikast")) == []
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("panel", "words"),
    [
        pytest.param(PANEL + "quorm = 1\n", ["p.toml", "quorm"], id="unknown-field-in-a-judge"),
        pytest.param("quorm = 1\n" + PANEL, ["p.toml:1", "quorum"], id="unknown-field"),
        pytest.param("quorum = 3\n" + PANEL, ["p.toml", "quorum"], id="quorum-too-high"),
        pytest.param(PANEL.replace("embedded/exact", "embedded/exakt"), ["exact"], id="judge"),
        pytest.param(PANEL.replace("embedded/exact", "opneai/gpt-4o"), ["openai"], id="provider"),
        pytest.param(PANEL + '[rule]\nname = "meen"\n', ["mean"], id="rule"),
        pytest.param(PANEL.replace("groundedness", "groundednes"), ["groundedness"], id="rubric"),
        pytest.param(
            PANEL.replace('"groundedness"', '"preference"'), ["compare"], id="a-rubric-for-pairs"
        ),
        pytest.param(
            PANEL.replace(
                'rubric = "groundedness"',
                'rubric = { id = "r", criteria = [{ id = "c", question = "?", scale = '
                '{ kind = "integer", low = 1, high = 3 }, '
                'anchors = [{ score = 4, text = "x" }] }] }',
            ),
            ["p.toml", "outside 1 to 3"],
            id="an-anchor-off-the-scale",
        ),
    ],
)
def test_panels(tmp_path: Path, panel: str, words: list[str]) -> None:
    (tmp_path / "c.jsonl").write_text(GOOD, encoding="utf-8")
    (tmp_path / "p.toml").write_text(panel, encoding="utf-8")
    done = dikast(tmp_path, "judge", "c.jsonl", "--panel", "p.toml")
    assert done.returncode == 2, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert [word for word in words if word not in done.stderr] == []
    assert list(tmp_path.glob("*.dikast")) == []


def test_json_on_stdout_is_nothing_but_json(tmp_path: Path) -> None:
    (tmp_path / "c.jsonl").write_text(GOOD + GOOD.replace('"a"', '"b"'), encoding="utf-8")
    done = dikast(tmp_path, "judge", "c.jsonl", "--json")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert {row["case_id"] for row in rows} == {"a", "b"}
    assert "embedded panel" in done.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        pytest.param(("show", "none.dikast"), "does not exist", id="no-run"),
        pytest.param(("show", "c.jsonl"), "c.jsonl", id="not-a-run"),
        pytest.param(("resume", "."), "folder", id="a-folder"),
        pytest.param(("list", "judgse"), "judges", id="list-what"),
        pytest.param(("graph", "delibration"), "deliberation", id="graph-name"),
        pytest.param(("judge", "c.jsonl", "--out", "no/where.dikast"), "no", id="out-nowhere"),
        pytest.param(("judge", "c.jsonl", "--rubric", "safty"), "safety", id="rubric"),
    ],
)
def test_commands(tmp_path: Path, words: tuple[str, ...], told: str) -> None:
    (tmp_path / "c.jsonl").write_text(GOOD, encoding="utf-8")
    done = dikast(tmp_path, *words)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert told in done.stderr


def test_a_gate_that_is_not_met_says_so(tmp_path: Path) -> None:
    bad = '{"id": "a", "question": "When?", "response": "In 1987.", "contexts": ["In 1978."]}\n'
    (tmp_path / "c.jsonl").write_text(bad, encoding="utf-8")
    done = dikast(tmp_path, "judge", "c.jsonl", "--fail-under", "0.9")
    assert done.returncode == 4
    assert "gate not met" in done.stderr


@pytest.mark.parametrize("command", ["judge", "rag"])
def test_rows_without_an_id_are_numbered_where_that_is_asked_for(
    tmp_path: Path, command: str
) -> None:
    """As Ragas and others export them; a resumed run still knows where its rows came from."""
    row = {"user_input": "Where?", "response": "Here.", "retrieved_contexts": ["It is here."]}
    text = json.dumps(row) + "\n" + json.dumps(row | {"id": "b"}) + "\n"
    (tmp_path / "c.jsonl").write_text(text, encoding="utf-8")
    refused = dikast(tmp_path, command, "c.jsonl")
    assert refused.returncode == 2
    assert "c.jsonl:1: `id` is missing." in refused.stderr
    assert "--number-rows" in refused.stderr
    done = dikast(tmp_path, command, "c.jsonl", "--number-rows", "--out", "r.dikast")
    assert done.returncode in {0, 1}, done.stderr
    with RunFile.open(tmp_path / "r.dikast", readonly=True) as run:
        assert sorted(case.id for case in run.cases()) == ["1", "b"]
        source = Source.noted(run)
    assert source is not None
    assert [case.id for case in source.first()] == ["1", "b"]


def test_two_pipelines_are_not_paired_by_place(tmp_path: Path) -> None:
    (tmp_path / "c.jsonl").write_text(GOOD, encoding="utf-8")
    done = dikast(tmp_path, "rag", "c.jsonl", "--against", "c.jsonl", "--number-rows")
    assert done.returncode == 2
    assert "`--against` pairs cases by `id`" in done.stderr


def test_show_survives_a_reader_that_goes_away(tmp_path: Path) -> None:
    (tmp_path / "c.jsonl").write_text(GOOD, encoding="utf-8")
    dikast(tmp_path, "judge", "c.jsonl")
    piped = f"{sys.executable} -m dikast show c.dikast --case a | head -1"
    done = subprocess.run(
        ["bash", "-c", piped], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stdout.startswith("a: ")
    assert "Traceback" not in done.stderr


def test_mermaid_is_drawn_offline(tmp_path: Path) -> None:
    done = dikast(tmp_path, "graph", "deliberation")
    assert done.stdout.startswith("---")
    assert "criticise" in done.stdout
