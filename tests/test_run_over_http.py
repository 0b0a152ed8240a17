"""Whole runs through the command line, litellm and real HTTP: faults, kills, Ctrl-C, resume."""

from __future__ import annotations

import json
import signal
import time
from collections import Counter
from pathlib import Path

from dikast.records.runfile import RunFile
from dikast.types import Reason
from tests.soak import (
    JUDGE,
    await_requests,
    dikast,
    dikast_here,
    ground,
    judge,
    kill_over_and_over,
    stored,
)

CASES = 120


def test_a_bad_day(tmp_path: Path) -> None:
    """5 % 429, 2 % 500, 2 % unreadable and one judge that hangs: every case ends in one state."""
    with ground(tmp_path, CASES, hanging=True) as where:
        process = judge(where, "--json")
        out, err = process.communicate(timeout=300)
        counts = where.counts()
    assert process.returncode in {0, 1}, err
    rows = [json.loads(line) for line in out.splitlines()]
    assert sorted(row["case_id"] for row in rows) == sorted(f"c{n}" for n in range(CASES))
    with RunFile.open(tmp_path / "run.dikast", readonly=True) as run:
        states = run.counts()
        verdicts = list(run.verdicts())
    assert states["todo"] == 0
    assert sum(states[s] for s in ("decided", "abstained", "failed")) == CASES == len(verdicts)
    assert states["decided"] > CASES * 0.6
    assert all(v.reason is not None for v in verdicts if v.status != "decided")
    # The hanging judge was rested: it cost a few deadlines, not one per case.
    assert counts.by_model["cid"] < CASES / 2
    silent = Counter(
        b.abstention.reason
        for v in verdicts
        for b in v.transcript.ballots
        if b.seat == "cid" and b.abstention is not None
    )
    assert set(silent) <= {Reason.TIMEOUT, Reason.UNAVAILABLE}
    assert silent[Reason.UNAVAILABLE] > CASES / 2
    assert all("cid" in v.missing for v in verdicts)
    assert counts.responder_errors == ()


def test_killed_and_resumed(tmp_path: Path) -> None:
    with ground(tmp_path, 60, hanging=False, concurrency=1, latency=0.03) as where:
        found = kill_over_and_over(where, 3, seed=1)
    assert found.kills >= 2
    assert found.lost == 0
    assert found.exit_code in {0, 1}
    # Only what was in flight may come again: one request per judge and kill.
    assert found.repeated <= found.kills * 3
    with RunFile.open(tmp_path / "run.dikast", readonly=True) as run:
        assert run.counts()["todo"] == 0


def test_ctrl_c_ends_in_order_and_resume_finishes(tmp_path: Path) -> None:
    with ground(tmp_path, 80, hanging=False, concurrency=2, latency=0.05) as where:
        process = judge(where)
        await_requests(where, process, 20)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
        assert process.returncode == 130
        assert "dikast resume run.dikast" in err
        kept, answers = stored(where.run)
        asked = where.counts().requests
        rest = dikast(where, "resume", "run.dikast")
        rest.communicate(timeout=120)
        assert rest.returncode in {0, 1}
        final, _ = stored(where.run)
        assert len(final) == 80
        assert {case: final[case] for case in kept} == kept
        assert where.counts().repeated == ()
    assert asked >= answers


def test_ctrl_c_twice_leaves_at_once(tmp_path: Path) -> None:
    with ground(tmp_path, 8, hanging=False, latency=30.0) as where:
        process = judge(where)
        await_requests(where, process, 3)
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)  # the model answers nothing meanwhile
        assert process.returncode == 130
    found, _ = stored(tmp_path / "run.dikast")  # the file can be read, as after kill -9
    assert found == {}


def test_a_resume_under_another_configuration_is_refused(tmp_path: Path) -> None:
    changes = [
        ("cases.jsonl", "number 3.", "number three.", "`c3`"),
        ("panel.toml", "openai/ann", "openai/eve", "judge `ann`: model"),
        ("panel.toml", "Is it good?", "Is it bad?", "criterion `quality`: question"),
        ("panel.toml", "timeout = 4.0", "sampling = { temperature = 0.5 }", "temperature"),
    ]
    with ground(tmp_path, 6, hanging=False) as where:
        dikast_here(where, *JUDGE)
        before = where.counts().requests
        assert before >= 18
        for name, old, new, words in changes:
            path = tmp_path / name
            text = path.read_text(encoding="utf-8")
            path.write_text(text.replace(old, new), encoding="utf-8")
            again = dikast_here(where, "resume", "run.dikast", "--panel", "panel.toml")
            assert (again.exit_code, words in again.stderr) == (2, True), again.stderr
            path.write_text(text, encoding="utf-8")
        # How patiently an answer is fetched is no part of what a run is.
        path.write_text(text.replace("timeout = 4.0", "timeout = 9.0"), encoding="utf-8")
        again = dikast_here(where, "resume", "run.dikast", "--panel", "panel.toml")
        assert again.exit_code in {0, 1}, again.stderr
        assert where.counts().requests == before


def test_a_budget_of_calls_stops_the_run_and_resume_goes_on(tmp_path: Path) -> None:
    with ground(tmp_path, 20, hanging=False) as where:
        done = dikast_here(where, *JUDGE, "--budget", "15calls")
        assert done.exit_code == 3, done.stderr
        assert where.counts().requests <= 16
        rest = dikast_here(where, "resume", "run.dikast")
        assert rest.exit_code in {0, 1}, rest.stderr
        assert where.counts().repeated == ()


def test_a_dry_run_sends_nothing_and_tells_the_price(tmp_path: Path) -> None:
    with ground(tmp_path, 5, hanging=False) as where:
        words = ("judge", "cases.jsonl", "--panel", "panel.toml", "--dry-run", "--json")
        done = dikast_here(where, *words)
        assert done.exit_code == 0, done.stderr
        found = json.loads(done.stdout)
        assert (found["cases"], found["least"]["calls"]) == (5, 15)
        assert 0 < found["least"]["cost"] < found["most"]["cost"]
        assert where.counts().requests == 0
