"""Weighted by agreement with the plain vote (Wawa); without labels, and it favours the many."""

from __future__ import annotations

import numpy as np

from dikast.rules._weighing import Weighted, by_criterion, decided
from dikast.stats.ballot_table import BallotTable, Floats
from dikast.stats.reliability import agreement, correlations, standardised
from dikast.stats.standing_votes import Standing
from dikast.types import Scale


def fit(table: BallotTable) -> Weighted:
    """Weigh each judge by the share of its votes that equal the plurality, then vote again.

    On numbers the weight is the correlation with the mean of the other judges, in units of the
    judge's spread.

    Args:
        table: Ballots; labels are not looked at.

    Raises:
        NotEnough: There is no ballot with a score, or nobody agrees with anybody.
    """

    def weigh(criterion: str, scale: Scale, stand: Standing) -> Floats:
        votes = stand.votes
        if scale.labelled:
            return agreement(votes, decided(votes, np.ones(votes.shape[1]), scale))
        return without_own(votes)

    return Weighted(
        weights=by_criterion(table, weigh),
        why="Judges weigh by how often they agree with the plain vote; what most of them get wrong "
        "together stays wrong.",
    )


def without_own(votes: Floats) -> Floats:
    """Correlation of each judge with the mean of the others, per unit of its spread."""
    units, spread = standardised(votes)
    voted = ~np.isnan(votes)
    others = units.sum(axis=1, keepdims=True) - units
    heads = voted.sum(axis=1, keepdims=True) - voted
    mean = np.where(heads > 0, others / np.maximum(heads, 1), np.nan)
    r = np.array([correlations(votes[:, [j]], mean[:, j])[0] for j in range(votes.shape[1])])
    if votes.shape[1] == 1:
        r = np.ones(1)
    if not (spread > 0).any():
        return np.ones(votes.shape[1])
    return np.asarray(np.maximum(r, 0.0) / np.where(spread > 0, spread, np.inf))
