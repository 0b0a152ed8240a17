"""Exact match and containment: the response in the passages, the reference in the response.

The plainest baseline there is. It is strong where right answers are spans of a passage, and
says nothing about a right answer in other words.
"""

from __future__ import annotations

import math

from dikast.agents.embedded._faults import bare_answer, claims
from dikast.agents.embedded._reading import Body, Reading, contains, quoting
from dikast.agents.embedded._remit import Aspect
from dikast.agents.embedded._rule_judge import (
    BORNE_OUT,
    LACKING,
    Assessment,
    Check,
    RuleJudge,
)
from dikast.types import CritiquePoint, Source

_PARTLY = 0.45
"""Most that a response earns whose words are not all in one stretch: below the middle."""


class Exact(RuleJudge):
    """Judges by verbatim containment."""

    kind = "exact"

    def assess(self, reading: Reading, aspect: Aspect, where: Source) -> Assessment:
        """Correctness: the reference in the response; groundedness: the response in a passage."""
        if not reading.response.words:
            return Assessment(0.0, "The response holds no word.")
        if aspect == "correctness" and reading.reference_text is not None:
            return _against_reference(reading, where)
        if reading.passages is None:
            return Assessment(None, "there is no passage or reference to look the answer up in")
        if bare_answer(reading) is not None:
            return Assessment(None, "a bare yes or no cannot be looked up")
        return _in_passages(reading, reading.passages, where)

    def check(self, point: CritiquePoint, reading: Reading, aspect: Aspect) -> Check | None:
        """Whether a quoted clause stands nowhere verbatim, or a passage holds the answer."""
        body = reading.reference if aspect == "correctness" else None
        if point.source == "reference" and body is not None:
            if not contains(reading.response.text, point.quote):
                return Check("the quoted words of the reference are not in it", high=LACKING)
            return None
        if point.source == "context" and point.effect == "raise":
            added = " ".join(reading.response.text[w.start : w.end] for w in reading.payload)
            if added and contains(point.quote, added):
                return Check(f"the quoted passage holds “{added[:60]}” verbatim", low=BORNE_OUT)
        return None


def _against_reference(reading: Reading, where: Source) -> Assessment:
    told = reading.reference_text
    assert told is not None
    if not told.words:
        return Assessment(None, "the reference holds no word")
    if [w.folded for w in told.words] == [w.folded for w in reading.response.words]:
        return Assessment(
            1.0, "The response is the reference, word for word.", quoting(told.text, "reference")
        )
    if contains(reading.response.text, told.text):
        # in a longer answer the words may be denied or one of several, hence not the full share
        return Assessment(
            0.9, "The reference stands in the response.", quoting(told.text, "reference")
        )
    have = {w.folded for w in reading.response.words}
    share = sum(w.folded in have for w in told.words) / len(told.words)
    why = f"The reference does not stand in the response; {share:.0%} of its words do."
    return Assessment(_PARTLY * share, why, quoting(told.text, "reference"))


def _in_passages(reading: Reading, body: Body, where: Source) -> Assessment:
    if body.holds(reading.response.text):
        holder = next((s for s in body.sentences if contains(s.text, reading.response.text)), None)
        evidence = quoting(holder.text, holder.source, holder.context_id) if holder else ()
        return Assessment(1.0, "The response stands in the passages word for word.", evidence)
    stated = claims(reading)
    if not stated:
        return Assessment(None, "no clause of the response states anything")
    weights = [len(clause.words) for clause in stated]
    runs = [_longest_run([w.key for w in clause.words], body) for clause in stated]
    share = math.fsum(runs) / sum(weights)
    loose = min(
        zip(stated, runs, weights, strict=True), key=lambda item: (item[1] / item[2], item[0].first)
    )
    why = f"Not word for word in the passages; stretches of two or more words make up {share:.0%}."
    return Assessment(_PARTLY * share, why, quoting(loose[0].text, where))


def _longest_run(sequence: list[str], body: Body, size: int = 2) -> int:
    """Words of a clause that belong to some stretch of `size` words that occurs."""
    if len(sequence) < size:
        pairs = [tuple(sequence[at : at + 2]) for at in range(len(sequence) - 1)]
        return sum(pair in body.grams for pair in pairs)
    covered: set[int] = set()
    for at in range(len(sequence) - size + 1):
        if tuple(sequence[at : at + size]) in body.grams:
            covered.update(range(at, at + size))
    return len(covered)


JUDGE = Exact
