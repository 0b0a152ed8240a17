"""What each judge holds on each case, as a matrix: the ground of every fitted rule.

The two presentation orders of a pair are folded here. Where the scale knows ties, two orders that
disagree are a vote for the tie, as in a hearing. Where it knows none, they cancel: such a judge
has no vote, which is not the same as a vote for something in between.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dikast.stats.ballot_table import BallotTable, Bools, Floats, Ints
from dikast.types import IntegerScale, PreferenceScale, RealScale, Scale


class Standing(NamedTuple):
    """Votes on one criterion, one per case and judge."""

    votes: Floats
    """`[case, judge]` on the scale; NaN without a vote, and where two orders cancel."""
    contrary: Bools
    """`[case, judge]`: two orders were answered, and differently."""
    both: Bools
    """`[case, judge]`: two orders were answered."""


def standing(table: BallotTable, criterion: str) -> Standing:
    """Fold repeats and presentation orders of every judge on every case.

    Repeats fold as `BallotTable.grid` does. Of two orders that prefer the same candidate the
    weaker preference counts; one answered order alone counts as it is.

    Args:
        table: Ballots.
        criterion: Which criterion.

    Examples:
        >>> from dikast.stats.ballot_table import Row
        >>> rows = [Row("c", "ann", 1), Row("c", "ann", -1, swapped=True), Row("c", "bob", 1)]
        >>> scales = {"overall": PreferenceScale(ties=False)}
        >>> standing(BallotTable.of(rows, scales=scales, pairs=True), "overall").votes
        array([[nan,  1.]])
    """
    grid = table.grid(criterion)
    if not table.pairs:
        nobody = np.zeros(grid.shape[:2], dtype=bool)
        return Standing(grid[:, :, 0], nobody, nobody)
    one, other = grid[:, :, 0], grid[:, :, 1]
    both = ~np.isnan(one) & ~np.isnan(other)
    contrary = both & (np.sign(one) != np.sign(other))
    weaker = np.where(np.abs(one) <= np.abs(other), one, other)
    votes = np.where(both, weaker, np.where(np.isnan(one), other, one))
    scale = table.scale(criterion)
    tie = 0.0 if isinstance(scale, PreferenceScale) and scale.ties else np.nan
    return Standing(np.where(contrary, tie, votes), contrary, both)


def classes(scale: Scale) -> Floats:
    """The scores that a scale of labels knows, rising.

    Examples:
        >>> classes(PreferenceScale(ties=False)).tolist()
        [-1.0, 1.0]
    """
    if isinstance(scale, IntegerScale | RealScale):
        raise ValueError("a numeric scale has no labels")  # noqa: TRY004
    return np.array(sorted(scale.accept(label) for label in scale.labels))


def codes(scores: Floats, known: Floats) -> Ints:
    """Each score's place among `known`; −1 for none of them (NaN included)."""
    at = np.clip(np.searchsorted(known, scores), 0, len(known) - 1)
    return np.where(known[at] == scores, at, -1)


def masses(votes: Floats, weights: Floats, known: Floats) -> Floats:
    """Weight behind each label, `[case, label]`.

    Args:
        votes: `[case, judge]`.
        weights: By judge.
        known: The labels (see `classes`).
    """
    return np.stack([(votes == label).astype(float) @ weights for label in known], axis=1)


def plurality(mass: Floats, scale: Scale) -> Floats:
    """The label with most weight; an equal lead is NaN, or the tie where it lies between.

    A lead counts beyond rounding error. On preferences with ties, an equal lead of two opposite
    preferences is the tie between them; on ordered labels nothing lies between that was voted
    for.

    Args:
        mass: `[case, label]`.
        scale: Of labels.

    Examples:
        >>> plurality(np.array([[0.4, 0.2, 0.4], [0.1, 0.2, 0.3]]), PreferenceScale())
        array([0., 1.])
    """
    known = classes(scale)
    lead = mass.max(axis=1)
    close = mass >= (lead - 1e-9 * np.maximum(mass.sum(axis=1), 1e-300))[:, None]
    alone = close.sum(axis=1) == 1
    score = np.where(alone, known[close.argmax(axis=1)], np.nan)
    if isinstance(scale, PreferenceScale) and scale.ties:
        score[~alone & (np.abs(close @ known) < 1e-9)] = 0.0
    score[lead <= 0] = np.nan
    return score


def weighted_mean(votes: Floats, weights: Floats) -> Floats:
    """Weighted mean of those who voted, by case; NaN where nobody with a weight did."""
    voted = ~np.isnan(votes)
    mass = voted @ weights
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(mass > 0, np.nan_to_num(votes) @ weights / mass, np.nan)
