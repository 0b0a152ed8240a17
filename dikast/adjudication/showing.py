"""What a person sees of a case: its texts, the question, and afterwards what the panel held.

Everything that was judged is hostile text: control characters are written out. Of a pair, names
are hidden and the candidates are called A and B (`dikast.adjudication.slots`).
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from dikast.adjudication.slots import options, shown_answer, swapped
from dikast.agents.persons import own_verdict
from dikast.agents.standing import counts
from dikast.minutes import clip, visible
from dikast.types import (
    PANEL,
    Attachment,
    Ballot,
    BiasFinding,
    Candidate,
    Case,
    Criterion,
    CriterionVerdict,
    Verdict,
)

WIDTH = 100
SHORT = 1500
"""Longest text shown before a person asks for all of it, in characters."""


def lettered(case: Case) -> list[tuple[str, Candidate]]:
    """The candidates as a person sees them: `response`, or A and B in the slots of the case."""
    if len(case.candidates) != 2:
        return [("response", candidate) for candidate in case.candidates]
    first, second = case.candidates
    return [("A", second), ("B", first)] if swapped(case) else [("A", first), ("B", second)]


def case_lines(case: Case, *, full: bool = False) -> Iterator[str]:
    """The material of a case; long texts are cut, and say so, unless `full`."""
    if case.question:
        yield from _block("question", case.question, full)
    for message in case.messages:
        yield from _block(message.role, message.content, full)
        yield from _pictures(message.attachments)
    yield from _pictures(case.attachments)
    for context in case.contexts:
        yield from _block(f"passage {clip(context.id, 60)}", context.text, full)
        yield from _pictures(context.attachments)
    if case.reference:
        yield from _block("reference", case.reference, full)
    for name, candidate in lettered(case):
        yield from _block(name, candidate.text, full)
        yield from _pictures(candidate.attachments)


def _block(title: str, text: str, full: bool) -> Iterator[str]:
    cut = not full and len(text) > SHORT
    shown = visible(text[:SHORT] if cut else text).expandtabs(4)
    yield f"{title}:"
    for line in shown.split("\n"):
        yield from textwrap.wrap(
            line, WIDTH - 2, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False
        ) or [""]
    if cut:
        yield f"  … ({len(text):,} characters; f shows all)"


def _pictures(attachments: tuple[Attachment, ...]) -> Iterator[str]:
    for one in attachments:
        where = one.path or one.url or "inline"
        caption = f": {clip(one.caption, 200)}" if one.caption else ""
        yield f"  [image {clip(one.id, 40)}, {clip(where, 120)}{caption}]"


def question_lines(criterion: Criterion) -> Iterator[str]:
    """What is asked, with anchors and keys."""
    yield from _wrapped(f"{criterion.id}: {criterion.question}", 0)
    for anchor in criterion.anchors:
        yield from _wrapped(f"{anchor.score}: {anchor.text}", 2)
    offered = options(criterion.scale)
    if not offered:
        yield f"  Answer with {criterion.scale.describe()}."
        return
    keys = "  ".join(f"[{o.key}] {visible(o.word)}".rstrip() for o in offered)
    yield from _wrapped(keys, 2)
    if not criterion.scale.labelled:
        yield f"  ({criterion.scale.describe()})"


def panel_lines(verdict: Verdict, criterion: Criterion, case: Case) -> Iterator[str]:
    """What the panel held on a criterion: votes with reasons, findings, challenges, decision."""
    flipped = swapped(case)
    own = own_verdict(verdict).criterion(criterion.id)
    yield from _wrapped(_decision(own, criterion, flipped), 0)
    dissenters = {dissent.seat for dissent in own.dissents} if own.score is not None else set()
    for ballot in _standing_ballots(verdict, criterion):
        yield from _ballot(ballot, criterion, case, dissents=ballot.seat in dissenters)
    if flipped or len(case.candidates) == 2:
        yield "  (In their reasons, judges use the letters that they saw.)"
    for critique in verdict.transcript.critiques:
        if critique.criterion == criterion.id:
            for point in critique.points:
                quote = f"{point.claim}: “{clip(point.quote, 160)}”"
                yield from _wrapped(f"challenged by {critique.critic}: {clip(quote, 400)}", 2)
    yield from finding_lines(verdict, case, criterion.id)


def finding_lines(verdict: Verdict, case: Case, criterion: str | None) -> Iterator[str]:
    """Bias findings about a criterion's ballots, or about the input (None)."""
    for finding in verdict.transcript.findings:
        if finding.criterion == criterion:
            yield from _wrapped(_finding(finding, case), 2)


def _finding(finding: BiasFinding, case: Case) -> str:
    place = finding.source.replace("_", " ")
    if len(case.candidates) == 2 and finding.source in ("response", "response_b"):
        place = "A" if (finding.source == "response") != swapped(case) else "B"
    about = f" on {finding.seat}'s vote" if finding.seat else ""
    quote = clip(finding.quote, 160)
    return f"finding {finding.kind} ({finding.severity}){about} in the {place}: “{quote}”"


def _decision(own: CriterionVerdict, criterion: Criterion, flipped: bool) -> str:
    by = "The panel" if own.decided_by == PANEL else clip(own.decided_by, 60)
    sure = "" if own.confidence is None else f", confidence {own.confidence:.2f}"
    if own.score is None:
        # the detail may name slots or candidates in canonical terms, so of a pair it is left out
        pair = criterion.scale.kind == "preference"
        why = (
            str(own.reason).replace("_", " ") if pair else clip(own.detail or str(own.reason), 200)
        )
        return f"{by} was undecided ({why}){sure}."
    return f"{by} held: {shown_answer(criterion.scale, own.score, flipped=flipped)}{sure}."


def _standing_ballots(verdict: Verdict, criterion: Criterion) -> list[Ballot]:
    """The ballots behind the votes that stand, by seat."""
    rounds = {v.seat: v.round for v in verdict.transcript.standings if v.criterion == criterion.id}
    found = [
        ballot
        for ballot in verdict.transcript.ballots
        if ballot.criterion == criterion.id
        and counts(ballot)
        and rounds.get(ballot.seat, ballot.round) == ballot.round
    ]
    return sorted(found, key=lambda b: (b.seat, b.presentation, b.sample))


def _ballot(ballot: Ballot, criterion: Criterion, case: Case, *, dissents: bool) -> Iterator[str]:
    flipped, who = swapped(case), ballot.seat
    if len(ballot.presentation) == 2:
        first = "A" if ballot.presentation[0] == lettered(case)[0][1].id else "B"
        who += f" (saw {first} first)"
    if ballot.score is None:
        assert ballot.abstention is not None
        vote = f"abstained ({ballot.abstention.reason})"
    else:
        vote = shown_answer(criterion.scale, ballot.score, flipped=flipped)
    said = f": {clip(ballot.rationale, 400)}" if ballot.rationale else ""
    yield from _wrapped(f"{who}: {vote}{' (dissents)' * dissents}{said}", 2)


def _wrapped(text: str, indent: int) -> list[str]:
    pad = " " * indent
    return textwrap.wrap(
        visible(text),
        WIDTH,
        initial_indent=pad,
        subsequent_indent=pad + "  ",
        break_on_hyphens=False,
    )
