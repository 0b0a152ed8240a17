"""The HTTP session under litellm: one request per attempt, bounded bodies, facts of the wire.

litellm maps many different events to the same exception, its clients send a second request
after some connection errors, and neither bounds the size of an answer. This session is handed to
litellm as its `shared_session`; for every attempt it notes what really happened on the wire.
"""

from __future__ import annotations

import asyncio
import json
import zlib
from collections.abc import AsyncIterator
from contextvars import ContextVar
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import aiohttp

_CHUNK = 1 << 16
_HEAD = 4096
_LONG = 1 << 16
"""Bytes from which a body is looked at before litellm is given it."""
_ANSWERS = frozenset(
    {"choices", "content", "candidates", "message", "response", "output", "generations", "text"}
)


@dataclass(slots=True)
class Seen:
    """What happened on the wire during one attempt."""

    limit: int
    """Most bytes of an answer, unpacked."""
    requests: int = 0
    status: int | None = None
    headers: Any = None
    """Headers of the answer; None without one."""
    complete: bool = False
    """Whether the answer was read to its end."""
    too_large: bool = False
    head: bytes = b""
    """The first bytes of the answer: litellm drops what they say of an error's code."""


CURRENT: ContextVar[Seen | None] = ContextVar("dikast_attempt", default=None)
"""The attempt of the running task; None outside of one (a stranger's own litellm call)."""


def open_session() -> aiohttp.ClientSession:
    """A session for the running loop. Its caller bounds the connections, so it does not."""
    trace = aiohttp.TraceConfig()
    trace.on_request_start.append(_one_request)
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=60),
        cookie_jar=aiohttp.DummyCookieJar(),
        response_class=_Response,
        trace_configs=[trace],
    )


async def _one_request(
    session: aiohttp.ClientSession,
    context: SimpleNamespace,
    params: aiohttp.TraceRequestStartParams,
) -> None:
    """Refuse a second request within one attempt: a hidden retry, or a redirect."""
    seen = CURRENT.get()
    if seen is None:
        return
    if seen.requests:
        raise aiohttp.ClientPayloadError("no second request within one attempt")
    seen.requests += 1
    params.headers["Accept-Encoding"] = "identity"  # a small body cannot unpack to a large one


class _Response(aiohttp.ClientResponse):
    """A response whose body is counted while it is read."""

    async def start(self, connection: Any) -> aiohttp.ClientResponse:
        await super().start(connection)
        seen = CURRENT.get()
        if seen is not None:
            seen.status, seen.headers = self.status, self.headers
            self.content = _Counted(self.content, self, seen)  # type: ignore[assignment]
        return self


class _Counted:
    """A stream reader that stops at the limit; everything else is the reader's own."""

    def __init__(self, reader: aiohttp.StreamReader, response: _Response, seen: Seen) -> None:
        self._reader, self._response, self._seen = reader, response, seen

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reader, name)

    async def iter_chunked(self, size: int) -> AsyncIterator[bytes]:
        """The body at once, cut off with an error at the limit.

        Litellm runs its patterns several times over whatever it puts into an error, at more than
        a second a megabyte and without yielding, so that no deadline could end it. It is given a
        long text only where that looks like the answer of a model.
        """
        measure = _measure(self._response.headers.get("Content-Encoding", ""))
        packed, failed = not isinstance(measure, _Plain), self._response.status >= 400
        body, total = bytearray(), 0
        if (self._response.content_length or 0) > self._seen.limit:
            self._cut()
        async for chunk in self._reader.iter_chunked(size):
            total += measure.size(chunk, self._seen.limit - total)
            if total > self._seen.limit:
                self._cut()
            body += chunk
            if failed and total > _LONG:
                self._response.close()
                break
        if not packed:
            self._seen.head = bytes(body[:_HEAD])
        self._seen.complete = True
        if total > _LONG and (failed or not looks_like_an_answer(body, packed=packed)):
            del body[0 if packed else _HEAD :]
        yield bytes(body)

    def _cut(self) -> None:
        self._seen.too_large = True
        self._response.close()
        raise aiohttp.ClientPayloadError(f"answer above {self._seen.limit} bytes")


def looks_like_an_answer(body: bytes | bytearray, *, packed: bool = False) -> bool:
    """Whether a long body is JSON with a field that some provider's answers have.

    Examples:
        >>> looks_like_an_answer(b'{"choices": []}'), looks_like_an_answer(b"<html>")
        (True, False)
    """
    try:
        found = json.loads(zlib.decompress(body, wbits=47) if packed else body)
    except (ValueError, RecursionError, zlib.error):
        return False
    return isinstance(found, dict) and not _ANSWERS.isdisjoint(found)


class _Plain:
    def size(self, chunk: bytes, room: int) -> int:
        return len(chunk)


class _Packed:
    """Measures a gzip or deflate body that came although it was not asked for."""

    def __init__(self) -> None:
        self._unpack = zlib.decompressobj(wbits=47)

    def size(self, chunk: bytes, room: int) -> int:
        total = 0
        while chunk and total <= room:
            try:
                total += len(self._unpack.decompress(chunk, _CHUNK))
            except zlib.error:
                return total  # not what it says: the reader after us will refuse it
            chunk = self._unpack.unconsumed_tail
        return total


class _Unmeasurable:
    def size(self, chunk: bytes, room: int) -> int:
        return room + 1


def _measure(encoding: str) -> _Plain | _Packed | _Unmeasurable:
    match encoding.strip().lower():
        case "" | "identity":
            return _Plain()
        case "gzip" | "x-gzip" | "deflate":
            return _Packed()
        case _:
            return _Unmeasurable()  # brotli, zstd: not asked for, and not measured in pieces


async def settle_connections() -> None:
    """Let the transports of a closed session run their last callbacks."""
    for _ in range(3):
        await asyncio.sleep(0)
