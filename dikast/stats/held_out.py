"""Figures of held-out decisions: accuracy, and how honest their confidence is."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dikast.stats.ballot_table import Floats
from dikast.stats.estimate import Estimate, undefined
from dikast.stats.panel_fit import HeldOut
from dikast.stats.resampling import bootstrap_sums

BINS = 10


class HeldOutFigures(NamedTuple):
    """Of one way of deciding, over labelled cases, with 95 % intervals by case.

    The intervals hold the chance of which cases are tested, not of which were fitted on.
    """

    accuracy: Estimate
    """Mean credit; every labelled case counts, an open one a half where there are two answers."""
    decided: Estimate
    """Share of cases that were decided."""
    brier: Estimate
    """Mean squared distance of confidence from right (1) or wrong (0), over decisions."""
    ece: Estimate
    """Mean distance of confidence from the share right, in 10 equal bins."""
    log_loss: Estimate
    """Mean surprise in nats; undefined where a confidence of 0 or 1 was wrong."""


def figures(held: HeldOut, *, raw: bool = False, seed: int = 0) -> HeldOutFigures:
    """Figures of a way of deciding.

    Args:
        held: From `cross_fit`; repeats of a case count once in all.
        raw: Whether confidence is the plain share of votes instead of the calibrated one.
        seed: Of the intervals.

    Returns:
        The figures; without decisions, confidence has none.
    """
    confidence = held.share if raw else held.probability
    made = held.decided & ~np.isnan(confidence)
    p, z = np.where(made, confidence, 0.5), np.where(made, held.right, 0.5)
    nulls = int((~made).all(axis=0).sum())
    with np.errstate(divide="ignore"):
        surprise = -np.log(np.where(z > 0.5, p, 1 - p))
    return HeldOutFigures(
        accuracy=_mean(held.credit, np.ones_like(held.credit), seed),
        decided=_mean(held.decided.astype(float), np.ones_like(held.credit), seed),
        brier=_mean((p - z) ** 2, made.astype(float), seed, nulls),
        ece=_ece(p, z, made.astype(float), seed, nulls),
        log_loss=undefined("a confidence of 0 or 1 was wrong", n=held.truth.size, nulls=nulls)
        if np.isinf(surprise).any()
        else _mean(surprise, made.astype(float), seed, nulls),
    )


def gain(one: HeldOut, other: HeldOut, *, seed: int = 0) -> Estimate:
    """How much more accurate one way is than another, paired by case, with its interval.

    Raises:
        ValueError: They were tested on different cases.
    """
    if not np.array_equal(one.cases, other.cases):
        raise ValueError("both must be tested on the same cases")
    return _mean(one.credit - other.credit, np.ones_like(one.credit), seed)


def _mean(values: Floats, weight: Floats, seed: int, nulls: int = 0) -> Estimate:
    """Weighted mean over repeats and cases, resampled by case."""
    sums = np.column_stack([(values * weight).sum(axis=0), weight.sum(axis=0)])
    return bootstrap_sums(
        np.round(sums, 12),
        lambda s: s[..., 0] / s[..., 1],
        nulls=nulls,
        n=values.shape[1] - nulls,
        why="no decision was made with a confidence",
        seed=seed,
    )


def _ece(p: Floats, z: Floats, weight: Floats, seed: int, nulls: int) -> Estimate:
    bins = np.minimum((p * BINS).astype(np.int64), BINS - 1)
    columns = [((p - z) * weight * (bins == b)).sum(axis=0) for b in range(BINS)]
    sums = np.column_stack([*columns, weight.sum(axis=0)])
    return bootstrap_sums(
        np.round(sums, 12),
        lambda s: np.abs(s[..., :BINS]).sum(axis=-1) / s[..., BINS],
        nulls=nulls,
        n=p.shape[1] - nulls,
        why="no decision was made with a confidence",
        seed=seed,
    )
