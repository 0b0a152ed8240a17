"""MLflow: a panel as a scorer for `mlflow.genai.evaluate`.

    mlflow.genai.evaluate(data=rows, scorers=[panel_scorer(panel)])

`inputs` hold the question (and passages, under one of dikast's names for them), `outputs` the
response, `expectations` the reference. Passages are also taken from the retriever spans of the
trace. Where the panel does not decide, the feedback has an error with the reason and no value.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dikast.adapters._measures import Measure, case_of_row, measure_of
from dikast.adapters._needs import absent
from dikast.adapters._readings import Reading
from dikast.api import Panel
from dikast.errors import InputError
from dikast.graphs.nodes import run_sync
from dikast.records.case_names import field_of

if TYPE_CHECKING:
    from mlflow.entities import Feedback
    from mlflow.genai.scorers import Scorer

_CALLED = {
    "question": "inputs['question']",
    "response": "outputs",
    "contexts": "inputs['contexts']",
    "reference": "expectations['expected_response']",
}
"""What MLflow calls the parts of a case."""


def panel_scorer(
    panel: Panel,
    metric: str | None = None,
    *,
    name: str | None = None,
    aggregations: list[Any] | None = None,
    timeout: float | None = 0,
) -> Scorer:
    """A scorer that asks a panel.

    Its feedback's value is a share of the scale (0 worst, 1 best); `rationale` holds decision,
    reasons and dissents; `metadata` status, confidence, votes, findings and cost, as strings.
    Several scorers of one panel judge a row once: the panel's journal answers the others.

    Args:
        panel: A panel that scores one response.
        metric: A criterion of its rubric; None for the verdict as a whole.
        name: What MLflow calls it; None for the metric's own name.
        aggregations: As MLflow's `scorer` takes them.
        timeout: Seconds that MLflow gives a row; 0 for no limit of MLflow's, since the panel
            keeps its own.

    Raises:
        ConfigError: The panel compares two responses, or there is no such metric.
        ImportError: MLflow is absent.
    """
    try:
        from mlflow.genai.scorers import scorer
    except ImportError as error:
        raise absent("mlflow", "mlflow", error) from None
    measure = measure_of(panel, metric)
    called = name or measure.key

    def ask(
        *, inputs: Any = None, outputs: Any = None, expectations: Any = None, trace: Any = None
    ) -> Feedback:
        row = _row(inputs, outputs, expectations, trace)
        return _feedback(called, measure, row, panel.spec.name)

    made: Scorer = scorer(ask, name=called, aggregations=aggregations, timeout=timeout)
    return made


def _feedback(name: str, measure: Measure, row: Mapping[str, Any], panel: str) -> Feedback:
    from mlflow.entities import AssessmentError, AssessmentSource, Feedback

    source = AssessmentSource(source_type="LLM_JUDGE", source_id=f"dikast/{panel}")
    try:
        reading = run_sync(measure.read(case_of_row(row, needs=measure.needs, names=_CALLED)))
    except InputError as error:
        failure = AssessmentError(error_code="INVALID_INPUT", error_message=str(error))
        return Feedback(name=name, error=failure, source=source)
    told = {
        "name": name,
        "source": source,
        "rationale": reading.comment,
        "metadata": _strings(reading),
    }
    if reading.score is None:
        code = (reading.reason or "undecided").upper()
        return Feedback(error=AssessmentError(code, reading.comment), **told)
    return Feedback(value=reading.score, **told)


def _row(inputs: Any, outputs: Any, expectations: Any, trace: Any) -> dict[str, Any]:
    """A row in dikast's names; what MLflow had under names of the user's own goes nowhere."""
    row: dict[str, Any] = {}
    for given, usual in ((inputs, "question"), (outputs, "response"), (expectations, "reference")):
        if isinstance(given, Mapping):
            row |= {key: value for key, value in given.items() if field_of(str(key)) is not None}
        elif given is not None:
            row[usual] = given
    if not any(field_of(key) == "contexts" for key in row) and trace is not None:
        passages = _retrieved(trace)
        if passages is not None:
            row["contexts"] = passages
    return row


def _retrieved(trace: Any) -> list[str] | None:
    """What the trace's outermost retrievers brought; None if there was none."""
    spans = trace.search_spans(span_type="RETRIEVER")
    inner = {span.span_id for span in spans}
    outermost = [span for span in spans if span.parent_id not in inner]
    if not outermost:
        return None
    return [text for span in outermost for text in map(_passage, span.outputs or []) if text]


def _passage(chunk: Any) -> str:
    """A retrieved chunk's text: LangChain's `page_content`, or text as it is."""
    if isinstance(chunk, Mapping):
        return str(chunk.get("page_content") or chunk.get("content") or chunk.get("text") or "")
    return str(chunk)


def _strings(reading: Reading) -> dict[str, str]:
    """Details as MLflow keeps them: strings only, what is undefined left out."""
    found = {**reading.details, "criterion": reading.key}
    return {
        key: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for key, value in found.items()
        if value is not None
    }
