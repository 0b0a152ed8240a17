"""Rubric order: criteria in reverse, and each scale told from its best end.

Only what judges are shown changes; scores mean the same.
"""

from __future__ import annotations

from dikast.agents.probes._contract import Probe
from dikast.types import PreferenceScale, Rubric


def reverse(rubric: Rubric) -> Rubric | None:
    """Turn the order round; None where nothing in it would be told differently."""
    told = tuple(c.model_copy(update={"best_first": not c.best_first}) for c in rubric.criteria)
    plain = all(isinstance(c.scale, PreferenceScale) and not c.anchors for c in rubric.criteria)
    if plain and (len(told) < 2 or rubric.conditional):
        return None
    # What stands behind a gate must stay behind it: there only the scales are turned.
    order = told if rubric.conditional else told[::-1]
    return rubric.model_copy(update={"criteria": order})


PROBE = Probe(
    title="order of criteria and anchors", change=lambda case, target: case, rubric=reverse
)
