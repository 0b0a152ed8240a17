"""Rao and Kupper's Bradley–Terry with ties: P(i) = pᵢ / (pᵢ + κ pⱼ), κ ≥ 1, the rest ties."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit, log_expit

from dikast.stats.outcomes import Outcomes
from dikast.stats.strengths import Strengths, centred, footing

MODEL = "rao_kupper"
FloatVector = npt.NDArray[np.float64]
SMALL = 1e-9
"""Lowest ln κ while ties exist; at 0 no tie could happen."""


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
    start = np.zeros(n + 1)
    start[n] = 0.5 if ties else 0.0
    bounds = [(None, None)] * n + [(SMALL, None) if ties else (0.0, 0.0)]
    fit = minimize(
        _loss, start, (outcomes.wins + outcomes.ties, ties, ground.prior), jac=True,
        method="L-BFGS-B", bounds=bounds,
        options={"maxiter": 5000, "maxfun": 20000, "ftol": 1e-14, "gtol": 1e-9},
    )  # fmt: skip
    tie = float(np.exp(fit.x[n]))
    return Strengths(
        MODEL, centred(outcomes, fit.x[:n]), prior=ground.prior, note=ground.note, tie=tie
    )


def _loss(
    x: FloatVector, not_lost: npt.NDArray[np.float64], ties: float, prior: float
) -> tuple[float, FloatVector]:
    """Negative log-likelihood of strengths and ln κ, per outcome, with its gradient.

    A win contributes σ(d − ln κ) and a tie (κ² − 1) σ(d − ln κ) σ(−d − ln κ), d being the
    difference of log-strengths; so only "i did not lose to j" needs to be counted.
    """
    n = len(x) - 1
    theta, threshold = x[:n], x[n]
    lead = theta[:, None] - theta[None, :] - threshold
    loss = -(not_lost * log_expit(lead)).sum()
    loss -= prior * (log_expit(theta) + log_expit(-theta)).sum()
    pull = not_lost * expit(-lead)
    slope = np.zeros(n + 1)
    slope[:n] = pull.sum(axis=0) - pull.sum(axis=1) + prior * np.tanh(theta / 2)
    slope[n] = pull.sum()
    if ties:
        loss -= ties * (2 * threshold + np.log(-np.expm1(-2 * threshold)))
        slope[n] -= 2 * ties / -np.expm1(-2 * threshold)
    scale = max(1.0, float(not_lost.sum()))
    return float(loss) / scale, slope / scale
