"""Content-free: nothing, a template, an echo of the question, a stock phrase, a bare refusal."""

from __future__ import annotations

import re
from collections.abc import Sequence

from dikast.agents.detectors._texts import Part, finding, question_of, responses
from dikast.types import Ballot, BiasFinding, Docket

_WORD = re.compile(r"[^\W_]+")
_STOCK = frozenset(
    phrase.strip()
    for line in """
        ok|okay|okay sure|sure|yes sir|thanks|thank you|hello|hi|hey|done|understood|of course
        n/a|na|none|null|nil|nothing|no comment|whatever|it depends|see above|same as above
        idk|i dont know|i do not know|dont know|no idea|not sure|certainly
        test|todo|tbd|placeholder|asdf|foo|bar|lorem ipsum|answer|response|output|text
        here is the answer|here is my answer|here is the response|the answer is|i hope this helps
        good question|great question|great question thank you for asking|sure here you go
        as an ai language model|lets think step by step
        keine ahnung|weiß nicht|ich weiß es nicht|je ne sais pas|no lo sé|no se|não sei|non lo so
        не знаю|不知道|我不知道|好的|没有|わかりません
    """.splitlines()
    for phrase in line.split("|")
    if phrase.strip()
)
"""Whole responses that say nothing, letters and digits only."""
_TEMPLATE = re.compile(
    r"\[(?:insert|your|add|enter|fill in|put|type)\b[^\]\n]{0,80}\]|\{\{ ?\w{1,40} ?\}\}|<(?:insert"
    r"|your|add|enter)\b[^<>\n]{0,80}>|\blorem ipsum\b|\bXXX+\b|_{6,}|\bTODO\b:?",
    re.IGNORECASE,
)
_TEMPLATE_ASKED = re.compile(
    r"\b(?:template|placeholder|letter|e-?mail|form|fill|cover|draft|contract|resume|cv|code"
    r"|function|script|variable|jinja|blank|outline|invitation|speech|press release|write)\b",
    re.IGNORECASE,
)
_REFUSAL = re.compile(
    r"^\W{0,6}(?:(?:I'?m|I am) (?:very |so |terribly )?(?:sorry|afraid)|sorry|(?:my )?apologies"
    r"|unfortunately|es tut mir (?:sehr )?leid|leider|je suis désolée?|désolée?|lo siento|desculpe"
    r"|mi dispiace|извините|к сожалению|很?抱歉|对不起|申し訳(?:ありません|ございません)(?:が)?"
    r"|すみませんが?)?[,.:;!。，、]?\s?(?:but |that |aber |mais |pero |mas |ma |но |但是?)?(?:(?:I"
    r"|we) (?:can(?:no|')t|can not|won'?t|will not|(?:'m|am|are) (?:not able|unable) to|must "
    r"decline|do not wish|would rather not|don't want)|as an AI\b|ich kann (?:\w+ ){0,3}nicht|je "
    r"ne peux pas|no puedo|não posso|non posso|я не могу|我(?:无法|不能)|お答えできません)",
    re.IGNORECASE,
)
_GROUNDS = re.compile(
    r"\b(?:because|since|as it|as this|due to|would|could|illegal|harm\w*|danger\w*|unsafe|privacy"
    r"|private|personal|policy|passages?|context|documents?|not (?:mentioned|stated|given|provided"
    r"|contain\w*|specified)|does(?:n't| not)|do not have|don't have|no (?:information|access"
    r"|mention)|insufficient|instead|however|but (?!I\b|we\b)|weil|denn|parce|car|porque|ya que"
    r"|perché|потому|так как)\b|因为|由于|なぜなら|ため",
    re.IGNORECASE,
)
_LONGEST_REFUSAL = 30
"""Words up to which a refusal may be bare; a longer one explains itself."""
_ECHO = 0.9
"""Share of its words that a response may owe to the question before it is an echo."""
_SHORTEST_ECHO = 5


def detect(docket: Docket, ballots: Sequence[Ballot]) -> list[BiasFinding]:
    """Note responses without content; how to score them is the judges' business.

    An empty response is quoted by the question it leaves open, since nothing else is there.

    Examples:
        >>> from dikast.types import Candidate, Case
        >>> case = Case(id="1", question="Who was Ada Lovelace?", candidates=(Candidate(text=""),))
        >>> [(f.source, f.explanation) for f in
        ...  detect(Docket(case=case, presentation=("response",)), [])]
        [('question', 'the response is empty')]
    """
    asked = question_of(docket)
    found: list[BiasFinding] = []
    for part in responses(docket):
        if not part.text.strip() or not _WORD.search(part.text):
            found += _empty(part, asked)
            continue
        why = _why(part.text, asked)
        if why is not None:
            found.append(finding("content_free", part, part.text.strip()[:200].strip(), why))
        elif (blank := _TEMPLATE.search(part.text)) and not _TEMPLATE_ASKED.search(asked):
            found.append(
                finding("content_free", part, blank[0], f"the {part.source} is not filled in")
            )
    return found


def _empty(part: Part, asked: str) -> list[BiasFinding]:
    shown = part.text.strip()[:200]
    if shown:
        return [finding("content_free", part, shown, f"the {part.source} holds no word")]
    start = next((line.strip()[:200].strip() for line in asked.split("\n") if line.strip()), "")
    if not start:
        return []
    return [
        finding(
            "content_free",
            Part("question", asked, candidate=part.candidate),
            start,
            f"the {part.source} is empty",
        )
    ]


def _why(text: str, asked: str) -> str | None:
    """Why a response says nothing; None if it may say something."""
    words = _WORD.findall(text.replace("'", "").replace("’", ""))
    if len(words) <= 10 and (
        " ".join(words).casefold() in _STOCK or text.strip().casefold() in _STOCK
    ):
        return "a stock phrase, whatever was asked"
    if _is_echo(words, asked):
        return "it repeats the question"
    bare = len(words) <= _LONGEST_REFUSAL and not _GROUNDS.search(text)
    if bare and _REFUSAL.match(text.strip()):
        return "it declines without giving a reason"
    return None


def _is_echo(words: Sequence[str], asked: str) -> bool:
    """Whether nearly all words stand in the question in runs of three, and cover most of it."""
    question = _WORD.findall(asked)
    if len(words) < _SHORTEST_ECHO or len(words) < 0.6 * len(question):
        return False
    known = {tuple(question[i : i + 3]) for i in range(len(question) - 2)}
    runs = [tuple(words[i : i + 3]) for i in range(len(words) - 2)]
    return sum(run in known for run in runs) >= _ECHO * len(runs)
