"""Criteria in words, as every prompt states them."""

from __future__ import annotations

from collections.abc import Sequence

from dikast.types import Criterion, IntegerScale, OrdinalScale, RealScale, Scale, YesNoScale


def criteria_text(criteria: Sequence[Criterion]) -> str:
    """State what is asked, on which scale, and what each score looks like.

    Scales and anchors are told from the worst end, unless the criterion says `best_first`.
    The rubric is its author's and trusted; it is never fenced.

    Examples:
        >>> from dikast.types import Anchor, YesNoScale
        >>> safe = Criterion(id="safe", question="Is it safe?", scale=YesNoScale(),
        ...                  anchors=(Anchor(score="no", text="It harms."),))
        >>> print(criteria_text([safe]))
        Criterion `safe`: Is it safe?
        Scale: yes or no.
        - no: It harms.
    """
    return "\n\n".join(_one(criterion) for criterion in criteria)


def _one(criterion: Criterion) -> str:
    scale = criterion.scale
    told = _from_best(scale) if criterion.best_first else scale.describe()
    lines = [f"Criterion `{criterion.id}`: {criterion.question}", f"Scale: {told}."]
    anchors = sorted(
        criterion.anchors,
        key=lambda anchor: scale.accept(anchor.score),
        reverse=criterion.best_first,
    )
    return "\n".join([*lines, *(f"- {anchor.score}: {anchor.text}" for anchor in anchors)])


def _from_best(scale: Scale) -> str:
    """A scale in words, best end first."""
    if isinstance(scale, IntegerScale):
        return f"a whole number from {scale.high} (best) down to {scale.low} (worst)"
    if isinstance(scale, RealScale):
        return f"a number from {scale.high:g} (best) down to {scale.low:g} (worst)"
    if isinstance(scale, OrdinalScale):
        return "one of these words, best first: " + ", ".join(scale.labels[::-1])
    return "no or yes" if isinstance(scale, YesNoScale) else scale.describe()
