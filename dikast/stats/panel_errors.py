"""Do the judges of a panel err together? Correlated seats are worth fewer than they are.

Votes are `[case, judge]`, NaN for an abstention; labels `[case]`.
"""

from __future__ import annotations

from itertools import combinations
from typing import Literal, NamedTuple

import numpy as np

from dikast.stats.estimate import Estimate, undefined
from dikast.stats.resampling import Clusters, Floats
from dikast.stats.reweighting import LIMIT, bootstrap_figures, bootstrap_weights

Kind = Literal["wrong", "residual"]
STEPS = 200
"""Rounds of fitting one common factor."""


class ErrorStructure(NamedTuple):
    """How far judges err on the same cases."""

    pairs: dict[tuple[int, int], Estimate]
    """Correlation of the errors of every two judges."""
    mean: Estimate
    """Mean over the pairs for which it is defined."""
    effective_seats: Estimate
    """n / (1 + (n − 1)ρ): how many independent judges the panel is worth; never above n."""


def error_structure(
    votes: Floats,
    truth: Floats,
    *,
    kind: Kind = "wrong",
    by: Clusters | None = None,
    seed: int = 0,
    draws: int = 1000,
) -> ErrorStructure:
    """Correlation of the judges' errors on labelled cases, and the effective number of seats.

    Args:
        votes: `[case, judge]`.
        truth: Labels, `[case]`.
        kind: An error is a `wrong` vote or not, or the `residual` vote − label on a scale of
            numbers.
        by: What each case belongs to.
        seed: Of the resampling.
        draws: Resamples.

    Returns:
        Correlations from cases on which both have voted; undefined for a judge that is always
        right or always wrong. Below 0 a correlation counts as 0 for the number of seats.

    Examples:
        >>> truth = np.zeros(8)
        >>> votes = np.array([[0, 0, 0, 0, 0, 0, 1, 1], [0, 0, 0, 0, 0, 0, 1, 1.0]]).T
        >>> found = error_structure(votes, truth)
        >>> found.pairs[0, 1].value, found.effective_seats.value
        (1.0, 1.0)
    """
    if kind not in ("wrong", "residual"):
        raise ValueError(f"`kind` must be wrong or residual, got {kind!r}")
    error = votes - truth[:, None]
    if kind == "wrong":
        error = np.where(np.isnan(error), np.nan, (error != 0).astype(float))
    judges = votes.shape[1]
    both = list(combinations(range(judges), 2))
    figures = _Correlations(error, by, seed, draws)
    pairs = {pair: figures.of_pair(*pair) for pair in both}
    if judges < 2:
        gap = undefined("there are not two judges")
        return ErrorStructure({}, gap, gap)
    mean = figures.mean()
    if mean.value is None:
        return ErrorStructure(pairs, mean, undefined(mean.reason, n=mean.n, nulls=mean.nulls))
    low, high = mean.low, mean.high
    seats = Estimate(
        effective_seats(judges, mean.value),
        n=mean.n,
        nulls=mean.nulls,
        low=None if high is None else effective_seats(judges, high),
        high=None if low is None else effective_seats(judges, low),
    )
    return ErrorStructure(pairs, mean, seats)


def effective_seats(seats: int, correlation: float) -> float:
    """How many independent judges so many correlated ones are worth: n / (1 + (n − 1)ρ).

    Examples:
        >>> round(effective_seats(5, 0.5), 2), effective_seats(5, -0.1)
        (1.67, 5.0)
    """
    return seats / (1 + (seats - 1) * max(correlation, 0.0))


class _Correlations:
    """Correlations of the columns of a matrix with gaps, on resampled cases."""

    def __init__(self, matrix: Floats, by: Clusters | None, seed: int, draws: int) -> None:
        used = ~np.isnan(matrix).all(axis=1)
        self.matrix = matrix[used]
        self.by = None if by is None else np.asarray(by)[used]
        self.nulls = int((~used).sum())
        self.seed, self.draws = seed, draws
        # the table of products of a row with all pairs of columns must stay in memory
        self.limit = max(500, min(LIMIT, 1_000_000 // max(matrix.shape[1] ** 2, 1)))

    def of_pair(self, i: int, j: int) -> Estimate:
        both = ~np.isnan(self.matrix[:, [i, j]]).any(axis=1)
        columns = self.matrix[both][:, [i, j]]
        nulls = self.nulls + int((~both).sum())
        if len(columns) < 3:
            return undefined("fewer than three cases have both", n=len(columns), nulls=nulls)
        return bootstrap_weights(
            columns,
            lambda x, w: correlations(x, w)[:, 0, 1],
            by=None if self.by is None else self.by[both],
            nulls=nulls,
            why="one of the two always errs alike",
            seed=self.seed,
            draws=self.draws,
        )

    def mean(self) -> Estimate:
        upper = np.triu_indices(self.matrix.shape[1], 1)

        def over_pairs(x: Floats, w: Floats) -> Floats:
            found = correlations(x, w)[:, upper[0], upper[1]]
            known = ~np.isnan(found)
            return np.asarray(np.where(known, found, 0).sum(axis=1) / known.sum(axis=1))

        return bootstrap_weights(
            self.matrix,
            over_pairs,
            by=self.by,
            nulls=self.nulls,
            why="it is defined for no two judges",
            limit=self.limit,
            seed=self.seed,
            draws=self.draws,
        )


def correlations(columns: Floats, weights: Floats) -> Floats:
    """Pearson's r of all pairs of columns in every resample, `[draw, column, column]`.

    Gaps are left out pair by pair; NaN where a column is constant on the shared cases.
    """
    given = (~np.isnan(columns)).astype(float)
    middle = np.nansum(columns, axis=0) / np.maximum(given.sum(axis=0), 1)
    x = np.nan_to_num(columns - middle)
    size = columns.shape[1]

    def sums(a: Floats, b: Floats) -> Floats:
        products = (a[:, :, None] * b[:, None, :]).reshape(len(a), size * size)
        return np.asarray((weights @ products).reshape(-1, size, size))

    n, first = sums(given, given), sums(x, given)
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = sums(x * x, given) - first**2 / n
        spread = np.where(spread > 1e-9 * n, spread, np.nan)
        other = np.swapaxes(first, 1, 2)
        shared = sums(x, x) - first * other / n
        return np.asarray(np.clip(shared / np.sqrt(spread * np.swapaxes(spread, 1, 2)), -1, 1))


def shared_beyond_truth(
    votes: Floats, *, by: Clusters | None = None, seed: int = 0, draws: int = 300
) -> dict[tuple[int, int], Estimate]:
    """Without labels: which judges agree more than one thing that all of them see explains.

    If judges err independently, each correlation of two is the product of how far either follows
    the truth. That product is fitted to all pairs at once (one common factor); what is left of a
    pair, as a partial correlation, is what these two share apart from it.

    Args:
        votes: `[case, judge]`, from at least four judges.
        by: What each case belongs to.
        seed: Of the resampling.
        draws: Resamples.

    Returns:
        By pair; about 0 for independent judges, positive for a pair with errors in common.
        Undefined for fewer than four judges, or where a judge votes always alike. A bloc of
        clones that outnumbers the rest is itself taken for the truth: only labels tell.

    Examples:
        >>> rng = np.random.default_rng(0)
        >>> truth = rng.normal(size=2000)
        >>> votes = truth[:, None] + rng.normal(size=(2000, 5))
        >>> votes[:, 1] += votes[:, 0] - truth  # copies the errors of judge 0
        >>> found = shared_beyond_truth(votes, draws=20)
        >>> max(found, key=lambda pair: found[pair].value)
        (0, 1)
    """
    judges = votes.shape[1]
    both = list(combinations(range(judges), 2))
    if judges < 4:
        return {pair: undefined("it takes four judges") for pair in both}
    used = ~np.isnan(votes).all(axis=1)
    grouped = None if by is None else np.asarray(by)[used]
    one, other = np.array(both).T
    found = bootstrap_figures(
        votes[used],
        lambda x, w: residuals(correlations(x, w))[:, one, other],
        by=grouped,
        nulls=int((~used).sum()),
        why=("a judge votes always alike",) * len(both),
        limit=max(500, min(LIMIT, 1_000_000 // judges**2)),
        seed=seed,
        draws=draws,
    )
    return dict(zip(both, found, strict=True))


def residuals(matrices: Floats) -> Floats:
    """Partial correlations that one common factor leaves, `[draw, judge, judge]`."""
    size = matrices.shape[1]
    off = matrices * (1 - np.eye(size))
    load = np.sqrt(np.clip(off.mean(axis=2) * size / (size - 1), 0.01, 0.9))
    for _ in range(STEPS):
        square = (load**2).sum(axis=1, keepdims=True) - load**2
        new = np.einsum("dij,dj->di", off, load) / np.maximum(square, 1e-12)
        load = (load + np.clip(new, -0.999, 0.999)) / 2  # damped: it can swing otherwise
    left = off - load[:, :, None] * load[:, None, :]
    own = np.sqrt(1 - load**2)
    return np.asarray(np.clip(left / (own[:, :, None] * own[:, None, :]), -1, 1))
