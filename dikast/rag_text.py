"""An evaluated answer as a person reads it: claim by claim, with passage and quotation."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from dikast.agents.claims import ASIDE, PASSAGE, mark_of
from dikast.agents.standing import counts
from dikast.minutes import clip, headline, minutes, summary
from dikast.types import (
    Ballot,
    Case,
    ClaimVerdict,
    PassageVerdict,
    RagOutcome,
    RagRecord,
    RagVerdict,
    Rubric,
)

_WIDTH = 100
_SIGNS = {"supported": "✓", "contradicted": "✗", "absent": "∅", None: "?"}
_CITED = {
    "supported": "its citation holds",
    "elsewhere": "another passage bears it out, not the one it cites",
    "unsupported": "its citation does not hold",
    "unresolved": "its citation points to no passage",
}


def rag_summary(record: RagRecord, rubric: Rubric) -> list[str]:
    """An evaluation in a few lines: verdict, criteria, and the claims that do not hold."""
    lines: list[str] = []
    for found in record.results:
        own = summary(found.verdict, rubric)
        if record.outcome is not None:
            own[0] = f"{own[0]} [{clip(found.candidate, 40)}]"
        lines += [own[0], "  " + counted(found), *own[1:]]
        lines += [line for claim in found.claims if _worth(claim) for line in claim_lines(claim)]
        lines += [_wrap(f"note: {clip(note)}", 4) for note in found.notes]
    if record.outcome is not None:
        lines.append(outcome_line(record.outcome))
    return lines


def rag_headline(record: RagRecord) -> str:
    """An evaluation in one line."""
    if record.outcome is not None:
        return outcome_line(record.outcome)
    (found,) = record.results
    return f"{headline(found.verdict)}, {counted(found)}"


def counted(found: RagVerdict) -> str:
    """The claims by mark, in words."""
    if not found.claims:
        return "no claims"
    marks = [claim.mark for claim in found.claims]
    parts = [f"{marks.count(mark)} {mark}" for mark in ("supported", "contradicted", "absent")]
    parts += [f"{marks.count(None)} undecided"] if None in marks else []
    return f"{len(marks)} claim{'s' * (len(marks) != 1)}: " + ", ".join(parts)


def outcome_line(outcome: RagOutcome) -> str:
    """A comparison in one line: who is better, and at which level it was decided."""
    name = clip(outcome.case_id, 80)
    if outcome.preferred is None:
        return f"{name}: undecided ({outcome.reason}): {clip(outcome.detail, 160)}"
    at = f" at {outcome.level}" if outcome.level else ""
    why = f" ({clip(outcome.detail, 160)})" if outcome.detail else ""
    if outcome.winner is None:
        both = f"{clip(outcome.first, 40)} and {clip(outcome.second, 40)}"
        return f"{name}: tie of {both}{at}{why}"
    return f"{name}: {clip(outcome.winner, 40)} is better{at}{why}"


def _worth(claim: ClaimVerdict) -> bool:
    """Whether a claim is told in the short form: it does not hold, or its citation does not."""
    return claim.mark != "supported" or claim.citation not in (None, "supported")


def claim_lines(claim: ClaimVerdict) -> Iterator[str]:
    """A claim with its mark, quotations and dissent."""
    decision = claim.decision
    mark = claim.mark or f"undecided ({decision.reason})"
    head = f"{_SIGNS[claim.mark]} {mark}: “{clip(claim.claim.text, 300)}”"
    told = []
    if decision.confidence is not None and decision.votes:
        told.append(f"{decision.confidence:.0%} of {decision.votes} votes")
    if decision.contested:
        told.append(
            f"contested, {decision.rounds} round of revision" if decision.rounds else "contested"
        )
    if claim.citation is not None:
        told.append(_CITED[claim.citation])
    yield _wrap(head + (f" ({'; '.join(told)})" if told else ""), 4)
    for item in claim.evidence:
        place = f"passage {clip(item.context_id, 40)}" if item.context_id else "the reference"
        yield _wrap(f"{place}: “{clip(item.quote, 240)}”", 6)
    for dissent in decision.dissents:
        yield _wrap(f"{dissent.seat} held {dissent.shown}: {clip(dissent.rationale, 240)}", 6)


def rag_minutes(record: RagRecord, rubric: Rubric, case: Case | None = None) -> str:
    """Everything said of a case: claim by claim, judge by judge, then the hearing on the criteria.

    Args:
        record: The evaluation.
        rubric: What was judged by.
        case: The case; None leaves its texts out.
    """
    lines: list[str] = []
    for found in record.results:
        lines += ["", f"── {clip(found.candidate, 60)}"] if record.outcome is not None else []
        lines += [counted(found) + f", split by {clip(found.splitter, 60)}"]
        lines += list(_claims("Claims", found.claims, found.ballots, ""))
        lines += list(
            _claims("Against the reference", found.against_reference, found.ballots, ASIDE)
        )
        lines += list(_claims("Claims of the reference", found.reference_claims, found.ballots, ""))
        lines += list(_passages(found.passages, found.ballots))
        lines += list(_figures(found))
        lines += ["Findings"] if found.findings else []
        for finding in found.findings:
            who = f"{finding.severity} {finding.kind}, {finding.seat or 'input'}"
            quote = clip(finding.quote, 160)
            lines.append(_wrap(f"{who}: “{quote}” {clip(finding.explanation, 240)}", 2))
        lines += [_wrap(f"note: {clip(note)}", 0) for note in found.notes]
        lines += ["", minutes(found.verdict, rubric, case)]
    if record.outcome is not None:
        lines += ["", outcome_line(record.outcome)]
    return "\n".join(lines).strip("\n")


def _claims(
    title: str, claims: Iterable[ClaimVerdict], ballots: Iterable[Ballot], ending: str
) -> Iterator[str]:
    listed = list(claims)
    if listed:
        yield title
    for claim in listed:
        yield from claim_lines(claim)
        name = claim.claim.id + ending
        own = [ballot for ballot in ballots if ballot.criterion == name]
        for ballot in sorted(own, key=lambda b: (b.round, b.seat, b.sample)):
            yield from ballot_lines(ballot)


def ballot_lines(ballot: Ballot) -> Iterator[str]:
    """What one judge said of a claim, and why."""
    if ballot.abstention is not None:
        said = f"abstained: {ballot.abstention.reason} ({clip(ballot.abstention.detail, 200)})"
    else:
        places = [(e.context_id or "reference", clip(e.quote, 120)) for e in ballot.evidence]
        quoted = "; ".join(f"{place} “{quote}”" for place, quote in places)
        said = f"{mark_of(ballot)}{' ' + quoted if quoted else ''}"
    when = f"round {ballot.round}, " if ballot.round else ""
    note = "" if counts(ballot) else " (not counted: a reserve stood in)"
    yield _wrap(f"{when}{ballot.seat}: {said}{note}", 8)
    if ballot.rationale:
        yield _wrap(clip(ballot.rationale, 300), 10)


def _passages(passages: Iterable[PassageVerdict], ballots: Iterable[Ballot]) -> Iterator[str]:
    listed = list(passages)
    if listed:
        yield "Passages"
    for number, passage in enumerate(listed, 1):
        word = {True: "helps", False: "does not help", None: "undecided"}[passage.relevant]
        votes = [b for b in ballots if b.criterion == f"{PASSAGE}{number}" and b.score is not None]
        yield _wrap(f"{clip(passage.context_id, 40)} {word} ({len(votes)} votes)", 4)


def _figures(found: RagVerdict) -> Iterator[str]:
    if found.figures:
        yield "Figures"
    for figure in found.figures:
        left = f", {figure.undecided} undecided left out" if figure.undecided else ""
        if figure.value is None:
            yield _wrap(f"{figure.name}: undefined ({clip(figure.reason, 120)})", 4)
        else:
            yield _wrap(f"{figure.name}: {figure.value:.3f} over {figure.n}{left}", 4)


def _wrap(text: str, indent: int) -> str:
    pad = " " * indent
    return textwrap.fill(
        text, _WIDTH, initial_indent=pad, subsequent_indent=pad + "  ", break_on_hyphens=False
    )
