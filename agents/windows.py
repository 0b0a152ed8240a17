"""Long passages: cut into pieces, packed into windows that a model can read, never cut in silence.

Sizes are in bytes of UTF-8, three to a token: about right for scripts of three bytes a letter,
and a quarter too careful for English.
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from dikast.types import Case, Context, Gateway, ModelSpec

BYTES_PER_TOKEN = 3
ASSUMED = 16_000
"""Tokens of a model of which nothing is known."""
_SHARE = 0.6
"""Share of a model's window that passages may fill; the rest is for prompt, claims and reply."""
_SHORT = 6_000
"""Bytes of passages that every model can read: no table need be asked."""
_OVERLAP = 300
"""Characters that neighbouring pieces of a passage share, so that no quotation is torn."""
_BREAK = re.compile(r"[.!?。！？؟]\s|\n|\s")
_WORD = re.compile(r"\w+")


class Piece(NamedTuple):
    """A passage, or a part of one that is too long to be read at once."""

    context_id: str
    text: str
    part: int = 1
    """Its number among the passage's parts, from 1."""
    parts: int = 1

    @property
    def note(self) -> str:
        """What a judge is told of it, beside its number."""
        part = f", part {self.part} of {self.parts}" if self.parts > 1 else ""
        return f"id: {self.context_id}{part}"


def size(text: str) -> int:
    """Bytes of a text."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "replace"))


async def room_of(
    spec: ModelSpec, gateway: Gateway | None, contexts: Sequence[Context]
) -> tuple[int, str]:
    """How many bytes of passages a model can be shown at once, and a note if that was assumed.

    What the description states goes first, then litellm's table where the gateway can ask it.

    Args:
        spec: The model.
        gateway: The way to it; one that knows nothing of models will do.
        contexts: The passages; if they are short nothing is looked up.
    """
    total = sum(size(context.text) for context in contexts)
    tokens = spec.context_window
    if tokens is None and total <= _SHORT:
        return _SHORT, ""
    if tokens is None:
        ask: Any = getattr(gateway, "facts", None)
        facts = None if ask is None else await ask(spec)
        tokens = None if facts is None else facts.max_input
    room = int((tokens or ASSUMED) * _SHARE * BYTES_PER_TOKEN)
    if tokens is None and total > room:
        return room, (
            f"the context window of `{spec.model}` is unknown and taken for {ASSUMED} tokens; "
            "state it as `context_window`"
        )
    return room, ""


def pieces(contexts: Iterable[Context], room: int) -> list[Piece]:
    """Passages as pieces of at most `room` bytes, cut at sentence ends where there are any.

    Examples:
        >>> cut = pieces([Context(id="p", text="One two. " * 200)], 800)
        >>> [(piece.part, piece.parts) for piece in cut]
        [(1, 3), (2, 3), (3, 3)]
    """
    found = []
    for context in contexts:
        parts = _cut(context.text, room)
        found += [
            Piece(context.id, text, number, len(parts)) for number, text in enumerate(parts, 1)
        ]
    return found


def _cut(text: str, room: int) -> list[str]:
    if size(text) <= room:
        return [text]
    # Characters that surely fit: the widest take four bytes.
    width = room if text.isascii() else max(1, room * len(text) // size(text) * 9 // 10)
    overlap = min(_OVERLAP, width // 4)
    parts, start = [], 0
    while start < len(text):
        end = min(len(text), start + width)
        while size(text[start:end]) > room:
            end = start + (end - start) * 9 // 10
        if end < len(text):
            end = _break(text, start + (end - start) * 3 // 4, end)
        parts.append(text[start:end])
        if end >= len(text):
            break
        start = max(start + 1, end - overlap)
    return parts


def _break(text: str, low: int, high: int) -> int:
    """The last good place to cut between two positions; `high` if there is none."""
    ends = [
        (match.group()[0] in ".!?。！？؟\n", match.end())
        for match in _BREAK.finditer(text, low, high)
    ]
    return max(ends)[1] if ends else high


def packed(found: Sequence[Piece], room: int) -> list[list[Piece]]:
    """Pieces in windows of at most `room` bytes each, in order; at least one, maybe empty."""
    windows: list[list[Piece]] = [[]]
    filled = 0
    for piece in found:
        own = size(piece.text)
        if windows[-1] and filled + own > room:
            windows.append([])
            filled = 0
        windows[-1].append(piece)
        filled += own
    return windows


def nearest(found: Sequence[Piece], to: Sequence[str], room: int) -> list[Piece]:
    """The pieces that share most words with some texts, as many as fit, in their own order.

    Words that fewer pieces hold weigh more.

    Args:
        found: Pieces.
        to: What they should bear on: question, claims, answer.
        room: Bytes.
    """
    wanted = {word for text in to for word in _words(text)}
    held = [wanted & _words(piece.text) for piece in found]
    spread = {word: sum(word in own for own in held) for word in wanted}
    merits = [sum(1 / spread[word] for word in own) for own in held]
    chosen, filled = [], 0
    for at in heapq.nsmallest(len(found), range(len(found)), key=lambda n: (-merits[n], n)):
        own = size(found[at].text)
        if filled + own <= room:
            chosen.append(at)
            filled += own
    return [found[at] for at in sorted(chosen)]


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.casefold()))


def narrowed(case: Case, room: int, to: Sequence[str]) -> tuple[Case, dict[str, str], str]:
    """A case whose passages fit into `room` bytes: the pieces nearest to some texts.

    Args:
        case: The case.
        room: Bytes of passages.
        to: What they should bear on.

    Returns:
        The case; the passage that each of its pieces belongs to, by the piece's id; and what was
        left out, in words. The case itself and an empty note where everything fits.
    """
    if sum(size(context.text) for context in case.contexts) <= room:
        return case, {context.id: context.id for context in case.contexts}, ""
    cut = pieces(case.contexts, max(_SHORT // 4, room // 4))
    kept = nearest(cut, to, room)
    taken = {context.id for context in case.contexts}
    origin: dict[str, str] = {}
    contexts = []
    for piece in kept:
        name = piece.context_id
        while piece.parts > 1 and (name in taken or name in origin):
            name = (
                f"{piece.context_id[:250]} (part {piece.part})"
                if name == piece.context_id
                else name + "'"
            )
        origin[name] = piece.context_id
        contexts.append(Context(id=name, text=piece.text))
    note = (
        f"the passages are longer than what can be shown: {len(kept)} of {len(cut)} pieces, "
        "those nearest to question and answer"
    )
    return case.model_copy(update={"contexts": tuple(contexts)}), origin, note
