"""What every value has in common: frozen, unknown keys refused, JSON round trip."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, JsonValue

SCHEMA_VERSION = 1
"""Version of the JSON that cases, verdicts and run files are written in."""

Metadata = dict[str, JsonValue]
"""A caller's own notes on a value; never read by a judge."""


class Value(BaseModel):
    """Base of all values that flow between layers.

    Values are immutable and compare by content. NaN and infinity are refused, since no reader
    of JSON agrees on them; so is text with half a surrogate pair, which no file can hold.
    """

    # A length limit, even of 0, makes pydantic check every text for lone surrogates when the value
    # is made; otherwise they pass, and `to_json` fails long after whatever was paid for.
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, str_min_length=0)

    def to_json(self) -> str:
        """The value as one line of JSON; `from_json` gives it back unchanged."""
        return self.model_dump_json()

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Read a value that `to_json` wrote.

        Raises:
            pydantic.ValidationError: The text is not this value's JSON.
        """
        return cls.model_validate_json(text)
