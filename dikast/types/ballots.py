"""What judges say: ballots, abstentions and the evidence they quote."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal, Self

from pydantic import Field, model_validator

from dikast.types.base import Value

Source = Literal["question", "response", "response_b", "context", "reference", "rationale"]
"""Where a quoted text stands; `response_b` is the canonically second candidate of a pair."""


REPLACED = "replaced_by:"
"""Flag of a ballot that a reserve's ballot stands in for; kept for the record, never counted."""


class Reason(StrEnum):
    """Why there is no value. The list is closed: code and reports rely on it."""

    # the call
    TIMEOUT = "timeout"
    UNAVAILABLE = "unavailable"  # resting after repeated time-outs, or out for the run
    RATE_LIMITED = "rate_limited"
    SERVER_ERROR = "server_error"
    CONNECTION = "connection"
    AUTH = "auth"
    BAD_REQUEST = "bad_request"
    UNKNOWN_MODEL = "unknown_model"
    TOO_LONG = "too_long"
    UNSUPPORTED_PART = "unsupported_part"
    TOO_LARGE = "too_large"
    BAD_BODY = "bad_body"  # 200, and not a chat completion
    BUDGET = "budget"
    CANCELLED = "cancelled"
    # the reply
    EMPTY = "empty"
    FILTERED = "filtered"
    TRUNCATED = "truncated"
    REFUSED = "refused"
    MALFORMED = "malformed"  # no verdict could be read
    AMBIGUOUS = "ambiguous"  # several different verdicts
    OFF_SCALE = "off_scale"
    MISSING_CRITERION = "missing_criterion"
    WRONG_MARKER = "wrong_marker"
    FORGED_QUOTE = "forged_quote"
    # the judge
    NOT_APPLICABLE = "not_applicable"  # nothing to judge by, or a part the judge cannot see
    NO_EVIDENCE = "no_evidence"  # a rule-backed judge found nothing to go by
    SAMPLES_SPLIT = "samples_split"  # its own samples disagree without a mode
    # the panel
    NO_QUORUM = "no_quorum"
    TIE = "tie"
    LOW_CONFIDENCE = "low_confidence"
    UNSTABLE = "unstable"
    PERSONS_DIFFER = "persons_differ"  # several people adjudicated, and do not agree
    NOT_REACHED = "not_reached"  # a gate before it failed, or its condition does not hold
    DEADLINE = "deadline"
    BUG = "bug"  # an error of dikast or of a plug-in; the detail says which


class Abstention(Value):
    """A ballot without a value, and why. It is not a low score."""

    reason: Reason
    detail: str = ""
    """For a person; redacted, at most a few hundred characters."""


class Evidence(Value):
    """A quotation that a judge rests on."""

    quote: str = Field(min_length=1)
    source: Source
    context_id: str | None = None
    """The passage, where `source` is `context`; None elsewhere or if not told."""


class Ballot(Value):
    """One judge's answer on one criterion, in one round, under one presentation order.

    Exactly one of `score` and `abstention` is set.
    """

    seat: str
    """The seat of the panel this ballot counts for."""
    judge: str
    """Who voted: the seat's judge, or the reserve that stood in for it, under its own name."""
    criterion: str
    round: int = Field(default=0, ge=0)
    presentation: tuple[str, ...]
    """Candidate ids in the order shown."""
    sample: int = Field(default=0, ge=0)
    score: float | None = None
    """On the criterion's scale, in canonical terms (never in slots); None if abstained."""
    abstention: Abstention | None = None
    rationale: str = ""
    evidence: tuple[Evidence, ...] = ()
    stated_confidence: float | None = Field(default=None, ge=0, le=1)
    """What the judge claims of itself; never a weight until calibrated. None if not asked."""
    grounds: str = ""
    """In a revision: the new fact or error that moved (or did not move) the vote."""
    model: str | None = None
    """The model that says it answered; None for rule-backed judges."""
    prompt: str | None = None
    """Content digest of the prompt; None for rule-backed judges."""
    call: str | None = None
    """Journal key of the call; None for rule-backed judges."""
    raw: str | None = Field(default=None, repr=False)
    """The literal reply, kept so that it can be read again; None for rule-backed judges."""
    reasks: int = Field(default=0, ge=0)
    """How often the judge was asked again because its reply could not be read."""
    flags: tuple[str, ...] = ()
    """Oddities worth keeping, such as `other_model:NAME`."""

    @model_validator(mode="after")
    def _score_or_abstention(self) -> Self:
        if (self.score is None) == (self.abstention is None):
            raise ValueError("a ballot has either `score` or `abstention`")
        return self


class Standing(Value):
    """What a seat holds on a criterion after a round: orders and samples folded into one vote."""

    seat: str
    criterion: str
    round: int = Field(default=0, ge=0)
    score: float | None = None
    abstention: Abstention | None = None
    consistent: bool | None = None
    """Whether both presentation orders agreed; None where there was one order only."""
    weight: float = Field(default=1.0, ge=0)
    rationale: str = ""

    @model_validator(mode="after")
    def _score_or_abstention(self) -> Self:
        if (self.score is None) == (self.abstention is None):
            raise ValueError("a standing vote has either `score` or `abstention`")
        return self
