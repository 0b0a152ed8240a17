"""Probing a panel: its judges judge changed copies of their cases, and nothing should change.

Each probe is a run of its own, kept in a file of its own beside the others (`FOLDER/NAME.dikast`),
so that it is journalled, resumed and read like any run. Judges vote in private only: a probe is
about a judge, not about deliberation.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from dikast import prompts, registry
from dikast.agents.probes import Probe
from dikast.agents.standing import counts
from dikast.errors import BudgetSpent, ConfigError, InputError
from dikast.graphs.court import CUSTOM, needs_models
from dikast.graphs.stopper import Stopper
from dikast.graphs.work import Kind, Work
from dikast.models.budget import Budget
from dikast.records.reader import RunReader
from dikast.records.runfile import RunFile
from dikast.running import (
    IMAGES_FROM,
    Events,
    Limits,
    carry_out,
    identity_of,
    images_folder,
    spent_before,
)
from dikast.stats.ballot_table import Floats
from dikast.stats.probes import ProbeFigures, probe_figures
from dikast.types import Case, PanelSpec, Scale, Verdict

CONTROL = "repeat"
"""The probe that changes nothing; its flips are subtracted from those of all others."""

USUAL = 60
"""Cases probed by default."""

_REAL_STEP = 0.02
"""On a scale of real numbers: the share of it from which on two scores are different."""


class ProbeRun(NamedTuple):
    """One probe as a run to be carried out."""

    name: str
    probe: Probe
    spec: PanelSpec
    cases: tuple[Case, ...]
    """Changed copies, under the ids of the cases they were made from."""
    path: Path
    kind: Kind
    images: Path | None = None
    """Folder of the cases' local images."""


def all_probes() -> tuple[str, ...]:
    """Names of the probes that change something, sorted."""
    return tuple(name for name in registry.names("probes") if name != CONTROL)


def plan(
    run: RunReader,
    folder: Path,
    names: Sequence[str] | None = None,
    *,
    limit: int = USUAL,
    seed: int = 0,
) -> list[ProbeRun]:
    """What would be judged: the control first, then each probe that can be made.

    Args:
        run: A run that judged or compared; its private ballots are what probes compare with.
        folder: Where the runs of the probes are to lie.
        names: Probes to make; None for all.
        limit: Most cases; which ones depends on their ids and the seed only.
        seed: Of the choice.

    Raises:
        ConfigError: There is no such probe, the run ranks, its judges are objects of a user's own,
            or its prompts are not today's.
        InputError: No case has ballots.
    """
    spec, kind = _probed_panel(run)
    images = images_folder(run)
    chosen = _chosen(run, limit, seed)
    found = []
    for name in dict.fromkeys([CONTROL, *(names or all_probes())]):
        probe: Probe = registry.load("probes", name)
        rubric = probe.rubric(spec.rubric)
        copies = [probe.change(case, target_of(case, verdict)) for case, verdict in chosen]
        cases = tuple(copy for copy in copies if copy is not None)
        if rubric is None or not cases:
            continue
        panel = spec.model_copy(update={"rubric": rubric})
        found.append(ProbeRun(name, probe, panel, cases, folder / f"{name}.dikast", kind, images))
    if len(found) < 2:
        raise ConfigError("none of these probes can be made on this run's cases and rubric.")
    return found


def target_of(case: Case, verdict: Verdict) -> str:
    """The candidate that a probe changes: of a pair, the one that was not preferred.

    Of a tie, the one that a digest of the ids picks: neither candidate's place decides.
    """
    ids = sorted(verdict.candidates)
    if len(ids) == 1:
        return ids[0]
    if verdict.score:
        return verdict.candidates[1] if verdict.score > 0 else verdict.candidates[0]
    return ids[_digest(case.id, *ids) % 2]


def _digest(*parts: str) -> int:
    return int.from_bytes(hashlib.sha256("\x00".join(parts).encode()).digest()[:8])


def _probed_panel(run: RunReader) -> tuple[PanelSpec, Kind]:
    """The run's panel, reduced to private votes."""
    identity = run.identity
    spec, kind = identity.panel, identity.kind
    if spec is None or kind not in ("judge", "compare"):
        raise ConfigError(
            f"a run of kind `{kind}` cannot be probed.", hint="Probe a run of judge or compare."
        )
    stranger = next((j.name for j in spec.judges if j.model.startswith(CUSTOM)), None)
    if stranger is not None:
        raise ConfigError(f"judge `{stranger}` is an object of your own and cannot be asked again.")
    changed = [n for n, d in prompts.digests().items() if identity.prompts.get(n, d) != d]
    if changed and needs_models(spec):
        raise ConfigError(
            f"prompt `{changed[0]}` changed since the run; what moves would be the prompt's doing.",
            hint="Judge the cases again and probe that run.",
        )
    fields = {
        **dict(spec),
        "judges": tuple(judge.model_copy(update={"reserve": None}) for judge in spec.judges),
        "reserves": (),
        "critic": None,
        "detector": None,
        "escalation": None,
        "screens": (),
        "protocol": spec.protocol.model_copy(
            update={"deliberate": "never", "seating": "all", "on_low_confidence": "keep"}
        ),
    }
    return PanelSpec.model_validate(fields), "judge" if kind == "judge" else "compare"


def _chosen(run: RunReader, limit: int, seed: int) -> list[tuple[Case, Verdict]]:
    ids = sorted(run.done_ids(), key=lambda name: _digest(str(seed), name))
    found: list[tuple[Case, Verdict]] = []
    for name in ids:
        case, verdict = run.case(name), run.verdict(name)
        if case is not None and verdict is not None and verdict.transcript.ballots:
            found.append((case, verdict))
        if len(found) == limit:
            break
    if not found:
        raise InputError(f"`{run.path}` holds no case with ballots to compare with.")
    return found


async def carry_out_probes(
    runs: Sequence[ProbeRun],
    *,
    limits: Limits | None = None,
    stopper: Stopper | None = None,
    on_event: Events | None = None,
) -> AsyncGenerator[tuple[str, Verdict]]:
    """Judge what the probes' runs have left to do, one run after the other.

    Args:
        runs: What `plan` gave.
        limits: Workers, deadline, and one budget for all probes together, earlier sittings
            included.
        stopper: A way to end early from outside.
        on_event: Told of calls sent, retried, answered.

    Yields:
        The probe's name and a verdict that is safely on disk.

    Raises:
        ResumeRefused: A probe's file was made from other cases or another panel.
        RunStopped: The budget, the time or the judges ended early; call again to go on.
    """
    limits = limits or Limits()
    runs[0].path.parent.mkdir(parents=True, exist_ok=True)
    for probe in runs:
        others = [other.path for other in runs if other is not probe and other.path.exists()]
        budget = _left(limits.budget, others)
        with await _opened(probe) as run:
            async for verdict in carry_out(
                run,
                probe.spec,
                limits=limits._replace(budget=budget),
                stopper=stopper,
                on_event=on_event,
            ):
                yield probe.name, verdict


async def _opened(probe: ProbeRun) -> RunFile:
    identity = identity_of(probe.spec, probe.cases, Work(kind=probe.kind))
    if probe.path.exists():
        return RunFile.open(probe.path, identity=identity, cases=probe.cases)
    run = RunFile.create(probe.path, identity)
    try:
        if probe.images is not None:
            await run.note(IMAGES_FROM, str(probe.images))
        await run.add_cases(probe.cases)
        await run.seal()
    except BaseException:
        run.close()
        raise
    return run


def _left(budget: str | None, others: Iterable[Path]) -> str | None:
    """What the other probes' runs left of a common budget.

    Raises:
        BudgetSpent: Nothing.
    """
    if budget is None:
        return None
    whole = Budget.parse(budget)
    spent = 0.0
    for path in others:
        with RunFile.open(path, readonly=True) as run:
            usage = spent_before(run)
        tokens = usage.input_tokens + usage.output_tokens
        taken = {"calls": float(usage.calls), "tokens": float(tokens), "usd": usage.cost or 0.0}
        spent += taken[whole.unit]
    if whole.limit - spent <= 0:
        raise BudgetSpent(f"the budget of {budget} for all probes is spent")
    unit = {"usd": "usd", "calls": "calls", "tokens": "tok"}[whole.unit]
    return f"{whole.limit - spent:.6f}{unit}"


# -- what the verdicts on the copies say ---------------------------------------------------------

Places = dict[tuple[str, str, tuple[str, ...]], dict[str, float]]
"""By seat, criterion and order shown: by case, the vote as a share of the scale."""


def results(run: RunReader, runs: Sequence[ProbeRun]) -> dict[str, dict[str, ProbeFigures]]:
    """What each probe did to each judge, by probe and seat; probes without a file are left out.

    Verdicts on copies are read in the terms of the cases as they were.
    """
    before = _votes(run, None)
    targets = {v.case_id: target_of(c, v) for v in run.verdicts() if (c := run.case(v.case_id))}
    control = next(probe for probe in runs if probe.name == CONTROL)
    if not control.path.exists():
        return {}
    again = _stored(control)
    spec = run.identity.panel
    assert spec is not None
    found: dict[str, dict[str, ProbeFigures]] = {}
    for probe in runs:
        if probe.name != CONTROL and probe.path.exists():
            told = (before, again, _stored(probe))
            found[probe.name] = {
                judge.name: _figures(judge.name, told, targets, spec) for judge in spec.judges
            }
    return found


def _stored(probe: ProbeRun) -> Places:
    with RunFile.open(probe.path, readonly=True) as run:
        return _votes(run, probe.spec)


def _votes(run: RunReader, spec: PanelSpec | None) -> Places:
    """Private votes, samples averaged; on pairs as the share for the candidate shown first."""
    panel = spec or run.identity.panel
    assert panel is not None
    scales = {criterion.id: criterion.scale for criterion in panel.rubric.criteria}
    sums: dict[tuple[str, str, tuple[str, ...]], dict[str, list[float]]] = {}
    for verdict in run.verdicts():
        for ballot in verdict.transcript.ballots:
            if ballot.round or ballot.score is None or not counts(ballot):
                continue
            unit = scales[ballot.criterion].unit(ballot.score)
            if len(verdict.candidates) == 2 and ballot.presentation[0] != verdict.candidates[0]:
                unit = 1 - unit
            place = (ballot.seat, ballot.criterion, ballot.presentation)
            sums.setdefault(place, {}).setdefault(verdict.case_id, []).append(unit)
    return {
        place: {case: float(np.mean(units)) for case, units in cases.items()}
        for place, cases in sums.items()
    }


def _figures(
    seat: str, told: tuple[Places, Places, Places], targets: Mapping[str, str], spec: PanelSpec
) -> ProbeFigures:
    places = sorted({place for votes in told for place in votes if place[0] == seat})
    cases = sorted({c for votes in told for p in places for c in votes.get(p, {})})
    at = {case: index for index, case in enumerate(cases)}
    criteria = sorted({place[1] for place in places})
    shape = (len(cases), 2 * len(criteria))
    before, again, probed = (_matrix(v, places, at, criteria, targets, shape) for v in told)
    step = min((_step(spec.rubric.criterion(name).scale) for name in criteria), default=1.0)
    return probe_figures(before, again, probed, step=step)


def _matrix(
    votes: Places,
    places: Sequence[tuple[str, str, tuple[str, ...]]],
    at: Mapping[str, int],
    criteria: Sequence[str],
    targets: Mapping[str, str],
    shape: tuple[int, int],
) -> Floats:
    """`[case, criterion × who was shown first]`, as the share for the target of the change."""
    matrix = np.full(shape, np.nan)
    for place in places:
        _, criterion, shown = place
        for case, unit in votes.get(place, {}).items():
            first = shown[0] == targets.get(case, shown[0])
            column = 2 * criteria.index(criterion) + (not first)
            matrix[at[case], column] = unit if first else 1 - unit
    return matrix


def _step(scale: Scale) -> float:
    low, high = scale.bounds()
    return _REAL_STEP if scale.kind == "real" else 1 / (high - low)
