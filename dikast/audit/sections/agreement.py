"""How far judges agree with the labels, and with each other."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from dikast.audit.report import Figure, pair_name
from dikast.audit.sections._lens import Lens
from dikast.stats.agreement import agreement, cohen, percent_agreement
from dikast.stats.ballot_table import Floats
from dikast.stats.correlation import Correlation, correlation
from dikast.stats.estimate import Estimate
from dikast.stats.krippendorff import krippendorff
from dikast.stats.raters import fleiss, gwet_ac1
from dikast.stats.system_level import responses_of_pairs, system_agreement

_CORRELATIONS: tuple[Correlation, ...] = ("pearson", "spearman", "kendall")
_RANK_DRAWS = 200
"""Resamples where every one of them ranks all cases anew."""
MOST_PAIRED = 25
"""Judges whose agreement is listed pair by pair, the first by name: 300 pairs."""


def with_labels(lens: Lens) -> Iterator[Figure]:
    """Accuracy's relatives: coefficients beyond chance, correlations, agreement on systems."""
    if not lens.labelled:
        return
    for at, name in lens.judges():
        votes = lens.votes[:, at]
        if lens.categories is not None:
            yield from _coefficients(lens, name, votes)
        if lens.scale.kind != "preference":
            yield from _correlations(lens, name, votes)
        if any(any(pair) for pair in lens.table.systems):
            yield lens.figure(name, "system_kendall", _by_system(lens, at))


def _correlations(lens: Lens, name: str, votes: Floats) -> Iterator[Figure]:
    # On yes/no all three are one figure.
    for how in _CORRELATIONS[:1] if lens.scale.kind == "yes_no" else _CORRELATIONS:
        draws = min(lens.draws, _RANK_DRAWS) if how != "pearson" else lens.draws
        found = correlation(votes, lens.told, how, by=lens.by, seed=lens.seed, draws=draws)
        yield lens.figure(name, how, found)


def _coefficients(lens: Lens, name: str, votes: Floats) -> Iterator[Figure]:
    rounded = np.round(votes)  # the mean of several samples may lie between two steps
    found = agreement(rounded, lens.told, categories=lens.categories, by=lens.by, **lens.options)
    yield lens.figure(name, "cohen", found.cohen)
    yield lens.figure(name, "scott", found.scott)
    yield lens.figure(name, "gwet", found.gwet)
    if len(lens.categories or ()) > 2:
        weighted = cohen(
            rounded,
            lens.told,
            weights="quadratic",
            categories=lens.categories,
            by=lens.by,
            **lens.options,
        )
        yield lens.figure(name, "weighted_kappa", weighted)


def _by_system(lens: Lens, at: int) -> Estimate:
    table, votes = lens.table, lens.grid[:, at]
    given = (~np.isnan(votes)).sum(axis=1)
    mean = np.where(given > 0, np.nansum(votes, axis=1) / np.maximum(given, 1), np.nan)
    if not table.pairs:
        systems = [first for first, _ in table.systems]
        return system_agreement(mean, lens.labels, systems, by=table.questions, **lens.options)
    own, names, pair = responses_of_pairs(mean, table.systems)
    told, _, _ = responses_of_pairs(lens.labels, table.systems)
    question = [table.questions[i] for i in pair]
    return system_agreement(own, told, names, by=question, **lens.options)


def between_judges(lens: Lens) -> Iterator[Figure]:
    """Every pair of judges, and all of them together."""
    names = lens.table.judges
    if len(names) < 2:
        return
    votes = np.round(lens.votes) if lens.categories is not None else lens.votes
    for i, j in itertools.combinations(range(min(len(names), MOST_PAIRED)), 2):
        yield from _pair(lens, votes[:, i], votes[:, j], pair_name(names[i], names[j]))
    yield from _together(lens, votes)


def _pair(lens: Lens, a: Floats, b: Floats, name: str) -> Iterator[Figure]:
    def told(figure: str, estimate: Estimate) -> Figure:
        return Figure.of("pair", name, figure, estimate, criterion=lens.criterion)

    if lens.categories is None:
        yield told("spearman", correlation(a, b, "spearman", by=lens.by, **lens.options))
        return
    options = {"by": lens.by, **lens.options}
    yield told("percent_agreement", percent_agreement(a, b, **options))
    yield told("cohen", cohen(a, b, categories=lens.categories, **options))


def _together(lens: Lens, votes: Floats) -> Iterator[Figure]:
    def told(figure: str, estimate: Estimate) -> Figure:
        return Figure.of("panel", "all judges", figure, estimate, criterion=lens.criterion)

    options = {"by": lens.by, **lens.options}
    if lens.categories is not None:
        yield told("fleiss", fleiss(votes, **options))
        yield told("gwet_panel", gwet_ac1(votes, categories=lens.categories, **options))
        yield told("krippendorff_nominal", krippendorff(votes, level="nominal", **options))
    yield told("krippendorff_ordinal", krippendorff(votes, level="ordinal", **options))
    yield told("krippendorff_interval", krippendorff(votes, level="interval", **options))
