"""Davidson's Bradley–Terry with ties: P(tie) ∝ ν √(pᵢ pⱼ)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import log_expit, logsumexp, softmax

from dikast.stats.outcomes import Outcomes
from dikast.stats.strengths import Strengths, centred, footing

MODEL = "davidson"
FloatVector = npt.NDArray[np.float64]


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
    start = np.zeros(n + 1)
    fit = minimize(
        _loss, start, (outcomes, ground.prior, ties > 0), jac=True, method="L-BFGS-B",
        options={"maxiter": 5000, "maxfun": 20000, "ftol": 1e-14, "gtol": 1e-9},
    )  # fmt: skip
    tie = float(np.exp(fit.x[n])) if ties else 0.0
    return Strengths(
        MODEL, centred(outcomes, fit.x[:n]), prior=ground.prior, note=ground.note, tie=tie
    )


def _loss(
    x: FloatVector, outcomes: Outcomes, prior: float, with_ties: bool
) -> tuple[float, FloatVector]:
    """Negative log-likelihood of strengths and log ν, per outcome, with its gradient."""
    n = len(x) - 1
    theta, log_nu = x[:n], x[n] if with_ties else -np.inf
    i, j = np.triu_indices(n, 1)
    counts = np.stack([outcomes.wins[i, j], outcomes.wins[j, i], outcomes.ties[i, j]])
    utility = np.stack([theta[i], theta[j], log_nu + (theta[i] + theta[j]) / 2])
    met = counts.sum(axis=0)
    won = counts * np.where(counts > 0, utility - logsumexp(utility, axis=0), 0.0)
    loss = -won.sum() - prior * (log_expit(theta) + log_expit(-theta)).sum()
    push = met * softmax(utility, axis=0) - counts
    slope = np.zeros(n + 1)
    slope[:n] = np.bincount(i, push[0] + push[2] / 2, n) + np.bincount(j, push[1] + push[2] / 2, n)
    slope[:n] += prior * np.tanh(theta / 2)
    slope[n] = push[2].sum() if with_ties else 0.0
    scale = max(1.0, float(met.sum()))
    return float(loss) / scale, slope / scale
