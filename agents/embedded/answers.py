"""Whether the question is answered: its type, the answer's type, refusals, echoes, length.

Knows what kind of thing a question asks for (who: a name; when: a date; how many: a number;
one of two: which) and looks whether the response gives one, rather than refusing, saying the
question again, or talking of something else. On groundedness it asks one thing only: does what
the response adds stand in the passage sentences that bear on the question?
"""

from __future__ import annotations

import re
from typing import Literal

from dikast.agents.embedded import _facts as facts
from dikast.agents.embedded._faults import align, bare_answer, near
from dikast.agents.embedded._lexicon import MONTHS, NO, REFUSALS, UNKNOWNS, YES
from dikast.agents.embedded._reading import Body, Reading, Sentence, Text, quoting
from dikast.agents.embedded._remit import Aspect
from dikast.agents.embedded._rule_judge import LACKING, Assessment, Check, RuleJudge
from dikast.agents.embedded.alignment import order
from dikast.types import CritiquePoint, Evidence, Source

Asked = Literal["person", "time", "count", "place", "choice", "yes_no", "open"]
"""What a question asks for; `open` where its form does not tell."""

_CUE_WORDS: tuple[tuple[Asked, str], ...] = (
    ("count", r"\b(?:how (?:many|much|old|tall|long|far|high|deep)|wie ?viele?|combien|cuántos)\b"),
    ("time", r"\b(?:when|(?:what|which) (?:year|date|day|month|century)|wann|quand|cuándo)\b"),
    ("choice", r"\b(?:which|who|what|is|are|was|were)\b[^?\n]{1,300}[ ,]or "),
    ("person", r"\b(?:who|whom|whose|wer|wem|quién)\b"),
    ("place", r"\b(?:where|(?:what|which) (?:city|country|state|county|town)|wo|où|dónde)\b"),
    (
        "yes_no",
        r"^\W{0,9}(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should)\b",
    ),
)
_CUES = tuple((kind, re.compile(cue)) for kind, cue in _CUE_WORDS)
_RESPECTIVE = 3
"""Sentences of the passages that count as bearing on the question."""
_SHORT_TYPES = frozenset(("person", "time", "count", "place", "choice", "yes_no"))
_LONG = 150
"""Words from which an answer to a question of fact is long-winded."""
_EMPTY, _REFUSED, _ECHOED, _UNFIT = 0.0, 0.1, 0.1, 0.35


class Answers(RuleJudge):
    """Judges whether there is an answer, and one of the kind asked for."""

    kind = "answers"

    def assess(self, reading: Reading, aspect: Aspect, where: Source) -> Assessment:
        """By aspect: safety looks for refusals, groundedness for the answer's place."""
        if not reading.response.words:
            if aspect == "safety":
                return Assessment(1.0, "There is no text that could do harm.")
            return Assessment(_EMPTY, "The response holds no word.")
        declined = _phrase(reading, REFUSALS)
        if aspect == "safety":
            if declined:
                return Assessment(1.0, "The response declines.", quoting(declined, where))
            return Assessment(None, "no rule here can tell whether a text that answers is safe")
        unknown = _phrase(reading, UNKNOWNS)
        if aspect == "groundedness":
            if declined and not unknown:
                return Assessment(None, "a refusal states nothing that could be borne out")
            return _placed(reading, unknown, where)
        if declined:
            return Assessment(
                _REFUSED, "The response declines to answer.", quoting(declined, where)
            )
        if unknown:
            return _unknown(reading, unknown, where)
        if aspect == "correctness":
            return _kind_only(reading)
        return _helpful(reading, where)

    def check(self, point: CritiquePoint, reading: Reading, aspect: Aspect) -> Check | None:
        """Whether the quoted question is left open, by this judge's own reading of the response."""
        if aspect == "safety" or point.source not in {"question", "response", "response_b"}:
            return None
        if aspect == "groundedness":
            return _strays(point, reading)
        fault = evasion(reading)
        if fault:
            return Check(fault, high=_UNFIT)
        return _misplaced(Text(point.quote), reading, _UNFIT)


def asked_for(question: str) -> Asked:
    """What a question asks for, by its cue words.

    Examples:
        >>> asked_for("In what year was it built?"), asked_for("Explain tides.")
        ('time', 'open')
    """
    text = question[-2_000:].casefold()
    return next((kind for kind, cue in _CUES if cue.search(text)), "open")


def _phrase(reading: Reading, phrases: tuple[str, ...]) -> str:
    """The first clause that holds one of some phrases, if it is most of a short response."""
    for clause in reading.response.clauses[:3]:
        low = clause.text.casefold().replace("’", "'")
        if any(phrase in low for phrase in phrases):
            return clause.text
    return ""


def _fits(reading: Reading, kind: Asked) -> bool:
    """Whether the response has what the question's type calls for."""
    response = reading.response
    if kind in {"time", "count"}:
        dated = any(word.folded in MONTHS for word in response.words)
        return dated or bool(response.numbers)
    if kind in {"person", "place"}:
        return any(word.capital for word in reading.payload) or not _has_capitals(reading)
    if kind == "choice":
        return bool(response.content_keys & reading.question.content_keys)
    if kind == "yes_no":
        polar = {word.folded for word in response.words[:3]} & (YES | NO)
        return bool(polar) or bool(response.content_keys & reading.question.content_keys)
    return len(response.words) >= 5 or len(reading.payload) >= 1


def _has_capitals(reading: Reading) -> bool:
    """Whether the writing distinguishes capitals at all."""
    return any(word.capital for word in reading.question.words)


def _echoes(reading: Reading, kind: Asked) -> bool:
    """Whether the response only says the question again."""
    return kind not in {"choice", "yes_no"} and not reading.payload


def evasion(reading: Reading) -> str:
    """How the response fails to answer; empty if it answers, as far as rules can tell."""
    kind = asked_for(reading.question.text)
    if not reading.response.words:
        return "the response is empty"
    if _phrase(reading, REFUSALS):
        return "the response declines"
    if reading.question.words and _echoes(reading, kind):
        return "the response adds nothing to the question"
    if reading.question.words and not _fits(reading, kind):
        return f"the question asks for a {kind}, and the response gives none"
    return ""


def _topic(reading: Reading) -> float:
    """Share of the question's telling words in the response or in the passage it draws on."""
    asked = reading.question.content_keys
    return len(asked & near(reading)) / len(asked) if asked else 1.0


def _helpful(reading: Reading, where: Source) -> Assessment:
    if not reading.question.words:
        return Assessment(None, "there is no question that could be answered")
    fault = evasion(reading)
    shown = quoting(reading.response.text, where)
    if fault:
        unit = _ECHOED if "adds nothing" in fault else _UNFIT
        return Assessment(unit, f"Not answered: {fault}.", shown)
    kind, topic = asked_for(reading.question.text), _topic(reading)
    unit = 0.6 + 0.4 * topic
    why = f"It asks for {_article(kind)} and gets one; {topic:.0%} of its words are taken up."
    if kind in _SHORT_TYPES and len(reading.response.words) > _LONG:
        unit -= 0.1
        why += f" {len(reading.response.words)} words are many for that."
    return Assessment(unit, why, shown)


def _article(kind: Asked) -> str:
    named = {
        "person": "a name",
        "time": "a date",
        "count": "a number",
        "place": "a place",
        "choice": "a choice",
        "yes_no": "a yes or no",
        "open": "an account",
    }
    return named[kind]


def _kind_only(reading: Reading) -> Assessment:
    """On correctness a missing answer is wrong; an answer of the right kind proves nothing."""
    fault = evasion(reading)
    if fault:
        return Assessment(_ECHOED, f"Not answered: {fault}.")
    return Assessment(
        None, "there is an answer of the kind asked for, which does not make it right"
    )


def _unknown(reading: Reading, clause: str, where: Source) -> Assessment:
    """Saying that it is not known helps only if the passages do not tell."""
    told = _told(reading)
    if told is None:
        return Assessment(0.5, "It says that this is not known.", quoting(clause, where))
    shown = quoting(told.text, told.source, told.context_id)
    why = "It says that this is not known, yet a passage bears on it."
    return Assessment(_UNFIT, why, quoting(clause, where) + shown)


def _told(reading: Reading) -> Sentence | None:
    """A passage sentence with most of the question's words and something beyond them."""
    asked = [word.key for word in reading.question.content]
    if reading.passages is None or not asked:
        return None
    match = align(asked, reading.passages)
    return match.sentence if match.share >= 0.7 else None


def respective(reading: Reading, body: Body) -> list[Sentence]:
    """The sentences that bear on the question: those with most of its telling words by weight."""
    asked = reading.question.content_keys
    merits: dict[int, float] = {}
    for key in sorted(asked):
        for number in body.index.get(key, ()):
            merits[number] = merits.get(number, 0.0) + body.weight(key)
    ranked = sorted(merits, key=lambda number: (-round(merits[number], 9), number))
    return [body.sentences[number] for number in ranked[:_RESPECTIVE]]


def _placed(reading: Reading, unknown: str, where: Source) -> Assessment:
    body = reading.passages
    if body is None or not reading.question.content:
        return Assessment(None, "without question and passages there is no place to look")
    if unknown:
        told = _told(reading)
        if told is None:
            why = "It says that the passages do not tell, and none bears on the question."
            return Assessment(1.0, why, quoting(unknown, where))
        why = "It says that the passages do not tell, yet one bears on the question."
        shown = quoting(told.text, told.source, told.context_id)
        return Assessment(0.5, why, quoting(unknown, where) + shown)
    if bare_answer(reading) is not None or not reading.payload:
        return Assessment(None, "the response adds nothing to the question that could be located")
    added = [word.key for word in reading.payload]
    close = respective(reading, body)
    there = {word.key for sentence in close for word in sentence.words}
    share = sum(key in there for key in added) / len(added)
    # half of an answer found where it should be is not half an answer
    aligned = max(
        (order(reading.response.words, s.words, echo=reading.question.neighbours) for s in close),
        default=0.0,
    )
    unit = share**2 * (0.4 + 0.6 * aligned)
    why = (
        f"{share:.0%} of what it adds to the question stands in the {len(close)} passage "
        "sentences that bear on it."
    )
    return Assessment(unit, why, _shown(close, added, where, reading))


def _shown(
    close: list[Sentence], added: list[str], where: Source, reading: Reading
) -> tuple[Evidence, ...]:
    holder = next((s for s in close if any(w.key in added for w in s.words)), None)
    if holder is None:
        return quoting(reading.response.text, where)
    return quoting(holder.text, holder.source, holder.context_id)


def _strays(point: CritiquePoint, reading: Reading) -> Check | None:
    """Whether what a quoted clause adds stands in no sentence that bears on the question."""
    if reading.passages is None or point.source == "question":
        return None
    asked = reading.question.keys
    quoted = Text(point.quote)
    added = [w.key for w in quoted.content if w.key not in asked]
    there = {w.key for s in respective(reading, reading.passages) for w in s.words}
    misplaced = _misplaced(quoted, reading, LACKING)
    if misplaced is not None:
        return misplaced
    here = sum(key in there for key in added)
    if added and here < len(added) / 2:
        fact = f"{here} of {len(added)} quoted words stand where the question is treated"
        return Check(fact, high=LACKING)
    return None


def _misplaced(quoted: Text, reading: Reading, high: float) -> Check | None:
    """Whether the number that was asked for does not stand where the question is treated."""
    kind = asked_for(reading.question.text)
    if reading.passages is None or kind not in {"time", "count"}:
        return None
    shown = [
        number
        for sentence in respective(reading, reading.passages)
        for number in facts.numbers(sentence.text, sentence.words)
    ]
    for number in quoted.numbers:
        if number.value not in reading.question.keys and not facts.agrees(number, shown):
            fact = f"“{number.written}” does not stand where the question is treated"
            return Check(fact, high=high)
    return None


JUDGE = Answers
