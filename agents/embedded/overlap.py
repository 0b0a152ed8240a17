"""Overlap of words and word sequences with passages, reference and question.

How much of the response's wording is borne out: telling words by weight (rare in the passages
counts more), and sequences of two to four words, which a made-up sentence of borrowed words
lacks. Against a reference it is recall that counts (ROUGE; Lin 2004).
"""

from __future__ import annotations

import math

from dikast.agents.embedded._faults import UNSUPPORTED, align, bare_answer, claims, near, silent
from dikast.agents.embedded._reading import GRAMS, Body, Clause, Reading, all_grams, quoting
from dikast.agents.embedded._remit import Aspect
from dikast.agents.embedded._rule_judge import (
    BORNE_OUT,
    LACKING,
    Assessment,
    Check,
    RuleJudge,
)
from dikast.agents.embedded._words import Word, words
from dikast.types import CritiquePoint, Evidence, Source

_PLAIN = 0.35
"""What words alone are worth when no sequence of them occurs."""
_COVERED = 0.7
"""Share of telling words that one passage must have to bear a response out."""


class Overlap(RuleJudge):
    """Judges by shared wording."""

    kind = "overlap"

    def assess(self, reading: Reading, aspect: Aspect, where: Source) -> Assessment:
        """Groundedness: support of wording; correctness: recall of the reference; else both."""
        if not reading.response.words:
            return Assessment(0.0, "The response holds no word.")
        if aspect == "groundedness":
            return _supported(reading, reading.passages, where)
        if reading.reference is not None:
            return _recalled(reading, where)
        support = _supported(reading, reading.passages, where)
        topic, why = _on_topic(reading)
        if aspect == "helpfulness" and silent(reading) and topic is not None:
            return Assessment(topic, f"It states nothing; {why}", support.evidence)
        if aspect == "correctness" or support.unit is None:
            return support
        unit = support.unit if topic is None else (support.unit + topic) / 2
        return Assessment(unit, f"{support.why} {why}".strip(), support.evidence)

    def check(self, point: CritiquePoint, reading: Reading, aspect: Aspect) -> Check | None:
        """Whether the quotation lacks wording of its own, or one passage covers the response."""
        body = reading.passages if aspect == "groundedness" else reading.reference
        body = body or reading.passages
        if body is None:
            return None
        if point.source in {"response", "response_b"} and point.effect != "unclear":
            return _lacks(point.quote, body, reading)
        if point.source == "reference" and reading.reference is not None:
            wanted = [w.key for w in words(point.quote) if w.key in _expected(reading)]
            here = sum(key in reading.response.keys for key in wanted)
            if wanted and here < len(wanted) / 2:
                return Check(f"the response has {here} of {len(wanted)} words of it", high=LACKING)
        if point.source == "context" and point.effect == "raise":
            return _covered(point.quote, reading)
        return None


def _expected(reading: Reading) -> set[str]:
    return {word.key for word in reading.expected}


def _weigh(found: list[Word], body: Body) -> float:
    """Share of words that occur, by how telling they are and how much rests on them."""
    weights = [body.weight(word.key) * word.burden for word in found]
    hits = [w for word, w in zip(found, weights, strict=True) if body.has(word.key)]
    return math.fsum(hits) / math.fsum(weights) if found else 0.0


def sequence_share(
    found: list[Word], body: Body, asked: frozenset[tuple[str, ...]]
) -> float | None:
    """Mean share of sequences of two, three and four words that occur.

    Sequences of the question are left out: to say them again proves nothing.

    Returns:
        A number from 0 to 1; None if no sequence is left.
    """
    grams = [gram for gram in all_grams([word.key for word in found]) if gram not in asked]
    shares = []
    for size in GRAMS:
        sized = [gram for gram in grams if len(gram) == size]
        if sized:
            shares.append(sum(gram in body.grams for gram in sized) / len(sized))
    return math.fsum(shares) / len(shares) if shares else None


def _supported(reading: Reading, body: Body | None, where: Source) -> Assessment:
    if body is None:
        return Assessment(None, "there is no passage or reference to compare the wording with")
    found = reading.response.words
    if bare_answer(reading) is not None or silent(reading):
        return Assessment(None, "the response states nothing whose words could be looked up")
    # a made-up detail is one word among many: the share is cubed so that each absence tells
    support = _weigh(found, body) ** 3 * _weigh(reading.payload or found, body)
    sequences = sequence_share(found, body, reading.question.grams)
    unit = support * (_PLAIN + (1 - _PLAIN) * (support if sequences is None else sequences))
    distinct = {word.key: word for word in reversed(reading.response.content)}
    absent = [word for key, word in distinct.items() if not body.has(key)]
    why = f"{len(distinct) - len(absent)} of {len(distinct)} telling words stand in the passages"
    if absent:
        first = sorted(absent, key=lambda w: w.start)[:4]
        said = ", ".join(f"“{reading.response.text[w.start : w.end][:40]}”" for w in first)
        why += f" (not there: {said})"
    if sequences is not None:
        why += f", and {sequences:.0%} of its word sequences"
    return Assessment(unit, why + ".", _evidence(reading, body, where))


def _evidence(reading: Reading, body: Body, where: Source) -> tuple[Evidence, ...]:
    """The sentence that supports most, and the first clause without support."""
    best = align([word.key for word in reading.response.content], body).sentence
    bare = [clause for clause in claims(reading) if _bare(clause, body)][:1]
    shown = quoting(best.text, best.source, best.context_id) if best else ()
    return shown + tuple(e for clause in bare for e in quoting(clause.text, where))


def _bare(clause: Clause, body: Body) -> bool:
    share = body.share([word.key for word in clause.content])
    return share is not None and share < UNSUPPORTED


def _recalled(reading: Reading, where: Source) -> Assessment:
    """Recall of what the reference says beyond the question, a little precision added."""
    assert reading.reference is not None
    expected = reading.expected
    have = [word for word in expected if word.key in reading.response.keys]
    recall = len(have) / len(expected)
    beyond = [word.key for word in reading.payload]
    precision = reading.reference.share(beyond)
    unit = recall * (0.8 + 0.2 * (1.0 if precision is None else precision))
    why = f"{len(have)} of {len(expected)} words that the reference adds are in the response."
    best = align([word.key for word in expected], reading.said).sentence
    evidence = quoting(best.text, where) if best is not None else ()
    return Assessment(unit, why, evidence)


def _on_topic(reading: Reading) -> tuple[float | None, str]:
    """Share of the question's telling words that the response, or its best passage, takes up."""
    asked = reading.question.content_keys
    if not asked:
        return None, ""
    share = len(asked & near(reading)) / len(asked)
    return share, f"{share:.0%} of the question's telling words are taken up."


def _lacks(quote: str, body: Body, reading: Reading) -> Check | None:
    """Looks at the quotation alone: in a long response its fault was thinned out."""
    new = [w for w in words(quote) if w.content and w.key not in reading.question.keys]
    absent = [w for w in new if not body.has(w.key)]
    figures = [w for w in absent if w.folded[0].isdigit()]
    if figures or (new and len(absent) > len(new) / 2):
        said = ", ".join(f"“{quote[w.start : w.end][:40]}”" for w in (figures or absent)[:3])
        return Check(f"of the quoted words, {said} stand nowhere in what it rests on", high=LACKING)
    return None


def _covered(quote: str, reading: Reading) -> Check | None:
    """Whether one passage has nearly all telling words, whatever their sequence."""
    there = {word.key for word in words(quote)}
    wanted = [word.key for word in reading.payload]
    share = sum(key in there for key in wanted) / len(wanted) if wanted else 0.0
    if share < _COVERED:
        return None
    fact = f"the quoted passage alone has {share:.0%} of what the response adds, in other order"
    return Check(fact, low=BORNE_OUT)


JUDGE = Overlap
