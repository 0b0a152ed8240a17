"""Outcomes of many pairs: who beat whom how often, with ties kept apart from wins.

`Outcomes` is dense, so that a thousand candidates with every pair judged are one matrix;
`outcome_graph` gives the same as a networkx graph, for pictures and for walking.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import networkx as nx
import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from dikast.errors import UsageError
from dikast.stats.estimate import Estimate, undefined
from dikast.stats.orders import Choice

FloatMatrix = npt.NDArray[np.float64]
BoolMatrix = npt.NDArray[np.bool_]

SLACK = 1e-9
"""Weights are sums of floats: a net margin below this is a tie."""


class Pairing(NamedTuple):
    """One outcome of a pair: a folded ballot, or a panel's verdict on the pair."""

    a: str
    b: str
    choice: Choice
    weight: float = 1.0
    """How much it counts: a judge's weight, or a panel's margin."""


@dataclass(frozen=True, eq=False)
class Outcomes:
    """How often each candidate beat each other one, and how often they tied.

    Examples:
        >>> seen = tally([Pairing("x", "y", "a"), Pairing("y", "z", "tie")])
        >>> seen.items, float(seen.wins[0, 1]), float(seen.ties[2, 1])
        (('x', 'y', 'z'), 1.0, 1.0)
    """

    items: tuple[str, ...]
    """Candidate ids, sorted: the order in which they were given never matters."""
    wins: FloatMatrix
    """`[i, j]`: weight with which item i beat item j; not negative, diagonal zero."""
    ties: FloatMatrix
    """`[i, j]`: weight with which the two tied; symmetric."""
    nulls: int = 0
    """Pairings that abstained."""

    @property
    def judged(self) -> BoolMatrix:
        """`[i, j]`: the pair has a win or a tie."""
        return (self.wins + self.wins.T + self.ties) > 0

    @property
    def net(self) -> FloatMatrix:
        """Wins of i over j minus wins of j over i; antisymmetric."""
        return self.wins - self.wins.T

    @property
    def beats(self) -> BoolMatrix:
        """`[i, j]`: on the whole, i won against j."""
        return self.net > SLACK

    @property
    def tied(self) -> BoolMatrix:
        """`[i, j]`: judged, and neither won on the whole."""
        beats = self.beats
        return self.judged & ~beats & ~beats.T

    def only(self, items: Iterable[str]) -> Outcomes:
        """The outcomes among some of the candidates."""
        kept = sorted(set(items))
        at = [self.items.index(item) for item in kept]
        grid = np.ix_(at, at)
        return Outcomes(tuple(kept), self.wins[grid], self.ties[grid], self.nulls)


def check_items(items: Sequence[str]) -> tuple[str, ...]:
    """Candidate ids, sorted.

    Raises:
        UsageError: There are fewer than two, or an id occurs twice or is empty.
    """
    if len(set(items)) < len(items):
        twice = sorted({item for item in items if items.count(item) > 1})[0]
        raise UsageError(f"candidate `{twice}` occurs twice.", hint="Give every candidate an id.")
    if any(not item for item in items):
        raise UsageError("a candidate has an empty id.", hint="Give every candidate an id.")
    if len(items) < 2:
        raise UsageError(f"ranking needs two candidates or more, got {len(items)}.")
    return tuple(sorted(items))


def tally(pairings: Iterable[Pairing], items: Sequence[str] | None = None) -> Outcomes:
    """Add up the outcomes of pairs.

    Args:
        pairings: In any order; several about one pair add up, abstentions are only counted.
        items: All candidates, also those never judged; None for those that occur.

    Raises:
        UsageError: A candidate meets itself or is not among `items`, a weight is negative or
            not finite, or the ids are no good.
    """
    rows = list(pairings)
    names = check_items(items if items is not None else sorted({i for r in rows for i in r[:2]}))
    at = {item: index for index, item in enumerate(names)}
    for row in rows:
        if row.a == row.b or row.a not in at or row.b not in at:
            raise UsageError(f"the pair `{row.a}`, `{row.b}` is not a pair of the candidates.")
        if not 0 <= row.weight < np.inf:
            raise UsageError(f"the weight of `{row.a}`, `{row.b}` must be finite and not negative.")
    kept = [row for row in rows if row.choice != "abstain"]
    winner = [at[r.b] if r.choice == "b" else at[r.a] for r in kept]
    loser = [at[r.a] if r.choice == "b" else at[r.b] for r in kept]
    tie = np.array([r.choice == "tie" for r in kept], dtype=bool)
    sums = [
        _sum(np.array(winner, int)[m], np.array(loser, int)[m], _weights(kept)[m], len(names))
        for m in (~tie, tie)
    ]
    return Outcomes(names, sums[0], sums[1] + sums[1].T, len(rows) - len(kept))


def _weights(rows: list[Pairing]) -> npt.NDArray[np.float64]:
    return np.array([row.weight for row in rows], dtype=float)


def _sum(
    row: npt.NDArray[np.int_], column: npt.NDArray[np.int_], weight: FloatMatrix, n: int
) -> FloatMatrix:
    """Weights added up in a fixed order, so that the rows' order shows not even in rounding."""
    cell = row * n + column
    sort = np.lexsort((weight, cell))
    sums = np.bincount(cell[sort], weights=weight[sort], minlength=n * n)
    return sums.astype(np.float64).reshape(n, n)


def tally_rankings(
    rankings: Iterable[Sequence[str]], items: Sequence[str] | None = None
) -> Outcomes:
    """Every ranking (best first, full or partial) as wins of each candidate over all after it."""
    rows = [list(ranking) for ranking in rankings]
    pairings = [
        Pairing(better, worse, "a")
        for row in rows
        for place, better in enumerate(row)
        for worse in row[place + 1 :]
    ]
    return tally(pairings, items)


def add_outcomes(parts: Sequence[Outcomes]) -> Outcomes:
    """The outcomes of several cases or judges as one; candidates are matched by id.

    Raises:
        UsageError: There are none.
    """
    names = check_items(sorted({item for part in parts for item in part.items}))
    at = {item: index for index, item in enumerate(names)}
    wins = np.zeros((len(names), len(names)))
    ties = wins.copy()
    for part in parts:
        index = [at[item] for item in part.items]
        wins[np.ix_(index, index)] += part.wins
        ties[np.ix_(index, index)] += part.ties
    return Outcomes(names, wins, ties, sum(part.nulls for part in parts))


def win_rates(outcomes: Outcomes) -> dict[str, Estimate]:
    """Share of a candidate's outcomes that it won, a tie counting half.

    Returns:
        By candidate; undefined for one that was never judged. `n` is the weight, rounded.
    """
    won = (outcomes.wins + outcomes.ties / 2).sum(axis=1)
    met = (outcomes.wins + outcomes.wins.T + outcomes.ties).sum(axis=1)
    return {
        item: Estimate(float(w / m), n=round(float(m)))
        if m > 0
        else undefined("never judged against another candidate")
        for item, w, m in zip(outcomes.items, won, met, strict=True)
    }


def outcome_graph(outcomes: Outcomes) -> nx.DiGraph[str]:
    """Edges from winner to loser with `weight` (the net margin); ties are no edges.

    The graph's attribute `ties` lists the tied pairs, each sorted by id.

    Examples:
        >>> graph = outcome_graph(tally([Pairing("x", "y", "b"), Pairing("y", "z", "tie")]))
        >>> list(graph.edges), graph.graph["ties"]
        ([('y', 'x')], [('y', 'z')])
    """
    names = outcomes.items
    tied = np.argwhere(np.triu(outcomes.tied))
    graph: nx.DiGraph[str] = nx.DiGraph(ties=[(names[i], names[j]) for i, j in tied])
    graph.add_nodes_from(names)
    net = outcomes.net
    for i, j in np.argwhere(outcomes.beats):
        graph.add_edge(names[i], names[j], weight=float(net[i, j]))
    return graph


def strong_components(outcomes: Outcomes) -> tuple[tuple[str, ...], ...]:
    """Strongly connected components of the outcome graph, those that beat others first.

    Candidates in one component beat each other in a cycle, directly or through others. The
    order is a topological one; components that no path joins stand in order of their ids.
    """
    graph = outcome_graph(outcomes) if len(outcomes.items) <= 50 else None
    if graph is None:  # a dense graph of networkx takes seconds where a matrix takes none
        return _strong_components(outcomes)
    condensed = nx.condensation(graph)
    order = nx.lexicographical_topological_sort(
        condensed, key=lambda c: min(condensed.nodes[c]["members"])
    )
    return tuple(tuple(sorted(condensed.nodes[c]["members"])) for c in order)


def _components(edges: BoolMatrix, *, strong: bool) -> tuple[int, npt.NDArray[np.int32]]:
    """How many components there are, and which one each item is in."""
    count, label = connected_components(
        csr_array(edges.astype(np.int8)), directed=strong, connection="strong"
    )
    return count, label


def strong_parts(edges: BoolMatrix) -> npt.NDArray[np.int32]:
    """For every item the number of its strongly connected component."""
    return _components(edges, strong=True)[1]


def _strong_components(outcomes: Outcomes) -> tuple[tuple[str, ...], ...]:
    beats = outcomes.beats
    count, label = _components(beats, strong=True)
    members = [[outcomes.items[i] for i in np.flatnonzero(label == c)] for c in range(count)]
    graph: nx.DiGraph[int] = nx.DiGraph()
    graph.add_nodes_from(range(count))
    rows, columns = np.nonzero(beats)
    between = {(a, b) for a, b in zip(label[rows], label[columns], strict=True) if a != b}
    graph.add_edges_from(sorted((int(a), int(b)) for a, b in between))
    order = nx.lexicographical_topological_sort(graph, key=lambda c: members[c][0])
    return tuple(tuple(members[c]) for c in order)


def cyclic_components(outcomes: Outcomes) -> tuple[tuple[str, ...], ...]:
    """Components of two candidates or more: where the judges contradict themselves."""
    return tuple(part for part in strong_components(outcomes) if len(part) > 1)


class Connectivity(NamedTuple):
    """Whether the outcomes suffice to place all candidates on one line."""

    linked: tuple[tuple[str, ...], ...]
    """Groups with no outcome, not even a tie, between them; one group if all hang together."""
    strong: bool
    """Whether every candidate has, through others, beaten or tied every other: only then have
    strengths a finite maximum-likelihood estimate."""

    @property
    def problem(self) -> str:
        """What keeps the candidates from being ranked on one line; empty if nothing does."""
        if len(self.linked) < 2:
            return ""
        groups = "; ".join(_some(group) for group in self.linked[:4])
        more = f" and {len(self.linked) - 4} more" if len(self.linked) > 4 else ""
        return (
            f"the judged pairs fall apart into {len(self.linked)} groups that were never "
            f"compared with each other: {groups}{more}"
        )


def _some(group: Sequence[str]) -> str:
    shown = ", ".join(f"`{item}`" for item in group[:3])
    return shown + (f" and {len(group) - 3} more" if len(group) > 3 else "")


def connectivity(outcomes: Outcomes) -> Connectivity:
    """Test which candidates the outcomes tie together; done before any model is fitted."""
    count, label = _components(outcomes.judged, strong=False)
    linked = sorted(
        tuple(outcomes.items[i] for i in np.flatnonzero(label == c)) for c in range(count)
    )
    strong, _ = _components((outcomes.wins + outcomes.ties) > 0, strong=True)
    return Connectivity(tuple(linked), strong == 1)


def weakest_edges(outcomes: Outcomes, limit: int | None = None) -> list[tuple[str, str]]:
    """Edges inside the cyclic components, weakest margin first: what to hear again.

    Among equal margins, edges on more three-cycles come first, then by id.

    Args:
        outcomes: What was judged.
        limit: At most so many; None for all.

    Returns:
        Pairs (winner, loser).
    """
    parts: Mapping[str, int] = {
        item: number for number, part in enumerate(cyclic_components(outcomes)) for item in part
    }
    beats = outcomes.beats.astype(np.float32)
    on_cycles = (beats @ beats).T
    net = outcomes.net
    edges = [
        (net[i, j], -on_cycles[i, j], outcomes.items[i], outcomes.items[j])
        for i, j in np.argwhere(outcomes.beats)
        if parts.get(outcomes.items[i], -1) == parts.get(outcomes.items[j], -2)
    ]
    return [(winner, loser) for _, _, winner, loser in sorted(edges)[:limit]]
