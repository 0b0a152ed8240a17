"""Who marks claims for each seat, in time; a reserve stands in where the seat's judge fails."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any, cast

from dikast.agents.claim_judge import ModelClaimJudge
from dikast.agents.claim_votes import VotedClaims
from dikast.agents.claims import ClaimJudge, ClaimTask, Marked, abstained
from dikast.agents.contract import Judge
from dikast.agents.embedded._claims import RuleClaims
from dikast.agents.embedded._remit import REMIT
from dikast.agents.embedded._rule_judge import RuleJudge
from dikast.agents.passage_judge import ModelPassageJudge, rule_passages
from dikast.errors import ConfigError
from dikast.graphs.hearing import failed
from dikast.graphs.rag_state import Marking
from dikast.registry import load
from dikast.types import REPLACED, Case, Docket, Gateway, JudgeSpec, PanelSpec, RagOptions, Reason
from dikast.types.observing import UNWATCHED, observer

_BY_RULE = "overlap"
"""The rule-backed judge that also judges passages: the others would only repeat its vote."""


class ClaimBench:
    """The claim judges of a panel by name, reserves included.

    Rule-backed judges that do not speak to groundedness mark no claims.

    Args:
        spec: The panel.
        options: How claims are asked about.
        judges: Judges by name that take the place of those described; one with a method `mark`
            marks claims its own way, any other is asked claim by claim.

    Raises:
        ConfigError: No seat can mark claims.
    """

    def __init__(
        self, spec: PanelSpec, options: RagOptions, judges: Mapping[str, Judge] | None = None
    ) -> None:
        given = judges or {}
        self.spec = spec
        described = (*spec.judges, *spec.reserves)
        found = {j.name: _claim_judge(j, spec, options, given.get(j.name)) for j in described}
        self.markers = {name: judge for name, judge in found.items() if judge is not None}
        self.seats = [judge.name for judge in spec.judges if judge.name in self.markers]
        if not self.seats:
            raise ConfigError(
                f"no judge of panel `{spec.name}` can mark claims.",
                hint="Seat a model, or a rule-backed judge such as `embedded/overlap`.",
            )
        self._passages = {
            judge.name: ModelPassageJudge(judge, spec.protocol)
            for judge in described
            if judge.embedded is None and judge.name not in given
        }
        self._by_rule = {judge.name for judge in described if judge.embedded == _BY_RULE}
        self._reserves = {judge.name: judge.reserve for judge in spec.judges}

    def sees_passages(self, seat: str) -> bool:
        """Whether this seat can say of a passage whether it helps."""
        return seat in self._passages or seat in self._by_rule

    async def hear(
        self,
        case: Case,
        candidate: str,
        marking: Marking,
        *,
        deadline: float,
        gateway: Gateway | None,
    ) -> Marked:
        """Everything one seat says in one round; failures are abstentions, never exceptions."""
        parts = [
            await self._mark(marking, task, marking.judge, deadline, gateway)
            for task in marking.tasks
        ]
        if marking.passages:
            parts.append(await self._judge_passages(case, candidate, marking, deadline, gateway))
        ballots = [ballot for part in parts for ballot in part.ballots]
        return Marked(
            ballots,
            [finding for part in parts for finding in part.findings],
            list(dict.fromkeys(note for part in parts for note in part.notes)),
        )

    async def _mark(
        self,
        marking: Marking,
        task: ClaimTask,
        judge: str,
        deadline: float,
        gateway: Gateway | None,
    ) -> Marked:
        """A task's marks; where the judge failed on a claim, its reserve's under its own name."""
        said = await self._ask(marking, task, judge, deadline, gateway)
        reserve, missing = self._reserves.get(marking.seat), set(failed(said.ballots))
        if marking.round > 0 or reserve is None or reserve not in self.markers or not missing:
            return said
        again = task.model_copy(
            update={"claims": tuple(c for c in task.claims if task.criterion(c) in missing)}
        )
        more = await self._ask(marking, again, reserve, deadline, gateway)
        helped = {b.criterion for b in more.ballots} - set(failed(more.ballots))
        kept = [
            b.model_copy(update={"flags": (*b.flags, f"{REPLACED}{reserve}")})
            if b.criterion in helped
            else b
            for b in said.ballots
        ]
        stand_in = [b for b in more.ballots if b.criterion in helped]
        return Marked(kept + stand_in, said.findings + more.findings, said.notes + more.notes)

    async def _ask(
        self,
        marking: Marking,
        task: ClaimTask,
        judge: str,
        deadline: float,
        gateway: Gateway | None,
    ) -> Marked:
        watching = observer()
        with (
            UNWATCHED
            if watching is None
            else watching.vote(
                Docket(case=task.case, presentation=(task.candidate,)),
                [task.criterion(claim) for claim in task.claims],
                seat=marking.seat,
                judge=judge,
                number=marking.round,
            )
        ) as done:
            said = await self._said(marking, task, judge, deadline, gateway)
            done(said.ballots)
        return said

    async def _said(
        self,
        marking: Marking,
        task: ClaimTask,
        judge: str,
        deadline: float,
        gateway: Gateway | None,
    ) -> Marked:
        marker = self.markers[judge]
        briefs = {
            claim.id: marking.briefs[task.criterion(claim)]
            for claim in task.claims
            if task.criterion(claim) in marking.briefs
        }
        try:
            async with asyncio.timeout(max(deadline - time.monotonic(), 0.0)):
                said = await marker.mark(
                    task, seat=marking.seat, round=marking.round, briefs=briefs, gateway=gateway
                )
        except TimeoutError:
            said, reason, detail = Marked([], [], []), Reason.DEADLINE, "the case's time was over"
        except Exception as error:
            said, reason = Marked([], [], []), Reason.BUG
            detail = f"{type(error).__name__}: {error}"
        else:
            reason, detail = Reason.MISSING_CRITERION, "the judge said nothing of it"
        names = {task.criterion(claim) for claim in task.claims}
        place = {
            "seat": marking.seat,
            "round": marking.round,
            "presentation": (task.candidate,),
        }
        valid = [b.model_copy(update=place) for b in said.ballots if b.criterion in names]
        told = {b.criterion for b in valid}
        left = [claim for claim in task.claims if task.criterion(claim) not in told]
        lost = abstained(
            task,
            left,
            judge=marker.name,
            seat=marking.seat,
            number=marking.round,
            reason=reason,
            detail=detail,
        )
        return Marked(valid + lost, said.findings, said.notes)

    async def _judge_passages(
        self,
        case: Case,
        candidate: str,
        marking: Marking,
        deadline: float,
        gateway: Gateway | None,
    ) -> Marked:
        if marking.seat in self._by_rule:
            votes = rule_passages(case, candidate, judge=marking.judge, seat=marking.seat)
            return Marked(votes, [], [])
        try:
            async with asyncio.timeout(max(deadline - time.monotonic(), 0.0)):
                return await self._passages[marking.seat].judge(
                    case, candidate, seat=marking.seat, gateway=gateway
                )
        except TimeoutError:
            return Marked([], [], [f"{marking.seat} had no time to judge the passages"])
        except Exception as error:
            why = f"{type(error).__name__}: {error}"[:300]
            return Marked([], [], [f"{marking.seat} could not judge the passages: {why}"])


def _claim_judge(
    spec: JudgeSpec, panel: PanelSpec, options: RagOptions, own: Judge | None
) -> ClaimJudge | None:
    if own is not None:
        marks: Any = own
        return cast("ClaimJudge", own) if hasattr(marks, "mark") else VotedClaims(own)
    if spec.embedded is None:
        return ModelClaimJudge(spec, panel.protocol, options)
    if "groundedness" not in REMIT.get(spec.embedded, ()):
        return None
    judge = load("embedded", spec.embedded)(spec.name)
    return RuleClaims(judge) if isinstance(judge, RuleJudge) else VotedClaims(judge)
