"""Scores on the first line, as JudgeLM and Vicuna's reviewers answer: `8 7.5`, reasons below.

For a pair the two scores, 1 to 10, are compared; equal scores are a tie. `-1 -1`, by which the
published scripts mark a reply that they could not read, is off the scale here and never a tie.
Source: "JudgeLM: Fine-tuned Large Language Models are Scalable Judges" (Zhu et al., 2023).
"""

from __future__ import annotations

from collections.abc import Iterator

from dikast.formats.contract import Format, Unread
from dikast.formats.free_text import FreeText, Mark, needs_numbers_or_three
from dikast.formats.scores import read_score
from dikast.formats.verdict_words import first_lines, two_scores
from dikast.types import Criterion, PreferenceScale, Scale


def _ask(scale: Scale) -> str:
    if isinstance(scale, PreferenceScale):
        wanted = (
            "holds nothing but two numbers from 1 to 10, separated by a space: the score of "
            "Response A, then the score of Response B; a higher score means a better response"
        )
    else:
        wanted = f"holds nothing but the score, {scale.describe()}"
    return f"Begin with one line that {wanted}. Explain your assessment below it."


def _find(text: str, criterion: Criterion) -> Iterator[Mark]:
    """The first line, and any later one that holds other scores alone, which contradicts it."""
    lines = first_lines(text)
    said = _value(lines[0], criterion) if lines else None
    if said is None:
        return
    yield Mark(said, len(text))
    for line in lines[1:]:
        other = _value(line, criterion)
        if other is not None and (
            isinstance(criterion.scale, PreferenceScale)
            or not isinstance(read_score(other, criterion), Unread)
        ):
            yield Mark(other, len(text))


def _value(line: str, criterion: Criterion) -> str | None:
    said = line[:200].strip()
    if isinstance(criterion.scale, PreferenceScale):
        return two_scores(said)
    digits = set(said) <= set("-.,/0123456789 \t") and said.strip("-.,/ \t")
    return said if digits and len(line) <= 200 else None


FORMAT: Format = FreeText("judgelm", ask=_ask, fits=needs_numbers_or_three, find=_find)
