"""Asking about numbered things at once: one entry per number, and once more for what is missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Generic, NamedTuple, TypeVar

from pydantic import JsonValue

from dikast.agents.asking import reask_messages
from dikast.agents.votes import number
from dikast.formats.contract import Unread
from dikast.formats.tolerant import Unreadable, read_json
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

Item = Mapping[str, JsonValue]


class Answer(NamedTuple, Generic[T]):
    """What became of one number."""

    result: T | Unread
    reply: ModelReply | None = None
    """The reply it was read from, or that could not be read; None where there was none."""
    call: str | None = None
    reasks: int = 0


class Sheet(NamedTuple):
    """How things are numbered in a reply."""

    key: str
    """Name of the list."""
    number: str
    """Name of the entry's number."""
    size: int
    """How many there are, from 1."""
    form: str
    """How to answer, in words, for the re-ask."""
    schema: dict[str, JsonValue]


async def ask_numbered(
    gateway: Gateway,
    model: ModelSpec,
    messages: tuple[PromptMessage, ...],
    sheet: Sheet,
    read: Callable[[Item], T | Unread],
    *,
    place: Place,
    reasks: int,
) -> list[Answer[T]]:
    """Ask about the numbers 1 to `sheet.size`; again about those that could not be read.

    The reply must repeat the request's marker. Of two entries on one number that say different
    things neither counts. A call that failed leaves what an earlier one brought.

    Args:
        gateway: The way to the model.
        model: Whom to ask.
        messages: The rendered prompt.
        sheet: How the reply is numbered.
        read: Reads one entry; returns why not where it cannot be read.
        place: Where it is asked from; `attempt` is counted up.
        reasks: How often to ask again.
    """
    answers: list[Answer[T]] = [Answer(Unread(Reason.CANCELLED, ""))] * sheet.size
    open_, asked = list(range(sheet.size)), messages
    for attempt in range(reasks + 1):
        request = ModelRequest(
            model=model,
            messages=asked,
            reply_schema=sheet.schema,
            place=place.model_copy(update={"attempt": attempt}),
        )
        reply = await gateway.ask(request)
        if isinstance(reply, CallFailure):
            lost = Unread(reply.reason, reply.detail)
            for at in open_:
                kept = answers[at] if attempt else Answer(lost, None, reply.key or None)
                answers[at] = kept._replace(reasks=attempt)
            break
        found = _entries(reply, sheet, read)
        for at in open_:
            answers[at] = Answer(found[at], reply, reply.key, attempt)
        reasons = [(at, result.reason) for at in open_ if isinstance(result := found[at], Unread)]
        open_ = [at for at, _ in reasons]
        if not open_:
            break
        told = [(f"{sheet.number} {at + 1}", reason) for at, reason in reasons]
        whole = len({reason for _, reason in reasons}) == 1 and len(reasons) == sheet.size
        asked = reask_messages(
            messages, reply.text, [("", reasons[0][1])] if whole else told[:20], sheet.form
        )
    return answers


def _entries(
    reply: ModelReply, sheet: Sheet, read: Callable[[Item], T | Unread]
) -> list[T | Unread]:
    """What a reply says on each number."""
    try:
        data = read_json(reply.text, wants=(sheet.key,))
        items = data.get(sheet.key) if isinstance(data, dict) else None
        if not isinstance(data, dict) or not isinstance(items, list):
            raise Unreadable(Reason.MALFORMED, f"no list `{sheet.key}` in the reply")
        if data.get("marker") != reply.marker:
            raise Unreadable(Reason.WRONG_MARKER, "the reply does not repeat the marker")
    except Unreadable as error:
        return [Unread(error.reason, error.detail)] * sheet.size
    found: list[T | Unread] = [
        Unread(Reason.MISSING_CRITERION, "the reply has no entry on it")
    ] * sheet.size
    seen: set[int] = set()
    for item in items:
        if not isinstance(item, dict):
            continue
        at = (number(item.get(sheet.number)) or 0) - 1
        if not 0 <= at < sheet.size:
            continue
        result = read(item)
        if at in seen and result != found[at]:
            result = Unread(Reason.AMBIGUOUS, "two entries on it say different things")
        seen.add(at)
        found[at] = result
    return found


def marked_schema(made: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """The schema of an object with one list, with the request's marker beside the list."""
    properties, required = made["properties"], made["required"]
    assert isinstance(properties, dict) and isinstance(required, list)  # noqa: PT018
    marked: JsonValue = {"marker": {"type": "string"}, **properties}
    return {**made, "properties": marked, "required": ["marker", *required]}
