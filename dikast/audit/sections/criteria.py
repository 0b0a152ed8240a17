"""Judging pairs criterion by criterion: PAcc, TOS and CMR."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from dikast.audit.report import Figure
from dikast.stats.ballot_table import BallotTable, Floats
from dikast.stats.criterion_pairs import criterion_scores
from dikast.stats.order_grids import folded


def criterion_level(table: BallotTable, *, seed: int, draws: int) -> Iterator[Figure]:
    """Figures of each judge over all criteria together, for labelled pairs of several criteria."""
    if not table.pairs or len(table.criteria) < 2 or not table.labelled.any():
        return
    grids = [table.grid(criterion) for criterion in table.criteria]
    truth = np.sign(table.truth)
    for at, name in enumerate(table.judges):
        votes = np.stack([_held(grid[:, at, 0], grid[:, at, 1]) for grid in grids], axis=-1)
        found = criterion_scores(np.sign(votes), truth, seed=seed, draws=draws)
        for figure in ("pacc", "tos", "cmr"):
            yield Figure.of("judge", name, figure, getattr(found, figure))


def _held(forward: Floats, swapped: Floats) -> Floats:
    """The fold of both orders; one order as it is where only one was asked at all."""
    if np.isnan(swapped).all():
        return forward
    return swapped if np.isnan(forward).all() else folded(forward, swapped)
