"""Gates and conditions of a rubric: which criteria are reached, given what was decided before.

Pure. A gate bars what stands behind it in the rubric unless it is passed; a condition (`when`)
bars its own criterion unless it holds. What is barred is `not_reached`: a reason, never a low
score.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

from dikast.types import Condition, Criterion, CriterionVerdict, Reason, Rubric

PASSED_OVER = frozenset({Reason.NOT_REACHED, Reason.NOT_APPLICABLE})
"""Reasons of criteria that are left out of a verdict without leaving it open."""


class Reach(NamedTuple):
    """Whether a criterion is to be judged."""

    state: Literal["reached", "waiting", "barred"]
    """`waiting` while something it depends on is not decided yet."""
    why: str = ""
    """What bars it, in words; empty otherwise."""


def reach(criterion: Criterion, rubric: Rubric, known: Mapping[str, CriterionVerdict]) -> Reach:
    """Whether a criterion is reached.

    A gate that is passed over itself (its own condition does not hold, or there is nothing to
    measure) bars nothing. An undecided gate bars: nobody knows whether it is passed.

    Args:
        criterion: The criterion.
        rubric: Its rubric.
        known: What was decided, by criterion id.

    Examples:
        >>> from dikast.types import YesNoScale
        >>> safe = Criterion(id="safe", question="?", scale=YesNoScale(), gate=True)
        >>> good = Criterion(id="good", question="?", scale=YesNoScale())
        >>> rubric = Rubric(id="r", criteria=(safe, good))
        >>> reach(good, rubric, {}).state
        'waiting'
        >>> reach(good, rubric, {"safe": CriterionVerdict(criterion="safe", score=0, shown="no")})
        Reach(state='barred', why='gate `safe` failed (no)')
    """
    barriers = [*_gates(criterion, rubric, known), *_conditions(criterion, rubric, known)]
    barred = next((barrier for barrier in barriers if barrier.state == "barred"), None)
    return barred or (barriers[0] if barriers else Reach("reached"))


def _gates(
    criterion: Criterion, rubric: Rubric, known: Mapping[str, CriterionVerdict]
) -> Iterable[Reach]:
    for gate in rubric.criteria:
        if gate.id == criterion.id:
            return
        if not gate.gate:
            continue
        decision = known.get(gate.id)
        if decision is None:
            yield Reach("waiting")
        elif decision.score is not None and not gate.passes(decision.score):
            ended = "failed" if gate.scale.kind != "preference" else "decided"
            yield Reach("barred", f"gate `{gate.id}` {ended} ({decision.shown})")
        elif decision.score is None and decision.reason not in PASSED_OVER:
            yield Reach("barred", f"gate `{gate.id}` is undecided")


def _conditions(
    criterion: Criterion, rubric: Rubric, known: Mapping[str, CriterionVerdict]
) -> Iterable[Reach]:
    for condition in criterion.when:
        decision = known.get(condition.criterion)
        if decision is None:
            yield Reach("waiting")
        elif decision.score is None:
            why = (decision.reason or Reason.NOT_REACHED).replace("_", " ")
            yield Reach("barred", f"`{condition.criterion}` has no outcome ({why})")
        elif not holds(condition, decision.score, rubric.criterion(condition.criterion)):
            shown = f"{condition.describe()}, and it is {decision.shown}"
            yield Reach("barred", f"applies only if {shown}")


def holds(condition: Condition, score: float, of: Criterion) -> bool:
    """Whether a decided score meets a condition.

    Args:
        condition: The condition.
        score: The score of the criterion it names.
        of: That criterion.
    """
    bounds = {name: of.scale.accept(bound) for name, bound in condition.bounds}
    return (
        score >= bounds.get("at_least", score) - 1e-9
        and score <= bounds.get("at_most", score) + 1e-9
        and abs(score - bounds.get("equals", score)) < 1e-9
    )


def barred(criterion: Criterion, why: str) -> CriterionVerdict:
    """The decision on a criterion that was not reached."""
    return CriterionVerdict(criterion=criterion.id, reason=Reason.NOT_REACHED, detail=why)


def next_stage(rubric: Rubric, known: Mapping[str, CriterionVerdict]) -> tuple[str, ...]:
    """Criteria that can be judged now: reached, and without a decision yet.

    Args:
        rubric: The rubric.
        known: What was decided so far; a criterion that was barred may be left out.
    """
    filled = dict(known)
    stage = []
    for criterion in rubric.criteria:
        if criterion.id in filled:
            continue
        found = reach(criterion, rubric, filled)
        if found.state == "reached":
            stage.append(criterion.id)
        elif found.state == "barred":
            filled[criterion.id] = barred(criterion, found.why)
    return tuple(stage)


def ended_at(rubric: Rubric, decisions: Iterable[CriterionVerdict]) -> str | None:
    """The first gate that was decided and not passed; None if there is none."""
    scores = {decision.criterion: decision.score for decision in decisions}
    for criterion in rubric.criteria:
        score = scores.get(criterion.id)
        if criterion.gate and score is not None and not criterion.passes(score):
            return criterion.id
    return None


def matters(criterion: Criterion, rubric: Rubric) -> bool:
    """Whether a verdict stays open with this criterion: it has weight, bars, or is a condition."""
    named = {condition.criterion for other in rubric.criteria for condition in other.when}
    return criterion.weight > 0 or criterion.gate or criterion.id in named


def reopened(rubric: Rubric, decisions: Iterable[CriterionVerdict]) -> tuple[str, ...]:
    """Criteria called `not_reached` that are reached by what has been decided since."""
    known = {decision.criterion: decision for decision in decisions}
    return tuple(
        criterion.id
        for criterion in rubric.criteria
        if criterion.id in known
        and known[criterion.id].reason is Reason.NOT_REACHED
        and reach(criterion, rubric, known).state == "reached"
    )
