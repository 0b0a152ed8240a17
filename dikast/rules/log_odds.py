"""Log-odds weights from labels: judges count by their accuracy, below one half not at all."""

from __future__ import annotations

import numpy as np

from dikast.rules._fitting import NotEnough
from dikast.rules._weighing import Weighted, by_criterion, needs_labels
from dikast.stats.ballot_table import BallotTable, Floats
from dikast.stats.reliability import correlations, label_accuracy, odds, standardised
from dikast.stats.standing_votes import Standing
from dikast.types import Scale


def fit(table: BallotTable, *, low: float = 0.05, high: float = 0.95) -> Weighted:
    """Weigh votes by log(a / (1 − a)), a being the accuracy on labels, shrunk to (k + 1) / (n + 2).

    On numbers a weight is r / (1 − r²) in units of the judge's spread, r being the correlation
    with the labels, shrunk by n / (n + 2): the best weights of judges that err independently.

    Args:
        table: Ballots, with labels on at least one case of every criterion.
        low: Accuracies are clipped from here.
        high: To here.

    Raises:
        NotEnough: There is no label, labels are all one, or no judge is better than chance.

    Examples:
        >>> from dikast.stats.ballot_table import Row
        >>> from dikast.types import YesNoScale
        >>> rows = [Row(f"c{i}", who, (i + (who == "bob" and i < 3)) % 2)
        ...         for i in range(8) for who in ("ann", "bob")]
        >>> truth = {(f"c{i}", "overall"): i % 2 for i in range(8)}
        >>> model = fit(BallotTable.of(rows, scales={"overall": YesNoScale()}, truth=truth))
        >>> {who: round(weight, 2) for who, weight in model.weights["overall"].items()}
        {'ann': 2.2, 'bob': 0.41}
    """
    counted: list[int] = []

    def weigh(criterion: str, scale: Scale, stand: Standing) -> Floats:
        labels = needs_labels(table, criterion, table.grid(criterion).reshape(len(table.cases), -1))
        n = int((~np.isnan(labels)).sum())
        counted.append(n)
        if scale.labelled:
            accuracy = label_accuracy(stand.votes, labels, stand.contrary)
            return odds(accuracy, low=low, high=high)
        if n < 3:
            raise NotEnough(f"`{criterion}` has {n} labels; numbers need at least 3.")
        r = np.clip(correlations(stand.votes, labels), 0.0, high) * n / (n + 2)
        spread = standardised(stand.votes)[1]
        return np.where(spread > 0, r / (1 - r**2) / np.where(spread > 0, spread, 1.0), 0.0)

    weights = by_criterion(table, weigh)
    least = min(counted)
    return Weighted(
        weights=weights,
        why=f"Judges weigh by the log-odds of being right on {least} labelled cases; "
        "a judge that was wrong more often than right has no say.",
        evidence=weights,
    )
