"""A ranking as a person reads it: groups, strengths, contradictions, what was heard again."""

from __future__ import annotations

from collections.abc import Iterator

from dikast.minutes import clip, spent
from dikast.types import (
    JudgeTransitivity,
    PairOutcome,
    RankedCandidate,
    RankingResult,
    TransitivityReport,
)

_MOST = 40
"""Most candidates, pairs or cycles listed; the rest is counted."""


def ranking_headline(result: RankingResult) -> str:
    """A ranking in one line.

    Examples:
        >>> ranking_headline(RankingResult(case_id="q", reason="nothing was decided"))
        'q: no ranking, nothing was decided'
    """
    name = clip(result.case_id, 80)
    if not result.groups:
        return f"{name}: no ranking, {clip(result.reason, 240)}"
    shown = " > ".join(" = ".join(clip(i, 40) for i in group[:5]) for group in result.groups[:4])
    more = " > …" if len(result.groups) > 4 or any(len(g) > 5 for g in result.groups[:4]) else ""
    return f"{name}: {shown}{more}"


def ranking_summary(result: RankingResult) -> list[str]:
    """A ranking in a few lines: the order, contradictions before and after, what it took."""
    lines = [ranking_headline(result)]
    if result.winner is not None and result.margin is not None:
        lines.append(f"  best: {clip(result.winner, 40)}, margin {result.margin:.2f}")
    lines.append("  " + _asked(result))
    if result.before is not None and result.after is not None and result.before.cycles:
        lines.append(
            f"  cycles: {len(result.before.cycles)} before, {len(result.after.cycles)} after "
            f"{result.reheard} pairs were heard again"
        )
    return lines


def ranking_minutes(result: RankingResult) -> str:
    """The whole ranking in plain text, free of control characters.

    Args:
        result: A ranking, or the reason why there is none.
    """
    lines = [ranking_headline(result), f"panel: {clip(result.panel, 80)}, model {result.model}"]
    lines += ["  " + _asked(result)]
    if result.winner is not None and result.margin is not None:
        lines.append(f"  best: {clip(result.winner, 40)}, margin {result.margin:.2f}")
    if result.note:
        lines.append(f"  note: {clip(result.note)}")
    if result.candidates:
        lines += ["", "Ranking (strengths with 95 % intervals; candidates of one rank are tied)"]
        lines += _clipped([_place(c) for c in result.candidates])
    if result.before is not None and result.reheard:
        lines += ["", "Contradictions before pairs were heard again", *_transitivity(result.before)]
    if result.after is not None:
        lines += ["", "Contradictions", *_transitivity(result.after)]
    lines += ["", "Heard again", *_reheard(result)]
    if result.judges:
        lines += ["", "Judges, by their private votes in both orders"]
        lines += [line for judge in result.judges for line in _judge(judge)]
    lines += ["", "Pairs", *_clipped([_pair(outcome) for outcome in result.outcomes])]
    lines += ["", "Cost: " + spent(result.usage)]
    return "\n".join(lines)


def _asked(result: RankingResult) -> str:
    share = f"{result.pairs_asked} of {result.pairs_possible} pairs asked"
    if result.schedule == "listwise":
        share = f"{result.pairs_possible} pairs read off whole lists"
    return f"{share} (schedule {result.schedule}), {spent(result.usage)}"


def _clipped(lines: list[str]) -> list[str]:
    rest = len(lines) - _MOST
    return lines[:_MOST] + ([f"  … and {rest} more"] if rest > 0 else [])


def _place(place: RankedCandidate) -> str:
    text = f"  {place.group:>3}. {clip(place.id, 60)}"
    if place.strength is not None:
        text += f"  {place.strength:+.2f}"
    if place.low is not None and place.high is not None:
        text += f" [{place.low:+.2f}, {place.high:+.2f}]"
    return text


def _transitivity(found: TransitivityReport) -> Iterator[str]:
    yield f"  {found.pairs} pairs decided, {found.ties} of them ties; {found.undecided} undecided"
    yield from _clipped([f"  cycle: {_names(cycle)}" for cycle in found.cycles])
    if not found.cycles:
        yield "  no cycle"
    yield (
        f"  of {found.triples} triples: {found.strict_cycles} cycles, {found.wins_into_tie} wins "
        f"into a tie, {found.ties_and_win} two ties and a win"
    )
    zeta = f"{found.zeta:.3f}" if found.zeta is not None else f"undefined ({found.zeta_reason})"
    yield f"  Kendall's ζ: {zeta}"
    if found.feedback_pairs:
        how = "least" if found.feedback_exact else "at most, by a bounded search:"
        gone = _clipped([f"{clip(a, 40)} > {clip(b, 40)}" for a, b in found.feedback_pairs])
        yield f"  {how} support to give up {found.feedback_weight:.2f}: {', '.join(gone)}"


def _names(ids: tuple[str, ...]) -> str:
    more = f" and {len(ids) - 12} more" if len(ids) > 12 else ""
    return ", ".join(clip(i, 40) for i in ids[:12]) + more


def _reheard(result: RankingResult) -> Iterator[str]:
    again = [outcome for outcome in result.outcomes if outcome.hearings > 1]
    if not again:
        yield "  nothing"
        return
    yield from _clipped([_pair(outcome) for outcome in again])
    if result.standards:
        yield "  by these standards, made once for the case:"
        yield from (f"    {clip(line, 200)}" for line in result.standards.splitlines())
    yield f"  {result.reheard} hearings took {spent(result.usage_rehearing)}"


def _pair(outcome: PairOutcome) -> str:
    first, second = clip(outcome.first, 40), clip(outcome.second, 40)
    if outcome.preferred is None:
        return f"  {first} ? {second}: undecided ({outcome.reason})"
    sign = {"first": ">", "second": "<", "tie": "="}[outcome.preferred]
    text = f"  {first} {sign} {second}: support {outcome.support:.2f}"
    if outcome.consistent is not None:
        text += f", {outcome.consistent:.0%} of votes hold in both orders"
    return text + (f", heard {outcome.hearings} times" if outcome.hearings > 1 else "")


def _judge(judge: JudgeTransitivity) -> Iterator[str]:
    parts = [f"{judge.pairs} pairs in both orders"]
    if judge.ipi is not None:
        parts.append(f"{judge.ipi:.0%} contradict each other (IPI)")
    if judge.tov is not None:
        parts.append(f"TOV {judge.tov:g}")
    if judge.tov_residual is not None:
        parts.append(f"residual {judge.tov_residual:g}")
    parts.append(f"{judge.strict_cycles} cycles of its own")
    yield f"  {judge.seat}: " + ", ".join(parts)
    if judge.first_rate is not None:
        text = f"    chose the slot shown first in {judge.first_rate:.0%} of its choices"
        if judge.order_effect is not None:
            text += f"; order effect {judge.order_effect:+.2f}"
        if judge.order_effect_low is not None and judge.order_effect_high is not None:
            text += f" [{judge.order_effect_low:+.2f}, {judge.order_effect_high:+.2f}] log-odds"
        yield text
    reason = judge.order_effect_reason
    if judge.first_rate is not None and judge.order_effect is None and reason:
        yield f"    order effect undefined: {reason}"
