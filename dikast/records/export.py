r"""Verdicts as flat tables: `verdicts.jsonl`, and CSV for spreadsheets.

One row per verdict, the same columns in every row, names without dots, nothing nested. A value
that is undefined is null (an empty cell in CSV), never 0 or NaN. `pandas` reads it as

    pd.read_json("verdicts.jsonl", lines=True, dtype=False)

(without `dtype=False` pandas turns ids such as `007` into numbers; pandas 2 also needs
`convert_dates=False` where a criterion's name ends in `_time` or `_at`).

Columns of version 1, in this order:

    schema_version        1
    case_id               as given, unchanged
    candidates            ids judged, canonical order, as a JSON list in a string
    panel                 name of the panel
    status                decided | abstained | failed | awaiting_adjudication
    reason                why not decided (closed list `Reason`); null if decided
    detail                the same for a person; null if there is nothing to say
    score                 0 worst … 1 best (preferences: -1 … 1, positive: first); null unless
                          every criterion that was reached has a score; 0 if a gate failed
    decided_at            the gate that ended it (failed, or of a pair no tie); null if none did
    confidence            0 … 1, the lowest of any criterion; null without votes
    calibrated            true if `confidence` was fitted on labels (then it is a probability),
                          else it is a share of votes
    baseline              true if a rule-backed baseline judge sat on the panel
    contested             true if any criterion was contested after the private round
    rounds                most rounds of revision held on any criterion
    missing               seats without a vote on some criterion, as a JSON list in a string
    dissents              one line per vote beyond tolerance: SEAT on CRITERION: SHOWN - REASONS
    findings              one line per bias finding: SEVERITY KIND (DETECTOR): QUOTE
    flips                 how many votes changed
    people                who of the people decided a criterion, as a JSON list in a string; [] if
                          the panel decided alone
    answers               one line per person's answer: NAME on CRITERION: SHOWN (panel: …) - REASON
    calls, retries, reasks, replayed, input_tokens, output_tokens, cached_tokens
    cost                  US dollars; null as soon as one call has no known price
    unpriced              calls without a known price
    rubric                content digest of the rubric
    prompts               content digests by prompt name, as a JSON object in a string

and for each criterion C of the rubric, in its order:

    score_C               on the scale of C; null if undecided
    shown_C               the score as a person writes it
    reason_C              why there is no score (`not_reached` behind a gate); null if there is one
    low_C, high_C         where the label lies, by a calibration; null without one
    confidence_C, agreement_C, consistent_C           0 … 1; null where undefined
    votes_C, abstentions_C, rounds_C                  counts
    first_score_C         what the private first ballots came to
    contested_C           true or false
    stop_C                why deliberation ended (closed list `StopReason`)
    decided_by_C          panel, measured, a stronger judge's name, or people's names

A verdict without a decision on C (a failed case) has null in all columns of C.
"""

from __future__ import annotations

import contextlib
import csv
import json
import os
import re
import tempfile
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TextIO

from dikast.errors import StoreError
from dikast.records.reader import RunReader
from dikast.types import CriterionVerdict, Transcript, Usage, Verdict

VERDICT_COLUMNS_VERSION = 1
"""Goes up when a column is renamed, removed or changes its meaning, not when one is added."""

Cell = str | int | float | bool | None

_PER_CRITERION = (
    "score",
    "shown",
    "reason",
    "confidence",
    "agreement",
    "consistent",
    "votes",
    "abstentions",
    "rounds",
    "first_score",
    "contested",
    "stop",
    "decided_by",
)
_USAGE = tuple(Usage.model_fields)


def columns(criteria: Sequence[str]) -> list[str]:
    """Names of the columns, in order, for a rubric with these criteria.

    Examples:
        >>> columns(["safety"])[-1], columns([])[:3]
        ('high_safety', ['schema_version', 'case_id', 'candidates'])
    """
    nobody = Verdict(case_id="", candidates=(), panel="", status="decided")
    return list(flat(nobody, criteria))


def flat(verdict: Verdict, criteria: Sequence[str] | None = None) -> dict[str, Cell]:
    """The flat row of a verdict.

    Args:
        verdict: The verdict.
        criteria: Ids of the rubric's criteria; they decide the columns, and decisions on others
            are left out. None for those of the verdict itself.

    Examples:
        >>> row = flat(
        ...     Verdict(case_id="q", candidates=("a",), panel="p", status="failed", reason="bug"),
        ...     ["correctness"],
        ... )
        >>> row["status"], row["score"], row["score_correctness"]
        ('failed', None, None)
    """
    decisions = {decision.criterion: decision for decision in verdict.criteria}
    row: dict[str, Cell] = {
        "schema_version": VERDICT_COLUMNS_VERSION,
        "case_id": verdict.case_id,
        "candidates": _json(verdict.candidates),
        "panel": verdict.panel,
        "status": verdict.status,
        "reason": verdict.reason,
        "detail": verdict.detail or None,
        "score": verdict.score,
        "decided_at": verdict.decided_at,
        "confidence": verdict.confidence,
        "calibrated": verdict.calibrated,
        "baseline": verdict.baseline,
        "contested": any(decision.contested for decision in verdict.criteria),
        "rounds": max((decision.rounds for decision in verdict.criteria), default=0),
        "missing": _json(verdict.missing),
        "dissents": _dissents(verdict.criteria),
        "findings": _findings(verdict.transcript),
        "flips": len(verdict.transcript.flips),
        "people": _json(verdict.people),
        "answers": _answers(verdict),
    }
    row |= {name: getattr(verdict.usage, name) for name in _USAGE}
    row |= {"rubric": verdict.rubric, "prompts": _json(verdict.prompts)}
    for criterion in decisions if criteria is None else criteria:
        decision = decisions.get(criterion)
        row |= {f"{name}_{criterion}": getattr(decision, name, None) for name in _PER_CRITERION}
        interval = None if decision is None else decision.interval
        row[f"low_{criterion}"] = None if interval is None else interval.low
        row[f"high_{criterion}"] = None if interval is None else interval.high
        if decision is not None and decision.score is None:
            row[f"shown_{criterion}"] = None
    return row


def criteria_of(run: RunReader) -> tuple[str, ...]:
    """Ids of the criteria a run judges by, in the rubric's order.

    From the run's panel; where that was lost, from its verdicts, in the order met.
    """
    panel = run.identity.panel
    if panel is not None:
        return tuple(criterion.id for criterion in panel.rubric.criteria)
    met = (decision.criterion for verdict in run.verdicts() for decision in verdict.criteria)
    return tuple(dict.fromkeys(met))


def write_jsonl(
    verdicts: Iterable[Verdict],
    path: str | os.PathLike[str],
    criteria: Sequence[str] | None = None,
) -> int:
    """Write verdicts as JSON lines, the whole file or nothing; memory stays flat.

    Args:
        verdicts: The verdicts.
        path: The file; one that stands there is replaced at the end.
        criteria: Ids of the rubric's criteria (`criteria_of` a run); None to gather them from
            the verdicts, which are then kept in a temporary file meanwhile.

    Returns:
        How many there were.

    Raises:
        StoreError: It cannot be written; what stood there is unchanged.
    """
    count = 0
    with replacing(path) as target, _known(verdicts, criteria) as (rows, names):
        for count, verdict in enumerate(rows, 1):  # noqa: B007
            line = json.dumps(flat(verdict, names), ensure_ascii=False)
            target.write(line_of(line) + "\n")
    return count


def write_csv(
    verdicts: Iterable[Verdict],
    path: str | os.PathLike[str],
    criteria: Sequence[str] | None = None,
) -> int:
    """Write verdicts as a table for spreadsheets; otherwise as `write_jsonl`.

    Text that a spreadsheet would run as a formula gets an apostrophe in front, and control
    characters become visible, so a table is for reading; the lossless form is JSON lines.
    """
    count = 0
    with replacing(path) as target, _known(verdicts, criteria) as (rows, names):
        writer = csv.writer(target, lineterminator="\n")
        writer.writerow([harmless(name) for name in columns(names)])
        for count, verdict in enumerate(rows, 1):  # noqa: B007
            writer.writerow([harmless(cell) for cell in flat(verdict, names).values()])
    return count


@contextlib.contextmanager
def _known(
    verdicts: Iterable[Verdict], criteria: Sequence[str] | None
) -> Iterator[tuple[Iterable[Verdict], Sequence[str]]]:
    """The verdicts with the criteria of all of them, which must be known before the first row."""
    if criteria is not None:
        yield verdicts, criteria
        return
    met: dict[str, None] = {}
    with tempfile.TemporaryFile("w+", encoding="utf-8", newline="\n") as spool:
        for verdict in verdicts:
            met.update(dict.fromkeys(decision.criterion for decision in verdict.criteria))
            spool.write(verdict.to_json() + "\n")
        spool.seek(0)
        yield (Verdict.from_json(line) for line in spool), tuple(met)


def harmless(cell: Cell) -> Cell:
    r"""A cell that no spreadsheet runs and no terminal obeys; numbers stay numbers.

    Examples:
        >>> harmless("=HYPERLINK(1)"), harmless(-0.5), harmless("a\x1b[2J")
        ("'=HYPERLINK(1)", -0.5, 'a\\x1b[2J')
    """
    if not isinstance(cell, str):
        return cell
    text = cell.replace("\r\n", "\n").replace("\r", "\n")
    text = "".join(c if c.isprintable() or c in "\n\t" else _visible(c) for c in text)
    # Spreadsheets look past leading space, and take full-width signs for plain ones.
    runs = text.lstrip()[:1] in _FORMULA or text.startswith(("\t", "\n"))
    return f"'{text}" if runs else text


_UNRULY = re.compile("[\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
"""Valid in JSON as they are, but terminals obey them or some readers break lines there."""

_FORMULA = frozenset("=+-@|%＝＋－＠")  # `|` and `%` begin commands in old ones


def line_of(text: str) -> str:
    """JSON as one line that no terminal obeys and every reader takes for one line."""
    return _UNRULY.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"


def _visible(character: str) -> str:
    # wide and narrow spaces (general category Zs) count as unprintable and are harmless
    return character if unicodedata.category(character) == "Zs" else ascii(character)[1:-1]


@contextlib.contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[TextIO]:
    """A file that takes the place of `path` once it is complete."""
    target = Path(path)
    draft = target.with_name(f"{target.name}.{os.getpid()}.part")
    try:
        try:
            with draft.open("w", encoding="utf-8", newline="") as stream:
                yield stream
                stream.flush()
                os.fsync(stream.fileno())
            draft.replace(target)
        except OSError as error:
            raise StoreError(f"`{target}` cannot be written: {error.strerror or error}.") from None
    finally:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)


def _dissents(criteria: Iterable[CriterionVerdict]) -> str | None:
    lines = [
        f"{d.seat} on {d.criterion}: {d.shown}"
        + (f" - {_line(d.rationale)}" if d.rationale else "")
        for decision in criteria
        for d in decision.dissents
    ]
    return "\n".join(lines) or None


def _findings(transcript: Transcript) -> str | None:
    lines = [
        f"{finding.severity} {finding.kind} ({finding.detector}): {_line(finding.quote)}"
        for finding in transcript.findings
    ]
    return "\n".join(lines) or None


def _answers(verdict: Verdict) -> str | None:
    if verdict.adjudication is None:
        return None
    held = {d.criterion: d.shown or "undecided" for d in verdict.adjudication.proposal.criteria}
    lines = [
        f"{a.by} on {a.criterion}: {a.shown} (panel: {held.get(a.criterion, 'undecided')})"
        + (f" - {_line(a.reason)}" if a.reason else "")
        for a in verdict.adjudication.answers
    ]
    return "\n".join(lines)


def _line(text: str) -> str:
    return " ".join(text.split())


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
