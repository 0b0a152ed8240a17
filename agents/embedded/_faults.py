"""Where a response goes beyond what it may rest on, or against it: clause by clause.

Each clause is aligned to the sentence that shares most of its telling words; facts are compared
with that sentence only, and a fault keeps both sides, so that it can be quoted and checked.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from dikast.agents.embedded import _facts as facts
from dikast.agents.embedded._lexicon import NEGATORS, NO, PADDING, REFUSALS, UNKNOWNS, YES
from dikast.agents.embedded._reading import Body, Clause, Reading, Sentence, contains
from dikast.agents.embedded._words import Span, Word, clauses, words

SAME_MATTER = 0.5
"""Share of a clause's telling words that a sentence must have to be about the same matter."""
SAME_STATEMENT = 0.6
"""Share from which a negation or an opposite on one side only is a contradiction."""
UNSUPPORTED = 0.5
"""A clause with a smaller share of its telling words anywhere has no support."""
MOST_CLAUSES = 150
"""Most clauses of a response that are examined; the rest of a very long one is left out."""

Kind = Literal["number", "name", "negation", "opposite", "unsupported", "missing"]
CONTRADICTIONS: frozenset[Kind] = frozenset(("number", "name", "negation", "opposite"))


class Match(NamedTuple):
    """A clause and the sentence that comes nearest to it."""

    sentence: Sentence | None
    share: float
    """Weighted share of the clause's telling words that stand in the sentence."""


class Fault(NamedTuple):
    """One thing that does not hold, with both sides of it."""

    kind: Kind
    clause: str
    """Of the response; of the reference where something is missing."""
    said: str
    shown: str
    """What stands in its place; empty if nothing does."""
    sentence: Sentence | None

    @property
    def contradicts(self) -> bool:
        """Whether something else stands in its place, rather than nothing."""
        return self.kind in CONTRADICTIONS and bool(self.shown)


def align(wanted: Sequence[str], body: Body, *, hints: frozenset[str] = frozenset()) -> Match:
    """Find the sentence that has most of some keys, by weight.

    Args:
        wanted: Keys of a clause's telling words.
        body: Where to look; the keys must be of its interest.
        hints: Keys that help to choose between sentences, at a quarter of their weight.

    Returns:
        The best sentence, the earlier one of equals; none if no wanted key stands anywhere.
    """
    weights = {key: body.weight(key) for key in wanted}
    scores: defaultdict[int, float] = defaultdict(float)
    for key, weight in weights.items():
        for number in body.index.get(key, ()):
            scores[number] += weight
    if not scores:
        return Match(None, 0.0)
    merits = dict(scores)
    for key in hints - weights.keys():
        for number in body.index.get(key, ()):
            if number in merits:
                merits[number] += body.weight(key) / 4
    best = min(merits, key=lambda number: (-round(merits[number], 9), number))
    return Match(body.sentences[best], min(1.0, scores[best] / math.fsum(weights.values())))


def states_nothing(clause: Clause) -> bool:
    """Whether a clause is a courtesy, a refusal or a word on what is not known: no claim."""
    low = clause.text.casefold().replace("’", "'")
    return any(phrase in low for phrase in (*PADDING, *REFUSALS, *UNKNOWNS))


def bare_answer(reading: Reading) -> bool | None:
    """Whether the response is a bare yes (True) or no (False); None if it is neither."""
    said = [word.folded for word in reading.response.words]
    if len(said) == 1 and reading.question.content:
        return True if said[0] in YES else False if said[0] in NO else None
    return None


def silent(reading: Reading) -> bool:
    """Whether the response states nothing at all: a refusal, a courtesy, or "not told"."""
    return bool(reading.response.words) and not claims(reading)


def claims(reading: Reading) -> list[Clause]:
    """The clauses of the response that state something."""
    found = reading.response.clauses[:MOST_CLAUSES]
    return [clause for clause in found if clause.content and not states_nothing(clause)]


def faults(clause: Clause, body: Body, reading: Reading) -> list[Fault]:
    """What in one clause does not hold against a body.

    Words of the question are not held against the response: it only repeats them.
    """
    asked = reading.question.keys
    telling = [word.key for word in clause.content]
    match = align(telling, body, hints=reading.question.content_keys)
    found = [*_numbers(clause, match, body, reading), *_names(clause, match, body, asked)]
    found += _polarity(clause, match)
    new = [key for key in telling if key not in asked]
    share = body.share(new)
    if not found and share is not None and share < UNSUPPORTED:
        found.append(Fault("unsupported", clause.text, clause.text, "", None))
    return found


def _numbers(clause: Clause, match: Match, body: Body, reading: Reading) -> Iterator[Fault]:
    said = facts.numbers(clause.text, clause.words)
    asked = reading.question.values
    shown = [] if match.sentence is None else _numbers_in(match.sentence)
    taken = frozenset({n.value for n in said} | asked)
    others = [word.key for word in clause.content if not word.folded[0].isdigit()]
    same = match.sentence is not None and _part(others, match.sentence.words) >= SAME_MATTER
    for number in said:
        if number.value in asked or facts.agrees(number, shown):
            continue
        anywhere = body.has(number.value) or facts.agrees(number, body.numbers)
        against = facts.rival(number, shown, taken) if same else None
        if anywhere and (against is None or not match.share >= SAME_STATEMENT):
            continue
        yield Fault(
            "number",
            clause.text,
            number.written,
            against.written if against else "",
            match.sentence if against else None,
        )


def _numbers_in(sentence: Sentence) -> list[facts.Number]:
    return facts.numbers(sentence.text, sentence.words)


def _part(wanted: Sequence[str], found: Sequence[Word]) -> float:
    """Share of keys that stand among some words; 0 without keys."""
    there = {word.key for word in found}
    return sum(key in there for key in wanted) / len(wanted) if wanted else 0.0


def _names(clause: Clause, match: Match, body: Body, asked: frozenset[str]) -> Iterator[Fault]:
    said = facts.names(clause.text, clause.words)
    taken = {key for name in said for key in name.keys} | asked
    for name in said:
        new = [f for f, k in zip(name.folded, name.keys, strict=True) if k not in asked]
        if not new or all(body.has(folded) for folded in new):
            continue
        rest = [w.key for w in clause.content if w.key not in name.keys]
        shown = ""
        if match.sentence is not None and _part(rest, match.sentence.words) >= SAME_MATTER:
            there = facts.names(match.sentence.text, match.sentence.words)
            free = [n.text for n in there if not taken.intersection(n.keys)]
            shown = free[0] if len(set(free)) == 1 else ""
        yield Fault("name", clause.text, name.text, shown, match.sentence if shown else None)


def _polarity(clause: Clause, match: Match) -> Iterator[Fault]:
    """Negation or an opposite on one side only, in clauses that otherwise say the same."""
    if match.sentence is None or contains(match.sentence.text, clause.text):
        return
    text = match.sentence.text
    parts = [
        (text[span.start : span.end], words(text[span.start : span.end]))
        for span in clauses(text, Span(0, len(text)))
    ]
    wanted = [word.key for word in clause.content]
    _, found = max(parts, key=lambda p: (_part(wanted, p[1]), -text.find(p[0])))
    opposed = facts.opposites(clause.words, found)
    if opposed is not None and len(wanted) > 1:
        rest = [w.key for w in clause.content if w.folded != opposed.said]
        if _part(rest, found) >= SAME_STATEMENT:
            yield Fault("opposite", clause.text, opposed.said, opposed.shown, match.sentence)
            return
    here, there = facts.denied(clause.words), facts.denied(found)
    one_sided = (here.keys() & {w.key for w in found}) - there.keys()
    one_sided |= (there.keys() & set(wanted)) - here.keys()
    if one_sided and not here.keys() & there.keys() and len(wanted) > 1:
        plain = [w.key for w in clause.content if w.folded not in NEGATORS]
        if _part(plain, found) >= SAME_STATEMENT:
            key = min(one_sided)
            said = here[key].folded if key in here else "no negation"
            shown = there[key].folded if key in there else "no negation"
            yield Fault("negation", clause.text, said, shown, match.sentence)


def missing(reading: Reading) -> list[Fault]:
    """What the reference says beyond the question and the response does not, clause by clause."""
    if reading.reference_text is None:
        return []
    there = reading.response.keys
    expected = {word.key for word in reading.expected}
    found = []
    for clause in reading.reference_text.clauses[:MOST_CLAUSES]:
        needed = [word.key for word in clause.words if word.key in expected]
        lost = _lost(clause, expected, reading)
        if lost or (needed and sum(key in there for key in needed) < len(needed) / 2):
            found.append(Fault("missing", clause.text, lost or clause.text, "", None))
    return found


def _lost(clause: Clause, expected: set[str], reading: Reading) -> str:
    """The first number or name of a reference clause that the response lacks; empty if none."""
    there = reading.response.forms
    for number in facts.numbers(clause.text, clause.words):
        if number.value in expected and not facts.agrees(number, reading.response.numbers):
            return number.written
    for name in facts.names(clause.text, clause.words):
        if expected.intersection(name.keys) and not there.intersection(name.folded):
            return name.text
    return ""


def body_for(reading: Reading, aspect: str) -> Body | None:
    """What a response is held against: passages for groundedness, else the reference first."""
    if aspect == "groundedness":
        return reading.passages
    return reading.reference or reading.passages


def near(reading: Reading) -> frozenset[str]:
    """Keys of the response, of the passage sentence that it draws on, and of that one's neighbours.

    What these take up of the question, the response need not say again.
    """
    if reading.passages is None:
        return reading.response.keys
    best = align([word.key for word in reading.response.content], reading.passages).sentence
    if best is None:
        return reading.response.keys
    close = [
        s
        for s in reading.passages.sentences
        if s.context_id == best.context_id and abs(s.place - best.place) <= 1
    ]
    return reading.response.keys | {word.key for s in close for word in s.words}


def all_faults(reading: Reading, aspect: str) -> list[Fault]:
    """All faults of a response under an aspect, in the order of the response.

    Against a reference, words that it lacks are no fault (an answer may say more), but what
    contradicts it is, and what is missing.
    """
    body = body_for(reading, aspect)
    if body is None:
        return []
    found = [fault for clause in claims(reading) for fault in faults(clause, body, reading)]
    if body is reading.reference:
        found = [fault for fault in found if fault.contradicts] + missing(reading)
    return found


def name_of(body: Body, reading: Reading) -> str:
    """What a body is called in a rationale."""
    return "reference" if body is reading.reference else "passages"


def say(fault: Fault) -> str:
    """A fault in plain words."""
    if fault.kind == "missing":
        return f"the reference's “{_short(fault.said)}” is missing"
    if fault.kind == "unsupported":
        return f"“{_short(fault.said)}” has no support"
    if fault.kind == "negation":
        return f"“{_short(fault.clause)}” denies what stands there, or the other way round"
    if fault.shown:
        return f"“{fault.said}” stands against “{fault.shown}”"
    return f"the {fault.kind} “{fault.said}” stands nowhere"


def _short(text: str, most: int = 90) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
