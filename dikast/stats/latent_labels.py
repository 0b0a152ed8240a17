"""Dawid–Skene and one-coin models: truth as a hidden label, judges as noisy channels to it.

Pairs know about presentation orders: answers are read in slots (shown first, shown second), and
what a judge answers in both orders is one symbol of its own. So a judge's pull toward a slot is
part of its channel, and two orders that contradict each other are not counted as two opinions.
Mirroring the candidates mirrors the model exactly.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dikast.stats.ballot_table import Bools, Floats, Ints

TINY = 1e-300


class Answers(NamedTuple):
    """Votes of all judges on one criterion as symbols."""

    symbol: Ints
    """`[case, judge]`: the place of a label, or for both orders `labels + first × labels +
    second` with both in slots; −1 without an answer."""
    turned: Bools
    """`[case, judge]`: one order alone, with the canonically second candidate shown first."""
    labels: int
    """How many labels there are."""
    paired: bool
    """Whether labels mirror (last against first) when the candidates are exchanged."""

    @property
    def symbols(self) -> int:
        """How many symbols a judge has."""
        return self.labels + (self.labels**2 if self.paired else 0)


def answers(coded: Ints, labels: int, *, paired: bool) -> Answers:
    """Symbols of a grid of coded votes.

    Args:
        coded: `[case, judge, order]`, the place of a label among `labels`, in canonical terms; −1
            for none.
        labels: How many labels there are.
        paired: Whether the two orders of a pair are on the last axis.
    """
    first = coded[:, :, 0]
    if not paired:
        return Answers(first, np.zeros(first.shape, dtype=bool), labels, False)
    second = coded[:, :, 1]
    slot = np.where(second >= 0, labels - 1 - second, -1)  # in slots, as it was shown
    both = (first >= 0) & (second >= 0)
    turned = (first < 0) & (second >= 0)
    symbol = np.where(both, labels + first * labels + slot, np.where(turned, slot, first))
    return Answers(symbol, turned, labels, True)


class Channel(NamedTuple):
    """What a fitted model holds about the judges."""

    prior: Floats
    """Probability of each label."""
    emission: Floats
    """`[judge, label, symbol]`: probability of a symbol, up to a factor that no label changes.
    One order alone is in slots, both orders in canonical terms."""
    rounds: int
    """EM rounds until nothing moved."""


class Posterior(NamedTuple):
    """What a model makes of the cases."""

    share: Floats
    """`[case, label]`, summing to 1."""
    heard: Bools
    """By case, whether any judge had an answer."""


def posterior(given: Answers, channel: Channel) -> Posterior:
    """Probability of each label, case by case, from all answers."""
    logs = np.log(np.maximum(channel.emission, TINY))
    total = np.repeat(np.log(np.maximum(channel.prior, TINY))[None], len(given.symbol), axis=0)
    for judge in range(given.symbol.shape[1]):
        total += _gather(logs[judge], given, judge)
    total -= total.max(axis=1, keepdims=True)
    share = np.exp(total)
    heard = np.asarray((given.symbol >= 0).any(axis=1))
    return Posterior(share / share.sum(axis=1, keepdims=True), heard)


def _gather(log: Floats, given: Answers, judge: int) -> Floats:
    """`[case, label]`: what one judge's answers add; nothing where it has none."""
    symbol = given.symbol[:, judge]
    plain = np.concatenate([log, np.zeros((len(log), 1))], axis=1)
    added = plain[:, symbol].T  # −1 reads the last column, which is 0
    turned = given.turned[:, judge]
    added[turned] = added[turned, ::-1]
    return added


def count(given: Answers, share: Floats) -> Floats:
    """Expected answers, `[judge, label, symbol]`; one order alone in slots."""
    size = given.symbols
    found = np.zeros((given.symbol.shape[1], given.labels, size))
    for judge in range(len(found)):
        symbol, turned = given.symbol[:, judge], given.turned[:, judge]
        spoke = symbol >= 0
        mass = np.where(turned[:, None], share[:, ::-1], share)[spoke]
        for label in range(given.labels):
            found[judge, label] = np.bincount(symbol[spoke], weights=mass[:, label], minlength=size)
    return found


def fit_channels(
    given: Answers,
    start: Floats,
    known: Floats,
    *,
    one_coin: bool = False,
    smoothing: float = 1.0,
    even: bool | None = None,
    rounds: int = 500,
    tolerance: float = 1e-6,
) -> Channel:
    """EM from starting probabilities to the nearest optimum.

    Args:
        given: Answers.
        start: `[case, label]`, what to believe at first; rows need not be certain.
        known: `[case, label]`, one 1 per labelled case; NaN rows for the others. Labelled cases
            keep their label throughout.
        one_coin: One accuracy per judge (and its pull toward a slot) in place of a whole table.
        smoothing: Added to every count.
        even: Whether opposite labels have equal prior; by default for pairs, whose names mean
            nothing.
        rounds: Most rounds.
        tolerance: Stop when no probability of a case moves by more.

    References:
        Dawid and Skene (1979), "Maximum likelihood estimation of observer error-rates using the
        EM algorithm".
    """
    share = np.where(np.isnan(known), start, known)
    spread = np.zeros(given.labels)
    emission = np.zeros(0)
    number = 0
    mirrored = given.paired if even is None else even
    for number in range(1, rounds + 1):
        spread = share.sum(axis=0) + smoothing
        if mirrored:
            spread = spread + spread[::-1]
        spread = spread / max(float(spread.sum()), TINY)
        table = tied(count(given, share), given)
        emission = coins(table, given, smoothing) if one_coin else normal(table, given, smoothing)
        new = posterior(given, Channel(spread, emission, number)).share
        new = np.where(np.isnan(known), new, known)
        moved = float(np.abs(new - share).max(initial=0.0))
        share = new
        if moved < tolerance:
            break
    return Channel(spread, emission, number)


def tied(table: Floats, given: Answers) -> Floats:
    """Counts of both orders with their mirror image put to them: one judge, one channel."""
    n = given.labels
    if not given.paired:
        return table
    pair = table[:, :, n:].reshape(len(table), n, n, n)
    mirror = pair[:, ::-1].swapaxes(2, 3)  # other label, slots exchanged
    both = pair + mirror
    if n % 2:  # the tie is its own mirror image and must not count twice
        both[:, n // 2] /= 2
    return np.concatenate([table[:, :, :n], both.reshape(len(table), n, n * n)], axis=2)


def normal(table: Floats, given: Answers, smoothing: float) -> Floats:
    """A whole table per judge: counts to probabilities, one order and both orders apart."""
    n = given.labels
    parts = [table[:, :, :n], table[:, :, n:]] if given.paired else [table]
    shares = [
        (part + smoothing) / np.maximum((part + smoothing).sum(axis=2, keepdims=True), TINY)
        for part in parts
    ]
    return np.concatenate(shares, axis=2)


def coins(table: Floats, given: Answers, smoothing: float) -> Floats:
    """One accuracy per judge; wrong answers are equally likely.

    In one order a judge may first fall for its favourite slot, whatever the truth. In both
    orders an answer that does not survive the swap says nothing about the truth.
    """
    n = given.labels
    labels = np.arange(n)
    single = table[:, :, :n]
    if not given.paired:
        right = np.trace(single, axis1=1, axis2=2)
        accuracy = (right + smoothing) / np.maximum(single.sum(axis=(1, 2)) + 2 * smoothing, TINY)
        return _coin(accuracy, n)
    pair = table[:, :, n:].reshape(len(table), n, n, n)
    # Consistent answers: slot s in one order is slot n − 1 − s in the other.
    same = pair[:, :, labels, n - 1 - labels]
    weight = np.ones(n)
    if n % 2:
        weight[n // 2] = 2.0  # `tied` halved it: here all truths count alike
    same = same * weight[None, :, None] / 2
    right = np.trace(same, axis1=1, axis2=2)
    accuracy = (right + smoothing) / np.maximum(same.sum(axis=(1, 2)) + 2 * smoothing, TINY)
    alone = _pulled(single, smoothing)
    both = np.ones_like(pair)
    both[:, :, labels, n - 1 - labels] = _coin(accuracy, n)
    return np.concatenate([alone, both.reshape(len(table), n, n * n)], axis=2)


def _coin(accuracy: Floats, labels: int) -> Floats:
    """`[judge, label, answer]` of judges that err evenly."""
    wrong = (1 - accuracy) / max(labels - 1, 1)
    return np.where(np.eye(labels)[None] > 0, accuracy[:, None, None], wrong[:, None, None])


def _pulled(single: Floats, smoothing: float, rounds: int = 20) -> Floats:
    """Coins behind a pull: with some probability a judge names its favourite slot unseen."""
    n = single.shape[1]
    surplus = single.sum(axis=1)  # last label: the one shown first is better
    favourite = np.where(surplus[:, -1] >= surplus[:, 0], n - 1, 0)
    at = np.arange(len(single))
    total = single.sum(axis=(1, 2))
    even = np.abs(surplus[:, -1] - surplus[:, 0]) <= 1e-9 * np.maximum(total, 1.0)
    pull = np.where(even, 0.0, 0.1)
    accuracy = np.full(len(single), 0.7)
    for _ in range(rounds):
        chance = (1 - pull[:, None, None]) * _coin(accuracy, n)
        named = chance[at, :, favourite]
        blind = np.where(pull > 0, pull, 0.0)[:, None]
        blamed = single[at, :, favourite] * blind / np.maximum(blind + named, TINY)
        merit = single.copy()
        merit[at, :, favourite] -= blamed
        right = np.trace(merit, axis1=1, axis2=2)
        accuracy = (right + smoothing) / np.maximum(merit.sum(axis=(1, 2)) + 2 * smoothing, TINY)
        pull = blamed.sum(axis=1) / np.maximum(total + 2 * smoothing, TINY)
    emission = (1 - pull[:, None, None]) * _coin(accuracy, n)
    emission[at, :, favourite] += pull[:, None]
    return emission
