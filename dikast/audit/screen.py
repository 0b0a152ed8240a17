"""An audit as one screen for a person: judges in a table, what to fix first, whom to ask."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from dikast.audit.report import About, AuditReport, Figure
from dikast.audit.slice_screen import slice_lines
from dikast.audit.words import shown, told
from dikast.minutes import visible

WIDTH = 100
_NAME = 22
_COLUMN = 19
MOST_ADVICE = 8
MOST_DOUBTS = 12

_PAIRS = (
    "accuracy",
    "cohen",
    "order_consistency",
    "first_position_rate",
    "length_bias_raw",
    "ece",
    "abstained",
)
_SINGLES = (
    "accuracy",
    "cohen",
    "weighted_kappa",
    "spearman",
    "lenience",
    "scale_used",
    "repetition_stability",
    "ece",
    "abstained",
)
_MOST_COLUMNS = 4
_WIDE = 22
"""Of a column of coefficients, whose intervals may have signs."""
MOST_JUDGES = 24
"""Judges in the table; of more, as many of the best as of the worst."""
_AMONG = ("fleiss", "krippendorff_ordinal", "krippendorff_interval")


def screen(report: AuditReport) -> str:
    """The audit as text, at most `WIDTH` columns wide.

    Names of judges and cases are data: control characters in them are written out.
    """
    return "\n".join(_lines(report)).rstrip() + "\n"


def _lines(report: AuditReport) -> Iterator[str]:
    unit = "pairs" if report.pairs else "cases"
    yield (
        f"Audit of {visible(report.source)}: {report.cases:,} {unit}, {len(report.judges)} judges, "
        f"{report.ballots:,} ballots ({report.abstentions:,} abstained), "
        f"{report.labelled:,} labelled"
    )
    for note in report.notes:
        yield from _wrapped(f"note: {note}")
    for criterion in report.criteria:
        yield ""
        if len(report.criteria) > 1:
            yield f"on {criterion}"
        yield from _table(report, criterion)
    yield from slice_lines(report)
    if report.rule:
        yield ""
        yield from _wrapped(f"Rule of choice: {report.rule}. {report.rule_why}")
    yield from _advice(report)
    yield from _doubts(report)


def _table(report: AuditReport, criterion: str) -> Iterator[str]:
    columns = _columns(report, criterion)
    titles = "".join(f"{told(name).title:<{_width(name)}}" for name in columns)
    yield f"{'judge':<{_NAME}}{titles}".rstrip()
    judges = _judges(report, criterion, columns)
    for name in judges:
        yield _row(report, name, "judge", criterion, columns)
    if len(judges) < len(report.judges):
        by = told(columns[0]).title if columns else "name"
        yield f"  and {len(report.judges) - len(judges):,} between these by {by}, with --json"
    panel = _names(report, "panel", criterion)
    if panel:
        yield "panel"
        for name in panel:
            row = _row(report, name, "panel", criterion, columns)
            yield row + _left_open(report, name, criterion)
    floor = _names(report, "baseline", criterion)
    if floor:
        yield "trivial judges"
        for name in floor:
            yield _row(report, name, "baseline", criterion, columns)
    yield from _among(report, criterion)
    if any(f.flagged for c in columns for f in report.find(c, criterion=criterion)):
        yield "* unlike a judge without bias, corrected for all tests made"


def _judges(report: AuditReport, criterion: str, columns: Sequence[str]) -> list[str]:
    """Whom the table shows: all, or of many the best and the worst by its first column."""
    if len(report.judges) <= MOST_JUDGES or not columns:
        return list(report.judges)
    found = report.find(columns[0], about="judge", criterion=criterion)
    value = {f.name: -1.0 if f.value is None else f.value for f in found}
    ranked = sorted(report.judges, key=lambda name: (-value.get(name, -1.0), name))
    half = MOST_JUDGES // 2
    return sorted([*ranked[:half], *ranked[-half:]])


def _among(report: AuditReport, criterion: str) -> Iterator[str]:
    """How far the judges agree with each other, in one line: it needs no labels."""
    found = [
        f"{told(name).title} {shown(figure)}"
        for name in _AMONG
        for figure in report.find(name, about="panel", criterion=criterion)
        if figure.value is not None
    ]
    if found:
        yield from _wrapped(f"judges among themselves: {', '.join(found[:2])}")


def _columns(report: AuditReport, criterion: str) -> list[str]:
    """The figures that some judge has, at most as many as fit."""
    wanted = _PAIRS if report.pairs else _SINGLES
    has = [
        name
        for name in wanted
        if any(f.value is not None for f in report.find(name, about="judge", criterion=criterion))
    ]
    if "abstained" in has[_MOST_COLUMNS:]:
        has = [*has[: _MOST_COLUMNS - 1], "abstained"]
    return has[:_MOST_COLUMNS]


def _width(name: str) -> int:
    return _WIDE if told(name).form == "number" else _COLUMN


def _names(report: AuditReport, about: About, criterion: str) -> list[str]:
    found = report.find("accuracy", about=about, criterion=criterion)
    found += report.find("spearman", about=about, criterion=criterion)
    return sorted({f.name for f in found if f.value is not None})


def _row(
    report: AuditReport, name: str, about: About, criterion: str, columns: Sequence[str]
) -> str:
    label = visible(name.removeprefix("baseline/"))
    label = label if len(label) < _NAME - 2 else label[: _NAME - 3] + "…"
    cells = ""
    for column in columns:
        found = report.find(column, name=name, about=about, criterion=criterion)
        cells += f"{_cell(found[0]) if found else '':<{_width(column)}}"
    return f"  {label:<{_NAME - 2}}{cells}".rstrip()


def _left_open(report: AuditReport, name: str, criterion: str) -> str:
    """How many cases a rule leaves open, if any: an accuracy of halves is not one of choices."""
    for found in report.find("left_open", name=name, about="panel", criterion=criterion):
        if found.value:
            return f"   {found.value:.0f} of {found.n} left open (of two answers, half right)"
    return ""


def _cell(figure: Figure) -> str:
    mark = " *" if figure.flagged else ""
    if figure.figure == "abstained" and figure.value is not None:
        return f"{shown(figure, interval=False)} of {figure.n:,}"
    return shown(figure) + mark


def _advice(report: AuditReport) -> Iterator[str]:
    if not report.advice:
        return
    yield ""
    yield "What to fix first"
    for number, advice in enumerate(report.advice[:MOST_ADVICE], 1):
        yield from _wrapped(advice.text, f"{number:>2}. ")
    rest = len(report.advice) - MOST_ADVICE
    if rest > 0:
        yield f"    and {rest} more with --json"


def _doubts(report: AuditReport) -> Iterator[str]:
    if not report.doubts:
        return
    yield ""
    yield f"For a person: {len(report.doubts):,} of {report.cases:,} cases, most doubtful first"
    for doubt in report.doubts[:MOST_DOUBTS]:
        sure = "no decision" if doubt.confidence is None else f"confidence {doubt.confidence:.2f}"
        name = visible(doubt.case)
        where = f" on {doubt.criterion}" if len(report.criteria) > 1 else ""
        yield f"  {name[:40]}{where}: {sure}; {doubt.why}"
    if len(report.doubts) > MOST_DOUBTS:
        yield f"  and {len(report.doubts) - MOST_DOUBTS:,} more with --json"
    if report.source.endswith(".dikast"):
        yield from _wrapped(f"  answer one with: dikast adjudicate {report.source} --case ID")


def _wrapped(text: str, head: str = "") -> list[str]:
    return textwrap.wrap(
        head + visible(text), WIDTH, subsequent_indent=" " * len(head), break_on_hyphens=False
    )
