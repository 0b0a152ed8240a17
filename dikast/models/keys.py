"""The journal key of a request: a digest of all that could change the answer, and of its place."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

from dikast.types import MARK, Attachment, ModelRequest, ModelSpec, Place, PromptMessage

MARKER_LENGTH = 16
"""Hex digits of a fence marker: 64 bits that a candidate would have to guess."""


def request_key(request: ModelRequest, *, share_identical: bool = False) -> str:
    """Digest of everything that could change the answer, as 64 hex digits.

    Model, address, sampling (set values only), structured mode, messages with the marker blank,
    attachments and reply schema are part of it; timeout, retries, concurrency and price are not,
    so a run may be resumed with other limits. The place is part of it too, so that two seats of
    one model never share an answer.

    Args:
        request: The request.
        share_identical: Leave the place out, except for its sample and attempt numbers:
            identical requests share one answer, and several samples stay several.

    Examples:
        >>> from dikast.types import Place
        >>> spec = ModelSpec(model="openai/m")
        >>> ask = ModelRequest(model=spec, messages=(), place=Place(case="1"))
        >>> other = ask.model_copy(update={"place": Place(case="2")})
        >>> request_key(ask) == request_key(other)
        False
        >>> request_key(ask, share_identical=True) == request_key(other, share_identical=True)
        True
    """
    content = {
        "model": _model(request.model),
        "messages": [_message(message) for message in request.messages],
        "schema": request.reply_schema,
        "place": _place(request.place, share_identical),
    }
    return hashlib.sha256(_canonical(content)).hexdigest()


def marker(secret: bytes, key: str) -> str:
    """The fence marker of a request: the same on every replay, unknown to any candidate."""
    return hmac.new(secret, key.encode(), hashlib.sha256).hexdigest()[:MARKER_LENGTH]


def _canonical(value: Any) -> bytes:
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), allow_nan=False, ensure_ascii=True
    ).encode()


def _model(spec: ModelSpec) -> dict[str, Any]:
    sampling = spec.sampling
    chosen: dict[str, Any] = {
        name: value
        for name, value in (
            ("temperature", sampling.temperature),
            ("top_p", sampling.top_p),
            ("max_tokens", sampling.max_tokens),
            ("seed", sampling.seed),
            ("reasoning_effort", sampling.reasoning_effort),
        )
        if value is not None
    }
    return {
        "model": spec.model,
        "api_base": spec.api_base,
        "sampling": chosen,
        "extra": sampling.extra,
        "structured": spec.structured,
    }


def _message(message: PromptMessage) -> list[Any]:
    parts: list[str | None] = []
    for part in message.parts:
        # how a text was cut into parts is invisible on the wire, so it is invisible here
        if part is not MARK and parts and (last := parts[-1]) is not MARK:
            parts[-1] = last + part
        else:
            parts.append(part)
    return [message.role, parts, [_attachment(a) for a in message.attachments]]


def _attachment(attachment: Attachment) -> list[str | None]:
    if attachment.sha256 is not None:
        return [attachment.kind, "sha256", attachment.sha256]
    if attachment.url is not None:
        return [attachment.kind, "url", attachment.url]
    if attachment.data_url is not None:
        digest = hashlib.sha256(attachment.data_url.encode()).hexdigest()
        return [attachment.kind, "data_url", digest]
    return [attachment.kind, "path", attachment.path]


def _place(place: Place, share_identical: bool) -> list[Any]:
    if share_identical:
        return [place.sample, place.attempt]
    return [
        place.role,
        place.case,
        place.candidates,
        place.seat,
        place.judge,
        place.criterion,
        place.round,
        place.sample,
        place.attempt,
    ]
