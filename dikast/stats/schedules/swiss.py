"""Swiss rounds: candidates with about equal points meet, never twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dikast.stats.schedules.base import Pair, Schedule, sort_pair


class Swiss(Schedule):
    """Rounds in which every candidate meets the next one in the standings it has not met.

    Standings go by share of points, then by the points of those met, then by processing order.
    The next round begins when all outcomes of the last one are in. With an odd number the one
    left over sits out; it is the lowest that cannot be paired.
    """

    name = "swiss"

    def __init__(
        self,
        items: Sequence[str],
        *,
        budget: int | None = None,
        seed: int = 0,
        keys: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(items, budget=budget, seed=seed, keys=keys)
        self._round: list[Pair] = []
        self._over = False

    def _choose(self, room: int) -> list[Pair]:
        if not self._round and not self.pending:
            self._round = self._pair_up()
            self._over = not self._round
        pairs, self._round = self._round[:room], self._round[room:]
        return pairs

    def _exhausted(self) -> bool:
        return self._over

    def _pair_up(self) -> list[Pair]:
        left = self._standings()
        pairs: list[Pair] = []
        while left:
            item = left.pop(0)
            rival = next((x for x in left if not self._known(sort_pair(item, x))), None)
            if rival is not None:
                left.remove(rival)
                pairs.append(sort_pair(item, rival))
        return pairs

    def _standings(self) -> list[str]:
        met: dict[str, list[str]] = {item: [] for item in self.items}
        points = dict.fromkeys(self.items, 0.0)
        for pair in self.told:
            for item, other, gain in zip(pair, reversed(pair), self._points(pair), strict=True):
                met[item].append(other)
                points[item] += gain
        share = {item: points[item] / len(met[item]) if met[item] else 0.5 for item in self.items}
        rivals = {item: sum(sorted(share[other] for other in met[item])) for item in self.items}
        place = {item: number for number, item in enumerate(self.lineup)}
        return sorted(self.items, key=lambda i: (-share[i], -rivals[i], place[i]))
