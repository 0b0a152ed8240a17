"""Weights from a few labels, shrunk toward weights that needed none.

The best linear weights need two things: how votes move together, which all ballots tell, and how
each judge moves with the truth, which only labels tell. With twenty labels the second is mostly
noise. So the labels move the weights away from given default weights only as far as they
contradict them by more than chance (James–Stein); correlated seats share their say, since the
moments of all ballots are known well.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.optimize import nnls

from dikast.stats.ballot_table import Floats, Ints
from dikast.stats.reliability import standardised
from dikast.stats.standing_votes import classes
from dikast.types import PreferenceScale, Scale

RIDGE = 1e-3
"""Added to the moments, relative to their mean diagonal, so that clones do not divide by zero."""
MANY = 500
"""Above so many labels weights are no longer tried on labels they did not see."""

Loss = Callable[[Floats, Ints], Floats]
"""From weights and cases to a loss by case."""


class Coded(NamedTuple):
    """Votes and labels as numbers that linear weights can work on; 0 without a vote."""

    votes: Floats
    """`[case, judge]`."""
    spread: Floats
    """By judge: one unit of `votes`, on the scale; 0 for a judge that does not vary."""
    labels: Floats
    """By case; NaN without a label."""


class Shrunk(NamedTuple):
    """Weights, not negative, and how far the labels moved them."""

    weights: Floats
    moved: float
    """From 0 (the default's direction) to 1 (what the labels alone say)."""


def coded(votes: Floats, labels: Floats, scale: Scale) -> Coded:
    """Two labels become ±1, preferences their steps, anything else units of each judge's spread."""
    if scale.labelled and len(classes(scale)) == 2:
        low, high = scale.bounds()
        middle, reach = (low + high) / 2, (high - low) / 2
        plain = np.nan_to_num((votes - middle) / reach, nan=0.0)
        return Coded(plain, np.full(votes.shape[1], reach), (labels - middle) / reach)
    if isinstance(scale, PreferenceScale):
        return Coded(np.nan_to_num(votes, nan=0.0), np.ones(votes.shape[1]), labels)
    known = labels[~np.isnan(labels)]
    unit = known.std() if len(known) else 0.0
    middle = known.mean() if len(known) else 0.0
    return Coded(*standardised(votes), (labels - middle) / (unit if unit > 0 else np.inf))


def moments_of(votes: Floats) -> Floats:
    """Second moments of the judges' coded votes, made safely invertible."""
    moments = votes.T @ votes / max(len(votes), 1)
    size = np.trace(moments) / max(len(moments), 1)
    return np.asarray(moments + np.eye(len(moments)) * max(RIDGE * size, 1e-9))


def shrunk_weights(votes: Floats, labels: Floats, default: Floats, moments: Floats) -> Shrunk:
    """Least-squares weights for the labels, drawn toward the default's direction.

    Args:
        votes: Coded, `[case, judge]`.
        labels: Coded; NaN without a label.
        default: Weights by judge for coded votes, not negative.
        moments: Of all coded votes (`moments_of`).

    Returns:
        Weights such that votes × weights predicts the label; the default's direction where the
        labels do not contradict it by more than chance.
    """
    at = np.flatnonzero(~np.isnan(labels))
    x, z = votes[at], labels[at]
    told = x @ default
    power = float(told @ told)
    follows = max(float(told @ z) / power, 0.0) if power > 0 else 0.0
    expected = follows * (moments @ default)
    seen = x.T @ z / len(at)
    # How far each mean may be off by chance: the spread of vote × label over cases.
    noise = moments * float(np.mean(z**2)) - np.outer(expected, expected)
    noise += np.eye(len(noise)) * 1e-2 * max(float(np.trace(moments)) / len(moments), 1e-9)
    values, vectors = np.linalg.eigh(noise)
    rotated = vectors.T @ (seen - expected)
    surprise = len(at) * float(np.sum(rotated**2 / np.maximum(values, 1e-9)))
    heard = int(np.any(votes != 0, axis=0).sum())
    moved = max(0.0, 1.0 - heard / surprise) if surprise > 0 else 0.0
    return Shrunk(solve(moments, expected + moved * (seen - expected)), moved)


def solve(moments: Floats, target: Floats) -> Floats:
    """The weights, not negative, whose votes come closest to a target in mean square."""
    lower = np.linalg.cholesky(moments)
    return np.asarray(nnls(lower.T, np.linalg.solve(lower, target))[0])


def held_out_gain(
    votes: Floats, labels: Floats, default: Floats, moments: Floats, loss: Loss, before: Floats
) -> float:
    """Mean loss that shrunk weights save, on labels they did not see.

    Each labelled case is left out in turn. Above `MANY` of them the labels outweigh what a few
    weights can learn by heart, and the loss is that on the labels themselves.

    Args:
        votes: Coded, `[case, judge]`.
        labels: Coded; NaN without a label.
        default: Weights by judge for coded votes.
        moments: Of all coded votes.
        loss: From weights and cases to a loss by case.
        before: What the rule without labels loses, by case.
    """
    at = np.flatnonzero(~np.isnan(labels))
    if len(at) > MANY:
        learned = shrunk_weights(votes, labels, default, moments).weights
        return float((before[at] - loss(learned, at)).mean())
    saved = np.zeros(len(at))
    for number, case in enumerate(at):
        rest = labels.copy()
        rest[case] = np.nan
        if np.isnan(rest).all():
            continue
        learned = shrunk_weights(votes, rest, default, moments).weights
        saved[number] = before[case] - float(loss(learned, at[number : number + 1])[0])
    return float(saved.mean())
