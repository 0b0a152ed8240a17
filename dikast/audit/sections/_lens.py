"""What every section looks through: the votes on one criterion, stacked by ballot, with labels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from dikast.audit.report import About, Figure
from dikast.stats.agreement_matrix import stacked
from dikast.stats.ballot_table import BallotTable, Floats, Ints
from dikast.stats.estimate import Estimate
from dikast.types import Scale


@dataclass(frozen=True)
class Lens:
    """The votes on one criterion of a table.

    Args:
        table: Ballots.
        criterion: Which of its criteria.
        about: What the table's judges are, for the figures: judges, baselines, rules.
        seed: Of resampling.
        draws: Resamples per interval.
    """

    table: BallotTable
    criterion: str
    about: About = "judge"
    seed: int = 0
    draws: int = 1000

    @cached_property
    def scale(self) -> Scale:
        """The criterion's scale."""
        return self.table.scale(self.criterion)

    @cached_property
    def grid(self) -> Floats:
        """`[case, judge, order]`."""
        return self.table.grid(self.criterion)

    @cached_property
    def labels(self) -> Floats:
        """One per case."""
        return self.table.labels(self.criterion)

    @cached_property
    def _stacked(self) -> tuple[Floats, Ints]:
        return stacked(self.grid)

    @property
    def votes(self) -> Floats:
        """`[case × order, judge]`: each presentation order is an item of its own."""
        return self._stacked[0]

    @property
    def by(self) -> Ints:
        """The case of each row of `votes`; its rows are resampled together."""
        return self._stacked[1]

    @cached_property
    def told(self) -> Floats:
        """The label of each row of `votes`."""
        return np.asarray(self.labels[self.by])

    @property
    def options(self) -> dict[str, Any]:
        """How intervals are made."""
        return {"seed": self.seed, "draws": self.draws}

    @property
    def categories(self) -> list[float] | None:
        """All scores that the scale knows; None for numbers."""
        low, high = self.scale.bounds()
        if self.scale.labelled or self.scale.kind == "integer":
            steps = [low + step for step in range(int(high - low) + 1)]
            return steps if len(steps) <= 101 else None
        return None

    @property
    def labelled(self) -> bool:
        """Whether any case has a label on this criterion."""
        return bool((~np.isnan(self.labels)).any())

    def judges(self) -> Iterator[tuple[int, str]]:
        """Each judge's place and name."""
        yield from enumerate(self.table.judges)

    def figure(
        self, name: str, figure: str, estimate: Estimate, *, p: float | None = None
    ) -> Figure:
        """An estimate on this criterion as a figure of the report."""
        return Figure.of(self.about, name, figure, estimate, criterion=self.criterion, p=p)
