"""One vote per family: seats of one maker share a vote, since they share their errors."""

from __future__ import annotations

from collections import Counter

import numpy as np

from dikast.rules._fitting import NotEnough
from dikast.rules._weighing import Weighted, listed, named, voted_on
from dikast.stats.ballot_table import BallotTable


def fit(table: BallotTable) -> Weighted:
    """Give every family one vote, split evenly among its judges; nothing else is looked at.

    A judge of unknown family is a family of its own.

    Args:
        table: Ballots, with families.

    Raises:
        NotEnough: No judge's family is known.

    Examples:
        >>> from dikast.stats.ballot_table import Row
        >>> from dikast.types import YesNoScale
        >>> table = BallotTable.of([Row("c", who, 1) for who in ("a", "b", "x")],
        ...     scales={"overall": YesNoScale()}, families={"a": "acme", "b": "acme"})
        >>> fit(table).weights["overall"]
        {'a': 0.5, 'b': 0.5, 'x': 1.0}
    """
    known = [judge for judge in table.judges if judge in table.families]
    if not known:
        raise NotEnough(
            "no judge's family is known.", hint="Name judges after their models, or give families."
        )
    sizes = Counter(table.families[judge] for judge in known)
    weights = np.array([1 / sizes.get(table.families.get(judge, ""), 1) for judge in table.judges])
    shared = [f"{family} ({size})" for family, size in sorted(sizes.items()) if size > 1]
    return Weighted(
        weights={criterion: named(weights, table) for criterion in voted_on(table)},
        why=(
            f"One vote per family; seats that share one: {', '.join(shared)}."
            if shared
            else f"One vote per family; {listed(list(table.judges))} share none, so that all count "
            "alike."
        ),
    )
