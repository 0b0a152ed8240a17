"""One JSON object with reasons before scores; the default format.

Whatever model answers, an answer counts only if it repeats the request's marker: no text under
judgement can know it, so a verdict that a candidate wrote never counts, however it is quoted.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from dikast.formats.contract import Format, Read, Unread
from dikast.formats.jsonish import Json, Unreadable
from dikast.formats.lines import read_lines
from dikast.formats.scores import (
    as_confidence,
    as_quotes,
    as_text,
    cut,
    read_score,
)
from dikast.formats.tolerant import Found, Scan, scan, settle, why_none
from dikast.types import MARK, Criterion, IntegerScale, Reason
from dikast.types.cascades import BANDS

_SURE = (
    '"confidence": how sure you are that careful people would give this score, one of '
    + ", ".join(f'"{band}"' for band in BANDS)
)
_BAND_SCHEMA: JsonValue = {"type": "string", "enum": list[JsonValue](BANDS)}
_MOST_LISTED = 50
"""Most whole numbers that a schema lists one by one."""


class Structured:
    """Asks for one JSON object and reads it.

    One criterion: `marker`, `reasoning`, `evidence` (quotes), `score`, and `grounds` in a
    revision. Several: `marker` and `criteria`, an object with such a part per criterion id.

    A weak model that forgets JSON may also answer, on one criterion, with a line `score: 4` at
    the end and a line `marker: …`; nothing else in prose is read.

    Examples:
        >>> from dikast.types import YesNoScale
        >>> safe = Criterion(id="safe", question="Is it safe?", scale=YesNoScale())
        >>> reply = '{"marker": "ab12", "reasoning": "No harm.", "evidence": [], "score": "yes"}'
        >>> FORMAT.read(reply, [safe], marker="ab12")["safe"].score
        1.0
        >>> FORMAT.read(reply, [safe], marker="cd34")["safe"].reason.value
        'wrong_marker'
    """

    name = "structured"
    states_confidence = False
    """Whether each answer ends with how sure the judge is, as the name of a band."""

    def instructions(
        self, criteria: Sequence[Criterion], *, revising: bool = False
    ) -> tuple[str | None, ...]:
        """What to tell the judge; see `Format.instructions`."""
        head = "Answer with one JSON object and nothing else. Its keys, in this order:\n"
        if len(criteria) == 1:
            asked = [*_fields(revising), f'- "score": {_wanted(criteria[0])}; decided last']
            asked += [f"- {_SURE}"] if self.states_confidence else []
            outline = self._outline(revising)
        else:
            asked = [
                '- "criteria": an object with one part for each criterion id; each part has',
                *("  " + line for line in _fields(revising)),
                '  - "score": decided last, and on this criterion alone',
                *(f'    - for "{c.id}": {_wanted(c)}' for c in criteria),
                *([f"  - {_SURE}"] if self.states_confidence else []),
            ]
            parts = ", ".join(f'"{c.id}": {{{self._outline(revising)}}}' for c in criteria)
            outline = f'"criteria": {{{parts}}}'
        told = '", copied as it stands\n' + "\n".join(asked) + '\n\nOutline: {"marker": "'
        return (head + '- "marker": "', MARK, told, MARK, f'", {outline}}}')

    def schema(
        self, criteria: Sequence[Criterion], *, revising: bool = False
    ) -> dict[str, JsonValue] | None:
        """JSON schema that strict providers take: every key required, none besides.

        Examples:
            >>> from dikast.types import YesNoScale
            >>> safe = Criterion(id="safe", question="Is it safe?", scale=YesNoScale())
            >>> FORMAT.schema([safe])["required"]
            ['marker', 'reasoning', 'evidence', 'score']
        """
        marker: dict[str, JsonValue] = {"marker": {"type": "string"}}
        if len(criteria) == 1:
            return _closed({**marker, **self._part(criteria[0], revising)})
        parts = {c.id: _closed(self._part(c, revising)) for c in criteria}
        return _closed({**marker, "criteria": _closed(parts)})

    def read(
        self, text: str, criteria: Sequence[Criterion], *, marker: str
    ) -> dict[str, Read | Unread]:
        """Read a reply; see `Format.read`. A missing or wrong marker is `wrong_marker`."""
        if not text.strip():
            return _all(criteria, Unread(Reason.EMPTY, "the reply is empty"))
        try:
            seen = scan(text)
        except Unreadable as error:
            return _all(criteria, Unread(error.reason, error.detail))
        if not seen.objects and not seen.broken and len(criteria) == 1:
            return {criteria[0].id: read_lines(text, criteria[0], marker=marker)}
        chosen = _choose(text, seen, criteria, marker)
        if isinstance(chosen, Unread):
            return _all(criteria, chosen)
        parts = _parts(chosen.value, criteria)
        words = self.states_confidence
        return {c.id: _read_part(parts.get(c.id), c, words=words) for c in criteria}

    def _outline(self, revising: bool) -> str:
        grounds = '"grounds": "...", ' if revising else ""
        sure = ', "confidence": "..."' if self.states_confidence else ""
        return f'"reasoning": "...", "evidence": ["..."], {grounds}"score": <score>{sure}'

    def _part(self, criterion: Criterion, revising: bool) -> dict[str, JsonValue]:
        """Properties of the answer on one criterion, reasons first: a score may not come before."""
        text: dict[str, JsonValue] = {"type": "string"}
        return {
            "reasoning": text,
            "evidence": {"type": "array", "items": {"type": "string"}},
            **({"grounds": text} if revising else {}),
            "score": _score_schema(criterion),
            **({"confidence": _BAND_SCHEMA} if self.states_confidence else {}),
        }


FORMAT: Format = Structured()


def _all(criteria: Sequence[Criterion], unread: Unread) -> dict[str, Read | Unread]:
    return {criterion.id: unread for criterion in criteria}


def _wanted(criterion: Criterion) -> str:
    """A score in words, as JSON has it."""
    scale = criterion.scale
    if not scale.labelled:
        return scale.describe()
    return "one of " + ", ".join(json.dumps(label, ensure_ascii=False) for label in _labels(scale))


def _labels(scale: object) -> tuple[str, ...]:
    labels: tuple[str, ...] = getattr(scale, "labels", ())
    return labels


def _fields(revising: bool) -> list[str]:
    """What every part holds before its score, in words."""
    fields = [
        '- "reasoning": what decides, worked out in a few sentences',
        '- "evidence": a list of short quotations from the material, copied exactly, or []',
    ]
    grounds = '- "grounds": the specific fact or error that moved your vote, or why none did'
    return [*fields, grounds] if revising else fields


def _score_schema(criterion: Criterion) -> dict[str, JsonValue]:
    """Bounds are listed values where possible: some strict providers refuse `minimum`."""
    scale = criterion.scale
    if scale.labelled:
        return {"type": "string", "enum": list(_labels(scale))}
    if isinstance(scale, IntegerScale):
        if scale.high - scale.low < _MOST_LISTED:
            return {"type": "integer", "enum": list(range(scale.low, scale.high + 1))}
        return {"type": "integer", "description": scale.describe()}
    return {"type": "number", "description": scale.describe()}


def _closed(properties: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


def _choose(text: str, seen: Scan, criteria: Sequence[Criterion], marker: str) -> Found | Unread:
    """The object that is the verdict of this request, or why there is none."""
    verdicts = [f for f in seen.objects if not f.quoted and _is_verdict(f.value, criteria)]
    own = [found for found in verdicts if _marker(found.value) == marker]
    if not own:
        if verdicts:
            said = _marker(verdicts[-1].value)
            detail = "the marker is another one" if said else "the marker is missing"
            return Unread(Reason.WRONG_MARKER, detail)
        echoed = any(not f.quoted and _is_echo(f.value) for f in seen.objects)
        return Unread(Reason.MALFORMED, "only an echo of the form" if echoed else why_none(seen))
    chosen, differing = settle(own, [_meaning(found, criteria) for found in own])
    if differing:
        return Unread(Reason.AMBIGUOUS, f"{differing} different verdicts in the reply")
    if not chosen.final and any(marker in text[start:end] for start, end in seen.broken if marker):
        return Unread(Reason.AMBIGUOUS, "beside a verdict stands another one, broken or cut off")
    twice = chosen.repeated or _twice(chosen.value)
    if twice:
        return Unread(Reason.AMBIGUOUS, f"the key `{cut(twice[0], 60)}` stands twice, differently")
    return chosen


def _get(part: Json, key: str) -> JsonValue:
    """A value by its key, whatever the key's case and surrounding space."""
    return next((value for name, value in part.items() if name.strip().casefold() == key), None)


def _has(part: Json, key: str) -> bool:
    return any(name.strip().casefold() == key for name in part)


def _twice(part: Json) -> list[str]:
    """Keys that stand twice in different spelling, such as `score` and `Score`."""
    seen: set[str] = set()
    twice = []
    for name in part:
        folded = name.strip().casefold()
        if folded in seen:
            twice.append(name)
        seen.add(folded)
    for inner in part.values():
        if isinstance(inner, dict):
            twice += _twice(inner)
    return twice


def _marker(value: Json) -> str:
    said = _get(value, "marker")
    return said.strip() if isinstance(said, str) else ""


def _is_verdict(value: Json, criteria: Sequence[Criterion]) -> bool:
    """Whether an object is shaped like an answer, and is not the form with its blanks."""
    keys = ("score", "criteria", "marker") if len(criteria) == 1 else ("criteria", "marker")
    return any(_has(value, key) for key in keys) and not _is_echo(value)


def _is_echo(value: Json) -> bool:
    """Whether an object repeats the schema or the outline instead of filling it in."""
    if any(_has(value, key) for key in ("properties", "$schema", "additionalproperties")):
        return True
    inner = _get(value, "criteria")
    parts = [value, *(inner.values() if isinstance(inner, dict) else ())]
    scores = [_get(p, "score") for p in parts if isinstance(p, dict) and _has(p, "score")]
    return bool(scores) and all(_blank(score) for score in scores)


def _blank(score: JsonValue) -> bool:
    if isinstance(score, dict):
        return _has(score, "type") or _has(score, "enum")
    if not isinstance(score, str):
        return False
    said = score.strip()
    return said in ("...", "…") or (said[:1] == "<" and said[-1:] == ">")


def _parts(value: Json, criteria: Sequence[Criterion]) -> Json:
    """The part of each criterion."""
    inner = _get(value, "criteria")
    if isinstance(inner, dict):
        return {name.strip().casefold(): part for name, part in inner.items()}
    return {criteria[0].id: value} if len(criteria) == 1 else {}


def _meaning(found: Found, criteria: Sequence[Criterion]) -> str:
    """What a verdict says: two that give every criterion the same score say the same."""
    parts = _parts(found.value, criteria)
    said = []
    for criterion in criteria:
        read = _read_part(parts.get(criterion.id), criterion)
        said.append(read.score if isinstance(read, Read) else [read.reason.value, read.detail])
    return json.dumps([said, found.repeated])


def _read_part(part: JsonValue, criterion: Criterion, *, words: bool = False) -> Read | Unread:
    if isinstance(part, dict):
        if not _has(part, "score"):
            return Unread(Reason.MISSING_CRITERION, f"no score on `{criterion.id}`")
        raw = _get(part, "score")
    elif part is None:
        return Unread(Reason.MISSING_CRITERION, f"nothing on `{criterion.id}`")
    else:
        raw, part = part, {}
    score = read_score(raw, criterion)
    if isinstance(score, Unread):
        return score
    return Read(
        score=score,
        rationale=as_text(_get(part, "reasoning")),
        quotes=as_quotes(_get(part, "evidence")),
        confidence=as_confidence(_get(part, "confidence"), words=words),
        grounds=as_text(_get(part, "grounds")),
    )
