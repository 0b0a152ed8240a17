"""Figures by slice: the same figure on parts of the cases, and whether a part stands apart.

A figure by slice is a mean over cases of what each earns (1 where the judge is right, say), so
that one test serves all of them: if the slice did not matter, it would be a random draw of so many
cases from all. Cases are taken as independent of each other.
"""

from __future__ import annotations

import numpy as np
from scipy import stats

from dikast.stats.ballot_table import Bools, Floats
from dikast.stats.significance import AT_LEAST, Significance

FEWEST = 10
"""Fewest cases of a slice that has figures of its own."""


def slice_test(earned: Floats, inside: Bools) -> Significance:
    """Whether a slice's mean can be that of so many cases drawn at random: a permutation test.

    Exact (Fisher's) where each case earns all or nothing; else by the normal law with the
    permutation's own variance, which knows that cases are drawn without putting back.

    Args:
        earned: What each case earned; NaN where the judge did not vote.
        inside: Which cases are of the slice.

    Returns:
        A test against the cases outside; none with fewer than `FEWEST` inside or outside, with
        fewer than 30 in all, or where all cases earn the same.

    Examples:
        >>> earned = np.r_[np.ones(30), np.zeros(10)]
        >>> round(slice_test(earned, np.arange(40) >= 20).p, 4), slice_test(earned, earned > 1).p
        (0.0004, None)
    """
    known = ~np.isnan(earned)
    points, part = earned[known], inside[known]
    total, size = len(points), int(part.sum())
    if min(size, total - size) < FEWEST or total < AT_LEAST:
        return Significance(None, total, f"{size} of {total} cases, and a test takes {FEWEST}")
    if np.ptp(points) == 0:
        return Significance(None, total, "all cases earn the same")
    if ((points == 0) | (points == 1)).all():
        hits, inner = int(points.sum()), int(points[part].sum())
        table = [[inner, size - inner], [hits - inner, total - size - hits + inner]]
        return Significance(float(stats.fisher_exact(np.array(table)).pvalue), total)
    spread = np.sqrt(points.var(ddof=1) * (1 / size - 1 / total))
    apart = abs(float(points[part].mean() - points.mean())) / float(spread)
    return Significance(float(2 * stats.norm.sf(apart)), total)


def with_the_others(votes: Floats, judge: int, reach: float | None = None) -> Floats:
    """By case, how far a judge's vote is that of the others; NaN without its or another vote.

    Args:
        votes: `[case, judge]`.
        judge: Whose agreement is asked for.
        reach: None counts the share of other votes that are equal; a number is the length of the
            scale, and counts 1 less the mean distance as a share of it.

    Examples:
        >>> votes = np.array([[1.0, 1, 0], [1, np.nan, np.nan]])
        >>> with_the_others(votes, 0), with_the_others(votes * 4, 0, 4.0)
        (array([0.5, nan]), array([0.5, nan]))
    """
    own, others = votes[:, [judge]], np.delete(votes, judge, axis=1)
    met = ~np.isnan(own) & ~np.isnan(others)
    near = (own == others).astype(float) if reach is None else 1 - np.abs(own - others) / reach
    number = met.sum(axis=1)
    total = np.where(met, near, 0.0).sum(axis=1)
    return np.where(number > 0, total / np.maximum(number, 1), np.nan)
