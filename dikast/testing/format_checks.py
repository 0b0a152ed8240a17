"""What every reply format must keep, as one function: run it in your own format's tests."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence

from dikast.errors import ConfigError
from dikast.formats.contract import Format, Read, Unread
from dikast.types import (
    Criterion,
    IntegerScale,
    OrdinalScale,
    PreferenceScale,
    RawScore,
    RealScale,
    Reason,
    Scale,
    YesNoScale,
)

Writer = Callable[[Criterion, RawScore, str], str]
"""A good reply from a criterion, a score as a judge writes it, and the request's marker."""

SCALES: tuple[Scale, ...] = (
    IntegerScale(low=1, high=5),
    RealScale(low=1, high=10),
    OrdinalScale(labels=("poor", "fair", "good")),
    YesNoScale(),
    PreferenceScale(),
    PreferenceScale(ties=False),
    PreferenceScale(levels=5),
)
MARKER = "0123456789abcdef"
SECONDS = 5.0
"""Most processor time a reply may take here. Own formats take below one; machines differ."""


def check_format(fmt: Format, *, write: Writer | None = None) -> None:
    """Assert that a format keeps the promises of `dikast.formats.contract`.

    Args:
        fmt: The format.
        write: Writes a good reply. With it, what was written must read back, and must not count
            in an unclosed block of reasoning, in a block quotation, or beside a different one.

    Raises:
        AssertionError: It breaks one; the message names the promise and the reply.

    Examples:
        >>> from dikast.registry import load
        >>> check_format(load("formats", "label_line"), write=lambda c, raw, marker: str(raw))
    """
    assert isinstance(fmt.name, str) and fmt.name, "a format has a name"  # noqa: PT018
    fitting = [criterion for criterion in _criteria() if _asks(fmt, [criterion])]
    assert fitting, "a format can ask about at least one kind of scale"
    _check_time(fmt, fitting[:1])
    for criterion in fitting:
        _check_asking(fmt, [criterion])
        _check_failures(fmt, [criterion])
        if write is not None:
            _check_answers(fmt, criterion, write)
    numeric = [c for c in fitting if not isinstance(c.scale, PreferenceScale)]
    if len(numeric) > 1 and _asks(fmt, numeric):
        _check_asking(fmt, numeric)
        _check_failures(fmt, numeric)


def raw_scores(scale: Scale) -> tuple[RawScore, ...]:
    """Some answers on a scale, as a judge writes them, each of another worth.

    Examples:
        >>> raw_scores(YesNoScale())
        ('no', 'yes')
    """
    if isinstance(scale, OrdinalScale | YesNoScale | PreferenceScale):
        return scale.labels
    low, high = scale.bounds()
    if isinstance(scale, IntegerScale):
        return (scale.low, scale.high)
    return (low, low + (high - low) / 2, high)


def _criteria() -> list[Criterion]:
    return [
        Criterion(id=f"c{number}", question="Is it good?", scale=scale)
        for number, scale in enumerate(SCALES)
    ]


def _asks(fmt: Format, criteria: Sequence[Criterion]) -> bool:
    """Whether the format asks about these; refusing with a `ConfigError` is its right."""
    try:
        fmt.instructions(criteria)
    except ConfigError:
        return False
    return True


def _check_asking(fmt: Format, criteria: Sequence[Criterion]) -> None:
    for revising in (False, True):
        told = fmt.instructions(criteria, revising=revising)
        assert isinstance(told, tuple), "`instructions` returns a tuple of parts"
        assert all(part is None or isinstance(part, str) for part in told), (
            "parts of `instructions` are strings, or None for the marker"
        )
        assert told == fmt.instructions(criteria, revising=revising), "`instructions` is pure"
        schema = fmt.schema(criteria, revising=revising)
        assert schema is None or json.loads(json.dumps(schema)) == schema, "`schema` is plain JSON"


def _check_failures(fmt: Format, criteria: Sequence[Criterion]) -> None:
    for reply in _EMPTY:
        seen = _read(fmt, reply, criteria)
        for criterion in criteria:
            result = seen[criterion.id]
            assert isinstance(result, Unread), (
                f"a reply without a verdict is read as {result}: {_brief(reply)}"
            )
        assert seen == fmt.read(reply, criteria, marker=MARKER), "`read` is pure"
        backwards = _read(fmt, reply, criteria[::-1])
        assert seen == backwards, f"the order of criteria changes the reading: {_brief(reply)}"


def _check_time(fmt: Format, criteria: Sequence[Criterion]) -> None:
    for reply in _bulky():
        began = time.process_time()
        _read(fmt, reply, criteria)
        took = time.process_time() - began
        assert took < SECONDS, f"a reply takes {took:.1f} s to read: {_brief(reply)}"


def _check_answers(fmt: Format, criterion: Criterion, write: Writer) -> None:
    raws = raw_scores(criterion.scale)
    for raw in raws:
        reply = write(criterion, raw, MARKER)
        result = _read(fmt, reply, [criterion])[criterion.id]
        assert isinstance(result, Read), f"a good reply is not read, {result}: {_brief(reply)}"
        wanted = criterion.scale.accept(raw)
        assert result.score == wanted, f"{raw!r} is read as {result.score}: {_brief(reply)}"
        thought = _read(fmt, f"Let me see. <think>\n{reply}", [criterion])[criterion.id]
        assert isinstance(thought, Unread), "a verdict in unclosed reasoning counts"
        after = _read(fmt, f"<think>\n{reply}\n</think>\n", [criterion])[criterion.id]
        assert isinstance(after, Unread), "a verdict in reasoning counts"
        cited = "\n".join(f"> {line}" for line in reply.split("\n"))
        quoted = _read(fmt, f"It says:\n{cited}\nThat is all.", [criterion])[criterion.id]
        assert isinstance(quoted, Unread), "a verdict in a block quotation counts"
    first, last = (write(criterion, raw, MARKER) for raw in (raws[0], raws[-1]))
    for both in (f"{first}\n\n{last}", f"{last}\n\n{first}"):
        result = _read(fmt, both, [criterion])[criterion.id]
        assert isinstance(result, Unread), f"of two different verdicts one counts: {_brief(both)}"


def _read(fmt: Format, reply: str, criteria: Sequence[Criterion]) -> dict[str, Read | Unread]:
    try:
        seen = fmt.read(reply, criteria, marker=MARKER)
    except Exception as error:
        raise AssertionError(f"`read` raises {error!r}: {_brief(reply)}") from error
    assert set(seen) == {c.id for c in criteria}, "`read` answers on every criterion, and only them"
    for criterion in criteria:
        result = seen[criterion.id]
        if isinstance(result, Read):
            low, high = criterion.scale.bounds()
            assert low <= result.score <= high, f"{result.score} is off the scale: {_brief(reply)}"
            continue
        assert isinstance(result.reason, Reason), "an unread answer has a reason of the closed list"
        assert len(result.detail) <= 500, "the detail of an unread answer is short"
    return seen


_DIGITS = "9" * 6_000
_EMPTY = (
    *("", " \n\t", "\x00", "\ud800", "It is a good answer.", "I would rate it highly.", "null"),
    *("{", "}", "[[", "```json", '{"score":', f'{{"marker": "{MARKER}"', "NaN", "true", "score"),
    *("<think>", "</think>", "<think>4", "not correct", "incorrect", "neither", "4 or 5", "7/10"),
    *(_DIGITS, f"[[{_DIGITS}]]", f'{{"score": {_DIGITS}}}', f"[RESULT] {_DIGITS}", "\\" * 999),
)
"""Replies that hold no verdict in any form."""


def _bulky() -> Iterator[str]:
    """Replies that would cost a careless reader its time."""
    for piece in ("{", "[", '{"a":', "<think>", '{"', "{/*", "> ", "\n", "score: ", "so it is "):
        yield piece * (200_000 // len(piece))


def _brief(reply: str) -> str:
    return repr(reply[:80]) + (f" and {len(reply) - 80} more characters" if len(reply) > 80 else "")
