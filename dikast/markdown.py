"""A run as a Markdown summary for a CI service's page."""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterator

from dikast.boards import PANEL, boards, played, recur, systems_of
from dikast.gates import MEAN, Demands, gates, mean_score, trouble
from dikast.minutes import clip, spent
from dikast.rag_figures import (
    MARKS,
    NOT_REACHED,
    UNDECIDED,
    paired_lines,
    pairs_of,
    shown,
    totals_of,
)
from dikast.ranking_text import ranking_headline
from dikast.records.runfile import RunFile
from dikast.running import work_of
from dikast.types import ClaimVerdict, RagVerdict, Usage, Verdict, compared

MOST_ROWS = 50
"""Most cases listed; the rest is counted. GitHub refuses summaries above a megabyte."""

MOST_LOWEST = 10
"""How many of the lowest scores are listed where the mean misses its gate."""

_SAFE = re.compile(r"[^\w ,;()'%-]|_", re.ASCII)


def code(text: str, longest: int = 200) -> str:
    r"""A text from outside as code that no Markdown, HTML, link or mention can come out of.

    Every character that could be markup is a numeric reference, which Markdown never reads as
    structure; letters of all languages stay.

    Examples:
        >>> code("a|b ![x](http://e.org)")
        '<code>a&#124;b &#33;&#91;x&#93;(http&#58;&#47;&#47;e&#46;org)</code>'
    """
    return f"<code>{_SAFE.sub(_reference, clip(text, longest))}</code>"


def _reference(match: re.Match[str]) -> str:
    character = match[0]
    return character if ord(character) > 127 else f"&#{ord(character)};"


def markdown_summary(run: RunFile, demands: Demands, *, stopped: str | None = None) -> str:
    """What a run came to, as GitHub-flavoured Markdown.

    Args:
        run: The run.
        demands: What is demanded of it.
        stopped: Why it ended early; None if it did not.

    Returns:
        Gates, counts, cost, and tables of at most `MOST_ROWS` cases that do not pass, the lowest
        scores where the mean is too low, and, over passages, claims that do not hold.
    """
    return "\n".join(_lines(run, demands, stopped)) + "\n"


def _lines(run: RunFile, demands: Demands, stopped: str | None) -> Iterator[str]:
    kind, panel = run.identity.kind, run.identity.panel
    name = "" if panel is None else " by panel " + code(panel.name)
    yield f"## dikast {kind}{name}"
    yield ""
    for gate in gates(run, demands):
        yield f"- {'✅' if gate.met else '❌'} {code(gate.told)}"
    if stopped is not None:
        yield f"- ❌ stopped early: {code(stopped)}"
    counts = run.counts()
    parts = [f"{counts[k]} {k.replace('_', ' ')}" for k in counts if k != "cases" and counts[k]]
    yield f"- {counts['cases']} cases: " + (", ".join(parts) or "none")
    mean, decided = mean_score(run) if kind in ("judge", "rag") else (None, 0)
    if mean is not None:
        yield f"- mean score {mean:.3f} over the {decided} decided cases"
    usage = Usage()
    for verdict in run.verdicts():
        usage += verdict.usage
    yield f"- {spent(usage)}"
    if panel is not None and any(judge.embedded is not None for judge in panel.judges):
        yield "- rule-backed baseline judges sat on this panel"
    yield from _rags(run)
    yield from _board(run)
    yield from _cases(run, demands)
    yield from _lowest(run, demands)


def _rags(run: RunFile) -> Iterator[str]:
    """Of answers over passages: claims by mark, gates, two pipelines, and what does not hold."""
    panel = run.identity.panel
    if run.identity.kind != "rag" or panel is None:
        return
    for name, found in totals_of(run, panel).items():
        head = f"{code(name, 60)}: " if name else ""
        parts = [f"{mark} {shown(found.marks[mark])}" for mark in (*MARKS, UNDECIDED)]
        yield f"- {head}{found.claims} claims of {found.answers} answers: {', '.join(parts)}"
        for gate, estimate in found.gates.items():
            passed = f"passed by {shown(estimate)} of {estimate.n}" if estimate.n else NOT_REACHED
            yield f"- {head}gate {code(gate, 60)} {passed}"
        for seat, number in found.forged.items():
            yield f"- {head}{code(seat, 60)} made up {number} quotation{'s' * (number != 1)}"
    both = pairs_of(run, panel, work_of(run).rag)
    if both is not None:
        yield from (f"- {code(line.strip(), 300)}" for line in paired_lines(both))
    yield from _claims(run)


def _claims(run: RunFile) -> Iterator[str]:
    """Claims that do not hold, contradicted ones first, with what stands against them."""
    rows: dict[str | None, list[str]] = {"contradicted": [], "absent": [], None: []}
    more = 0
    for record in run.rags():
        for found in record.results:
            for claim in found.claims:
                if claim.mark == "supported":
                    continue
                if len(rows[claim.mark]) < MOST_ROWS:
                    rows[claim.mark].append(_claim(found, claim))
                else:
                    more += 1
    listed = [row for part in rows.values() for row in part]
    if listed:
        yield from ("", "### Claims that do not hold", "")
        yield from ("| case | mark | claim | the passages say |", "| --- | --- | --- | --- |")
        yield from listed[:MOST_ROWS]
        more += len(listed[MOST_ROWS:])
    if more:
        yield from ("", f"{more} more claims do not hold.")


def _claim(found: RagVerdict, claim: ClaimVerdict) -> str:
    quote = claim.evidence[0] if claim.evidence else None
    shown_ = "" if quote is None else code(f"{quote.context_id}: “{quote.quote}”", 160)
    mark = claim.mark or f"undecided ({claim.decision.reason})"
    return f"| {code(found.case_id, 80)} | {code(mark)} | {code(claim.claim.text)} | {shown_} |"


def _board(run: RunFile) -> Iterator[str]:
    if run.identity.kind in ("judge", "rag") or not recur(systems_of(list(run.cases()))):
        return
    board = boards(played(run)).get(PANEL)
    if board is None or not board.rows:
        return
    yield from ("", f"### Leaderboard over {board.cases} cases", "")
    yield from ("| rank | system | share won | 95 % |", "| --- | --- | --- | --- |")
    for row in board.rows:
        won = row.win_rate
        share = "undefined" if won.value is None else f"{won.value:.3f}"
        known = won.low is not None and won.high is not None
        between = f"{won.low:.3f} to {won.high:.3f}" if known else ""
        yield f"| {row.rank} | {code(row.item, 60)} | {share} | {between} |"


def _cases(run: RunFile, demands: Demands) -> Iterator[str]:
    rows: list[str] = []
    more = 0
    for verdict in run.verdicts():
        why = trouble(verdict, demands.fail_case_under)
        if why is None:
            continue
        if len(rows) < MOST_ROWS:
            rows.append(_row(run, verdict, why.told))
        else:
            more += 1
    if rows:
        yield from ("", "### Cases that do not pass", "")
        yield from ("| case | outcome | confidence | why |", "| --- | --- | --- | --- |", *rows)
    if more:
        yield from ("", f"{more} more cases do not pass.")


def _lowest(run: RunFile, demands: Demands) -> Iterator[str]:
    """Where only the mean is too low, every case passes by itself: those that pull it down."""
    mean = next((gate for gate in gates(run, demands) if gate.what == MEAN), None)
    if mean is None or mean.met:
        return
    passing = (
        (verdict.score, verdict.case_id, verdict)
        for verdict in run.verdicts()
        if verdict.score is not None and trouble(verdict, demands.fail_case_under) is None
    )
    lowest = heapq.nsmallest(MOST_LOWEST, passing, key=lambda found: found[:2])
    if lowest:
        yield from ("", "### Lowest scores among the cases that pass", "")
        yield from ("| case | score | confidence |", "| --- | --- | --- |")
    for score, name, verdict in lowest:
        confidence = "" if verdict.confidence is None else f"{verdict.confidence:.2f}"
        yield f"| {code(name, 80)} | {score:.3f} | {confidence} |"


def _row(run: RunFile, verdict: Verdict, why: str) -> str:
    confidence = "" if verdict.confidence is None else f"{verdict.confidence:.2f}"
    cells = [code(verdict.case_id, 80), _outcome(run, verdict), confidence, code(why)]
    return "| " + " | ".join(cells) + " |"


def _outcome(run: RunFile, verdict: Verdict) -> str:
    ranking = run.ranking(verdict.case_id) if run.identity.kind == "rank" else None
    if ranking is not None:
        return code(ranking_headline(ranking))
    if run.identity.kind == "compare" and len(verdict.candidates) == 2:
        found = compared(verdict)
        return code(found.winner, 60) if found.winner else found.preferred or "undecided"
    return verdict.status.replace("_", " ") if verdict.score is None else f"{verdict.score:.3f}"
