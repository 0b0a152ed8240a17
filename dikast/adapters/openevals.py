"""openevals and LangSmith: a panel as an evaluator, and as a comparative evaluator.

An evaluator is called with `inputs`, `outputs` and `reference_outputs` and answers with
`{"key", "score", "comment", "metadata"}`; `langsmith.evaluate`, its pytest plug-in and openevals'
own simulators all take one. Nothing of either package is needed to make one.

Where a panel does not decide, `score` is None, and `comment` and `metadata["reason"]` say why:
LangSmith keeps such a result beside the scores and out of their mean. A score is a share of the
criterion's scale, 0 worst and 1 best.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from dikast.adapters._measures import case_of_row, heard_by, measure_of, read_all, require_panel
from dikast.adapters._readings import Reading, read_comparison, shares_of
from dikast.api import Panel
from dikast.errors import ConfigError, InputError
from dikast.graphs.nodes import run_sync
from dikast.graphs.pairwise import require_preferences
from dikast.types import Case

EACH = "each"
"""As `metric`: a result for every criterion of the rubric, from one verdict each."""

Result = dict[str, Any]
# A result or a list of them, as was asked for: of a union, a caller could read neither.
Evaluator = Callable[..., Any]
F = TypeVar("F", bound=Callable[..., Any])
AsyncEvaluator = Callable[..., Coroutine[Any, Any, Any]]

_NEEDS = {"question": "inputs", "response": "outputs", "reference": "reference_outputs"}


def panel_evaluator(
    panel: Panel, metric: str | Sequence[str] | None = None, *, key: str | None = None
) -> Evaluator:
    """An evaluator of openevals and LangSmith.

    Args:
        panel: A panel that scores one response.
        metric: A criterion of its rubric, several of them, or None for the verdict as a whole.
            Several are read from one hearing.
        key: What the result is called; None for the metric's own name. Only for a single one.

    Returns:
        A function of keyword arguments `inputs`, `outputs`, `reference_outputs` and any other
        field of a case (`context`, `attachments`, …), which gives one result, or a list of them
        where several metrics were asked for.

    Raises:
        ConfigError: The panel compares two responses, or there is no such metric.

    Examples:
        >>> evaluate = panel_evaluator(Panel.embedded(), "groundedness")
        >>> result = evaluate(inputs="Where is the Louvre?", outputs="In Paris.",
        ...                   context=["The Louvre is a museum in Paris."])
        >>> result["key"], result["score"]
        ('groundedness', 1.0)
    """
    answer = _answering(panel, metric, key)

    def evaluate(
        *,
        inputs: Any = None,
        outputs: Any = None,
        reference_outputs: Any = None,
        attachments: Any = None,
        **kwargs: Any,
    ) -> Result | list[Result]:
        return run_sync(answer(_row(inputs, outputs, reference_outputs, attachments, kwargs)))

    return _named(evaluate, panel)


def async_panel_evaluator(
    panel: Panel, metric: str | Sequence[str] | None = None, *, key: str | None = None
) -> AsyncEvaluator:
    """`panel_evaluator` as a coroutine function, for `langsmith.aevaluate` and async tests."""
    answer = _answering(panel, metric, key)

    async def aevaluate(
        *,
        inputs: Any = None,
        outputs: Any = None,
        reference_outputs: Any = None,
        attachments: Any = None,
        **kwargs: Any,
    ) -> Result | list[Result]:
        return await answer(_row(inputs, outputs, reference_outputs, attachments, kwargs))

    return _named(aevaluate, panel)


def comparative_evaluator(panel: Panel, *, key: str | None = None) -> Callable[..., Result]:
    """A comparative evaluator for `langsmith.evaluate_comparative`.

    Candidates are called by their runs' ids and heard in both presentation orders, so the order
    in which LangSmith passes runs (`randomize_order`) changes nothing.

    Args:
        panel: A panel whose rubric asks for preferences.
        key: What the result is called; None for the rubric's id.

    Returns:
        A function of `runs`, `inputs` and `reference_outputs` that gives `{"key", "scores",
        "comment"}`. Of two runs the better scores 1, the other 0, a tie 0.5 each; of more, each
        scores the share of the others ranked below it. All are None if the panel did not decide.

    Raises:
        ConfigError: The panel scores one response.
    """
    require_panel(panel)
    require_preferences(panel.spec)

    def compare(runs: Sequence[Any], inputs: Any = None, reference_outputs: Any = None) -> Result:
        return run_sync(_compare(panel, key, runs, inputs, reference_outputs))

    return _named(compare, panel)


def async_comparative_evaluator(
    panel: Panel, *, key: str | None = None
) -> Callable[..., Coroutine[Any, Any, Result]]:
    """`comparative_evaluator` as a coroutine function."""
    require_panel(panel)
    require_preferences(panel.spec)

    async def acompare(
        runs: Sequence[Any], inputs: Any = None, reference_outputs: Any = None
    ) -> Result:
        return await _compare(panel, key, runs, inputs, reference_outputs)

    return _named(acompare, panel)


def as_result(reading: Reading, *, key: str | None = None) -> Result:
    """A reading as openevals and LangSmith write it."""
    return {
        "key": key or reading.key,
        "score": reading.score,
        "comment": reading.comment,
        "metadata": reading.details | {"reason": reading.reason},
    }


def _answering(
    panel: Panel, metric: str | Sequence[str] | None, key: str | None
) -> Callable[[Mapping[str, Any]], Coroutine[Any, Any, Result | list[Result]]]:
    """From a row to a result, or to a list of them where several metrics were asked for."""
    names: list[str | None] = [metric] if metric is None or isinstance(metric, str) else [*metric]
    if metric == EACH:
        names = [criterion.id for criterion in panel.spec.rubric.criteria]
    several = metric == EACH or not (metric is None or isinstance(metric, str))
    if several and key is not None:
        raise ConfigError("`key` names one result, and several metrics are asked for.")
    if not names:
        raise ConfigError("`metric` is an empty list.", hint=f'Write "{EACH}" for all of them.')
    measures = [measure_of(panel, name) for name in names]

    async def answer(row: Mapping[str, Any]) -> Result | list[Result]:
        needs = [part for measure in measures for part in measure.needs]
        case = case_of_row(row, needs=dict.fromkeys(needs), names=_NEEDS)
        results = [as_result(reading, key=key) for reading in await read_all(measures, case)]
        return results if several else results[0]

    return answer


def _row(
    inputs: Any, outputs: Any, reference: Any, attachments: Any, more: Mapping[str, Any]
) -> dict[str, Any]:
    """What was passed, under its names; LangSmith passes an empty object where there is nothing."""
    named = {"inputs": inputs, "outputs": outputs, "reference_outputs": reference}
    row = {name: value for name, value in named.items() if value is not None and value != {}}
    row |= {name: value for name, value in more.items() if value is not None}
    if attachments:
        row["attachments"] = _images(attachments)
    return row


def _images(attachments: Any) -> list[dict[str, Any]]:
    """Attachments of openevals (`{mime_type, data}`) and LangSmith (by name, with a reader)."""
    named: Iterable[tuple[Any, Any]] = enumerate(attachments, 1)
    if isinstance(attachments, Mapping):
        single = {"mime_type", "data"} <= attachments.keys()
        named = [("1", attachments)] if single else attachments.items()
    images = []
    for name, item in named:
        kind = item.get("mime_type", "") if isinstance(item, Mapping) else ""
        if not str(kind).startswith("image/"):
            raise InputError(
                f"attachment `{name}` is no image ({kind or type(item).__name__}).",
                hint='Pass images as {"mime_type": "image/png", "data": …}.',
            )
        data = item.get("data")
        if data is None and item.get("reader") is not None:
            data = base64.b64encode(item["reader"].read()).decode("ascii")
        if not isinstance(data, str):
            raise InputError(f"attachment `{name}` has no data that can be read.")
        url = data if data.startswith("data:") else f"data:{kind};base64,{data}"
        images.append({"id": str(name), "data_url": url})
    return images


async def _compare(
    panel: Panel, key: str | None, runs: Sequence[Any], inputs: Any, reference: Any
) -> Result:
    case = _candidates(runs, inputs, reference)
    name = key or panel.spec.rubric.id
    if len(case.candidates) == 2:
        comparison = await heard_by(panel, panel.acompare(case))
        reading = read_comparison(comparison, panel.spec.rubric, key=key)
        first = reading.score
        second = None if first is None else 1.0 - first
        scores = {comparison.first: first, comparison.second: second}
        return {"key": name, "scores": scores, "comment": reading.comment}
    ranking = await heard_by(panel, panel.arank(case))
    shares = shares_of(ranking) or dict.fromkeys((c.id for c in case.candidates), None)
    comment = " > ".join(" = ".join(group) for group in ranking.groups) or ranking.reason
    return {"key": name, "scores": shares, "comment": comment}


def _candidates(runs: Sequence[Any], inputs: Any, reference: Any) -> Case:
    """One case of all runs' outputs, in the order of their ids."""
    if len(runs) < 2:
        raise InputError(f"a comparison needs two runs or more, and there are {len(runs)}.")
    answers = {
        str(run.id): case_of_row({"outputs": run.outputs or None}, needs=["response"])
        for run in runs
    }
    row = _row(inputs, None, reference, None, {})
    row["candidates"] = [
        {"id": name, "text": answers[name].response.text} for name in sorted(answers)
    ]
    return case_of_row(row)


def _named(function: F, panel: Panel) -> F:
    """Give a function the panel's name: LangSmith shows it."""
    function.__name__ = function.__qualname__ = f"dikast_{panel.spec.name}"
    return function
