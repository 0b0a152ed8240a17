"""How far two rankings of the same items are apart: edit distance beside rank correlation."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
from rapidfuzz.distance import Levenshtein

from dikast.stats.estimate import Estimate, undefined
from dikast.stats.resampling import Clusters, Floats, bootstrap_sums

Ranked = Sequence[Hashable]
"""Items, best first."""


def levenshtein(a: Ranked, b: Ranked) -> float:
    """Edits that turn one ranking into the other, as a share of the longer one's length.

    It is strict about neighbours: ABCD and ABDC are two edits of four apart, although only one
    pair of six is out of order. Read `ranking_tau` beside it.

    Returns:
        0 to 1; 0 for two empty rankings.

    Examples:
        >>> levenshtein("ABCD", "ABDC")
        0.5

    References:
        Chen et al. (2024), "MLLM-as-a-Judge".
    """
    return float(Levenshtein.normalized_distance(a, b))


def ranking_tau(a: Ranked, b: Ranked) -> float | None:
    """Kendall's τ of two rankings without ties, over the items that both have.

    Returns:
        −1 to 1; None if they share fewer than two items.

    Examples:
        >>> round(ranking_tau("ABCD", "ABDC"), 3)
        0.667
    """
    at = {item: place for place, item in enumerate(b)}
    places = np.array([at[item] for item in a if item in at])
    n = len(places)
    if n < 2:
        return None
    signs = np.sign(places[None, :] - places[:, None])[np.triu_indices(n, 1)]
    return float(signs.mean())


def mean_levenshtein(
    pairs: Sequence[tuple[Ranked | None, Ranked | None]],
    *,
    by: Clusters | None = None,
    seed: int = 0,
    draws: int = 1000,
) -> Estimate:
    """Mean normalised edit distance of a judge's rankings from the labels'; lower is better.

    Args:
        pairs: One per case, the judge's ranking and the label; None where either is missing.
        by: What each case belongs to.
        seed: Of the resampling.
        draws: Resamples.

    Examples:
        >>> mean_levenshtein([("ABCD", "ABDC"), ("AB", "AB"), (None, "AB")]).value
        0.25
    """
    return _mean(
        [None if a is None or b is None else levenshtein(a, b) for a, b in pairs], by, seed, draws
    )


def mean_tau(
    pairs: Sequence[tuple[Ranked | None, Ranked | None]],
    *,
    by: Clusters | None = None,
    seed: int = 0,
    draws: int = 1000,
) -> Estimate:
    """Mean Kendall's τ of a judge's rankings with the labels'; arguments as `mean_levenshtein`."""
    return _mean(
        [None if a is None or b is None else ranking_tau(a, b) for a, b in pairs], by, seed, draws
    )


def _mean(figures: Sequence[float | None], by: Clusters | None, seed: int, draws: int) -> Estimate:
    kept = [place for place, figure in enumerate(figures) if figure is not None]
    nulls = len(figures) - len(kept)
    if not kept:
        return undefined("no case has two rankings", nulls=nulls)
    sums: Floats = np.array([[figures[place], 1.0] for place in kept], dtype=float)
    return bootstrap_sums(
        sums,
        lambda s: s[..., 0] / s[..., 1],
        by=None if by is None else np.asarray(by)[kept],
        nulls=nulls,
        seed=seed,
        draws=draws,
    )
