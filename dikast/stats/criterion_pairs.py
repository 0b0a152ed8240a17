"""Judging pairs criterion by criterion: does a judge see that criteria can point opposite ways?

Votes and labels are signed steps `[case, criterion]` in canonical terms, NaN where missing. Two
criteria of a case *conflict* where their labels name opposite winners.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dikast.stats.accuracy import pair_accuracy
from dikast.stats.estimate import Estimate, undefined
from dikast.stats.order_grids import Bools
from dikast.stats.resampling import Clusters, Floats, bootstrap_sums, of_kept
from dikast.stats.shares import share

NO_CONFLICT = "no case has criteria with opposite winners"


class CriterionScores(NamedTuple):
    """A judge's figures in the manner of Multi-Crit."""

    pacc: Estimate
    """Pluralistic accuracy: share of cases right on every labelled criterion; an abstention is
    not right."""
    tos: Estimate
    """Trade-off sensitivity: share of cases with a conflict where the judge gives two different
    verdicts on at least one conflicting pair of criteria; which way round is not asked."""
    cmr: Estimate
    """Conflict matching rate: share of conflicting pairs of criteria, over all cases, with both
    verdicts right. `n` counts pairs of criteria."""
    accuracy: Estimate
    """Share of right verdicts over all criteria; abstentions are left out and counted."""
    by_criterion: tuple[Estimate, ...]
    """The same for each criterion."""


def criterion_scores(
    votes: Floats,
    truth: Floats,
    *,
    by: Clusters | None = None,
    seed: int = 0,
    draws: int = 1000,
) -> CriterionScores:
    """PAcc, TOS, CMR and accuracy by criterion.

    Args:
        votes: `[case, criterion]`.
        truth: Labels likewise.
        by: What each case belongs to.
        seed: Of the resampling.
        draws: Resamples.

    Returns:
        Undefined without labels, and TOS and CMR without a conflict. An abstention never counts
        as a different verdict; `nulls` counts cases without a label or without a conflict.

    Examples:
        >>> nan = float("nan")
        >>> truth = np.array([[1.0, -1, 1], [1, 1, nan], [-1, 1, nan]])
        >>> votes = np.array([[1.0, 1, -1], [1, 1, nan], [-1, 1, nan]])
        >>> found = criterion_scores(votes, truth)
        >>> [round(f.value, 3) for f in (found.pacc, found.tos, found.cmr, found.accuracy)]
        [0.667, 1.0, 0.333, 0.714]

    References:
        Xiong et al. (2025), "Multi-Crit: Benchmarking Multimodal Judges on Pluralistic
        Criteria-Following".
    """
    if votes.shape != truth.shape:
        raise ValueError(f"votes are {votes.shape} and labels {truth.shape}")
    vote, label = np.sign(votes), np.sign(truth)
    known = ~np.isnan(label)
    labelled = np.asarray(known.any(axis=1))
    right = vote == label
    one, two = np.triu_indices(votes.shape[1], 1)
    conflict = label[:, one] * label[:, two] == -1
    given = ~np.isnan(vote)
    differ = (vote[:, one] != vote[:, two]) & given[:, one] & given[:, two]
    hit = conflict & right[:, one] & right[:, two]
    torn = np.asarray(conflict.any(axis=1))

    def of_cases(hits: Bools, kept: Bools, why: str) -> Estimate:
        return share(
            hits[kept],
            by=of_kept(by, kept, len(kept)),
            nulls=int((~kept).sum()),
            why=why,
            seed=seed,
            draws=draws,
        )

    matched = np.column_stack([hit.sum(axis=1), conflict.sum(axis=1)])[torn].astype(float)
    pairs, nulls = int(conflict.sum()), int((~torn).sum())
    cmr = bootstrap_sums(
        matched,
        lambda s: s[..., 0] / s[..., 1],
        by=of_kept(by, torn, len(torn)),
        nulls=nulls,
        n=pairs,
        seed=seed,
        draws=draws,
    )
    case = np.arange(len(votes)) if by is None else by
    every = pair_accuracy(
        vote.reshape(-1),
        label.reshape(-1),
        by=np.repeat(np.asarray(case), vote.shape[1]),
        seed=seed,
        draws=draws,
    )
    return CriterionScores(
        of_cases((right | ~known).all(axis=1), labelled, "no case has a label"),
        of_cases((conflict & differ).any(axis=1), torn, NO_CONFLICT),
        cmr if pairs else undefined(NO_CONFLICT, nulls=nulls),
        every,
        tuple(
            pair_accuracy(vote[:, k], label[:, k], by=by, seed=seed, draws=draws)
            for k in range(votes.shape[1])
        ),
    )
