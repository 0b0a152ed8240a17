"""Merge sort with the judge as comparator: about n·log₂n pairs, if the judge is transitive."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from dikast.stats.orders import Choice
from dikast.stats.rankings import Ranking
from dikast.stats.schedules.base import Pair, Schedule, sort_pair


@dataclass
class _Merge:
    """Two sorted runs becoming one."""

    left: list[str]
    right: list[str]
    merged: list[str] = field(default_factory=list)

    @property
    def question(self) -> Pair | None:
        """The heads of both runs; None once one of them is empty."""
        return sort_pair(self.left[0], self.right[0]) if self.left and self.right else None


class Merge(Schedule):
    """Merge sort, bottom up; all merges of one level go on at the same time.

    It trusts every outcome: one wrong outcome can misplace a whole run, so it suits judges that
    are nearly always right. A tie keeps the processing order and shows as a tied group.

    Once sorted, `ranking` is the sorted order; before that, the common estimate.

    References:
        Liu et al. (2024), "Aligning with Human Judgement: The Role of Pairwise Preference in
        Large Language Model Evaluators" (PairS), for judges as comparators.
    """

    name = "merge"

    def __init__(
        self,
        items: Sequence[str],
        *,
        budget: int | None = None,
        seed: int = 0,
        keys: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(items, budget=budget, seed=seed, keys=keys)
        self._runs: list[list[str]] = [[item] for item in self.lineup]
        self._merges: list[_Merge] = []
        self._level()

    def _level(self) -> None:
        """Pair up the sorted runs; an odd one waits for the next level."""
        runs = self._runs
        even = len(runs) // 2 * 2
        self._merges = [_Merge(runs[k], runs[k + 1]) for k in range(0, even, 2)]
        self._runs = runs[even:]

    def _choose(self, room: int) -> list[Pair]:
        questions = [merge.question for merge in self._merges]
        return [pair for pair in questions if pair and not self._known(pair)][:room]

    def _exhausted(self) -> bool:
        return not self._merges

    def _heard(self, pair: Pair, choice: Choice) -> None:
        merge = next(merge for merge in self._merges if merge.question == pair)
        first, _ = self._points(pair)
        left = first if merge.left[0] == pair[0] else 1 - first
        merge.merged.append((merge.left if left >= 0.5 else merge.right).pop(0))
        if not merge.question:
            merge.merged += merge.left + merge.right
            merge.left, merge.right = [], []
        if all(not merge.left and not merge.right for merge in self._merges):
            self._runs = [merge.merged for merge in self._merges] + self._runs
            self._merges = []
            if len(self._runs) > 1:
                self._level()

    def ranking(self) -> Ranking:
        """The sorted order, neighbours that tied in one group; before that as any schedule."""
        if self._merges:
            return super().ranking()
        groups: list[list[str]] = []
        for item in self._runs[0]:
            if groups and self._level_with(groups[-1][-1], item):
                groups[-1].append(item)
            else:
                groups.append([item])
        return Ranking(tuple(tuple(sorted(group)) for group in groups), method=self.name)

    def _level_with(self, above: str, below: str) -> bool:
        """Neighbours in a sorted run have always met, unless the pair abstained or tied."""
        return self.told[sort_pair(above, below)].choice in ("tie", "abstain")
