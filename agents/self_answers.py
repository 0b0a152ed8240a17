"""What a judge's model answers to the question itself, and whether that is right.

A judge agrees with people mostly on questions that it can answer ("No Free Labels", Krumdick et
al. 2025). So it is asked first, in a request of its own; what it answers is never shown to it
when it judges.
"""

from __future__ import annotations

import re
import unicodedata

from dikast.agents.asking import other_model, plain_model
from dikast.agents.votes import whole
from dikast.prompts import clip, load, transcript
from dikast.types import (
    CallFailure,
    Case,
    Gateway,
    JudgeSpec,
    ModelRequest,
    Place,
    SelfAnswer,
)

_LONGEST = 2_000
_SHORT_REFERENCE = 12
"""Words up to which a reference is one that an answer can be compared with by wording."""
_WORD = re.compile(r"\w+")
_ARTICLES = frozenset(
    ("a", "an", "the", "der", "die", "das", "ein", "eine", "le", "la", "les", "un", "une", "el")
)


def agrees(answer: str, reference: str) -> tuple[bool | None, str]:
    """Whether an answer gives a reference's answer, as far as wording tells.

    Args:
        answer: What the judge said.
        reference: The reference answer.

    Returns:
        Whether the words of a short reference stand in the answer in one piece, case, articles
        and punctuation apart; None with the reason where the reference is too long for that, or
        one of the two holds no word.

    Examples:
        >>> agrees("It was opened in 1978.", "1978")
        (True, 'the answer contains the reference')
        >>> agrees("I do not know.", "the Louvre")
        (False, 'the answer does not contain the reference')
    """
    said, wanted = _words(answer), _words(reference)
    if not wanted or not said:
        return None, "the reference or the answer holds no word"
    if len(wanted) > _SHORT_REFERENCE:
        return None, f"the reference has {len(wanted)} words: wording cannot tell"
    padded = f" {' '.join(said)} "
    if f" {' '.join(wanted)} " in padded:
        return True, "the answer contains the reference"
    return False, "the answer does not contain the reference"


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKC", text).casefold()
    return [word for word in _WORD.findall(plain) if word not in _ARTICLES]


async def self_answer(spec: JudgeSpec, case: Case, *, seat: str, gateway: Gateway) -> SelfAnswer:
    """Ask a judge's model the question itself, without passages: what does it know?

    Args:
        spec: The judge.
        case: The case; without a question there is nothing to ask.
        seat: Its seat.
        gateway: The way to the model.

    Returns:
        The answer and whether it agrees with the case's reference; a failed call says so.
    """
    if not case.question and not case.messages:
        return SelfAnswer(seat=seat, how="the case has no question")
    messages = load("self_answer").render(
        {
            "question": case.question,
            "conversation": transcript(case.messages) if case.messages else None,
            "passages": [],
        }
        if case.question
        else {"question": case.messages[-1].content, "passages": []}
    )
    place = Place(role="other", case=case.id, seat=seat, judge=spec.name, criterion="self_answer")
    reply = await gateway.ask(ModelRequest(model=plain_model(spec), messages=messages, place=place))
    if isinstance(reply, CallFailure):
        return SelfAnswer(seat=seat, how=f"not answered: {reply.reason}", call=reply.key or None)
    said = clip(whole(reply.text).strip(), _LONGEST)
    right: bool | None = None
    how = "the case has no reference"
    if case.reference is not None:
        right, how = agrees(said, case.reference)
    flag = other_model(spec.model, reply.model)
    return SelfAnswer(
        seat=seat,
        answer=said,
        correct=right,
        how=how + (f"; {flag}" if flag else ""),
        model=reply.model or None,
        call=reply.key,
    )
