"""Evaluated answers as one self-contained page: each claim links to the quotation in its passage.

Everything judged is escaped, invisible characters are written out, and the page's own policy
forbids scripts, frames and any request: it is safe to open whatever the answers say.
"""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from dikast.agents.claims import ASIDE, captioned
from dikast.agents.spans import Indexed, Stretch
from dikast.minutes import summary, visible
from dikast.rag_figures import Paired, Totals, paired_lines, totals_lines
from dikast.rag_text import ballot_lines, counted, outcome_line
from dikast.types import Ballot, Case, ClaimVerdict, PanelSpec, RagRecord, RagVerdict, Rubric

AROUND = 400
"""Characters shown on either side of a quotation where a passage is long."""
WHOLE = 6_000
"""Longest passage that is shown in full, in characters."""

_INDEXED = 300_000
"""Longest passage that quotations are looked up in whatever their typography, in characters."""

_STYLE = """
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.4rem}h2{font-size:1.15rem;border-top:1px solid #8886;padding-top:1rem}
pre,.text{white-space:pre-wrap;overflow-wrap:anywhere}
.claim{margin:.4rem 0;padding:.3rem .6rem;border-left:.35rem solid #888}
.supported{border-color:#2a7d46}.contradicted{border-color:#b3261e}.absent{border-color:#b58100}
.mark{font-weight:600}.small{font-size:.85rem;opacity:.8}
.passage{margin:.6rem 0;padding:.4rem .6rem;border:1px solid #8886;border-radius:.3rem}
.back{text-decoration:none}
mark{padding:0 .1em}mark:target,.claim:target{outline:3px solid #b3261e}
table{border-collapse:collapse;width:100%}td,th{text-align:start;padding:.15rem .5rem;
border-bottom:1px solid #8886;overflow-wrap:anywhere}summary{cursor:pointer}
""".strip()
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
POLICY = f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'"
"""What the page may load: its one style sheet, told by its digest, and nothing else."""


def escaped(text: str) -> str:
    r"""Text that is nothing but text in a page.

    Examples:
        >>> escaped("<b onclick='x'>\u202e")
        '&lt;b onclick=&#x27;x&#x27;&gt;\\u202e'
    """
    return html.escape(visible(text), quote=True)


def page(
    records: Iterable[tuple[Case, RagRecord]],
    spec: PanelSpec,
    *,
    totals: Mapping[str, Totals],
    paired: Paired | None = None,
    contents: Iterable[tuple[Case, RagRecord]] = (),
) -> Iterator[str]:
    """The page, piece by piece, so that memory stays flat over many cases.

    Args:
        records: Cases with what was found.
        spec: The panel.
        totals: By pipeline; one without a name where there is only one.
        paired: The comparison of two pipelines; None without one.
        contents: The same records once more, for the list of cases; none leaves it out.
    """
    yield '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
    yield f'<meta http-equiv="Content-Security-Policy" content="{html.escape(POLICY)}">\n'
    yield '<meta name="referrer" content="no-referrer">\n'
    yield '<meta name="viewport" content="width=device-width">\n'
    yield f"<title>dikast: {escaped(spec.name)}</title>\n<style>{_STYLE}</style></head><body>\n"
    yield f"<h1>Answers over passages, judged by panel {escaped(spec.name)}</h1>\n"
    if any(judge.embedded is not None for judge in spec.judges):
        yield "<p>Rule-backed baseline judges sat on this panel: they measure wording.</p>\n"
    for name, found in totals.items():
        told = "\n".join(totals_lines(found, spec, name=name))
        yield f"<pre>{escaped(told)}</pre>\n"
    if paired is not None:
        yield f"<pre>{escaped(chr(10).join(paired_lines(paired)))}</pre>\n"
    yield from _contents(contents)
    for number, (case, record) in enumerate(records, 1):
        yield from _case(f"k{number}", case, record, spec.rubric)
    yield "</body></html>\n"


def _contents(records: Iterable[tuple[Case, RagRecord]]) -> Iterator[str]:
    """The list of cases, each with what it came to and a link."""
    number = 0
    for number, (case, record) in enumerate(records, 1):
        if number == 1:
            yield "<details open><summary>Cases</summary>\n<table><tr><th>case</th>"
            yield "<th>outcome</th><th>claims</th></tr>\n"
        for found in record.results:
            named = "" if record.outcome is None else f": {found.candidate}"
            yield f'<tr><td><a href="#k{number}">{escaped(case.id + named)}</a></td>'
            yield f"<td>{escaped(_outcome(found))}</td><td>{escaped(counted(found))}</td></tr>\n"
    if number:
        yield "</table></details>\n"


def _outcome(found: RagVerdict) -> str:
    verdict = found.verdict
    score = "" if verdict.score is None else f", score {verdict.score:.2f}"
    gate = "" if verdict.decided_at is None else f", failed at the gate {verdict.decided_at}"
    why = "" if verdict.reason is None else f" ({verdict.reason})"
    return f"{verdict.status}{why}{score}{gate}"


def _case(anchor: str, case: Case, record: RagRecord, rubric: Rubric) -> Iterator[str]:
    yield f'<h2 id="{anchor}">{escaped(case.id)}</h2>\n'
    if case.question:
        asked = escaped(case.question)
        yield f'<p class="text"><b>Question:</b> <span dir="auto">{asked}</span></p>\n'
    if record.outcome is not None:
        yield f"<p>{escaped(outcome_line(record.outcome))}</p>\n"
    for at, found in enumerate(record.results):
        named = record.outcome is not None
        yield from _result(f"{anchor}r{at}", case, found, rubric, named=named)


class _Shown(NamedTuple):
    """A quotation to be marked in a passage."""

    anchor: str
    quote: str
    claim: str
    """Anchor of the claim that it is quoted for."""


def _result(
    anchor: str, case: Case, found: RagVerdict, rubric: Rubric, *, named: bool
) -> Iterator[str]:
    if named:
        yield f"<h3>{escaped(found.candidate)}</h3>\n"
    yield f"<p>{escaped(_outcome(found))}; {escaped(counted(found))}</p>\n"
    answer = case.candidate(found.candidate).text
    yield f'<p class="text"><b>Answer:</b> <span dir="auto">{escaped(answer[:WHOLE])}</span>'
    yield " […]</p>\n" if len(answer) > WHOLE else "</p>\n"
    told = "\n".join(summary(found.verdict, rubric)[1:])
    yield f"<details><summary>Criteria</summary><pre>{escaped(told)}</pre></details>\n"
    marked: dict[str, list[_Shown]] = {}
    parts = (
        ("c", "", "", found.claims),
        ("a", "Against the reference", ASIDE, found.against_reference),
        ("f", "Claims of the reference", "", found.reference_claims),
    )
    for letter, title, ending, claims in parts:
        yield f"<p><b>{title}</b></p>\n" if title and claims else ""
        for number, claim in enumerate(claims, 1):
            own = f"{anchor}{letter}{number}"
            links = []
            for at, item in enumerate(claim.evidence):
                if item.context_id is not None:
                    shown = _Shown(f"{own}e{at}", item.quote, own)
                    marked.setdefault(item.context_id, []).append(shown)
                    links.append((shown.anchor, item.context_id, item.quote))
            name = claim.claim.id + ending
            yield from _claim(own, claim, links, [b for b in found.ballots if b.criterion == name])
    for finding in found.findings:
        yield f'<p class="small">{escaped(finding.severity)} {escaped(finding.kind)}, '
        yield f"{escaped(finding.seat or 'input')}: “{escaped(finding.quote)}” "
        yield f"{escaped(finding.explanation)}</p>\n"
    helps = {p.context_id: p.relevant for p in found.passages}
    for context in case.contexts:
        told = {True: " (helps)", False: " (does not help)", None: ""}[helps.get(context.id)]
        text = captioned(context).text
        yield from _passage(context.id + told, text, marked.get(context.id, []))
    for note in found.notes:
        yield f'<p class="small">{escaped(note)}</p>\n'


def _claim(
    anchor: str, claim: ClaimVerdict, links: list[tuple[str, str, str]], ballots: list[Ballot]
) -> Iterator[str]:
    decision = claim.decision
    mark = claim.mark or f"undecided ({decision.reason})"
    yield f'<div id="{anchor}" class="claim {claim.mark or ""}">'
    yield f'<span class="mark">{escaped(mark)}</span> '
    yield f'<span class="text" dir="auto">{escaped(claim.claim.text)}</span>'
    for target, passage, quote in links:
        yield f'<br><a href="#{target}">{escaped(passage)}: '
        yield f'<span dir="auto">“{escaped(quote)}”</span></a>'
    told = [f"{decision.votes} vote{'s' * (decision.votes != 1)}"]
    told += [] if decision.confidence is None else [f"{decision.confidence:.0%} agree"]
    told += ["contested"] if decision.contested else []
    told += [f"citation: {claim.citation}"] if claim.citation else []
    told += [f"{d.seat} held {d.shown}" for d in decision.dissents]
    said = "\n".join(
        line.strip()
        for ballot in sorted(ballots, key=lambda b: (b.round, b.seat, b.sample))
        for line in ballot_lines(ballot)
    )
    yield f'<details class="small"><summary>{escaped(", ".join(told))}</summary>'
    yield f'<span class="text">{escaped(said)}</span></details></div>\n'


def _passage(name: str, text: str, shown: list[_Shown]) -> Iterator[str]:
    """A passage with its quotations marked; of a long one their surroundings, and that is said."""
    yield f'<div class="passage"><b>{escaped(name)}</b> <span class="text" dir="auto">'
    spans = _spans(text, shown)
    windows = [Stretch(0, len(text))] if len(text) <= WHOLE else _windows(text, spans)
    for window in windows:
        yield " […] " if window.start else ""
        at = window.start
        for (start, end), anchors in spans:
            if start < window.start or end > window.end:
                continue
            yield escaped(text[at:start])
            ids = "".join(f'<a id="{item.anchor}"></a>' for item in anchors[1:])
            yield f'<mark id="{anchors[0].anchor}">{ids}{escaped(text[start:end])}</mark>'
            for item in anchors:
                yield f'<a class="small back" href="#{item.claim}">↑</a>'
            at = end
        yield escaped(text[at : window.end])
        yield " […] " if window.end < len(text) else ""
    yield "</span>"
    if len(text) > WHOLE:
        part = sum(window.end - window.start for window in windows)
        yield f' <span class="small">({part} of {len(text)} characters shown)</span>'
    yield "</div>\n"


def _spans(text: str, shown: list[_Shown]) -> list[tuple[Stretch, list[_Shown]]]:
    """Where quotations stand, in order and without overlap; what overlaps shares a place."""
    if not shown:
        return []
    indexed = Indexed(text) if len(text) <= _INDEXED else None
    found = []
    for item in shown:
        stretches = _plainly(item.quote, text) if indexed is None else indexed.find(item.quote)
        if stretches:
            found.append((Stretch(stretches[0].start, stretches[-1].end), item))
    merged: list[tuple[Stretch, list[_Shown]]] = []
    for stretch, item in sorted(found):
        if merged and stretch.start < merged[-1][0].end:
            before, anchors = merged[-1]
            merged[-1] = (Stretch(before.start, max(before.end, stretch.end)), [*anchors, item])
        else:
            merged.append((stretch, [item]))
    return merged


def _plainly(quote: str, text: str) -> tuple[Stretch, ...]:
    """Where a quotation stands in a very long text, apart from case and spaces only."""
    words = quote.strip("\"'“”‘’ ").split()
    if not words:
        return ()
    match = re.search(r"\s+".join(map(re.escape, words)), text, re.IGNORECASE)
    return () if match is None else (Stretch(*match.span()),)


def _windows(text: str, spans: list[tuple[Stretch, list[_Shown]]]) -> list[Stretch]:
    """The surroundings of quotations in a long text; its beginning where there are none."""
    if not spans:
        return [Stretch(0, AROUND)]
    windows: list[Stretch] = []
    for (start, end), _ in spans:
        window = Stretch(max(0, start - AROUND), min(len(text), end + AROUND))
        if windows and window.start <= windows[-1].end:
            windows[-1] = Stretch(windows[-1].start, window.end)
        else:
            windows.append(window)
    return windows
