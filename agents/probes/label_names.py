"""Label names: the same steps under other names, numbers as words and words as numbers."""

from __future__ import annotations

from dikast.agents.probes._contract import Probe
from dikast.types import (
    Anchor,
    Criterion,
    IntegerScale,
    OrdinalScale,
    Rubric,
    Scale,
    YesNoScale,
)

_FIVE = ("very poor", "poor", "fair", "good", "very good")
_MOST = 12
"""Steps beyond which no words are found for numbers."""


def rename(rubric: Rubric) -> Rubric | None:
    """Give every step another name; None unless every scale has steps that can be renamed."""
    renamed = [_renamed(criterion) for criterion in rubric.criteria]
    kept = tuple(criterion for criterion in renamed if criterion is not None)
    if len(kept) < len(renamed):
        return None
    return rubric.model_copy(update={"criteria": kept})


def _renamed(criterion: Criterion) -> Criterion | None:
    old = criterion.scale
    new = _scale(old)
    if new is None:
        return None
    low = old.bounds()[0]
    names: list[str | int] = (
        list(new.labels) if isinstance(new, OrdinalScale) else list(range(new.low, new.high + 1))
    )
    anchors = tuple(
        Anchor(score=names[int(old.accept(anchor.score) - low)], text=anchor.text)
        for anchor in criterion.anchors
    )
    return criterion.model_copy(update={"scale": new, "anchors": anchors})


def _scale(scale: Scale) -> OrdinalScale | IntegerScale | None:
    if isinstance(scale, IntegerScale):
        steps = scale.high - scale.low + 1
        if steps > _MOST:
            return None
        worst_first = [f"grade {letter}" for letter in "ABCDEFGHIJKL"[:steps]][::-1]
        return OrdinalScale(labels=_FIVE if steps == 5 else tuple(worst_first))
    if isinstance(scale, YesNoScale):
        return OrdinalScale(labels=("fails", "passes"))
    if isinstance(scale, OrdinalScale):
        return IntegerScale(low=1, high=len(scale.labels))
    return None


PROBE = Probe(title="names of the steps", change=lambda case, target: case, rubric=rename)
