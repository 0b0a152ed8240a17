"""What the panel says: verdict, dissents, flips, transcript."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal, Self

from pydantic import Field, model_validator

from dikast.types.ballots import Ballot, Reason, Standing
from dikast.types.base import Value
from dikast.types.calibrations import Interval
from dikast.types.findings import BiasFinding, Critique
from dikast.types.self_answers import SelfAnswer
from dikast.types.usage import Usage

Direction = Literal["toward_majority", "away_from_majority", "neither"]
"""Where a changed vote moved, against the panel's decision of the round before."""

PANEL = "panel"
"""`decided_by` of a criterion that the panel's votes decided."""

MEASURED = "measured"
"""`decided_by` of a criterion that was not voted on: it follows from marked claims or passages."""

Status = Literal["decided", "abstained", "failed", "awaiting_adjudication"]

Picked = Literal["awaiting", "abstained", "contested", "named", "second", "sample", "unknown"]
"""Why a person was asked about a case. Only a `sample` stands for all cases: the others were
picked for being doubtful, and figures fitted on them hold for doubtful cases."""


class StopReason(StrEnum):
    """Why deliberation on a criterion ended."""

    UNCONTESTED = "uncontested"  # nothing to deliberate
    DISABLED = "disabled"  # the protocol does not deliberate
    LOCKED = "locked"  # no vote still open could change the decision
    SETTLED = "settled"  # after a revision nothing was contested any more
    NO_CHANGE = "no_change"  # a round changed no vote
    UNSTABLE = "unstable"  # a vote returned to an earlier value
    MAX_ROUNDS = "max_rounds"
    NO_GROUNDS = "no_grounds"  # the critic had nothing that could be verified
    NO_QUORUM = "no_quorum"
    BUDGET = "budget"
    DEADLINE = "deadline"


class Flip(Value):
    """One changed vote."""

    seat: str
    criterion: str
    round: int = Field(ge=1)
    before: float
    after: float
    direction: Direction
    """Against the decision of the round before; a sign of herding, not of error."""
    grounds: str = ""


class Dissent(Value):
    """A vote beyond tolerance of the decision, with its reasons verbatim."""

    seat: str
    criterion: str
    score: float
    shown: str
    rationale: str = ""


class CriterionVerdict(Value):
    """The panel's decision on one criterion."""

    criterion: str
    score: float | None = None
    """On the criterion's scale; None if undecided, with `reason`."""
    shown: str = ""
    """The score as a person writes it; empty if undecided."""
    reason: Reason | None = None
    """Why there is no score; None if there is one."""
    detail: str = ""
    confidence: float | None = Field(default=None, ge=0, le=1)
    """Weighted share of standing votes within tolerance of the decision or, if `calibrated`, the
    probability that it is right; None without votes."""
    calibrated: bool = False
    """Whether `confidence` was fitted on labels."""
    interval: Interval | None = None
    """Where the label lies, by a calibration; None without one, on yes/no and on preferences."""
    agreement: float | None = Field(default=None, ge=0, le=1)
    """1 minus the mean absolute distance of all pairs of votes, as a share of the scale; None
    with fewer than two votes."""
    consistent: float | None = Field(default=None, ge=0, le=1)
    """Share of votes whose two presentation orders agreed; None with one order only."""
    votes: int = Field(default=0, ge=0)
    abstentions: int = Field(default=0, ge=0)
    first_score: float | None = None
    """What the rule made of the private first ballots; None if undecided then."""
    contested: bool = False
    """Whether it was contested after the private round."""
    rounds: int = Field(default=0, ge=0)
    """Rounds of revision held."""
    stop: StopReason = StopReason.UNCONTESTED
    decided_by: str = PANEL
    """`panel`, `measured`, or who adjudicated: the stronger judge's name, or a person's."""
    dissents: tuple[Dissent, ...] = ()

    @model_validator(mode="after")
    def _score_or_reason(self) -> Self:
        if (self.score is None) == (self.reason is None):
            raise ValueError("a criterion verdict has either `score` or `reason`")
        return self


class Transcript(Value):
    """Everything that was said on one case, in order."""

    ballots: tuple[Ballot, ...] = ()
    standings: tuple[Standing, ...] = ()
    findings: tuple[BiasFinding, ...] = ()
    critiques: tuple[Critique, ...] = ()
    flips: tuple[Flip, ...] = ()
    notes: tuple[str, ...] = ()
    self_answers: tuple[SelfAnswer, ...] = ()
    """What judges answered to the question themselves; empty unless the protocol asks for it."""


class PersonAnswer(Value):
    """What a person answered on one criterion of a case."""

    by: str = Field(min_length=1, max_length=100)
    """Name or role of the person."""
    criterion: str
    score: float
    """On the criterion's scale, in canonical terms (never in slots)."""
    shown: str
    """The score as a person writes it."""
    reason: str = ""
    at: str = ""
    """Wall time, UTC, ISO 8601; empty if not told."""
    blind: bool = True
    """Whether it was given before the person saw the panel's votes and verdict."""
    picked: Picked = "unknown"
    final: bool = False
    """Whether it settles a disagreement of others, whose answers then no longer count."""


class Adjudication(Value):
    """What people answered on a case, and what the panel had made of it."""

    answers: tuple[PersonAnswer, ...] = Field(min_length=1)
    """By criterion and name; one per person and criterion."""
    proposal: Verdict
    """The panel's own verdict, before anybody answered, without its transcript."""

    @model_validator(mode="after")
    def _one_each(self) -> Self:
        places = [(answer.by, answer.criterion) for answer in self.answers]
        if len(set(places)) < len(places):
            raise ValueError("one person has two answers on one criterion")
        return self


class Verdict(Value):
    """A panel's answer on one case, with what stands behind it."""

    schema_version: Literal[1] = 1
    case_id: str
    candidates: tuple[str, ...]
    """Ids of the candidates judged, in canonical order."""
    panel: str
    status: Status
    reason: Reason | None = None
    """Why it was not decided; None if it was."""
    detail: str = ""
    score: float | None = None
    """Weighted mean of the criteria, each as a share of its scale (0 worst, 1 best); None unless
    every criterion that was reached has a score. On preferences: −1 to 1, positive for the first
    candidate. With gates: 0 if one failed, else the mean of what stands behind and between them;
    on preferences the score of the first gate that is no tie. Nothing is averaged across a gate."""
    decided_at: str | None = None
    """The gate that ended it: one that failed, or of a pair the first that was no tie; None where
    every gate was passed, or there is none."""
    confidence: float | None = Field(default=None, ge=0, le=1)
    """The lowest confidence of any criterion; None without votes."""
    calibrated: bool = False
    """Whether confidence was fitted on labels; if not it is a share of votes, not a probability."""
    criteria: tuple[CriterionVerdict, ...] = ()
    missing: tuple[str, ...] = ()
    """Seats that cast no vote on some criterion."""
    transcript: Transcript = Transcript()
    usage: Usage = Usage()
    rubric: str = ""
    """Content digest of the rubric."""
    prompts: dict[str, str] = {}
    """Content digest of each prompt used, by name."""
    baseline: bool = False
    """Whether any rule-backed baseline judge sat on the panel."""
    adjudication: Adjudication | None = None
    """What people answered; None if nobody was asked. Confidence stays the panel's own."""

    @model_validator(mode="after")
    def _consistent_status(self) -> Self:
        if (self.status == "decided") != (self.reason is None):
            raise ValueError("`reason` is given exactly when the status is not `decided`")
        if self.status == "failed" and self.score is not None:
            raise ValueError("a failed verdict has no score")
        return self

    @property
    def people(self) -> tuple[str, ...]:
        """Who of the people decided any criterion, sorted; empty where the panel did it all."""
        told = () if self.adjudication is None else self.adjudication.answers
        decided = {d.criterion for d in self.criteria if d.score is not None}
        final = {answer.criterion for answer in told if answer.final}
        counted = (a for a in told if a.final or a.criterion not in final)
        return tuple(sorted({a.by for a in counted if a.criterion in decided}))

    def criterion(self, criterion_id: str) -> CriterionVerdict:
        """The decision on this criterion.

        Raises:
            KeyError: The panel did not judge by it.
        """
        for decision in self.criteria:
            if decision.criterion == criterion_id:
                return decision
        raise KeyError(criterion_id)


Adjudication.model_rebuild()
