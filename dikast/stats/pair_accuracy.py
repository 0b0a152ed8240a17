"""The published ways to score a judge on pairs in both orders, for whole columns.

The same figures as in `order_scores`, which takes lists of `Shown`; here `forward`, `swapped` and
`truth` are columns `[case]` of signed steps in canonical terms (positive favours the first
candidate), NaN for an abstention or a missing label. `nulls` counts what `order_scores` counts.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from dikast.stats.estimate import Estimate
from dikast.stats.order_grids import Bools, order_consistency
from dikast.stats.order_scores import ContextualScores
from dikast.stats.resampling import Clusters, Floats, clusters, of_kept
from dikast.stats.shares import share

NO_LABEL = "no pair has a label"


def judgebench(
    forward: Floats,
    swapped: Floats,
    truth: Floats,
    *,
    by: Clusters | None = None,
    seed: int = 0,
    draws: int = 1000,
) -> Estimate:
    """Share of pairs with more right than wrong answers over the two orders.

    One abstention or tie is forgiven; a fair coin scores a quarter. Pairs labelled as a tie or
    not at all are left out and counted.

    Args:
        forward: Votes with the canonically first candidate shown first.
        swapped: Votes with it shown second, the swap undone.
        truth: Labels.
        by: What each case belongs to.
        seed: Of the resampling.
        draws: Resamples.

    Examples:
        >>> judgebench(np.array([1.0, 1, 1]), np.array([1.0, -1, np.nan]), np.ones(3)).value
        0.6666666666666666

    References:
        Tan et al. (2024), "JudgeBench".
    """
    votes, label = np.sign(np.stack([forward, swapped])), np.sign(truth)
    kept = np.asarray(~np.isnan(label) & (label != 0))
    points = np.nansum(votes[:, kept], axis=0) * label[kept]
    return _of_cases(points > 0, kept, by, seed, draws)


def consistent_accuracy(
    forward: Floats,
    swapped: Floats,
    truth: Floats,
    *,
    by: Clusters | None = None,
    seed: int = 0,
    draws: int = 1000,
) -> Estimate:
    """Share of labelled pairs where both orders are right; chance is a quarter.

    Args as for `judgebench`. An abstention is not right.

    Examples:
        >>> consistent_accuracy(np.array([1.0, 1, 1]), np.array([1.0, -1, np.nan]), np.ones(3)).value
        0.3333333333333333
    """  # noqa: E501
    right, kept = _right(forward, swapped, truth)
    return _of_cases(right.all(axis=0), kept, by, seed, draws)


def optimistic_accuracy(
    forward: Floats,
    swapped: Floats,
    truth: Floats,
    *,
    by: Clusters | None = None,
    seed: int = 0,
    draws: int = 1000,
) -> Estimate:
    """Share of labelled pairs where at least one order is right; chance is three quarters.

    Args as for `judgebench`.
    """
    right, kept = _right(forward, swapped, truth)
    return _of_cases(right.any(axis=0), kept, by, seed, draws)


def ballot_accuracy(
    forward: Floats,
    swapped: Floats,
    truth: Floats,
    *,
    by: Clusters | None = None,
    seed: int = 0,
    draws: int = 1000,
) -> Estimate:
    """Share of right answers over both orders, an abstention being a wrong one (LLMBar).

    Args as for `judgebench`; `n` counts ballots.
    """
    right, kept = _right(forward, swapped, truth)
    case = np.arange(len(truth)) if by is None else clusters(by, len(truth))
    return share(right.T.ravel(), by=np.repeat(case[kept], 2), why=NO_LABEL, seed=seed, draws=draws)


def mmrb2(
    forward: Floats,
    swapped: Floats,
    truth: Floats,
    *,
    by: Clusters | None = None,
    seed: int = 0,
    draws: int = 1000,
) -> Estimate:
    """Mean accuracy with the two orders as separate data points.

    Args as for `judgebench`. A tie is right only against a tie; abstentions and missing labels
    are left out and counted. `n` counts ballots; the interval knows that two belong together.

    Examples:
        >>> mmrb2(np.array([1.0, 1]), np.array([-1.0, 1]), np.ones(2)).value
        0.75
    """
    votes = np.sign(np.stack([forward, swapped], axis=1))
    label = np.repeat(np.sign(truth)[:, None], 2, axis=1)
    kept = ~(np.isnan(votes) | np.isnan(label))
    case = np.arange(len(truth)) if by is None else clusters(by, len(truth))
    return share(
        (votes == label)[kept],
        by=np.repeat(case[:, None], 2, axis=1)[kept],
        nulls=int((~kept).sum()),
        why="no vote on a labelled case",
        seed=seed,
        draws=draws,
    )


def contextual_judge_bench(
    forward: Floats,
    swapped: Floats,
    truth: Floats,
    *,
    by: Clusters | None = None,
    seed: int = 0,
    draws: int = 1000,
) -> ContextualScores:
    """Accuracy in either order, consistency, and accuracy in both orders and in at least one.

    Args as for `judgebench`.

    References:
        Xu et al. (2025), "Does Context Matter? ContextualJudgeBench".
    """
    right, kept = _right(forward, swapped, truth)
    one, other, both, any_ = (
        _of_cases(hits, kept, by, seed, draws)
        for hits in (right[0], right[1], right.all(axis=0), right.any(axis=0))
    )
    steady = order_consistency(forward, swapped, by=by, seed=seed, draws=draws)
    return ContextualScores(one, other, steady, both, any_)


def _right(forward: Floats, swapped: Floats, truth: Floats) -> tuple[Bools, Bools]:
    """Whether each order is right, `[order, labelled case]`, and which cases are labelled."""
    label = np.sign(truth)
    kept = np.asarray(~np.isnan(label))
    return np.asarray(np.sign(np.stack([forward, swapped]))[:, kept] == label[kept]), kept


def _of_cases(
    hits: npt.ArrayLike, kept: Bools, by: Clusters | None, seed: int, draws: int
) -> Estimate:
    return share(
        np.asarray(hits),
        by=of_kept(by, kept, len(kept)),
        nulls=int((~kept).sum()),
        why=NO_LABEL,
        seed=seed,
        draws=draws,
    )
