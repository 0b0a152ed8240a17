"""A panel as a `panel.toml` that says only what differs from the defaults."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from dikast.errors import ConfigError
from dikast.types import PanelSpec, Value

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def dump_panel(spec: PanelSpec) -> str:
    """Write a panel as TOML; rubric and calibration stand in it as tables.

    `panel_from_dict(tomllib.loads(dump_panel(spec))) == spec` for every panel whose names exist.

    Raises:
        ConfigError: A parameter is null, which TOML cannot say.

    Examples:
        >>> from dikast.config import embedded_panel
        >>> dump_panel(embedded_panel()).splitlines()[0]
        'name = "embedded"'
    """
    fields = _fields(spec)
    plain = {k: v for k, v in fields.items() if not isinstance(v, dict) and k not in _LISTS}
    lines = [f"{_key(name)} = {_inline(value, name)}" for name, value in plain.items()]
    for name in _LISTS:
        for seat in fields.get(name, ()):
            lines += ["", f"[[{name}]]", *_entries(seat, name)]
    for name, value in fields.items():
        if isinstance(value, dict) and name != "rubric":
            lines += ["", f"[{name}]", *_entries(value, name)]
    lines += ["", *_rubric(fields["rubric"])]
    return "\n".join(lines) + "\n"


_LISTS = ("judges", "reserves")


def _fields(value: Value) -> dict[str, Any]:
    """Fields that differ from their default, a name first; a scale is told in full."""
    found: dict[str, Any] = {}
    known = type(value).model_fields
    for name, field in sorted(known.items(), key=lambda item: item[0] != "name"):
        item = getattr(value, name)
        # Anything that is equal and of one type; 1 == True must not hide a field.
        same = item == field.default and type(item) is type(field.default)
        if "kind" in known or not (same or item is None):
            found[name] = _plain(item)
    return found


def _plain(item: Any) -> Any:
    if isinstance(item, Value):
        return _fields(item)
    return [_plain(member) for member in item] if isinstance(item, tuple) else item


def _rubric(fields: Mapping[str, Any]) -> Iterator[str]:
    yield "[rubric]"
    yield from _entries({k: v for k, v in fields.items() if k != "criteria"}, "rubric")
    for criterion in fields["criteria"]:
        yield ""
        yield "[[rubric.criteria]]"
        for name, value in criterion.items():
            if name == "anchors":
                yield "anchors = ["
                yield from (f"  {_inline(anchor, 'anchors')}," for anchor in value)
                yield "]"
            else:
                yield f"{_key(name)} = {_inline(value, name)}"


def _entries(fields: Mapping[str, Any], where: str) -> Iterator[str]:
    for name, value in fields.items():
        yield f"{_key(name)} = {_inline(value, f'{where}.{name}')}"


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _quoted(name)


def _quoted(text: str) -> str:
    # Escapes of JSON are escapes of TOML, which wants one more.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _inline(value: Any, where: str) -> str:
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, Mapping):
        inner = ", ".join(
            f"{_key(str(k))} = {_inline(v, f'{where}.{k}')}" for k, v in value.items()
        )
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_inline(item, where) for item in value) + "]"
    raise ConfigError(f"`{where}` is null, which TOML cannot say.", hint="Leave it out.")
