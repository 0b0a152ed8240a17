"""A cascade on recorded ballots: thresholds from labelled cases, and what they would decide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from dikast.stats.ballot_table import BallotTable, Bools, Floats, Ints
from dikast.stats.estimate import Estimate
from dikast.stats.intervals import wilson
from dikast.stats.orders import Folding
from dikast.stats.selective import (
    AbstainAlways,
    Ruling,
    agreement,
    assign,
    calibrate_cascade,
    cross_validate,
    folds,
)
from dikast.stats.stage_votes import Decide, agree, stage_votes
from dikast.types.cascades import Confidence

FOLDS = 5
"""Parts of the labelled cases for cross-validation; cases of one question stay together."""


class Plan(NamedTuple):
    """What a cascade is to be."""

    stages: tuple[tuple[str, ...], ...]
    """Names of judges, from cheap to strong."""
    confidence: Confidence = "samples"
    alpha: float = 0.1
    delta: float = 0.1
    start: float | None = None
    """The first threshold to test; see `dikast.stats.selective.find_threshold`."""
    tolerance: float = 0.25
    fold: Folding = "strict"


class Replay(NamedTuple):
    """A cascade on one criterion of recorded ballots."""

    criterion: str
    rulings: tuple[Ruling, ...]
    """Thresholds from all labelled cases, one per stage."""
    complete: Bools
    """By case, whether every stage's ballots are recorded; the others are left out."""
    labelled: Bools
    """By case, whether it is complete and has a label."""
    by: Ints
    """By case, the stage that decides it under these thresholds; −1 for none."""
    held_out: Estimate
    """Agreement with labels of what is decided, each case by thresholds that never saw it."""
    held_out_by_stage: tuple[Estimate, ...]
    alone: tuple[Estimate, ...]
    """Agreement with labels of each stage if it had to decide everything that it can."""
    levels: tuple[int, ...]
    """How many different confidences each stage has."""

    def reaches(self, stage: int) -> Bools:
        """By case, whether a stage is asked: it may decide, and none before it did."""
        if isinstance(self.rulings[stage], AbstainAlways):
            return np.zeros(len(self.by), dtype=bool)
        return np.asarray(self.complete & ((self.by < 0) | (self.by >= stage)))


def replay(
    table: BallotTable,
    criterion: str,
    plan: Plan,
    *,
    decide: Decide,
    weights: Mapping[str, float] | None = None,
) -> Replay:
    """Calibrate a cascade on the labelled cases of a table, and replay it on all of them.

    Args:
        table: Ballots of the private round, with labels.
        criterion: On what.
        plan: Stages, source of confidence, α and δ.
        decide: The rule within a stage.
        weights: Of the judges; 1 where not told.

    Raises:
        ValueError: There is no such criterion, or no ballot of a judge.

    Examples:
        >>> from dikast.stats.ballot_table import Row
        >>> from dikast.types import YesNoScale
        >>> rows = [Row(f"c{i:02}", "ann", float(i % 2), sample=s)
        ...         for i in range(60) for s in range(3)]
        >>> table = BallotTable.of(rows, scales={"overall": YesNoScale()},
        ...     truth={(f"c{i:02}", "overall"): i % 2 for i in range(60)})
        >>> found = replay(table, "overall", Plan((("ann",),)), decide=lambda votes: votes[0][0])
        >>> found.rulings[0].at, int((found.by == 0).sum()), found.held_out.value
        (1.0, 60, 1.0)
    """
    truth, scale = table.labels(criterion), table.scale(criterion)
    votes = [
        stage_votes(
            table,
            criterion,
            seats,
            source=plan.confidence,
            decide=decide,
            weights=weights,
            tolerance=plan.tolerance,
            fold=plan.fold,
        )
        for seats in plan.stages
    ]
    complete = np.asarray(np.all([vote.recorded for vote in votes], axis=0))
    confidence = np.where(complete, np.array([vote.confidence for vote in votes]), np.nan)
    decided = np.array([vote.decision for vote in votes])
    right = agree(decided, truth[None, :], scale, plan.tolerance)
    labelled = np.asarray(complete & ~np.isnan(truth))
    known, hits = confidence[:, labelled], right[:, labelled]
    terms = {"alpha": plan.alpha, "delta": plan.delta, "start": plan.start}
    rulings = calibrate_cascade(known, hits, **terms)  # type: ignore[arg-type]
    by = assign(confidence, rulings)
    asked = [table.questions[i] for i in np.flatnonzero(labelled)]
    unseen = cross_validate(known, hits, folds(asked, FOLDS), **terms)  # type: ignore[arg-type]
    return Replay(
        criterion=criterion,
        rulings=rulings,
        complete=complete,
        labelled=labelled,
        by=by,
        held_out=agreement(unseen, hits),
        held_out_by_stage=tuple(agreement(unseen, hits, at) for at in range(len(votes))),
        alone=tuple(
            _alone(own[labelled], agrees) for own, agrees in zip(decided, hits, strict=True)
        ),
        levels=tuple(_levels(own) for own in confidence),
    )


def _alone(decided: Floats, hits: Bools) -> Estimate:
    told = ~np.isnan(decided)
    return wilson(int(hits[told].sum()), int(told.sum()), nulls=int((~told).sum()))


def _levels(confidence: Floats) -> int:
    return len(np.unique(np.round(confidence[~np.isnan(confidence)], 9)))


def heard(replays: Sequence[Replay], plan: Plan) -> dict[str, dict[str, Bools]]:
    """By judge and criterion, the cases on which the judge is asked.

    Args:
        replays: One per criterion.
        plan: The cascade.
    """
    found: dict[str, dict[str, Bools]] = {}
    for one in replays:
        for at, seats in enumerate(plan.stages):
            reached = one.reaches(at)
            for seat in seats:
                own = found.setdefault(seat, {})
                own[one.criterion] = own.get(one.criterion, np.zeros_like(reached)) | reached
    return found
