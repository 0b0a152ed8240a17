"""What the tests of simulated judges share: criteria, worlds, and votes cast in them."""

from __future__ import annotations

import asyncio
from typing import Any

from dikast.agents.contract import Brief
from dikast.agents.panel_judge import PanelJudge
from dikast.testing import (
    SimulatedJudge,
    World,
)
from dikast.types import (
    Ballot,
    Candidate,
    Case,
    Context,
    Criterion,
    Docket,
    IntegerScale,
    JudgeSpec,
    OrdinalScale,
    PreferenceScale,
    ProtocolSpec,
    RealScale,
    YesNoScale,
)

N = 600

QUALITY = Criterion(id="quality", question="Is it good?", scale=IntegerScale(low=1, high=5))
RIGHT = Criterion(id="right", question="Is it right?", scale=YesNoScale())
STYLE = Criterion(
    id="style", question="How does it read?", scale=OrdinalScale(labels=("poor", "fair", "good"))
)
SHARE = Criterion(id="share", question="How much is true?", scale=RealScale(low=0, high=2))
BETTER = Criterion(id="better", question="Which is better?", scale=PreferenceScale())
BETTER5 = Criterion(id="better5", question="Which is better?", scale=PreferenceScale(levels=5))
STRICT = Criterion(id="strict", question="Which is better?", scale=PreferenceScale(ties=False))


def singles(count: int = N) -> list[Case]:
    """Cases with one response each, half of them long."""
    return [
        Case(
            id=f"c{n}",
            question=f"Question {n}?",
            candidates=(Candidate(text=f"Answer {n}. " + "More words. " * (5 * (n % 2))),),
            contexts=(Context(id="p1", text=f"Passage {n}."),),
        )
        for n in range(count)
    ]


def pairs(count: int = N) -> list[Case]:
    """Cases with two responses each, the second one longer."""
    return [
        Case(
            id=f"p{n}",
            question=f"Question {n}?",
            candidates=(
                Candidate(id="x", text=f"Short {n}."),
                Candidate(id="y", text=f"The longer answer {n}."),
            ),
        )
        for n in range(count)
    ]


SINGLES, PAIRS = singles(), pairs()


def world(*criteria: Criterion, **fields: Any) -> World:
    paired = isinstance(criteria[0].scale, PreferenceScale)
    return World(PAIRS if paired else SINGLES, criteria, **fields)


def docket(case: Case, *, swapped: bool = False) -> Docket:
    ids = tuple(candidate.id for candidate in case.candidates)
    return Docket(case=case, presentation=ids[::-1] if swapped else ids)


def cast(
    judge: Any, shown: Docket, *criteria: Criterion, brief: Brief | None = None, gateway: Any = None
) -> list[Ballot]:
    ballots: list[Ballot] = asyncio.run(
        judge.vote(
            shown, criteria, seat="s", round=0 if brief is None else 1, brief=brief, gateway=gateway
        )
    )
    return ballots


def scores(
    judge: SimulatedJudge, criterion: Criterion, *, swapped: bool = False
) -> list[float | None]:
    async def all_votes() -> list[float | None]:
        found = []
        for case in judge.world.cases.values():
            shown = docket(case, swapped=swapped)
            (ballot,) = await judge.vote(shown, [criterion], seat="s", round=0)
            found.append(ballot.score)
        return found

    return asyncio.run(all_votes())


def near(hits: int, probability: float, trials: int = N) -> bool:
    """Within four standard errors of what was planted."""
    error = (probability * (1 - probability) / trials) ** 0.5
    return bool(abs(hits / trials - probability) <= 4 * error)


def truths(of: World, criterion: Criterion) -> list[float]:
    return [of.truth(case, criterion.id) for case in of.cases]


def panel_judge(**protocol: Any) -> PanelJudge:
    spec = JudgeSpec(name="j", model="openai/j")
    return PanelJudge(spec, ProtocolSpec(**protocol))


def same_votes(one: list[Ballot], other: list[Ballot]) -> None:
    for a, b in zip(one, other, strict=True):
        assert (a.criterion, a.score, a.rationale) == (b.criterion, b.score, b.rationale)
        assert a.evidence == b.evidence
        assert (a.abstention and a.abstention.reason) == (b.abstention and b.abstention.reason)
