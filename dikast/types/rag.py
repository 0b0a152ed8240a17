"""What a panel makes of an answer over passages: claims, marks, evidence, figures, comparison."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from dikast.types.ballots import Ballot, Evidence, Reason
from dikast.types.base import Value
from dikast.types.comparisons import Preferred
from dikast.types.findings import BiasFinding, Critique
from dikast.types.scales import OrdinalScale
from dikast.types.usage import Usage
from dikast.types.verdicts import CriterionVerdict, Verdict

Mark = Literal["contradicted", "absent", "supported"]
"""What the passages say to a claim: the opposite, nothing, or the same."""

CLAIM_SCALE = OrdinalScale(labels=("contradicted", "absent", "supported"))
"""Scale of the ballots on claims. The marks are names: no rule averages them."""

Cited = Literal["supported", "elsewhere", "unsupported", "unresolved"]
"""Whether a claim's own citation holds: the cited passage bears it out; only another one does; none
does; or the marker points to no passage."""

ReferenceSource = Literal["human", "synthetic", "unstated", "none"]
"""Where a reference answer comes from; `none` where there is none."""


class Claim(Value):
    """One statement of a text, to be checked by itself."""

    id: str
    """`claim_1`, … of the answer; `reference_1`, … of the reference."""
    text: str = Field(min_length=1)
    """The statement; a splitter may have put a name for a pronoun."""
    of: Literal["answer", "reference"] = "answer"
    start: int | None = None
    """Where it stands in the text it was taken from, in characters; None if it was reworded."""
    end: int | None = None
    cites: tuple[str, ...] = ()
    """Passages that it cites, by id."""
    unresolved: tuple[str, ...] = ()
    """Markers beside it that point to no passage, as written."""


class ClaimVerdict(Value):
    """The panel's decision on one claim."""

    claim: Claim
    against: Literal["contexts", "reference"] = "contexts"
    """What it was held against."""
    decision: CriterionVerdict
    """The marks folded over the judges: quorum, confidence, dissents, revision."""
    evidence: tuple[Evidence, ...] = ()
    """Verified quotations of those who hold the decided mark, the most shared first."""
    citation: Cited | None = None
    """None where it cites nothing, or is undecided."""

    @property
    def mark(self) -> Mark | None:
        """The decided mark; None if undecided, with `decision.reason`."""
        labels: dict[str, Mark] = {
            "contradicted": "contradicted",
            "absent": "absent",
            "supported": "supported",
        }
        return labels.get(self.decision.shown)


class PassageVerdict(Value):
    """The panel's decision on whether a passage helps to answer the question."""

    context_id: str
    decision: CriterionVerdict

    @property
    def relevant(self) -> bool | None:
        """None if undecided."""
        return None if self.decision.score is None else self.decision.score > 0.5


class RagFigure(Value):
    """A figure of one case, in the direction its field uses; undefined is None with a reason."""

    name: str
    value: float | None
    reason: str = ""
    n: int = Field(default=0, ge=0)
    """Claims or passages it rests on."""
    undecided: int = Field(default=0, ge=0)
    """Claims or passages left out since the panel did not decide them."""

    @model_validator(mode="after")
    def _value_or_reason(self) -> Self:
        if (self.value is None) != bool(self.reason):
            raise ValueError("a figure has either `value` or `reason`")
        return self


class RagVerdict(Value):
    """A panel's answer on one response over its passages, claim by claim."""

    schema_version: Literal[1] = 1
    case_id: str
    candidate: str
    panel: str = ""
    claims: tuple[ClaimVerdict, ...] = ()
    """Claims of the answer against the passages, in the order of the answer."""
    against_reference: tuple[ClaimVerdict, ...] = ()
    """Claims of the answer against the reference; empty unless a criterion measures it."""
    reference_claims: tuple[ClaimVerdict, ...] = ()
    """Claims of the reference against the passages; empty unless a criterion measures it."""
    passages: tuple[PassageVerdict, ...] = ()
    """In the order retrieved; empty unless a criterion measures it."""
    figures: tuple[RagFigure, ...] = ()
    ballots: tuple[Ballot, ...] = ()
    """Ballots on claims and passages; those on criteria are in the verdict's transcript."""
    critiques: tuple[Critique, ...] = ()
    findings: tuple[BiasFinding, ...] = ()
    """Among them one for every quotation that occurs nowhere."""
    notes: tuple[str, ...] = ()
    """What was split, merged or left out, and why."""
    splitter: str = ""
    """Who split the claims: a model's name, or `embedded/clauses`."""
    reference_source: ReferenceSource = "none"
    verdict: Verdict
    """The verdict by the rubric; criteria that are measured rest on the claims."""
    usage: Usage = Usage()
    """All calls on the case, those of the verdict included."""

    def figure(self, name: str) -> RagFigure:
        """The figure of this name.

        Raises:
            KeyError: There is none.
        """
        for figure in self.figures:
            if figure.name == name:
                return figure
        raise KeyError(name)

    def marked(self, mark: Mark) -> tuple[ClaimVerdict, ...]:
        """Claims of the answer with this mark."""
        return tuple(claim for claim in self.claims if claim.mark == mark)


class RagOptions(Value):
    """How answers over passages are evaluated."""

    tolerance: float = Field(default=0.05, ge=0, le=1)
    """Two answers are equal on a level if their scores lie within this share of its scale."""
    most_claims: int = Field(default=200, ge=1)
    """Claims of one text that are marked; more are left out with a note."""
    batch: int = Field(default=20, ge=1)
    """Claims that a model is asked about in one request."""
    windows: int = Field(default=64, ge=1)
    """Parts of the passages that a judge reads one after another; of more it reads those nearest to
    the claims, with a note."""
    k: tuple[int, ...] = (1, 3, 5, 10)
    """Cut-offs of the retrieval metrics."""


class RagOutcome(Value):
    """Two answers to one question, compared level by level.

    Exactly one of `preferred` and `reason` is set.
    """

    case_id: str
    first: str
    """Id of the canonically first answer: a candidate, or the one of the first case file."""
    second: str
    preferred: Preferred | None = None
    reason: Reason | None = None
    level: str | None = None
    """The criterion that decided; None for a tie on every level that both reach."""
    detail: str = ""

    @model_validator(mode="after")
    def _preferred_or_reason(self) -> Self:
        if (self.preferred is None) == (self.reason is None):
            raise ValueError("an outcome has either `preferred` or `reason`")
        return self

    @property
    def winner(self) -> str | None:
        """Id of the better answer; None for a tie and where it is undecided."""
        return {"first": self.first, "second": self.second}.get(self.preferred or "")


class RagRecord(Value):
    """What a run keeps of one case: an answer's evaluation, or those of two, compared."""

    results: tuple[RagVerdict, ...] = Field(min_length=1, max_length=2)
    outcome: RagOutcome | None = None
    """None where there is one answer."""
