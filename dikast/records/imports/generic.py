"""Recorded judgements in dikast's own flat form: one ballot per row, in any kind of file.

JSON lines, JSON, CSV, TSV or Parquet. Written by `dikast export RUN FILE --ballots`, or by you. An
empty cell, null and a missing column are the same. Columns that every file has:

    judge        who voted
    case         what was judged; may be left out of pairs that have `question_id`, `first` and
                 `second`: each pair of a question is then a case of its own

and one column that holds the vote:

    score        on the criterion's scale: a number, or a label of the scale. Of a pair: signed
                 steps, positive for the canonically first candidate, whatever was shown first
    winner       of a pair: the id of the preferred candidate (`a` and `b` where the candidates
                 have no names), or `tie`
    verdict      of a pair, in terms of the slots shown: `first`, `second`, `tie`, `A`, `B`, `1`,
                 `2`, or a label such as `A>>B`

If the vote is empty, the judge abstained. Further columns, all optional:

    criterion    what was judged by; `overall` if left out
    scale        `1..5`, `0.0..1.0`, `yes_no`, `preference`, `preference5` or `poor<fair<good`; or
                 say it with `--scale` or `--rubric`. Pairs have `preference` if nothing is said
    first, second    of a pair: ids of the candidates in the order shown
    swapped      of a pair: whether the canonically second candidate was shown first (true,
                 false, 1, 0). Without it the canonical order of named candidates is alphabetical
    sample       which repeat, from 0
    strategy     how the judge was prompted, where one judge voted in several ways
    confidence   what the judge claimed of itself, 0 to 1
    reason       why it abstained (the closed list of `Reason`, such as `timeout`)
    raw          the literal reply, so that it can be read again
    rationale    the judge's reasons
    judge_model  the model behind the judge, if its name is another
    label        what is true: as `score`; of a pair an id, `a`, `b`, `first`, `second` or `tie`,
                 in canonical terms
    question, reference    texts of the case
    question_id  what cases of one question share
    response, system       text and author of a single response
    first_text, second_text, first_system, second_system    of a pair, in the order shown

Other columns are ignored, but one that is spelt almost like a known one is refused. Scores are
never rounded, clamped or converted: what is off its scale is refused with its line.
"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from functools import cache, lru_cache

from dikast.errors import ConfigError
from dikast.records.imports._contract import (
    OVERALL,
    PAIR,
    BallotRecord,
    CaseRecord,
    Choice,
    RowImporter,
    Side,
)
from dikast.records.imports._rows import Row
from dikast.records.labels import RawLabel, label_on
from dikast.records.scale_text import parse_scale
from dikast.types import Abstention, OffScale, PreferenceScale, Reason, Scale

VOTES = ("score", "winner", "verdict")
COLUMNS = (
    *("case", "judge", "criterion", "scale", *VOTES, "first", "second", "swapped", "sample"),
    *("strategy", "confidence", "reason", "raw", "rationale", "judge_model", "label"),
    *("question", "reference", "question_id", "response", "system"),
    *("first_text", "second_text", "first_system", "second_system"),
)
_TRUE, _FALSE = frozenset({"true", "1", "yes"}), frozenset({"false", "0", "no"})
_SLOTS = {"first": "A", "second": "B", "1": "A", "2": "B", "a": "A", "b": "B", "tie": "tie"}
_SLOTS |= {"a=b": "tie", "c": "tie"}

_OFF = "Nothing is clamped: correct the row, or say what the scale is with `--scale`."


def _read(row: Row, choice: Choice) -> Iterator[tuple[CaseRecord, tuple[BallotRecord, ...]]]:
    refuse_misspelt(row)
    pair = is_pair(row.names)
    swapped = _swapped(row) if pair else False
    case = _pair(row, swapped=swapped) if pair else _single(row)
    criterion = row.maybe_text("criterion") or OVERALL
    scale = scale_of(row, criterion, choice, pair=pair)
    judge = choice.judge or row.id("judge")
    ballot = BallotRecord(
        judge=judge,
        scale=scale,
        criterion=criterion,
        strategy=row.maybe_text("strategy") or "",
        model=row.maybe_text("judge_model") or judge,
        swapped=swapped,
        sample=row.whole("sample", 0),
        raw=row.maybe_text("raw"),
        rationale=row.maybe_text("rationale") or "",
        confidence=_confidence(row),
    )
    names = tuple(side.id for side in case.sides)
    score = _vote(row, scale, names, swapped=swapped)
    if score is None:
        ballot = ballot._replace(abstention=_abstention(row))
    elif row.any("reason") is not None:
        raise row.wrong("there are a vote and a `reason` for having none.")
    else:
        ballot = ballot._replace(score=score)
    label = row.any("label")
    if label is not None:
        case = case._replace(labels={criterion: _label(row, label, scale, names)})
    yield case, (ballot,)


def is_pair(names: frozenset[str]) -> bool:
    """Whether a file with these columns is of pairs."""
    return bool(names & {"winner", "verdict", "first", "second", "swapped"})


def refuse_misspelt(row: Row) -> None:
    """Refuse a column whose name is almost a known one.

    Raises:
        InputError: There is one.
    """
    if (slip := _slip(row.names)) is not None:
        raise row.wrong(f"unknown column `{slip[0][:80]}`.", f"Did you mean `{slip[1]}`?")


@lru_cache(maxsize=64)
def _slip(names: frozenset[str]) -> tuple[str, str] | None:
    """A column that is almost a known one, and which."""
    for name in sorted(names.difference(COLUMNS)):
        if (meant := _near(name)) is not None and meant not in names:
            return name, meant
    return None


def _near(name: str) -> str | None:
    near = get_close_matches(name.casefold(), COLUMNS, n=1, cutoff=0.86) if len(name) < 40 else []
    return near[0] if near else None


def scale_of(row: Row, criterion: str, choice: Choice, *, pair: bool) -> Scale:
    """The scale of a row: what the user says, else its own column, else that of pairs.

    Raises:
        InputError: Nothing tells it, or it does not fit.
    """
    said = row.maybe_text("scale")
    try:
        scale = choice.scale_of(criterion) or (_parsed(said) if said else PAIR if pair else None)
    except ConfigError as error:
        raise row.wrong(error.message, error.hint) from None
    if scale is None:
        raise row.wrong(
            f"nothing tells the scale of `{criterion[:80]}`.",
            "Say it with --scale (such as 1..5) or --rubric, or in a column `scale`.",
        )
    if isinstance(scale, PreferenceScale) != pair:
        raise row.wrong(
            "a preference needs the columns of a pair (`first` and `second`, or `swapped`)."
            if not pair
            else "the columns are those of pairs, and the scale is of single responses."
        )
    return scale


@cache
def _parsed(text: str) -> Scale:
    return parse_scale(text)


def _swapped(row: Row) -> bool:
    """Whether the canonically second candidate was shown first."""
    told = row.any("swapped")
    if told is None:
        if row.any("first") is None:
            return False
        return row.id("first") > row.id("second")
    said = str(told).strip().casefold()
    if said in _TRUE or said in _FALSE:
        return said in _TRUE
    raise row.wrong("`swapped` must be true or false.")


def _pair(row: Row, *, swapped: bool) -> CaseRecord:
    named = row.any("first") is not None or row.any("second") is not None
    shown = (row.id("first"), row.id("second")) if named else ("b", "a") if swapped else ("a", "b")
    if shown[0] == shown[1]:
        raise row.wrong("`first` and `second` are the same.")
    sides = [
        Side(name, row.maybe_text(f"{slot}_text"), row.maybe_text(f"{slot}_system"))
        for name, slot in zip(shown, ("first", "second"), strict=True)
    ]
    first, second = reversed(sides) if swapped else sides
    question = row.maybe_text("question_id")
    if row.any("case") is None and named and question is not None:
        name = f"{question}/{first.id}/{second.id}"
    else:
        name = row.id("case")
    return _case(row, name, (first, second))


def _single(row: Row) -> CaseRecord:
    side = Side("response", row.maybe_text("response"), row.maybe_text("system"))
    return _case(row, row.id("case"), (side,))


def _case(row: Row, name: str, sides: tuple[Side, ...]) -> CaseRecord:
    question = row.maybe_text("question_id")
    return CaseRecord(
        id=name,
        sides=sides,
        question=row.maybe_text("question"),
        reference=row.maybe_text("reference"),
        metadata={} if question is None else {"question_id": question},
    )


def _confidence(row: Row) -> float | None:
    value = row.maybe_number("confidence")
    if value is not None and not 0 <= value <= 1:
        raise row.off("confidence", f"{value:g} is not from 0 to 1")
    return value


def _vote(row: Row, scale: Scale, names: tuple[str, ...], *, swapped: bool) -> float | None:
    """The vote on the scale, in canonical terms; None for an abstention."""
    given = [name for name in VOTES if row.any(name) is not None]
    if len(given) > 1:
        raise row.wrong(f"`{given[0]}` and `{given[1]}` are both given.", "Keep one of them.")
    if not given:
        return None
    name, value = given[0], row.any(given[0])
    if not isinstance(value, str | int | float):
        raise row.off(name, "it is no single value")
    try:
        if name == "score":
            return on_scale(scale, value, cells=row.cells)
        if name == "winner":
            return _won(str(value).strip(), names)
        step = scale.accept(slot(str(value)))
    except OffScale as error:
        raise row.off(name, error, _OFF) from None
    return 0.0 - step if swapped else step


def on_scale(scale: Scale, value: str | float, *, cells: bool) -> float:
    """A score as dikast holds it, exactly as the file gives it.

    A number on a scale of labels is the score itself (a rank from 0, or signed steps). Plain text
    counts as a number only in tables of plain text.

    Raises:
        OffScale: It is not on the scale.
    """
    if isinstance(value, bool) or scale.labelled:
        return label_on(scale, value)
    if isinstance(value, str) and cells:
        try:
            value = float(value)
        except ValueError:
            raise OffScale(f"{str(value)[:80]!r} is not a number") from None
    return scale.accept(value)


def _won(said: str, names: tuple[str, ...]) -> float:
    if said in names:
        return 1.0 if said == names[0] else -1.0
    if said.casefold() == "tie":
        return 0.0
    raise OffScale(f"{said[:80]!r} is neither of the candidates {names[0]!r} and {names[1]!r}")


def slot(said: str) -> str:
    """The label of a slot, as `PreferenceScale.accept` knows it."""
    return _SLOTS.get(said.strip().casefold(), said)


def _abstention(row: Row) -> Abstention:
    said = row.maybe_text("reason")
    if said is None:
        empty = row.any("raw") is None and row.maybe_text("raw") is None
        detail = "the source has no vote"
        return Abstention(
            reason=Reason.NOT_APPLICABLE if empty else Reason.MALFORMED, detail=detail
        )
    try:
        return Abstention(reason=Reason(said.strip()))
    except ValueError:
        known = ", ".join(reason.value for reason in Reason)
        raise row.wrong(f"`{said[:80]}` is no reason.", f"Known: {known}.") from None


def _label(row: Row, label: object, scale: Scale, names: tuple[str, ...]) -> RawLabel:
    if not isinstance(label, str | int | float):
        raise row.off("label", "it is no single value")
    try:
        label_on(scale, label, names)
    except OffScale as error:
        raise row.off("label", error, _OFF) from None
    return label


IMPORT = RowImporter(
    "generic",
    needs=[
        *(("case", "judge", vote) for vote in VOTES),
        *(("question_id", "judge", "first", "second", vote) for vote in VOTES),
    ],
    read=_read,
)
