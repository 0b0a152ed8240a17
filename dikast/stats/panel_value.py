"""What a panel gains over its best member, and what each seat adds to it.

The panel is taken by plurality of its judges: who decides better with the same votes is the matter
of rules. Votes are `[case, judge]`, NaN for an abstention; labels `[case]`. What a judge or a panel
decides earns what `panel_votes.credit` says, a tied vote included.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dikast.stats.estimate import Estimate, undefined
from dikast.stats.panel_votes import credit, left_open
from dikast.stats.resampling import Clusters, Floats, Ints, bootstrap_sums, of_kept
from dikast.types import Scale


class PanelValue(NamedTuple):
    """Accuracy of a panel, of its best member, and of the panel without each seat."""

    panel: Estimate
    """Accuracy of the plurality over all labelled cases."""
    open: int
    """Labelled cases that the plurality leaves open."""
    judges: tuple[Estimate, ...]
    """Accuracy of each judge on all labelled cases, as a bench of one: an abstention leaves the
    case open."""
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
    scale: Scale,
    *,
    by: Clusters | None = None,
    seed: int = 0,
    draws: int = 1000,
) -> PanelValue:
    """What the panel is worth, on labelled cases.

    Args:
        votes: `[case, judge]`.
        truth: Labels, `[case]`; NaN for a case that is not labelled or was not heard.
        scale: The criterion's scale; it says what an open decision earns. Numbers must be equal.
        by: What each case belongs to.
        seed: Of the resampling.
        draws: Resamples.

    Returns:
        Figures over labelled cases; the value of a judge is over cases on which others have voted
        too.

    Examples:
        >>> from dikast.types import YesNoScale
        >>> truth = np.array([1.0, 1, 1, 1])
        >>> votes = np.array([[1.0, 1, 0], [1, 0, 1], [0, 1, 1], [1, 1, 1]])
        >>> found = panel_value(votes, truth, YesNoScale())
        >>> found.panel.value, found.judges[0].value, found.gain.value, found.value[0].value
        (1.0, 0.75, 0.25, 0.25)
    """
    kept = ~np.isnan(truth)
    ballots, label = votes[kept], truth[kept]
    if not len(label) or np.isnan(ballots).all():
        gap = undefined("no labelled case has a vote", nulls=len(label))
        many = (gap,) * votes.shape[1]
        return PanelValue(gap, 0, many, None, gap, many)
    grouped = of_kept(by, kept, len(kept))
    score, fewer, shared = _decisions(ballots)
    whole = credit(score, label, scale, 0.0)
    alone = [credit(own, label, scale, 0.0) for own in ballots.T]
    judges = votes.shape[1]
    ones = np.ones(len(label))
    sums = np.column_stack([whole, ones, *alone])

    def ratio(hits: Floats, n: Floats) -> Estimate:
        kept_n = int((n > 0).sum())
        return bootstrap_sums(
            np.column_stack([hits, n]).astype(float),
            lambda s: s[..., 0] / s[..., 1],
            by=grouped,
            nulls=len(n) - kept_n,
            n=kept_n,
            why="no other judge voted on a labelled case",
            seed=seed,
            draws=draws,
        )

    def gain(s: Floats) -> Floats:
        return np.asarray((s[..., 0] - s[..., 2:].max(axis=-1)) / s[..., 1])

    accuracies = tuple(ratio(own, ones) for own in alone)
    return PanelValue(
        ratio(whole, ones),
        int(left_open(score, label, scale).sum()),
        accuracies,
        int(np.argmax([own.mean() for own in alone])),
        bootstrap_sums(sums, gain, by=grouped, seed=seed, draws=draws),
        tuple(
            ratio((whole - credit(fewer[j], label, scale, 0.0)) * shared[j], shared[j])
            for j in range(judges)
        ),
    )


def _decisions(ballots: Floats) -> tuple[Floats, list[Floats], list[Floats]]:
    """The plurality of each case, without each judge, and where others have voted too."""
    names = np.unique(ballots[~np.isnan(ballots)])
    picked = [(ballots == name).astype(np.int64) for name in names]
    counts = np.stack([one.sum(axis=1) for one in picked], axis=1)
    parts, shared = [], []
    for judge in range(ballots.shape[1]):
        fewer = counts - np.stack([one[:, judge] for one in picked], axis=1)
        parts.append(_plurality(fewer, names))
        shared.append((fewer.sum(axis=1) > 0).astype(float))
    return _plurality(counts, names), parts, shared


def _plurality(counts: Ints, names: Floats) -> Floats:
    """What most name; NaN for an equal lead and without a vote."""
    most = counts.max(axis=1)
    alone = (most > 0) & ((counts == most[:, None]).sum(axis=1) == 1)
    return np.where(alone, names[counts.argmax(axis=1)], np.nan)
