"""Self-preference: does a judge favour answers of its own family more than others do?"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

from dikast.stats.ballot_table import BallotTable
from dikast.stats.estimate import Estimate, undefined
from dikast.stats.order_grids import folded
from dikast.stats.resampling import Clusters, Floats, bootstrap_sums
from dikast.stats.significance import Significance, mcnemar_test

Against = Literal["judges", "labels"]


class SelfPreference(NamedTuple):
    """How a judge treats answers of its own family, beside how others treat the same answers."""

    judge: str
    family: str
    own: Estimate
    """Win rate of the family's answers under this judge; a tie is half a win."""
    others: Estimate
    """Win rate of the same answers under the others."""
    preference: Estimate
    """`own` − `others`: positive if the judge favours its family."""
    test: Significance
    """McNemar's: cases where only this judge, or only the others, favour the family."""


def self_preference(
    table: BallotTable,
    criterion: str = "overall",
    *,
    against: Against = "judges",
    by: Clusters | None = None,
    seed: int = 0,
    draws: int = 1000,
) -> list[SelfPreference]:
    """Self-preference of every judge whose family is known.

    A case counts for a judge where exactly one of the two answers is of its family, the judge
    has voted, and so has at least one judge of another family (or there is a label). The others
    of a case are averaged. Both orders are folded leniently.

    Args:
        table: Ballots on pairs, with `systems` and `families`.
        criterion: Which criterion.
        against: Whether others are judges of other families or the labels.
        by: What each case belongs to, such as `table.questions`.
        seed: Of the resampling.
        draws: Resamples.

    Returns:
        One entry per judge with a family, in order of names. Undefined where no case counts.

    Raises:
        ValueError: The table holds no pairs.

    Examples:
        >>> from dikast.stats.ballot_table import Row
        >>> from dikast.types import PreferenceScale
        >>> rows = [Row(f"c{i}", judge, vote) for i in range(4)
        ...         for judge, vote in (("ann", 1), ("bob", -1))]
        >>> table = BallotTable.of(rows, scales={"overall": PreferenceScale()}, pairs=True,
        ...     systems={f"c{i}": ("ann-7b", "other") for i in range(4)},
        ...     families={"ann": "ann", "ann-7b": "ann", "bob": "bob"})
        >>> found = self_preference(table)
        >>> [(entry.judge, entry.preference.value) for entry in found]
        [('ann', 1.0), ('bob', None)]

    References:
        Panickssery et al. (2024), "LLM Evaluators Recognize and Favor Their Own Generations".
    """
    if not table.pairs:
        raise ValueError("self-preference is measured on pairs")
    grid = table.grid(criterion)
    votes = np.sign(folded(grid[:, :, 0], grid[:, :, 1], "lenient"))
    family = [table.families.get(name, "") for name in table.judges]
    wrote = np.array(
        [[table.families.get(name, "") for name in both] for both in table.systems], dtype=object
    ).reshape(-1, 2)
    label = np.sign(table.labels(criterion))
    found = []
    for judge, name in enumerate(table.judges):
        if not family[judge]:
            continue
        own = (wrote == family[judge]).astype(float)
        sign = own[:, 0] - own[:, 1]  # 1 if the first answer is the family's alone
        others = [k for k, other in enumerate(family) if other != family[judge]]
        reference = label if against == "labels" else _mean(votes[:, others])
        figures = _figures(sign * votes[:, judge], sign * reference, sign != 0, by, seed, draws)
        found.append(SelfPreference(name, family[judge], *figures))
    return found


def _mean(votes: Floats) -> Floats:
    given = (~np.isnan(votes)).sum(axis=1)
    return np.where(given > 0, np.nansum(votes, axis=1) / np.maximum(given, 1), np.nan)


def _figures(
    own: Floats, others: Floats, counts: Floats, by: Clusters | None, seed: int, draws: int
) -> tuple[Estimate, Estimate, Estimate, Significance]:
    """Figures from votes in terms of the family: 1 for its answer, 0 a tie, −1 against it."""
    kept = np.asarray(counts, dtype=bool) & ~np.isnan(own) & ~np.isnan(others)
    nulls = int(np.asarray(counts).sum()) - int(kept.sum())
    if not kept.any():
        gap = undefined("no answer of its family was judged by it and by others", nulls=nulls)
        return gap, gap, gap, Significance(None, 0, gap.reason)
    sums = np.column_stack([(1 + own) / 2, (1 + others) / 2, np.ones(len(own))])[kept]
    grouped = None if by is None else np.asarray(by)[kept]

    def mean(one: float, other: float) -> Estimate:
        return bootstrap_sums(
            sums,
            lambda s: (s[..., 0] * one + s[..., 1] * other) / s[..., 2],
            by=grouped,
            nulls=nulls,
            seed=seed,
            draws=draws,
        )

    mine, theirs = np.sign(own[kept]), np.sign(others[kept])
    test = mcnemar_test(int((mine > theirs).sum()), int((mine < theirs).sum()), int(kept.sum()))
    return mean(1, 0), mean(0, 1), mean(1, -1), test
