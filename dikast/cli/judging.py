"""`judge`, `resume` and `--dry-run`."""

from __future__ import annotations

import asyncio
import gc
import json as json_
import signal
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import typer

from dikast.adapters.tracing import trace_from_environment
from dikast.cli import exits
from dikast.cli.comparing import close_comparisons, tell_comparison
from dikast.cli.exits import say
from dikast.cli.progress import Progress
from dikast.cli.rag import close_rags, tell_rag
from dikast.cli.ranking import close_rankings, tell_ranking
from dikast.cli.reporting import Reports
from dikast.cli.signals import signals
from dikast.errors import ConfigError, RunStopped, StoreError
from dikast.gates import gates, mean_score
from dikast.graphs.court import needs_models
from dikast.graphs.runner import WORKERS
from dikast.graphs.stopper import Stopper
from dikast.graphs.work import Kind, Work
from dikast.minutes import spent, summary
from dikast.records.export import flat
from dikast.records.runfile import RunFile
from dikast.running import JUDGING, Limits, Source, begin, carry_out, take_up
from dikast.types import Case, PanelSpec, Usage, Verdict


class Job(NamedTuple):
    """How one sitting of a run is to proceed and be told."""

    budget: str | None = None
    workers: int | None = None
    deadline: float | None = None
    json: bool = False
    reports: Reports = Reports()
    html: Path | None = None
    """Where answers over passages are written as a page; None for nowhere."""


class _Tally:
    """What a sitting came to."""

    def __init__(self) -> None:
        self.usage = Usage()
        self.error: RunStopped | StoreError | None = None
        self.signal: int | None = None
        self._frozen = False

    def signalled(self, number: int) -> None:
        """Note the signal that ends the run."""
        self.signal = number

    def first_verdict(self) -> None:
        """Set aside what was imported by now, once.

        litellm and langgraph leave hundreds of thousands of objects that live to the end; the
        collector would walk them again and again: about a sixth of our time per case.
        """
        if not self._frozen:
            self._frozen = True
            gc.collect()
            gc.freeze()


def fitting_rubric(cases: Iterable[Case]) -> str:
    """The rubric pack that fits what all cases have: passages, else references, else neither."""
    contexts = references = True
    for case in cases:
        contexts = contexts and bool(case.contexts)
        references = references and case.reference is not None
        if not contexts and not references:
            break
    return "groundedness" if contexts else "correctness" if references else "helpfulness"


def chosen_panel(
    panel: Path | None,
    models: list[str] | None,
    rubric: str | None,
    cases: Iterable[Case],
    kind: Kind = "judge",
    *,
    keys: bool = True,
) -> PanelSpec:
    """The panel that the options name; without any, the embedded one, which is said.

    `keys` says whether the keys of its models must be at hand: a dry run sends nothing.

    Raises:
        ConfigError: The options contradict each other, or name something that is not there.
    """
    from dikast.api import Panel
    from dikast.config import check_panel

    if panel is not None and models:
        raise ConfigError("`--panel` and `--judge` exclude each other.", hint="Give one of them.")
    usual = {"judge": "helpfulness", "rag": "rag"}.get(kind, "preference")
    if panel is not None:
        spec = Panel.load(panel).spec
        if rubric is not None:
            spec = Panel.with_rubric(spec, rubric)
    elif models:
        spec = Panel(models, rubric=rubric or usual).spec
    else:
        chosen = rubric or (fitting_rubric(cases) if kind == "judge" else usual)
        spec = Panel.embedded(chosen).spec
        say(
            f"No --panel and no --judge: the embedded panel judges by `{chosen}`. It is "
            "rule-backed, needs no model, and is a baseline."
        )
    for warning in check_panel(spec, models=needs_models(spec), keys=keys):
        say(f"warning: {warning}")
    return spec


def free_name(cases: Path) -> Path:
    """A run file beside nothing: `CASES.dikast` in the working directory, numbered if taken."""
    stem = cases.stem or "run"
    path, number = Path(f"{stem}.dikast"), 1
    while path.exists():
        number += 1
        path = Path(f"{stem}-{number}.dikast")
    return path


def start(
    source: Source,
    panel: Path | None,
    models: list[str] | None,
    rubric: str | None,
    *,
    out: Path | None,
    job: Job,
    work: Work = JUDGING,
) -> None:
    """Begin a run and carry it out."""
    spec = chosen_panel(panel, models, rubric, source.first(), work.kind)
    job.reports.check(work.kind, source.first())
    path = out or free_name(source.cases)

    async def whole() -> None:
        run = await begin(spec, source, path, work=work)
        with run:
            await _sit(run, spec, path, job)

    asyncio.run(whole())


def go_on(path: Path, panel: Path | None, *, job: Job, retry_failed: bool) -> None:
    """Carry out what is left of a run."""
    from dikast.api import Panel

    now = None if panel is None else Panel.load(panel).spec

    async def rest() -> None:
        run, spec = await take_up(path, now)
        with run:
            job.reports.check(run.identity.kind, run.cases())
            if retry_failed:
                again = await run.reopen_failed()
                say(f"{again} failed cases are judged again")
            await _sit(run, spec, path, job)

    asyncio.run(rest())


async def _sit(run: RunFile, spec: PanelSpec, path: Path, job: Job) -> None:
    """One sitting: judge what is to do, tell it, leave with the right code."""
    trace_from_environment()
    before = run.counts()
    tally, stopper = _Tally(), Stopper()
    limits = Limits(job.workers or WORKERS, job.budget, job.deadline)
    done = before["cases"] - before["todo"]
    with (
        Progress(before["cases"], done, calls=needs_models(spec)) as bar,
        signals(stopper, tally.signalled),
    ):
        try:
            async for verdict in carry_out(
                run, spec, limits=limits, stopper=stopper, on_event=bar.event
            ):
                tally.first_verdict()
                tally.usage += verdict.usage
                _tell(run, verdict, spec, job)
                bar.case()
        except (RunStopped, StoreError) as error:
            tally.error = error
    raise typer.Exit(_close(run, spec, path, tally, job))


def _tell(run: RunFile, verdict: Verdict, spec: PanelSpec, job: Job) -> None:
    if run.identity.kind == "rank":
        tell_ranking(run, verdict, json=job.json)
    elif run.identity.kind == "compare":
        tell_comparison(verdict, spec, json=job.json)
    elif run.identity.kind == "rag":
        tell_rag(run, verdict, spec, json=job.json)
    elif job.json:
        print(json_.dumps(flat(verdict), ensure_ascii=False), flush=True)
    else:
        print("\n".join(summary(verdict, spec.rubric)), flush=True)


def _close(run: RunFile, spec: PanelSpec, path: Path, tally: _Tally, job: Job) -> int:
    """Tell what the run came to and give the exit code."""
    counts = run.counts()
    kind = run.identity.kind
    if kind == "rank":
        close_rankings(run, json=job.json)
    elif kind == "compare":
        close_comparisons(run, json=job.json)
    elif kind == "rag":
        close_rags(run, spec, json=job.json)
    mean, decided = mean_score(run) if kind in ("judge", "rag") else (None, 0)
    parts = [f"{counts[k]} {k.replace('_', ' ')}" for k in counts if k != "cases" and counts[k]]
    say(f"{counts['cases']} cases: " + (", ".join(parts) or "nothing to do"))
    if mean is not None:
        say(f"mean score {mean:.3f} over the {decided} decided cases")
    say(f"this sitting: {spent(tally.usage)}")
    if tally.error is not None:
        say(f"stopped early: {tally.error}")
    _tell_next(counts, path, kind)
    found = gates(run, job.reports.demands)
    for gate in found:
        say(gate.told)
    if job.html is not None:
        from dikast.rag_export import write_page

        say(f"{write_page(run, spec, job.html)} cases written to {job.html}")
    job.reports.write(run, stopped=None if tally.error is None else str(tally.error))
    if tally.signal is not None:
        return exits.TERMINATED if tally.signal == signal.SIGTERM else exits.INTERRUPTED
    if tally.error is not None or counts["todo"]:
        return exits.STOPPED
    if not all(gate.met for gate in found):
        return exits.GATE
    return exits.DECIDED if counts["decided"] == counts["cases"] else exits.UNDECIDED


def _tell_next(counts: dict[str, int], path: Path, kind: str) -> None:
    """Say what can be done with the run now."""
    if counts["awaiting_adjudication"] and kind in ("judge", "compare"):
        say(f"answer what waits with: dikast adjudicate {path}")
    if counts["todo"]:
        say(f"go on with: dikast resume {path}")
    else:
        say(f"read it with: dikast show {path}")


def dry(
    source: Source,
    panel: Path | None,
    models: list[str] | None,
    rubric: str | None,
    *,
    json: bool,
    work: Work = JUDGING,
) -> None:
    """Predict what a run would take."""
    from dikast.graphs.estimate import estimate, estimate_ranking
    from dikast.graphs.rag_estimate import estimate_rag

    spec = chosen_panel(panel, models, rubric, source.first(), work.kind, keys=False)
    work.check_panel(spec)
    if work.kind == "rank":
        found = asyncio.run(estimate_ranking(spec, work.options, source.first()))
    elif work.kind == "rag":
        both = source.read(remote=spec.remote_images)
        found = asyncio.run(estimate_rag(spec, work.rag, both))
    else:
        found = asyncio.run(estimate(spec, source.first()))
    if json:
        record = {
            "cases": found.cases,
            "least": found.least.model_dump(),
            "most": found.most.model_dump(),
            "unpriced": list(found.unpriced),
        }
        print(json_.dumps(record))
        return
    print(f"{found.cases} cases")
    print(f"at least: {spent(found.least)}")
    print(f"at most:  {spent(found.most)}")
    if found.unpriced:
        print("no known price: " + ", ".join(found.unpriced) + " (state it under `price`)")
    sys.stdout.flush()
