"""Ranking many candidates: planted orders and biases, cycles heard again, budgets, laws."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dikast.agents.contract import Brief, Critic, Judge
from dikast.errors import ConfigError, InputError
from dikast.graphs.ranking import ranking_graph
from dikast.stats.listwise import kendall_tau
from dikast.types import (
    Abstention,
    Ballot,
    Candidate,
    Case,
    Criterion,
    Docket,
    Gateway,
    RankingResult,
    RankOptions,
    Reason,
)
from tests.judges import Challenger, PairJudge, spec
from tests.test_pairwise import PREFERENCE


def candidates(ids: Sequence[str], texts: Mapping[str, str] | None = None) -> Case:
    known = texts or {}
    listed = tuple(Candidate(id=i, text=known.get(i, f"this is answer {i}")) for i in ids)
    return Case(id="q", question="What?", candidates=listed)


def rank(
    case: Case,
    judges: Sequence[Judge],
    *,
    critic: Critic | None = None,
    protocol: Mapping[str, object] | None = None,
    **options: object,
) -> RankingResult:
    panel = spec([j.name for j in judges], rubric=PREFERENCE, protocol=dict(protocol or {}))
    graph = ranking_graph(
        panel,
        RankOptions.model_validate(options),
        judges={j.name: j for j in judges},
        critic=critic,
    )
    found = asyncio.run(graph.ainvoke({"case": case}))["ranking"]
    assert isinstance(found, RankingResult)
    return found


class Opinionated:
    """A judge that holds an opinion on every pair, and another one once it was challenged."""

    def __init__(
        self,
        name: str,
        beats: Mapping[str, str],
        *,
        later: Mapping[str, float] | None = None,
        silent: Sequence[str] = (),
    ) -> None:
        self.name, self.beats, self.later, self.silent = name, beats, later, silent
        self.revised = 0

    async def vote(
        self,
        docket: Docket,
        criteria: Sequence[Criterion],
        *,
        seat: str,
        round: int,  # noqa: A002
        brief: Brief | None = None,
        gateway: Gateway | None = None,
    ) -> list[Ballot]:
        first, second = docket.canonical
        self.revised += brief is not None
        if brief is not None and self.later is not None:
            score = math.copysign(1.0, self.later[first] - self.later[second])
        else:
            score = 1.0 if second in self.beats.get(first, "") else -1.0
        mute = {first, second} <= set(self.silent)
        return [
            Ballot(
                seat=seat,
                judge=self.name,
                criterion=criterion.id,
                round=round,
                presentation=docket.presentation,
                score=None if mute else score,
                abstention=Abstention(reason=Reason.NO_EVIDENCE) if mute else None,
                rationale="this is why",
            )
            for criterion in criteria
        ]


class Logistic:
    """A judge whose choice follows Bradley and Terry with a pull of the first slot, by digest."""

    def __init__(self, name: str, strengths: Mapping[str, float], pull: float) -> None:
        self.name, self.strengths, self.pull = name, strengths, pull

    async def vote(
        self,
        docket: Docket,
        criteria: Sequence[Criterion],
        *,
        seat: str,
        round: int,  # noqa: A002
        brief: Brief | None = None,
        gateway: Gateway | None = None,
    ) -> list[Ballot]:
        shown = docket.presentation
        odds = self.strengths[shown[0]] - self.strengths[shown[1]] + self.pull
        digest = sha256(f"{self.name}{shown}".encode()).digest()
        first = int.from_bytes(digest[:6]) / 2**48 < 1 / (1 + math.exp(-odds))
        score = 1.0 if first == (shown[0] == docket.canonical[0]) else -1.0
        return [
            Ballot(seat=seat, judge=self.name, criterion=c.id, presentation=shown, score=score)
            for c in criteria
        ]


def names(n: int) -> list[str]:
    return [f"c{k:02}" for k in range(n)]


# -- what was planted ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pulls", "schedule"),
    [
        pytest.param((0.0, 0.0, 0.0), "auto", id="honest"),
        pytest.param((0.5, 0.5, 0.5), "auto", id="a-pull-below-the-gaps"),
        pytest.param((0.0, 0.0, 50.0), "auto", id="one-judge-always-takes-the-first"),
        pytest.param((0.0, -50.0, 50.0), "merge", id="two-opposite-biases"),
        pytest.param((0.0, 0.0, 50.0), "swiss", id="swiss"),
    ],
)
def test_the_planted_order_of_eight_is_recovered(pulls: Sequence[float], schedule: str) -> None:
    strengths = {name: float(k) for k, name in enumerate(names(8))}
    judges = [PairJudge(j, strengths, first=p) for j, p in zip("abc", pulls, strict=True)]
    found = rank(candidates(names(8)), judges, schedule=schedule, protocol={"deliberate": "never"})
    best_first = sorted(strengths, key=strengths.get, reverse=True)  # type: ignore[arg-type]
    if pulls.count(0.0) >= 2 or 0.5 in pulls:
        assert [i for group in found.groups for i in group] == best_first
        assert (found.winner, found.after and found.after.cycles) == ("c07", ())
    else:  # a median of one opinion and two ties is a tie: nothing is known, and that is said
        assert found.winner is None
    for outcome in found.outcomes:
        assert set(outcome.votes) == {"a", "b", "c"}
        for seat, pull in zip("abc", pulls, strict=True):
            lead = strengths[outcome.first] - strengths[outcome.second]
            held = "tie" if abs(pull) > 1 else "first" if lead > 0 else "second"
            assert outcome.votes[seat] == held
    by_seat = {judge.seat: judge.first_rate for judge in found.judges}
    for seat, pull in zip("abc", pulls, strict=True):
        assert by_seat[seat] == {0.0: 0.5, 0.5: 0.5, 50.0: 1.0, -50.0: 0.0}[pull]


def test_thirty_with_a_fifth_of_the_pairs_and_a_biased_judge() -> None:
    strengths = {name: float(k) for k, name in enumerate(names(30))}
    judges = [PairJudge(j, strengths, first=p) for j, p in (("a", 0), ("b", 0.5), ("c", 99))]
    found = rank(candidates(names(30)), judges, protocol={"deliberate": "never"})
    assert (found.schedule, found.pairs_possible) == ("adaptive", 435)
    assert found.pairs_asked == 87
    fitted = {place.id: place.strength or 0.0 for place in found.candidates}
    tau = kendall_tau(fitted, strengths).value
    assert tau is not None
    assert tau > 0.9  # sorting 30 without error takes 108 pairs at least, and 87 were asked


def test_planted_pulls_lie_in_their_measured_intervals() -> None:
    strengths = {name: k / 4 for k, name in enumerate(names(12))}
    held = clear = 0
    for seed in range(4):  # 95 % intervals: of twelve, ten hold at least, but for bad luck
        pulls = {f"fair{seed}": 0.0, f"first{seed}": 1.2, f"last{seed}": -0.8}
        judges = [Logistic(name, strengths, pull) for name, pull in pulls.items()]
        options = {"schedule": "all_pairs", "rehear": 0, "protocol": {"deliberate": "never"}}
        for judge in rank(candidates(names(12)), judges, **options).judges:  # type: ignore[arg-type]
            low, high = judge.order_effect_low, judge.order_effect_high
            assert low is not None
            assert high is not None
            assert high - low < 2
            held += low < pulls[judge.seat] < high
            clear += judge.seat.startswith("first") and low > 0
    assert held >= 10
    assert clear == 4


def test_a_judge_that_only_knows_one_slot_has_no_finite_pull() -> None:
    strengths = {name: float(k) for k, name in enumerate(names(4))}
    judges = [PairJudge("a", strengths), PairJudge("b", strengths, first=99)]
    found = rank(candidates(names(4)), judges, protocol={"deliberate": "never"})
    (biased,) = [judge for judge in found.judges if judge.seat == "b"]
    assert (biased.order_effect, biased.first_rate) == (None, 1.0)
    assert "one slot" in biased.order_effect_reason


# -- contradictions ------------------------------------------------------------------------------

CIRCLE = {"x": "yw", "y": "zw", "z": "xw"}  # x > y > z > x, and all beat w
TRUTH = {"x": 4.0, "y": 3.0, "z": 2.0, "w": 1.0}
HONEST = {"x": "yzw", "y": "zw", "z": "w"}


def test_a_cycle_is_heard_again_and_dissolves() -> None:
    judges = [Opinionated(j, CIRCLE, later=TRUTH) for j in "abc"]
    found = rank(candidates("wxyz"), judges, critic=Challenger("a", "b", "c"))
    assert found.before is not None
    assert found.after is not None
    assert (found.before.cycles, found.before.circular_triads) == ((("x", "y", "z"),), 1)
    assert (found.after.cycles, found.after.circular_triads) == ((), 0)
    assert found.groups == (("x",), ("y",), ("z",), ("w",))
    again = {(o.first, o.second): o.hearings for o in found.outcomes}
    assert again["x", "z"] == 2
    assert sum(n - 1 for n in again.values()) == found.reheard <= 3
    assert all(judge.strict_cycles == 1 for judge in found.judges)


def test_the_weakest_edge_of_a_cycle_is_heard_first() -> None:
    judges = [Opinionated(j, CIRCLE, later=TRUTH) for j in "ab"]
    judges.append(Opinionated("c", HONEST, later=TRUTH))  # only c doubts that z beats x
    found = rank(
        candidates("wxyz"), judges, critic=Challenger("a", "b"), protocol={"deliberate": "never"}
    )
    assert found.reheard <= 1
    assert found.groups == (("x",), ("y",), ("z",), ("w",)) or found.reheard == 0


@pytest.mark.parametrize("rehear", [0, 2])
def test_a_cycle_that_stays_is_a_tied_group(rehear: int) -> None:
    judges = [Opinionated(j, CIRCLE, later=None) for j in "abc"]
    found = rank(candidates("wxyz"), judges, critic=Challenger("a", "b", "c"), rehear=rehear)
    assert found.groups == (("x", "y", "z"), ("w",))
    assert (found.winner, found.margin) == (None, None)
    assert "cycle" in found.note
    assert found.after is not None
    assert found.after.cycles == (("x", "y", "z"),)
    assert found.reheard == rehear
    assert sum(judge.revised > 0 for judge in judges) == (3 if rehear else 0)


# -- budgets and bad input -----------------------------------------------------------------------


@pytest.mark.parametrize("schedule", ["all_pairs", "merge", "swiss", "adaptive", "knockout"])
@pytest.mark.parametrize("pairs", [1, 9, 500])
def test_no_schedule_exceeds_its_budget(schedule: str, pairs: int) -> None:
    strengths = {name: float(k) for k, name in enumerate(names(7))}
    found = rank(
        candidates(names(7)), [PairJudge("a", strengths)], schedule=schedule, pairs=pairs, rehear=0
    )
    assert found.pairs_asked <= min(pairs, 21)
    assert bool(found.groups) != bool(found.reason)


@pytest.mark.parametrize("model", ["davidson", "bradley_terry", "borda", "kemeny", "ranked_pairs"])
def test_what_was_never_compared_is_not_ordered(model: str) -> None:
    judge = PairJudge("a", dict.fromkeys("wxyz", 1.0) | {"w": 3.0})
    found = rank(candidates("wxyz"), [judge], pairs=1, model=model)
    assert found.groups == ()
    assert "never compared" in found.reason
    assert (found.winner, found.candidates) == (None, ())


def test_a_pair_on_which_all_abstain_is_undecided_and_the_rest_is_ranked() -> None:
    judges = [Opinionated(j, HONEST, silent="yz") for j in "ab"]
    found = rank(candidates("wxyz"), judges)
    (pair,) = [o for o in found.outcomes if o.preferred is None]
    assert (pair.first, pair.second, pair.reason) == ("y", "z", Reason.NO_QUORUM)
    assert found.groups == (("x",), ("y", "z"), ("w",))
    assert found.after is not None
    assert (found.after.undecided, found.after.zeta) == (1, None)


def test_if_all_abstain_on_everything_there_is_no_ranking() -> None:
    found = rank(candidates("xy"), [Opinionated("a", HONEST, silent="xy")])
    assert (found.groups, found.winner) == ((), None)
    assert found.reason


@pytest.mark.parametrize("number", [1, 1001])
def test_too_few_or_too_many_candidates(number: int) -> None:
    ids = [f"c{k}" for k in range(number)]
    with pytest.raises(InputError, match=f"has {number} candidates"):
        rank(candidates(ids), [PairJudge("a", dict.fromkeys(ids, 1.0))])


def test_duplicate_ids_are_refused() -> None:
    with pytest.raises(ValueError, match="duplicate ids"):
        candidates("xx")


@pytest.mark.parametrize("options", [{"schedule": "swis"}, {"model": "elo rating"}])
def test_unknown_names_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        rank(candidates("xy"), [PairJudge("a", {"x": 2.0, "y": 1.0})], **options)


def test_candidates_of_equal_text_tie() -> None:
    judge = PairJudge("a", {"x": 1.0, "y": 1.0, "z": 0.0})
    texts = {"x": "the same", "y": "the same", "z": ""}
    found = rank(candidates("xyz", texts), [judge])
    assert found.groups == (("x", "y"), ("z",))


# -- laws ----------------------------------------------------------------------------------------

opinions = st.lists(
    st.tuples(
        st.fixed_dictionaries({i: st.integers(0, 3).map(float) for i in "vwxyz"}),
        st.sampled_from([0.0, 0.5, 9.0]),
    ),
    min_size=1,
    max_size=3,
)


def seated(panel: Sequence[tuple[Mapping[str, float], float]]) -> list[PairJudge]:
    return [PairJudge(f"j{n}", s, first=pull) for n, (s, pull) in enumerate(panel)]


@settings(max_examples=8, deadline=None)
@given(opinions, st.permutations("vwxyz"), st.sampled_from(["all_pairs", "adaptive", "swiss"]))
def test_the_order_in_which_candidates_and_judges_are_listed_decides_nothing(
    panel: list[tuple[dict[str, float], float]], order: list[str], schedule: str
) -> None:
    one = rank(candidates("vwxyz"), seated(panel), schedule=schedule, pairs=7)
    other = rank(candidates(order), seated(panel)[::-1], schedule=schedule, pairs=7)
    assert one == other


@settings(max_examples=8, deadline=None)
@given(opinions, st.permutations("vwxyz"), st.sampled_from(["merge", "adaptive"]))
def test_renaming_the_candidates_renames_the_ranking(
    panel: list[tuple[dict[str, float], float]], order: list[str], schedule: str
) -> None:
    new = dict(zip("vwxyz", (f"n{i}" for i in order), strict=True))
    texts = {new[i]: f"this is answer {i}" for i in "vwxyz"}
    renamed = [({new[i]: s for i, s in strengths.items()}, pull) for strengths, pull in panel]
    one = rank(candidates("vwxyz"), seated(panel), schedule=schedule, pairs=6)
    other = rank(candidates(list(texts), texts), seated(renamed), schedule=schedule, pairs=6)
    assert other.groups == tuple(tuple(sorted(new[i] for i in group)) for group in one.groups)
    assert {frozenset((o.first, o.second)) for o in other.outcomes} == {
        frozenset((new[o.first], new[o.second])) for o in one.outcomes
    }
