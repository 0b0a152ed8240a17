"""The weak order (a ranking with ties) that costs least: exact for few items, bounded for many."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dikast.stats.rankings import TOLERANCE

FloatMatrix = npt.NDArray[np.float64]
Levels = npt.NDArray[np.int_]
EXACT_UP_TO = 12
"""Most items searched exhaustively by default: 3ⁿ steps, hundredths of a second at 12."""
MAX_PASSES = 100


class WeakOrder(NamedTuple):
    """An order of tied blocks."""

    cost: float
    blocks: tuple[tuple[int, ...], ...]
    """Indices, best block first; where several orders cost the same, one of them."""
    exact: bool
    """Whether `cost` is the minimum; else it is an upper bound of it."""


def nearest_weak_order(
    above: FloatMatrix, tied: FloatMatrix, *, exact_up_to: int = EXACT_UP_TO
) -> WeakOrder:
    """Find the ordered partition of least cost.

    Args:
        above: `[i, j]`: cost of putting i above j; the diagonal is not read.
        tied: `[i, j]`: cost of tying i and j; symmetric.
        exact_up_to: With more items a local search gives an upper bound.

    Examples:
        >>> above = np.array([[0, 0, 2], [2, 0, 0], [0, 2, 0.0]])  # a cycle of stable wins
        >>> nearest_weak_order(above, 2 - 2 * np.eye(3)).cost
        2.0
    """
    other = ~np.eye(len(above), dtype=bool)
    above, tied = above * other, tied * other
    if len(above) <= exact_up_to:
        return _exhaustive(above, tied)
    return _local(above, tied)


def _exhaustive(above: FloatMatrix, tied: FloatMatrix) -> WeakOrder:
    """Dynamic programming over subsets: the least cost of the items in R, top block S first."""
    n = len(above)
    inside = _within(tied) / 2 - _within(above)  # block S pays its ties, not its own `above`
    held = np.arange(2**n)[:, None] >> np.arange(n) & 1  # [R, i]: R holds i
    over_all = above @ held.T  # [i, R]: what it costs to put i above all of R
    best = np.zeros(2**n)
    top = np.zeros(2**n, dtype=int)
    for size in range(1, n + 1):  # all R of one size at once; smaller ones are known
        rest = np.flatnonzero(held.sum(axis=1) == size)
        blocks, over = np.zeros((len(rest), 1), dtype=int), np.zeros((len(rest), 1))
        for item in np.nonzero(held[rest])[1].reshape(-1, size).T:  # the next member of each R
            blocks = np.hstack([blocks, blocks | 1 << item[:, None]])
            over = np.hstack([over, over + over_all[item, rest][:, None]])
        cost = (inside[blocks] + over + best[rest[:, None] ^ blocks])[:, 1:]
        pick = cost.argmin(axis=1)
        at = np.arange(len(rest))
        best[rest], top[rest] = cost[at, pick], blocks[at, pick + 1]
    order: list[tuple[int, ...]] = []
    rest = 2**n - 1
    while rest:
        order.append(tuple(i for i in range(n) if int(top[rest]) >> i & 1))
        rest ^= int(top[rest])
    return WeakOrder(float(best[-1]), tuple(order), exact=True)


def _within(cost: FloatMatrix) -> npt.NDArray[np.float64]:
    """Sum of `cost` over all ordered pairs inside each subset."""
    sums = np.zeros(1)
    for i in range(len(cost)):
        onto = np.zeros(1)  # cost between i and each subset of the items before it
        for j in range(i):
            onto = np.concatenate([onto, onto + cost[i, j] + cost[j, i]])
        sums = np.concatenate([sums, sums + onto])
    return sums


def _local(above: FloatMatrix, tied: FloatMatrix) -> WeakOrder:
    """Moves of one item into or between blocks, from two starts."""
    n = len(above)
    lead = np.round((above.T - above).sum(axis=1), 6)
    starts = [np.unique(-lead, return_inverse=True)[1], np.zeros(n, dtype=int)]
    found = [_descend(above, tied, level.astype(int)) for level in starts]
    level = min(found, key=lambda level: _cost(above, tied, level))
    blocks = tuple(
        tuple(int(i) for i in np.flatnonzero(level == block)) for block in np.unique(level)
    )
    return WeakOrder(_cost(above, tied, level), blocks, exact=False)


def _cost(above: FloatMatrix, tied: FloatMatrix, level: Levels) -> float:
    higher = level[:, None] < level[None, :]
    same = level[:, None] == level[None, :]
    return float(above[higher].sum() + np.triu(tied * same, 1).sum())


def _descend(above: FloatMatrix, tied: FloatMatrix, level: Levels) -> Levels:
    for _ in range(MAX_PASSES):
        moved = False
        for item in range(len(level)):
            level, gain = _move(above, tied, level, item)
            moved = moved or gain
        if not moved:
            break
    return level


def _move(above: FloatMatrix, tied: FloatMatrix, level: Levels, item: int) -> tuple[Levels, bool]:
    """Put one item where it costs least: in block b, or alone right above block b."""
    others = np.arange(len(level)) != item
    used, inverse = np.unique(level[others], return_inverse=True)
    size = len(used)
    over = np.bincount(inverse, weights=above[item, others], minlength=size)
    under = np.bincount(inverse, weights=above[others, item], minlength=size)
    joined = np.bincount(inverse, weights=tied[item, others], minlength=size)
    # Everything above the place costs `under`, everything below it `over`.
    before = np.concatenate([[0.0], np.cumsum(under)])
    behind = over.sum() - np.concatenate([[0.0], np.cumsum(over)])
    alone = before + behind
    join = before[:-1] + behind[1:] + joined
    at = int(np.searchsorted(used, level[item]))
    stays = at < size and used[at] == level[item]
    now = join[at] if stays else alone[at]
    best = min(float(join.min(initial=np.inf)), float(alone.min()))
    if now - best <= TOLERANCE:
        return level, False
    ranks = np.empty(len(level), dtype=int)
    if join.min(initial=np.inf) <= best + TOLERANCE:
        ranks[others], ranks[item] = inverse, int(np.argmin(join))
    else:
        place = int(np.argmin(alone))
        ranks[others], ranks[item] = inverse + (inverse >= place), place
    return ranks, True
