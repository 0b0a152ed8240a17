"""`dikast calibrate`: weights, confidence and intervals from recorded ballots and labels."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from dikast.cli.app import app
from dikast.cli.exits import guarded
from dikast.cli.options import RunFileArgument


@app.command()
@guarded
def calibrate(
    run: RunFileArgument,
    labels: Annotated[
        Optional[Path],  # noqa: UP045 - typer reads this at run time
        typer.Option(
            "--labels",
            "-l",
            help="Labels by case; adjudicated: people's answers.  [default: those in the cases]",
        ),
    ] = None,
    rule: Annotated[
        str,
        typer.Option("--rule", help="How weights are fitted; `own` keeps the panel's rule."),
    ] = "auto",
    folds: Annotated[int, typer.Option("--folds", min=2, help="Folds of cross-validation.")] = 5,
    repeats: Annotated[int, typer.Option("--repeats", min=1, help="How often it is repeated.")] = 4,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of folds and intervals.")] = 0,
    alpha: Annotated[
        float, typer.Option("--alpha", help="Share of intervals around scores that may miss.")
    ] = 0.1,
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--out", "-o", help="File to write.  [default: RUN.calibration.json]"),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Everything as one JSON object.")] = False,
) -> None:
    """Fit a panel's weights, confidence and intervals on labels, and say whether it helps."""
    from dikast.cli.calibrating import calibrate_file
    from dikast.stats.panel_fit import Plan

    plan = Plan(folds=folds, repeats=repeats, seed=seed)
    raise typer.Exit(calibrate_file(run, labels, rule, plan, alpha, out, json=json))
