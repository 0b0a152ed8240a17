"""A panel from a TOML file or a dictionary, or what is wrong with it: file, line, key, remedy."""

from __future__ import annotations

import json
import math
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from dikast import prompts
from dikast.config.calibration_files import load_calibration
from dikast.config.cascades import cascade_tables
from dikast.config.checking import check_names
from dikast.config.faults import Fault, fault_of
from dikast.config.lines import Lines
from dikast.errors import ConfigError
from dikast.types import PanelSpec
from dikast.types.slips import Where, shown


def load_panel(path: str | Path) -> PanelSpec:
    """A panel from a `panel.toml`.

    `rubric` is the name of a pack, the path of a rubric file (from the panel's folder), or a
    table. `rule`, `critic`, `detector` and `splitter` may be just a name. `cascade` and
    `calibration` are paths of their files (from the panel's folder), or tables.

    Raises:
        ConfigError: The file is wrong: not TOML, an unknown or missing key, a name that nothing
            bears, parts that do not fit together. File, line, key and remedy are named.
    """
    text = _text(path)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        at = re.search(r"at line (\d+)", str(error))
        line = int(at[1]) if at else text.count("\n") + 1
        raise ConfigError(f"not valid TOML: {error}.", path=str(path), line=line) from None
    try:
        return _panel(data, Path(path).parent)
    except Fault as fault:
        raise ConfigError(
            fault.message, hint=fault.hint, path=str(path), line=Lines(text).of(fault.where)
        ) from None


def panel_from_dict(data: Mapping[str, Any], *, base: Path | None = None) -> PanelSpec:
    """A panel from the tables of a `panel.toml`.

    Args:
        data: The tables.
        base: Folder from which the paths of rubric and calibration count; None for the
            working directory.

    Raises:
        ConfigError: As `load_panel`, without file and line.

    Examples:
        >>> panel_from_dict({"judges": [{"name": "a", "modle": "openai/gpt-4o"}],
        ...                  "rubric": "helpfulness"})
        Traceback (most recent call last):
        ...
        dikast.errors.ConfigError: unknown key `judges[1].modle`. Did you mean `model`?
    """
    try:
        return _panel(data, base or Path())
    except Fault as fault:
        raise ConfigError(fault.message, hint=fault.hint) from None


def _text(path: str | Path) -> str:
    try:
        raw = Path(path).read_bytes()
    except OSError as error:
        raise ConfigError(
            f"the panel cannot be read ({error.strerror or error}).", path=str(path)
        ) from None
    try:
        return raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ConfigError(
            "not valid UTF-8.", hint="Save the file as UTF-8.", path=str(path), line=line
        ) from None


def _panel(data: Mapping[str, Any], base: Path) -> PanelSpec:
    tables = dict(data)
    for role in ("rule", "critic", "detector", "splitter"):
        key = "name" if role == "rule" else "model"
        if isinstance(tables.get(role), str):
            tables[role] = {key: tables[role]}
    tables["rubric"] = _rubric(tables.get("rubric"), base)
    if "cascade" in tables:
        tables["cascade"] = cascade_tables(tables["cascade"], base)
    if isinstance(tables.get("calibration"), str):
        tables["calibration"] = load_calibration(base / tables["calibration"]).model_dump(
            mode="json"
        )
    text = json.dumps({key: _json(value, (key,)) for key, value in tables.items()})
    try:
        # As JSON, since there a list may stand for a tuple though types are otherwise strict:
        # `samples = true` or `quorum = "2"` is a slip, not a number.
        panel = PanelSpec.model_validate_json(text, strict=True)
    except ValidationError as error:
        raise fault_of(error, tables) from None
    check_names(panel)
    return panel


def _rubric(given: Any, base: Path) -> Any:
    """The tables of a rubric that is named, lies in a file, or stands in the panel."""
    if given is None:
        raise Fault(("rubric",), "key `rubric` is missing.", _packs())
    if not isinstance(given, str):
        return given
    try:
        if given.endswith(".toml") or "/" in given or "\\" in given:
            found = prompts.load_rubric(base / given)
        else:
            found = prompts.rubric(given)
    except ConfigError as error:
        if error.path is not None and error.path.endswith(".toml"):
            raise  # a fault of the rubric's own file, which is named
        raise Fault(("rubric",), error.message, error.hint) from None
    return found.model_dump(mode="json")


def _packs() -> str:
    return "Name a pack (" + ", ".join(prompts.rubric_names()) + "), a file, or write a table."


def _json(value: Any, where: Where) -> Any:
    """A TOML value as JSON knows it; dates, NaN and infinity are no settings of a panel."""
    if isinstance(value, Mapping):
        return {str(key): _json(item, (*where, str(key))) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_json(item, (*where, i)) for i, item in enumerate(value)]
    if isinstance(value, float) and not math.isfinite(value):
        raise Fault(where, f"`{shown(where)}` must be a finite number.")
    if value is None or isinstance(value, str | bool | int | float):
        return value
    raise Fault(
        where, f"`{shown(where)}` must not be a {type(value).__name__}.", "Put it in quotes."
    )
