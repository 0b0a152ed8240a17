"""What was learned of a panel on labelled cases: a file that a panel names.

Plain numbers: weights, maps of confidence as lines through knots, half-widths. How they are
fitted is the business of `dikast.stats`; a verdict needs no more than what stands here.
"""

from __future__ import annotations

import hashlib
import math
from bisect import bisect_right
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from dikast.types.base import Value
from dikast.types.scales import Scale

Share = Annotated[float, Field(ge=0, le=1)]


class Interval(Value):
    """Where the label of a case lies, with a probability that holds over many cases."""

    low: float
    high: float
    level: float = Field(gt=0, lt=1)
    """Share of such intervals that hold the label, at least."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.low > self.high:
            raise ValueError(f"`low` is above `high` ({self.low:g}, {self.high:g})")
        return self


class ConfidenceMap(Value):
    """From a raw confidence to a probability: linear between knots, level outside.

    Examples:
        >>> told = ConfidenceMap(method="isotonic", raw=(0.5, 1.0), probability=(0.6, 0.9), n=40)
        >>> round(told.at(0.75), 2), told.at(0.2), told.at(1.0)
        (0.75, 0.6, 0.9)
    """

    method: Literal["constant", "logistic", "isotonic"]
    raw: tuple[Share, ...] = Field(min_length=1)
    """Knots, rising."""
    probability: tuple[float, ...] = Field(min_length=1)
    """At each knot, never falling, above 0 and below 1."""
    n: int = Field(ge=0)
    """Labelled decisions it rests on."""

    @model_validator(mode="after")
    def _rises(self) -> Self:
        if len(self.raw) != len(self.probability):
            raise ValueError("`raw` and `probability` must be equally long")
        if any(a >= b for a, b in zip(self.raw, self.raw[1:], strict=False)):
            raise ValueError("`raw` must rise")
        if any(a > b for a, b in zip(self.probability, self.probability[1:], strict=False)):
            raise ValueError("`probability` must not fall")
        if not all(0 < p < 1 for p in self.probability):
            raise ValueError("`probability` must lie above 0 and below 1: nothing is certain")
        return self

    def at(self, raw: float) -> float:
        """The probability of being right at a raw confidence."""
        after = bisect_right(self.raw, raw)
        if after in (0, len(self.raw)):
            return self.probability[min(after, len(self.raw) - 1)]
        low, high = self.raw[after - 1], self.raw[after]
        start, end = self.probability[after - 1], self.probability[after]
        # the end could be passed by its last digit
        return min(start + (end - start) * (raw - low) / (high - low), end)


class ConformalBand(Value):
    """How far a score may lie from its label."""

    half_width: float = Field(ge=0)
    """In units of the scale."""
    level: float = Field(gt=0, lt=1)
    n: int = Field(ge=1)
    """Labels it rests on."""

    def around(self, score: float, scale: Scale) -> Interval:
        """The interval around a score, within the scale; on whole scores rounded outward.

        Examples:
            >>> from dikast.types import IntegerScale, RealScale
            >>> band = ConformalBand(half_width=0.8, level=0.9, n=30)
            >>> found = band.around(3.5, IntegerScale(low=1, high=5))
            >>> found.low, found.high
            (2.0, 5.0)
            >>> band.around(0.5, RealScale()).low
            0.0
        """
        low, high = score - self.half_width, score + self.half_width
        if scale.labelled or scale.kind == "integer":
            # what is a whole number but for its last digits is not rounded to the next one
            low, high = math.floor(low + 1e-9), math.ceil(high - 1e-9)
        least, most = scale.bounds()
        return Interval(low=max(low, least), high=min(high, most), level=self.level)


class StatedMap(Value):
    """What a judge's own stated confidence is worth."""

    judge: str
    map: ConfidenceMap


class AccuracyThreshold(Value):
    """From which confidence on decisions are right often enough."""

    accuracy: float = Field(gt=0, lt=1)
    """What is wanted of the decisions that are kept."""
    confidence: Share | None = None
    """Keep decisions at least as confident; None if no threshold promises it."""
    kept: Share = 0.0
    """Share of the labelled cases that would be kept."""


class Figure(Value):
    """A held-out figure with its 95 % interval by case."""

    value: float
    low: float | None = None
    high: float | None = None


class HeldOutRow(Value):
    """What one way of deciding is worth on cases whose labels it has not seen.

    A figure that is undefined is None.
    """

    method: str
    """`fitted`, `best single judge`, `unweighted majority`, or `fitted, share of votes`."""
    n: int = Field(ge=0)
    accuracy: Figure | None = None
    decided: Figure | None = None
    brier: Figure | None = None
    ece: Figure | None = None
    log_loss: Figure | None = None


class CriterionCalibration(Value):
    """What was fitted on one criterion; whatever could not be is left out, with the reason."""

    criterion: str
    scale: Scale
    labels: int = Field(ge=0)
    """Labelled cases."""
    weights: dict[str, Annotated[float, Field(ge=0)]] = {}
    """By seat. 0 has no say. Empty: the panel's own rule and weights stay."""
    confidence: ConfidenceMap | None = None
    """From the share of votes behind a decision to the probability that it is right."""
    on_tie: float | None = Field(default=None, gt=0, lt=1)
    """Pairs: the probability that a decision for a tie is right."""
    band: ConformalBand | None = None
    """Scores: how far they may lie from what people would have said."""
    stated: tuple[StatedMap, ...] = ()
    """For a person to read; a judge's claim about itself is never a weight."""
    thresholds: tuple[AccuracyThreshold, ...] = ()
    held_out: tuple[HeldOutRow, ...] = ()
    unfitted: tuple[str, ...] = ()
    """What could not be fitted, and why."""

    @model_validator(mode="after")
    def _has_a_say(self) -> Self:
        if self.weights and not any(self.weights.values()):
            raise ValueError(f"criterion `{self.criterion}`: every weight is 0")
        return self

    def probability(self, share: float | None, score: float | None) -> float | None:
        """The calibrated confidence of a decision.

        Args:
            share: Weighted share of the votes within tolerance of it.
            score: The decision; None for one that is open.

        Returns:
            None without a share, or where confidence was not fitted.
        """
        if share is None or self.confidence is None:
            return None
        if self.on_tie is not None and score == 0 and self.scale.kind == "preference":
            return self.on_tie
        return self.confidence.at(share)


class FittedOn(Value):
    """What a calibration was fitted on; it holds for nothing else."""

    labels: str = ""
    """Digest of the labelled cases and their labels."""
    cases: int = Field(default=0, ge=0)
    """Labelled cases."""
    panel: str = ""
    """Digest of judges, rubric, prompts and protocol together."""
    rubric: str = ""
    """Digest of the rubric."""
    protocol: dict[str, str] = {}
    """What of the protocol changes votes or how they are folded, by setting."""
    judges: dict[str, dict[str, str]] = {}
    """By seat, what can change its answers; what is long stands as a digest."""
    prompts: dict[str, str] = {}
    """Digest of each prompt, by name."""


class Calibration(Value):
    """Weights, confidence and intervals of a panel, fitted on labelled cases.

    Made by `dikast calibrate`, named by `calibration` in a `panel.toml`.
    """

    schema_version: Literal[1] = 1
    kind: Literal["dikast.calibration"] = "dikast.calibration"
    panel: str
    """Name of the panel it was fitted on."""
    rule: str
    """How the weights were fitted (`dikast list rules`); `own`: the panel's own rule stays."""
    criteria: tuple[CriterionCalibration, ...] = Field(min_length=1)
    fitted_on: FittedOn = FittedOn()
    date: str = ""
    """Day of the fit, UTC, as YYYY-MM-DD."""
    dikast: str = ""
    """Version that fitted it."""
    why: str = ""
    """What was chosen and why, for a person."""

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        ids = [criterion.criterion for criterion in self.criteria]
        if len(set(ids)) < len(ids):
            raise ValueError("two entries of `criteria` have one `criterion`")
        return self

    def of(self, criterion: str) -> CriterionCalibration | None:
        """What was fitted on a criterion; None if nothing was."""
        return next((c for c in self.criteria if c.criterion == criterion), None)

    @property
    def digest(self) -> str:
        """SHA-256 of what decides: not of the date, version, figures or words.

        Examples:
            >>> from dikast.types import YesNoScale
            >>> one = CriterionCalibration(criterion="ok", scale=YesNoScale(), labels=20)
            >>> fit = Calibration(panel="p", rule="own", criteria=(one,), date="2026-01-01")
            >>> fit.digest == fit.model_copy(update={"date": "2026-02-02"}).digest
            True
        """
        told = ("held_out", "thresholds", "stated", "unfitted", "labels")
        bare = [c.model_dump_json(exclude=set(told)) for c in self.criteria]
        return hashlib.sha256("\n".join(sorted(bare)).encode()).hexdigest()
