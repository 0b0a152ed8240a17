"""Exact tests of the biases, and what is left of them when many are made at once.

A flag is not an effect: every test comes beside the effect it tests, with its interval. Nothing is
tested on fewer than 30 verdicts. Cases are taken as independent of each other; where several are
of one question, the intervals (`by`) are the safer judge.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import stats

from dikast.stats.estimate import Estimate
from dikast.stats.resampling import Floats

AT_LEAST = 30
"""Fewest verdicts a test may rest on."""


class Significance(NamedTuple):
    """An exact test."""

    p: float | None
    """Two-sided; None where there was too little to test."""
    n: int
    """Verdicts it rests on."""
    reason: str = ""
    """Why there is no p, in words; empty if there is one."""


def _too_few(n: int, what: str) -> Significance:
    return Significance(None, n, f"{n} {what}, and a test takes {AT_LEAST}")


def binomial_test(hits: int, n: int, *, rate: float = 0.5) -> Significance:
    """Whether a share can be `rate`: the exact binomial test.

    Args:
        hits: Items that count.
        n: Independent items.
        rate: The share if nothing is amiss.

    Examples:
        >>> round(binomial_test(24, 32).p, 4), binomial_test(5, 5).reason
        (0.007, '5 verdicts, and a test takes 30')
    """
    if n < AT_LEAST:
        return _too_few(n, "verdicts")
    return Significance(float(stats.binomtest(hits, n, rate).pvalue), n)


def mcnemar_test(one: int, other: int, n: int) -> Significance:
    """Whether changes go one way as often as the other: McNemar's exact test.

    Args:
        one: Items that changed in one direction (toward the first slot, say).
        other: Items that changed in the other.
        n: All items compared, changed or not; at least 30 for a test.

    Examples:
        >>> round(mcnemar_test(14, 3, 60).p, 4), mcnemar_test(0, 0, 60).p
        (0.0127, 1.0)
    """
    if n < AT_LEAST:
        return _too_few(n, "verdicts")
    changed = one + other
    return Significance(float(stats.binomtest(one, changed).pvalue) if changed else 1.0, n)


def fisher_test(hits: tuple[int, int], n: tuple[int, int]) -> Significance:
    """Whether two groups of independent items have the same share: Fisher's exact test.

    Args:
        hits: Items that count, in either group.
        n: Items, in either group.

    Examples:
        >>> round(fisher_test((15, 5), (20, 20)).p, 4)
        0.0038
    """
    if sum(n) < AT_LEAST:
        return _too_few(sum(n), "verdicts")
    table = np.array([[hits[0], n[0] - hits[0]], [hits[1], n[1] - hits[1]]])
    return Significance(float(stats.fisher_exact(table).pvalue), sum(n))


def position_test(forward: Floats, swapped: Floats) -> Significance:
    """Whether a judge moves toward one slot more than toward the other.

    Only pairs that change with the order tell, and without position bias they change either way
    alike, however good the judge is. Columns as for `order_grids.order_bias`.

    Examples:
        >>> position_test(np.ones(40), np.r_[np.ones(30), -np.ones(10)]).p
        0.001953125
    """
    shift = np.sign(forward) - np.sign(swapped)
    n = int((~np.isnan(shift)).sum())
    return mcnemar_test(int((shift > 0).sum()), int((shift < 0).sum()), n)


def marginal_test(votes: Floats, truth: Floats) -> Significance:
    """Whether a yes/no judge says yes as often as the labels do: leniency or severity.

    Args:
        votes: 1 or 0, NaN for none, `[case]`.
        truth: Labels likewise.

    Examples:
        >>> marginal_test(np.ones(40), np.r_[np.ones(32), np.zeros(8)]).p
        0.0078125
    """
    both = ~(np.isnan(votes) | np.isnan(truth))
    up = int(((votes > truth) & both).sum())
    return mcnemar_test(up, int(((votes < truth) & both).sum()), int(both.sum()))


def interval_test(found: Estimate, *, level: float = 0.95) -> Significance:
    """Whether a figure is 0, by the normal law that its interval suggests.

    For figures that have no exact test, such as a regression's coefficient; only as good as the
    interval is symmetric.

    Args:
        found: A figure with an interval; its `n` says how many verdicts it rests on.
        level: Coverage of the interval.

    Examples:
        >>> round(interval_test(Estimate(1.0, n=100, low=0.02, high=1.98)).p, 3)
        0.046
        >>> interval_test(Estimate(1.0, n=100)).reason
        'the figure has no interval'
    """
    if found.n < AT_LEAST:
        return _too_few(found.n, "verdicts")
    if found.value is None or found.low is None or found.high is None or found.low == found.high:
        return Significance(None, found.n, "the figure has no interval")
    spread = (found.high - found.low) / (2 * stats.norm.ppf((1 + level) / 2))
    return Significance(float(2 * stats.norm.sf(abs(found.value) / spread)), found.n)


def false_discovery(tests: Sequence[Significance]) -> list[float | None]:
    """Benjamini–Hochberg: each p adjusted for all tests made together.

    Tests without a p are set aside: they are neither flagged nor counted.

    Returns:
        The adjusted p of each test, in the order given; None where there is none. Flag those at
        most 0.05, and of the flags at most one in twenty is false in expectation.

    Examples:
        >>> tests = Significance(0.01, 50), Significance(None, 3, "too few"), Significance(0.04, 50)
        >>> false_discovery(tests)
        [0.02, None, 0.04]

    References:
        Benjamini and Hochberg (1995), "Controlling the false discovery rate".
    """
    at = [i for i, test in enumerate(tests) if test.p is not None]
    adjusted: list[float | None] = [None] * len(tests)
    if at:
        ps = np.array([tests[i].p for i in at], dtype=float)
        for i, p in zip(at, stats.false_discovery_control(ps), strict=True):
            adjusted[i] = float(p)
    return adjusted


class Checked(NamedTuple):
    """An effect with the test of it, and what the test is worth among all that were made."""

    name: str
    effect: Estimate
    test: Significance
    adjusted: float | None = None
    """p by Benjamini–Hochberg over all tests made together; None where there is no p."""

    def flagged(self, rate: float = 0.05) -> bool:
        """Whether it counts as found, at that rate of false discoveries."""
        return self.adjusted is not None and self.adjusted <= rate


def adjust(findings: Sequence[Checked]) -> list[Checked]:
    """The same findings with p adjusted over all of them, in the order given.

    Examples:
        >>> effect = Estimate(0.1, n=50)
        >>> found = adjust([Checked("position", effect, Significance(0.01, 50))])
        >>> found[0].adjusted, found[0].flagged()
        (0.01, True)
    """
    values = false_discovery([finding.test for finding in findings])
    return [f._replace(adjusted=value) for f, value in zip(findings, values, strict=True)]
