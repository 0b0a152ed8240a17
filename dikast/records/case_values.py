"""Plain values out of whatever a row holds: numpy and pandas values, messages, passages."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

from dikast.types import Attachment, Context, Message

_DEEPEST = 100
"""Deepest nesting of a row's values; nobody's notes go deeper, and hostile files do."""

_ROLES = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "human": "user",
    "assistant": "assistant",
    "ai": "assistant",
    "tool": "tool",
    "function": "tool",
}
_TEXT_KEYS = ("text", "content", "page_content", "passage")


class Fault(Exception):
    """What is wrong with a row, before anyone knows which file and line it came from.

    Args:
        message: What is wrong.
        hint: What to change.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message, self.hint = message, hint


def missing(value: object) -> bool:
    """Whether a cell is empty: None, or what frames write for nothing (NaN, NaT, NA)."""
    if value is None or type(value).__name__ in {"NAType", "NaTType"}:
        return True
    return isinstance(value, float) and math.isnan(value)


def plain(value: Any, name: str, depth: int = 0) -> Any:
    """A value as JSON knows it, unchanged in content.

    Args:
        value: Anything a table, a data set or a caller may hold.
        name: Its column, for messages.
        depth: Levels above it.

    Raises:
        Fault: It is no JSON value: bytes, NaN, half a surrogate pair, or nested too deeply.
    """
    if depth > _DEEPEST:
        raise Fault(f"`{name}` is nested more than {_DEEPEST} levels deep.")
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return _whole(value, name)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise Fault(f"`{name}` holds {value}, which is no number in JSON.", "Write null.")
        return value
    if isinstance(value, Mapping):
        return {
            _whole(str(key), name): plain(item, f"{name}.{key}", depth + 1)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [plain(item, name, depth + 1) for item in value]
    return plain(_converted(value, name), name, depth + 1)


def _whole(text: str, name: str) -> str:
    if not text.isascii():
        try:
            text.encode("utf-8")
        except UnicodeEncodeError as error:
            code = f"\\u{ord(text[error.start]):04x}"
            raise Fault(
                f"`{name}` holds {code}, half of a character.", "Write the character itself."
            ) from None
    return text


def _converted(value: Any, name: str) -> Any:
    """One step from a library's value towards a plain one."""
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if hasattr(value, "model_dump"):  # pydantic: samples of Ragas, messages of LangChain
        return value.model_dump()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    if hasattr(value, "tolist"):  # numpy
        return value.tolist()
    raise Fault(f"`{name}` holds a {type(value).__name__}, which is no JSON value.")


def text_of(value: Any, name: str) -> str:
    """A text; a whole number counts as the text a person would write for it.

    Raises:
        Fault: It is none.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise Fault(f"`{name}` must be text, and is {kind_of(value)}.", "Put it in quotes.")


def kind_of(value: Any) -> str:
    """A value's kind in words."""
    names = {bool: "true or false", list: "a list", dict: "an object", type(None): "null"}
    names |= {float: "a fraction", int: "a number", str: "text"}
    return names.get(type(value), f"a {type(value).__name__}")


def messages_of(value: Any, name: str) -> tuple[Message, ...]:
    """Turns of a conversation, in the form of any chat API.

    Raises:
        Fault: It is none.
    """
    if not isinstance(value, list):
        raise Fault(f"`{name}` must be a list of messages, and is {kind_of(value)}.")
    return tuple(_message(item, f"{name}[{i}]") for i, item in enumerate(value, 1))


def _message(item: Any, name: str) -> Message:
    if not isinstance(item, dict):
        raise Fault(f"`{name}` must be an object with `role` and `content`.")
    said = item.get("role", item.get("type"))
    role = _ROLES.get(said.casefold() if isinstance(said, str) else "")
    if role is None:
        raise Fault(
            f"`{name}` has the role {said!r}.", "Roles are system, user, assistant and tool."
        )
    content, attachments = item.get("content"), attachments_of(item.get("attachments") or [], name)
    if isinstance(content, list):
        content, images = _parts(content, name)
        attachments += images
    if content is None and item.get("tool_calls"):
        content = json.dumps(item["tool_calls"], ensure_ascii=False)
    if not isinstance(content, str):
        raise Fault(f"`{name}.content` must be text, and is {kind_of(content)}.")
    return Message.model_validate({"role": role, "content": content, "attachments": attachments})


def _parts(parts: Sequence[Any], name: str) -> tuple[str, tuple[Attachment, ...]]:
    """Text and images of a message in parts (`{"type": "text", …}`, `{"type": "image_url", …}`)."""
    texts: list[str] = []
    images: list[str] = []
    for part in parts:
        kind = part.get("type") if isinstance(part, dict) else "text"
        if isinstance(part, str):
            texts.append(part)
        elif kind == "text" and isinstance(part.get("text"), str):
            texts.append(part["text"])
        elif kind == "image_url":
            url = part.get("image_url")
            images.append(str(url.get("url") if isinstance(url, dict) else url))
        else:
            raise Fault(f"`{name}` holds a part of type {kind!r}.", "Known: text, image_url.")
    return "\n".join(texts), attachments_of(images, name)


def attachments_of(value: Any, name: str) -> tuple[Attachment, ...]:
    """Images of a case, message or candidate: objects, paths, or data URLs.

    Raises:
        Fault: It is none, or a remote address.
    """
    items = [value] if isinstance(value, str | dict) else value
    if not isinstance(items, list):
        raise Fault(f"`{name}` must be a list of attachments, and is {kind_of(value)}.")
    return tuple(_attachment(item, f"{name}[{i}]", i) for i, item in enumerate(items, 1))


def _attachment(item: Any, name: str, number: int) -> Attachment:
    if isinstance(item, str):
        inline = item.startswith("data:")
        item = {"id": str(number), "data_url" if inline else "path": item}
    if not isinstance(item, dict):
        raise Fault(f"`{name}` must be a path, a data URL or an object.")
    path = item.get("path")
    if isinstance(path, str) and "://" in path:
        raise Fault(
            f"`{name}` is a remote address; dikast fetches nothing.",
            'Give a local path or a data URL; or write it as {"url": "https://…"} and set '
            "`remote_images = true` in the panel, and the provider fetches it.",
        )
    return Attachment.model_validate({"id": str(number), **item})


_MEANT_AS_ATTACHMENTS = ("attachment", "image", "images")
"""Other keys of a passage are notes; these would be a loss that nobody is told of."""


def contexts_of(
    value: Any, ids: Any, name: str
) -> tuple[tuple[Context, ...], dict[str, dict[str, Any]]]:
    """Passages, and what was noted beside them by passage id.

    One text alone is one passage. Without an id a passage is called by its place, from 1.

    Args:
        value: A text, or a list of texts or of objects with a text.
        ids: Ids of the passages, in their order; None if they were not given apart.
        name: The column, for messages.

    Raises:
        Fault: It is none, or the ids are not as many as the passages.
    """
    items = value if isinstance(value, list) else [value]
    if ids is not None and (not isinstance(ids, list) or len(ids) != len(items)):
        raise Fault(f"the ids of `{name}` must be a list of {len(items)}, one per passage.")
    passages: list[Context] = []
    notes: dict[str, dict[str, Any]] = {}
    for number, item in enumerate(items, 1):
        where = f"{name}[{number}]"
        own = {} if ids is None else {"id": text_of(ids[number - 1], where)}
        fields, extra = _passage(item, where)
        passage = Context.model_validate({"id": str(number)} | own | fields)
        passages.append(passage)
        if extra:
            notes[passage.id] = extra
    return tuple(passages), notes


def _passage(item: Any, name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    if isinstance(item, str):
        return {"text": item}, {}
    key = next((k for k in _TEXT_KEYS if isinstance(item, dict) and item.get(k) is not None), None)
    if key is None:
        raise Fault(
            f"`{name}` must be text or an object with `text`, and is {kind_of(item)}.",
            "Write each passage as a string or as {id, text}.",
        )
    fields: dict[str, Any] = {"text": text_of(item[key], f"{name}.{key}")}
    if item.get("id") is not None:
        fields["id"] = text_of(item["id"], f"{name}.id")
    if item.get("attachments"):
        fields["attachments"] = attachments_of(item["attachments"], name)
    if meant := next((k for k in _MEANT_AS_ATTACHMENTS if item.get(k)), None):
        raise Fault(
            f"`{name}` has `{meant}`, which no judge would see.",
            "Images of a passage belong into its `attachments`.",
        )
    used = {key, "id", "attachments"}
    return fields, {k: v for k, v in item.items() if k not in used and v is not None and v != {}}


def distinct(values: Iterable[Any]) -> list[Any]:
    """Values without repetitions; for lists and objects too."""
    found: list[Any] = []
    for value in values:
        if value not in found:
            found.append(value)
    return found
