"""Simulated judges and critics: the wire changes nothing."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from dikast.agents.contract import Brief
from dikast.agents.critic import ModelCritic
from dikast.agents.panel_judge import PanelJudge
from dikast.agents.quotes import locate
from dikast.testing import (
    LoopbackServer,
    ScriptedModel,
    ServerProcess,
    SimulatedCritic,
    SimulatedJudge,
    World,
    by_model,
    script_of,
)
from dikast.testing.scripted import as_chat
from dikast.testing.world import Claim, claims_in
from dikast.types import (
    Ballot,
    Criterion,
    JudgeSpec,
    ModelReply,
    ModelRequest,
    ModelSpec,
    ProtocolSpec,
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
    cast,
    docket,
    panel_judge,
    same_votes,
    world,
)


@pytest.mark.parametrize(
    ("criterion", "swapped"),
    [(QUALITY, False), (RIGHT, False), (STYLE, False), (SHARE, False)]
    + [(c, s) for c in (BETTER, BETTER5, STRICT) for s in (False, True)],
    ids=lambda value: value.id if isinstance(value, Criterion) else f"swapped-{value}",
)
def test_a_model_behind_the_gateway_votes_as_the_judge_itself(
    criterion: Criterion, swapped: bool
) -> None:
    """Real prompt, fence, format and reading in between: nothing may change a vote."""
    failures = dict.fromkeys((Reason.MALFORMED, Reason.OFF_SCALE, Reason.AMBIGUOUS), 0.1)
    failures |= {Reason.WRONG_MARKER: 0.05, Reason.EMPTY: 0.05}
    of = world(criterion)
    judge = SimulatedJudge(
        name="j", world=of, accuracy=0.6, noise=0.2, order_bias=0.2, failures=failures
    )
    model = ScriptedModel.of(judge.reply)
    for case in list(of.cases.values())[:60]:
        shown = docket(case, swapped=swapped)
        asked = cast(panel_judge(reasks=0), shown, criterion, gateway=model)
        same_votes(asked, cast(judge, shown, criterion))


def test_criteria_asked_together_are_answered_together() -> None:
    judge = SimulatedJudge(name="j", world=world(QUALITY, RIGHT, STYLE), accuracy=0.5)
    model = ScriptedModel.of(judge.reply)
    for case in SINGLES[:20]:
        both = [
            cast(panel_judge(criteria=how), docket(case), QUALITY, RIGHT, STYLE, gateway=model)
            for how in ("together", "separate")
        ]
        same_votes(both[0], cast(judge, docket(case), QUALITY, RIGHT, STYLE))
        same_votes(both[0], both[1])
    assert len(model.requests) == 20 + 60


@pytest.mark.parametrize("swapped", [False, True])
def test_a_revision_over_the_wire_is_the_judges_own(swapped: bool) -> None:
    of = world(BETTER5)
    judge = SimulatedJudge(name="j", world=of, accuracy=0.3, persuasion=0.5, conformity=0.5)
    critic = SimulatedCritic(world=of, accuracy=0.8)
    others = [SimulatedJudge(name=n, world=of, accuracy=0.5) for n in "abc"]
    model, moved = ScriptedModel.of(judge.reply), 0
    for case in PAIRS[:60]:
        shown = docket(case, swapped=swapped)
        own = cast(judge, shown, BETTER5)
        said = asyncio.run(critic.challenge(docket(case), BETTER5, own, round=0))
        heard = tuple(cast(other, docket(case), BETTER5)[0].rationale for other in others)
        brief = Brief(own=tuple(own), critiques=(said,), arguments=heard)
        again = cast(judge, shown, BETTER5, brief=brief)
        asked = cast(panel_judge(), shown, BETTER5, brief=brief, gateway=model)
        same_votes(asked, again)
        assert asked[0].grounds == again[0].grounds != ""
        moved += again[0].score != own[0].score
    assert 20 < moved < 60


@pytest.mark.parametrize("criterion", [QUALITY, BETTER])
def test_a_critic_over_the_wire_is_the_critic_itself(criterion: Criterion) -> None:
    of = world(criterion)
    critic = SimulatedCritic(world=of, accuracy=0.7, silence=0.2, forged=0.2)
    judges = [SimulatedJudge(name=n, world=of, accuracy=0.5) for n in "abc"]
    asked = ModelCritic(ModelSpec(model="openai/critic"))
    model, kinds = ScriptedModel.of(critic.reply), set()
    for case in list(of.cases.values())[:60]:
        shown = docket(case)
        ballots = [
            ballot.model_copy(update={"seat": judge.name})
            for judge in judges
            for ballot in cast(judge, shown, criterion)
        ]
        here = asyncio.run(critic.challenge(shown, criterion, ballots, round=0))
        there = asyncio.run(asked.challenge(shown, criterion, ballots, round=0, gateway=model))
        assert there.failure is None
        assert (here.points, here.challenged, here.dropped) == (
            there.points,
            there.challenged,
            there.dropped,
        )
        assert all(locate(point.quote, shown) for point in here.points)
        kinds.add((bool(here.points), here.dropped))
    assert kinds == {(True, 0), (False, 0), (False, 1)}


def test_a_truthful_critic_challenges_exactly_those_in_error() -> None:
    of = World(SINGLES[:1], [QUALITY], truth={"c0": {"quality": 4}})
    ballots = [
        Ballot(seat=seat, judge=seat, criterion="quality", presentation=("response",), score=score)
        for seat, score in (("a", 4.0), ("b", 2.0), ("c", 5.0))
    ]
    critic = SimulatedCritic(world=of)
    said = asyncio.run(critic.challenge(docket(SINGLES[0]), QUALITY, ballots, round=0))
    assert said.challenged == ("b", "c")
    assert claims_in(said.points[0].claim) == (Claim("quality", 4.0),)


class OverHttp:
    """The smallest gateway that sends a request over a socket."""

    def __init__(self, base_url: str) -> None:
        self.url = base_url + "/chat/completions"

    async def ask(self, request: ModelRequest) -> ModelReply:
        mark = "fedcba9876543210"
        async with httpx.AsyncClient() as client:
            reply = await client.post(self.url, json=dict(as_chat(request, mark).body))
        text = reply.json()["choices"][0]["message"]["content"]
        return ModelReply(text=text, key="k", marker=mark)


@pytest.mark.parametrize("own_process", [False, True], ids=["thread", "process"])
def test_a_panel_of_models_over_http(own_process: bool) -> None:
    cases = SINGLES[:8]
    of = World(cases, [QUALITY, RIGHT], truth={"c0": {"quality": 3}}, seed=4)
    judges = [SimulatedJudge(name=n, world=of, accuracy=0.5, seed=9) for n in ("j", "k")]
    critic = SimulatedCritic(world=of)
    server: Any
    if own_process:
        server = ServerProcess(script_of(of, judges=judges, critics=[critic]))
    else:
        server = LoopbackServer(by_model({j.name: j.reply for j in judges}))
    with server:
        for judge in judges:
            spec = JudgeSpec(name=judge.name, model=f"openai/{judge.name}")
            asked = PanelJudge(spec, ProtocolSpec())
            for case in cases:
                same_votes(
                    cast(asked, docket(case), QUALITY, gateway=OverHttp(server.base_url)),
                    cast(judge, docket(case), QUALITY),
                )
        assert server.counts().by_model == {"j": 8, "k": 8}
