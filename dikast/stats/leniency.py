"""Leniency of a yes/no judge: how it decides when it does not know."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dikast.stats.estimate import Estimate, undefined
from dikast.stats.resampling import Clusters, Floats, of_kept
from dikast.stats.reweighting import bootstrap_cells


class Leniency(NamedTuple):
    """A yes/no judge as one who knows some answers and says yes to a share of the rest."""

    true_positive: Estimate
    """Share of yes where the label is yes."""
    true_negative: Estimate
    """Share of no where the label is no."""
    knows: Estimate
    """Pc = tP + tN − 1: how often it knows; negative for a judge worse than chance."""
    leniency: Estimate
    """P+ = (1 − tN) / (2 − tP − tN): how often it says yes when it does not know; ½ is neutral."""


def leniency(
    votes: Floats,
    truth: Floats,
    *,
    by: Clusters | None = None,
    seed: int = 0,
    draws: int = 1000,
) -> Leniency:
    """Error rates of a yes/no judge, and what they say of its leniency.

    Args:
        votes: 1 for yes, 0 for no, NaN for an abstention, `[case]`.
        truth: Labels likewise.
        by: What each case belongs to.
        seed: Of the resampling.
        draws: Resamples.

    Returns:
        Four figures. Without both labels Pc and P+ are undefined; so is P+ for a judge without
        errors, who never shows what it does when it does not know.

    Raises:
        ValueError: A vote or a label is neither 0 nor 1.

    Examples:
        >>> truth = np.array([1.0] * 100 + [0] * 100)
        >>> votes = np.array([1.0] * 96 + [0] * 4 + [0] * 75 + [1] * 25)
        >>> found = leniency(votes, truth)
        >>> round(found.knows.value, 2), round(found.leniency.value, 2)
        (0.71, 0.86)

    References:
        Thakur et al. (2024), "Judging the Judges".
    """
    for name, column in (("vote", votes), ("label", truth)):
        if not np.isin(column[~np.isnan(column)], (0, 1)).all():
            raise ValueError(f"a {name} is neither 0 nor 1")
    labelled = ~np.isnan(truth)
    kept = np.asarray(labelled & ~np.isnan(votes))
    cell = (2 * truth[kept] + votes[kept]).astype(np.int64)

    def figure(of: object, why: str) -> Estimate:
        nulls = int((labelled & ~kept).sum())
        if not len(cell):
            return undefined("no vote on a labelled case", nulls=nulls)
        return bootstrap_cells(
            cell,
            4,
            of,  # type: ignore[arg-type]
            by=of_kept(by, kept, len(kept)),
            nulls=nulls,
            why=why,
            seed=seed,
            draws=draws,
        )

    both = "labels are all alike"
    return Leniency(
        figure(_positive, "no label is yes"),
        figure(_negative, "no label is no"),
        figure(lambda c: _positive(c) + _negative(c) - 1, both),
        figure(_generous, both if len(np.unique(truth[kept])) < 2 else "it makes no error"),
    )


def _positive(counts: Floats) -> Floats:
    return np.asarray(counts[..., 3] / (counts[..., 2] + counts[..., 3]))


def _negative(counts: Floats) -> Floats:
    return np.asarray(counts[..., 0] / (counts[..., 0] + counts[..., 1]))


def _generous(counts: Floats) -> Floats:
    missed = 2 - _positive(counts) - _negative(counts)
    return np.asarray((1 - _negative(counts)) / np.where(missed > 1e-12, missed, np.nan))
