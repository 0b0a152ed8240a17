"""Plackett–Luce: strengths from full or partial rankings, such as listwise ballots."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import choix

from dikast.stats.outcomes import tally_rankings
from dikast.stats.strengths import Strengths, centred, footing

MODEL = "plackett_luce"


def fit_plackett_luce(
    rankings: Iterable[Sequence[str]],
    items: Sequence[str] | None = None,
    *,
    prior: float | None = None,
) -> Strengths:
    """Fit strengths: each place goes to one of those left, with chance in ratio of strengths.

    Args:
        rankings: Each best first, without ties; candidates a ranking leaves out say nothing.
        items: All candidates; None for those that occur.
        prior: Virtual wins of each candidate, shared among all others; None decides by
            connectivity, see `footing`.

    Returns:
        Strengths, or why there are none.

    Raises:
        UsageError: A ranking names a candidate twice.

    Examples:
        >>> fit = fit_plackett_luce([["x", "y", "z"], ["y", "x", "z"], ["x", "z", "y"]])
        >>> fit.ranking().order
        ('x', 'y', 'z')

    References:
        Maystre and Grossglauser (2015), "Fast and accurate inference of Plackett–Luce models".
    """
    rows = [tuple(ranking) for ranking in rankings]
    outcomes = tally_rankings(rows, items)
    ground = footing(outcomes, prior)
    if ground.problem:
        return Strengths(MODEL, None, ground.problem)
    n = len(outcomes.items)
    at = {item: index for index, item in enumerate(outcomes.items)}
    # Sorted, since the sum over rankings is not exact: their order must not show.
    data = sorted(tuple(at[item] for item in row) for row in rows if len(row) > 1)
    try:
        theta = choix.ilsr_rankings(n, data, alpha=ground.prior / (n - 1), max_iter=1000)
    except RuntimeError:
        return Strengths(MODEL, None, "the fit did not converge in 1000 iterations")
    return Strengths(MODEL, centred(outcomes, theta), prior=ground.prior, note=ground.note)
