"""What a person answers in: scales as keys and words, a pair's candidates as A and B.

Of a pair the names of the candidates are hidden, and which of them is A is drawn for each case
from a digest of its content. So nobody can favour a name or a place, a work sheet needs no secret
to be read back, and everybody sees the same A.
"""

from __future__ import annotations

import hashlib
import math
from typing import NamedTuple

from dikast.records.identity import case_digest
from dikast.types import (
    Case,
    IntegerScale,
    OffScale,
    OrdinalScale,
    PreferenceScale,
    Scale,
    YesNoScale,
)

MOST_KEYS = 11
"""Steps of a scale of whole numbers up to which each is offered as a key."""


class Option(NamedTuple):
    """One answer that a person may give."""

    key: str
    word: str
    score: float
    """As the person sees it: on a pair, positive for A."""


def swapped(case: Case) -> bool:
    """Whether the canonically second candidate is the one called A.

    Examples:
        >>> from dikast.types import Candidate
        >>> pair = (Candidate(id="x", text="1"), Candidate(id="y", text="2"))
        >>> len({swapped(Case(id=f"q{n}", candidates=pair)) for n in range(20)})
        2
    """
    if len(case.candidates) != 2:
        return False
    return hashlib.sha256(f"slots {case_digest(case)}".encode()).digest()[0] % 2 == 1


def place_key(case: Case, criterion: str) -> str:
    """What tells, in a work sheet, which case in which wording a row asks about."""
    return hashlib.sha256(f"place {case_digest(case)} {criterion}".encode()).hexdigest()[:16]


def options(scale: Scale) -> list[Option]:
    """The answers on a scale, worst first; empty where any number will do.

    Examples:
        >>> [(o.key, o.word) for o in options(PreferenceScale())]
        [('b', 'B is better'), ('t', 'tie'), ('a', 'A is better')]
    """
    if isinstance(scale, YesNoScale):
        return [Option("n", "no", 0.0), Option("y", "yes", 1.0)]
    if isinstance(scale, OrdinalScale):
        return [Option(str(n + 1), word, float(n)) for n, word in enumerate(scale.labels)]
    if isinstance(scale, PreferenceScale):
        named = {
            -2: ("bb", "B is better by far"),
            -1: ("b", "B is better"),
            0: ("t", "tie"),
            1: ("a", "A is better"),
            2: ("aa", "A is better by far"),
        }
        reach = scale.levels // 2
        steps = [step for step in range(-reach, reach + 1) if step or scale.ties]
        return [Option(*named[step], float(step)) for step in steps]
    if isinstance(scale, IntegerScale) and scale.high - scale.low < MOST_KEYS:
        return [Option(str(n), "", float(n)) for n in range(scale.low, scale.high + 1)]
    return []


def read_answer(scale: Scale, raw: object, *, flipped: bool = False) -> float:
    """A person's answer as a score in canonical terms.

    Args:
        scale: The criterion's scale.
        raw: A key or word of `options`, a label of the scale, or a number.
        flipped: Whether A is the canonically second candidate.

    Raises:
        OffScale: It is no answer on this scale; never rounded, clamped or guessed.

    Examples:
        >>> read_answer(IntegerScale(), "4"), read_answer(PreferenceScale(), "a", flipped=True)
        (4.0, -1.0)
    """
    if isinstance(raw, bool):  # a spreadsheet's TRUE, read as JSON
        raw = "yes" if raw else "no"
    if not isinstance(raw, str | int | float):
        raise OffScale("the answer is no single value")
    said = raw.strip().casefold() if isinstance(raw, str) else f"{raw:g}"
    score = _spoken(scale, said)
    return -score + 0.0 if flipped else score


def _spoken(scale: Scale, said: str) -> float:
    if isinstance(scale, PreferenceScale | OrdinalScale):
        try:
            return scale.accept(said)
        except OffScale:
            pass
    if isinstance(scale, YesNoScale):
        said = {"true": "yes", "false": "no", "1": "yes", "0": "no"}.get(said, said)
    for option in options(scale):
        if said in (option.key, option.word.casefold()):
            return option.score
    if scale.labelled:
        return scale.accept(said)  # raises, in the scale's own words
    try:
        value = float(said)
    except ValueError:
        raise OffScale(f"{said[:40]!r} is not a number") from None
    if not math.isfinite(value):
        raise OffScale(f"{said[:40]!r} is not a finite number")
    return scale.accept(value)


def shown_answer(scale: Scale, score: float, *, flipped: bool = False) -> str:
    """A score as the person sees it; of a pair in A and B.

    Examples:
        >>> shown_answer(PreferenceScale(), -1.0, flipped=True)
        'A is better'
    """
    if not isinstance(scale, PreferenceScale):
        return scale.show(score)
    seen = -score if flipped else score
    if seen == 0:
        return "tie"
    return ("A" if seen > 0 else "B") + " is better" + " by far" * (abs(seen) > 1)
