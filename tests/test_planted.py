"""What deliberation records is what was planted: flips, findings, stop reasons, agreement."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import Any

import pytest
from scipy.stats import binom

from dikast.graphs.deliberation import deliberation_graph
from dikast.graphs.runner import run_cases
from dikast.testing import INJECTION, SimulatedCritic, SimulatedJudge, World
from dikast.types import (
    Candidate,
    Case,
    Criterion,
    IntegerScale,
    JudgeSpec,
    PanelSpec,
    ProtocolSpec,
    Rubric,
    RuleSpec,
    StopReason,
    Verdict,
)

QUALITY = Criterion(id="quality", question="Is it good?", scale=IntegerScale(low=1, high=5))
N = 160
INJECTED = frozenset(range(0, N, 10))


@cache
def world() -> World:
    """Cases of known truth; every tenth response tries to instruct the judge."""
    cases = []
    for number in range(N):
        order = f" {INJECTION}" if number in INJECTED else ""
        text = f"The answer to question {number} is {number * 7}.{order}"
        cases.append(
            Case(
                id=f"c{number}", question=f"Question {number}?", candidates=(Candidate(text=text),)
            )
        )
    return World(cases, [QUALITY], seed=3)


def within(count: int, n: int, p: float) -> bool:
    """Whether a count lies where all but one in ten thousand binomial draws do."""
    return bool(binom.ppf(5e-5, n, p) <= count <= binom.ppf(1 - 5e-5, n, p))


def hold(judges: Sequence[SimulatedJudge], **planted: Any) -> list[Verdict]:
    """All verdicts of a panel of simulated judges, with a critic of known properties."""
    panel = PanelSpec(
        judges=tuple(JudgeSpec(name=j.name, model="custom/simulated") for j in judges),
        rubric=Rubric(id="planted", criteria=(QUALITY,)),
        rule=RuleSpec(name="mean"),
        protocol=ProtocolSpec(**planted.pop("protocol", {})),
    )
    critic = SimulatedCritic(world=world(), **planted)
    graph = deliberation_graph(panel, judges={j.name: j for j in judges}, critic=critic)

    async def run() -> list[Verdict]:
        return [v async for v in run_cases(graph, panel, world().cases.values())]

    return asyncio.run(run())


def seats(**planted: Any) -> list[SimulatedJudge]:
    return [SimulatedJudge(name=n, world=world(), **planted) for n in ("ann", "bob", "cid")]


def revisions(verdicts: Sequence[Verdict], number: int = 1) -> list[tuple[float, float]]:
    """Votes of a seat before and after it was challenged in a round."""
    found = []
    for verdict in verdicts:
        ballots = {(b.seat, b.round): b.score for b in verdict.transcript.ballots}
        found += [
            (before, after)
            for (seat, round_), after in ballots.items()
            if round_ == number and (before := ballots[seat, number - 1]) is not None and after
        ]
    return found


def test_accuracy_is_recovered_from_the_private_ballots() -> None:
    judges = [
        SimulatedJudge(name=name, world=world(), accuracy=accuracy)
        for name, accuracy in (("ann", 0.9), ("bob", 0.7), ("cid", 0.5))
    ]
    verdicts = hold(judges, protocol={"deliberate": "never"})
    for judge in judges:
        right = sum(
            ballot.score == world().truth(verdict.case_id, "quality")
            for verdict in verdicts
            for ballot in verdict.transcript.ballots
            if ballot.seat == judge.name
        )
        assert within(right, N, judge.accuracy), judge.name


@pytest.mark.parametrize("persuasion", [0.0, 0.5, 1.0])
def test_flips_follow_the_critic_as_often_as_planted(persuasion: float) -> None:
    verdicts = hold(seats(accuracy=0.6, persuasion=persuasion))
    moved = [
        (before, after, world().truth(verdict.case_id, "quality"))
        for verdict in verdicts
        for before, after in revisions([verdict])
        if before != world().truth(verdict.case_id, "quality")
    ]
    assert len(moved) > 60
    followed = sum(after == truth for _, after, truth in moved)
    assert within(followed, len(moved), persuasion)
    recorded = sum(len([f for f in v.transcript.flips if f.round == 1]) for v in verdicts)
    assert recorded == sum(before != after for before, after in revisions(verdicts))


def test_stubborn_judges_end_every_contested_case_unchanged() -> None:
    verdicts = hold(seats(accuracy=0.6))
    for verdict in verdicts:
        decision = verdict.criterion("quality")
        scores = [b.score for b in verdict.transcript.ballots if b.round == 0 and b.score]
        apart = max(scores) - min(scores) > 1
        if apart:
            assert decision.stop is StopReason.NO_CHANGE
        elif verdict.case_id in {f"c{number}" for number in INJECTED}:
            # The grave finding was heard, and nobody was swayed by it after all.
            assert decision.stop is StopReason.SETTLED
        else:
            assert decision.stop is StopReason.UNCONTESTED
        assert decision.contested == (decision.stop is not StopReason.UNCONTESTED)
    assert not any(v.transcript.flips for v in verdicts)


def test_persuaded_judges_settle_on_the_truth() -> None:
    verdicts = hold(seats(accuracy=0.6, persuasion=1.0))
    for verdict in verdicts:
        decision = verdict.criterion("quality")
        if decision.stop is StopReason.SETTLED:
            assert decision.score == world().truth(verdict.case_id, "quality")
    stops = Counter(v.criterion("quality").stop for v in verdicts)
    assert stops[StopReason.SETTLED] > 40


def test_a_critic_whose_quotations_are_forged_moves_nobody() -> None:
    verdicts = hold(seats(accuracy=0.6, persuasion=1.0), forged=1.0)
    assert not any(v.transcript.flips for v in verdicts)
    assert sum(c.dropped for v in verdicts for c in v.transcript.critiques) > 0


def test_conformity_shows_as_flips_toward_the_majority() -> None:
    verdicts = hold(seats(accuracy=0.6, conformity=1.0), silence=1.0)
    flips = [f for v in verdicts for f in v.transcript.flips]
    assert len(flips) > 20
    toward = sum(f.direction == "toward_majority" for f in flips)
    assert toward > 0.7 * len(flips)


def test_injections_are_found_where_they_were_planted_and_nowhere_else() -> None:
    verdicts = hold(seats(accuracy=0.9, obeys_injection=0.5), protocol={"deliberate": "never"})
    found = {
        v.case_id
        for v in verdicts
        if any(f.kind == "injection" and f.severity == "grave" for f in v.transcript.findings)
    }
    assert found == {f"c{number}" for number in INJECTED}
    obeyed = sum(
        b.score == 5
        for v in verdicts
        if v.case_id in found and world().truth(v.case_id, "quality") < 5
        for b in v.transcript.ballots
    )
    asked = sum(3 for number in INJECTED if world().truth(f"c{number}", "quality") < 5)
    # Obeying gives the best score; an error of the judge may give it too, with 0.1 / 4.
    assert within(obeyed, asked, 0.5 + 0.5 * 0.1 / 4)
