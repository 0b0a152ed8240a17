"""Which criteria each rule-backed judge can speak to: the one table that says so.

A criterion is recognised by its id, else by what it needs. A judge abstains as
`not_applicable` on every aspect that its row does not name.
"""

from __future__ import annotations

from typing import Literal

from dikast.types import Criterion, PreferenceScale

Aspect = Literal[
    "groundedness",
    "correctness",
    "helpfulness",
    "instructions",
    "coherence",
    "conciseness",
    "safety",
    "completeness",
    "relevance",
    "attempt",
    "refusal",
]
"""What a criterion is about, as far as rules can tell."""


def _ids(text: str) -> frozenset[str]:
    return frozenset(text.split())


ASPECTS: dict[Aspect, frozenset[str]] = {
    "groundedness": _ids(
        "groundedness grounded faithfulness faithful consistency factual_consistency attribution "
        "supported support hallucination_free context_adherence"
    ),
    "correctness": _ids(
        "correctness correct accuracy accurate factuality factual answer_correctness "
        "reference_match exactness recall"
    ),
    "helpfulness": _ids(
        "helpfulness helpful usefulness useful relevance relevant answered "
        "responsiveness preference overall quality"
    ),
    "instructions": _ids(
        "instruction_following instructions instruction_adherence compliance format"
    ),
    "coherence": _ids("coherence coherent fluency fluent clarity structure logic"),
    "conciseness": _ids("conciseness concise brevity brief verbosity"),
    "safety": _ids("safety safe harmlessness harmless"),
    "completeness": _ids("completeness complete coverage"),
    "relevance": _ids("answer_relevance"),
    "attempt": _ids("attempted attempt"),
    "refusal": _ids("refusal_validity refusal"),
}
"""Ids of criteria by aspect."""

REMIT: dict[str, tuple[Aspect, ...]] = {
    "overlap": ("groundedness", "correctness", "helpfulness"),
    "entities": ("groundedness", "correctness", "helpfulness"),
    "alignment": ("groundedness", "correctness", "coherence"),
    "answers": ("groundedness", "correctness", "helpfulness", "safety", "relevance"),
    "exact": ("groundedness", "correctness"),
    "form": ("instructions", "coherence", "conciseness", "helpfulness"),
    "coverage": ("completeness", "relevance"),
    "refusals": ("attempt", "refusal"),
}
"""Aspects that each judge speaks to."""


def aspect_of(criterion: Criterion) -> Aspect | None:
    """What a criterion is about.

    Returns:
        The aspect that its id names, else the one that what it needs suggests (a reference:
        correctness; passages: groundedness; a question: helpfulness), else helpfulness where two
        candidates are compared; None if nothing tells.

    Examples:
        >>> from dikast.types import YesNoScale
        >>> aspect_of(Criterion(id="faithfulness", question="?", scale=YesNoScale()))
        'groundedness'
    """
    for aspect, ids in ASPECTS.items():
        if criterion.id in ids:
            return aspect
    by_need: tuple[tuple[str, Aspect], ...] = (
        ("reference", "correctness"),
        ("contexts", "groundedness"),
        ("question", "helpfulness"),
    )
    for need, aspect in by_need:
        if need in criterion.needs:
            return aspect
    return "helpfulness" if isinstance(criterion.scale, PreferenceScale) else None
