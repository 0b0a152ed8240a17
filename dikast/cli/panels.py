"""`panel check`."""

from __future__ import annotations

from pathlib import Path

from dikast.config import check_panel, load_panel
from dikast.types import Criterion


def conditions(criterion: Criterion) -> list[str]:
    """Under what a criterion is reached and what it lets through, in words.

    Examples:
        >>> from dikast.types import YesNoScale
        >>> conditions(Criterion(id="safe", question="?", scale=YesNoScale(), gate=True))
        ['gate, passed from yes; what follows is reached only then']
    """
    lines = []
    if criterion.when:
        lines.append("applies only if " + " and ".join(c.describe() for c in criterion.when))
    if criterion.gate and criterion.scale.kind == "preference":
        lines.append("gate, passed by a tie; what follows is reached only then")
    elif criterion.gate:
        mark = "yes" if criterion.pass_mark is None else criterion.pass_mark
        lines.append(f"gate, passed from {mark}; what follows is reached only then")
    if criterion.measure is not None:
        lines.append("measured by `dikast rag`, voted on elsewhere")
    return lines


def check_file(path: Path) -> None:
    """Prove a panel file and print what it describes."""
    spec = load_panel(path)
    warnings = check_panel(spec, models=True)
    for warning in warnings:
        print(f"warning: {warning}")
    print(f"{path}: panel `{spec.name}` is sound")
    if (fitted := spec.calibration) is not None:
        labels = f"{fitted.fitted_on.cases} labelled cases"
        print(f"  calibration {fitted.rule}, {labels}, {fitted.date or 'of unknown date'}")
    for judge in spec.judges:
        print(f"  judge {judge.name}: {judge.model}, weight {judge.weight:g}")
    criteria = ", ".join(criterion.id for criterion in spec.rubric.criteria)
    print(f"  rubric {spec.rubric.id}: {criteria}")
    for criterion in spec.rubric.criteria:
        for line in conditions(criterion):
            print(f"    {criterion.id}: {line}")
    print(f"  rule {spec.rule.name}, quorum {spec.quorum_needed} of {len(spec.judges)}")
