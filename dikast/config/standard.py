"""The panel that sits when none is named: rule-backed judges, no model, no key."""

from __future__ import annotations

from dikast import prompts
from dikast.agents.embedded._remit import REMIT, aspect_of
from dikast.types import EMBEDDED, JudgeSpec, ModelSpec, PanelSpec, Rubric

_DEFAULT = "groundedness"
_QUORUM = 2
"""Rules have nothing to go by on many cases; two that do are enough for a baseline."""


def embedded_panel(rubric: Rubric | None = None) -> PanelSpec:
    """The embedded panel: the rule-backed judges that can speak to a rubric, and their critic.

    Args:
        rubric: What to judge by; None for groundedness in the passages.

    Returns:
        A panel of every judge whose remit covers one of the criteria; of all judges if none does
        (they abstain then, and say why).
    """
    rubric = rubric or prompts.rubric(_DEFAULT)
    aspects = {aspect_of(criterion) for criterion in rubric.criteria}
    names = [name for name, remit in sorted(REMIT.items()) if aspects & set(remit)]
    judges = tuple(JudgeSpec(name=name, model=EMBEDDED + name) for name in names or sorted(REMIT))
    return PanelSpec(
        name="embedded",
        judges=judges,
        rubric=rubric,
        quorum=min(_QUORUM, len(judges)),
        critic=ModelSpec(model=f"{EMBEDDED}critic"),
    )
