"""Dawid–Skene: a confusion table per judge, learned by EM from how judges agree (and labels)."""

from __future__ import annotations

from dikast.rules._latent import Latent, fit_latent
from dikast.stats.ballot_table import BallotTable


def fit(table: BallotTable, *, smoothing: float = 1.0, rounds: int = 500) -> Latent:
    """Learn what each judge answers for each true label, and decide by the posterior.

    Pairs: answers are read in slots, so that the pull of the first or second place is part of a
    judge's table, and what it answers in both orders counts as one answer. Labels, where there
    are any, are believed.

    Args:
        table: Ballots on scales of labels, from at least three judges or with labels.
        smoothing: Added to every count.
        rounds: Most rounds of EM.

    Raises:
        NotEnough: Numbers in place of labels, too few judges or cases, or one answer throughout.

    References:
        Dawid and Skene (1979), "Maximum likelihood estimation of observer error-rates using the
        EM algorithm".
    """
    return fit_latent(table, one_coin=False, smoothing=smoothing, rounds=rounds)
