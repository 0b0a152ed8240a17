"""Refusals: whether the response tries to answer, and whether declining was right.

A refusal is told by its phrases. Whether the passages could have answered is told by wording: a
sentence that takes up most of the question's telling words, or most of a clause of the response.
"""

from __future__ import annotations

from dikast.agents.embedded._faults import align, claims
from dikast.agents.embedded._lexicon import REFUSALS, UNKNOWNS
from dikast.agents.embedded._reading import Reading, Sentence, quoting
from dikast.agents.embedded._remit import Aspect
from dikast.agents.embedded._rule_judge import Assessment, RuleJudge
from dikast.types import Source

_TAKEN_UP = 0.6
"""Share of the question's telling words from which a refusal is held to be wrong."""
_BEARING = 0.35
"""Share below which no sentence bears on question or answer, and an answer is held to be wrong.

Between the two wording does not tell, and neither is held against a response. Chosen on the odd
rows of HaluEval's questions with passages, against the passages of other questions.
"""
_LONG = 60
"""Words from which a response with a refusal in it is held to answer something else."""


class Refusals(RuleJudge):
    """Judges whether there is an answer, and whether there should be one."""

    kind = "refusals"

    def assess(self, reading: Reading, aspect: Aspect, where: Source) -> Assessment:
        """Attempt: 1 for an answer. Refusal: 1 for answering what can be, declining what cannot."""
        clause = declined(reading)
        shown = quoting(clause or reading.response.text, where)
        attempted = not clause and bool(reading.response.content)
        if not clause and not attempted:
            return Assessment(0.0, "The response neither answers nor declines.")
        if aspect == "attempt":
            said = "It tries to answer." if attempted else "It declines, or says it is not known."
            return Assessment(float(attempted), said, shown)
        told = answering(reading, _BEARING if attempted else _TAKEN_UP)
        could = told is not None
        shown += () if told is None else quoting(told.text, told.source, told.context_id)
        what = "bears on the question" if could else "none bears on the question"
        does = "answers" if attempted else "does not answer"
        why = f"It {does}, and {'a passage sentence ' if could else 'of the passages '}{what}."
        return Assessment(float(attempted == could), why, shown)


def declined(reading: Reading) -> str:
    """The clause by which a short response declines or says that it is not known; empty if none."""
    if len(reading.response.words) > _LONG:
        return ""
    for clause in reading.response.clauses[:3]:
        low = clause.text.casefold().replace("’", "'")
        if any(phrase in low for phrase in (*REFUSALS, *UNKNOWNS)):
            return clause.text
    return ""


def answering(reading: Reading, least: float) -> Sentence | None:
    """A passage sentence that bears on question or answer; None if there is none.

    Args:
        reading: The response and its passages.
        least: Weighted share of telling words that it must take up.
    """
    body = reading.passages
    if body is None:
        return None
    asked = [word.key for word in reading.question.content]
    added = [] if declined(reading) else claims(reading)
    best: tuple[float, Sentence | None] = (0.0, None)
    for keys in (asked, *([word.key for word in clause.content] for clause in added)):
        found = align(keys, body)
        if keys and found.share > best[0]:
            best = (found.share, found.sentence)
    return best[1] if best[0] >= least else None


JUDGE = Refusals
