"""Names of a case's fields, as dikast and other tools write them, and what a name means.

The same field has many names: Ragas writes `user_input` and `retrieved_contexts`, DeepEval `input`
and `retrieval_context`, openevals and LangSmith `inputs` and `reference_outputs`. Case, spaces,
hyphens and underscores do not matter (`Actual Output`, `actualOutput`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache

ALIASES: dict[str, tuple[str, ...]] = {
    "id": ("id", "case_id", "item_id", "sample_id", "example_id"),
    "question": (
        *("question", "user_input", "input", "inputs", "prompt", "query"),
        *("instruction", "user_prompt", "user_query"),
    ),
    "messages": ("messages", "conversation", "turns", "chat_history"),
    "response": (
        *("response", "actual_output", "output", "outputs", "answer", "prediction"),
        *("completion", "generation", "generated_answer", "model_output", "model_response"),
    ),
    "candidates": ("candidates", "responses", "multi_responses"),
    "contexts": (
        *("contexts", "retrieved_contexts", "retrieval_context", "context"),
        *("passages", "passage", "documents", "document", "docs", "chunks"),
    ),
    "context_ids": ("context_ids", "retrieved_context_ids"),
    "reference": (
        *("reference", "expected_output", "reference_outputs", "ground_truth", "ground_truths"),
        *("reference_answer", "expected_answer", "expected", "gold", "gold_answer"),
        *("golden_answer", "target", "ideal", "expectations", "expected_response"),
    ),
    "attachments": ("attachments", "images"),
    "labels": ("labels", "label"),
    "metadata": ("metadata",),
    "model": ("model", "model_name"),
    "schema_version": ("schema_version",),
}
"""Names by field, the field's own first."""

PAIRS: tuple[tuple[str, str], ...] = (
    ("response_a", "response_b"),
    ("answer_a", "answer_b"),
    ("output_a", "output_b"),
    ("response_1", "response_2"),
    ("output_1", "output_2"),
    ("prediction", "prediction_b"),
)
"""Two columns that hold the two candidates of a pair, called `a` and `b`."""

_WEAKER = {"context": ("retrieval_context", "retrieved_contexts")}
"""DeepEval's `context` is what should have been found: beside what was found it is metadata."""

_OWN_WORDS = frozenset({"content", "contents", "answers", "prompts"})
"""Names near a known one that mean something else: kept as metadata, never called misspelt."""


@cache
def squeeze(name: str) -> str:
    """A name without case, spaces, hyphens and underscores.

    Examples:
        >>> squeeze("Actual Output") == squeeze("actualOutput") == squeeze("actual_output")
        True
    """
    return re.sub(r"[\s_-]", "", name).casefold()


_FIELD_OF = {squeeze(alias): field for field, aliases in ALIASES.items() for alias in aliases}
_PAIR_NAMES = frozenset(squeeze(name) for pair in PAIRS for name in pair)


def field_of(column: str, columns: Mapping[str, str] | None = None) -> str | None:
    """The field a column stands for; None for a column of the user's own.

    Args:
        column: The column's name.
        columns: The user's own assignment, field to column; it goes first.

    Examples:
        >>> field_of("retrievedContexts"), field_of("latency")
        ('contexts', None)
        >>> field_of("output", {"response": "final"}), field_of("final", {"response": "final"})
        (None, 'response')
    """
    for field, own in (columns or {}).items():
        if column == own:
            return field
    field_ = _FIELD_OF.get(squeeze(column))
    return None if field_ in (columns or {}) else field_


def pair_of(columns: Iterable[str]) -> tuple[str, str] | None:
    """The two columns that hold a pair's candidates; None if there are none."""
    by_name = {squeeze(column): column for column in columns}
    for first, second in PAIRS:
        if squeeze(first) in by_name and squeeze(second) in by_name:
            return by_name[squeeze(first)], by_name[squeeze(second)]
    return None


def in_pair(column: str) -> bool:
    """Whether a column's name is one of a pair's."""
    return squeeze(column) in _PAIR_NAMES


def yields_to(column: str, others: Iterable[str]) -> bool:
    """Whether a column is only metadata beside these others."""
    stronger = {squeeze(name) for name in _WEAKER.get(squeeze(column), ())}
    return any(squeeze(other) in stronger for other in others)


@cache
def misspelt(column: str) -> str | None:
    """The known name that an unknown column is a slip of the pen from; None for none.

    Only slips count (one letter in short names, two in long ones), not kinship: a name of more
    or fewer words, such as `response_id` or `question_type`, is a column of the user's own.

    Examples:
        >>> misspelt("refrence"), misspelt("retrieved_context"), misspelt("response_id")
        ('reference', 'retrieved_contexts', None)
    """
    name, words = squeeze(column), _words(column)
    if len(name) < 5 or name in _OWN_WORDS or name in _FIELD_OF:
        return None
    near = [
        (distance, known)
        for known in (alias for aliases in ALIASES.values() for alias in aliases)
        if len(known) >= 5
        and words in (1, _words(known))
        and (distance := _distance(name, squeeze(known))) <= (1 if len(known) < 8 else 2)
    ]
    return min(near)[1] if near else None


def _words(name: str) -> int:
    return len(re.findall(r"[A-Z]?[^A-Z\s_-]+|[A-Z]+", name))


def _distance(a: str, b: str) -> int:
    """Edits between two words; two swapped neighbours are one edit (Damerau)."""
    if abs(len(a) - len(b)) > 2:
        return 3
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, x in enumerate(a):
        earlier, before, row = before, row, [i + 1]
        for j, y in enumerate(b):
            cost = min(before[j + 1] + 1, row[j] + 1, before[j] + (x != y))
            if i and j and x == b[j - 1] and a[i - 1] == y:
                cost = min(cost, earlier[j - 1] + 1)
            row.append(cost)
    return row[-1]
