"""One-coin Dawid–Skene: one accuracy per judge and its pull toward a slot, learned by EM."""

from __future__ import annotations

from dikast.rules._latent import Latent, fit_latent
from dikast.stats.ballot_table import BallotTable


def fit(table: BallotTable, *, smoothing: float = 1.0, rounds: int = 500) -> Latent:
    """Learn one accuracy per judge, wrong answers being equally likely; decide by the posterior.

    Fewer figures than `dawid_skene`, hence fewer cases. Pairs: a judge may fall for its favourite
    slot, whatever the truth; an answer that does not survive the swap says nothing.

    Args:
        table: Ballots on scales of labels, from at least three judges or with labels.
        smoothing: Added to right and wrong answers.
        rounds: Most rounds of EM.

    Raises:
        NotEnough: As for `dawid_skene`.
    """
    return fit_latent(table, one_coin=True, smoothing=smoothing, rounds=rounds)
