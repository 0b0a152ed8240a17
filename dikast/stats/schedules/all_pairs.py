"""All pairs, in rounds where every candidate appears once: a round robin."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from itertools import islice

from dikast.stats.schedules.base import Pair, Schedule, sort_pair


class AllPairs(Schedule):
    """Every pair once. Cut short by a budget, all candidates have met about equally many.

    Examples:
        >>> schedule = AllPairs(["x", "y", "z"])
        >>> sorted(schedule.next(10))
        [('x', 'y'), ('x', 'z'), ('y', 'z')]
    """

    name = "all_pairs"

    @cached_property
    def _left(self) -> Iterator[Pair]:
        return _rounds(self.lineup)

    def _choose(self, room: int) -> list[Pair]:
        return list(islice(self._left, room))

    def _exhausted(self) -> bool:
        return False  # the budget is never more than all pairs


def _rounds(lineup: list[str]) -> Iterator[Pair]:
    """The circle method: one candidate stays, the others turn around it."""
    ring: list[str | None] = [*lineup, *([None] if len(lineup) % 2 else [])]
    for _ in range(len(ring) - 1):
        for k in range(len(ring) // 2):
            x, y = ring[k], ring[-1 - k]
            if x is not None and y is not None:
                yield sort_pair(x, y)
        ring.insert(1, ring.pop())
