"""What judges' stated confidence is worth, with the bins and curves that pictures draw."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from dikast.audit.report import Bin, CurvePoint, Figure
from dikast.audit.sections._lens import Lens
from dikast.stats.ballot_table import Floats
from dikast.stats.confidence import brier, confident_ballots, ece, reliability, wrong_at
from dikast.stats.risk_coverage import aurc, risk_coverage

_THRESHOLDS = (0.80, 0.90, 0.95)
MOST_POINTS = 200
"""Points kept of a risk–coverage curve."""


def stated(lens: Lens) -> Iterator[Figure]:
    """ECE, Brier, wrong at high confidence and AURC of each judge that stated confidences."""
    if not lens.labelled:
        return
    for _, name in lens.judges():
        told, right, case = confident_ballots(lens.table, lens.criterion, name)
        if np.isnan(told).all():
            continue
        options = {"by": case, **lens.options}
        yield lens.figure(name, "ece", ece(told, right, **options))
        yield lens.figure(name, "brier", brier(told, right, **options))
        for threshold, found in wrong_at(told, right, thresholds=_THRESHOLDS, **options).items():
            yield lens.figure(name, f"wrong_at_{threshold:.2f}", found)
        area = aurc(told, right, **options)
        yield lens.figure(name, "aurc", area.mean)
        yield lens.figure(name, "aurc_trapezoid", area.trapezoid)
        yield lens.figure(name, "aurc_oracle", area.oracle)


def bins(lens: Lens) -> Iterator[Bin]:
    """Reliability bins of each judge that stated confidences."""
    for _, name in lens.judges():
        told, right, _ = confident_ballots(lens.table, lens.criterion, name)
        if np.isnan(told).all() or np.isnan(right[~np.isnan(told)]).all():
            continue
        for found in reliability(told, right, draws=0):
            if found.accuracy.value is not None:
                yield Bin(
                    name=name,
                    low=found.low,
                    high=found.high,
                    confidence=found.confidence,
                    accuracy=found.accuracy.value,
                    n=found.accuracy.n,
                )


def curve(name: str, confidence: Floats, right: Floats) -> Iterator[CurvePoint]:
    """The risk–coverage curve of verdicts with a confidence, thinned to `MOST_POINTS`."""
    known = ~(np.isnan(confidence) | np.isnan(right))
    if not known.any():
        return
    points = risk_coverage(confidence[known], right[known])
    step = max(1, len(points) // MOST_POINTS)
    for at, point in enumerate(points):
        if at % step == 0 or at == len(points) - 1:
            yield CurvePoint(name=name, coverage=point.coverage, risk=point.risk)


def curves(lens: Lens) -> Iterator[CurvePoint]:
    """Risk–coverage of each judge by its stated confidence."""
    for _, name in lens.judges():
        told, right, _ = confident_ballots(lens.table, lens.criterion, name)
        yield from curve(name, told, right)
