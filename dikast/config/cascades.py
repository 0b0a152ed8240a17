"""The cascade of a panel: from a file that `dikast cascade` wrote, or from a table in the panel."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from dikast.config.faults import Fault
from dikast.errors import ConfigError
from dikast.types import CascadeSpec

SUFFIX = ".cascade.json"

_BY_HAND = "set so by hand"


def load_cascade(path: str | Path) -> CascadeSpec:
    """Read a cascade file.

    Raises:
        ConfigError: It cannot be read, or is no cascade; says what is wrong where.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            f"the cascade cannot be read ({error.strerror or error}).",
            hint="`dikast cascade RUN --labels FILE --out FILE` writes one.",
            path=str(path),
        ) from None
    except UnicodeDecodeError:
        raise ConfigError("not valid UTF-8.", path=str(path)) from None
    try:
        return CascadeSpec.model_validate_json(text, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(str(step) for step in first["loc"])
        about = f"`{key}`: " if key else ""
        raise ConfigError(f"no cascade: {about}{first['msg']}.", path=str(path)) from None


def save_cascade(cascade: CascadeSpec, path: str | Path) -> None:
    """Write a cascade file that a panel can name; `load_cascade` reads it back.

    Raises:
        ConfigError: It cannot be written.
    """
    try:
        Path(path).write_text(cascade.model_dump_json(indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            f"the cascade cannot be written ({error.strerror or error}).", path=str(path)
        ) from None


def cascade_tables(given: Any, base: Path) -> Any:
    """The tables of a cascade that lies in a file, or stands in the panel.

    In the panel, `threshold = 0.8` (or `"abstain_always"`) is short for one threshold on every
    criterion, and `seats` may be one name.
    """
    if isinstance(given, str):
        loaded: Any = json.loads(load_cascade(base / given).to_json())
        return loaded
    if not isinstance(given, dict) or not isinstance(given.get("stages"), list | tuple):
        return given
    return {**given, "stages": [_stage(stage, i) for i, stage in enumerate(given["stages"])]}


def _stage(stage: Any, number: int) -> Any:
    if isinstance(stage, str):
        where = ("cascade", "stages", number)
        raise Fault(
            where,
            f"stage {number + 1} of the cascade is just a name.",
            f'Write {{ seats = ["{stage}"], threshold = 0.8 }}.',
        )
    if not isinstance(stage, dict):
        return stage
    whole = dict(stage)
    if isinstance(whole.get("seats"), str):
        whole["seats"] = [whole["seats"]]
    if "threshold" in whole and "thresholds" not in whole:
        at = whole.pop("threshold")
        one = {"abstain_always": _BY_HAND} if at == "abstain_always" else {"at": at}
        whole["thresholds"] = [one]
    return whole
