"""Rao and Kupper's Bradley–Terry with ties: P(i) = pᵢ / (pᵢ + κ pⱼ), κ ≥ 1, the rest ties."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.special import expit, log_expit

from dikast.stats.outcomes import Outcomes
from dikast.stats.strengths import (
    FloatMatrix,
    FloatVector,
    Strengths,
    centred,
    footing,
    newton_minimum,
    pin,
    solve_finite,
)

MODEL = "rao_kupper"


def fit_rao_kupper(outcomes: Outcomes, *, prior: float | None = None) -> Strengths:
    """Fit strengths and the threshold κ by maximum likelihood.

    Args:
        outcomes: What was judged.
        prior: As for `fit_bradley_terry`.

    Returns:
        Strengths with `tie` = κ; κ is 1 without ties (then this is Bradley–Terry) and None if
        every outcome is a tie, where it is unbounded and all strengths are equal.

    References:
        Rao and Kupper (1967), "Ties in paired-comparison experiments".
    """
    ground = footing(outcomes, prior)
    if ground.problem:
        return Strengths(MODEL, None, ground.problem)
    ties = float(outcomes.ties.sum()) / 2
    if not outcomes.wins.any():
        level = dict.fromkeys(outcomes.items, 0.0)
        return Strengths(MODEL, level, note="every outcome is a tie", prior=ground.prior)
    n = len(outcomes.items)
    start = np.append(np.zeros(n), 0.5) if ties else np.zeros(n)
    ground, x = solve_finite(
        ground,
        prior,
        lambda size: newton_minimum(_loss(outcomes.wins + outcomes.ties, ties, size), start),
    )
    if x is None:
        return Strengths(MODEL, None, ground.problem)
    return Strengths(
        MODEL,
        centred(outcomes, x[:n]),
        prior=ground.prior,
        note=ground.note,
        tie=float(np.exp(x[n])) if ties else 1.0,
    )


def _loss(
    not_lost: FloatMatrix, ties: float, prior: float
) -> Callable[[FloatVector], tuple[float, FloatVector, FloatMatrix]]:
    """Negative log-likelihood of strengths and, with ties, ln κ; gradient, second derivatives.

    A win contributes σ(d − ln κ) and a tie (κ² − 1) σ(d − ln κ) σ(−d − ln κ), d being the
    difference of log-strengths; so only "i did not lose to j" needs to be counted.
    """
    n = len(not_lost)

    def loss(x: FloatVector) -> tuple[float, FloatVector, FloatMatrix]:
        theta, threshold = x[:n], x[n] if ties else 0.0
        if threshold < 0 or (ties and threshold == 0):
            return np.inf, x, np.zeros((len(x), len(x)))
        lead = theta[:, None] - theta[None, :] - threshold
        value = -(not_lost * log_expit(lead)).sum()
        value -= prior * (log_expit(theta) + log_expit(-theta)).sum()
        pull = not_lost * expit(-lead)
        sharp = pull * expit(lead)
        slope, bend = np.zeros(len(x)), np.zeros((len(x), len(x)))
        slope[:n] = pull.sum(axis=0) - pull.sum(axis=1) + prior * np.tanh(theta / 2)
        bend[:n, :n] = -(sharp + sharp.T)
        own = sharp.sum(axis=0) + sharp.sum(axis=1) + 2 * prior * expit(theta) * expit(-theta)
        bend[np.arange(n), np.arange(n)] += own
        if ties:
            value -= ties * (2 * threshold + np.log(-np.expm1(-2 * threshold)))
            slope[n] = pull.sum() - 2 * ties / -np.expm1(-2 * threshold)
            bend[n, :n] = bend[:n, n] = sharp.sum(axis=0) - sharp.sum(axis=1)
            bend[n, n] = sharp.sum() + ties / np.sinh(threshold) ** 2
        if not prior:
            pin(bend, n)
        return float(value), slope, bend

    return loss
