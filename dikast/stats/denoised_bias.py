"""Position and length bias with a judge's sampling noise taken out.

A judge that flips some answers at random looks less biased than it is: noise pulls every accuracy
toward a half. Repeats of one order show how often it flips, and accuracies are put back.

Votes and labels are signed steps in canonical terms, as in `order_grids`; labels name the answer
that people chose. A tie is no choice of that answer, and pairs labelled as ties play no part.

References:
    Wei et al. (2024), "Systematic Evaluation of LLM-as-a-Judge in LLM Alignment Tasks". Its
    script takes 1 − p_consist for the flip rate (`published`), which does not follow from its own
    model of independent flips; `exact` does. Nor do tied pairs count as chosen here, which a
    comparison without effect makes them do there.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from dikast.stats.estimate import Estimate, undefined
from dikast.stats.repetition import agreeing, repeat_agreement
from dikast.stats.resampling import Clusters, Floats, bootstrap_sums

Bools = npt.NDArray[np.bool_]
FlipRule = Literal["exact", "published"]


def flip_rate(p_consist: float, rule: FlipRule = "exact") -> float | None:
    """How often one run flips, from how often two runs agree.

    Args:
        p_consist: Share of pairs of repeats that agree.
        rule: `exact`: two runs that flip independently agree with probability 1 − 2q(1 − q), so
            q = (1 − √(2p − 1)) / 2. `published`: q = 1 − p.

    Returns:
        q; None where p is at most a half: such a judge tosses coins, and nothing can be put back.

    Examples:
        >>> round(flip_rate(0.9), 3), round(flip_rate(0.9, "published"), 3), flip_rate(0.5)
        (0.053, 0.1, None)
    """
    q = float(_flip(np.array(p_consist), rule))
    return None if math.isnan(q) else q


def _flip(p: Floats, rule: FlipRule) -> Floats:
    if rule not in ("exact", "published"):
        raise ValueError(f"`rule` must be exact or published, got {rule!r}")
    q = 1 - p if rule == "published" else (1 - np.sqrt(np.maximum(2 * p - 1, 0))) / 2
    return np.where(p > 0.5, q, np.nan)


def denoised(accuracy: float, q: float) -> float | None:
    """The accuracy a judge would have if it never flipped: (acc − q) / (1 − 2q).

    Not cut to 0 … 1: beyond them the flip rate was estimated too high, which should show.

    Examples:
        >>> round(denoised(0.8, flip_rate(0.9)), 3), round(denoised(0.8, 0.1), 3)
        (0.835, 0.875)
    """
    return (accuracy - q) / (1 - 2 * q) if q < 0.5 else None


class DenoisedBias(NamedTuple):
    """A signed difference of two accuracies, as observed and without sampling noise."""

    raw: Estimate
    """Difference of the accuracies as they are."""
    bias: Estimate
    """The same with noise taken out; equal to `raw` for a judge that never flips."""
    p_consist: Estimate
    """Share of pairs of repeats that agree; undefined where nothing was repeated."""


def position_bias(
    forward: Floats,
    swapped: Floats,
    truth: Floats,
    *,
    repeats: Floats | None = None,
    rule: FlipRule = "exact",
    by: Clusters | None = None,
    seed: int = 0,
    draws: int = 1000,
) -> DenoisedBias:
    """Accuracy with the chosen answer shown first less accuracy with it shown second.

    Args:
        forward: Votes with the canonically first candidate shown first, `[case]`.
        swapped: Votes with it shown second.
        truth: Who was chosen by people, positive for the first candidate.
        repeats: `[case, …, sample]`, the same cases asked again; None if nothing was.
        rule: How the flip rate follows from the repeats.
        by: What each case belongs to.
        seed: Of the resampling.
        draws: Resamples.

    Returns:
        Positive if the judge favours the slot shown first. Undefined without votes in both
        places; `bias` also without repeats, or if these agree no better than coins.

    Examples:
        >>> truth = np.array([1.0, -1, 1, -1])
        >>> found = position_bias(np.ones(4), -np.ones(4), truth, repeats=np.ones((4, 5)))
        >>> found.raw.value, found.bias.value
        (1.0, 1.0)
    """
    label = _winner(truth)
    chosen_first = np.where(label > 0, forward, swapped)
    chosen_second = np.where(label > 0, swapped, forward)
    hits = np.stack([np.sign(chosen_first) == label, np.sign(chosen_second) == label])
    kept = ~np.isnan(np.stack([chosen_first, chosen_second])) & ~np.isnan(label)
    return _bias(hits, kept, repeats, rule, by, seed, draws)


def length_bias(
    forward: Floats,
    swapped: Floats,
    truth: Floats,
    lengths: Floats,
    *,
    repeats: Floats | None = None,
    rule: FlipRule = "exact",
    by: Clusters | None = None,
    seed: int = 0,
    draws: int = 1000,
) -> DenoisedBias:
    """Accuracy where the chosen answer is longer less accuracy where it is not.

    Accuracy here is being right in both orders; a pair counts where both were answered.

    Args:
        forward: As for `position_bias`, further arguments likewise.
        swapped: The other order.
        truth: Who was chosen by people.
        lengths: `[case, 2]`, of the first and second candidate in any one unit.
        repeats: The same cases asked again.
        rule: How the flip rate follows from the repeats.
        by: What each case belongs to.
        seed: Of the resampling.
        draws: Resamples.

    Returns:
        Positive if the judge favours longer answers. Undefined if the chosen answer is never, or
        always, the longer one.

    Examples:
        >>> lengths = np.array([[9.0, 5], [9, 5], [5, 9], [5, 9]])
        >>> longer = np.array([1.0, 1, -1, -1])
        >>> truth = np.array([1.0, -1, 1, -1])
        >>> length_bias(longer, longer, truth, lengths).raw.value
        1.0
    """
    label = _winner(truth)
    both = (np.sign(forward) == label) & (np.sign(swapped) == label)
    difference = (lengths[:, 0] - lengths[:, 1]) * label
    usable = ~np.isnan(forward + swapped + difference)
    kept = np.stack([usable & (difference > 0), usable & (difference <= 0)])
    return _bias(np.stack([both, both]), kept, repeats, rule, by, seed, draws)


def _winner(truth: Floats) -> Floats:
    sign = np.sign(truth)
    return np.where(sign == 0, np.nan, sign)


def _bias(
    hits: Bools,
    kept: Bools,
    repeats: Floats | None,
    rule: FlipRule,
    by: Clusters | None,
    seed: int,
    draws: int,
) -> DenoisedBias:
    """Difference of two accuracies, `[2, case]`, and what repeats make of it."""
    agreement = (
        undefined("nothing was asked twice in the same order")
        if repeats is None
        else repeat_agreement(repeats, by=by, seed=seed, draws=draws)
    )
    sums = np.column_stack([(hits & kept).T, kept.T]).astype(float)
    if repeats is not None:
        sums = np.column_stack([sums, agreeing(repeats)])
    used = kept.any(axis=0)
    figure = partial(
        bootstrap_sums,
        sums,
        by=by,
        nulls=int((~used).sum()),
        n=int(used.sum()),
        why="the chosen answer was never judged in one of the two places",
        seed=seed,
        draws=draws,
    )
    raw = figure(_difference)
    if raw.value is None or agreement.value is None:
        return DenoisedBias(raw, undefined(raw.reason or agreement.reason), agreement)
    if flip_rate(agreement.value, rule) is None:
        return DenoisedBias(raw, undefined("repeats agree no better than coins"), agreement)
    bias = figure(lambda s: _difference(s) / (1 - 2 * _flip(s[..., 4] / s[..., 5], rule)))
    return DenoisedBias(raw, bias, agreement)


def _difference(s: Floats) -> Floats:
    return np.asarray(s[..., 0] / s[..., 2] - s[..., 1] / s[..., 3])
