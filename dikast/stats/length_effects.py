"""How far length sways a judge: its coefficient, and the win rate once length is taken out.

Lengths come in any one unit (characters, tokens); only differences in units of their own spread
matter.
"""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from dikast.stats.estimate import Estimate, undefined
from dikast.stats.logistic import fit_logistic
from dikast.stats.resampling import Clusters, Floats, clusters
from dikast.stats.reweighting import bootstrap_weights

RIDGE_UNDER = 200
"""Below so many items slopes are shrunk (penalty 1 on their square, halved)."""


def length_coefficient(
    votes: Floats,
    lengths: Floats,
    truth: Floats | None = None,
    *,
    by: Clusters | None = None,
    seed: int = 0,
    draws: int = 1000,
) -> Estimate:
    """Log-odds of choosing the candidate shown first, per standard deviation of how much longer it is.

    A logistic regression on a constant (the pull of the first slot), the difference of lengths,
    and, where there are labels, the label: so that a judge who prefers longer answers only where
    they are better gets no blame for it.

    Args:
        votes: Signed steps in canonical terms, `[case]` or `[case, order]`; the second order is
            the swapped one. Ties are half a win for either; NaN abstains.
        lengths: `[case, 2]`.
        truth: Labels, signed, `[case]`; a case without one counts as neither. None for no control.
        by: What each case belongs to.
        seed: Of the resampling.
        draws: Resamples.

    Returns:
        The coefficient: 0 for a judge whom length does not sway, 0.7 for one whose odds double
        with every standard deviation. Undefined for fewer than ten ballots, if lengths never
        differ, if all ballots choose one slot, or if length or label decides every one of 200 or
        more ballots. `n` counts ballots, `nulls` abstentions and cases without lengths.

    Examples:
        >>> rng = np.random.default_rng(0)
        >>> lengths = rng.integers(50, 500, size=(400, 2)).astype(float)
        >>> z = (lengths[:, 0] - lengths[:, 1]) / np.std(lengths[:, 0] - lengths[:, 1])
        >>> votes = np.where(rng.random(400) < expit(z), 1.0, -1.0)
        >>> found = length_coefficient(votes, lengths, draws=200)
        >>> found.low < 1 < found.high
        True
    """  # noqa: E501
    grid = votes.reshape(len(votes), -1)
    if grid.shape[1] > 2:
        raise ValueError("`votes` must have at most two orders")
    turn = np.array([1.0, -1.0])[: grid.shape[1]]
    longer = (lengths[:, 0] - lengths[:, 1])[:, None] * turn
    columns = [np.sign(grid) * turn, np.broadcast_to(longer, grid.shape)]
    if truth is not None:
        columns.append(np.nan_to_num(np.sign(truth))[:, None] * turn)
    rows = np.stack([np.asarray(column, dtype=float).ravel() for column in columns], axis=1)
    kept = ~np.isnan(rows).any(axis=1)
    rows, nulls = rows[kept], int((~kept).sum())
    why = _unfit(rows, nulls)
    if why is not None:
        return why
    rows[:, 1] /= rows[:, 1].std()
    if truth is not None and np.ptp(np.abs(rows[:, 2])) == 0 and rows[0, 2] == 0:
        rows = rows[:, :2]  # no label at all: nothing to control for
    case = np.arange(len(grid)) if by is None else clusters(by, len(grid))
    grouped = np.repeat(case, grid.shape[1])[kept]
    ridge = np.array([0.0] + [1.0 if len(rows) < RIDGE_UNDER else 0.0] * (rows.shape[1] - 1))

    def slope(part: Floats, weights: Floats) -> Floats:
        x = np.column_stack([np.ones(len(part)), part[:, 1:]])
        return fit_logistic(x, (1 + part[:, 0]) / 2, weights, ridge)[:, 1]

    return bootstrap_weights(
        rows,
        slope,
        by=grouped if grid.shape[1] > 1 or by is not None else None,
        nulls=nulls,
        why="length or label decides every ballot",
        seed=seed,
        draws=draws,
    )


def _unfit(rows: Floats, nulls: int) -> Estimate | None:
    if len(rows) < 10:
        return undefined("fewer than ten ballots with lengths", n=len(rows), nulls=nulls)
    if np.ptp(rows[:, 1]) == 0:
        return undefined("lengths never differ", n=len(rows), nulls=nulls)
    if np.ptp(rows[:, 0]) == 0:
        return undefined("all ballots choose the same slot", n=len(rows), nulls=nulls)
    return None


def length_controlled_win_rate(
    wins: Floats,
    difference: Floats,
    *,
    difficulty: Floats | None = None,
    by: Clusters | None = None,
    seed: int = 0,
    draws: int = 1000,
) -> Estimate:
    """The win rate a system would have against one whose answers are as long as its own.

    A logistic regression of the win on a constant and tanh(length difference / its standard
    deviation), as AlpacaEval 2 has it, evaluated at no difference.

    Args:
        wins: 1 for a win, 0 for a loss, ½ for a tie, NaN for none, `[case]`.
        difference: Length of the system's answer less the other's.
        difficulty: A further column to control for, such as how hard the instruction is, taken at
            its mean; None for none.
        by: What each case belongs to.
        seed: Of the resampling.
        draws: Resamples.

    Returns:
        The rate, 0 to 1. Undefined for fewer than ten cases, and without both wins and losses.
        Under 200 cases the slopes are shrunk, so that a few cases cannot claim a large effect.

    Examples:
        Where length never differs it is the plain win rate:

        >>> wins = np.array([1.0] * 12 + [0] * 8)
        >>> round(length_controlled_win_rate(wins, np.zeros(20)).value, 3)
        0.6

    References:
        Dubois et al. (2024), "Length-Controlled AlpacaEval".
    """
    columns = [wins, difference] + ([] if difficulty is None else [difficulty])
    rows = np.stack(columns, axis=1).astype(float)
    kept = ~np.isnan(rows).any(axis=1)
    rows, nulls, n = rows[kept], int((~kept).sum()), int(kept.sum())
    if n < 10:
        return undefined("fewer than ten cases with lengths", n=n, nulls=nulls)
    if not ((rows[:, 0] > 0.5).any() and (rows[:, 0] < 0.5).any()):
        return undefined("there are not both wins and losses", n=n, nulls=nulls)
    spread = rows[:, 1].std()
    rows[:, 1] = np.tanh(rows[:, 1] / spread) if spread > 0 else 0.0
    for extra in range(2, rows.shape[1]):
        rows[:, extra] -= rows[:, extra].mean()
    shrink = 1.0 if n < RIDGE_UNDER or spread == 0 else 0.0
    ridge = np.array([0.0] + [shrink] * (rows.shape[1] - 1))

    def level(part: Floats, weights: Floats) -> Floats:
        x = np.column_stack([np.ones(len(part)), part[:, 1:]])
        return np.asarray(expit(fit_logistic(x, part[:, 0], weights, ridge)[:, 0]))

    return bootstrap_weights(
        rows,
        level,
        by=None if by is None else clusters(by, len(kept))[kept],
        nulls=nulls,
        why="length decides every case",
        seed=seed,
        draws=draws,
    )
