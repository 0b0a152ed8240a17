"""Slots and canonical terms: what a judge saw as A and B, and which candidates those are.

Inside dikast everything said about a pair is in canonical terms: "Response A" is the candidate
that comes first in the case. A judge that was shown the pair the other way round says the same
words about other texts, so its score and its words are turned on the way in and on the way out.
"""

from __future__ import annotations

import re

from dikast.types import (
    Docket,
    OrdinalScale,
    PreferenceScale,
    Scale,
    YesNoScale,
)

_NAMED = re.compile(r"\b(responses?|Responses?|RESPONSE)(\s+)([AB])\b")
_OTHER = {"A": "B", "B": "A"}


def swapped(docket: Docket) -> bool:
    """Whether the docket shows a pair in reverse of its canonical order."""
    return docket.presentation != docket.canonical


def turn_words(text: str, docket: Docket) -> str:
    """Exchange "Response A" and "Response B" if the docket is swapped; nothing else is touched.

    Turning twice gives the text back, so one function serves both ways. A bare letter may be a
    word or an answer option and stays; the prompts ask for the full name.

    Examples:
        >>> from dikast.types import Candidate, Case
        >>> pair = Case(id="c", candidates=(Candidate(id="x", text=""), Candidate(id="y", text="")))
        >>> turn_words("Response A is a fake.", Docket(case=pair, presentation=("y", "x")))
        'Response B is a fake.'
    """
    if not swapped(docket):
        return text
    return _NAMED.sub(lambda named: named[1] + named[2] + _OTHER[named[3]], text)


def turn_score(score: float, scale: Scale, docket: Docket) -> float:
    """A score in slot terms as one in canonical terms, or the reverse.

    Examples:
        >>> from dikast.types import Candidate, Case
        >>> pair = Case(id="c", candidates=(Candidate(id="x", text=""), Candidate(id="y", text="")))
        >>> turn_score(1.0, PreferenceScale(), Docket(case=pair, presentation=("y", "x")))
        -1.0
    """
    if isinstance(scale, PreferenceScale) and swapped(docket):
        return 0.0 - score  # a tie stays 0.0, never -0.0
    return score


def answer(score: float, scale: Scale) -> str:
    """A score as a judge would answer it; on preferences in the terms the score is in.

    Examples:
        >>> answer(-1.0, PreferenceScale())
        'B'
    """
    if isinstance(scale, OrdinalScale | YesNoScale | PreferenceScale):
        exact = (label for label in scale.labels if scale.accept(label) == score)
        return next(exact, scale.show(score))
    return f"{score:g}"
