"""Distraction: an irrelevant passage, or an irrelevant sentence after the question."""

from __future__ import annotations

from dikast.agents.probes._contract import Probe, Target
from dikast.types import Case, Context

_ASIDE = (
    "By the way, the tram outside has just been painted green, and somebody in the yard is trying "
    "to teach a parrot the names of the weekdays."
)


def distract(case: Case, target: Target) -> Case | None:
    """Add a passage where there are passages, else a sentence after the question.

    Returns:
        None where there is neither, and where a passage of the new one's id exists.
    """
    if case.contexts:
        if any(context.id == "aside" for context in case.contexts):
            return None
        return case.model_copy(
            update={"contexts": (*case.contexts, Context(id="aside", text=_ASIDE))}
        )
    if case.question is None:
        return None
    return case.model_copy(update={"question": f"{case.question}\n\n({_ASIDE})"})


PROBE = Probe(title="an irrelevant aside", change=distract)
