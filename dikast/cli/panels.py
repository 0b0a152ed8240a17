"""`panel check`."""

from __future__ import annotations

from pathlib import Path

from dikast.config import check_panel, load_panel


def check_file(path: Path) -> None:
    """Prove a panel file and print what it describes."""
    spec = load_panel(path)
    warnings = check_panel(spec, models=True)
    for warning in warnings:
        print(f"warning: {warning}")
    print(f"{path}: panel `{spec.name}` is sound")
    for judge in spec.judges:
        print(f"  judge {judge.name}: {judge.model}, weight {judge.weight:g}")
    criteria = ", ".join(criterion.id for criterion in spec.rubric.criteria)
    print(f"  rubric {spec.rubric.id}: {criteria}")
    print(f"  rule {spec.rule.name}, quorum {spec.quorum_needed} of {len(spec.judges)}")
