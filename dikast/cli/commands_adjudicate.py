"""`dikast adjudicate`: people decide what the panel could not."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from dikast.cli.app import app
from dikast.cli.exits import guarded
from dikast.cli.options import RunFileArgument


@app.command()
@guarded
def adjudicate(
    run: RunFileArgument,
    by: Annotated[
        Optional[str],  # noqa: UP045 - typer reads this at run time
        typer.Option(
            "--by", help="Who answers.  [default: your login name; in a sheet its column `by`]"
        ),
    ] = None,
    abstained: Annotated[
        bool, typer.Option("--abstained", help="Also cases on which the panel abstained.")
    ] = False,
    contested: Annotated[
        bool, typer.Option("--contested", help="Also decided cases that judges contested.")
    ] = False,
    second: Annotated[
        bool, typer.Option("--second", help="Only what others answered and you did not.")
    ] = False,
    sample: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option("--sample", min=1, help="Only N cases drawn from all, for labels."),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Of --sample.")] = 0,
    case: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--case", "-c", help="Only this case; repeat for more."),
    ] = None,
    limit: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option("--limit", "-n", min=1, help="Ask about the N most useful cases."),
    ] = None,
    open_: Annotated[
        bool, typer.Option("--open", help="Show what the panel held before you answer.")
    ] = False,
    final: Annotated[
        bool, typer.Option("--final", help="Your answers settle what others differ on.")
    ] = False,
    list_: Annotated[
        bool, typer.Option("--list", help="Only list the cases that would be asked about.")
    ] = False,
    export: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--export", help="Write a work sheet (.csv or .jsonl) for people elsewhere."),
    ] = None,
    answers: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--answers", help="Read a filled-in work sheet, all of it or nothing."),
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="With --answers: change answers given before.")
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", help="With --list and --answers: JSON on stdout.")
    ] = False,
) -> None:
    """Answer what the panel could not decide; most useful first, blind to what it held."""
    from dikast.adjudication.choosing import Wanted
    from dikast.cli.adjudicating import Ways, adjudicate_run

    wanted = Wanted(
        by=by or "",
        abstained=abstained,
        contested=contested,
        second=second,
        final=final,
        sample=sample,
        seed=seed,
        cases=tuple(case or ()),
        limit=limit,
    )
    ways = Ways(open_=open_, list_=list_, export=export, answers=answers, replace=replace)
    raise typer.Exit(adjudicate_run(run, wanted, ways, json=json))
