"""`audit`: read what is to be audited, probe it if asked, tell what was found."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import NamedTuple

import typer

from dikast.audit.build import audit
from dikast.audit.pictures import draw_all
from dikast.audit.probed import probe_advice, probe_figures_of
from dikast.audit.report import AuditReport
from dikast.audit.screen import screen
from dikast.audit.source import Source, from_file, from_run, is_run
from dikast.cli import exits
from dikast.cli.exits import say
from dikast.cli.progress import Progress
from dikast.cli.signals import signals
from dikast.errors import ConfigError, RunStopped
from dikast.graphs.estimate import estimate
from dikast.graphs.runner import WORKERS
from dikast.graphs.stopper import Stopper
from dikast.minutes import spent
from dikast.probing import ProbeRun, carry_out_probes, plan, results
from dikast.records.runfile import RunFile
from dikast.records.scale_text import parse_scale
from dikast.records.tables import Which
from dikast.running import Limits
from dikast.types import Usage


class Probing(NamedTuple):
    """What is to be probed, and how."""

    names: list[str] | None
    limit: int
    out: Path | None
    budget: str | None
    dry_run: bool
    workers: int | None
    deadline: float | None


class Form(NamedTuple):
    """How a file that is no run file is to be read."""

    format: str = "generic"
    scale: str | None = None


def audit_source(
    path: Path,
    labels: Path | None,
    *,
    partial: bool,
    form: Form,
    ballots: str,
    by: str | None,
    plots: Path | None,
    probing: Probing | None,
    seed: int,
    json: bool,
) -> None:
    """Audit a file and print the report."""
    if ballots not in ("first", "standing"):
        raise ConfigError(f"`--ballots {ballots}` is neither `first` nor `standing`.")
    if probing is not None and not is_run(path):
        raise ConfigError(
            f"`{path}` is no run file, and only a run's judges can be asked again.",
            hint="Leave --probe out, or audit a run file.",
        )
    source = _read(path, labels, form, partial=partial, ballots=ballots, by=by)
    report = audit(
        source.table,
        source=str(path),
        texts=source.texts,
        raters=source.raters,
        by=by or "",
        sliced=source.slices,
        notes=source.notes,
        settled=source.settled,
        seed=seed,
    )
    code = exits.DECIDED
    if probing is not None:
        report, code = _probed(report, path, probing, seed)
    if plots is not None:
        for drawn in draw_all(report, plots):
            say(f"drawn: {drawn}")
    print(report.to_json() if json else screen(report), end="\n" if json else "", flush=True)
    if code != exits.DECIDED:
        raise typer.Exit(code)


def _read(
    path: Path, labels: Path | None, form: Form, *, partial: bool, ballots: str, by: str | None
) -> Source:
    if is_run(path):
        which: Which = "first" if ballots == "first" else "standing"
        return from_run(path, labels, ballots=which, partial=partial, by=by)
    scale = None if form.scale is None else parse_scale(form.scale)
    return from_file(path, labels, format=form.format, scale=scale, partial=partial, by=by)


def _probed(
    report: AuditReport, path: Path, probing: Probing, seed: int
) -> tuple[AuditReport, int]:
    """The report with what the probes found, and the exit code."""
    folder = probing.out or path.with_name(path.stem + ".probes")
    with RunFile.open(path, readonly=True) as run:
        runs = plan(run, folder, probing.names, limit=probing.limit, seed=seed)
        if probing.dry_run:
            _predict(runs)
            return report, exits.DECIDED
        stopped = asyncio.run(_carry_out(runs, probing))
        found = results(run, runs)
    figures = (*report.figures, *probe_figures_of(found))
    advice = (*probe_advice(found, runs), *report.advice)
    probed = report.model_copy(update={"figures": figures, "advice": advice})
    if stopped is None:
        return probed, exits.DECIDED
    say(f"probes stopped early: {stopped}; the same command goes on with them")
    return probed, exits.STOPPED


async def _carry_out(runs: list[ProbeRun], probing: Probing) -> RunStopped | None:
    limits = Limits(probing.workers or WORKERS, probing.budget, probing.deadline)
    usage, stopper = Usage(), Stopper()
    met: list[int] = []
    total = sum(len(probe.cases) for probe in runs)
    with Progress(total, 0, calls=True) as bar, signals(stopper, met.append):
        try:
            async for _, verdict in carry_out_probes(
                runs, limits=limits, stopper=stopper, on_event=bar.event
            ):
                usage += verdict.usage
                bar.case()
        except RunStopped as error:
            return error
        finally:
            say(f"probes: {spent(usage)}")
    return None


def _predict(runs: list[ProbeRun]) -> None:
    """Print what the probes would take."""
    least, most = Usage(), Usage()
    unpriced: set[str] = set()
    for probe in runs:
        found = asyncio.run(estimate(probe.spec, probe.cases))
        least, most = least + found.least, most + found.most
        unpriced |= set(found.unpriced)
        say(f"{probe.name}: {found.cases} cases, {spent(found.most)}")
    say(f"all probes, at least: {spent(least)}; at most: {spent(most)}")
    if unpriced:
        say("no known price: " + ", ".join(sorted(unpriced)) + " (state it under `price`)")
