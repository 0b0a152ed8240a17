"""A ranking with ties, and how it comes from scores or from a partial order."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
from scipy.sparse.csgraph import connected_components

TOLERANCE = 1e-6
"""Scores nearer than this are equal: fitted strengths are exact only to about so much."""


@dataclass(frozen=True)
class Ranking:
    """Candidates in groups, best first; the members of a group are tied.

    Examples:
        >>> rank_scores({"x": 1.0, "y": 2.0, "z": 1.0}).groups
        (('y',), ('x', 'z'))
    """

    groups: tuple[tuple[str, ...], ...]
    """Tied groups, best first, members sorted by id; empty where `reason` says why."""
    scores: Mapping[str, float] = field(default_factory=dict)
    """The figures that the order follows, if it follows any; higher is better."""
    method: str = ""
    exact: bool = True
    """False if a bounded search stood in for an exhaustive one."""
    cyclic: bool | None = None
    """Whether the outcomes contradict each other in a cycle; None if not looked at."""
    reason: str = ""
    """Why there is no ranking; empty if there is one."""
    note: str = ""
    """What the reader should know of how it was made, such as a prior."""

    @property
    def order(self) -> tuple[str, ...]:
        """All candidates, best first; inside a group by score, then by id."""
        return tuple(
            item
            for group in self.groups
            for item in sorted(group, key=lambda i: (-self.scores.get(i, 0.0), i))
        )

    @property
    def ranks(self) -> dict[str, float]:
        """Rank of every candidate from 1, tied ones sharing the mean of their places."""
        ranks: dict[str, float] = {}
        above = 0
        for group in self.groups:
            ranks.update(dict.fromkeys(group, above + (len(group) + 1) / 2))
            above += len(group)
        return ranks

    @property
    def winner(self) -> str | None:
        """The best candidate; None if the first group is tied or there is no ranking."""
        return self.groups[0][0] if self.groups and len(self.groups[0]) == 1 else None

    def noted(self, **changes: object) -> Ranking:
        """A copy with some fields replaced."""
        return replace(self, **changes)  # type: ignore[arg-type]


def rank_scores(scores: Mapping[str, float], *, tolerance: float = TOLERANCE) -> Ranking:
    """Rank by falling score; scores within `tolerance` of the next higher one are tied.

    Args:
        scores: Candidate to score.
        tolerance: Absolute; fitted figures are never equal to the last digit.
    """
    groups: list[list[str]] = []
    last = np.inf
    for item in sorted(scores, key=lambda i: (-scores[i], i)):
        if groups and last - scores[item] <= tolerance:
            groups[-1].append(item)
        else:
            groups.append([item])
        last = scores[item]
    return Ranking(tuple(tuple(sorted(group)) for group in groups), dict(scores))


def rank_partial_order(
    items: Sequence[str],
    above: npt.NDArray[np.bool_],
    *,
    scores: Mapping[str, float] | None = None,
) -> Ranking:
    """The finest ranking in which nothing is ordered that the partial order leaves open.

    Two candidates that neither stands above the other share a group, and so do chains of such
    pairs; then every member of a group stands above every member of the groups below.

    Args:
        items: Candidates, in the order of the matrix.
        above: `[i, j]`: i certainly stands above j. Need not be transitive: what follows from it
            is added, and candidates in a cycle are not ordered by it.
        scores: Kept with the ranking.

    Examples:
        >>> above = np.array([[0, 1, 1], [0, 0, 0], [0, 0, 0]], dtype=bool)
        >>> rank_partial_order(("x", "y", "z"), above).groups
        (('x',), ('y', 'z'))
    """
    if not len(items):
        return Ranking((), scores or {})
    reach = reachable(above)
    above = reach & ~reach.T
    _, label = connected_components(~(above | above.T), directed=False)
    below = above.sum(axis=1)
    groups = [np.flatnonzero(label == group) for group in range(label.max() + 1)]
    # A member of a higher group stands above every member of the lower ones, so the mean number
    # of candidates below falls strictly from group to group.
    groups.sort(key=lambda members: -below[members].mean())
    named = tuple(tuple(sorted(items[int(i)] for i in members)) for members in groups)
    return Ranking(named, dict(scores or {}))


def merge_groups(ranking: Ranking, together: Iterable[Collection[str]]) -> Ranking:
    """Tie what belongs together, such as the members of a cycle that no hearing resolved.

    What stands between two members is tied with them: it cannot be above one and below the
    other while those are equal.

    Args:
        ranking: Any ranking.
        together: Sets of candidates, none of which may be ordered among themselves.

    Examples:
        >>> merge_groups(rank_scores({"x": 3, "y": 2, "z": 1}), [("x", "z")]).groups
        (('x', 'y', 'z'),)
    """
    place = {item: number for number, group in enumerate(ranking.groups) for item in group}
    groups = list(ranking.groups)
    spans = [
        (min(at), max(at)) for members in together if (at := [place[item] for item in members])
    ]
    result: list[list[str]] = []
    end = -1
    for low, high in sorted([*spans, *((number, number) for number in range(len(groups)))]):
        if low > end:
            result.append([])
        for number in range(max(low, end + 1), high + 1):
            result[-1] += groups[number]
        end = max(end, high)
    return replace(ranking, groups=tuple(tuple(sorted(group)) for group in result))


def reachable(edges: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """`[i, j]`: a path of one edge or more leads from i to j."""
    reach = edges.copy()
    for k in range(len(reach)):
        reach[reach[:, k]] |= reach[k]
    return reach


def no_ranking(reason: str, *, method: str = "") -> Ranking:
    """The answer where nothing can be ranked."""
    return Ranking((), method=method, reason=reason)
