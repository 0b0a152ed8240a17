"""What the tests of cascades on recorded ballots share: planted judges and runs of their votes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dikast import prompts
from dikast.records.identity import Identity
from dikast.records.runfile import RunFile
from dikast.testing import SimulatedJudge, World
from dikast.types import (
    Ballot,
    Candidate,
    Case,
    Criterion,
    Docket,
    JudgeSpec,
    PanelSpec,
    PreferenceScale,
    Price,
    Reason,
    Rubric,
    Transcript,
    Verdict,
    YesNoScale,
)

RIGHT = Criterion(id="right", question="Is it right?", scale=YesNoScale())
BETTER = Criterion(id="better", question="Which is better?", scale=PreferenceScale(ties=False))
CHEAP = JudgeSpec(name="cheap", model="openai/cheap", samples=3, price=Price(input=0.1, output=0.2))
STRONG = JudgeSpec(
    name="strong", model="openai/strong", samples=7, price=Price(input=2.0, output=4.0)
)
ACCURACY = {"cheap": 0.85, "strong": 0.95}
"""Of one sample, planted; samples err independently of each other."""


def cases(number: int, *, stem: str = "c", pairs: bool = False) -> list[Case]:
    def texts(n: int) -> tuple[Candidate, ...]:
        if not pairs:
            return (Candidate(text=f"Answer {stem}{n}."),)
        return tuple(Candidate(id=i, text=f"Answer {i} of {stem}{n}.") for i in ("x", "y"))

    return [
        Case(id=f"{stem}{n}", question=f"Question {stem}{n}?", candidates=texts(n))
        for n in range(number)
    ]


def panel(*judges: JudgeSpec, criterion: Criterion = RIGHT, **fields: Any) -> PanelSpec:
    rubric = Rubric(id="planted", criteria=(criterion,))
    judges = judges or (CHEAP, STRONG)
    return PanelSpec(judges=judges, rubric=rubric, rule={"name": "majority"}, **fields)


def truth(world: World, names: Sequence[str]) -> dict[str, float]:
    (criterion,) = world.criteria
    return {name: world.truth(name, criterion) for name in names}


def recorded_run(
    path: Path,
    spec: PanelSpec,
    world: World,
    judges: Mapping[str, SimulatedJudge] | None = None,
    *,
    labels: bool = True,
    changed: Mapping[tuple[str, str], list[Ballot]] | None = None,
) -> RunFile:
    """A run file of every judge's private votes on every case of a world, opened to be read.

    `changed` replaces the ballots of a case and seat.
    """
    kind = "compare" if len(next(iter(world.cases.values())).candidates) > 1 else "judge"
    used = {name: d for name, d in prompts.digests().items() if name.startswith("judge")}
    seats = judges or {
        j.name: SimulatedJudge(
            name=j.name, world=world, accuracy=ACCURACY[j.name], samples=j.samples
        )
        for j in spec.judges
    }
    criterion = spec.rubric.criteria[0]
    word = {1.0: "yes", 0.0: "no"} if kind == "judge" else {1.0: "first", -1.0: "second"}

    async def votes(case: Case) -> list[Ballot]:
        ids = tuple(candidate.id for candidate in case.candidates)
        ballots: list[Ballot] = []
        for name, judge in seats.items():
            if changed and (case.id, name) in changed:
                ballots += changed[case.id, name]
                continue
            for order in [ids] if len(ids) == 1 else [ids, ids[::-1]]:
                shown = Docket(case=case, presentation=order)
                ballots += await judge.vote(shown, [criterion], seat=name, round=0)
        return ballots

    async def hear(run: RunFile, case: Case) -> None:
        heard = Verdict(
            case_id=case.id,
            candidates=tuple(candidate.id for candidate in case.candidates),
            panel="p",
            status="failed",
            reason=Reason.NO_QUORUM,
            transcript=Transcript(ballots=tuple(await votes(case))),
        )
        await run.finish(case.id, heard)

    async def fill(run: RunFile) -> None:
        told = [
            {criterion.id: word[world.truth(name, criterion.id)]} if labels else {}
            for name in world.cases
        ]
        labelled = [
            case.model_copy(update={"labels": label})
            for case, label in zip(world.cases.values(), told, strict=True)
        ]
        await run.add_cases(labelled)
        await asyncio.gather(*(hear(run, case) for case in labelled))

    with RunFile.create(path, Identity.of(spec, kind=kind, prompts=used)) as run:
        asyncio.run(fill(run))
    return RunFile.open(path, readonly=True)
