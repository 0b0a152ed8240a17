"""`dikast import` and `dikast reparse`: recorded judgements, and raw replies read again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from dikast.cli.app import app
from dikast.cli.exits import guarded
from dikast.cli.options import RunFileArgument

Reparse = Annotated[
    Optional[str],  # noqa: UP045 - typer reads this at run time
    typer.Option("--reparse", help="Read raw replies again by this reply format."),
]


@app.command(name="import")
@guarded
def import_(
    format: Annotated[  # noqa: A002 - the word of the command line
        str, typer.Argument(help="A name of `dikast list imports`.", show_default=False)
    ],
    files: Annotated[list[Path], typer.Argument(help="Recorded judgements.", show_default=False)],
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--out", "-o", help="The run file to make.  [default: FILE.dikast]"),
    ] = None,
    labels: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--labels", "-l", help="Labels by case, in place of those in the files."),
    ] = None,
    partial: Annotated[
        bool, typer.Option("--partial", help="The labels may be of more cases.")
    ] = False,
    judge: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--judge", "-j", help="Who judged, where the files name nobody."),
    ] = None,
    scale: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--scale", help="1..5, 0.0..1.0, yes_no, preference5 or poor<fair<good."),
    ] = None,
    rubric: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--rubric", "-r", help="A rubric pack's name, or a rubric.toml."),
    ] = None,
    keep: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--keep", help="Further fields to keep for `audit --by`, with commas."),
    ] = None,
    reparse: Reparse = None,
    json: Annotated[bool, typer.Option("--json", help="What was read, as JSON lines.")] = False,
) -> None:
    """Make a run file of judgements that another tool recorded; no call is made."""
    from dikast.cli.importing import import_files

    import_files(
        format,
        files,
        out,
        labels=labels,
        partial=partial,
        judge=judge,
        scale=scale,
        rubric=rubric,
        keep=keep,
        reparse=reparse,
        json=json,
    )


@app.command()
@guarded
def reparse(
    run: RunFileArgument,
    format: Annotated[  # noqa: A002
        str, typer.Option("--format", "-f", help="A reply format.", show_default=False)
    ],
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--out", "-o", help="A new run file for the verdicts that follow."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="JSON lines, one per judge.")] = False,
) -> None:
    """Read a run's raw replies again by another reply format, and say what changes; no call."""
    from dikast.cli.importing import reparse_run

    reparse_run(run, format, out, json=json)
