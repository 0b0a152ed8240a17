"""What can be checked without understanding: numbers, names, negation, opposites.

Facts are compared only between a clause and a sentence that speak of the same matter; the
caller sees to that.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from dikast.agents.embedded._lexicon import (
    ABBREVIATIONS,
    ANTONYMS,
    CURRENCIES,
    MONTHS,
    MULTIPLES,
    NEGATORS,
    PERCENT,
    ROUGHLY,
    TENS,
)
from dikast.agents.embedded._words import Word


class Number(NamedTuple):
    """A number as it is written, and what it counts."""

    value: str
    """One form for all spellings; multiples are worked out: `2 million` is `2000000`."""
    kind: str
    """`date`, `percent`, `money`, `day`, or the key of the word that follows."""
    written: str
    rough: bool = False
    """Whether it is said to be rough: `nearly 500`, `more than 20`."""


def numbers(text: str, found: Sequence[Word]) -> list[Number]:
    """The numbers of a text. Compound spelt numbers (`twenty-five`) are left out.

    Args:
        text: The text that `found` was read from.
        found: Its words.

    Examples:
        >>> from dikast.agents.embedded._words import words
        >>> t = "In 1978 some 2 million people, 5% of all, paid $7."
        >>> [(n.value, n.kind) for n in numbers(t, words(t))]
        [('1978', 'date'), ('2000000', 'peopl'), ('5', 'percent'), ('7', 'money')]
    """
    result = []
    for at, word in enumerate(found):
        if not word.folded[0].isdigit():
            continue
        after = found[at + 1] if at + 1 < len(found) else None
        before = found[at - 1] if at else None
        if any(w is not None and w.folded in TENS for w in (before, after)):
            continue
        rough = any(w.folded in ROUGHLY for w in found[max(0, at - 2) : at])
        number = _number(text, word, before, after, found[at + 2 : at + 3])
        result.append(number._replace(rough=rough))
    return result


def _number(
    text: str, word: Word, before: Word | None, after: Word | None, beyond: Sequence[Word]
) -> Number:
    value, written = word.folded, text[word.start : word.end]
    close = after is not None and not text[word.end : after.start].strip(" -\u00a0")
    unit = after if close else None
    if unit is not None and unit.folded in MULTIPLES:
        value = _times(value, MULTIPLES[unit.folded])
        written = text[word.start : unit.end]
        unit = beyond[0] if beyond else None
    if text[word.end : word.end + 2].strip()[:1] == "%" or (unit and unit.folded in PERCENT):
        return Number(value, "percent", written)
    if word.start and text[word.start - 1] in CURRENCIES:
        return Number(value, "money", written)
    free = unit is None or not unit.content or unit.folded in MONTHS or unit.capital
    if free and len(word.folded) == 4 and word.folded.isdigit() and "1" <= word.folded < "22":
        return Number(value, "date", written)
    neighbours = [w for w in (before, unit) if w is not None]
    if any(w.folded in MONTHS for w in neighbours):
        return Number(value, "day", written)
    return Number(value, unit.key if unit is not None and unit.content else "", written)


def _times(value: str, factor: int) -> str:
    try:
        return f"{float(value) * factor:.15g}" if len(value) < 15 else value
    except ValueError:
        return value


class Name(NamedTuple):
    """A run of capitalised words."""

    text: str
    keys: tuple[str, ...]
    folded: tuple[str, ...]


def names(text: str, found: Sequence[Word], *, starts: Iterable[int] = (0,)) -> list[Name]:
    """The names of a text: runs of capitalised words, months and numbers left out.

    A word that begins a sentence counts only if the next one is capitalised too, or if the text
    is nothing but capitalised words: else grammar may have made it a capital.

    Args:
        text: The text that `found` was read from.
        found: Its words.
        starts: Where its sentences start.

    Examples:
        >>> from dikast.agents.embedded._words import words
        >>> t = "The poet Ada Byron left Ealing."
        >>> [n.text for n in names(t, words(t))]
        ['Ada Byron', 'Ealing']
    """
    begins = set(starts)
    label = all(word.capital for word in found if word.content)
    runs: list[list[Word]] = []
    for at, word in enumerate(found):
        opens = word.start in begins or not text[: word.start].strip("\"'“”‘’([ ")
        plain = not word.capital or not word.content or word.folded in MONTHS | ABBREVIATIONS
        if plain or len(word.folded) < 2:
            continue
        follows = at + 1 < len(found) and found[at + 1].capital and found[at + 1].content
        if opens and not (follows or label):
            continue
        previous = runs[-1][-1] if runs else None
        gap = "," if previous is None else text[previous.end : word.start].strip(" -&.'’")
        if not gap and found[at - 1] is previous:
            runs[-1].append(word)
        else:
            runs.append([word])
    return [
        Name(
            text[run[0].start : run[-1].end],
            tuple(word.key for word in run),
            tuple(word.folded for word in run),
        )
        for run in runs
    ]


def agrees(number: Number, others: Sequence[Number]) -> bool:
    """Whether some other number is the same, or near a rough one.

    Examples:
        >>> agrees(Number("200", "money", "200", rough=True), [Number("210", "money", "210")])
        True
    """
    if any(number.value == other.value for other in others):
        return True
    return number.rough and any(
        _close(number.value, other.value) for other in others if other.kind == number.kind
    )


_ROUGH = 0.1
"""How far a rough number may be from the true one, as a share of it."""


def _close(said: str, shown: str) -> bool:
    try:
        one, other = float(said[:20]), float(shown[:20])
    except ValueError:
        return False
    return abs(one - other) <= _ROUGH * abs(other)


def negations(found: Sequence[Word]) -> list[Word]:
    """Words that turn a statement into its opposite."""
    return [word for word in found if word.folded in NEGATORS or word.folded.endswith("n't")]


_SCOPE = 3
"""How many words after a negator may stand before the word it denies."""


def denied(found: Sequence[Word]) -> dict[str, Word]:
    """Keys of the words that a negator denies: the first one of matter after it.

    Examples:
        >>> from dikast.agents.embedded._words import words
        >>> list(denied(words("They do not really sell fish.")))
        ['real', 'sell']
    """
    result: dict[str, Word] = {}
    for at, word in enumerate(found):
        if word not in negations([word]):
            continue
        after = [w for w in found[at + 1 : at + 1 + _SCOPE] if w.content]
        result |= {w.key: word for w in after[:2]}
    return result


class Opposites(NamedTuple):
    """A word of one text and its opposite in another."""

    said: str
    shown: str


def opposites(said: Sequence[Word], shown: Sequence[Word]) -> Opposites | None:
    """The first word of `said` whose opposite stands in `shown`, neither word in both."""
    here, there = {w.folded for w in said}, {w.folded for w in shown}
    for word in said:
        against = (ANTONYMS.get(word.folded, frozenset()) & there) - here
        if against and word.folded not in there:
            return Opposites(word.folded, min(against))
    return None


def rival(number: Number, others: Sequence[Number], taken: frozenset[str]) -> Number | None:
    """A number of the same kind that stands where `number` should, and none else does.

    Args:
        number: A number of the response that the sentence does not have.
        others: The sentence's numbers.
        taken: Values that the clause says too; they answer for themselves.

    Returns:
        The one candidate; None if there is none, or several among which one cannot tell.
    """
    same = [n for n in others if n.kind == number.kind and n.value not in taken]
    return same[0] if len({n.value for n in same}) == 1 and number.value != same[0].value else None
