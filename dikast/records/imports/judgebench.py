"""JudgeBench outputs: pairs with an objective label, each judged in both orders.

Written by `run_judge.py` of github.com/ScalerLab/JudgeBench (Tan et al., 2024, "JudgeBench: A
Benchmark for Evaluating LLM-based Judges"), one JSON line per pair: the fields of the data set
(`pair_id`, `source`, `question`, `response_model`, `response_A`, `response_B`, `label` such as
`A>B`) with `judge_name` and `judgments`, a list of one or two of

    {"judgment": {"judge_model", "prompt", "response"[, "scores"]}, "decision": "A>B" | … | null}

The second is of the swapped order, and its decision names the slots. Null for a whole judgement
means that the call failed, null for its decision that the program could not read one: both are
abstentions. The judge's model stands in the name of the file too
(`…,judge_model=MODEL.jsonl`), which counts first, so that rows whose calls all failed have it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from dikast.records.imports._contract import (
    PAIR,
    BallotRecord,
    CaseRecord,
    Choice,
    RowImporter,
    Side,
    unreadable,
)
from dikast.records.imports._rows import Row
from dikast.types import Reason

_STEPS = {"A>B": 1, "A>>B": 1, "B>A": -1, "B>>A": -1, "A=B": 0, "B=A": 0}
_STEPS |= {"A<B": -1, "A<<B": -1, "B<A": 1, "B<<A": 1}
_PREFERRED = {1: "first", -1: "second", 0: "tie"}
_IN_NAME = re.compile(r"judge_model=([^,/]+?)\.jsonl(?:\.gz)?$")


def _read(row: Row, choice: Choice) -> Iterator[tuple[CaseRecord, tuple[BallotRecord, ...]]]:
    label = row.text("label")
    if label not in _STEPS:
        raise row.off("label", f"{label!r} is no label such as A>B")
    system = row.maybe_text("response_model")
    case = CaseRecord(
        id=row.id("pair_id"),
        sides=(
            Side("A", row.text("response_A"), system),
            Side("B", row.text("response_B"), system),
        ),
        question=row.maybe_text("question"),
        labels={"preferred": _PREFERRED[_STEPS[label]]},
        metadata={"source": row.maybe_text("source")},
    )
    games = row.items("judgments")
    if not 1 <= len(games) <= 2:
        raise row.wrong(f"`judgments` must hold one or two, and holds {len(games)}.")
    model = _model(row, games, choice)
    strategy = row.maybe_text("judge_name") or ""
    yield (
        case,
        tuple(
            _ballot(row, game, number, model=model, strategy=strategy)
            for number, game in enumerate(games)
        ),
    )


def _model(row: Row, games: list[object], choice: Choice) -> str:
    if choice.judge is not None:
        return choice.judge
    if (named := _IN_NAME.search(row.path)) is not None:
        return named[1]
    for game in games:
        if game is not None:
            return row.nested(game, "judgments").inside("judgment").text("judge_model")
    raise row.wrong("no judgement names its judge.", "Say who judged with --judge NAME.")


def _ballot(row: Row, game: object, number: int, *, model: str, strategy: str) -> BallotRecord:
    ballot = BallotRecord(
        judge=model, scale=PAIR, strategy=strategy, model=model, swapped=number == 1
    )
    if game is None:
        failed = unreadable("the source's call failed", Reason.UNAVAILABLE)
        return ballot._replace(abstention=failed)
    told = row.nested(game, f"judgments[{number + 1}]")
    inner = told.inside("judgment")
    ballot = ballot._replace(
        raw=inner.maybe_text("response") or None, model=inner.maybe_text("judge_model") or model
    )
    decision = told.maybe_text("decision")
    if decision is None:
        return ballot._replace(abstention=unreadable("the source read no decision"))
    if decision not in _STEPS:
        return ballot._replace(abstention=unreadable(f"the source read {decision[:80]!r}"))
    step = _STEPS[decision]
    return ballot._replace(score=float(-step if number == 1 else step) + 0.0)


IMPORT = RowImporter(
    "judgebench",
    needs=[("pair_id", "response_A", "response_B", "label", "judgments")],
    read=_read,
)
