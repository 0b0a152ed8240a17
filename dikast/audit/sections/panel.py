"""What the panel gains over its best judge, what each seat is worth, and which cases it doubts.

A rule that learns from labels is never shown the label of a case that it decides here: it is
fitted on the other folds.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from dikast.audit.report import CurvePoint, Doubt, Figure, pair_name
from dikast.audit.sections._lens import Lens
from dikast.audit.sections.confidence import curve
from dikast.registry import load
from dikast.rules import FittedRule, NotEnough
from dikast.stats.ballot_table import BallotTable, Floats
from dikast.stats.correlation import spearman
from dikast.stats.estimate import Estimate
from dikast.stats.folds import assign_folds
from dikast.stats.panel_errors import Kind, error_structure
from dikast.stats.panel_value import panel_value
from dikast.stats.panel_votes import credit, left_open
from dikast.stats.resampling import bootstrap_sums
from dikast.stats.standing_votes import standing

UNSURE = 0.6
"""Confidence below which a case goes to a person."""
FOLDS = 5
MAJORITY, MEAN = "majority", "mean"


class Judged(NamedTuple):
    """What the rule of choice makes of a table."""

    rule: FittedRule | None
    """Fitted on all cases and labels; None where the ballots do not suffice."""
    why: str
    score: Floats
    """`[case, criterion]`, labels of the case itself never seen; NaN if undecided."""
    confidence: Floats
    """`[case, criterion]`; NaN where the rule tells none."""


def judged(table: BallotTable, *, seed: int = 0) -> Judged:
    """Fit `auto`, and decide every labelled case by a fit that did not see its label."""
    empty = np.full((len(table.cases), len(table.criteria)), np.nan)
    auto = load("fits", "auto")
    try:
        rule = auto(table)
        score, confidence = (np.array(part) for part in rule.predict(table))
        labelled = np.flatnonzero(table.labelled)
        if len(labelled) >= 2 * FOLDS:
            groups = [table.questions[i] for i in labelled]
            fold = assign_folds(table.truth[labelled, 0], folds=FOLDS, seed=seed, groups=groups)
            for part in range(int(fold.max()) + 1):
                held = labelled[fold == part]
                hidden = table.truth.copy()
                hidden[held] = np.nan
                told = auto(table.with_truth(hidden)).predict(table.take_cases(held))
                score[held], confidence[held] = told.score, told.confidence
    except NotEnough as error:
        return Judged(None, str(error), empty, empty)
    except ValueError as error:  # fewer questions than folds, and the like
        return Judged(None, str(error), empty, empty)
    return Judged(rule, rule.why, score, confidence)


def value(lens: Lens, found: Judged) -> Iterator[Figure]:
    """Accuracy of one vote each and of the chosen rule, and their gain over the best judge."""
    if not lens.labelled:
        return
    if lens.categories is None and not lens.table.pairs:
        yield from _numbers(lens, found)
        return
    votes, truth = _bench(lens)
    told = panel_value(votes, truth, lens.scale, **lens.options)
    yield _panel(lens, MAJORITY, "accuracy", told.panel)
    yield _panel(lens, MAJORITY, "left_open", Estimate(float(told.open), n=told.panel.n))
    yield _panel(lens, MAJORITY, "gain_over_best", told.gain)
    for (_, name), worth in zip(lens.judges(), told.value, strict=True):
        yield lens.figure(name, "leave_one_out", worth)
    if found.rule is not None:
        yield from _ruled(lens, votes, truth, found)
    if len(lens.table.judges) > 1:
        yield from _errors(lens, *_signs(lens, votes, truth))


def _panel(lens: Lens, name: str, figure: str, estimate: Estimate) -> Figure:
    return Figure.of("panel", name, figure, estimate, criterion=lens.criterion)


def _bench(lens: Lens) -> tuple[Floats, Floats]:
    """Standing votes and labels of the cases that were heard; other labels are NaN."""
    heard = np.zeros(len(lens.table.cases), dtype=bool)
    heard[lens.table.case[lens.table.criterion == lens.table.criteria.index(lens.criterion)]] = True
    votes, truth = standing(lens.table, lens.criterion).votes, lens.labels
    if not lens.scale.labelled:
        votes, truth = np.round(votes), np.round(truth)
    return votes, np.where(heard, truth, np.nan)


def _signs(lens: Lens, votes: Floats, truth: Floats) -> tuple[Floats, Floats]:
    return (np.sign(votes), np.sign(truth)) if lens.table.pairs else (votes, truth)


def _ruled(lens: Lens, votes: Floats, truth: Floats, found: Judged) -> Iterator[Figure]:
    """The chosen rule's accuracy and its gain, paired by case."""
    score = found.score[:, lens.table.criteria.index(lens.criterion)]
    score = score if lens.scale.labelled else np.round(score)
    known = ~np.isnan(truth)
    earned, *alone = (
        credit(made, truth[known], lens.scale, 0.0) for made in (score[known], *votes[known].T)
    )
    sums = np.column_stack([earned, np.ones(len(earned)), *alone])

    def gain(s: Floats) -> Floats:
        return np.asarray((s[..., 0] - s[..., 2:].max(axis=-1)) / s[..., 1])

    share = bootstrap_sums(sums[:, :2], lambda s: s[..., 0] / s[..., 1], **lens.options)
    yield _panel(lens, "auto", "accuracy", share)
    count = int(left_open(score[known], truth[known], lens.scale).sum())
    yield _panel(lens, "auto", "left_open", Estimate(float(count), n=len(earned)))
    yield _panel(lens, "auto", "gain_over_best", bootstrap_sums(sums, gain, **lens.options))


def _numbers(lens: Lens, found: Judged) -> Iterator[Figure]:
    """On scales of numbers: how the plain mean and the chosen rule order the cases."""
    votes = standing(lens.table, lens.criterion).votes
    given = (~np.isnan(votes)).sum(axis=1)
    mean = np.where(given > 0, np.nansum(votes, axis=1) / np.maximum(given, 1), np.nan)
    yield _panel(lens, MEAN, "spearman", spearman(mean, lens.labels, **lens.options))
    if found.rule is not None:
        score = found.score[:, lens.table.criteria.index(lens.criterion)]
        yield _panel(lens, "auto", "spearman", spearman(score, lens.labels, **lens.options))
    if len(lens.table.judges) > 1:
        yield from _errors(lens, votes, lens.labels, numbers=True)


def _errors(lens: Lens, votes: Floats, truth: Floats, *, numbers: bool = False) -> Iterator[Figure]:
    names = lens.table.judges
    kind: Kind = "residual" if numbers else "wrong"
    found = error_structure(votes, truth, kind=kind, **lens.options)
    yield _panel(lens, "all judges", "error_correlation", found.mean)
    yield _panel(lens, "all judges", "effective_seats", found.effective_seats)
    for (i, j), estimate in found.pairs.items():
        both = pair_name(names[i], names[j])
        yield Figure.of("pair", both, "error_correlation", estimate, criterion=lens.criterion)


def doubts(table: BallotTable, found: Judged) -> tuple[Doubt, ...]:
    """Cases that a person should look at, most doubtful first."""
    listed: list[Doubt] = []
    for at, criterion in enumerate(table.criteria):
        share = _share(table, criterion, found, at)
        sure = np.where(np.isnan(found.confidence[:, at]), share, found.confidence[:, at])
        open_ = np.isnan(found.score[:, at]) & (found.rule is not None)
        asked = np.zeros(len(table.cases), dtype=bool)
        asked[table.case[table.criterion == at]] = True  # behind a failed gate nobody is
        for i in np.flatnonzero(asked & (np.isnan(sure) | open_ | (sure < UNSURE))):
            told = None if np.isnan(sure[i]) or open_[i] else float(sure[i])
            listed.append(
                Doubt(
                    case=table.cases[i],
                    criterion=criterion,
                    confidence=told,
                    why=_why(float(share[i]), tied=bool(open_[i])),
                )
            )
    return tuple(
        sorted(listed, key=lambda d: (-1.0 if d.confidence is None else d.confidence, d.case))
    )


def _why(share: float, *, tied: bool) -> str:
    if np.isnan(share):
        return "no vote that counts stands"
    if tied:
        return "the vote is tied"
    if share < 1e-9:
        return "the votes lie on both sides of the decision, none near it"
    return f"{share:.0%} of the weight is with the decision"


def _share(table: BallotTable, criterion: str, found: Judged, at: int) -> Floats:
    """Weight of the votes near the decision (of the mean vote where there is none), by case."""
    votes = standing(table, criterion).votes
    told = None if found.rule is None else found.rule.weights
    by_judge = (told or {}).get(criterion)
    weights = np.array([1.0 if by_judge is None else by_judge.get(n, 0.0) for n in table.judges])
    mass = ~np.isnan(votes) * weights
    total = mass.sum(axis=1)
    scale = table.scale(criterion)
    mean = np.nansum(votes * mass, axis=1) / np.where(total > 0, total, np.nan)
    aim = np.where(np.isnan(found.score[:, at]), mean, found.score[:, at])
    low, high = scale.bounds()
    reach = 0.0 if scale.labelled else (high - low) / 4
    near = np.abs(votes - aim[:, None]) <= reach + 1e-9
    return np.asarray((mass * near).sum(axis=1) / np.where(total > 0, total, np.nan))


def panel_curve(table: BallotTable, found: Judged) -> Iterator[CurvePoint]:
    """Risk–coverage of the chosen rule by its confidence, over all labelled cases."""
    for at, criterion in enumerate(table.criteria):
        truth, score = table.truth[:, at], found.score[:, at]
        if table.pairs:
            truth, score = np.sign(truth), np.sign(score)
        right = np.where(np.isnan(truth) | np.isnan(score), np.nan, (score == truth).astype(float))
        name = "auto" if len(table.criteria) == 1 else f"auto on {criterion}"
        yield from curve(name, found.confidence[:, at], right)
