"""Double brackets, as MT-bench judges answer: `[[A]]`, `[[B]]`, `[[C]]` for a tie, or `[[8]]`.

Also what judges trained on that form write, such as Skywork-Critic and RISE. Source: "Judging
LLM-as-a-Judge with MT-Bench and Chatbot Arena" (Zheng et al., 2023). `Rating: [8]` with single
brackets is read too, since GPT-4 slips into it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from dikast.formats.contract import Format
from dikast.formats.free_text import FreeText, Mark, needs_numbers_or_three, own_matches
from dikast.types import Criterion, PreferenceScale, Scale

_DOUBLE = re.compile(r"(?<!\[)\[\[(?!\[)[ \t]{0,4}([^\[\]\n]{1,40}?)[ \t]{0,4}\]\]")
_SINGLE = re.compile(r"\brating[ \t*]{0,4}:[ \t*]{0,4}\[([^\[\]\n]{1,40})\](?!\])", re.IGNORECASE)
_BLANKS = frozenset({"rating", "score", "verdict", "n", "x", "number", "your rating"})
_LABELS = {"A": "A", "B": "B", "C": "tie"}


def _ask(scale: Scale) -> str:
    if not isinstance(scale, PreferenceScale):
        return (
            "Explain your assessment first. Then, on a last line of its own, give the rating, "
            f"{scale.describe()}, in double brackets after the word Rating, like Rating: [[n]] "
            "with the number for n."
        )
    tie = " and [[C]] if neither is better" if scale.ties else ""
    return (
        "Explain your comparison first. Then, on a last line of its own, write [[A]] if Response A "
        f"is better, [[B]] if Response B is better{tie}."
    )


def _find(text: str, criterion: Criterion) -> Iterator[Mark]:
    """Marks, those with blanks such as `[[rating]]` left out; an unknown label is a mark too."""
    pair = isinstance(criterion.scale, PreferenceScale)
    pattern = _DOUBLE if pair or _DOUBLE.search(text) else _SINGLE
    for match in own_matches(pattern, text):
        said = match[1].strip()
        if said.casefold() not in _BLANKS:
            yield Mark(_label(said) if pair else said, match.start())


def _label(said: str) -> str:
    """A label of the scale; a tie is called C in this form, and the word was not offered."""
    return _LABELS.get(said.upper(), "[[tie]]" if said.casefold() == "tie" else said)


FORMAT: Format = FreeText("mtbench", ask=_ask, fits=needs_numbers_or_three, find=_find)
