"""Panels made in code, as the tests of their checks and of their files need them."""

from __future__ import annotations

from typing import Any

from dikast import prompts
from dikast.types import (
    JudgeSpec,
    PanelSpec,
)


def panel(*judges: JudgeSpec, **fields: Any) -> PanelSpec:
    return PanelSpec(judges=judges, rubric=prompts.rubric("helpfulness"), **fields)


def judge(name: str, model: str = "openai/gpt-4o", **fields: Any) -> JudgeSpec:
    return JudgeSpec(name=name, model=model, **fields)
