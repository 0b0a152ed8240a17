"""Intervals: Wilson for shares, a seeded bootstrap by case for everything else.

Bootstrap by case, never by ballot: the two orders of one pair, and the pairs of one question,
are not independent of each other.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from scipy import stats

from dikast.stats.estimate import Estimate, undefined
from dikast.stats.rankings import Ranking, rank_partial_order

T = TypeVar("T")


def wilson(successes: int, n: int, *, nulls: int = 0, level: float = 0.95) -> Estimate:
    """A share with its Wilson interval.

    Args:
        successes: Items that count, from 0 to `n`.
        n: Usable items.
        nulls: Items without a usable verdict, reported beside the share.
        level: Coverage of the interval.

    Returns:
        The share; undefined if there is no usable item.

    Examples:
        >>> share = wilson(8, 10)
        >>> share.value, round(share.low, 3), round(share.high, 3)
        (0.8, 0.49, 0.943)
        >>> wilson(0, 0, nulls=4).reason
        'no usable item'
    """
    if not n:
        return undefined("no usable item", nulls=nulls)
    bounds = stats.binomtest(successes, n).proportion_ci(confidence_level=level, method="wilson")
    return Estimate(successes / n, n=n, nulls=nulls, low=float(bounds.low), high=float(bounds.high))


def bootstrap(
    cases: Sequence[T],
    statistic: Callable[[Sequence[T]], float | None],
    *,
    seed: int = 0,
    draws: int = 1000,
    level: float = 0.95,
) -> Estimate:
    """A statistic over cases with its percentile interval from resampled cases.

    Args:
        cases: One entry per case, holding all that was judged of it.
        statistic: From cases to a figure, or None where it is undefined for that sample.
        seed: Of the resampling; the same seed gives the same interval.
        draws: Resamples.
        level: Coverage.

    Returns:
        The figure on the cases as they are. Without an interval for fewer than two cases, or
        if it is undefined in more than a tenth of the resamples.

    Examples:
        >>> mean = bootstrap([1.0, 2.0, 3.0, 4.0], lambda xs: sum(xs) / len(xs), draws=200)
        >>> mean.value, mean.low < 2.5 < mean.high
        (2.5, True)
    """
    value = statistic(cases) if cases else None
    if value is None:
        return undefined("undefined on these cases" if cases else "there is no case", n=len(cases))
    if len(cases) < 2:
        return Estimate(value, n=len(cases))
    rng = np.random.default_rng(seed)
    picks = rng.integers(len(cases), size=(draws, len(cases)))
    figures = [statistic([cases[i] for i in row]) for row in picks]
    kept = [figure for figure in figures if figure is not None]
    if len(kept) < 0.9 * draws:
        return Estimate(value, n=len(cases))
    low, high = percentiles(np.asarray(kept), level)
    return Estimate(value, n=len(cases), low=low, high=high)


def percentiles(draws: npt.NDArray[np.float64], level: float = 0.95) -> tuple[float, float]:
    """The two ends that leave equal tails outside."""
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


@dataclass(frozen=True, eq=False)
class Draws:
    """Resampled strengths of candidates: what separates whom, and how surely."""

    items: tuple[str, ...]
    point: npt.NDArray[np.float64]
    """Strengths on the cases as they are, in the order of `items`."""
    samples: npt.NDArray[np.float64]
    """One row per resample."""
    failed: int = 0
    """Resamples in which the model could not be fitted; left out of `samples`."""

    def interval(self, item: str, level: float = 0.95) -> tuple[float, float]:
        """The interval of one candidate's strength."""
        return percentiles(self.samples[:, self.items.index(item)], level)

    def better(self, a: str, b: str) -> float:
        """Share of resamples in which `a` is stronger than `b`; equal strengths count half."""
        difference = self._difference(a, b)
        return float(np.mean(difference > 0) + np.mean(difference == 0) / 2)

    def separated(self, level: float = 0.95) -> npt.NDArray[np.bool_]:
        """`[i, j]`: the interval of strength i − strength j lies above zero."""
        n = len(self.items)
        above = np.zeros((n, n), dtype=bool)
        for i in range(n):
            difference = self.samples[:, [i]] - self.samples
            above[i] = np.quantile(difference, (1 - level) / 2, axis=0) > 0
        return above

    def tied_groups(self, level: float = 0.95) -> Ranking:
        """Candidates grouped so that every group is separated from every one below it.

        A group holds what the data do not order: between two of its members lies a chain of
        differences whose intervals all hold zero. `rank_ranges` tells more where groups are
        large.
        """
        scores = dict(zip(self.items, self.point.tolist(), strict=True))
        return rank_partial_order(self.items, self.separated(level), scores=scores)

    def rank_ranges(self, level: float = 0.95) -> dict[str, tuple[int, int]]:
        """Best and worst rank of every candidate that the separations leave open, from 1."""
        above = self.separated(level)
        best, worst = 1 + above.sum(axis=0), len(self.items) - above.sum(axis=1)
        return {item: (int(b), int(w)) for item, b, w in zip(self.items, best, worst, strict=True)}

    def _difference(self, a: str, b: str) -> npt.NDArray[np.float64]:
        return self.samples[:, self.items.index(a)] - self.samples[:, self.items.index(b)]


def bootstrap_strengths(
    cases: Sequence[T],
    fit: Callable[[Sequence[T]], Mapping[str, float] | None],
    *,
    seed: int = 0,
    draws: int = 200,
) -> Draws | None:
    """Refit a ranking model on resampled cases.

    Args:
        cases: One entry per case.
        fit: From cases to the strength of every candidate, or None where it cannot be fitted; the
            order of the cases must not matter to it.
        seed: Of the resampling.
        draws: Resamples.

    Returns:
        The resampled strengths; None if there are fewer than two cases, or if the model cannot
        be fitted on all of them or on at least half of the resamples.
    """
    point = fit(cases) if len(cases) > 1 else None
    if point is None:
        return None
    items = tuple(sorted(point))
    rng = np.random.default_rng(seed)
    rows: list[list[float]] = []
    # Of few cases there are few resamples: what was drawn before is not fitted again.
    known: dict[bytes, Mapping[str, float] | None] = {}
    for picks in np.sort(rng.integers(len(cases), size=(draws, len(cases))), axis=1):
        key = picks.tobytes()
        if key not in known:
            known[key] = fit([cases[i] for i in picks])
        strengths = known[key]
        if strengths is not None and set(items) <= set(strengths):
            rows.append([strengths[item] for item in items])
    if len(rows) < draws / 2:
        return None
    return Draws(items, np.array([point[i] for i in items]), np.array(rows), draws - len(rows))


def beta_better(wins: float, losses: float) -> Estimate:
    """Probability that `a` beats `b` more often than not, by a Beta(w + ½, l + ½) posterior.

    Returns:
        P(win rate > ½), with the central 95 % interval of the win rate itself as `low`, `high`.

    Examples:
        >>> round(beta_better(9, 1).value, 3), beta_better(0, 0).reason
        (0.996, 'the two were never compared with a winner')
    """
    if wins + losses <= 0:
        return undefined("the two were never compared with a winner")
    posterior = stats.beta(wins + 0.5, losses + 0.5)
    low, high = posterior.ppf([0.025, 0.975])
    return Estimate(
        float(posterior.sf(0.5)), n=math.floor(wins + losses), low=float(low), high=float(high)
    )
