"""Votes as a critic or detector sees them: numbered, anonymous, in canonical terms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from pydantic import JsonValue

from dikast.agents.briefing import LONGEST
from dikast.agents.slots import answer
from dikast.prompts import clip
from dikast.types import Ballot, Criterion


class Vote(NamedTuple):
    """One or more equal votes on a criterion."""

    criterion: Criterion
    score: float
    rationale: str
    shown_first: str
    """`A` or `B`, the response of a pair that was shown first; empty if not told."""
    seats: tuple[str, ...]
    """Who cast it; never shown."""

    def text(self) -> str:
        """The vote in words."""
        lines = [
            f"Criterion: {self.criterion.id}",
            f"Vote: {answer(self.score, self.criterion.scale)}",
            f"Shown first: Response {self.shown_first}" if self.shown_first else "",
            f"Reasons: {clip(self.rationale, LONGEST) or 'none given'}",
        ]
        return "\n".join(line for line in lines if line)


def numbered(
    ballots: Sequence[Ballot],
    criteria: Sequence[Criterion],
    canonical: tuple[str, ...],
    *,
    orders: bool = False,
) -> list[Vote]:
    """Number votes in an order that tells nothing of who cast them.

    Equal votes become one, so that no name can decide which of them comes first. Abstentions are
    left out: there is nothing in them to challenge.

    Args:
        ballots: In canonical terms, in any order.
        criteria: Criteria whose votes are shown.
        canonical: Candidate ids in canonical order.
        orders: Whether to tell which response of a pair was shown first.
    """
    known = {criterion.id: (at, criterion) for at, criterion in enumerate(criteria)}
    seats: dict[tuple[int, float, str, str], set[str]] = {}
    for ballot in ballots:
        if ballot.score is None or ballot.criterion not in known:
            continue
        first = _first(ballot, canonical) if orders else ""
        key = (known[ballot.criterion][0], ballot.score, ballot.rationale.strip(), first)
        seats.setdefault(key, set()).add(ballot.seat)
    return [
        Vote(
            criteria[at], score, rationale, first, tuple(sorted(seats[at, score, rationale, first]))
        )
        for at, score, rationale, first in sorted(seats)
    ]


def _first(ballot: Ballot, canonical: tuple[str, ...]) -> str:
    if len(ballot.presentation) < 2:
        return ""
    return "A" if ballot.presentation[0] == canonical[0] else "B"


def word(item: Mapping[str, JsonValue], key: str) -> str:
    """The text under a key of a reply's object; empty if there is none."""
    value = item.get(key)
    return whole(value).strip() if isinstance(value, str) else ""


def whole(text: str) -> str:
    """The text with lone surrogates replaced: JSON escapes can make them, values refuse them."""
    return text.encode("utf-8", "replace").decode()


def number(value: JsonValue) -> int | None:
    """A whole number, also where a model wrote it as text; True and 1.5 are none.

    Examples:
        >>> number("2"), number(True), number("9" * 9)
        (2, None, None)
    """
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit():
        return int(value) if len(value.strip()) < 9 else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None
