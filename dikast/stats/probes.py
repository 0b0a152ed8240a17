"""What a change that should not matter did to verdicts, beyond what asking again does.

References:
    Ye et al. (2024), "Justice or Prejudice? Quantifying Biases in LLM-as-a-Judge", for the flip
    rate under perturbation; the correction for repetition noise is ours.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy import stats

from dikast.stats.ballot_table import Floats
from dikast.stats.estimate import Estimate, undefined
from dikast.stats.resampling import bootstrap_sums

FEWEST = 30
"""Cases below which no test is made."""


class ProbeFigures(NamedTuple):
    """One judge under one probe, on the cases that have all three verdicts."""

    flip_rate: Estimate
    """Share of verdicts that changed on the probed copy."""
    noise: Estimate
    """Share that changed when the same was asked again."""
    excess: Estimate
    """flip_rate − noise, paired by case. Near 0 for a judge that the probe does not move."""
    corrected: Estimate
    """Share of verdicts that the probe turned, with noise taken out: excess / (1 − noise)."""
    shift: Estimate
    """Mean move toward the target of the change, as a share of the scale; positive if the change
    helped. On pairs toward the candidate that was changed."""
    p: float | None
    """Two-sided sign test over cases of flips under the probe against flips on repeating; None
    below `FEWEST` cases."""


def probe_figures(before: Floats, again: Floats, probed: Floats, *, step: float) -> ProbeFigures:
    """Compare a judge's verdicts before, on asking again, and on a changed copy.

    Args:
        before: `[case, place]`, verdicts as a share of the scale, 0 to 1, signed so that higher
            favours the target of the change; places are presentation orders and criteria. NaN
            where the judge abstained or was not asked.
        again: The same, asked again without a change.
        probed: The same on the changed copy, read in the terms of the case as it was.
        step: Difference, as a share of the scale, from which on two verdicts are different.

    Returns:
        The figures; places that lack one of the three verdicts are left out and counted.

    Examples:
        >>> before = np.zeros((40, 1))
        >>> turned = before.copy(); turned[:10] = 1.0
        >>> found = probe_figures(before, before, turned, step=0.5)
        >>> found.flip_rate.value, found.noise.value, found.shift.value
        (0.25, 0.0, 0.25)
    """
    known = ~(np.isnan(before) | np.isnan(again) | np.isnan(probed))
    nulls = int((~known).sum())
    kept = known.any(axis=1)

    def total(values: Floats) -> Floats:
        return np.asarray(np.where(known, values, 0.0).sum(axis=1)[kept], dtype=float)

    flips = total((np.abs(probed - before) >= step - 1e-9).astype(float))
    noise = total((np.abs(again - before) >= step - 1e-9).astype(float))
    sums = np.column_stack([flips, noise, total(probed - before), total(np.ones_like(before))])
    if not len(sums):
        gap = undefined("no case has a verdict before, on asking again and probed", nulls=nulls)
        return ProbeFigures(gap, gap, gap, gap, gap, None)

    def figure(of: _Figure) -> Estimate:
        why = "the judge never repeats itself"
        return bootstrap_sums(sums, lambda s: of(*np.moveaxis(s, -1, 0)), nulls=nulls, why=why)

    return ProbeFigures(
        figure(lambda f, r, m, n: f / n),
        figure(lambda f, r, m, n: r / n),
        figure(lambda f, r, m, n: (f - r) / n),
        figure(lambda f, r, m, n: (f - r) / (n - r)),
        figure(lambda f, r, m, n: m / n),
        _sign_test(flips - noise),
    )


_Figure = Callable[[Floats, Floats, Floats, Floats], Floats]
"""From flips, flips on repeating, moves and places to a figure."""


def _sign_test(net: Floats) -> float | None:
    """Whether cases flip more (or less) under the probe than on repeating."""
    if len(net) < FEWEST:
        return None
    more, less = int((net > 0).sum()), int((net < 0).sum())
    if not more + less:
        return 1.0
    return float(stats.binomtest(more, more + less).pvalue)
