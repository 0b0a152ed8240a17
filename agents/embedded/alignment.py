"""Alignment of each clause to its best supporting sentence, with an eye on order.

What entailment would ask, as far as wording shows it: is there one sentence that says what the
clause says, with the same words near each other in the same order? Words borrowed from all over
a passage, or turned round, align badly. A bare yes or no is read with the question as its claim.
"""

from __future__ import annotations

import math
from collections.abc import Sequence, Set
from itertools import pairwise
from typing import NamedTuple

from dikast.agents.embedded._faults import (
    MOST_CLAUSES,
    SAME_MATTER,
    SAME_STATEMENT,
    UNSUPPORTED,
    Fault,
    align,
    bare_answer,
    body_for,
    claims,
    faults,
    name_of,
    say,
)
from dikast.agents.embedded._lexicon import UNKNOWNS
from dikast.agents.embedded._reading import Body, Clause, Reading, Sentence, Text, quoting
from dikast.agents.embedded._remit import Aspect
from dikast.agents.embedded._rule_judge import (
    BORNE_OUT,
    CONTRADICTED,
    LACKING,
    Assessment,
    Check,
    RuleJudge,
)
from dikast.agents.embedded._words import Word, words
from dikast.types import CritiquePoint, Evidence, Source

_NEAR = 4
"""Words that a clause has side by side may stand this far apart in the sentence."""
_ELSEWHERE = 0.6
"""What a word is worth that another sentence has: one sentence may sum up several."""
_WORDS_ONLY = 0.3
"""What shared words are worth when none stand near each other in order."""


class _Aligned(NamedTuple):
    clause: Clause
    sentence: Sentence | None
    share: float
    unit: float
    faults: list[Fault]


class Alignment(RuleJudge):
    """Judges clause by clause."""

    kind = "alignment"

    def assess(self, reading: Reading, aspect: Aspect, where: Source) -> Assessment:
        """Mean support of clauses, weighted by their length; coherence: links of sentences."""
        if aspect == "coherence":
            return _linked(reading, where)
        body = body_for(reading, aspect)
        if body is None:
            return Assessment(None, "there is no passage or reference to align sentences with")
        if body is reading.reference:
            return _reference_found(reading, where)
        bare = bare_answer(reading)
        if bare is not None:
            return _as_claim(reading, body, bare)
        found = [_aligned(clause, body, reading) for clause in claims(reading)]
        if not found:
            return _nothing_stated(reading, body, where)
        return _summed(found, name_of(body, reading), where)

    def check(self, point: CritiquePoint, reading: Reading, aspect: Aspect) -> Check | None:
        """Aligns the quotation by itself; a passage that is quoted, to the response's claims."""
        body = body_for(reading, aspect)
        if body is None or aspect == "coherence":
            return None
        if point.source in {"response", "response_b"}:
            return _quoted_clause(point.quote, body, reading)
        if point.source == "context" and point.effect == "raise":
            return _quoted_passage(point.quote, body, reading)
        if point.source == "reference":
            expected = {word.key for word in reading.expected}
            wanted = [word.key for word in words(point.quote) if word.key in expected]
            match = align(wanted, reading.said)
            if wanted and match.share < SAME_MATTER:
                fact = f"no sentence of the response has more than {match.share:.0%} of it"
                return Check(fact, high=LACKING)
        return None


def order(
    said: Sequence[Word], shown: Sequence[Word], *, echo: Set[tuple[str, str]] = frozenset()
) -> float:
    """Share of neighbouring telling words that stand near each other, in the same order.

    Args:
        said: Words of a clause.
        shown: Words of a sentence.
        echo: Neighbours of the question: that the clause has them too proves nothing.

    Returns:
        1 if all do, also for a single word that occurs; 0 if none does.

    Examples:
        >>> order(words("Ada beat Bob"), words("Ada clearly beat Bob."))
        1.0
        >>> order(words("Bob beat Ada"), words("Ada clearly beat Bob."))
        0.0
    """
    telling = [word.key for word in said if word.content] or [word.key for word in said]
    places: dict[str, list[int]] = {}
    for at, word in enumerate(shown):
        places.setdefault(word.key, []).append(at)
    pairs = [pair for pair in pairwise(telling) if pair not in echo]
    if not pairs:
        return float(all(key in places for key in telling))
    near = sum(
        any(0 < b - a <= _NEAR for a in places.get(one, ())[:8] for b in places.get(two, ())[:8])
        for one, two in pairs
    )
    return near / len(pairs)


def _aligned(clause: Clause, body: Body, reading: Reading) -> _Aligned:
    telling = [word.key for word in clause.content]
    match = align(telling, body, hints=reading.question.content_keys)
    there = match.sentence.words if match.sentence is not None else ()
    unit = _carried(clause.content, there, body) ** 2
    near = order(clause.words, there, echo=reading.question.neighbours)
    unit *= _WORDS_ONLY + (1 - _WORDS_ONLY) * near
    found = faults(clause, body, reading)
    if any(fault.contradicts for fault in found):
        unit = min(unit, CONTRADICTED)
    return _Aligned(clause, match.sentence, match.share, unit, found)


def _nothing_stated(reading: Reading, body: Body, where: Source) -> Assessment:
    """That the passages do not tell is borne out if no sentence goes with the question."""
    low = reading.response.text[:2_000].casefold()
    asked = [word.key for word in reading.question.content]
    if not asked or not any(phrase in low for phrase in UNKNOWNS):
        return Assessment(None, "no clause of the response states anything")
    match = align(asked, body)
    why = f"It says that this is not told; {match.share:.0%} of what was asked stands together."
    unit = 1.0 if match.share < SAME_STATEMENT else 1 - match.share
    quotes = quoting(reading.response.text, where)
    if match.sentence is not None:
        quotes += quoting(match.sentence.text, match.sentence.source, match.sentence.context_id)
    return Assessment(unit, why, quotes)


def _carried(telling: Sequence[Word], there: Sequence[Word], body: Body) -> float:
    """Share of telling words in the sentence; one that stands elsewhere counts in part."""
    here = {word.key for word in there}
    worth = (1.0 if w.key in here else _ELSEWHERE * body.has(w.key) for w in telling)
    burden = [word.burden for word in telling]
    return math.fsum(a * b for a, b in zip(worth, burden, strict=True)) / math.fsum(burden)


def _summed(found: list[_Aligned], what: str, where: Source) -> Assessment:
    weights = [len(a.clause.content) for a in found]
    unit = math.fsum(a.unit * w for a, w in zip(found, weights, strict=True)) / sum(weights)
    bare = [a for a in found if a.share < UNSUPPORTED]
    against = [f for a in found for f in a.faults if f.contradicts]
    if against:
        unit = min(unit, LACKING)
    if bare:
        why = f"{len(bare)} of {len(found)} clauses go beyond any one sentence of the {what}"
    else:
        why = f"Each clause ({len(found)}) has a sentence of the {what} behind it"
    why += f"; mean support {unit:.2f}."
    if against:
        why += f" {say(against[0])}."
    quotes: tuple[Evidence, ...] = ()
    for item in [a for a in found if a in bare or any(f.contradicts for f in a.faults)][:2]:
        quotes += quoting(item.clause.text, where)
    best = max(found, key=lambda a: a.unit).sentence
    if best is not None:
        quotes += quoting(best.text, best.source, best.context_id)
    return Assessment(unit, why, quotes)


def _as_claim(reading: Reading, body: Body, yes: bool) -> Assessment:
    """A bare yes claims what the question says; a bare no denies it."""
    asked = [word.key for word in reading.question.content]
    share = body.share(asked) or 0.0
    best = align(asked, body).sentence
    evidence = quoting(best.text, best.source, best.context_id) if best is not None else ()
    unit = share if yes else 1 - share / 2
    why = (
        f"A bare {'yes' if yes else 'no'}: {share:.0%} of what the question says stands in the "
        "passages."
    )
    return Assessment(unit, why, evidence)


def _reference_found(reading: Reading, where: Source) -> Assessment:
    """How far each clause of the reference finds a sentence of the response that says it."""
    told = reading.reference_text
    assert told is not None
    expected = {word.key for word in reading.expected}
    total, mass, lost = 0.0, 0, []
    for clause in told.clauses[:MOST_CLAUSES]:
        wanted = [word.key for word in clause.words if word.key in expected]
        if not wanted:
            continue
        match = align(wanted, reading.said)
        total += match.share * len(wanted)
        mass += len(wanted)
        lost += [clause] if match.share < SAME_MATTER else []
    if not mass:
        return Assessment(None, "the reference states nothing beyond the question")
    assert reading.reference is not None
    against = [
        fault
        for clause in claims(reading)
        for fault in faults(clause, reading.reference, reading)
        if fault.contradicts
    ]
    unit = min(total / mass, CONTRADICTED) if against else total / mass
    why = f"{unit:.0%} of what the reference states is said in one place of the response."
    quotes: tuple[Evidence, ...] = ()
    if lost:
        why += f" Not found: “{lost[0].text[:90]}”."
        quotes += quoting(lost[0].text, "reference")
    if against:
        why += f" {say(against[0])}."
        quotes += quoting(against[0].clause, where)
    return Assessment(unit, why, quotes)


def _quoted_clause(quote: str, body: Body, reading: Reading) -> Check | None:
    found = [fault for clause in Text(quote).clauses for fault in faults(clause, body, reading)]
    against = [fault for fault in found if fault.contradicts]
    if against:
        return Check(say(against[0]), high=CONTRADICTED)
    if body is reading.reference:
        return None  # an answer may say more than its reference
    new = [w.key for w in words(quote) if w.content]
    match = align(new, body)
    if new and match.share < UNSUPPORTED:
        fact = f"no sentence has more than {match.share:.0%} of the quoted clause"
        return Check(fact, high=LACKING)
    return None


def _quoted_passage(quote: str, body: Body, reading: Reading) -> Check | None:
    """Whether the quoted passage carries every claim of the response, and none is contradicted."""
    there = {word.key for word in words(quote)}
    stated = claims(reading)
    if not stated or any(f.contradicts for c in stated for f in faults(c, body, reading)):
        return None
    shares = [sum(w.key in there for w in c.content) / len(c.content) for c in stated]
    if min(shares) < 0.6:
        return None
    fact = f"the quoted passage has at least {min(shares):.0%} of each clause, nothing against it"
    return Check(fact, low=BORNE_OUT)


def _linked(reading: Reading, where: Source) -> Assessment:
    """Whether neighbouring sentences share words or one repeats another word for word."""
    text, spans = reading.response.text, reading.response.sentences[:500]
    if len(spans) < 2:
        return Assessment(None, "one sentence has no neighbour to hold together with")
    sets = [frozenset(w.key for w in words(text[a:b]) if w.content) for a, b in spans]
    every = [frozenset(w.key for w in words(text[a:b])) for a, b in spans]
    links = [bool(a & b) or len(every[n + 1] - b) > 1 for n, (a, b) in enumerate(pairwise(sets))]
    unit = 0.4 + 0.6 * sum(links) / len(links)
    why = f"{sum(links)} of {len(links)} neighbouring sentences are linked by a shared word."
    loose = [spans[n + 1] for n, linked in enumerate(links) if not linked][:1]
    return Assessment(unit, why, tuple(e for a, b in loose for e in quoting(text[a:b], where)))


JUDGE = Alignment
