"""Stopping early: Wald's sequential test of one candidate (or system) against another."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from dikast.stats.orders import Choice


class Sequential(NamedTuple):
    """Where a sequential test stands."""

    decision: Literal["better", "not_better"] | None
    """Whether `a` is better than `b`; None while undecided."""
    evidence: float
    """Log-likelihood ratio of "better" over "not better"."""
    used: int
    """Items read, ties and abstentions included, up to the decision."""
    skipped: int
    """Ties and abstentions among them."""


@dataclass(frozen=True)
class Sprt:
    """Wald's sequential probability ratio test on decisive verdicts.

    Feed it one folded verdict per item. Repeated samples of one judge on one item are not
    independent evidence and would decide far too early.

    Examples:
        >>> test = Sprt()
        >>> test.run(["a"] * 20).used, test.run(["b"] * 20).used
        (9, 5)

    References:
        Wald (1945), "Sequential tests of statistical hypotheses".
    """

    p0: float = 0.5
    """Win rate of `a` that is not worth having."""
    p1: float = 0.7
    """Win rate of `a` that is."""
    alpha: float = 0.05
    """Chance to call `a` better at `p0`."""
    beta: float = 0.10
    """Chance to call it not better at `p1`."""

    def __post_init__(self) -> None:
        if not (0 < self.p0 < self.p1 < 1 and self.alpha > 0 < self.beta):
            raise ValueError("needs 0 < p0 < p1 < 1 and positive error rates")
        if self.alpha + self.beta >= 1:
            raise ValueError("the error rates must sum to less than 1")

    @property
    def upper(self) -> float:
        """Evidence that decides for `a`."""
        return math.log((1 - self.beta) / self.alpha)

    @property
    def lower(self) -> float:
        """Evidence that decides against."""
        return math.log(self.beta / (1 - self.alpha))

    def run(self, choices: Iterable[Choice], *, at_most: int | None = None) -> Sequential:
        """Read verdicts until one of the bounds is reached.

        Args:
            choices: One per item, in the order they came; ties and abstentions are skipped.
            at_most: Give up after so many items, skipped ones included.
        """
        wins = losses = skipped = used = 0
        evidence = 0.0
        for choice in choices:
            if at_most is not None and used >= at_most:
                break
            used += 1
            wins, losses = wins + (choice == "a"), losses + (choice == "b")
            skipped += choice in ("tie", "abstain")
            evidence = wins * math.log(self.p1 / self.p0)
            evidence += losses * math.log((1 - self.p1) / (1 - self.p0))
            if evidence >= self.upper:
                return Sequential("better", evidence, used, skipped)
            if evidence <= self.lower:
                return Sequential("not_better", evidence, used, skipped)
        return Sequential(None, evidence, used, skipped)
