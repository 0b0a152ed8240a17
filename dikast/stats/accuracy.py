"""How often votes equal labels: plainly, by class, and with or without ties.

Votes are `[case]` or have further axes (orders, samples), every ballot counting once; labels are
`[case]`. NaN is an abstention, or a missing label. A case without a label plays no part and is not
counted among `nulls`, which are the abstentions on labelled cases.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np

from dikast.stats.estimate import Estimate, undefined
from dikast.stats.resampling import Clusters, Floats, Ints, clusters, distinct
from dikast.stats.reweighting import bootstrap_cells
from dikast.stats.shares import share

Abstentions = Literal["left_out", "wrong"]


class Ballots(NamedTuple):
    """Votes on labelled cases, one entry per ballot."""

    vote: Floats
    """NaN for an abstention."""
    truth: Floats
    case: Ints
    """Cluster of each ballot."""
    independent: bool
    """Whether each ballot is a cluster of its own."""


def ballots_on_labels(votes: Floats, truth: Floats, by: Clusters | None = None) -> Ballots:
    """Votes of whatever shape as one column, with the label of each and what it belongs to.

    Raises:
        ValueError: Votes and labels are of different numbers of cases.
    """
    if len(votes) != len(truth):
        raise ValueError(f"there are votes on {len(votes)} cases and labels of {len(truth)}")
    each = int(np.prod(votes.shape[1:], dtype=np.int64))
    case = np.arange(len(votes)) if by is None else clusters(by, len(votes))
    label = np.repeat(truth, each)
    kept = ~np.isnan(label)
    return Ballots(
        votes.reshape(-1)[kept], label[kept], np.repeat(case, each)[kept], each == 1 and by is None
    )


def accuracy(
    votes: Floats,
    truth: Floats,
    *,
    abstentions: Abstentions = "left_out",
    by: Clusters | None = None,
    seed: int = 0,
    draws: int = 1000,
) -> Estimate:
    """Share of votes that equal the label.

    Args:
        votes: `[case]`, or `[case, …]` where every ballot counts.
        truth: Labels, `[case]`.
        abstentions: Whether an abstention is left out (and counted in `nulls`) or a wrong vote.
        by: What each case belongs to; by default each is its own.
        seed: Of the resampling.
        draws: Resamples.

    Examples:
        >>> votes, truth = np.array([1.0, 0, np.nan, 1]), np.array([1.0, 1, 0, np.nan])
        >>> accuracy(votes, truth).value, accuracy(votes, truth, abstentions="wrong").value
        (0.5, 0.3333333333333333)
    """
    rows = ballots_on_labels(votes, truth, by)
    kept = ~np.isnan(rows.vote) | (abstentions == "wrong")
    return share(
        rows.vote[kept] == rows.truth[kept],
        by=None if rows.independent else rows.case[kept],
        nulls=int((~kept).sum()),
        why="no vote on a labelled case",
        seed=seed,
        draws=draws,
    )


def pair_accuracy(
    votes: Floats,
    truth: Floats,
    *,
    ties: bool = True,
    by: Clusters | None = None,
    seed: int = 0,
    draws: int = 1000,
) -> Estimate:
    """Accuracy on pairs by who is preferred, however strongly.

    Args:
        votes: Signed steps, `[case]` or `[case, order]`, positive for the first candidate.
        truth: Signed labels, 0 for a tie.
        ties: With ties there are three classes. Without, pairs labelled as ties are dropped, and
            a judge's tie on the others is wrong.
        by: What each case belongs to.
        seed: Of the resampling.
        draws: Resamples.

    Examples:
        >>> votes, truth = np.array([2.0, 0, 0, -1]), np.array([1.0, 0, 1, -1])
        >>> pair_accuracy(votes, truth).value, pair_accuracy(votes, truth, ties=False).value
        (0.75, 0.6666666666666666)

    References:
        Chen et al. (2024), "MLLM-as-a-Judge".
    """
    label = np.sign(truth)
    if not ties:
        label = np.where(label == 0, np.nan, label)
    return accuracy(np.sign(votes), label, by=by, seed=seed, draws=draws)


class ClassFigures(NamedTuple):
    """Accuracy that frequent classes cannot carry alone."""

    balanced_accuracy: Estimate
    """Mean share of right votes over the classes that labels have."""
    macro_f1: Estimate
    """Mean F1 over the classes that labels or votes have."""
    recall: dict[float, Estimate]
    """By label, the share of right votes on it."""
    confusion: dict[tuple[float, float | None], int]
    """Ballots by (label, vote); the vote None is an abstention."""


def by_class(
    votes: Floats,
    truth: Floats,
    *,
    by: Clusters | None = None,
    seed: int = 0,
    draws: int = 1000,
) -> ClassFigures:
    """Balanced accuracy, macro-F1, recall of each class and the table of confusions.

    Abstentions are left out of the figures and counted; the table holds them.

    Args:
        votes: `[case]`, or `[case, …]` where every ballot counts.
        truth: Labels, `[case]`.
        by: What each case belongs to.
        seed: Of the resampling.
        draws: Resamples.

    Examples:
        A judge who says yes to everything:

        >>> found = by_class(np.ones(10), np.array([1.0] * 9 + [0]))
        >>> found.balanced_accuracy.value, found.recall[0.0].value, found.confusion[0, 1]
        (0.5, 0.0, 1)
    """
    rows = ballots_on_labels(votes, truth, by)
    kept = ~np.isnan(rows.vote)
    nulls = int((~kept).sum())
    vote, label, case = rows.vote[kept], rows.truth[kept], rows.case[kept]
    grouped = None if rows.independent else case
    names = np.unique(np.concatenate([vote, label]))
    size = len(names)
    cell = np.searchsorted(names, label) * size + np.searchsorted(names, vote)

    def figure(of: Callable[[Floats], Floats]) -> Estimate:
        if not size:
            return undefined("no vote on a labelled case", nulls=nulls)
        return bootstrap_cells(
            cell,
            size * size,
            lambda counts: of(counts.reshape(*counts.shape[:-1], size, size)),
            by=grouped,
            nulls=nulls,
            seed=seed,
            draws=draws,
        )

    recall = {
        float(name): share(
            vote[label == name] == name,
            by=None if grouped is None else case[label == name],
            nulls=int((rows.truth[~kept] == name).sum()),
            seed=seed,
            draws=draws,
        )
        for name in np.unique(rows.truth)
    }
    return ClassFigures(figure(_balanced), figure(_macro_f1), recall, _confusion(rows))


def _balanced(table: Floats) -> Floats:
    recall = np.diagonal(table, axis1=-2, axis2=-1) / table.sum(axis=-1)
    return np.asarray(np.nanmean(recall, axis=-1))


def _macro_f1(table: Floats) -> Floats:
    hits = np.diagonal(table, axis1=-2, axis2=-1)
    f1 = 2 * hits / (table.sum(axis=-1) + table.sum(axis=-2))
    return np.asarray(np.nanmean(f1, axis=-1))


def _confusion(rows: Ballots) -> dict[tuple[float, float | None], int]:
    abstained = np.isnan(rows.vote)
    first, counts = distinct(np.column_stack([rows.truth, np.where(abstained, np.inf, rows.vote)]))
    return {
        (float(rows.truth[at]), None if abstained[at] else float(rows.vote[at])): int(count)
        for at, count in zip(first, counts, strict=True)
    }
