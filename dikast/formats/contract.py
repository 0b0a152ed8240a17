"""What a reply format is: how to ask for an answer and how to read it, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from pydantic import JsonValue

from dikast.types import Criterion, Reason


class Read(NamedTuple):
    """One criterion's answer, as it stands in the reply."""

    score: float
    """On the criterion's scale, as `Scale.accept` gave it; in terms of the slots shown."""
    rationale: str = ""
    """The judge's reasons, cut to `LONGEST_TEXT` characters; empty if it gave none."""
    quotes: tuple[str, ...] = ()
    """Words the judge says it quotes; whether they occur anywhere is not checked here."""
    confidence: float | None = None
    """What the judge claims, 0 to 1; None if it claims nothing or anything else."""
    grounds: str = ""
    """In a revision: what moved the vote; empty if not told."""


class Unread(NamedTuple):
    """Why a reply holds no answer on a criterion."""

    reason: Reason
    detail: str
    """For a person: what was found; at most a few hundred characters."""


LONGEST_TEXT = 20_000
"""Longest rationale or grounds kept, in characters; the raw reply is kept whole elsewhere."""
MOST_QUOTES = 50
"""Most quotes kept of one answer."""
LONGEST_QUOTE = 2_000
"""Longest quote kept, in characters; a longer one is left out, since a cut one is no quote."""


class Format(Protocol):
    """A way to ask for an answer and to read it. Pure: no I/O, no clock, no randomness."""

    @property
    def name(self) -> str:
        """The name a panel uses."""
        ...

    def instructions(
        self, criteria: Sequence[Criterion], *, revising: bool = False
    ) -> tuple[str | None, ...]:
        """What to tell the judge about the form of its answer.

        Args:
            criteria: What is judged in this call; at least one.
            revising: Whether the judge votes again and must state its grounds.

        Returns:
            Parts of a message, joined without a separator; None stands for the request's marker.

        Raises:
            dikast.errors.ConfigError: The format cannot ask for these criteria.
        """
        ...

    def schema(
        self, criteria: Sequence[Criterion], *, revising: bool = False
    ) -> dict[str, JsonValue] | None:
        """JSON schema of the reply for providers that enforce one; None if the reply is text."""
        ...

    def read(
        self, text: str, criteria: Sequence[Criterion], *, marker: str
    ) -> dict[str, Read | Unread]:
        """Read a reply: never raises, whatever the text, and ends within a second.

        Args:
            text: The whole reply.
            criteria: What was asked.
            marker: The marker of the request.

        Returns:
            An answer or a typed failure for every criterion, by its id.
        """
        ...
