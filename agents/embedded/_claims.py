"""Claims without a model: split by sentences and clauses, marked by the rule-backed judges.

A baseline: it measures wording. Pronouns are not resolved, and a fair paraphrase may be called
absent.
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from dikast.agents.citations import cited, coverage, markers, masked
from dikast.agents.claims import ClaimTask, Marked, ballot
from dikast.agents.contract import Brief
from dikast.agents.embedded._facts import numbers
from dikast.agents.embedded._faults import SAME_MATTER, align, faults, states_nothing
from dikast.agents.embedded._reading import Clause, Reading, Sentence, quoting, read
from dikast.agents.embedded._rule_judge import RuleJudge
from dikast.agents.embedded._words import Span, clauses, forms, sentences, words
from dikast.agents.spans import Stretch
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

SPLITTER = "embedded/clauses"
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
_JOINING = re.compile(r"(?:and|but|so|und|aber|et|mais|y|pero)\s+", re.IGNORECASE)
"""What joins a clause to the one before it and belongs to neither; matched at the start."""
_LONG = 60_000
"""Characters of passages above which only their most telling sentences are read."""
_KEPT = 400
"""Most sentences that are kept of long passages, and one more for every fourth word."""


def split_claims(
    text: str, passages: Sequence[str], *, of: str = "answer", most: int = 200
) -> tuple[list[Claim], int]:
    """Split a text into claims by its sentences and clauses.

    Courtesies, refusals, questions and stretches without a word that carries matter claim nothing.
    Citation markers are taken out of a claim and kept beside it.

    Args:
        text: The text.
        passages: Ids of the passages, in the order retrieved.
        of: `answer` or `reference`.
        most: Most claims.

    Returns:
        The claims, and how many more there were.

    Examples:
        >>> found, _ = split_claims("It opened in 1978 [1]. Is that all? I hope this helps!", ["p"])
        >>> [(claim.text, claim.cites) for claim in found]
        [('It opened in 1978.', ('p',))]
    """
    found = markers(text, passages) if of == "answer" else []
    covered, plain = coverage(text, found), masked(text, found)
    claims: list[Claim] = []
    more = 0
    prefix = "claim" if of == "answer" else "reference"
    for span in _stating(plain):
        if len(claims) >= most:
            more += 1
            continue
        cites, unresolved = cited(Stretch(*span), covered)
        said = _without_joint(" ".join(plain[span.start : span.end].split()))
        for mark in ".,;:!?":
            said = said.replace(f" {mark}", mark)
        claims.append(
            Claim.model_validate(
                {
                    "id": f"{prefix}_{len(claims) + 1}",
                    "text": said,
                    "of": of,
                    "start": span.start,
                    "end": span.end,
                    "cites": cites,
                    "unresolved": unresolved,
                }
            )
        )
    return claims, more


def _without_joint(text: str) -> str:
    joint = _JOINING.match(text)
    return text if joint is None else text[joint.end() :]


def _stating(text: str) -> Iterable[Span]:
    """Where the clauses stand that state something."""
    for sentence in sentences(text):
        whole = text[sentence.start : sentence.end]
        said = Clause(whole, 0, 0)
        if whole.rstrip("\"'”’)] ").endswith(("?", "？", "؟")) or states_nothing(said):
            continue
        for span in clauses(text, sentence):
            clause = Clause(text[span.start : span.end], 0, 0)
            if clause.content and not states_nothing(clause):
                yield span


class RuleClaims:
    """A rule-backed judge as a claim judge.

    Its share of merit for the claim alone says whether it is supported. If not, a number, name,
    negation or opposite that stands against the claim's own makes it contradicted; else it is
    absent. What a claim cites is read before the other passages.

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
        cast = []
        for claim in task.claims:
            own = [text for text in texts if text.id in claim.cites]
            vote = None
            if own and len(own) < len(texts):
                vote = await self._vote(task, claim, own, seat, round, briefs.get(claim.id))
            if vote is None or vote.score != 2:
                vote = await self._vote(task, claim, texts, seat, round, briefs.get(claim.id))
            cast.append(vote)
        return Marked(cast, [], [note] if note else [])

    async def _vote(
        self,
        task: ClaimTask,
        claim: Claim,
        texts: Sequence[Context],
        seat: str,
        number: int,
        brief: Brief | None,
    ) -> Ballot:
        docket = task.docket(claim)
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
    enough = LONGER_FROM if len(telling) >= LONGER else SUPPORTED_FROM
    if unit >= enough:
        sentence = best.sentence
        shown = quoting(sentence.text, "context", sentence.context_id) if sentence else ()
        return "supported", shown
    for clause in reading.response.clauses:
        for fault in faults(clause, body, reading):
            if fault.contradicts and fault.sentence is not None and best.share >= SAME_MATTER:
                against = fault.sentence
                return "contradicted", quoting(against.text, "context", against.context_id)
            if fault.kind == "number" and best.sentence and _other_number(clause, best.sentence):
                against = best.sentence
                return "contradicted", quoting(against.text, "context", against.context_id)
    return "absent", ()


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
