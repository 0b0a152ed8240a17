"""The aggregator: standing votes to a verdict, with confidence, flips and minority report."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from dikast.agents.calibrated import Belief, believed, fitted_by_criterion, interval
from dikast.agents.cascade import Ladder
from dikast.agents.gates import PASSED_OVER, barred, ended_at, matters, reach, reopened
from dikast.agents.standing import counts, standings
from dikast.agents.tally import Counter, Tally, dissents
from dikast.rules import Decision
from dikast.types import (
    Ballot,
    Criterion,
    CriterionVerdict,
    Direction,
    Docket,
    Flip,
    PanelSpec,
    Reason,
    Standing,
    Status,
    StopReason,
    Transcript,
    Usage,
    Verdict,
)

OWN_CHOICE = frozenset({Reason.NOT_APPLICABLE, Reason.NO_EVIDENCE, Reason.SAMPLES_SPLIT})
"""Abstentions that are a judge's own answer; all other reasons are failures."""


class Course(NamedTuple):
    """How deliberation on one criterion went."""

    contested: bool = False
    stop: StopReason = StopReason.UNCONTESTED
    rounds: int = 0


class Aggregator:
    """Turns ballots into a verdict. Pure: no I/O, no clock, no chance.

    Args:
        spec: The panel.
        orders: 1 for direct assessment, 2 for a pair.
    """

    def __init__(self, spec: PanelSpec, *, orders: int = 1) -> None:
        self.spec = spec
        self.orders = orders
        self.counter = Counter(spec)
        self.weights = {judge.name: judge.weight for judge in spec.judges}
        cascaded = spec.protocol.seating == "cascade"
        self.ladder = Ladder(spec, self.counter) if cascaded else None
        """The panel's cascade; None under other seating."""
        self.fitted = fitted_by_criterion(spec)
        """What a calibration says, by criterion; empty without one."""

    def weight(self, seat: str, criterion: str) -> float:
        """A seat's weight on a criterion: the fitted one, else the panel's own."""
        one = self.fitted.get(criterion)
        return one.weights.get(seat, 0.0) if one and one.weights else self.weights[seat]

    def standings(self, ballots: Sequence[Ballot], *, upto: int | None = None) -> list[Standing]:
        """Standing votes of the panel's seats, of `upto`'s round and before."""
        own = [ballot for ballot in ballots if ballot.seat in self.weights]
        found = standings(
            own,
            self.spec.rubric.criteria,
            weights=self.weights,
            protocol=self.spec.protocol,
            orders=self.orders,
            upto=upto,
        )
        if not self.fitted:
            return found
        return [
            vote.model_copy(update={"weight": self.weight(vote.seat, vote.criterion)})
            for vote in found
        ]

    def count(self, standing: Sequence[Standing], criterion: Criterion) -> Tally:
        """Count the votes on one criterion."""
        return self.counter.count([v for v in standing if v.criterion == criterion.id], criterion)

    def flips(self, ballots: Sequence[Ballot]) -> tuple[Flip, ...]:
        """Every changed vote, round by round, with its direction against the decision before."""
        last = max((ballot.round for ballot in ballots), default=0)
        found: list[Flip] = []
        for number in range(1, last + 1):
            before = self.standings(ballots, upto=number - 1)
            after = {(v.seat, v.criterion): v for v in self.standings(ballots, upto=number)}
            for criterion in self.spec.rubric.criteria:
                aim = self.count(before, criterion).decision.score
                for vote in (v for v in before if v.criterion == criterion.id):
                    now = after[vote.seat, vote.criterion]
                    if vote.score is None or now.score is None or now.score == vote.score:
                        continue
                    found.append(
                        Flip(
                            seat=vote.seat,
                            criterion=criterion.id,
                            round=number,
                            before=vote.score,
                            after=now.score,
                            direction=_direction(vote.score, now.score, aim),
                            grounds=_grounds(ballots, vote.seat, criterion.id, number),
                        )
                    )
        return tuple(found)

    def criterion_verdict(
        self,
        criterion: Criterion,
        standing: Sequence[Standing],
        private: Sequence[Standing],
        course: Course,
        *,
        made: Decision | None = None,
        confidence: float | None = None,
    ) -> CriterionVerdict:
        """Decide one criterion from what stands on it at the end and stood after round 0.

        Args:
            criterion: The criterion.
            standing: What stands at the end.
            private: What stood after round 0.
            course: How deliberation went.
            made: A decision that a fitted rule made of the same votes, in place of the panel's
                rule; the quorum still holds.
            confidence: Its confidence.
        """
        standing = [vote for vote in standing if vote.criterion == criterion.id]
        tally = self.counter.count(standing, criterion)
        first = self.count(private, criterion) if course.rounds else tally
        if made is not None:
            tally = tally._replace(decision=made, confidence=confidence)
        belief = believed(self.fitted.get(criterion.id), tally)
        score, reason, detail = self._outcome(criterion, standing, tally, belief)
        return CriterionVerdict(
            criterion=criterion.id,
            score=score,
            shown="" if score is None else criterion.scale.show(score),
            reason=reason,
            detail=detail,
            confidence=belief.confidence,
            calibrated=belief.calibrated,
            interval=None if score is None else interval(self.fitted.get(criterion.id), score),
            agreement=tally.agreement,
            consistent=tally.consistent,
            votes=tally.votes,
            abstentions=len(standing) - tally.votes,
            first_score=first.decision.score if first.quorum else None,
            contested=course.contested,
            rounds=course.rounds,
            stop=course.stop,
            dissents=dissents(
                criterion, standing, tally.decision.score, self.spec.protocol.tolerance
            ),
        )

    def decisions(
        self,
        standing: Sequence[Standing],
        private: Sequence[Standing],
        courses: Mapping[str, Course],
        given: Mapping[str, CriterionVerdict] | None = None,
        *,
        ballots: Sequence[Ballot] = (),
    ) -> dict[str, CriterionVerdict]:
        """Decide every criterion in the rubric's order; what gates or conditions bar is not judged.

        Args:
            standing: What stands at the end.
            private: What stood after round 0.
            courses: How deliberation on each criterion went, by id.
            given: Decisions that were not voted on, by criterion id.
            ballots: All ballots; a cascade looks at each sample.
        """
        known: dict[str, CriterionVerdict] = {}
        for criterion in self.spec.rubric.criteria:
            found = reach(criterion, self.spec.rubric, known)
            if found.state == "barred":
                decision = barred(criterion, found.why)
            elif given and criterion.id in given:
                decision = given[criterion.id]
            else:
                course = courses.get(criterion.id, Course())
                decision = self._decided(criterion, ballots, standing, private, course)
            known[criterion.id] = decision
        return known

    def _outcome(
        self, criterion: Criterion, standing: Sequence[Standing], tally: Tally, belief: Belief
    ) -> tuple[float | None, Reason | None, str]:
        """Score, or the reason why there is none, with a detail for a person."""
        protocol = self.spec.protocol
        if not tally.quorum:
            silent = ", ".join(_why_silent(v) for v in standing if v.abstention is not None)
            detail = f"{tally.votes} of {self.spec.quorum_needed} votes needed"
            return None, Reason.NO_QUORUM, detail + (f"; {silent}" if silent else "")
        if tally.decision.score is None:
            if belief.weightless:
                return None, Reason.NO_QUORUM, "no vote cast has weight under the calibration"
            tied = " and ".join(criterion.scale.show(score) for score in tally.decision.tied)
            return None, Reason.TIE, f"the vote is tied between {tied}" if tied else "no decision"
        shown = criterion.scale.show(tally.decision.score)
        low = belief.confidence is None or belief.confidence < protocol.low_confidence
        if low and protocol.on_low_confidence != "keep":
            return None, Reason.LOW_CONFIDENCE, f"leaning to {shown} {belief.told}"
        return tally.decision.score, None, ""

    def verdict(
        self,
        docket: Docket,
        transcript: Transcript,
        courses: Mapping[str, Course],
        *,
        given: Mapping[str, CriterionVerdict] | None = None,
        usage: Usage | None = None,
        prompts: Mapping[str, str] | None = None,
    ) -> Verdict:
        """The panel's verdict on a case.

        Args:
            docket: The case and its candidates in canonical order.
            transcript: All that was said; its ballots decide, its standings and flips are filled
                in here.
            courses: How deliberation on each criterion went, by id.
            given: Decisions that were not voted on, by criterion id.
            usage: What it cost.
            prompts: Content digests of the prompts used, by name.
        """
        ballots = transcript.ballots
        standing = self.standings(ballots)
        last = max((ballot.round for ballot in ballots), default=0)
        private = self.standings(ballots, upto=0) if last else standing
        decisions = tuple(
            self.decisions(standing, private, courses, given, ballots=ballots).values()
        )
        spec = self.spec
        full = transcript.model_copy(
            update={
                "standings": tuple(standing),
                "flips": self.flips(ballots),
                "notes": self._notes(transcript.notes, prompts or {}),
            }
        )
        return conclude(
            Verdict(
                case_id=docket.case.id,
                candidates=docket.canonical,
                panel=spec.name,
                status="failed",
                reason=Reason.NO_QUORUM,
                criteria=decisions,
                missing=_missing(spec, full.standings),
                transcript=full,
                usage=usage or Usage(),
                rubric=spec.rubric.digest,
                prompts=dict(prompts or {}),
                baseline=any(judge.embedded for judge in (*spec.judges, *spec.reserves)),
            ),
            spec,
        )

    def _decided(
        self,
        criterion: Criterion,
        ballots: Sequence[Ballot],
        standing: Sequence[Standing],
        private: Sequence[Standing],
        course: Course,
    ) -> CriterionVerdict:
        """Decide one criterion by the votes of all, or by a stage of the cascade."""
        if self.ladder is None:
            return self.criterion_verdict(criterion, standing, private, course)
        return self.ladder.verdict(
            criterion,
            [ballot for ballot in ballots if ballot.seat in self.weights],
            standing,
            contested=course.contested,
            stop=course.stop,
            rounds=course.rounds,
        )

    def _notes(self, notes: tuple[str, ...], prompts: Mapping[str, str]) -> tuple[str, ...]:
        """The notes of the hearing, and what a cascade promises."""
        if self.ladder is None:
            return notes
        return (*notes, *(n for n in self.ladder.notes(prompts) if n not in notes))


def conclude(verdict: Verdict, spec: PanelSpec) -> Verdict:
    """Fill in what follows from the criteria: status, reason, score and confidence.

    The overall score exists only if every criterion that was reached has one; no criterion is
    averaged away.
    """
    status, reason, detail = _status(verdict.criteria, verdict.transcript.standings, spec)
    confidences = [
        d.confidence
        for d in verdict.criteria
        if d.reason not in PASSED_OVER and matters(spec.rubric.criterion(d.criterion), spec.rubric)
    ]
    known = [c for c in confidences if c is not None]
    reached = [d for d in verdict.criteria if d.reason not in PASSED_OVER]
    fields = {
        "status": status,
        "reason": reason,
        "detail": detail,
        "score": overall(verdict.criteria, spec) if status == "decided" else None,
        "decided_at": ended_at(spec.rubric, verdict.criteria) if status == "decided" else None,
        "confidence": min(known) if known and len(known) == len(confidences) else None,
        "calibrated": bool(reached) and all(d.calibrated for d in reached),
    }
    return Verdict.model_validate({**dict(verdict), **fields})


def overall(decisions: Sequence[CriterionVerdict], spec: PanelSpec) -> float | None:
    """Weighted mean of the criteria: 0 to 1, or −1 to 1 on preferences; None if one is open.

    Criteria that were passed over are left out. Nothing is averaged across a gate: a failed one
    gives 0 whatever else is good, passed ones count for nothing beside what they let through (1
    where nothing else counts), and of preferences the first gate that is no tie decides alone.
    """
    rubric = spec.rubric
    reached = [
        decision
        for decision in decisions
        if decision.reason not in PASSED_OVER
        and (decision.score is not None or matters(rubric.criterion(decision.criterion), rubric))
    ]
    if not reached or any(decision.score is None for decision in reached):
        return None
    end = ended_at(spec.rubric, reached)
    chooses = spec.rubric.criteria[0].scale.kind == "preference"
    if end is not None:
        if not chooses:
            return 0.0
        reached = [decision for decision in reached if decision.criterion == end]
    parts: list[tuple[float, float]] = []
    for decision in reached:
        criterion = spec.rubric.criterion(decision.criterion)
        if decision.score is None or (criterion.gate and end is None):
            continue
        unit = criterion.scale.unit(decision.score)
        parts.append((criterion.weight, 2 * unit - 1 if chooses else unit))
    mass = math.fsum(weight for weight, _ in parts)
    if mass > 0:
        return math.fsum(weight * unit for weight, unit in parts) / mass
    if end is not None and parts:  # a gate decides even if it has no weight beside others
        return parts[0][1]
    gates = any(spec.rubric.criterion(decision.criterion).gate for decision in reached)
    return (0.0 if chooses else 1.0) if gates else None


def _status(
    decisions: Sequence[CriterionVerdict], standing: Sequence[Standing], spec: PanelSpec
) -> tuple[Status, Reason | None, str]:
    """Decided only if all that was reached is; failed if failures (not choices) cost a quorum."""
    unheard = set(reopened(spec.rubric, decisions))
    open_ones = [
        decision
        for decision in decisions
        if (
            decision.reason not in {None, *PASSED_OVER}
            and matters(spec.rubric.criterion(decision.criterion), spec.rubric)
        )
        or decision.criterion in unheard
    ]
    if not open_ones and all(decision.reason is not None for decision in decisions):
        detail = "; ".join(f"{d.criterion}: {d.detail or d.reason}" for d in decisions)
        return "abstained", Reason.NOT_APPLICABLE, detail
    if not open_ones:
        return "decided", None, ""
    worst = open_ones[0]
    status: Status = "abstained"
    for decision in open_ones:
        if decision.reason is Reason.NO_QUORUM and _failed(decision, standing, spec):
            status, worst = "failed", decision
            break
    detail = "; ".join(
        f"{d.criterion}: not heard, though what barred it was decided since"
        if d.criterion in unheard
        else f"{d.criterion}: {d.detail or d.reason}"
        for d in open_ones
    )
    adjudicable = {Reason.PERSONS_DIFFER}
    if spec.protocol.on_low_confidence == "adjudicate":
        adjudicable |= {Reason.LOW_CONFIDENCE, Reason.TIE}
    if status == "abstained" and any(d.reason in adjudicable for d in open_ones):
        status = "awaiting_adjudication"
    return status, worst.reason, detail


def _failed(decision: CriterionVerdict, standing: Sequence[Standing], spec: PanelSpec) -> bool:
    """Whether the quorum would have been reached had no judge failed."""
    failed = sum(
        vote.abstention is not None and vote.abstention.reason not in OWN_CHOICE
        for vote in standing
        if vote.criterion == decision.criterion
    )
    return failed > 0 and decision.votes + failed >= spec.quorum_needed


def _why_silent(vote: Standing) -> str:
    return f"{vote.seat}: {vote.abstention.reason}" if vote.abstention else vote.seat


def _missing(spec: PanelSpec, standing: Sequence[Standing]) -> tuple[str, ...]:
    """Seats that were asked and failed on some criterion, by name."""
    silent = {
        vote.seat
        for vote in standing
        if vote.abstention is not None and vote.abstention.reason not in OWN_CHOICE
    }
    return tuple(sorted(silent & {judge.name for judge in spec.judges}))


def _direction(before: float, after: float, aim: float | None) -> Direction:
    if aim is None or abs(after - aim) == abs(before - aim):
        return "neither"
    return "toward_majority" if abs(after - aim) < abs(before - aim) else "away_from_majority"


def _grounds(ballots: Sequence[Ballot], seat: str, criterion: str, number: int) -> str:
    own = (
        b.grounds
        for b in ballots
        if (b.seat, b.criterion, b.round) == (seat, criterion, number) and counts(b) and b.grounds
    )
    return min(own, default="")
