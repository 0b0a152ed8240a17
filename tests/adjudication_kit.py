"""Runs that wait for people, and a desk at which a script sits; no test lives here."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import chdir
from pathlib import Path
from typing import Any, NamedTuple

from typer.testing import CliRunner

from dikast.adjudication.choosing import Wanted, choose
from dikast.adjudication.sitting import Sat, Sitting
from dikast.cli.every import app
from dikast.records.runfile import RunFile
from dikast.types import PanelSpec, ProtocolSpec, Scale, YesNoScale
from tests.calibration_kit import spec, write_run

WAITS = ProtocolSpec(on_low_confidence="adjudicate", low_confidence=0.7)

SURE, SPLIT = {"ann": 1.0, "bob": 1.0, "cy": 1.0}, {"ann": 1.0, "bob": 1.0, "cy": 0.0}
"""Votes on yes or no of which a panel is sure, and of which it is not."""


def panel(scale: Scale | None = None, **fields: Any) -> PanelSpec:
    return spec(scale=scale or YesNoScale(), **({"protocol": WAITS} | fields))


def waiting(
    path: Path, votes: Sequence[dict[str, float]] = (SPLIT, SURE, SPLIT), **fields: Any
) -> Path:
    """A run of cases c0000, c0001, … with these votes."""
    return write_run(path, panel(**fields), list(votes))


class Done(NamedTuple):
    returncode: int
    stdout: str
    stderr: str


def dikast(folder: Path, *words: str) -> Done:
    """A command in this process, in this folder."""
    with chdir(folder):
        done = CliRunner().invoke(app, list(words))
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Done(done.exit_code, done.stdout, done.stderr)


class Scripted:
    """A person who types these lines; `KeyboardInterrupt` stands for Ctrl-C."""

    def __init__(self, *lines: str | type[KeyboardInterrupt]) -> None:
        self.lines, self.seen = list(lines), [""]

    def ask(self, prompt: str) -> str | None:
        self.seen.append("")
        if not self.lines:
            return None
        line = self.lines.pop(0)
        if isinstance(line, str):
            return line
        raise line

    def tell(self, text: str) -> None:
        self.seen[-1] += text + "\n"


def sit(
    path: Path, desk: Scripted, *, by: str = "rita", how: dict[str, Any] | None = None, **wish: Any
) -> Sat:
    """A sitting of one person over what is to be asked."""
    with RunFile.open(path) as run:
        assert run.identity.panel is not None
        queue = choose(run, Wanted(by=by, **wish))
        return Sitting(run, run.identity.panel, by, desk, **(how or {})).hold(queue)


def rows_of_sheet(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def write_sheet(path: Path, rows: Sequence[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path
