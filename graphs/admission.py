"""What a graph may be given: one response, or a pair where the rubric asks for a preference."""

from __future__ import annotations

from dikast.errors import InputError
from dikast.graphs.state import PanelState
from dikast.records.cases import case_from_row
from dikast.types import Case, PanelSpec, PreferenceScale


def admit(state: PanelState, spec: PanelSpec) -> tuple[Case, tuple[str, ...]]:
    """The case and the candidates to judge, checked against the rubric.

    Raises:
        InputError: There is no case, or the rubric asks about another number of candidates.
    """
    given = state.get("case")
    if given is None:
        raise InputError("the graph's input has no `case`.", hint='Pass {"case": Case(...)}.')
    case = given if isinstance(given, Case) else case_from_row(dict(given), where="input")
    candidates = state.get("candidates") or tuple(c.id for c in case.candidates)
    pairs = isinstance(spec.rubric.criteria[0].scale, PreferenceScale)
    if len(candidates) != (2 if pairs else 1):
        wanted = "two candidates" if pairs else "one response"
        raise InputError(
            f"rubric `{spec.rubric.id}` judges {wanted}; case `{case.id}` has {len(candidates)}.",
            hint="Use `dikast compare` or `dikast rank` for several candidates, "
            "or a rubric that fits.",
        )
    return case, tuple(c.id for c in case.candidates if c.id in set(candidates))
