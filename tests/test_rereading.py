"""Raw replies read again by another format: what that changes, and what it leaves."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from dikast.cli.every import app
from dikast.errors import ConfigError
from dikast.importing import ImportPlan, import_judgements
from dikast.records.runfile import RunFile
from dikast.records.tables import table_of_run
from dikast.rereading import REREAD, Changes, Rereader, What, reread, rows, told, write_reread
from dikast.testing.recorded import recorded_root
from dikast.types import Criterion, OrdinalScale, RealScale, Rubric
from tests.runfiles import go
from tests.test_imports_formats import ARENA_V1, PAIRED, SINGLE, lines


def run_of(folder: Path, kind: str, *given: Any, **fields: Any) -> RunFile:
    path = lines(folder / "f.jsonl", *given)
    out = folder / "run.dikast"
    go(import_judgements(ImportPlan(format=kind, files=[path], **fields), out))
    return RunFile.open(out, readonly=True)


def changed(run: RunFile, name: str) -> Changes:
    found, cases = reread(run, name)
    assert len(list(cases)) == run.counts()["cases"]
    return found


RATED: list[tuple[str | None, float, What]] = [
    ("said [[8.5]]. Rating: [[8.5]]", 8.5, "same"),
    ("Rating: [[7]]", 8, "other"),
    ("I would rate it a 10", 10, "lost"),
    ("Rating: [[6]]", -1, "found"),
    ("no idea", -1, "silent"),
    (None, 5, "no_text"),
]


@pytest.fixture
def rated(tmp_path: Path) -> RunFile:
    given = [
        SINGLE | {"question_id": at, "judgment": raw, "score": score}
        for at, (raw, score, _) in enumerate(RATED)
    ]
    return run_of(tmp_path, "fastchat", *given)


def test_each_kind_of_change_is_counted(rated: RunFile) -> None:
    with rated:
        found = changed(rated, "mtbench")
    counts = found.by_judge["gpt-4"].counts
    assert {what: counts[what] for _, _, what in RATED} == {what: 1 for _, _, what in RATED}
    assert found.by_judge["gpt-4"].moves == {
        ("8.00", "7.00"): 1,
        ("10.00", "abstained: malformed"): 1,
        ("abstained: malformed", "6.00"): 1,
    }
    assert found.by_judge["gpt-4"].examples["lost"] == ["2.1/vicuna-7b-v1.3"]


def test_the_table_and_the_rows_say_the_same(rated: RunFile) -> None:
    with rated:
        found = changed(rated, "mtbench")
    one, whole = rows(found)
    assert (one["judge"], whole["judge"]) == ("gpt-4", None)
    assert one["ballots"] == whole["ballots"] == 6
    assert whole["other"] == 1
    text = told(found)
    assert "8.00 -> 7.00" in text
    assert text.splitlines()[1].split() == ["gpt-4", "6", "1", "1", "1", "1", "1", "1"]


def test_what_follows_is_kept_in_a_new_run(rated: RunFile, tmp_path: Path) -> None:
    with rated:
        before = table_of_run(rated)
        go(write_reread(rated, "mtbench", tmp_path / "new.dikast", {"format": "dikast"}))
    with RunFile.open(tmp_path / "new.dikast", readonly=True) as run:
        after = table_of_run(run)
        verdict = run.verdict("1.1/vicuna-7b-v1.3")
    assert before.n == after.n == 6
    assert verdict is not None
    assert verdict.criteria[0].score == 7
    assert REREAD in verdict.transcript.ballots[0].flags
    assert verdict.transcript.ballots[0].raw == "Rating: [[7]]"


def test_reading_again_twice_changes_nothing_more(rated: RunFile, tmp_path: Path) -> None:
    with rated:
        go(write_reread(rated, "mtbench", tmp_path / "new.dikast", {}))
    with RunFile.open(tmp_path / "new.dikast", readonly=True) as run:
        counts = changed(run, "mtbench").total().counts
    assert counts["other"] == counts["lost"] == counts["found"] == 0


def test_slots_are_turned_back(tmp_path: Path) -> None:
    """In game 2 [[A]] names the model that is canonically first or second, as it was shown."""
    given = PAIRED | {
        "g1_winner": "model_1",
        "g2_winner": "model_1",
        "g1_judgment": "[[A]]",
        "g2_judgment": "[[B]]",
    }
    with run_of(tmp_path, "fastchat", given) as run:
        counts = changed(run, "mtbench").total().counts
    assert counts["same"] == 2


def test_five_steps(tmp_path: Path) -> None:
    with run_of(tmp_path, "arena_hard", ARENA_V1) as run:
        assert changed(run, "arena_hard").total().counts["same"] == 2
        with pytest.raises(ConfigError, match="cannot read votes on `overall`"):
            reread(run, "mtbench")


def test_a_format_that_cannot_ask_is_refused() -> None:
    words = OrdinalScale(labels=("poor", "good"))
    rubric = Rubric(id="r", criteria=(Criterion(id="q", question="?", scale=words),))
    with pytest.raises(ConfigError, match="cannot read votes on `q`"):
        Rereader("prometheus", rubric)


def test_on_the_command_line(tmp_path: Path) -> None:
    path = lines(tmp_path / "f.jsonl", SINGLE, SINGLE | {"question_id": 2, "score": 3})
    out = tmp_path / "r.dikast"
    args = ["import", "fastchat", str(path), "-o", str(out), "--reparse", "mtbench"]
    done = CliRunner().invoke(app, args)
    assert done.exit_code == 0
    assert "3.00 -> 8.50" in done.stdout
    again = CliRunner().invoke(app, ["reparse", str(out), "-f", "label_line", "--json"])
    assert again.exit_code == 0
    assert json.loads(again.stdout.splitlines()[-1])["lost"] == 2
    assert "2 of 2 ballots differ" in again.stderr
    kept = CliRunner().invoke(
        app, ["reparse", str(out), "-f", "label_line", "-o", str(tmp_path / "n.dikast")]
    )
    assert kept.exit_code == 0
    assert CliRunner().invoke(app, ["resume", str(tmp_path / "n.dikast")]).exit_code == 2


# --- recorded replies of real judges -------------------------------------------------------------

RECORDED = [
    pytest.param(
        "fastchat", "mtbench_single_gpt4/judgments", "mtbench", {}, {"same": 320}, id="gpt-4"
    ),
    pytest.param(
        "fastchat", "mtbench_single_weak/judgments", "mtbench", {"judge": "weak"},
        {"same": 15, "lost": 3, "silent": 62}, id="weak"
    ),
    pytest.param(
        "generic", "prd_vicuna80/raw_judgments", "label_line", {}, {"lost": 5000}, id="prd"
    ),
    pytest.param(
        "generic", "prd_vicuna80/raw_judgments", "prd", {},
        {"same": 4733, "other": 1, "lost": 266}, id="prd-by-its-own-format",
    ),
    pytest.param(
        "llmbar", "llmbar/judgments", "llmbar", {},
        {"same": 37486, "other": 195, "lost": 47, "found": 1, "silent": 87, "no_text": 4564},
        id="llmbar-by-its-own-format", marks=pytest.mark.slow,
    ),
    pytest.param(
        "llmbar", "llmbar/judgments", "label_line", {},
        {"lost": 37728, "silent": 88, "no_text": 4564}, id="llmbar", marks=pytest.mark.slow,
    ),
    pytest.param(
        "prometheus_eval", "gpt4_repeats/vicuna_eval", "prometheus", {}, {"no_text": 960},
        id="repeats",
    ),
]  # fmt: skip


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., RunFile]:
    """A recorded set as a run; each is imported once, however often it is read again."""
    folder, root = tmp_path_factory.mktemp("recorded"), recorded_root()
    if root is None:
        pytest.skip("recorded judgement sets are absent; set DIKAST_DATA to their folder")

    def run(kind: str, name: str, **fields: Any) -> RunFile:
        out = folder / f"{name.replace('/', '-')}.dikast"
        if not out.exists():
            plan = ImportPlan(format=kind, files=[root / f"{name}.jsonl.gz"], **fields)
            go(import_judgements(plan, out))
        return RunFile.open(out, readonly=True)

    return run


@pytest.mark.parametrize(("kind", "name", "reader", "fields", "expected"), RECORDED)
def test_recorded_replies(
    imported: Callable[..., RunFile],
    kind: str,
    name: str,
    reader: str,
    fields: dict[str, Any],
    expected: dict[str, int],
) -> None:
    """GPT-4's ratings are read as FastChat read them; a weak judge's prose is not guessed at."""
    if kind == "fastchat":  # one of the weak judge's ratings is 0
        fields = fields | {"scale": RealScale(low=0, high=10)}
    with imported(kind, name, **fields) as run:
        found, cases = reread(run, reader)
        for _ in cases:
            pass
    counts = found.total().counts
    assert {what: number for what, number in counts.items() if number} == expected


def test_replies_are_read_again_while_they_are_imported(tmp_path: Path) -> None:
    """By `--reparse`: the same counts, without a run of the replies as they were read first."""
    given = [
        SINGLE | {"question_id": at, "judgment": raw, "score": score}
        for at, (raw, score, _) in enumerate(RATED)
    ]
    path = lines(tmp_path / "f.jsonl", *given)
    plan = ImportPlan(format="fastchat", files=[path], reparse="mtbench")
    done = go(import_judgements(plan, tmp_path / "run.dikast"))
    assert done.changes is not None
    counts = done.changes.total().counts
    assert {what: counts[what] for _, _, what in RATED} == {what: 1 for _, _, what in RATED}
