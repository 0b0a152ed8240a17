"""How verdicts move with the presentation order, and with being asked again."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import numpy as np

from dikast.audit.report import Figure
from dikast.audit.sections._lens import Lens
from dikast.stats.ballot_table import Floats
from dikast.stats.denoised_bias import length_bias, position_bias
from dikast.stats.order_grids import first_position_rate, order_bias
from dikast.stats.repetition import order_effect, repetition_stability, sample_grid
from dikast.stats.sage_table import table_sage
from dikast.stats.significance import position_test


class _Repeats:
    """The samples of a lens, made once; None where nothing was asked twice."""

    def __init__(self, lens: Lens) -> None:
        self._lens = lens

    @cached_property
    def grid(self) -> Floats | None:
        """`[case, judge, order, sample]`."""
        if not self._lens.table.sample.any():
            return None
        return sample_grid(self._lens.table, self._lens.criterion)

    def of(self, at: int) -> Floats | None:
        """One judge's."""
        return None if self.grid is None else self.grid[:, at]


def order(lens: Lens) -> Iterator[Figure]:
    """Order consistency, pull of the first position, and what of it is more than noise."""
    repeats = _Repeats(lens)
    for at, name in lens.judges():
        if lens.table.pairs:
            yield from _pairs(lens, name, lens.grid[:, at], repeats.of(at))
        samples = repeats.of(at)
        if samples is not None:
            stability = repetition_stability(samples, **lens.options)
            yield lens.figure(name, "repetition_stability", stability)


def _pairs(lens: Lens, name: str, votes: Floats, samples: Floats | None) -> Iterator[Figure]:
    forward, swapped = votes[:, 0], votes[:, 1]
    both = bool((~np.isnan(swapped)).any() and (~np.isnan(forward)).any())
    test = position_test(forward, swapped)
    moved = order_bias(forward, swapped, **lens.options)
    rate = first_position_rate(forward, swapped if both else None, **lens.options)
    yield lens.figure(name, "order_consistency", moved.consistency)
    yield lens.figure(name, "first_position_rate", rate, p=test.p)
    yield lens.figure(name, "prefer_first", moved.prefer_first)
    yield lens.figure(name, "prefer_last", moved.prefer_last)
    if samples is not None:
        effect = order_effect(samples, **lens.options)
        yield lens.figure(name, "position_excess", effect.beyond_noise)
    if lens.labelled and both:
        yield from _biases(lens, name, forward, swapped, samples)


def _biases(
    lens: Lens, name: str, forward: Floats, swapped: Floats, samples: Floats | None
) -> Iterator[Figure]:
    labels, lengths = lens.labels, lens.table.lengths
    known = not np.isnan(lengths).all()
    bias = position_bias(forward, swapped, labels, **lens.options)
    yield lens.figure(name, "position_bias_raw", bias.raw)
    if known:
        told = length_bias(forward, swapped, labels, lengths, **lens.options)
        yield lens.figure(name, "length_bias_raw", told.raw)
    if samples is None:
        return  # without repeats there is no noise to be known and taken out
    for suffix, rule in _RULES.items():
        options = {"repeats": samples, "rule": rule, **lens.options}
        bias = position_bias(forward, swapped, labels, **options)
        yield lens.figure(name, "position_bias" + suffix, bias.bias)
        if known:
            told = length_bias(forward, swapped, labels, lengths, **options)
            yield lens.figure(name, "length_bias" + suffix, told.bias)


_RULES = {"": "exact", "_published": "published"}


def transitivity(lens: Lens) -> Iterator[Figure]:
    """Sage's local and global consistency, where several systems answered one question."""
    table = lens.table
    if not table.pairs or len(set(table.questions)) == len(table.cases):
        return
    if not any(first and second for first, second in table.systems):
        return
    found = table_sage(table, lens.criterion, seed=lens.seed, draws=lens.draws)
    for name, sage in found.items():
        yield lens.figure(name, "ipi", sage.ipi)
        yield lens.figure(name, "tov", sage.tov)
        yield lens.figure(name, "tov_residual", sage.tov_residual)
        yield lens.figure(name, "tov_u", sage.tov_u)
