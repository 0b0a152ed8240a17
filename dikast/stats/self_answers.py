"""Agreement with labels, apart for what a judge answers rightly itself ("No Free Labels").

Krumdick et al. (2025) find that judges agree with people mostly on questions that they can answer
themselves. A judge whose agreement falls where it cannot needs a reference, or another seat.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from dikast.stats.estimate import Estimate
from dikast.stats.intervals import wilson
from dikast.stats.resampling import Floats, bootstrap_sums


class Judged(NamedTuple):
    """One case that a judge voted on and that carries a label."""

    agrees: bool
    """Whether the vote is the label, to within the tolerance."""
    knew: bool | None
    """Whether the judge answered the question rightly itself; None if that cannot be told."""


@dataclass(frozen=True, slots=True)
class SelfSplit:
    """A judge's agreement with labels, split by what it answered itself."""

    overall: Estimate
    knew: Estimate
    """On cases that it answered rightly itself."""
    did_not: Estimate
    """On cases that it answered wrongly itself."""
    untold: Estimate
    """On cases where that cannot be told; they are part of `overall` only."""
    difference: Estimate
    """`knew` minus `did_not`, with its interval by resampled cases."""
    answered: Estimate
    """Share of the cases, of those where it can be told, that it answered rightly itself."""


def split_agreement(rows: Iterable[Judged], *, seed: int = 0) -> SelfSplit:
    """Agreement with labels apart for what a judge knew and what it did not.

    Args:
        rows: One per case.
        seed: Of the resampling.

    Returns:
        Shares with Wilson intervals; a share without a case is undefined, and so is a difference
        of which one side is.

    Examples:
        >>> rows = [Judged(True, True)] * 9 + [Judged(False, True)] + [Judged(True, False)] * 5
        >>> rows += [Judged(False, False)] * 5 + [Judged(True, None)]
        >>> found = split_agreement(rows)
        >>> found.knew.value, found.did_not.value, round(found.difference.value, 2)
        (0.9, 0.5, 0.4)
        >>> found.overall.n, found.untold.n
        (21, 1)
    """
    listed = list(rows)
    by = {side: [row.agrees for row in listed if row.knew is side] for side in (True, False, None)}
    told = len(by[True]) + len(by[False])
    sums = np.array(
        [
            [row.agrees and row.knew, row.knew, row.agrees and not row.knew, not row.knew]
            for row in listed
            if row.knew is not None
        ],
        dtype=float,
    ).reshape(-1, 4)
    return SelfSplit(
        overall=wilson(sum(row.agrees for row in listed), len(listed)),
        knew=wilson(sum(by[True]), len(by[True])),
        did_not=wilson(sum(by[False]), len(by[False])),
        untold=wilson(sum(by[None]), len(by[None])),
        difference=bootstrap_sums(
            sums,
            _gap,
            nulls=len(by[None]),
            why="there are no cases that it knew, or none that it did not",
            seed=seed,
        ),
        answered=wilson(len(by[True]), told, nulls=len(by[None])),
    )


def _gap(sums: Floats) -> Floats:
    return sums[..., 0] / sums[..., 1] - sums[..., 2] / sums[..., 3]
