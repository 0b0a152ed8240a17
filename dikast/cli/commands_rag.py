"""`rag` and `self-answers`: answers over passages, and what judges know themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from dikast.cli.app import app
from dikast.cli.exits import guarded
from dikast.cli.options import (
    Budget,
    Cases,
    Deadline,
    DryRun,
    FailCaseUnder,
    FailUnder,
    Json,
    JunitXml,
    Limit,
    Models,
    NumberRows,
    Out,
    PanelFile,
    RubricOption,
    RunFileArgument,
    Summary,
    Workers,
)


@app.command()
@guarded
def rag(
    cases: Cases,
    panel: PanelFile = None,
    judge: Models = None,
    rubric: RubricOption = None,
    against: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--against", help="A second case file: another pipeline's answers, paired by id."
        ),
    ] = None,
    html: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--html", help="Write a page on which each claim links to its quotation."),
    ] = None,
    tolerance: Annotated[
        float,
        typer.Option(
            "--tolerance",
            min=0,
            max=1,
            help="Two answers are equal on a level within this share of its scale.",
        ),
    ] = 0.05,
    out: Out = None,
    budget: Budget = None,
    dry_run: DryRun = False,
    limit: Limit = None,
    number_rows: NumberRows = False,
    workers: Workers = None,
    deadline: Deadline = None,
    json: Json = False,
    fail_under: FailUnder = None,
    fail_case_under: FailCaseUnder = None,
    junit_xml: JunitXml = None,
    summary: Summary = None,
) -> None:
    """Evaluate answers over passages, claim by claim, with quotations that must occur.

    A case holds one answer, or two to compare. The rubric (pack `rag`, or `rag_full`) puts
    refusal validity before faithfulness before completeness before conciseness.
    """
    from dikast.cli.judging import Job, dry, start
    from dikast.cli.reporting import Reports
    from dikast.errors import ConfigError
    from dikast.gates import Demands
    from dikast.graphs.work import Work
    from dikast.running import Source
    from dikast.types import RagOptions

    if against is not None and number_rows:
        raise ConfigError(
            "`--against` pairs cases by `id`, and `--number-rows` says that they have none.",
            hint="Give both pipelines' answers to a question one `id`.",
        )
    work = Work(kind="rag", rag=RagOptions(tolerance=tolerance))
    source = Source(cases, limit, against, number_rows)
    if dry_run:
        dry(source, panel, judge, rubric, json=json, work=work)
        return
    reports = Reports(Demands(fail_under, None, fail_case_under), junit_xml, summary)
    job = Job(budget, workers, deadline, json, reports, html)
    start(source, panel, judge, rubric, out=out, job=job, work=work)


@app.command(name="self-answers")
@guarded
def self_answers(run: RunFileArgument, json: Json = False) -> None:
    """Agreement of judges with labels, apart for questions they answered rightly themselves.

    For runs of panels whose protocol has `self_answer = true`, over cases with a reference and
    labels.
    """
    from dikast.cli.rag import tell_self_answers

    tell_self_answers(run, json=json)
