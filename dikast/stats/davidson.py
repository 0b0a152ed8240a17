"""Davidson's Bradley–Terry with ties: P(tie) ∝ ν √(pᵢ pⱼ)."""

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

MODEL = "davidson"


def fit_davidson(outcomes: Outcomes, *, prior: float | None = None) -> Strengths:
    """Fit strengths and the tie parameter ν by maximum likelihood.

    Args:
        outcomes: What was judged.
        prior: As for `fit_bradley_terry`.

    Returns:
        Strengths with `tie` = ν; ν is 0 without ties (then this is Bradley–Terry) and None if
        every outcome is a tie, where it is unbounded and all strengths are equal.

    References:
        Davidson (1970), "On extending the Bradley–Terry model to accommodate ties".
    """
    ground = footing(outcomes, prior)
    if ground.problem:
        return Strengths(MODEL, None, ground.problem)
    ties = float(outcomes.ties.sum()) / 2
    if not outcomes.wins.any():
        level = dict.fromkeys(outcomes.items, 0.0)
        return Strengths(MODEL, level, note="every outcome is a tie", prior=ground.prior)
    n = len(outcomes.items)
    ground, x = solve_finite(
        ground,
        prior,
        lambda size: newton_minimum(_loss(outcomes, size), np.zeros(n + 1 if ties else n)),
    )
    if x is None:
        return Strengths(MODEL, None, ground.problem)
    return Strengths(
        MODEL,
        centred(outcomes, x[:n]),
        prior=ground.prior,
        note=ground.note,
        tie=float(np.exp(x[n])) if ties else 0.0,
    )


def _loss(
    outcomes: Outcomes, prior: float
) -> Callable[[FloatVector], tuple[float, FloatVector, FloatMatrix]]:
    """Negative log-likelihood of strengths and, with ties, log ν; gradient, second derivatives."""
    n = len(outcomes.items)
    i, j = np.triu_indices(n, 1)
    counts = np.stack([outcomes.wins[i, j], outcomes.wins[j, i], outcomes.ties[i, j]])
    met = counts.sum(axis=0)

    def loss(x: FloatVector) -> tuple[float, FloatVector, FloatMatrix]:
        theta, log_nu = x[:n], x[n] if len(x) > n else -np.inf
        utility = np.stack([theta[i], theta[j], log_nu + (theta[i] + theta[j]) / 2])
        # by hand: on matrices this small scipy's functions take ten times as long as the sums
        most = utility.max(axis=0)
        odds = np.exp(utility - most)
        total = odds.sum(axis=0)
        fit = counts * np.where(counts > 0, utility - (most + np.log(total)), 0.0)
        value = -fit.sum() - prior * (log_expit(theta) + log_expit(-theta)).sum()
        first, second, tie = odds / total
        push = met * np.stack([first, second, tie]) - counts
        mean_i, mean_j = first + tie / 2, second + tie / 2
        slope, bend = np.zeros(len(x)), np.zeros((len(x), len(x)))
        slope[:n] = np.bincount(i, push[0] + push[2] / 2, n) + prior * np.tanh(theta / 2)
        slope[:n] += np.bincount(j, push[1] + push[2] / 2, n)
        bend[i, j] = bend[j, i] = met * (tie / 4 - mean_i * mean_j)
        own = np.bincount(i, met * (first + tie / 4 - mean_i**2), n)
        own += np.bincount(j, met * (second + tie / 4 - mean_j**2), n)
        bend[np.arange(n), np.arange(n)] = own + 2 * prior * expit(theta) * expit(-theta)
        if len(x) > n:
            slope[n] = push[2].sum()
            edge = np.bincount(i, met * tie * (0.5 - mean_i), n)
            edge += np.bincount(j, met * tie * (0.5 - mean_j), n)
            bend[n, :n] = bend[:n, n] = edge
            bend[n, n] = (met * tie * (1 - tie)).sum()
        if not prior:
            pin(bend, n)
        return float(value), slope, bend

    return loss
