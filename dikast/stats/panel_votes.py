"""What a panel makes of a whole table at once: folded votes, weighted decisions, shares.

The same arithmetic as the aggregator's (`dikast.agents`), on columns: what is fitted and tested
here is what a panel with these weights will do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from dikast.stats.ballot_table import BallotTable, Bools, Floats
from dikast.stats.orders import Folding
from dikast.types import OrdinalScale, PreferenceScale, Scale, YesNoScale


class WeightedDecisions(NamedTuple):
    """Decisions on one criterion, one entry per case."""

    score: Floats
    """NaN for a tied vote, and without a vote that has weight."""
    share: Floats
    """Weighted share of the votes within tolerance of the decision (of a tied vote: that each of
    the tied scores has); NaN without a vote that has weight."""


def folded_votes(table: BallotTable, criterion: str, fold: Folding = "strict") -> Floats:
    """Each judge's vote on each case, `[case, judge]`, orders folded; NaN for none.

    Args:
        table: Ballots.
        criterion: The criterion.
        fold: As in `dikast.stats.orders.fold_steps`.

    Examples:
        >>> from dikast.stats.ballot_table import Row
        >>> rows = [Row("c", "ann", 1), Row("c", "ann", -1, swapped=True), Row("c", "bob", 1)]
        >>> table = BallotTable.of(rows, scales={"overall": PreferenceScale()}, pairs=True)
        >>> folded_votes(table, "overall"), folded_votes(table, "overall", "lenient")
        (array([[ 0., nan]]), array([[0., 1.]]))
    """
    grid = table.grid(criterion)
    if grid.shape[2] == 1:
        return grid[:, :, 0]
    forward, swapped = grid[:, :, 0], grid[:, :, 1]
    both = ~np.isnan(forward) & ~np.isnan(swapped)
    if fold == "strict":
        agree = np.sign(forward) == np.sign(swapped)
        nearer = np.where(np.abs(forward) <= np.abs(swapped), forward, swapped)
        return np.where(both, np.where(agree, nearer, 0.0), np.nan)
    total = forward + swapped
    mean = np.sign(total) * np.maximum(np.abs(total) // 2, 1)
    return np.where(both, mean, np.where(np.isnan(forward), swapped, forward))


def weighted_decisions(
    votes: Floats, weights: Floats, scale: Scale, tolerance: float = 0.25
) -> WeightedDecisions:
    """Decide every case by the rule `weighted`.

    Args:
        votes: `[case, judge]`, NaN for an abstention.
        weights: One per judge, not negative; 0 has no say.
        scale: The criterion's scale.
        tolerance: Votes within this share of a numeric scale agree.

    Examples:
        >>> from dikast.types import IntegerScale
        >>> votes = np.array([[1.0, 5.0, np.nan], [4.0, 4.0, 2.0]])
        >>> found = weighted_decisions(votes, np.array([1.0, 3.0, 0.0]), IntegerScale())
        >>> found.score.tolist(), found.share.tolist()
        ([4.0, 4.0], [0.75, 1.0])
    """
    heard = ~np.isnan(votes) & (weights > 0)
    top = float(weights.max()) if len(weights) else 0.0
    mass = heard * (weights / top if top > 0 else weights)
    total = mass.sum(axis=1)
    if scale.labelled:
        return _plurality(votes, heard, mass, total)
    given = np.where(heard, votes, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = (mass * given).sum(axis=1) / total
        low = np.where(heard, votes, np.inf).min(axis=1, initial=np.inf)
        high = np.where(heard, votes, -np.inf).max(axis=1, initial=-np.inf)
        mean = np.where(total > 0, np.clip(mean, low, high), np.nan)
        close = heard & near(given, mean[:, None], scale, tolerance)
        share = np.minimum((mass * close).sum(axis=1) / total, 1.0)
    return WeightedDecisions(mean, np.where(total > 0, share, np.nan))


def _plurality(votes: Floats, heard: Bools, mass: Floats, total: Floats) -> WeightedDecisions:
    labels = np.unique(votes[heard])
    score, share = (np.full(len(votes), np.nan) for _ in range(2))
    if not len(labels):
        return WeightedDecisions(score, share)
    held = np.stack([(mass * (votes == label)).sum(axis=1) for label in labels], axis=1)
    lead = held.max(axis=1)
    leaders = held >= (lead - 1e-9 * total)[:, None]
    some = total > 0
    alone = some & (leaders.sum(axis=1) == 1)
    score[alone] = labels[held[alone].argmax(axis=1)]
    share[some] = np.minimum(lead[some] / total[some], 1.0)
    return WeightedDecisions(score, share)


def near(score: Floats, other: Floats, scale: Scale, tolerance: float) -> Bools:
    """Whether two scores agree: equal labels, or numbers within a share of the scale."""
    if scale.labelled:
        return np.asarray(score == other)
    low, high = scale.bounds()
    return np.asarray(np.abs(score - other) <= (tolerance + 1e-9) * (high - low))


def right(score: Floats, truth: Floats, scale: Scale, tolerance: float = 0.25) -> Floats:
    """1 where a decision agrees with its label, 0 where not; NaN without a decision or label.

    Of a pair the label says which is better, not by how much: the sign must agree.
    """
    if isinstance(scale, PreferenceScale):
        score, truth = np.sign(score), np.sign(truth)
    hit = near(score, truth, scale, tolerance)
    return np.where(np.isnan(score) | np.isnan(truth), np.nan, hit.astype(float))


def left_open(score: Floats, truth: Floats, scale: Scale) -> Bools:
    """Which labelled decisions choose nothing.

    That is a tied vote, or a tie between two of which one is better.

    Examples:
        >>> left_open(np.array([0.0, np.nan, 0.0]), np.array([1.0, 1.0, 0.0]), PreferenceScale())
        array([ True,  True, False])
    """
    open_ = np.isnan(score)
    if isinstance(scale, PreferenceScale):
        open_ = open_ | ((score == 0) & (truth != 0))
    return np.asarray(open_ & ~np.isnan(truth))


def credit(score: Floats, truth: Floats, scale: Scale, tolerance: float = 0.25) -> Floats:
    """What a decision earns towards accuracy, 0 to 1; NaN without a label only.

    The one definition behind every accuracy of a panel, in audits and calibrations alike. As
    `right`; but where there are two answers, one that is left open (`left_open`) earns a half, as
    a coin would. Elsewhere an open decision earns nothing.

    Examples:
        >>> tie, truth = np.array([0.0, np.nan, 1.0]), np.array([1.0, 1.0, 1.0])
        >>> credit(tie, truth, PreferenceScale()).tolist()
        [0.5, 0.5, 1.0]
    """
    earned = np.nan_to_num(right(score, truth, scale, tolerance), nan=0.0)
    if isinstance(scale, PreferenceScale):
        earned = np.where(left_open(score, truth, scale) & (truth != 0), 0.5, earned)
    elif isinstance(scale, OrdinalScale | YesNoScale) and len(scale.labels) == 2:
        earned = np.where(np.isnan(score), 0.5, earned)
    return np.where(np.isnan(truth), np.nan, earned)


OneRule = Callable[[Sequence[tuple[float, float]], Scale], tuple[float | None, tuple[float, ...]]]
"""From (score, weight) of the votes on one case to a score, or to the scores that are tied."""


def ruled_decisions(
    rule: OneRule, votes: Floats, weights: Floats, scale: Scale, tolerance: float = 0.25
) -> WeightedDecisions:
    """Decide every case by any rule, one by one; for labelled cases, not for millions.

    Examples:
        >>> from dikast.types import IntegerScale
        >>> def lowest(votes, scale):
        ...     return min(score for score, _ in votes), ()
        >>> votes = np.array([[1.0, 5.0, np.nan]])
        >>> found = ruled_decisions(lowest, votes, np.array([1.0, 3.0, 1.0]), IntegerScale())
        >>> found.score.tolist(), found.share.tolist()
        ([1.0], [0.25])
    """
    score, share = (np.full(len(votes), np.nan) for _ in range(2))
    for at, row in enumerate(votes):
        heard = ~np.isnan(row) & (weights > 0)
        if not heard.any():
            continue
        cast = sorted(zip(row[heard].tolist(), weights[heard].tolist(), strict=True))
        aim, tied = rule(cast, scale)
        score[at] = np.nan if aim is None else aim
        mass = weights[heard]
        close = [
            float(mass @ near(row[heard], np.array(one), scale, tolerance)) / float(mass.sum())
            for one in (tied if aim is None else (aim,))
        ]
        share[at] = min(max(close, default=0.0), 1.0)
    return WeightedDecisions(score, share)
