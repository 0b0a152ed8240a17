"""No secret in a run file: what of a panel is not stored."""

from __future__ import annotations

import re
from typing import TypeVar
from urllib.parse import urlsplit, urlunsplit

from pydantic import JsonValue

from dikast.records.differences import describe
from dikast.types import ModelSpec, PanelSpec

M = TypeVar("M", bound=ModelSpec)

WITHHELD = "[withheld]"
"""Stands in a run file for a setting that looks like a secret."""

_SECRET = re.compile(
    r"(api|access|auth|private|secret|client|session)[_-]?(key|token)|^(token|key|headers)$"
    r"|_headers$|password|passwd|secret|authorization|cookie|credential",
    re.IGNORECASE,
)


def without_secrets(panel: PanelSpec) -> tuple[PanelSpec, tuple[str, ...]]:
    """A panel fit to be stored, and the settings that were left out of it, for a person.

    Left out are provider settings named like secrets, and user, password and query of addresses.

    Examples:
        >>> from dikast.types import IntegerScale, Criterion, JudgeSpec, Rubric, Sampling
        >>> ok = Criterion(id="ok", question="Is it?", scale=IntegerScale(low=1, high=5))
        >>> anna = JudgeSpec(name="anna", model="m", sampling=Sampling(extra={"api_key": "k"}))
        >>> bare, withheld = without_secrets(
        ...     PanelSpec(judges=(anna,), rubric=Rubric(id="r", criteria=(ok,)))
        ... )
        >>> bare.judges[0].sampling.extra, withheld
        ({'api_key': '[withheld]'}, ('judge `anna`: `api_key`',))
    """
    withheld: list[str] = []
    update: dict[str, object] = {
        "judges": tuple(_bare(judge, f"judge `{judge.name}`", withheld) for judge in panel.judges),
        "reserves": tuple(_bare(j, f"judge `{j.name}`", withheld) for j in panel.reserves),
    }
    for role in ("critic", "detector", "splitter", "escalation"):
        model: ModelSpec | None = getattr(panel, role)
        update[role] = None if model is None else _bare(model, role, withheld)
    return panel.model_copy(update=update), tuple(withheld)


def _bare(model: M, who: str, withheld: list[str]) -> M:
    """The model without secrets; what was left out is added to `withheld`."""
    extra = _mask_all(model.sampling.extra, f"{who}: ", withheld)
    sampling = model.sampling.model_copy(update={"extra": extra})
    return model.model_copy(
        update={"sampling": sampling, "api_base": _bare_address(model.api_base, who, withheld)}
    )


def _mask(value: JsonValue, where: str, withheld: list[str]) -> JsonValue:
    if isinstance(value, list):
        return [_mask(item, where, withheld) for item in value]
    return _mask_all(value, where, withheld) if isinstance(value, dict) else value


def _mask_all(
    settings: dict[str, JsonValue], where: str, withheld: list[str]
) -> dict[str, JsonValue]:
    masked: dict[str, JsonValue] = {}
    for name, value in settings.items():
        if _SECRET.search(name) and value is not None:
            withheld.append(f"{where}{describe(name)}")
            masked[name] = WITHHELD
        else:
            masked[name] = _mask(value, where, withheld)
    return masked


def _bare_address(address: str | None, who: str, withheld: list[str]) -> str | None:
    if address is None:
        return None
    try:
        parts = urlsplit(address)
    except ValueError:
        parts = urlsplit("")
    if parts.geturl() == address and "@" not in parts.netloc and not parts.query:
        return address
    withheld.append(f"{who}: `api_base` (user, password or query)")
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
