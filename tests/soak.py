"""A panel on a bad day: real HTTP, planned faults, a hanging judge, and kills at random moments."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from typer.testing import CliRunner, Result

from dikast.cli.every import app
from dikast.records.runfile import RunFile
from dikast.testing import Counts, ServerProcess

CRITERION = """
[rubric]
id = "planted"
[[rubric.criteria]]
id = "quality"
question = "Is it good?"
scale = { kind = "integer", low = 1, high = 5 }
"""
JUDGES = {"ann": 0.9, "bob": 0.8, "cid": 0.7}
JUDGE = ("judge", "cases.jsonl", "--panel", "panel.toml", "--out", "run.dikast")
"""The words that begin the run."""
FAULTS = {"rate_limit": 0.05, "500": 0.02, "prose": 0.02}


class Ground(NamedTuple):
    """One set-up: cases and panel on disk, a server to judge by."""

    folder: Path
    server: ServerProcess
    cases: int

    @property
    def run(self) -> Path:
        """The run file."""
        return self.folder / "run.dikast"

    def counts(self) -> Counts:
        """What the server saw."""
        return self.server.counts()


@contextmanager
def ground(
    folder: Path, cases: int, *, hanging: bool, concurrency: int = 16, latency: float = 0.0
) -> Iterator[Ground]:
    """Write cases and panel, start the server."""
    with (folder / "cases.jsonl").open("w", encoding="utf-8") as file:
        for number in range(cases):
            text = f"Answer number {number}."
            row: dict[str, Any] = {"id": f"c{number}", "question": f"Question {number}?"}
            row |= {"candidates": [{"id": "response", "text": text}]}
            file.write(json.dumps(row) + "\n")
    faults: dict[str, Any] = {"share": FAULTS, "latency": latency}
    if hanging:
        faults["by_model"] = {"cid": {"share": {"hang": 1.0}}}
    script = {
        "world": {
            "cases_file": str(folder / "cases.jsonl"),
            "criteria": [
                {
                    "id": "quality",
                    "question": "Is it good?",
                    "scale": {"kind": "integer", "low": 1, "high": 5},
                }
            ],
        },
        "judges": {name: {"accuracy": a, "conformity": 0.3} for name, a in JUDGES.items()},
        "faults": faults,
    }
    with ServerProcess(script) as server:
        _write_panel(folder / "panel.toml", server.base_url, concurrency)
        yield Ground(folder, server, cases)


def _write_panel(path: Path, base_url: str, concurrency: int) -> None:
    seats = "".join(
        f'[[judges]]\nname = "{name}"\nmodel = "openai/{name}"\napi_base = "{base_url}"\n'
        f"timeout = 4.0\nmax_concurrency = {concurrency}\n"
        "price = { input = 1.0, output = 2.0 }\n"
        for name in JUDGES
    )
    path.write_text('name = "soak"\n' + seats + CRITERION, encoding="utf-8")


def dikast(where: Ground, *words: str) -> subprocess.Popen[str]:
    """Start the command line in the folder."""
    environment = {k: v for k, v in os.environ.items() if not k.endswith("_API_KEY")}
    return subprocess.Popen(
        [sys.executable, "-m", "dikast", *words],
        cwd=where.folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def dikast_here(where: Ground, *words: str) -> Result:
    """Run the command line in this process: litellm, which takes seconds to import, is there."""
    with chdir(where.folder):
        done = CliRunner().invoke(app, list(words))
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


def judge(where: Ground, *more: str) -> subprocess.Popen[str]:
    """Begin the run."""
    return dikast(where, *JUDGE, *more)


def await_requests(where: Ground, process: subprocess.Popen[str], number: int) -> None:
    """Wait until the server saw as many requests; a process that ended says why instead."""
    patience = time.monotonic() + 60
    while where.counts().requests < number:
        if process.poll() is not None:
            _, err = process.communicate(timeout=60)
            raise AssertionError(f"ended with {process.returncode} before request {number}: {err}")
        assert time.monotonic() < patience, f"no {number} requests in a minute"
        time.sleep(0.02)


def stored(path: Path) -> tuple[dict[str, str], int]:
    """Verdicts by case and the number of answers that are on disk."""
    with RunFile.open(path, readonly=True) as run:
        return {v.case_id: v.to_json() for v in run.verdicts()}, run.calls()


class Killing(NamedTuple):
    """What became of a run that was killed over and over."""

    kills: int
    lost: int
    """Verdicts that were on disk at some kill and are gone or changed at the end."""
    repeated: int
    """Requests whose very body had been answered before."""
    requests: int
    exit_code: int


def kill_over_and_over(where: Ground, kills: int, *, seed: int, patience: float = 240) -> Killing:
    """Kill -9 a run at random moments of its work, resume each time, then let it end.

    The last resumption must end within `patience` seconds.
    """
    rng = random.Random(seed)
    kept: dict[str, str] = {}
    process = judge(where)
    killed = 0
    while killed < kills:
        before = where.counts().requests
        until = time.monotonic() + 60
        while where.counts().requests == before and process.poll() is None:
            assert time.monotonic() < until, "no request was sent"
            time.sleep(0.02)
        time.sleep(rng.uniform(0.0, 1.0))
        if process.poll() is not None:
            break
        process.kill()
        process.communicate(timeout=60)
        killed += 1
        found, _ = stored(where.run)
        kept |= found
        process = dikast(where, "resume", "run.dikast")
    process.communicate(timeout=patience)
    final, _ = stored(where.run)
    counts = where.counts()
    return Killing(
        killed,
        sum(final.get(case) != verdict for case, verdict in kept.items()),
        len(counts.repeated),
        counts.requests,
        process.returncode,
    )
