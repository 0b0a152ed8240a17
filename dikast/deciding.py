"""Deciding recorded ballots again: another rule or quorum, no call."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from dikast.agents.aggregator import Aggregator, Course
from dikast.agents.persons import answered, own_verdict
from dikast.config import check_rule_params
from dikast.errors import ConfigError
from dikast.records.runfile import RunFile
from dikast.types import MEASURED, Calibration, Case, Docket, PanelSpec, RuleSpec, Verdict


def other_rule(spec: PanelSpec, rule: str, params: dict[str, Any], quorum: int | None) -> PanelSpec:
    """The panel with another rule.

    Raises:
        ConfigError: There is no such rule, it takes no such parameter, or the quorum is too high.
    """
    chosen = RuleSpec(name=rule, params=params)
    check_rule_params(chosen)
    # a calibration holds for the rule that it was fitted with
    fields = {**dict(spec), "rule": chosen, "quorum": quorum or spec.quorum, "calibration": None}
    try:
        return PanelSpec.model_validate(fields)
    except ValueError as error:
        raise ConfigError(f"the panel cannot decide so: {error}") from None


def redecide(verdict: Verdict, case: Case, spec: PanelSpec) -> Verdict:
    """Apply a panel's rule to the ballots of a verdict.

    Ballots, findings and critiques stay as they are: the hearing took place under the rule it was
    held by, and only the decision is made again. What people answered stands above any rule.
    """
    courses = {
        d.criterion: Course(contested=d.contested, stop=d.stop, rounds=d.rounds)
        for d in own_verdict(verdict).criteria
    }
    decided = Aggregator(spec, orders=len(verdict.candidates)).verdict(
        Docket(case=case, presentation=verdict.candidates),
        verdict.transcript,
        courses,
        given={d.criterion: d for d in own_verdict(verdict).criteria if d.decided_by == MEASURED},
        usage=verdict.usage,
        prompts=verdict.prompts,
    )
    return still_answered(verdict, decided.model_copy(update={"baseline": verdict.baseline}), spec)


def still_answered(before: Verdict, decided: Verdict, spec: PanelSpec) -> Verdict:
    """A verdict that was decided again, under the answers that people gave on the one before."""
    if before.adjudication is None:
        return decided
    return answered(decided, before.adjudication.answers, spec)


def decide_again(
    run: RunFile, spec: PanelSpec, rule: str, params: dict[str, Any], quorum: int | None
) -> Iterator[tuple[Verdict, Verdict]]:
    """Each recorded verdict, and what another rule makes of its ballots.

    Verdicts without ballots (cases that met a bug) stay as they are.
    """
    yield from decide_as(run, other_rule(spec, rule, params, quorum))


def with_calibration(
    spec: PanelSpec, calibration: Calibration, quorum: int | None = None
) -> PanelSpec:
    """The panel with a calibration.

    Raises:
        ConfigError: It was fitted on other judges, criteria or scales, or the quorum is too high.
    """
    fields = {**dict(spec), "calibration": calibration, "quorum": quorum or spec.quorum}
    try:
        return PanelSpec.model_validate(fields)
    except ValidationError as error:
        told = error.errors(include_url=False)[0]["msg"].removeprefix("Value error, ")
        raise ConfigError(f"the panel cannot decide so: {told}.") from None


def decide_as(run: RunFile, other: PanelSpec) -> Iterator[tuple[Verdict, Verdict]]:
    """Each recorded verdict, and what another panel of the same seats makes of its ballots."""
    for verdict in run.verdicts():
        case = run.case(verdict.case_id)
        if case is None or not verdict.transcript.ballots:
            yield verdict, verdict
        else:
            yield verdict, redecide(verdict, case, other)
