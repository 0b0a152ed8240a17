"""Logistic regression, fitted on hundreds of resamples at once."""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from dikast.stats.resampling import Floats

MAX_STEPS = 60
LARGEST_STEP = 4.0
TOLERANCE = 1e-8
SEPARATED = 30.0
"""Coefficients beyond this say that some combination of features decides every outcome."""


def fit_logistic(x: Floats, y: Floats, weights: Floats, ridge: Floats) -> Floats:
    """Coefficients of a logistic regression for every row of weights.

    Args:
        x: Features, `[row, feature]`; a constant is a feature like others.
        y: Outcome, 0 to 1; a half is half a win.
        weights: `[draw, row]`, not negative.
        ridge: Penalty on the square of each coefficient, halved; 0 for none.

    Returns:
        `[draw, feature]`; NaN where Newton's method finds no maximum, as with outcomes that a
        feature separates and no penalty.

    Examples:
        >>> y = np.array([1.0, 1, 1, 0])
        >>> found = fit_logistic(np.ones((4, 1)), y, np.ones((1, 4)), np.zeros(1))
        >>> round(float(found[0, 0]), 4)  # log(3 / 1)
        1.0986
    """
    size = x.shape[1]
    products = (x[:, :, None] * x[:, None, :]).reshape(len(x), size * size)
    penalty = np.diag(ridge + 1e-10)
    beta = np.zeros((len(weights), size))
    if len(weights) > 1:  # resamples start from where all of them together end
        start = fit_logistic(x, y, weights.mean(axis=0, keepdims=True), ridge)
        beta += np.nan_to_num(start)
    active = np.arange(len(weights))
    done = np.zeros(len(weights), dtype=bool)
    for _ in range(MAX_STEPS):
        chance = expit(beta[active] @ x.T)
        part = weights[active]
        slope = (part * (y - chance)) @ x - beta[active] * ridge
        curve = ((part * chance * (1 - chance)) @ products).reshape(-1, size, size) + penalty
        step = np.linalg.solve(curve, slope[:, :, None])[:, :, 0]
        longest = np.abs(step).max(axis=1, keepdims=True)
        step *= np.minimum(1, LARGEST_STEP / np.maximum(longest, 1e-300))
        beta[active] += step
        small = longest[:, 0] < TOLERANCE
        done[active[small]] = True
        far = np.abs(beta[active]).max(axis=1) > SEPARATED
        active = active[~small & ~far]
        if not len(active):
            break
    done &= np.abs(beta).max(axis=1) <= SEPARATED
    return np.where(done[:, None], beta, np.nan)
