"""Claims as things to vote on: what a claim judge is asked, and how its marks become ballots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple, Protocol

from dikast.agents.contract import Brief
from dikast.types import (
    CLAIM_SCALE,
    Abstention,
    Ballot,
    BiasFinding,
    Candidate,
    Case,
    Claim,
    Context,
    Criterion,
    Docket,
    Evidence,
    Gateway,
    Mark,
    Reason,
    Value,
    YesNoScale,
)

ASIDE = "_ref"
"""Ending of the ballots' criterion where a claim is held against the reference."""
PASSAGE = "passage_"
"""Beginning of the ballots' criterion where a passage is judged."""
MOVED = "moved_quote"
"""Flag of a ballot whose quotation stands in another passage than the one it named."""
WINDOWS = "windows:"
"""Flag of a ballot that was merged from so many parts of the passages."""
_SCORES: dict[Mark, float] = {"contradicted": 0.0, "absent": 1.0, "supported": 2.0}

Against = Literal["contexts", "reference"]


class ClaimTask(Value):
    """What a claim judge is asked: some claims, and the texts they are held against."""

    case: Case
    candidate: str
    claims: tuple[Claim, ...]
    against: Against = "contexts"

    @property
    def texts(self) -> tuple[Context, ...]:
        """The texts that the claims are held against."""
        if self.against == "contexts":
            return tuple(captioned(context) for context in self.case.contexts)
        return (Context(id="reference", text=self.case.reference or ""),)

    def criterion(self, claim: Claim) -> str:
        """What ballots on a claim are called."""
        return claim.id + (ASIDE if self.against == "reference" else "")

    def docket(self, claim: Claim) -> Docket:
        """The claim as if it were the whole response, for those who judge or criticise responses.

        Claims keep the answer's candidate id, so that ballots on them have its presentation.
        """
        alone = self.case.model_copy(
            update={
                "candidates": (Candidate(id=self.candidate, text=claim.text),),
                "contexts": self.texts,
                "reference": None,
                "attachments": (),
            }
        )
        return Docket(case=alone, presentation=(self.candidate,))


def captioned(context: Context) -> Context:
    """A passage with the captions of its images as part of its text, so that they can be quoted."""
    captions = ((image.caption or "").strip() for image in context.attachments)
    told = [caption for caption in captions if caption]
    if not told:
        return context
    lines = [context.text, *(f"Image: {caption}" for caption in told)]
    return context.model_copy(update={"text": "\n".join(line for line in lines if line)})


class ClaimJudge(Protocol):
    """Whoever marks claims: a model, rules, or a judge of responses asked claim by claim."""

    @property
    def name(self) -> str:
        """The judge's name."""
        ...

    async def mark(
        self,
        task: ClaimTask,
        *,
        seat: str,
        round: int,  # noqa: A002 - the field's own word
        briefs: Mapping[str, Brief],
        gateway: Gateway | None,
    ) -> Marked:
        """Mark every claim of a task.

        Args:
            task: The claims and what they are held against.
            seat: The seat voted for.
            round: 0 is the private round.
            briefs: In a revision, by claim id: what was raised against the mark.
            gateway: The way to a model; None for judges that need none.

        Returns:
            At least one ballot per claim, abstentions included, never an exception for a failure.
        """
        ...


class Marked(NamedTuple):
    """What a judge made of some claims or passages."""

    ballots: list[Ballot]
    findings: list[BiasFinding]
    notes: list[str]


def claim_criterion(name: str, against: Against = "contexts") -> Criterion:
    """The criterion that ballots on one claim are counted by.

    The claim's words are untrusted and never part of it.
    """
    what = "the passages" if against == "contexts" else "the reference"
    return Criterion(
        id=name,
        question=f"What do {what} say to the statement: the same, the opposite, or nothing?",
        scale=CLAIM_SCALE,
    )


def passage_criterion(name: str) -> Criterion:
    """The criterion that ballots on one passage are counted by."""
    return Criterion(
        id=name, question="Does the passage help to answer the question?", scale=YesNoScale()
    )


def ballot(
    name: str,
    docket_presentation: tuple[str, ...],
    *,
    judge: str,
    seat: str,
    number: int,
    mark: Mark | None = None,
    abstention: Abstention | None = None,
    evidence: Sequence[Evidence] = (),
    **fields: Any,
) -> Ballot:
    """A ballot on a claim: a mark, or an abstention with its reason."""
    return Ballot(
        seat=seat,
        judge=judge,
        criterion=name,
        round=number,
        presentation=docket_presentation,
        score=None if mark is None else _SCORES[mark],
        abstention=abstention,
        evidence=tuple(evidence),
        **fields,
    )


def mark_of(given: Ballot) -> Mark | None:
    """The mark of a ballot; None if it abstained."""
    for mark, score in _SCORES.items():
        if given.score == score:
            return mark
    return None


def abstained(
    task: ClaimTask,
    claims: Sequence[Claim],
    *,
    judge: str,
    seat: str,
    number: int,
    reason: Reason,
    detail: str = "",
) -> list[Ballot]:
    """A ballot without a mark on each claim."""
    return [
        ballot(
            task.criterion(claim),
            (task.candidate,),
            judge=judge,
            seat=seat,
            number=number,
            abstention=Abstention(reason=reason, detail=detail[:300]),
        )
        for claim in claims
    ]


def forged(quote: str, *, seat: str, criterion: str, number: int, where: str) -> BiasFinding:
    """The finding on a quotation that a judge made up."""
    return BiasFinding(
        kind="forged_quote",
        detector="quotes",
        severity="grave",
        source="rationale",
        quote=quote[:300],
        seat=seat,
        criterion=criterion,
        round=number,
        explanation=f"the judge quotes this {where}, and it occurs in none of the passages",
        suggested_check="look at the judge's other quotations",
    )
