"""One attempt through litellm: no hidden retry, bounded answer, and only our own error."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import cache
from typing import Any
from weakref import WeakKeyDictionary

import aiohttp

from dikast.models.bounded import CURRENT, Seen, open_session, settle_connections
from dikast.models.classify import classify
from dikast.models.facts import litellm_facts
from dikast.models.loading import load_litellm
from dikast.models.wire import ModelFacts, TransportError, WireReply, WireRequest
from dikast.types import ModelSpec, Reason

MAX_BODY = 8 << 20
"""Bytes of the largest answer that is read."""

HTTP_HANDLER_PROVIDERS = frozenset(
    {
        "anthropic",
        "bedrock",
        "databricks",
        "deepseek",
        "fireworks_ai",
        "gemini",
        "groq",
        "hosted_vllm",
        "huggingface",
        "mistral",
        "ollama",
        "ollama_chat",
        "openrouter",
        "together_ai",
        "vertex_ai",
        "xai",
    }
)
"""Providers that litellm calls through its own HTTP client, which sends a request a second time
after some connection errors, and which for some ignores a shared session. They are handed a client
of ours. The others go through the OpenAI client, which takes the shared session and sends once;
only Azure's takes no session, so that there the size of an answer is bounded by the deadline alone.
"""


class _Shared:
    """The session of one event loop and how many transports use it."""

    def __init__(self) -> None:
        self.session: aiohttp.ClientSession = open_session()
        self.users = 0
        self.handler: Any = None


_SHARED: WeakKeyDictionary[asyncio.AbstractEventLoop, _Shared] = WeakKeyDictionary()
"""litellm caches its clients per loop, key and address, so transports of one loop share a session:
otherwise closing one would close the connections of another."""


class LitellmTransport:
    """Sends one request once through litellm.

    Args:
        max_body: Bytes of the largest answer that is read.
    """

    def __init__(self, *, max_body: int = MAX_BODY) -> None:
        self._max_body = max_body
        self._shared: _Shared | None = None
        self._litellm: Any = None

    async def start(self) -> None:
        """Import litellm (seconds, in a thread) and open the session of the running loop."""
        if self._shared is not None:
            return
        self._litellm = await asyncio.to_thread(load_litellm)
        if self._shared is None:  # another task may have been here during the import
            loop = asyncio.get_running_loop()
            if loop not in _SHARED:
                _SHARED[loop] = _Shared()
            self._shared = _SHARED[loop]
            self._shared.users += 1

    def facts(self, spec: ModelSpec) -> ModelFacts:
        """What litellm knows of a model."""
        return litellm_facts(spec)

    async def send(self, request: WireRequest) -> WireReply:
        """One attempt; see `Transport`."""
        await self.start()
        seen = Seen(limit=self._max_body)
        token = CURRENT.set(seen)
        try:
            answer = await self._litellm.acompletion(**self._arguments(request))
            return _read(answer)
        except TransportError:
            raise
        except Exception as error:  # whatever it is, it becomes data
            raise classify(error, seen) from None  # the cause may hold the key in its frames
        finally:
            CURRENT.reset(token)

    def _arguments(self, request: WireRequest) -> dict[str, Any]:
        assert self._shared is not None
        arguments: dict[str, Any] = {
            **request.params,
            "model": request.model,
            "messages": request.messages,
            "timeout": request.timeout,
            # both: either alone leaves two hidden retries in some combinations
            "num_retries": 0,
            "max_retries": 0,
            "shared_session": self._shared.session,
        }
        if request.response_format is not None:
            arguments["response_format"] = request.response_format
        if request.api_base is not None:
            arguments["api_base"] = request.api_base
        if request.api_key is not None:
            arguments["api_key"] = request.api_key
        if request.provider in HTTP_HANDLER_PROVIDERS:
            arguments["client"] = self._handler()
        return arguments

    def _handler(self) -> Any:
        assert self._shared is not None
        if self._shared.handler is None:
            self._shared.handler = _one_attempt_handler()(shared_session=self._shared.session)
        return self._shared.handler

    async def aclose(self) -> None:
        """Close what is ours. Clients that a stranger opened through litellm stay open."""
        shared, self._shared = self._shared, None
        if shared is None:
            return
        shared.users -= 1
        if shared.users:
            return
        _SHARED.pop(asyncio.get_running_loop(), None)
        await _finish_logging()
        _forget_clients(self._litellm, shared.session)
        await shared.session.close()
        await settle_connections()


def _read(answer: Any) -> WireReply:
    usage = getattr(answer, "usage", None)
    billed = (
        _count(usage, "prompt_tokens"),
        _count(usage, "completion_tokens"),
        _count(getattr(usage, "prompt_tokens_details", None), "cached_tokens"),
    )
    model = str(getattr(answer, "model", None) or "")
    choices = getattr(answer, "choices", None) or []
    if not choices:
        return WireReply(None, model, None, None, *billed)
    message = choices[0].message
    more = getattr(message, "provider_specific_fields", None) or {}
    text = message.content
    if text is not None and not isinstance(text, str):
        raise TransportError(Reason.BAD_BODY, "the content of the reply is no text")
    refusal = more.get("refusal") or getattr(message, "refusal", None)
    return WireReply(
        text, model, choices[0].finish_reason, None if refusal is None else str(refusal), *billed
    )


def _count(usage: Any, name: str) -> int:
    value = getattr(usage, name, None)
    return value if isinstance(value, int) and value > 0 else 0


@cache
def _one_attempt_handler() -> Any:
    """The HTTP client of litellm, whose second request after a connection error is refused.

    It opens a new connection for that; here on the same session, which lets no second one through.
    """
    from litellm.llms.custom_httpx.http_handler import AsyncHTTPHandler

    class OneAttemptHandler(AsyncHTTPHandler):
        def create_client(self, *args: Any, **kwargs: Any) -> Any:
            kwargs.setdefault("shared_session", self.shared_session)
            return super().create_client(*args, **kwargs)

    return OneAttemptHandler


def _forget_clients(litellm: Any, session: aiohttp.ClientSession) -> None:
    """Drop litellm's cached clients that sit on this session: it is about to be closed."""
    cache_ = getattr(litellm, "in_memory_llm_clients_cache", None)
    entries = getattr(cache_, "cache_dict", {})
    for key, client in list(entries.items()):
        http = getattr(client, "_client", None) or getattr(client, "client", None)
        transport = getattr(http, "_transport", None)
        if getattr(transport, "client", None) is session:
            entries.pop(key, None)
            getattr(cache_, "ttl_dict", {}).pop(key, None)


async def _finish_logging() -> None:
    """Let litellm's background worker finish, so that it does not warn in the next event loop."""
    with suppress(Exception):  # an internal of litellm: without it there is a line in the log
        from litellm.litellm_core_utils.logging_worker import GLOBAL_LOGGING_WORKER

        async with asyncio.timeout(2):
            await GLOBAL_LOGGING_WORKER.flush()
