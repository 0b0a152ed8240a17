"""Faults of a panel in plain words: what pydantic found, said with the key and the remedy."""

from __future__ import annotations

import re
from difflib import get_close_matches
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from dikast.config.lines import Where, reach, shown
from dikast.types import ModelSpec, PanelSpec, Sampling

_WORDS: dict[str, str] = {
    "bool_type": "must be true or false",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "string_type": "must be text in quotes",
    "tuple_type": "must be a list",
    "list_type": "must be a list",
    "dict_type": "must be a table",
    "model_type": "must be a table",
    "model_attributes_type": "must be a table",
    "greater_than": "must be above {gt:g}",
    "greater_than_equal": "must be at least {ge:g}",
    "less_than": "must be below {lt:g}",
    "less_than_equal": "must be at most {le:g}",
    "literal_error": "must be one of {expected}",
    "union_tag_invalid": "has the unknown kind '{tag}'; kinds are {expected_tags}",
    "union_tag_not_found": "needs a `kind`",
    "string_too_short": "must not be empty",
    "string_too_long": "is longer than {max_length} characters",
}
"""Kinds of fault in words; `{…}` is filled from what pydantic knows of the fault."""

_HINTS: dict[str, str] = {
    "budget": "A budget belongs to a run: give it with `--budget`.",
    "api_key": "A key never stands in a file: name its environment variable as `api_key_env`.",
    "key": "A key never stands in a file: name its environment variable as `api_key_env`.",
    "concurrency": "Did you mean `max_concurrency`?",
    "temperature": "It belongs into `sampling`.",
    "top_p": "It belongs into `sampling`.",
    "max_tokens": "It belongs into `sampling`.",
    "seed": "It belongs into `sampling`.",
    "base_url": "Did you mean `api_base`?",
    "provider": "It is part of `model`: `provider/model`.",
}
"""What to say of keys that people expect elsewhere."""


class Fault(Exception):
    """What is wrong with a panel, before anyone knows its file.

    Args:
        where: Path of the key at fault; empty if it is the whole.
        message: What is wrong.
        hint: What to change.
    """

    def __init__(self, where: Where, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.where, self.message, self.hint = where, message, hint


def fault_of(error: ValidationError, data: object) -> Fault:
    """The most telling fault of a validation.

    Args:
        error: What pydantic raised.
        data: What it was given, to find the key in.
    """
    found = error.errors(include_url=False)
    # A misspelt key is also reported as a missing one; the misspelling is what helps.
    first = next((f for f in found if f["type"] == "extra_forbidden"), found[0])
    where = _without_tags(first["loc"], data)
    name = shown(where)
    kind = first["type"]
    if kind == "extra_forbidden":
        return _unknown(where, name)
    if kind == "missing":
        return Fault(where, f"key `{name}` is missing.")
    if kind == "string_pattern_mismatch":
        return Fault(where, f"`{name}` {_pattern(where)}.")
    if kind == "too_short":
        return Fault(where, f"`{name}` must not be empty.")
    if kind in _WORDS:
        return Fault(where, f"`{name}` {_WORDS[kind].format(**first.get('ctx', {}))}.")
    message = first["msg"].removeprefix("Value error, ")
    return (
        _blamed(where, message, data)
        if kind == "value_error"
        else Fault(where, f"`{name}`: {message}.")
    )


def _pattern(where: Where) -> str:
    if where[-1] == "id":
        return "must be lower-case letters, digits and underscores, and begin with a letter"
    return "must be letters, digits, spaces, dots, hyphens and underscores"


def _unknown(where: Where, name: str) -> Fault:
    key = str(where[-1])
    table = model_at(where[:-1])
    known = tuple(table.model_fields) if table is not None else ()
    near = get_close_matches(key, known, n=1)
    if key in _HINTS and (_calls(table) or key not in Sampling.model_fields):
        hint = _HINTS[key]
    elif near:
        hint = f"Did you mean `{near[0]}`?"
    else:
        hint = "Known: " + ", ".join(f"`{k}`" for k in known) + "." if known else ""
    return Fault(where, f"unknown key `{name}`.", hint)


def _calls(table: type[BaseModel] | None) -> bool:
    return table is not None and issubclass(table, ModelSpec)


def _blamed(where: Where, message: str, data: object) -> Fault:
    """A fault of several keys together, pinned to the one that the message names first."""
    full = f"{message}." if not message.endswith(".") else message
    twice = re.match(r"two judges are named `(.+)`; ", message)
    if twice:
        seats = [
            (role, i, "name")
            for role in ("judges", "reserves")
            for i, judge in enumerate(_listed(reach(data, (role,))))
            if reach(judge, ("name",)) == twice[1]
        ]
        if reach(data, ("escalation", "name")) == twice[1]:
            return Fault(("escalation", "name"), full)
        return Fault(seats[-1] if seats else where, full)
    if match := re.match(r"judge `(.+)` names the reserve", message):
        for i, judge in enumerate(_listed(reach(data, ("judges",)))):
            if reach(judge, ("name",)) == match[1]:
                return Fault(("judges", i, "reserve"), full)
    if message.startswith("`on_low_confidence`"):
        hint = "Add a table `[escalation]`." if "escalation` judge" in message else ""
        return Fault(("protocol", "on_low_confidence"), full, hint)
    if message.startswith("`seating`"):
        return Fault(("protocol", "seating"), full, 'Add `cascade = "FILE.cascade.json"`.')
    for key in re.findall(r"`([a-z_]+)`", message):
        if reach(data, (*where, key)) is not None:
            return Fault((*where, key), full)
    return Fault(where, f"`{shown(where)}`: {full}" if where else full)


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _without_tags(loc: tuple[int | str, ...], data: object) -> Where:
    """A location without the kinds of scale that pydantic puts between keys."""
    where: Where = ()
    for step in loc:
        here = reach(data, where)
        is_tag = isinstance(here, dict) and step not in here and step == here.get("kind")
        if not is_tag:
            where = (*where, step)
    return where


def model_at(where: Where) -> type[BaseModel] | None:
    """The class of the table at a path; None if it takes any key or there is none."""
    model: type[BaseModel] | None = PanelSpec
    for step in where:
        if isinstance(step, int) or model is None:
            continue
        field = model.model_fields.get(step)
        model = None if field is None else _model_in(field.annotation)
    return model


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The first class of tables in an annotation such as `tuple[JudgeSpec, ...] | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in {Annotated, Union, UnionType, tuple}:
        found = (_model_in(part) for part in get_args(annotation))
        return next((model for model in found if model is not None), None)
    return None
