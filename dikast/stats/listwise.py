"""Listwise rankings: candidate orders to show, averaging what came back, comparing rankings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy import stats

from dikast.stats.estimate import Estimate, undefined
from dikast.stats.rankings import Ranking, no_ranking, rank_scores


def presentation_orders(items: Sequence[str], count: int, *, seed: int = 0) -> list[list[str]]:
    """Orders in which to show candidates, so that positions even out.

    A seeded shuffle, its reverse, and both rotated: after 2n orders every candidate has stood
    twice in every position, and already two orders undo a plain preference for early slots.

    Args:
        items: Candidates, in any order.
        count: How many orders; beyond 2n another shuffle begins.
        seed: Of the shuffle.

    Examples:
        >>> first, second = presentation_orders(["x", "y", "z"], 2)
        >>> first == second[::-1]
        True
    """
    names = sorted(items)
    rng = np.random.default_rng(seed)
    orders: list[list[str]] = []
    while len(orders) < count:
        base = [names[i] for i in rng.permutation(len(names))]
        for turn in range(len(base)):
            rotated = base[turn:] + base[:turn]
            orders += [rotated, rotated[::-1]]
    return orders[:count]


def average_rankings(rankings: Sequence[Sequence[str]], items: Sequence[str]) -> Ranking:
    """One ranking from several listwise ballots, by mean place.

    Args:
        rankings: Each best first. One that leaves candidates out counts for those it names,
            places scaled to the same range; an empty one or one of a single name says nothing.
        items: All candidates.

    Returns:
        Candidates by mean share of the others ranked below them (`scores`, 0 to 1); equal means
        are tied. No ranking if some candidate was never ranked.

    Raises:
        ValueError: A ranking names a stranger, or a candidate twice.

    Examples:
        >>> average_rankings([["x", "y", "z"], ["y", "x", "z"]], ["x", "y", "z"]).groups
        (('x', 'y'), ('z',))
    """
    shares: dict[str, list[float]] = {item: [] for item in items}
    for ranking in rankings:
        if len(set(ranking)) < len(ranking) or not set(ranking) <= set(items):
            raise ValueError("a ranking names a stranger, or a candidate twice")
        last = len(ranking) - 1
        for place, item in enumerate(ranking if last else ()):
            shares[item].append((last - place) / last)
    unseen = sorted(item for item, found in shares.items() if not found)
    if unseen:
        return no_ranking(f"`{unseen[0]}` was never ranked", method="listwise")
    means = {item: float(np.mean(sorted(found))) for item, found in shares.items()}
    return rank_scores(means).noted(method="listwise")


def levenshtein(a: Sequence[object], b: Sequence[object]) -> Estimate:
    """Edit distance as a share of the longer sequence: 0 for equal ones, at most 1.

    Lower is better. Harsh on one swap; report `kendall_tau` beside it.

    Examples:
        >>> levenshtein("ABCD", "ABDC").value
        0.5

    References:
        Chen et al. (2024), "MLLM-as-a-Judge".
    """
    if not a and not b:
        return undefined("both rankings are empty")
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, start=1):
        above = row
        row = [i]
        for j, y in enumerate(b, start=1):
            row.append(min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (x != y)))
    longest = max(len(a), len(b))
    return Estimate(row[-1] / longest, n=longest)


def kendall_tau(a: Mapping[str, float], b: Mapping[str, float]) -> Estimate:
    """Kendall's τ-b between two scorings of the same candidates; equal scores are ties.

    Args:
        a: Score by candidate (higher is better), or rank in both (lower is better in both).
        b: The same.

    Returns:
        τ over the candidates that both hold; `nulls` counts the others. Undefined for fewer
        than two, or if one of the scorings ties them all.

    Examples:
        >>> ranks = {item: rank for rank, item in enumerate("ABCD")}
        >>> other = {item: rank for rank, item in enumerate("ABDC")}
        >>> round(kendall_tau(ranks, other).value, 3)
        0.667
    """
    shared = sorted(set(a) & set(b))
    nulls = len(set(a) | set(b)) - len(shared)
    if len(shared) < 2:
        return undefined("fewer than two candidates in both", n=len(shared), nulls=nulls)
    x, y = [a[item] for item in shared], [b[item] for item in shared]
    if len(set(x)) < 2 or len(set(y)) < 2:
        return undefined("one of the rankings ties everything", n=len(shared), nulls=nulls)
    return Estimate(float(stats.kendalltau(x, y).statistic), n=len(shared), nulls=nulls)
