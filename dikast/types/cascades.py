"""A cascade: judges from cheap to strong, each with the confidence from which on it decides."""

from __future__ import annotations

import hashlib
from typing import Literal, Self

from pydantic import Field, model_validator

from dikast.types.base import Value

Confidence = Literal["samples", "stated", "bands", "panel"]
"""Where a stage's confidence comes from: the share of its samples that agree with what they come
to, what the judge states of itself (as it is, or by its band of 0.2), or the share of its seats."""


BANDS = ("very low", "low", "medium", "high", "very high")
"""Names of five equal bands of stated confidence, from 0 to 1."""


def band_middle(name: str) -> float | None:
    """The middle of a named band; None if there is no such band.

    Examples:
        >>> band_middle("Very  HIGH"), band_middle("sure")
        (0.9, None)
    """
    word = " ".join(name.replace("_", " ").casefold().split())
    return (2 * BANDS.index(word) + 1) / 10 if word in BANDS else None


class StageThreshold(Value):
    """From which confidence on a stage decides a criterion, and what that rests on.

    Exactly one of `at` and `abstain_always` is set.
    """

    criterion: str | None = None
    """None: every criterion of the rubric that has no threshold of its own."""
    at: float | None = Field(default=None, ge=0, le=1)
    """The stage decides if it is at least so confident; None: never."""
    abstain_always: str = ""
    """Why it never decides; empty if it has a threshold."""
    items: int | None = Field(default=None, ge=0)
    """Labelled items that reached the stage; None if the threshold was set by hand."""
    accepted: int | None = Field(default=None, ge=0)
    """Labelled items that it would have decided; None if set by hand or if it never decides."""
    errors: int | None = Field(default=None, ge=0)
    """Those among them that disagree with their label."""
    bound: float | None = Field(default=None, ge=0, le=1)
    """Upper bound on the share of errors."""

    @model_validator(mode="after")
    def _threshold_or_reason(self) -> Self:
        if (self.at is None) != bool(self.abstain_always):
            raise ValueError("a threshold has either `at` or `abstain_always` with the reason")
        return self


class CascadeStage(Value):
    """One judge, or several who vote together, and their thresholds."""

    seats: tuple[str, ...] = Field(min_length=1)
    """Names of judges of the panel. A seat of an earlier stage is not asked again."""
    thresholds: tuple[StageThreshold, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _once_each(self) -> Self:
        if len(set(self.seats)) < len(self.seats):
            raise ValueError("`seats` of a stage must differ")
        criteria = [threshold.criterion for threshold in self.thresholds]
        if len(set(criteria)) < len(criteria):
            raise ValueError("`thresholds` of a stage must be of different criteria")
        return self

    @property
    def name(self) -> str:
        """The seats' names, joined by ` + `."""
        return " + ".join(self.seats)

    def threshold(self, criterion: str) -> StageThreshold:
        """The threshold on a criterion; one that abstains always where none is told.

        Examples:
            >>> stage = CascadeStage(seats=("ann",), thresholds=(StageThreshold(at=0.8),))
            >>> stage.threshold("quality").at
            0.8
        """
        by_criterion = {threshold.criterion: threshold for threshold in self.thresholds}
        untold = StageThreshold(abstain_always="the cascade was not calibrated on this criterion")
        return by_criterion.get(criterion) or by_criterion.get(None) or untold


class CalibratedSeat(Value):
    """A judge as it was when the cascade was calibrated; another one voids the guarantee."""

    seat: str
    model: str
    digest: str
    """Content digest of all that can change its answers."""


class CascadeSpec(Value):
    """Stages from cheap to strong, and what their thresholds promise.

    With probability 1 − `delta` over the draw of the labelled items, at least 1 − `alpha` of what
    the cascade decides agrees with the labels that people would give, criterion by criterion, for
    items drawn like those. Without `labelled`, thresholds were set by hand and promise nothing.
    """

    schema_version: Literal[1] = 1
    stages: tuple[CascadeStage, ...] = Field(min_length=1)
    confidence: Confidence = "samples"
    alpha: float | None = Field(default=None, gt=0, lt=1)
    """Share of errors tolerated among what is decided; None if set by hand."""
    delta: float | None = Field(default=None, gt=0, lt=1)
    """Probability with which the promise may fail; None if set by hand."""
    tolerance: float = Field(default=0.25, ge=0, le=1)
    """Share of a numeric scale within which a score agreed with its label."""
    labelled: int = Field(default=0, ge=0)
    """Labelled cases that it was calibrated on; 0 if set by hand."""
    labels: str = ""
    """Content digest of those cases with their labels."""
    date: str = Field(default="", pattern=r"^(\d{4}-\d{2}-\d{2})?$")
    """Day of the calibration, as YYYY-MM-DD."""
    rubric: str = ""
    """Content digest of the rubric; empty if not told."""
    prompts: dict[str, str] = {}
    """Content digest of each prompt that judges were asked with, by name."""
    judges: tuple[CalibratedSeat, ...] = ()
    """The seats as they were."""

    @model_validator(mode="after")
    def _promise_is_whole(self) -> Self:
        if self.labelled and (self.alpha is None or self.delta is None):
            raise ValueError("`labelled` needs `alpha` and `delta`, which the labels stand for")
        return self

    @property
    def seats(self) -> tuple[str, ...]:
        """Every seat of any stage, in the order in which they are asked."""
        return tuple(dict.fromkeys(seat for stage in self.stages for seat in stage.seats))

    @property
    def digest(self) -> str:
        """SHA-256 of the whole, in hexadecimal."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    def live(self, criterion: str) -> tuple[CascadeStage, ...]:
        """The stages that may decide a criterion; one that abstains always is not asked."""
        return tuple(stage for stage in self.stages if stage.threshold(criterion).at is not None)

    def promise(self) -> str:
        """What its decisions promise and what that rests on, in a sentence."""
        if not self.labelled or self.alpha is None or self.delta is None:
            return "thresholds were set by hand and promise nothing"
        on = f" of {self.date}" if self.date else ""
        return (
            f"calibrated{on} on {self.labelled} labelled cases (digest {self.labels[:12]}): with "
            f"probability {1 - self.delta:.4g}, at least {1 - self.alpha:.4g} of what is decided "
            "agrees with people, on cases like those"
        )
