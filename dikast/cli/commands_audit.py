"""`dikast audit`: how far each judge can be trusted."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from dikast.cli.app import app
from dikast.cli.exits import guarded
from dikast.cli.options import Budget, Deadline, DryRun, Json, Workers


@app.command()
@guarded
def audit(
    source: Annotated[
        Path,
        typer.Argument(
            help="A run file, or recorded judgements (.jsonl, .csv, .parquet).", show_default=False
        ),
    ],
    labels: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--labels",
            "-l",
            help="Labels by case: .jsonl, .csv, .parquet; adjudicated: people's answers there.",
        ),
    ] = None,
    partial: Annotated[
        bool, typer.Option("--partial", help="Pass over labels of cases that were not judged.")
    ] = False,
    format: Annotated[  # noqa: A002 - the word a user types
        str,
        typer.Option(
            "--format", "-f", help="Of a file that is no run file (`dikast list imports`)."
        ),
    ] = "generic",
    scale: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--scale", help="Of such a file's scores: 1..5, yes_no, preference, bad<good."
        ),
    ] = None,
    ballots: Annotated[
        str,
        typer.Option("--ballots", help="first (private votes) or standing (after deliberation)."),
    ] = "first",
    by: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--by", help="A field of the cases (category, subset, system): figures by its values."
        ),
    ] = None,
    plots: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--plots", help="A folder for pictures (.png)."),
    ] = None,
    probe: Annotated[
        bool,
        typer.Option(
            "--probe", help="Judge copies changed in ways that should not matter; costs calls."
        ),
    ] = False,
    probes: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--probes", help="Which, with commas (`dikast list probes`).  [default: all]"),
    ] = None,
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=1, help="With --probe: most cases.")
    ] = 60,
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--out", "-o", help="With --probe: folder of its runs.  [default: RUN.probes]"
        ),
    ] = None,
    budget: Budget = None,
    dry_run: DryRun = False,
    workers: Workers = None,
    deadline: Deadline = None,
    seed: Annotated[int, typer.Option("--seed", help="Of resampling, folds and probes.")] = 0,
    json: Json = False,
) -> None:
    """Audit recorded judgements: accuracy, order, bias, calibration, and what to fix first."""
    from dikast.cli.auditing import Form, Probing, audit_source

    probing = None
    if probe or probes:
        names = [name.strip() for name in (probes or "").split(",") if name.strip()]
        probing = Probing(names or None, limit, out, budget, dry_run, workers, deadline)
    audit_source(
        source,
        labels,
        partial=partial,
        form=Form(format, scale),
        ballots=ballots,
        by=by,
        plots=plots,
        probing=probing,
        seed=seed,
        json=json,
    )
