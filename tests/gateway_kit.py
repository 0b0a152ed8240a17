"""What the gateway's tests share: requests, and a transport that is a function."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from typing import Any

from dikast.models.gateway import ModelGateway
from dikast.models.wire import ModelFacts, TransportError, WireReply, WireRequest
from dikast.types import CallFailure, ModelReply, ModelSpec, Place, PromptMessage, Reason
from dikast.types.calls import ModelRequest

Answer = Callable[[WireRequest], Awaitable[WireReply] | WireReply]


def make_request(number: int = 0, *, text: str = "well?", **spec: Any) -> ModelRequest:
    spec.setdefault("model", "openai/judge")
    return ModelRequest(
        model=ModelSpec(**spec),
        messages=(PromptMessage(role="user", parts=("<<", None, ">>", text)),),
        place=Place(case=str(number), seat="one", judge="one", criterion="c"),
    )


def good(text: str = "4", **numbers: int) -> WireReply:
    return WireReply(text, "judge", "stop", None, **{"input_tokens": 10, **numbers})


class Scripted:
    """A transport that answers by a function and keeps what it was sent."""

    def __init__(self, answer: Answer, facts: ModelFacts | None = None) -> None:
        self._answer, self._facts = answer, facts or ModelFacts()
        self.sent: list[WireRequest] = []
        self.open = self.peak = 0

    async def start(self) -> None:
        await asyncio.sleep(0)

    def facts(self, spec: ModelSpec) -> ModelFacts:
        return self._facts._replace(price=spec.price or self._facts.price)

    async def send(self, request: WireRequest) -> WireReply:
        self.sent.append(request)
        self.open += 1
        self.peak = max(self.peak, self.open)
        try:
            answer = self._answer(request)
            return answer if isinstance(answer, WireReply) else await answer
        finally:
            self.open -= 1

    async def aclose(self) -> None:
        pass


def failing(reason: Reason, **more: Any) -> Answer:
    def answer(_: WireRequest) -> WireReply:
        raise TransportError(reason, "by plan", **more)

    return answer


def slow(seconds: float, reply: WireReply | None = None) -> Answer:
    async def answer(_: WireRequest) -> WireReply:
        await asyncio.sleep(seconds)
        return reply or good()

    return answer


def in_turn(answers: Iterator[Answer]) -> Answer:
    """The answers one after another, then good ones."""

    def answer(request: WireRequest) -> Awaitable[WireReply] | WireReply:
        return next(answers, lambda _: good())(request)

    return answer


def reply_of(answer: ModelReply | CallFailure) -> ModelReply:
    assert isinstance(answer, ModelReply), answer
    return answer


def failure_of(answer: ModelReply | CallFailure) -> CallFailure:
    assert isinstance(answer, CallFailure), answer
    return answer


def with_gateway(
    use: Callable[[ModelGateway], Coroutine[Any, Any, Any]], answer: Answer, **options: Any
) -> tuple[Any, Scripted]:
    """Run a coroutine function on a fresh gateway over a scripted transport."""
    transport = Scripted(answer, options.pop("facts", None))
    options = {"backoff": 0.001, **options}

    async def main() -> Any:
        async with ModelGateway(transport=transport, **options) as gateway:
            return await use(gateway)

    return asyncio.run(main()), transport
