"""A cascade from a run's recorded ballots: thresholds from labels, what it spares, what remains."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from dikast import registry
from dikast.agents.tally import Counter
from dikast.errors import ConfigError, InputError
from dikast.models.entries import decode
from dikast.records.answers import labels_for
from dikast.records.identity import case_digest, seat_digests
from dikast.records.runfile import RunFile
from dikast.records.tables import candidates_of, table_of_run, with_labels
from dikast.rules import Vote
from dikast.stats.ballot_table import BallotTable
from dikast.stats.cascade_replay import Plan, Replay, heard, replay
from dikast.stats.selective import Ruling, Threshold
from dikast.types import (
    CalibratedSeat,
    CascadeSpec,
    CascadeStage,
    Confidence,
    PanelSpec,
    StageThreshold,
    Usage,
)

_ASKED_WITH = {"judge": ("judge", "reask"), "compare": ("judge_pair", "reask")}
"""Prompts that the private round of each kind of run is held with."""


class Spending(NamedTuple):
    """What a way of judging costs on the complete cases of a run."""

    calls: int
    cost: float | None
    """In US dollars; None where a price is unknown, or where no call was journalled."""


class Cascading(NamedTuple):
    """A calibrated cascade, and what it would have done on the run that it comes from."""

    cascade: CascadeSpec
    plan: Plan
    cases: tuple[str, ...]
    """All cases with ballots."""
    replays: tuple[Replay, ...]
    """One per criterion."""
    cascaded: Spending
    """Of the cascade; a stage that abstains always is not asked."""
    strongest: Spending
    """Of the last stage on every case."""
    stated: bool
    """Whether any ballot states a confidence."""
    journalled: bool
    """Whether calls are those of the run's journal; else they are ballots."""

    @property
    def decides(self) -> bool:
        """Whether any stage may decide anything."""
        return any(isinstance(ruling, Threshold) for one in self.replays for ruling in one.rulings)

    def to_person(self, criterion: str) -> tuple[str, ...]:
        """Complete cases on which no stage is confident enough."""
        one = next(one for one in self.replays if one.criterion == criterion)
        left = zip(self.cases, one.complete & (one.by < 0), strict=True)
        return tuple(name for name, open_ in left if open_)


def parse_order(order: str) -> tuple[tuple[str, ...], ...]:
    """Stages from `cheap,ann+bob,strong`: commas between stages, `+` within a small panel.

    Raises:
        ConfigError: A name is missing, or a judge stands twice in one stage.

    Examples:
        >>> parse_order("cheap, ann+bob")
        (('cheap',), ('ann', 'bob'))
    """
    stages = tuple(tuple(name.strip() for name in stage.split("+")) for stage in order.split(","))
    for stage in stages:
        if not all(stage):
            raise ConfigError(
                f"`--order {order}` names a judge that is empty.",
                hint="Write judges from cheap to strong: cheap,strong or ann+bob,strong.",
            )
        if len(set(stage)) < len(stage):
            raise ConfigError(f"`--order {order}` names a judge twice in one stage.")
    return stages


def cascade_run(
    run: RunFile, plan: Plan, *, labels: Path | None = None, date: str = ""
) -> Cascading:
    """Calibrate a cascade on a run's labelled cases and replay it on all; no call is made.

    Args:
        run: An open run file of `judge` or `compare` in which every stage voted.
        plan: Stages and terms; tolerance and folding are the run's own.
        labels: A label file; None for the labels that the cases carry.
        date: Day of the calibration, YYYY-MM-DD.

    Raises:
        ConfigError: A judge of the plan is not on the panel.
        InputError: There are no ballots or no labels, or labels do not fit.
    """
    panel = run.identity.panel
    table = table_of_run(run, ballots="first")
    assert panel is not None  # without one there would be no table
    if labels is not None:
        table = with_labels(table, labels_for(run, labels), candidates=candidates_of(run))
    _check(plan, panel, table)
    plan = plan._replace(tolerance=panel.protocol.tolerance, fold=panel.protocol.fold)
    replays = _replays(table, plan, panel)
    if not any(one.labelled.any() for one in replays):
        raise InputError(
            "no labelled case has ballots of every stage.",
            hint="Give labels with --labels, or put them into the cases.",
            path=str(run.path),
        )
    cascaded, strongest, journalled = _spending(run, table, plan, replays)
    return Cascading(
        cascade=_spec(run, table, plan, panel, replays, date),
        plan=plan,
        cases=table.cases,
        replays=replays,
        cascaded=cascaded,
        strongest=strongest,
        stated=bool((table.confidence >= 0).any()),
        journalled=journalled,
    )


def _check(plan: Plan, panel: PanelSpec, table: BallotTable) -> None:
    names = tuple(judge.name for judge in panel.judges)
    for seat in (seat for stage in plan.stages for seat in stage):
        if seat not in names:
            raise registry.unknown("judge", seat, names)
        if seat not in table.judges:
            raise ConfigError(
                f"judge `{seat}` cast no ballot in this run.",
                hint="A cascade is calibrated on cases on which all its judges voted: seat all.",
            )


def _replays(table: BallotTable, plan: Plan, panel: PanelSpec) -> tuple[Replay, ...]:
    counter = Counter(panel)
    weights = {judge.name: judge.weight for judge in panel.judges}

    def one(criterion: str) -> Replay:
        scale = table.scale(criterion)

        def decide(votes: Sequence[tuple[float, float]]) -> float | None:
            return counter.decide([Vote(*vote) for vote in votes], scale).score

        return replay(table, criterion, plan, decide=decide, weights=weights)

    return tuple(one(criterion) for criterion in table.criteria)


# -- what it costs ------------------------------------------------------------------------------


def _spending(
    run: RunFile, table: BallotTable, plan: Plan, replays: Sequence[Replay]
) -> tuple[Spending, Spending, bool]:
    """Calls and money of the cascade and of its last stage on all complete cases."""
    asked = heard(replays, plan)
    complete = {one.criterion: one.complete for one in replays}
    at = {name: index for index, name in enumerate(table.cases)}
    totals, journalled = [Usage(), Usage()], False
    for case, seat, criteria, usage in _spent(run):
        journalled = True
        if case not in at:
            continue
        known = [name for name in criteria if name in complete]
        if any(asked.get(seat, {})[name][at[case]] for name in known if seat in asked):
            totals[0] += usage
        if seat in plan.stages[-1] and any(complete[name][at[case]] for name in known):
            totals[1] += usage
    if journalled:
        first, last = (Spending(total.calls, total.cost) for total in totals)
        return first, last, True
    counts = [0, 0]
    for case_at, judge_at, criterion_at in zip(
        table.case.tolist(), table.judge.tolist(), table.criterion.tolist(), strict=True
    ):
        seat, name = table.judges[judge_at], table.criteria[criterion_at]
        counts[0] += bool(seat in asked and asked[seat][name][case_at])
        counts[1] += bool(seat in plan.stages[-1] and complete[name][case_at])
    return Spending(counts[0], None), Spending(counts[1], None), False


def _spent(run: RunFile) -> Iterable[tuple[str, str, list[str], Usage]]:
    """Case, seat, criteria and usage of every journalled call of a private vote."""
    for entry in run.entries():
        place = json.loads(entry.place)
        if place.get("role", "judge") == "judge" and not place.get("round", 0):
            criteria = str(place.get("criterion", "")).split("+")
            yield str(place["case"]), str(place.get("seat", "")), criteria, decode(entry.body).usage


# -- the cascade as a value -----------------------------------------------------------------------


def _spec(
    run: RunFile,
    table: BallotTable,
    plan: Plan,
    panel: PanelSpec,
    replays: Sequence[Replay],
    date: str,
) -> CascadeSpec:
    used = _ASKED_WITH.get(run.identity.kind, ())
    digests, models = seat_digests(panel), {judge.name: judge.model for judge in panel.judges}
    stages = tuple(
        CascadeStage(
            seats=seats,
            thresholds=tuple(_threshold(one.criterion, one.rulings[at]) for one in replays),
        )
        for at, seats in enumerate(plan.stages)
    )
    names = dict.fromkeys(seat for stage in plan.stages for seat in stage)
    labelled = {
        name for one in replays for name, own in zip(table.cases, one.labelled, strict=True) if own
    }
    return CascadeSpec(
        stages=stages,
        confidence=plan.confidence,
        alpha=plan.alpha,
        delta=plan.delta,
        tolerance=plan.tolerance,
        labelled=len(labelled),
        labels=_labels_digest(run, table, replays),
        date=date,
        rubric=panel.rubric.digest,
        prompts={name: d for name, d in run.identity.prompts.items() if name in used},
        judges=tuple(CalibratedSeat(seat=n, model=models[n], digest=digests[n]) for n in names),
    )


def _threshold(criterion: str, ruling: Ruling) -> StageThreshold:
    if isinstance(ruling, Threshold):
        return StageThreshold(
            criterion=criterion,
            at=ruling.at,
            items=ruling.items,
            accepted=ruling.accepted,
            errors=ruling.errors,
            bound=ruling.bound,
        )
    return StageThreshold(criterion=criterion, abstain_always=ruling.reason, items=ruling.items)


def _labels_digest(run: RunFile, table: BallotTable, replays: Sequence[Replay]) -> str:
    """SHA-256 over the labelled cases' contents and labels; their order does not matter."""
    contents = {case.id: case_digest(case) for case in run.cases()}
    lines = sorted(
        json.dumps([contents[name], one.criterion, label])
        for one in replays
        for name, own, label in zip(
            table.cases, one.labelled, table.labels(one.criterion).tolist(), strict=True
        )
        if own
    )
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def plan_of(
    order: str,
    *,
    alpha: float = 0.1,
    delta: float = 0.1,
    confidence: Confidence = "samples",
    start: float | None = None,
) -> Plan:
    """A plan from what a user says.

    Raises:
        ConfigError: A share is not between 0 and 1, or the order cannot be read.
    """
    for name, share in (("alpha", alpha), ("delta", delta)):
        if not 0 < share < 1:
            raise ConfigError(f"`--{name}` must lie between 0 and 1, got {share:g}.")
    if start is not None and not 0 <= start <= 1:
        raise ConfigError(f"`--start` must lie between 0 and 1, got {start:g}.")
    return Plan(parse_order(order), confidence, alpha, delta, start)
