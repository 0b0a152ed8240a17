"""Outputs of prometheus-eval: absolute scores from 1 to 5, and pairs.

Written by three programs of github.com/prometheus-eval/prometheus-eval (Kim et al., 2024,
"Prometheus 2"):

- `eval/run_evaluate.py`: JSON lines (called `.json`) in `MODEL-outputs/`, each a record of the
  benchmark with `prometheus_output` and `prometheus_score`. Absolute: a list of texts and of
  scores, one per run, beside `instruction`. Relative: `["A"]` or `["B"]` beside
  `orig_instruction`, `orig_response_A`, `orig_response_B`, `chosen` (A, B or tie, the label).
  Absolute on pairs: two lists, of the chosen and the rejected response, beside
  `chosen_instruction` and `rejected_instruction`: two cases.
- `BiGGen-Bench/run_response_eval.py`: an object of records by id with `input`, `response`,
  `response_model_name`, `reference_answer`, `feedback`, `score` (a number, or five).
- The benchmark files themselves, which hold GPT-4's repeats: `instruction`, `gpt4_score`,
  `gpt4_feedback`; also as rows of `judge_prompt`, `scores`, `feedbacks`.

Repeats are samples. The programs cut a reply before its `[RESULT]`, so what is left is kept as the
rationale and there is no raw reply to read again. Null is a score the program could not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from dikast.records.imports._contract import (
    PAIR,
    BallotRecord,
    CaseRecord,
    Choice,
    RowImporter,
    Side,
    unreadable,
)
from dikast.records.imports._rows import Row, content_id
from dikast.types import IntegerScale, OffScale

_FIVE = IntegerScale(low=1, high=5)
_FOLDER = re.compile(r"(?:^|[/\\])([^/\\]+)-outputs[/\\][^/\\]+$")
Found = tuple[CaseRecord, tuple[BallotRecord, ...]]


def _read(row: Row, choice: Choice) -> Iterator[Found]:
    if "prometheus_score" in row.names:
        yield from _benchmark(row, choice)
    elif "scores" in row.names:
        yield _repeats(row, choice.judge or "gpt-4", "judge_prompt", "scores", "feedbacks")
    elif "gpt4_score" in row.names:
        yield _repeats(row, choice.judge or "gpt-4", "instruction", "gpt4_score", "gpt4_feedback")
    else:
        yield _biggen(row, choice)


def _biggen(row: Row, choice: Choice) -> Found:
    case = CaseRecord(
        id=f"{row.id('id')}/{row.maybe_text('response_model_name') or ''}",
        sides=(Side("response", row.text("response"), row.maybe_text("response_model_name")),),
        question=row.text("input"),
        reference=row.maybe_text("reference_answer"),
        metadata={"question_id": row.id("id"), "capability": row.maybe_text("capability")},
    )
    judge = choice.judge or row.maybe_text("eval_model_name")
    if judge is None:
        raise row.wrong("nothing names the judge.", "Say who judged with --judge NAME.")
    given = row.any("score")
    scores = given if isinstance(given, list) else [given]
    return case, _samples(row, judge, "score", scores, [row.any("feedback")])


def _repeats(row: Row, judge: str, prompt: str, scores: str, feedbacks: str) -> Found:
    asked = row.text(prompt)
    name = row.maybe_text("item_id") or content_id(asked)
    case = CaseRecord(
        id=name,
        sides=(Side("response", None, row.maybe_text("response_source")),),
        question=asked,
        metadata={"question_id": name},
    )
    said = row.items(feedbacks) if row.any(feedbacks) is not None else []
    return case, _samples(row, judge, scores, row.items(scores), said)


def _benchmark(row: Row, choice: Choice) -> Iterator[Found]:
    in_path = _FOLDER.search(row.path)
    judge = choice.judge or (in_path[1] if in_path else None)
    if judge is None:
        raise row.wrong(
            "the path does not tell the judge, as in MODEL-outputs/FILE.",
            "Say who judged with --judge NAME.",
        )
    scores, said = row.items("prometheus_score"), row.items("prometheus_output")
    if "orig_response_A" in row.names and scores and isinstance(scores[0], str | None):
        yield _relative(row, judge, scores, said)
    elif scores and isinstance(scores[0], list):
        for number, which in enumerate(("chosen", "rejected")):
            asked = row.text(f"{which}_instruction")
            case = CaseRecord(content_id(asked), (Side("response"),), question=asked)
            own = said[number] if number < len(said) and isinstance(said[number], list) else []
            if number >= len(scores) or not isinstance(scores[number], list):
                raise row.wrong("`prometheus_score` must hold two lists.")
            yield case, _samples(row, judge, "prometheus_score", scores[number], own)
    else:
        asked = row.text("instruction")
        case = CaseRecord(content_id(asked), (Side("response"),), question=asked)
        yield case, _samples(row, judge, "prometheus_score", scores, said)


def _relative(row: Row, judge: str, scores: list[Any], said: list[Any]) -> Found:
    asked = row.text("orig_instruction")
    texts = [row.text(f"orig_response_{slot}") for slot in "AB"]
    chosen = row.maybe_text("chosen")
    label = {"A": "first", "B": "second", "tie": "tie"}.get(chosen or "")
    case = CaseRecord(
        id=content_id(asked, *texts),
        sides=(Side("A", texts[0]), Side("B", texts[1])),
        question=asked,
        labels={} if label is None else {"preferred": label},
    )
    ballots = []
    for sample, score in enumerate(scores):
        ballot = BallotRecord(
            judge=judge, scale=PAIR, model=judge, sample=sample, rationale=_text(said, sample)
        )
        if score is None:
            ballot = ballot._replace(abstention=unreadable("the source read no verdict"))
        else:
            try:
                ballot = ballot._replace(score=PAIR.accept(score))
            except OffScale as error:
                raise row.off("prometheus_score", error) from None
        ballots.append(ballot)
    return case, tuple(ballots)


def _samples(
    row: Row, judge: str, field: str, scores: list[Any], said: list[Any]
) -> tuple[BallotRecord, ...]:
    if not scores:
        raise row.wrong(f"`{field}` is empty.")
    ballots = []
    for sample, score in enumerate(scores):
        ballot = BallotRecord(
            judge=judge, scale=_FIVE, model=judge, sample=sample, rationale=_text(said, sample)
        )
        if score is None or score == -1:
            ballot = ballot._replace(abstention=unreadable("the source read no score"))
        else:
            try:
                ballot = ballot._replace(score=_FIVE.accept(score))
            except OffScale as error:
                raise row.off(field, error) from None
        ballots.append(ballot)
    return tuple(ballots)


def _text(said: list[Any], sample: int) -> str:
    return said[sample] if sample < len(said) and isinstance(said[sample], str) else ""


def _by_id(row: Row) -> Iterator[Row]:
    """Records of an object by id; a row that is none of that is given back as it is."""
    inner = [row.any(name) for name in row.names]
    if inner and all(isinstance(value, dict) and "response" in value for value in inner):
        yield from (row.inside(name) for name in sorted(row.names))
    else:
        yield row


IMPORT = RowImporter(
    "prometheus_eval",
    needs=[
        ("prometheus_score", "prometheus_output"),
        ("id", "input", "response", "score", "feedback"),
        ("judge_prompt", "scores"),
        ("instruction", "gpt4_score"),
    ],
    read=_read,
    expand=_by_id,
)
