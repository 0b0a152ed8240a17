"""Criteria in words, as every prompt states them."""

from __future__ import annotations

from collections.abc import Sequence

from dikast.types import Criterion


def criteria_text(criteria: Sequence[Criterion]) -> str:
    """State what is asked, on which scale, and what each score looks like, worst first.

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
    lines = [f"Criterion `{criterion.id}`: {criterion.question}", f"Scale: {scale.describe()}."]
    anchors = sorted(criterion.anchors, key=lambda anchor: scale.accept(anchor.score))
    return "\n".join([*lines, *(f"- {anchor.score}: {anchor.text}" for anchor in anchors)])
