"""Ragas: its data sets as cases and back, a panel as a metric of both its families.

`cases_from_dataset` and `dataset_from_cases` carry `SingleTurnSample` and `MultiTurnSample` rows
over and back. `PanelMetric` belongs to the family that `ragas.evaluate` takes, `PanelScore` to the
newer one of `ascore` and `MetricResult`.

Where a panel does not decide, `PanelScore` gives a `MetricResult` of None with the reason.
`ragas.evaluate` knows numbers only, and NaN is how it writes "no value" itself (its means leave it
out): `PanelMetric` gives NaN there, and the reasons of all rows in `result.traces` and
`metric.readings`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dikast.adapters._measures import case_of_row, measure_of
from dikast.adapters._needs import absent
from dikast.adapters._readings import Reading
from dikast.api import Panel
from dikast.errors import InputError
from dikast.graphs.nodes import run_sync
from dikast.records.cases import case_from_row
from dikast.types import Case

if TYPE_CHECKING:
    from ragas.callbacks import ChainType, new_group
    from ragas.metrics.base import MetricType, SingleTurnMetric
    from ragas.metrics.collections.base import BaseMetric
    from ragas.metrics.result import MetricResult

    _ABSENT: ImportError | None
else:
    try:
        from ragas.callbacks import ChainType, new_group
        from ragas.metrics.base import MetricType, SingleTurnMetric
        from ragas.metrics.collections.base import BaseMetric
        from ragas.metrics.result import MetricResult

        _ABSENT = None
    except ImportError as error:
        _ABSENT = error
        SingleTurnMetric = BaseMetric = object

_CALLED = {
    "question": "user_input",
    "response": "response",
    "contexts": "retrieved_contexts",
    "reference": "reference",
}
"""What Ragas calls the parts of a case."""

_KEPT = ("reference_contexts", "reference_context_ids", "rubrics", "persona_name", "query_style",
         "query_length", "reference_tool_calls", "reference_topics")  # fmt: skip
"""Fields of a sample that a case keeps in its metadata, for the way back."""
_IDS = "ragas_context_ids"
_TURNS = "ragas_turns"


def cases_from_dataset(
    dataset: Iterable[Any], *, columns: Mapping[str, str] | None = None, prefix: str = ""
) -> Iterator[Case]:
    """Cases from an `EvaluationDataset`, or from any rows in Ragas' fields.

    Args:
        dataset: An `EvaluationDataset`, samples, or dictionaries.
        columns: Which column holds which field of a case, where names do not tell; Ragas'
            own `column_map`, turned round.
        prefix: Put before each id; a sample without an id is called by its place, from 1.

    Raises:
        InputError: A sample is no case; its place, what was found and what is needed are named.

    Examples:
        >>> rows = [{"user_input": "Where?", "response": "Here.", "retrieved_contexts": ["Here."]}]
        >>> [case.id for case in cases_from_dataset(rows, prefix="ferry-")]
        ['ferry-1']
    """
    for place, sample in enumerate(dataset, 1):
        row = _row(sample)
        row.setdefault("id", f"{prefix}{place}")
        yield case_from_row(row, where=f"sample {place}", columns=columns)


def dataset_from_cases(cases: Iterable[Case]) -> Any:
    """A Ragas `EvaluationDataset` from cases; what Ragas has no field for is left out.

    A case of one response and a conversation becomes a `MultiTurnSample` with the response as its
    last turn; any other a `SingleTurnSample` (several candidates as `multi_responses`).

    Raises:
        ImportError: Ragas is absent.
        InputError: Some cases are conversations and others are not.
    """
    _require()
    from ragas.dataset_schema import EvaluationDataset, MultiTurnSample, SingleTurnSample

    samples: list[Any] = []
    for case in cases:
        kind = MultiTurnSample if case.messages and len(case.candidates) == 1 else SingleTurnSample
        samples.append(kind(**(_turns(case) if kind is MultiTurnSample else _single(case))))
    if len({type(sample) for sample in samples}) > 1:
        raise InputError(
            "some cases are conversations and others are not, which no Ragas data set can hold.",
            hint="Make a data set of each.",
        )
    return EvaluationDataset(samples=samples)


class PanelMetric(SingleTurnMetric):
    """A panel as a metric of `ragas.evaluate`.

    Args:
        panel: A panel that scores one response.
        metric: A criterion of its rubric; None for the verdict as a whole.
        name: What the column is called; None for the metric's own name.

    Raises:
        ConfigError: The panel compares two responses, or there is no such metric.
        ImportError: Ragas is absent.
    """

    def __init__(self, panel: Panel, metric: str | None = None, *, name: str | None = None) -> None:
        _require()
        self._measure = measure_of(panel, metric)
        self.name = name or self._measure.key
        self._required_columns = {MetricType.SINGLE_TURN: _columns(self._measure.needs)}
        self.readings: list[Reading] = []
        """What was read, in the order in which rows were done; `details["case"]` tells the row."""

    def init(self, run_config: Any) -> None:
        """Nothing to prepare: the panel brings its own models, limits and retries."""

    async def _single_turn_ascore(self, sample: Any, callbacks: Any = None) -> float:
        row = _row(sample)
        case = case_of_row(row, needs=self._measure.needs, names=_CALLED)
        run, _ = new_group(
            name="dikast",
            inputs={"data": row},
            callbacks=callbacks or [],
            metadata={"type": ChainType.RAGAS_PROMPT},
        )
        try:
            reading = await self._measure.read(case)
        except BaseException as error:
            run.on_chain_error(error)
            raise
        self.readings.append(reading)
        told = {"score": reading.score, "comment": reading.comment, "reason": reading.reason}
        run.on_chain_end({"output": {**reading.details, **told}})
        return math.nan if reading.score is None else reading.score


class PanelScore(BaseMetric):
    """A panel as a metric of Ragas' newer family.

    `ascore` and `score` take a sample's fields as keywords and give a `MetricResult`: `value` is
    a share of the scale (0 worst, 1 best), or None where the panel does not decide; `reason` holds
    decision, reasons and dissents; `traces["output"]` the rest in plain JSON.

    Args:
        panel: A panel that scores one response.
        metric: A criterion of its rubric; None for the verdict as a whole.
        name: What results call it; None for the metric's own name.

    Raises:
        ConfigError: The panel compares two responses, or there is no such metric.
        ImportError: Ragas is absent.
    """

    def __init__(self, panel: Panel, metric: str | None = None, *, name: str | None = None) -> None:
        _require()
        self._measure = measure_of(panel, metric)
        super().__init__(name=name or self._measure.key, allowed_values=(0.0, 1.0))

    async def ascore(self, **kwargs: Any) -> Any:
        """Judge one row, given by a sample's fields (`user_input`, `response`, …).

        Raises:
            InputError: A field that the metric needs is missing.
        """
        row = _row(kwargs)
        case = case_of_row(row, needs=self._measure.needs, names=_CALLED)
        reading = await self._measure.read(case)
        output = {**reading.details, "reason": reading.reason}
        return MetricResult(
            value=reading.score, reason=reading.comment, traces={"input": row, "output": output}
        )

    def score(self, **kwargs: Any) -> Any:
        """`ascore` for sync code; works inside a running event loop too."""
        return run_sync(self.ascore(**kwargs))

    def batch_score(self, inputs: Sequence[Mapping[str, Any]]) -> list[Any]:
        """Judge many rows at once; results are in the order of the rows."""
        return run_sync(self.abatch_score(list(inputs)))


def _require() -> None:
    if _ABSENT is not None:
        raise absent("ragas", "ragas", _ABSENT)


def _columns(needs: Iterable[str]) -> set[str]:
    """Columns as Ragas declares them: those needed, and those that are used where they are."""
    needed = {_CALLED[part] for part in needs}
    used = {*_CALLED.values(), "retrieved_context_ids"} - needed
    return needed | {f"{name}:optional" for name in used}


def _row(sample: Any) -> dict[str, Any]:
    """A sample's fields, those that are empty left out; turns as messages and a response."""
    dumped = sample if isinstance(sample, Mapping) else sample.model_dump()
    row = {str(name): value for name, value in dict(dumped).items() if value is not None}
    ids = row.get("retrieved_context_ids")
    if ids is not None:
        row[_IDS] = ids
        if len({str(name) for name in ids}) < len(ids):
            del row["retrieved_context_ids"]  # a passage that was found twice keeps its text
    turns = row.get("user_input")
    if isinstance(turns, list | tuple):
        del row["user_input"]
        row |= _conversation(turns)
    return row


def _conversation(turns: Sequence[Any]) -> dict[str, Any]:
    """Turns of a conversation: what led to the last answer, and that answer."""
    said = [turn if isinstance(turn, Mapping) else turn.model_dump() for turn in turns]
    last = max((i for i, turn in enumerate(said) if turn.get("type") == "ai"), default=None)
    if last is None:
        raise InputError("this conversation has no turn of the assistant to judge.")
    return {
        "messages": said[:last],
        "response": said[last]["content"],
        _TURNS: [dict(turn) for turn in said],
    }


def _single(case: Case) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "user_input": case.question,
        "retrieved_contexts": [context.text for context in case.contexts] or None,
        "reference": case.reference,
        "retrieved_context_ids": case.metadata.get(_IDS),
    }
    if len(case.candidates) == 1:
        fields["response"] = case.response.text
    else:
        fields["multi_responses"] = [candidate.text for candidate in case.candidates]
    own = [context.id for context in case.contexts]
    if fields["retrieved_context_ids"] is None and own != [str(i + 1) for i in range(len(own))]:
        fields["retrieved_context_ids"] = own
    return fields | {name: case.metadata[name] for name in _KEPT if name in case.metadata}


def _turns(case: Case) -> dict[str, Any]:
    from ragas.messages import AIMessage, HumanMessage, ToolMessage

    kinds = {"user": HumanMessage, "assistant": AIMessage, "tool": ToolMessage}
    turns: Any = case.metadata.get(_TURNS)
    if turns is None:
        told = [(message.role, message.content) for message in case.messages]
        turns = [
            kinds[role](content=text)
            for role, text in (*told, ("assistant", case.response.text))
            if role in kinds
        ]
    else:
        by_type = {"human": HumanMessage, "ai": AIMessage, "tool": ToolMessage}
        turns = [
            by_type[turn["type"]](**{k: v for k, v in turn.items() if k != "type"})
            for turn in turns
        ]
    kept = {name: case.metadata[name] for name in _KEPT if name in case.metadata}
    return {"user_input": turns, "reference": case.reference, **kept}
