"""`compare` and `rank` from the command line: run files, resume, deciding again, pictures."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from contextlib import chdir
from pathlib import Path
from typing import NamedTuple

import pytest
from typer.testing import CliRunner

from dikast.api import Panel
from dikast.boards import boards, played
from dikast.cli.app import app
from dikast.graphs.work import Work
from dikast.pair_figures import label_of, panel_accuracy
from dikast.records.runfile import RunFile
from dikast.records.salvage import salvage
from dikast.running import Source, begin
from dikast.types import Candidate, Case, RankOptions

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
TEXTS = {"rome": "It is in Rome.", "paris": "It is in Paris.", "near": "It is in Rome, near a sea."}


def row(number: int, *names: str) -> dict[str, object]:
    return {
        "id": f"q{number}",
        "question": "Where is the office?",
        "contexts": ["The office is in Rome, near the river."],
        "candidates": [{"id": name, "text": TEXTS.get(name, name)} for name in names],
        "labels": {"preferred": "rome"},
    }


def write(path: Path, *rows: dict[str, object]) -> Path:
    path.write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")
    return path


class Done(NamedTuple):
    returncode: int
    stdout: str
    stderr: str


def dikast(folder: Path, *words: str) -> Done:
    """A command in this process: importing anew takes seconds each time."""
    with chdir(folder):
        done = CliRunner(env={"OPENAI_API_KEY": "x"}).invoke(app, list(words))
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Done(done.exit_code, done.stdout, done.stderr)


@pytest.fixture(scope="module")
def ranked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one run of `rank` over three cases."""
    folder = tmp_path_factory.mktemp("ranked")
    write(folder / "c.jsonl", *(row(n, "rome", "paris", "near") for n in range(3)))
    done = dikast(folder, "rank", "c.jsonl", "--out", "r.dikast", "--seed", "3")
    assert done.returncode in {0, 1}
    assert "q0: " in done.stdout
    assert "Leaderboard of the panel: 3 systems over 3 cases" in done.stdout
    return folder


def test_a_ranking_is_kept_and_shown(ranked: Path) -> None:
    with RunFile.open(ranked / "r.dikast", readonly=True) as run:
        assert run.identity.kind == "rank"
        results = list(run.rankings())
        assert [r.case_id for r in results] == ["q0", "q1", "q2"]
        assert results[0].pairs_asked == 3
        assert all(outcome.votes for outcome in results[0].outcomes)
        verdict = run.verdict("q0")
        assert verdict is not None
        assert set(verdict.candidates) == {"rome", "paris", "near"}
    shown = dikast(ranked, "show", "r.dikast", "--case", "q0").stdout
    for part in ("Ranking (strengths", "Contradictions", "Heard again", "Judges", "Pairs", "Cost"):
        assert part in shown
    every = dikast(ranked, "show", "r.dikast", "--json").stdout.splitlines()
    assert json.loads(every[0])["case_id"] == "q0"
    assert set(json.loads(every[-1])["summary"]["leaderboards"]) >= {"panel"}


def test_recorded_outcomes_are_ranked_again_without_a_call(ranked: Path) -> None:
    done = dikast(ranked, "decide", "r.dikast", "--model", "borda")
    assert done.returncode == 0
    assert "no call was made" in done.stderr
    assert done.stdout.count("q0: ") >= 1
    assert dikast(ranked, "decide", "r.dikast").returncode == 2
    wrong = dikast(ranked, "decide", "r.dikast", "--rule", "mean")
    assert (wrong.returncode, "--model" in wrong.stderr) == (2, True)
    unknown = dikast(ranked, "decide", "r.dikast", "--model", "borada")
    assert (unknown.returncode, "borda" in unknown.stderr) == (2, True)


def test_pictures_are_drawn_without_a_display(ranked: Path) -> None:
    for what, case, name in (
        ("outcomes", ("--case", "q0"), "o.png"),
        ("ranking", ("--case", "q0"), "r.svg"),
        ("ranking", (), "board.png"),
    ):
        done = dikast(ranked, "plot", "r.dikast", "--what", what, *case, "--out", name)
        assert done.returncode == 0, done.stderr
        head = (ranked / name).read_bytes()[:200]
        assert head.startswith(b"\x89PNG") or b"<?xml" in head
    assert "rome" in (ranked / "r.svg").read_text(encoding="utf-8")
    for words in (("--case", "q0", "--out", "o.gif"), ("--case", "no", "--out", "o.png")):
        assert dikast(ranked, "plot", "r.dikast", *words).returncode == 2


@pytest.mark.parametrize("kind", ["compare", "rank"])
def test_a_run_that_was_stopped_goes_on_by_its_kind(tmp_path: Path, kind: str) -> None:
    cases = write(tmp_path / "c.jsonl", *(row(n, "rome", "paris") for n in range(2)))
    spec = Panel.embedded("preference").spec
    options = RankOptions(model="copeland", seed=5)
    work = Work.model_validate({"kind": kind, "options": options})
    asyncio.run(begin(spec, Source(cases), tmp_path / "r.dikast", work=work)).close()
    done = dikast(tmp_path, "resume", "r.dikast")
    assert done.returncode in {0, 1}
    with RunFile.open(tmp_path / "r.dikast", readonly=True) as run:
        assert run.counts()["todo"] == 0
        if kind == "rank":
            assert {r.model for r in run.rankings()} == {"copeland"}
    again = dikast(tmp_path, "resume", "r.dikast")
    assert "nothing to do" in again.stderr or again.returncode in {0, 1}


def test_a_salvaged_run_keeps_its_rankings(ranked: Path, tmp_path: Path) -> None:
    salvage(ranked / "r.dikast", tmp_path / "s.dikast")
    with (
        RunFile.open(ranked / "r.dikast", readonly=True) as old,
        RunFile.open(tmp_path / "s.dikast", readonly=True) as new,
    ):
        assert list(new.rankings()) == list(old.rankings())


def test_comparisons_name_winners_and_score_judges(tmp_path: Path) -> None:
    done = dikast(tmp_path, "compare", str(EXAMPLES / "pairs.jsonl"), "--out", "p.dikast")
    assert done.returncode in {0, 1}
    assert "bridge: 1978 is preferred, margin 1.00" in done.stdout
    assert "against labels: judgebench" in done.stdout
    assert "Leaderboard of the panel: 3 systems over 4 cases" in done.stdout
    with RunFile.open(tmp_path / "p.dikast", readonly=True) as run:
        shares = {row.item: row.win_rate.value for row in boards(played(run))["panel"].rows}
        assert (shares["beta"], shares["alpha"]) == (0.0, 0.75)
        right = panel_accuracy(run)
        assert (right.value, right.n) == (0.5, 4)
    assert "Who" not in done.stderr
    again = dikast(tmp_path, "compare", str(EXAMPLES / "pairs.jsonl"), "--json", "--limit", "2")
    rows = [json.loads(line) for line in again.stdout.splitlines()]
    assert {r["case_id"]: r["winner"] for r in rows[:-1]}["bridge"] == "1978"
    assert set(rows[-1]["summary"]) == {"outcomes", "panel_accuracy", "judges", "leaderboards"}
    reranked = dikast(tmp_path, "decide", "p.dikast", "--model", "bradley_terry")
    assert "bradley_terry" in reranked.stdout


@pytest.mark.parametrize(
    ("label", "meant"),
    [("x", "a"), ("y", "b"), ("first", "a"), ("B", "b"), ("tie", "tie"), ("z", "abstain"),
     (1, "abstain"), (None, "abstain")],
)  # fmt: skip
def test_what_a_label_names(label: str | int | None, meant: str) -> None:
    both = (Candidate(id="x", text="1"), Candidate(id="y", text="2"))
    labels = {} if label is None else {"preferred": label}
    assert label_of(Case(id="q", candidates=both, labels=labels)) == meant


def test_a_label_that_is_an_id_means_the_id() -> None:
    both = (Candidate(id="b", text="1"), Candidate(id="a", text="2"))
    assert label_of(Case(id="q", candidates=both, labels={"preferred": "b"})) == "a"


def test_the_best_of_a_case_takes_a_knockout(tmp_path: Path) -> None:
    write(tmp_path / "c.jsonl", row(0, "rome", "paris", "near"))
    done = dikast(tmp_path, "rank", "c.jsonl", "--best-of", "--json")
    found = json.loads(done.stdout.splitlines()[0])
    assert (found["schedule"], found["pairs_asked"], found["reheard"]) == ("knockout", 2, 0)


def test_what_a_ranking_will_cost_is_told_beforehand(tmp_path: Path) -> None:
    names = [f"n{k}" for k in range(12)]
    write(tmp_path / "c.jsonl", row(0, *names))
    words = ("rank", "c.jsonl", "-j", "openai/gpt-4o", "--dry-run", "--json")
    told = json.loads(dikast(tmp_path, *words).stdout)
    # 24 pairs of 66 (twice the candidates), two orders, one judge
    assert told["least"]["calls"] == 48
    assert told["most"]["calls"] > 48
    everything = json.loads(dikast(tmp_path, *words, "--schedule", "all_pairs").stdout)
    assert everything["least"]["calls"] == 132
    assert list(tmp_path.glob("*.dikast")) == []


@pytest.mark.parametrize(
    ("words", "names", "told"),
    [
        pytest.param(("rank",), ("rome",), "1 candidates", id="one-candidate"),
        pytest.param(("rank",), ("rome", "rome"), "c.jsonl:1", id="duplicate-ids"),
        pytest.param(("compare",), ("rome", "paris", "near"), "two candidates", id="three-to-pair"),
        pytest.param(("rank", "-s", "swis"), ("rome", "paris"), "swiss", id="schedule"),
        pytest.param(("rank", "-m", "davdson"), ("rome", "paris"), "davidson", id="model"),
        pytest.param(
            ("rank", "-r", "groundedness"), ("rome", "paris"), "preference", id="rubric-of-scores"
        ),
        pytest.param(
            ("compare", "-r", "helpfulness"), ("rome", "paris"), "preference", id="scores-to-pair"
        ),
        pytest.param(("rank", "--pairs", "0"), ("rome", "paris"), "--pairs", id="no-pairs"),
    ],
)
def test_bad_input_is_refused_before_anything_is_stored(
    tmp_path: Path, words: tuple[str, ...], names: tuple[str, ...], told: str
) -> None:
    write(tmp_path / "c.jsonl", row(0, *names))
    command, *options = words
    done = dikast(tmp_path, command, "c.jsonl", *options)
    assert done.returncode == 2, done.stdout + done.stderr
    assert told in done.stderr
    assert list(tmp_path.glob("*.dikast")) == []


def test_the_example_runs(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / "ranking.py"), str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        env={name: value for name, value in os.environ.items() if name != "DISPLAY"},
    )
    assert done.returncode == 0, done.stderr
    assert "best of 4:" in done.stdout
    assert (tmp_path / "outcomes.png").stat().st_size > 10_000
