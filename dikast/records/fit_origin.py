"""What a calibration was fitted on, and what of that has changed since."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from pydantic import JsonValue

from dikast.records.differences import compare, describe, listed
from dikast.records.identity import seat_facts
from dikast.types import FittedOn, PanelSpec

_SHORT = 60
"""Longest value that stands in a calibration as it is; personas and the like are digested."""

_FOLDING = ("fold", "criteria", "deliberate", "max_rounds", "tolerance", "seating")
"""Settings of the protocol that change votes, or what is made of them."""


def fit_origin(
    panel: PanelSpec, prompts: Mapping[str, str], *, labels: str = "", cases: int = 0
) -> FittedOn:
    """What a fit on this panel's ballots rests on. Holds no secret and no long text.

    Args:
        panel: The panel that voted.
        prompts: Content digest of each prompt it used, by name.
        labels: Digest of labelled cases and labels.
        cases: How many there were.
    """
    judges = {name: _digested(facts) for name, facts in seat_facts(panel).items()}
    dumped = panel.protocol.model_dump(mode="json")
    protocol = {name: _text(dumped[name]) for name in _FOLDING}
    protocol["critic"] = "none" if panel.critic is None else panel.critic.model
    protocol["rule"] = panel.rule.name if not panel.rule.params else _text(panel.rule.to_json())
    whole = json.dumps([judges, protocol, panel.rubric.digest, dict(prompts)], sort_keys=True)
    return FittedOn(
        labels=labels,
        cases=cases,
        panel=hashlib.sha256(whole.encode()).hexdigest(),
        rubric=panel.rubric.digest,
        protocol=protocol,
        judges=judges,
        prompts=dict(prompts),
    )


def changed_since(
    origin: FittedOn, panel: PanelSpec, prompts: Mapping[str, str], *, weighed: bool = False
) -> list[str]:
    """What of the panel differs from what was fitted on, in words; empty if nothing.

    Args:
        origin: What was fitted on.
        panel: The panel as it is.
        prompts: Content digest of each prompt it uses, by name.
        weighed: Whether fitted weights decide, so that the panel's own rule does not matter.

    Examples:
        >>> from dikast.types import Criterion, JudgeSpec, Rubric, YesNoScale
        >>> ok = Criterion(id="ok", question="Is it?", scale=YesNoScale())
        >>> panel = PanelSpec(judges=(JudgeSpec(name="a", model="x"),),
        ...                   rubric=Rubric(id="r", criteria=(ok,)))
        >>> other = JudgeSpec(name="a", model="y")
        >>> changed_since(fit_origin(panel, {}), panel.model_copy(update={"judges": (other,)}), {})
        ['judge `a`: model `x` -> `y`']
    """
    now = fit_origin(panel, prompts)
    if now.panel == origin.panel:
        return []
    words = listed("judge", origin.judges, now.judges, common=False)
    for name in sorted(origin.judges.keys() & now.judges.keys()):
        before, after = _json(origin.judges[name]), _json(now.judges[name])
        words += compare(f"judge {describe(name)}", before, after)
    if origin.rubric != now.rubric:
        words.append(f"rubric {describe(panel.rubric.id)} changed")
    if origin.prompts or not now.prompts:
        words += listed("prompt", origin.prompts, now.prompts)
    else:  # ballots that another tool recorded
        words.append("with which prompts the ballots were cast is not known")
    before, after = _json(origin.protocol), _json(now.protocol)
    if weighed:
        before["rule"] = after["rule"] = None
    return words + compare("protocol", before, after)


def _digested(facts: Mapping[str, JsonValue]) -> dict[str, str]:
    return {name: _text(value) for name, value in sorted(facts.items()) if value is not None}


def _text(value: JsonValue) -> str:
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
    if len(text) <= _SHORT:
        return text
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def _json(facts: Mapping[str, str]) -> dict[str, JsonValue]:
    return dict(facts)
