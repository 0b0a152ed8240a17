"""What a judge answers to the question itself, before it judges somebody's answer."""

from __future__ import annotations

from dikast.types.base import Value


class SelfAnswer(Value):
    """What a judge's model answers to the question itself, asked before it judges."""

    seat: str
    answer: str = ""
    """Empty where the call failed."""
    correct: bool | None = None
    """Whether it agrees with the reference; None if that cannot be told."""
    how: str = ""
    """By what that was told, or why it was not."""
    model: str | None = None
    call: str | None = None
