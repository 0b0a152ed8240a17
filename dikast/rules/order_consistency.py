"""Order-consistency weights, without labels: who holds to a choice when swapped counts more."""

from __future__ import annotations

import numpy as np

from dikast.rules._fitting import NotEnough
from dikast.rules._weighing import Weighted, by_criterion
from dikast.stats.ballot_table import BallotTable, Floats
from dikast.stats.reliability import CAP, odds, order_accuracy
from dikast.stats.standing_votes import Standing
from dikast.types import Scale


def fit(table: BallotTable) -> Weighted:
    """Weigh votes by log(a / (1 − a)), a being the accuracy that order consistency implies.

    With c the share of pairs on which a judge's two orders agree, smoothed (k + 1) / (n + 2),
    a = (1 + √max(0, 2c − 1)) / 2, at most 0.98. Consistently wrong judges fool it.

    Args:
        table: Pairs judged in both orders; labels are not looked at.

    Raises:
        NotEnough: No pair was judged in both orders.
    """

    def weigh(criterion: str, scale: Scale, stand: Standing) -> Floats:
        if not stand.both.any():
            raise NotEnough(
                f"on `{criterion}` no pair was judged in both presentation orders, and only those "
                "tell how consistent a judge is."
            )
        accuracy = order_accuracy(stand.contrary, stand.both)
        return odds(np.nan_to_num(accuracy, nan=0.5), low=0.0, high=CAP)

    weights = by_criterion(table, weigh)
    return Weighted(
        weights=weights,
        why="Judges weigh by how often their choice survived exchanging the candidates; no label "
        "was looked at, and a judge that is consistently wrong is not found out.",
        evidence=weights,
    )
