"""Work sheets: questions for people elsewhere, and their answers read back, all or none.

A row is one criterion of one case. People fill in `answer`, and if they like `reason` and `by`:

    case, criterion    what is asked about
    key                which case in which wording; makes sure that A and B mean the same on return
    picked, blind      why it was picked, and whether the sheet hides what the panel held
    question … B       the material; of a pair the candidates as A and B, without their names
    asked, scale       the question about it, and what an answer may be
    answer, reason, by

A file of one's own will do too: `case` and `answer` (and `criterion` where there are several); of
a pair without `key`, the answer is the id of a candidate, or `tie`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, get_args

from dikast.adjudication.answering import answer_of, with_answers
from dikast.adjudication.choosing import Asked, answerable_verdict
from dikast.adjudication.showing import case_lines, lettered, panel_lines
from dikast.adjudication.slots import options, place_key, read_answer, swapped
from dikast.agents.persons import check_name
from dikast.errors import DikastError, InputError
from dikast.records.case_files import Found, rows_of
from dikast.records.differences import describe
from dikast.records.export import harmless
from dikast.records.runfile import RunFile
from dikast.types import (
    Case,
    Criterion,
    OffScale,
    PanelSpec,
    PersonAnswer,
    Picked,
    PreferenceScale,
    Reason,
    Scale,
    Verdict,
)

Cells = dict[str, str | int | float | bool | None]

MOST_FAULTS = 10
"""Wrong rows that one message names."""


def sheet_rows(
    run: RunFile, spec: PanelSpec, queue: Sequence[Asked], *, open_: bool = False
) -> Iterator[Cells]:
    """The rows of a work sheet, in the order of the queue.

    Args:
        run: An open run.
        spec: Its panel.
        queue: Whom to ask about (`choose`).
        open_: Also say what the panel held; such answers are recorded as not blind.
    """
    for asked in queue:
        case = run.case(asked.case)
        assert case is not None  # it has a verdict
        for name in asked.criteria:
            criterion = spec.rubric.criterion(name)
            row: Cells = {
                "case": case.id,
                "criterion": name,
                "key": place_key(case, name),
                "picked": asked.picked,
                "blind": "no" if open_ else "yes",
                **_material(case),
                "asked": _asked_text(criterion),
                "scale": scale_text(criterion.scale),
                "answer": "",
                "reason": "",
                "by": "",
            }
            if open_:
                verdict = answerable_verdict(run, case.id)
                row["panel"] = "\n".join(panel_lines(verdict, criterion, case))
            yield row


def _material(case: Case) -> Cells:
    """Question, passages and reference in one cell, then each candidate in its own."""
    alone = case.model_copy(update={"candidates": case.candidates[:1]})
    lines = list(case_lines(alone, full=True))
    cut = lines.index("response:")
    return {
        "question": "\n".join(lines[:cut]),
        **{name: candidate.text for name, candidate in lettered(case)},
    }


def _asked_text(criterion: Criterion) -> str:
    anchors = [f"{anchor.score}: {anchor.text}" for anchor in criterion.anchors]
    return "\n".join([criterion.question, *anchors])


def scale_text(scale: Scale) -> str:
    """What an answer may be, in words.

    Examples:
        >>> scale_text(PreferenceScale())
        'A, B or tie'
    """
    if isinstance(scale, PreferenceScale) and scale.levels == 3:
        return "A, B or tie" if scale.ties else "A or B"
    if isinstance(scale, PreferenceScale):
        return ", ".join(f"{o.key} ({o.word})" for o in reversed(options(scale)))
    return scale.describe()


class Read(NamedTuple):
    """What a filled-in work sheet says."""

    verdicts: tuple[Verdict, ...]
    """Verdicts under the new answers, one per case; nothing is stored yet."""
    answers: int
    """New or changed ones."""
    known: int
    """Answers that were in the run already."""
    empty: int
    """Rows without an answer."""
    people: tuple[str, ...]


class _Row(NamedTuple):
    """One answer of a sheet, with where it stands."""

    verdict: Verdict
    answer: PersonAnswer
    line: int


def read_sheet(
    run: RunFile,
    spec: PanelSpec,
    path: Path,
    *,
    by: str | None = None,
    at: str = "",
    final: bool = False,
    replace: bool = False,
) -> Read:
    """Read a filled-in work sheet against a run; nothing is stored.

    Args:
        run: An open run.
        spec: Its panel.
        path: CSV, JSON lines, JSON or Parquet.
        by: Who answered, where a row's `by` does not say.
        at: Wall time, for the record.
        final: Whether these answers settle what others differ on.
        replace: Whether an answer may take the place of the same person's earlier one.

    Returns:
        The verdicts to store.

    Raises:
        InputError: Any row is wrong: the first one with its line and remedy, the others by line.
    """
    good: list[_Row] = []
    faults: list[InputError] = []
    empty = known = 0
    columns: tuple[str, ...] = ()
    for found in rows_of(path):
        columns = columns or tuple(str(name) for name in found.row)
        if "answer" not in found.row:
            raise InputError(
                f"the row has no `answer`; its fields are {_listed(found.row)}.",
                hint="Fill in a sheet of `dikast adjudicate RUN --export FILE`.",
                path=found.path,
                line=found.line,
            )
        if _cell(found, "answer") is None:
            empty += 1
            continue
        try:
            row = _row(run, spec, found, by=by, at=at, final=final)
            if _known(row, replace=replace, path=found.path):
                known += 1
            else:
                good.append(row)
        except InputError as error:
            faults.append(error)
    good = _once_each(good, str(path), faults)
    verdicts = _verdicts(good, spec, str(path), faults)
    if faults:
        raise _first(faults)
    if not good and not known:
        raise InputError(
            f"no row of this file has an answer ({empty} rows are empty).",
            hint="Fill in the column `answer`.",
            path=str(path),
        )
    people = tuple(sorted({row.answer.by for row in good}))
    return Read(verdicts, len(good), known, empty, people)


def _first(faults: Sequence[InputError]) -> InputError:
    first, *rest = sorted(faults, key=lambda fault: fault.line or 0)
    if not rest:
        return first
    lines = ", ".join(str(fault.line) for fault in rest[:MOST_FAULTS])
    more = ", …" if len(rest) > MOST_FAULTS else ""
    return InputError(
        first.message,
        hint=f"{first.hint} Wrong too: line {lines}{more}. Nothing was stored.".strip(),
        path=first.path,
        line=first.line,
    )


def _row(
    run: RunFile, spec: PanelSpec, found: Found, *, by: str | None, at: str, final: bool
) -> _Row:
    def wrong(message: str, hint: str = "") -> InputError:
        return InputError(message, hint=hint, path=found.path, line=found.line)

    name = _cell(found, "case") or _cell(found, "case_id")
    if name is None:
        raise wrong(f"the row names no case; its fields are {_listed(found.row)}.")
    case = _case(run, name)
    if case is None:
        raise wrong(f"there is no case {describe(name)} in this run.", "Is it another run's sheet?")
    try:
        verdict = answerable_verdict(run, case.id)
        person = check_name(_cell(found, "by") or by or "", spec)
    except DikastError as error:
        hint = getattr(error, "hint", "")
        if "a person needs a name" in str(error):
            hint = "Fill in the column `by`, or give --by."
        raise wrong(getattr(error, "message", str(error)), hint) from None
    criterion = _criterion(spec, verdict, _cell(found, "criterion"), wrong)
    keyed = _cell(found, "key")
    if keyed is not None and keyed != place_key(case, criterion.id):
        raise wrong(
            f"the key of case {describe(case.id)} is of another wording, criterion or run.",
            "Export the sheet again from this run.",
        )
    try:
        score = _score(criterion.scale, found.row["answer"], case, keyed=keyed is not None)
    except OffScale as error:
        raise wrong(
            f"the answer on {describe(criterion.id)} of case {describe(case.id)}: {error}.",
            f"An answer is {scale_text(criterion.scale)}.",
        ) from None
    picked = _cell(found, "picked")
    answer = PersonAnswer(
        by=person,
        criterion=criterion.id,
        score=score,
        shown=criterion.scale.show(score),
        reason=_cell(found, "reason") or "",
        at=at,
        blind=(_cell(found, "blind") or "no").casefold() in {"yes", "true", "1"},
        picked=_picked(picked),
        final=final,
    )
    return _Row(verdict, answer, found.line)


def _picked(word: str | None) -> Picked:
    return word if word in get_args(Picked) else "unknown"  # type: ignore[return-value]


def _case(run: RunFile, name: str) -> Case | None:
    """The case of this id; a spreadsheet's apostrophe before a formula is no part of it."""
    found = run.case(name)
    if found is None and name.startswith("'"):
        found = run.case(name[1:])
        if found is not None and harmless(found.id) != name:
            return None
    return found


def _criterion(spec: PanelSpec, verdict: Verdict, name: str | None, wrong: Any) -> Criterion:
    there = [decision.criterion for decision in verdict.criteria]
    known = ", ".join(describe(one) for one in there)
    if name is None:
        if len(there) == 1:
            return spec.rubric.criterion(there[0])
        raise wrong(f"the row does not say on which criterion; there are {known}.")
    if name not in there:
        raise wrong(f"there is no criterion {describe(name)}.", f"There is {known}.")
    return spec.rubric.criterion(name)


def _score(scale: Scale, raw: object, case: Case, *, keyed: bool) -> float:
    if not isinstance(scale, PreferenceScale):
        return read_answer(scale, raw)
    if keyed:
        return read_answer(scale, raw, flipped=swapped(case))
    said = str(raw).strip()
    for score, candidate in zip((1.0, -1.0), case.candidates[:2], strict=False):
        if said == candidate.id:
            return score
    if said.casefold() == "tie":
        return scale.accept("tie")
    raise OffScale(
        f"{said[:40]!r} is neither a candidate's id nor a tie, and without the sheet's `key` "
        "nobody knows which of them A is"
    )


def _known(row: _Row, *, replace: bool, path: str) -> bool:
    """Whether the run holds this very answer already.

    Raises:
        InputError: It holds another answer of this person, and that may not be replaced.
    """
    earlier = answer_of(row.verdict, row.answer.by, row.answer.criterion)
    if earlier is None:
        return False
    same = (earlier.score, earlier.final) == (row.answer.score, row.answer.final)
    if same and (earlier.reason == row.answer.reason or not row.answer.reason):
        return True
    if not replace and earlier.score != row.answer.score:
        raise InputError(
            f"{earlier.by} answered {earlier.shown} on {describe(earlier.criterion)} of case "
            f"{describe(row.verdict.case_id)} before, and now {row.answer.shown}.",
            hint="Take the row out, or say --replace.",
            path=path,
            line=row.line,
        )
    return False


def _once_each(rows: Sequence[_Row], path: str, faults: list[InputError]) -> list[_Row]:
    """Rows without repeats; two different answers of one person are a fault."""
    first: dict[tuple[str, str, str], _Row] = {}
    for row in rows:
        place = (row.verdict.case_id, row.answer.criterion, row.answer.by)
        earlier = first.setdefault(place, row)
        if earlier.answer.score != row.answer.score:
            faults.append(
                InputError(
                    f"{row.answer.by} has two answers on {describe(row.answer.criterion)} of case "
                    f"{describe(row.verdict.case_id)}: {earlier.answer.shown} in line "
                    f"{earlier.line}, {row.answer.shown} in line {row.line}.",
                    hint="Keep one, or say in `by` who gave which.",
                    path=path,
                    line=row.line,
                )
            )
    return list(first.values())


def _verdicts(
    rows: Sequence[_Row], spec: PanelSpec, path: str, faults: list[InputError]
) -> tuple[Verdict, ...]:
    by_case: dict[str, list[_Row]] = {}
    for row in rows:
        by_case.setdefault(row.verdict.case_id, []).append(row)
    made = []
    for own in by_case.values():
        verdict = with_answers(own[0].verdict, (row.answer for row in own), spec)
        made.append(verdict)
        for row in own:
            decision = verdict.criterion(row.answer.criterion)
            if decision.reason is Reason.NOT_REACHED:
                faults.append(
                    InputError(
                        f"{describe(decision.criterion)} of case {describe(verdict.case_id)} is "
                        f"not reached: {decision.detail}.",
                        hint="Empty its answer.",
                        path=path,
                        line=row.line,
                    )
                )
    return tuple(made)


def _cell(found: Found, name: str) -> str | None:
    raw = found.row.get(name)
    if raw is None or (isinstance(raw, float) and raw != raw):  # noqa: PLR0124 - NaN
        return None
    return str(raw).strip() or None


def _listed(row: Mapping[str, Any]) -> str:
    return ", ".join(describe(str(name)) for name in row) or "none"
