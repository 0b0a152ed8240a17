"""Calibration files (`*.calibration.json`): written whole or not at all, read with every doubt."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from dikast.errors import ConfigError, StoreError
from dikast.types import Calibration
from dikast.types.slips import shown

SUFFIX = ".calibration.json"

_AGAIN = "Fit it anew with `dikast calibrate`."
_LARGEST = 16 * 2**20
"""No calibration comes near it; what does is another file."""


def load_calibration(path: str | Path) -> Calibration:
    """A calibration from its file.

    Raises:
        ConfigError: It cannot be read, is no JSON, no calibration, one of another version, or
            holds what cannot be (NaN, a probability of 1, a map that falls). File and key are
            named.
    """
    try:
        if Path(path).stat().st_size > _LARGEST:
            raise ConfigError("the file is too large for a calibration.", path=str(path))
        text = Path(path).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigError(
            f"the calibration cannot be read ({error.strerror or error}).", path=str(path)
        ) from None
    except UnicodeDecodeError:
        raise ConfigError("not valid UTF-8.", hint=_AGAIN, path=str(path)) from None
    _check_kind(text, str(path))
    try:
        # As JSON, where lists stand for tuples though types are strict, and NaN is refused.
        return Calibration.model_validate_json(text, strict=True)
    except ValidationError as error:
        raise ConfigError(_told(error), hint=_AGAIN, path=str(path)) from None


def save_calibration(calibration: Calibration, path: str | Path) -> None:
    """Write a calibration, the whole file or nothing; one that stands there is replaced.

    Raises:
        StoreError: It cannot be written; what stood there is unchanged.
    """
    target = Path(path)
    draft = target.with_name(f"{target.name}.{os.getpid()}.part")
    try:
        with draft.open("w", encoding="utf-8", newline="\n") as stream:
            stream.write(calibration.model_dump_json(indent=2) + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(target)
    except OSError as error:
        raise StoreError(f"`{target}` cannot be written: {error.strerror or error}.") from None
    finally:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)


def _check_kind(text: str, path: str) -> None:
    """Say plainly what it is if it is no calibration that this version reads."""
    try:
        data: Any = json.loads(text)
    except json.JSONDecodeError as error:
        message = f"not valid JSON: {error.msg}."
        raise ConfigError(message, hint=_AGAIN, path=path, line=error.lineno) from None
    except RecursionError:
        raise ConfigError("not a calibration: nested too deep.", path=path) from None
    if not isinstance(data, dict) or data.get("kind") != "dikast.calibration":
        hint = "`dikast calibrate` writes one."
        raise ConfigError("this is not a calibration file.", hint=hint, path=path)
    if data.get("schema_version") != 1:
        raise ConfigError(
            "the calibration was written by another version of dikast (its `schema_version` is "
            f"{data.get('schema_version')!r}; this one reads 1).",
            hint=_AGAIN,
            path=path,
        )


def _told(error: ValidationError) -> str:
    found = error.errors(include_url=False)
    first = next((f for f in found if f["type"] == "extra_forbidden"), found[0])
    where = shown(tuple(first["loc"]))
    if first["type"] == "extra_forbidden":
        return f"unknown key `{where}`."
    if first["type"] == "missing":
        return f"key `{where}` is missing."
    message = first["msg"].removeprefix("Value error, ")
    message = message[:1].lower() + message[1:]
    return f"`{where}`: {message}." if where else f"{message}."
