"""Agreement about systems rather than items: does the judge rank them as the labels do?

The two levels can disagree: judges with a poorer κ were found to rank systems better, since errors
that are spread evenly over systems cancel in the means. An audit reports both.

References:
    Thakur et al. (2024), "Judging the Judges: Evaluating Alignment and Vulnerabilities in
    LLMs-as-Judges".
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dikast.stats.correlation import Correlation
from dikast.stats.estimate import Estimate, undefined
from dikast.stats.resampling import Clusters, Floats, blocked, bootstrap_sums, clusters


def system_agreement(
    judge: Floats,
    label: Floats,
    system: Sequence[str],
    how: Correlation = "kendall",
    *,
    by: Clusters | None = None,
    seed: int = 0,
    draws: int = 1000,
) -> Estimate:
    """Correlation of systems' mean scores by a judge with their mean scores by labels.

    Args:
        judge: Score of each response, NaN where missing.
        label: Its label, NaN where missing.
        system: Who wrote it; an empty name leaves it out.
        how: Which correlation of the means.
        by: What each response belongs to (its question): clusters are resampled together.
        seed: Of the resampling.
        draws: Resamples.

    Returns:
        The correlation over systems, from responses with both scores; `n` counts systems,
        `nulls` responses left out. Undefined for fewer than three systems, or if either side
        gives all of them the same mean.

    Examples:
        >>> system = ["x", "x", "y", "y", "z", "z"]
        >>> judge, label = np.array([1.0, 2, 2, 4, 4, 5]), np.array([3.0, 1, 3, 3, 5, 4])
        >>> system_agreement(judge, label, system).value
        1.0
    """
    if not len(judge) == len(label) == len(system):
        raise ValueError("`judge`, `label` and `system` must be equally long")
    named = np.array([bool(name) for name in system], dtype=bool)
    kept = np.flatnonzero(named & ~(np.isnan(judge) | np.isnan(label)))
    nulls = len(judge) - len(kept)
    names, code = np.unique(np.asarray(system, dtype=str)[kept], return_inverse=True)
    size = len(names)
    if size < 3:
        return undefined("fewer than three systems have scores", n=size, nulls=nulls)
    unit = np.arange(len(kept)) if by is None else clusters(by, len(judge))[kept]
    unit, units = blocked(unit)
    place = unit * size + code.reshape(-1)
    sums = np.stack(
        [
            np.bincount(place, weights=column, minlength=units * size).reshape(units, size)
            for column in (np.ones(len(kept)), judge[kept], label[kept])
        ],
        axis=1,
    )

    def figure(total: Floats) -> Floats:
        count, one, two = np.moveaxis(total.reshape(*total.shape[:-1], 3, size), -2, 0)
        return _correlate(one / count, two / count, how)

    return bootstrap_sums(
        sums.reshape(units, 3 * size).astype(float),
        figure,
        nulls=nulls,
        n=size,
        why="all systems have the same mean",
        seed=seed,
        draws=draws,
    )


def _correlate(a: Floats, b: Floats, how: Correlation) -> Floats:
    """Correlation of means along the last axis; NaN where undefined."""
    if how == "kendall":
        signs = [np.sign(np.round(x[..., :, None] - x[..., None, :], 12)) for x in (a, b)]
        return _cosine(*(s.reshape(*s.shape[:-2], -1) for s in signs))
    if how == "spearman":
        a, b = (
            np.sign(np.round(x[..., :, None] - x[..., None, :], 12)).sum(axis=-1) for x in (a, b)
        )
    else:
        a, b = (x - x.mean(axis=-1, keepdims=True) for x in (a, b))
    return _cosine(a, b)


def _cosine(a: Floats, b: Floats) -> Floats:
    left, right = (a * a).sum(axis=-1), (b * b).sum(axis=-1)
    scale = np.sqrt(np.where((left > 1e-18) & (right > 1e-18), left * right, np.nan))
    return np.asarray(np.clip((a * b).sum(axis=-1) / scale, -1, 1))


def responses_of_pairs(
    score: Floats, systems: Sequence[tuple[str, str]]
) -> tuple[Floats, list[str], list[int]]:
    """Pair judgements as one score for each of the two systems: its win, tie or loss.

    Args:
        score: Of each pair, positive for the first system, NaN where missing.
        systems: Who wrote the first and the second response of each pair.

    Returns:
        Scores (1, 0, −1), systems, and the pair each belongs to, for `system_agreement` and its
        `by`.

    Examples:
        >>> score = np.array([2.0, -1.0])
        >>> points, system, pair = responses_of_pairs(score, [("x", "y"), ("x", "z")])
        >>> points.tolist(), system, pair
        ([1.0, -1.0, -1.0, 1.0], ['x', 'y', 'x', 'z'], [0, 0, 1, 1])
    """
    sign = np.sign(score)
    points = np.stack([sign, -sign], axis=1).ravel()
    pair = np.repeat(np.arange(len(score)), 2).tolist()
    return points, [name for both in systems for name in both], pair
