"""A paid reply ↔ its journal body, and what it means: a reply, or the kind of its failure."""

from __future__ import annotations

import json
from typing import NamedTuple

from dikast.errors import StoreError
from dikast.models.wire import WireReply
from dikast.types import CallFailure, ModelReply, Reason, Usage


class Paid(NamedTuple):
    """What came back and was paid for."""

    text: str
    model: str
    finish: str | None
    reason: Reason | None
    """Why the reply cannot be used; None if it can."""
    usage: Usage


_DETAILS: dict[Reason, str] = {
    Reason.EMPTY: "the reply is empty",
    Reason.FILTERED: "the provider's content filter stopped the reply",
    Reason.TRUNCATED: "the reply was cut off at the token limit; raise `max_tokens`",
    Reason.REFUSED: "the model refused to answer",
}


def worth(reply: WireReply) -> Reason | None:
    """Why a chat completion holds no reply that can be read; None if it holds one.

    Examples:
        >>> worth(WireReply("4", finish="stop")) is None
        True
        >>> worth(WireReply('{"score": 4', finish="length"))
        <Reason.TRUNCATED: 'truncated'>
    """
    if reply.finish == "content_filter":
        return Reason.FILTERED
    if reply.refusal:
        return Reason.REFUSED
    if reply.finish == "length":
        return Reason.TRUNCATED
    if reply.text is None or not reply.text.strip():
        return Reason.EMPTY
    return None


def encode(paid: Paid) -> bytes:
    """The journal body of a paid reply."""
    return json.dumps(
        {
            "v": 1,
            "text": paid.text,
            "model": paid.model,
            "finish": paid.finish,
            "reason": paid.reason,
            "usage": paid.usage.model_dump(exclude_defaults=True),
        },
        separators=(",", ":"),
    ).encode()


def decode(body: bytes) -> Paid:
    """Read what `encode` wrote.

    Raises:
        StoreError: It cannot be read; the journal is damaged or newer than this program.

    Examples:
        >>> decode(encode(Paid("4", "m", "stop", None, Usage(calls=1)))).text
        '4'
    """
    try:
        found = json.loads(body)
        if found["v"] != 1:
            raise ValueError(found["v"])
        reason = None if found["reason"] is None else Reason(found["reason"])
        return Paid(
            str(found["text"]), str(found["model"]), found["finish"], reason,
            Usage.model_validate(found["usage"]),
        )  # fmt: skip
    except (ValueError, KeyError, TypeError) as error:
        raise StoreError(f"a journal entry cannot be read ({type(error).__name__})") from error


def answer(paid: Paid, *, key: str, marker: str, replayed: bool) -> ModelReply | CallFailure:
    """What the asker is given; the same for a fresh and for a replayed reply but for the usage."""
    usage = Usage(replayed=1) if replayed else paid.usage
    if paid.reason is not None:
        return CallFailure(
            reason=paid.reason,
            detail=_DETAILS.get(paid.reason, str(paid.reason)),
            key=key,
            text=paid.text or None,
            usage=usage,
            status=200,
        )
    return ModelReply(
        text=paid.text, key=key, marker=marker, model=paid.model, usage=usage, replayed=replayed
    )
