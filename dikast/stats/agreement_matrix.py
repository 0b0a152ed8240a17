"""Agreement of every judge with every other: for heat maps, and to see who votes alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Literal, NamedTuple

import numpy as np

from dikast.stats.agreement import Chance, Label, Weighting, of_tables, places, weight_matrix
from dikast.stats.correlation import correlation
from dikast.stats.estimate import Estimate
from dikast.stats.resampling import Floats, Ints

How = Literal["percent", "cohen", "scott", "gwet", "pearson", "spearman", "kendall"]

CHANCE: dict[str, Chance] = {"percent": "none", "cohen": "cohen", "scott": "scott", "gwet": "gwet"}


class Matrix(NamedTuple):
    """One figure for every pair of judges, symmetric."""

    values: tuple[tuple[float | None, ...], ...]
    """`[judge][judge]`; None where undefined, and on the diagonal of a judge who never voted."""
    n: tuple[tuple[int, ...], ...]
    """Cases on which both voted."""


def agreement_matrix(
    votes: Floats,
    how: How = "cohen",
    *,
    weights: Weighting = "nominal",
    categories: Sequence[Label] | None = None,
) -> Matrix:
    """A figure of agreement for every pair of judges, without intervals.

    Args:
        votes: `[case, judge]`, NaN where a judge did not vote.
        how: Which figure.
        weights: For `cohen`, `scott` and `gwet`.
        categories: All that could be used; None for those that occur among all judges.

    Examples:
        >>> votes = np.array([[1.0, 1, 0], [0, 0, 1], [1, 1, 1], [0, np.nan, 0]])
        >>> found = agreement_matrix(votes, "percent")
        >>> found.values[0], found.n[0]
        ((1.0, 1.0, 0.5), (4, 3, 4))
    """
    given = (~np.isnan(votes)).astype(float)
    n = (given.T @ given).astype(np.int64)
    if how in ("spearman", "kendall"):
        found = _one_by_one(votes, how)
    elif how == "pearson":
        found = _pearson(votes, given)
    else:
        found = _categorical(votes, CHANCE[how], weights, categories)
    found = np.where(n > 0, found, np.nan)
    return Matrix(
        tuple(tuple(None if np.isnan(v) else float(v) for v in row) for row in found),
        tuple(tuple(row) for row in n.tolist()),
    )


def _categorical(
    votes: Floats, chance: Chance, weights: Weighting, categories: Sequence[Label] | None
) -> Floats:
    codes, names = places(list(votes.T.astype(float)), categories)
    size = len(names)
    picked = [(codes == place).astype(float) for place in range(size)]
    tables = np.zeros((len(codes), len(codes), size, size))
    for i, j in np.ndindex(size, size):
        tables[:, :, i, j] = picked[i] @ picked[j].T
    with np.errstate(invalid="ignore", divide="ignore"):
        return of_tables(tables, chance, weight_matrix(size, weights))


def _pearson(votes: Floats, given: Floats) -> Floats:
    mean = np.nansum(votes, axis=0) / np.maximum(given.sum(axis=0), 1)
    x = np.where(given > 0, votes - mean, 0.0)
    n, first, second = given.T @ given, x.T @ given, (x * x).T @ given
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = second - first**2 / n
        spread[(spread <= 1e-12 * second) | (n < 3)] = np.nan
        return np.clip((x.T @ x - first * first.T / n) / np.sqrt(spread * spread.T), -1, 1)


def _one_by_one(votes: Floats, how: Literal["spearman", "kendall"]) -> Floats:
    size = votes.shape[1]
    found = np.full((size, size), np.nan)
    for i, j in combinations(range(size), 2):
        value = correlation(votes[:, i], votes[:, j], how, draws=0).value
        found[i, j] = found[j, i] = np.nan if value is None else value
    spread = [np.ptp(v[~np.isnan(v)]) if (~np.isnan(v)).any() else 0.0 for v in votes.T]
    found[np.diag_indices(size)] = np.where(np.array(spread) > 0, 1.0, np.nan)
    return found


def pairwise(
    votes: Floats, statistic: Callable[[Floats, Floats], Estimate]
) -> dict[tuple[int, int], Estimate]:
    """Any figure of two judges, with its interval, for every pair of them.

    Args:
        votes: `[case, judge]`.
        statistic: Of two columns, such as `agreement.cohen`; wrap it to set its options.

    Examples:
        >>> from dikast.stats.agreement import percent_agreement
        >>> votes = np.array([[1.0, 1, 0], [0, 0, 1], [1, 1, 1]])
        >>> found = pairwise(votes, percent_agreement)
        >>> found[0, 1].value, found[1, 2].n
        (1.0, 3)
    """
    return {
        (i, j): statistic(votes[:, i], votes[:, j])
        for i, j in combinations(range(votes.shape[1]), 2)
    }


def mean_with_others(matrix: Matrix) -> tuple[float | None, ...]:
    """Each judge's mean figure with all others; None where it is defined with none.

    The judge who agrees least with the rest is the first to look at, not the first to dismiss.

    Examples:
        >>> votes = np.array([[1.0, 1, 0], [0, 0, 1], [1, 1, 1], [0, 0, 0]])
        >>> mean_with_others(agreement_matrix(votes, "percent"))
        (0.75, 0.75, 0.5)
    """
    means: list[float | None] = []
    for judge, row in enumerate(matrix.values):
        kept = [v for other, v in enumerate(row) if other != judge and v is not None]
        means.append(float(np.mean(kept)) if kept else None)
    return tuple(means)


def stacked(grid: Floats) -> tuple[Floats, Ints]:
    """A grid `[case, judge, order]` as votes `[ballot, judge]`, and the case of each row.

    For agreement between judges each presentation order is an item of its own; pass the second
    value as `by`, so that both orders of a case are resampled together.

    Examples:
        >>> votes, case = stacked(np.array([[[1.0, -1.0]], [[0.0, 1.0]]]))
        >>> votes.ravel().tolist(), case.tolist()
        ([1.0, -1.0, 0.0, 1.0], [0, 0, 1, 1])
    """
    cases, judges, orders = grid.shape
    votes = grid.transpose(0, 2, 1).reshape(cases * orders, judges)
    return votes, np.repeat(np.arange(cases, dtype=np.int64), orders)
