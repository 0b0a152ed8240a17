"""Replies that dikast's formats read, made from what was asked; responders made of responders."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from pydantic import JsonValue

from dikast.testing.chat import ChatRequest, Responder
from dikast.types import Criterion, ModelRequest

Asked = ModelRequest | ChatRequest | Sequence[Criterion] | Sequence[str]
"""Where the criteria of a reply are taken from: a request with a schema, or the criteria."""

Chosen = JsonValue | Callable[[str], JsonValue]
"""One value for all criteria, or a function of the criterion's id."""


def structured_reply(
    asked: Asked,
    *,
    score: Chosen,
    reasoning: str | Callable[[str], str] = "The text supports it.",
    evidence: Sequence[str] = (),
    marker: str | None = None,
    **more: Chosen,
) -> str:
    """A reply in dikast's structured format: one JSON object, flat or a part per criterion.

    Args:
        asked: The request, or the criteria (or their ids). A request tells by its schema whether
            one criterion or several were asked about; without a schema it is taken for one.
        score: As a judge would write it: a number or a label. Also a function of the criterion's
            id; None leaves a criterion out. Nothing is checked, so that faults can be written.
        reasoning: The rationale, or a function of the criterion's id.
        evidence: Quotations.
        marker: The request's fence marker; None takes a `ChatRequest`'s own, else leaves it out.
        **more: Further fields of each part, such as `confidence=0.9`; also functions of the id.

    Examples:
        >>> print(structured_reply(["quality"], score=4, reasoning="Right.", marker="ab12"))
        {"marker": "ab12", "reasoning": "Right.", "evidence": [], "score": 4}
        >>> several = structured_reply(["a", "bb"], score=len)
        >>> json.loads(several)["criteria"]["bb"]["score"]
        2
    """
    if marker is None and isinstance(asked, ChatRequest):
        marker = asked.marker
    head: dict[str, JsonValue] = {} if marker is None else {"marker": marker}
    parts: dict[str, dict[str, JsonValue]] = {}
    for criterion in criteria_of(asked):
        value = score(criterion) if callable(score) else score
        if value is not None:
            why = reasoning(criterion) if callable(reasoning) else reasoning
            parts[criterion] = {
                "reasoning": why,
                "evidence": list[JsonValue](evidence),
                **{k: v(criterion) if callable(v) else v for k, v in more.items()},
                "score": value,
            }
    if len(parts) == 1 and not _several(asked):
        return json.dumps({**head, **next(iter(parts.values()))}, ensure_ascii=False)
    return json.dumps({**head, "criteria": parts}, ensure_ascii=False)


def criteria_of(asked: Asked) -> tuple[str, ...]:
    """Ids of the criteria asked about; one empty id where a request does not name them.

    Examples:
        >>> criteria_of(["quality"])
        ('quality',)
    """
    if isinstance(asked, ModelRequest | ChatRequest):
        several = _parts_schema(asked)
        if several:
            return tuple(several)
        return (asked.place.criterion,) if isinstance(asked, ModelRequest) else ("",)
    return tuple(c if isinstance(c, str) else c.id for c in asked)


def by_model(
    responders: Mapping[str, Responder] | Iterable[tuple[str, Responder]],
    default: Responder | None = None,
) -> Responder:
    """A responder that hands each request to the responder of its model.

    Args:
        responders: By model name as it goes over the wire (litellm drops the `openai/`).
        default: For other names; None makes them an error of the test.

    Examples:
        >>> respond = by_model({"m1": lambda request: "yes", "m2": lambda request: "no"})
        >>> respond(ChatRequest({"model": "m2"}))
        'no'
    """
    table = dict(responders)

    def respond(request: ChatRequest) -> str:
        responder = table.get(request.model, default)
        if responder is None:
            known = ", ".join(f"`{name}`" for name in table)
            raise LookupError(f"no responder for model `{request.model}`; known are {known}")
        return responder(request)

    return respond


def _several(asked: Asked) -> bool:
    if isinstance(asked, ModelRequest | ChatRequest):
        return _parts_schema(asked) is not None
    return len(asked) > 1


def _parts_schema(asked: ModelRequest | ChatRequest) -> Mapping[str, Any] | None:
    """The schema's part per criterion; None where the reply is to be flat."""
    schema: Any = asked.reply_schema if isinstance(asked, ModelRequest) else asked.schema
    parts = ((schema or {}).get("properties") or {}).get("criteria") or {}
    found = parts.get("properties") if isinstance(parts, Mapping) else None
    return found if isinstance(found, Mapping) else None
