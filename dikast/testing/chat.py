"""A chat-completions request as the testing kit reads it, and the body of an ordinary answer."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

_MARKER = re.compile(r"(?<![0-9A-Za-z])[0-9a-f]{16}(?![0-9A-Za-z])")
"""What a fence marker looks like: 16 hexadecimal digits on their own."""


def body_digest(body: Mapping[str, Any]) -> str:
    """SHA-256 of a request body in canonical JSON: equal bodies give equal digests.

    Examples:
        >>> body_digest({"a": 1, "b": 2}) == body_digest({"b": 2, "a": 1})
        True
    """
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def find_marker(text: str) -> str | None:
    """The fence marker of a prompt: the first lone run of 16 hex digits that comes twice.

    A fence opens before the text that it holds, so nothing inside it can come first.

    Returns:
        The marker; None if the prompt fences nothing.

    Examples:
        >>> find_marker("<<0123456789abcdef response>> text <<0123456789abcdef end>>")
        '0123456789abcdef'
        >>> find_marker("no fence: 0123456789abcdef") is None
        True
    """
    counts = Counter(found := _MARKER.findall(text))
    return next((marker for marker in found if counts[marker] > 1), None)


@dataclass(frozen=True)
class ChatRequest:
    """What a responder is told: the request as it came in, and what can be read out of it."""

    body: Mapping[str, Any] = field(repr=False)
    """The parsed JSON body."""
    attempt: int = 0
    """How often the very same body was received before."""

    @property
    def model(self) -> str:
        """The model asked for; empty if the body names none."""
        return str(self.body.get("model") or "")

    @cached_property
    def texts(self) -> tuple[tuple[str, str], ...]:
        """Role and text of each message; parts that are no text are left out."""
        return tuple(
            (str(message.get("role", "")), _text_of(message.get("content")))
            for message in self.body.get("messages") or []
        )

    @cached_property
    def prompt(self) -> str:
        """All text of the request, message after message."""
        return "\n".join(text for _, text in self.texts)

    @cached_property
    def marker(self) -> str | None:
        """The request's fence marker; None if it fences nothing."""
        return find_marker(self.prompt)

    @cached_property
    def blocks(self) -> tuple[tuple[str, str], ...]:
        """Label and text of each fenced block, in order, such as `response` or `vote 1`."""
        if self.marker is None:
            return ()
        return tuple((m[1], m[2]) for m in _fences(self.marker).finditer(self.prompt))

    def block(self, label: str) -> str | None:
        """Text of the first fenced block with this label; None if there is none."""
        return next((text for name, text in self.blocks if name == label), None)

    @cached_property
    def trusted(self) -> str:
        """The prompt without its fenced blocks."""
        if self.marker is None:
            return self.prompt
        return _fences(self.marker).sub("", self.prompt)

    @property
    def schema(self) -> Mapping[str, Any] | None:
        """The JSON schema that the reply should follow; None if none was sent."""
        wanted = self.body.get("response_format")
        if not isinstance(wanted, Mapping):
            return None
        schema = (wanted.get("json_schema") or {}).get("schema")
        return schema if isinstance(schema, Mapping) else None

    @cached_property
    def digest(self) -> str:
        """`body_digest` of the body."""
        return body_digest(self.body)

    @cached_property
    def content(self) -> str:
        """Digest of the body with the fence marker blanked: the same in every run."""
        if self.marker is None:
            return self.digest
        text = json.dumps(self.body, sort_keys=True).replace(self.marker, "")
        return hashlib.sha256(text.encode()).hexdigest()


Responder = Callable[[ChatRequest], str]
"""Turns a request into the text of the reply."""


def completion(request: ChatRequest, text: str | None, **changes: Any) -> dict[str, Any]:
    """The body of a chat completion.

    Args:
        request: What was asked; its model name and length enter the body.
        text: The reply; None for no content.
        **changes: `model`, `finish_reason`, `refusal` or `choices`, in place of the ordinary ones.

    Examples:
        >>> completion(ChatRequest({"model": "m"}), "yes")["choices"][0]["message"]["content"]
        'yes'
    """
    message: dict[str, Any] = {"role": "assistant", "content": text}
    if "refusal" in changes:
        message["refusal"] = changes["refusal"]
    choice = {"index": 0, "message": message, "finish_reason": changes.get("finish_reason", "stop")}
    asked, answered = len(request.prompt) // 4 + 1, len(text or "") // 4 + 1
    return {
        "id": f"chatcmpl-{request.digest[:16]}",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": changes.get("model", request.model),
        "choices": changes.get("choices", [choice]),
        "usage": {
            "prompt_tokens": asked,
            "completion_tokens": answered,
            "total_tokens": asked + answered,
        },
    }


def _fences(marker: str) -> re.Pattern[str]:
    """Blocks as dikast's prompts fence them."""
    return re.compile(
        rf"^<<<(?!end )([^<>\n]+) {marker}>>>\n(.*?)\n<<<end \1 {marker}>>>$",
        re.DOTALL | re.MULTILINE,
    )


def _text_of(content: object) -> str:
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    return "".join(str(p.get("text", "")) for p in content if isinstance(p, Mapping))
