"""The rule-backed critic: quotes what does not hold, or what bears a doubted response out.

Every point quotes text that occurs, and what it says can be checked again by whoever reads it:
a number, name or negation against the passage sentence on the same matter, a clause without
support, a key fact of the reference that is missing, a question left open, a broken limit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dikast.agents.embedded._faults import Fault, align, all_faults, body_for, claims, name_of, say
from dikast.agents.embedded._reading import QUOTED, Reading, quoting, read
from dikast.agents.embedded._remit import Aspect, aspect_of
from dikast.agents.embedded._rule_judge import BORNE_OUT, CONTRADICTED, LACKING
from dikast.agents.embedded._scoring import on_scale
from dikast.agents.embedded.answers import evasion
from dikast.agents.embedded.form import instructions
from dikast.agents.quotes import locate
from dikast.types import (
    Ballot,
    Criterion,
    Critique,
    CritiquePoint,
    Docket,
    Gateway,
    PreferenceScale,
    Source,
)

_MOST = 5
"""Most points of a critique: what matters most comes first."""
_BEARS_OUT = 0.6
"""Share of a clause's telling words that a passage must have to be quoted in its favour."""


class EmbeddedCritic:
    """Challenges ballots with what rules can show. Pure; asks no model."""

    @property
    def name(self) -> str:
        """The critic's name."""
        return "embedded/critic"

    async def challenge(
        self,
        docket: Docket,
        criterion: Criterion,
        ballots: Sequence[Ballot],
        *,
        round: int,  # noqa: A002 - the field's own word
        gateway: Gateway | None = None,
    ) -> Critique:
        """List what speaks against the votes, or for the response where nothing speaks against it.

        Args:
            docket: The case, candidates in canonical order.
            criterion: The contested criterion.
            ballots: Standing ballots on it.
            round: Their round.
            gateway: Ignored: no model is asked.

        Returns:
            At most five points; the seats whose vote lies on the other side are challenged. No
            points and nobody challenged where rules have nothing to show.
        """
        del gateway
        aspect = aspect_of(criterion)
        pair = isinstance(criterion.scale, PreferenceScale)
        if aspect is None or len(docket.presentation) != 1 + pair:
            return Critique(critic=self.name, criterion=criterion.id, round=round)
        raised = list(_points(docket, aspect, pair))
        points = [p for p in raised if _stands(p, docket)]
        return Critique(
            critic=self.name,
            criterion=criterion.id,
            round=round,
            points=tuple(points[:_MOST]),
            challenged=_challenged(points[:_MOST], ballots, criterion),
            dropped=len(raised) - len(points),
        )


def _stands(point: CritiquePoint, docket: Docket) -> bool:
    place = locate(point.quote, docket, claimed=point.source)
    return place is not None and place.source == point.source


def _points(docket: Docket, aspect: Aspect, pair: bool) -> Iterator[CritiquePoint]:
    places: tuple[Source, ...] = ("response", "response_b")
    readings = [read(docket.case, candidate) for candidate in docket.canonical]
    found: list[CritiquePoint] = []
    for reading, where in zip(readings, places, strict=False):
        found += _against(reading, aspect, where, pair)
    yield from sorted(found, key=lambda point: "against" not in point.claim)
    if not found and not pair:
        yield from _in_favour(readings[0], aspect)


def _against(
    reading: Reading, aspect: Aspect, where: Source, pair: bool
) -> Iterator[CritiquePoint]:
    if aspect in {"groundedness", "correctness", "helpfulness"}:
        body = body_for(reading, aspect)
        faults = all_faults(reading, aspect) if body is not None else []
        for fault in sorted(faults, key=lambda f: not f.contradicts):
            yield from _fault_point(fault, reading, aspect, where, pair)
    if aspect == "helpfulness":
        left = evasion(reading)
        if left:
            quoted = reading.response.text if pair else reading.question.text
            at: Source = where if pair else "question"
            yield from _point(f"The question is not answered: {left}.", quoted, at, where)
    if aspect in {"helpfulness", "instructions"} and not pair:
        for result in instructions(reading):
            if not result.obeyed:
                claim = f"The request asks “{result.instruction}”; {result.found}."
                yield from _point(claim, result.instruction, "question", where)


def _fault_point(
    fault: Fault, reading: Reading, aspect: Aspect, where: Source, pair: bool
) -> Iterator[CritiquePoint]:
    body = body_for(reading, aspect)
    assert body is not None
    if fault.kind == "missing":
        if not pair:  # the reference says nothing about which of two lacks it
            yield from _point(
                f"The response lacks what the reference says: {say(fault)}.",
                fault.clause,
                "reference",
                where,
            )
        return
    claim = f"Held against the {name_of(body, reading)}: {say(fault)}"
    if fault.sentence is not None:
        claim += f", in “{fault.sentence.text[:QUOTED]}”"
    yield from _point(claim + ".", fault.clause, where, where)


def _point(claim: str, quote: str, source: Source, where: Source) -> Iterator[CritiquePoint]:
    """A point against one candidate; against the second of a pair it raises the preference."""
    for evidence in quoting(quote, source):
        yield CritiquePoint(
            claim=claim,
            quote=evidence.quote,
            source=source,
            effect="raise" if where == "response_b" else "lower",
        )


def _in_favour(reading: Reading, aspect: Aspect) -> Iterator[CritiquePoint]:
    """The passages that carry the response's claims, where nothing speaks against any of them."""
    if aspect not in {"groundedness", "correctness"} or reading.passages is None:
        return
    seen: set[int] = set()
    for clause in claims(reading):
        match = align([word.key for word in clause.content], reading.passages)
        if match.sentence is None or match.share < _BEARS_OUT or match.sentence.place in seen:
            continue
        seen.add(match.sentence.place)
        at = match.sentence
        for evidence in quoting(at.text, at.source, at.context_id):
            yield CritiquePoint(
                claim=f"This passage has {match.share:.0%} of “{clause.text[:90]}”, in its words.",
                quote=evidence.quote,
                source="context",
                context_id=at.context_id,
                effect="raise",
            )


def _challenged(
    points: Sequence[CritiquePoint], ballots: Sequence[Ballot], criterion: Criterion
) -> tuple[str, ...]:
    """Seats whose vote lies on the other side of what some point shows."""
    seats = set()
    for ballot in ballots:
        if ballot.score is not None and any(
            _opposes(ballot.score, point, criterion) for point in points
        ):
            seats.add(ballot.seat)
    return tuple(sorted(seats))


def _opposes(score: float, point: CritiquePoint, criterion: Criterion) -> bool:
    scale = criterion.scale
    if isinstance(scale, PreferenceScale):
        return score <= 0 if point.effect == "raise" else score >= 0
    if point.effect == "raise":
        return score < on_scale(BORNE_OUT, scale)
    against = "stands against" in point.claim
    return score > on_scale(CONTRADICTED if against else LACKING, scale)
