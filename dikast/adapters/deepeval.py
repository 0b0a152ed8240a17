"""DeepEval: a panel as a metric for test cases, and as an arena metric for pairs.

`PanelMetric` goes wherever DeepEval takes a metric: `assert_test`, `evaluate`, `metric.measure`.
`PanelArenaMetric` picks a contestant of an `ArenaTestCase`.

Where a panel does not decide, `score` is None, `success` is False and `error` says why, so that
DeepEval reports an error and no zero. DeepEval's own telemetry is the user's to switch off
(`DEEPEVAL_TELEMETRY_OPT_OUT=1`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from dikast.adapters._measures import case_of_row, heard_by, measure_of, require_panel
from dikast.adapters._needs import absent
from dikast.adapters._readings import Reading, read_comparison, shares_of
from dikast.api import Panel
from dikast.errors import InputError
from dikast.graphs.nodes import run_sync
from dikast.graphs.pairwise import require_preferences
from dikast.types import Case, Usage

if TYPE_CHECKING:
    from deepeval.errors import MissingTestCaseParamsError
    from deepeval.metrics import BaseArenaMetric, BaseMetric
    from deepeval.test_case import SingleTurnParams

    _ABSENT: ImportError | None
else:
    try:
        from deepeval.errors import MissingTestCaseParamsError
        from deepeval.metrics import BaseArenaMetric, BaseMetric
        from deepeval.test_case import SingleTurnParams

        _ABSENT = None
    except ImportError as error:
        _ABSENT = error
        BaseMetric = BaseArenaMetric = object

_CALLED = {
    "question": "input",
    "response": "actual_output",
    "contexts": "retrieval_context",
    "reference": "expected_output",
}
"""What DeepEval calls the parts of a case."""


class PanelMetric(BaseMetric):
    """A panel as a DeepEval metric.

    After a measurement `score` is a share of the scale (0 worst, 1 best), `reason` holds decision,
    reasons and dissents, `score_breakdown` the share of every criterion, `evaluation_cost` what it
    took in US dollars (None if a price is unknown), and `details` the rest in plain JSON.

    Args:
        panel: A panel that scores one response.
        metric: A criterion of its rubric; None for the verdict as a whole.
        threshold: Least score that passes; None for no judgement of success.
        strict_mode: Whether only the best score passes, as in DeepEval's own metrics.
        name: What reports call it; None for the metric's own name.
        async_mode: Kept for DeepEval; both forms work in any event loop.
        verbose_mode: Kept for DeepEval; what a panel has to say is in `reason`.
        include_reason: Whether `reason` is filled.

    Raises:
        ConfigError: The panel compares two responses, or there is no such metric.
        ImportError: DeepEval is absent.
    """

    score: float | None
    reason: str | None
    success: bool | None
    error: str | None
    evaluation_cost: float | None
    details: dict[str, Any]

    def __init__(
        self,
        panel: Panel,
        metric: str | None = None,
        *,
        threshold: float | None = 0.5,
        strict_mode: bool = False,
        name: str | None = None,
        async_mode: bool = True,
        verbose_mode: bool = False,
        include_reason: bool = True,
    ) -> None:
        if _ABSENT is not None:
            raise absent("deepeval", "deepeval", _ABSENT)
        # DeepEval copies a metric from the attributes that are called as its arguments
        self.panel, self.metric, self.name = panel, metric, name
        self._measure_of_panel = measure_of(panel, metric)
        self.strict_mode = strict_mode
        self.threshold = 1.0 if strict_mode else threshold
        self.async_mode, self.verbose_mode = async_mode, verbose_mode
        self.include_reason = include_reason
        self.evaluation_model = _judges(panel)
        self._forget()
        needed = {"question", "response", *self._measure_of_panel.needs}
        self._required_params = [
            SingleTurnParams(called) for part, called in _CALLED.items() if part in needed
        ]

    @property
    def __name__(self) -> str:
        return self.name or f"{self._measure_of_panel.key} (dikast)"

    def measure(self, test_case: Any, *args: Any, **kwargs: Any) -> float | None:
        """Judge a test case; works inside a running event loop too.

        Raises:
            MissingTestCaseParamsError: The test case lacks what the metric needs.
        """
        return run_sync(self._measured(test_case))

    async def a_measure(self, test_case: Any, *args: Any, **kwargs: Any) -> float | None:
        """`measure` for async code."""
        return await self._measured(test_case)

    def is_successful(self) -> bool | None:
        """Whether the score reaches the threshold; False where there is none to compare.

        None without a threshold, unless the panel did not decide.
        """
        if self.error is not None or self.score is None:
            self.success = False
        else:
            self.success = None if self.threshold is None else self.score >= self.threshold
        return self.success

    async def _measured(self, test_case: Any) -> float | None:
        self._forget()
        case = self._case(test_case)
        reading = await self._measure_of_panel.read(case)
        self.score, self.details = reading.score, reading.details | {"reason": reading.reason}
        _charge(self, reading.usage)
        self.reason = reading.comment if self.include_reason else None
        criteria = reading.details.get("criteria")
        self.score_breakdown = criteria or {reading.key: reading.score}
        self.error = None if reading.score is not None else _undecided(reading)
        self.is_successful()
        return self.score

    def _forget(self) -> None:
        self.score = self.reason = self.success = self.error = self.evaluation_cost = None
        self.input_tokens = self.output_tokens = None
        self.score_breakdown, self.details, self.skipped = {}, {}, False

    def _case(self, test_case: Any) -> Case:
        try:
            return _case(test_case, self._measure_of_panel.needs)
        except InputError as error:
            self.error, self.success = str(error), False
            raise MissingTestCaseParamsError(str(error)) from None


class PanelArenaMetric(BaseArenaMetric):
    """A panel as a DeepEval arena metric: which contestant answers best.

    Every judge hears each pair in both presentation orders. After a measurement `winner` is the
    contestant's name (None for a tie and where the panel does not decide), `tie` says which of
    the two, `scores` holds each contestant's share, `reason` and `error` the words.

    Args:
        panel: A panel whose rubric asks for preferences.
        name: What reports call it; None for the rubric's id.
        contexts: Which passages judges see: `same` takes the contestants' common ones and refuses
            contestants that differ, `union` takes all, `none` takes none.
        async_mode: Kept for DeepEval.
        verbose_mode: Kept for DeepEval.
        include_reason: Whether `reason` is filled.

    Raises:
        ConfigError: The panel scores one response.
        ImportError: DeepEval is absent.
    """

    reason: str | None
    error: str | None

    def __init__(
        self,
        panel: Panel,
        *,
        name: str | None = None,
        contexts: Literal["same", "union", "none"] = "same",
        async_mode: bool = True,
        verbose_mode: bool = False,
        include_reason: bool = True,
    ) -> None:
        if _ABSENT is not None:
            raise absent("deepeval", "deepeval", _ABSENT)
        require_panel(panel)
        require_preferences(panel.spec)
        self.panel, self.name, self.contexts = panel, name, contexts
        self.async_mode, self.verbose_mode = async_mode, verbose_mode
        self.include_reason = include_reason
        self.evaluation_model = _judges(panel)
        self.winner: str | None = None
        self.tie = False
        self.success: bool | None = None
        self.scores: dict[str, float] = {}
        self.details: dict[str, Any] = {}

    @property
    def __name__(self) -> str:
        return self.name or f"{self.panel.spec.rubric.id} (dikast)"

    def is_successful(self) -> bool:
        """Whether the panel decided; a tie is a decision."""
        return bool(self.success)

    def measure(self, test_case: Any, *args: Any, **kwargs: Any) -> str | None:
        """The winner's name; None for a tie, and for no decision."""
        return run_sync(self._measured(test_case))

    async def a_measure(self, test_case: Any, *args: Any, **kwargs: Any) -> str | None:
        """`measure` for async code."""
        return await self._measured(test_case)

    async def _measured(self, test_case: Any) -> str | None:
        self.winner, self.tie, self.scores = None, False, {}
        self.success = self.error = self.reason = None
        case = _arena(test_case, self.contexts)
        if len(case.candidates) == 2:
            await self._compare(case)
        else:
            await self._rank(case)
        self.success = self.error is None
        if not self.include_reason:
            self.reason = None
        return self.winner

    async def _compare(self, case: Case) -> None:
        comparison = await heard_by(self.panel, self.panel.acompare(case))
        reading = read_comparison(comparison, self.panel.spec.rubric)
        _charge(self, reading.usage)
        self.reason, self.details = reading.comment, reading.details
        if reading.score is None:
            self.error = _undecided(reading)
            return
        self.winner, self.tie = comparison.winner, comparison.winner is None
        self.scores = {comparison.first: reading.score, comparison.second: 1.0 - reading.score}

    async def _rank(self, case: Case) -> None:
        ranking = await heard_by(self.panel, self.panel.arank(case))
        _charge(self, ranking.usage)
        self.scores, self.details = shares_of(ranking) or {}, {"pairs": ranking.pairs_asked}
        if not ranking.groups:
            self.error = f"the panel did not decide: {ranking.reason}"
            return
        self.winner, self.tie = ranking.winner, len(ranking.groups[0]) > 1
        self.reason = " > ".join(" = ".join(group) for group in ranking.groups)


def _case(test_case: Any, needs: tuple[str, ...]) -> Case:
    """A case from an `LLMTestCase`, under DeepEval's own names."""
    if not hasattr(test_case, "actual_output"):
        raise InputError(
            f"a {type(test_case).__name__} is no LLMTestCase, which this metric measures."
        )
    return case_of_row(_row(test_case), needs=needs, names=_CALLED)


def _row(test_case: Any) -> dict[str, Any]:
    if getattr(test_case, "multimodal", False):
        raise InputError(
            "this test case holds images or files, which are not read from DeepEval yet.",
            hint="Judge it as a case with `attachments`.",
        )
    found = test_case.retrieval_context
    passages = test_case.context if found is None else found
    return {
        "input": test_case.input,
        "actual_output": test_case.actual_output,
        "expected_output": test_case.expected_output,
        "retrieval_context": None if passages is None else [_passage(p) for p in passages],
        "metadata": test_case.metadata,
    }


def _passage(passage: Any) -> str:
    """DeepEval's passages are texts, or texts with a source."""
    return passage if isinstance(passage, str) else str(passage.context)


def _arena(test_case: Any, contexts: str) -> Case:
    """One case of all contestants; the name of each is its candidate's id."""
    rows = {c.name: _row(c.test_case) for c in test_case.contestants}
    if len(rows) < 2:
        raise InputError(f"an arena needs two contestants or more, and has {len(rows)}.")
    silent = [name for name, row in rows.items() if row["actual_output"] is None]
    if silent:
        raise InputError(f"contestant `{silent[0]}` has no `actual_output`.")
    shown = [row["retrieval_context"] or [] for row in rows.values()]
    if contexts == "same" and any(passages != shown[0] for passages in shown):
        raise InputError(
            "the contestants have different passages, and judges see the same for all.",
            hint='Say contexts="union" to show all of them, or contexts="none".',
        )
    first = next(iter(rows.values()))
    passages = [] if contexts == "none" else [*dict.fromkeys(p for some in shown for p in some)]
    return case_of_row(
        {
            "input": first["input"],
            "expected_output": first["expected_output"],
            "retrieval_context": passages,
            "candidates": [{"id": name, "text": r["actual_output"]} for name, r in rows.items()],
        }
    )


def _undecided(reading: Reading) -> str:
    why = str(reading.reason).replace("_", " ")
    return f"the panel did not decide ({why}), which is no low score: {reading.comment}"


def _charge(metric: Any, usage: Usage) -> None:
    metric.evaluation_cost = usage.cost
    metric.input_tokens, metric.output_tokens = usage.input_tokens, usage.output_tokens


def _judges(panel: Panel) -> str:
    return ", ".join(judge.model for judge in panel.spec.judges)
