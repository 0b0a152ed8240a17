"""Counts read off a drawing or a text against true counts: exact match and relative error.

References:
    "AECV-Bench", whose treatment of a true count of zero is not told; here it is an argument.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

from dikast.stats.ballot_table import Floats
from dikast.stats.estimate import Estimate
from dikast.stats.resampling import bootstrap_sums

Zeros = Literal["left_out", "as_one"]
"""What a true count of zero does to the relative error: it is left out, or divided by one."""


class CountFigures(NamedTuple):
    """How well counts were read."""

    exact: Estimate
    """Share of counts that are right."""
    mape: Estimate
    """Mean absolute error as a share of the true count; may be above 1."""


def count_figures(
    told: Floats, truth: Floats, *, zeros: Zeros = "left_out", seed: int = 0, draws: int = 1000
) -> CountFigures:
    """Exact match and mean absolute percentage error of counts.

    Args:
        told: Counts as they were read, NaN where none was.
        truth: True counts, not negative.
        zeros: What a true count of zero does; it moves the error by half and more.
        seed: Of the resampling.
        draws: Resamples.

    Returns:
        Both over counts that were read; `nulls` counts the others, and for the error those with
        a true count of zero that were left out.

    Raises:
        ValueError: The columns differ in length, or a true count is negative or missing.

    Examples:
        >>> told, truth = np.array([5.0, 2, 1, 1]), np.array([4.0, 2, 3, 0])
        >>> found = count_figures(told, truth)
        >>> found.exact.value, round(found.mape.value, 3)
        (0.25, 0.306)
        >>> round(count_figures(told, truth, zeros="as_one").mape.value, 3)
        0.479
    """
    if len(told) != len(truth):
        raise ValueError(f"there are {len(told)} counts and {len(truth)} true ones")
    if np.isnan(truth).any() or (truth < 0).any():
        raise ValueError("a true count is negative or missing")
    read = ~np.isnan(told)
    used = read & (truth > 0) if zeros == "left_out" else read
    error = np.abs(told - truth)[used] / np.maximum(truth[used], 1)
    return CountFigures(
        _mean((told == truth)[read].astype(float), int((~read).sum()), seed, draws),
        _mean(error, int((~used).sum()), seed, draws),
    )


def _mean(values: Floats, nulls: int, seed: int, draws: int) -> Estimate:
    sums = np.column_stack([values, np.ones(len(values))])
    return bootstrap_sums(
        sums, lambda s: s[..., 0] / s[..., 1], nulls=nulls, seed=seed, draws=draws
    )
