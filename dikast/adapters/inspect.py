"""Inspect: a panel as a scorer.

    Task(dataset=…, solver=…, scorer=panel_scorer("panel.toml"))

The sample's input is the question, the model's output the response, the target the reference, and
passages stand in the sample's metadata under one of dikast's names for them (`contexts`,
`retrieved_contexts`, `documents`, …). Where the panel does not decide, the score is unscored, with
the reason: Inspect's metrics leave it out, and it is no zero.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from dikast.adapters._measures import case_of_row, measure_of
from dikast.adapters._needs import absent
from dikast.adapters._readings import Reading
from dikast.api import Panel
from dikast.errors import InputError
from dikast.records.case_names import field_of

if TYPE_CHECKING:
    from inspect_ai.scorer import Score, Scorer, Target, mean, scorer, stderr
    from inspect_ai.solver import TaskState

    _ABSENT: ImportError | None
else:
    try:
        from inspect_ai.scorer import Score, mean, scorer, stderr

        _ABSENT = None
    except ImportError as error:
        _ABSENT = error

EMBEDDED = "embedded"

_CALLED = {
    "question": "input",
    "response": "output",
    "contexts": "metadata['contexts']",
    "reference": "target",
}
"""What Inspect calls the parts of a case."""

_FROM_METADATA = frozenset({"contexts", "context_ids"})


def _panel_scorer(panel: Panel | str = EMBEDDED, metric: str | None = None) -> Scorer:
    """A scorer that asks a panel.

    The value is a share of the scale (0 worst, 1 best). `explanation` holds decision, reasons and
    dissents, `metadata` status, confidence, votes, findings and cost. Several scorers of one panel
    judge a sample once: the panel's journal answers the others.

    Args:
        panel: A panel that scores one response; a `panel.toml`, or `embedded`. Inspect can make
            a scorer anew from its log (`inspect score`) only where a file or `embedded` is named.
        metric: A criterion of its rubric; None for the verdict as a whole.

    Raises:
        ConfigError: The panel cannot be read, compares two responses, or has no such metric.
        ImportError: Inspect is absent.
    """
    measure = measure_of(_named(panel) if isinstance(panel, str) else panel, metric)

    async def score(state: TaskState, target: Target) -> Score:
        row = _row(state, target)
        answer = str(row["response"])
        try:
            case = case_of_row(row, needs=measure.needs, names=_CALLED)
        except InputError as error:
            return Score.unscored(reason="scoring_failed", answer=answer, explanation=str(error))
        return _score(await measure.read(case), answer)

    return score


@cache
def _named(panel: str) -> Panel:
    """One panel per file, so that several scorers of it share a journal."""
    return Panel.embedded() if panel == EMBEDDED else Panel.load(panel)


def _row(state: TaskState, target: Target) -> dict[str, Any]:
    name = str(state.sample_id)
    metadata: Mapping[str, Any] = state.metadata or {}
    row = {
        # every epoch is a hearing of its own
        "id": name if state.epoch == 1 else f"{name}, epoch {state.epoch}",
        "question": state.input_text,
        "response": state.output.completion,
        "reference": target.text or None,
    }
    given = {key: value for key, value in metadata.items() if field_of(key) in _FROM_METADATA}
    return {**row, **given}


def _score(reading: Reading, answer: str) -> Score:
    details = {**reading.details, "criterion": reading.key}
    if reading.score is None:
        return Score.unscored(
            reason=reading.reason,
            answer=answer,
            explanation=reading.comment,
            metadata=details,
        )
    return Score(value=reading.score, answer=answer, explanation=reading.comment, metadata=details)


def _without_inspect(panel: Panel | str = EMBEDDED, metric: str | None = None) -> Scorer:
    raise absent("inspect-ai", "inspect", _ABSENT)


def _registered() -> Callable[..., Scorer]:
    """The factory as Inspect knows it."""
    if _ABSENT is not None:
        return _without_inspect
    made: Callable[..., Scorer] = scorer(metrics=[mean(), stderr()], name="panel_scorer")(
        _panel_scorer
    )
    return made


panel_scorer = _registered()
