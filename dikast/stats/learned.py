"""A judge learned from a few features and some labels, always predicted on held-out cases."""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from dikast.stats.ballot_table import Bools, Floats, Ints
from dikast.stats.logistic import fit_logistic

FEWEST = 10
"""Labelled cases below which nothing is learned."""
RIDGE = 1.0


def folds_of(n: int, *, folds: int = 5, seed: int = 0) -> Ints:
    """A fold for each of n cases, as even as can be, at random."""
    return np.asarray(np.random.default_rng(seed).permutation(n) % folds, dtype=np.int64)


def crossfit(
    features: Floats,
    labels: Floats,
    *,
    binary: bool,
    symmetric: bool = False,
    folds: int = 5,
    seed: int = 0,
) -> Floats:
    """Predict every case by a model fitted on the labelled cases of the other folds.

    Features are standardised on the fitting part; the penalty is a ridge of 1 on standardised
    coefficients.

    Args:
        features: `[case, feature]`; a case with a NaN is neither used nor predicted.
        labels: One per case, NaN where there is none; 0 and 1 if `binary`.
        binary: Logistic regression, giving the probability of 1; else linear regression.
        symmetric: Neither intercept nor centring, so that turning the signs of all features
            turns the prediction round: for differences between two candidates.
        folds: Number of folds.
        seed: Of the folds.

    Returns:
        A prediction per case; NaN without features, and everywhere if fewer than `FEWEST` cases
        have both or all their labels are the same.

    Examples:
        >>> x = np.arange(40.0)[:, None]
        >>> p = crossfit(x, (x[:, 0] > 20).astype(float), binary=True)
        >>> bool(p[0] < 0.5 < p[39])
        True
    """
    usable = ~np.isnan(features).any(axis=1)
    known = usable & ~np.isnan(labels)
    predicted = np.full(len(labels), np.nan)
    if known.sum() < FEWEST or len(np.unique(labels[known])) < 2:
        return predicted
    fold = np.full(len(labels), -1)
    fold[known] = folds_of(int(known.sum()), folds=folds, seed=seed)
    # Cases without a label belong to no fold: a model on all labelled ones predicts them.
    for part in range(-1, folds):
        out = usable & (fold == part)
        if out.any():
            fitting = known & (fold != part)
            predicted[out] = _fit_predict(features, labels, fitting, out, binary, symmetric)
    return predicted


def _fit_predict(
    features: Floats, labels: Floats, fitting: Bools, out: Bools, binary: bool, symmetric: bool
) -> Floats:
    x, y = features[fitting], labels[fitting]
    middle = np.zeros(x.shape[1]) if symmetric else x.mean(axis=0)
    scale = np.sqrt(np.mean((x - middle) ** 2, axis=0))
    scale = np.where(scale > 1e-12, scale, 1.0)
    x, new = (x - middle) / scale, (features[out] - middle) / scale
    if not symmetric:
        x, new = _with_constant(x), _with_constant(new)
    penalty = np.full(x.shape[1], RIDGE)
    if not symmetric:
        penalty[-1] = 0.0
    if binary:
        weights = fit_logistic(x, y, np.ones((1, len(x))), penalty)[0]
        return np.asarray(expit(new @ weights))
    weights = np.linalg.lstsq(x.T @ x + np.diag(penalty), x.T @ y, rcond=None)[0]
    return np.asarray(new @ weights)


def _with_constant(x: Floats) -> Floats:
    return np.column_stack([x, np.ones(len(x))])
