"""What flows through the RAG graph. Every type here has a JSON form of its own."""

from __future__ import annotations

import operator
from typing import Annotated

from typing_extensions import TypedDict

from dikast.agents.claims import ClaimTask
from dikast.agents.contract import Brief
from dikast.graphs.state import Halt
from dikast.types import (
    Ballot,
    BiasFinding,
    Case,
    Claim,
    ClaimVerdict,
    CriterionVerdict,
    Critique,
    PassageVerdict,
    RagFigure,
    RagVerdict,
    Usage,
    Value,
    Verdict,
)


class RagInput(TypedDict, total=False):
    """What the graph takes."""

    case: Case
    """A case, or its JSON form."""
    candidate: str
    """Whose answer is evaluated; the case's only one by default."""


class RagOutput(TypedDict, total=False):
    """What the graph gives."""

    rag: RagVerdict


class Marking(Value):
    """One seat that is to mark claims."""

    seat: str
    judge: str
    """Who marks for it: the seat's own judge, or the reserve that stood in before."""
    tasks: tuple[ClaimTask, ...]
    briefs: dict[str, Brief] = {}
    """In a revision, by the name of a claim's ballots: what was raised against the mark."""
    round: int = 0
    passages: bool = False
    """Whether it also says of each passage whether it helps."""


class MarkTask(TypedDict):
    """Input of one `mark` task."""

    case: Case
    candidate: str
    marking: Marking
    deadline: float


class ChallengeTask(TypedDict):
    """Input of one `challenge` task."""

    case: Case
    candidate: str
    task: ClaimTask
    """With the one claim that is taken up."""
    ballots: list[Ballot]
    deadline: float


class RagState(TypedDict, total=False):
    """The graph's own state.

    `case`, `candidates`, `given`, `deadline` and `verdict` are shared with deliberation.
    """

    case: Case
    candidate: str
    candidates: tuple[str, ...]
    deadline: float
    """On the clock of `time.monotonic`."""
    claims: list[Claim]
    reference_claims: list[Claim]
    splitter: str
    prompts: list[str]
    """Digests of the prompts used, those of ballots and critiques apart."""
    markings: list[Marking]
    """Seats that mark next."""
    contested: list[str]
    """Claims that the critic takes up next, by the name of their ballots."""
    heard: list[str]
    """Claims that were contested after the private round."""
    round: int
    ballots: Annotated[list[Ballot], operator.add]
    findings: Annotated[list[BiasFinding], operator.add]
    critiques: Annotated[list[Critique], operator.add]
    notes: Annotated[list[str], operator.add]
    halts: Annotated[list[Halt], operator.add]
    usage: Annotated[Usage, operator.add]
    marked: list[ClaimVerdict]
    against_reference: list[ClaimVerdict]
    reference_marked: list[ClaimVerdict]
    passages: list[PassageVerdict]
    figures: list[RagFigure]
    given: tuple[CriterionVerdict, ...]
    verdict: Verdict
    rag: RagVerdict
