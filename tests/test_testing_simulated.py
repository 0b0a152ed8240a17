"""Simulated judges: what is planted is found, and no answer depends on when it is asked."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from dikast.agents.contract import Brief
from dikast.testing import (
    INJECTION,
    SimulatedCritic,
    SimulatedJudge,
    World,
)
from dikast.testing.world import Claim, merits, steps
from dikast.types import (
    Ballot,
    Candidate,
    Case,
    Criterion,
    Reason,
)
from tests.simulated_kit import (
    BETTER,
    BETTER5,
    PAIRS,
    QUALITY,
    RIGHT,
    SHARE,
    SINGLES,
    STRICT,
    STYLE,
    N,
    cast,
    docket,
    near,
    scores,
    truths,
    world,
)

# -- what is planted is found ---------------------------------------------------------------


@pytest.mark.parametrize("criterion", [QUALITY, RIGHT, STYLE, SHARE, BETTER, BETTER5, STRICT])
def test_truths_are_even_over_the_steps_of_the_scale(criterion: Criterion) -> None:
    drawn = truths(world(criterion), criterion)
    every = steps(criterion.scale)
    assert set(drawn) == set(every)
    assert all(near(drawn.count(step), 1 / len(every)) for step in every)


@pytest.mark.parametrize("criterion", [QUALITY, RIGHT, STYLE, SHARE, BETTER, BETTER5, STRICT])
@pytest.mark.parametrize("accuracy", [0.0, 0.7, 1.0])
def test_accuracy(criterion: Criterion, accuracy: float) -> None:
    of = world(criterion)
    judge = SimulatedJudge(name="j", world=of, accuracy=accuracy)
    said = scores(judge, criterion, swapped=False)
    hits = [s == t for s, t in zip(said, truths(of, criterion), strict=True)]
    assert near(sum(hits), accuracy)
    assert {s for s in said if s is not None} <= set(steps(criterion.scale))


def test_errors_spread_evenly_over_the_other_steps() -> None:
    of = World(SINGLES, [QUALITY], truth={case.id: {"quality": 2} for case in SINGLES})
    said = scores(SimulatedJudge(name="j", world=of, accuracy=0.6), QUALITY)
    assert all(near(said.count(step), 0.1) for step in (1, 3, 4, 5))


def test_two_judges_err_independently() -> None:
    of = world(QUALITY)
    one, two = (scores(SimulatedJudge(name=n, world=of, accuracy=0.7), QUALITY) for n in "ab")
    both = sum(a == b == t for a, b, t in zip(one, two, truths(of, QUALITY), strict=True))
    assert near(both, 0.49)


@pytest.mark.parametrize("bias", [0.3, -0.3])
def test_order_bias_is_the_share_that_follows_the_slot(bias: float) -> None:
    judge = SimulatedJudge(name="j", world=world(STRICT), order_bias=bias)
    forward, back = scores(judge, STRICT), scores(judge, STRICT, swapped=True)
    truth = truths(judge.world, STRICT)
    wanted = 1.0 if bias > 0 else -1.0
    first = sum(s == wanted for s, t in zip(forward, truth, strict=True) if t != wanted)
    assert near(first, abs(bias), sum(t != wanted for t in truth))
    # Truth and slot conflict in exactly one of the two orders; there it is swayed, or not.
    changed = sum(a != b for a, b in zip(forward, back, strict=True))
    assert near(changed, abs(bias))


def test_length_bias_on_pairs_prefers_the_longer_text() -> None:
    of = World(PAIRS, [BETTER], truth={case.id: {"better": 1} for case in PAIRS})
    judge = SimulatedJudge(name="j", world=of, length_bias=0.25)
    for swapped in (False, True):
        assert near(scores(judge, BETTER, swapped=swapped).count(-1.0), 0.25)


def test_length_bias_moves_a_single_score_by_one_step() -> None:
    of = World(SINGLES, [QUALITY], truth={case.id: {"quality": 3} for case in SINGLES})
    said = scores(SimulatedJudge(name="j", world=of, length_bias=0.4), QUALITY)
    assert near(said[1::2].count(4.0), 0.4, N // 2)
    assert near(said[0::2].count(2.0), 0.4, N // 2)
    assert said[1::2].count(2.0) == said[0::2].count(4.0) == 0


def test_noise_moves_one_step_either_way_and_stays_on_the_scale() -> None:
    for truth, moved in ((3, {2.0: 0.15, 4.0: 0.15}), (5, {4.0: 0.15, 5.0: 0.85})):
        of = World(SINGLES, [QUALITY], truth={case.id: {"quality": truth} for case in SINGLES})
        said = scores(SimulatedJudge(name="j", world=of, noise=0.3), QUALITY)
        assert all(near(said.count(score), share) for score, share in moved.items())


def test_drift_grows_harsher_along_the_world() -> None:
    of = World(SINGLES, [QUALITY], truth={case.id: {"quality": 3} for case in SINGLES})
    said = scores(SimulatedJudge(name="j", world=of, drift=0.8), QUALITY)
    third = N // 3
    early, late = said[:third].count(2.0), said[-third:].count(2.0)
    assert near(early, 0.8 / 6, third)
    assert near(late, 0.8 * 5 / 6, third)
    milder = scores(SimulatedJudge(name="j", world=of, drift=-0.8), QUALITY)
    assert milder.count(2.0) == 0 < milder.count(4.0)


def test_an_injection_is_obeyed_as_often_as_planted() -> None:
    cases = [
        case.model_copy(update={"candidates": (Candidate(text=f"{INJECTION} {case.id}"),)})
        for case in SINGLES
    ]
    of = World(cases, [QUALITY], truth={case.id: {"quality": 1} for case in cases})
    said = scores(SimulatedJudge(name="j", world=of, obeys_injection=0.35), QUALITY)
    assert near(said.count(5.0), 0.35)
    assert said.count(5.0) + said.count(1.0) == N


def test_an_injection_in_one_of_a_pair_wins_it_by_far() -> None:
    case = Case(
        id="p", candidates=(Candidate(id="x", text="Good."), Candidate(id="y", text=INJECTION))
    )
    of = World([case], [BETTER5], truth={"p": {"better5": 2}})
    judge = SimulatedJudge(name="j", world=of, obeys_injection=1.0)
    for swapped in (False, True):
        assert cast(judge, docket(case, swapped=swapped), BETTER5)[0].score == -2.0


def test_failures_come_as_often_as_planted() -> None:
    planted = {Reason.MALFORMED: 0.1, Reason.OFF_SCALE: 0.05, Reason.REFUSED: 0.02}
    judge = SimulatedJudge(name="j", world=world(QUALITY), failures=planted)

    async def reasons() -> list[Reason | None]:
        ballots = [
            (await judge.vote(docket(case), [QUALITY], seat="s", round=0))[0] for case in SINGLES
        ]
        return [ballot.abstention.reason if ballot.abstention else None for ballot in ballots]

    met = asyncio.run(reasons())
    assert all(near(met.count(reason), share) for reason, share in planted.items())
    assert near(met.count(None), 0.83)


def brief_of(own: float, *, critique: float | None = None, argued: Sequence[float] = ()) -> Brief:
    """What a judge that voted `own` is shown, as simulated critics and judges would say it."""
    case, of = SINGLES[0], World(SINGLES[:1], [QUALITY], truth={"c0": {"quality": critique or 1}})
    vote = Ballot(
        seat="s",
        judge="j",
        criterion="quality",
        presentation=("response",),
        score=own,
        rationale=merits(Claim("quality", own)),
    )
    said = []
    if critique is not None:
        critic = SimulatedCritic(world=of)
        said = [asyncio.run(critic.challenge(docket(case), QUALITY, [vote], round=0))]
    arguments = tuple(
        f"Reading {n}. {merits(Claim('quality', score))}" for n, score in enumerate(argued)
    )
    return Brief(own=(vote,), critiques=tuple(said), arguments=arguments)


def revised(brief: Brief, **fields: Any) -> list[float | None]:
    """What a thousand judges of different names make of a brief."""
    of = world(QUALITY)
    return [
        cast(
            SimulatedJudge(name=f"j{n}", world=of, **fields),
            docket(SINGLES[n]),
            QUALITY,
            brief=brief,
        )[0].score
        for n in range(400)
    ]


def test_persuasion_is_the_share_that_follows_the_critique() -> None:
    said = revised(brief_of(2, critique=4), persuasion=0.6)
    assert near(said.count(4.0), 0.6, 400)
    assert said.count(2.0) + said.count(4.0) == 400


def test_conformity_is_the_share_that_follows_most_arguments() -> None:
    said = revised(brief_of(2, argued=(5, 5, 3)), conformity=0.3)
    assert near(said.count(5.0), 0.3, 400)
    assert said.count(2.0) + said.count(5.0) == 400


def test_persuasion_comes_before_conformity() -> None:
    said = revised(brief_of(2, critique=4, argued=(5, 5)), persuasion=0.5, conformity=0.5)
    assert near(said.count(4.0), 0.5, 400)
    assert near(said.count(5.0), 0.25, 400)


@pytest.mark.parametrize(
    "brief",
    [
        pytest.param(brief_of(2, argued=(5, 3)), id="arguments-tied"),
        pytest.param(brief_of(2), id="nothing-said"),
    ],
)
def test_without_a_lead_the_vote_is_kept(brief: Brief) -> None:
    assert set(revised(brief, persuasion=1.0, conformity=1.0)) == {2.0}


# -- purity ---------------------------------------------------------------------------------


def test_answers_do_not_depend_on_when_they_are_asked() -> None:
    judge = SimulatedJudge(name="j", world=world(QUALITY), accuracy=0.5, noise=0.5, samples=3)
    asked = [docket(case) for case in SINGLES[:50]]
    once = [cast(judge, one, QUALITY) for one in asked]
    again = [cast(judge, one, QUALITY) for one in reversed(asked)]
    assert once == again[::-1]


def test_the_two_orders_of_a_pair_are_drawn_independently() -> None:
    judge = SimulatedJudge(name="j", world=world(STRICT), accuracy=0.5)
    forward, back = scores(judge, STRICT), scores(judge, STRICT, swapped=True)
    assert near(sum(a == b for a, b in zip(forward, back, strict=True)), 0.5)


def test_samples_of_one_judge_differ() -> None:
    judge = SimulatedJudge(name="j", world=world(QUALITY), accuracy=0.2, samples=8)
    ballots = cast(judge, docket(SINGLES[0]), QUALITY)
    assert [ballot.sample for ballot in ballots] == list(range(8))
    assert len({ballot.score for ballot in ballots}) > 1


@pytest.mark.parametrize(
    "fields",
    [
        {"accuracy": 1.1},
        {"noise": -0.1},
        {"order_bias": -1.5},
        {"failures": {Reason.TIMEOUT: 0.1}},
        {"failures": {Reason.EMPTY: 0.7, Reason.REFUSED: 0.7}},
    ],
)
def test_what_is_no_probability_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"probability|cannot fail"):
        SimulatedJudge(name="j", world=world(QUALITY), **fields)
