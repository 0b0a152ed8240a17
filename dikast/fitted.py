"""Deciding recorded ballots by a rule that first learns about the judges from all of them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from dikast import registry
from dikast.agents.aggregator import Aggregator, Course
from dikast.agents.persons import own_verdict
from dikast.agents.tally import near
from dikast.config import check_fit_params
from dikast.deciding import still_answered
from dikast.errors import ConfigError, InputError
from dikast.records.answers import labels_for
from dikast.records.runfile import RunFile
from dikast.records.tables import candidates_of, table_of_run, with_labels
from dikast.rules import Decision, FittedRule
from dikast.stats.ballot_table import BallotTable
from dikast.types import (
    MEASURED,
    Case,
    Criterion,
    CriterionVerdict,
    Docket,
    PanelSpec,
    RuleSpec,
    Standing,
    Verdict,
)


class Made(NamedTuple):
    """What a model makes of one case on one criterion."""

    score: float | None
    confidence: float | None
    """None where the model tells none."""


class Refitted(NamedTuple):
    """A fitted rule and what it makes of a run."""

    model: FittedRule
    verdicts: Iterator[tuple[Verdict, Verdict]]
    """Each recorded verdict, and the one by this rule."""


def decide_fitted(
    run: RunFile,
    spec: PanelSpec,
    rule: str,
    params: dict[str, Any],
    *,
    quorum: int | None = None,
    labels: Path | None = None,
) -> Refitted:
    """Fit a rule to a run's standing ballots and decide every case by it; no call is made.

    The panel's quorum, its gates and what it does on low confidence hold as before. Verdicts
    without ballots stay as they are.

    Args:
        run: An open run file.
        spec: Its panel.
        rule: Name of a fitted rule.
        params: Its parameters.
        quorum: Votes needed per criterion; None for the panel's.
        labels: File of labels; None for those that the cases carry.

    Raises:
        ConfigError: There is no such rule or parameter, or the ballots lack what it learns from
            (`NotEnough`).
        InputError: The labels cannot be read or do not fit, or the run holds no ballots.
    """
    check_fit_params(RuleSpec(name=rule, params=params))
    # A calibration holds for the rule that it was fitted with.
    fields = {**dict(spec), "quorum": quorum or spec.quorum, "calibration": None}
    try:
        panel = PanelSpec.model_validate(fields)
    except ValueError as error:
        raise ConfigError(f"the panel cannot decide so: {error}") from None
    table = table_of_run(run, labels=labels is None)
    if labels is not None:
        table = with_labels(table, labels_for(run, labels), candidates=candidates_of(run))
    model = fit_rule(table, rule, params)
    return Refitted(model, _verdicts(run, panel, decisions(table, model)))


def fit_rule(table: BallotTable, rule: str, params: Mapping[str, Any]) -> FittedRule:
    """Fit a rule by name.

    Raises:
        ConfigError: The ballots lack what it learns from, or it refuses its parameters.
    """
    try:
        fitted: FittedRule = registry.load("fits", rule)(table, **params)
    except (ConfigError, InputError):
        raise
    except (TypeError, ValueError) as error:
        if not params:
            raise
        raise ConfigError(f"rule `{rule}` refuses its parameters: {error}.") from None
    return fitted


def decisions(table: BallotTable, model: FittedRule) -> dict[str, dict[str, Made]]:
    """By case and criterion, what a model makes of a table."""
    made = model.predict(table)
    return {
        case: {
            criterion: Made(_told(made.score[i, k]), _told(made.confidence[i, k]))
            for k, criterion in enumerate(table.criteria)
        }
        for i, case in enumerate(table.cases)
    }


def _told(figure: float) -> float | None:
    return None if math.isnan(figure) else float(figure) + 0.0


def _verdicts(
    run: RunFile, spec: PanelSpec, made: Mapping[str, Mapping[str, Made]]
) -> Iterator[tuple[Verdict, Verdict]]:
    for verdict in run.verdicts():
        case = run.case(verdict.case_id)
        if case is None or not verdict.transcript.ballots or verdict.case_id not in made:
            yield verdict, verdict
        else:
            yield verdict, _decided(verdict, case, spec, made[verdict.case_id])


def _decided(verdict: Verdict, case: Case, spec: PanelSpec, made: Mapping[str, Made]) -> Verdict:
    """The verdict with the criteria that were voted on decided by the model."""
    aggregator = Aggregator(spec, orders=len(verdict.candidates))
    ballots = verdict.transcript.ballots
    standing, private = aggregator.standings(ballots), aggregator.standings(ballots, upto=0)
    courses = {
        d.criterion: Course(contested=d.contested, stop=d.stop, rounds=d.rounds)
        for d in own_verdict(verdict).criteria
    }
    given: dict[str, CriterionVerdict] = {}
    for decision in own_verdict(verdict).criteria:
        if decision.decided_by == MEASURED:
            given[decision.criterion] = decision
            continue
        criterion = spec.rubric.criterion(decision.criterion)
        own = [vote for vote in standing if vote.criterion == criterion.id]
        found = made.get(criterion.id, Made(None, None))
        given[criterion.id] = aggregator.criterion_verdict(
            criterion,
            own,
            private,
            courses[criterion.id],
            made=Decision(found.score, _open(own, found)),
            confidence=_confidence(own, found, criterion, spec.protocol.tolerance),
        )
    decided = aggregator.verdict(
        Docket(case=case, presentation=verdict.candidates),
        verdict.transcript,
        courses,
        given=given,
        usage=verdict.usage,
        prompts=verdict.prompts,
    )
    return still_answered(verdict, decided.model_copy(update={"baseline": verdict.baseline}), spec)


def _open(standing: Sequence[Standing], found: Made) -> tuple[float, ...]:
    """Between which scores a tie lies, as far as votes tell."""
    if found.score is not None:
        return ()
    scores = sorted({vote.score for vote in standing if vote.score is not None})
    return tuple(scores) if len(scores) > 1 else ()


def _confidence(
    standing: Sequence[Standing], found: Made, criterion: Criterion, tolerance: float
) -> float | None:
    """The model's probability, else the share of votes near the decision.

    Without a decision, the largest share that any score has.
    """
    if found.confidence is not None:
        return found.confidence
    scores = [vote.score for vote in standing if vote.score is not None]
    aims = set(scores) if found.score is None else {found.score}
    shares = [
        sum(near(score, aim, criterion.scale, tolerance) for score in scores) / len(scores)
        for aim in aims
        if scores
    ]
    return max(shares, default=None)
