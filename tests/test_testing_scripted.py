"""ScriptedModel: a gateway that answers from a script, read by the real formats."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import pytest

from dikast.models.keys import request_key
from dikast.registry import load
from dikast.testing import ChatRequest, ScriptedModel, by_model, structured_reply
from dikast.testing.scripted import as_chat
from dikast.types import (
    MARK,
    CallFailure,
    Criterion,
    IntegerScale,
    ModelReply,
    ModelRequest,
    ModelSpec,
    Place,
    Price,
    PromptMessage,
    Reason,
    YesNoScale,
)

QUALITY = Criterion(id="quality", question="Is it good?", scale=IntegerScale())
RIGHT = Criterion(id="right", question="Is it right?", scale=YesNoScale())
STRUCTURED = load("formats", "structured")


def request(
    case: str = "c1", *, criteria: tuple[Criterion, ...] = (), **place: Any
) -> ModelRequest:
    fenced = ("<<<response ", MARK, ">>>\nParis\n<<<end response ", MARK, ">>>")
    return ModelRequest(
        model=ModelSpec(model="openai/m", price=Price(input=1, output=2)),
        messages=(PromptMessage(role="user", parts=fenced),),
        reply_schema=STRUCTURED.schema(criteria) if criteria else None,
        place=Place(case=case, **place),
    )


def ask(model: ScriptedModel, *requests: ModelRequest) -> list[Any]:
    async def all_of() -> list[Any]:
        return list(await asyncio.gather(*(model.ask(one) for one in requests)))

    return asyncio.run(all_of())


def texts(replies: list[Any]) -> list[str]:
    return [reply.text for reply in replies]


def test_a_function_answers_and_sees_the_marker() -> None:
    model = ScriptedModel(lambda asked, marker: f"{asked.place.case} {marker}")
    (reply,) = ask(model, request())
    assert reply.text == f"c1 {reply.marker}"
    assert model.prompts == [
        f"<<<response {reply.marker}>>>\nParis\n<<<end response {reply.marker}>>>"
    ]
    assert reply.key == request_key(request())


def test_an_async_function_answers() -> None:
    async def answer(asked: ModelRequest, marker: str) -> str:
        await asyncio.sleep(0)
        return "later"

    assert texts(ask(ScriptedModel(answer), request())) == ["later"]


def test_a_sequence_answers_in_order_and_repeats_its_last() -> None:
    model = ScriptedModel(["one", CallFailure(reason=Reason.TIMEOUT), "three"])
    first, failed, third, fourth = ask(model, *(request(str(n)) for n in range(4)))
    assert [first.text, third.text, fourth.text] == ["one", "three", "three"]
    assert isinstance(failed, CallFailure)
    assert failed.reason is Reason.TIMEOUT
    assert failed.key == request_key(request("1"))
    assert failed.usage.calls == 1


def test_a_table_answers_by_seat_judge_and_role() -> None:
    model = ScriptedModel(
        {"ann": ["a1", "a2"], "bob": lambda *_: "b", "critic": "points", "*": "else"}
    )
    asked = [
        request("1", seat="ann"),
        request("2", seat="ann"),
        request("3", seat="first", judge="bob"),
        request("4", role="critic"),
        request("5", seat="zoe"),
    ]
    assert texts(ask(model, *asked)) == ["a1", "a2", "b", "points", "else"]


def test_a_seat_that_the_script_does_not_know_is_an_error() -> None:
    with pytest.raises(LookupError, match="no answer for judge `zoe`"):
        ask(ScriptedModel({"ann": "yes"}), request(seat="zoe"))


def test_markers_differ_by_place_and_stay_with_the_request() -> None:
    model = ScriptedModel("{{marker}}")
    one, other, again = ask(model, request("1"), request("2"), request("1"))
    assert one.marker == one.text == again.marker != other.marker
    assert len(one.marker) == 16


def test_a_delay_may_depend_on_the_request_and_calls_overlap() -> None:
    model = ScriptedModel("yes", delay=lambda asked: 0.5 if asked.place.case == "slow" else 0.0)
    started = time.monotonic()
    ask(model, *(request("slow", sample=n) for n in range(20)), request("fast"))
    assert 0.5 <= time.monotonic() - started < 5.0  # one after another: 10 seconds


def test_replay_answers_an_equal_request_without_the_script() -> None:
    model = ScriptedModel(["one", "two"], replay=True)
    replies = [
        ask(model, request("1"))[0],
        ask(model, request("1"))[0],
        ask(model, request("2"))[0],
    ]
    assert texts(replies) == ["one", "one", "two"]
    assert [reply.replayed for reply in replies] == [False, True, False]
    assert [reply.usage.calls for reply in replies] == [1, 0, 1]
    assert len(model.requests) == 2


def test_usage_is_priced_where_a_price_is_given() -> None:
    (reply,) = ask(ScriptedModel("x" * 40), request())
    usage = reply.usage
    assert usage.cost == (usage.input_tokens + 2 * usage.output_tokens) / 1e6 > 0


def test_a_responder_of_a_server_answers_without_the_socket() -> None:
    model = ScriptedModel.of(by_model({"m": lambda asked: f"{asked.block('response')}?"}))
    assert texts(ask(model, request())) == ["Paris?"]


# -- replies that the structured format reads -------------------------------------------------


@pytest.mark.parametrize(
    "criteria",
    [
        pytest.param((QUALITY,), id="one-criterion-is-flat"),
        pytest.param((QUALITY, RIGHT), id="several-criteria-have-a-part-each"),
    ],
)
@pytest.mark.parametrize("asked_as", ["criteria", "ids", "model request", "chat request"])
def test_a_structured_reply_is_read_by_the_format(
    criteria: tuple[Criterion, ...], asked_as: str
) -> None:
    wanted = request(criteria=criteria, criterion="quality")
    mark = "0123456789abcdef"
    asked: Any = {
        "criteria": criteria,
        "ids": [criterion.id for criterion in criteria],
        "model request": wanted,
        "chat request": as_chat(wanted, mark),
    }[asked_as]
    given: dict[str, Any] = {"quality": 4, "right": "yes", "": 4}
    text = structured_reply(
        asked,
        score=given.__getitem__,
        reasoning=lambda criterion: f"about {criterion}",
        evidence=["Paris"],
        marker=None if asked_as == "chat request" else mark,
        confidence=0.9,
    )
    read = STRUCTURED.read(text, criteria, marker=mark)
    assert {key: part.score for key, part in read.items()} == {
        "quality": 4.0,
        **({"right": 1.0} if RIGHT in criteria else {}),
    }
    assert all(part.quotes == ("Paris",) and part.confidence == 0.9 for part in read.values())


def test_a_criterion_without_a_score_is_left_out() -> None:
    text = structured_reply([QUALITY, RIGHT], score={"quality": 3}.get, marker="ab")
    assert list(json.loads(text)["criteria"]) == ["quality"]
    assert (
        STRUCTURED.read(text, [QUALITY, RIGHT], marker="ab")["right"].reason == "missing_criterion"
    )


def test_the_fault_of_a_reply_is_kept_as_written() -> None:
    text = structured_reply([QUALITY], score=True, marker="ab")
    assert STRUCTURED.read(text, [QUALITY], marker="ab")["quality"].reason == "off_scale"


def test_by_model_names_the_models_it_knows() -> None:
    with pytest.raises(LookupError, match="no responder for model `n`; known are `m`"):
        by_model({"m": lambda _: "yes"})(ChatRequest({"model": "n"}))
    assert by_model({}, default=lambda _: "any")(ChatRequest({"model": "n"})) == "any"


def test_replies_are_values_of_the_gateways_vocabulary() -> None:
    (reply,) = ask(ScriptedModel("yes"), request())
    assert ModelReply.from_json(reply.to_json()) == reply
