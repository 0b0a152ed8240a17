"""What asking again shows: sampling noise, and how much of an order effect is only that.

A judge that is asked the same thing twice may answer otherwise. Only a change with the order
beyond that level is position bias, so repeats are compared within an order before orders are
compared with each other. Votes are `[case, order, sample]` (or `[case, sample]` for single
responses), NaN for an abstention or a repeat that was not asked for.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dikast.stats.ballot_table import BallotTable
from dikast.stats.estimate import Estimate, undefined
from dikast.stats.resampling import Clusters, Floats, bootstrap_sums

Bools = npt.NDArray[np.bool_]
NO_REPEAT = "nothing was asked twice in the same order"


def sample_grid(table: BallotTable, criterion: str) -> Floats:
    """Votes on a criterion as `[case, judge, order, sample]`, samples not folded.

    `table.grid` folds them; here each keeps its place. The last axis is as long as the most
    samples that any place has.

    Examples:
        >>> from dikast.stats.ballot_table import Row
        >>> from dikast.types import YesNoScale
        >>> rows = [Row("c", "ann", 1), Row("c", "ann", 0, sample=3), Row("c", "bob", 1)]
        >>> table = BallotTable.of(rows, scales={"overall": YesNoScale()})
        >>> sample_grid(table, "overall")[0, :, 0].tolist()
        [[1.0, 0.0], [1.0, nan]]
    """
    rows = np.flatnonzero(table.criterion == table.criteria.index(criterion))
    orders = 2 if table.pairs else 1
    side = table.swapped[rows].astype(np.int64) if table.pairs else np.zeros(len(rows), np.int64)
    place = (table.case[rows] * len(table.judges) + table.judge[rows]) * orders + side
    # rows of a table stand in order of case, judge, order and sample, so places are runs
    starts = np.flatnonzero(np.diff(place, prepend=-1))
    at = np.arange(len(rows)) - np.repeat(starts, np.diff(starts, append=len(rows)))
    grid = np.full(
        (len(table.cases) * len(table.judges) * orders, int(at.max(initial=0)) + 1), np.nan
    )
    grid[place, at] = table.score[rows]
    return grid.reshape(len(table.cases), len(table.judges), orders, -1)


def _pairs_within(votes: Floats) -> tuple[Floats, Floats, Floats]:
    """Per case and place: pairs of repeats that agree, all pairs, most frequent answer's count."""
    flat = votes.reshape(-1, votes.shape[-1])
    values = np.unique(flat[~np.isnan(flat)])
    counts = np.zeros((len(flat), max(len(values), 1)))
    for place, value in enumerate(values):
        counts[:, place] = (flat == value).sum(axis=1)
    n = counts.sum(axis=1)
    shape = votes.shape[:-1]
    return (
        (counts * (counts - 1)).sum(axis=1).reshape(shape).astype(float),
        (n * (n - 1)).reshape(shape).astype(float),
        np.where(n > 1, counts.max(axis=1), 0).reshape(shape).astype(float),
    )


def repetition_stability(
    votes: Floats, *, by: Clusters | None = None, seed: int = 0, draws: int = 1000
) -> Estimate:
    """Share of repeats that equal the most frequent answer of their case and order.

    Args:
        votes: `[case, order, sample]` or `[case, sample]`.
        by: What each case belongs to.
        seed: Of the resampling.
        draws: Resamples.

    Returns:
        The share over repeats; `n` counts places (case and order) with at least two
        answers, `nulls` all others. More repeats lower it even for the same judge: compare judges
        at equally many samples, or by `repeat_agreement`.

    Examples:
        >>> repetition_stability(np.array([[1.0, 1, 1, -1], [0, 0, np.nan, np.nan]])).value
        0.8333333333333334
    """
    _, pairs, mode = _pairs_within(votes)
    answers = (~np.isnan(votes)).sum(axis=-1)
    repeated = pairs > 0
    sums = np.stack([mode, np.where(repeated, answers, 0)], axis=-1)
    return _ratio(sums.reshape(len(votes), -1, 2).sum(axis=1), repeated, by, seed, draws)


def repeat_agreement(
    votes: Floats, *, by: Clusters | None = None, seed: int = 0, draws: int = 1000
) -> Estimate:
    """Mean share of pairs of repeats that agree: `p_consist` of the de-noised biases.

    Places (case and order) weigh alike, however often they were asked.

    Args as for `repetition_stability`; unlike that it does not depend on the number of samples.

    Examples:
        >>> round(repeat_agreement(np.array([[1.0, 1, 1, 1, -1], [1, 1, 1, 1, 1]])).value, 3)
        0.8
    """
    _, pairs, _ = _pairs_within(votes)
    return _ratio(agreeing(votes), pairs > 0, by, seed, draws)


def agreeing(votes: Floats) -> Floats:
    """Per case, agreement of its repeats summed over places, and places that have repeats."""
    agree, pairs, _ = _pairs_within(votes)
    shares = np.stack([agree / np.maximum(pairs, 1), pairs > 0], axis=-1)
    return np.asarray(shares.reshape(len(votes), -1, 2).sum(axis=1))


def _ratio(sums: Floats, repeated: Bools, by: Clusters | None, seed: int, draws: int) -> Estimate:
    n = int(repeated.sum())
    return bootstrap_sums(
        sums,
        lambda s: s[..., 0] / s[..., 1],
        by=by,
        nulls=repeated.size - n,
        n=n,
        why=NO_REPEAT,
        seed=seed,
        draws=draws,
    )


class OrderEffect(NamedTuple):
    """How much more a judge's answer moves with the order than with asking again."""

    within: Estimate
    """Agreement of two samples in the same order."""
    across: Estimate
    """Agreement of two samples in opposite orders."""
    beyond_noise: Estimate
    """`within` − `across`: 0 for a judge who only is unsteady, positive if order matters."""


def order_effect(
    votes: Floats, *, by: Clusters | None = None, seed: int = 0, draws: int = 1000
) -> OrderEffect:
    """Order effects beyond sampling noise, from cases judged at least twice in some order.

    Args:
        votes: `[case, order, sample]` with two orders, in canonical terms.
        by: What each case belongs to.
        seed: Of the resampling.
        draws: Resamples.

    Returns:
        Three figures over the cases that allow both comparisons; `nulls` counts the others.

    Examples:
        A judge who tosses a coin is unsteady, not biased by order; one who names the slot is:

        >>> slot = np.tile(np.array([[1.0, 1, 1], [-1, -1, -1]]), (20, 1, 1))
        >>> [figure.value for figure in order_effect(slot)]
        [1.0, 0.0, 1.0]
    """
    if votes.ndim != 3 or votes.shape[1] != 2:
        raise ValueError("`votes` must be [case, order, sample] with two orders")
    agree, pairs, _ = _pairs_within(votes)
    place = np.where(pairs > 0, agree / np.maximum(pairs, 1), np.nan)
    one, other = votes[:, 0, :, None], votes[:, 1, None, :]
    crossed = (~np.isnan(one) & ~np.isnan(other)).sum(axis=(1, 2))
    equal = (one == other).sum(axis=(1, 2)) / np.maximum(crossed, 1)
    kept = (pairs > 0).any(axis=1) & (crossed > 0)
    nulls = int((~kept).sum())
    if not kept.any():
        gap = undefined("no case was judged in both orders and twice in one", nulls=nulls)
        return OrderEffect(gap, gap, gap)
    within = np.nanmean(place[kept], axis=1)
    sums = np.column_stack([within, equal[kept], np.ones(len(within))])
    grouped = None if by is None else np.asarray(by)[kept]

    def mean(weights: tuple[float, float]) -> Estimate:
        return bootstrap_sums(
            sums,
            lambda s: (s[..., 0] * weights[0] + s[..., 1] * weights[1]) / s[..., 2],
            by=grouped,
            nulls=nulls,
            seed=seed,
            draws=draws,
        )

    return OrderEffect(mean((1, 0)), mean((0, 1)), mean((1, -1)))
