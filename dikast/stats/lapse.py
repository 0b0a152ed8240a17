"""Bradley–Terry with lapses: a share of the outcomes are coin flips, whatever the strengths.

Plain Bradley–Terry takes an upset between distant candidates for evidence that they are close.
A judge who errs as often on easy pairs as on hard ones is described better by a lapse: the upset
is put down to the judge. The share is learned, and where upsets do fade with distance it comes
out near zero and the model is Bradley–Terry again.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, log_expit, logit

from dikast.stats.outcomes import Outcomes
from dikast.stats.strengths import (
    FloatMatrix,
    FloatVector,
    Strengths,
    centred,
    footing,
    newton_strengths,
)

MODEL = "lapse"
RIDGE = 0.05
"""Precision of the Gaussian prior on strengths: without it they diverge as lapses explain all."""
LAPSES = (2.0, 12.0)
"""Beta prior of the share of lapses; its mean is one in seven."""


def fit_lapse(outcomes: Outcomes) -> Strengths:
    """Fit the most probable strengths and share of lapses, starting from Bradley–Terry.

    Args:
        outcomes: What was judged. A tie is half a win each way.

    Returns:
        Strengths with `lapse`. The prior keeps them finite on any connected outcomes.

    Examples:
        >>> from dikast.stats.outcomes import tally_rankings
        >>> fit_lapse(tally_rankings([["x", "y", "z"]])).ranking().order
        ('x', 'y', 'z')

    References:
        Wichmann and Hill (2001), "The psychometric function: I. Fitting, sampling, and goodness
        of fit", for lapses.
    """
    ground = footing(outcomes, None)
    if ground.problem:
        return Strengths(MODEL, None, ground.problem)
    won = outcomes.wins + outcomes.ties / 2
    share = LAPSES[0] / sum(LAPSES)
    start = np.append(newton_strengths(won, ridge=0.5), logit(share))
    fit = minimize(
        _loss, start, (won,), jac=True, method="L-BFGS-B",
        options={"maxiter": 1000, "ftol": 1e-11, "gtol": 1e-6},
    )  # fmt: skip
    note = f"Gaussian prior of precision {RIDGE:g} on strengths"
    values = centred(outcomes, fit.x[:-1])
    return Strengths(MODEL, values, note=note, lapse=float(expit(fit.x[-1])))


def _loss(x: FloatVector, won: FloatMatrix) -> tuple[float, FloatVector]:
    """Negative log-posterior of strengths and logit share, per outcome, with its gradient."""
    theta, share = x[:-1], expit(x[-1])
    chance = expit(theta[:, None] - theta[None, :])
    mixed = (1 - share) * chance + share / 2
    pull = won * (1 - share) * chance * (1 - chance) / mixed
    for_fair, for_lapse = LAPSES[1] - 1, LAPSES[0] - 1
    loss = -(won * np.log(mixed)).sum() + RIDGE / 2 * (theta @ theta)
    loss -= for_lapse * log_expit(x[-1]) + for_fair * log_expit(-x[-1])
    slope = np.append(pull.sum(axis=0) - pull.sum(axis=1) + RIDGE * theta, 0.0)
    slope[-1] = -(won * (0.5 - chance) / mixed).sum() * share * (1 - share)
    slope[-1] -= for_lapse * (1 - share) - for_fair * share
    scale = max(1.0, float(won.sum()))
    return float(loss) / scale, slope / scale
