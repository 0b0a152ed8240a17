"""A score in tags after reasons and highlights, as Glider answers: `<score>4</score>`.

For a pair the score is 0 if the first response is better and 1 if the second is; the form asks
for no tie, whatever the scale. Source: "GLIDER: Grading LLM Interactions and Decisions using
Explainable Ranking" (Deshpande et al., 2024).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from dikast.formats.contract import Format
from dikast.formats.free_text import FreeText, Mark, needs_numbers_or_three, own_matches
from dikast.types import Criterion, PreferenceScale, Scale

_TAG = re.compile(r"<score>([^<>]{0,200})</score>", re.IGNORECASE)
_BLANK = re.compile(r"(?:an? |your |the )?(?:final )?(?:score|number|integer|n|x)", re.IGNORECASE)
_LABELS = {"0": "A", "1": "B", "tie": "tie"}


def _ask(scale: Scale) -> str:
    if isinstance(scale, PreferenceScale):
        wanted = "0 if Response A is better, or 1 if Response B is better"
    else:
        wanted = scale.describe()
    return (
        "Write your reasons between <reasoning> and </reasoning>, the words that mattered most "
        f"between <highlight> and </highlight>, and then, between <score> and </score>, {wanted}."
    )


def _find(text: str, criterion: Criterion) -> Iterator[Mark]:
    pair = isinstance(criterion.scale, PreferenceScale)
    for match in own_matches(_TAG, text):
        said = match[1].strip()
        if not _BLANK.fullmatch(said):
            label = _LABELS.get(said.casefold(), f"[{said}]") if pair else said
            yield Mark(label, match.start())


FORMAT: Format = FreeText("glider", ask=_ask, fits=needs_numbers_or_three, find=_find)
