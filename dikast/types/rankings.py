"""What a panel makes of many candidates: pairs, cycles, groups in order."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from dikast.types.ballots import Reason
from dikast.types.base import Value
from dikast.types.comparisons import Preferred
from dikast.types.usage import Usage


class RankOptions(Value):
    """How candidates are ranked."""

    schedule: str = "auto"
    """`all_pairs`, `merge`, `swiss`, `adaptive`, `knockout` or `listwise`; `auto` takes all pairs
    up to 8 candidates and the adaptive schedule above."""
    pairs: int | None = Field(default=None, ge=1)
    """Most pairs to ask; None for all that the schedule wants (20 % of all pairs if adaptive)."""
    rehear: int = Field(default=10, ge=0)
    """Most pairs on cycles that are heard again."""
    model: str = "davidson"
    """Ranking model or voting rule."""
    lists: int = Field(default=4, ge=1, le=64)
    """Orders in which each judge is shown the whole list, if `listwise`; places are averaged."""
    batch: int = Field(default=16, ge=1)
    """Pairs asked at a time; a larger batch is faster, a smaller one adapts sooner."""
    seed: int = 0


class PairOutcome(Value):
    """One judged pair of a ranking, in short."""

    first: str
    second: str
    preferred: Preferred | None = None
    """None if undecided, with `reason`."""
    reason: Reason | None = None
    support: float = Field(default=0.0, ge=0, le=1)
    """Share of the votes' weight by which the winner leads; of a tie, the share that holds it."""
    consistent: float | None = None
    hearings: int = Field(default=1, ge=1)
    votes: dict[str, Preferred] = {}
    """What each seat holds after folding both orders; a seat that abstained is absent."""


class TransitivityReport(Value):
    """How far the outcomes contradict each other."""

    pairs: int
    """Pairs with an outcome."""
    ties: int
    undecided: int
    cycles: tuple[tuple[str, ...], ...] = ()
    """Candidates that beat each other in circles (strongly connected components)."""
    circular_triads: int | None = None
    """None where not every pair was judged without a tie."""
    zeta: float | None = None
    """Kendall's coefficient of consistence: 1 without a cycle, 0 at the maximum."""
    zeta_reason: str = ""
    strict_cycles: int = 0
    """Triples a > b > c > a."""
    wins_into_tie: int = 0
    """Triples a > b > c with a = c."""
    ties_and_win: int = 0
    """Triples a = b = c with a > c: what a judge with a threshold of notice produces."""
    triples: int = 0
    """Triples all of whose pairs were judged."""
    feedback_weight: float = 0.0
    """Least support to give up for an order without contradiction."""
    feedback_pairs: tuple[tuple[str, str], ...] = ()
    """Those outcomes, as (winner, loser)."""
    feedback_exact: bool = True


class JudgeTransitivity(Value):
    """One judge's own consistency over the pairs it saw in both orders."""

    seat: str
    pairs: int
    ipi: float | None = None
    """Share of pairs whose two orders contradict each other."""
    tov: float | None = None
    """Fewest single judgements to change for a weak order; None unless all pairs were judged."""
    tov_residual: float | None = None
    """Of these, what order flips do not force."""
    tov_consolidated: float | None = None
    """The same on folded verdicts, counted once per pair."""
    strict_cycles: int = 0
    reason: str = ""
    first_rate: float | None = Field(default=None, ge=0, le=1)
    """Share of its private votes with a winner that chose the slot shown first; 0.5 is unbiased."""
    order_effect: float | None = None
    """Log-odds for the slot shown first, fitted beside the strengths; 0 is unbiased."""
    order_effect_low: float | None = None
    order_effect_high: float | None = None
    """Ends of its 95 % interval."""
    order_effect_reason: str = ""
    """Why there is none; empty if there is one."""


class RankedCandidate(Value):
    """One candidate's place."""

    id: str
    group: int = Field(ge=1)
    """Rank of its group; members of a group are tied."""
    strength: float | None = None
    """As the model fits it; compare only within one ranking."""
    low: float | None = None
    high: float | None = None
    """Ends of the 95 % interval of the strength; None where there is none."""


class RankingResult(Value):
    """A ranking of a case's candidates."""

    schema_version: int = 1
    case_id: str
    panel: str = ""
    groups: tuple[tuple[str, ...], ...] = ()
    """Tied groups, best first; empty if there is no ranking, with `reason`."""
    candidates: tuple[RankedCandidate, ...] = ()
    reason: str = ""
    note: str = ""
    winner: str | None = None
    """None if several share the first place."""
    margin: float | None = None
    model: str = ""
    schedule: str = ""
    pairs_asked: int = 0
    pairs_possible: int = 0
    reheard: int = 0
    standards: str = ""
    """What judges were shown when pairs were heard again, made once for the case."""
    outcomes: tuple[PairOutcome, ...] = ()
    before: TransitivityReport | None = None
    """Before pairs on cycles were heard again."""
    after: TransitivityReport | None = None
    judges: tuple[JudgeTransitivity, ...] = ()
    usage: Usage = Usage()
    usage_rehearing: Usage = Usage()
    """Part of `usage` that hearing again took."""

    @model_validator(mode="after")
    def _groups_or_reason(self) -> Self:
        if bool(self.groups) == bool(self.reason):
            raise ValueError("a ranking has either `groups` or `reason`")
        return self
