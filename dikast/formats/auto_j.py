"""A sentence with the final decision, as Auto-J answers; a single response gets `Rating: [[n]]`.

`So, the final decision is Response 1.`, `Response 2` or `Tie`; with anything else after the words
it is no verdict. The published reader takes the last such sentence; here two different ones are
ambiguous. Source: "Generative Judge for Evaluating Alignment" (Li et al., 2023).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from dikast.formats.contract import Format
from dikast.formats.free_text import FreeText, Mark, needs_numbers_or_three, own_matches
from dikast.formats.verdict_words import REASON, asserted
from dikast.types import Criterion, PreferenceScale, Scale

_DECISION = re.compile(
    r"\bfinal decision is[ \t]{0,4}:?[ \t]{0,4}[*_`\"]{0,3}(?P<label>response[ \t]{1,4}[0-9]{1,3}"
    r"|tie)\b",
    re.IGNORECASE,
)
_ENDING = re.compile(r"[*_`\"]{0,4}" + REASON + r"[ \t*_`\"]{0,4}")
_RATING = re.compile(r"\brating[ \t*]{0,4}:[ \t*]{0,4}\[\[([^\[\]\n]{1,40})\]\]", re.IGNORECASE)
_BLANKS = frozenset({"rating", "n", "x", "score", "number", "your rating"})
_LABELS = {"response 1": "A", "response 2": "B", "tie": "tie"}


def _ask(scale: Scale) -> str:
    if not isinstance(scale, PreferenceScale):
        return (
            "Write your critique first. Then end with a line of its own, Rating: [[n]], with "
            f"the rating, {scale.describe()}, for n."
        )
    tie = ", or `So, the final decision is Tie.`" if scale.ties else ""
    return (
        "Compare the responses first. Call Response A Response 1 and Response B Response 2 in the "
        "last sentence, which is exactly `So, the final decision is Response 1.` or `So, the final "
        f"decision is Response 2.`{tie}"
    )


def _find(text: str, criterion: Criterion) -> Iterator[Mark]:
    if isinstance(criterion.scale, PreferenceScale):
        for mark in asserted(text, _DECISION, _ENDING):
            yield Mark(_LABELS.get(str(mark.value), mark.value), mark.at)
        return
    for match in own_matches(_RATING, text):
        if match[1].strip().casefold() not in _BLANKS:
            yield Mark(match[1].strip(), match.start())


FORMAT: Format = FreeText("auto_j", ask=_ask, fits=needs_numbers_or_three, find=_find)
