"""Sage's figures from recorded ballots: the pairs of one question, its systems as the items."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dikast.stats.ballot_table import BallotTable
from dikast.stats.resampling import Floats, Ints
from dikast.stats.sage import Sage, SageMean, mean_sage, sage
from dikast.stats.weak_orders import EXACT_UP_TO


class QuestionVerdicts(NamedTuple):
    """All judges' verdicts on the pairs of one question."""

    question: str
    items: tuple[str, ...]
    """Systems, sorted."""
    y: Floats
    """`[judge, item shown first, item shown second]`, as in `sage`; NaN without a verdict."""


def question_verdicts(table: BallotTable, criterion: str = "overall") -> list[QuestionVerdicts]:
    """Verdicts of every question that at least two systems answered, in order of its name.

    Samples of one order are folded; where two cases compare the same two systems on one question,
    their signs are added.

    Args:
        table: Ballots on pairs, with `systems` and `questions`.
        criterion: Which criterion.

    Raises:
        ValueError: The table holds no pairs, or names no systems.

    Examples:
        >>> from dikast.stats.ballot_table import Row
        >>> from dikast.types import PreferenceScale
        >>> rows = [Row("c", "ann", 1), Row("c", "ann", -1, swapped=True)]
        >>> table = BallotTable.of(rows, scales={"overall": PreferenceScale()}, pairs=True,
        ...                        systems={"c": ("x", "y")}, questions={"c": "q"})
        >>> question_verdicts(table)[0].y[0].tolist()
        [[nan, 1.0], [1.0, nan]]
    """
    if not table.pairs:
        raise ValueError("Sage's figures are of pairs")
    grid = np.sign(table.grid(criterion))
    named = np.array([bool(a) and bool(b) and a != b for a, b in table.systems], dtype=bool)
    if not named.any():
        raise ValueError("the table does not say which systems are compared (`systems`)")
    questions, asked = np.unique(np.asarray(table.questions), return_inverse=True)
    found = []
    for number, cases in enumerate(
        _groups(asked.reshape(-1).astype(np.int64), named, len(questions))
    ):
        if not len(cases):
            continue
        items = tuple(sorted({name for case in cases for name in table.systems[case]}))
        at = {name: place for place, name in enumerate(items)}
        first, second = np.array([[at[name] for name in table.systems[case]] for case in cases]).T
        total = np.zeros((len(table.judges), len(items), len(items)))
        votes = np.zeros_like(total)
        judge = np.arange(len(table.judges))
        for order, (one, other) in enumerate(((first, second), (second, first))):
            sign = grid[cases, :, order] * (1 if order == 0 else -1)
            place = (judge[None, :], one[:, None], other[:, None])
            np.add.at(total, place, np.nan_to_num(sign))
            np.add.at(votes, place, ~np.isnan(sign))
        y = np.where(votes > 0, np.sign(total), np.nan)
        found.append(QuestionVerdicts(str(questions[number]), items, y))
    return found


def _groups(code: Ints, kept: npt.NDArray[np.bool_], size: int) -> list[Ints]:
    """Rows of each code."""
    rows = np.flatnonzero(kept)
    order = rows[np.argsort(code[rows], kind="stable")]
    return np.split(order, np.cumsum(np.bincount(code[rows], minlength=size))[:-1])


def table_sage(
    table: BallotTable,
    criterion: str = "overall",
    *,
    exact_up_to: int = EXACT_UP_TO,
    seed: int = 0,
    draws: int = 1000,
) -> dict[str, SageMean]:
    """IPI, TOV and the rest for every judge, averaged over questions.

    Args:
        table: Ballots on pairs, with `systems` and `questions`.
        criterion: Which criterion.
        exact_up_to: With more systems the minima are upper bounds.
        seed: Of the resampling of questions.
        draws: Resamples.

    Returns:
        By judge. A question with a missing verdict plays no part in TOV, its complete pairs do
        in IPI.

    Examples:
        A judge who always names the first slot contradicts itself on every pair:

        >>> from dikast.stats.ballot_table import Row
        >>> from dikast.types import PreferenceScale
        >>> pairs = [("x", "y"), ("x", "z"), ("y", "z")]
        >>> rows = [Row(f"c{k}", "ann", -1.0 if swapped else 1.0, swapped=swapped)
        ...         for k in range(3) for swapped in (False, True)]
        >>> table = BallotTable.of(rows, scales={"overall": PreferenceScale()}, pairs=True,
        ...     systems={f"c{k}": pair for k, pair in enumerate(pairs)},
        ...     questions={f"c{k}": "q" for k in range(3)})
        >>> found = table_sage(table)["ann"]
        >>> found.ipi.value, found.tov.value, found.tov_u.value
        (1.0, 3.0, 0.0)
    """
    questions = question_verdicts(table, criterion)
    known: dict[bytes, Sage] = {}

    def once(y: Floats) -> Sage:
        """Judges often give the same verdicts on a question, and few items have few patterns."""
        key = np.ascontiguousarray(np.nan_to_num(y, nan=9)).tobytes()
        if key not in known:
            known[key] = sage(y, exact_up_to=exact_up_to)
        return known[key]

    return {
        name: mean_sage([once(q.y[judge]) for q in questions], seed=seed, draws=draws)
        for judge, name in enumerate(table.judges)
    }
