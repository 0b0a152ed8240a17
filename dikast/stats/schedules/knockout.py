"""Knockout: n − 1 pairs for a winner and no ranking to speak of; for best of n."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dikast.stats.orders import Choice
from dikast.stats.rankings import Ranking, merge_groups, rank_scores
from dikast.stats.schedules.base import Pair, Schedule, sort_pair


class Knockout(Schedule):
    """Losers leave; the bracket is the processing order, hence the seed.

    Under cycles the bracket decides who wins: report the seed with the winner. After a tie (or
    an abstention) the one earlier in the bracket goes on, since no pair is asked twice, and the
    two stay tied in the ranking.
    """

    name = "knockout"

    def __init__(
        self,
        items: Sequence[str],
        *,
        budget: int | None = None,
        seed: int = 0,
        keys: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(items, budget=budget, seed=seed, keys=keys)
        self._field = list(self.lineup)
        self._survived = dict.fromkeys(self.lineup, 0)
        self._bracket = self._draw()

    def _draw(self) -> list[Pair]:
        """Neighbours meet; the last one of an odd field has a bye."""
        ring = self._field
        return [sort_pair(x, y) for x, y in zip(ring[::2], ring[1::2], strict=False)]

    def _choose(self, room: int) -> list[Pair]:
        return [pair for pair in self._bracket if not self._known(pair)][:room]

    def _exhausted(self) -> bool:
        return len(self._field) < 2

    def _heard(self, pair: Pair, choice: Choice) -> None:
        if any(other not in self.told for other in self._bracket):
            return
        out = {self._loser(other) for other in self._bracket}
        self._field = [item for item in self._field if item not in out]
        for item in self._field:
            self._survived[item] += 1
        self._bracket = self._draw()

    def _loser(self, pair: Pair) -> str:
        first, second = self._points(pair)
        if first == second:
            return max(pair, key=self.lineup.index)
        return pair[first > second]

    def ranking(self) -> Ranking:
        """Candidates by rounds survived; those parted only by a tie are tied."""
        level = [pair for pair, told in self.told.items() if told.choice in ("tie", "abstain")]
        ranking = rank_scores({item: float(k) for item, k in self._survived.items()})
        return merge_groups(ranking, level).noted(method=self.name, note=f"seed {self.seed}")
