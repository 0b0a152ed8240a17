"""A run: all cases under one configuration, kept in one run file, resumed by replay."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

from dikast import prompts
from dikast.errors import ConfigError, DeadlineReached, InputError, JudgesDead, ResumeRefused
from dikast.graphs.court import needs_models
from dikast.graphs.runner import WORKERS, run_cases
from dikast.graphs.state import Court
from dikast.graphs.stopper import Stopper
from dikast.graphs.work import Rankings, Work
from dikast.media import Images
from dikast.models.budget import Budget
from dikast.models.entries import decode
from dikast.models.gateway import ModelGateway
from dikast.records.cases import read_cases
from dikast.records.identity import CaseSetBuilder, Identity
from dikast.records.reader import RunReader
from dikast.records.runfile import RunFile
from dikast.types import Case, PanelSpec, Usage, Verdict

CASES_FROM = "cases_from"
"""Note of a run file: path of the file its cases were read from."""

IMAGES_FROM = "images_from"
"""Note of a run file: folder of its images, where that is not the folder of its case file."""

CALIBRATION = "calibration"
"""Part of a run's identity: digest of the panel's calibration."""

RANKING = "ranking"
"""Note of a run file: how its candidates are ranked; only in a run that ranks."""

RECORDED = "recorded"
"""Note of a run file whose ballots were not cast by it: where they come from."""

JUDGING = Work()
Events = Callable[..., None]


class Limits(NamedTuple):
    """How a run proceeds; none of it changes what a judge answers."""

    workers: int = WORKERS
    budget: str | None = None
    """`5usd`, `500calls` or `2Mtok` for the run as a whole, resumed sittings included."""
    deadline: float | None = None
    """Seconds on wall time for this sitting; None for no end."""


def identity_of(
    spec: PanelSpec, cases: Iterable[Case] | None = None, work: Work = JUDGING
) -> Identity:
    """What a run of this panel over these cases depends on; the cases are read once."""
    builder = CaseSetBuilder()
    for case in cases or ():
        builder.add(case)
    known = None if cases is None else builder.result()
    used = prompts.digests() if needs_models(spec) else {}
    fitted = spec.calibration
    parts = {} if fitted is None else {CALIBRATION: fitted.digest}
    return Identity.of(spec, prompts=used, cases=known, kind=work.kind, parts=parts)


def work_of(run: RunFile) -> Work:
    """What a run does with its cases.

    Raises:
        ConfigError: It is of a kind that this dikast does not know.
    """
    kind, options = run.identity.kind, run.notes.get(RANKING)
    try:
        return Work.model_validate({"kind": kind, "options": options or {}})
    except ValueError:
        raise ConfigError(f"`{run.path}` is a run of kind `{kind}`, which is unknown.") from None


def check_fit(spec: PanelSpec, cases: Iterable[Case], work: Work = JUDGING) -> int:
    """Prove that every case can be judged by this rubric, before anything is stored or paid.

    Returns:
        How many cases there are.

    Raises:
        ConfigError: The rubric does not fit what is to be done.
        InputError: A case does not fit, or there is none.
    """
    work.check_panel(spec)
    number = 0
    for case in cases:
        work.check_case(case, spec)
        number += 1
    if not number:
        raise InputError("there is no case to judge.")
    return number


async def begin(
    spec: PanelSpec, cases: Path, out: Path, *, limit: int | None = None, work: Work = JUDGING
) -> RunFile:
    """Make a run file and store its cases; nothing is judged yet.

    Args:
        spec: The panel.
        cases: A case file; it is read twice, and refused as a whole if one line is wrong.
        out: The run file to make.
        limit: Take only the first so many cases.
        work: What is to be done with them.

    Raises:
        InputError: The cases are wrong or do not fit the rubric.
        StoreError: The run file exists or cannot be written.
    """
    images = images_of(cases, remote=spec.remote_images)
    try:
        check_fit(spec, map(images.hashed, read_cases(cases, limit=limit)), work)
    except InputError as error:
        raise InputError(
            error.message, hint=error.hint, path=error.path or str(cases), line=error.line
        ) from None
    run = RunFile.create(out, identity_of(spec, work=work))
    try:
        if work.kind == "rank":
            await run.note(RANKING, work.options.model_dump(mode="json"))
        await run.note(CASES_FROM, {"path": str(cases.resolve()), "limit": limit})
        await run.add_cases(map(images.hashed, read_cases(cases, limit=limit)))
        await run.seal()
    except BaseException:
        run.close()
        raise
    return run


def images_of(cases: Path, *, remote: bool = False) -> Images:
    """The images of a case file's cases: they lie in its folder, or below it."""
    return Images(cases if cases.is_dir() else cases.parent, remote=remote)


async def take_up(path: Path, spec: PanelSpec | None = None) -> tuple[RunFile, PanelSpec]:
    """Open a run file to go on with it, if nothing that it depends on has changed.

    The case file is compared too where it still stands; a run whose case file is gone goes on
    from the cases it stored.

    Args:
        path: The run file.
        spec: The panel as it is now (from a `panel.toml`); None for the one the run was made with.

    Raises:
        ResumeRefused: Cases, prompts, rubric, models or sampling changed; says what.
        StoreError: The run file cannot be opened.
    """
    run = RunFile.open(path)
    try:
        if RECORDED in run.notes:
            raise ConfigError(
                f"`{path}` holds recorded ballots, whose judges cannot be asked again.",
                hint="Read it with show, decide, export or audit; judge cases in a run of its own.",
            )
        made_with = run.identity.panel
        if spec is None and (made_with is None or run.identity.withheld):
            kept_back = ", ".join(f"`{name}`" for name in run.identity.withheld)
            told = f"holds back {kept_back}, which may be secret" if kept_back else "tells no panel"
            raise ConfigError(f"the run file {told}.", hint="Pass the panel with --panel.")
        panel = spec or made_with
        assert panel is not None
        source = run.notes.get(CASES_FROM)
        cases: Path | None = None
        limit: Any = None
        if isinstance(source, dict) and Path(str(source["path"])).exists():
            cases, limit = Path(str(source["path"])), source["limit"]

        def read() -> Iterable[Case] | None:
            if cases is None:
                return None
            # With their digests: an image that changed is a case that changed.
            images = images_of(cases, remote=panel.remote_images)
            return map(images.hashed, read_cases(cases, limit=limit))

        now = identity_of(panel, read(), work_of(run))
        changed = run.changes(now, read())
        if changed:
            raise ResumeRefused(changed, path=str(path))
        if not run.sealed:  # killed while its cases were being stored
            if cases is None:
                raise InputError(
                    "the run was killed before all its cases were stored, and their file is gone.",
                    hint=f"Begin again with another run file; `{path}` holds no verdict.",
                )
            await run.add_cases(read() or ())
            await run.seal()
    except BaseException:
        run.close()
        raise
    return run, panel


def images_folder(run: RunReader) -> Path | None:
    """The folder that a run's local images lie in; None if it has none."""
    notes = run.notes
    folder, source = notes.get(IMAGES_FROM), notes.get(CASES_FROM)
    if isinstance(folder, str):
        return Path(folder)
    return images_of(Path(str(source["path"]))).root if isinstance(source, dict) else None


def spent_before(run: RunFile) -> Usage:
    """What the answers in a run's journal cost, over all its sittings."""
    total = Usage()
    for entry in run.entries():
        total += decode(entry.body).usage
    return total


def _budget(text: str | None, run: RunFile) -> Budget | None:
    if text is None:
        return None
    unit = Budget.parse(text).unit
    before = spent_before(run)
    spent = {
        "calls": float(before.calls),
        "tokens": float(before.input_tokens + before.output_tokens),
        "usd": before.cost or 0.0,
    }
    return Budget.parse(text, spent=spent[unit])


async def carry_out(
    run: RunFile,
    spec: PanelSpec,
    *,
    limits: Limits | None = None,
    stopper: Stopper | None = None,
    on_event: Events | None = None,
    gateway: ModelGateway | None = None,
) -> AsyncGenerator[Verdict]:
    """Judge the cases of a run that have no verdict yet, and store each verdict as it is done.

    Args:
        run: The run file.
        spec: Its panel.
        limits: Workers, budget and deadline.
        stopper: A way to end early from outside.
        on_event: Told of calls sent, retried, answered (see `ModelGateway`).
        gateway: A gateway to use; None for one over litellm with this run's journal.

    Yields:
        Verdicts, each safely on disk.

    Raises:
        RunStopped: The run ended early; what was yielded is stored, and `resume` goes on.
    """
    limits, stopper = limits or Limits(), stopper or Stopper()
    needed, images = needs_models(spec), Images(images_folder(run), remote=spec.remote_images)
    if needed and gateway is None:
        gateway = ModelGateway(
            run,
            budget=_budget(limits.budget, run),
            share_identical=spec.share_identical,
            on_event=on_event,
            load_attachment=images.load,
        )
    timer = None
    if limits.deadline is not None:
        timer = asyncio.get_running_loop().call_later(
            limits.deadline, stopper.stop, DeadlineReached("the run's time is over")
        )
    if gateway is not None:
        stopper.on_stop(gateway.stop)

    hearing = work_of(run).hearing(spec)

    async def record(verdict: Verdict) -> None:
        ranking = hearing.take(verdict.case_id) if isinstance(hearing, Rankings) else None
        await run.finish(verdict.case_id, verdict, ranking)

    def check() -> None:
        if gateway is not None:
            refuse_the_dead(spec, gateway)

    try:
        async for verdict in run_cases(
            hearing,
            spec,
            run.todo(),
            court=Court(gateway=gateway, images=images),
            workers=limits.workers,
            stopper=stopper,
            record=record,
            check=check,
        ):
            yield verdict
    finally:
        if timer is not None:
            timer.cancel()
        if gateway is not None:
            await gateway.aclose()


def refuse_the_dead(spec: PanelSpec, gateway: ModelGateway) -> None:
    """End the run when no judge of the panel can answer any more.

    Raises:
        JudgesDead: Every seat, and every reserve, is out or resting.
    """
    seats = (*spec.judges, *spec.reserves)
    why = {judge.name: gateway.dead(judge) for judge in seats if judge.embedded is None}
    if len(why) == len(seats) and all(why.values()):
        told = "; ".join(f"{name}: {reason}" for name, reason in why.items())
        raise JudgesDead(f"no judge answers any more ({told})")
