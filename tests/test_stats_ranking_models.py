"""Ranking models and voting rules: worked figures, connectivity, laws of names and mirrors."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dikast.errors import ConfigError, UsageError
from dikast.stats.bradley_terry import fit_bradley_terry
from dikast.stats.davidson import fit_davidson
from dikast.stats.elo import elo_expected, elo_ratings
from dikast.stats.lapse import fit_lapse
from dikast.stats.leaderboards import leaderboard
from dikast.stats.orders import mirror
from dikast.stats.outcomes import Outcomes, Pairing, cyclic_components, tally, tally_rankings
from dikast.stats.peer_rank import peer_rank, weighted_choice
from dikast.stats.plackett_luce import fit_plackett_luce
from dikast.stats.position_aware import Showing, fit_position_aware
from dikast.stats.rankers import FITS, VOTES, fit, rank
from dikast.stats.rankings import merge_groups, rank_partial_order, rank_scores
from dikast.stats.rao_kupper import fit_rao_kupper
from dikast.stats.strengths import Strengths
from dikast.stats.voting import (
    kemeny_score,
    rank_borda,
    rank_copeland,
    rank_kemeny,
    rank_ranked_pairs,
)
from tests.tournaments import rename, renamed_groups, renamings, seen, tournaments

THREE = seen("A>B*4", "B>A", "A=B*3", "A>C*6", "C>A", "A=C", "B>C*3", "C>B*2", "B=C*3")


@pytest.mark.parametrize(
    ("model", "strengths", "tie"),
    [
        pytest.param(fit_davidson, (1.134, -0.286, -0.849), 1.03, id="davidson"),
        pytest.param(fit_rao_kupper, (0.856, -0.194, -0.663), 2.16, id="rao-kupper"),
        # The sheet's half-tie figures, -0.186 rounded from -0.1855.
        pytest.param(fit_bradley_terry, (0.738, -0.186, -0.553), None, id="half-ties"),
    ],
)
def test_three_candidates_with_ties(
    model: Callable[[Outcomes], Strengths], strengths: tuple[float, ...], tie: float | None
) -> None:
    found = model(THREE)
    assert found.values is not None
    assert [found.values[i] for i in "ABC"] == pytest.approx(strengths, abs=1e-3)
    assert found.tie == (None if tie is None else pytest.approx(tie, abs=0.01))
    assert found.prior == 0
    assert found.ranking().order == ("A", "B", "C")


def log_likelihood(outcomes: Outcomes, fitted: Strengths) -> float:
    """Written out, as an oracle for both models with ties."""
    assert fitted.values is not None
    total = 0.0
    for i, a in enumerate(outcomes.items):
        for j, b in enumerate(outcomes.items):
            p, q = math.exp(fitted.values[a]), math.exp(fitted.values[b])
            assert fitted.tie is not None
            if fitted.model == "davidson":
                whole = p + q + fitted.tie * math.sqrt(p * q)
                win, tie = p / whole, fitted.tie * math.sqrt(p * q) / whole
            else:
                win = p / (p + fitted.tie * q)
                tie = 1 - win - q / (q + fitted.tie * p)
            total += outcomes.wins[i, j] * math.log(win)
            total += outcomes.ties[i, j] / 2 * math.log(tie) if outcomes.ties[i, j] else 0.0
    return total


@pytest.mark.parametrize("model", [fit_davidson, fit_rao_kupper])
def test_no_step_away_from_the_estimate_is_likelier(
    model: Callable[[Outcomes], Strengths],
) -> None:
    found = model(THREE)
    assert found.values is not None
    best = log_likelihood(THREE, found)
    for item in "ABC":
        for step in (-0.01, 0.01):
            values = dict(found.values) | {item: found.values[item] + step}
            moved = Strengths(found.model, values, tie=found.tie)
            assert log_likelihood(THREE, moved) < best
    for factor in (0.99, 1.01):
        assert found.tie is not None
        moved = Strengths(found.model, found.values, tie=found.tie * factor)
        assert log_likelihood(THREE, moved) < best


def test_without_ties_all_models_are_bradley_terry() -> None:
    outcomes = seen("x>y*3", "y>x", "y>z*2", "z>y", "x>z*2", "z>x")
    base = fit_bradley_terry(outcomes).values
    assert base is not None
    for other, tie in ((fit_davidson(outcomes), 0.0), (fit_rao_kupper(outcomes), 1.0)):
        assert other.values == pytest.approx(base, abs=1e-5)
        assert other.tie == tie


def test_only_ties_make_equals() -> None:
    outcomes = seen("x=y", "y=z", "z=x")
    for name in FITS:
        assert rank(outcomes, name).groups == (("x", "y", "z"),)
    assert fit_davidson(outcomes).tie is None
    assert fit_davidson(outcomes).note == "every outcome is a tie"


@pytest.mark.parametrize("name", FITS)
def test_islands_cannot_be_ranked_on_one_line(name: str) -> None:
    for outcomes in (seen("x>y", "u>v"), tally([Pairing("x", "y", "abstain")])):
        found = fit(outcomes, name)
        assert found.values is None
        assert "never compared with each other" in found.reason
        assert found.ranking().groups == ()
        assert found.ranking().reason == found.reason


@pytest.mark.parametrize("model", [fit_bradley_terry, fit_davidson, fit_rao_kupper])
def test_a_sweep_has_a_prior_and_says_so(model: Callable[..., Strengths]) -> None:
    sweep = seen("x>y", "y>z", "x>z")
    found = model(sweep)
    assert found.ranking().order == ("x", "y", "z")
    assert found.prior == 0.1
    assert "prior of 0.1 virtual wins and losses" in found.note
    assert found.values is not None
    assert all(math.isfinite(v) and abs(v) < 10 for v in found.values.values())
    assert found.values["y"] == pytest.approx(0, abs=1e-4)
    refused = model(sweep, prior=0.0)
    assert refused.values is None
    assert "no finite estimate" in refused.reason
    with pytest.raises(ValueError, match="negative"):
        model(sweep, prior=-1.0)


@pytest.mark.parametrize("model", [fit_davidson, fit_rao_kupper])
def test_ties_that_carry_strengths_to_infinity_are_met_with_a_prior(
    model: Callable[..., Strengths],
) -> None:
    """Each reaches each through wins and ties; yet ever more ties fit ever greater distances."""
    outcomes = seen("a>b", "a=c", "b=c", "a=d")
    found = model(outcomes)
    assert found.prior == 0.1
    assert "no finite estimate" in found.note
    assert found.values is not None
    assert max(map(abs, found.values.values())) < 10
    refused = model(outcomes, prior=0.0)
    assert (refused.values, refused.reason) == (None, "no finite estimate; allow a prior")


def test_lapses_take_the_blame_for_upsets() -> None:
    """One win of the last over the first moves Bradley–Terry more than it moves lapses."""
    order = "abcdefghij"
    upset = tally(
        [Pairing(x, y, "b" if (x, y) == ("a", "j") else "a") for x, y in _pairs(order)] * 2
    )
    plain, robust = fit_bradley_terry(upset), fit_lapse(upset)
    assert robust.lapse is not None
    assert 0 < robust.lapse < 0.2
    assert robust.ranking().order == tuple(order)
    assert plain.values is not None
    assert plain.values["a"] - plain.values["b"] < 0.05


def _pairs(items: str) -> list[tuple[str, str]]:
    return [(x, y) for k, x in enumerate(items) for y in items[k + 1 :]]


@pytest.mark.parametrize("name", [*FITS, *VOTES])
@settings(max_examples=25)
@given(outcomes=tournaments(least=2, most=5), names=renamings())
def test_renaming_candidates_only_renames_the_ranking(
    name: str, outcomes: Outcomes, names: dict[str, str]
) -> None:
    one, two = rank(outcomes, name), rank(rename(outcomes, names), name)
    # Strengths that are equal only up to the optimiser's precision may group either way; then
    # the scores still agree.
    if renamed_groups(one, names) != two.groups:
        assert name in FITS
        assert {names[k]: v for k, v in one.scores.items()} == pytest.approx(two.scores, abs=1e-4)
    assert one.cyclic == two.cyclic
    assert one.reason == "" or two.reason != ""


@pytest.mark.parametrize("name", [*FITS, *VOTES])
@settings(max_examples=25)
@given(outcomes=tournaments(least=2, most=5))
def test_mirrored_outcomes_mirror_the_ranking(name: str, outcomes: Outcomes) -> None:
    turned = Outcomes(outcomes.items, outcomes.wins.T.copy(), outcomes.ties)
    one, two = rank(outcomes, name), rank(turned, name)
    if one.groups != two.groups[::-1]:
        assert name in (*FITS, "borda")  # scores equal up to rounding
        up = {item: -score for item, score in two.scores.items()}
        if name == "borda":  # points are not signed
            met = (outcomes.wins + outcomes.wins.T + outcomes.ties).sum(axis=1)
            up = {i: m - two.scores[i] for i, m in zip(outcomes.items, met, strict=True)}
        assert one.scores == pytest.approx(up, abs=1e-4)


@pytest.mark.parametrize("name", [*FITS, *VOTES])
def test_a_clear_order_is_found_by_every_rule(name: str) -> None:
    outcomes = seen("x>y*5", "y>x", "y>z*5", "z>y", "x>z*5", "z>x")
    assert rank(outcomes, name).groups == (("x",), ("y",), ("z",))
    assert rank(outcomes, name).cyclic is False


def test_an_unknown_model_is_named_with_its_neighbour() -> None:
    with pytest.raises(ConfigError, match="Did you mean `davidson`"):
        rank(THREE, "davidsen")
    with pytest.raises(ConfigError, match="unknown ranking model `borda`"):
        fit(THREE, "borda")


# --- voting ------------------------------------------------------------------------------------

VOTE = tally_rankings(3 * ["abc"] + 2 * ["bca"] + 2 * ["cab"])


def test_seven_ballots_with_a_cycle() -> None:
    assert dict(rank_borda(VOTE).scores) == {"a": 8, "b": 7, "c": 6}
    assert rank_copeland(VOTE).groups == (("a", "b", "c"),)
    assert set(rank_copeland(VOTE).scores.values()) == {0.0}
    assert rank_kemeny(VOTE).groups == (("a",), ("b",), ("c",))
    scores = sorted(kemeny_score(VOTE, order) for order in permutations("abc"))
    assert scores[:2] == [8, 10]
    assert rank_ranked_pairs(VOTE).groups == (("a",), ("b",), ("c",))
    assert all(rank(VOTE, name).cyclic for name in VOTES)


def test_a_clean_cycle_is_one_group_and_never_a_silent_order() -> None:
    cycle = seen("x>y", "y>z", "z>x", "x>w", "y>w", "z>w")
    for name in VOTES:
        found = rank(cycle, name)
        assert found.groups == (("x", "y", "z"), ("w",))
        assert found.cyclic


def test_kemeny_refuses_what_it_cannot_search() -> None:
    names = [f"c{k:02}" for k in range(13)]
    found = rank_kemeny(tally_rankings([names]))
    assert found.groups == ()
    assert "up to 12 candidates, got 13" in found.reason
    assert rank_kemeny(tally_rankings([names]), at_most=13).order == tuple(names)


@given(tournaments(least=2, most=6, complete=True, ties=False))
def test_a_condorcet_winner_wins(outcomes: Outcomes) -> None:
    beaten = outcomes.beats.sum(axis=1)
    winner = [i for i, k in zip(outcomes.items, beaten, strict=True) if k == len(beaten) - 1]
    if winner:
        for rule in (rank_copeland, rank_kemeny, rank_ranked_pairs):
            assert rule(outcomes).winner == winner[0]


@given(tournaments(least=2, most=6))
def test_ranked_pairs_keep_every_outcome_where_there_is_no_cycle(outcomes: Outcomes) -> None:
    ranking = rank_ranked_pairs(outcomes)
    if not cyclic_components(outcomes):
        ranks = ranking.ranks
        for i, j in np.argwhere(outcomes.beats):
            assert ranks[outcomes.items[i]] <= ranks[outcomes.items[j]]


# --- rankings ----------------------------------------------------------------------------------


def test_groups_share_the_mean_of_their_places() -> None:
    ranking = rank_scores({"x": 2.0, "y": 1.0, "z": 2.0 + 1e-9, "w": 0.0})
    assert ranking.groups == (("x", "z"), ("y",), ("w",))
    assert ranking.ranks == {"x": 1.5, "z": 1.5, "y": 3, "w": 4}
    assert ranking.winner is None
    assert ranking.order == ("z", "x", "y", "w")


def test_what_a_partial_order_leaves_open_is_tied() -> None:
    """x above y above z, w above z only: nothing parts w from x and y."""
    above = np.zeros((4, 4), dtype=bool)
    above[0, 1] = above[1, 2] = above[3, 2] = True
    assert rank_partial_order("xyzw", above).groups == (("w", "x", "y"), ("z",))
    above[2, 0] = True
    # A cycle parts nobody in it; w still stands above it.
    assert rank_partial_order("xyzw", above).groups == (("w",), ("x", "y", "z"))


def test_merging_takes_along_what_stands_between() -> None:
    ranking = rank_scores({"v": 5, "w": 4, "x": 3, "y": 2, "z": 1})
    assert merge_groups(ranking, [("w", "y")]).groups == (("v",), ("w", "x", "y"), ("z",))
    assert merge_groups(ranking, [("v", "w"), ("y", "z")]).groups == (
        ("v", "w"),
        ("x",),
        ("y", "z"),
    )
    assert merge_groups(ranking, []).groups == ranking.groups


# --- presentation order, Plackett–Luce, Elo, peers ---------------------------------------------


def showings(seed: int, bias: dict[str, float], n: int = 10) -> list[Showing]:
    rng = np.random.default_rng(seed)
    theta = dict(zip("abcdefghij"[:n], np.linspace(1.2, -1.2, n), strict=True))
    rows = []
    for judge, gamma in bias.items():
        for first, second in permutations(theta, 2):
            p = np.exp([theta[first] + gamma / 2, theta[second] - gamma / 2, -1.0])
            answer = ("a", "b", "tie")[rng.choice(3, p=p / p.sum())]
            rows.append(Showing(judge, first, second, answer))  # type: ignore[arg-type]
    return rows


def test_planted_position_bias_is_measured_within_its_interval() -> None:
    bias = {"fair": 0.0, "first": 1.0, "last": -0.7}
    inside = 0
    for seed in range(12):
        found = fit_position_aware(showings(seed, bias))
        for judge, gamma in bias.items():
            effect = found.order_effects[judge]
            assert effect.low is not None
            assert effect.high is not None
            inside += effect.low <= gamma <= effect.high
    assert inside >= 31  # of 36 at 95 %: fewer has a chance below 2 %


def test_presentation_order_does_not_count_for_a_candidate() -> None:
    """Every pair shown in one order only, to a judge with a strong bias for the first slot."""
    rows = [row for row in showings(4, {"first": 2.5, "fair": 0.0}) if row.first > row.second]
    aware = fit_position_aware(rows)
    naive = fit_bradley_terry(tally([Pairing(r.first, r.second, r.choice) for r in rows]))
    truth = {item: -k for k, item in enumerate("abcdefghij")}

    def disorder(fitted: Strengths) -> int:
        assert fitted.values is not None
        return sum(fitted.values[x] < fitted.values[y] for x, y in _pairs("abcdefghij"))

    assert len(truth) == 10
    assert disorder(aware) < disorder(naive)


def test_exchanging_slots_turns_the_order_effect_and_nothing_else() -> None:
    rows = showings(1, {"one": 0.8, "two": -0.3})
    turned = [Showing(r.judge, r.second, r.first, mirror(r.choice)) for r in rows]
    one, two = fit_position_aware(rows), fit_position_aware(turned)
    assert one.values == pytest.approx(two.values, abs=1e-6)
    for judge in ("one", "two"):
        gamma, minus = one.order_effects[judge].value, two.order_effects[judge].value
        assert gamma is not None
        assert minus == pytest.approx(-gamma, abs=1e-6)


def test_a_judge_of_one_slot_has_no_order_effect_and_spoils_nobody() -> None:
    rows = showings(2, {"fair": 0.0}) + [
        Showing("stuck", x, y, "a") for x, y in permutations("abcdefghij", 2)
    ]
    found = fit_position_aware(rows)
    assert found.order_effects["stuck"].value is None
    assert "only ever chose one slot" in found.order_effects["stuck"].reason
    assert abs(found.order_effects["fair"].value or 9) < 0.8
    tying = fit_position_aware([*rows, Showing("shy", "a", "b", "tie")])
    assert tying.order_effects["shy"].reason == "the judge never preferred a candidate"


def test_without_bias_and_ties_it_is_bradley_terry() -> None:
    both = [
        ("x", "y", 3),
        ("y", "x", 1),
        ("y", "z", 2),
        ("z", "y", 1),
        ("x", "z", 1),
        ("z", "x", 1),
    ]
    rows = []
    for winner, loser, times in both:
        for _ in range(times):
            rows += [Showing("j", winner, loser, "a"), Showing("j", loser, winner, "b")]
    found = fit_position_aware(rows)
    base = fit_bradley_terry(tally([Pairing(w, x, "a", 2 * k) for w, x, k in both]))
    assert found.values == pytest.approx(base.values, abs=1e-5)
    assert found.order_effects["j"].value == pytest.approx(0, abs=1e-6)


def test_plackett_luce_on_pairs_is_bradley_terry() -> None:
    rankings = ["xy", "xy", "yx", "yz", "zy", "yz", "zx", "xz"]
    one = fit_plackett_luce(rankings).values
    assert one == pytest.approx(fit_bradley_terry(tally_rankings(rankings)).values, abs=1e-6)


def test_plackett_luce_takes_partial_rankings_in_any_order() -> None:
    rankings = ["abcd", "bacd", "abdc", "dca", "cb", "d"]
    one, two = fit_plackett_luce(rankings), fit_plackett_luce(rankings[::-1])
    assert one.values == two.values
    assert one.ranking().order[0] in "ab"
    assert fit_plackett_luce(["ab", "cd"]).values is None
    assert fit_plackett_luce(["abc"]).ranking().order == ("a", "b", "c")
    assert "prior" in fit_plackett_luce(["abc"]).note
    with pytest.raises(UsageError, match="not a pair"):
        fit_plackett_luce(["aba"])


def test_elo() -> None:
    assert elo_ratings([Pairing("x", "y", "a")]) == {"x": 1016, "y": 984}
    assert elo_ratings([Pairing("x", "y", "tie")]) == {"x": 1000, "y": 1000}
    assert elo_ratings([Pairing("x", "y", "abstain")]) == {"x": 1000, "y": 1000}
    assert elo_expected(1400, 1000) == pytest.approx(10 / 11)
    stream = [Pairing("x", "y", "a"), Pairing("y", "z", "a"), Pairing("z", "x", "a")]
    assert sum(elo_ratings(stream).values()) == pytest.approx(3000)
    assert elo_ratings(stream) != elo_ratings(stream[::-1])


def test_peers_who_do_equally_well_have_no_weights() -> None:
    found = peer_rank({"x": {"x": 0.5, "y": 0.5}, "y": {"x": 0.5, "y": 0.5}})
    assert found.weights is None
    assert found.reason == "all contestants did equally well"
    with pytest.raises(ValueError, match="every judge"):
        peer_rank({"x": {"x": 1.0}, "y": {"x": 1.0}})


@given(st.lists(st.sampled_from(["a", "b", "tie", "abstain"]), min_size=1, max_size=5))
def test_a_weighted_vote_mirrors(choices: list[str]) -> None:
    weights = {f"j{k}": 1.0 + k for k in range(len(choices))}
    votes = dict(zip(weights, choices, strict=True))
    turned = {judge: mirror(choice) for judge, choice in votes.items()}  # type: ignore[arg-type]
    assert mirror(weighted_choice(votes, weights)) == weighted_choice(turned, weights)  # type: ignore[arg-type]


# --- leaderboards ------------------------------------------------------------------------------


def cases(count: int, seed: int = 0) -> list[Outcomes]:
    """a is far ahead; b and c are equals."""
    rng = np.random.default_rng(seed)
    theta = {"a": 1.5, "b": 0.0, "c": 0.0}
    return [
        tally(
            [
                Pairing(
                    x, y, "a" if rng.random() < 1 / (1 + math.exp(theta[y] - theta[x])) else "b"
                )
                for x, y in _pairs("abc")
            ]
        )
        for _ in range(count)
    ]


def test_a_leaderboard_separates_what_the_cases_separate() -> None:
    board = leaderboard(cases(60), draws=100)
    assert board.ranking.groups == (("a",), ("b", "c"))
    assert board.rows[0].item == "a"
    assert [(row.best_rank, row.worst_rank) for row in board.rows] == [(1, 1), (2, 3), (2, 3)]
    assert board.draws is not None
    assert board.draws.better("a", "b") > 0.99
    assert board.draws.better("b", "c") + board.draws.better("c", "b") == pytest.approx(1)
    first = board.rows[0]
    for figure in (first.strength, first.win_rate):
        assert figure.low is not None
        assert figure.high is not None
        assert figure.value is not None
        assert figure.low < figure.value < figure.high
    assert leaderboard(cases(60), draws=100).rows == board.rows


def test_one_case_has_no_intervals_and_islands_no_board() -> None:
    single = leaderboard([THREE])
    assert single.draws is None
    assert single.rows[0].strength.low is None
    assert (single.rows[0].best_rank, single.rows[0].worst_rank) == (1, 3)
    apart = leaderboard([seen("x>y"), seen("u>v")])
    assert apart.rows == ()
    assert "never compared" in apart.reason
