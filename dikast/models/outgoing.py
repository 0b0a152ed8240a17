"""A `ModelRequest` and its marker → what is put on the wire, or why it must not be."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from dikast.media import BadImage
from dikast.models.parts import is_image_data_url, refusal
from dikast.models.wire import ModelFacts, TransportError, WireRequest
from dikast.types import Attachment, ModelRequest, ModelSpec, PromptMessage, Reason

LoadAttachment = Callable[[Attachment], Awaitable[str]]
"""Gives an attachment's data URL, downscaled and free of metadata."""

_OURS = frozenset(
    {
        "acompletion", "api_base", "api_key", "api_version", "azure_ad_token", "base_url", "cache",
        "caching", "client", "context_window_fallback_dict", "custom_llm_provider",
        "default_headers", "deployment_id", "drop_params", "fallbacks", "max_retries", "messages",
        "metadata", "mock_delay", "mock_response", "mock_timeout", "mock_tool_calls", "model",
        "model_list", "n", "num_retries", "response_format", "retry_policy", "retry_strategy",
        "shared_session", "stream", "stream_options", "timeout", "tool_choice", "tools",
    }
)  # fmt: skip
"""What a spec's `extra` may not set: it is the gateway's own, or would add hidden calls."""

_SAMPLING = ("temperature", "top_p", "max_tokens", "seed", "reasoning_effort")


async def to_wire(
    request: ModelRequest, marker: str, facts: ModelFacts, load: LoadAttachment | None = None
) -> WireRequest:
    """Fill in the marker, the set parameters, the reply format and the attachments.

    Raises:
        TransportError: The request cannot be sent as it is; nothing was dropped to make it fit.
    """
    spec = request.model
    return WireRequest(
        model=spec.model,
        messages=[await _message(m, marker, facts, load) for m in request.messages],
        provider=facts.provider,
        params=sampling_params(spec, facts),
        response_format=_response_format(request, facts),
        api_base=spec.api_base,
        api_key=facts.api_key,
        timeout=spec.timeout,
    )


def sampling_params(spec: ModelSpec, facts: ModelFacts) -> dict[str, Any]:
    """The parameters that were set, and no other: many reasoning models refuse some.

    Raises:
        TransportError: The provider does not take one of them, or it is not the spec's to set.
    """
    chosen = {
        name: value for name in _SAMPLING if (value := getattr(spec.sampling, name)) is not None
    }
    for name in chosen:
        if facts.params is not None and name not in facts.params:
            raise _bad(f"`{spec.model}` does not take `{name}`; leave it unset")
    for name in spec.sampling.extra:
        if name in _OURS:
            raise _bad(f"`extra` may not set `{name}`")
    return {**spec.sampling.extra, **chosen}


def _response_format(request: ModelRequest, facts: ModelFacts) -> dict[str, Any] | None:
    mode = request.model.structured
    if request.reply_schema is None or mode == "none":
        return None
    if facts.params is not None and "response_format" not in facts.params:
        raise _bad(f'`{request.model.model}` takes no reply schema; set `structured = "none"`')
    if mode == "json_object":
        return {"type": "json_object"}
    return {
        "type": "json_schema",
        "json_schema": {"name": "reply", "schema": request.reply_schema, "strict": True},
    }


async def _message(
    message: PromptMessage, marker: str, facts: ModelFacts, load: LoadAttachment | None
) -> dict[str, Any]:
    text = message.text(marker)
    if not message.attachments:
        return {"role": message.role, "content": text}
    parts: list[dict[str, Any]] = [{"type": "text", "text": text}]
    for attachment in message.attachments:
        why = refusal(attachment, facts)
        if why is not None:
            raise TransportError(Reason.UNSUPPORTED_PART, why, sent=False)
        url = await _data_url(attachment, load)
        parts.append({"type": "image_url", "image_url": {"url": url}})
    return {"role": message.role, "content": parts}


async def _data_url(attachment: Attachment, load: LoadAttachment | None) -> str:
    try:
        url = attachment.data_url if load is None else await load(attachment)
    except BadImage as error:
        what = f"image `{attachment.id}` cannot be sent: {error}"
        raise TransportError(Reason.UNSUPPORTED_PART, what, sent=False) from None
    if url is not None and url == attachment.url:
        return url  # an address, which the loader lets through only where the panel allows it
    # never another address: the provider, or litellm on this machine, would fetch it
    if url is None or not is_image_data_url(url):
        what = f"attachment `{attachment.id}` is no inline PNG, JPEG, WebP or GIF"
        raise TransportError(Reason.UNSUPPORTED_PART, what, sent=False)
    return url


def _bad(detail: str) -> TransportError:
    return TransportError(Reason.BAD_REQUEST, detail, sent=False)
