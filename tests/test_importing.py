"""Imported judgements as run files: what they hold, what may be done with them, what may not."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from dikast.agents.seating import seat_judge
from dikast.cli.every import app
from dikast.deciding import decide_again
from dikast.errors import ConfigError, InputError
from dikast.importing import ImportPlan, ImportSummary, import_judgements, label_text
from dikast.records.ballot_export import write_ballots
from dikast.records.ballot_files import read_table
from dikast.records.labels import label_on
from dikast.records.runfile import RunFile
from dikast.records.tables import table_of_run
from dikast.running import take_up
from dikast.types import (
    Criterion,
    IntegerScale,
    JudgeSpec,
    OrdinalScale,
    PreferenceScale,
    ProtocolSpec,
    RealScale,
    Rubric,
    Scale,
    YesNoScale,
)
from tests.runfiles import go
from tests.test_imports_formats import ALPACA, ARENA_V1, FLAT, JUDGEBENCH, PAIRED, SINGLE, lines
from tests.test_imports_tables import HOSTILE, PAIRS, SINGLES, same, written


def made(folder: Path, kind: str, *files: Path, **fields: Any) -> tuple[Path, ImportSummary]:
    out = folder / "run.dikast"
    return out, go(import_judgements(ImportPlan(format=kind, files=files, **fields), out))


def dikast(*args: object) -> Any:
    return CliRunner().invoke(app, [str(arg) for arg in args])


@pytest.mark.parametrize(
    ("rows", "kind"),
    [pytest.param(PAIRS, "compare", id="pairs"), pytest.param(SINGLES, "judge", id="singles")],
)
def test_a_run_holds_the_table_of_its_file(
    tmp_path: Path, rows: list[dict[str, Any]], kind: str
) -> None:
    path = written(tmp_path, "jsonl", rows)
    out, done = made(tmp_path, "generic", path)
    with RunFile.open(out, readonly=True) as run:
        assert run.identity.kind == kind
        assert run.sealed
        assert same(table_of_run(run), read_table(path))
    assert done.ballots == len(rows)
    assert done.abstentions == sum(row.get("score", row.get("verdict")) is None for row in rows)


@pytest.mark.parametrize("suffix", ["jsonl", "parquet", "csv"])
@pytest.mark.parametrize(
    "rows", [pytest.param(PAIRS, id="pairs"), pytest.param(SINGLES, id="singles")]
)
def test_exported_ballots_read_back_as_the_same_table(
    tmp_path: Path, rows: list[dict[str, Any]], suffix: str
) -> None:
    out, _ = made(tmp_path, "generic", written(tmp_path, "jsonl", rows))
    target = tmp_path / f"ballots.{suffix}"
    with RunFile.open(out, readonly=True) as run:
        assert write_ballots(run, target) == len(rows)
        table = table_of_run(run)
    assert same(read_table(target), table)
    assert same(read_table(target, columnar=False), table)
    assert same(read_table(out, "dikast"), table)


@given(
    votes=st.lists(
        st.tuples(
            st.sampled_from(["c1", "c2"]),
            st.sampled_from(["ann", "bob"]),
            st.booleans(),
            st.sampled_from([-1, 0, 1, None]),
        ),
        min_size=1,
        max_size=8,
        unique_by=lambda vote: vote[:3],
    )
)
def test_runs_round_trip(
    tmp_path_factory: pytest.TempPathFactory, votes: list[tuple[str, str, bool, int | None]]
) -> None:
    folder = tmp_path_factory.mktemp("r")
    rows = [
        {"case": case, "judge": judge, "swapped": swapped, "score": score}
        for case, judge, swapped, score in votes
    ]
    out, done = made(folder, "generic", written(folder, "jsonl", rows))
    with RunFile.open(out, readonly=True) as run:
        table = table_of_run(run)
        write_ballots(run, folder / "b.jsonl")
    assert same(read_table(folder / "b.jsonl"), table)
    both = all((c, j, not s) in {v[:3] for v in votes} for c, j, s, _ in votes)
    assert done.orders == ("both" if both else "one")


@pytest.mark.parametrize(
    ("name", "row"),
    [
        pytest.param("judgebench", JUDGEBENCH, id="judgebench"),
        pytest.param("alpaca_eval", ALPACA, id="alpaca_eval"),
        pytest.param("fastchat", SINGLE, id="fastchat-single"),
        pytest.param("fastchat", PAIRED, id="fastchat-pair"),
        pytest.param("arena_hard", ARENA_V1, id="arena_hard"),
        pytest.param("llmbar", FLAT, id="llmbar"),
    ],
)
def test_every_format_becomes_a_run(tmp_path: Path, name: str, row: dict[str, Any]) -> None:
    path = lines(tmp_path / "f.jsonl", row)
    out, _ = made(tmp_path, name, path)
    with RunFile.open(out, readonly=True) as run:
        assert same(table_of_run(run), read_table(path, name))
        assert run.counts()["todo"] == 0
        note = run.notes["recorded"]
        assert isinstance(note, dict)
        assert note["format"] == name
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        assert note["files"] == [
            {"name": "f.jsonl", "sha256": digest, "bytes": path.stat().st_size}
        ]
        panel = run.identity.panel
        assert panel is not None
        assert all(judge.model.startswith("imported/") for judge in panel.judges)


def test_raw_replies_are_kept(tmp_path: Path) -> None:
    out, _ = made(tmp_path, "judgebench", lines(tmp_path / "f.jsonl", JUDGEBENCH))
    with RunFile.open(out, readonly=True) as run:
        (verdict,) = run.verdicts()
    shown = {b.presentation: b.raw for b in verdict.transcript.ballots}
    assert shown == {("A", "B"): "\n[[A>>B]]", ("B", "A"): "\n[[A>B]]"}
    assert verdict.score == 0  # the first slot both times: a tie after folding


def test_the_rule_decides_and_another_may(tmp_path: Path) -> None:
    rows = [
        {"case": "c", "judge": judge, "score": score, "scale": "1..5"}
        for judge, score in (("a", 1), ("b", 2), ("c", 5))
    ]
    out, _ = made(tmp_path, "generic", written(tmp_path, "jsonl", rows))
    with RunFile.open(out, readonly=True) as run:
        panel = run.identity.panel
        assert panel is not None
        ((before, after),) = decide_again(run, panel, "mean", {}, None)
    assert before.criteria[0].score == 2
    assert after.criteria[0].score == pytest.approx(8 / 3)


def test_one_order_counts_for_itself(tmp_path: Path) -> None:
    rows = [{"case": "c", "judge": "a", "winner": "b", "swapped": True}]
    out, done = made(tmp_path, "generic", written(tmp_path, "jsonl", rows))
    with RunFile.open(out, readonly=True) as run:
        (verdict,) = run.verdicts()
    assert verdict.score == -1
    assert any("both orders" in note for note in done.notes)


RUBRIC = Rubric(
    id="r",
    criteria=(
        Criterion(id="tone", question="Kind?", scale=IntegerScale(low=1, high=5)),
        Criterion(id="other", question="?", scale=YesNoScale()),
    ),
)


def test_a_rubric_gives_scales_and_leaves_out_what_nobody_judged(tmp_path: Path) -> None:
    rows = [{"case": "c", "judge": "a", "score": 4, "criterion": "tone"}]
    out, _ = made(tmp_path, "generic", written(tmp_path, "jsonl", rows), rubric=RUBRIC)
    with RunFile.open(out, readonly=True) as run:
        panel = run.identity.panel
        assert panel is not None
        assert [c.question for c in panel.rubric.criteria] == ["Kind?"]


def test_a_rubric_without_the_criterion_is_refused(tmp_path: Path) -> None:
    rows = [{"case": "c", "judge": "a", "score": 4, "criterion": "style", "scale": "1..5"}]
    with pytest.raises(ConfigError, match=r"has no criterion `style`.*`tone`, `other`"):
        made(tmp_path, "generic", written(tmp_path, "jsonl", rows), rubric=RUBRIC)


def test_labels_take_the_place_of_those_in_the_file(tmp_path: Path) -> None:
    path = lines(tmp_path / "f.jsonl", FLAT)
    labels = tmp_path / "items.csv"
    labels.write_text("item_id,gold\nllmbar-natural-000,2\nanother,1\n")
    with pytest.raises(InputError, match="unknown cases: `another`"):
        made(tmp_path, "llmbar", path, labels=labels)
    out, done = made(tmp_path, "llmbar", path, labels=labels, partial=True)
    assert done.labelled == 1
    with RunFile.open(out, readonly=True) as run:
        assert table_of_run(run).truth.tolist() == [[-1]]
        case = run.case("llmbar-natural-000")
    assert case is not None
    assert case.labels == {"preferred": "second"}


@pytest.mark.parametrize(
    ("scale", "scores"),
    [
        pytest.param(PreferenceScale(), [-1, 0, 1], id="pairs"),
        pytest.param(PreferenceScale(levels=5), [-2, -1, 0, 1, 2], id="five-steps"),
        pytest.param(YesNoScale(), [0, 1], id="yes-no"),
        pytest.param(OrdinalScale(labels=("poor", "good")), [0, 1], id="labels"),
        pytest.param(RealScale(), [0.25], id="numbers"),
    ],
)
def test_labels_as_cases_carry_them_read_back(scale: Scale, scores: list[float]) -> None:
    assert [label_on(scale, label_text(scale, score)) for score in scores] == scores


def test_nobody_is_asked_again(tmp_path: Path) -> None:
    out, _ = made(tmp_path, "fastchat", lines(tmp_path / "f.jsonl", SINGLE))
    with pytest.raises(ConfigError, match="holds recorded ballots"):
        go(take_up(out))
    done = dikast("resume", out, "--retry-failed")
    assert done.exit_code == 2
    assert "cannot be asked again" in done.stderr
    with pytest.raises(ConfigError, match="nobody can ask it again"):
        seat_judge(JudgeSpec(name="a", model="imported/gpt-4"), ProtocolSpec())


def test_nothing_is_made_if_a_row_is_wrong(tmp_path: Path) -> None:
    path = lines(tmp_path / "f.jsonl", SINGLE, SINGLE | {"model": "m", "score": 11})
    with pytest.raises(InputError):
        made(tmp_path, "fastchat", path)
    assert not (tmp_path / "run.dikast").exists()


def test_texts_that_are_not_in_the_file_have_no_length(tmp_path: Path) -> None:
    out, _ = made(tmp_path, "fastchat", lines(tmp_path / "f.jsonl", PAIRED))
    with RunFile.open(out, readonly=True) as run:
        assert np.isnan(table_of_run(run).lengths).all()


def test_a_contradiction_across_files_names_both(tmp_path: Path) -> None:
    one = lines(tmp_path / "one.jsonl", SINGLE)
    two = lines(tmp_path / "two.jsonl", SINGLE)
    with pytest.raises(InputError, match=r"`gpt-4` voted twice.*first in .*one.jsonl:1") as caught:
        made(tmp_path, "fastchat", one, two)
    assert str(caught.value.path).endswith("two.jsonl")


# --- the command line ----------------------------------------------------------------------------


def test_import_show_decide_export(tmp_path: Path) -> None:
    path, out = written(tmp_path, "csv", SINGLES), tmp_path / "r.dikast"
    done = dikast("import", "generic", path, "--out", out)
    assert done.exit_code == 0, done.stderr
    assert "36 ballots of 3 judges on 3 cases" in done.stdout
    assert "judge `a/b cot` is called `a_b cot` here" in done.stderr
    assert dikast("show", out).exit_code == 0
    assert dikast("show", out, "--case", "c1").exit_code == 0
    assert dikast("decide", out, "--rule", "mean").exit_code == 0
    assert dikast("export", out, tmp_path / "v.csv").exit_code == 0
    again = dikast("export", out, tmp_path / "b.jsonl", "--ballots")
    assert again.exit_code == 0
    assert same(read_table(tmp_path / "b.jsonl"), read_table(path))


def test_import_as_json(tmp_path: Path) -> None:
    path = lines(tmp_path / "f.jsonl", SINGLE)
    done = dikast("import", "fastchat", path, "-o", tmp_path / "r.dikast", "--json")
    facts = json.loads(done.stdout)
    assert (facts["ballots"], facts["judges"], facts["orders"]) == (1, ["gpt-4"], "none")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        pytest.param(["import", "fastchatt", "F"], "Did you mean `fastchat`", id="format"),
        pytest.param(["import", "llmbar", "F"], ":1: .*looks like `fastchat`", id="other"),
        pytest.param(["import", "fastchat", "absent.jsonl"], "no such file", id="absent"),
        pytest.param(["import", "fastchat", "F", "--scale", "big"], "is no scale", id="scale"),
        pytest.param(["import", "fastchat", "F", "--scale", "1..5"], "whole|outside", id="off"),
        pytest.param(["import", "fastchat", "F", "--rubric", "nope"], "nope", id="rubric"),
        pytest.param(["import", "fastchat", "F", "--labels", "F"], "names no case", id="labels"),
        pytest.param(["import", "fastchat", "F", "--reparse", "arena_hard"], "cannot", id="fit"),
        pytest.param(["import", "fastchat", "F", "--reparse", "x"], "unknown format", id="reader"),
    ],
)  # fmt: skip
def test_mistakes_end_with_2_and_say_what_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, args: list[str], message: str
) -> None:
    import re

    monkeypatch.chdir(tmp_path)
    path = str(lines(tmp_path / "f.jsonl", SINGLE))
    done = dikast(*[path if arg == "F" else arg for arg in args], "-o", "r.dikast")
    assert done.exit_code == 2
    assert re.search(message, done.stderr), done.stderr
    assert not Path("r.dikast").exists()


def test_hostile_names_are_told_escaped(tmp_path: Path) -> None:
    rows = [{"case": HOSTILE, "judge": HOSTILE, "score": 9, "scale": "1..5"}]
    done = dikast("import", "generic", written(tmp_path, "jsonl", rows), "-o", tmp_path / "r")
    assert done.exit_code == 2
    rows[0]["score"] = 3
    done = dikast("import", "generic", written(tmp_path, "jsonl", rows), "-o", tmp_path / "r")
    assert done.exit_code == 0
    for text in (done.stdout, done.stderr, dikast("show", tmp_path / "r").stdout):
        assert "\x1b" not in text
        assert "\u202e" not in text
