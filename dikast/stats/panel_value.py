"""What a panel gains over its best member, and what each seat adds to it.

The panel is taken by plurality of its judges: who decides better with the same votes is the matter
of rules. Votes are `[case, judge]`, NaN for an abstention; labels `[case]`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dikast.stats.ballot_table import Bools
from dikast.stats.estimate import Estimate, undefined
from dikast.stats.resampling import Clusters, Floats, Ints, bootstrap_sums, of_kept


class PanelValue(NamedTuple):
    """Accuracy of a panel, of its best member, and of the panel without each seat."""

    panel: Estimate
    """Accuracy of the plurality; where several lead, the chance of drawing the right one."""
    judges: tuple[Estimate, ...]
    """Accuracy of each judge on the cases where it voted."""
    best: int | None
    """The judge of highest accuracy; of equals the first; None if nobody voted."""
    gain: Estimate
    """`panel` less the best judge's accuracy, the best of each resample: so the interval knows
    that the best was chosen by looking. Among judges about equally good the one that looks best
    is over-rated, and the gain errs low."""
    value: tuple[Estimate, ...]
    """Accuracy of the panel less its accuracy without this judge; negative for a seat that
    costs more than it brings."""


def panel_value(
    votes: Floats,
    truth: Floats,
    *,
    tie: float | None = None,
    split: Bools | None = None,
    by: Clusters | None = None,
    seed: int = 0,
    draws: int = 1000,
) -> PanelValue:
    """What the panel is worth, on labelled cases.

    Args:
        votes: `[case, judge]`, categories as numbers.
        truth: Labels, `[case]`.
        tie: The vote that prefers neither, where every label prefers one: it earns a half, of a
            judge as of the panel, as a coin would. None where a tie is right or wrong like any
            other vote.
        split: `[case, judge]`: judges without a vote whose two orders cancelled. They earn a half
            for themselves and have no say in the panel; one that nobody else decides earns a half
            too.
        by: What each case belongs to.
        seed: Of the resampling.
        draws: Resamples.

    Returns:
        Figures over labelled cases with at least one answer (`nulls` counts labelled ones without);
        the value of a judge is over cases on which others have voted too.

    Examples:
        >>> truth = np.array([1.0, 1, 1, 1])
        >>> votes = np.array([[1.0, 1, 0], [1, 0, 1], [0, 1, 1], [1, 1, 1]])
        >>> found = panel_value(votes, truth)
        >>> found.panel.value, found.judges[0].value, found.gain.value, found.value[0].value
        (1.0, 0.75, 0.25, 0.25)
    """
    labelled = ~np.isnan(truth)
    halved = np.zeros(votes.shape, dtype=bool) if split is None else split & np.isnan(votes)
    halved = halved | (votes == tie) if tie is not None else halved
    kept = labelled & (~np.isnan(votes) | halved).any(axis=1)
    nulls = int((labelled & ~kept).sum())
    ballots, label = votes[kept], truth[kept]
    if not len(label):
        gap = undefined("no labelled case has a vote", nulls=nulls)
        many = (gap,) * votes.shape[1]
        return PanelValue(gap, many, None, gap, many)
    grouped = of_kept(by, kept, len(kept))
    given = ~np.isnan(ballots) | halved[kept]
    right = np.where(halved[kept], 0.5, ballots == label[:, None])
    whole, parts, shared = _credits(ballots, label, tie, given)
    judges = votes.shape[1]
    sums = np.column_stack([whole, np.ones(len(label)), right, given]).astype(float)

    def ratio(hits: Floats, n: Floats) -> Estimate:
        kept_n = int((n > 0).sum())
        return bootstrap_sums(
            np.column_stack([hits, n]).astype(float),
            lambda s: s[..., 0] / s[..., 1],
            by=grouped,
            nulls=len(n) - kept_n + nulls,
            n=kept_n,
            why="it never voted on a labelled case",
            seed=seed,
            draws=draws,
        )

    def gain(s: Floats) -> Floats:
        each = s[..., 2 : 2 + judges] / s[..., 2 + judges :]
        return np.asarray(s[..., 0] / s[..., 1] - np.nanmax(each, axis=-1))

    accuracies = tuple(ratio(right[:, j], given[:, j].astype(float)) for j in range(judges))
    values = [-1.0 if a.value is None else a.value for a in accuracies]
    return PanelValue(
        ratio(whole, np.ones(len(label))),
        accuracies,
        int(np.argmax(values)),
        bootstrap_sums(sums, gain, by=grouped, nulls=nulls, seed=seed, draws=draws),
        tuple(
            ratio((whole - parts[j]) * shared[j], shared[j].astype(float)) for j in range(judges)
        ),
    )


def _credits(
    ballots: Floats, label: Floats, tie: float | None, given: Bools
) -> tuple[Floats, list[Floats], list[Floats]]:
    """The panel's credit on each case, without each judge, and where others have voted too."""
    names = np.unique(np.concatenate([ballots[~np.isnan(ballots)], label]))
    picked = [(ballots == name).astype(np.int64) for name in names]
    counts = np.stack([one.sum(axis=1) for one in picked], axis=1)
    earned = np.where(names == tie, 0.5, (names == label[:, None]).astype(float))
    parts, shared = [], []
    for judge in range(ballots.shape[1]):
        fewer = counts - np.stack([one[:, judge] for one in picked], axis=1)
        parts.append(_credit(fewer, earned))
        shared.append(np.delete(given, judge, axis=1).any(axis=1).astype(float))
    return _credit(counts, earned), parts, shared


def _credit(counts: Ints, earned: Floats) -> Floats:
    """Mean of what the leading votes earn; a half where all who answered cancelled themselves."""
    most = counts.max(axis=1, keepdims=True)
    leads = counts == most
    mean = (earned * leads).sum(axis=1) / leads.sum(axis=1)
    return np.where(most[:, 0] > 0, mean, 0.5)
