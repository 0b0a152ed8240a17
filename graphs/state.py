"""What flows through the deliberation graph. Every type here has a JSON form of its own."""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import Annotated, NamedTuple

from typing_extensions import TypedDict

from dikast.agents.contract import Brief
from dikast.media import Images
from dikast.types import (
    Ballot,
    BiasFinding,
    Case,
    CriterionVerdict,
    Critique,
    Gateway,
    SelfAnswer,
    StopReason,
    Usage,
    Value,
    Verdict,
)


@dataclass
class Court:
    """What a graph is run with: pass it as `context=Court(gateway=…)`.

    Without one, the graph binds a gateway of its own, whose journal lives in memory.
    """

    gateway: Gateway | None = None
    images: Images | None = None
    """Where the images of the cases are; None takes only images given inline, as they are."""


class Course(Value):
    """Deliberation on one criterion so far."""

    contested: bool = False
    stop: StopReason | None = None
    """Why it ended; None while it goes on."""
    rounds: int = 0
    """Rounds of revision held."""


class Halt(NamedTuple):
    """A reason to stop the whole run, carried as a value so that siblings' votes are not lost."""

    error: str
    """Class name in `dikast.errors`."""
    message: str


class Summons(Value):
    """One seat that is to vote: on what, in which round, and what it is shown before."""

    seat: str
    judge: str
    """Who votes for it: the seat's own judge, or the reserve that stood in before."""
    criteria: tuple[str, ...]
    round: int = 0
    briefs: tuple[Brief, ...] = ()
    """One per job of the seat (`graphs.course.jobs`); empty in round 0."""
    self_answer: bool = False
    """Whether its model answers the question itself as well."""


class VoteTask(TypedDict):
    """Input of one `vote` task."""

    case: Case
    candidates: tuple[str, ...]
    summons: Summons
    deadline: float


class CritiqueTask(TypedDict):
    """Input of one `criticise` task."""

    case: Case
    candidates: tuple[str, ...]
    criterion: str
    ballots: list[Ballot]
    round: int
    deadline: float


class PanelInput(TypedDict, total=False):
    """What the graph takes."""

    case: Case
    """A case, or its JSON form."""
    candidates: tuple[str, ...]
    """Which candidates are judged; all by default."""
    earlier: Verdict
    """A verdict on the same case that is to be heard again: its ballots stand, the critics take
    up every criterion, and challenged judges vote in further rounds."""
    standards: str
    """What judges are shown when they vote on a pair again, the same for every pair of a case."""
    given: tuple[CriterionVerdict, ...]
    """Decisions on criteria that are not voted on here; gates and conditions may rest on them."""
    deadline: float
    """When the case's time is over, on the clock of `time.monotonic`; by default counted from the
    start of the hearing."""


class PanelOutput(TypedDict, total=False):
    """What the graph gives."""

    verdict: Verdict


class PanelState(TypedDict, total=False):
    """The graph's own state."""

    case: Case
    candidates: tuple[str, ...]
    deadline: float
    """On the clock of `time.monotonic`."""
    earlier: Verdict
    standards: str
    given: tuple[CriterionVerdict, ...]
    stage: list[str]
    """Criteria that are heard now; others wait for a gate, were heard, or are not reached."""
    base: int
    """The round that deliberation starts from: 0, or the last one of `earlier`."""
    round: int
    summoned: list[Summons]
    """Seats that vote next."""
    contested: list[str]
    """Criteria that the critics take up next."""
    courses: dict[str, Course]
    ballots: Annotated[list[Ballot], operator.add]
    findings: Annotated[list[BiasFinding], operator.add]
    critiques: Annotated[list[Critique], operator.add]
    notes: Annotated[list[str], operator.add]
    self_answers: Annotated[list[SelfAnswer], operator.add]
    halts: Annotated[list[Halt], operator.add]
    usage: Annotated[Usage, operator.add]
    verdict: Verdict
