"""Two answers to one question, level by level in the rubric's order. Pure.

Every gate is a level; what stands between and behind gates is one level together. A level decides
if one answer passes its gate and the other does not, or if the scores differ by more than the
tolerance; only on equality the next level counts. Nothing is averaged across a gate.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

from dikast.agents.gates import PASSED_OVER
from dikast.types import Criterion, CriterionVerdict, RagOutcome, RagVerdict, Reason, Rubric


class Level(NamedTuple):
    """Criteria that are compared together: a gate alone, or those between two gates."""

    criteria: tuple[Criterion, ...]

    @property
    def name(self) -> str:
        """Ids of its criteria."""
        return "+".join(criterion.id for criterion in self.criteria)

    @property
    def gate(self) -> Criterion | None:
        """Its gate; None for a level that lets everything through."""
        return self.criteria[0] if self.criteria[0].gate else None


def levels(rubric: Rubric) -> Iterator[Level]:
    """The levels of a rubric, in order; criteria without weight are none."""
    together: list[Criterion] = []
    for criterion in rubric.criteria:
        if criterion.gate:
            if together:
                yield Level(tuple(together))
            yield Level((criterion,))
            together = []
        elif criterion.weight:
            together.append(criterion)
    if together:
        yield Level(tuple(together))


def compare_rags(
    first: RagVerdict,
    second: RagVerdict,
    rubric: Rubric,
    *,
    tolerance: float,
    called: tuple[str, str] | None = None,
) -> RagOutcome:
    """Compare two answers.

    Exchanging them mirrors the outcome. What one of them does not reach for a reason of its own (a
    rightful refusal has no claims) is passed over; what the panel left open on either leaves the
    comparison open, unless an earlier level decided it.

    Args:
        first: The canonically first answer.
        second: The other.
        rubric: What both were judged by.
        tolerance: Share of a level's scale within which two scores are equal.
        called: What the two are called in the outcome; None for their candidates' ids.
    """
    one_name, other_name = called or (first.candidate, second.candidate)
    names = {"case_id": first.case_id, "first": one_name, "second": other_name}
    for level in levels(rubric):
        sides = [_stands(found, level) for found in (first, second)]
        open_ = next((side.reason for side in sides if side.reason is not None), None)
        if open_ is not None:
            detail = f"{level.name} is undecided"
            return RagOutcome(**names, reason=open_, level=level.name, detail=detail)
        one, other = sides
        if one.passed != other.passed:
            return _won(names, level, 1 if one.passed else -1, one, other)
        if one.unit is not None and other.unit is not None:
            lead = one.unit - other.unit
            if abs(lead) > tolerance + 1e-9:
                return _won(names, level, 1 if lead > 0 else -1, one, other)
        if not one.passed:
            detail = "both fail it alike"
            return RagOutcome(**names, preferred="tie", level=level.name, detail=detail)
    return RagOutcome(**names, preferred="tie", detail="equal on every level that both reach")


class _Side(NamedTuple):
    """How one answer stands on a level."""

    passed: bool
    unit: float | None
    """Share of the scale; None where it is passed over."""
    reason: Reason | None = None
    """Why it is undecided; None if it is not."""
    shown: str = ""


def _stands(found: RagVerdict, level: Level) -> _Side:
    decisions = [_decision(found, criterion) for criterion in level.criteria]
    open_ = next((d for d in decisions if d.score is None and d.reason not in PASSED_OVER), None)
    if open_ is not None:
        return _Side(False, None, open_.reason)
    parts: list[tuple[float, float]] = []
    for criterion, decision in zip(level.criteria, decisions, strict=True):
        if decision.score is not None:
            weight = criterion.weight or 1.0
            parts.append((weight, weight * criterion.scale.unit(decision.score)))
    if not parts:
        return _Side(True, None)
    unit = math.fsum(part for _, part in parts) / math.fsum(weight for weight, _ in parts)
    gate, score = level.gate, decisions[0].score
    passed = gate is None or score is None or gate.passes(score)
    return _Side(passed, unit, shown=", ".join(d.shown for d in decisions if d.shown))


def _decision(found: RagVerdict, criterion: Criterion) -> CriterionVerdict:
    for decision in found.verdict.criteria:
        if decision.criterion == criterion.id:
            return decision
    # A case that met a bug has no decisions at all.
    return CriterionVerdict(criterion=criterion.id, reason=found.verdict.reason or Reason.BUG)


def _won(names: dict[str, str], level: Level, sign: int, one: _Side, other: _Side) -> RagOutcome:
    shown = [side.shown or "not reached" for side in (one, other)]
    return RagOutcome(
        **names,
        preferred="first" if sign > 0 else "second",
        level=level.name,
        detail=f"{shown[0]} against {shown[1]}",
    )
