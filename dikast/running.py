"""A run: all cases under one configuration, kept in one run file, resumed by replay."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, Self

from pydantic import JsonValue

from dikast import prompts
from dikast.errors import ConfigError, DeadlineReached, InputError, JudgesDead, ResumeRefused
from dikast.graphs.court import needs_models
from dikast.graphs.rag_runs import Rags
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
from dikast.records.passages import columns_of, require_passages
from dikast.records.reader import RECORDED, RunReader
from dikast.records.runfile import RunFile
from dikast.records.sides import both_sides
from dikast.types import Case, PanelSpec, RagRecord, RankingResult, Usage, Verdict

CASES_FROM = "cases_from"
"""Note of a run file: path of the file its cases were read from."""

IMAGES_FROM = "images_from"
"""Note of a run file: folder of its images, where that is not the folder of its case file."""

CALIBRATION = "calibration"
"""Part of a run's identity: digest of the panel's calibration."""

RANKING = "ranking"
"""Note of a run file: how its candidates are ranked; only in a run that ranks."""

RAG = "rag"
"""Note of a run file: how its answers are evaluated; only in a run of that kind."""

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
    kind, notes = run.identity.kind, run.notes
    options, rag = notes.get(RANKING) or {}, notes.get(RAG) or {}
    try:
        return Work.model_validate({"kind": kind, "options": options, "rag": rag})
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


async def begin(spec: PanelSpec, source: Source, out: Path, *, work: Work = JUDGING) -> RunFile:
    """Make a run file and store its cases; nothing is judged yet.

    Args:
        spec: The panel.
        source: Its case files; each is read twice, and refused as a whole if one line is wrong.
        out: The run file to make.
        work: What is to be done with them.

    Raises:
        InputError: The cases are wrong or do not fit the rubric.
        StoreError: The run file exists or cannot be written.
    """
    try:
        check_fit(spec, source.read(remote=spec.remote_images), work)
        if work.kind == "rag":
            for path in source.files:
                require_passages(source.cases_of(path), columns_of(path))
    except InputError as error:
        raise InputError(
            error.message, hint=error.hint, path=error.path or str(source.cases), line=error.line
        ) from None
    run = RunFile.create(out, identity_of(spec, work=work))
    try:
        if work.kind == "rank":
            await run.note(RANKING, work.options.model_dump(mode="json"))
        if work.kind == "rag":
            await run.note(RAG, work.rag.model_dump(mode="json"))
        await run.note(CASES_FROM, source.note())
        await run.add_cases(source.read(remote=spec.remote_images))
        await run.seal()
    except BaseException:
        run.close()
        raise
    return run


class Source(NamedTuple):
    """The files that a run's cases are read from."""

    cases: Path
    limit: int | None = None
    against: Path | None = None
    """A second file, whose answers are paired with those of the first."""
    number: bool = False
    """Whether a case without an id is called by its place."""

    def read(self, *, remote: bool) -> Iterator[Case]:
        """The cases, images hashed; those of the second file under ids of their own."""
        found = self._of(self.cases, remote)
        if self.against is None:
            return found
        return both_sides(found, self._of(self.against, remote))

    def _of(self, path: Path, remote: bool) -> Iterator[Case]:
        return map(images_of(path, remote=remote).hashed, self.cases_of(path))

    def first(self) -> Iterator[Case]:
        """The cases of the first file, as they stand there."""
        return self.cases_of(self.cases)

    def cases_of(self, path: Path) -> Iterator[Case]:
        """The cases of one of the files, as they stand there."""
        return read_cases(path, limit=self.limit, number_missing_ids=self.number)

    @property
    def files(self) -> list[Path]:
        """The file, or both."""
        return [self.cases, *([self.against] if self.against else [])]

    def note(self) -> dict[str, JsonValue]:
        """What a run file keeps of it."""
        noted: dict[str, JsonValue] = {"path": str(self.cases.resolve()), "limit": self.limit}
        noted |= {"against": str(self.against.resolve())} if self.against else {}
        return noted | ({"number": True} if self.number else {})

    @classmethod
    def noted(cls, run: RunReader) -> Self | None:
        """Where a run's cases came from; None if that was not kept or is gone."""
        told: Any = run.notes.get(CASES_FROM)
        if not isinstance(told, dict):
            return None
        against = told.get("against")
        second = Path(against) if against else None
        found = cls(Path(told["path"]), told["limit"], second, bool(told.get("number")))
        return found if all(path.exists() for path in found.files) else None


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
        source = Source.noted(run)

        def read() -> Iterable[Case] | None:
            # With their digests: an image that changed is a case that changed.
            return None if source is None else source.read(remote=panel.remote_images)

        now = identity_of(panel, read(), work_of(run))
        changed = run.changes(now, read())
        if changed:
            raise ResumeRefused(changed, path=str(path))
        if not run.sealed:  # killed while its cases were being stored
            if source is None:
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
        behind: RankingResult | RagRecord | None = None
        if isinstance(hearing, Rankings | Rags):
            behind = hearing.take(verdict.case_id)
        await run.finish(verdict.case_id, verdict, behind)

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
