"""`import`, `reparse` and `export --ballots`: what they print."""

from __future__ import annotations

import asyncio
import json as json_
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from pydantic import JsonValue

from dikast import prompts
from dikast.cli.exits import say
from dikast.cli.judging import free_name
from dikast.importing import ImportPlan, ImportSummary, import_judgements
from dikast.minutes import visible
from dikast.records.ballot_export import write_ballots
from dikast.records.runfile import RunFile
from dikast.records.scale_text import parse_scale
from dikast.rereading import Changes, reread, rows, told, write_reread
from dikast.types import Rubric


def import_files(
    name: str,
    files: Sequence[Path],
    out: Path | None,
    *,
    labels: Path | None,
    partial: bool,
    judge: str | None,
    scale: str | None,
    rubric: str | None,
    keep: str | None,
    reparse: str | None,
    json: bool,
) -> None:
    """Make a run file and say what is in it."""
    plan = ImportPlan(
        format=name,
        files=files,
        judge=judge,
        scale=None if scale is None else parse_scale(scale),
        rubric=None if rubric is None else _rubric(rubric),
        labels=labels,
        partial=partial,
        keep=tuple(name for part in (keep or "").split(",") if (name := part.strip())),
        reparse=reparse,
    )
    path = out or free_name(Path(files[0].name.removesuffix(".gz")))
    done = asyncio.run(import_judgements(plan, path))
    if json:
        facts = asdict(done) | {"run": str(path)}
        del facts["changes"]
        print(json_.dumps(facts, ensure_ascii=False))
        if done.changes is not None:
            _print_rows(done.changes)
    else:
        _tell(done)
        if done.changes is not None:
            print("\n" + visible(told(done.changes)))
    say(f"read it with: dikast show {path}")


def _rubric(name: str) -> Rubric:
    if name.endswith(".toml"):
        return prompts.load_rubric(Path(name))
    return prompts.rubric(name)


def _tell(done: ImportSummary) -> None:
    names = ", ".join(done.judges[:10]) + (", …" if len(done.judges) > 10 else "")
    print(f"{done.ballots} ballots of {len(done.judges)} judges on {done.cases} cases")
    print(f"judges: {names}")
    print(f"without a vote: {done.abstentions}; cases with a label: {done.labelled}")
    for note in done.notes:
        say("note: " + visible(note))


def _print_rows(changes: Changes) -> None:
    for row in rows(changes):
        print(json_.dumps(row, ensure_ascii=False))


def reparse_run(path: Path, name: str, out: Path | None, *, json: bool) -> None:
    """Read raw replies again; with `out`, keep what follows from it."""
    with RunFile.open(path, readonly=True) as run:
        if out is None:
            changes, cases = reread(run, name)
            for _ in cases:
                pass
        else:
            note: dict[str, JsonValue] = {
                "format": "dikast",
                "files": [{"name": path.name}],
                "reparsed": name,
            }
            changes = asyncio.run(write_reread(run, name, out, note))
    if json:
        _print_rows(changes)
    else:
        print(visible(told(changes)))
    total = changes.total().counts
    changed = total["other"] + total["lost"] + total["found"]
    say(f"{changed} of {total.total()} ballots differ; no call was made")
    if out is not None:
        say(f"read it with: dikast show {out}")


def export_ballots(path: Path, out: Path) -> None:
    """Write the standing ballots of a run in the generic form."""
    with RunFile.open(path, readonly=True) as run:
        number = write_ballots(run, out)
    say(f"{number} ballots written to {out}")
