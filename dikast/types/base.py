"""What every value has in common: frozen, unknown keys refused, JSON round trip."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from dikast.errors import ConfigError
from dikast.types.slips import slip_of

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


if TYPE_CHECKING:
    from pydantic._internal._model_construction import ModelMetaclass as _Telling
else:

    class _Telling(type(BaseModel)):
        """Says what is wrong with a description in words, where it is written as a call.

        A metaclass, since an `__init__` of ours would be called for nested values too, whose
        faults belong to whoever reads the whole (a file, with its line).
        """

        def __call__(cls, /, *args: Any, **fields: Any) -> Any:
            try:
                return super().__call__(*args, **fields)
            except ValidationError as error:
                slip = slip_of(error, fields, cls)
            message = f"{slip.message.rstrip('.')}." if slip.together else slip.message
            raise ConfigError(f"{cls.__name__}: {message}", hint=slip.hint)


class Described(Value, metaclass=_Telling):
    """Base of what people write by hand: panels and their parts.

    A field that is wrong in `JudgeSpec(...)` is a `ConfigError` that names it, and the nearest
    one where it is unknown. `model_validate` and `from_json` raise pydantic's own error.
    """
