"""A verdict as minutes of a meeting: who voted what and why, what was challenged, why it ended."""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections.abc import Iterable, Iterator

from dikast.agents.gates import PASSED_OVER
from dikast.agents.standing import counts
from dikast.types import (
    MEASURED,
    REPLACED,
    Ballot,
    BiasFinding,
    Case,
    Criterion,
    CriterionVerdict,
    Critique,
    Evidence,
    Rubric,
    Usage,
    Verdict,
    compared,
)

_WIDTH = 100
_LONGEST = 600
"""Longest quotation of a text under judgement, in characters."""

_STOPS = {
    "uncontested": "nothing was contested",
    "disabled": "the protocol does not deliberate",
    "locked": "no vote still open could change the decision",
    "settled": "after the revision nothing was contested any more",
    "no_change": "no vote changed",
    "unstable": "a vote returned to an earlier value",
    "max_rounds": "the last round was held",
    "no_grounds": "nobody had grounds that could be verified",
    "no_quorum": "too few votes for a quorum",
    "budget": "the budget was spent",
    "deadline": "the case's time was over",
}


_JOB_COMMAND = re.compile(
    r"::(?=(?:error|warning|notice|debug|group|endgroup|echo|add-\w+|remove-\w+|save-state"
    r"|set-\w+|stop-commands|internal-\w+)\b[^:\n]*::)|##(?=\[)",
    re.IGNORECASE,
)
"""What the log of a GitHub Actions job takes for a command, by a line's beginning or anywhere."""


def visible(text: str) -> str:
    r"""Text that cannot steer what shows it: control and invisible characters are written out.

    So is the beginning of a command to the log of a CI job, wherever a line may be wrapped.

    Examples:
        >>> visible("a\x1b[31mb")
        'a\\x1b[31mb'
        >>> visible("::error::x"), visible("std::vector")
        ('\\x3a:error::x', 'std::vector')
    """
    text = _JOB_COMMAND.sub(lambda found: f"\\x{ord(found[0][0]):02x}{found[0][1]}", text)
    return "".join(
        char
        if char in "\n\t" or unicodedata.category(char) not in {"Cc", "Cf", "Co", "Cs"}
        else char.encode("unicode_escape", "surrogatepass").decode()
        for char in text
    )


def clip(text: str, longest: int = _LONGEST) -> str:
    """One visible line of at most `longest` characters; what was cut is said."""
    line = " ".join(visible(text).split())
    return line if len(line) <= longest else f"{line[:longest]}… ({len(line)} characters)"


def headline(verdict: Verdict) -> str:
    """The verdict in one line.

    Examples:
        >>> headline(Verdict(case_id="q1", candidates=("r",), panel="p", status="decided",
        ...                  score=0.75, confidence=1.0))
        'q1: decided, score 0.75, confidence 1.00 (uncalibrated)'
        >>> headline(Verdict(case_id="q2", candidates=("red", "blue"), panel="p",
        ...                  status="decided", score=-0.5))
        'q2: decided, blue is preferred, margin 0.50'

    Where people decided, it says who; confidence is the panel's own.
    """
    parts = [f"{clip(verdict.case_id, 80)}: {verdict.status.replace('_', ' ')}"]
    if verdict.score is not None:
        parts.append(outcome(verdict))
    if verdict.decided_at is not None:
        parts.append(f"decided at the gate {verdict.decided_at}")
    if verdict.reason is not None:
        parts.append(f"{verdict.reason.replace('_', ' ')}")
    if people := verdict.people:
        parts.append(f"by {clip(' and '.join(people), 80)}")
    if verdict.confidence is not None:
        label = "calibrated" if verdict.calibrated else "uncalibrated"
        whose = "the panel's confidence" if people else "confidence"
        parts.append(f"{whose} {verdict.confidence:.2f} ({label})")
    return ", ".join(parts)


def outcome(verdict: Verdict) -> str:
    """What was decided, in a few words: the score, or of a pair who is preferred.

    Returns:
        The status where there is no score.

    Examples:
        >>> outcome(Verdict(case_id="q", candidates=("a", "b"), panel="p", status="decided",
        ...                 score=0.0))
        'tie of a and b'
    """
    if verdict.score is None:
        return verdict.status.replace("_", " ")
    if len(verdict.candidates) != 2 or verdict.status != "decided":
        return f"score {verdict.score:.2f}"
    found = compared(verdict)
    if found.winner is not None:
        return f"{clip(found.winner, 40)} is preferred, margin {abs(verdict.score):.2f}"
    return f"tie of {clip(found.first, 40)} and {clip(found.second, 40)}"


def summary(verdict: Verdict, rubric: Rubric) -> list[str]:
    """The verdict in a few lines: decisions, dissents, grave findings, flips."""
    lines = [headline(verdict)]
    for decision in verdict.criteria:
        lines.append("  " + decision_line(decision, rubric))
        lines += [
            _wrap(f"dissent of {d.seat} ({d.shown}): {clip(d.rationale, 240)}", 4)
            for d in decision.dissents
        ]
    for flip in verdict.transcript.flips:
        scale = rubric.criterion(flip.criterion).scale
        moved = f"{scale.show(flip.before)} → {scale.show(flip.after)}"
        why = clip(flip.grounds, 240) or "no grounds given"
        lines.append(_wrap(f"{flip.seat} changed {flip.criterion} {moved}: {why}", 4))
    lines += [_wrap(_finding(f), 4) for f in verdict.transcript.findings]
    if verdict.reason is not None and verdict.detail:
        lines.append(_wrap(clip(verdict.detail), 4))
    return lines


def decision_line(decision: CriterionVerdict, rubric: Rubric) -> str:
    """One criterion in one line."""
    if decision.reason in PASSED_OVER:
        word = decision.reason.replace("_", " ")
        return f"{decision.criterion}: {word}: {clip(decision.detail)}".removesuffix(": ")
    scale = rubric.criterion(decision.criterion).scale
    outcome = decision.shown or f"undecided ({decision.reason})"
    if decision.score is not None and not scale.labelled:
        low, high = scale.bounds()
        outcome += f" on {low:g}–{high:g}"
    outcome += _gate(decision, rubric)
    parts = [f"{decision.criterion}: {outcome}"]
    if decision.interval is not None:
        ends = [scale.show(end) for end in (decision.interval.low, decision.interval.high)]
        level = f"{100 * decision.interval.level:g} %"
        parts.append(f"label from {' to '.join(ends)} in {level} of such cases")
    if decision.confidence is not None:
        calibrated = " (calibrated)" if decision.calibrated else ""
        parts.append(f"confidence {decision.confidence:.2f}{calibrated}")
    if decision.decided_by == MEASURED:
        how = "measured over" if decision.score is not None else "measured, but"
        return ", ".join([*parts, f"{how} {clip(decision.detail, 120)}"])
    parts.append(f"{decision.votes} votes")
    if decision.abstentions:
        parts.append(f"{decision.abstentions} abstained")
    if decision.contested:
        after = f" after {decision.rounds} round{'s' * (decision.rounds != 1)} of revision"
        parts.append("contested, ended: " + _STOPS[decision.stop] + after * bool(decision.rounds))
    if decision.decided_by != "panel":
        parts.append(f"decided by {clip(decision.decided_by, 80)}")
    return ", ".join(parts)


def _gate(decision: CriterionVerdict, rubric: Rubric) -> str:
    """Whether a gate is passed, with its mark; empty for a criterion that is none."""
    criterion = rubric.criterion(decision.criterion)
    if not criterion.gate or decision.score is None:
        return ""
    if criterion.scale.kind == "preference":
        return " (gate: a tie goes on)" if criterion.passes(decision.score) else " (gate: decides)"
    word = "passed" if criterion.passes(decision.score) else "failed"
    mark = "" if criterion.pass_mark is None else f", passes from {criterion.pass_mark}"
    return f" (gate {word}{mark})"


def minutes(verdict: Verdict, rubric: Rubric, case: Case | None = None) -> str:
    """The whole hearing, as a person would read it.

    Args:
        verdict: A verdict with its transcript.
        rubric: The rubric that was judged by.
        case: The case; None leaves its texts out.

    Returns:
        Plain text of at most 100 columns. Everything that was judged is quoted, clipped, and
        free of control characters.
    """
    lines = [headline(verdict), f"panel: {clip(verdict.panel, 80)}"]
    if verdict.baseline:
        lines.append("Rule-backed baseline judges sat on this panel: an honest baseline, no LLM.")
    if case is not None:
        lines += _case_lines(case)
    decided = {decision.criterion for decision in verdict.criteria}
    for criterion in rubric.criteria:
        if criterion.id in decided:  # a case that met a bug has none
            lines += ["", *_criterion_lines(verdict, criterion, rubric)]
    if verdict.detail and not decided:
        lines += ["", _wrap(clip(verdict.detail), 2)]
    lines += _adjudication_lines(verdict, rubric)
    inputs = [f for f in verdict.transcript.findings if f.criterion is None]
    if inputs:
        lines += ["", "Findings about the input"]
        lines += [_wrap(_finding(f), 2) for f in inputs]
    if verdict.transcript.notes:
        lines += ["", "Notes", *(_wrap(clip(note), 2) for note in verdict.transcript.notes)]
    if verdict.missing:
        lines += ["", "Missing judges: " + ", ".join(verdict.missing)]
    lines += ["", "Cost: " + spent(verdict.usage)]
    return "\n".join(lines)


def _adjudication_lines(verdict: Verdict, rubric: Rubric) -> Iterator[str]:
    """What people answered, and against which proposal of the panel."""
    record = verdict.adjudication
    if record is None:
        return
    yield from ("", "Adjudication by people")
    proposal = {decision.criterion: decision for decision in record.proposal.criteria}
    yield _wrap(f"the panel's own verdict: {headline(record.proposal)}", 2)
    for answer in record.answers:
        own = proposal.get(answer.criterion)
        held = "" if own is None else f" (the panel: {own.shown or f'undecided, {own.reason}'})"
        how = ["blind" if answer.blind else "with the panel's votes in sight"]
        how += ["final"] * answer.final
        at = f" at {answer.at}" if answer.at else ""
        name = rubric.criterion(answer.criterion).id
        yield _wrap(f"{clip(answer.by, 80)} on {name}: {answer.shown}{held}", 2)
        yield _wrap(f"{', '.join(how)}{at}" + f": {clip(answer.reason)}" * bool(answer.reason), 4)


def spent(usage: Usage) -> str:
    """Calls, tokens and money in one line; an unknown price is said, never 0."""
    if not usage.calls and not usage.replayed:
        return "no model calls"
    money = (
        f"${usage.cost:.4f}" if usage.cost is not None else f"unknown ({usage.unpriced} unpriced)"
    )
    parts = [f"{usage.calls} calls"]
    if usage.retries or usage.reasks:
        parts.append(f"of them {usage.retries} retries and {usage.reasks} re-asks")
    if usage.replayed:
        parts.append(f"{usage.replayed} answers replayed from the journal")
    parts.append(f"{usage.input_tokens + usage.output_tokens} tokens")
    return ", ".join([*parts, f"cost {money}"])


def _wrap(text: str, indent: int) -> str:
    pad = " " * indent
    return textwrap.fill(
        text, _WIDTH, initial_indent=pad, subsequent_indent=pad + "  ", break_on_hyphens=False
    )


def _case_lines(case: Case) -> Iterator[str]:
    if case.question:
        yield _wrap(f"question: {clip(case.question)}", 0)
    for message in case.messages:
        yield _wrap(f"{message.role}: {clip(message.content)}", 0)
    for candidate in case.candidates:
        yield _wrap(f"{clip(candidate.id, 80)}: {clip(candidate.text)}", 0)
    for context in case.contexts:
        yield _wrap(f"passage {clip(context.id, 80)}: {clip(context.text)}", 0)
    if case.reference:
        yield _wrap(f"reference: {clip(case.reference)}", 0)


def _criterion_lines(verdict: Verdict, criterion: Criterion, rubric: Rubric) -> Iterator[str]:
    transcript = verdict.transcript
    decision = verdict.criterion(criterion.id)
    yield _wrap(decision_line(decision, rubric), 0)
    if decision.reason in PASSED_OVER or decision.decided_by == MEASURED:
        return
    yield _wrap(f"asked: {criterion.question}", 2)
    ballots = [b for b in transcript.ballots if b.criterion == criterion.id]
    for number in sorted({b.round for b in ballots}):
        for critique in transcript.critiques:
            if critique.criterion == criterion.id and critique.round == number - 1:
                yield from _critique_lines(critique)
        yield "  Round 0, in private" if number == 0 else f"  Round {number}, revision"
        for ballot in sorted(
            (b for b in ballots if b.round == number),
            key=lambda b: (b.seat, b.presentation, b.sample, b.judge),
        ):
            yield from _ballot_lines(ballot, criterion, ballots)
        found = [f for f in transcript.findings if (f.criterion, f.round) == (criterion.id, number)]
        yield from (_wrap(_finding(f), 4) for f in found)
    yield f"  Ended: {_STOPS[decision.stop]}."
    if decision.detail:
        yield _wrap(clip(decision.detail), 2)
    for dissent in decision.dissents:
        yield _wrap(f"Minority: {dissent.seat} held {dissent.shown}.", 2)


def _critique_lines(critique: Critique) -> Iterator[str]:
    challenged = ", ".join(critique.challenged) or "nobody"
    yield f"  Critic {critique.critic} challenged {challenged}"
    if critique.failure:
        yield _wrap(f"the critic failed: {clip(critique.failure)}", 4)
    for point in critique.points:
        place = _place(point.source, point.context_id)
        yield _wrap(f"- {clip(point.claim)} {place}: “{clip(point.quote, 240)}”", 4)
    if critique.dropped:
        yield f"    {critique.dropped} points dropped: their quotations occur nowhere"


def _ballot_lines(ballot: Ballot, criterion: Criterion, all_: Iterable[Ballot]) -> Iterator[str]:
    who = ballot.seat if ballot.judge == ballot.seat else f"{ballot.judge} for {ballot.seat}"
    if ballot.score is not None:
        vote = criterion.scale.show(ballot.score)
    else:
        assert ballot.abstention is not None
        detail = f" ({clip(ballot.abstention.detail, 200)})" if ballot.abstention.detail else ""
        vote = f"abstained: {ballot.abstention.reason}{detail}"
    if len(ballot.presentation) > 1:
        who += f" [{clip(ballot.presentation[0], 40)} first]"
    changed = _change(ballot, criterion, all_)
    yield _wrap(f"{who}: {vote}{changed}", 4)
    if not counts(ballot):
        names = [f.removeprefix(REPLACED) for f in ballot.flags if f.startswith(REPLACED)]
        yield f"      not counted: {', '.join(names)} stood in"
    if ballot.rationale:
        yield _wrap(clip(ballot.rationale), 6)
    if ballot.grounds:
        yield _wrap(f"grounds: {clip(ballot.grounds)}", 6)
    yield from (_wrap(_evidence(item), 6) for item in ballot.evidence)


def _change(ballot: Ballot, criterion: Criterion, all_: Iterable[Ballot]) -> str:
    """What a revised ballot did to the judge's vote before, in words."""
    earlier = [
        b
        for b in all_
        if (b.seat, b.presentation, b.sample) == (ballot.seat, ballot.presentation, ballot.sample)
        and b.round < ballot.round
        and b.score is not None
        and counts(b)
    ]
    if not earlier or ballot.score is None:
        return ""
    before = max(earlier, key=lambda b: b.round).score
    assert before is not None
    if before == ballot.score:
        return " (kept)"
    return f" (changed from {criterion.scale.show(before)})"


def _evidence(item: Evidence) -> str:
    return f"quotes {_place(item.source, item.context_id)}: “{clip(item.quote, 240)}”"


def _finding(finding: BiasFinding) -> str:
    about = f" on {finding.seat}'s ballot" if finding.seat else ""
    place = _place(finding.source, finding.context_id)
    why = f": {clip(finding.explanation, 240)}" if finding.explanation else ""
    quote = clip(finding.quote, 160)
    return f"finding {finding.kind} ({finding.severity}){about} {place} “{quote}”{why}"


def _place(source: str, context_id: str | None) -> str:
    name = {"response_b": "second response"}.get(source, source)
    return f"in passage {clip(context_id, 40)}" if context_id else f"in the {name}"
