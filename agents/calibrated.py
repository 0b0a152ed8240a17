"""What a calibration makes of a count: a probability in place of a share, and an interval."""

from __future__ import annotations

from typing import NamedTuple

from dikast.agents.tally import Tally
from dikast.types import CriterionCalibration, Interval, PanelSpec


class Belief(NamedTuple):
    """How sure the panel is of the decision on one criterion."""

    confidence: float | None
    """A probability if calibrated, else a share of votes; None without votes that have weight."""
    calibrated: bool
    weightless: bool = False
    """Whether votes were cast and none of them has weight."""

    @property
    def told(self) -> str:
        """The confidence in words, to follow "leaning to 4"."""
        if self.confidence is None:
            return "with no of the votes"
        if self.calibrated:
            return f"and right with probability {self.confidence:.2f}"
        return f"with {self.confidence:.0%} of the votes"


def fitted_by_criterion(spec: PanelSpec) -> dict[str, CriterionCalibration]:
    """What the panel's calibration says, by criterion; empty without one."""
    fitted = () if spec.calibration is None else spec.calibration.criteria
    return {one.criterion: one for one in fitted}


def believed(fitted: CriterionCalibration | None, tally: Tally) -> Belief:
    """Confidence in what was counted: calibrated where a map was fitted, else the share."""
    weighed = fitted is not None and bool(fitted.weights)
    weightless = weighed and tally.votes > 0 and tally.confidence is None
    if fitted is None or fitted.confidence is None:
        return Belief(tally.confidence, calibrated=False, weightless=weightless)
    found = fitted.probability(tally.confidence, tally.decision.score)
    return Belief(found, calibrated=True, weightless=weightless)


def interval(fitted: CriterionCalibration | None, score: float) -> Interval | None:
    """Where the label of a case with this score lies; None where no band was fitted."""
    if fitted is None or fitted.band is None:
        return None
    return fitted.band.around(score, fitted.scale)
