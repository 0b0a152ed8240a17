"""The embedded panel as a description: the rule-backed judges that can speak to a rubric."""

from __future__ import annotations

from dikast import prompts
from dikast.agents.embedded._remit import REMIT, aspect_of
from dikast.errors import ConfigError
from dikast.registry import names
from dikast.types import EMBEDDED, JudgeSpec, ModelSpec, PanelSpec, Rubric, RuleSpec

DEFAULT_RUBRIC = "groundedness"
_QUORUM = 2
"""Rules have nothing to go by on many cases; two that do are enough for a baseline."""


def speakers(rubric: Rubric) -> dict[str, list[str]]:
    """The rule-backed judges that can speak to each criterion, by its id."""
    found = {}
    for criterion in rubric.criteria:
        aspect = aspect_of(criterion)
        found[criterion.id] = [name for name in names("embedded") if aspect in REMIT.get(name, ())]
    return found


def embedded_panel(rubric: Rubric | None = None) -> PanelSpec:
    """The panel that needs no model, network or key.

    Every rule-backed judge that can speak to some criterion has a seat; on the others it abstains.

    Args:
        rubric: What to judge by; None for the pack `groundedness`.

    Raises:
        ConfigError: No rule-backed judge can speak to a criterion.

    Examples:
        >>> [judge.name for judge in embedded_panel().judges]
        ['alignment', 'answers', 'entities', 'exact', 'overlap']
    """
    chosen = rubric or prompts.rubric(DEFAULT_RUBRIC)
    found = speakers(chosen)
    voted = {criterion.id for criterion in chosen.criteria if criterion.measure is None}
    for criterion, judges in found.items():
        if not judges and criterion in voted:
            raise ConfigError(
                f"no embedded judge can speak to criterion `{criterion}`.",
                hint="Use a rubric pack (`dikast list rubrics`), or judges with a model.",
            )
    seats = sorted({name for judges in found.values() for name in judges})
    return PanelSpec(
        name="embedded",
        judges=tuple(JudgeSpec(name=name, model=EMBEDDED + name) for name in seats),
        rubric=chosen,
        rule=RuleSpec(name="median"),
        quorum=min(_QUORUM, *(len(found[criterion]) for criterion in voted)),
        critic=ModelSpec(model=EMBEDDED + "critic"),
    )
