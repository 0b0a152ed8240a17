"""What is judged: cases, candidates, messages, contexts, attachments."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, JsonValue, model_validator

from dikast.types.base import Metadata, Value

MAX_ID = 300
"""Longest id, in characters. Ids are data: they are never used as file names."""


class Attachment(Value):
    """An image that belongs to a case or candidate; only its reference travels, never its bytes."""

    id: str = Field(min_length=1, max_length=MAX_ID)
    kind: Literal["image"] = "image"
    path: str | None = None
    """Local file, relative to the folder of the case file; None where it lies elsewhere."""
    data_url: str | None = Field(default=None, repr=False)
    """The image inline (`data:image/png;base64,…`); None where it lies elsewhere."""
    url: str | None = None
    """A remote address, which the provider fetches; only where the panel allows it."""
    sha256: str | None = None
    """Digest of the original bytes; None until the file was read."""
    caption: str | None = None
    """What a judge without vision is told instead; None makes such a judge abstain."""

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if [self.path, self.data_url, self.url].count(None) != 2:
            raise ValueError("an attachment needs one of `path`, `data_url` and `url`")
        return self


class Message(Value):
    """One turn of the conversation that led to the response."""

    role: Literal["system", "user", "assistant", "tool"]
    content: str
    attachments: tuple[Attachment, ...] = ()


class Candidate(Value):
    """A response under judgement. Its text is untrusted."""

    id: str = Field(default="response", min_length=1, max_length=MAX_ID)
    text: str
    model: str | None = None
    """The system that wrote it; None if unknown. Judges are never told."""
    attachments: tuple[Attachment, ...] = ()
    metadata: Metadata = {}


class Context(Value):
    """A passage that the response should rest on. Its text is untrusted."""

    id: str = Field(min_length=1, max_length=MAX_ID)
    text: str
    attachments: tuple[Attachment, ...] = ()


class Case(Value):
    """One thing to judge: a question, one or more candidates, and what they may rest on."""

    schema_version: Literal[1] = 1
    id: str = Field(min_length=1, max_length=MAX_ID)
    question: str | None = None
    """What was asked; None where `messages` tell it, or where a text stands for itself."""
    messages: tuple[Message, ...] = ()
    candidates: tuple[Candidate, ...] = Field(min_length=1)
    contexts: tuple[Context, ...] = ()
    reference: str | None = None
    """A trusted answer; None if there is none."""
    attachments: tuple[Attachment, ...] = ()
    labels: dict[str, JsonValue] = {}
    """Human labels by criterion or name; for audits, never shown to a judge."""
    metadata: Metadata = {}

    @model_validator(mode="after")
    def _distinct_ids(self) -> Self:
        for what, ids in (
            ("candidates", [c.id for c in self.candidates]),
            ("contexts", [c.id for c in self.contexts]),
        ):
            if len(set(ids)) < len(ids):
                raise ValueError(f"`{what}` of case `{self.id}` have duplicate ids")
        return self

    @property
    def response(self) -> Candidate:
        """The only candidate.

        Raises:
            ValueError: There are several; say which one is meant.
        """
        if len(self.candidates) != 1:
            raise ValueError(f"case `{self.id}` has {len(self.candidates)} candidates")
        return self.candidates[0]

    def candidate(self, candidate_id: str) -> Candidate:
        """The candidate with this id.

        Raises:
            KeyError: There is none.
        """
        for candidate in self.candidates:
            if candidate.id == candidate_id:
                return candidate
        raise KeyError(candidate_id)
