"""What the RAG graph may be given, and who splits it into claims."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dikast.errors import InputError
from dikast.graphs.court import CUSTOM
from dikast.records.cases import case_from_row
from dikast.types import Case, ModelSpec, PanelSpec, PreferenceScale


def splitter_of(spec: PanelSpec) -> ModelSpec | None:
    """Who splits the claims: the panel's splitter, its critic's model, or its first judge's.

    Returns:
        None for splitting by rule, which a panel without a model does.
    """
    if spec.splitter is not None:
        return None if spec.splitter.embedded is not None else spec.splitter
    seats = sorted(spec.judges, key=lambda judge: judge.name)
    models = [role for role in (spec.critic, *seats) if role is not None]
    plain = [m for m in models if m.embedded is None and not m.model.startswith(CUSTOM)]
    return plain[0] if plain else None


def enter(state: Mapping[str, Any], spec: PanelSpec) -> tuple[Case, str]:
    """The case and whose answer is evaluated.

    Raises:
        InputError: There is no case, it has several answers and none is named, or the rubric
            compares.
    """
    given = state.get("case")
    if given is None:
        raise InputError("the graph's input has no `case`.", hint='Pass {"case": Case(...)}.')
    case = given if isinstance(given, Case) else case_from_row(dict(given), where="input")
    if isinstance(spec.rubric.criteria[0].scale, PreferenceScale):
        raise InputError(
            f"rubric `{spec.rubric.id}` compares two responses.",
            hint="Use the pack `rag`, or another rubric that judges one.",
        )
    ids = [candidate.id for candidate in case.candidates]
    named = state.get("candidate")
    if named is None and len(ids) > 1:
        raise InputError(
            f"case `{case.id}` has {len(ids)} responses.", hint="Name one as `candidate`."
        )
    if named is not None and named not in ids:
        raise InputError(f"case `{case.id}` has no response `{named}`.")
    return case, str(named or ids[0])


def oddities(case: Case) -> list[str]:
    """What is odd about the passages, for the record."""
    notes = [] if case.contexts else ["there is no passage: no claim can be borne out"]
    places: dict[str, list[str]] = {}
    for context in case.contexts:
        places.setdefault(" ".join(context.text.split()), []).append(context.id)
    for ids in places.values():
        if len(ids) > 1:
            shown = ", ".join(f"`{name[:40]}`" for name in ids[:5])
            notes.append(f"passages {shown} hold the same text")
    return notes
