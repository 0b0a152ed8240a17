"""What a panel holds about two candidates."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from dikast.types.ballots import Reason
from dikast.types.base import Value
from dikast.types.verdicts import Verdict

Preferred = Literal["first", "second", "tie"]


class Comparison(Value):
    """A pair's outcome. `first` and `second` are canonical: the order of the case, not of a slot.

    Exactly one of `preferred` and `reason` is set. A tie is an outcome; an undecided pair is not.
    """

    schema_version: Literal[1] = 1
    case_id: str
    first: str
    """Id of the canonically first candidate."""
    second: str
    preferred: Preferred | None = None
    reason: Reason | None = None
    """Why there is no outcome; None if there is one."""
    margin: float | None = Field(default=None, ge=-1, le=1)
    """Mean of the criteria: 1 for the first by far, −1 for the second; None if undecided."""
    confidence: float | None = Field(default=None, ge=0, le=1)
    consistent: float | None = Field(default=None, ge=0, le=1)
    """Share of votes whose two presentation orders agreed; None without votes."""
    decided_at: str | None = None
    """With gates: the criterion at which it was decided, the first gate that is no tie; None where
    all gates are ties, or there is none."""
    verdict: Verdict

    @model_validator(mode="after")
    def _preferred_or_reason(self) -> Self:
        if (self.preferred is None) == (self.reason is None):
            raise ValueError("a comparison has either `preferred` or `reason`")
        return self

    @property
    def winner(self) -> str | None:
        """Id of the preferred candidate; None for a tie and for an undecided pair."""
        return {"first": self.first, "second": self.second}.get(self.preferred or "")


def compared(verdict: Verdict) -> Comparison:
    """Read a verdict on a pair as its outcome.

    Args:
        verdict: A verdict on two candidates by a rubric of preferences.
    """
    first, second = verdict.candidates
    margin = verdict.score if verdict.status == "decided" else None
    shares = [(d.consistent, d.votes) for d in verdict.criteria if d.consistent is not None]
    votes = sum(number for _, number in shares)
    preferred: Preferred | None = None
    if margin is not None:
        preferred = "tie" if abs(margin) < 1e-9 else "first" if margin > 0 else "second"
    return Comparison(
        case_id=verdict.case_id,
        first=first,
        second=second,
        preferred=preferred,
        reason=verdict.reason,
        margin=margin,
        confidence=verdict.confidence,
        consistent=sum(share * number for share, number in shares) / votes if votes else None,
        decided_at=verdict.decided_at,
        verdict=verdict,
    )
