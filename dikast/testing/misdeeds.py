"""How each fault of a loopback server looks on the wire."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections.abc import Awaitable, Callable

from aiohttp import web

from dikast.testing.chat import ChatRequest, completion
from dikast.testing.faults import OK, Step

ANSWERS = frozenset({OK, "drip", "length", "refusal", "prose", "huge", "other_model"})
"""Faults whose whole body is a reply that a client can use or must pay for."""

SPOKEN = frozenset({OK, "drip", "truncate", "length", "no_choices", "other_model"})
"""Faults that show something of the ordinary reply; for others nobody need make one."""

PROSE = "This is a thoughtful response, and there is much to be said about it."
"""The reply of `prose`: a judge that talks and gives no verdict."""

_CHUNK = 1_000_000

Plain = Callable[[Step, web.Request, ChatRequest, str], web.Response]
"""Makes a response that is then sent whole."""

Act = Callable[[Step, web.Request, ChatRequest, str], Awaitable[web.StreamResponse]]
"""Answers, or fails to, on the connection itself."""


async def commit(
    step: Step, http: web.Request, request: ChatRequest, text: str
) -> web.StreamResponse:
    """Answer a request as its step demands; returns when the last byte was handed over.

    Args:
        step: What is to happen.
        http: The request on the wire.
        request: The request as it was read.
        text: What an ordinary reply would say.
    """
    if step.fault in _ACTS:
        return await _ACTS[step.fault](step, http, request, text)
    if step.fault.isdigit():
        response = refuse(f"status {step.fault} by plan", int(step.fault))
    else:
        response = _PLAIN[step.fault](step, http, request, text)
    await response.prepare(http)
    await response.write_eof()
    return response


def refuse(message: str, status: int = 400, code: str | None = None) -> web.Response:
    """An error as OpenAI words it."""
    error = {"message": message, "type": code or "error", "param": None, "code": code}
    return web.json_response({"error": error}, status=status)


def _rate_limit(step: Step, http: web.Request, request: ChatRequest, text: str) -> web.Response:
    response = refuse("too many requests", 429, "rate_limit_exceeded")
    response.headers["Retry-After"] = f"{step.retry_after:.3f}".rstrip("0").rstrip(".")
    return response


def _not_json(step: Step, http: web.Request, request: ChatRequest, text: str) -> web.Response:
    page = "<html><body><h1>It works!</h1></body></html>"
    return web.Response(text=page, content_type="application/json")


def _echo_key(step: Step, http: web.Request, request: ChatRequest, text: str) -> web.Response:
    sent = http.headers.get("Authorization", "")
    return refuse(f"Incorrect API key: {sent}", 401, "invalid_api_key")


def _reply(text_of: Callable[[str], str | None], **changes: object) -> Plain:
    """A chat completion whose text and particulars differ from the ordinary."""
    return lambda step, http, request, text: web.json_response(
        completion(request, text_of(text), **changes)
    )


_PLAIN: dict[str, Plain] = {
    OK: _reply(lambda text: text),
    "rate_limit": _rate_limit,
    "rate_limit_bare": lambda *_: refuse("too many requests", 429, "rate_limit_exceeded"),
    "quota": lambda *_: refuse("You exceeded your current quota.", 429, "insufficient_quota"),
    "context_length": lambda *_: refuse(
        "This model's maximum context length is 10 tokens.", 400, "context_length_exceeded"
    ),
    "echo_key": _echo_key,
    "not_json": _not_json,
    "empty_object": lambda *_: web.json_response({}),
    "no_choices": _reply(lambda text: text, choices=[]),
    "null_content": _reply(lambda _: None),
    "length": _reply(lambda text: text[: len(text) // 2], finish_reason="length"),
    "content_filter": _reply(lambda _: None, finish_reason="content_filter"),
    "refusal": _reply(lambda _: None, refusal="I can't help with that."),
    "prose": _reply(lambda _: PROSE),
    "other_model": lambda step, http, request, text: web.json_response(
        completion(request, text, model=f"not-{request.model}")
    ),
}


async def _hang(
    step: Step, http: web.Request, request: ChatRequest, text: str
) -> web.StreamResponse:
    await asyncio.Event().wait()  # cancelled when the client leaves or the server stops
    raise AssertionError("unreachable")


async def _drip(
    step: Step, http: web.Request, request: ChatRequest, text: str
) -> web.StreamResponse:
    body = json.dumps(completion(request, text)).encode()
    response = await _opened(http, len(body))
    size = step.plan.drip_bytes
    for start in range(0, len(body), size):
        await response.write(body[start : start + size])
        await asyncio.sleep(step.plan.drip_interval)
    await response.write_eof()
    return response


async def _truncate(
    step: Step, http: web.Request, request: ChatRequest, text: str
) -> web.StreamResponse:
    body = json.dumps(completion(request, text)).encode()
    response = await _opened(http, len(body))
    await response.write(body[: len(body) // 2])
    if http.transport is not None:
        http.transport.close()
    return response


async def _reset(
    step: Step, http: web.Request, request: ChatRequest, text: str
) -> web.StreamResponse:
    if http.transport is not None:
        sock = http.transport.get_extra_info("socket")
        # lingering for no time turns the close into a reset
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        http.transport.abort()
    return web.Response()


async def _huge(
    step: Step, http: web.Request, request: ChatRequest, text: str
) -> web.StreamResponse:
    head, tail = json.dumps(completion(request, "\x00")).encode().split(b"\\u0000")
    response = await _opened(http, len(head) + step.plan.huge_bytes + len(tail))
    await response.write(head)
    for start in range(0, step.plan.huge_bytes, _CHUNK):
        await response.write(b"x" * min(_CHUNK, step.plan.huge_bytes - start))
    await response.write(tail)
    await response.write_eof()
    return response


async def _opened(http: web.Request, length: int) -> web.StreamResponse:
    """A response of which only the head was sent."""
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    response.content_length = length
    await response.prepare(http)
    return response


_ACTS: dict[str, Act] = {
    "hang": _hang,
    "drip": _drip,
    "truncate": _truncate,
    "reset": _reset,
    "huge": _huge,
}
