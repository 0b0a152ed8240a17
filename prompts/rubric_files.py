"""Rubrics from TOML: the packs that come with dikast, and a user's own."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from dikast.errors import ConfigError
from dikast.prompts._toml import explain, read_toml
from dikast.registry import unknown
from dikast.types import (
    Anchor,
    Condition,
    Criterion,
    IntegerScale,
    OrdinalScale,
    PreferenceScale,
    RealScale,
    Rubric,
    YesNoScale,
)

_SCALES: dict[str, type[BaseModel]] = {
    "integer": IntegerScale,
    "real": RealScale,
    "ordinal": OrdinalScale,
    "yes_no": YesNoScale,
    "preference": PreferenceScale,
}


def _known_keys(parents: tuple[str | int, ...]) -> tuple[str, ...]:
    """Keys of the table at this path; a scale's path ends with its kind."""
    named = [step for step in parents if isinstance(step, str)]
    model: type[BaseModel] = Rubric
    if "scale" in named:
        model = _SCALES.get(named[-1], IntegerScale)
    elif "anchors" in named:
        model = Anchor
    elif "when" in named:
        model = Condition
    elif "criteria" in named:
        model = Criterion
    return tuple(model.model_fields)


def parse_rubric(data: Mapping[str, Any], *, path: str | None = None) -> Rubric:
    """A rubric from the tables of a TOML file.

    Args:
        data: The parsed tables.
        path: The file, for messages.

    Raises:
        ConfigError: A key is unknown, missing or wrong; the message names it.

    Examples:
        >>> parse_rubric({"id": "r", "criterai": []})
        Traceback (most recent call last):
        ...
        dikast.errors.ConfigError: unknown key `criterai`. Did you mean `criteria`?
    """
    try:
        return Rubric.model_validate(data)
    except ValidationError as error:
        raise explain(error, path=path, keys=_known_keys) from None


def load_rubric(path: str | Path) -> Rubric:
    """A user's own rubric.

    Raises:
        ConfigError: The file cannot be read, is not TOML, or is no rubric; the message names the
            file, the key, and the line where the parser tells it.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"the rubric cannot be read ({error}).", path=str(path)) from None
    return parse_rubric(read_toml(text, path=str(path)), path=str(path))


def _folder() -> dict[str, str]:
    room = files("dikast.prompts") / "rubrics"
    return {
        entry.name.removesuffix(".toml"): entry.read_text(encoding="utf-8")
        for entry in room.iterdir()
        if entry.name.endswith(".toml")
    }


@cache
def rubric_names() -> tuple[str, ...]:
    """Names of the rubric packs that come with dikast, sorted.

    Examples:
        >>> "helpfulness" in rubric_names()
        True
    """
    return tuple(sorted(_folder()))


@cache
def rubric(name: str) -> Rubric:
    """A rubric pack that comes with dikast.

    Raises:
        ConfigError: There is none of this name; the nearest known one is offered.

    Examples:
        >>> rubric("safety").criteria[0].scale.describe()
        'yes or no'
    """
    if name not in rubric_names():
        raise unknown("rubric", name, rubric_names())
    path = f"{name}.toml"
    return parse_rubric(read_toml(_folder()[name], path=path), path=path)
