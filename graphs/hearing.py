"""One seat's hearing: its judge is asked, in time; a reserve stands in if the judge fails."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence

from dikast.agents.aggregator import OWN_CHOICE
from dikast.agents.contract import Brief, Judge
from dikast.graphs.course import Presentation, jobs
from dikast.graphs.state import Summons
from dikast.types import (
    REPLACED,
    Abstention,
    Ballot,
    Case,
    Criterion,
    Critique,
    Docket,
    Gateway,
    PanelSpec,
    Reason,
)
from dikast.types.observing import UNWATCHED, observer

NOT_FAILURES = OWN_CHOICE | {Reason.BUDGET, Reason.DEADLINE, Reason.CANCELLED}
"""Abstentions for which no reserve is called: the judge's own choice, or the run's end."""


def abstain(
    judge: str,
    docket: Docket,
    criteria: Sequence[Criterion],
    *,
    seat: str,
    number: int,
    reason: Reason,
    detail: str = "",
) -> list[Ballot]:
    """A ballot without a value on each criterion."""
    return [
        Ballot(
            seat=seat,
            judge=judge,
            criterion=criterion.id,
            round=number,
            presentation=docket.presentation,
            abstention=Abstention(reason=reason, detail=detail),
        )
        for criterion in criteria
    ]


async def ask(
    judge: Judge,
    docket: Docket,
    criteria: tuple[Criterion, ...],
    *,
    seat: str,
    number: int,
    deadline: float,
    brief: Brief | None,
    gateway: Gateway | None,
) -> list[Ballot]:
    """Ask a judge once and wait no longer than the case may take.

    Whatever the judge does, there is a ballot per criterion: time that runs out abstains as
    `deadline`, an error of the judge's code as `bug`, a criterion it passed over as
    `missing_criterion`. Ballots on other criteria or in another's name are set right or dropped.
    """
    watching = observer()
    ids = [criterion.id for criterion in criteria]
    with (
        UNWATCHED
        if watching is None
        else watching.vote(docket, ids, seat=seat, judge=judge.name, number=number)
    ) as done:
        ballots = await _ask(
            judge,
            docket,
            criteria,
            seat=seat,
            number=number,
            deadline=deadline,
            brief=brief,
            gateway=gateway,
        )
        done(ballots)
    return ballots


async def _ask(
    judge: Judge,
    docket: Docket,
    criteria: tuple[Criterion, ...],
    *,
    seat: str,
    number: int,
    deadline: float,
    brief: Brief | None,
    gateway: Gateway | None,
) -> list[Ballot]:
    try:
        async with asyncio.timeout(max(deadline - time.monotonic(), 0.0)):
            cast = await judge.vote(
                docket, criteria, seat=seat, round=number, brief=brief, gateway=gateway
            )
    except TimeoutError:
        reason, detail, cast = Reason.DEADLINE, "the case's time was over", []
    except Exception as error:
        reason, detail, cast = Reason.BUG, f"{type(error).__name__}: {error}"[:300], []
    else:
        reason, detail = Reason.MISSING_CRITERION, "the judge cast no ballot on it"
    ids = {criterion.id for criterion in criteria}
    place = {"seat": seat, "round": number, "presentation": docket.presentation}
    valid = [b.model_copy(update=place) for b in cast if b.criterion in ids]
    left = [c for c in criteria if c.id not in {b.criterion for b in valid}]
    return valid + abstain(
        judge.name, docket, left, seat=seat, number=number, reason=reason, detail=detail
    )


def silent(critic: str, criterion: str, number: int, why: str) -> Critique:
    """The critique of a critic that failed."""
    return Critique(critic=critic, criterion=criterion, round=number, failure=why)


def failed(ballots: Sequence[Ballot]) -> list[str]:
    """Criteria on which a judge failed in some order and sample, without a choice of its own."""
    return sorted(
        {
            b.criterion
            for b in ballots
            if b.abstention is not None and b.abstention.reason not in NOT_FAILURES
        }
    )


class Bench:
    """The judges of a panel by name, reserves included.

    Args:
        spec: The panel.
        judges: Judges by name; every seat and reserve must be among them.
    """

    def __init__(self, spec: PanelSpec, judges: Mapping[str, Judge]) -> None:
        self.spec = spec
        self.judges = judges
        self._reserves = {judge.name: judge.reserve for judge in spec.judges}

    async def hear(
        self,
        case: Case,
        candidates: Presentation,
        summons: Summons,
        *,
        deadline: float,
        gateway: Gateway | None,
    ) -> list[Ballot]:
        """Everything one seat says in one round.

        Where the seat's judge failed on a criterion in the private round, its reserve votes on it
        in all orders, under its own name; the failed ballots stay in the record, marked.
        """
        ballots = await self._ask_all(
            case, candidates, summons, summons.judge, deadline=deadline, gateway=gateway
        )
        reserve = self._reserves.get(summons.seat)
        missing = failed(ballots)
        if summons.round > 0 or reserve is None or not missing:
            return ballots
        again = summons.model_copy(update={"criteria": tuple(missing)})
        stand_in = await self._ask_all(
            case, candidates, again, reserve, deadline=deadline, gateway=gateway
        )
        helped = {b.criterion for b in stand_in} - set(failed(stand_in))
        mark = REPLACED + reserve
        kept = [
            b.model_copy(update={"flags": (*b.flags, mark)}) if b.criterion in helped else b
            for b in ballots
        ]
        return kept + [b for b in stand_in if b.criterion in helped]

    async def _ask_all(
        self,
        case: Case,
        candidates: Presentation,
        summons: Summons,
        judge: str,
        *,
        deadline: float,
        gateway: Gateway | None,
    ) -> list[Ballot]:
        todo = jobs(self.spec, candidates, summons.criteria)
        briefs: Sequence[Brief | None] = summons.briefs or [None] * len(todo)
        parts = await asyncio.gather(
            *(
                ask(
                    self.judges[judge],
                    Docket(case=case, presentation=presentation),
                    criteria,
                    seat=summons.seat,
                    number=summons.round,
                    deadline=deadline,
                    brief=brief,
                    gateway=gateway,
                )
                for (presentation, criteria), brief in zip(todo, briefs, strict=True)
            )
        )
        return [ballot for part in parts for ballot in part]
