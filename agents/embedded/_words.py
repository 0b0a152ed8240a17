"""Text to words, sentences and clauses, in any script and in linear time.

Words are runs of letters and marks; numbers keep their separators and are brought to one form.
In scripts that put no space between words, each pair of neighbouring characters counts as a
word, so that overlap means the same there. Every pattern is a plain character run: none can
backtrack at length.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from bisect import bisect_left
from functools import lru_cache
from typing import NamedTuple

from dikast.agents.embedded._lexicon import (
    ABBREVIATIONS,
    FUNCTION_WORDS,
    MONTHS,
    NUMBER_WORDS,
    NUMBERED,
    ORDINAL_LEADS,
)

_SPACELESS = (
    "\u0e00-\u0e7f\u0e80-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf"
    "\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
)
"""Thai, Lao, Burmese, Khmer, Japanese, Chinese."""


def _marks() -> str:
    """Combining marks as a character class: part of a word, though no letters."""
    codes = [c for c in range(0x300, 0x20000) if unicodedata.category(chr(c)).startswith("M")]
    ranges: list[list[int]] = []
    for code in codes:
        if ranges and code == ranges[-1][1] + 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return "".join(f"{chr(low)}-{chr(high)}" for low, high in ranges)


_MARKS = _marks()
_TOKEN = re.compile(
    rf"\d+(?:[.,]\d+)*(?:(?:st|nd|rd|th)(?!\w))?"
    rf"|[{_SPACELESS}][{_SPACELESS}{_MARKS}]*"
    rf"|[^\W\d_{_SPACELESS}][^\W_{_SPACELESS}{_MARKS}]*(?:[{_MARKS}][^\W_{_SPACELESS}]*)*"
    rf"(?:['’][^\W_{_SPACELESS}]+)?"
)
_IS_SPACELESS = re.compile(f"[{_SPACELESS}]")
_ENDINGS = ("ingly", "edly", "ings", "ing", "ies", "ed", "es", "ly", "s")
_PARAPHRASED = ("ed", "ing", "ly")
_KEY = 5
"""Length of a word's key: what inflection changes comes after it in most alphabets."""


class Word(NamedTuple):
    """A word where it stands."""

    start: int
    end: int
    folded: str
    """NFKC and case folded; numbers in one form."""
    key: str
    """What two inflections of a word share."""
    capital: bool
    """Whether it begins with a capital letter."""

    @property
    def content(self) -> bool:
        """Whether it carries matter rather than grammar."""
        return self.folded not in FUNCTION_WORDS and not self.folded.endswith("n't")

    @property
    def burden(self) -> float:
        """How much of a statement rests on the word, 1 for a plain noun or name.

        Numbers carry most; grammar words and inflected verbs, which a paraphrase changes first,
        carry half.
        """
        if self.folded[0].isdigit():
            return 3.0
        return 0.5 if not self.content or self.folded.endswith(_PARAPHRASED) else 1.0


def number_form(token: str) -> str:
    """A written number in one form: digits without thousands separators, a point for decimals.

    Examples:
        >>> number_form("1,250.50"), number_form("12th"), number_form("1.250.000")
        ('1250.5', '12', '1250000')
    """
    digits = "".join(str(unicodedata.decimal(c, c)) for c in token).rstrip("stndrh")
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", digits):
        digits = digits.replace(",", "")
    elif re.fullmatch(r"\d{1,3}(?:\.\d{3}){2,}|\d{1,3}(?:\.\d{3})+,\d+", digits):
        digits = digits.replace(".", "").replace(",", ".")
    elif re.fullmatch(r"\d+,\d{1,2}", digits):
        digits = digits.replace(",", ".")
    if re.fullmatch(r"\d+\.\d+", digits):
        digits = digits.rstrip("0").rstrip(".")
    return digits


@lru_cache(maxsize=65_536)
def _fold(token: str) -> tuple[str, str]:
    """Folded form and key of one token."""
    if token[0].isdigit() and not token[0].isalpha():
        form = number_form(unicodedata.normalize("NFKC", token))
        return form, form
    folded = unicodedata.normalize("NFKC", token).casefold().replace("’", "'")
    head, mark, tail = folded.partition("'")
    if mark and tail != "t":  # possessive or elision; `n't` stays, it negates
        folded = tail if len(head) <= 2 < len(tail) else head
    folded = NUMBER_WORDS.get(folded, folded)
    return folded, _key(folded)


def _key(folded: str) -> str:
    for ending in _ENDINGS:
        if folded.endswith(ending) and len(folded) - len(ending) >= 3:
            return sys.intern(folded[: -len(ending)][:_KEY])
    return sys.intern(folded[:_KEY])


def words(text: str) -> list[Word]:
    """The words of a text, in order.

    Examples:
        >>> [w.folded for w in words("Ann's 1,000 dogs ran.")]
        ['ann', '1000', 'dogs', 'ran']
        >>> [w.folded for w in words("東京都")]
        ['東京', '京都']
    """
    found: list[Word] = []
    for match in _TOKEN.finditer(text):
        token, start = match.group(), match.start()
        if _IS_SPACELESS.match(token) and len(token) > 2:
            pairs = (token[i : i + 2] for i in range(len(token) - 1))
            found += [Word(start + i, start + i + 2, p, p, False) for i, p in enumerate(pairs)]
            continue
        folded, key = _fold(token)
        if folded:
            found.append(Word(start, match.end(), folded, key, token[0].isupper()))
    return found


def forms(text: str) -> list[tuple[str, str]]:
    """Folded form and key of each word of a text: `words` without the places, and faster."""
    if _IS_SPACELESS.search(text):
        return [(word.folded, word.key) for word in words(text)]
    return [form for form in map(_fold, _TOKEN.findall(text)) if form[0]]


def keys(text: str) -> list[str]:
    """The keys of the words of a text, in order."""
    return [key for _, key in forms(text)]


class Span(NamedTuple):
    """A stretch of text."""

    start: int
    end: int


_STOP = re.compile(
    r"[.!?](?=[\"'”’)\]]{0,3}(?:\s|$))|[a-z0-9)\"][.!?](?=[A-Z][a-z])|[。！？।؟…]|\n"
)
"""A sentence may end here: the second form is for passages joined without a space."""
_CLAUSE = re.compile(
    r";|:\s(?![\"“„«])|\s[–—-]\s|—|,\s+(?=(?:and|but|while|which|who|whereas|although|though|"
    r"because|so|und|aber|während|et|mais|y|pero)\s)|[，；、]"
)
_LONGEST = 1_000
"""Longest sentence, in characters; longer runs are cut at a space where there is one."""
_FEWEST = 3
"""Fewest words of a clause."""
_LOOSE = " \t\r\n,;:，；、–—-•*"
"""What is left of the text around a sentence or clause when it is cut out."""
_LAST_WORD = re.compile(r"[^\W\d_]+$")


_CLOSING = "\"'”’»)]」』）】"
_LISTED = re.compile(r"(?:^|\n|(?<=[.!?:;]))[ \t]*(\d{1,2})[.)][ \t]+(?=\S)")
"""The number of a list's item, at a line's beginning or after a stop."""
_SHORT_NUMBER = re.compile(r"(?<![\d.,])\d{1,2}$")
_BEFORE = re.compile(r"([^\W\d_]+)[ \t]+$")
_NEXT_WORD = re.compile(r"[ \t]+([^\W\d_]+)")
_LETTER_AHEAD = re.compile(r"\s?[^\W\d_]\.")
_LETTER_BEHIND = re.compile(r"(?<!\w)[^\W\d_]\.\s?$")


def sentences(text: str) -> list[Span]:
    r"""Where the sentences of a text stand; stretches without a letter or digit are left out.

    The numbers of a list belong to no sentence; closing quotation marks belong to theirs.

    Examples:
        >>> t = "Dr. Ada met U.S. staff.They left at 3.5. Then"
        >>> [t[a:b] for a, b in sentences(t)]
        ['Dr. Ada met U.S. staff.', 'They left at 3.5.', 'Then']
        >>> t = "1. Am 3. Mai, z. B. hier.\n2. Next."
        >>> [t[a:b] for a, b in sentences(t)]
        ['Am 3. Mai, z. B. hier.', 'Next.']
    """
    spans: list[Span] = []
    start = 0
    for at, until in _list_numbers(text):
        spans += _between(text, start, at)
        start = until
    return spans + _between(text, start, len(text))


def _list_numbers(text: str) -> list[Span]:
    """Where the numbers of numbered lists stand: those whose neighbour stands there too."""
    found = [
        (int(match[1]), match)
        for match in _LISTED.finditer(text)
        if _word_after(text, match.end() - 1) not in MONTHS
    ]
    known = {number for number, _ in found}
    return [
        Span(match.start(1), match.end())
        for number, match in found
        if {number - 1, number + 1} & known
    ]


def _between(text: str, start: int, stop: int) -> list[Span]:
    """The sentences of a stretch."""
    spans: list[Span] = []
    for match in _STOP.finditer(text, start, stop):
        end = match.end()
        if end <= start or (match.group().endswith(".") and _abbreviates(text, end - 1)):
            continue
        while end < stop and text[end] in _CLOSING:
            end += 1
        if text[end - 1] in "」』" and end < stop and text[end].isalpha():
            continue  # a quotation within its sentence
        spans += _cut(text, start, end)
        start = end
    return spans + _cut(text, start, stop)


def _word_after(text: str, at: int) -> str:
    word = _NEXT_WORD.match(text, at)
    return "" if word is None else word[1].casefold()


def _abbreviates(text: str, dot: int) -> bool:
    """Whether the full stop at `dot` belongs to an initial, abbreviation or ordinal."""
    before = text[max(0, dot - 24) : dot]
    last = _LAST_WORD.search(before[-6:])
    if last is None:
        return _ordinal(text, before, dot)
    word = last.group()
    if len(word) == 1:
        initial = word.isascii() and word.isupper()
        ahead, behind = _LETTER_AHEAD.match(text, dot + 1), _LETTER_BEHIND.search(before[:-1])
        return initial or bool(ahead or behind)
    folded = word.casefold()
    if folded in NUMBERED:
        return text[dot + 1 : dot + 3].strip()[:1].isdigit()
    return folded in ABBREVIATIONS


def _ordinal(text: str, before: str, dot: int) -> bool:
    """Whether a short number before a full stop is an ordinal, as in German: `am 3. Mai`."""
    number = _SHORT_NUMBER.search(before)
    follows = text[dot + 1 : dot + 3].lstrip(" \u00a0")[:1]
    if number is None or not follows.isalpha():
        return False
    lead = _BEFORE.search(before[: number.start()])
    led = lead is not None and lead[1].casefold() in ORDINAL_LEADS
    return led or follows.islower() or _word_after(text, dot + 1) in MONTHS


def _cut(text: str, start: int, end: int) -> list[Span]:
    spans = []
    while start < end:
        stop = end
        if end - start > _LONGEST:
            space = text.rfind(" ", start + _LONGEST // 2, start + _LONGEST)
            stop = space if space > 0 else start + _LONGEST
        spans.append(_trim(text, start, stop))
        start = stop
    return [span for span in spans if span is not None]


def _trim(text: str, start: int, end: int) -> Span | None:
    piece = text[start:end]
    if not any(c.isalnum() for c in piece):
        return None
    left, right = piece.lstrip(_LOOSE), piece.rstrip(_LOOSE)
    return Span(start + len(piece) - len(left), start + len(right))


def clauses(text: str, sentence: Span) -> list[Span]:
    """A sentence's clauses, cut at strong punctuation and before conjunctions.

    Pieces of one or two words stay with their neighbour: they state nothing by themselves.
    """
    begins = [word.start + sentence.start for word in words(text[sentence.start : sentence.end])]
    spans: list[Span] = []
    start, taken = sentence.start, 0
    for match in _CLAUSE.finditer(text, sentence.start, sentence.end):
        before = bisect_left(begins, match.start())
        if before - taken < _FEWEST or len(begins) - before < _FEWEST:
            continue
        spans += filter(None, [_trim(text, start, match.start())])
        start, taken = match.start(), before
    spans += filter(None, [_trim(text, start, sentence.end)])
    return spans
