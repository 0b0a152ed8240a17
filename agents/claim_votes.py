"""Any judge of responses as a claim judge: each claim is shown to it as a response of its own."""

from __future__ import annotations

from collections.abc import Mapping

from dikast.agents.asking import all_of
from dikast.agents.claims import ClaimTask, Marked, ballot, claim_criterion
from dikast.agents.contract import Brief, Judge
from dikast.types import Abstention, Ballot, Claim, Criterion, Evidence, Gateway, Reason


class VotedClaims:
    """A judge that votes on responses, asked claim by claim.

    It serves a user's own judge, which knows nothing of claims. A mark that says what a passage
    holds needs a quotation from a passage; without one the judge abstains on the claim.

    Args:
        judge: The judge.
    """

    def __init__(self, judge: Judge) -> None:
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
        cast = await all_of(
            self._one(task, claim, seat, round, briefs.get(claim.id), gateway)
            for claim in task.claims
        )
        return Marked([one for part in cast for one in part], [], [])

    async def _one(
        self,
        task: ClaimTask,
        claim: Claim,
        seat: str,
        number: int,
        brief: Brief | None,
        gateway: Gateway | None,
    ) -> list[Ballot]:
        criterion = claim_criterion(task.criterion(claim), task.against)
        votes = await self._judge.vote(
            task.docket(claim), [criterion], seat=seat, round=number, brief=brief, gateway=gateway
        )
        return [_checked(vote, criterion) for vote in votes]


def _checked(vote: Ballot, criterion: Criterion) -> Ballot:
    """The ballot with evidence from passages only; an abstention where a mark lacks it."""
    shown = [e for e in vote.evidence if e.source == "context"]
    told: tuple[Evidence, ...] = tuple(shown)
    absent = criterion.scale.accept("absent")
    if vote.score is None or vote.score == absent or told:
        return vote.model_copy(update={"evidence": told})
    why = Abstention(reason=Reason.NO_EVIDENCE, detail="the mark came without a quotation")
    return ballot(
        vote.criterion,
        vote.presentation,
        judge=vote.judge,
        seat=vote.seat,
        number=vote.round,
        abstention=why,
        sample=vote.sample,
        rationale=vote.rationale,
        model=vote.model,
        call=vote.call,
        raw=vote.raw,
    )
