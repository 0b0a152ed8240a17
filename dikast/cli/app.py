"""The root command, and the commands that judge, compare, rank and read runs.

What they do lives in the modules they import when called. Further commands stand in
`commands_*.py`, one file per topic; `every` brings all of them together.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

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
    Subject,
    Summary,
    Workers,
)

app = typer.Typer(
    name="dikast",
    help="Panels of LLM judges that deliberate and return verdicts with confidence and dissent.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
panel_app = typer.Typer(help="Check a panel, or estimate what it costs.", no_args_is_help=True)
app.add_typer(panel_app, name="panel")


def _version(value: bool) -> None:
    if value:
        from dikast import __version__

        print(f"dikast {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Panels of LLM judges that deliberate and return verdicts with confidence and dissent."""


@app.command()
@guarded
def judge(
    cases: Cases,
    panel: PanelFile = None,
    model: Models = None,
    rubric: RubricOption = None,
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
    """Judge one response per case by a panel that deliberates."""
    from dikast.cli.judging import Job, dry, start
    from dikast.cli.reporting import Reports
    from dikast.gates import Demands
    from dikast.running import Source

    reports = Reports(Demands(fail_under, None, fail_case_under), junit_xml, summary)
    job = Job(budget, workers, deadline, json, reports)
    source = Source(cases, limit, number=number_rows)
    if dry_run:
        dry(source, panel, model, rubric, json=json)
    else:
        start(source, panel, model, rubric, out=out, job=job)


@app.command()
@guarded
def compare(
    cases: Cases,
    panel: PanelFile = None,
    model: Models = None,
    rubric: RubricOption = None,
    out: Out = None,
    budget: Budget = None,
    dry_run: DryRun = False,
    limit: Limit = None,
    number_rows: NumberRows = False,
    workers: Workers = None,
    deadline: Deadline = None,
    json: Json = False,
    fail_under: FailUnder = None,
    subject: Subject = None,
    junit_xml: JunitXml = None,
    summary: Summary = None,
) -> None:
    """Compare the two candidates of each case, both presentation orders for every judge."""
    from dikast.cli.judging import Job, dry, start
    from dikast.cli.reporting import Reports
    from dikast.gates import Demands
    from dikast.graphs.work import Work
    from dikast.running import Source

    reports = Reports(Demands(fail_under, subject), junit_xml, summary)
    job = Job(budget, workers, deadline, json, reports)
    work = Work(kind="compare")
    source = Source(cases, limit, number=number_rows)
    if dry_run:
        dry(source, panel, model, rubric, json=json, work=work)
    else:
        start(source, panel, model, rubric, out=out, job=job, work=work)


@app.command()
@guarded
def rank(
    cases: Cases,
    panel: PanelFile = None,
    judge: Models = None,
    rubric: RubricOption = None,
    schedule: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--schedule",
            "-s",
            help="all_pairs, merge, swiss, adaptive, knockout or listwise.  "
            "[default: all_pairs up to 8 candidates, else adaptive]",
        ),
    ] = None,
    pairs: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(
            "--pairs", min=1, help="Most pairs per case.  [default: 20 % of all, if adaptive]"
        ),
    ] = None,
    rehear: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(
            "--rehear", min=0, help="Most pairs on cycles to hear again per case.  [default: 10]"
        ),
    ] = None,
    model: Annotated[
        str,
        typer.Option(
            "--model",
            "-m",
            help="davidson, bradley_terry, rao_kupper, lapse, borda, copeland, kemeny or "
            "ranked_pairs.",
        ),
    ] = "davidson",
    seed: Annotated[int, typer.Option("--seed", help="Of the schedule and the intervals.")] = 0,
    best_of: Annotated[
        bool, typer.Option("--best-of", help="Only find the best candidate, by a knockout.")
    ] = False,
    out: Out = None,
    budget: Budget = None,
    dry_run: DryRun = False,
    limit: Limit = None,
    number_rows: NumberRows = False,
    workers: Workers = None,
    deadline: Deadline = None,
    json: Json = False,
    fail_under: FailUnder = None,
    subject: Subject = None,
    junit_xml: JunitXml = None,
    summary: Summary = None,
) -> None:
    """Rank the 2 to 1,000 candidates of each case, with as few pairs as the data allow."""
    from dikast.cli.judging import Job, dry, start
    from dikast.cli.ranking import rank_options
    from dikast.cli.reporting import Reports
    from dikast.gates import Demands
    from dikast.graphs.work import Work
    from dikast.running import Source

    reports = Reports(Demands(fail_under, subject), junit_xml, summary)
    options = rank_options(schedule, pairs, rehear, model, seed, best_of=best_of)
    job = Job(budget, workers, deadline, json, reports)
    work = Work(kind="rank", options=options)
    source = Source(cases, limit, number=number_rows)
    if dry_run:
        dry(source, panel, judge, rubric, json=json, work=work)
    else:
        start(source, panel, judge, rubric, out=out, job=job, work=work)


@app.command()
@guarded
def resume(
    run: RunFileArgument,
    panel: PanelFile = None,
    budget: Budget = None,
    workers: Workers = None,
    deadline: Deadline = None,
    json: Json = False,
    fail_under: FailUnder = None,
    fail_case_under: FailCaseUnder = None,
    subject: Subject = None,
    junit_xml: JunitXml = None,
    summary: Summary = None,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Judge failed cases again.")
    ] = False,
) -> None:
    """Go on with a run that was stopped or killed; nothing answered is asked again."""
    from dikast.cli.judging import Job, go_on
    from dikast.cli.reporting import Reports
    from dikast.gates import Demands

    reports = Reports(Demands(fail_under, subject, fail_case_under), junit_xml, summary)
    job = Job(budget, workers, deadline, json, reports)
    go_on(run, panel, job=job, retry_failed=retry_failed)


@app.command()
@guarded
def show(
    run: RunFileArgument,
    case: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--case", "-c", help="Id of the case; without it, all in short."),
    ] = None,
    json: Json = False,
) -> None:
    """Read a run: one case as minutes of a meeting, or all verdicts in short."""
    from dikast.cli.reading import show_run

    show_run(run, case, json=json)


@app.command()
@guarded
def decide(
    run: RunFileArgument,
    rule: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--rule", help="Name of the rule."),
    ] = None,
    param: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--param", help="A parameter of the rule, as NAME=VALUE."),
    ] = None,
    labels: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--labels",
            help="Labels for a fitted rule (adjudicated: people's answers); else the cases' own.",
        ),
    ] = None,
    quorum: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option("--quorum", min=1, help="Votes needed per criterion."),
    ] = None,
    model: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--model", "-m", help="Rank recorded outcomes by this model instead."),
    ] = None,
    calibration: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--calibration", help="Decide by a file that `calibrate` wrote."),
    ] = None,
    json: Json = False,
) -> None:
    """Decide a run's recorded ballots by another rule, or rank by another model; no call."""
    from dikast.cli.ranking import rerank_run
    from dikast.cli.reading import decide_run
    from dikast.errors import ConfigError

    if sum(given is not None for given in (rule, model, calibration)) != 1:
        raise ConfigError(
            "give one of `--rule`, `--model` and `--calibration`.", hint="--model is for rankings."
        )
    if calibration is not None:
        from dikast.cli.calibrating import decide_calibrated

        decide_calibrated(run, calibration, quorum, json=json)
    if model is not None:
        rerank_run(run, model, json=json)
    elif rule is not None:
        decide_run(run, rule, param or [], quorum, labels, json=json)


@app.command()
@guarded
def plot(
    run: RunFileArgument,
    out: Annotated[Path, typer.Option("--out", "-o", help="Picture to write: .png or .svg.")],
    case: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--case", "-c", help="Id of the case; without it, the leaderboard."),
    ] = None,
    what: Annotated[
        str, typer.Option("--what", help="outcomes (who beat whom, cycles marked) or ranking.")
    ] = "ranking",
) -> None:
    """Draw a ranking with its intervals, or the outcomes behind it, without a display."""
    from dikast.cli.plotting import plot_run

    plot_run(run, case, what, out)


@app.command()
@guarded
def export(
    run: RunFileArgument,
    out: Annotated[
        Path, typer.Argument(help="verdicts.jsonl or .csv to write; of a RAG run also .html.")
    ],
    ballots: Annotated[
        bool,
        typer.Option("--ballots", help="Write the ballots instead: .jsonl, .csv or .parquet."),
    ] = False,
    claims: Annotated[
        bool, typer.Option("--claims", help="Of a RAG run: one row per claim.")
    ] = False,
    labels: Annotated[
        bool, typer.Option("--labels", help="What people settled, as a file of labels.")
    ] = False,
    answers: Annotated[
        bool, typer.Option("--answers", help="Every answer of a person, with its `rater`.")
    ] = False,
    as_: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--as", help="Training data: sft (chats) or preferences (chosen, rejected)."),
    ] = None,
    min_confidence: Annotated[
        float, typer.Option("--min-confidence", min=0, max=1, help="With --as: of a decision.")
    ] = 0.8,
    min_gap: Annotated[
        float,
        typer.Option("--min-gap", min=0, max=1, help="With --as preferences: margin or distance."),
    ] = 0.5,
    baselines: Annotated[
        bool, typer.Option("--baselines", help="With --as: rule-backed judges' reasons too.")
    ] = False,
) -> None:
    """Write a run's verdicts as a flat table, or its ballots, claims, labels or training data."""
    if sum((ballots, claims, labels, answers, as_ is not None)) > 1:
        from dikast.errors import ConfigError

        raise ConfigError(
            "--ballots, --claims, --labels, --answers and --as exclude each other.",
            hint="Write one file after the other.",
        )
    if as_ is not None:
        from dikast.cli.reading import export_training
        from dikast.training import Bar

        export_training(run, out, as_, Bar(min_confidence, min_gap, baselines))
    elif labels or answers:
        from dikast.cli.reading import export_answers

        export_answers(run, out, labels=labels)
    elif ballots:
        from dikast.cli.importing import export_ballots

        export_ballots(run, out)
    else:
        from dikast.cli.reading import export_run

        export_run(run, out, claims=claims)


@app.command()
@guarded
def salvage(
    run: RunFileArgument,
    out: Annotated[Path, typer.Argument(help="A new run file for what can be read.")],
) -> None:
    """Copy what can still be read of a damaged run file into a new one."""
    from dikast.cli.reading import salvage_run

    salvage_run(run, out)


@app.command(name="list")
@guarded
def list_(
    what: Annotated[
        str,
        typer.Argument(
            help="judges, rules, detectors, rubrics, formats, imports, probes or prompts."
        ),
    ],
) -> None:
    """List what is there to choose from."""
    from dikast.cli.reading import list_names

    list_names(what)


@app.command()
@guarded
def graph(
    name: Annotated[str, typer.Argument(help="deliberation, pairwise, rag or ranking.")],
    panel: PanelFile = None,
) -> None:
    """Print a graph as Mermaid text, drawn offline."""
    from dikast.cli.reading import print_graph

    print_graph(name, panel)


@panel_app.command()
@guarded
def check(
    panel: Annotated[Path, typer.Argument(help="panel.toml.", show_default=False)],
) -> None:
    """Prove a panel without a call: names, keys, rubric, rule, quorum."""
    from dikast.cli.panels import check_file

    check_file(panel)


@panel_app.command()
@guarded
def estimate(
    panel: Annotated[Path, typer.Argument(help="panel.toml.", show_default=False)],
    cases: Cases,
    limit: Limit = None,
    number_rows: NumberRows = False,
    json: Json = False,
) -> None:
    """Predict the calls, tokens and cost of judging cases, without a call."""
    from dikast.cli.judging import dry
    from dikast.running import Source

    dry(Source(cases, limit, number=number_rows), panel, None, None, json=json)
