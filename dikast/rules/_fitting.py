"""The contract of a fitted rule: one that learns about the judges before it decides.

A plain rule sees the votes on one criterion of one case, without names. A fitted rule first sees
all recorded ballots, with labels where there are any, and learns how far each judge can be
trusted; what it learned then decides cases, those it saw or others. Its file offers `fit`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from dikast.errors import ConfigError
from dikast.stats.ballot_table import BallotTable, Floats


class Decisions(NamedTuple):
    """What a fitted rule makes of every case."""

    score: Floats
    """`[case, criterion]`, on the criterion's scale; NaN without votes and for a vote that is
    tied where the scale knows no tie between."""
    confidence: Floats
    """`[case, criterion]`, 0 to 1: the probability, under the model, that the score is right;
    NaN where there is no score or the model tells none."""


class FittedRule(Protocol):
    """What `fit` returns: plain numbers that can be stored and applied to other ballots."""

    @property
    def weights(self) -> Mapping[str, Mapping[str, float]] | None:
        """By criterion and judge, weights for the rule `weighted`, not negative.

        None where the model is more than a weighted vote.
        """
        ...

    @property
    def why(self) -> str:
        """For a person: what was learned from what, and what was chosen, in a sentence or two."""
        ...

    def predict(self, table: BallotTable) -> Decisions:
        """Decide every case of a table; a judge that was not seen in fitting has no say.

        Labels of the table are not looked at.
        """
        ...


class Fit(Protocol):
    """Signature of `fit` in a rule's file; it may have parameters with defaults, by name only.

    It may read labels from `table.truth` (NaN where there is none) and must not look at
    anything else that a new case would not have. Never depends on the order of rows or names;
    raises `NotEnough` where the table cannot support it.
    """

    # With `*args`, a type checker takes any parameters after the table, and a table alone.
    def __call__(self, table: BallotTable, *args: Any, **params: Any) -> FittedRule: ...


class NotEnough(ConfigError):
    """The ballots lack something that the rule learns from (labels, both orders, cases)."""
