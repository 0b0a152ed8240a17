"""Calibrating a panel: from a run's ballots and some labels to the file that a panel names."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from dikast import __version__, registry
from dikast.deciding import other_rule
from dikast.errors import ConfigError, InputError
from dikast.records.answers import labels_for
from dikast.records.fit_origin import fit_origin
from dikast.records.labels import Labels, rater_table
from dikast.records.runfile import RunFile
from dikast.records.tables import candidates_of, table_of_run, with_labels
from dikast.rules import FittedRule, NotEnough, Vote
from dikast.stats.alternative_annotator import AlternativeAnnotator, alternative_annotator
from dikast.stats.ballot_table import BallotTable
from dikast.stats.confidence_maps import ConfidenceCurve
from dikast.stats.criterion_fit import CriterionFit, fit_criterion
from dikast.stats.estimate import Estimate
from dikast.stats.held_out import HeldOutFigures
from dikast.stats.panel_fit import Plan, on_criterion
from dikast.stats.panel_votes import ruled_decisions
from dikast.types import (
    AccuracyThreshold,
    Calibration,
    ConfidenceMap,
    ConformalBand,
    CriterionCalibration,
    Figure,
    HeldOutRow,
    PanelSpec,
    Scale,
    StatedMap,
)

AUTO = "auto"
OWN = "own"
"""Name for keeping the panel's own rule: only confidence and intervals are fitted."""

_FALLBACK = "log_odds"


@dataclass(frozen=True)
class Calibrated:
    """What came of a run and its labels."""

    calibration: Calibration | None
    """None if nothing could be fitted on any criterion."""
    fits: Mapping[str, CriterionFit | str]
    """By criterion, in the rubric's order; or why there is none."""
    stand_ins: Mapping[str, Sequence[AlternativeAnnotator]]
    """By criterion, where the labels are of several raters."""
    cases: int
    """Cases with ballots."""


class Weigher:
    """Fits weights by a rule's name, one criterion at a time.

    Args:
        rule: Name in the room `fits`, or `auto`.

    Raises:
        ConfigError: There is no such rule.
    """

    def __init__(self, rule: str) -> None:
        known = registry.names("fits")
        if rule not in known and rule != AUTO:
            raise registry.unknown("fitted rule", rule, (*known, AUTO, OWN))
        self.rule = rule if rule in known else _FALLBACK

    def __call__(self, table: BallotTable) -> Mapping[str, float] | None:
        """Weights on the one criterion of a table; None where they cannot be fitted."""
        try:
            return self._fit(table)[0]
        except NotEnough:
            return None

    def why(self, table: BallotTable) -> str:
        """What was learned and chosen, or why nothing could be, in words."""
        try:
            return self._fit(table)[1]
        except NotEnough as error:
            return str(error)

    def _fit(self, table: BallotTable) -> tuple[Mapping[str, float], str]:
        model: FittedRule = registry.load("fits", self.rule)(table)
        if model.weights is None:
            if self.rule != AUTO:
                raise ConfigError(
                    f"rule `{self.rule}` decides by more than weights, and a panel takes weights.",
                    hint=f"Use `dikast decide RUN --rule {self.rule}`, or fit `{_FALLBACK}`.",
                )
            # what a panel can take, in place of a model that it cannot
            model = registry.load("fits", _FALLBACK)(table)
        (weights,) = (model.weights or {}).values()
        if not any(weights.values()):
            raise NotEnough("no judge is better than chance as far as can be told.")
        return weights, model.why


def calibrate_run(
    run: RunFile,
    labels: Path | None,
    *,
    rule: str = AUTO,
    plan: Plan | None = None,
    alpha: float = 0.1,
    date: str = "",
) -> Calibrated:
    """Fit weights, confidence and intervals on a run's standing ballots; no call is made.

    Args:
        run: An open run that judges or compares.
        labels: File of labels; None for those that the cases carry.
        rule: A fitted rule, `auto`, or `own` to keep the panel's.
        plan: Folds, repeats and seed; the panel says how it folds orders and what it tolerates.
        alpha: Share of intervals around scores that may miss.
        date: Day of the fit, for the file.

    Raises:
        InputError: The labels cannot be read, or do not fit the run.
        ConfigError: There is no such rule, or it decides by more than weights.
    """
    panel = run.identity.panel
    table = table_of_run(run, labels=labels is None)
    assert panel is not None  # `table_of_run` refuses a run without one
    given: Labels | None = None
    if labels is not None:
        given = labels_for(run, labels)
        table = with_labels(table, given, candidates=candidates_of(run))
    if not table.labelled.any():
        raise InputError(
            "no case with ballots has a label.",
            hint="Give them with --labels FILE.",
            path=str(run.path),
        )
    found = fit_table(table, panel, rule=rule, plan=plan or Plan(), alpha=alpha)
    calibration = None
    if any(isinstance(fit, CriterionFit) for fit in found.values()):
        calibration = as_calibration(found, table, panel, run.identity.prompts, rule, date)
    stand_ins = {} if given is None else _stand_ins(table, given, panel, candidates_of(run))
    return Calibrated(calibration, found, stand_ins, len(table.cases))


def fit_table(
    table: BallotTable, panel: PanelSpec, *, rule: str = AUTO, plan: Plan, alpha: float = 0.1
) -> dict[str, CriterionFit | str]:
    """Fit every criterion of a panel that a table has ballots on.

    Raises:
        ConfigError: There is no such rule, or it decides by more than weights.
    """
    weigher = Weigher(AUTO if rule == OWN else rule)
    plan = plan._replace(fold=panel.protocol.fold, tolerance=panel.protocol.tolerance)
    bare = other_rule(panel, panel.rule.name, panel.rule.params, panel.quorum)
    own = {judge.name: judge.weight for judge in bare.judges}
    decide_one = registry.load("rules", bare.rule.name)

    def by_rule(
        votes: Sequence[tuple[float, float]], scale: Scale
    ) -> tuple[float | None, tuple[float, ...]]:
        score, tied = decide_one([Vote(*vote) for vote in votes], scale, **bare.rule.params)
        return score, tied

    return {
        criterion.id: fit_criterion(
            table,
            criterion.id,
            weigher,
            own=own,
            decide=partial(ruled_decisions, by_rule),
            plan=plan,
            alpha=alpha,
            keep_rule=rule == OWN,
        )
        for criterion in panel.rubric.criteria
        if criterion.id in table.criteria
    }


def as_calibration(
    fits: Mapping[str, CriterionFit | str],
    table: BallotTable,
    panel: PanelSpec,
    prompts: Mapping[str, str],
    rule: str,
    date: str,
) -> Calibration:
    """What was fitted as the value that a panel names."""
    weigher = Weigher(AUTO if rule == OWN else rule)
    made = [fit for fit in fits.values() if isinstance(fit, CriterionFit)]
    words = [
        f"{fit.criterion}: {weigher.why(on_criterion(table, fit.criterion))}"
        for fit in made
        if fit.weights
    ]
    return Calibration(
        panel=panel.name,
        rule=weigher.rule if any(fit.weights for fit in made) else OWN,
        criteria=tuple(_criterion(fit, table.scale(fit.criterion)) for fit in made),
        fitted_on=fit_origin(
            panel, prompts, labels=labels_digest(table), cases=int(table.labelled.sum())
        ),
        date=date,
        dikast=__version__,
        why=" ".join(words),
    )


def labels_digest(table: BallotTable) -> str:
    """SHA-256 of the labelled cases' names and labels, in hexadecimal."""
    told = [
        [name, [None if mark != mark else mark for mark in row.tolist()]]  # noqa: PLR0124 - NaN
        for name, row, known in zip(table.cases, table.truth, table.labelled, strict=True)
        if known
    ]
    return hashlib.sha256(json.dumps([table.criteria, told]).encode()).hexdigest()


def _criterion(fit: CriterionFit, scale: Scale) -> CriterionCalibration:
    confidence, band = fit.confidence, fit.band
    return CriterionCalibration(
        criterion=fit.criterion,
        scale=scale,
        labels=fit.labels,
        weights=dict(fit.weights),
        confidence=None if confidence is None else _map(confidence.curve),
        on_tie=None if confidence is None else confidence.on_tie,
        band=None
        if band.value is None
        else ConformalBand(half_width=band.value, level=fit.level, n=band.n),
        stated=tuple(StatedMap(judge=name, map=_map(curve)) for name, curve in fit.stated.items()),
        thresholds=tuple(
            AccuracyThreshold(
                accuracy=wanted,
                confidence=None if found is None else found.at,
                kept=0.0 if found is None else found.accepted / fit.labels,
            )
            for wanted, found in fit.thresholds.items()
        ),
        held_out=tuple(_row(name, way) for name, way in fit.ways.items()),
        unfitted=(*fit.unfitted, *([f"no interval: {band.reason}"] if band.reason else [])),
    )


def _map(curve: ConfidenceCurve) -> ConfidenceMap:
    return ConfidenceMap(
        method=curve.method,
        raw=tuple(curve.raw.tolist()),
        probability=tuple(curve.probability.tolist()),
        n=round(curve.n),
    )


def _row(name: str, way: HeldOutFigures) -> HeldOutRow:
    figures = {field: _figure(getattr(way, field)) for field in HeldOutFigures._fields}
    return HeldOutRow(method=name, n=way.accuracy.n, **figures)


def _figure(estimate: Estimate) -> Figure | None:
    if estimate.value is None:
        return None
    return Figure(value=estimate.value, low=estimate.low, high=estimate.high)


def _stand_ins(
    table: BallotTable,
    labels: Labels,
    panel: PanelSpec,
    candidates: Mapping[str, tuple[str, ...]],
) -> dict[str, list[AlternativeAnnotator]]:
    """The alternative-annotator check, where several raters gave the labels."""
    if len(labels.raters) < 2:
        return {}
    people = rater_table(table, labels, candidates=candidates)
    return {
        name: alternative_annotator(table, people, name, tolerance=panel.protocol.tolerance)
        for name in table.criteria
    }
