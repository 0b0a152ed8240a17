"""Sage: how far a judge's pairwise verdicts on one question contradict each other.

A question's verdicts are a square matrix `y`: `y[i, j]` is what the judge said when candidate i
was shown first and j second: 1 prefers i, 0 calls a tie, −1 prefers j, NaN abstained. The
diagonal is not read.

References:
    "Are We on the Right Way to Assessing LLM-as-a-Judge?", sections 2.2 and 2.3, equations 2
    and 3. The residual and the consolidated count are ours: an inconsistent pair forces at least
    one change, so TOV as published is mostly IPI again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dikast.stats.estimate import Estimate, undefined
from dikast.stats.intervals import bootstrap, wilson
from dikast.stats.orders import STEPS, Choice
from dikast.stats.outcomes import Outcomes
from dikast.stats.weak_orders import EXACT_UP_TO, nearest_weak_order

Verdicts = npt.NDArray[np.float64]


class Sage(NamedTuple):
    """Consistency of one judge on one question."""

    ipi: Estimate
    """Intra-pair instability: share of pairs whose two orders disagree. `n` counts pairs judged
    in both orders, `nulls` the others."""
    tov: Estimate
    """Total order violation: fewest single verdicts to change until a weak order fits, out of
    n(n − 1). Undefined if any verdict is missing."""
    tov_residual: Estimate
    """TOV less what inconsistent pairs force: C(n,2)·IPI. Never negative."""
    tov_u: Estimate
    """The same minimum on consolidated verdicts, sign(y[i, j] − y[j, i]), counted once per pair:
    the figure that deserves the name transitivity. A clean three-cycle has 1."""
    exact: bool
    """Whether the minima are exact; if not, they are upper bounds."""


def ordered_verdicts(rows: Iterable[tuple[str, str, Choice]], items: Sequence[str]) -> Verdicts:
    """The matrix `y` from rows (shown first, shown second, choice); `a` is the first shown.

    Args:
        rows: At most one per ordered pair; a pair without a row is NaN, like an abstention.
        items: The candidates, in the order of the matrix.

    Raises:
        ValueError: An ordered pair occurs twice.
    """
    at = {item: index for index, item in enumerate(items)}
    y = np.full((len(items), len(items)), np.nan)
    seen: set[tuple[str, str]] = set()
    for first, second, choice in rows:
        if (first, second) in seen:
            raise ValueError(f"`{first}` before `{second}` was judged twice")
        seen.add((first, second))
        step = STEPS[choice]
        y[at[first], at[second]] = np.nan if step is None else step
    return y


def sage(y: Verdicts, *, exact_up_to: int = EXACT_UP_TO) -> Sage:
    """IPI, TOV and what is left of TOV once order effects are taken out.

    Args:
        y: Verdicts in both orders, see the module.
        exact_up_to: With more candidates the minima are upper bounds by local search.

    Returns:
        The four figures; undefined ones say why.

    Examples:
        A judge who always picks the slot shown first contradicts itself on every pair, yet has
        no preference that could be intransitive:

        >>> figures = sage(np.ones((6, 6)))
        >>> figures.ipi.value, figures.tov.value, figures.tov_residual.value, figures.tov_u.value
        (1.0, 15.0, 0.0, 0.0)
    """
    n = len(y)
    upper = np.triu_indices(n, 1)
    forward, swapped = y[upper], -y.T[upper]
    full = ~(np.isnan(forward) | np.isnan(swapped))
    pairs, missing = int(full.sum()), int((~full).sum())
    flips = int((forward[full] != swapped[full]).sum())
    ipi = wilson(flips, pairs, nulls=missing)
    if n < 2 or missing:
        why = f"{missing} pairs lack a verdict" if missing else "there is no pair"
        gap = undefined(why, n=pairs, nulls=missing)
        return Sage(ipi, gap, gap, gap, exact=n <= exact_up_to)
    tov = _violations(forward, swapped, n, exact_up_to)
    sign = np.sign(forward + swapped)
    once = _violations(sign, sign, n, exact_up_to) / 2
    return Sage(
        ipi,
        Estimate(tov, n=pairs),
        Estimate(tov - flips, n=pairs),
        Estimate(once, n=pairs),
        exact=n <= exact_up_to,
    )


def _violations(forward: Verdicts, swapped: Verdicts, n: int, exact_up_to: int) -> float:
    """Fewest verdicts to change; both arguments hold pairs i < j, in terms of i."""
    upper = np.triu_indices(n, 1)
    above, tied = np.zeros((n, n)), np.zeros((n, n))
    for verdict in (forward, swapped):
        above[upper] += verdict != 1
        above.T[upper] += verdict != -1
        tied[upper] += verdict != 0
    return nearest_weak_order(above, tied + tied.T, exact_up_to=exact_up_to).cost


class SageMean(NamedTuple):
    """A judge's consistency over many questions: plain means, with intervals by question."""

    ipi: Estimate
    """Mean over the questions with at least one complete pair; `nulls` counts the others."""
    tov: Estimate
    """Mean over complete questions; `nulls` counts those dropped for a missing verdict."""
    tov_residual: Estimate
    tov_u: Estimate
    missing_pairs: int
    """Pairs without a verdict in both orders, over all questions."""
    exact: bool


def mean_sage(questions: Sequence[Sage], *, seed: int = 0, draws: int = 1000) -> SageMean:
    """Average over questions; what is undefined on a question is left out there and counted.

    Examples:
        >>> mean_sage([sage(np.ones((3, 3))), sage(np.full((3, 3), np.nan))]).tov
        Estimate(value=3.0, reason='', n=1, nulls=1, low=None, high=None)
    """

    def mean(pick: Callable[[Sage], Estimate]) -> Estimate:
        kept = [v for q in questions if (v := pick(q).value) is not None]
        nulls = len(questions) - len(kept)
        if not kept:
            return undefined("defined on no question", nulls=nulls)
        found = bootstrap(kept, lambda xs: float(np.mean(xs)), seed=seed, draws=draws)
        return Estimate(found.value, n=len(kept), nulls=nulls, low=found.low, high=found.high)

    return SageMean(
        mean(lambda q: q.ipi),
        mean(lambda q: q.tov),
        mean(lambda q: q.tov_residual),
        mean(lambda q: q.tov_u),
        missing_pairs=sum(q.ipi.nulls for q in questions),
        exact=all(q.exact for q in questions),
    )


def contradiction_rate(scores: Mapping[str, float | None], outcomes: Outcomes) -> Estimate:
    """Share of judged pairs whose direct scores order them otherwise than the pair verdict.

    Args:
        scores: Mean direct score of each candidate; None where there is none.
        outcomes: Pair verdicts of the same judge or panel.

    Returns:
        The share; a tie contradicts any difference. `nulls` counts pairs with a score missing.

    Examples:
        >>> from dikast.stats.outcomes import tally_rankings
        >>> contradiction_rate({"x": 4, "y": 5, "z": 3}, tally_rankings([["x", "y", "z"]])).value
        0.3333333333333333
    """
    told = [scores.get(item) for item in outcomes.items]
    score = np.array([np.nan if value is None else value for value in told], dtype=float)
    upper = np.triu_indices(len(score), 1)
    judged = outcomes.judged[upper]
    verdict = (outcomes.beats.astype(int) - outcomes.beats.T)[upper]
    difference = np.sign(score[:, None] - score[None, :])[upper]
    known = judged & ~np.isnan(difference)
    wrong = int((verdict != difference)[known].sum())
    return wilson(wrong, int(known.sum()), nulls=int((judged & ~known).sum()))
