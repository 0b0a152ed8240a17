"""Relevance labels of a case's passages, under the names that people and tools give them.

In `labels` or `metadata`: `relevant_ids`, `relevant`, `relevance`, `qrels` or Ragas'
`reference_context_ids`, as a list of ids or an object of grades by id; or `reference_contexts`,
texts that should have been found, matched with the passages word for word.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from pydantic import JsonValue

from dikast.errors import InputError
from dikast.types import Case

NAMES = ("relevant_ids", "relevant", "relevance", "qrels", "reference_context_ids")
"""Where the ids of relevant documents are looked for, in this order."""
TEXTS = "reference_contexts"


def relevance_of(case: Case) -> dict[str, float] | None:
    """Grade by document id; None where the case has no such labels.

    Ids that were not retrieved belong into the labels: recall is counted over all of them. A
    number in a list is the id as a person would write it.

    Raises:
        InputError: There are labels of another form; the case and the name are told.

    Examples:
        >>> from dikast.types import Candidate
        >>> one = Case(id="1", candidates=(Candidate(text="x"),), labels={"relevant": ["a", 7]})
        >>> relevance_of(one)
        {'a': 1.0, '7': 1.0}
    """
    for name in NAMES:
        for place in (case.labels, case.metadata):
            given = place.get(name)
            if given not in (None, "", [], {}):
                return _grades(given, name, case.id)
    for place in (case.labels, case.metadata):
        given = place.get(TEXTS)
        if isinstance(given, list) and given:
            return _by_text(given, case)
    return None


def _grades(given: JsonValue, name: str, case_id: str) -> dict[str, float]:
    if isinstance(given, list) and all(_is_id(item) for item in given):
        return {str(item): 1.0 for item in given}
    if isinstance(given, Mapping) and all(_is_grade(grade) for grade in given.values()):
        return {str(key): float(grade) for key, grade in given.items()}  # type: ignore[arg-type]
    raise InputError(
        f"`{name}` of case `{case_id}` holds no relevance labels.",
        hint='Write a list of passage ids, or an object of grades by id: {"p1": 2, "p7": 1}.',
    )


def _is_id(item: JsonValue) -> bool:
    return isinstance(item, str) or (isinstance(item, int) and not isinstance(item, bool))


def _is_grade(grade: JsonValue) -> bool:
    plain = isinstance(grade, int | float)
    return plain and math.isfinite(grade)  # type: ignore[arg-type]


def _by_text(given: list[JsonValue], case: Case) -> dict[str, float]:
    """Passages whose text is one of some texts; a text that was not found has a name of its own."""
    by_text: dict[str, str] = {}
    for context in case.contexts:
        by_text.setdefault(_plain(context.text), context.id)
    found = {}
    for number, text in enumerate(given, 1):
        if not isinstance(text, str):
            raise InputError(
                f"`{TEXTS}` of case `{case.id}` must be a list of texts.",
                hint="Give ids as `relevant_ids` instead.",
            )
        found[by_text.get(_plain(text), f"\0not retrieved {number}")] = 1.0
    return found


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
