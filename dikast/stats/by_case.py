"""Means, differences and shares over cases, each with an interval from resampled cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from dikast.stats.estimate import Estimate, undefined
from dikast.stats.resampling import Floats, bootstrap_sums


def mean_by_case(
    values: Sequence[float | None], *, why: str = "no case has it", seed: int = 0
) -> Estimate:
    """The mean over the cases that have a value; the others are counted as `nulls`.

    Args:
        values: One per case; None where it is undefined.
        why: The reason where no case has one.
        seed: Of the resampling.

    Examples:
        >>> found = mean_by_case([1.0, None, 0.0, 1.0, 1.0])
        >>> found.value, found.n, found.nulls
        (0.75, 4, 1)
    """
    known = [value for value in values if value is not None]
    missing = len(values) - len(known)
    if not known:
        return undefined(why, nulls=missing)
    sums = np.column_stack([np.asarray(known, dtype=float), np.ones(len(known))])
    return bootstrap_sums(sums, _ratio, nulls=missing, seed=seed)


def mean_difference(
    pairs: Sequence[tuple[float | None, float | None]], *, seed: int = 0
) -> Estimate:
    """Mean of first minus second over the cases where both are defined: a paired comparison.

    Examples:
        >>> mean_difference([(0.9, 0.5), (0.7, 0.5), (None, 1.0)]).n
        2
    """
    differences = [a - b if a is not None and b is not None else None for a, b in pairs]
    return mean_by_case(differences, why="no pair has it on both sides", seed=seed)


def shares_by_case(
    rows: Sequence[Mapping[str, int]], names: Sequence[str], *, what: str, seed: int = 0
) -> dict[str, Estimate]:
    """Shares of things that cases hold several of, such as claims by mark.

    The things of one case hang together, so whole cases are resampled.

    Args:
        rows: Counts by name, one mapping per case.
        names: What to report; the shares of all names add up to 1.
        what: What is counted, for the reason where there is none.
        seed: Of the resampling.

    Examples:
        >>> rows = [{"good": 3, "bad": 1}, {"good": 0, "bad": 0}, {"good": 1, "bad": 3}]
        >>> found = shares_by_case(rows, ("good", "bad"), what="claim")
        >>> found["good"].value, found["good"].n
        (0.5, 8)
    """
    table = np.asarray([[row.get(name, 0) for name in names] for row in rows], dtype=float)
    table = table.reshape(-1, len(names))
    total = int(table.sum())
    whole = table.sum(axis=1)
    return {
        name: bootstrap_sums(
            np.column_stack([table[:, at], whole]),
            _ratio,
            n=total,
            why=f"there is no {what}",
            seed=seed,
        )
        for at, name in enumerate(names)
    }


def _ratio(sums: Floats) -> Floats:
    return sums[..., 0] / sums[..., 1]
