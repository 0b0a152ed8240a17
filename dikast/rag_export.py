r"""Runs over passages as flat tables and as a page.

One row per answer: the columns of `verdicts.jsonl` (`dikast.records.export`), then

    candidate             whose answer it is
    claims, supported, contradicted, absent, undecided     counts
    reference_source      human | synthetic | unstated | none
    splitter              who split the claims
    forged_quotes         quotations that occur nowhere
    preferred, level      of two answers compared: the better one's id or `tie`, and where it was
                          decided; null without a comparison
    figure_NAME           faithfulness, citation_support, …; null where undefined

or one row per claim (`--claims`):

    case_id, candidate, claim, against, text, start, end, mark, reason, confidence, votes,
    abstentions, contested, rounds, dissents, cites, citation, context_id, quote, quotes
"""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from dikast.errors import ConfigError
from dikast.rag_figures import pairs_of, results_of, totals_of
from dikast.rag_html import page
from dikast.records.export import Cell, criteria_of, flat, harmless, replacing
from dikast.records.runfile import RunFile
from dikast.running import work_of
from dikast.types import Case, ClaimVerdict, PanelSpec, RagRecord, RagVerdict

Row = Mapping[str, Cell]


def answer_rows(run: RunFile) -> Iterator[dict[str, Cell]]:
    """One flat row per answer; the same columns in every row."""
    criteria = criteria_of(run)
    figures = list(dict.fromkeys(f.name for _, found in results_of(run) for f in found.figures))
    for record in run.rags():
        for found in record.results:
            yield _answer(found, record, criteria, figures)


def _answer(
    found: RagVerdict, record: RagRecord, criteria: Iterable[str], figures: Iterable[str]
) -> dict[str, Cell]:
    marks = [claim.mark for claim in found.claims]
    outcome = record.outcome
    known = {figure.name: figure.value for figure in found.figures}
    preferred: Cell = None
    if outcome is not None and outcome.preferred is not None:
        preferred = outcome.winner or "tie"
    return {
        **flat(found.verdict, list(criteria)),
        "candidate": found.candidate,
        "claims": len(marks),
        "supported": marks.count("supported"),
        "contradicted": marks.count("contradicted"),
        "absent": marks.count("absent"),
        "undecided": marks.count(None),
        "reference_source": found.reference_source,
        "splitter": found.splitter,
        "forged_quotes": sum(f.kind == "forged_quote" for f in found.findings),
        "preferred": preferred,
        "level": None if outcome is None else outcome.level,
        **{f"figure_{name}": known.get(name) for name in figures},
    }


def claim_rows(results: Iterable[RagVerdict]) -> Iterator[dict[str, Cell]]:
    """One flat row per claim, those against the reference and of the reference included."""
    for found in results:
        for claim in (*found.claims, *found.against_reference, *found.reference_claims):
            yield _claim(found, claim)


def _claim(found: RagVerdict, claim: ClaimVerdict) -> dict[str, Cell]:
    decision, first = claim.decision, claim.evidence[0] if claim.evidence else None
    return {
        "case_id": found.case_id,
        "candidate": found.candidate,
        "claim": claim.claim.id,
        "against": claim.against,
        "text": claim.claim.text,
        "start": claim.claim.start,
        "end": claim.claim.end,
        "mark": claim.mark,
        "reason": decision.reason,
        "confidence": decision.confidence,
        "votes": decision.votes,
        "abstentions": decision.abstentions,
        "contested": decision.contested,
        "rounds": decision.rounds,
        "dissents": "\n".join(f"{d.seat}: {d.shown}" for d in decision.dissents) or None,
        "cites": json.dumps(claim.claim.cites, ensure_ascii=False),
        "citation": claim.citation,
        "context_id": None if first is None else first.context_id,
        "quote": None if first is None else first.quote,
        "quotes": json.dumps(
            [[item.context_id, item.quote] for item in claim.evidence], ensure_ascii=False
        ),
    }


def write_rows(rows: Iterable[Row], path: str | os.PathLike[str]) -> int:
    """Write rows of equal columns as JSON lines or CSV, by the file's name; whole or not at all.

    Returns:
        How many there were.

    Raises:
        ConfigError: The name ends otherwise.
        StoreError: It cannot be written; what stood there is unchanged.
    """
    kind = Path(path).suffix
    if kind not in {".jsonl", ".csv"}:
        raise ConfigError(f"`{path}` is neither .jsonl nor .csv.", hint="Name the file so.")
    number = 0
    with replacing(path) as target:
        writer = csv.writer(target, lineterminator="\n")
        for number, row in enumerate(rows, 1):
            if kind == ".jsonl":
                target.write(json.dumps(row, ensure_ascii=True) + "\n")
                continue
            if number == 1:
                writer.writerow([harmless(name) for name in row])
            writer.writerow([harmless(cell) for cell in row.values()])
    return number


def write_page(run: RunFile, spec: PanelSpec, path: str | os.PathLike[str]) -> int:
    """Write a run as one self-contained page.

    Returns:
        How many cases it shows.

    Raises:
        StoreError: It cannot be written; what stood there is unchanged.
    """
    number = 0

    def cases() -> Iterator[tuple[Case, RagRecord]]:
        nonlocal number
        number = 0
        for record in run.rags():
            case = run.case(record.results[0].case_id)
            if case is not None:
                number += 1
                yield case, record

    named = totals_of(run, spec)
    both = pairs_of(run, spec, work_of(run).rag)
    with replacing(path) as target:
        for piece in page(cases(), spec, totals=named, paired=both, contents=cases()):
            target.write(piece)
    return number
