"""How far a judge can be trusted, from labels, from its own two orders, or from the others."""

from __future__ import annotations

import numpy as np

from dikast.stats.ballot_table import Bools, Floats

CAP = 0.98
"""Highest accuracy that consistency alone may claim."""


def order_accuracy(contrary: Bools, both: Bools) -> Floats:
    """Accuracy of each judge as its order consistency implies it, without labels.

    A judge who errs with probability 1 − a in either order, independently and between two
    answers, agrees with itself on a share c = a² + (1 − a)² of the pairs, so that
    a = (1 + √(2c − 1)) / 2. Shares are smoothed, (k + 1) / (n + 2). A judge that is wrong in both
    orders for a reason looks right: the figure is an upper bound, not a measurement.

    Args:
        contrary: `[case, judge]`, two orders that disagree.
        both: `[case, judge]`, two orders that were answered.

    Returns:
        By judge, from 0.5 to 0.98; NaN for a judge without a pair in both orders.

    Examples:
        >>> both = np.ones((98, 1), dtype=bool)
        >>> order_accuracy(np.arange(98)[:, None] >= 81, both).round(3)  # 81 of 98 agree
        array([0.9])
    """
    n = both.sum(axis=0)
    share = ((both & ~contrary).sum(axis=0) + 1) / (n + 2)
    accuracy = np.minimum((1 + np.sqrt(np.maximum(0.0, 2 * share - 1))) / 2, CAP)
    return np.where(n > 0, accuracy, np.nan)


def label_accuracy(votes: Floats, labels: Floats, contrary: Bools | None = None) -> Floats:
    """Share of right votes on labelled cases, shrunk: (k + 1) / (n + 2).

    A judge without a labelled vote has 0.5. An abstention is neither right nor wrong.

    Args:
        votes: `[case, judge]`.
        labels: By case; NaN without a label.
        contrary: `[case, judge]`, two orders that disagreed: where they cancelled, leaving no
            vote, one of them was right and one wrong. None leaves them out.
    """
    labelled = ~np.isnan(labels)[:, None]
    known = ~np.isnan(votes) & labelled
    right = (known & (votes == labels[:, None])).sum(axis=0) + 0.0
    count = known.sum(axis=0)
    if contrary is not None:
        halves = (contrary & np.isnan(votes) & labelled).sum(axis=0)
        right, count = right + halves / 2, count + halves
    return np.asarray((right + 1) / (count + 2))


def odds(accuracy: Floats, *, low: float = 0.05, high: float = 0.95) -> Floats:
    """Log-odds weights log(a / (1 − a)), the accuracy clipped; below one half the weight is 0.

    A judge that is wrong more often than right is left out rather than believed the other way
    round: with few labels, its being wrong is not sure enough for that.

    Examples:
        >>> odds(np.array([0.8, 0.4, 1.0])).round(3)
        array([1.386, 0.   , 2.944])
    """
    clipped = np.clip(np.nan_to_num(accuracy, nan=0.5), low, high)
    return np.where(clipped > 0.5, np.log(clipped / (1 - clipped)), 0.0)


def agreement(votes: Floats, decided: Floats) -> Floats:
    """Share of a judge's votes that equal a decision; 0 for a judge without such a vote."""
    known = ~np.isnan(votes) & ~np.isnan(decided)[:, None]
    same = known & (votes == decided[:, None])
    return np.asarray(same.sum(axis=0) / np.maximum(known.sum(axis=0), 1))


def standardised(votes: Floats) -> tuple[Floats, Floats]:
    """Votes in units of each judge's own mean and spread, a missing vote being 0, and the spreads.

    A constant judge has spread 0 and tells nothing: all its entries are 0.
    """
    known = ~np.isnan(votes)
    n = np.maximum(known.sum(axis=0), 1)
    filled = np.where(known, votes, 0.0)
    centred = np.where(known, votes - filled.sum(axis=0) / n, 0.0)
    spread = np.sqrt((centred**2).sum(axis=0) / n)
    spread[spread <= 1e-12 * np.maximum(np.abs(filled).max(axis=0, initial=0.0), 1e-300)] = 0.0
    return centred / np.where(spread > 0, spread, np.inf), spread


def correlations(votes: Floats, target: Floats) -> Floats:
    """Pearson correlation of each judge with a target; 0 where either does not vary."""
    known = ~np.isnan(votes) & ~np.isnan(target)[:, None]
    n = np.maximum(known.sum(axis=0), 1)
    x = np.where(known, votes, 0.0)
    y = np.where(known, target[:, None], 0.0)
    x = np.where(known, x - x.sum(axis=0) / n, 0.0)
    y = np.where(known, y - y.sum(axis=0) / n, 0.0)
    scale = np.sqrt((x**2).sum(axis=0) * (y**2).sum(axis=0))
    return np.asarray((x * y).sum(axis=0) / np.where(scale > 1e-12, scale, np.inf))


def loadings(votes: Floats, *, rounds: int = 500) -> Floats:
    """How strongly each judge follows what the judges have in common (one factor, no labels).

    The model: a judge's standardised score is λ times the common quality plus noise of its own.
    Principal-axis iteration on the pairwise correlations; λ² is the judge's reliability. What
    several judges get wrong together counts as common quality: no statistic without labels can
    tell the two apart.

    Returns:
        λ by judge, from 0 to 0.98; a judge that runs against the others has 0.

    References:
        Jöreskog (1971), "Statistical analysis of sets of congeneric tests".
    """
    moments = pair_correlations(votes)
    n = len(moments)
    found = np.full(n, 0.5)
    for _ in range(rounds):
        reduced = moments.copy()
        np.fill_diagonal(reduced, found**2)
        values, vectors = np.linalg.eigh(reduced)
        axis = vectors[:, -1] * np.sqrt(max(values[-1], 0.0))
        axis = np.clip(axis if axis.sum() >= 0 else -axis, -CAP, CAP)
        done = np.abs(axis - found).max() < 1e-9
        found = axis
        if done:
            break
    return np.asarray(np.maximum(found, 0.0))


def pair_correlations(votes: Floats) -> Floats:
    """Correlation of every two judges over the cases both voted on; 0 where undefined, 1 inside."""
    known = ~np.isnan(votes)
    x, k = np.where(known, votes, 0.0), known.astype(float)
    n = k.T @ k
    safe = np.maximum(n, 1.0)
    sums = x.T @ k
    cross = x.T @ x - sums * sums.T / safe
    square = (x**2).T @ k - sums**2 / safe
    scale = np.sqrt(np.maximum(square, 0.0) * np.maximum(square.T, 0.0))
    fair = (n >= 3) & (scale > 1e-12)
    found = np.where(fair, cross / np.where(fair, scale, 1.0), 0.0)
    np.fill_diagonal(found, 1.0)
    return np.clip((found + found.T) / 2, -1.0, 1.0)
