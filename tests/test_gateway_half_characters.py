"""A reply cut inside a character is paid for like any other: it must not break what follows."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from dikast.models.gateway import ModelGateway
from dikast.models.redact import Redactor
from dikast.models.wire import WireReply
from dikast.types import CallFailure, ModelReply
from tests.gateway_kit import Scripted, make_request

HALF = '{"score": 4, "reasoning": "good \ud83d'


def ask(answer: Any) -> ModelReply | CallFailure:
    async def once() -> ModelReply | CallFailure:
        async with ModelGateway(transport=Scripted(answer), backoff=0.001) as gateway:
            first = await gateway.ask(make_request(retries=0))
            again = await gateway.ask(make_request(retries=0))
            if isinstance(first, ModelReply):
                assert isinstance(again, ModelReply)
                assert (again.text, again.replayed) == (first.text, True)
            return first

    return asyncio.run(once())


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(WireReply(HALF, "m", "stop"), id="in-the-text"),
        pytest.param(WireReply("4", "m\udc00", "stop"), id="in-the-models-name"),
        pytest.param(WireReply(HALF, "m", "length"), id="in-a-reply-cut-off"),
        pytest.param(WireReply(None, "m", "stop", refusal="no \ud83d"), id="in-a-refusal"),
    ],
)
def test_half_a_character_is_shown_as_a_question_mark(reply: WireReply) -> None:
    answer = ask(lambda _: reply)
    assert type(answer).from_json(answer.to_json()) == answer
    assert reply.text is None or (answer.text or "").startswith(reply.text[:3])


def test_a_failures_detail_can_be_stored() -> None:
    assert Redactor(environ={}).detail("broken \ud83d") == "broken ?"
