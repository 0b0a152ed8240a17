"""What a challenged judge is shown before it votes again, as values of fenced slots.

Everything here was written by models about hostile text: each piece stands in a fence of its own,
without names, models or tallies, and in the terms of the presentation the judge sees.
"""

from __future__ import annotations

from collections.abc import Sequence

from dikast.agents.contract import Brief
from dikast.agents.material import source_name
from dikast.agents.slots import answer, turn_score, turn_words
from dikast.prompts import SlotValue, clip
from dikast.types import Ballot, BiasFinding, Criterion, CritiquePoint, Docket

LONGEST = 4_000
"""Longest argument shown, in characters: a digest is asked for, not a transcript."""

_EFFECT = {"raise": "a higher score", "lower": "a lower score"}
_PAIR_EFFECT = {"raise": "Response A", "lower": "Response B"}


def briefing(
    brief: Brief, docket: Docket, criteria: Sequence[Criterion], *, seat: str
) -> dict[str, SlotValue]:
    """Values of the slots `own`, `critique`, `findings`, `arguments` and, if any, `standards`.

    Args:
        brief: What the judge is to weigh, in canonical terms.
        docket: What it is shown; the words are turned to its presentation.
        criteria: The criteria at issue; what concerns others is left out.
        seat: The judge's seat, to tell findings on its own vote from others.
    """
    known = {criterion.id: criterion for criterion in criteria}
    own = [_vote(b, known[b.criterion], docket) for b in brief.own if b.criterion in known]
    points = [
        _point(point, docket)
        for critique in brief.critiques
        if critique.criterion in known
        for point in critique.points
    ]
    findings = [
        _finding(finding, docket, seat)
        for finding in brief.findings
        if finding.criterion is None or finding.criterion in known
    ]
    arguments = [turn_words(clip(text, LONGEST), docket) for text in brief.arguments]
    # Declared only where pairs are judged again: standards are made for pairs.
    standards: dict[str, SlotValue] = {"standards": brief.standards} if brief.standards else {}
    return {
        **standards,
        "own": list(dict.fromkeys(own)),
        "critique": list(dict.fromkeys(points)),
        "findings": list(dict.fromkeys(findings)),
        "arguments": list(dict.fromkeys(arguments)),
    }


def _vote(ballot: Ballot, criterion: Criterion, docket: Docket) -> str:
    voted = "none"
    if ballot.score is not None:
        voted = answer(turn_score(ballot.score, criterion.scale, docket), criterion.scale)
    reasons = turn_words(clip(ballot.rationale, LONGEST), docket) or "none given"
    return f"Criterion: {criterion.id}\nVote: {voted}\nReasons: {reasons}"


def _point(point: CritiquePoint, docket: Docket) -> str:
    lines = [
        turn_words(clip(point.claim, LONGEST), docket),
        _quoted(point.quote, source_name(point.source, point.context_id, docket)),
    ]
    effects = _EFFECT if len(docket.presentation) == 1 else _PAIR_EFFECT
    if point.effect in effects:
        lines.append("Speaks for: " + turn_words(effects[point.effect], docket))
    return "\n".join(lines)


def _finding(finding: BiasFinding, docket: Docket, seat: str) -> str:
    whose = "your vote" if finding.seat == seat else "a vote"
    about = "the material" if finding.seat is None else whose
    lines = [
        f"Kind: {finding.kind}, about {about}",
        _quoted(finding.quote, source_name(finding.source, finding.context_id, docket)),
        turn_words(clip(finding.explanation, LONGEST), docket),
    ]
    if finding.suggested_check:
        lines.append("Check: " + turn_words(clip(finding.suggested_check, LONGEST), docket))
    return "\n".join(line for line in lines if line)


def _quoted(quote: str, where: str) -> str:
    return f"Quoted from {where}: “{clip(quote, LONGEST)}”"
