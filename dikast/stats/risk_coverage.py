"""Risk and coverage: how wrong a judge is on the share of ballots it is surest of.

A judge whose confidence is worth anything errs less where it is surer. Ballots are taken in order
of falling confidence; ballots of equal confidence come in no order, so that all figures are means
over every order of them. Columns as in `confidence`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dikast.stats.confidence import NOTHING, told
from dikast.stats.estimate import Estimate, undefined
from dikast.stats.resampling import Clusters, Floats, blocked, bootstrap_sums, clusters
from dikast.stats.reweighting import bootstrap_figures

FEW = 200
"""Different confidences up to which resamples are of counts by confidence, of all ballots."""
LIMIT = 3_000
"""With more of them: different ballots that are resampled at most, see `reweighting`."""
ALONE = "there is only one ballot"


class Point(NamedTuple):
    """One point of a risk–coverage curve."""

    threshold: float
    """Ballots at least so confident are kept."""
    coverage: float
    """Share of ballots kept."""
    risk: float
    """Share of those that are wrong."""


def risk_coverage(confidence: Floats, correct: Floats) -> list[Point]:
    """The curve, one point for every different confidence, from the surest.

    Examples:
        >>> risk_coverage(np.array([0.9, 0.5, 0.9]), np.array([1.0, 0, 0]))[0]
        Point(threshold=0.9, coverage=0.6666666666666666, risk=0.5)
    """
    rows = told(confidence, correct)
    n = len(rows.correct)
    values, place = np.unique(-rows.confidence, return_inverse=True)
    kept = np.cumsum(np.bincount(place, minlength=len(values)))
    wrong = np.cumsum(np.bincount(place, weights=1 - rows.correct, minlength=len(values)))
    return [
        Point(float(-value), float(k / n), float(w / k))
        for value, k, w in zip(values, kept, wrong, strict=True)
    ]


class Aurc(NamedTuple):
    """Area under the risk–coverage curve; lower is better."""

    mean: Estimate
    """Mean of the risk over all numbers of ballots kept."""
    trapezoid: Estimate
    """Area by the trapezoid rule over coverages from 1/n to 1, as some scripts have it."""
    oracle: Estimate
    """`mean` for a judge as often wrong, whose confidence would tell right from wrong."""
    excess: Estimate
    """`mean` − `oracle`: what is lost by not knowing."""


def aurc(
    confidence: Floats,
    correct: Floats,
    *,
    by: Clusters | None = None,
    seed: int = 0,
    draws: int = 1000,
) -> Aurc:
    """Area under the risk–coverage curve, by both rules, beside the best that could be.

    Args:
        confidence: By ballot, 0 to 1, NaN where not told.
        correct: By ballot, 1, 0 or NaN.
        by: What each ballot belongs to, usually its case.
        seed: Of the resampling.
        draws: Resamples.

    Returns:
        Undefined without a labelled ballot that states a confidence; the trapezoid also with
        only one.

    Examples:
        >>> c = np.array([0.95, 0.95, 0.9, 0.8, 0.8, 0.7, 0.6, 0.6, 0.55, 0.9])
        >>> found = aurc(c, np.array([1.0, 1, 0, 1, 0, 1, 1, 0, 0, 1]))
        >>> [round(figure.value, 3) for figure in found]
        [0.238, 0.218, 0.113, 0.126]

    References:
        Geifman et al. (2019), "Bias-Reduced Uncertainty Estimation for Deep Neural Classifiers".
    """
    rows = told(confidence, correct, by)
    n = len(rows.correct)
    if not n:
        gap = undefined(NOTHING, nulls=rows.nulls)
        return Aurc(gap, gap, gap, gap)
    values, place = np.unique(-rows.confidence, return_inverse=True)
    size = len(values)
    if size > FEW:
        found = bootstrap_figures(
            np.column_stack([rows.confidence, 1 - rows.correct]),
            lambda x, w: _figures(*_groups(x, w)),
            by=rows.case,
            nulls=rows.nulls,
            why=(ALONE,) * 4,
            limit=LIMIT,
            seed=seed,
            draws=draws,
        )
        return Aurc(*found)
    code, units = blocked(np.arange(n) if rows.case is None else clusters(rows.case, n))
    cell = code * size + place.reshape(-1)
    parts = [
        np.bincount(cell, weights=part, minlength=units * size).reshape(units, size)
        for part in (np.ones(n), 1 - rows.correct)
    ]
    found = [
        bootstrap_sums(
            np.concatenate(parts, axis=1),
            lambda s, k=k: _figures(s[..., :size], s[..., size:])[..., k],  # type: ignore[misc]
            nulls=rows.nulls,
            n=n,
            why=ALONE,
            seed=seed,
            draws=draws,
        )
        for k in range(4)
    ]
    return Aurc(*found)


def _figures(count: Floats, wrong: Floats) -> Floats:
    mean, oracle = _mean(count, wrong), _oracle(count, wrong)
    return np.stack([mean, _trapezoid(count, wrong), oracle, mean - oracle], axis=-1)


def _harmonic(counts: Floats) -> Floats:
    """Sums 1 + ½ + … + 1/k for whole k."""
    table = np.concatenate([[0.0], np.cumsum(1 / np.arange(1, int(counts.max()) + 1))])
    return np.asarray(table[counts.astype(np.int64)])


def _groups(columns: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Ballots and wrong ones at each confidence, from the surest, `[draw, confidence]`."""
    values, place = np.unique(-columns[:, 0], return_inverse=True)
    order = np.argsort(place, kind="stable")
    starts = np.searchsorted(place[order], np.arange(len(values)))
    sorted_weights = weights[:, order]
    count = np.add.reduceat(sorted_weights, starts, axis=1)
    wrong = np.add.reduceat(sorted_weights * columns[order, 1], starts, axis=1)
    return count, wrong


def _mean(count: Floats, wrong: Floats) -> Floats:
    """Among m tied ballots with e wrong, the t-th adds e/m expected errors to those before."""
    after, errors = np.cumsum(count, axis=-1), np.cumsum(wrong, axis=-1)
    before, known = after - count, errors - wrong
    steps = _harmonic(after) - _harmonic(before)
    rate = wrong / np.maximum(count, 1)
    area = known * steps + rate * (count - before * steps)
    return np.asarray(area.sum(axis=-1) / after[..., -1])


def _trapezoid(count: Floats, wrong: Floats) -> Floats:
    n = count.sum(axis=-1)
    surest = (count > 0).argmax(axis=-1)[..., None]
    first = np.take_along_axis(wrong, surest, -1) / np.take_along_axis(count, surest, -1)
    last = wrong.sum(axis=-1) / n
    area = _mean(count, wrong) - (first[..., 0] + last) / 2 / n
    return np.where(n > 1, area, np.nan)


def _oracle(count: Floats, wrong: Floats) -> Floats:
    n, errors = count.sum(axis=-1), wrong.sum(axis=-1)
    right = n - errors
    return np.asarray((errors - right * (_harmonic(n) - _harmonic(right))) / n)
