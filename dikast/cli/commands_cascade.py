"""`dikast cascade`: a cascade from recorded ballots and labels, without a call."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Optional

import typer

from dikast.cli.app import app
from dikast.cli.exits import guarded
from dikast.cli.options import RunFileArgument


@app.command()
@guarded
def cascade(
    run: RunFileArgument,
    order: Annotated[
        str,
        typer.Option(
            "--order",
            help="Judges from cheap to strong: cheap,strong. Small panels with +: ann+bob,strong.",
            show_default=False,
        ),
    ],
    labels: Annotated[
        Optional[Path],  # noqa: UP045 - typer reads this at run time
        typer.Option("--labels", "-l", help="Labels by case.  [default: those in the cases]"),
    ] = None,
    alpha: Annotated[
        float, typer.Option("--alpha", help="Share of disagreement with labels to tolerate.")
    ] = 0.1,
    delta: Annotated[
        float, typer.Option("--delta", help="Probability with which the promise may fail.")
    ] = 0.1,
    confidence: Annotated[
        Literal["samples", "stated", "bands", "panel"],
        typer.Option("--confidence", help="Where confidence comes from."),
    ] = "samples",
    start: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option(
            "--start",
            help="First threshold to test.  [default: the highest that could pass]",
        ),
    ] = None,
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--out", "-o", help="Write the cascade here, for a panel to name."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Everything as one JSON object.")] = False,
) -> None:
    """Find from labels how sure each judge must be to decide, and what a cascade would spare."""
    from dikast.cascading import plan_of
    from dikast.cli.cascading import tell_cascade

    plan = plan_of(order, alpha=alpha, delta=delta, confidence=confidence, start=start)
    raise typer.Exit(tell_cascade(run, plan, labels, out, json=json))
