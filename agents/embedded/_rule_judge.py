"""What all rule-backed judges share: from a share of merit to a ballot, and revision."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple

from dikast.agents.contract import Brief
from dikast.agents.embedded._reading import Reading, read
from dikast.agents.embedded._remit import REMIT, Aspect, aspect_of
from dikast.agents.embedded._scoring import on_scale, steps
from dikast.agents.quotes import locate
from dikast.types import (
    Abstention,
    Ballot,
    Criterion,
    CritiquePoint,
    Docket,
    Evidence,
    Gateway,
    PreferenceScale,
    Reason,
    Source,
)

CONTRADICTED = 0.2
"""Highest share that a response keeps once a contradiction was verified."""
LACKING = 0.4
"""Highest share once a statement without support, or a missing key fact, was verified."""
BORNE_OUT = 0.75
"""Lowest share once a passage was verified to bear out what the response says."""


class Assessment(NamedTuple):
    """What a judge makes of one candidate."""

    unit: float | None
    """From 0 (worst) to 1 (best); None if there was nothing to go by, with `why`."""
    why: str
    evidence: tuple[Evidence, ...] = ()


class Check(NamedTuple):
    """What a judge found when it looked for itself at a point that was raised against it."""

    fact: str
    low: float = 0.0
    high: float = 1.0
    """The share cannot stay outside these two."""


class RuleJudge(ABC):
    """A judge made of rules. Pure: the same docket and brief always give the same ballots.

    Args:
        name: The judge's name, unique in its panel.
    """

    kind: ClassVar[str]
    """The file's stem: a key of `REMIT`."""

    def __init__(self, name: str) -> None:
        self._name = name

    @property
    def name(self) -> str:
        """The judge's name."""
        return self._name

    @abstractmethod
    def assess(self, reading: Reading, aspect: Aspect, where: Source) -> Assessment:
        """Assess one candidate.

        Args:
            reading: The candidate and what it may rest on.
            aspect: One that `REMIT` gives to this judge.
            where: What the candidate is called in evidence: `response` or `response_b`.
        """

    def check(self, point: CritiquePoint, reading: Reading, aspect: Aspect) -> Check | None:
        """Look at one point with this judge's own means.

        The claim's words count for nothing: only the quotation, which is known to occur, is
        examined.

        Returns:
            What was found if the point holds; None if it does not, or cannot be told.
        """
        del point, reading, aspect
        return None

    async def vote(
        self,
        docket: Docket,
        criteria: Sequence[Criterion],
        *,
        seat: str,
        round: int,  # noqa: A002 - the field's own word
        brief: Brief | None = None,
        gateway: Gateway | None = None,
    ) -> list[Ballot]:
        """Cast one ballot per criterion; in a revision the vote moves only on verified points.

        Args:
            docket: The case and one candidate, or two to compare.
            criteria: What to judge by.
            seat: The seat voted for.
            round: 0 is the private round.
            brief: What was raised against the vote; None in the private round. Arguments of
                others are opinions and are not weighed.
            gateway: Ignored: no model is asked.
        """
        del gateway
        ballots = []
        for criterion in criteria:
            outcome = self._outcome(docket, criterion, brief)
            ballots.append(
                Ballot(
                    seat=seat,
                    judge=self.name,
                    criterion=criterion.id,
                    round=round,
                    presentation=docket.presentation,
                    **outcome,
                )
            )
        return ballots

    def _outcome(self, docket: Docket, criterion: Criterion, brief: Brief | None) -> dict[str, Any]:
        barred = self._barred(docket, criterion)
        if barred:
            return _abstains(Reason.NOT_APPLICABLE, barred)
        aspect = aspect_of(criterion)
        assert aspect is not None
        first = self._assessments(docket, aspect)
        score = self._score([a.unit for a in first], criterion)
        if score is None:
            return _abstains(Reason.NO_EVIDENCE, next((a.why for a in first if a.unit is None), ""))
        outcome: dict[str, Any] = {
            "score": score,
            "rationale": _rationale(first),
            "evidence": tuple(e for a in first for e in a.evidence),
        }
        if brief is not None:
            outcome |= self._revised(docket, criterion, aspect, first, brief)
        return outcome

    def _barred(self, docket: Docket, criterion: Criterion) -> str:
        """Why this judge cannot speak to a criterion at all; empty if it can."""
        case = docket.case
        have = {
            "question": bool(case.question or case.messages),
            "reference": case.reference is not None,
            "contexts": bool(case.contexts),
        }
        lacking = [need for need in criterion.needs if not have[need]]
        if lacking:
            return f"the case has no {' and no '.join(lacking)}"
        aspect = aspect_of(criterion)
        if aspect is None:
            return f"no rule speaks to `{criterion.id}`"
        if aspect not in REMIT[self.kind]:
            return f"`{self.kind}` does not speak to {aspect}"
        pair = isinstance(criterion.scale, PreferenceScale)
        if len(docket.presentation) != 1 + pair:
            return f"this scale takes {'two candidates' if pair else 'one candidate'}"
        return ""

    def _assessments(self, docket: Docket, aspect: Aspect) -> list[Assessment]:
        places: tuple[Source, ...] = ("response", "response_b")
        return [
            self.assess(read(docket.case, candidate), aspect, where)
            for candidate, where in zip(docket.canonical, places, strict=False)
        ]

    def _score(self, units: Sequence[float | None], criterion: Criterion) -> float | None:
        known = [unit for unit in units if unit is not None]
        if len(known) < len(units):
            return None
        if isinstance(criterion.scale, PreferenceScale):
            return steps(known[0], known[1], criterion.scale)
        return on_scale(known[0], criterion.scale)

    def _revised(
        self,
        docket: Docket,
        criterion: Criterion,
        aspect: Aspect,
        first: Sequence[Assessment],
        brief: Brief,
    ) -> dict[str, Any]:
        """The vote after each point was looked at; it starts from the standing ballot."""
        own = next((b for b in brief.own if b.criterion == criterion.id), None)
        points = [p for c in brief.critiques if c.criterion == criterion.id for p in c.points]
        checks, facts = self._verified(points, docket, aspect)
        before = own.score if own is not None and own.score is not None else None
        units = [a.unit if a.unit is not None else 0.5 for a in first]
        pair = isinstance(criterion.scale, PreferenceScale)
        if before is not None and not pair:
            units = [criterion.scale.unit(before)]
        moved = [bounded(unit, checks.get(at, [])) for at, unit in enumerate(units)]
        after = self._score(moved, criterion)
        standing = before if before is not None else self._score(units, criterion)
        if not facts or after is None or after == standing:
            reason = _kept(len(points), facts)
            return {"score": standing, "grounds": reason} if standing is not None else {}
        return {"score": after, "grounds": "Moved: " + "; ".join(facts) + "."}

    def _verified(
        self, points: Sequence[CritiquePoint], docket: Docket, aspect: Aspect
    ) -> tuple[dict[int, list[Check]], list[str]]:
        """Points that hold, by the candidate they concern, and what was found, in words."""
        checks: dict[int, list[Check]] = {}
        facts: list[str] = []
        for point in points:
            place = locate(point.quote, docket, claimed=point.source)
            if place is None or place.source != point.source:
                continue
            at = 1 if point.source == "response_b" else 0
            if len(docket.presentation) > 1 and not point.source.startswith("response"):
                continue  # of a pair, it would not say which candidate it is about
            check = self.check(point, read(docket.case, docket.canonical[at]), aspect)
            if check is not None:
                checks.setdefault(at, []).append(check)
                facts += [check.fact] if check.fact not in facts else []
        return checks, facts


def bounded(unit: float, checks: Sequence[Check]) -> float:
    """Move a share into the bounds of what was verified; what lowers outweighs what raises.

    Examples:
        >>> bounded(0.9, [Check("a year that stands against it", high=CONTRADICTED)])
        0.2
    """
    unit = max([unit, *(check.low for check in checks)])
    return min([unit, *(check.high for check in checks)])


def _kept(points: int, facts: Sequence[str]) -> str:
    if facts:
        return "Kept: the vote already reckons with this: " + "; ".join(facts) + "."
    if points:
        return f"Kept: of {points} points raised, none holds under this judge's own check."
    return "Kept: no point was raised that could be checked; opinions are not evidence."


def _rationale(assessments: Sequence[Assessment]) -> str:
    if len(assessments) == 1:
        return assessments[0].why
    return " ".join(
        f"{label} ({a.unit:.2f}): {a.why}"
        for label, a in zip(("First", "Second"), assessments, strict=False)
    )


def _abstains(reason: Reason, detail: str) -> dict[str, Any]:
    return {"abstention": Abstention(reason=reason, detail=detail[:300])}
