"""Scales in a few characters, for command lines and columns of tables."""

from __future__ import annotations

import re

from dikast.errors import ConfigError
from dikast.types import (
    IntegerScale,
    OrdinalScale,
    PreferenceScale,
    RealScale,
    Scale,
    YesNoScale,
)

_NUMBER = r"-?[0-9]{1,15}(?:\.[0-9]{1,15})?"
_RANGE = re.compile(rf"({_NUMBER})\s*(?:\.\.|-|to)\s*({_NUMBER})")
_HINT = (
    "Write `1..5` for whole numbers, `0.0..1.0` for any number, `yes_no`, `preference`, "
    "`preference5`, or the labels, worst first: `poor<fair<good`."
)


def parse_scale(text: str) -> Scale:
    """The scale that a short text names.

    Args:
        text: `1..5` (also `1-5`) for whole numbers; with a decimal point in either end, any
            number (`0.0..1.0`); `yes_no`; `preference` or `preference5`, followed by `!ties`
            where a tie is not allowed; or labels parted by `<`, worst first.

    Raises:
        ConfigError: It names none.

    Examples:
        >>> parse_scale("1..5"), parse_scale("poor<fair<good").labels
        (IntegerScale(kind='integer', low=1, high=5), ('poor', 'fair', 'good'))
    """
    said = text.strip()
    try:
        if "<" in said:
            return OrdinalScale(labels=tuple(label.strip() for label in said.split("<")))
        if said.casefold() in ("yes_no", "yes/no"):
            return YesNoScale()
        kind, _, without = said.casefold().partition("!")
        if kind in ("preference", "preference3", "preference5") and without in ("", "ties"):
            return PreferenceScale(levels=5 if kind.endswith("5") else 3, ties=not without)
        if found := _RANGE.fullmatch(said):
            if "." in found[1] or "." in found[2]:
                return RealScale(low=float(found[1]), high=float(found[2]))
            return IntegerScale(low=int(found[1]), high=int(found[2]))
    except ValueError as error:
        raise ConfigError(f"`{text}` is no scale: {_reason(error)}.", hint=_HINT) from None
    raise ConfigError(f"`{text}` is no scale.", hint=_HINT)


def write_scale(scale: Scale) -> str:
    """The short text that `parse_scale` reads as this scale.

    Raises:
        ConfigError: A label holds `<`, so that no short text can name the scale.

    Examples:
        >>> write_scale(PreferenceScale(levels=5)), write_scale(RealScale(low=0, high=1))
        ('preference5', '0.0..1.0')
    """
    if isinstance(scale, YesNoScale):
        return "yes_no"
    if isinstance(scale, PreferenceScale):
        return f"preference{'5' if scale.levels == 5 else ''}{'' if scale.ties else '!ties'}"
    if isinstance(scale, OrdinalScale):
        if any("<" in label or label != label.strip() for label in scale.labels):
            raise ConfigError("a label of the scale holds `<` or space at its ends.")
        return "<".join(scale.labels)
    if isinstance(scale, IntegerScale):
        return f"{scale.low}..{scale.high}"
    return f"{_decimal(scale.low)}..{_decimal(scale.high)}"


def _decimal(number: float) -> str:
    plain = f"{number:.15f}".rstrip("0")
    return plain + "0" if plain.endswith(".") else plain


def _reason(error: ValueError) -> str:
    told = getattr(error, "errors", None)
    return str(told()[0]["msg"]) if told is not None else str(error)
