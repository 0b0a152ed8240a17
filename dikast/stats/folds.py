"""Folds of cross-validation: by case, stratified, seeded, cases of one question together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]


def assign_folds(
    strata: npt.NDArray[np.float64],
    *,
    folds: int = 5,
    seed: int = 0,
    groups: Sequence[str] | None = None,
) -> Ints:
    """Which fold each case is held out in.

    Cases of one group (of one question) are held out together: they share their difficulty, and
    a fit that has seen one has a hint at the others.

    Args:
        strata: What to spread evenly over the folds: the label of each case. NaN is a stratum.
        folds: How many; no more than there are groups.
        seed: Of the assignment.
        groups: By case; None if each stands for itself.

    Returns:
        Numbers from 0, each used at least once.

    Raises:
        ValueError: There are fewer than two groups, or fewer than two folds are asked for.

    Examples:
        >>> fold = assign_folds(np.array([1.0, 1, 1, 1, 0, 0]), folds=2)
        >>> np.bincount(fold).tolist(), np.bincount(fold[:4]).tolist()
        ([3, 3], [2, 2])
    """
    names = np.arange(len(strata)) if groups is None else np.asarray(groups)
    group, first, member = np.unique(names, return_index=True, return_inverse=True)
    number = min(folds, len(group))
    if number < 2:
        raise ValueError("cross-validation needs two cases of different questions")
    rng = np.random.default_rng(seed)
    sizes = np.bincount(member)
    # In random order, sorted by stratum: taking turns then spreads each stratum evenly.
    order = rng.permutation(len(group))
    order = order[np.argsort(strata[first][order], kind="stable")]
    of_group = np.empty(len(group), dtype=np.int64)
    if (sizes == 1).all():
        of_group[order] = (np.arange(len(group)) + rng.integers(number)) % number
    else:
        held = np.zeros(number, dtype=np.int64)
        turn = int(rng.integers(number))
        for item in order:
            lightest = np.flatnonzero(held == held.min())
            pick = int(lightest[np.argmin((lightest - turn) % number)])
            of_group[item] = pick
            held[pick] += sizes[item]
            turn = (pick + 1) % number
    return of_group[member]


def repeated_folds(
    strata: npt.NDArray[np.float64],
    *,
    folds: int = 5,
    repeats: int = 4,
    seed: int = 0,
    groups: Sequence[str] | None = None,
) -> Ints:
    """`assign_folds` several times over, `[repeat, case]`, each with a seed of its own."""
    seeds = np.random.SeedSequence(seed).generate_state(repeats)
    return np.stack(
        [assign_folds(strata, folds=folds, seed=int(own), groups=groups) for own in seeds]
    )
