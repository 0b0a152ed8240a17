"""Asking a model, once more if need be: what judge, critic and detector share."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Coroutine, Iterable, Sequence
from typing import Any, NamedTuple, TypeVar

from pydantic import JsonValue

from dikast.errors import ConfigError
from dikast.formats.tolerant import Unreadable, read_json
from dikast.prompts import Template, clip, load, neutralise
from dikast.types import (
    CallFailure,
    Gateway,
    ModelReply,
    ModelRequest,
    ModelSpec,
    Place,
    PromptMessage,
    Reason,
)

T = TypeVar("T")

_QUOTED_REPLY = 8_000
"""Longest part of an unreadable reply that is shown back, in characters."""

_SNAPSHOT = re.compile(r"[-@:.]?(?:latest|\d{4}-\d{2}-\d{2}|\d{4,8}|v\d+(?::\d+)?)")
"""How providers extend a model's name to say which snapshot of it answered."""


async def all_of(jobs: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """Run jobs side by side and wait for every one, then raise the first error if there was one.

    Answers of siblings that were paid for are thus journalled before an error goes on.
    """
    results = await asyncio.gather(*jobs, return_exceptions=True)
    done = []
    for result in results:
        if isinstance(result, BaseException):
            raise result
        done.append(result)
    return done


def plain_model(spec: ModelSpec) -> ModelSpec:
    """Where and how to call, without what makes it a seat, so that requests round-trip."""
    return ModelSpec.model_validate({k: getattr(spec, k) for k in ModelSpec.model_fields})


def need_gateway(gateway: Gateway | None, who: str) -> Gateway:
    """The gateway.

    Raises:
        ConfigError: There is none; a model cannot be asked without one.
    """
    if gateway is None:
        raise ConfigError(f"`{who}` is a model and needs a gateway.", hint="Pass `gateway=…`.")
    return gateway


def reask_messages(
    messages: Sequence[PromptMessage],
    reply: str,
    reasons: Sequence[tuple[str, Reason]],
    form: Sequence[str | None] | str,
    *,
    template: Template | None = None,
) -> tuple[PromptMessage, ...]:
    """The conversation so far, and a turn that asks for the answer once more.

    The unreadable reply comes back as fenced data: it may hold text that the judged response
    dictated, and as a turn of its own it would speak with the judge's voice. What was wrong is
    said in fixed words only, for a parser's detail may repeat the reply.

    Args:
        messages: The first request's messages.
        reply: What could not be read.
        reasons: On what (empty for the whole), and why.
        form: How to answer, as message parts.
        template: Another prompt than `reask`.
    """
    template = template or load("reask")
    phrases = template.phrases
    said = [
        (f"on `{what}`, " if what else "") + phrases.get(reason, phrases["other"])
        for what, reason in reasons
    ]
    turn = template.render(
        {
            "problem": "; ".join(said),
            "reply": clip(reply, _QUOTED_REPLY),
            "form": form if isinstance(form, str) else tuple(form),
        }
    )
    return (*messages, *turn)


def other_model(asked: str, answered: str) -> str | None:
    """A flag if another model answered than was asked; None if it is the same or not told.

    Examples:
        >>> other_model("openai/gpt-4o", "gpt-4o-2024-08-06")
        >>> other_model("openai/gpt-4o", "gpt-4o-mini")
        'other_model:gpt-4o-mini'
    """
    want, got = (name.rsplit("/", 1)[-1].casefold() for name in (asked, answered))
    short, long = sorted((want, got), key=len)
    if not got or (long.startswith(short) and _SNAPSHOT.fullmatch(long[len(short) :] or "-latest")):
        return None
    return "other_model:" + clip(" ".join(neutralise(answered).split()), 100)


class Items(NamedTuple):
    """A JSON reply's list of objects, and the reply."""

    items: list[dict[str, JsonValue]]
    reply: ModelReply


class NoItems(NamedTuple):
    """No list could be had."""

    failure: str
    """Why, for a person."""
    key: str


async def ask_items(
    gateway: Gateway,
    model: ModelSpec,
    messages: tuple[PromptMessage, ...],
    *,
    key: str,
    form: str,
    schema: dict[str, JsonValue],
    place: Place,
    reasks: int = 1,
) -> Items | NoItems:
    """Ask for a JSON object with one list of objects; once more if it cannot be read.

    Args:
        gateway: The way to the model.
        model: Whom to ask.
        messages: The rendered prompt.
        key: Name of the list.
        form: How to answer, in words, for the re-ask.
        schema: JSON schema of the reply.
        place: Where it is asked from; `attempt` is counted up.
        reasks: How often to ask again.
    """
    asked = messages
    for attempt in range(reasks + 1):
        request = ModelRequest(
            model=model,
            messages=asked,
            reply_schema=schema,
            place=place.model_copy(update={"attempt": attempt}),
        )
        answer = await gateway.ask(request)
        if isinstance(answer, CallFailure):
            return NoItems(_why(answer.reason, answer.detail), answer.key)
        try:
            return Items(_items(read_json(answer.text, wants=(key,)), key), answer)
        except Unreadable as error:
            failure = NoItems(_why(error.reason, error.detail), answer.key)
            asked = reask_messages(messages, answer.text, [("", error.reason)], form)
    return failure


def _items(data: object, key: str) -> list[dict[str, JsonValue]]:
    """The list of objects under `key`; entries of another kind are empty objects."""
    found = data.get(key) if isinstance(data, dict) else None
    if not isinstance(found, list):
        raise Unreadable(Reason.MALFORMED, f"no list `{key}` in the reply")
    return [item if isinstance(item, dict) else {} for item in found]


def _why(reason: Reason, detail: str) -> str:
    return f"{reason.value}: {clip(detail, 200)}" if detail else reason.value
