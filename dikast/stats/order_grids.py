"""What two presentation orders say about a judge, for whole columns of votes.

`forward` and `swapped` are columns `[case]` of signed steps in canonical terms: positive favours
the canonically first candidate, which was shown first in `forward` and second in `swapped`. NaN is
an abstention. The same figures for lists of choices are in `order_scores`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dikast.stats.estimate import Estimate
from dikast.stats.order_scores import OrderBias
from dikast.stats.orders import Folding
from dikast.stats.resampling import Clusters, Floats, bootstrap_sums, clusters, of_kept
from dikast.stats.shares import share

Bools = npt.NDArray[np.bool_]
ONE_ORDER = "no pair was judged in both orders"


def folded(forward: Floats, swapped: Floats, how: Folding = "strict") -> Floats:
    """What a judge holds about each pair; NaN abstains. As `orders.fold_steps`, for columns.

    Args:
        forward: Votes with the canonically first candidate shown first.
        swapped: Votes with it shown second, the swap undone.
        how: `strict` or `lenient`.

    Examples:
        >>> forward, swapped = np.array([1.0, 1, 2, 1]), np.array([1.0, -1, 1, np.nan])
        >>> folded(forward, swapped).tolist(), folded(forward, swapped, "lenient").tolist()
        ([1.0, 0.0, 1.0, nan], [1.0, 0.0, 1.0, 1.0])
    """
    if how not in ("strict", "lenient"):
        raise ValueError(f"`how` must be `strict` or `lenient`, got {how!r}")
    if how == "strict":
        same = np.sign(forward) == np.sign(swapped)
        weaker = np.sign(forward) * np.minimum(np.abs(forward), np.abs(swapped))
        missing = np.isnan(forward) | np.isnan(swapped)
        return np.where(missing, np.nan, np.where(same, weaker, 0.0) + 0.0)
    both = np.stack([forward, swapped])
    given = (~np.isnan(both)).sum(axis=0)
    total = np.nansum(both, axis=0)
    size = np.where(total != 0, np.maximum(1, np.abs(total) // np.maximum(given, 1)), 0)
    return np.where(given > 0, np.sign(total) * size + 0.0, np.nan)


def order_consistency(
    forward: Floats,
    swapped: Floats,
    *,
    by: Clusters | None = None,
    seed: int = 0,
    draws: int = 1000,
) -> Estimate:
    """Share of pairs whose two orders gave the same choice; pairs with an abstention are nulls.

    Args:
        forward: Votes with the canonically first candidate shown first.
        swapped: Votes with it shown second, the swap undone.
        by: What each case belongs to.
        seed: Of the resampling.
        draws: Resamples.

    Examples:
        >>> order_consistency(np.array([1.0, 1, np.nan]), np.array([1.0, -1, np.nan])).value
        0.5
    """
    shift, kept = _shift(forward, swapped)
    return _share(shift == 0, kept, by, seed, draws)


def first_position_rate(
    forward: Floats,
    swapped: Floats | None = None,
    *,
    by: Clusters | None = None,
    seed: int = 0,
    draws: int = 1000,
) -> Estimate:
    """Share of decisive answers that chose the slot shown first; 0.5 is unbiased.

    Args:
        forward: Votes with the canonically first candidate shown first.
        swapped: Votes with it shown second; None where pairs were judged in one order only, and
            then 0.5 is unbiased only if the better candidate stood first as often as second.
        by: What each case belongs to.
        seed: Of the resampling.
        draws: Resamples.

    Returns:
        The share over ballots: `n` counts decisive ones, `nulls` ties and abstentions. The
        interval knows that the two of a pair belong together.

    Examples:
        >>> first_position_rate(np.array([1.0, 1, 1]), np.array([-1.0, -1, 1])).value
        0.8333333333333334
    """
    slots = np.sign(forward)[:, None]
    if swapped is not None:
        slots = np.column_stack([slots, -np.sign(swapped)])
    decisive = ~np.isnan(slots) & (slots != 0)
    case = np.arange(len(slots)) if by is None else clusters(by, len(slots))
    return share(
        slots[decisive] > 0,
        by=np.repeat(case[:, None], slots.shape[1], axis=1)[decisive],
        nulls=int((~decisive).sum()),
        why="no decisive answer",
        seed=seed,
        draws=draws,
    )


def order_bias(
    forward: Floats,
    swapped: Floats,
    *,
    by: Clusters | None = None,
    seed: int = 0,
    draws: int = 1000,
) -> OrderBias:
    """Shares of pairs that moved toward the slot shown first or last; win to tie counts.

    Args as for `order_consistency`.

    Examples:
        >>> bias = order_bias(np.ones(5), np.array([1.0, 1, 1, -1, 0]))
        >>> bias.consistency.value, bias.prefer_first.value, bias.delta_bias.value
        (0.6, 0.4, 0.4)

    References:
        Zhu et al. (2023), "JudgeLM".
    """
    shift, kept = _shift(forward, swapped)
    sums = np.column_stack([shift > 0, shift < 0, np.ones(len(shift))]).astype(float)
    delta = bootstrap_sums(
        sums,
        lambda s: np.abs(s[..., 0] - s[..., 1]) / s[..., 2],
        by=of_kept(by, kept, len(kept)),
        nulls=int((~kept).sum()),
        seed=seed,
        draws=draws,
    )
    if not len(shift):
        delta = _share(shift == 0, kept, by, seed, draws)
    return OrderBias(
        _share(shift == 0, kept, by, seed, draws),
        _share(shift > 0, kept, by, seed, draws),
        _share(shift < 0, kept, by, seed, draws),
        delta,
        _share(shift != 0, kept, by, seed, draws),
    )


class OrderConflicts(NamedTuple):
    """What becomes of a pair when its order is turned: four shares that add up to one."""

    consistent: Estimate
    """Both orders say the same."""
    biased_first: Estimate
    """Each order names the candidate shown first as the winner: a conflict."""
    biased_last: Estimate
    """Each order names the candidate shown last as the winner: a conflict."""
    half: Estimate
    """One order has a winner, the other a tie."""


def order_conflicts(
    forward: Floats,
    swapped: Floats,
    *,
    by: Clusters | None = None,
    seed: int = 0,
    draws: int = 1000,
) -> OrderConflicts:
    """Consistency and conflicts in the manner of MT-bench's table of position bias.

    Args as for `order_consistency`; pairs with an abstention (MT-bench's errors) are `nulls`.

    Examples:
        >>> found = order_conflicts(np.array([1.0, 1, 0, -1]), np.array([1.0, -1, 1, 1]))
        >>> [share.value for share in found]
        [0.25, 0.25, 0.25, 0.25]

    References:
        Zheng et al. (2023), "Judging LLM-as-a-Judge with MT-Bench and Chatbot Arena".
    """
    shift, kept = _shift(forward, swapped)
    kinds = (shift == 0, shift == 2, shift == -2, np.abs(shift) == 1)
    return OrderConflicts(*(_share(kind, kept, by, seed, draws) for kind in kinds))


def verdict_entropies(votes: Floats) -> Floats:
    """Entropy of each case's answers over win, tie and loss, in nats: 0 to ln 3.

    High entropy over samples in both orders marks the pairs worth a person's time.

    Args:
        votes: `[case, …]`, all answers on a case in canonical terms, NaN for none.

    Returns:
        By case; NaN for a case without an answer.

    Examples:
        >>> verdict_entropies(np.array([[1.0, 1, 1, 1, 0, -1], [1] * 6])).round(3).tolist()
        [0.868, 0.0]

    References:
        Wang et al. (2023), "Large Language Models are not Fair Evaluators".
    """
    sign = np.sign(votes.reshape(len(votes), -1))
    counts = np.stack([(sign == step).sum(axis=1) for step in (-1, 0, 1)], axis=1)
    total = counts.sum(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        part = counts / total
        logs = np.where(part > 0, part * np.log(part), 0.0)
    return np.where(total[:, 0] > 0, -logs.sum(axis=1) + 0.0, np.nan)


def _shift(forward: Floats, swapped: Floats) -> tuple[Floats, Bools]:
    """How far each pair judged in both orders moved toward the slot shown first: −2 to 2."""
    if len(forward) != len(swapped):
        raise ValueError(f"{len(forward)} pairs in one order, {len(swapped)} in the other")
    shift = np.sign(forward) - np.sign(swapped)
    kept = np.asarray(~np.isnan(shift))
    return shift[kept], kept


def _share(hits: Bools, kept: Bools, by: Clusters | None, seed: int, draws: int) -> Estimate:
    return share(
        hits,
        by=of_kept(by, kept, len(kept)),
        nulls=int((~kept).sum()),
        why=ONE_ORDER,
        seed=seed,
        draws=draws,
    )
