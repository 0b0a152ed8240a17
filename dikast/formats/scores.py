"""From what stands in a reply where a score is due, to a score on the scale or a typed failure.

`Scale.accept` is the only judge of what is on the scale. Nothing here clamps, scales, rounds, or
finds a label inside a longer answer; it only tells the kinds of failure apart.
"""

from __future__ import annotations

import re

from pydantic import JsonValue

from dikast.formats.contract import LONGEST_QUOTE, LONGEST_TEXT, MOST_QUOTES, Unread
from dikast.formats.jsonish import whole
from dikast.types import Criterion, OffScale, Reason
from dikast.types.cascades import band_middle

_PLAIN = re.compile(r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,30})?")
_FIGURE = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,30})?")
_SHARE = re.compile(r"[0-9.]{1,30}\s{0,3}(?:/|out of|of)\s{0,3}[0-9.]{1,30}", re.IGNORECASE)
_BETWEEN = re.compile(
    r"\s*(?:\bor\b|\band\b|\bto\b|\bbetween\b|[-–—/|,;&]|\.\.\.?)\s*", re.IGNORECASE
)
_SHOWN = 60


def read_score(raw: JsonValue, criterion: Criterion) -> float | Unread:
    """The score that `raw` is, or why it is none.

    A number may come as a string if the string is exactly a plain number.

    Args:
        raw: As the reply has it.
        criterion: What was asked.

    Returns:
        A score on the criterion's scale; else `off_scale`, `ambiguous` (a range, several labels)
        or `malformed` (nothing that could be a score).

    Examples:
        >>> from dikast.types import IntegerScale
        >>> quality = Criterion(id="q", question="Good?", scale=IntegerScale(low=1, high=5))
        >>> read_score("4", quality)
        4.0
        >>> read_score("4 or 5", quality).reason.value, read_score("4/5", quality).reason.value
        ('ambiguous', 'off_scale')
    """
    if isinstance(raw, list) and len(raw) > 1:
        return Unread(Reason.AMBIGUOUS, f"{len(raw)} scores for one criterion")
    if raw is None or isinstance(raw, list | dict):
        return Unread(Reason.MALFORMED, f"{shown(raw)} is no score")
    scale = criterion.scale
    tried: bool | int | float | str = raw
    if isinstance(raw, str) and not scale.labelled and _PLAIN.fullmatch(raw.strip()):
        plain = raw.strip()
        tried = float(plain) if "." in plain else int(plain)
    try:
        return scale.accept(tried)
    except OffScale as error:
        if isinstance(raw, str) and _several(raw, criterion):
            return Unread(Reason.AMBIGUOUS, f"{shown(raw)} names several scores")
        return Unread(Reason.OFF_SCALE, cut(str(error), 200))


def _several(raw: str, criterion: Criterion) -> bool:
    """Whether an answer off the scale names several that might be on it."""
    answer = raw.strip().casefold()
    if len(answer) > 200:
        return False
    if criterion.scale.labelled:
        labels = {label.strip().casefold() for label in getattr(criterion.scale, "labels", ())}
        return len({piece.strip() for piece in _BETWEEN.split(answer)} & labels) > 1
    return len(set(_FIGURE.findall(answer))) > 1 and _SHARE.search(answer) is None


def shown(raw: JsonValue) -> str:
    """A raw answer as a message shows it."""
    return cut(repr(raw) if isinstance(raw, str | int | float | bool) else _kind(raw), _SHOWN)


def _kind(raw: JsonValue) -> str:
    return "null" if raw is None else "a list" if isinstance(raw, list) else "an object"


def cut(text: str, longest: int = LONGEST_TEXT) -> str:
    """The text, cut with an ellipsis where it is longer."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


def as_text(raw: JsonValue) -> str:
    """A rationale or grounds: a string, or a list of strings as lines; empty for anything else."""
    if isinstance(raw, list):
        raw = "\n".join(item for item in raw[:200] if isinstance(item, str))
    return cut(whole(raw.strip())) if isinstance(raw, str) else ""


def as_quotes(raw: JsonValue) -> tuple[str, ...]:
    """Quotes from a list of strings, or of objects with `quote`; each once, in order."""
    items = raw if isinstance(raw, list) else [raw]
    quotes: dict[str, None] = {}
    for item in items:
        quote = item.get("quote") if isinstance(item, dict) else item
        if isinstance(quote, str) and quote.strip() and len(quote) <= LONGEST_QUOTE:
            quotes[quote.strip()] = None
        if len(quotes) == MOST_QUOTES:
            break
    return tuple(quotes)


def as_confidence(raw: JsonValue, *, words: bool = False) -> float | None:
    """A claimed confidence; None unless it is a number from 0 to 1 or, with `words`, a band's name.

    Examples:
        >>> as_confidence(0.7), as_confidence("very high", words=True), as_confidence(70)
        (0.7, 0.9, None)
    """
    if isinstance(raw, str) and words:
        return band_middle(raw) if len(raw) <= _SHOWN else None
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        return None
    return float(raw) if 0 <= raw <= 1 else None
