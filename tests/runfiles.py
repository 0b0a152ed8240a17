"""Cases, panels and verdicts that the run file tests store; no test lives here."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

from dikast.records.identity import Identity
from dikast.types import (
    Abstention,
    Ballot,
    Candidate,
    Case,
    Criterion,
    CriterionVerdict,
    Dissent,
    IntegerScale,
    JudgeSpec,
    PanelSpec,
    Reason,
    Rubric,
    Transcript,
    Usage,
    Verdict,
)

T = TypeVar("T")

RUBRIC = Rubric(
    id="plain",
    criteria=(
        Criterion(id="correctness", question="Is it?", scale=IntegerScale(low=1, high=5)),
        Criterion(id="safety", question="Is it safe?", scale=IntegerScale(low=1, high=5)),
    ),
)

ANNA = JudgeSpec(name="anna", model="openai/m")
BELA = JudgeSpec(name="bela", model="openai/m", persona="a strict teacher")

PANEL = PanelSpec(judges=(ANNA, BELA), rubric=RUBRIC)

IDENTITY = Identity.of(PANEL, prompts={"judge": "p1"})


def go(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine in an event loop of its own."""
    return asyncio.run(work)


def case(name: str = "q1", text: str = "forty-two") -> Case:
    return Case(id=name, question="What is it?", candidates=(Candidate(text=text),))


def ballots(rationale: str = "plain reasons") -> tuple[Ballot, ...]:
    shared: dict[str, Any] = {"criterion": "correctness", "presentation": ("response",)}
    return (
        Ballot(seat="anna", judge="anna", score=0.1 + 0.2, rationale=rationale, **shared),
        Ballot(
            seat="bela",
            judge="cleo",
            abstention=Abstention(reason=Reason.TIMEOUT, detail="late"),
            round=1,
            **shared,
        ),
    )


def verdict(name: str = "q1", **fields: Any) -> Verdict:
    decision = CriterionVerdict(
        criterion="correctness",
        score=4.0,
        shown="4",
        confidence=0.5,
        votes=1,
        abstentions=1,
        dissents=(
            Dissent(seat="anna", criterion="correctness", score=1, shown="1", rationale="no"),
        ),
    )
    given: dict[str, Any] = {
        "case_id": name,
        "candidates": ("response",),
        "panel": "panel",
        "status": "decided",
        "score": 0.75,
        "criteria": (decision,),
        "transcript": Transcript(ballots=ballots()),
        "usage": Usage(calls=2, cost=0.25),
        "rubric": RUBRIC.digest,
    }
    return Verdict(**(given | fields))


def failed(name: str = "q1") -> Verdict:
    return verdict(name, status="failed", reason=Reason.NO_QUORUM, score=None, criteria=())


def start_python(script: str, *args: str | Path) -> subprocess.Popen[str]:
    """A child process that runs `script` with these arguments."""
    here = str(Path(__file__).parents[1])
    paths = os.pathsep.join(filter(None, [here, os.environ.get("PYTHONPATH")]))
    return subprocess.Popen(
        [sys.executable, "-u", "-c", script, *map(str, args)],
        stdout=subprocess.PIPE,
        stdin=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": paths},
    )
