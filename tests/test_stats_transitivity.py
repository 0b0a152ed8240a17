"""Transitivity: worked figures, brute force on small cases, laws, and a thousand candidates."""

from __future__ import annotations

import subprocess
import sys
from itertools import combinations, permutations, product

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dikast.errors import UsageError
from dikast.stats.feedback import minimum_feedback_arcs
from dikast.stats.linear_orders import (
    contradiction,
    least_contradiction,
    little_contradiction,
)
from dikast.stats.orders import Choice
from dikast.stats.outcomes import (
    Outcomes,
    Pairing,
    add_outcomes,
    connectivity,
    cyclic_components,
    outcome_graph,
    strong_components,
    strong_parts,
    tally,
    tally_rankings,
    weakest_edges,
    win_rates,
)
from dikast.stats.transitivity import (
    UNIFORM_VIOLATIONS,
    circular_triads,
    consistence_test,
    kendall_zeta,
    transitivity,
    triple_classes,
)
from tests.tournaments import pairings, rename, renamings, seen, tournaments

CYCLE = ("x>y", "y>z", "z>x")


@pytest.mark.parametrize(
    ("outcomes", "triads", "zeta"),
    [
        pytest.param(seen(*CYCLE), 1, 0.0, id="three-in-a-cycle"),
        pytest.param(seen("x>y", "y>z", "x>z"), 0, 1.0, id="three-in-order"),
        pytest.param(
            seen("a>b", "b>c", "c>d", "d>a", "a>c", "b>d"), 2, 0.0, id="four-wins-2211-is-the-most"
        ),
        pytest.param(seen("a>b", "b>c", "c>a", "a>d", "b>d", "c>d"), 1, 0.5, id="four-with-one"),
        pytest.param(tally_rankings(["abcde"]), 0, 1.0, id="five-in-order"),
    ],
)
def test_kendall_zeta(outcomes: Outcomes, triads: int, zeta: float) -> None:
    assert circular_triads(outcomes) == triads
    assert kendall_zeta(outcomes).value == zeta


@pytest.mark.parametrize(
    ("outcomes", "reason"),
    [
        pytest.param(seen("x>y"), "three candidates", id="two-candidates"),
        pytest.param(seen("x>y", "y>z"), "1 pairs have no winner", id="a-pair-not-judged"),
        pytest.param(seen("x>y", "y>z", "x=z"), "1 pairs have no winner", id="a-tie"),
    ],
)
def test_zeta_is_undefined_with_a_reason(outcomes: Outcomes, reason: str) -> None:
    found = kendall_zeta(outcomes)
    assert found.value is None
    assert reason in found.reason


def test_the_27_relations_of_a_triple() -> None:
    """13 weak orders; 2 strict cycles, 6 wins into a tie, 6 two ties and a win."""
    kinds = [0, 0, 0, 0]
    three: tuple[Choice, ...] = ("a", "b", "tie")
    for choices in product(three, repeat=3):
        rows = [Pairing(x, y, c) for (x, y), c in zip(combinations("xyz", 2), choices, strict=True)]
        found = triple_classes(tally(rows))
        assert found.complete == 1
        for k, count in enumerate(
            (found.weak_orders, found.cycles, found.wins_into_tie, found.two_ties_and_win)
        ):
            kinds[k] += count
    assert kinds == [13, 2, 6, 6]
    assert sum(kinds[1:]) / 27 == pytest.approx(UNIFORM_VIOLATIONS)


@given(tournaments(least=3, most=6))
def test_triples_are_those_found_one_by_one(outcomes: Outcomes) -> None:
    beats, tied = outcomes.beats, outcomes.tied
    counts = [0, 0, 0, 0, 0]
    for triple in combinations(range(len(outcomes.items)), 3):
        pairs = list(combinations(triple, 2))
        if not all(outcomes.judged[p] for p in pairs):
            continue
        counts[0] += 1
        counts[4] += not any(tied[p] for p in pairs)
        for x, y, z in permutations(triple):
            counts[1] += bool(beats[x, y] and beats[y, z] and beats[z, x])
            counts[2] += bool(beats[x, y] and beats[y, z] and tied[x, z])
            counts[3] += bool(tied[x, y] and tied[y, z] and beats[x, z])
    counts[1] //= 3
    assert list(triple_classes(outcomes)) == counts


@given(tournaments(least=3, most=7, complete=True, ties=False))
def test_triads_of_a_complete_tournament_follow_from_its_wins(outcomes: Outcomes) -> None:
    wins, n = outcomes.beats.sum(axis=1), len(outcomes.items)
    by_wins = n * (n - 1) * (n - 2) // 6 - int((wins * (wins - 1) // 2).sum())
    assert circular_triads(outcomes) == by_wins
    zeta = kendall_zeta(outcomes).value
    assert zeta is not None
    assert 0 <= zeta <= 1


def test_consistence_against_coin_flips() -> None:
    cycle = consistence_test(seen(*CYCLE))
    # Of the eight tournaments of three, two are cycles.
    assert (cycle.triads, cycle.expected, cycle.p_value.value, cycle.method) == (
        1,
        0.25,
        1,
        "exact",
    )
    six = consistence_test(tally_rankings(["abcdef"]))
    assert six.expected == 5
    assert six.p_value.value == pytest.approx(720 / 2**15)  # orders among all tournaments
    assert six.method == "exact"
    ten = consistence_test(tally_rankings(["abcdefghij"]), draws=300, seed=3)
    assert ten.method == "simulated"
    assert ten.p_value.value == pytest.approx(1 / 301)
    assert ten.z is not None
    assert ten.z > 5
    assert ten == consistence_test(tally_rankings(["abcdefghij"]), draws=300, seed=3)
    assert consistence_test(seen("x=y", "y=z", "z=x")).p_value.value is None


# --- orders that contradict least --------------------------------------------------------------


def cheapest(won: np.ndarray) -> tuple[float, set[tuple[int, ...]]]:
    costs = {order: contradiction(won, order) for order in permutations(range(len(won)))}
    least = min(costs.values())
    return least, {order for order, cost in costs.items() if cost <= least + 1e-9}


@given(tournaments(least=2, most=6))
def test_least_contradiction_is_that_of_brute_force(outcomes: Outcomes) -> None:
    cost, orders = cheapest(outcomes.wins)
    best = least_contradiction(outcomes.wins)
    assert best.cost == pytest.approx(cost)
    assert best.order == min(orders)
    n = len(outcomes.items)
    for i, j in permutations(range(n), 2):
        always = all(order.index(i) < order.index(j) for order in orders)
        assert best.forced[i, j] == always


@given(tournaments(least=2, most=6))
def test_feedback_arcs_are_minimal_and_leave_no_cycle(outcomes: Outcomes) -> None:
    margins = np.where(outcomes.beats, outcomes.net, 0.0)
    cost, orders = cheapest(margins)
    found = minimum_feedback_arcs(outcomes)
    assert found.exact
    assert found.weight == pytest.approx(cost)
    graph = outcome_graph(outcomes)
    graph.remove_edges_from(found.arcs)
    assert nx.is_directed_acyclic_graph(graph)
    at = {item: k for k, item in enumerate(outcomes.items)}
    somewhere = {
        (u, v)
        for u, v in outcome_graph(outcomes).edges
        if any(order.index(at[v]) < order.index(at[u]) for order in orders)
    }
    # Orders that differ only between components strike nothing more.
    assert set(found.arcs) <= set(found.suspects) <= somewhere
    inside = {e for part in cyclic_components(outcomes) for e in permutations(part, 2)}
    assert set(found.suspects) == somewhere & inside


@given(tournaments(least=2, most=7))
def test_the_bounded_search_is_an_upper_bound_and_says_so(outcomes: Outcomes) -> None:
    bounded, exact = (
        minimum_feedback_arcs(outcomes, exact_up_to=1),
        minimum_feedback_arcs(outcomes),
    )
    assert bounded.weight >= exact.weight - 1e-9
    assert bounded.exact == (not cyclic_components(outcomes))
    order = little_contradiction(outcomes.wins)
    assert sorted(order) == list(range(len(outcomes.items)))
    graph = outcome_graph(outcomes)
    graph.remove_edges_from(bounded.arcs)
    assert nx.is_directed_acyclic_graph(graph)


def test_the_bounded_search_is_near_the_minimum() -> None:
    rng = np.random.default_rng(5)
    over = []
    for _ in range(20):
        sign = np.triu(rng.choice([-1, 1], (12, 12), p=[0.25, 0.75]), 1)
        won = np.maximum(sign - sign.T, 0).astype(float)
        over.append(
            contradiction(won, little_contradiction(won)) / least_contradiction(won).cost - 1
        )
    assert np.mean(over) < 0.05


def test_a_cycle_within_the_cycle_limit_only() -> None:
    with pytest.raises(ValueError, match="at most 18"):
        least_contradiction(np.zeros((19, 19)))


# --- outcomes and their graph ------------------------------------------------------------------


def test_ties_are_no_edges() -> None:
    graph = outcome_graph(seen("x>y*3", "y>x", "y=z", "x=z*2"))
    assert list(graph.edges(data="weight")) == [("x", "y", 2.0)]
    assert graph.graph["ties"] == [("x", "z"), ("y", "z")]


def test_wins_that_cancel_are_a_tie() -> None:
    outcomes = seen("x>y", "y>x")
    assert outcomes.tied[0, 1]
    assert not outcomes.beats.any()


@given(tournaments(most=6), st.randoms())
def test_the_order_of_rows_never_shows(outcomes: Outcomes, random: object) -> None:
    rows = [row._replace(weight=row.weight / 3) for row in pairings(outcomes)] * 2
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    turned = [
        Pairing(r.b, r.a, {"a": "b", "b": "a", "tie": "tie"}[r.choice], r.weight)  # type: ignore[arg-type]
        for r in shuffled
    ]
    one, two = (tally(r, list(reversed(outcomes.items))) for r in (rows, turned))
    assert (one.wins == two.wins).all()
    assert (one.ties == two.ties).all()


def test_the_order_of_rows_shows_not_even_in_rounding() -> None:
    sums = {
        float(tally([Pairing("x", "y", "a", weight) for weight in order]).wins[0, 1])
        for order in permutations([0.1, 0.2, 0.3, 1e-17])
    }
    assert len(sums) == 1


@given(tournaments(most=7))
def test_components_are_those_of_networkx(outcomes: Outcomes) -> None:
    parts = strong_components(outcomes)
    expected = nx.strongly_connected_components(outcome_graph(outcomes))
    assert {frozenset(part) for part in parts} == {frozenset(part) for part in expected}
    place = {item: k for k, part in enumerate(parts) for item in part}
    assert all(place[u] <= place[v] for u, v in outcome_graph(outcomes).edges)
    label = strong_parts(outcomes.beats)
    for part in parts:
        assert len({int(label[outcomes.items.index(item)]) for item in part}) == 1


@pytest.mark.parametrize(
    ("outcomes", "linked", "strong"),
    [
        pytest.param(seen("x>y", "y>z"), 1, False, id="a-chain-has-no-finite-estimate"),
        pytest.param(seen("x>y", "y>x"), 1, True, id="won-and-lost"),
        pytest.param(seen("x=y", "y=z"), 1, True, id="ties-link-both-ways"),
        pytest.param(seen("x>y", "u>v"), 2, False, id="two-islands"),
        pytest.param(tally([], ["x", "y"]), 2, False, id="nothing-judged"),
    ],
)
def test_connectivity(outcomes: Outcomes, linked: int, strong: bool) -> None:
    found = connectivity(outcomes)
    assert (len(found.linked), found.strong) == (linked, strong)
    assert bool(found.problem) == (linked > 1)


def test_islands_are_named() -> None:
    assert "`u`, `v`; `x`, `y`" in connectivity(seen("x>y", "u>v")).problem


def test_what_to_hear_again_is_the_weakest_edge_of_a_cycle() -> None:
    outcomes = seen("x>y*3", "y>z*2", "z>x", "x>w", "y>w", "z>w")
    assert weakest_edges(outcomes) == [("z", "x"), ("y", "z"), ("x", "y")]
    assert weakest_edges(outcomes, 1) == [("z", "x")]
    assert weakest_edges(seen("x>y")) == []


@pytest.mark.parametrize(
    ("rows", "items", "message"),
    [
        pytest.param([], ["x"], "two candidates or more", id="one-candidate"),
        pytest.param([], ["x", "y", "x"], "`x` occurs twice", id="duplicate-id"),
        pytest.param([], ["x", ""], "empty id", id="empty-id"),
        pytest.param([Pairing("x", "x", "a")], ["x", "y"], "not a pair", id="meets-itself"),
        pytest.param([Pairing("x", "u", "a")], ["x", "y"], "not a pair", id="a-stranger"),
        pytest.param([Pairing("x", "y", "a", -1)], None, "not negative", id="negative-weight"),
        pytest.param([Pairing("x", "y", "a", float("nan"))], None, "finite", id="nan-weight"),
    ],
)
def test_bad_outcomes_are_refused(
    rows: list[Pairing], items: list[str] | None, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        tally(rows, items)


def test_abstentions_are_counted_and_a_pair_without_a_vote_is_not_judged() -> None:
    outcomes = tally([Pairing("x", "y", "abstain"), Pairing("y", "z", "a")])
    assert outcomes.nulls == 1
    assert not outcomes.judged[0, 1]
    rates = win_rates(outcomes)
    assert rates["x"].value is None
    assert (rates["y"].value, rates["z"].value) == (1.0, 0.0)


def test_cases_add_up_by_id() -> None:
    total = add_outcomes([seen("x>y", "y=z"), seen("y>x", "x>y")])
    assert total.items == ("x", "y", "z")
    assert (total.wins[0, 1], total.wins[1, 0], total.ties[1, 2]) == (2, 1, 1)
    assert total.only(["z", "y"]).ties[0, 1] == 1


# --- the whole report --------------------------------------------------------------------------


@given(tournaments(least=3, most=6), renamings())
def test_renaming_candidates_only_renames_the_report(
    outcomes: Outcomes, names: dict[str, str]
) -> None:
    one, two = transitivity(outcomes), transitivity(rename(outcomes, names))
    assert (one.triples, one.zeta, one.ties, one.judged) == (
        two.triples,
        two.zeta,
        two.ties,
        two.judged,
    )
    assert one.feedback.weight == pytest.approx(two.feedback.weight)
    assert {(names[u], names[v]) for u, v in one.feedback.suspects} == set(two.feedback.suspects)
    parts = {frozenset(names[i] for i in part) for part in one.components}
    assert parts == {frozenset(part) for part in two.components}


THOUSAND = """
import pathlib, re, resource
import numpy as np
from dikast.stats.outcomes import Outcomes
from dikast.stats.transitivity import transitivity
rng = np.random.default_rng(0)
n = 1000
sign = np.where(rng.random((n, n)) < 0.9, 1, -1) * (rng.random((n, n)) < 0.9)
sign = np.triu(sign, 1)
sign = sign - sign.T
ties = ((sign == 0) & ~np.eye(n, dtype=bool)).astype(float)
seen = Outcomes(tuple(f"c{k:04}" for k in range(n)), np.maximum(sign, 0).astype(float), ties)
report = transitivity(seen)
# Not ru_maxrss where it can be helped: a child begins with the peak of the process it came from.
status = pathlib.Path("/proc/self/status")
own = re.search(r"VmHWM:\\s+(\\d+)", status.read_text()) if status.exists() else None
peak = int(own[1]) if own else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(peak / 1024)
assert report.triples.complete == n * (n - 1) * (n - 2) // 6
assert report.cyclic and not report.feedback.exact
"""


def test_a_thousand_candidates_take_little_memory() -> None:
    done = subprocess.run(
        [sys.executable, "-c", THOUSAND], capture_output=True, text=True, check=True, timeout=120
    )
    megabytes = float(done.stdout)
    assert megabytes < 1000
