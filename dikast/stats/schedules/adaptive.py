"""Adaptive: the next pairs are those where the ranking is least certain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from scipy.special import expit, ndtr

from dikast.stats.orders import Choice
from dikast.stats.schedules.base import Pair, Schedule, sort_pair
from dikast.stats.strengths import curvature, newton_strengths

RIDGE = 0.3
"""Precision of the Gaussian prior on log-strengths while choosing; weaker ones chase upsets."""
APART = 1e3
"""Added to the worth of pairs that no outcome links; far above any other worth."""


class Adaptive(Schedule):
    """Ask where it is open who is better, and where the answer would move the ranking most.

    After every batch Bradley–Terry with a Gaussian prior is fitted, with the covariance of the
    strengths (Laplace's approximation). A pair's worth is P·(1 − P)·σ: P is the chance that one
    is stronger than the other, σ the uncertainty of their difference. Pairs are taken by falling
    worth, every candidate at most once in a batch, so that one batch does not ask the same
    question many times over. A batch is at most a quarter of the candidates: later pairs profit
    from earlier outcomes. Pairs that no outcome links yet come before all others, so that there
    is a ranking after few of them.

    Cost: one Newton fit and one matrix inverse of the candidates per batch.
    """

    name = "adaptive"

    def __init__(
        self,
        items: Sequence[str],
        *,
        budget: int | None = None,
        seed: int = 0,
        keys: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(items, budget=budget, seed=seed, keys=keys)
        n = len(self.items)
        self._at = {item: number for number, item in enumerate(self.lineup)}
        self._won = np.zeros((n, n))  # in processing order, so that ids play no part
        self._theta = np.zeros(n)
        self._upper = np.triu_indices(n, 1)
        self._open = np.ones(len(self._upper[0]), dtype=bool)

    def _heard(self, pair: Pair, choice: Choice) -> None:
        if choice == "abstain":
            return
        i, j = self._at[pair[0]], self._at[pair[1]]
        self._won[i, j], self._won[j, i] = self._points(pair)

    def _choose(self, room: int) -> list[Pair]:
        n = len(self.lineup)
        most = min(room, max(1, n // 4))
        free = np.ones(n, dtype=bool)
        for pair in self.pending:
            free[[self._at[item] for item in pair]] = False
        rows, columns = self._upper
        able = np.flatnonzero(self._open & free[rows] & free[columns])
        if not len(able):
            return []
        part = self._parts()
        worth = self._worth()[rows[able], columns[able]]
        apart = part[rows] != part[columns]
        worth += APART * apart[able]
        # Rounded, so that the last bits of a linear-algebra library never choose; then the
        # stable sort leaves equal worth in processing order.
        chosen: list[Pair] = []
        for k in able[np.argsort(-np.round(worth, 9), kind="stable")]:
            i, j = rows[k], columns[k]
            linked_by_this_batch = apart[k] and part[i] == part[j]
            if free[i] and free[j] and not linked_by_this_batch:
                part[part == part[j]] = part[i]
                free[[i, j]] = False
                self._open[k] = False
                chosen.append(sort_pair(self.lineup[i], self.lineup[j]))
                if len(chosen) == most:
                    break
        return chosen

    def _worth(self) -> npt.NDArray[np.float64]:
        self._theta = theta = newton_strengths(self._won, ridge=RIDGE, start=self._theta)
        lead = theta[:, None] - theta[None, :]
        total = self._won + self._won.T
        covariance = np.linalg.inv(curvature(total, expit(lead), RIDGE))
        own = np.diag(covariance)
        spread = np.sqrt(np.maximum(own[:, None] + own[None, :] - 2 * covariance, 1e-12))
        chance = ndtr(lead / spread)
        worth: npt.NDArray[np.float64] = chance * (1 - chance) * spread
        return worth

    def _parts(self) -> npt.NDArray[np.int32]:
        """For every candidate the number of the group that outcomes link it to."""
        links = (self._won + self._won.T > 0).astype(np.int8)
        for pair in self.pending:
            links[self._at[pair[0]], self._at[pair[1]]] = 1
        return connected_components(csr_array(links), directed=False)[1]

    def _exhausted(self) -> bool:
        return not self._open.any()
