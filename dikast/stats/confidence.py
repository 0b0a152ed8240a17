"""Does a judge's stated confidence mean anything? Calibration of what it claims.

Confidence is 0 to 1 by ballot, `correct` is 1, 0 or NaN where nobody knows (no label, or no vote).
A ballot without a stated confidence is left out and counted, never taken for a half.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

import numpy as np

from dikast.stats.ballot_table import BallotTable
from dikast.stats.estimate import Estimate, undefined
from dikast.stats.resampling import (
    Clusters,
    Floats,
    Ints,
    blocked,
    bootstrap_sums,
    clusters,
)
from dikast.stats.shares import share

Binning = Literal["width", "mass"]
THRESHOLDS = (0.80, 0.90, 0.95)
NOTHING = "no labelled ballot states a confidence"


class Told(NamedTuple):
    """Ballots that state a confidence and whose correctness is known."""

    confidence: Floats
    correct: Floats
    case: Ints | None
    """Cluster of each; None if they are independent."""
    nulls: int
    """Ballots of known correctness without a confidence."""


def told(confidence: Floats, correct: Floats, by: Clusters | None = None) -> Told:
    """Keep what can be used.

    Raises:
        ValueError: A confidence is outside 0 to 1, `correct` is neither 0 nor 1, or the columns
            differ in length.
    """
    if len(confidence) != len(correct):
        raise ValueError(f"{len(confidence)} confidences, {len(correct)} ballots")
    known = ~np.isnan(correct)
    stated = ~np.isnan(confidence)
    if (confidence[stated] < 0).any() or (confidence[stated] > 1).any():
        raise ValueError("a confidence is outside 0 to 1")
    if not np.isin(correct[known], (0, 1)).all():
        raise ValueError("`correct` must be 0, 1 or NaN")
    kept = known & stated
    case = None if by is None else clusters(by, len(correct))[kept]
    return Told(confidence[kept], correct[kept], case, int((known & ~stated).sum()))


def confident_ballots(
    table: BallotTable, criterion: str, judge: str
) -> tuple[Floats, Floats, Ints]:
    """One judge's ballots as columns for the functions here: confidence, correct, case.

    Each ballot counts by itself, in either order. On pairs a vote is correct if it prefers whom
    the label prefers, however strongly; else if it equals the label.

    Examples:
        >>> from dikast.stats.ballot_table import Row
        >>> from dikast.types import YesNoScale
        >>> table = BallotTable.of([Row("c", "ann", 1, confidence=0.9), Row("d", "ann", 0)],
        ...     scales={"overall": YesNoScale()}, truth={("c", "overall"): 1, ("d", "overall"): 1})
        >>> [column.tolist() for column in confident_ballots(table, "overall", "ann")]
        [[0.9, nan], [1.0, 0.0], [0, 1]]
    """
    rows = (table.criterion == table.criteria.index(criterion)) & (
        table.judge == table.judges.index(judge)
    )
    score, label = table.score[rows], table.labels(criterion)[table.case[rows]]
    if table.pairs:
        score, label = np.sign(score), np.sign(label)
    unknown = np.isnan(score) | np.isnan(label)
    return (
        table.confidence[rows],
        np.where(unknown, np.nan, (score == label).astype(float)),
        table.case[rows],
    )


class Bin(NamedTuple):
    """One bar of a reliability diagram."""

    low: float
    high: float
    confidence: float
    """Mean stated confidence."""
    accuracy: Estimate
    """Share of correct ballots."""


def edges(confidence: Floats, bins: int = 10, binning: Binning = "width") -> Floats:
    """Borders of the bins: equally wide, or with equally many ballots (fewer bins for ties).

    Raises:
        ValueError: There is no such binning.
    """
    if binning == "width":
        return np.arange(bins + 1) / bins
    if binning != "mass":
        raise ValueError(f"`binning` must be width or mass, got {binning!r}")
    inner = np.quantile(confidence, np.arange(1, bins) / bins) if len(confidence) else np.zeros(0)
    return np.unique(np.concatenate([[0.0], inner, [1.0]]))


def _bins(confidence: Floats, borders: Floats) -> Ints:
    """Bin of each confidence; a bin holds its lower border, the last one both."""
    at = np.searchsorted(borders, confidence, side="right") - 1
    return np.clip(at, 0, len(borders) - 2)


def reliability(
    confidence: Floats,
    correct: Floats,
    *,
    bins: int = 10,
    binning: Binning = "width",
    by: Clusters | None = None,
    seed: int = 0,
    draws: int = 1000,
) -> list[Bin]:
    """Stated confidence beside the share of correct ballots, in bins that hold any.

    Args:
        confidence: By ballot, 0 to 1, NaN where not told.
        correct: By ballot.
        bins: How many.
        binning: Equally wide (`width`) or equally full (`mass`).
        by: What each ballot belongs to, usually its case.
        seed: Of the resampling.
        draws: Resamples.

    Examples:
        >>> found = reliability(np.array([0.95, 0.9, 0.65]), np.array([1.0, 0, 1]))
        >>> [(round(b.low, 1), round(b.confidence, 3), b.accuracy.value) for b in found]
        [(0.6, 0.65, 1.0), (0.9, 0.925, 0.5)]
    """
    rows = told(confidence, correct, by)
    borders = edges(rows.confidence, bins, binning)
    place = _bins(rows.confidence, borders)
    return [
        Bin(
            float(borders[k]),
            float(borders[k + 1]),
            float(rows.confidence[place == k].mean()),
            share(
                rows.correct[place == k],
                by=None if rows.case is None else rows.case[place == k],
                seed=seed,
                draws=draws,
            ),
        )
        for k in np.unique(place).tolist()
    ]


def ece(
    confidence: Floats,
    correct: Floats,
    *,
    bins: int = 10,
    binning: Binning = "width",
    by: Clusters | None = None,
    seed: int = 0,
    draws: int = 1000,
) -> Estimate:
    """Expected calibration error: mean over bins, by share, of |mean confidence − accuracy|.

    Args as for `reliability`; `mass` is the adaptive ECE.

    Returns:
        0 to 1. Chance alone makes it positive, more so in small samples, and its interval errs
        upward likewise: below a few hundred ballots compare judges, not with 0.

    Examples:
        >>> c = np.array([0.95, 0.95, 0.9, 0.8, 0.8, 0.7, 0.6, 0.6, 0.55, 0.9])
        >>> round(ece(c, np.array([1.0, 1, 0, 1, 0, 1, 1, 0, 0, 1])).value, 3)
        0.235

    References:
        Guo et al. (2017), "On Calibration of Modern Neural Networks".
    """
    rows = told(confidence, correct, by)
    if not len(rows.correct):
        return undefined(NOTHING, nulls=rows.nulls)
    borders = edges(rows.confidence, bins, binning)
    size = len(borders) - 1
    gap = _sums_by_bin(rows, _bins(rows.confidence, borders), size)
    return bootstrap_sums(
        gap,
        lambda s: np.abs(s[..., :size]).sum(axis=-1) / s[..., size],
        nulls=rows.nulls,
        n=len(rows.correct),
        seed=seed,
        draws=draws,
    )


def _sums_by_bin(rows: Told, place: Ints, size: int) -> Floats:
    """By cluster: confidence less correctness summed in each bin, then the number of ballots."""
    code, units = blocked(np.arange(len(place)) if rows.case is None else _dense(rows.case))
    gaps = np.bincount(
        code * size + place, weights=rows.confidence - rows.correct, minlength=units * size
    )
    return np.column_stack([gaps.reshape(units, size), np.bincount(code, minlength=units)])


def _dense(code: Ints) -> Ints:
    return clusters(code, len(code))


def brier(
    confidence: Floats,
    correct: Floats,
    *,
    by: Clusters | None = None,
    seed: int = 0,
    draws: int = 1000,
) -> Estimate:
    """Brier score: mean (confidence − correct)²; lower is better, 0.25 is always saying a half.

    Args as for `reliability`.

    Examples:
        >>> brier(np.array([0.5, 1.0]), np.array([1.0, 1.0])).value
        0.125
    """
    return _mean(told(confidence, correct, by), lambda c, z: (c - z) ** 2, seed, draws)


def overconfidence(
    confidence: Floats,
    correct: Floats,
    *,
    by: Clusters | None = None,
    seed: int = 0,
    draws: int = 1000,
) -> Estimate:
    """Mean stated confidence less accuracy; positive if the judge claims too much.

    Args as for `reliability`.

    Examples:
        >>> overconfidence(np.array([0.75, 1.0]), np.array([1.0, 0.0])).value
        0.375
    """
    return _mean(told(confidence, correct, by), lambda c, z: c - z, seed, draws)


def _mean(rows: Told, of: Callable[[Floats, Floats], Floats], seed: int, draws: int) -> Estimate:
    if not len(rows.correct):
        return undefined(NOTHING, nulls=rows.nulls)
    sums = np.column_stack([of(rows.confidence, rows.correct), np.ones(len(rows.correct))])
    return bootstrap_sums(
        sums,
        lambda s: s[..., 0] / s[..., 1],
        by=rows.case,
        nulls=rows.nulls,
        n=len(rows.correct),
        seed=seed,
        draws=draws,
    )


def wrong_at(
    confidence: Floats,
    correct: Floats,
    *,
    thresholds: Sequence[float] = THRESHOLDS,
    by: Clusters | None = None,
    seed: int = 0,
    draws: int = 1000,
) -> dict[float, Estimate]:
    """Share of wrong ballots among those that claim at least so much confidence.

    Args:
        confidence: As for `reliability`, further arguments likewise.
        correct: By ballot.
        thresholds: Confidences.
        by: What each ballot belongs to.
        seed: Of the resampling.
        draws: Resamples.

    Returns:
        By threshold; undefined where no ballot claims so much: that is not perfection.

    Examples:
        >>> found = wrong_at(np.array([0.9, 0.8, 0.5]), np.array([0.0, 1, 0]))
        >>> found[0.8].value, found[0.9].value, found[0.95].reason
        (0.5, 1.0, 'no ballot claims so much')
    """
    rows = told(confidence, correct, by)
    found = {}
    for threshold in thresholds:
        sure = rows.confidence >= threshold
        found[threshold] = share(
            rows.correct[sure] == 0,
            by=None if rows.case is None else rows.case[sure],
            nulls=rows.nulls,
            why="no ballot claims so much" if len(sure) else NOTHING,
            seed=seed,
            draws=draws,
        )
    return found
