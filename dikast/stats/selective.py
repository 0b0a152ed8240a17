"""Selective verdicts: decide where a judge is confident enough, with a guarantee, else pass on.

A threshold on confidence is found on labelled items so that, with probability 1 − δ over their
draw, at least 1 − α of what will be accepted agrees with the labels. Confidence may be anything
that tends to be higher where the judge is right; it need not be a probability. Judges form a
cascade, cheap to strong; what the last one is not confident about goes to a person.

The guarantee is of items drawn like the labelled ones. It dies under drift: other prompts, models
or texts need new labels.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import stats

from dikast.stats.ballot_table import Bools, Floats, Ints
from dikast.stats.certainty import SLACK
from dikast.stats.estimate import Estimate
from dikast.stats.intervals import wilson
from dikast.types.cascades import BANDS

_MOST_NEEDED = 100_000
"""Above so many labels, how many are needed is not told: nobody will write them."""


class Threshold(NamedTuple):
    """From which confidence on a judge may decide, and what that rests on."""

    at: float
    """Items at least as confident are accepted."""
    accepted: int
    """Labelled items at least as confident."""
    errors: int
    """Those among them that disagree with their label."""
    bound: float
    """Upper bound on the share of errors, at the level that was asked for; at most α."""
    items: int
    """Labelled items that reached the judge."""


class AbstainAlways(NamedTuple):
    """No threshold passes, so the judge decides nothing. It is no threshold of 1."""

    reason: str
    """Why, in words."""
    needed: int | None
    """Labelled items above the threshold that would do, at the error rate seen; None if no number
    of labels would, since the judge errs too often where it is most confident."""
    items: int
    """Labelled items that reached the judge."""


Ruling = Threshold | AbstainAlways


def upper_bound(errors: int, n: int, delta: float) -> float:
    """Exact upper bound on an error rate: the r at which `errors` or fewer have probability δ.

    Args:
        errors: Errors seen, from 0 to `n`.
        n: Items.
        delta: Probability with which the bound may fail, between 0 and 1.

    Returns:
        The Clopper–Pearson bound; 1 if there is no item, or if all are errors.

    Examples:
        >>> round(upper_bound(3, 60, 0.1), 3)
        0.108
        >>> upper_bound(0, 0, 0.1)
        1.0
    """
    _share("delta", delta)
    if not 0 <= errors <= n:
        raise ValueError(f"there cannot be {errors} errors in {n} items")
    return 1.0 if errors == n else float(stats.beta.ppf(1 - delta, errors + 1, n - errors))


def labels_needed(alpha: float, delta: float, *, errors: int = 0) -> int:
    """Fewest accepted items with which α can be promised, if so many of them are errors.

    Examples:
        >>> labels_needed(0.10, 0.1), labels_needed(0.05, 0.1), labels_needed(0.10, 0.1, errors=3)
        (22, 45, 65)
    """
    _share("alpha", alpha)
    _share("delta", delta)
    low, high = errors, errors + 1
    while stats.binom.cdf(errors, high, alpha) > delta:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (
            (low, middle) if stats.binom.cdf(errors, middle, alpha) <= delta else (middle, high)
        )
    return high


def find_threshold(
    confidence: Floats,
    right: Bools,
    *,
    alpha: float,
    delta: float,
    start: float | None = None,
) -> Ruling:
    """The lowest confidence from which on a judge may decide, or that there is none.

    Thresholds are tested from high to low, each by the exact bound on its error rate, until the
    first that fails (fixed-sequence testing, which needs no correction for how many are tested).
    The lowest that passed before it is returned; items of equal confidence stand or fall
    together. If the first test fails, nothing passes: the judge abstains always.

    A threshold with fewer items than could ever pass is no test and is passed over. That looks at
    confidences alone; the guarantee then supposes that the judge is not more often wrong where it
    is more confident. With `start` fixed before the data were seen, it supposes nothing.

    Args:
        confidence: One per labelled item; NaN where the judge had none, which is never accepted.
        right: Whether the judge agrees with the label.
        alpha: Share of errors to tolerate among what is accepted, between 0 and 1.
        delta: Probability with which the promise may fail, between 0 and 1.
        start: The first threshold to test; None for the highest that could pass.

    Examples:
        >>> sure = np.repeat([1.0, 0.8, 0.6], [30, 30, 40])
        >>> right = np.arange(100) < 75
        >>> found = find_threshold(sure, right, alpha=0.1, delta=0.1)
        >>> found.at, found.accepted, found.errors, round(found.bound, 3)
        (0.8, 60, 0, 0.038)
        >>> print(find_threshold(sure[:9], right[:9], alpha=0.1, delta=0.1).reason)
        9 of 9 labelled items have a confidence; at least 22 without an error are needed

    References:
        Jung, Brahman & Choi (2024), "Trust or Escalate: LLM Judges with Provable Guarantees for
        Human Agreement"; Bauer (1991) and Angelopoulos et al. (2021) on fixed-sequence testing.
    """
    _share("alpha", alpha)
    _share("delta", delta)
    if len(confidence) != len(right):
        raise ValueError("`confidence` and `right` must be equally long")
    told = ~np.isnan(confidence)
    levels, count, wrong = _levels(confidence[told], ~right[told])
    fewest = labels_needed(alpha, delta)
    first = _first(levels, count, fewest, start)
    if first is None:
        return _too_few(len(confidence), int(told.sum()), fewest)
    errors = wrong[first:]
    passed = np.asarray(stats.binom.cdf(errors, count[first:], alpha) <= delta)
    steps = len(passed) if passed.all() else int(np.argmin(passed))
    if not steps:
        return _fails(levels[first], int(count[first]), int(wrong[first]), alpha, delta, confidence)
    last = first + steps - 1
    accepted, missed = int(count[last]), int(wrong[last])
    at = float(levels[last])
    return Threshold(at, accepted, missed, upper_bound(missed, accepted, delta), len(confidence))


def _levels(confidence: Floats, wrong: Bools) -> tuple[Floats, Ints, Ints]:
    """Distinct confidences, falling; items and errors at or above each."""
    order = np.argsort(-confidence, kind="stable")
    falling = confidence[order]
    last = np.flatnonzero(np.append(falling[:-1] - falling[1:] > SLACK, True)[: len(falling)])
    return falling[last], last + 1, np.cumsum(wrong[order], dtype=np.int64)[last]


def _first(levels: Floats, count: Ints, fewest: int, start: float | None) -> int | None:
    """Where testing begins; None if nothing could pass."""
    if start is not None:
        below = np.flatnonzero(levels >= start - SLACK)
        at = int(below[-1]) if len(below) else None
        return at if at is not None and count[at] >= fewest else None
    enough = np.flatnonzero(count >= fewest)
    return int(enough[0]) if len(enough) else None


def _too_few(items: int, told: int, fewest: int) -> AbstainAlways:
    reason = f"{told} of {items} labelled items have a confidence"
    return AbstainAlways(
        f"{reason}; at least {fewest} without an error are needed"
        if told < fewest
        else f"{reason}, too few of them at the first threshold; at least {fewest} without an "
        "error are needed there",
        fewest,
        items,
    )


def _fails(
    at: float, n: int, errors: int, alpha: float, delta: float, confidence: Floats
) -> AbstainAlways:
    """Why even the highest threshold that could pass does not."""
    bound = upper_bound(errors, n, delta)
    needed = _needed_at(errors / n, alpha, delta)
    remedy = (
        "its error rate there is too high for any number of labels"
        if needed is None
        else f"at this error rate {needed} such items are needed"
    )
    reason = (
        f"{errors} errors in {n} labelled items at confidence {at:.3g} or more: up to {bound:.3f} "
        f"of what it accepts may be wrong, and {alpha:g} is allowed; {remedy}"
    )
    return AbstainAlways(reason, needed, len(confidence))


def _needed_at(rate: float, alpha: float, delta: float) -> int | None:
    """Fewest items that pass at an error rate; None if none do, or only very many."""
    if rate >= alpha:
        return None
    start, size = 1, 256
    while start < _MOST_NEEDED:
        n = np.arange(start, start + size)
        passing = np.asarray(stats.binom.cdf(np.ceil(rate * n - SLACK), n, alpha) <= delta)
        if passing.any():
            return int(n[np.argmax(passing)])
        start, size = start + size, 2 * size
    return None


def calibrate_cascade(
    confidence: Floats,
    right: Bools,
    *,
    alpha: float,
    delta: float,
    start: float | None = None,
) -> tuple[Ruling, ...]:
    """Thresholds for judges from cheap to strong, each on what the earlier ones passed on.

    δ is split evenly over the judges, so that with probability 1 − δ all promises hold together.
    A judge without enough items gets no threshold of another judge: it abstains always.

    Args:
        confidence: `[judge, item]`, labelled items only; NaN where a judge had none.
        right: `[judge, item]`, whether the judge agrees with the label.
        alpha: Share of errors to tolerate among what is accepted.
        delta: Probability with which the promise may fail, for the cascade as a whole.
        start: The first threshold to test for every judge; see `find_threshold`.

    Examples:
        >>> cheap, strong = np.repeat([1.0, 0.5], 50), np.full(100, 1.0)
        >>> right = np.array([np.arange(100) < 60, np.arange(100) < 100])
        >>> [ruling.at for ruling in calibrate_cascade(
        ...     np.array([cheap, strong]), right, alpha=0.1, delta=0.1)]
        [1.0, 1.0]
    """
    judges, items = confidence.shape
    if not judges:
        raise ValueError("a cascade has at least one judge")
    left = np.ones(items, dtype=bool)
    rulings: list[Ruling] = []
    for own, agrees in zip(confidence, right, strict=True):
        ruling = find_threshold(
            own[left], agrees[left], alpha=alpha, delta=delta / judges, start=start
        )
        rulings.append(ruling)
        left &= ~accepts(own, ruling)
    return tuple(rulings)


def accepts(confidence: Floats, ruling: Ruling) -> Bools:
    """By item, whether a judge with this threshold decides it."""
    if isinstance(ruling, AbstainAlways):
        return np.zeros(len(confidence), dtype=bool)
    with np.errstate(invalid="ignore"):
        return np.asarray(confidence >= ruling.at - SLACK)


def assign(confidence: Floats, rulings: Sequence[Ruling]) -> Ints:
    """By item, the judge that decides it, from 0; −1 where none is confident enough.

    Args:
        confidence: `[judge, item]`.
        rulings: One per judge.
    """
    by = np.full(confidence.shape[1], -1, dtype=np.int64)
    for judge, (own, ruling) in enumerate(zip(confidence, rulings, strict=True)):
        by[(by < 0) & accepts(own, ruling)] = judge
    return by


def folds(names: Sequence[str], number: int) -> Ints:
    """Folds for cross-validation, from 0: equal names stay together, and order decides nothing.

    Examples:
        >>> folds(["q1", "q2", "q1", "q3"], 3)[[0, 2]].tolist() == folds(["q1"] * 2, 3).tolist()
        False
        >>> bool(folds(["q1", "q2", "q1"], 2)[0] == folds(["q1", "q2", "q1"], 2)[2])
        True
    """
    distinct = sorted(set(names), key=lambda name: hashlib.sha256(name.encode()).digest())
    fold = {name: place % number for place, name in enumerate(distinct)}
    return np.array([fold[name] for name in names], dtype=np.int64)


def cross_validate(
    confidence: Floats,
    right: Bools,
    fold: Ints,
    *,
    alpha: float,
    delta: float,
    start: float | None = None,
) -> Ints:
    """By labelled item, the judge that decides it under thresholds from the other folds; −1: none.

    Args:
        confidence: `[judge, item]`.
        right: `[judge, item]`.
        fold: Of each item (`folds`).
        alpha: Share of errors to tolerate.
        delta: For the cascade as a whole.
        start: The first threshold to test.
    """
    by = np.full(confidence.shape[1], -1, dtype=np.int64)
    for held_out in np.unique(fold):
        own = fold == held_out
        rulings = calibrate_cascade(
            confidence[:, ~own], right[:, ~own], alpha=alpha, delta=delta, start=start
        )
        by[own] = assign(confidence[:, own], rulings)
    return by


def agreement(by: Ints, right: Bools, judge: int | None = None) -> Estimate:
    """Share of accepted items that agree with their label, with its Wilson interval.

    Args:
        by: By item, the judge that decides it; −1 for none.
        right: `[judge, item]`.
        judge: Only what this judge decides; None for all that is decided.

    Returns:
        The share, with the items passed on as `nulls`; undefined if nothing was accepted.
    """
    taken = by >= 0 if judge is None else by == judge
    hits = right[by[taken], np.flatnonzero(taken)]
    return wilson(int(hits.sum()), len(hits), nulls=len(by) - len(hits))


def band(stated: float) -> str:
    """The named band of a stated confidence; the last one holds 1.

    Models state high confidence whether right or wrong (in ObjexMT, 48–52 % were wrong at a
    stated 0.90 for two of three models), so a band orders verdicts and is no probability.

    Examples:
        >>> band(0.85), band(0.2), band(1)
        ('very high', 'low', 'very high')
    """
    _bounded(stated)
    return BANDS[min(int(stated * 5 + SLACK), 4)]


def _bounded(value: float) -> None:
    if math.isnan(value) or not 0 <= value <= 1:
        raise ValueError(f"a confidence lies between 0 and 1, got {value}")


def _share(name: str, value: float) -> None:
    if not 0 < value < 1:
        raise ValueError(f"`{name}` must lie between 0 and 1, got {value}")
