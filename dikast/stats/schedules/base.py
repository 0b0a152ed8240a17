"""What every schedule is: a state machine that says which pair to judge next.

A schedule judges nothing and calls nobody. Its user asks `next` for pairs, has them judged, and
tells the outcomes with `tell`; at any time `ranking` gives the ranking so far. No pair is asked
twice, and no more pairs than the budget.

Order independence: candidates are processed in an order derived from the seed and their keys (a
digest each), never in the order given. With content digests as keys, renaming the candidates
renames the pairs and changes nothing else. The pairs asked depend on the outcomes told between
calls of `next`, so a run is repeated exactly if it asks and tells in the same batches.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from hashlib import sha256

from dikast.errors import UsageError
from dikast.stats.lapse import fit_lapse
from dikast.stats.orders import Choice
from dikast.stats.outcomes import Outcomes, Pairing, check_items, connectivity, tally
from dikast.stats.rankings import Ranking, no_ranking

Pair = tuple[str, str]
"""Two candidate ids, sorted."""


class Schedule(ABC):
    """Base of all schedules.

    Args:
        items: Ids of the candidates, at least two, distinct.
        budget: Most pairs to ask; None for as many as the schedule has. Pairs, not calls: one
            pair takes as many calls as there are judges, orders and criteria.
        seed: Of the processing order.
        keys: By candidate, what its place in the processing order is derived from, such as a
            digest of its text; None takes the ids.

    Raises:
        UsageError: The ids or the budget are no good.
    """

    name: str = ""

    def __init__(
        self,
        items: Sequence[str],
        *,
        budget: int | None = None,
        seed: int = 0,
        keys: Mapping[str, str] | None = None,
    ) -> None:
        self.items = check_items(list(items))
        if budget is not None and budget < 1:
            raise UsageError(f"the budget must be one pair or more, got {budget}.")
        every = len(self.items) * (len(self.items) - 1) // 2
        self.budget = every if budget is None else min(budget, every)
        self.seed = seed
        key = keys or {item: item for item in self.items}
        self.lineup = sorted(
            self.items, key=lambda i: (sha256(f"{seed}\0{key[i]}".encode()).digest(), i)
        )
        """Candidates in processing order."""
        self.told: dict[Pair, Pairing] = {}
        self.pending: set[Pair] = set()

    def next(self, batch: int = 1) -> list[Pair]:
        """The next pairs to judge, at most `batch`.

        Returns:
            Pairs never asked before. None while the schedule waits for outcomes of pairs it
            has asked (`pending`), and none for ever once it is `done`.
        """
        room = min(batch, self.budget - self.asked)
        pairs = self._choose(room) if room > 0 else []
        self.pending.update(pairs)
        return pairs

    def tell(self, pair: Pair, choice: Choice, *, weight: float = 1.0) -> None:
        """Take in the outcome of a pair.

        Args:
            pair: As `next` gave it.
            choice: `a` if the first of the pair won, `b` if the second; a tie; or an
                abstention, which counts as asked and says nothing.
            weight: Kept for `outcomes`; the schedule itself does not look at it.

        Raises:
            ValueError: The pair was not asked, or was told already.
        """
        if pair not in self.pending:
            raise ValueError(f"the pair {pair} is not pending")
        self.pending.remove(pair)
        self.told[pair] = Pairing(pair[0], pair[1], choice, weight)
        self._heard(pair, choice)

    @property
    def asked(self) -> int:
        """Pairs handed out so far."""
        return len(self.told) + len(self.pending)

    @property
    def done(self) -> bool:
        """Whether every outcome is in and no pair will be asked any more."""
        return not self.pending and (self.asked >= self.budget or self._exhausted())

    def outcomes(self) -> Outcomes:
        """Everything told so far; candidates never judged are among the items."""
        return tally(self.told.values(), self.items)

    def ranking(self) -> Ranking:
        """The ranking so far.

        Returns:
            By Bradley–Terry with lapses on everything told. Where the outcomes do not yet link
            all candidates there is no ranking, and the reason says so.
        """
        outcomes = self.outcomes()
        problem = connectivity(outcomes).problem
        if problem:
            return no_ranking(problem, method=self.name)
        return fit_lapse(outcomes).ranking().noted(method=self.name)

    @abstractmethod
    def _choose(self, room: int) -> list[Pair]:
        """At most `room` pairs that were never asked."""

    @abstractmethod
    def _exhausted(self) -> bool:
        """Whether there is nothing left to ask, the budget apart; nothing is pending."""

    def _heard(self, pair: Pair, choice: Choice) -> None:  # noqa: B027 - most need no notes
        """Take note of an outcome; `told` holds it already."""

    def _known(self, pair: Pair) -> bool:
        return pair in self.told or pair in self.pending

    def _points(self, pair: Pair) -> tuple[float, float]:
        """Points of the two of a told pair: a tie is half, an abstention too."""
        choice = self.told[pair].choice
        points = 1.0 if choice == "a" else 0.0 if choice == "b" else 0.5
        return points, 1 - points


def sort_pair(x: str, y: str) -> Pair:
    """The two as a `Pair`."""
    return (x, y) if x < y else (y, x)
