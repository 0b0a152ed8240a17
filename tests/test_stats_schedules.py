"""Schedules: every law that all of them keep, and what each is for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dikast.errors import ConfigError, UsageError
from dikast.stats.listwise import kendall_tau
from dikast.stats.orders import Choice, mirror
from dikast.stats.outcomes import connectivity
from dikast.stats.rankers import rank
from dikast.stats.rankings import Ranking
from dikast.stats.schedules import SCHEDULES, Pair, Schedule, make_schedule
from tests.tournaments import CHOICES, planted

Judge = Callable[[Pair], Choice]
NAMES = [name for name in SCHEDULES if name != "knockout"]


def play(schedule: Schedule, judge: Judge, batch: int = 10**6) -> list[Pair]:
    """Run a schedule to its end; the pairs in the order asked."""
    asked: list[Pair] = []
    while not schedule.done:
        pairs = schedule.next(batch)
        assert pairs, "a schedule that is not done and waits for nothing asks something"
        for pair in pairs:
            schedule.tell(pair, judge(pair))
        asked += pairs
    assert schedule.next(batch) == []
    return asked


def done(schedule: Schedule) -> bool:
    """Asked anew each time: of a property, mypy believes that it never changes."""
    return schedule.done


def by(truth: Mapping[str, float]) -> Judge:
    """A judge who knows the truth; equals tie."""

    def judge(pair: Pair) -> Choice:
        a, b = truth[pair[0]], truth[pair[1]]
        return "a" if a > b else "b" if b > a else "tie"

    return judge


def tau(ranking: Ranking, truth: Mapping[str, float]) -> float:
    found = kendall_tau({item: -rank for item, rank in ranking.ranks.items()}, truth).value
    assert found is not None
    return found


@pytest.mark.parametrize("name", SCHEDULES)
@settings(max_examples=20)
@given(
    n=st.integers(2, 11), budget=st.none() | st.integers(1, 40), seed=st.integers(0, 5),
    batch=st.integers(1, 9), data=st.data(),
)  # fmt: skip
def test_no_pair_is_asked_twice_and_never_more_than_the_budget(
    name: str, n: int, budget: int | None, seed: int, batch: int, data: st.DataObject
) -> None:
    items = [f"c{k}" for k in range(n)]
    schedule = make_schedule(name, items, budget=budget, seed=seed)
    choices = st.sampled_from(CHOICES)
    asked = play(schedule, lambda _: data.draw(choices), batch)
    assert len(set(asked)) == len(asked) == schedule.asked
    assert set(asked) <= set(combinations(sorted(items), 2))
    assert len(asked) <= (n * (n - 1) // 2 if budget is None else budget)
    ranking = schedule.ranking()
    ranked = [item for group in ranking.groups for item in group]
    assert ranked == [] if ranking.reason else sorted(ranked) == sorted(items)


@pytest.mark.parametrize("name", SCHEDULES)
@settings(max_examples=10)
@given(st.permutations([f"c{k}" for k in range(8)]))
def test_the_order_in_which_candidates_are_given_never_shows(name: str, order: list[str]) -> None:
    truth = {item: float(k * 7 % 8) for k, item in enumerate(sorted(order))}
    one = make_schedule(name, sorted(order), budget=14, seed=3)
    two = make_schedule(name, order, budget=14, seed=3)
    assert play(one, by(truth), 3) == play(two, by(truth), 3)
    assert one.ranking() == two.ranking()


@pytest.mark.parametrize("name", SCHEDULES)
@settings(max_examples=10)
@given(st.permutations([f"n{k}" for k in range(9)]))
def test_renaming_candidates_renames_the_pairs_and_nothing_else(name: str, new: list[str]) -> None:
    """With content digests as keys, names are only names."""
    old = [f"c{k}" for k in range(9)]
    names = dict(zip(old, new, strict=True))
    truth = {item: float(k * 5 % 9) for k, item in enumerate(old)}
    one = make_schedule(name, old, budget=20, keys={item: f"text {item}" for item in old})
    two = make_schedule(name, new, budget=20, keys={names[i]: f"text {i}" for i in old})
    pairs = play(one, by(truth), 4)
    renamed = play(two, by({names[item]: s for item, s in truth.items()}), 4)
    assert [{names[x] for x in pair} for pair in pairs] == [set(pair) for pair in renamed]
    assert [{names[i] for i in group} for group in one.ranking().groups] == [
        set(group) for group in two.ranking().groups
    ]


@pytest.mark.parametrize("name", SCHEDULES)
def test_another_seed_is_another_order(name: str) -> None:
    items = [f"c{k}" for k in range(20)]
    first = [make_schedule(name, items, seed=seed).next(5) for seed in range(4)]
    assert len({tuple(pairs) for pairs in first}) == 4


@pytest.mark.parametrize("name", NAMES)
def test_a_judge_who_is_always_right_is_believed(name: str) -> None:
    truth = {f"c{k:02}": float(k * 7 % 12) for k in range(12)}
    schedule = make_schedule(name, list(truth), seed=1)
    play(schedule, by(truth), 5)
    assert schedule.ranking().order == tuple(sorted(truth, key=lambda i: -truth[i]))


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_judge_who_always_ties_makes_one_group(name: str) -> None:
    items = [f"c{k}" for k in range(8)]
    schedule = make_schedule(name, items)
    play(schedule, lambda _: "tie", 3)
    assert schedule.ranking().groups == (tuple(items),)


@pytest.mark.parametrize("name", NAMES)
def test_exchanging_winners_and_losers_turns_the_ranking(name: str) -> None:
    truth, answers = planted(10, accuracy=0.8, seed=4)
    one, two = make_schedule("all_pairs", list(truth)), make_schedule("all_pairs", list(truth))
    play(one, answers.__getitem__)
    play(two, lambda pair: mirror(answers[pair]))
    assert one.ranking().groups == two.ranking().groups[::-1]
    assert name in SCHEDULES


@pytest.mark.parametrize("name", SCHEDULES)
def test_before_the_outcomes_link_all_there_is_no_ranking_or_all_are_equal(name: str) -> None:
    schedule = make_schedule(name, ["x", "y", "z", "w"])
    ranking = schedule.ranking()
    assert ranking.groups == (("w", "x", "y", "z"),) or "never compared" in ranking.reason
    play(schedule, lambda _: "abstain")
    ranking = schedule.ranking()
    assert ranking.groups == (("w", "x", "y", "z"),) or "never compared" in ranking.reason
    assert schedule.outcomes().nulls == schedule.asked


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_schedule_waits_for_what_it_asked(name: str) -> None:
    schedule = make_schedule(name, ["x", "y"])
    (pair,) = schedule.next()
    assert schedule.next(5) == []
    assert not done(schedule)
    with pytest.raises(ValueError, match="not pending"):
        schedule.tell(("x", "z"), "a")
    schedule.tell(pair, "b", weight=2.0)
    assert done(schedule)
    assert schedule.outcomes().wins[1, 0] == 2
    with pytest.raises(ValueError, match="not pending"):
        schedule.tell(pair, "b")


@pytest.mark.parametrize(
    ("items", "budget", "message"),
    [
        pytest.param(["x"], None, "two candidates", id="one-candidate"),
        pytest.param(["x", "x"], None, "`x` occurs twice", id="duplicate-id"),
        pytest.param(["x", "y"], 0, "one pair or more", id="no-budget"),
    ],
)
def test_bad_candidates_and_budgets_are_refused(
    items: list[str], budget: int | None, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        make_schedule("swiss", items, budget=budget)


def test_an_unknown_schedule_is_named_with_its_neighbour() -> None:
    with pytest.raises(ConfigError, match="Did you mean `adaptive`"):
        make_schedule("adaptiv", ["x", "y"])


def test_a_round_robin_cut_short_has_let_all_meet_equally_often() -> None:
    items = [f"c{k}" for k in range(10)]
    asked = make_schedule("all_pairs", items, budget=15).next(100)
    met = [sum(item in pair for pair in asked) for item in items]
    assert met == [3] * 10


def test_merge_sort_takes_about_n_log_n_pairs() -> None:
    truth, _ = planted(64, accuracy=1, seed=0)
    schedule = make_schedule("merge", list(truth))
    asked = play(schedule, by(truth))
    assert len(asked) <= 64 * 6 - 63
    assert tau(schedule.ranking(), truth) == pytest.approx(1)


def test_a_tie_in_a_merge_shows_as_a_group() -> None:
    truth = {"a": 3.0, "b": 2.0, "c": 2.0, "d": 1.0}
    schedule = make_schedule("merge", list(truth), seed=2)
    play(schedule, by(truth))
    assert schedule.ranking().groups == (("a",), ("b", "c"), ("d",))


def test_swiss_rounds_pair_everyone_once() -> None:
    truth, _ = planted(9, accuracy=1, seed=2)
    schedule = make_schedule("swiss", list(truth))
    for _ in range(3):
        pairs = schedule.next(100)
        assert len({item for pair in pairs for item in pair}) == 2 * len(pairs) == 8
        for pair in pairs:
            schedule.tell(pair, by(truth)(pair))


def test_a_batch_of_the_adaptive_schedule_asks_nobody_twice() -> None:
    truth, answers = planted(40, accuracy=0.9, seed=1)
    schedule = make_schedule("adaptive", list(truth), budget=200)
    while not schedule.done:
        pairs = schedule.next(1000)
        assert len({item for pair in pairs for item in pair}) == 2 * len(pairs) <= 20
        for pair in pairs:
            schedule.tell(pair, answers[pair])


def test_a_tie_in_a_merge_keeps_the_processing_order() -> None:
    schedule = make_schedule("merge", ["x", "y", "z", "w"], seed=7)
    line = schedule.lineup
    asked = play(schedule, lambda _: "tie")
    heads = [(0, 1), (2, 3), (0, 2), (1, 2)]
    assert [set(pair) for pair in asked] == [{line[i], line[j]} for i, j in heads]


def test_who_sits_out_a_swiss_round_is_among_the_lowest() -> None:
    for seed in range(10):
        truth, _ = planted(7, accuracy=1, seed=seed)
        schedule = make_schedule("swiss", list(truth), seed=seed)
        for pair in schedule.next(10):
            schedule.tell(pair, by(truth)(pair))
        lost = {b if by(truth)((a, b)) == "a" else a for a, b in schedule.told}
        playing = {item for pair in schedule.next(10) for item in pair}
        assert len(playing) == 6
        assert set(truth) - playing <= lost


@pytest.mark.parametrize("n", [5, 8, 30])
def test_the_adaptive_schedule_links_all_candidates_first(n: int) -> None:
    for seed in range(8):
        truth, answers = planted(n, accuracy=0.9, seed=seed)
        for batch in (1, 10**6):
            schedule = make_schedule("adaptive", list(truth), budget=n - 1, seed=seed)
            play(schedule, answers.__getitem__, batch)
            assert connectivity(schedule.outcomes()).problem == ""


def test_a_knockout_takes_n_less_one_pairs() -> None:
    truth, _ = planted(11, accuracy=1, seed=3)
    schedule = make_schedule("knockout", list(truth), seed=5)
    assert len(play(schedule, by(truth))) == 10
    assert schedule.ranking().winner == max(truth, key=lambda i: truth[i])
    assert schedule.ranking().note == "seed 5"


def test_a_tie_in_the_final_leaves_two_first() -> None:
    truth = {"a": 2.0, "b": 2.0, "c": 1.0, "d": 0.0}
    for seed in range(5):
        schedule = make_schedule("knockout", list(truth), seed=seed)
        play(schedule, by(truth))
        assert {"a", "b"} <= set(schedule.ranking().groups[0])
        assert schedule.ranking().winner is None


def test_a_fifth_of_all_pairs_ranks_a_hundred_as_well_as_all_of_them() -> None:
    """A judge right nine times in ten whatever the gap; the round robin by Bradley–Terry.

    Means over more seeds: `benchmarks/schedules.py`.
    """
    full, fifth = [], []
    for seed in range(2):
        truth, answers = planted(100, accuracy=0.9, seed=seed)
        everything = make_schedule("all_pairs", list(truth), seed=seed)
        play(everything, answers.__getitem__)
        full.append(tau(rank(everything.outcomes(), "bradley_terry"), truth))
        schedule = make_schedule("adaptive", list(truth), budget=990, seed=seed)
        play(schedule, answers.__getitem__)
        fifth.append(tau(schedule.ranking(), truth))
    assert np.mean(full) > 0.91
    assert np.mean(fifth) > np.mean(full)
