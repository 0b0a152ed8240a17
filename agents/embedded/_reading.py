"""A docket's texts, read once for all rule-backed judges: the response and what it rests on.

Passages may be long, so they are scanned once, sentence by sentence, with the words of the
response, the question and the reference in mind; only what bears on those is kept.
"""

from __future__ import annotations

import heapq
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import NamedTuple

from dikast.agents.embedded._facts import Number, numbers
from dikast.agents.embedded._words import Span, Word, clauses, forms, sentences, words
from dikast.agents.quotes import occurs
from dikast.types import Case, Evidence, Source

LONGEST = 200_000
"""Longest response, question or reference that is read, in characters; the rest is left out."""
KEPT = 400
"""Most sentences of the passages that are kept, the most telling ones."""
_SHORT = 100_000
"""Longest text, in characters, that is looked through letter for letter."""
GRAMS = (2, 3, 4)
"""Lengths of word sequences that are looked up."""


class Sentence(NamedTuple):
    """A sentence of what a response rests on, with where it stands."""

    source: Source
    context_id: str | None
    text: str
    place: int
    """Its number, counted through all texts of its body."""

    @property
    def words(self) -> tuple[Word, ...]:
        """Its words."""
        return _words(self.text)


@lru_cache(maxsize=4_096)
def _words(text: str) -> tuple[Word, ...]:
    return tuple(words(text))


class Clause(NamedTuple):
    """A clause of the response."""

    text: str
    sentence: int
    """Number of its sentence in the response."""
    first: int
    """Number of its first word in the response."""

    @property
    def words(self) -> tuple[Word, ...]:
        """Its words; places count from the clause's own start."""
        return _words(self.text)

    @property
    def content(self) -> list[Word]:
        """Its words that carry matter."""
        return [word for word in self.words if word.content]


class Text:
    """A short text: response, question or reference."""

    def __init__(self, text: str) -> None:
        self.text = text[:LONGEST]
        self.cut = len(text) > LONGEST
        self.words = words(self.text)

    @cached_property
    def content(self) -> list[Word]:
        """Words that carry matter."""
        return [word for word in self.words if word.content]

    @cached_property
    def keys(self) -> frozenset[str]:
        """Keys of all words."""
        return frozenset(word.key for word in self.words)

    @cached_property
    def forms(self) -> frozenset[str]:
        """Keys and folded forms of all words."""
        return self.keys | frozenset(word.folded for word in self.words)

    @cached_property
    def numbers(self) -> list[Number]:
        """Its numbers."""
        return numbers(self.text, self.words)

    @cached_property
    def values(self) -> frozenset[str]:
        """Its numbers, each in one form."""
        return frozenset(number.value for number in self.numbers)

    @cached_property
    def neighbours(self) -> frozenset[tuple[str, str]]:
        """Pairs of keys of telling words that follow each other."""
        return frozenset(pairwise(word.key for word in self.content))

    @cached_property
    def grams(self) -> frozenset[tuple[str, ...]]:
        """Short sequences of neighbouring keys."""
        return frozenset(all_grams([word.key for word in self.words]))

    @cached_property
    def content_keys(self) -> frozenset[str]:
        """Keys of the words that carry matter."""
        return frozenset(word.key for word in self.content)

    @cached_property
    def sentences(self) -> list[Span]:
        """Its sentences."""
        return sentences(self.text)

    @cached_property
    def clauses(self) -> list[Clause]:
        """Its clauses, in order."""
        found, first = [], 0
        for number, sentence in enumerate(self.sentences):
            for span in clauses(self.text, sentence):
                clause = Clause(self.text[span.start : span.end], number, first)
                first += len(clause.words)
                found.append(clause)
        return found


class Body:
    """The passages, or the reference: what a response is held against.

    Args:
        texts: Source, passage id and text of each part, in any order; the order tells nothing.
        interest: Keys to look for.
        grams: Sequences of keys to look for.
    """

    def __init__(
        self,
        texts: Iterable[tuple[Source, str | None, str]],
        interest: frozenset[str],
        grams: frozenset[tuple[str, ...]],
    ) -> None:
        self.parts = sorted(texts, key=lambda part: (part[2], part[1] or ""))
        self.sentence_count = 0
        self.frequency: Counter[str] = Counter()
        """In how many sentences each key, and each folded form, of interest stands."""
        self.grams: set[tuple[str, ...]] = set()
        """Sequences of interest that occur."""
        self.sentences = sorted(self._scan(interest, grams), key=lambda s: s.place)
        self.index: dict[str, list[int]] = {}
        for number, sentence in enumerate(self.sentences):
            for key in {word.key for word in sentence.words}:
                self.index.setdefault(key, []).append(number)

    def _scan(
        self, interest: frozenset[str], grams: frozenset[tuple[str, ...]]
    ) -> Iterator[Sentence]:
        firsts = {gram[0] for gram in grams}
        heap: list[tuple[int, int, Sentence]] = []
        for source, context_id, text in self.parts:
            for span in sentences(text):
                piece = text[span.start : span.end]
                both = forms(piece)
                found = [key for _, key in both]
                hits = interest.intersection(found) | interest.intersection(
                    folded for folded, _ in both
                )
                place = self.sentence_count
                self.sentence_count += 1
                self.frequency.update(hits)
                if len(hits) > 1:
                    self.grams.update(_grams_in(found, firsts, grams))
                entry = (len(hits), -place, Sentence(source, context_id, piece, place))
                if len(heap) < KEPT:
                    heapq.heappush(heap, entry)
                elif entry > heap[0]:
                    heapq.heapreplace(heap, entry)
        return (sentence for _, _, sentence in heap)

    @cached_property
    def numbers(self) -> list[Number]:
        """The numbers of the sentences that were kept."""
        return [n for s in self.sentences for n in numbers(s.text, s.words)]

    def has(self, key: str) -> bool:
        """Whether a key or folded form of interest stands anywhere."""
        return key in self.frequency

    def weight(self, key: str) -> float:
        """How telling a key is: rare in these texts weighs more; absent weighs as much as rare.

        Inverse document frequency over sentences (Spärck Jones 1972), between 1 and 2.
        """
        n = self.sentence_count + 1
        return 1 + math.log(n / max(1, self.frequency[key])) / math.log(n) if n > 1 else 1.0

    def share(self, wanted: Sequence[str]) -> float | None:
        """Weighted share of keys of interest that stand anywhere; None without keys."""
        total = math.fsum(map(self.weight, wanted))
        found = math.fsum(self.weight(key) for key in wanted if self.has(key))
        return found / total if wanted else None

    def holds(self, passage: str) -> bool:
        """Whether the words of `passage` stand somewhere in this very sequence.

        Of a long text only the sentences that were kept are looked through.
        """
        short = (text for _, _, text in self.parts if len(text) <= _SHORT)
        long = any(len(text) > _SHORT for _, _, text in self.parts)
        kept = (sentence.text for sentence in self.sentences) if long else ()
        return any(contains(text, passage) for text in (*short, *kept))


def _grams_in(
    found: list[str], firsts: set[str], grams: frozenset[tuple[str, ...]]
) -> Iterator[tuple[str, ...]]:
    for at, key in enumerate(found):
        if key in firsts:
            for size in GRAMS:
                gram = tuple(found[at : at + size])
                if gram in grams:
                    yield gram


@lru_cache(maxsize=512)
def _flat(text: str) -> str:
    return " " + " ".join(word.folded for word in words(text)) + " "


def contains(text: str, passage: str) -> bool:
    """Whether the words of `passage` stand in `text` in this very sequence, letter for letter.

    Case, spaces and punctuation do not count. A passage without a word stands nowhere.
    """
    needle = _flat(passage)
    return bool(needle.strip()) and needle in _flat(text)


def all_grams(sequence: Sequence[str]) -> list[tuple[str, ...]]:
    """All short sequences of neighbouring keys."""
    return [
        tuple(sequence[at : at + size]) for size in GRAMS for at in range(len(sequence) - size + 1)
    ]


class Reading:
    """What a rule-backed judge reads: one candidate and what it may rest on."""

    def __init__(
        self,
        response: str,
        question: str,
        contexts: tuple[tuple[str, str], ...],
        reference: str | None,
    ) -> None:
        self.response = Text(response)
        self.question = Text(question)
        self.reference_text = None if reference is None else Text(reference)
        told = self.reference_text or Text("")
        interest = self.response.forms | self.question.forms | told.forms
        wanted = frozenset(
            all_grams([word.key for word in self.response.words])
            + all_grams([word.key for word in told.words])
        )
        parts: list[tuple[Source, str | None, str]] = [("context", i, t) for i, t in contexts]
        self.passages = Body(parts, interest, wanted) if contexts else None
        self.reference = (
            Body([("reference", None, told.text)], interest, wanted) if told.words else None
        )

    @cached_property
    def said(self) -> Body:
        """The response as something that the reference is held against."""
        told = self.reference_text or Text("")
        sequence = [word.key for word in told.words]
        part: tuple[Source, str | None, str] = ("response", None, self.response.text)
        return Body([part], told.forms | self.question.forms, frozenset(all_grams(sequence)))

    @cached_property
    def expected(self) -> list[Word]:
        """What the reference says beyond the words of the question; all of it if nothing."""
        if self.reference_text is None:
            return []
        content = self.reference_text.content or self.reference_text.words
        beyond = [word for word in content if word.key not in self.question.keys]
        return beyond or content

    @cached_property
    def payload(self) -> list[Word]:
        """What the response says beyond the words of the question."""
        asked = self.question.keys
        return [word for word in self.response.content if word.key not in asked]


@lru_cache(maxsize=8)
def _read(
    response: str, question: str, contexts: tuple[tuple[str, str], ...], reference: str | None
) -> Reading:
    return Reading(response, question, contexts, reference)


def read(case: Case, candidate_id: str) -> Reading:
    """The reading of a candidate; kept for the judges that follow.

    The question is `case.question`, else the last thing the user said in `case.messages`.
    """
    asked = case.question
    if asked is None:
        said = [message.content for message in case.messages if message.role == "user"]
        asked = said[-1] if said else ""
    contexts = tuple((context.id, context.text) for context in case.contexts)
    return _read(case.candidate(candidate_id).text, asked, contexts, case.reference)


QUOTED = 300
"""Longest quotation, in characters."""


def quoting(text: str, source: Source, context_id: str | None = None) -> tuple[Evidence, ...]:
    """A quotation of a sentence or clause of a source, shortened at its end if it is long.

    Returns:
        One piece of evidence, or none where the text holds nothing that can be quoted.
    """
    quote = text.strip()
    if len(quote) > QUOTED:
        quote = quote[: quote.rfind(" ", QUOTED // 2, QUOTED)].rstrip()[:QUOTED]
    if not occurs(quote, text):
        return ()
    return (Evidence(quote=quote, source=source, context_id=context_id),)
