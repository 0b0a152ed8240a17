"""LangChain chat models behind dikast's gateway: one attempt each, and only our own error."""

from __future__ import annotations

import hashlib
import json
import re
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dikast.models.bounded import Seen
from dikast.models.classify import classify
from dikast.models.wire import ModelFacts, Transport, TransportError, WireReply, WireRequest
from dikast.types import ModelSpec, Reason

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

PREFIX = "langchain/"
"""Of `model` for a chat model of LangChain's: `langchain/CLASS/NAME#DIGEST`."""

_NAMES = ("model_name", "model", "model_id", "deployment_name")
_WAITED = re.compile(r"time.?d? ?out", re.IGNORECASE)


def model_name(model: BaseChatModel) -> str:
    """What a chat model is called in panels and journals.

    The digest stands for everything that LangChain says identifies the model (temperature and
    the like), so that another setting is another model to the journal.
    """
    said = next((v for n in _NAMES if isinstance(v := getattr(model, n, None), str) and v), "")
    told: Any = {"type": model._llm_type, **model._identifying_params}  # noqa: SLF001 - their hook
    # an object's own text may hold its address, which no other process would repeat
    text = json.dumps(told, sort_keys=True, default=lambda value: type(value).__name__)
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    return f"{PREFIX}{type(model).__name__}/{said.replace('/', '-') or 'default'}#{digest}"


def warn_of_own_retries(model: BaseChatModel) -> None:
    """Say that a chat model repeats calls by itself, out of sight of dikast's gateway."""
    if getattr(model, "max_retries", 0) != 0:
        warnings.warn(
            f"{type(model).__name__} retries by itself (`max_retries` is "
            f"{getattr(model, 'max_retries', None)}): those calls are neither counted nor in the "
            "budget. Make it with max_retries=0; dikast retries on its own.",
            stacklevel=3,
        )


class ChatModelTransport:
    """Sends a request to the chat model it names; any other goes on to another transport.

    Args:
        models: Chat models by name (`model_name`).
        other: Takes what is not among them; None where there is nothing else.
    """

    def __init__(self, models: Mapping[str, BaseChatModel], other: Transport | None = None) -> None:
        self._models, self._other = models, other

    async def start(self) -> None:
        """Start the other transport; LangChain is loaded already."""
        if self._other is not None:
            await self._other.start()

    def facts(self, spec: ModelSpec) -> ModelFacts:
        """What the spec says of a chat model; else what the other transport knows."""
        model = self._models.get(spec.model)
        if model is not None:
            key = next(iter(_secrets(model)), None)
            return ModelFacts("langchain", price=spec.price, vision=spec.vision, api_key=key)
        if self._other is not None and not spec.model.startswith(PREFIX):
            return self._other.facts(spec)
        detail = f"the model `{spec.model}` was not given to this panel"
        problem = TransportError(Reason.UNKNOWN_MODEL, detail, ends=True, sent=False)
        return ModelFacts(price=spec.price, problem=problem)

    async def send(self, request: WireRequest) -> WireReply:
        """One attempt; see `Transport`."""
        model = self._models.get(request.model)
        if model is None:
            assert self._other is not None  # `facts` has told the problem
            return await self._other.send(request)
        try:
            return await _ask(model, request)
        except TransportError:
            raise
        except Exception as error:  # whatever it is, it becomes data
            raise _classified(error, model) from None  # the cause may hold the key in its frames

    async def aclose(self) -> None:
        """Close the other transport; a chat model closes its connections by itself."""
        if self._other is not None:
            await self._other.aclose()


async def _ask(model: BaseChatModel, request: WireRequest) -> WireReply:
    from langchain_core.messages import convert_to_messages

    messages = convert_to_messages(request.messages)
    wanted = request.response_format or {}
    if wanted.get("type") == "json_schema":
        if request.params:
            # LangChain's structured output would drop them in silence
            names = ", ".join(f"`{name}`" for name in request.params)
            detail = f"set {names} on the chat model itself: with a reply schema it cannot be sent"
            raise TransportError(Reason.BAD_REQUEST, detail, sent=False)
        schema = {"title": "reply", "description": "The reply.", **wanted["json_schema"]["schema"]}
        structured = model.with_structured_output(schema, include_raw=True)
        said: Any = await structured.ainvoke(messages)
        parsed = said["parsed"]
        # what could not be read goes on as text: the reply ladder has its own ways
        text = None if not isinstance(parsed, dict) else json.dumps(parsed, ensure_ascii=False)
        return _read(said["raw"], text)
    more: dict[str, Any] = {"response_format": wanted} if wanted else {}
    return _read(await model.ainvoke(messages, **request.params, **more))


def _read(message: Any, text: str | None = None) -> WireReply:
    usage: Mapping[str, Any] = message.usage_metadata or {}
    about: Mapping[str, Any] = message.response_metadata or {}
    refusal = message.additional_kwargs.get("refusal")
    finish = about.get("finish_reason") or about.get("stop_reason")
    return WireReply(
        text if text is not None else str(message.text),
        str(about.get("model_name") or about.get("model") or ""),
        _FINISH.get(str(finish), None if finish is None else str(finish)),
        None if refusal is None else str(refusal),
        int(usage.get("input_tokens") or 0),
        int(usage.get("output_tokens") or 0),
        int((usage.get("input_token_details") or {}).get("cache_read") or 0),
    )


_FINISH = {
    "max_tokens": "length",
    "MAX_TOKENS": "length",
    "end_turn": "stop",
    "STOP": "stop",
    "SAFETY": "content_filter",
}
"""How providers say why a reply ended, in the words that the gateway knows."""


def _classified(error: Exception, model: BaseChatModel) -> TransportError:
    """What an exception of some provider's own client means, free of the model's secrets."""
    found = classify(error, _seen(error))
    detail = found.detail
    for secret in _secrets(model):
        detail = detail.replace(secret, "[redacted]")
    reason, retryable = found.reason, found.retryable
    if reason is Reason.BUG:
        reason, retryable = _by_kind(error)
    return TransportError(
        reason,
        detail,
        status=found.status,
        retry_after=found.retry_after,
        retryable=retryable,
        ends=found.ends,
        sent=True,
    )


def _seen(error: Exception) -> Seen:
    """What the wire said, where the client kept it: its own words for an error change."""
    response = getattr(error, "response", None)
    status, body = getattr(response, "status_code", None), getattr(response, "content", b"")
    if not isinstance(status, int) or status < 400 or not isinstance(body, bytes):
        return Seen(limit=0)
    headers = getattr(response, "headers", None)
    return Seen(limit=0, requests=1, status=status, headers=headers, head=body[:4096])


def _by_kind(error: Exception) -> tuple[Reason, bool]:
    """Told by the names of its classes, where no status was said."""
    names = " ".join(cls.__name__ for cls in type(error).__mro__)
    if _WAITED.search(names):
        return Reason.TIMEOUT, True
    if "Connect" in names or "Network" in names or "RemoteProtocol" in names:
        return Reason.CONNECTION, True
    if "RateLimit" in names or "ResourceExhausted" in names:
        return Reason.RATE_LIMITED, True
    if isinstance(error, NotImplementedError):
        return Reason.BAD_REQUEST, False
    return Reason.BUG, False


def _secrets(model: BaseChatModel) -> list[str]:
    """Values of the model's secret fields, empty ones left out."""
    found: list[Any] = [getattr(model, name, None) for name in type(model).model_fields]
    told = (v.get_secret_value() for v in found if hasattr(v, "get_secret_value"))
    return [value for value in told if isinstance(value, str) and len(value) >= 8]
