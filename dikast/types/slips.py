"""Slips in what a person described: what pydantic found, said with the field and the remedy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from types import UnionType
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

Where = tuple[str | int, ...]
"""Path of a key: names, and places in lists from 0."""

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


class Slip(NamedTuple):
    """The most telling of the faults that pydantic found."""

    where: Where
    """Path of the key at fault; empty if it is the whole."""
    message: str
    """What is wrong."""
    hint: str
    """What to change; empty if the message says it."""
    together: bool
    """Whether fields are at fault only together: then `message` has neither path nor stop."""


def slip_of(error: ValidationError, data: object, root: type[BaseModel]) -> Slip:
    """The most telling fault of a validation.

    Args:
        error: What pydantic raised.
        data: What it was given, to find the key in.
        root: The class that was to be made.
    """
    found = error.errors(include_url=False)
    # A misspelt key is also reported as a missing one; the misspelling is what helps.
    first = next((f for f in found if f["type"] == "extra_forbidden"), found[0])
    where = _without_tags(first["loc"], data)
    name = shown(where)
    kind = first["type"]
    if kind == "value_error":
        return Slip(where, first["msg"].removeprefix("Value error, "), "", together=True)
    hint = ""
    if kind == "extra_forbidden":
        message, hint = f"unknown key `{name}`.", _remedy(where, root)
    elif kind == "missing":
        message = f"key `{name}` is missing."
    elif kind == "string_pattern_mismatch":
        message = f"`{name}` {_pattern(where)}."
    elif kind == "too_short":
        message = f"`{name}` must not be empty."
    elif kind in _WORDS:
        message = f"`{name}` {_WORDS[kind].format(**first.get('ctx', {}))}."
    else:
        message = f"`{name}`: {first['msg']}."
    return Slip(where, message, hint, together=False)


def _pattern(where: Where) -> str:
    if where[-1] == "id":
        return "must be lower-case letters, digits and underscores, and begin with a letter"
    return "must be letters, digits, spaces, dots, hyphens and underscores"


def _remedy(where: Where, root: type[BaseModel]) -> str:
    """What to say of an unknown key."""
    key = str(where[-1])
    table = model_at(where[:-1], root)
    known = tuple(table.model_fields) if table is not None else ()
    calls = "sampling" in known  # a table of someone who calls a model
    if key in _HINTS and (calls or not _HINTS[key].endswith("`sampling`.")):
        return _HINTS[key]
    return nearest(key, known)


def nearest(name: str, known: Sequence[str]) -> str:
    """The name that was probably meant, or all that there are, as a hint."""
    near = get_close_matches(name, known, n=1)
    if near:
        return f"Did you mean `{near[0]}`?"
    return "Known: " + ", ".join(f"`{k}`" for k in known) + "." if known else ""


def _without_tags(loc: tuple[int | str, ...], data: object) -> Where:
    """A location without the kinds of scale that pydantic puts between keys."""
    where: Where = ()
    for step in loc:
        here = reach(data, where)
        is_tag = isinstance(here, dict) and step not in here and step == here.get("kind")
        if not is_tag:
            where = (*where, step)
    return where


def model_at(where: Where, root: type[BaseModel]) -> type[BaseModel] | None:
    """The class of the table at a path; None if it takes any key or there is none."""
    model: type[BaseModel] | None = root
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


def shown(where: Where) -> str:
    """A key's path as a person counts: list items from 1.

    Examples:
        >>> shown(("judges", 0, "sampling", "temperature"))
        'judges[1].sampling.temperature'
    """
    text = ""
    for step in where:
        text += f"[{step + 1}]" if isinstance(step, int) else f".{step}"
    return text.removeprefix(".")


def reach(data: object, where: Where) -> object:
    """The value at a path; None if there is none."""
    for step in where:
        fits = (
            isinstance(step, int) and step < len(data)
            if isinstance(data, list)
            else (isinstance(data, Mapping) and step in data)
        )
        if not fits:
            return None
        data = data[step]  # type: ignore[index]
    return data
