"""A panel described in Python: names, mappings and objects as values, slips told in words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, TypeVar, cast

from pydantic import ValidationError

from dikast.agents.contract import Critic
from dikast.config.checking import check_names
from dikast.config.faults import Fault
from dikast.errors import ConfigError
from dikast.graphs.court import CUSTOM
from dikast.records.case_names import field_of
from dikast.types import JudgeSpec, ModelSpec, PanelSpec, ProtocolSpec, RuleSpec
from dikast.types.base import Value
from dikast.types.slips import nearest, slip_of

V = TypeVar("V", bound=Value)

_OWN = ("rubric", "rule", "critic", "detector", "screens", "splitter", "reserves", "escalation",
        "quorum", "calibration", "cascade", "share_identical", "remote_images", "name", "gateway",
        "images", "protocol")  # fmt: skip
"""Arguments of `Panel` that are no fields of its protocol."""


def seats(role: str, judges: object) -> tuple[JudgeSpec, ...]:
    """The seats of a list of judges.

    Raises:
        ConfigError: It is no list, or a member is no judge; its place is named.
    """
    if isinstance(judges, str | Mapping | JudgeSpec) or not isinstance(judges, Sequence):
        raise ConfigError(
            f"`{role}` must be a list, and is of type {type(judges).__name__}.",
            hint=f'Put it in brackets: ["{judges}"].' if isinstance(judges, str) else "",
        )
    found = (seat(f"{role}[{place}]", judge) for place, judge in enumerate(judges, 1))
    return tuple(one for one in found if one is not None)


def seat(where: str, judge: Any) -> JudgeSpec | None:
    """One seat: of a model, by a description, or for an object that votes.

    Raises:
        ConfigError: It is none of these, or its description is wrong.
    """
    if isinstance(judge, JudgeSpec):
        return judge
    if isinstance(judge, str):
        return _told(where, JudgeSpec, {"name": _name(judge), "model": judge})
    if isinstance(judge, Mapping):
        named = {"name": _name(judge["model"])} if isinstance(judge.get("model"), str) else {}
        return _told(where, JudgeSpec, {**named, **judge})
    if judge is None and where == "escalation":
        return None
    if not isinstance(getattr(judge, "name", None), str) or not hasattr(judge, "vote"):
        raise ConfigError(
            f"`{where}` is of type {type(judge).__name__}, which cannot vote.",
            hint="Give a model's name, a description (`JudgeSpec`, or a mapping of its fields), or "
            "an object with a `name` and a method `vote`.",
        )
    return _told(where, JudgeSpec, {"name": judge.name, "model": CUSTOM + type(judge).__name__})


def _name(model: str) -> str:
    """A seat's name after its model, in the letters that names may have."""
    last = model.rpartition("/")[2] or model
    return re.sub(r"[^A-Za-z0-9._ -]", "-", last).lstrip("._ -")[:60] or "judge"


def distinct(judges: Sequence[JudgeSpec]) -> Iterator[JudgeSpec]:
    """Number the seats of a model that is named twice, so that each has a name of its own."""
    taken: set[str] = set()
    for judge in judges:
        name, number = judge.name, 1
        while name in taken:
            number += 1
            name = f"{judge.name}-{number}"
        taken.add(name)
        yield judge if name == judge.name else judge.model_copy(update={"name": name})


def model(where: str, given: Any) -> ModelSpec | None:
    """A model by its name or description; None for nobody.

    Raises:
        ConfigError: It is neither, or the description is wrong.
    """
    if given is None or isinstance(given, ModelSpec):
        return given
    if not isinstance(given, str | Mapping):
        raise ConfigError(
            f"`{where}` is of type {type(given).__name__}.",
            hint="Give a model's name, or a description (`ModelSpec`, or a mapping of its fields).",
        )
    return _told(where, ModelSpec, {"model": given} if isinstance(given, str) else given)


def own(critic: Any) -> Critic | None:
    """A critic that is an object of the caller's; None if it is a name, a description or none.

    Raises:
        ConfigError: It is an object that cannot write critiques.
    """
    if critic is None or isinstance(critic, str | Mapping | ModelSpec):
        return None
    if not hasattr(critic, "challenge"):
        raise ConfigError(
            f"`critic` is of type {type(critic).__name__}, which cannot write critiques.",
            hint="Give a model's name, a description, or an object with a method `challenge`.",
        )
    return cast("Critic", critic)


def rule(given: Any) -> RuleSpec:
    """A rule by its name or description."""
    if isinstance(given, RuleSpec):
        return given
    if not isinstance(given, str | Mapping):
        raise ConfigError(
            f"`rule` is of type {type(given).__name__}.", hint="Give its name, or a `RuleSpec`."
        )
    return _told("rule", RuleSpec, {"name": given} if isinstance(given, str) else given)


def protocol(given: Any, fields: Mapping[str, Any]) -> ProtocolSpec:
    """The protocol: what was given whole, with the fields that were given apart in their place.

    Raises:
        ConfigError: A field does not exist or does not fit.
    """
    for name in fields:
        if name not in ProtocolSpec.model_fields:
            raise ConfigError(f"a panel has no `{name}`.", hint=_meant(name))
    whole = {} if given is None else dict(given)
    return _told("protocol", ProtocolSpec, {**whole, **fields})


def _meant(name: str) -> str:
    known = (*_OWN, *ProtocolSpec.model_fields)
    if name in ModelSpec.model_fields or name in JudgeSpec.model_fields:
        return f"It belongs to a judge: JudgeSpec({name}=…), or the mapping that describes one."
    if name in ModelSpec.model_fields["sampling"].default.__class__.model_fields:
        return f"It belongs into a judge's sampling: JudgeSpec(sampling=Sampling({name}=…))."
    if name == "budget":
        return "A budget belongs to a gateway or a run: see `ModelGateway`."
    return nearest(name, known)


def panel(**fields: Any) -> PanelSpec:
    """A panel whose parts fit together and whose names all exist.

    Raises:
        ConfigError: They do not, or one does not; what is wrong and what to change is told.
    """
    try:
        spec = PanelSpec.model_validate(fields)
        check_names(spec)
    except ValidationError as error:
        slip = slip_of(error, fields, PanelSpec)
        message, hint = f"{slip.message.rstrip('.')}.", slip.hint
    except Fault as fault:
        message, hint = fault.message, fault.hint
    else:
        return spec
    raise ConfigError(f"this panel cannot be: {message}", hint=hint)


def options(kind: type[V], fields: Mapping[str, Any]) -> V:
    """Options of one kind of hearing.

    Raises:
        ConfigError: One does not fit.
    """
    return _told(kind.__name__, kind, fields)


def no_slips(fields: Mapping[str, Any], kind: type[Value]) -> None:
    """See that no field of a case is a misspelt option, which would else be a note in silence.

    Raises:
        ConfigError: One is.
    """
    for name in fields:
        near = get_close_matches(name, kind.model_fields, n=1, cutoff=0.8)
        if near and field_of(name) is None:
            raise ConfigError(f"unknown option `{name}`.", hint=f"Did you mean `{near[0]}`?")


def _told(where: str, kind: type[V], fields: Mapping[str, Any]) -> V:
    try:
        return kind.model_validate({**fields})
    except ValidationError as error:
        slip = slip_of(error, {**fields}, kind)
    raise ConfigError(f"`{where}`: {slip.message.rstrip('.')}.", hint=slip.hint)
