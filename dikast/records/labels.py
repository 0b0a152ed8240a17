"""Labels that people gave, from a file onto a table of ballots.

A label file is JSON lines, JSON, CSV or Parquet, one label per row:

    case        id of the case (also `case_id`, `id`, `item_id`)
    label       what is true of it (also `gold`, `truth`, `preferred`); an empty cell is no label
    criterion   what it is a label on; may be left out where there is one criterion only
    rater       who gave it; with this column several people may label one case

A file of cases serves too: its `labels` hold a label by criterion. What a label may be depends on
the scale of the criterion (`label_on`): a number or label of the scale, `yes`/`no`, `true`/`false`,
and for pairs `first`/`second`, `a`/`b`, `tie`, the id of a candidate or the name of a system.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from dikast.errors import InputError
from dikast.records.case_files import Found, rows_of
from dikast.records.case_names import squeeze
from dikast.records.differences import describe
from dikast.stats.ballot_table import BallotTable, Floats, Row
from dikast.types import OffScale, PreferenceScale, Scale, YesNoScale

RawLabel = str | int | float | bool

WHOLE = "preferred"
"""Name under which a case keeps what people preferred of a pair as a whole."""

_FIELDS = {
    "case": ("case", "case_id", "id", "item_id"),
    "label": ("label", "gold", "truth", WHOLE),
    "criterion": ("criterion",),
    "rater": ("rater", "annotator", "rater_id"),
}
_SOLE = (WHOLE, "label", "overall")
"""Keys of a case's labels that mean the only criterion of a rubric."""
_WORDS = {"first": 1, "a": 1, "second": -1, "b": -1, "tie": 0, "a=b": 0}
_TRUTHS = {"yes": 1.0, "true": 1.0, "1": 1.0, "no": 0.0, "false": 0.0, "0": 0.0}
_SHOWN = 5


class LabelRow(NamedTuple):
    """One label as it stands in a file."""

    case: str
    criterion: str | None
    """None: the only criterion there is."""
    label: RawLabel
    rater: str | None
    """None: the truth, not one person's view of it."""
    line: int
    named: bool = True
    """False for a key of a case's `labels`, which may be a note and no criterion."""


@dataclass(frozen=True)
class Labels:
    """Labels of a file, not yet on any scale. Made by `read_labels`."""

    path: str
    rows: tuple[LabelRow, ...]

    @property
    def raters(self) -> tuple[str, ...]:
        """Who labelled, sorted; empty where the labels are the truth itself."""
        return tuple(sorted({row.rater for row in self.rows if row.rater is not None}))


class Overlap(NamedTuple):
    """How far labels and ballots meet, in cases."""

    both: int
    """Cases with ballots and a label."""
    unlabelled: int
    """Cases with ballots and no label."""
    unknown: tuple[str, ...]
    """Cases with a label and no ballots, sorted."""


def label_on(scale: Scale, raw: RawLabel, names: Sequence[str] = ()) -> float:
    """A label as a score on a scale.

    Args:
        scale: The criterion's scale.
        raw: What the file says. A number on a numeric scale may be a fraction even where judges
            give whole numbers, since labels are often means; on ordered labels a number that is
            no label is a rank from 0; on a preference it is signed steps, positive for the first.
        names: For pairs, what the first and the second candidate are called; an exact name goes
            before any word.

    Raises:
        OffScale: It is nothing that the scale knows.

    Examples:
        >>> from dikast.types import IntegerScale
        >>> label_on(IntegerScale(low=1, high=5), "3.5"), label_on(YesNoScale(), True)
        (3.5, 1.0)
        >>> label_on(PreferenceScale(), "second"), label_on(PreferenceScale(), "x", ("x", "y"))
        (-1.0, 1.0)
    """
    if isinstance(raw, str):
        said = raw.strip()
        if isinstance(scale, PreferenceScale) and said in names[:2] and names[0] != names[1]:
            return 1.0 if said == names[0] else -1.0
        word = _word(scale, said)
        if word is not None:
            return word
        number = _number(said)
        if number is None:
            return scale.accept(said)  # raises, in the scale's own words
        return _numeric(scale, number, raw)
    if isinstance(raw, bool):
        if not isinstance(scale, YesNoScale):
            raise OffScale(f"{raw!r} is an answer to a question of yes or no")
        return float(raw)
    if scale.labelled and not isinstance(scale, YesNoScale | PreferenceScale):
        word = _word(scale, f"{raw:g}")
        if word is not None:
            return word
    return _numeric(scale, float(raw), raw)


def _word(scale: Scale, said: str) -> float | None:
    """The score that a word stands for; None if it is no word of the scale."""
    if isinstance(scale, YesNoScale):
        return _TRUTHS.get(said.casefold())
    if not scale.labelled:
        return None
    try:
        return scale.accept(said)
    except OffScale:
        step = _WORDS.get(said.casefold()) if isinstance(scale, PreferenceScale) else None
        return None if step is None or (step == 0 and not scale.ties) else float(step)  # type: ignore[union-attr]


def _number(said: str) -> float | None:
    try:
        return float(said)
    except ValueError:
        return None


def _numeric(scale: Scale, value: float, raw: RawLabel) -> float:
    low, high = scale.bounds()
    if not math.isfinite(value) or not low <= value <= high:
        raise OffScale(f"{raw!r} is not on the scale ({scale.describe()})")
    if scale.labelled and not value.is_integer():
        raise OffScale(f"{raw!r} lies between two labels ({scale.describe()})")
    if isinstance(scale, PreferenceScale) and value == 0 and not scale.ties:
        raise OffScale("a tie is not on the scale")
    return value + 0.0


def own_labels(
    given: Mapping[str, Any], criteria: Sequence[str], scales: Sequence[Scale], names: Sequence[str]
) -> dict[str, float]:
    """The labels that a case carries, by criterion.

    A key that is a criterion's name counts for it; where there is one criterion, so does
    `preferred`, `label` or `overall`. Other keys are notes. Null and empty are no label.

    Raises:
        OffScale: A label is not on its scale; the message begins with its name.
    """
    found: dict[str, float] = {}
    for criterion, scale in zip(criteria, scales, strict=True):
        keys = (criterion, *(_SOLE if len(criteria) == 1 else ()))
        for key in keys:
            raw = given.get(key)
            if raw is None or raw == "":
                continue
            if not isinstance(raw, str | int | float | bool):
                raise OffScale(f"the label `{key}` is no single value")
            try:
                found[criterion] = label_on(scale, raw, names)
            except OffScale as error:
                raise OffScale(f"the label `{key}`: {error}") from None
            break
    return found


def read_labels(path: str | Path, *, words: Mapping[str, str] | None = None) -> Labels:
    """The labels of a file, in its order; empty cells left out.

    Args:
        path: JSON lines, JSON, CSV or Parquet.
        words: What words of this file mean, such as `{"1": "first", "2": "second"}`.

    Raises:
        InputError: The file cannot be read, a row names no case, there is no column of labels, or
            one case has two different labels from one source; both lines are named.
    """
    rows: list[LabelRow] = []
    columns: tuple[str, ...] = ()
    for found in rows_of(Path(path)):
        columns = columns or tuple(found.row)
        for row in _labels_of(found):
            meant = (words or {}).get(str(row.label))
            rows.append(row if meant is None else row._replace(label=meant))
    if not rows:
        what = f"columns found: {', '.join(describe(name) for name in columns)}" if columns else ""
        raise InputError(
            f"there is no label in this file{f' ({what})' if what else ''}.",
            hint="A row needs `case` and `label`, or is a case with `labels`.",
            path=str(path),
        )
    _refuse_contradictions(rows, str(path))
    return Labels(str(path), tuple(rows))


def column_of(path: str | Path, name: str) -> dict[str, Any]:
    """What another column of a label file says of each case; empty cells left out.

    Raises:
        InputError: The file cannot be read, or says two things of one case.
    """
    told: dict[str, tuple[Any, int]] = {}
    for found in rows_of(Path(path)):
        case, value = _text(found, "case"), found.row.get(name)
        if case is None or value is None or value == "":
            continue
        first, line = told.setdefault(case, (value, found.line))
        if first != value:
            raise InputError(
                f"case {describe(case)} has another {describe(name)} than in line {line}: "
                f"{str(value)[:60]!r} against {str(first)[:60]!r}.",
                hint="Rows of one case must agree on what it is sliced by.",
                path=found.path,
                line=found.line,
            )
    return {case: value for case, (value, _) in told.items()}


def _labels_of(found: Found) -> Iterable[LabelRow]:
    case = _text(found, "case")
    if case is None:
        there = ", ".join(describe(name) for name in found.row) or "none"
        raise InputError(
            f"the row names no case; its fields are {there}.",
            hint="Name the case in `case` (or `case_id`, `id`).",
            path=found.path,
            line=found.line,
        )
    nested = found.row.get("labels")
    if isinstance(nested, Mapping):
        for key, raw in nested.items():
            if raw is not None and raw != "" and isinstance(raw, str | int | float | bool):
                yield LabelRow(case, str(key), raw, None, found.line, named=False)
        return
    raw = _field(found.row, "label")
    if raw is None or raw == "" or (isinstance(raw, float) and math.isnan(raw)):
        if raw is not None and raw != "" and not found.path.casefold().endswith(".parquet"):
            raise InputError("the label is not a number.", path=found.path, line=found.line)
        return
    if not isinstance(raw, str | int | float | bool):
        raise InputError("`label` must be one value.", path=found.path, line=found.line)
    yield LabelRow(case, _text(found, "criterion"), raw, _text(found, "rater"), found.line)


def _field(row: Mapping[str, Any], field: str) -> Any:
    """The value of a field under any of its names; None if there is none."""
    for name in _FIELDS[field]:
        if name in row:
            return row[name]
    squeezed = {squeeze(str(name)): name for name in row}
    return next((row[squeezed[s]] for n in _FIELDS[field] if (s := squeeze(n)) in squeezed), None)


def _text(found: Found, field: str) -> str | None:
    raw = _field(found.row, field)
    if raw is None or raw == "":
        return None
    if isinstance(raw, str) or (isinstance(raw, int) and not isinstance(raw, bool)):
        return str(raw)
    raise InputError(f"`{field}` must be text.", path=found.path, line=found.line)


def _refuse_contradictions(rows: Iterable[LabelRow], path: str) -> None:
    seen: dict[tuple[str, str | None, str | None], LabelRow] = {}
    for row in rows:
        first = seen.setdefault((row.case, row.criterion, row.rater), row)
        if _folded(first.label) != _folded(row.label):
            by = f" by rater {describe(row.rater)}" if row.rater is not None else ""
            on = f" on {describe(row.criterion)}" if row.criterion is not None else ""
            raise InputError(
                f"case {describe(row.case)} has two labels{on}{by}: {first.label!r} in line "
                f"{first.line} and {row.label!r} in line {row.line}.",
                hint="Keep one, or say in a column `rater` who gave which.",
                path=path,
                line=row.line,
            )


def _folded(raw: RawLabel) -> str | float:
    number = _number(raw) if isinstance(raw, str) else float(raw)
    return str(raw).strip().casefold() if number is None else number


def _placed(
    table: BallotTable, labels: Labels, candidates: Mapping[str, Sequence[str]] | None
) -> list[tuple[LabelRow, int, float]]:
    """Rows of known cases, with the index of their criterion and their score on its scale."""
    at = {name: index for index, name in enumerate(table.cases)}
    placed = []
    for row in labels.rows:
        if row.case not in at:
            continue
        column = _column(table, row, labels.path)
        if column is None:
            continue
        names = (candidates or {}).get(row.case) or table.systems[at[row.case]]
        try:
            placed.append((row, column, label_on(table.scales[column], row.label, names)))
        except OffScale as error:
            raise InputError(
                f"the label of case {describe(row.case)} on "
                f"{describe(table.criteria[column])}: {error}.",
                path=labels.path,
                line=row.line,
            ) from None
    return placed


def _column(table: BallotTable, row: LabelRow, path: str) -> int | None:
    """Index of the criterion that a row labels; None for a note."""
    sole = len(table.criteria) == 1
    if row.criterion in table.criteria:
        return table.criteria.index(row.criterion)
    if sole and (row.criterion is None or (not row.named and row.criterion in _SOLE)):
        return 0
    if not row.named:
        return None
    known = ", ".join(describe(name) for name in table.criteria)
    if row.criterion is None:
        raise InputError(
            f"the label does not say on which criterion, and there are several: {known}.",
            hint="Add a column `criterion`.",
            path=path,
            line=row.line,
        )
    raise InputError(
        f"there is a label on {describe(row.criterion)}, and no such criterion.",
        hint=f"There is {known}.",
        path=path,
        line=row.line,
    )


def overlap(table: BallotTable, labels: Labels) -> Overlap:
    """How many cases have both ballots and a label, and which have a label only."""
    known, told = set(table.cases), {row.case for row in labels.rows}
    return Overlap(len(known & told), len(known - told), tuple(sorted(told - known)))


def _checked(table: BallotTable, labels: Labels, *, partial: bool) -> None:
    meet = overlap(table, labels)
    if not meet.both:
        raise InputError(
            f"no label is of a case that was judged: labels are of {_some(meet.unknown)}, and "
            f"judged were {_some(table.cases)}.",
            hint="The ids of cases must be the same in both files.",
            path=labels.path,
        )
    if meet.unknown and not partial:
        number = len(meet.unknown)
        raise InputError(
            f"{number} label{'s are' if number > 1 else ' is'} of unknown cases: "
            f"{_some(meet.unknown)}.",
            hint="Take them out, or say that the labels are of more cases (`partial`).",
            path=labels.path,
            line=next(row.line for row in labels.rows if row.case == meet.unknown[0]),
        )


def _some(names: Sequence[str]) -> str:
    more = ", …" if len(names) > _SHOWN else ""
    return ", ".join(describe(name) for name in names[:_SHOWN]) + more


def with_labels(
    table: BallotTable,
    labels: Labels,
    *,
    partial: bool = False,
    candidates: Mapping[str, Sequence[str]] | None = None,
) -> BallotTable:
    """The same ballots with the labels of a file as their truth; what the table had is dropped.

    Where raters are named, a case's truth is what they hold together: the mean of numbers, the
    most frequent of labels, and none where two lead equally.

    Args:
        table: Ballots.
        labels: From `read_labels`.
        partial: Whether labels of cases that were not judged are passed over; `overlap` counts
            them.
        candidates: Ids of the candidates by case (`candidates_of` a run), for labels that name
            one; without it the names of systems serve.

    Raises:
        InputError: A label is of an unknown case or criterion or off its scale, or no label is
            of any case.
    """
    _checked(table, labels, partial=partial)
    truth = np.full(table.truth.shape, np.nan)
    at = {name: index for index, name in enumerate(table.cases)}
    gathered: dict[tuple[int, int], dict[str | None, float]] = {}
    for row, column, score in _placed(table, labels, candidates):
        votes = gathered.setdefault((at[row.case], column), {})
        if votes.setdefault(row.rater, score) != score:  # one row names the criterion, one not
            raise InputError(
                f"case {describe(row.case)} has two labels on {describe(table.criteria[column])}.",
                hint="Keep one, or say in a column `rater` who gave which.",
                path=labels.path,
                line=row.line,
            )
    for (case, column), votes in gathered.items():
        scores = [*votes.values()]
        truth[case, column] = _together(scores, labelled=table.scales[column].labelled)
    return table.with_truth(truth)


def _together(scores: Sequence[float], *, labelled: bool) -> float:
    if not labelled:
        return math.fsum(scores) / len(scores)
    (first, lead), *rest = Counter(scores).most_common(2)
    return math.nan if rest and rest[0][1] == lead else first


def rater_table(
    table: BallotTable,
    labels: Labels,
    *,
    partial: bool = False,
    candidates: Mapping[str, Sequence[str]] | None = None,
) -> BallotTable:
    """The labels of a file as ballots of the people who gave them, on the cases of a table.

    Args:
        table: Ballots of judges; its cases and scales are taken over, and its truth.
        labels: From `read_labels`, with raters.
        partial: As for `with_labels`.
        candidates: As for `with_labels`.

    Raises:
        InputError: As for `with_labels`, or the labels name no rater.
    """
    if not labels.raters:
        raise InputError(
            "the labels do not say who gave them.", hint="Add a column `rater`.", path=labels.path
        )
    _checked(table, labels, partial=partial)
    rows = {
        (row.case, row.rater, column): Row(row.case, row.rater, score, table.criteria[column])
        for row, column, score in _placed(table, labels, candidates)
        if row.rater is not None
    }
    return BallotTable.of(
        rows.values(),
        scales=dict(zip(table.criteria, table.scales, strict=True)),
        pairs=table.pairs,
        cases=table.cases,
        truth=_cells(table, table.truth),
        questions=dict(zip(table.cases, table.questions, strict=True)),
        systems=dict(zip(table.cases, table.systems, strict=True)),
        lengths={
            name: (float(first), float(second))
            for name, (first, second) in zip(table.cases, table.lengths, strict=True)
        },
        families=table.families,
    )


def _cells(table: BallotTable, truth: Floats) -> dict[tuple[str, str], float]:
    return {
        (table.cases[case], table.criteria[column]): float(truth[case, column])
        for case, column in zip(*np.nonzero(~np.isnan(truth)), strict=True)
    }
