"""A verdict as another tool takes it: a score or none, a comment, details in plain JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from dikast.minutes import clip, decision_line, headline
from dikast.types import (
    Comparison,
    Criterion,
    CriterionVerdict,
    RankingResult,
    Rubric,
    Usage,
    Verdict,
)

_REASONS = 3
"""Rationales told of those who voted as the panel decided; every dissent is told."""


class Reading(NamedTuple):
    """What a tool is told of one verdict, on one criterion or overall."""

    key: str
    """The criterion's id, or a name for the whole."""
    score: float | None
    """Share of the scale, 0 worst and 1 best; None (never 0) if the panel did not decide."""
    reason: str | None
    """Why there is no score, from dikast's closed list; None if there is one."""
    comment: str
    """Decision, reasons and dissents, in words; free of control characters."""
    details: dict[str, Any]
    """Status, confidence, votes, dissents, findings and cost, as plain JSON."""
    usage: Usage
    """What the verdict took. Readings of several criteria of one verdict share it."""


def read_verdict(
    verdict: Verdict, rubric: Rubric, criterion: str | None = None, *, key: str | None = None
) -> Reading:
    """Read a verdict on one response.

    Args:
        verdict: The panel's verdict.
        rubric: What it judged by.
        criterion: Id of the criterion that is asked for; None for the verdict as a whole.
        key: What to call it; None for the criterion's id, or the rubric's.

    Returns:
        A reading without a score where the panel abstained or failed. Overall there is a score
        only if every criterion has one.

    Examples:
        >>> from dikast.api import Panel
        >>> panel = Panel.embedded()
        >>> verdict = panel.judge(question="Where is the Louvre?", response="In Paris.",
        ...                       contexts=["The Louvre is a museum in Paris."])
        >>> reading = read_verdict(verdict, panel.spec.rubric)
        >>> reading.key, reading.score, reading.reason
        ('groundedness', 1.0, None)
    """
    decisions = {decision.criterion: decision for decision in verdict.criteria}
    details = _overall(verdict)
    if criterion is None:
        lines = [headline(verdict)]
        for decision in verdict.criteria:
            lines += _lines(verdict, decision, rubric)
        details["criteria"] = {c.id: _share(decisions.get(c.id), c) for c in rubric.criteria}
        score, reason, why = verdict.score, verdict.reason, verdict.detail
    else:
        asked = rubric.criterion(criterion)
        found = decisions.get(criterion)  # a case that met a bug has none
        lines = [] if found is None else list(_lines(verdict, found, rubric))
        details |= {} if found is None else _of_criterion(found)
        score = _share(found, asked)
        reason = verdict.reason if found is None else found.reason
        why = verdict.detail if found is None else found.detail
    if why:
        lines.append(clip(why))
    if verdict.baseline:
        lines.append("Rule-backed baseline judges sat on this panel; it is no LLM's verdict.")
    return Reading(
        key or criterion or rubric.id,
        score,
        None if reason is None else str(reason),
        "\n".join(lines),
        details,
        verdict.usage,
    )


def read_comparison(comparison: Comparison, rubric: Rubric, *, key: str | None = None) -> Reading:
    """Read a pair's outcome: 1 where the first is preferred, 0 where the second, 0.5 for a tie.

    `details` names the `winner` by its id (None for a tie and for an undecided pair) and says
    `tie`.
    """
    verdict = comparison.verdict
    lines = [_outcome(comparison)]
    for decision in verdict.criteria:
        lines += _lines(verdict, decision, rubric)
    if verdict.detail:
        lines.append(clip(verdict.detail))
    scores: dict[str | None, float] = {"first": 1.0, "second": 0.0, "tie": 0.5}
    return Reading(
        key or rubric.id,
        scores.get(comparison.preferred),
        None if comparison.reason is None else str(comparison.reason),
        "\n".join(lines),
        {
            **_overall(verdict),
            "winner": comparison.winner,
            "tie": comparison.preferred == "tie",
            "margin": comparison.margin,
            "consistent": comparison.consistent,
        },
        verdict.usage,
    )


def shares_of(ranking: RankingResult) -> dict[str, float] | None:
    """What each candidate earned: the share of the others ranked below it, ties counting half.

    None if there is no ranking. With two candidates it is 1 and 0, or 0.5 twice.
    """
    if not ranking.groups:
        return None
    total = sum(len(group) for group in ranking.groups)
    shares, below = {}, total
    for group in ranking.groups:
        below -= len(group)
        for name in group:
            shares[name] = (below + (len(group) - 1) / 2) / (total - 1)
    return shares


def spending(usage: Usage) -> dict[str, Any]:
    """Cost as plain JSON; a cost of None is unknown, never free."""
    return {
        "calls": usage.calls,
        "replayed": usage.replayed,
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "cost_usd": usage.cost,
    }


def _share(decision: CriterionVerdict | None, criterion: Criterion) -> float | None:
    if decision is None or decision.score is None:
        return None
    return criterion.scale.unit(decision.score)


def _overall(verdict: Verdict) -> dict[str, Any]:
    return {
        "status": verdict.status,
        "reason": None if verdict.reason is None else str(verdict.reason),
        "panel": verdict.panel,
        "case": verdict.case_id,
        "confidence": verdict.confidence,
        "calibrated": verdict.calibrated,
        "baseline": verdict.baseline,
        "missing": list(verdict.missing),
        "findings": [
            {"kind": str(f.kind), "severity": str(f.severity), "quote": clip(f.quote, 160)}
            for f in verdict.transcript.findings
        ],
        "usage": spending(verdict.usage),
    }


def _of_criterion(decision: CriterionVerdict) -> dict[str, Any]:
    return {
        "status": "abstained" if decision.score is None else "decided",
        "reason": None if decision.reason is None else str(decision.reason),
        "criterion": decision.criterion,
        "raw_score": decision.score,
        "shown": decision.shown,
        "confidence": decision.confidence,
        "agreement": decision.agreement,
        "votes": decision.votes,
        "abstentions": decision.abstentions,
        "contested": decision.contested,
        "rounds": decision.rounds,
        "dissents": [
            {"judge": d.seat, "shown": d.shown, "rationale": clip(d.rationale, 240)}
            for d in decision.dissents
        ],
    }


def _lines(verdict: Verdict, decision: CriterionVerdict, rubric: Rubric) -> Iterator[str]:
    """A criterion's decision, some of the reasons for it, and every dissent."""
    yield decision_line(decision, rubric)
    against = {dissent.seat for dissent in decision.dissents}
    scale = rubric.criterion(decision.criterion).scale
    standing = sorted(verdict.transcript.standings, key=lambda vote: vote.seat)
    agreeing = [
        vote
        for vote in standing
        if vote.criterion == decision.criterion
        and vote.score is not None
        and vote.rationale
        and vote.seat not in against
    ]
    for vote in agreeing[:_REASONS]:
        assert vote.score is not None
        yield f"  {vote.seat} ({scale.show(vote.score)}): {clip(vote.rationale, 240)}"
    for dissent in decision.dissents:
        yield f"  dissent of {dissent.seat} ({dissent.shown}): {clip(dissent.rationale, 240)}"


def _outcome(comparison: Comparison) -> str:
    first, second = clip(comparison.first, 80), clip(comparison.second, 80)
    if comparison.reason is not None:
        return f"{first} or {second}: undecided ({comparison.reason})"
    if comparison.winner is None:
        return f"{first} and {second} are tied"
    loser = second if comparison.winner == comparison.first else first
    return f"{clip(comparison.winner, 80)} is better than {loser}"
