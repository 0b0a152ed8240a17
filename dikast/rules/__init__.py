"""Aggregation rules: standing votes in, a decision out. One pure function per file.

A rule never depends on the order of votes, gives a unanimous vote back, stays within the range
of the votes, and returns a tie as a tie. `dikast.testing.check_rule` holds any rule to that.
A fitted rule (`_fitting`) learns from all recorded ballots first; its file offers `fit`.
"""

from dikast.rules._contract import Decision, Rule, Vote, average, settle, total
from dikast.rules._fitting import Decisions, Fit, FittedRule, NotEnough

__all__ = [
    "Decision",
    "Decisions",
    "Fit",
    "FittedRule",
    "NotEnough",
    "Rule",
    "Vote",
    "average",
    "settle",
    "total",
]
