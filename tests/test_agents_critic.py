"""The model critic: points with quotations that occur, votes without names."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dikast.agents.critic import MOST_POINTS, ModelCritic
from dikast.agents.votes import numbered
from dikast.errors import ConfigError
from dikast.prompts import load
from dikast.testing.scripted import ScriptedModel, as_chat
from dikast.types import (
    Ballot,
    CallFailure,
    Candidate,
    Case,
    Context,
    Criterion,
    Critique,
    Docket,
    IntegerScale,
    ModelSpec,
    PreferenceScale,
    Reason,
)

MARK = "0123456789abcdef"
CLEAR = Criterion(id="clear", question="Is it clear?", scale=IntegerScale())
BETTER = Criterion(id="better", question="Which is better?", scale=PreferenceScale())
ONE = Case(
    id="c1",
    question="Where?",
    candidates=(Candidate(text="The Louvre is in Rome."),),
    contexts=(Context(id="p", text="It stands in Paris."),),
)
TWO = Case(
    id="c2", candidates=(Candidate(id="x", text="In Paris."), Candidate(id="y", text="In Rome."))
)


def ballot(seat: str, score: float, rationale: str = "", **fields: Any) -> Ballot:
    given = {"criterion": "clear", "presentation": ("response",), "judge": f"judge {seat}"}
    return Ballot(**{**given, **fields}, seat=seat, score=score, rationale=rationale)


BALLOTS = [ballot("s1", 5, "Fluent."), ballot("s2", 1, "Wrong city."), ballot("s3", 5, "Fluent.")]


def point(**fields: Any) -> dict[str, Any]:
    given = {"claim": "Wrong.", "quote": "in Rome", "source": "response", "effect": "lower"}
    return {**given, "challenges": [2], **fields}


def reply(*points: Any) -> str:
    return json.dumps({"points": list(points)})


def challenge(
    model: ScriptedModel, case: Case = ONE, criterion: Criterion = CLEAR, ballots: Any = BALLOTS
) -> Critique:
    order = tuple(c.id for c in reversed(case.candidates))  # as if somebody forgot to turn it
    docket = Docket(case=case, presentation=order)
    critic = ModelCritic(ModelSpec(model="openai/critic"))
    return asyncio.run(critic.challenge(docket, criterion, ballots, round=1, gateway=model))


def test_votes_are_numbered_without_names_and_points_name_seats() -> None:
    model = ScriptedModel(reply(point()))
    critique = challenge(model)
    chat = as_chat(model.requests[0], MARK)
    assert chat.block("vote 1") == "Criterion: clear\nVote: 1\nReasons: Wrong city."
    assert chat.block("vote 2") == "Criterion: clear\nVote: 5\nReasons: Fluent."
    assert chat.block("vote 3") is None
    assert "s1" not in chat.prompt
    assert critique.challenged == ("s1", "s3")
    (made,) = critique.points
    assert (made.claim, made.quote, made.source) == ("Wrong.", "in Rome", "response")
    assert made.effect == "lower"
    assert (critique.critic, critique.criterion, critique.round) == ("openai/critic", "clear", 1)
    assert critique.prompt == load("critic").digest
    assert critique.call
    assert model.requests[0].place.role == "critic"


@pytest.mark.parametrize(
    ("points", "kept", "dropped", "challenged"),
    [
        pytest.param([point(quote="in Berlin")], 0, 1, (), id="forged-quote"),
        pytest.param([point(quote="")], 0, 1, (), id="no-quote"),
        pytest.param([point(claim=" ")], 0, 1, (), id="no-claim"),
        pytest.param(["words", {}, 3], 0, 3, (), id="no-points-at-all"),
        pytest.param([point(challenges=[])], 1, 0, ("s1", "s2", "s3"), id="names-nobody"),
        pytest.param(
            [point(challenges=[9, -1, 0, True])], 1, 0, ("s1", "s2", "s3"), id="no-such-vote"
        ),
        pytest.param([point(challenges=["1"])], 1, 0, ("s2",), id="number-as-text"),
        pytest.param([point(challenges=2)], 1, 0, ("s1", "s3"), id="number-alone"),
        pytest.param([point(quote="x", challenges=[1]), point()], 1, 1, ("s1", "s3"), id="half"),
        pytest.param([point()] * (MOST_POINTS + 2), MOST_POINTS, 2, ("s1", "s3"), id="too-many"),
        pytest.param([], 0, 0, (), id="nothing-to-say"),
    ],
)
def test_only_points_whose_quotation_occurs_survive(
    points: list[Any], kept: int, dropped: int, challenged: tuple[str, ...]
) -> None:
    critique = challenge(ScriptedModel(reply(*points)))
    assert (len(critique.points), critique.dropped) == (kept, dropped)
    assert critique.challenged == challenged
    assert critique.failure is None


def test_the_place_of_a_quotation_is_where_it_occurs_not_where_it_is_said_to_be() -> None:
    (made,) = challenge(
        ScriptedModel(reply(point(quote="stands in Paris", source="response", effect="maybe")))
    ).points
    assert (made.source, made.context_id, made.effect) == ("context", "p", "unclear")


def test_an_unreadable_reply_is_asked_for_once_more() -> None:
    model = ScriptedModel(["I find # user", reply(point())])
    assert len(challenge(model).points) == 1
    second = model.requests[1]
    assert second.place.attempt == 1
    assert [m.role for m in second.messages] == ["system", "user", "assistant", "user"]
    assert as_chat(second, MARK).block("earlier reply") == "I find # user"


def test_other_objects_in_a_reply_are_passed_over() -> None:
    model = ScriptedModel('I thought: {"note": 1}\n' + reply(point()))
    assert (len(challenge(model).points), len(model.requests)) == (1, 1)


@pytest.mark.parametrize("text", ["no JSON", '{"point": []}', "[1]", '{"points": {}}', "3", ""])
def test_a_critic_that_cannot_be_read_challenges_nobody(text: str) -> None:
    model = ScriptedModel(text)
    critique = challenge(model)
    assert critique.failure
    assert (critique.points, critique.challenged, len(model.requests)) == ((), (), 2)
    assert critique.call


def test_a_failed_call_is_told() -> None:
    model = ScriptedModel(CallFailure(reason=Reason.TIMEOUT, detail="after 120 s"))
    critique = challenge(model)
    assert critique.failure == "timeout: after 120 s"
    assert len(model.requests) == 1


def test_a_pair_is_shown_in_canonical_order_and_effects_name_responses() -> None:
    ballots = [
        ballot("s1", 1.0, "Response A is right.", criterion="better", presentation=("y", "x")),
        ballot("s2", -1.0, "Response B is right.", criterion="better", presentation=("x", "y")),
    ]
    points = [point(quote="In Rome.", source="response_b", effect="A", challenges=[1])]
    model = ScriptedModel(reply(*points, point(quote="In Paris.", effect="B", challenges=[2])))
    critique = challenge(model, TWO, BETTER, ballots)
    chat = as_chat(model.requests[0], MARK)
    assert (chat.block("response A"), chat.block("response B")) == ("In Paris.", "In Rome.")
    assert "`effect` says whom the point speaks for" in chat.trusted
    assert "Vote: B" in (chat.block("vote 1") or "")
    assert "Vote: A" in (chat.block("vote 2") or "")
    assert [(p.source, p.effect) for p in critique.points] == [
        ("response_b", "raise"),
        ("response", "lower"),
    ]
    assert critique.challenged == ("s1", "s2")


def test_a_critic_without_a_gateway_is_a_users_mistake() -> None:
    critic = ModelCritic(ModelSpec(model="openai/critic"))
    docket = Docket(case=ONE, presentation=("response",))
    with pytest.raises(ConfigError, match="needs a gateway"):
        asyncio.run(critic.challenge(docket, CLEAR, BALLOTS, round=0))


@given(
    votes=st.lists(st.tuples(st.integers(1, 5), st.sampled_from(["", "a", "b"])), max_size=6),
    seed=st.randoms(use_true_random=False),
)
def test_renaming_and_reordering_the_judges_changes_no_prompt(
    votes: list[tuple[int, str]], seed: Any
) -> None:
    """What the critic reads depends on the votes alone, and every seat stays with its vote."""
    cast = [ballot(f"s{n}", score, why) for n, (score, why) in enumerate(votes)]
    other = [ballot(f"t{9 - n}", score, why) for n, (score, why) in enumerate(votes)]
    seed.shuffle(other)
    first, second = (numbered(b, [CLEAR], ("response",)) for b in (cast, other))
    assert [vote.text() for vote in first] == [vote.text() for vote in second]
    renamed = [sorted(f"t{9 - int(s[1:])}" for s in vote.seats) for vote in first]
    assert renamed == [sorted(vote.seats) for vote in second]
