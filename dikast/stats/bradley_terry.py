"""Bradley–Terry: P(i beats j) = pᵢ / (pᵢ + pⱼ); a tie counts as half a win each way."""

from __future__ import annotations

import choix
import numpy as np

from dikast.stats.outcomes import Outcomes
from dikast.stats.strengths import Strengths, centred, footing

MODEL = "bradley_terry"


def fit_bradley_terry(outcomes: Outcomes, *, prior: float | None = None) -> Strengths:
    """Fit strengths by maximum likelihood.

    Args:
        outcomes: What was judged.
        prior: Virtual wins and losses of each candidate against an average one; None decides
            by connectivity, see `footing`.

    Returns:
        Strengths, or why there are none.

    Examples:
        >>> from dikast.stats.outcomes import tally_rankings
        >>> fit = fit_bradley_terry(tally_rankings([["x", "y"], ["x", "y"], ["y", "x"]]))
        >>> round(fit.values["x"] - fit.values["y"], 3)  # ln 2
        0.693

    References:
        Bradley and Terry (1952); Maystre and Grossglauser (2015), "Fast and accurate inference
        of Plackett–Luce models".
    """
    ground = footing(outcomes, prior)
    if ground.problem:
        return Strengths(MODEL, None, ground.problem)
    n = len(outcomes.items)
    won = np.zeros((n + 1, n + 1))  # the last one is the average candidate of the prior
    won[:n, :n] = outcomes.wins + outcomes.ties / 2
    won[n, :n] = won[:n, n] = ground.prior
    size = n + 1 if ground.prior else n
    try:
        theta = choix.ilsr_pairwise_dense(won[:size, :size], max_iter=1000)[:n]
    except RuntimeError:
        return Strengths(MODEL, None, "the fit did not converge in 1000 iterations")
    return Strengths(MODEL, centred(outcomes, theta), prior=ground.prior, note=ground.note)
