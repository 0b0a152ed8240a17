"""What agents ask of a model and what comes back. The gateway's vocabulary."""

from __future__ import annotations

from typing import Literal, Protocol

from pydantic import JsonValue

from dikast.types.ballots import Reason
from dikast.types.base import Value
from dikast.types.cases import Attachment
from dikast.types.panels import ModelSpec
from dikast.types.usage import Usage

MARK = None
"""Stands for the request's own fence marker inside `PromptMessage.parts`."""


class PromptMessage(Value):
    """One message of a request, with the fence marker still blank.

    `parts` are joined without a separator; each `None` (`MARK`) becomes the marker that the
    gateway derives for the request. Text under judgement can therefore never name the marker.
    """

    role: Literal["system", "user", "assistant"]
    parts: tuple[str | None, ...]
    attachments: tuple[Attachment, ...] = ()

    def text(self, marker: str) -> str:
        """The message with its marker filled in."""
        return "".join(marker if part is MARK else part for part in self.parts)


class Place(Value):
    """Where a request was asked from; part of its journal key.

    Two seats of one model never share an answer, and neither do two rounds or samples.
    """

    role: Literal["judge", "critic", "detector", "escalation", "splitter", "other"] = "judge"
    case: str
    candidates: tuple[str, ...] = ()
    """Candidate ids in presentation order."""
    seat: str = ""
    judge: str = ""
    """Who is asked; differs from `seat` where a reserve stands in."""
    criterion: str = ""
    """Criterion id, or several joined by `+` where they are asked together."""
    round: int = 0
    sample: int = 0
    attempt: int = 0
    """0 for the first request, 1 for the first re-ask, and so on."""


class ModelRequest(Value):
    """One request to a model."""

    model: ModelSpec
    messages: tuple[PromptMessage, ...]
    reply_schema: dict[str, JsonValue] | None = None
    """JSON schema of the wanted reply; None for free text."""
    place: Place


class ModelReply(Value):
    """A model's reply that was paid for and journalled."""

    text: str
    key: str
    marker: str
    """The fence marker of the request, so that a format can look for it in the reply."""
    model: str = ""
    """The model that says it answered; may differ from the one asked, then it is flagged."""
    usage: Usage = Usage()
    replayed: bool = False


class CallFailure(Value):
    """A request that brought no reply that can be read. A value, not an exception."""

    reason: Reason
    detail: str = ""
    """Redacted; for a person."""
    key: str = ""
    text: str | None = None
    """What came back, where something did (a truncated or filtered reply); None otherwise."""
    usage: Usage = Usage()
    status: int | None = None
    """HTTP status; None where there was none."""


class Gateway(Protocol):
    """The only way to a model: journal first, then budget, pacing, deadline, retry."""

    async def ask(self, request: ModelRequest) -> ModelReply | CallFailure:
        """Answer a request from the journal, or send it, store the reply and return it.

        Raises:
            dikast.errors.RunStopped: No further call may be sent (budget, storage, deadline).
        """
        ...
