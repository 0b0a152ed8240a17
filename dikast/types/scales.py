"""Scales: what a score may be, and how it is shown.

Inside dikast a score is always a float: the number itself on numeric scales, the label's rank
(0 = worst) on ordered labels, 0 or 1 on yes/no, and signed steps on a preference (positive
favours the canonically first candidate). `accept` is the only door in; `show` the only door out.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator
from typing_extensions import override

from dikast.types.base import Value

RawScore = bool | int | float | str
"""What a reply may hold where a score is expected, before any check."""


class OffScale(ValueError):
    """A raw score is not on the scale. dikast never clamps, rounds or converts it."""


LARGEST = 10**15
"""Largest magnitude of a number on a scale: up to here a float holds every whole number."""


def _quoted(raw: object) -> str:
    """A raw score as a message may show it: cut, and never a number of thousands of digits."""
    if isinstance(raw, int) and abs(raw) > LARGEST:
        return "a number of too many digits"
    return repr(raw) if not isinstance(raw, str) or len(raw) <= 80 else repr(raw[:80]) + "…"


def _number(raw: RawScore) -> float:
    """Read a number; a bool is an answer to another question and is refused."""
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        raise OffScale(f"{_quoted(raw)} is not a number")
    # An int of thousands of digits would overflow float(): compare before converting.
    if isinstance(raw, int) and abs(raw) > LARGEST:
        raise OffScale("the number has too many digits")
    value = float(raw)
    if not math.isfinite(value):
        raise OffScale(f"{raw!r} is not finite")
    return value + 0.0  # -0.0 becomes 0.0: one score, one spelling


def _check_range(low: float, high: float) -> None:
    if low >= high:
        raise ValueError(f"`low` must be below `high`, got {low} and {high}")
    if max(abs(low), abs(high)) > LARGEST:
        raise ValueError(f"`low` and `high` must be within ±{LARGEST:.0e}")


class _Bounds(Value):
    """Shared arithmetic: every scale has a lowest and a highest score."""

    @abstractmethod
    def bounds(self) -> tuple[float, float]:
        """Lowest and highest score."""

    def unit(self, score: float) -> float:
        """The score as a share of the way from lowest (0) to highest (1)."""
        low, high = self.bounds()
        return (score - low) / (high - low)

    def spread(self, scores: tuple[float, ...]) -> float:
        """Largest distance between scores, as a share of the scale; 0 for fewer than two."""
        return self.unit(max(scores)) - self.unit(min(scores)) if len(scores) > 1 else 0.0


class IntegerScale(_Bounds):
    """Whole numbers from `low` to `high`, both included.

    Examples:
        >>> IntegerScale(low=1, high=5).accept(4)
        4.0
        >>> IntegerScale(low=1, high=5).accept(4.5)
        Traceback (most recent call last):
        ...
        dikast.types.scales.OffScale: 4.5 is not a whole number
    """

    kind: Literal["integer"] = "integer"
    low: int = 1
    high: int = 5

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        _check_range(self.low, self.high)
        return self

    labelled: ClassVar[bool] = False

    @override
    def bounds(self) -> tuple[float, float]:
        return float(self.low), float(self.high)

    def accept(self, raw: RawScore) -> float:
        """The score, if `raw` is a whole number on the scale (`4.0` is one; `"4"` is not).

        Raises:
            OffScale: It is not.
        """
        value = _number(raw)
        if not value.is_integer():
            raise OffScale(f"{raw!r} is not a whole number")
        if not self.low <= value <= self.high:
            raise OffScale(f"{raw!r} is outside {self.low} to {self.high}")
        return value

    def show(self, score: float) -> str:
        """The score as a person writes it; a decided mean may be fractional."""
        return f"{score:.0f}" if float(score).is_integer() else f"{score:.2f}"

    def describe(self) -> str:
        """What a judge may answer, in words."""
        return f"a whole number from {self.low} (worst) to {self.high} (best)"


class RealScale(_Bounds):
    """Any number from `low` to `high`, both included."""

    kind: Literal["real"] = "real"
    low: float = 0.0
    high: float = 1.0

    labelled: ClassVar[bool] = False

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        _check_range(self.low, self.high)
        return self

    @override
    def bounds(self) -> tuple[float, float]:
        return self.low, self.high

    def accept(self, raw: RawScore) -> float:
        """The score, if `raw` is a number on the scale.

        Raises:
            OffScale: It is not.
        """
        value = _number(raw)
        if not self.low <= value <= self.high:
            raise OffScale(f"{raw!r} is outside {self.low:g} to {self.high:g}")
        return value

    def show(self, score: float) -> str:
        """The score with up to two decimals."""
        return f"{score:.2f}"

    def describe(self) -> str:
        """What a judge may answer, in words."""
        return f"a number from {self.low:g} (worst) to {self.high:g} (best)"


class OrdinalScale(_Bounds):
    """Labels in order, worst first; a score is a label's rank from 0.

    Examples:
        >>> OrdinalScale(labels=("poor", "fair", "good")).accept("good")
        2.0
    """

    kind: Literal["ordinal"] = "ordinal"
    labels: tuple[str, ...] = Field(min_length=2)

    labelled: ClassVar[bool] = True

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        folded = [label.strip().casefold() for label in self.labels]
        if len(set(folded)) < len(folded) or "" in folded:
            raise ValueError("`labels` must be distinct (case apart) and not empty")
        return self

    @override
    def bounds(self) -> tuple[float, float]:
        return 0.0, float(len(self.labels) - 1)

    def accept(self, raw: RawScore) -> float:
        """The rank of the label that `raw` equals, case and surrounding space apart.

        Raises:
            OffScale: It equals none. A word that contains a label ("incorrect") never counts.
        """
        if isinstance(raw, str):
            for rank, label in enumerate(self.labels):
                if raw.strip().casefold() == label.strip().casefold():
                    return float(rank)
        raise OffScale(f"{_quoted(raw)} is none of {', '.join(self.labels)}")

    def show(self, score: float) -> str:
        """The label; between two labels, both."""
        low, high = math.floor(score), math.ceil(score)
        return self.labels[low] if low == high else f"{self.labels[low]}/{self.labels[high]}"

    def describe(self) -> str:
        """What a judge may answer, in words."""
        return "one of these words, worst first: " + ", ".join(self.labels)


class YesNoScale(_Bounds):
    """Yes (1) or no (0)."""

    kind: Literal["yes_no"] = "yes_no"

    labelled: ClassVar[bool] = True

    @property
    def labels(self) -> tuple[str, ...]:
        """The two labels, worst first."""
        return ("no", "yes")

    @override
    def bounds(self) -> tuple[float, float]:
        return 0.0, 1.0

    def accept(self, raw: RawScore) -> float:
        """1 for yes, 0 for no, whatever the case; true and false are not answers here.

        Raises:
            OffScale: It is neither.
        """
        if isinstance(raw, str) and raw.strip().casefold() in self.labels:
            return float(self.labels.index(raw.strip().casefold()))
        raise OffScale(f"{_quoted(raw)} is neither yes nor no")

    def show(self, score: float) -> str:
        """`yes` or `no`; the share of yes where a figure lies between."""
        return self.labels[int(score)] if score in (0.0, 1.0) else f"{score:.0%} yes"

    def describe(self) -> str:
        """What a judge may answer, in words."""
        return "yes or no"


class PreferenceScale(_Bounds):
    """Which of two candidates is better, in three or five steps, a tie in the middle.

    Scores are signed: positive favours the canonically first candidate. A judge answers in
    terms of the slots it saw (`A`, `B`); the caller undoes the presentation order.
    """

    kind: Literal["preference"] = "preference"
    levels: Literal[3, 5] = 3
    ties: bool = True

    labelled: ClassVar[bool] = True

    @property
    def labels(self) -> tuple[str, ...]:
        """What a judge may answer, from "B is best" to "A is best"."""
        labels = ("B", "tie", "A") if self.levels == 3 else ("B>>A", "B>A", "tie", "A>B", "A>>B")
        return labels if self.ties else tuple(label for label in labels if label != "tie")

    @override
    def bounds(self) -> tuple[float, float]:
        reach = self.levels // 2
        return float(-reach), float(reach)

    def accept(self, raw: RawScore) -> float:
        """Signed steps for a label of `labels`, in terms of the slots shown.

        Raises:
            OffScale: It is none of them, or a tie where ties are not allowed.
        """
        if isinstance(raw, str):
            text = raw.strip().casefold()
            steps = [s for s in range(-(self.levels // 2), self.levels // 2 + 1) if s or self.ties]
            for step, label in zip(steps, self.labels, strict=True):
                if text == label.casefold():
                    return float(step)
        raise OffScale(f"{_quoted(raw)} is none of {', '.join(self.labels)}")

    def show(self, score: float) -> str:
        """The preference in words."""
        if score == 0:
            return "tie"
        much = " by far" if abs(score) > 1 else ""
        return ("first better" if score > 0 else "second better") + much

    def describe(self) -> str:
        """What a judge may answer, in words."""
        return "one of these: " + ", ".join(reversed(self.labels))


Scale = Annotated[
    IntegerScale | RealScale | OrdinalScale | YesNoScale | PreferenceScale,
    Field(discriminator="kind"),
]
"""Any scale; in TOML it is told by its `kind`."""
