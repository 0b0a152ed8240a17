"""A gateway without a model: answers as a test says, and remembers what it was asked."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from dikast.models.keys import marker, request_key
from dikast.testing.chat import ChatRequest, Responder
from dikast.types import CallFailure, ModelReply, ModelRequest, Usage

Answer = str | CallFailure
"""The text of a reply, or the failure that comes instead."""

Answering = Callable[[ModelRequest, str], Answer | Awaitable[Answer]]
"""From a request and its fence marker to an answer."""

Script = Answering | Answer | Sequence[Answer] | Mapping[str, Any]
"""A function; one answer for everything; answers in the order of the questions; or one of these
for each seat, judge or role, `*` for all others."""

_SECRET = b"scripted"


class ScriptedModel:
    """A `Gateway` that needs no model: it answers from a script at once, or after a delay.

    Keys and fence markers are made as the real gateway makes them, so real prompts are fenced and
    real formats can read the replies. In a text of the script, `{{marker}}` becomes the marker.

    Args:
        script: What to answer. A sequence that has run out repeats its last answer.
        delay: Seconds before each answer, or a function of the request.
        replay: Answer an equal request again as before, without asking the script: a journal.

    Raises:
        LookupError: When asked for a seat that a mapping does not name.

    Examples:
        >>> from dikast.types import ModelSpec, Place, PromptMessage
        >>> model = ScriptedModel({"ann": "yes", "*": "no, {{marker}}"})
        >>> request = ModelRequest(model=ModelSpec(model="m"), messages=(),
        ...                        place=Place(case="c1", seat="ann"))
        >>> asyncio.run(model.ask(request)).text
        'yes'
        >>> [asked.place.case for asked in model.requests]
        ['c1']
    """

    def __init__(
        self,
        script: Script,
        *,
        delay: float | Callable[[ModelRequest], float] = 0.0,
        replay: bool = False,
    ) -> None:
        self._script, self._delay, self._replay = script, delay, replay
        self._asked: Counter[int] = Counter()
        self._journal: dict[str, ModelReply] = {}
        self.requests: list[ModelRequest] = []
        """Every request in the order of arrival, those answered from the journal left out."""
        self.prompts: list[str] = []
        """The text of each of them, message after message, with its marker filled in."""

    @classmethod
    def of(cls, responder: Responder, **options: Any) -> ScriptedModel:
        """Answer as a responder of a loopback server would, without the socket."""
        return cls(lambda request, mark: responder(as_chat(request, mark)), **options)

    async def ask(self, request: ModelRequest) -> ModelReply | CallFailure:
        """Answer as the script says."""
        key = request_key(request)
        if key in self._journal:
            usage = Usage(replayed=1)
            return self._journal[key].model_copy(update={"replayed": True, "usage": usage})
        mark = marker(_SECRET, key)
        self.requests.append(request)
        self.prompts.append("\n".join(message.text(mark) for message in request.messages))
        wait = self._delay(request) if callable(self._delay) else self._delay
        if wait > 0:
            await asyncio.sleep(wait)
        answer = self._look_up(self._script, request, mark)
        if not isinstance(answer, str | CallFailure):
            answer = await answer
        if isinstance(answer, CallFailure):
            return answer.model_copy(update={"key": key, "usage": Usage(calls=1)})
        reply = self._reply(request, key, mark, answer)
        if self._replay:
            self._journal[key] = reply
        return reply

    def _look_up(self, script: Any, request: ModelRequest, mark: str) -> Answer | Awaitable[Answer]:
        if isinstance(script, CallFailure):
            return script
        if isinstance(script, str):
            return script.replace("{{marker}}", mark)
        if isinstance(script, Mapping):
            place = request.place
            names = (place.seat, place.judge, place.role, "*")
            name = next((name for name in names if name in script), None)
            if name is None:
                raise LookupError(f"the script has no answer for {place.role} `{place.seat}`")
            return self._look_up(script[name], request, mark)
        if isinstance(script, Sequence):
            taken = self._asked[id(script)]
            self._asked[id(script)] += 1
            return self._look_up(script[min(taken, len(script) - 1)], request, mark)
        found: Answer | Awaitable[Answer] = script(request, mark)
        return found

    @staticmethod
    def _reply(request: ModelRequest, key: str, mark: str, text: str) -> ModelReply:
        asked = sum(len(message.text(mark)) for message in request.messages) // 4 + 1
        said, price = len(text) // 4 + 1, request.model.price
        cost = 0.0 if price is None else (asked * price.input + said * price.output) / 1e6
        usage = Usage(calls=1, input_tokens=asked, output_tokens=said, cost=cost)
        return ModelReply(text=text, key=key, marker=mark, model=request.model.model, usage=usage)


def as_chat(request: ModelRequest, mark: str) -> ChatRequest:
    """A request as a server would receive it.

    Args:
        request: The request.
        mark: Its fence marker.
    """
    body: dict[str, Any] = {
        "model": request.model.model.partition("/")[2] or request.model.model,
        "messages": [{"role": m.role, "content": m.text(mark)} for m in request.messages],
    }
    if request.reply_schema is not None:
        schema = {"name": "reply", "schema": request.reply_schema}
        body["response_format"] = {"type": "json_schema", "json_schema": schema}
    return ChatRequest(body)
