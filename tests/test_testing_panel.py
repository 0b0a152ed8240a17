"""A planted panel says the same in process and behind real HTTP, faults on the way included."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from dikast.api import Panel
from dikast.testing import (
    Faults,
    LoopbackServer,
    SimulatedCritic,
    SimulatedJudge,
    World,
    by_model,
)
from dikast.testing.views import docket_view
from dikast.types import (
    Candidate,
    Case,
    Criterion,
    Docket,
    IntegerScale,
    JudgeSpec,
    ModelSpec,
    Price,
    Rubric,
    Verdict,
)

QUALITY = Criterion(id="quality", question="Is it good?", scale=IntegerScale(low=1, high=5))
RUBRIC = Rubric(id="planted", criteria=(QUALITY,))
CASES = [
    Case(
        id=f"c{n}",
        question=f"Question {n}?",
        candidates=(Candidate(text=f"Answer number {n} is short."),),
    )
    for n in range(24)
]
WORLD = World(CASES, [QUALITY], seed=1)
JUDGES = [
    SimulatedJudge(name=name, world=WORLD, accuracy=accuracy, persuasion=0.6, conformity=0.3)
    for name, accuracy in (("ann", 0.9), ("bob", 0.7), ("cid", 0.5))
]
CRITIC = SimulatedCritic(world=WORLD)


async def judge_all(panel: Panel) -> list[Verdict]:
    return list(await asyncio.gather(*(panel.ajudge(case) for case in CASES)))


def essence(verdicts: Sequence[Verdict]) -> list[Any]:
    """What was decided and how it came about."""
    return [
        (
            verdict.case_id,
            verdict.status,
            verdict.score,
            verdict.confidence,
            [(c.stop, c.rounds, c.first_score) for c in verdict.criteria],
            [(f.seat, f.round, f.before, f.after, f.grounds) for f in verdict.transcript.flips],
            [(c.round, c.challenged, c.points) for c in verdict.transcript.critiques],
        )
        for verdict in verdicts
    ]


def test_the_wire_and_its_faults_change_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-loopback-0000")
    planted = asyncio.run(judge_all(Panel(JUDGES, rubric=RUBRIC, critic=CRITIC)))
    respond = by_model({**{j.name: j.reply for j in JUDGES}, "critic": CRITIC.reply})
    faults = Faults(share={"503": 0.05, "rate_limit": 0.05, "not_json": 0.02}, seed=3)
    with LoopbackServer(respond, faults=faults) as server:
        where: dict[str, Any] = {"api_base": server.base_url, "price": Price(input=1, output=1)}
        specs = [JudgeSpec(name=j.name, model=f"openai/{j.name}", **where) for j in JUDGES]
        critic = ModelSpec(model="openai/critic", **where)
        wired = asyncio.run(judge_all(Panel(specs, rubric=RUBRIC, critic=critic)))
    assert essence(wired) == essence(planted)
    counts = server.counts()
    assert counts.repeated == ()
    assert set(counts.by_fault) >= {"ok", "503", "rate_limit"}
    assert sum(verdict.usage.calls for verdict in wired) == counts.requests


def test_flips_are_those_that_were_planted() -> None:
    """Challenged judges move to the truth or to the others, and only where something was said."""
    verdicts = asyncio.run(judge_all(Panel(JUDGES, rubric=RUBRIC, critic=CRITIC)))
    flips = [(verdict, flip) for verdict in verdicts for flip in verdict.transcript.flips]
    assert flips
    for verdict, flip in flips:
        held = {b.score for b in verdict.transcript.ballots if b.round < flip.round}
        truth = WORLD.truth(verdict.case_id, "quality")
        assert flip.after in {truth, *held}
        challenged = {s for c in verdict.transcript.critiques for s in c.challenged}
        assert flip.seat in challenged
    private = [b for v in verdicts for b in v.transcript.ballots if b.round == 0]
    assert [b.score for b in private if b.seat == "ann"] == [
        JUDGES[0].opinion(view, QUALITY) for view in views()
    ]


def views() -> list[Any]:
    return [docket_view(Docket(case=case, presentation=("response",)), [QUALITY]) for case in CASES]
