"""What a tool may ask a panel for: one criterion, the whole verdict, or another kind of measure.

`MEASURES` is the table of the others: a name to what makes the measure of a panel.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from typing import Any, NoReturn, Protocol, TypeVar

from dikast.adapters._readings import Reading, read_verdict
from dikast.api import Panel
from dikast.errors import ConfigError, InputError
from dikast.graphs.nodes import in_own_loop
from dikast.records.case_names import field_of
from dikast.records.cases import case_from_row
from dikast.types import Case, PreferenceScale, Verdict

T = TypeVar("T")

PARTS = ("question", "response", "contexts", "reference")


class Measure(Protocol):
    """One figure that a panel gives of one response."""

    @property
    def key(self) -> str:
        """What the figure is called."""
        ...

    @property
    def needs(self) -> tuple[str, ...]:
        """Parts of a case, of `PARTS`, without which there is no figure."""
        ...

    async def read(self, case: Case) -> Reading:
        """The figure for a case.

        Raises:
            InputError: The case does not fit.
            RunStopped: A shared gateway's budget is spent.
        """
        ...


MEASURES: dict[str, Callable[[Panel], Measure]] = {}
"""Measures besides the criteria of the panel's own rubric, by name."""


class PanelMeasure:
    """A criterion of the panel's rubric, or its verdict as a whole.

    Args:
        panel: A panel that scores one response.
        criterion: Id of the criterion; None for the whole.

    Raises:
        ConfigError: The panel compares two responses, or its rubric has no such criterion.
    """

    def __init__(self, panel: Panel, criterion: str | None = None) -> None:
        require_scores(panel)
        rubric = panel.spec.rubric
        asked = [c for c in rubric.criteria if criterion in (None, c.id)]
        self._panel, self._criterion = panel, criterion
        self.key = criterion or rubric.id
        wanted = {"response", *(need for c in asked for need in c.needs)}
        self.needs = tuple(part for part in PARTS if part in wanted)

    async def hear(self, case: Case) -> Verdict:
        """Judge a case; claim by claim where the rubric measures claims (pack `rag`)."""
        if any(c.measure is not None for c in self._panel.spec.rubric.criteria):
            return (await heard_by(self._panel, self._panel.arag(case))).verdict
        return await heard_by(self._panel, self._panel.ajudge(case))

    def of(self, verdict: Verdict) -> Reading:
        """This figure of a verdict."""
        return read_verdict(verdict, self._panel.spec.rubric, self._criterion)

    async def read(self, case: Case) -> Reading:
        """Judge a case and read the verdict."""
        return self.of(await self.hear(case))


async def read_all(measures: Sequence[Measure], case: Case) -> list[Reading]:
    """Several measures of one panel; its own criteria are read from one hearing."""
    verdict: Verdict | None = None
    readings = []
    for measure in measures:
        if isinstance(measure, PanelMeasure):
            verdict = verdict or await measure.hear(case)
            readings.append(measure.of(verdict))
        else:
            readings.append(await measure.read(case))
    return readings


def measure_of(panel: Panel, metric: str | None = None) -> Measure:
    """What a tool asked for by name.

    Args:
        panel: The panel.
        metric: A criterion of its rubric, a name of `MEASURES`, or None for the whole verdict.

    Raises:
        ConfigError: There is no such metric, or the panel compares where one response is scored.

    Examples:
        >>> measure_of(Panel.embedded(), "tone")
        Traceback (most recent call last):
        ...
        dikast.errors.ConfigError: there is no metric `tone`. Metrics of this panel: `groundedness`.
    """
    require_panel(panel)
    if metric in MEASURES:
        return MEASURES[metric](panel)
    require_scores(panel)
    known = [criterion.id for criterion in panel.spec.rubric.criteria]
    if metric is not None and metric not in known:
        listed = ", ".join(f"`{name}`" for name in (*known, *sorted(MEASURES)))
        raise ConfigError(
            f"there is no metric `{metric}`.", hint=f"Metrics of this panel: {listed}."
        )
    return PanelMeasure(panel, metric)


def require_panel(panel: object) -> None:
    """See that a tool was given a panel, and not its name.

    Raises:
        ConfigError: It is something else.
    """
    if not isinstance(panel, Panel):
        raise ConfigError(
            f"`panel` is of type {type(panel).__name__}.",
            hint='Give a `Panel`: `Panel.load("panel.toml")`, or `Panel.embedded()`.',
        )


def require_scores(panel: Panel) -> None:
    """See that a panel scores one response.

    Raises:
        ConfigError: Its rubric asks which of two is better.
    """
    require_panel(panel)
    rubric = panel.spec.rubric
    if isinstance(rubric.criteria[0].scale, PreferenceScale):
        raise ConfigError(
            f"rubric `{rubric.id}` compares two responses and cannot score one.",
            hint="Use a rubric that scores (`dikast list rubrics`), or this adapter's "
            "form for pairs.",
        )


async def heard_by(panel: Panel, hearing: Coroutine[Any, Any, T]) -> T:
    """Await a panel's work where its gateway lives.

    A panel with a gateway of its own works in dikast's loop, however many loops the tool starts;
    one that was given a gateway stays in the loop of its caller, who made it there.
    """
    return await (in_own_loop(hearing) if panel.gateway is None else hearing)


def case_of_row(
    row: Mapping[str, Any], *, needs: Iterable[str] = (), names: Mapping[str, str] | None = None
) -> Case:
    """A case from what a tool passed.

    Args:
        row: Field to value, under the tool's own names; None where the tool had nothing.
        needs: Parts of a case that must have been passed. A list of contexts may be empty.
        names: How the tool calls the parts.

    Returns:
        The case; without an `id` in the row it is called by a digest of its content, so that the
        same row is the same case in every session.

    Raises:
        InputError: A part is missing (says what was found and what is needed), or the row is no
            case.

    Examples:
        >>> case_of_row({"inputs": "Where?", "outputs": "Here."}, needs=["contexts"])
        Traceback (most recent call last):
        ...
        dikast.errors.InputError: `contexts` is missing. Found: `inputs`, `outputs`; \
needed: `contexts`.
    """
    found = {name: value for name, value in row.items() if value is not None}
    called = names or {}
    needed = [*needs]
    if "response" in needed and not _says(found, "response"):
        _refuse(found, ["response"], needed, called)
    case = case_from_row({"id": "case", **found}, where="row")
    absent = [part for part in needed if not _has(case, part) and not _says(found, part)]
    if absent:
        _refuse(found, absent, needed, called)
    if "id" in found:
        return case
    digest = hashlib.sha256(case.to_json().encode()).hexdigest()[:16]
    return case.model_copy(update={"id": f"row-{digest}"})


def _has(case: Case, part: str) -> bool:
    held: dict[str, Any] = {
        "question": case.question or case.messages,
        "contexts": case.contexts,
        "reference": case.reference,
        "response": case.candidates,
    }
    return bool(held[part])


def _says(row: Mapping[str, Any], part: str) -> bool:
    """Whether a column, or a key of an object in one, stands for the part, if only emptily."""
    inner = {key for value in row.values() if isinstance(value, Mapping) for key in value}
    same = {"question": {"question", "messages"}, "response": {"response", "candidates"}}
    return any(field_of(str(name)) in same.get(part, {part}) for name in {*row, *inner})


def _refuse(
    found: Mapping[str, Any],
    absent: Iterable[str],
    needed: Iterable[str],
    called: Mapping[str, str],
) -> NoReturn:
    missing = " and ".join(f"`{called.get(part, part)}`" for part in absent)
    there = ", ".join(f"`{name}`" for name in found) or "nothing"
    wanted = ", ".join(f"`{called.get(part, part)}`" for part in needed)
    raise InputError(f"{missing} is missing.", hint=f"Found: {there}; needed: {wanted}.")
