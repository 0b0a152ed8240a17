"""How often judges are right, by every way of counting that is in use."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from dikast.audit.report import Figure
from dikast.audit.sections._lens import Lens
from dikast.stats.accuracy import accuracy, by_class, pair_accuracy
from dikast.stats.ballot_table import Floats
from dikast.stats.estimate import undefined
from dikast.stats.pair_accuracy import contextual_judge_bench, judgebench
from dikast.stats.shares import share


def abstentions(lens: Lens) -> Iterator[Figure]:
    """Share of each judge's ballots without a score."""
    table = lens.table
    rows = table.criterion == table.criteria.index(lens.criterion)
    for at, name in lens.judges():
        own = rows & (table.judge == at)
        found = share(table.abstained[own], by=table.case[own], why="no ballot", **lens.options)
        yield lens.figure(name, "abstained", found)


def against_labels(lens: Lens) -> Iterator[Figure]:
    """Accuracy; on pairs with and without ties, in both orders and in either."""
    if not lens.labelled:
        return
    for at, name in lens.judges():
        votes = lens.grid[:, at]
        if lens.table.pairs:
            yield from _pairs(lens, name, votes)
        elif lens.categories is None:
            why = "scores on this scale are numbers; see the correlations"
            yield lens.figure(name, "accuracy", undefined(why))
        else:
            votes = np.round(votes)
            yield lens.figure(name, "accuracy", accuracy(votes, lens.labels, **lens.options))
            found = by_class(votes, lens.labels, **lens.options).balanced_accuracy
            yield lens.figure(name, "balanced_accuracy", found)


def _pairs(lens: Lens, name: str, votes: Floats) -> Iterator[Figure]:
    labels = lens.labels
    yield lens.figure(name, "accuracy", pair_accuracy(votes, labels, **lens.options))
    decisive = pair_accuracy(votes, labels, ties=False, **lens.options)
    yield lens.figure(name, "accuracy_decisive", decisive)
    forward, swapped = votes[:, 0], votes[:, 1]
    if np.isnan(swapped).all() or np.isnan(forward).all():
        return
    found = contextual_judge_bench(forward, swapped, labels, **lens.options)
    yield lens.figure(name, "judgebench", judgebench(forward, swapped, labels, **lens.options))
    yield lens.figure(name, "consistent_accuracy", found.consistent_accuracy)
    yield lens.figure(name, "optimistic_accuracy", found.optimistic_accuracy)
