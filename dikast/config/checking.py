"""Proof of a panel before anything is spent: every name exists, every parameter fits."""

from __future__ import annotations

import inspect
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator
from difflib import get_close_matches
from typing import NamedTuple
from urllib.parse import urlsplit

from dikast import registry
from dikast.config.calibration_checks import calibration_warnings
from dikast.config.cascade_checks import cascade_warnings
from dikast.config.faults import Fault
from dikast.errors import ConfigError
from dikast.families import family_of
from dikast.models.facts import litellm_facts
from dikast.models.loading import load_litellm
from dikast.rules import Vote
from dikast.types import EMBEDDED, JudgeSpec, ModelSpec, PanelSpec, Reason, RuleSpec, Scale
from dikast.types.slips import Where, shown

_CUSTOM = "custom/"
"""Prefix of `model` for a judge that is an object of the user's own."""
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_RHO = 0.5
"""Correlation of errors assumed where seats share a maker, for the example in the warning."""


class Role(NamedTuple):
    """Who plays a part on a panel, and where the panel says so."""

    where: Where
    spec: ModelSpec

    @property
    def title(self) -> str:
        """What to call it in messages."""
        name = self.spec.name if isinstance(self.spec, JudgeSpec) else self.where[0]
        return f"`{name}`"


def roles(spec: PanelSpec) -> Iterator[Role]:
    """Everyone on a panel, judges first."""
    for key in ("judges", "reserves"):
        for i, judge in enumerate(getattr(spec, key)):
            yield Role((key, i), judge)
    for key in ("critic", "detector", "splitter", "escalation"):
        model = getattr(spec, key)
        if model is not None:
            yield Role((key,), model)


def check_panel(spec: PanelSpec, *, models: bool = False, keys: bool = True) -> list[str]:
    """Prove a panel without a call.

    Args:
        spec: The panel.
        models: Whether to ask litellm's tables for every model's provider and key, too. That
            imports litellm, which takes seconds.
        keys: Whether the environment variables that hold keys must be set; not needed to predict
            a run.

    Returns:
        Warnings, in words: what is allowed and will probably disappoint.

    Raises:
        ConfigError: Something named does not exist, a parameter does not fit, or a key is not
            set; the message names it.
    """
    try:
        check_names(spec)
        for role in roles(spec):
            if keys:
                _check_key(role)
            if models and _is_model(role.spec):
                _check_model(role, keys=keys)
    except Fault as fault:
        raise ConfigError(fault.message, hint=fault.hint) from None
    return list(_warnings(spec))


def check_rule_params(rule: RuleSpec, *, scale: Scale | None = None) -> None:
    """Prove that a rule exists and takes these parameters.

    Args:
        rule: The rule.
        scale: A scale to try it on; None for the signature alone.

    Raises:
        ConfigError: It does not; the nearest known name is offered.
    """
    try:
        _check_rule(rule, [] if scale is None else [scale])
    except Fault as fault:
        raise ConfigError(fault.message, hint=fault.hint) from None


def check_names(spec: PanelSpec) -> None:
    """Prove that rule, formats, screens and rule-backed judges exist.

    Raises:
        Fault: One does not.
    """
    _check_rule(spec.rule, [criterion.scale for criterion in spec.rubric.criteria])
    for i, name in enumerate(spec.screens or ()):
        _known("detectors", "screen", name, ("screens", i))
    for role in roles(spec):
        _check_role(role)


def _known(room: str, what: str, name: str, where: Where) -> None:
    if name not in registry.names(room):
        error = registry.unknown(what, name, registry.names(room))
        raise Fault(where, error.message, error.hint)


def check_fit_params(rule: RuleSpec) -> None:
    """Prove that a fitted rule exists and takes these parameters.

    Raises:
        ConfigError: It does not; the nearest known name is offered.
    """
    try:
        _check_params(rule, registry.load("fits", rule.name))
    except Fault as fault:
        raise ConfigError(fault.message, hint=fault.hint) from None


def _check_rule(rule: RuleSpec, scales: list[Scale]) -> None:
    if rule.name not in registry.names("rules") and rule.name in registry.names("fits"):
        raise Fault(
            ("rule", "name"),
            f"rule `{rule.name}` learns from recorded ballots first, which a panel does not have.",
            f"Give the panel a calibration file, or judge by another rule and then run `dikast "
            f"decide RUN --rule {rule.name}`.",
        )
    _known("rules", "rule", rule.name, ("rule", "name"))
    decide = registry.load("rules", rule.name)
    _check_params(rule, decide)
    for scale in scales:
        try:
            decide([Vote(bound) for bound in scale.bounds()], scale, **rule.params)
        except Exception as error:  # whatever a rule makes of wrong parameters
            message = f"rule `{rule.name}` refuses its parameters: {error}."
            raise Fault(("rule", "params"), message) from None


def _check_params(rule: RuleSpec, function: Callable[..., object]) -> None:
    taken = {
        name: parameter
        for name, parameter in inspect.signature(function).parameters.items()
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY
    }
    for name in rule.params:
        if name not in taken:
            near = get_close_matches(name, taken, n=1)
            known = ", ".join(f"`{n}`" for n in taken)
            hint = f"Did you mean `{near[0]}`?" if near else f"It takes {known or 'none'}."
            where = ("rule", "params", name)
            raise Fault(where, f"rule `{rule.name}` takes no parameter `{name}`.", hint)
    for name, parameter in taken.items():
        if parameter.default is inspect.Parameter.empty and name not in rule.params:
            raise Fault(("rule",), f"rule `{rule.name}` needs the parameter `{name}`.")


def _check_role(role: Role) -> None:
    where, spec = role
    if spec.embedded is not None:
        _check_embedded(role, spec.embedded)
    elif near := _nearly_embedded(spec.model):
        raise Fault((*where, "model"), f"unknown model `{spec.model}`.", f"Did you mean `{near}`?")
    elif isinstance(spec, JudgeSpec) and not spec.model.startswith(_CUSTOM):
        _known("formats", "format", spec.format, (*where, "format"))
    if spec.api_key_env is not None and not _VARIABLE.fullmatch(spec.api_key_env):
        # Never quoted: it is probably the key itself.
        raise Fault(
            (*where, "api_key_env"),
            f"`{shown((*where, 'api_key_env'))}` is not the name of an environment variable.",
            "Put the key into a variable and its name here, for example `OPENAI_API_KEY`.",
        )
    if spec.api_base is not None and urlsplit(spec.api_base).scheme not in {"http", "https"}:
        raise Fault(
            (*where, "api_base"),
            f"`{shown((*where, 'api_base'))}` must begin with http:// or https://.",
        )


def _check_embedded(role: Role, name: str) -> None:
    where = (*role.where, "model")
    if role.where == ("critic",):
        if name != "critic":
            raise Fault(
                where,
                f"unknown critic `{role.spec.model}`.",
                f"The rule-backed critic is `{EMBEDDED}critic`.",
            )
    elif role.where == ("splitter",):
        if name != "clauses":
            raise Fault(
                where,
                f"unknown splitter `{role.spec.model}`.",
                f"The rule-backed splitter is `{EMBEDDED}clauses`.",
            )
    elif role.where == ("detector",):
        raise Fault(
            where,
            f"`{role.spec.model}` cannot be a reasoning detector.",
            "Rule-backed detection is what `screens` do; leave `detector` out.",
        )
    else:
        _known("embedded", "rule-backed judge", name, where)


def _nearly_embedded(model: str) -> str | None:
    """What a slip such as `embeded/overlap` meant."""
    prefix, slash, rest = model.partition("/")
    near = get_close_matches(prefix, [EMBEDDED.removesuffix("/")], n=1, cutoff=0.8)
    return f"{EMBEDDED}{rest}" if slash and near else None


def _is_model(spec: ModelSpec) -> bool:
    return spec.embedded is None and not spec.model.startswith(_CUSTOM)


def _check_key(role: Role) -> None:
    name = role.spec.api_key_env
    if _is_model(role.spec) and name is not None and not os.environ.get(name, "").strip():
        raise Fault(
            (*role.where, "api_key_env"),
            f"environment variable `{name}` is not set, and {role.title} needs the key it holds.",
            f"Set it, for example: export {name}=…",
        )


def _check_model(role: Role, *, keys: bool) -> None:
    """Ask litellm's tables about a model; nothing is sent."""
    problem = litellm_facts(role.spec).problem
    if problem is None:
        return
    if problem.reason is Reason.UNKNOWN_MODEL:
        where, hint = (*role.where, "model"), _nearest_provider(role.spec.model)
        raise Fault(where, f"model `{role.spec.model}` of {role.title}: {problem.detail}.", hint)
    if keys:
        raise Fault(role.where, f"{role.title}: {problem.detail}.")


def _nearest_provider(model: str) -> str:
    prefix, slash, rest = model.partition("/")
    known = [str(getattr(p, "value", p)) for p in load_litellm().provider_list]
    near = get_close_matches(prefix, known, n=1, cutoff=0.7) if slash else []
    return f"Did you mean `{near[0]}/{rest}`?" if near else ""


# -- warnings ---------------------------------------------------------------------------------


def _warnings(spec: PanelSpec) -> Iterator[str]:
    yield from _shared_families(spec)
    yield from _twins(spec)
    ignores = spec.rule.name in {"mean", "median", "majority", "trimmed"}
    if ignores and len({judge.weight for judge in spec.judges}) > 1:
        yield f"weights differ, and rule `{spec.rule.name}` ignores them; use `weighted`"
    if spec.rule.name == "majority" and len(spec.judges) % 2 == 0:
        yield f"{len(spec.judges)} judges can tie under `majority`; seat an odd number"
    for judge in spec.judges:
        if judge.samples > max(1, len(judge.personas)) and judge.sampling.temperature == 0:
            yield f"`{judge.name}` draws {judge.samples} samples at temperature 0: mostly copies"
    yield from _idle_gates(spec)
    yield from _idle(spec)
    yield from cascade_warnings(spec)
    yield from calibration_warnings(spec)
    yield from _same_model(spec)
    yield from _open_lines(spec)


def _shared_families(spec: PanelSpec) -> Iterator[str]:
    """Seats of one maker: no rule of voting repairs errors that are made together."""
    by_family: dict[str, list[str]] = {}
    for judge in spec.judges:
        family = (judge.family or family_of(judge.model)) if _is_model(judge) else None
        if family is not None:
            by_family.setdefault(family.casefold(), []).append(judge.name)
    for family, names in sorted(by_family.items()):
        number = len(names)
        if number > 1:
            listed = ", ".join(f"`{name}`" for name in names)
            worth = number / (1 + (number - 1) * _RHO)
            yield (
                f"{listed} share the family {family}: their errors go together, and with a "
                f"correlation of {_RHO:g} these {number} seats are worth {worth:.2f}"
            )


def _twins(spec: PanelSpec) -> Iterator[str]:
    asked = Counter(
        (judge.model, judge.persona, judge.personas, judge.format, judge.sampling.to_json())
        for judge in spec.judges
    )
    for (model, *_), number in sorted(asked.items(), key=str):
        if number > 1:
            yield f"{number} seats ask `{model}` in the same way: copies of one vote"


def _idle_gates(spec: PanelSpec) -> Iterator[str]:
    """Gates that bar nothing, and what stands behind one only to be left out of the score."""
    last = spec.rubric.criteria[-1]
    if last.gate and last.scale.kind != "preference":
        yield f"gate `{last.id}` is the last criterion: it bars nothing, and fails the whole alone"
    if spec.rubric.conditional and spec.protocol.criteria == "together":
        yield "`criteria` is `together`: only what is reached at the same time shares a call"


def _idle(spec: PanelSpec) -> Iterator[str]:
    used = {judge.reserve for judge in spec.judges}
    for reserve in spec.reserves:
        if reserve.name not in used:
            yield f"reserve `{reserve.name}` is named by no judge and will never vote"
    if spec.escalation is not None and spec.protocol.on_low_confidence != "escalate":
        yield (
            f"`escalation` is never asked, since `on_low_confidence` is "
            f"`{spec.protocol.on_low_confidence}`"
        )


def _same_model(spec: PanelSpec) -> Iterator[str]:
    models = {judge.model for judge in spec.judges if _is_model(judge)}
    for role, what in ((spec.critic, "critic"), (spec.escalation, "escalation judge")):
        if role is not None and role.model in models:
            yield f"the {what} is a judge's own model, `{role.model}`; it shares what that misses"


def _open_lines(spec: PanelSpec) -> Iterator[str]:
    """Keys that would travel in the clear."""
    for role in roles(spec):
        address = urlsplit(role.spec.api_base or "")
        local = address.hostname in {"localhost", "127.0.0.1", "::1"}
        if address.scheme == "http" and role.spec.api_key_env and not local:
            yield f"the key of {role.title} travels unencrypted to {address.hostname}"
