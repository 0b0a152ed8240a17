"""From a plain description to somebody who can vote, criticise or detect."""

from __future__ import annotations

from typing import cast

from dikast.agents.bias_detector import ReasoningDetector
from dikast.agents.contract import Critic, Judge
from dikast.agents.critic import ModelCritic
from dikast.agents.embedded._critic import EmbeddedCritic
from dikast.agents.panel_judge import PanelJudge
from dikast.errors import ConfigError
from dikast.registry import load
from dikast.types import IMPORTED, JudgeSpec, ModelSpec, ProtocolSpec


def seat_judge(spec: JudgeSpec, protocol: ProtocolSpec) -> Judge:
    """The judge that a description names: rule-backed for `embedded/NAME`, else a model.

    Raises:
        ConfigError: There is no rule-backed judge or reply format of that name, or the judge was
            imported.
    """
    if spec.model.startswith(IMPORTED):
        raise ConfigError(
            f"judge `{spec.name}` (`{spec.model}`) stands for recorded ballots; "
            "nobody can ask it again.",
            hint="Name a model in its place.",
        )
    if spec.embedded is not None:
        return cast("Judge", load("embedded", spec.embedded)(spec.name))
    return PanelJudge(spec, protocol)


def seat_critic(spec: ModelSpec | None) -> Critic | None:
    """The critic that a description names; None for none.

    Raises:
        ConfigError: A rule-backed critic other than `embedded/critic` is named.
    """
    if spec is None:
        return None
    if spec.embedded is None:
        return ModelCritic(spec)
    if spec.embedded != "critic":
        raise ConfigError(
            f"unknown critic `{spec.model}`.", hint="The rule-backed critic is `embedded/critic`."
        )
    return EmbeddedCritic()


def seat_detector(spec: ModelSpec | None) -> ReasoningDetector | None:
    """The reasoning bias detector that a description names; None for none.

    Raises:
        ConfigError: A rule-backed one is named; screens serve that purpose.
    """
    if spec is None:
        return None
    if spec.embedded is not None:
        raise ConfigError(
            f"`{spec.model}` cannot be a reasoning detector.",
            hint="Rule-backed detection is what `screens` do; leave `detector` out.",
        )
    return ReasoningDetector(spec)
