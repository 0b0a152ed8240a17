"""Cascade seating: stages from cheap to strong, until one is confident enough to decide.

The confidence of a stage is defined in `dikast.stats.stage_votes`, which replays recorded ballots
by the same definition; a test holds that both give the same.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from dikast.agents.standing import counts
from dikast.agents.tally import Counter, dissents
from dikast.records.identity import seat_digests
from dikast.rules import Vote
from dikast.stats.certainty import SLACK
from dikast.stats.stage_votes import agrees, support
from dikast.types import (
    Ballot,
    CascadeSpec,
    CascadeStage,
    Criterion,
    CriterionVerdict,
    PanelSpec,
    Reason,
    Scale,
    Standing,
    StopReason,
)


class Step(NamedTuple):
    """What one stage came to on one criterion."""

    stage: CascadeStage
    decision: float | None
    """None without a majority of its seats, and for a tied vote."""
    confidence: float | None
    """None without a decision, and where nothing supports it."""
    decides: bool
    """Whether it is confident enough."""


class Climb(NamedTuple):
    """How far one criterion went up the cascade."""

    steps: tuple[Step, ...]
    """Stages that were heard, in order; only the last one may decide."""
    waiting: CascadeStage | None
    """The stage to hear next; None if one decided, and after the last."""


class Ladder:
    """A panel's cascade. Pure.

    Args:
        spec: A panel with `seating = "cascade"`.
        counter: Applies the panel's rule to the votes of a stage.
    """

    def __init__(self, spec: PanelSpec, counter: Counter) -> None:
        assert spec.cascade is not None
        self.spec, self.cascade, self._counter = spec, spec.cascade, counter

    def climb(
        self, criterion: Criterion, ballots: Sequence[Ballot], standing: Sequence[Standing]
    ) -> Climb:
        """Walk up the stages as far as ballots are in.

        Args:
            criterion: The criterion.
            ballots: All ballots so far.
            standing: What stands after them.
        """
        own = [ballot for ballot in ballots if ballot.criterion == criterion.id and counts(ballot)]
        held = {vote.seat: vote for vote in standing if vote.criterion == criterion.id}
        steps: list[Step] = []
        for stage in self.cascade.live(criterion.id):
            if not set(stage.seats) <= held.keys():
                return Climb(tuple(steps), stage)
            step = self._step(stage, criterion, own, [held[seat] for seat in stage.seats])
            steps.append(step)
            if step.decides:
                break
        return Climb(tuple(steps), None)

    def _step(
        self,
        stage: CascadeStage,
        criterion: Criterion,
        ballots: Sequence[Ballot],
        held: Sequence[Standing],
    ) -> Step:
        decision = self._decision(held, criterion.scale)
        confidence = None
        if decision is not None:
            confidence = self._confidence(held, ballots, decision, criterion.scale)
        at = stage.threshold(criterion.id).at
        decides = confidence is not None and at is not None and confidence >= at - SLACK
        return Step(stage, decision, confidence, decides)

    def _decision(self, held: Sequence[Standing], scale: Scale) -> float | None:
        """The rule's decision; None unless more than half of the seats voted."""
        votes = [Vote(vote.score, vote.weight) for vote in held if vote.score is not None]
        if 2 * len(votes) <= len(held):
            return None
        return self._counter.decide(votes, scale).score

    def _confidence(
        self, held: Sequence[Standing], ballots: Sequence[Ballot], decision: float, scale: Scale
    ) -> float | None:
        shares = []
        for vote in held:
            own = [b for b in ballots if b.seat == vote.seat and b.round == vote.round]
            shares.append(vote.weight * self._support(vote, own, decision, scale))
        total = math.fsum(shares)
        return min(total / math.fsum(vote.weight for vote in held), 1.0) if total > 0 else None

    def _support(
        self, vote: Standing, own: Sequence[Ballot], decision: float, scale: Scale
    ) -> float:
        """How far one seat supports the decision, 0 to 1."""
        # A reserve is another judge than the one that was calibrated.
        stranger = any(ballot.judge != vote.seat for ballot in own)
        if vote.score is None or vote.consistent is False or stranger:
            return 0.0
        source, tolerance = self.cascade.confidence, self.cascade.tolerance
        if source == "panel":
            return float(agrees(vote.score, decision, scale, tolerance))
        cast = [(ballot.score, ballot.stated_confidence) for ballot in own]
        return support(cast, decision, scale, source=source, tolerance=tolerance)

    # -- the verdict --------------------------------------------------------------------------

    def verdict(
        self,
        criterion: Criterion,
        ballots: Sequence[Ballot],
        standing: Sequence[Standing],
        *,
        contested: bool = False,
        stop: StopReason = StopReason.UNCONTESTED,
        rounds: int = 0,
    ) -> CriterionVerdict:
        """Decide one criterion by the first stage that is confident enough."""
        held = [vote for vote in standing if vote.criterion == criterion.id]
        climb = self.climb(criterion, ballots, standing)
        last = climb.steps[-1] if climb.steps else None
        seats = set(last.stage.seats) if last else set()
        tally = self._counter.count([vote for vote in held if vote.seat in seats], criterion)
        decided = last is not None and last.decides
        aim = last.decision if last is not None else None
        reason = None if decided else self._reason(climb, held)
        first = climb.steps[0].decision if climb.steps else None
        return CriterionVerdict(
            criterion=criterion.id,
            score=aim if decided else None,
            shown=criterion.scale.show(aim) if decided and aim is not None else "",
            reason=reason,
            detail=self._detail(criterion, climb, held, reason, rounds),
            confidence=last.confidence if last else None,
            agreement=tally.agreement,
            consistent=tally.consistent,
            votes=tally.votes,
            abstentions=len(seats) - tally.votes,
            first_score=first,
            contested=contested,
            rounds=rounds,
            stop=StopReason.DEADLINE if climb.waiting is not None else stop,
            decided_by=last.stage.name if decided and last else "panel",
            # as votes agreed where the thresholds were found
            dissents=dissents(
                criterion,
                held,
                aim if decided else None,
                self.cascade.tolerance,
                alike=agrees,
            ),
        )

    def _reason(self, climb: Climb, held: Sequence[Standing]) -> Reason:
        """Why nothing was decided: nobody voted, or nobody was sure."""
        # A judge whose samples are split said something: that it is not sure.
        silent = bool(climb.steps) and all(
            vote.abstention is not None and vote.abstention.reason is not Reason.SAMPLES_SPLIT
            for vote in held
        )
        return Reason.NO_QUORUM if silent else Reason.LOW_CONFIDENCE

    def _detail(
        self,
        criterion: Criterion,
        climb: Climb,
        held: Sequence[Standing],
        reason: Reason | None,
        rounds: int,
    ) -> str:
        """Stages heard with confidence and threshold, in words."""
        heard = "; ".join(_told(step, criterion.id) for step in climb.steps)
        if reason is None:
            again = "; heard again, which the thresholds do not cover" if rounds else ""
            return heard + again
        if reason is Reason.NO_QUORUM:
            return "no stage cast a vote; " + ", ".join(
                f"{vote.seat}: {vote.abstention.reason}" for vote in held if vote.abstention
            )
        if not climb.steps:
            why = "; ".join(
                f"{stage.name}: {stage.threshold(criterion.id).abstain_always or 'not asked'}"
                for stage in self.cascade.stages
            )
            return f"no stage may decide ({why})"
        leaning = climb.steps[-1].decision
        parts = [f"no stage was confident enough ({heard})"]
        if leaning is not None:
            parts.append(f"leaning to {criterion.scale.show(leaning)}")
        if climb.waiting is not None:
            parts.append(f"the case's time was over before {climb.waiting.name} was asked")
        return "; ".join(parts)

    def notes(self, prompts: Mapping[str, str]) -> tuple[str, ...]:
        """What the decisions promise, and what has changed since the calibration.

        Args:
            prompts: Content digests of the prompts used, by name.
        """
        found = [f"cascade: {self.cascade.promise()}"]
        found += [f"cascade: {words}" for words in drift(self.spec, prompts)]
        return tuple(found)


def drift(spec: PanelSpec, prompts: Mapping[str, str]) -> list[str]:
    """What differs from the calibration of a panel's cascade, in words; each voids its promise.

    Args:
        spec: A panel.
        prompts: Content digests of prompts, by name; those the cascade does not know are no
            drift.
    """
    cascade = spec.cascade
    if cascade is None or not cascade.labelled:
        return []
    found = [*_changed_prompts(cascade, prompts), *_changed_judges(cascade, seat_digests(spec))]
    if cascade.rubric not in ("", spec.rubric.digest):
        found.append("the rubric changed")
    return [f"{what} since the calibration; its promise no longer holds" for what in found]


def _changed_prompts(cascade: CascadeSpec, prompts: Mapping[str, str]) -> Iterable[str]:
    for name, digest in sorted(cascade.prompts.items()):
        if prompts.get(name, digest) != digest:
            yield f"prompt `{name}` changed"


def _changed_judges(cascade: CascadeSpec, digests: Mapping[str, str]) -> Iterable[str]:
    for then in cascade.judges:
        if then.seat in cascade.seats and digests.get(then.seat) != then.digest:
            yield f"judge `{then.seat}` (then `{then.model}`) changed"


def _told(step: Step, criterion: str) -> str:
    at = step.stage.threshold(criterion).at
    if step.decision is None:
        return f"{step.stage.name}: no decision"
    if step.confidence is None:
        return f"{step.stage.name}: no confidence"
    sign = "≥" if step.decides else "<"
    return f"{step.stage.name}: confidence {step.confidence:.3g} {sign} {at:.3g}"
