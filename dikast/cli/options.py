"""Arguments and options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

Cases = Annotated[
    Path, typer.Argument(help="Cases: .jsonl, .csv, .parquet, or a folder.", show_default=False)
]
PanelFile = Annotated[
    Optional[Path],  # noqa: UP045 - typer reads this at run time
    typer.Option("--panel", "-p", help="panel.toml; without it the embedded panel judges."),
]
Models = Annotated[
    Optional[list[str]],  # noqa: UP045
    typer.Option(
        "--judge", "-j", help="A model as litellm names it; repeat for more seats. No panel file."
    ),
]
RubricOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--rubric", "-r", help="A rubric pack's name, or a rubric.toml."),
]
Limit = Annotated[
    Optional[int],  # noqa: UP045
    typer.Option("--limit", "-n", min=1, help="Take only the first N cases."),
]
NumberRows = Annotated[
    bool, typer.Option("--number-rows", help="Call a case without an id by its place, from 1.")
]
Budget = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--budget", "-b", help="Spend at most 5usd, 500calls or 2Mtok on this run."),
]
Workers = Annotated[
    Optional[int],  # noqa: UP045
    typer.Option("--workers", "-w", min=1, help="Cases in flight.  [default: 16]"),
]
Deadline = Annotated[
    Optional[float],  # noqa: UP045
    typer.Option("--deadline", min=1, help="End the run after so many seconds."),
]
Json = Annotated[bool, typer.Option("--json", help="JSON lines, one per case, on stdout.")]
FailUnder = Annotated[
    Optional[float],  # noqa: UP045
    typer.Option(
        "--fail-under",
        help="Exit with 4 if the mean score of the decided cases is below this; on pairs, if "
        "--for won a smaller share of them.",
    ),
]
FailCaseUnder = Annotated[
    Optional[float],  # noqa: UP045
    typer.Option(
        "--fail-case-under", help="Exit with 4 if the score of any decided case is below this."
    ),
]
Subject = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--for", help="The candidate or system that --fail-under is about, on pairs."),
]
JunitXml = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option("--junit-xml", help="Write a test case per case, and per gate, to this file."),
]
Summary = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(
        "--summary", help="Write a Markdown summary to this file; auto: the one of GitHub Actions."
    ),
]
RunFileArgument = Annotated[Path, typer.Argument(help="A run file.", show_default=False)]
Out = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option("--out", "-o", help="The run file to make.  [default: CASES.dikast]"),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Predict calls and cost; send nothing.")]
