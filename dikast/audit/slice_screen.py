"""Figures by slice as a person reads them: slices down, judges across, the best of each marked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dikast.audit.report import AuditReport, SliceCount, Sliced, Slices
from dikast.audit.words import shown, told
from dikast.minutes import visible

MOST_SLICES = 12
MOST_JUDGES = 12
_ACROSS = 4
_NAME = 22
_COLUMN = 18
_COUNT = 6


def slice_lines(report: AuditReport) -> Iterator[str]:
    """The part of the screen that tells of slices; nothing where none were asked for."""
    parts = report.slices
    if parts is None:
        return
    if not parts.figures:
        yield ""
        yield f"By {visible(parts.by)}: none of {len(parts.counts):,} slices has cases enough"
        return
    for criterion in report.criteria:
        yield ""
        yield from _of_criterion(report, parts, criterion)
    small = [count for count in parts.counts if count.reason]
    if small:
        cases = sum(count.cases for count in small)
        yield (
            f"  {len(small):,} slices with {cases:,} cases are too small for figures of their own"
            if len(small) > 1
            else f"  {_name(small[0])}: {small[0].reason}"
        )


def slice_word(name: str | None, by: str) -> str:
    """A slice as text calls it.

    Examples:
        >>> slice_word("hard", "subset"), slice_word(None, "subset")
        ('hard', '(no subset)')
    """
    return f"(no {by})" if name is None else name


def _of_criterion(report: AuditReport, parts: Slices, criterion: str) -> Iterator[str]:
    large = [count for count in parts.counts if not count.reason]
    own = [f for f in parts.figures if f.criterion == criterion]
    where = f" on {visible(criterion)}" if len(report.criteria) > 1 else ""
    yield f"By {visible(parts.by)}{where}: {told(own[0].figure).title}"
    found = {(f.slice, f.name): f for f in own}
    best = {b.slice: b.judges for b in parts.best if b.criterion == criterion}
    names = _judges(report, own)
    for start in range(0, len(names), _ACROSS):
        across = names[start : start + _ACROSS]
        head = "".join(f"{_cut(name, _COLUMN - 2):<{_COLUMN}}" for name in across)
        yield f"  {'slice':<{_NAME - 2}}{'cases':>{_COUNT - 1}}  {head}".rstrip()
        for count in large[:MOST_SLICES]:
            cells = "".join(
                _cell(found.get((count.slice, name)), best=name in best.get(count.slice, ()))
                for name in across
            )
            label = _cut(slice_word(count.slice, parts.by), _NAME - 3)
            yield f"  {label:<{_NAME - 2}}{count.cases:>{_COUNT - 1},}  {cells}".rstrip()
    yield from _notes(report, parts, large, names)


def _notes(
    report: AuditReport, parts: Slices, large: Sequence[SliceCount], names: Sequence[str]
) -> Iterator[str]:
    yield "  ^ best there   * unlike the judge's other cases, corrected for all tests made"
    more = []
    if len(large) > MOST_SLICES:
        more.append(f"{len(large) - MOST_SLICES:,} smaller slices")
    if len(report.judges) > len(names):
        more.append(f"{len(report.judges) - len(names):,} judges")
    if more:
        yield f"  and {' and '.join(more)} more with --json"


def _judges(report: AuditReport, own: Sequence[Sliced]) -> list[str]:
    """The judges to show: all, or of many those that are best somewhere or have most cases."""
    if len(report.judges) <= MOST_JUDGES:
        return list(report.judges)
    parts = report.slices
    winners = {name for b in (parts.best if parts else ()) for name in b.judges}
    size: dict[str, int] = {}
    for figure in own:
        size[figure.name] = size.get(figure.name, 0) + figure.n
    ranked = sorted(size, key=lambda name: (name not in winners, -size[name], name))
    return sorted(ranked[:MOST_JUDGES])


def _cell(figure: Sliced | None, *, best: bool) -> str:
    if figure is None:
        return " " * _COLUMN
    text = shown(figure).replace(" %", "%")
    marks = (" ^" if best else "") + (" *" if figure.flagged else "")
    return f"{text + marks:<{_COLUMN}}"


def _name(count: SliceCount) -> str:
    return "the cases without a value" if count.slice is None else _cut(count.slice, 40)


def _cut(name: str, width: int) -> str:
    label = visible(name)
    return label if len(label) <= width else label[: width - 1] + "…"
