"""What detectors and critics say about ballots and inputs. Neither changes a score by itself."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from dikast.types.ballots import Source
from dikast.types.base import Value

BiasKind = Literal[
    "length",
    "position",
    "bandwagon",
    "authority",
    "sentiment",
    "self_praise",
    "format",
    "injection",
    "hidden_text",
    "content_free",
    "refinement",
    "distraction",
    "fallacy_oversight",
    "identity",
    "self_preference",
    "forged_quote",
    "other",
]
"""What may sway a judge (`methods.md` B1 in the field's terms)."""

Severity = Literal["note", "grave"]
"""`grave` makes a criterion contested; `note` is reported only."""


class BiasFinding(Value):
    """A claim that something other than merit may sway a ballot, with evidence."""

    kind: BiasKind
    detector: str
    """Name of the detector that found it."""
    severity: Severity = "note"
    source: Source
    """Where the quoted text stands."""
    quote: str = Field(min_length=1)
    """Text that occurs in the source; a finding whose quote does not is dropped."""
    context_id: str | None = None
    candidate: str | None = None
    """The candidate concerned; None if the finding is about none in particular."""
    seat: str | None = None
    """The seat whose ballot is said to be swayed; None for a finding about the input."""
    criterion: str | None = None
    """None where all criteria are concerned."""
    round: int = Field(default=0, ge=0)
    explanation: str = ""
    suggested_check: str = ""
    confidence: float | None = Field(default=None, ge=0, le=1)
    """As the detector states it; None for a screen."""


class CritiquePoint(Value):
    """One contested point, with its grounds."""

    claim: str = Field(min_length=1)
    quote: str = Field(min_length=1)
    """Text that occurs in the source; a point whose quote does not is dropped and counted."""
    source: Source
    context_id: str | None = None
    effect: Literal["raise", "lower", "unclear"] = "unclear"
    """Whether it speaks for a higher or a lower score than those it challenges."""


class Critique(Value):
    """A challenge to ballots on one criterion."""

    critic: str
    criterion: str
    round: int = Field(ge=0)
    """The round of the ballots that are challenged."""
    points: tuple[CritiquePoint, ...] = ()
    challenged: tuple[str, ...] = ()
    """Seats that are asked to vote again."""
    dropped: int = Field(default=0, ge=0)
    """Points dropped because their quote occurs nowhere."""
    failure: str | None = None
    """Why the critic said nothing; None if it answered."""
    prompt: str | None = None
    call: str | None = None
