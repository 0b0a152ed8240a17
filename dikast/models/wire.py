"""What crosses the border between gateway and transport, and the one error that comes back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from dikast.types import ModelSpec, Price, Reason


@dataclass(frozen=True, slots=True)
class WireRequest:
    """One request, ready to be sent: the marker is filled in, the key is resolved."""

    model: str
    messages: list[dict[str, Any]]
    provider: str = ""
    """As litellm calls it; empty if unknown."""
    params: dict[str, Any] = field(default_factory=dict)
    """Sampling parameters that were set, and nothing else."""
    response_format: dict[str, Any] | None = None
    api_base: str | None = None
    api_key: str | None = field(default=None, repr=False)
    """None: litellm looks it up."""
    timeout: float = 120.0
    """Seconds; the gateway keeps its own deadline around the whole attempt."""


@dataclass(frozen=True, slots=True)
class WireReply:
    """A chat completion as it came back, whatever its worth."""

    text: str | None
    model: str = ""
    finish: str | None = None
    refusal: str | None = None
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0


class TransportError(Exception):
    """An attempt that brought no chat completion.

    Args:
        reason: What went wrong, from the closed list.
        detail: For a person; redacted by the gateway once more.
        status: HTTP status that was really received; None if none was.
        retry_after: Seconds that the server asked to wait; None if it did not.
        retryable: Whether the same request may succeed later.
        ends: Whether every further call to this model will fail too (401, 403, no quota).
        sent: Whether a request left this machine, so that it may have been billed.
    """

    def __init__(
        self,
        reason: Reason,
        detail: str = "",
        *,
        status: int | None = None,
        retry_after: float | None = None,
        retryable: bool = False,
        ends: bool = False,
        sent: bool = True,
    ) -> None:
        self.reason, self.detail, self.status = reason, detail, status
        self.retry_after, self.retryable, self.ends, self.sent = retry_after, retryable, ends, sent
        super().__init__(f"{reason}: {detail}")


class ModelFacts(NamedTuple):
    """What is known of a model without calling it."""

    provider: str = ""
    price: Price | None = None
    """US dollars per million tokens; None if unknown."""
    cached_price: float | None = None
    """US dollars per million input tokens read from the provider's cache; None: as input."""
    price_until: int | None = None
    """Input tokens from which another, unstated price holds; None: the price always holds."""
    params: frozenset[str] | None = None
    """Parameters the provider takes; None if unknown: then nothing is refused."""
    vision: bool | None = None
    max_output: int | None = None
    """Most tokens of one reply; None if unknown."""
    max_input: int | None = None
    """Most tokens that it reads at once; None if unknown."""
    problem: TransportError | None = None
    """Why no call can succeed (no key, unknown provider); None if nothing is known against it."""
    api_key: str | None = None
    """The key to send; None: litellm looks it up."""


class Transport(Protocol):
    """Sends one request once. No retry, no waiting, no swap of models."""

    async def start(self) -> None:
        """Whatever takes long and belongs to no deadline, such as an import. Idempotent."""
        ...

    def facts(self, spec: ModelSpec) -> ModelFacts:
        """What is known of a model; called after `start`."""
        ...

    async def send(self, request: WireRequest) -> WireReply:
        """One attempt.

        Raises:
            TransportError: No chat completion came back. Nothing else is raised.
        """
        ...

    async def aclose(self) -> None:
        """Close connections."""
        ...
