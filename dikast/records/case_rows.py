"""One row to one case: names of any tool in, a `Case` out, or what is wrong with the row."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError

from dikast.records.case_names import ALIASES, field_of, in_pair, misspelt, pair_of, yields_to
from dikast.records.case_values import (
    Fault,
    attachments_of,
    contexts_of,
    distinct,
    kind_of,
    messages_of,
    missing,
    plain,
    text_of,
)
from dikast.types import Candidate, Case
from dikast.types.base import SCHEMA_VERSION

_STRUCTURED = frozenset(
    {"messages", "candidates", "contexts", "context_ids", "attachments", "labels", "metadata"}
)
"""Fields that a table of plain text holds as JSON."""

_INSIDE: dict[str, tuple[str, ...]] = {
    "question": ("question", "messages", "contexts", "attachments"),
    "response": ("response", "contexts", "attachments"),
    "reference": ("reference", "response"),
}
"""Fields looked for inside an object such as openevals' `inputs`, by the field it stands for."""


class _Columns:
    """What the columns of a row say, by field; the rest is the user's own."""

    def __init__(self, row: Mapping[str, Any], chosen: Mapping[str, str]) -> None:
        self.said: dict[str, list[tuple[str, Any]]] = {}
        self.extra: dict[str, Any] = {}
        self.names = list(row)
        pair = None if {"candidates", "response"} & chosen.keys() else pair_of(row)
        for name, value in row.items():
            field = field_of(name, chosen)
            if pair and name in pair:
                continue
            if field is None or (field != "id" and yields_to(name, row)):
                self._keep(name, value, chosen)
            else:
                self.said.setdefault(field, []).append((name, value))
        if pair:
            self.said.setdefault("candidates", []).append((" and ".join(pair), _pair(row, pair)))

    def _keep(self, name: str, value: Any, chosen: Mapping[str, str]) -> None:
        near = misspelt(name)
        if near and field_of(name) is None and near not in chosen.values():
            raise Fault(
                f"unknown field `{name}`.",
                f"Did you mean `{near}`? A note of your own belongs into `metadata`.",
            )
        self.extra[name] = value

    def take(self, field: str) -> tuple[str, Any] | None:
        """The field's column and value; None if there is none.

        Raises:
            Fault: Two columns say different things.
        """
        said = self.said.pop(field, [])
        if not said or (len(said) == 1 and field != "id"):
            return said[0] if said else None
        if field == "id":
            own = [pair for pair in said if pair[0] == "id"]
            self.extra |= dict(said[1:]) if not own else {n: v for n, v in said if n != "id"}
            said = own or said[:1]
        if field != "response":  # an empty response is a response; an empty question is none
            said = [pair for pair in said if pair[1] not in ("", [])] or said[:1]
        if len(distinct(value for _, value in said)) > 1:
            names = " and ".join(f"`{name}`" for name, _ in said)
            raise Fault(
                f"{names} both stand for `{field}` and differ.",
                f"Keep one of them, or say which with columns={{'{field}': '{said[0][0]}'}}.",
            )
        return said[0] if said else None


def case_of(
    row: Mapping[str, Any],
    *,
    columns: Mapping[str, str] | None = None,
    cells: bool = False,
    default_id: str | None = None,
) -> Case:
    """Read a row.

    Args:
        row: Column to value; NaN and None are empty.
        columns: The user's own assignment of fields to columns.
        cells: Whether values are cells of a table of plain text: empty ones count as missing
            (except the response's), and lists and objects stand in them as JSON.
        default_id: The id of a row that has none; None refuses such a row.

    Raises:
        Fault: The row is no case.
    """
    chosen = dict(columns or {})
    values = {
        str(name): plain(value, str(name)) for name, value in row.items() if not missing(value)
    }
    if cells:
        values = {n: v for n, c in values.items() if (v := _cell(n, c, chosen)) is not None}
    _check_chosen(chosen, row)
    said = _Columns(values, chosen)
    for field in _INSIDE:
        _unfold(said, field)
    try:
        return _build(said, default_id)
    except ValidationError as error:
        raise _explained(error) from None


def _cell(name: str, cell: Any, columns: Mapping[str, str]) -> Any:
    """A cell's value; None if it is empty."""
    field = field_of(name, columns)
    if cell == "":
        return cell if field == "response" or in_pair(name) else None
    if field not in _STRUCTURED or not isinstance(cell, str) or cell.lstrip()[:1] not in {"[", "{"}:
        return cell
    try:
        return plain(json.loads(cell), name)
    except (ValueError, RecursionError) as error:
        if field in {"contexts", "labels"} and not cell.lstrip().startswith(("['", '["', "{")):
            return cell  # a passage may begin with "[1]"
        raise Fault(
            f"`{name}` looks like a list or object and is not JSON ({error}).",
            "Write it as JSON, with double quotes.",
        ) from None


def _check_chosen(chosen: Mapping[str, str], row: Mapping[str, Any]) -> None:
    for field, column in chosen.items():
        if field not in ALIASES:
            raise Fault(f"`columns` names the field `{field}`.", f"Fields: {_listed(ALIASES)}.")
        if column not in row:
            raise Fault(
                f"there is no column `{column}` (for `{field}`).", f"Found: {_listed(row)}."
            )


def _pair(row: Mapping[str, Any], pair: tuple[str, str]) -> list[dict[str, Any]]:
    return [{"id": i, "text": row[name]} for i, name in zip("ab", pair, strict=True)]


def _unfold(said: _Columns, field: str) -> None:
    """Take apart an object that stands for a field (`inputs: {question: …, context: …}`)."""
    unfolded: list[tuple[str, str, Any]] = []
    for name, value in said.said.get(field, []):
        if not isinstance(value, dict) or (field == "response" and "text" in value):
            if field != "reference" and isinstance(value, list) and _are_messages(value):
                unfolded.append(_conversation(field, name, value))
            else:
                unfolded.append((field, name, value))
            continue
        inner = list(_inner(field, name, value, said))
        if not any(f in {field, "messages"} for f, _, _ in inner):
            raise Fault(
                f"`{name}` is an object without a known `{field}`; it has {_listed(value)}.",
                f"Write `{field}` as text.",
            )
        unfolded += inner
    said.said.pop(field, None)
    for target, name, value in unfolded:
        said.said.setdefault(target, []).append((name, value))


def _are_messages(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(v, dict) for v in value)


def _conversation(field: str, name: str, value: list[Any]) -> tuple[str, str, Any]:
    """Messages where a text might stand: a conversation, or the response in its last turn."""
    if field == "question":
        return "messages", name, value
    said = [m for m in messages_of(value, name) if m.role == "assistant"]
    if not said:
        raise Fault(f"`{name}` holds no turn of the assistant.", "Write the response as text.")
    return "response", name, said[-1].content


def _inner(
    field: str, name: str, value: dict[str, Any], said: _Columns
) -> Iterable[tuple[str, str, Any]]:
    """What an object says by field; what it says besides is kept as metadata."""
    if field == "response" and "role" in value:
        yield _conversation(field, name, [value])
        return
    wanted = _INSIDE[field]
    single = len(value) == 1 and all(isinstance(v, str) for v in value.values())
    rest: dict[str, Any] = {}
    for key, item in value.items():
        inner = field_of(key)
        if inner in wanted and item is not None:
            target = field if inner in {field, "response"} else inner
            if target == "response" and _are_messages(item):
                yield _conversation("response", f"{name}.{key}", item)
            else:
                yield target, f"{name}.{key}", item
        elif inner == "messages" and field == "response" and _are_messages(item):
            yield _conversation(field, f"{name}.{key}", item)
        elif single:
            yield field, f"{name}.{key}", item
        elif item is not None:
            rest[key] = item
    if rest:
        said.extra[name] = rest


def _build(said: _Columns, default_id: str | None) -> Case:
    version = said.take("schema_version")
    if version is not None and version[1] not in (SCHEMA_VERSION, str(SCHEMA_VERSION)):
        raise Fault(f"schema version {version[1]!r} is not known.", f"Known: {SCHEMA_VERSION}.")
    contexts, notes = _contexts(said)
    fields: dict[str, Any] = {
        "id": _id(said, default_id),
        "contexts": contexts,
        "candidates": _candidates(said),
    }
    for name in ("question", "reference"):
        if (found := said.take(name)) is not None:
            fields[name] = _text_or_only(*found)
    if (found := said.take("messages")) is not None:
        fields["messages"] = messages_of(found[1], found[0])
    if (found := said.take("attachments")) is not None:
        fields["attachments"] = attachments_of(found[1], found[0])
    if (found := said.take("labels")) is not None:
        fields["labels"] = found[1] if isinstance(found[1], dict) else {"label": found[1]}
    fields["metadata"] = _metadata(said, notes)
    return Case.model_validate(fields)


_WITHOUT_ID = (
    "Give each case an `id` of its own, or number them by their place with `--number-rows` "
    "(in Python `number_missing_ids=True`)."
)


def _id(said: _Columns, default: str | None) -> str:
    found = said.take("id") or (None if default is None else ("id", default))
    if found is None:
        raise Fault("`id` is missing.", _WITHOUT_ID)
    text = text_of(found[1], found[0])
    if not text.strip():
        raise Fault("`id` is empty.", "Give each case an `id` of its own.")
    return text


def _text_or_only(name: str, value: Any) -> str:
    """A text; or the only one of a list, since some tools write every reference as a list."""
    if isinstance(value, list):
        if len(value) != 1:
            raise Fault(f"`{name}` is a list of {len(value)}; one text is needed.", "Choose one.")
        value = value[0]
    return text_of(value, name)


def _contexts(said: _Columns) -> tuple[Any, dict[str, Any]]:
    ids, found = said.take("context_ids"), said.take("contexts")
    if found is None or found[1] == []:
        if ids is not None:
            said.extra[ids[0]] = ids[1]
        return (), {}
    return contexts_of(found[1], None if ids is None else ids[1], found[0])


def _candidates(said: _Columns) -> tuple[Candidate, ...]:
    several, single = said.take("candidates"), said.take("response")
    model = said.take("model")
    if several is not None and single is not None:
        raise Fault(
            f"there are both `{single[0]}` and `{several[0]}`.",
            "Give `response` for one answer, `candidates` for several.",
        )
    if several is None and single is None:
        raise Fault(
            "the response is missing.",
            f"Give `response` (or `candidates`). Found: {_listed(said.names)}.",
        )
    if single is not None:
        made_by = model[1] if model is not None and isinstance(model[1], str) else None
        if model is not None and made_by is None:
            said.extra[model[0]] = model[1]
        return (_candidate(single[1], single[0], "response", made_by),)
    assert several is not None
    if model is not None:
        said.extra[model[0]] = model[1]
    name, value = several
    if isinstance(value, dict):
        value = [{"id": key, "text": text} for key, text in value.items()]
    if not isinstance(value, list):
        raise Fault(f"`{name}` must be a list of responses, and is {kind_of(value)}.")
    if not value:
        raise Fault(f"`{name}` is empty.", "Give at least one response.")
    return tuple(_candidate(item, f"{name}[{i}]", str(i)) for i, item in enumerate(value, 1))


def _candidate(value: Any, name: str, default_id: str, model: str | None = None) -> Candidate:
    if not isinstance(value, dict):
        return Candidate(id=default_id, text=text_of(value, name), model=model)
    if "text" not in value:
        raise Fault(f"`{name}` has no `text`.", f"It has {_listed(value)}.")
    fields: dict[str, Any] = {"id": default_id, "model": model} | value
    fields["text"] = text_of(value["text"], f"{name}.text")
    if value.get("attachments"):
        fields["attachments"] = attachments_of(value["attachments"], name)
    return Candidate.model_validate(fields)


def _metadata(said: _Columns, notes: dict[str, Any]) -> dict[str, Any]:
    found = said.take("metadata")
    own = {} if found is None else found[1]
    if not isinstance(own, dict):
        raise Fault(f"`metadata` must be an object, and is {kind_of(own)}.")
    extra = said.extra | ({"contexts": notes} if notes else {})
    for name in own.keys() & extra.keys():
        if own[name] != extra[name]:
            raise Fault(f"`{name}` and `metadata.{name}` differ.", "Keep one of them.")
    return {**own, **extra}


def _explained(error: ValidationError) -> Fault:
    """The first fault of a validation in words."""
    fault = error.errors(include_url=False, include_context=False, include_input=False)[0]
    where = ""
    for step in fault["loc"]:
        where += f"[{step + 1}]" if isinstance(step, int) else f".{step}"
    where = where.removeprefix(".")
    if fault["type"] == "extra_forbidden":
        return Fault(f"unknown field `{where}`.", "Notes of your own belong into `metadata`.")
    message = fault["msg"].removeprefix("Value error, ")
    return Fault(f"`{where}`: {message}." if where else f"{message}.")


def _listed(names: Iterable[str]) -> str:
    shown = [f"`{name}`" for name in list(names)[:20]]
    return ", ".join(shown) or "nothing"
