"""Schedules: which pair to judge next, with a budget and a ranking at any time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dikast.registry import unknown
from dikast.stats.schedules.adaptive import Adaptive
from dikast.stats.schedules.all_pairs import AllPairs
from dikast.stats.schedules.base import Pair, Schedule, sort_pair
from dikast.stats.schedules.knockout import Knockout
from dikast.stats.schedules.merge import Merge
from dikast.stats.schedules.swiss import Swiss

SCHEDULES: Mapping[str, type[Schedule]] = {
    kind.name: kind for kind in (AllPairs, Merge, Swiss, Adaptive, Knockout)
}
"""Schedules by name."""


def make_schedule(
    name: str,
    items: Sequence[str],
    *,
    budget: int | None = None,
    seed: int = 0,
    keys: Mapping[str, str] | None = None,
) -> Schedule:
    """A schedule of this name, ready to be asked; see `Schedule` for the arguments.

    Raises:
        ConfigError: There is no such schedule.
        UsageError: The candidates or the budget are no good.

    Examples:
        >>> schedule = make_schedule("merge", ["x", "y", "z"])
        >>> while not schedule.done:  # a judge who prefers what comes first in the alphabet
        ...     for pair in schedule.next(batch=8):
        ...         schedule.tell(pair, "a")
        >>> schedule.ranking().order
        ('x', 'y', 'z')
    """
    if name not in SCHEDULES:
        raise unknown("schedule", name, tuple(SCHEDULES))
    return SCHEDULES[name](items, budget=budget, seed=seed, keys=keys)


__all__ = [
    "SCHEDULES",
    "Adaptive",
    "AllPairs",
    "Knockout",
    "Merge",
    "Pair",
    "Schedule",
    "Swiss",
    "make_schedule",
    "sort_pair",
]
