"""LLMBar evaluator results: pairs with one objectively better output, both orders.

Written by `LLMEvaluator/evaluate.py` of github.com/princeton-nlp/LLMBar (Zeng et al., 2023,
"Evaluating Large Language Models at Evaluating Instruction Following") to
`DATASET/evaluators/JUDGE/STRATEGY/result.json`: a list of `input`, `output_1`, `output_2`,
`label` (1 or 2) and `results`, whose last entry has `swap = False` and `swap = True`, each with
`completion` (text and reason of the end; absent in the Rating strategies) and `winner` (`1`, `2`,
or null where none was read), always in terms of `output_1` and `output_2`. Judge and strategy
stand in the path only.

Also read are flat rows of the same results: `item_id`, `judge`, `strategy`, `winner_12`,
`winner_21`, `raw_12`, `raw_21`, without texts and labels; a file of items with `item_id` and
`gold` (1 or 2) serves as labels.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath

from dikast.records.imports._contract import (
    BallotRecord,
    CaseRecord,
    Choice,
    RowImporter,
    Side,
    unreadable,
)
from dikast.records.imports._rows import Row, content_id
from dikast.types import PreferenceScale

_STEPS = {"1": 1.0, "2": -1.0}
EITHER = PreferenceScale(ties=False)
"""Its judges choose between 1 and 2: two orders that disagree cancel, and are no vote for a tie."""
WORDS = {"1": "first", "2": "second"}


def _read(row: Row, choice: Choice) -> Iterator[tuple[CaseRecord, tuple[BallotRecord, ...]]]:
    if "winner_12" in row.names:
        yield _flat(row, choice)
        return
    label = row.text("label")
    if label not in WORDS:
        raise row.off("label", f"{label!r} is neither 1 nor 2")
    asked, one, two = row.text("input"), row.text("output_1"), row.text("output_2")
    case = CaseRecord(
        id=content_id(asked, one, two),
        sides=(Side("output_1", one), Side("output_2", two)),
        question=asked,
        labels={"preferred": WORDS[label]},
    )
    stages = row.items("results")
    if not stages:
        raise row.wrong("`results` is empty.")
    final = row.nested(stages[-1], "results")
    judge, strategy = _from_path(row, choice)
    ballots = tuple(
        _ballot(
            final.inside(f"swap = {swapped}"), "winner", judge, strategy, _raw(final, swapped)
        )._replace(swapped=swapped)
        for swapped in (False, True)
    )
    yield case, ballots


def _from_path(row: Row, choice: Choice) -> tuple[str, str]:
    parts = PurePath(row.path).parts
    if choice.judge is not None:
        return choice.judge, ""
    if "evaluators" in parts[:-3]:
        at = len(parts) - 1 - parts[::-1].index("evaluators")
        if at + 3 < len(parts):
            return parts[at + 1], parts[at + 2]
    raise row.wrong(
        "the path does not tell judge and strategy, as in evaluators/JUDGE/STRATEGY/result.json.",
        "Say who judged with --judge NAME.",
    )


def _raw(final: Row, swapped: bool) -> str | None:
    told = final.inside(f"swap = {swapped}")
    if told.any("completion") is None:
        return None
    said = told.items("completion")
    return said[0] if said and isinstance(said[0], str) else None


def _ballot(row: Row, field: str, judge: str, strategy: str, raw: str | None) -> BallotRecord:
    ballot = BallotRecord(judge=judge, scale=EITHER, strategy=strategy, model=judge, raw=raw)
    if field not in row.names:
        row.text(field)  # raises: a verdict that is null is told from one that is missing
    winner = row.maybe_text(field)
    if winner is None:
        return ballot._replace(abstention=unreadable("the source read no verdict"))
    if winner not in _STEPS:
        raise row.off(field, f"{winner!r} is neither 1 nor 2")
    return ballot._replace(score=_STEPS[winner])


def _flat(row: Row, choice: Choice) -> tuple[CaseRecord, tuple[BallotRecord, ...]]:
    case = CaseRecord(id=row.id("item_id"), sides=(Side("output_1"), Side("output_2")))
    judge = choice.judge or row.id("judge")
    strategy = row.maybe_text("strategy") or ""
    return case, tuple(
        _ballot(row, f"winner_{order}", judge, strategy, row.maybe_text(f"raw_{order}"))._replace(
            swapped=order == "21"
        )
        for order in ("12", "21")
    )


IMPORT = RowImporter(
    "llmbar",
    needs=[
        ("input", "output_1", "output_2", "label", "results"),
        ("item_id", "judge", "winner_12", "winner_21"),
    ],
    read=_read,
    words=WORDS,
)
