"""The course of claims, as pure functions: what is marked, contested, counted, and measured."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from dikast.agents.aggregator import Aggregator
from dikast.agents.aggregator import Course as FinalCourse
from dikast.agents.claims import ASIDE, PASSAGE, ClaimTask, claim_criterion, passage_criterion
from dikast.agents.contract import Brief
from dikast.agents.measures import citation
from dikast.agents.narrowed_judge import NARROWED
from dikast.agents.standing import counts
from dikast.agents.tally import disagree
from dikast.graphs.course import brief
from dikast.graphs.rag_state import RagState
from dikast.records.relevance import relevance_of
from dikast.stats.retrieval import retrieval_metrics
from dikast.types import (
    MEASURED,
    Ballot,
    Case,
    Claim,
    ClaimVerdict,
    Criterion,
    CriterionVerdict,
    Evidence,
    Measure,
    PanelSpec,
    PassageVerdict,
    RagFigure,
    ReferenceSource,
    Rubric,
    RuleSpec,
    Standing,
    StopReason,
)

MEANS = frozenset({"mean", "median", "trimmed"})
"""Rules that measure distances. Marks are names, so there the most frequent mark is taken."""
_SHOWN_EVIDENCE = 5
"""Most quotations kept with a decided claim."""


def measures(spec: PanelSpec) -> frozenset[Measure]:
    """What the rubric measures."""
    return frozenset(c.measure for c in spec.rubric.criteria if c.measure is not None)


def tasks_of(state: RagState, wanted: frozenset[Measure]) -> list[ClaimTask]:
    """What is to be marked: the answer's claims, and what the measures need besides."""
    case, candidate = state["case"], state["candidate"]
    claims, told = tuple(state["claims"]), tuple(state.get("reference_claims", ()))
    found = []
    if case.contexts and claims:
        found.append(ClaimTask(case=case, candidate=candidate, claims=claims))
    if case.contexts and told:
        found.append(ClaimTask(case=case, candidate=candidate, claims=told))
    if case.reference is not None and claims and "noise_resistance" in wanted:
        found.append(ClaimTask(case=case, candidate=candidate, claims=claims, against="reference"))
    return found


def aggregator_of(spec: PanelSpec, names: Sequence[str]) -> Aggregator:
    """The panel's own rule, quorum and thresholds, over claims and passages as criteria.

    A rule that averages is replaced by the most frequent mark, since marks are names. A cascade
    or calibration was fitted on the criteria of the rubric and says nothing of claims: every seat
    marks them, and confidence is a share of votes.
    """
    rule = RuleSpec(name="majority") if spec.rule.name in MEANS else spec.rule
    criteria = tuple(criterion_of(name) for name in names)
    fields = {
        "rubric": Rubric(id="claims", criteria=criteria),
        "rule": rule,
        "protocol": spec.protocol.model_copy(update={"seating": "all"}),
        "cascade": None,
        "calibration": None,
    }
    return Aggregator(spec.model_copy(update=fields))


def criterion_of(name: str) -> Criterion:
    """The criterion behind a ballot's name."""
    if name.startswith(PASSAGE):
        return passage_criterion(name)
    return claim_criterion(name, "reference" if name.endswith(ASIDE) else "contexts")


def names_of(ballots: Sequence[Ballot]) -> list[str]:
    """What ballots are about, each once, in the order met."""
    return list(dict.fromkeys(ballot.criterion for ballot in ballots))


def contested(aggregator: Aggregator, ballots: Sequence[Ballot]) -> list[str]:
    """Claims whose marks differ between seats, in the order of the claims."""
    standing = aggregator.standings(ballots)
    tolerance = aggregator.spec.protocol.tolerance
    return [
        criterion.id
        for criterion in aggregator.spec.rubric.criteria
        if not criterion.id.startswith(PASSAGE)
        and disagree(
            [vote for vote in standing if vote.criterion == criterion.id],
            criterion.scale,
            tolerance,
        )
    ]


def standing_ballots(aggregator: Aggregator, ballots: Sequence[Ballot], name: str) -> list[Ballot]:
    """The ballots behind the standing votes on one claim."""
    rounds = {
        vote.seat: vote.round for vote in aggregator.standings(ballots) if vote.criterion == name
    }
    return [
        ballot
        for ballot in ballots
        if ballot.criterion == name and counts(ballot) and rounds.get(ballot.seat) == ballot.round
    ]


def brief_for(state: RagState, name: str, seat: str, standing: Sequence[Standing]) -> Brief:
    """What a challenged seat is shown of one claim."""
    return brief(
        (state["candidate"],),
        [name],
        seat,
        ballots=state["ballots"],
        standing=standing,
        findings=[],
        critiques=state.get("critiques", []),
    )


def decide(
    aggregator: Aggregator,
    ballots: Sequence[Ballot],
    stops: Mapping[str, StopReason],
) -> dict[str, CriterionVerdict]:
    """The decision on everything that was voted on, by name.

    Args:
        aggregator: See `aggregator_of`.
        ballots: All ballots on claims and passages.
        stops: Why deliberation on a contested claim ended, by name; others were not contested.
    """
    standing = aggregator.standings(ballots)
    private = aggregator.standings(ballots, upto=0)
    last: Counter[str] = Counter()
    for ballot in ballots:
        last[ballot.criterion] = max(last[ballot.criterion], ballot.round)
    found = {}
    for criterion in aggregator.spec.rubric.criteria:
        name = criterion.id
        stop = stops.get(name)
        course = FinalCourse(stop is not None, stop or StopReason.UNCONTESTED, last[name])
        found[name] = aggregator.criterion_verdict(criterion, standing, private, course)
    return found


def no_passage(claim: Claim) -> CriterionVerdict:
    """The decision on a claim where no passage was retrieved: nobody need be asked."""
    return CriterionVerdict(
        criterion=claim.id,
        score=1,
        shown="absent",
        detail="there is no passage",
        confidence=1,
        decided_by=MEASURED,
    )


def deliberates(spec: PanelSpec) -> bool:
    """Whether contested claims are taken up."""
    return spec.protocol.deliberate == "contested" and spec.protocol.max_rounds > 0


def stops(spec: PanelSpec, state: RagState, *, late: bool) -> dict[str, StopReason]:
    """Why deliberation on each contested claim ended, by name."""
    moved = {(b.criterion, b.seat): b.score for b in state["ballots"] if b.round == 1}
    before = {(b.criterion, b.seat): b.score for b in state["ballots"] if b.round == 0}
    again = {name for name, _ in moved}
    changed = {name for name, seat in moved if moved[name, seat] != before.get((name, seat))}
    found = {}
    for name in state["heard"]:
        if not deliberates(spec):
            found[name] = StopReason.DISABLED
        elif name not in again:
            found[name] = StopReason.DEADLINE if late else StopReason.NO_GROUNDS
        else:
            found[name] = StopReason.MAX_ROUNDS if name in changed else StopReason.NO_CHANGE
    return found


def claim_verdicts(
    case: Case,
    claims: Sequence[Claim],
    decisions: Mapping[str, CriterionVerdict],
    aggregator: Aggregator | None,
    ballots: Sequence[Ballot],
    ending: str = "",
) -> list[ClaimVerdict]:
    """Claims with their decisions.

    Args:
        case: The case.
        claims: The claims.
        decisions: By the name of their ballots; a claim nobody was asked about is absent.
        aggregator: Counts the ballots; None where there are none.
        ballots: All ballots on claims.
        ending: `ASIDE` for the ballots against the reference.
    """
    return [
        claim_verdict(
            case,
            claim,
            decisions.get(claim.id + ending) or no_passage(claim),
            standing_ballots(aggregator, ballots, claim.id + ending) if aggregator else [],
            against="reference" if ending else "contexts",
        )
        for claim in claims
    ]


def claim_verdict(
    case: Case,
    claim: Claim,
    decision: CriterionVerdict,
    ballots: Sequence[Ballot],
    *,
    against: str = "contexts",
) -> ClaimVerdict:
    """A claim with its decision, the quotations behind it, and whether its citation holds.

    Args:
        case: The case.
        claim: The claim.
        decision: The panel's.
        ballots: The standing ballots on it.
        against: `contexts` or `reference`.
    """
    evidence = _evidence([b for b in ballots if b.score is not None and b.score == decision.score])
    mark = decision.shown or None
    return ClaimVerdict(
        claim=claim,
        against="reference" if against == "reference" else "contexts",
        decision=decision,
        evidence=evidence[:_SHOWN_EVIDENCE],
        citation=citation(claim, mark, evidence, case) if against == "contexts" else None,
    )


def _evidence(ballots: Sequence[Ballot]) -> tuple[Evidence, ...]:
    """Quotations of several ballots, the most shared first; equal ones by passage and words."""
    shared: Counter[Evidence] = Counter()
    for ballot in ballots:
        shared.update(set(ballot.evidence))
    ranked = sorted(shared, key=lambda e: (-shared[e], e.context_id or "", e.quote))
    return tuple(ranked)


def passage_verdicts(case: Case, decisions: Mapping[str, CriterionVerdict]) -> list[PassageVerdict]:
    """The decisions on passages, in the order retrieved."""
    return [
        PassageVerdict(context_id=context.id, decision=decisions[f"{PASSAGE}{number}"])
        for number, context in enumerate(case.contexts, 1)
        if f"{PASSAGE}{number}" in decisions
    ]


def reference_source(case: Case) -> ReferenceSource:
    """Where the reference comes from: `reference_source` of the case's metadata.

    `human` and `synthetic` are told apart; whatever else is written there is taken for the name of
    what wrote it, hence synthetic.

    Examples:
        >>> from dikast.types import Candidate
        >>> told = Case(id="1", candidates=(Candidate(text="x"),), reference="y",
        ...             metadata={"reference_source": "openai/gpt-4o"})
        >>> reference_source(told)
        'synthetic'
    """
    if case.reference is None:
        return "none"
    said = case.metadata.get("reference_source")
    if not isinstance(said, str) or not said.strip():
        return "unstated"
    word = said.strip().casefold()
    return "human" if word in {"human", "person", "people", "expert", "annotator"} else "synthetic"


def retrieval_figures(case: Case, cutoffs: Sequence[int]) -> list[RagFigure]:
    """Retrieval metrics of the passages in their order; none where they carry no labels.

    Labels are for these figures only: no judge sees them.
    """
    relevance = relevance_of(case)
    if relevance is None:
        return []
    found = retrieval_metrics([context.id for context in case.contexts], relevance, cutoffs)
    return [
        RagFigure(name=name, value=estimate.value, reason=estimate.reason, n=estimate.n)
        for name, estimate in found.items()
    ]


def narrowing_notes(ballots: Sequence[Ballot]) -> list[str]:
    """What judges of criteria were not shown, each way of leaving out said once."""
    holders: dict[str, list[str]] = {}
    for ballot in ballots:
        for flag in ballot.flags:
            if flag.startswith(NARROWED):
                who = f"{ballot.seat} on {ballot.criterion}"
                holders.setdefault(flag.removeprefix(NARROWED), []).append(who)
    return [f"{', '.join(dict.fromkeys(who))}: {note}" for note, who in holders.items()]
