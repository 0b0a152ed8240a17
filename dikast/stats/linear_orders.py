"""The linear order that contradicts the least weight: exact for few items, bounded for many.

Both Kemeny's ranking and the minimum feedback arc set are this problem: given the weight that is
contradicted when j stands before i although i won, find the order of least total contradiction.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dikast.stats.rankings import TOLERANCE

FloatMatrix = npt.NDArray[np.float64]
Masks = npt.NDArray[np.int_]

EXACT_UP_TO = 18
"""Most items that dynamic programming over subsets takes: 2ⁿ states, a table of them per item."""
MAX_PASSES = 100
"""Every move of the local search gains; this bounds how long it may go on gaining little."""


class Optimal(NamedTuple):
    """All orders of least contradiction, as far as it matters which one is taken."""

    cost: float
    order: tuple[int, ...]
    """Of the best orders the one that comes first by index."""
    forced: npt.NDArray[np.bool_]
    """`[i, j]`: i stands before j in every best order."""


def least_contradiction(won: FloatMatrix) -> Optimal:
    """Every best order, by dynamic programming over the set of items already placed.

    Args:
        won: `[i, j]`: weight contradicted when j stands before i. At most `EXACT_UP_TO` items.

    Returns:
        The least cost, one best order, and what all best orders have in common.

    Raises:
        ValueError: There are too many items.

    Examples:
        A cycle of three: each of its rotations is as good as the others, so nothing is forced.

        >>> best = least_contradiction(np.array([[0, 1, 0], [0, 0, 1], [1, 0, 0.0]]))
        >>> best.cost, best.order, bool(best.forced.any())
        (1.0, (0, 1, 2), False)
    """
    n = len(won)
    if n > EXACT_UP_TO:
        raise ValueError(f"exact search takes at most {EXACT_UP_TO} items, got {n}")
    # back[v][S]: what it contradicts to place v right after the items of S.
    back = [_subset_sums(row) for row in won]
    size = _subset_sums(np.ones(n)).astype(int)
    layers = [np.flatnonzero(size == k) for k in range(n + 1)]
    before, after = np.full(2**n, np.inf), np.full(2**n, np.inf)
    before[0] = after[-1] = 0.0
    for layer in layers[:-1]:
        for v in range(n):
            free = layer[(layer >> v) & 1 == 0]
            grown = free | (1 << v)
            before[grown] = np.minimum(before[grown], before[free] + back[v][free])
    for layer in reversed(layers[:-1]):
        for v in range(n):
            free = layer[(layer >> v) & 1 == 0]
            after[free] = np.minimum(after[free], after[free | (1 << v)] + back[v][free])
    cost = float(after[0])
    slack = TOLERANCE * max(1.0, abs(cost))
    prefixes = np.flatnonzero(before + after <= cost + slack)
    return Optimal(cost, _first_order(back, after, slack), _forced(prefixes, n))


def _subset_sums(row: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Sum of `row` over every subset, indexed by bit mask."""
    sums = np.zeros(1)
    for value in row:
        sums = np.concatenate([sums, sums + value])
    return sums


def _first_order(
    back: list[npt.NDArray[np.float64]], after: npt.NDArray[np.float64], slack: float
) -> tuple[int, ...]:
    order: list[int] = []
    placed = 0
    for _ in back:
        order.append(
            next(
                v
                for v in range(len(back))
                if not placed >> v & 1
                and back[v][placed] + after[placed | 1 << v] <= after[placed] + slack / len(back)
            )
        )
        placed |= 1 << order[-1]
    return tuple(order)


def _forced(prefixes: Masks, n: int) -> npt.NDArray[np.bool_]:
    """Item i is before j in every best order iff no prefix of one holds j without i."""
    member = ((prefixes[:, None] >> np.arange(n)) & 1).astype(np.float32)
    j_without_i = member.T @ (1 - member)
    forced: npt.NDArray[np.bool_] = (j_without_i.T == 0) & ~np.eye(n, dtype=bool)
    return forced


def little_contradiction(won: FloatMatrix) -> tuple[int, ...]:
    """A good order of many items: the heuristic of Eades, Lin and Smyth, then moves of one item.

    Args:
        won: As for `least_contradiction`, of any size. A thousand items take about a second.

    Returns:
        An order that no move of a single item improves (within `MAX_PASSES` passes); its cost
        is an upper bound of the least one. Equally good moves are settled by index.
    """
    net = won - won.T
    order = _sinks_and_sources(np.maximum(net, 0.0))
    for _ in range(MAX_PASSES):
        moved = False
        for item in order.copy():
            order, gain = _move(net, order, int(item))
            moved = moved or gain
        if not moved:
            break
    return tuple(int(i) for i in order)


def _sinks_and_sources(edges: FloatMatrix) -> Masks:
    """Take what nothing beats to the front, what beats nothing to the end, else the best net."""
    n = len(edges)
    out, into = edges.sum(axis=1), edges.sum(axis=0)
    left = np.ones(n, dtype=bool)
    front: list[int] = []
    end: list[int] = []
    for _ in range(n):
        at = np.flatnonzero(left)
        sinks, sources = at[out[at] <= TOLERANCE], at[into[at] <= TOLERANCE]
        if len(sources):
            pick = int(sources[0])
        elif len(sinks):
            pick = int(sinks[-1])
        else:
            pick = int(at[np.argmax(out[at] - into[at])])
        (end if len(sinks) and not len(sources) else front).append(pick)
        left[pick] = False
        out -= edges[:, pick]
        into -= edges[pick]
    return np.array(front + end[::-1], dtype=int)


def _move(net: FloatMatrix, order: Masks, item: int) -> tuple[Masks, bool]:
    """Put one item where it contradicts least, if that is better than where it stands."""
    place = int(np.flatnonzero(order == item)[0])
    rest = np.delete(order, place)
    # Standing after an item that it beat contradicts their net margin.
    cost = np.concatenate([[0.0], np.cumsum(net[item, rest])])
    best = int(np.argmin(cost))
    if cost[place] - cost[best] <= TOLERANCE:
        return order, False
    return np.insert(rest, best, item), True


def contradiction(won: FloatMatrix, order: tuple[int, ...]) -> float:
    """What an order contradicts."""
    at = np.array(order, dtype=int)
    return float(np.tril(won[np.ix_(at, at)], -1).sum())
