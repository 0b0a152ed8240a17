"""Select one: the single judge that labels, or its own two orders, speak best of."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dikast.rules._fitting import NotEnough
from dikast.rules._weighing import Weighted, decided, voted_on
from dikast.rules.wawa import without_own
from dikast.stats.ballot_table import BallotTable, Floats
from dikast.stats.reliability import (
    CAP,
    agreement,
    correlations,
    label_accuracy,
    odds,
    order_accuracy,
    standardised,
)
from dikast.stats.standing_votes import Standing, classes, standing
from dikast.types import Scale


class Chosen(NamedTuple):
    """One judge, and why it."""

    judge: int
    accuracy: float
    """What was estimated of it, 0 to 1; NaN where it is no accuracy."""
    why: str


def fit(table: BallotTable) -> Weighted:
    """Let one judge decide, on every criterion the one that the data speak best of.

    With labels it is the judge with the highest lower bound of accuracy (one standard error below
    the shrunk share, so that a few lucky labels do not win; on numbers, of the correlation); else
    the one whose choices best survive exchanging the candidates; else, with at least three judges,
    the one that agrees best with the others. Judges that share the first place decide together.

    Raises:
        NotEnough: There are neither labels nor both orders, and fewer than three judges.
    """
    weights, evidence, why = {}, {}, []
    for criterion in voted_on(table):
        stand = standing(table, criterion)
        figures, meaning = _figures(table, criterion, stand)
        best = np.isclose(figures, np.nanmax(figures), rtol=0, atol=1e-12)
        names = [table.judges[at] for at in np.flatnonzero(best)]
        accuracy = _accuracy(table, criterion, stand)
        weights[criterion] = {name: 1.0 / len(names) for name in names}
        share = odds(accuracy, low=0.05, high=CAP) / len(names)
        evidence[criterion] = {table.judges[at]: float(share[at]) for at in np.flatnonzero(best)}
        why.append(f"{' and '.join(f'`{n}`' for n in names)} decides `{criterion}`: {meaning}.")
    return Weighted(weights=weights, why=" ".join(why), evidence=evidence)


def _figures(table: BallotTable, criterion: str, stand: Standing) -> tuple[Floats, str]:
    """What each judge is chosen by, and what that is in words; NaN for who did not vote."""
    scale, votes = table.scale(criterion), stand.votes
    voted = (~np.isnan(votes)).any(axis=0) | stand.both.any(axis=0)
    labels = np.where((~np.isnan(votes)).any(axis=1), table.labels(criterion), np.nan)
    n = int((~np.isnan(labels)).sum())
    if int(voted.sum()) == 1:
        return np.where(voted, 1.0, np.nan), "it is the only judge"
    if n and (scale.labelled or n >= 3):
        return np.where(voted, lower_bounds(votes, labels, scale), np.nan), (
            f"on {n} labelled cases the lower bound of its accuracy is the highest"
        )
    if stand.both.any():
        return order_accuracy(stand.contrary, stand.both), (
            "its choices best survive exchanging the candidates"
        )
    if int(voted.sum()) >= 3:
        figures = (
            agreement(votes, decided(votes, np.ones(votes.shape[1]), scale))
            if scale.labelled
            else without_own(votes) * standardised(votes)[1]
        )
        return np.where(voted, figures, np.nan), "it agrees best with the others"
    raise NotEnough(
        f"on `{criterion}` there are neither labels nor pairs judged in both orders, and two "
        "judges that differ do not tell which is better.",
        hint="Give --labels FILE.",
    )


def lower_bounds(votes: Floats, labels: Floats, scale: Scale) -> Floats:
    """One standard error below each judge's shrunk accuracy (on numbers: correlation).

    Abstentions and cancelled orders count as half right on two labels and as wrong on more: a
    judge that answers one easy case must not win.
    """
    known = ~np.isnan(labels)
    n = int(known.sum())
    if not scale.labelled:
        r = correlations(votes, labels) * n / (n + 2)
        return np.asarray(r - (1 - r**2) / np.sqrt(n + 2))
    missing = np.isnan(votes[known])
    half = 0.5 if len(classes(scale)) == 2 else 0.0
    right = np.where(missing, half, votes[known] == labels[known, None]).sum(axis=0)
    share = (right + 1) / (n + 2)
    return np.asarray(share - np.sqrt(share * (1 - share) / (n + 3)))


def _accuracy(table: BallotTable, criterion: str, stand: Standing) -> Floats:
    """Accuracy by judge for the confidence: from labels, else from the orders, else unknown."""
    labels, scale = table.labels(criterion), table.scale(criterion)
    count = int((~np.isnan(labels)).sum())
    if scale.labelled and count:
        return label_accuracy(stand.votes, labels)
    return np.asarray(np.nan_to_num(order_accuracy(stand.contrary, stand.both), nan=0.5))
