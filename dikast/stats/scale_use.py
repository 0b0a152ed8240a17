"""How a judge uses its scale: compression toward a few scores, and halo between criteria."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import combinations
from typing import NamedTuple

import numpy as np

from dikast.stats.accuracy import ballots_on_labels
from dikast.stats.correlation import pearson
from dikast.stats.estimate import Estimate, undefined
from dikast.stats.resampling import Clusters, Floats, Ints, bootstrap_sums
from dikast.stats.reweighting import bootstrap_weights

HALO = 0.9
"""Criteria whose scores correlate above this tell one thing, not two."""


class ScaleUse(NamedTuple):
    """How much of its scale a judge uses, and beside labels where there are any."""

    mean: Estimate
    sd: Estimate
    """Standard deviation of its scores."""
    levels: Estimate
    """Share of the scale's levels it ever used; undefined on a scale without levels."""
    span: Estimate
    """Highest less lowest score, as a share of the scale; no interval."""
    entropy: Estimate
    """Of its scores, in nats; compare with ln of the number of levels."""
    sd_ratio: Estimate
    """Its standard deviation over that of labels on the same cases; below 1 is compression."""
    entropy_ratio: Estimate
    """Its entropy over that of labels on the same cases."""
    offset: Estimate
    """Its mean less that of labels on the same cases: generosity, in points."""


def scale_use(
    votes: Floats,
    bounds: tuple[float, float],
    *,
    levels: int | None = None,
    truth: Floats | None = None,
    by: Clusters | None = None,
    seed: int = 0,
    draws: int = 1000,
) -> ScaleUse:
    """How a judge spreads its scores.

    Args:
        votes: Scores, `[case]` or `[case, …]`.
        bounds: Lowest and highest score of the scale.
        levels: How many different scores the scale has; None if any number is one.
        truth: Labels on the same scale, `[case]`; None for none.
        by: What each case belongs to.
        seed: Of the resampling.
        draws: Resamples.

    Examples:
        >>> found = scale_use(np.array([4.0, 4, 5, 4]), (1, 5), levels=5,
        ...                   truth=np.array([1.0, 3, 5, 3]))
        >>> found.levels.value, found.span.value, round(found.sd_ratio.value, 3), found.offset.value
        (0.4, 0.25, 0.306, 1.25)
    """
    each = int(np.prod(votes.shape[1:], dtype=np.int64))
    nulls = int(np.isnan(votes).sum())
    alone = ballots_on_labels(votes, np.zeros(len(votes)), by)
    kept = ~np.isnan(alone.vote)
    score, case = alone.vote[kept], None if alone.independent else alone.case[kept]
    if not len(score):
        gap = undefined("it never gave a score", nulls=nulls)
        return ScaleUse(*[gap] * 8)
    about = score - score.mean()
    sums = np.column_stack([np.ones(len(score)), score, about**2, about])
    of_sums = partial(bootstrap_sums, sums, by=case, nulls=nulls, seed=seed, draws=draws)
    used, n = len(np.unique(score)), len(score)
    labels = np.full(len(votes), np.nan) if truth is None else truth
    return ScaleUse(
        of_sums(lambda s: s[..., 1] / s[..., 0]),
        of_sums(_deviation),
        Estimate(used / levels, n=n, nulls=nulls)
        if levels
        else undefined("the scale has no levels", n=n, nulls=nulls),
        Estimate(float(np.ptp(score)) / (bounds[1] - bounds[0]), n=n, nulls=nulls),
        bootstrap_weights(
            score[:, None],
            lambda x, w: entropy(x[:, 0], w),
            by=case,
            nulls=nulls,
            seed=seed,
            draws=draws,
        ),
        *_beside(score, np.repeat(labels, each)[kept], case, seed, draws),
    )


def _deviation(s: Floats) -> Floats:
    variance = s[..., 2] / s[..., 0] - (s[..., 3] / s[..., 0]) ** 2
    return np.sqrt(np.maximum(variance, 0))


def _beside(
    score: Floats, marks: Floats, case: Ints | None, seed: int, draws: int
) -> tuple[Estimate, Estimate, Estimate]:
    kept = ~np.isnan(marks)
    both = np.column_stack([score, marks])[kept]
    nulls = int((~kept).sum())
    if not len(both):
        gap = undefined("no case has a label", nulls=nulls)
        return gap, gap, gap

    def figure(of: Callable[[Floats, Floats], Floats]) -> Estimate:
        return bootstrap_weights(
            both,
            of,
            by=None if case is None else case[kept],
            nulls=nulls,
            why="labels are all alike",
            seed=seed,
            draws=draws,
        )

    def deviations(x: Floats, w: Floats) -> Floats:
        total = w.sum(axis=1, keepdims=True)
        centre = w @ x / total
        square = w @ x**2 / total - centre**2
        square = np.where(square > 1e-12, square, 0)
        return np.sqrt(square[:, 0] / np.where(square[:, 1] > 0, square[:, 1], np.nan))

    def entropies(x: Floats, w: Floats) -> Floats:
        of_labels = entropy(x[:, 1], w)
        return entropy(x[:, 0], w) / np.where(of_labels > 0, of_labels, np.nan)

    return (
        figure(deviations),
        figure(entropies),
        figure(lambda x, w: (w @ (x[:, 0] - x[:, 1])) / w.sum(axis=1)),
    )


def entropy(values: Floats, weights: Floats) -> Floats:
    """Entropy of the values in every row of weights, in nats."""
    names, place = np.unique(values, return_inverse=True)
    picked = np.zeros((len(values), len(names)))
    picked[np.arange(len(values)), place] = 1
    part = weights @ picked / weights.sum(axis=1, keepdims=True)
    return np.asarray(-(part * np.log(np.where(part > 0, part, 1))).sum(axis=1) + 0.0)


class Halo(NamedTuple):
    """How far a judge's criteria tell the same thing."""

    pairs: dict[tuple[int, int], Estimate]
    """Correlation of every two criteria."""
    mean: float | None
    """Mean of the defined ones."""
    fused: tuple[tuple[int, int], ...]
    """Pairs of criteria that correlate above 0.9."""


def halo(scores: Floats, *, by: Clusters | None = None, seed: int = 0, draws: int = 1000) -> Halo:
    """Correlations between one judge's scores on different criteria.

    High ones alone do not convict a judge: compare with those of the labels, if there are any.

    Args:
        scores: `[case, criterion]`, NaN where missing.
        by: What each case belongs to.
        seed: Of the resampling.
        draws: Resamples.

    Examples:
        >>> scores = np.array([[1.0, 1, 5], [2, 2, 1], [3, 3, 4], [5, 5, 2]])
        >>> found = halo(scores)
        >>> found.fused, round(found.pairs[0, 2].value, 2)
        (((0, 1),), -0.43)
    """
    found = {
        (i, j): pearson(scores[:, i], scores[:, j], by=by, seed=seed, draws=draws)
        for i, j in combinations(range(scores.shape[1]), 2)
    }
    values = {pair: f.value for pair, f in found.items() if f.value is not None}
    return Halo(
        found,
        float(np.mean(list(values.values()))) if values else None,
        tuple(pair for pair, value in values.items() if value > HALO),
    )
