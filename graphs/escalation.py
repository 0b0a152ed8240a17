"""After the panel's verdict: a stronger judge, or a person, decides what it left open."""

from __future__ import annotations

from datetime import UTC, datetime

from dikast.agents.adjudicator import decide_by_judge, decide_by_person, open_criteria
from dikast.agents.persons import check_name
from dikast.agents.standing import stand
from dikast.graphs.hearing import Bench
from dikast.graphs.state import Summons
from dikast.types import Case, Gateway, PanelSpec, Verdict


async def escalated(
    bench: Bench,
    verdict: Verdict,
    case: Case,
    candidates: tuple[str, ...],
    *,
    deadline: float,
    gateway: Gateway | None,
) -> Verdict:
    """The verdict once the panel's stronger judge has voted on what was left open.

    What it decides may open a gate: then it also hears what stands behind, on which nobody voted.
    """
    asked: set[str] = set()
    while criteria := tuple(
        name for name in open_criteria(verdict, bench.spec.rubric) if name not in asked
    ):
        verdict = await _heard(
            bench, verdict, case, candidates, criteria, deadline=deadline, gateway=gateway
        )
        asked |= set(criteria)
    return verdict


async def _heard(
    bench: Bench,
    verdict: Verdict,
    case: Case,
    candidates: tuple[str, ...],
    criteria: tuple[str, ...],
    *,
    deadline: float,
    gateway: Gateway | None,
) -> Verdict:
    spec = bench.spec
    assert spec.escalation is not None
    name = spec.escalation.name
    ballots = await bench.hear(
        case,
        candidates,
        Summons(seat=name, judge=name, criteria=criteria),
        deadline=deadline,
        gateway=gateway,
    )
    votes = [
        stand(
            [ballot for ballot in ballots if ballot.criterion == criterion],
            spec.rubric.criterion(criterion),
            weight=1.0,
            orders=len(candidates),
            fold=spec.protocol.fold,
        )
        for criterion in criteria
    ]
    transcript = verdict.transcript
    said = transcript.model_copy(update={"ballots": (*transcript.ballots, *ballots)})
    return decide_by_judge(verdict.model_copy(update={"transcript": said}), votes, spec)


def adjudicated(verdict: Verdict, spec: PanelSpec) -> Verdict:
    """The verdict once a person has answered; waits inside a graph that has a checkpointer."""
    from langgraph.types import interrupt

    answer = interrupt(
        {
            "case": verdict.case_id,
            "criteria": list(open_criteria(verdict, spec.rubric)),
            "detail": verdict.detail,
        }
    )
    return decide_by_person(
        verdict,
        answer["scores"],
        spec,
        by=check_name(str(answer.get("by", "human")), spec),
        reason=str(answer.get("reason", "")),
        at=datetime.now(UTC).isoformat(timespec="seconds"),
    )
