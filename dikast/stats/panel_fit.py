"""Fitting a panel on labelled cases, and what it is then worth on cases it has not seen.

Every figure here is held out: whatever is fitted (weights, the choice of a single judge, the map
of confidence) is fitted without the labels of the cases it is then tested on. The map inside a
fold is fitted on decisions that are themselves held out within that fold. One criterion at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from dikast.stats.ballot_table import BallotTable, Bools, Floats, Ints
from dikast.stats.confidence_maps import ConfidenceCurve, base_rate, fit_confidence, smoothed_share
from dikast.stats.folds import repeated_folds
from dikast.stats.orders import Folding
from dikast.stats.panel_votes import (
    WeightedDecisions,
    credit,
    folded_votes,
    right,
    weighted_decisions,
)
from dikast.types import PreferenceScale, Scale

Weigh = Callable[[BallotTable], Mapping[str, float] | None]
"""From ballots and labels to weights by judge, not negative. A judge that is not named has no say;
None where nothing can be fitted."""

Decide = Callable[[Floats, Floats, Scale, float], WeightedDecisions]
"""From votes, weights, scale and tolerance to decisions, as `weighted_decisions`."""

MOST_UNLABELLED = 2_000
"""Cases without a label that are kept beside the labelled ones while a fit is tested."""


FEWEST_QUESTIONS = 10
"""With fewer questions over all labelled cases ("Summarise this." for every one of them), a shared
question tells nothing of a case, and cases are held out one by one."""


class Plan(NamedTuple):
    """How a fit is tested."""

    folds: int = 5
    repeats: int = 4
    seed: int = 0
    fold: Folding = "strict"
    """How the panel folds two presentation orders."""
    tolerance: float = 0.25
    """Votes and labels within this share of a numeric scale agree."""


class Confidence(NamedTuple):
    """What a panel's share of votes means."""

    curve: ConfidenceCurve
    on_tie: float | None
    """Pairs: probability that a decision for a tie is right; None elsewhere."""

    def at(self, share: Floats, score: Floats) -> Floats:
        """The probability that each decision is right; an open one is told by its leaning."""
        told = self.curve.at(share)
        if self.on_tie is None:
            return told
        return np.where(score == 0, self.on_tie, told)


class HeldOut(NamedTuple):
    """One way of deciding, tested on one criterion; `[repeat, case]` unless told otherwise."""

    cases: Ints
    """Which cases of the table are labelled, `[case]`."""
    truth: Floats
    """Their labels, `[case]`."""
    score: Floats
    """Decisions; NaN where left open."""
    share: Floats
    """Raw confidence."""
    probability: Floats
    """Calibrated confidence; NaN where nothing could be fitted."""
    right: Floats
    """1 or 0; NaN where left open."""
    credit: Floats
    """What each decision earns towards accuracy."""

    @property
    def decided(self) -> Bools:
        """Which decisions were made, `[repeat, case]`."""
        return ~np.isnan(self.right)


def on_criterion(table: BallotTable, criterion: str, *, most: int | None = None) -> BallotTable:
    """The ballots and labels on one criterion, without cases that nobody voted on.

    Args:
        table: Ballots.
        criterion: The criterion.
        most: Keep at most so many cases without a label, drawn with a fixed seed; None for all.

    Examples:
        >>> from dikast.stats.ballot_table import Row
        >>> from dikast.types import YesNoScale
        >>> rows = [Row("c", "ann", 1, "a"), Row("c", "ann", 0, "b"), Row("d", "ann", 0, "b")]
        >>> table = BallotTable.of(rows, scales={"a": YesNoScale(), "b": YesNoScale()})
        >>> part = on_criterion(table, "a")
        >>> part.criteria, part.cases, part.score.tolist()
        (('a',), ('c',), [1.0])
    """
    at = table.criteria.index(criterion)
    rows = table.criterion == at
    columns = ("case", "judge", "swapped", "sample", "score", "confidence")
    part = replace(
        table,
        criteria=(criterion,),
        scales=(table.scales[at],),
        truth=table.truth[:, [at]],
        criterion=np.zeros(int(rows.sum()), dtype=np.int64),
        **{name: getattr(table, name)[rows] for name in columns},
    )
    heard = np.zeros(len(part.cases), dtype=bool)
    heard[part.case] = True
    others = np.flatnonzero(heard & ~part.labelled)
    if most is not None and len(others) > most:
        heard[others] = False
        heard[np.random.default_rng(0).choice(others, most, replace=False)] = True
    return part.take_cases(heard)


def equal_weights(table: BallotTable) -> dict[str, float]:
    """Every judge counts alike: the unweighted majority on labels, the mean on numbers."""
    return dict.fromkeys(table.judges, 1.0)


def best_single(
    table: BallotTable, *, fold: Folding = "strict", tolerance: float = 0.25
) -> dict[str, float] | None:
    """Only the judge with the best shrunk accuracy on the labels; equals share the seat.

    Accuracy is `(k + 1)/(n + 2)`, so that one lucky case does not make a best judge.

    Returns:
        Weights of 0 and 1; None without a labelled vote.
    """
    accuracy, cast = judge_credit(table, fold=fold, tolerance=tolerance)
    if not cast.any():
        return None
    best = accuracy >= accuracy[cast > 0].max() - 1e-12
    return {j: float(b and c) for j, b, c in zip(table.judges, best, cast, strict=True)}


def judge_credit(
    table: BallotTable, *, fold: Folding = "strict", tolerance: float = 0.25
) -> tuple[Floats, Floats]:
    """Shrunk accuracy `(k + 1)/(n + 2)` of each judge on the labels, and its labelled votes."""
    truth, votes = table.truth[:, 0], folded_votes(table, table.criteria[0], fold)
    cast = ~np.isnan(votes) & ~np.isnan(truth)[:, None]
    earned = np.stack(
        [credit(vote, truth, table.scales[0], tolerance) for vote in votes.T], axis=1
    ) if votes.shape[1] else votes  # fmt: skip
    count = cast.sum(axis=0).astype(float)
    return (np.where(cast, earned, 0.0).sum(axis=0) + 1) / (count + 2), count


def cross_fit(
    table: BallotTable,
    weigh: Weigh,
    plan: Plan,
    decide: Decide = weighted_decisions,
    *,
    votes: Floats | None = None,
) -> HeldOut | None:
    """Decide every labelled case by a panel fitted without its label, several times over.

    Cases of one question are held out together, if there are ten questions. A fold in which
    nothing can be fitted leaves its cases open.

    Args:
        table: Ballots and labels on one criterion (`on_criterion`).
        weigh: What is tested.
        plan: Folds, repeats and seed.
        decide: What the panel makes of votes and weights.
        votes: What each judge holds, `[case, judge]`; None to fold orders as the panel does.

    Returns:
        None with fewer than two labelled cases.

    Raises:
        ValueError: The table has several criteria.
    """
    if len(table.criteria) != 1:
        raise ValueError("fit one criterion at a time")
    bench = _Bench(table, weigh, plan, decide, votes)
    truth = table.truth[:, 0]
    cases = np.flatnonzero(~np.isnan(truth))
    if not bench.enough(cases):
        return None
    held = HeldOut(
        cases, truth[cases], *(np.full((plan.repeats, len(cases)), np.nan) for _ in range(5))
    )
    for number, fold in enumerate(bench.folds(truth, cases, plan.repeats)):
        for part in range(int(fold.max()) + 1):
            bench.test(held, number, np.flatnonzero(fold == part))
    return held


def fit_panel_confidence(held: HeldOut, scale: Scale, *, seed: int = 0) -> Confidence | None:
    """The map of confidence for a panel, from all its held-out decisions.

    Returns:
        None if no decision was made.
    """
    case = np.broadcast_to(held.cases, held.share.shape).ravel()
    weight = np.full(case.shape, 1 / len(held.share))
    return _confidence(
        WeightedDecisions(held.score.ravel(), held.share.ravel()),
        held.right.ravel(),
        scale,
        seed,
        weight=weight,
        groups=case,
    )


def residuals(held: HeldOut) -> Floats:
    """Distance of each labelled case from its held-out scores, mean over the repeats."""
    distance = np.abs(held.score - held.truth)
    told = ~np.isnan(distance)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.nansum(distance, axis=0) / told.sum(axis=0))


class _Bench:
    """One criterion and one way of deciding it, with the votes folded once."""

    def __init__(
        self,
        table: BallotTable,
        weigh: Weigh,
        plan: Plan,
        decide: Decide,
        votes: Floats | None = None,
    ) -> None:
        self.table, self.weigh, self.plan, self.decide = table, weigh, plan, decide
        folded = folded_votes(table, table.criteria[0], plan.fold) if votes is None else votes
        self.votes = folded
        self.scale = table.scales[0]
        labelled = np.flatnonzero(table.labelled)
        questions = {table.questions[case] for case in labelled}
        self.groups = table.questions if len(questions) >= FEWEST_QUESTIONS else table.cases

    def enough(self, cases: Ints) -> bool:
        """Whether there are two groups of cases to tell apart."""
        return len({self.groups[case] for case in cases}) > 1

    def folds(self, truth: Floats, cases: Ints, repeats: int) -> Ints:
        """Folds of labelled cases, stratified by label, `[repeat, case]`."""
        groups = [self.groups[case] for case in cases]
        return repeated_folds(
            truth[cases],
            folds=self.plan.folds,
            repeats=repeats,
            seed=self.plan.seed,
            groups=groups,
        )

    def test(self, held: HeldOut, number: int, at: Ints) -> None:
        """Fit without the labels of some cases, decide those, and note it down."""
        out = held.cases[at]
        train = self._hidden(self.table.truth[:, 0], out)
        found = self._decided(train, out)
        labels, tolerance = held.truth[at], self.plan.tolerance
        held.score[number, at], held.share[number, at] = found
        held.right[number, at] = right(found.score, labels, self.scale, tolerance)
        held.credit[number, at] = credit(found.score, labels, self.scale, tolerance)
        told = self._map(train)
        if told is not None:
            held.probability[number, at] = told.at(found.share, found.score)

    def _map(self, truth: Floats) -> Confidence | None:
        """A map of confidence from the labels in `truth` alone, by folds within them."""
        cases = np.flatnonzero(~np.isnan(truth))
        if not self.enough(cases):
            return None
        score, share = (np.full(len(cases), np.nan) for _ in range(2))
        (fold,) = self.folds(truth, cases, 1)
        for part in range(int(fold.max()) + 1):
            at = np.flatnonzero(fold == part)
            score[at], share[at] = self._decided(self._hidden(truth, cases[at]), cases[at])
        ok = right(score, truth[cases], self.scale, self.plan.tolerance)
        return _confidence(WeightedDecisions(score, share), ok, self.scale, self.plan.seed)

    def _hidden(self, truth: Floats, out: Ints) -> Floats:
        left = truth.copy()
        left[out] = np.nan
        return left

    def _decided(self, truth: Floats, cases: Ints) -> WeightedDecisions:
        """Decide cases by a panel fitted on the labels in `truth`."""
        weights = self.weigh(self.table.with_truth(truth[:, None]))
        if weights is None:
            nothing = np.full(len(cases), np.nan)
            return WeightedDecisions(nothing, nothing.copy())
        each = np.array([weights.get(judge, 0.0) for judge in self.table.judges])
        return self.decide(self.votes[cases], each, self.scale, self.plan.tolerance)


def _confidence(
    made: WeightedDecisions,
    ok: Floats,
    scale: Scale,
    seed: int,
    *,
    weight: Floats | None = None,
    groups: Ints | None = None,
) -> Confidence | None:
    """A map from decisions that were made; on pairs, ties are counted apart."""
    mass = np.ones(len(ok)) if weight is None else weight
    told = ~np.isnan(ok)
    if not told.any():
        return None
    pairs = isinstance(scale, PreferenceScale)
    tie = told & (made.score == 0) if pairs else np.zeros_like(told)
    sure = told & ~tie
    if sure.any():
        own = None if groups is None else groups[sure]
        curve = fit_confidence(made.share[sure], ok[sure], mass[sure], groups=own, seed=seed)
    else:
        flat = np.array([0.5])
        curve = fit_confidence(flat, flat, np.array([1e-9]), method="constant")
    if not pairs:
        return Confidence(curve, None)
    # Where hardly any tie was decided, it is as rare a truth as the others leave room for.
    prior = min(1 - base_rate(ok[told], mass[told]), 0.5)
    on_tie = smoothed_share(float(mass[tie] @ ok[tie]), float(mass[tie].sum()), prior)
    return Confidence(curve, on_tie.value)
