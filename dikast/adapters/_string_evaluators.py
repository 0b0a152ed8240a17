"""Evaluators of langchain-classic; imported where they are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dikast.adapters._measures import case_of_row, heard_by, measure_of, require_panel
from dikast.adapters._needs import absent
from dikast.adapters._readings import Reading, read_comparison
from dikast.api import Panel
from dikast.graphs.nodes import run_sync
from dikast.graphs.pairwise import require_preferences
from dikast.types import Case

if TYPE_CHECKING:
    from langchain_classic.evaluation import PairwiseStringEvaluator, StringEvaluator

    _ABSENT: ImportError | None
else:
    try:
        from langchain_classic.evaluation import PairwiseStringEvaluator, StringEvaluator

        _ABSENT = None
    except ImportError as error:
        _ABSENT = error
        StringEvaluator = PairwiseStringEvaluator = object

_RUN = ("callbacks", "tags", "metadata", "include_run_info")
"""Keywords that are about the run, not about the case."""
_CALLED = {"question": "input", "response": "prediction"}


async def _traced(name: str, work: Any, case: Case, keywords: dict[str, Any]) -> Reading:
    """Do the work under the caller's callbacks, tags and metadata."""
    from langchain_core.runnables import RunnableLambda

    config = {k: v for k in _RUN[:3] if (v := keywords.get(k)) is not None}
    reading = await RunnableLambda(work, name=name).ainvoke(case, config)  # type: ignore[arg-type]
    assert isinstance(reading, Reading)
    return reading


class _Lenient:
    """What both have in common: input and reference are used where they are given."""

    def _check_evaluation_args(self, *args: Any, **kwargs: Any) -> None:
        """Nothing: what is missing is told with what was found, by the panel's own check."""


class PanelStringEvaluator(_Lenient, StringEvaluator):
    """See `dikast.adapters.langchain.string_evaluator`."""

    def __init__(self, panel: Panel, metric: str | None) -> None:
        _require()
        self._measure = measure_of(panel, metric)

    @property
    def evaluation_name(self) -> str:
        """The metric's name."""
        return self._measure.key

    @property
    def requires_input(self) -> bool:
        """Whether the metric cannot be judged without the question."""
        return "question" in self._measure.needs

    @property
    def requires_reference(self) -> bool:
        """Whether the metric cannot be judged without a reference."""
        return "reference" in self._measure.needs

    def _evaluate_strings(self, **kwargs: Any) -> dict[str, Any]:
        return run_sync(self._aevaluate_strings(**kwargs))

    async def _aevaluate_strings(self, **kwargs: Any) -> dict[str, Any]:
        case = case_of_row(_row(kwargs), needs=self._measure.needs, names=_CALLED)
        reading = await _traced(self.evaluation_name, self._measure.read, case, kwargs)
        return _told(reading, reading.details.get("shown") or None)


class PanelPairEvaluator(_Lenient, PairwiseStringEvaluator):
    """See `dikast.adapters.langchain.string_pair_evaluator`."""

    def __init__(self, panel: Panel) -> None:
        _require()
        require_panel(panel)
        require_preferences(panel.spec)
        self._panel = panel

    def _evaluate_string_pairs(self, **kwargs: Any) -> dict[str, Any]:
        return run_sync(self._aevaluate_string_pairs(**kwargs))

    async def _aevaluate_string_pairs(self, **kwargs: Any) -> dict[str, Any]:
        key = self._panel.spec.rubric.id
        reading = await _traced(key, self._compare, case_of_row(_row(kwargs)), kwargs)
        return _told(reading, {"a": "A", "b": "B"}.get(reading.details["winner"]))

    async def _compare(self, case: Case) -> Reading:
        comparison = await heard_by(self._panel, self._panel.acompare(case))
        return read_comparison(comparison, self._panel.spec.rubric)


def _require() -> None:
    if _ABSENT is not None:
        raise absent("langchain-classic", "langchain", _ABSENT)


def _row(keywords: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in keywords.items() if name not in _RUN}


def _told(reading: Reading, value: Any) -> dict[str, Any]:
    return {
        "score": reading.score,
        "value": value,
        "reasoning": reading.comment,
        "metadata": reading.details | {"reason": reading.reason},
    }
