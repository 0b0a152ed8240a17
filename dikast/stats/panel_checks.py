"""Two questions that need no label: does weighting gain anything, and do judges err apart?"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dikast.stats.ballot_table import Bools, Floats
from dikast.stats.latent_labels import Answers, Channel
from dikast.stats.reliability import CAP, odds, order_accuracy


class Gain(NamedTuple):
    """What a weighted vote would win over its most consistent judge alone."""

    share: float
    """Estimated gain in accuracy."""
    error: float
    """Its standard error over cases."""
    judge: int
    """The most consistent judge."""


def gain_of_weighing(votes: Floats, contrary: Bools, both: Bools) -> Gain | None:
    """Estimate, without labels, what order-consistency weights gain over the best judge alone.

    The most consistent judge is a yardstick of known accuracy (as its consistency implies). How
    often the others, where together they would outvote it, side with it or against it tells how
    often they are right there, if their errors are not its errors: judges who err together show
    as a coalition that contradicts the yardstick more often than its own errors allow. The same
    holds for the cases that its two orders leave open.

    Args:
        votes: `[case, judge]`, folded; positive and negative are the two sides, 0 and NaN neither.
        contrary: `[case, judge]`, see `order_accuracy`.
        both: `[case, judge]`.

    Returns:
        The gain; None without pairs in both orders, or with only one judge who has them.

    Examples:
        Two judges that contradict the consistent one half the time gain nothing:

        >>> rng = np.random.default_rng(0)
        >>> votes = rng.choice([-1.0, 1.0], size=(400, 3))
        >>> both = np.ones((400, 3), dtype=bool)
        >>> found = gain_of_weighing(votes, rng.random((400, 3)) < [0.02, 0.1, 0.1], both)
        >>> found.judge, found.share < 0
        (0, True)
    """
    accuracy = order_accuracy(contrary, both)
    if int((~np.isnan(accuracy)).sum()) < 2:
        return None
    judge = int(np.nanargmax(accuracy))
    weights = odds(np.nan_to_num(accuracy, nan=0.5), low=0.0, high=CAP)
    a = accuracy[judge]
    a = a**2 / (a**2 + (1 - a) ** 2)  # of an answer that both orders gave
    if a <= 0.5:
        return None
    own = np.sign(np.nan_to_num(votes[:, judge]))
    others = weights.copy()
    others[judge] = 0.0
    net = np.sign(np.nan_to_num(votes)) @ others
    decisive = own != 0
    strong = decisive & (np.abs(net) > weights[judge])
    side = np.sign(net) * own
    # With r and w the rates at which a strong coalition is right and wrong, it agrees with the
    # yardstick at r·a + w·(1 − a) and disagrees at r·(1 − a) + w·a. Outvoting gains r·(1 − a) −
    # w·a, which solved for the two rates seen is:
    agree, differ = strong & (side > 0), strong & (side < 0)
    flips = (2 * a * (1 - a) * agree - (a**2 + (1 - a) ** 2) * differ) / (2 * a - 1)
    spoke = decisive & (net != 0)
    siding = float((side > 0)[spoke].mean()) if spoke.any() else 0.5
    right = min(max((siding - (1 - a)) / (2 * a - 1), 0.0), 1.0)
    per_case = flips + (~decisive & (net != 0)) * (right - 0.5)
    return Gain(float(per_case.mean()), float(per_case.std() / np.sqrt(len(per_case))), judge)


def corroborated(votes: Floats, *, errors: float = 2.0) -> Bools:
    """Which judges side with at least one other more often than chance.

    A judge may hold to its choices and be of no use: it always names one candidate, or the worse
    one. Nobody then agrees with it beyond chance.

    Args:
        votes: `[case, judge]`, folded; positive and negative are the two sides.
        errors: How many standard errors above one half.

    Examples:
        >>> side = np.tile([1.0, -1.0], 50)
        >>> corroborated(np.stack([side, side, np.ones(100), -side], axis=1))
        array([ True,  True, False, False])
    """
    side = np.sign(np.nan_to_num(votes))
    met = np.abs(side).T @ np.abs(side)
    surplus = side.T @ side  # agreements less disagreements; its error is √met under chance
    beyond = (surplus > errors * np.sqrt(met)) & (met > 0)
    np.fill_diagonal(beyond, False)
    return np.asarray(beyond.any(axis=0))


class Dependence(NamedTuple):
    """How far judges agree beyond what a model of independent errors explains."""

    size: float
    """Root mean square of agreement not explained, over pairs of judges."""
    surprise: float
    """The same in standard errors: about 1 or less if the model holds."""


def shared_errors(given: Answers, channel: Channel) -> Dependence:
    """Compare how often judges agree with how often the model says they should.

    Agreement is counted on answers in one order, or on single responses.
    """
    n = given.labels
    emission = channel.emission[:, :, :n]
    spoke = (given.symbol >= 0) & (given.symbol < n)
    met = spoke.T.astype(float) @ spoke
    same = np.zeros_like(met)
    for label in range(n):
        said = (given.symbol == label).astype(float)
        same += said.T @ said
    above = np.triu(np.ones_like(met, dtype=bool), 1) & (met >= 10)
    if not above.any():
        return Dependence(0.0, 0.0)
    expected = np.einsum("k,iks,jks->ij", channel.prior, emission, emission)[above]
    excess = same[above] / met[above] - expected
    error = np.sqrt(np.maximum(expected * (1 - expected), 1e-6) / met[above])
    return Dependence(
        float(np.sqrt(np.mean(excess**2))), float(np.sqrt(np.mean((excess / error) ** 2)))
    )
