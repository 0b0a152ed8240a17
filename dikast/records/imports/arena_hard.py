"""Arena-Hard judgements, v0.1 and v2: a model against the baseline, in both orders.

Written by `gen_judgment.py` of github.com/lmarena/arena-hard-auto (Li et al., 2024, "From
Crowdsourced Data to High-Quality Benchmarks") as JSON lines, one file per model. v0.1 has
`question_id`, `model`, `judge` and `games`, a list of `{"user_prompt", "judgment", "score"}`; v2
has `uid`, `category`, `judge`, `model`, `baseline` and games whose `judgment` is an object with
`answer`, or null where the call failed. `score` is a label from `A>>B` to `B>>A`, or null where
the program read none. In the first game the baseline is A, in the second the model is; v0.1 does
not name the baseline. The answers stand in other files, so their texts stay unknown.
"""

from __future__ import annotations

from collections.abc import Iterator

from dikast.records.imports._contract import (
    BallotRecord,
    CaseRecord,
    Choice,
    RowImporter,
    Side,
    unreadable,
)
from dikast.records.imports._rows import Row
from dikast.types import PreferenceScale, Reason

_SCALE = PreferenceScale(levels=5)
_STEPS = {"A>>B": 2, "A>B": 1, "A=B": 0, "B=A": 0, "B>A": -1, "B>>A": -2}
_STEPS |= {"B<<A": 2, "B<A": 1, "A<B": -1, "A<<B": -2}


def _read(row: Row, choice: Choice) -> Iterator[tuple[CaseRecord, tuple[BallotRecord, ...]]]:
    question = row.id("uid" if "uid" in row.names else "question_id")
    model, baseline = row.id("model"), row.maybe_text("baseline")
    judge = choice.judge or row.id("judge")
    games = row.items("games")
    if not games:
        raise row.wrong("`games` is empty.")
    case = CaseRecord(
        id=f"{question}/{model}",
        sides=(Side("baseline", None, baseline), Side("model", None, model)),
        metadata={"question_id": question, "category": row.maybe_text("category")},
    )
    yield case, tuple(_ballot(row, game, number, judge) for number, game in enumerate(games))


def _ballot(row: Row, game: object, number: int, judge: str) -> BallotRecord:
    swapped = number % 2 == 1
    ballot = BallotRecord(
        judge=judge, scale=_SCALE, model=judge, swapped=swapped, sample=number // 2
    )
    if game is None:
        failed = unreadable("the source's call failed", Reason.UNAVAILABLE)
        return ballot._replace(abstention=failed)
    told = row.nested(game, f"games[{number + 1}]")
    said = told.any("judgment")
    raw = told.inside("judgment").maybe_text("answer") if isinstance(said, dict) else None
    ballot = ballot._replace(raw=told.maybe_text("judgment") if raw is None else raw)
    label = told.maybe_text("score")
    step = _STEPS.get((label or "").strip())
    if step is None:
        why = "read no label" if label is None else f"read {label[:80]!r}"
        return ballot._replace(abstention=unreadable(f"the source {why}"))
    return ballot._replace(score=float(-step if swapped else step) + 0.0)


IMPORT = RowImporter(
    "arena_hard",
    needs=[("question_id", "model", "judge", "games"), ("uid", "model", "judge", "games")],
    read=_read,
)
