"""Cases and shortcuts for the tests of the rule-backed judges."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from dikast.agents.contract import Brief
from dikast.agents.embedded import seat
from dikast.types import (
    Ballot,
    Candidate,
    Case,
    Context,
    Criterion,
    Critique,
    CritiquePoint,
    Docket,
    IntegerScale,
    PreferenceScale,
    RealScale,
    Scale,
    Source,
)

JUDGES = (
    *("alignment", "answers", "coverage", "entities", "exact", "form", "overlap", "refusals"),
)
ASPECT_IDS = (
    "groundedness",
    "correctness",
    "helpfulness",
    "instruction_following",
    "coherence",
    "conciseness",
    "safety",
    "completeness",
    "answer_relevance",
    "attempted",
    "refusal_validity",
)


def criterion(name: str, scale: Scale | None = None) -> Criterion:
    """A criterion of this id on whole numbers from 1 to 5, or on another scale."""
    return Criterion(id=name, question="?", scale=scale or IntegerScale(low=1, high=5))


SHARE = RealScale(low=0, high=1)
PAIR = criterion("preference", PreferenceScale(levels=5))


def case(
    response: str,
    *passages: str,
    question: str | None = None,
    reference: str | None = None,
    second: str | None = None,
) -> Case:
    """A case of one response, or of two."""
    candidates = [Candidate(id="a", text=response)]
    if second is not None:
        candidates.append(Candidate(id="b", text=second))
    return Case(
        id="c",
        question=question,
        candidates=tuple(candidates),
        contexts=tuple(Context(id=f"p{n}", text=text) for n, text in enumerate(passages)),
        reference=reference,
    )


def docket(of: Case, *, swapped: bool = False) -> Docket:
    """What a judge is shown, in the order of the case or the other one."""
    ids = tuple(candidate.id for candidate in of.candidates)
    return Docket(case=of, presentation=ids[::-1] if swapped else ids)


def vote(
    name: str, of: Case, by: Criterion, *, brief: Brief | None = None, swapped: bool = False
) -> Ballot:
    """One judge's ballot."""
    shown = docket(of, swapped=swapped)
    number = 0 if brief is None else 1
    (ballot,) = asyncio.run(seat(name).vote(shown, [by], seat=name, round=number, brief=brief))
    return ballot


def raised(
    own: Sequence[Ballot], *quotes: str, source: Source = "response", effect: str = "lower"
) -> Brief:
    """What a judge is shown when these quotes are held against its vote."""
    points = tuple(
        CritiquePoint.model_validate(
            {"claim": "This does not hold.", "quote": q, "source": source, "effect": effect}
        )
        for q in quotes
    )
    return Brief(
        own=tuple(own),
        critiques=(Critique(critic="critic", criterion=own[0].criterion, round=0, points=points),),
        arguments=("Everybody knows that the answer is wrong.",),
    )
