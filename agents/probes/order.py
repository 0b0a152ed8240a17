"""Order: passages in reverse; of a pair, the candidates in reverse.

The answer does not depend on which passage stands first, nor on which candidate a case lists
first. Verdicts on the copy are read in the terms of the case as it was.
"""

from __future__ import annotations

from dikast.agents.probes._contract import Probe, Target
from dikast.types import Case


def reverse(case: Case, target: Target) -> Case | None:
    """Turn the order of passages and candidates round; None if there is only one of either."""
    if len(case.contexts) < 2 and len(case.candidates) < 2:
        return None
    return case.model_copy(
        update={"contexts": case.contexts[::-1], "candidates": case.candidates[::-1]}
    )


PROBE = Probe(title="order of passages and candidates", change=reverse)
