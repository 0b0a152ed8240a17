"""Judges of an answer over passages: what of long passages fits is shown, and markers are masked.

What was left out stands on the ballots.
"""

from __future__ import annotations

from collections.abc import Sequence

from dikast.agents.citations import markers, masked
from dikast.agents.contract import Brief, Judge
from dikast.agents.embedded._claims import shortened, told
from dikast.agents.windows import narrowed, room_of
from dikast.types import Ballot, Criterion, Docket, Gateway, JudgeSpec

NARROWED = "narrowed:"
"""Beginning of the flag of a ballot whose judge saw a part of the passages; what follows says
which part."""


class NarrowedJudge:
    """A judge whose docket is cut to its model's window.

    It is shown the pieces of the passages that share most words with question and response. Where
    everything fits, nothing changes.

    Args:
        judge: The judge.
        spec: Its model.
    """

    def __init__(self, judge: Judge, spec: JudgeSpec) -> None:
        self._judge, self._spec = judge, spec

    @property
    def name(self) -> str:
        """The judge's name."""
        return self._judge.name

    async def vote(
        self,
        docket: Docket,
        criteria: Sequence[Criterion],
        *,
        seat: str,
        round: int,  # noqa: A002 - the field's own word
        brief: Brief | None = None,
        gateway: Gateway | None = None,
    ) -> list[Ballot]:
        """Cast ballots; see `dikast.agents.contract.Judge`."""
        case = docket.case
        room, assumed = await room_of(self._spec, gateway, case.contexts)
        near = [case.question or "", *(candidate.text for candidate in docket.shown)]
        shown, origin, note = narrowed(case, room, near)
        votes = await self._judge.vote(
            Docket(case=shown, presentation=docket.presentation),
            criteria,
            seat=seat,
            round=round,
            brief=brief,
            gateway=gateway,
        )
        if not note:
            return votes
        flag = NARROWED + "; ".join(filter(None, [note, assumed]))
        return [_placed(vote, origin, flag) for vote in votes]


class UncitedJudge:
    """A rule-backed judge that is shown responses without citation markers: `[1]` is no figure.

    Of very long passages it is shown the sentences that share most words with the response.

    Args:
        judge: The judge.
    """

    def __init__(self, judge: Judge) -> None:
        self._judge = judge

    @property
    def name(self) -> str:
        """The judge's name."""
        return self._judge.name

    async def vote(
        self,
        docket: Docket,
        criteria: Sequence[Criterion],
        *,
        seat: str,
        round: int,  # noqa: A002 - the field's own word
        brief: Brief | None = None,
        gateway: Gateway | None = None,
    ) -> list[Ballot]:
        """Cast ballots; see `dikast.agents.contract.Judge`."""
        case = docket.case
        ids = [context.id for context in case.contexts]
        plain = tuple(
            candidate.model_copy(
                update={"text": masked(candidate.text, markers(candidate.text, ids))}
            )
            for candidate in case.candidates
        )
        texts, note = shortened(case.contexts, told(case, docket.presentation[0]))
        shown = case.model_copy(update={"candidates": plain, "contexts": texts})
        votes = await self._judge.vote(
            Docket(case=shown, presentation=docket.presentation),
            criteria,
            seat=seat,
            round=round,
            brief=brief,
            gateway=gateway,
        )
        if not note:
            return votes
        flag = NARROWED + note
        return [vote.model_copy(update={"flags": (*vote.flags, flag)}) for vote in votes]


def _placed(vote: Ballot, origin: dict[str, str], flag: str) -> Ballot:
    """The ballot with its evidence in the passages that the pieces belong to."""
    evidence = tuple(
        item.model_copy(update={"context_id": origin.get(item.context_id or "", item.context_id)})
        for item in vote.evidence
    )
    return vote.model_copy(update={"evidence": evidence, "flags": (*vote.flags, flag)})
