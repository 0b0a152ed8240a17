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

from dikast.agents.spans import Indexed, Stretch
from dikast.minutes import visible
from dikast.rag_figures import Paired, Totals, paired_lines, totals_lines
from dikast.rag_text import counted, outcome_line
from dikast.types import Case, ClaimVerdict, PanelSpec, RagRecord, RagVerdict

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
mark{padding:0 .1em}mark:target{outline:3px solid #b3261e}
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
) -> Iterator[str]:
    """The page, piece by piece, so that memory stays flat over many cases.

    Args:
        records: Cases with what was found.
        spec: The panel.
        totals: By pipeline; one without a name where there is only one.
        paired: The comparison of two pipelines; None without one.
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
    for number, (case, record) in enumerate(records, 1):
        yield from _case(f"k{number}", case, record)
    yield "</body></html>\n"


def _case(anchor: str, case: Case, record: RagRecord) -> Iterator[str]:
    yield f'<h2 id="{anchor}">{escaped(case.id)}</h2>\n'
    if case.question:
        yield f'<p class="text"><b>Question:</b> {escaped(case.question)}</p>\n'
    if record.outcome is not None:
        yield f"<p>{escaped(outcome_line(record.outcome))}</p>\n"
    for at, found in enumerate(record.results):
        yield from _result(f"{anchor}r{at}", case, found, named=record.outcome is not None)


class _Shown(NamedTuple):
    """A quotation to be marked in a passage."""

    anchor: str
    quote: str


def _result(anchor: str, case: Case, found: RagVerdict, *, named: bool) -> Iterator[str]:
    verdict = found.verdict
    if named:
        yield f"<h3>{escaped(found.candidate)}</h3>\n"
    score = "" if verdict.score is None else f", score {verdict.score:.2f}"
    gate = "" if verdict.decided_at is None else f", failed at the gate {verdict.decided_at}"
    why = "" if verdict.reason is None else f" ({verdict.reason})"
    yield f"<p>{escaped(verdict.status)}{escaped(why)}{score}{escaped(gate)}; "
    yield f"{escaped(counted(found))}</p>\n"
    answer = case.candidate(found.candidate).text
    yield f'<p class="text"><b>Answer:</b> {escaped(answer[:WHOLE])}'
    yield " […]</p>\n" if len(answer) > WHOLE else "</p>\n"
    marked: dict[str, list[_Shown]] = {}
    for number, claim in enumerate(found.claims, 1):
        links = []
        for at, item in enumerate(claim.evidence):
            if item.context_id is not None:
                target = f"{anchor}c{number}e{at}"
                marked.setdefault(item.context_id, []).append(_Shown(target, item.quote))
                links.append((target, item.context_id, item.quote))
        yield from _claim(claim, links)
    for finding in found.findings:
        yield f'<p class="small">{escaped(finding.severity)} {escaped(finding.kind)}, '
        yield f"{escaped(finding.seat or 'input')}: “{escaped(finding.quote)}” "
        yield f"{escaped(finding.explanation)}</p>\n"
    for context in case.contexts:
        yield from _passage(context.id, context.text, marked.get(context.id, []))
    for note in found.notes:
        yield f'<p class="small">{escaped(note)}</p>\n'


def _claim(claim: ClaimVerdict, links: list[tuple[str, str, str]]) -> Iterator[str]:
    decision = claim.decision
    mark = claim.mark or f"undecided ({decision.reason})"
    yield f'<div class="claim {claim.mark or ""}"><span class="mark">{escaped(mark)}</span> '
    yield f'<span class="text">{escaped(claim.claim.text)}</span>'
    for target, passage, quote in links:
        yield f'<br><a href="#{target}">{escaped(passage)}: “{escaped(quote)}”</a>'
    told = [f"{decision.votes} votes"]
    told += [] if decision.confidence is None else [f"{decision.confidence:.0%} agree"]
    told += ["contested"] if decision.contested else []
    told += [f"citation: {claim.citation}"] if claim.citation else []
    told += [f"{d.seat} held {d.shown}" for d in decision.dissents]
    yield f'<br><span class="small">{escaped(", ".join(told))}</span></div>\n'


def _passage(name: str, text: str, shown: list[_Shown]) -> Iterator[str]:
    """A passage with its quotations marked; of a long one their surroundings, and that is said."""
    yield f'<div class="passage"><b>{escaped(name)}</b> <span class="text">'
    spans = _spans(text, shown)
    windows = [Stretch(0, len(text))] if len(text) <= WHOLE else _windows(text, spans)
    for window in windows:
        yield " […] " if window.start else ""
        at = window.start
        for (start, end), anchors in spans:
            if start < window.start or end > window.end:
                continue
            yield escaped(text[at:start])
            ids = "".join(f'<a id="{anchor}"></a>' for anchor in anchors[1:])
            yield f'<mark id="{anchors[0]}">{ids}{escaped(text[start:end])}</mark>'
            at = end
        yield escaped(text[at : window.end])
        yield " […] " if window.end < len(text) else ""
    yield "</span>"
    if len(text) > WHOLE:
        part = sum(window.end - window.start for window in windows)
        yield f' <span class="small">({part} of {len(text)} characters shown)</span>'
    yield "</div>\n"


def _spans(text: str, shown: list[_Shown]) -> list[tuple[Stretch, list[str]]]:
    """Where quotations stand, in order and without overlap; what overlaps shares a place."""
    if not shown:
        return []
    indexed = Indexed(text) if len(text) <= _INDEXED else None
    found = []
    for item in shown:
        stretches = _plainly(item.quote, text) if indexed is None else indexed.find(item.quote)
        if stretches:
            found.append((Stretch(stretches[0].start, stretches[-1].end), item.anchor))
    merged: list[tuple[Stretch, list[str]]] = []
    for stretch, anchor in sorted(found):
        if merged and stretch.start < merged[-1][0].end:
            before, anchors = merged[-1]
            merged[-1] = (Stretch(before.start, max(before.end, stretch.end)), [*anchors, anchor])
        else:
            merged.append((stretch, [anchor]))
    return merged


def _plainly(quote: str, text: str) -> tuple[Stretch, ...]:
    """Where a quotation stands in a very long text, apart from case and spaces only."""
    words = quote.strip("\"'“”‘’ ").split()
    if not words:
        return ()
    match = re.search(r"\s+".join(map(re.escape, words)), text, re.IGNORECASE)
    return () if match is None else (Stretch(*match.span()),)


def _windows(text: str, spans: list[tuple[Stretch, list[str]]]) -> list[Stretch]:
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
