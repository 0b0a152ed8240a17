"""Length, family, leniency, use of the scale, drift: what sways a judge beside merit."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from dikast.audit.report import Figure
from dikast.audit.sections._lens import Lens
from dikast.stats.ballot_table import BallotTable, Floats
from dikast.stats.drift import mann_kendall
from dikast.stats.estimate import Estimate
from dikast.stats.length_effects import length_coefficient, length_controlled_win_rate
from dikast.stats.leniency import leniency
from dikast.stats.scale_use import halo, scale_use
from dikast.stats.self_preference import self_preference
from dikast.stats.significance import interval_test, marginal_test

MOST_CASES_OF_A_TREND = 2_000
"""Cases up to which a trend is sought: the test compares every two of them."""
MOST_SYSTEMS = 30


def length(lens: Lens) -> Iterator[Figure]:
    """Pull of the longer response, with the label held fixed where there is one."""
    lengths = lens.table.lengths
    if not lens.table.pairs or np.isnan(lengths).all():
        return
    truth = lens.labels if lens.labelled else None
    for at, name in lens.judges():
        found = length_coefficient(lens.grid[:, at], lengths, truth, **lens.options)
        yield lens.figure(name, "length_coefficient", found, p=interval_test(found).p)


def win_rates(lens: Lens) -> Iterator[Figure]:
    """Win rate at equal length of every system against all others, by all judges' votes."""
    table = lens.table
    names = sorted({name for pair in table.systems for name in pair if name})
    if not table.pairs or np.isnan(table.lengths).all() or not 1 < len(names) <= MOST_SYSTEMS:
        return
    grid = np.sign(lens.grid)
    given = (~np.isnan(grid)).sum(axis=(1, 2))
    mean = np.where(given > 0, np.nansum(grid, axis=(1, 2)) / np.maximum(given, 1), np.nan)
    first = np.array([a for a, _ in table.systems])
    second = np.array([b for _, b in table.systems])
    gap = table.lengths[:, 0] - table.lengths[:, 1]
    for name in names:
        side = np.where(first == name, 1.0, np.where(second == name, -1.0, np.nan))
        wins = (side * mean + 1) / 2
        found = length_controlled_win_rate(wins, side * gap, **lens.options)
        figure = Figure.of("data", name, "length_controlled", found, criterion=lens.criterion)
        yield figure


def family(lens: Lens) -> Iterator[Figure]:
    """Self-preference of judges of a known family."""
    if not lens.table.pairs or not lens.table.families:
        return
    for found in self_preference(lens.table, lens.criterion, **lens.options):
        yield lens.figure(found.judge, "self_preference", found.preference, p=found.test.p)


def scale(lens: Lens) -> Iterator[Figure]:
    """Leniency of yes/no judges; how much of its scale a judge uses; its drift over cases."""
    if lens.table.pairs:
        return
    for at, name in lens.judges():
        votes = lens.grid[:, at, 0]
        if lens.scale.kind == "yes_no" and lens.labelled:
            found = leniency(votes, lens.labels, **lens.options)
            yield lens.figure(name, "knowing", found.knows)
            test = marginal_test(votes, lens.labels)
            yield lens.figure(name, "lenience", found.leniency, p=test.p)
        else:
            yield from _spread(lens, name, votes)


def _spread(lens: Lens, name: str, votes: Floats) -> Iterator[Figure]:
    steps = lens.categories
    used = scale_use(
        votes,
        lens.scale.bounds(),
        levels=None if steps is None else len(steps),
        truth=lens.labels if lens.labelled else None,
        **lens.options,
    )
    yield lens.figure(name, "scale_used", used.span)
    if lens.labelled:
        yield lens.figure(name, "spread_ratio", used.sd_ratio)
        yield lens.figure(name, "offset", used.offset)


def trend(lens: Lens) -> Iterator[Figure]:
    """Mann–Kendall trend of a judge's scores over cases in the order of their names."""
    if lens.table.pairs or len(lens.table.cases) > MOST_CASES_OF_A_TREND:
        return
    for at, name in lens.judges():
        found = mann_kendall(lens.grid[:, at, 0])
        yield lens.figure(name, "drift", found.tau, p=found.test.p)


def halos(table: BallotTable, *, seed: int, draws: int) -> Iterator[Figure]:
    """Correlation between the criteria of each judge; for tables of several criteria."""
    if len(table.criteria) < 2:
        return
    grids = [table.grid(criterion) for criterion in table.criteria]
    for at, name in enumerate(table.judges):
        scores = np.stack([grid[:, at, 0] for grid in grids], axis=-1)
        found = halo(scores, seed=seed, draws=draws)
        for i, j in itertools.combinations(range(len(table.criteria)), 2):
            both = f"{table.criteria[i]} | {table.criteria[j]}"
            yield Figure.of("judge", name, "halo_pair", found.pairs[i, j], criterion=both)
        if found.mean is not None:
            n = max(estimate.n for estimate in found.pairs.values())
            yield Figure.of("judge", name, "halo", Estimate(found.mean, n=n))
