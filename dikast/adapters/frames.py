"""Frames in, frames out: pandas, Polars and Hugging Face datasets.

    judged = judge_frame(frame, Panel.load("panel.toml"))

A frame of responses comes back as the same kind of frame, row by row, with the panel's columns
beside its own:

    status        decided | abstained | failed | awaiting_adjudication
    score         0 worst … 1 best; null unless every criterion has a score
    confidence    0 … 1; null without votes
    reason        why it was not decided (closed list); null if it was
    detail        the same for a person
    dissents, findings      one line each; null if there are none
    contested, rounds, missing, flips, baseline
    calls, replayed, input_tokens, output_tokens, cost      cost is null where a price is unknown
    score_C, shown_C, reason_C, confidence_C      for each criterion C, on its own scale

and `preferred` (`first`, `second`, `tie` or null) where the panel compares two. What is undefined
is null in the library's own way, never NaN and never 0. Texts are as the judges wrote them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from dikast.adapters._measures import require_panel
from dikast.adapters._needs import absent
from dikast.api import Panel
from dikast.errors import ConfigError, InputError
from dikast.graphs.runner import WORKERS
from dikast.records.case_names import ALIASES, PAIRS, field_of, pair_of
from dikast.records.cases import cases_from_rows
from dikast.records.export import Cell, flat
from dikast.running import check_fit
from dikast.types import Case, PanelSpec, PreferenceScale, Verdict, compared

if TYPE_CHECKING:
    import datasets
    import pandas as pd
    import polars as pl

    Frame = TypeVar("Frame", pd.DataFrame, pl.DataFrame, datasets.Dataset)
else:
    Frame = TypeVar("Frame")

Kind = Literal["text", "number", "whole", "truth"]

_COLUMNS: dict[str, Kind] = {
    "status": "text",
    "score": "number",
    "confidence": "number",
    "reason": "text",
    "detail": "text",
    "dissents": "text",
    "findings": "text",
    "contested": "truth",
    "rounds": "whole",
    "missing": "text",
    "flips": "whole",
    "baseline": "truth",
    "calls": "whole",
    "replayed": "whole",
    "input_tokens": "whole",
    "output_tokens": "whole",
    "cost": "number",
}
_PER_CRITERION: dict[str, Kind] = {
    "score": "number",
    "shown": "text",
    "reason": "text",
    "confidence": "number",
}


def judge_frame(
    frame: Frame,
    panel: Panel | None = None,
    *,
    columns: Mapping[str, str] | None = None,
    prefix: str = "",
    workers: int = WORKERS,
) -> Frame:
    """Judge every row of a frame.

    All rows are read and checked before the first is judged. A row without an id is called by its
    place, from 1. For more rows than fit into memory use `judge_rows`; to survive a crash, judge
    the file with `dikast judge`.

    Args:
        frame: A DataFrame of pandas or Polars, or a `datasets.Dataset`.
        panel: The panel; None for the embedded one.
        columns: Which column holds which field (`{"response": "final_answer"}`), where the names
            of dikast, Ragas, DeepEval or LangSmith do not tell.
        prefix: Put before the name of every new column.
        workers: Rows in flight.

    Returns:
        A frame of the same kind, its rows, order and index kept.

    Raises:
        ConfigError: A new column would take an old one's name; or the panel cannot judge.
        InputError: Columns are missing (says which were found and which are needed), or a row is
            no case.
        TypeError: It is no such frame.
        RunStopped: A shared gateway's budget is spent.

    Examples:
        >>> import pandas as pd
        >>> frame = pd.DataFrame({
        ...     "question": ["Where is the Louvre?"], "answer": ["In Paris."],
        ...     "contexts": [["The Louvre is a museum in Paris."]],
        ... })
        >>> judged = judge_frame(frame)
        >>> judged["status"][0], judged["score"][0]
        ('decided', np.float64(1.0))
    """
    panel = panel or Panel.embedded()
    names = _names(frame)
    require_panel(panel)
    kinds = _kinds(panel.spec, prefix)
    _check_columns(names, kinds, panel.spec, columns)
    rows = _rows(frame)
    if len(frame):
        check_fit(panel.spec, cases_from_rows(rows, columns=columns, number_missing_ids=True))
    found: dict[str, dict[str, Cell]] = {}
    cases = cases_from_rows(rows, columns=columns, number_missing_ids=True)
    order: list[str] = []
    for verdict in panel.judge_many(_noted(cases, order), workers=workers):
        found[verdict.case_id] = _cells(verdict, panel.spec, prefix)
    new = {name: [found[case_id][name] for case_id in order] for name in kinds}
    joined: Frame = _joined(frame, new, kinds)
    return joined


def judge_rows(
    rows: Iterable[Mapping[str, Any]],
    panel: Panel | None = None,
    *,
    columns: Mapping[str, str] | None = None,
    prefix: str = "",
    workers: int = WORKERS,
) -> Iterator[dict[str, Any]]:
    """Judge rows as they stream by: each comes back with the panel's columns once it is done.

    Memory stays flat but for a line per id. The order is that in which rows are done.

    Args:
        rows: Dictionaries: a generator, a `datasets.IterableDataset`, a Polars frame's
            `iter_rows(named=True)`.
        panel: The panel; None for the embedded one.
        columns: As for `judge_frame`.
        prefix: As for `judge_frame`.
        workers: Rows in flight.

    Raises:
        ConfigError: A new column would take an old one's name.
        InputError: A frame was given, or a row is no case; rows before it have been judged.
        RunStopped: A shared gateway's budget is spent.

    Examples:
        >>> rows = ({"question": "Where is it?", "response": text} for text in ("Here.", "There."))
        >>> sorted(row["response"] for row in judge_rows(rows, Panel.embedded("helpfulness")))
        ['Here.', 'There.']
    """
    if hasattr(rows, "columns"):
        raise InputError("judge_rows takes rows, and this is a frame.", hint="Use judge_frame.")
    panel = panel or Panel.embedded()
    require_panel(panel)
    kinds = _kinds(panel.spec, prefix)
    waiting: dict[str, Mapping[str, Any]] = {}
    cases = _kept(rows, kinds, columns, waiting)
    for verdict in panel.judge_many(cases, workers=workers):
        yield {**waiting.pop(verdict.case_id), **_cells(verdict, panel.spec, prefix)}


def _kept(
    rows: Iterable[Mapping[str, Any]],
    kinds: Mapping[str, Kind],
    columns: Mapping[str, str] | None,
    waiting: dict[str, Mapping[str, Any]],
) -> Iterator[Case]:
    """Cases of rows; each row is kept under its case's id until the verdict is there."""
    last: list[Mapping[str, Any]] = []

    def seen() -> Iterator[Mapping[str, Any]]:
        for row in rows:
            _check_names(list(row), kinds)
            last[:] = [row]
            yield row

    for case in cases_from_rows(seen(), columns=columns, number_missing_ids=True):
        waiting[case.id] = last[0]
        yield case


def _noted(cases: Iterable[Case], order: list[str]) -> Iterator[Case]:
    for case in cases:
        order.append(case.id)
        yield case


def _compares(spec: PanelSpec) -> bool:
    return isinstance(spec.rubric.criteria[0].scale, PreferenceScale)


def _kinds(spec: PanelSpec, prefix: str) -> dict[str, Kind]:
    """New columns by name, with what they hold."""
    own: dict[str, Kind] = dict(_COLUMNS)
    if _compares(spec):
        own["preferred"] = "text"
    for criterion in spec.rubric.criteria:
        own |= {f"{name}_{criterion.id}": kind for name, kind in _PER_CRITERION.items()}
    return {prefix + name: kind for name, kind in own.items()}


def _cells(verdict: Verdict, spec: PanelSpec, prefix: str) -> dict[str, Cell]:
    row = flat(verdict, [criterion.id for criterion in spec.rubric.criteria])
    row["missing"] = ", ".join(verdict.missing) or None
    if _compares(spec):
        row["preferred"] = compared(verdict).preferred if len(verdict.candidates) == 2 else None
    return {name: _plain(row[name.removeprefix(prefix)]) for name in _kinds(spec, prefix)}


def _plain(cell: Cell) -> Cell:
    """Members of our enums become plain strings."""
    return str(cell) if isinstance(cell, str) else cell


# -- what the frames are -------------------------------------------------------------------------


def _library(frame: object) -> str:
    """Which library's frame it is.

    Raises:
        TypeError: None of them.
    """
    kind = type(frame)
    library = kind.__module__.partition(".")[0]
    known = {"pandas": "DataFrame", "polars": "DataFrame", "datasets": "Dataset"}
    if known.get(library) != kind.__name__:
        hint = {
            ("polars", "LazyFrame"): " Collect it first, or stream it: judge_rows.",
            ("datasets", "IterableDataset"): " Stream it: judge_rows.",
            ("datasets", "DatasetDict"): " Judge one of its splits.",
        }.get((library, kind.__name__), "")
        raise TypeError(
            f"judge_frame takes a DataFrame of pandas or Polars or a datasets.Dataset, not "
            f"{library}.{kind.__name__}.{hint}"
        )
    return library


def _names(frame: Any) -> list[str]:
    library = _library(frame)
    names = frame.column_names if library == "datasets" else [str(name) for name in frame.columns]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"two columns are called `{twice[0]}`.", hint="Rename one of them.")
    return list(names)


def _rows(frame: Any) -> Any:
    """Rows that can be gone through more than once."""
    return frame if _library(frame) != "datasets" else _Rows(frame)


class _Rows:
    """Rows of a data set, one by one, each time anew."""

    def __init__(self, rows: Iterable[Mapping[str, Any]]) -> None:
        self._given = rows

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        return iter(self._given)


def _check_columns(
    names: Sequence[str],
    kinds: Mapping[str, Kind],
    spec: PanelSpec,
    columns: Mapping[str, str] | None,
) -> None:
    """See that the frame holds what is judged, before any row is read.

    Raises:
        ConfigError: A new column would take an old one's name.
        InputError: A column is missing, or one named in `columns` is not there.
    """
    _check_names(names, kinds)
    absent_ = [own for own in (columns or {}).values() if own not in names]
    if absent_:
        raise InputError(f"there is no column `{absent_[0]}`.", hint=_found(names))
    fields = {field_of(name, columns) for name in names}
    response = {"candidates"} if _compares(spec) else {"response", "candidates"}
    if not fields & response and not (pair_of(names) and _compares(spec)):
        field = min(response, key=lambda name: name != "response")
        raise InputError(f"{_needed(field)}", hint=_found(names))
    has = {"question": {"question", "messages"}}
    for criterion in spec.rubric.criteria:
        for need in criterion.needs:
            if not fields & has.get(need, {need}):
                raise InputError(
                    f"criterion `{criterion.id}` cannot be judged without `{need}`. "
                    f"{_needed(need)}",
                    hint=_found(names),
                )


def _needed(field: str) -> str:
    others = ", ".join(f"`{name}`" for name in ALIASES[field][1:6])
    pairs = f", or two such as `{PAIRS[0][0]}` and `{PAIRS[0][1]}`" if field == "candidates" else ""
    return (
        f"Needed is a column `{field}` (or {others}{pairs}), or "
        f'columns={{"{field}": "YOUR_COLUMN"}}.'
    )


def _found(names: Sequence[str]) -> str:
    return "Found: " + (", ".join(f"`{name}`" for name in names) or "no column") + "."


def _check_names(names: Sequence[str], kinds: Mapping[str, Kind]) -> None:
    taken = [name for name in names if name in kinds]
    if taken:
        shown = ", ".join(f"`{name}`" for name in taken)
        raise ConfigError(
            f"columns {shown} are there already.", hint='Give a prefix, such as prefix="panel_".'
        )


def _joined(frame: Any, new: Mapping[str, list[Cell]], kinds: Mapping[str, Kind]) -> Any:
    join: dict[str, Callable[..., Any]] = {
        "pandas": _with_pandas,
        "polars": _with_polars,
        "datasets": _with_datasets,
    }
    return join[_library(frame)](frame, new, kinds)


def _with_pandas(
    frame: pd.DataFrame, new: Mapping[str, list[Cell]], kinds: Mapping[str, Kind]
) -> pd.DataFrame:
    import pandas as pd

    types = {"text": "string", "number": "Float64", "whole": "Int64", "truth": "boolean"}
    added = {
        name: pd.array(cells, dtype=types[kinds[name]])  # type: ignore[call-overload]
        for name, cells in new.items()
    }
    # one concatenation: adding columns one by one fragments the frame
    return pd.concat([frame, pd.DataFrame(added, index=frame.index)], axis=1)


def _with_polars(
    frame: pl.DataFrame, new: Mapping[str, list[Cell]], kinds: Mapping[str, Kind]
) -> pl.DataFrame:
    import polars as pl

    types = {"text": pl.String, "number": pl.Float64, "whole": pl.Int64, "truth": pl.Boolean}
    return frame.with_columns(
        pl.Series(name, cells, dtype=types[kinds[name]]) for name, cells in new.items()
    )


def _with_datasets(
    frame: datasets.Dataset, new: Mapping[str, list[Cell]], kinds: Mapping[str, Kind]
) -> datasets.Dataset:
    try:
        from datasets import Dataset, Features, Value, concatenate_datasets
    except ImportError as error:  # a frame of it is there, and it is broken
        raise absent("datasets", "datasets", error) from None
    types = {"text": "string", "number": "float64", "whole": "int64", "truth": "bool"}
    features = Features({name: Value(types[kind]) for name, kind in kinds.items()})
    return concatenate_datasets([frame, Dataset.from_dict(dict(new), features=features)], axis=1)
