"""Claims marked by the rule-backed judges.

A baseline: it measures wording. Pronouns are not resolved, and a fair paraphrase may be called
absent.
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from dikast.agents.claims import ClaimTask, Marked, ballot
from dikast.agents.contract import Brief
from dikast.agents.embedded._facts import numbers
from dikast.agents.embedded._faults import SAME_MATTER, Match, align, faults
from dikast.agents.embedded._reading import Body, Clause, Reading, Sentence, quoting, read
from dikast.agents.embedded._rule_judge import RuleJudge
from dikast.agents.embedded._words import forms, sentences, words
from dikast.types import (
    Abstention,
    Ballot,
    Case,
    Claim,
    Context,
    Criterion,
    Docket,
    Evidence,
    Gateway,
    Mark,
    RealScale,
    Reason,
)

GROUNDED = Criterion(
    id="groundedness",
    question="Is the statement borne out by the passages?",
    scale=RealScale(low=0, high=1),
)
SUPPORTED_FROM = 0.5
"""Share of merit from which a judge calls a claim of few words supported."""
LONGER = 6
"""Telling words from which a claim is long: it can be put in other words and still be true."""
LONGER_FROM = 0.25
"""The share for a long claim."""
_LONG = 60_000
"""Characters of passages above which only their most telling sentences are read."""
_KEPT = 400
"""Most sentences that are kept of long passages, and one more for every fourth word."""


_REFERRING = re.compile(
    r"(?:it|they|he|she|this|these|those|er|sie|es|dies|il|elle|ils|elles|él|ella|ellos)\s+",
    re.IGNORECASE,
)
"""Pronouns at the start of a claim: they stand for a subject that the claim does not name."""
_LEFT = 2
"""Fewest telling words that must be left without the pronoun."""


def _without_pronoun(text: str) -> str:
    """A claim as it is looked up: what a leading pronoun stands for cannot be looked up."""
    opening = _REFERRING.match(text)
    if opening is None or len(Clause(text[opening.end() :], 0, 0).content) < _LEFT:
        return text
    return text[opening.end() :]


class RuleClaims:
    """A rule-backed judge as a claim judge.

    A number, name, negation or opposite that stands against the claim's own makes it contradicted,
    however much of its wording occurs. Else its share of merit for the claim alone says whether it
    is supported or absent. What a claim cites is read before the other passages.

    Args:
        judge: The judge.
    """

    def __init__(self, judge: RuleJudge) -> None:
        self._judge = judge

    @property
    def name(self) -> str:
        """The judge's name."""
        return self._judge.name

    async def mark(
        self,
        task: ClaimTask,
        *,
        seat: str,
        round: int,  # noqa: A002 - the field's own word
        briefs: Mapping[str, Brief],
        gateway: Gateway | None,
    ) -> Marked:
        """Mark claims; see `dikast.agents.claims.ClaimJudge`."""
        del gateway
        texts, note = shortened(task.texts, told(task.case, task.candidate))
        cast: list[Ballot] = []
        if not texts:  # of long passages nothing is left: they share no word with anything asked
            cast = [self._unshared(task, claim, seat, round) for claim in task.claims]
            return Marked(cast, [], [note] if note else [])
        for claim in task.claims:
            own = [text for text in texts if text.id in claim.cites]
            vote = None
            if own and len(own) < len(texts):
                vote = await self._vote(task, claim, own, seat, round, briefs.get(claim.id))
            if vote is None or vote.score != 2:
                vote = await self._vote(task, claim, texts, seat, round, briefs.get(claim.id))
            cast.append(vote)
        return Marked(cast, [], [note] if note else [])

    def _unshared(self, task: ClaimTask, claim: Claim, seat: str, number: int) -> Ballot:
        return ballot(
            task.criterion(claim),
            (task.candidate,),
            judge=self.name,
            seat=seat,
            number=number,
            mark="absent",
            rationale="The passages share no word with question and answer.",
        )

    async def _vote(
        self,
        task: ClaimTask,
        claim: Claim,
        texts: Sequence[Context],
        seat: str,
        number: int,
        brief: Brief | None,
    ) -> Ballot:
        bare = claim.model_copy(update={"text": _without_pronoun(claim.text)})
        docket = task.docket(bare)
        docket = Docket(
            case=docket.case.model_copy(update={"contexts": tuple(texts)}),
            presentation=docket.presentation,
        )
        (first,) = await self._judge.vote(docket, [GROUNDED], seat=seat, round=0)
        vote = first
        if brief is not None and first.score is not None:
            again = brief.model_copy(
                update={
                    "own": (first,),
                    "critiques": tuple(
                        c.model_copy(update={"criterion": GROUNDED.id}) for c in brief.critiques
                    ),
                }
            )
            (vote,) = await self._judge.vote(
                docket, [GROUNDED], seat=seat, round=number, brief=again
            )
        name, shown = task.criterion(claim), docket.presentation
        who = {"judge": self.name, "seat": seat, "number": number}
        if vote.score is None:
            why = vote.abstention or Abstention(reason=Reason.NO_EVIDENCE)
            return ballot(name, shown, abstention=why, **who)  # type: ignore[arg-type]
        mark, evidence = _marked(read(docket.case, task.candidate), vote.score)
        if mark != "absent" and not evidence:
            why = Abstention(reason=Reason.NO_EVIDENCE, detail="no sentence can be quoted for it")
            return ballot(name, shown, abstention=why, **who)  # type: ignore[arg-type]
        return ballot(
            name,
            shown,
            mark=mark,
            evidence=evidence,
            rationale=vote.rationale,
            grounds=vote.grounds,
            **who,  # type: ignore[arg-type]
        )


def _marked(reading: Reading, unit: float) -> tuple[Mark, tuple[Evidence, ...]]:
    """What a share of merit amounts to, and the sentence that shows it."""
    body = reading.passages
    if body is None:
        return "absent", ()
    telling = [word.key for word in reading.response.content]
    best = align(telling, body, hints=reading.question.content_keys)
    against = _against(reading, body, best)
    enough = LONGER_FROM if len(telling) >= LONGER else SUPPORTED_FROM
    if unit >= enough and not (against is not None and against.firm):
        sentence = best.sentence
        shown = quoting(sentence.text, "context", sentence.context_id) if sentence else ()
        return "supported", shown
    if against is None:
        return "absent", ()
    return "contradicted", quoting(against.sentence.text, "context", against.sentence.context_id)


class _Against(NamedTuple):
    """The sentence that stands against a claim."""

    sentence: Sentence
    firm: bool
    """Whether the fact itself stands there otherwise: no wording outweighs that."""


def _against(reading: Reading, body: Body, best: Match) -> _Against | None:
    for clause in reading.response.clauses:
        for fault in faults(clause, body, reading):
            if fault.contradicts and fault.sentence is not None and best.share >= SAME_MATTER:
                return _Against(fault.sentence, True)
            if fault.kind == "number" and best.sentence and _other_number(clause, best.sentence):
                return _Against(best.sentence, False)
    return None


def _other_number(clause: Clause, sentence: Sentence) -> bool:
    """Whether a sentence says all of a clause but its number, and has others of that kind."""
    said = {number.kind for number in numbers(clause.text, clause.words)}
    shown = {number.kind for number in numbers(sentence.text, sentence.words)}
    there = {word.key for word in sentence.words}
    rest = [word.key for word in clause.content if not word.folded[0].isdigit()]
    return bool(rest and said & shown) and all(key in there for key in rest)


def told(case: Case, candidate: str) -> tuple[str, ...]:
    """What long passages are scanned for: question, answer and reference, the same for everyone."""
    return (case.question or "", case.candidate(candidate).text, case.reference or "")


@lru_cache(maxsize=4)
def shortened(
    texts: tuple[Context, ...], wanted: tuple[str, ...]
) -> tuple[tuple[Context, ...], str]:
    """Long passages reduced to the sentences that share most words with some texts.

    They are scanned once for all claims and all judges, in time in proportion to their length.

    Returns:
        The passages, and what was left out, in words; short passages as they are.
    """
    total = sum(len(text.text) for text in texts)
    if total <= _LONG:
        return texts, ""
    found = [word for text in wanted for word in words(text)]
    keys = frozenset(word.key for word in found if word.content)
    heap: list[tuple[int, int, int, str]] = []
    most, number = _KEPT + len(found) // 4, 0
    for at, context in enumerate(texts):
        for span in sentences(context.text):
            piece = context.text[span.start : span.end]
            hits = len(keys.intersection(key for _, key in forms(piece)))
            number += 1
            if not hits:
                continue
            entry = (hits, -number, at, piece)
            if len(heap) < most:
                heapq.heappush(heap, entry)
            elif entry > heap[0]:
                heapq.heapreplace(heap, entry)
    kept: dict[int, list[str]] = {}
    for _, _, at, piece in sorted(heap, key=lambda entry: -entry[1]):
        kept.setdefault(at, []).append(piece)
    # Sentences stay apart as lines, so that none is read as part of its neighbour.
    short = tuple(
        texts[at].model_copy(update={"text": "\n".join(lines)})
        for at, lines in sorted(kept.items())
    )
    note = (
        f"rule-backed judges read the {len(heap)} of {number} sentences that share most words "
        "with question and answer"
    )
    return short, note
