"""MT-bench judgements by FastChat: single ratings, or pairs in both orders.

Written by `gen_judgment.py` of github.com/lm-sys/FastChat (`fastchat/llm_judge/common.py`; Zheng et
al., 2023, "Judging LLM-as-a-Judge with MT-Bench and Chatbot Arena") as JSON lines.
`MODEL_single.jsonl` has `question_id`, `model`, `judge` (a pair: model and prompt's name),
`user_prompt`, `judgment`, `score` (1 to 10, -1 where the program read none), `turn`.
`MODEL_pair.jsonl` has `question_id`, `model_1`, `model_2`, `judge`, `g1_winner`, `g2_winner`
(`model_1`, `model_2`, `tie` or `error`, already turned back), `g1_judgment`, `g2_judgment`,
`turn`; in game 2 `model_2` was shown first. Early files have one `winner` for both games, which
may be `inconsistent`: then what each game said is not told.

The answers are in other files. Their texts, and so their lengths, stay unknown; the two models of
a pair stand in alphabetical order, as FastChat sorts them. One judge's prompts for other
categories and turns count as one judge; each ballot has its prompt's name in the flag
`prompt:NAME`.
"""

from __future__ import annotations

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
from dikast.types import Abstention, OffScale, RealScale, Reason

_RATING = RealScale(low=1, high=10)
_CALL_FAILED = "$ERROR$"
"""What FastChat stores for a reply when all its attempts failed."""


def _read(row: Row, choice: Choice) -> Iterator[tuple[CaseRecord, tuple[BallotRecord, ...]]]:
    turn = row.whole("turn", 1)
    question = row.id("question_id")
    judge, prompt = _judge(row, choice)
    flags = (f"prompt:{prompt}",) if prompt else ()
    if "model_1" in row.names:
        yield _pair(row, f"{question}.{turn}", question, judge, flags)
        return
    model = row.id("model")
    scale = choice.scale_of("overall") or _RATING
    ballot = BallotRecord(judge=judge, scale=scale, model=judge, flags=flags)
    ballot = ballot._replace(raw=row.maybe_text("judgment" if "judgment" in row.names else "raw"))
    score = row.number("score")
    if score == -1:
        ballot = ballot._replace(abstention=_unread(ballot.raw))
    else:
        try:
            ballot = ballot._replace(score=scale.accept(score))
        except OffScale as error:
            hint = "If the judge rated by another scale, say it with --scale (0.0..10.0)."
            raise row.off("score", error, hint) from None
    case = CaseRecord(
        id=f"{question}.{turn}/{model}",
        sides=(Side("response", None, model),),
        metadata={"question_id": f"{question}.{turn}"},
    )
    yield case, (ballot,)


def _judge(row: Row, choice: Choice) -> tuple[str, str]:
    """The judge's model, and the name of its prompt."""
    told = row.any("judge")
    if isinstance(told, list) and len(told) == 2 and all(isinstance(t, str) and t for t in told):
        return choice.judge or told[0], told[1]
    prompt = row.maybe_text("prompt_name") or ""
    if choice.judge is not None:
        return choice.judge, prompt
    if isinstance(told, str) and told:
        return told, prompt
    raise row.wrong(
        "`judge` must be a model and a prompt's name.", "Say who judged with --judge NAME."
    )


def _unread(raw: str | None) -> Abstention:
    if raw == _CALL_FAILED:
        return unreadable("the source's call failed", Reason.UNAVAILABLE)
    return unreadable("the source read no verdict")


def _pair(
    row: Row, place: str, question: str, judge: str, flags: tuple[str, ...]
) -> tuple[CaseRecord, tuple[BallotRecord, ...]]:
    models = (row.id("model_1"), row.id("model_2"))
    if models[0] == models[1]:
        raise row.wrong("`model_1` and `model_2` are the same.")
    turned = models[0] > models[1]
    first, second = sorted(models)
    case = CaseRecord(
        id=f"{place}/{first}/{second}",
        sides=(Side(first, None, first), Side(second, None, second)),
        metadata={"question_id": place, "question": question},
    )
    ballots = []
    for game in (1, 2):
        raw = row.maybe_text(f"g{game}_judgment")
        field = f"g{game}_winner" if f"g{game}_winner" in row.names else "winner"
        winner = row.text(field)
        ballot = BallotRecord(
            judge=judge,
            scale=PAIR,
            model=judge,
            raw=raw,
            flags=flags,
            swapped=(game == 2) != turned,
        )
        step = {"model_1": 1, "model_2": -1, "tie": 0}.get(winner)
        if step is not None:
            ballot = ballot._replace(score=float(-step if turned else step) + 0.0)
        elif winner == "error":
            ballot = ballot._replace(abstention=_unread(raw))
        elif winner == "inconsistent" and field == "winner":
            said = "the two orders disagree, and which said what is not told"
            ballot = ballot._replace(abstention=unreadable(said, Reason.AMBIGUOUS))
        else:
            raise row.off(field, f"{winner!r} is no winner of FastChat")
        ballots.append(ballot)
    return case, tuple(ballots)


IMPORT = RowImporter(
    "fastchat",
    needs=[
        ("question_id", "model", "score", "judge"),
        ("question_id", "model", "score", "prompt_name"),
        ("question_id", "model_1", "model_2", "judge", "g1_winner", "g2_winner"),
        ("question_id", "model_1", "model_2", "judge", "winner"),
    ],
    read=_read,
)
