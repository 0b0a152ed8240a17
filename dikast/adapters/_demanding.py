"""What `assert_verdict` demands, and what it prints when a demand is not met."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dikast.errors import ConfigError
from dikast.minutes import clip, headline, spent
from dikast.types import Comparison, CriterionVerdict, Status, Verdict

TIE = "tie"


def unmet(
    outcome: Verdict | Comparison,
    *,
    status: Status,
    at_least: float | None,
    at_most: float | None,
    confidence: float | None,
    criteria: Mapping[str, float] | None,
    winner: str | None,
) -> list[str]:
    """Which demands an outcome does not meet, in words; empty if it meets all.

    Raises:
        ConfigError: A demand does not fit: a winner of a verdict on one response, a criterion
            that was not judged by.
    """
    verdict = outcome.verdict if isinstance(outcome, Comparison) else outcome
    found = []
    if verdict.status != status:
        why = f" ({verdict.reason})" if verdict.reason is not None else ""
        found.append(f"it must be {status}, and is {verdict.status}{why}")
    if at_least is not None and not _reaches(verdict.score, at_least):
        found.append(f"the score must be {at_least:g} at least, and {_is(verdict.score)}")
    if at_most is not None and (verdict.score is None or verdict.score > at_most):
        found.append(f"the score must be {at_most:g} at most, and {_is(verdict.score)}")
    if confidence is not None and not _reaches(verdict.confidence, confidence):
        found.append(f"confidence must be {confidence:g} at least, and {_is(verdict.confidence)}")
    found += _criteria(verdict, criteria or {})
    if winner is not None:
        found += _winner(outcome, winner)
    return found


def _reaches(value: float | None, least: float) -> bool:
    return value is not None and value >= least


def _is(value: float | None) -> str:
    return "there is none" if value is None else f"is {value:.3g}"


def _criteria(verdict: Verdict, least: Mapping[str, float]) -> Iterator[str]:
    decisions = {decision.criterion: decision for decision in verdict.criteria}
    for name, wanted in least.items():
        if name not in decisions and decisions:
            known = ", ".join(f"`{other}`" for other in decisions)
            raise ConfigError(f"the panel did not judge by `{name}`.", hint=f"It did by {known}.")
        score = decisions[name].score if name in decisions else None
        if not _reaches(score, wanted):
            yield f"`{name}` must be {wanted:g} at least, and {_is(score)}"


def _winner(outcome: Verdict | Comparison, wanted: str) -> Iterator[str]:
    if not isinstance(outcome, Comparison):
        raise ConfigError(
            "`winner` is for comparisons, and this is a verdict on one response.",
            hint="Give what `judge_panel.compare` returns.",
        )
    named = (outcome.first, outcome.second, TIE)
    if wanted not in named:
        known = ", ".join(f"`{name}`" for name in named)
        raise ConfigError(f"no candidate is called `{wanted}`.", hint=f"There are {known}.")
    found = TIE if outcome.preferred == TIE else outcome.winner
    if found != wanted:
        shown = "nobody: it is undecided" if found is None else f"`{clip(found, 80)}`"
        yield f"the winner must be `{wanted}`, and is {shown}"


def told(outcome: Verdict | Comparison) -> str:
    """An outcome for a person whose test has failed: decisions, dissents, findings, flips, cost.

    Everything that was judged is clipped and free of control characters.
    """
    verdict = outcome.verdict if isinstance(outcome, Comparison) else outcome
    lines = [headline(verdict)]
    if isinstance(outcome, Comparison):
        shown = outcome.winner or outcome.preferred or "undecided"
        lines.append(f"  preferred: {clip(shown, 80)}")
    if verdict.detail:
        lines.append(f"  {clip(verdict.detail)}")
    for decision in verdict.criteria:
        lines += _decision(decision)
    for finding in verdict.transcript.findings:
        about = f" on {finding.seat}'s ballot" if finding.seat else ""
        why = f": {clip(finding.explanation, 240)}" if finding.explanation else ""
        quote = f" “{clip(finding.quote, 160)}”"
        lines.append(f"  finding {finding.kind} ({finding.severity}){about}{quote}{why}")
    for flip in verdict.transcript.flips:
        why = clip(flip.grounds, 240) or "no grounds given"
        moved = f"{flip.before:g} → {flip.after:g}"
        lines.append(f"  {flip.seat} changed {flip.criterion} {moved}: {why}")
    if verdict.missing:
        lines.append("  no vote on some criterion: " + ", ".join(verdict.missing))
    if verdict.baseline:
        lines.append("  rule-backed baseline judges sat on this panel")
    return "\n".join([*lines, f"  {spent(verdict.usage)}"])


def _decision(decision: CriterionVerdict) -> Iterator[str]:
    parts = [f"  {decision.criterion}: {decision.shown or f'undecided ({decision.reason})'}"]
    if decision.confidence is not None:
        parts.append(f"confidence {decision.confidence:.2f}")
    parts.append(f"{decision.votes} votes")
    if decision.abstentions:
        parts.append(f"{decision.abstentions} abstained")
    yield ", ".join(parts)
    if decision.detail:
        yield f"    {clip(decision.detail)}"
    for dissent in decision.dissents:
        yield f"    dissent of {dissent.seat} ({dissent.shown}): {clip(dissent.rationale, 240)}"
