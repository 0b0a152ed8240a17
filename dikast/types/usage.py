"""What judging costs."""

from __future__ import annotations

from pydantic import Field

from dikast.types.base import Value


class Usage(Value):
    """Calls, tokens and money. Sums with `+`.

    Examples:
        >>> (Usage(calls=1, cost=0.5) + Usage(calls=1, cost=None, unpriced=1)).cost is None
        True
    """

    calls: int = Field(default=0, ge=0)
    """Requests sent, retries and re-asks included."""
    retries: int = Field(default=0, ge=0)
    reasks: int = Field(default=0, ge=0)
    replayed: int = Field(default=0, ge=0)
    """Answers taken from the journal, at no cost."""
    input_tokens: int = Field(default=0, ge=0)
    output_tokens: int = Field(default=0, ge=0)
    cached_tokens: int = Field(default=0, ge=0)
    """Input tokens the provider billed as cached."""
    cost: float | None = 0.0
    """In US dollars; None as soon as one call has no known price, never 0 for unknown."""
    unpriced: int = Field(default=0, ge=0)
    """Calls without a known price."""

    def __add__(self, other: Usage) -> Usage:
        cost = None if self.cost is None or other.cost is None else self.cost + other.cost
        return Usage(
            calls=self.calls + other.calls,
            retries=self.retries + other.retries,
            reasks=self.reasks + other.reasks,
            replayed=self.replayed + other.replayed,
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cached_tokens=self.cached_tokens + other.cached_tokens,
            cost=cost,
            unpriced=self.unpriced + other.unpriced,
        )
