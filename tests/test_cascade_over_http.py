"""A calibrated cascade at work: real HTTP, planted judges, kills, a budget, a dry run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dikast.cascading import cascade_run, plan_of
from dikast.config import dump_panel, load_panel, save_cascade
from dikast.records.runfile import RunFile
from dikast.testing import ServerProcess, World
from dikast.types import JudgeSpec, ProtocolSpec
from tests.cascade_kit import ACCURACY, CHEAP, RIGHT, STRONG, cases, panel, recorded_run
from tests.soak import Ground, kill_over_and_over
from tests.test_cli_ranking import dikast

CASES = 60
CHEAP_CALLS, STRONG_CALLS = 3, 7
JUDGE = ("judge", "cases.jsonl", "--panel", "panel.toml", "--out", "run.dikast")


def at(spec: JudgeSpec, address: str) -> JudgeSpec:
    return spec.model_copy(update={"api_base": address, "timeout": 10.0})


@pytest.fixture(scope="module")
def calibrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cascade from 300 other cases that the same planted judges voted on in process."""
    folder = tmp_path_factory.mktemp("calibration")
    with recorded_run(folder / "r.dikast", panel(), World(cases(300, stem="k"), [RIGHT])) as run:
        found = cascade_run(run, plan_of("cheap,strong", alpha=0.05), date="2026-01-31")
    assert found.cascade.stages[0].threshold("right").at == 1.0
    save_cascade(found.cascade, folder / "x.cascade.json")
    return folder / "x.cascade.json"


@contextmanager
def ground(
    folder: Path, cascade: Path, *, latency: float = 0.0, number: int = CASES
) -> Iterator[Ground]:
    """Cases, a server of the planted judges, and a panel that names the cascade."""
    rows = [case.model_dump(mode="json", exclude_defaults=True) for case in cases(number)]
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (folder / "cases.jsonl").write_text(lines, encoding="utf-8")
    script = {
        "world": {
            "cases_file": str(folder / "cases.jsonl"),
            "criteria": [RIGHT.model_dump(mode="json")],
        },
        "judges": {name: {"accuracy": a, "by_marker": True} for name, a in ACCURACY.items()},
        "faults": {"latency": latency},
    }
    (folder / "x.cascade.json").write_bytes(cascade.read_bytes())
    with ServerProcess(script) as server:
        judges = (at(CHEAP, server.base_url), at(STRONG, server.base_url))
        plain = dump_panel(panel(*judges, protocol=ProtocolSpec(reasks=0)))
        text = 'cascade = "x.cascade.json"\n' + plain.replace(
            "[protocol]\n", '[protocol]\nseating = "cascade"\non_low_confidence = "adjudicate"\n'
        )
        (folder / "panel.toml").write_text(text, encoding="utf-8")
        yield Ground(folder, server, number)


def test_the_cascade_spends_less_than_the_strong_judge_and_keeps_its_promise(
    tmp_path: Path, calibrated: Path
) -> None:
    with ground(tmp_path, calibrated) as where:
        assert load_panel(tmp_path / "panel.toml").protocol.seating == "cascade"
        done = dikast(tmp_path, *JUDGE)
        assert done.returncode in {0, 1}, done.stderr
        assert "since the calibration" not in done.stderr
        asked = where.counts().by_model
    with RunFile.open(tmp_path / "run.dikast", readonly=True) as run:
        verdicts, states = list(run.verdicts()), run.counts()
    assert asked["cheap"] == CHEAP_CALLS * CASES
    up = [v for v in verdicts if v.criteria[0].decided_by != "cheap"]
    assert asked["strong"] == STRONG_CALLS * len(up)
    # A promise about the mean of many draws: three samples agree on 0.62 of the cases.
    assert asked["cheap"] + asked["strong"] < 0.95 * STRONG_CALLS * CASES
    assert states["todo"] == 0
    assert states["decided"] + states["awaiting_adjudication"] == CASES
    world = World(cases(CASES), [RIGHT])
    right = [
        v.criteria[0].score == world.truth(v.case_id, "right")
        for v in verdicts
        if v.score is not None
    ]
    assert len(right) > 0.8 * CASES
    assert sum(right) / len(right) > 0.85
    (note,) = verdicts[0].transcript.notes
    assert "calibrated of 2026-01-31 on 300 labelled cases" in note


def test_killed_and_resumed_nothing_answered_is_asked_again(
    tmp_path: Path, calibrated: Path
) -> None:
    with ground(tmp_path, calibrated, latency=0.05) as where:
        found = kill_over_and_over(where, 1, seed=3)
    assert found.kills == 1
    assert found.lost == 0
    # What was in flight when it was killed may come again: at most both judges' concurrency.
    assert found.repeated <= found.kills * 32
    with RunFile.open(tmp_path / "run.dikast", readonly=True) as run:
        assert run.counts()["todo"] == 0
        up = sum(v.criteria[0].decided_by != "cheap" for v in run.verdicts())
        assert run.calls() == CHEAP_CALLS * CASES + STRONG_CALLS * up


def test_a_dry_run_tells_the_range_and_a_budget_stops_in_mid_climb(
    tmp_path: Path, calibrated: Path
) -> None:
    with ground(tmp_path, calibrated) as where:
        done = dikast(tmp_path, *JUDGE[:-2], "--dry-run", "--json")
        told = json.loads(done.stdout)
        assert told["least"]["calls"] == CHEAP_CALLS * CASES, done.stderr
        assert told["most"]["calls"] == (CHEAP_CALLS + STRONG_CALLS) * CASES
        assert where.counts().requests == 0
        done = dikast(tmp_path, *JUDGE, "--budget", "100calls")
        assert done.returncode == 3, done.stderr
        assert where.counts().requests <= 100
        done = dikast(tmp_path, "resume", "run.dikast")
        assert done.returncode in {0, 1}, done.stderr
        assert where.counts().repeated == ()
        text = (tmp_path / "x.cascade.json").read_text(encoding="utf-8")
        changed = text.replace('"at": 1.0', '"at": 0.5')
        assert changed != text
        (tmp_path / "x.cascade.json").write_text(changed, encoding="utf-8")
        done = dikast(tmp_path, "resume", "run.dikast", "--panel", "panel.toml")
        assert done.returncode == 2
        assert "cascade: `stage 1 (cheap)` changed" in done.stderr
