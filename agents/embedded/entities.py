"""Agreement of numbers, dates, names, units, negation and opposites.

Facts that can be checked without understanding: each is supported, contradicted by the sentence
on the same matter, or stands nowhere. What the question itself says is not held against a
response that repeats it.
"""

from __future__ import annotations

from typing import NamedTuple

from dikast.agents.embedded import _facts as facts
from dikast.agents.embedded._faults import (
    CONTRADICTIONS,
    Fault,
    body_for,
    claims,
    faults,
    name_of,
    say,
)
from dikast.agents.embedded._reading import Body, Reading, Text, quoting
from dikast.agents.embedded._remit import Aspect
from dikast.agents.embedded._rule_judge import (
    BORNE_OUT,
    CONTRADICTED,
    LACKING,
    Assessment,
    Check,
    RuleJudge,
)
from dikast.types import CritiquePoint, Evidence, Source


class _Ledger(NamedTuple):
    """The facts of a response, and those that fail."""

    checked: int
    words: int
    """Words that the facts are made of, the question's left out."""
    failed: list[Fault]


class Entities(RuleJudge):
    """Judges by facts of form."""

    kind = "entities"

    def assess(self, reading: Reading, aspect: Aspect, where: Source) -> Assessment:
        """Share of checkable facts that hold; a contradiction caps it."""
        body = body_for(reading, aspect)
        if body is None:
            return Assessment(None, "there is nothing to compare numbers and names with")
        ledger = _ledger(reading, body)
        if body is reading.reference:
            return _against_reference(reading, ledger, where)
        if not ledger.checked and not ledger.failed:
            return Assessment(None, "the response adds no number, name or negation to check")
        total = max(ledger.checked, len(ledger.failed))
        if not ledger.failed and 2 * ledger.words < len(reading.payload):
            # facts can show a fault; that one holds says little of the words around it
            return Assessment(
                None,
                f"the numbers and names it adds hold ({total}), but most of what it adds is "
                "neither",
            )
        unit = 1 - len(ledger.failed) / total
        return Assessment(
            _capped(unit, ledger.failed),
            _summary(total, ledger.failed, name_of(body, reading)),
            _evidence(ledger.failed, where),
        )

    def check(self, point: CritiquePoint, reading: Reading, aspect: Aspect) -> Check | None:
        """Whether the quotation's own numbers, names and negations hold."""
        body = body_for(reading, aspect)
        if body is None:
            return None
        if point.source in {"response", "response_b"}:
            found = [
                fault
                for clause in Text(point.quote).clauses
                for fault in faults(clause, body, reading)
                if fault.kind in CONTRADICTIONS
            ]
            if body is reading.reference:
                found = [fault for fault in found if fault.contradicts]
            if not found:
                return None
            worst = min(found, key=lambda fault: not fault.contradicts)
            return Check(say(worst), high=CONTRADICTED if worst.contradicts else LACKING)
        if point.source == "context" and point.effect == "raise":
            ledger = _ledger(reading, body)
            if ledger.checked and not ledger.failed:
                return Check("every number and name of the response holds", low=BORNE_OUT)
        return None


def _ledger(reading: Reading, body: Body) -> _Ledger:
    asked = reading.question.keys
    checked, size = 0, 0
    failed: list[Fault] = []
    for clause in claims(reading):
        said = [n for n in facts.numbers(clause.text, clause.words) if n.value not in asked]
        called = facts.names(clause.text, clause.words)
        new = [sum(key not in asked for key in name.keys) for name in called]
        checked += len(said) + sum(map(bool, new))
        size += len(said) + sum(new)
        failed += [f for f in faults(clause, body, reading) if f.kind in CONTRADICTIONS]
    return _Ledger(checked, size, failed)


def _capped(unit: float, failed: list[Fault]) -> float:
    return min(unit, CONTRADICTED) if any(fault.contradicts for fault in failed) else unit


def _summary(total: int, failed: list[Fault], what: str) -> str:
    if not failed:
        return f"All {total} numbers and names it adds agree with the {what}."
    told = "; ".join(say(fault) for fault in failed[:3])
    return f"{len(failed)} of {total} checkable facts fail against the {what}: {told}."


def _evidence(failed: list[Fault], where: Source) -> tuple[Evidence, ...]:
    found: list[Evidence] = []
    for fault in failed[:3]:
        found += quoting(fault.clause, where)
        if fault.sentence is not None:
            at = fault.sentence
            found += quoting(at.text, at.source, at.context_id)
    return tuple(found)


def _against_reference(reading: Reading, ledger: _Ledger, where: Source) -> Assessment:
    """Recall of the reference's facts; what contradicts it caps the share."""
    told = reading.reference_text
    assert told is not None
    asked = reading.question.keys
    wanted = told.values - asked
    starts = [span.start for span in told.sentences]
    called = [
        name.keys
        for name in facts.names(told.text, told.words, starts=starts)
        if any(key not in asked for key in name.keys)
    ]
    have = len(wanted & (reading.response.values | reading.response.keys))
    have += sum(any(k in reading.response.keys for k in keys if k not in asked) for keys in called)
    total = len(wanted) + len(called)
    against = [fault for fault in ledger.failed if fault.contradicts]
    if not total and not against:
        return Assessment(None, "the reference has no number, name or negation to check")
    unit = have / total if total else 1.0
    why = f"{have} of {total} numbers and names of the reference are in the response."
    if against:
        why += f" Against it: {'; '.join(say(fault) for fault in against[:3])}."
    return Assessment(_capped(unit, against), why, _evidence(against, where))


JUDGE = Entities
