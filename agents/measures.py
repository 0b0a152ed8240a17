"""Figures that follow from marked claims and passages, and the decisions that rest on them. Pure.

Each figure leaves out what the panel did not decide and says how much that was.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from dikast.agents.quotes import occurs
from dikast.types import (
    MEASURED,
    Case,
    Cited,
    Claim,
    ClaimVerdict,
    Criterion,
    CriterionVerdict,
    Evidence,
    Mark,
    Measure,
    PassageVerdict,
    RagFigure,
    Reason,
)

_SEARCHED = 200_000
"""Longest passage, in characters, in which a quotation from another one is looked for."""
LEAST_DECIDED = 0.5
"""Share of claims or passages that must be decided for a figure to exist."""


def figure(name: str, hits: float, decided: int, undecided: int, what: str) -> RagFigure:
    """A share of decided things; undefined without any, or with too few decided.

    Args:
        name: The figure's name.
        hits: How many of the decided ones count.
        decided: How many were decided.
        undecided: How many were not.
        what: What they are, in words, for the reason.
    """
    why = ""
    if not decided + undecided:
        why = f"there is no {what}"
    elif decided < LEAST_DECIDED * (decided + undecided):
        why = f"{undecided} of {decided + undecided} {what}s are undecided"
    value = None if why else hits / decided
    return RagFigure(name=name, value=value, reason=why, n=decided, undecided=undecided)


def share_of(
    name: str, mark: Mark, claims: Sequence[ClaimVerdict], what: str = "claim"
) -> RagFigure:
    """Share of claims with a mark."""
    marks = [claim.mark for claim in claims]
    decided = [found for found in marks if found is not None]
    return figure(name, decided.count(mark), len(decided), len(marks) - len(decided), what)


def citation(
    claim: Claim, mark: str | None, evidence: Sequence[Evidence], case: Case
) -> Cited | None:
    """Whether a claim's own citation bears it out.

    A quotation that shows it must stand in a passage that it cites; a copy of that passage under
    another id will do.

    Returns:
        None where nothing is cited, or the claim is undecided.
    """
    if claim.unresolved and not claim.cites:
        return "unresolved"
    if not claim.cites or mark is None:
        return None
    if mark != "supported":
        return "unsupported"
    by_id = any(item.context_id in claim.cites for item in evidence)
    texts = [c.text for c in case.contexts if c.id in claim.cites and len(c.text) <= _SEARCHED]
    if by_id or any(occurs(item.quote, text) for item in evidence for text in texts):
        return "unresolved" if claim.unresolved else "supported"
    return "elsewhere"


def rank_precision(relevant: Sequence[bool]) -> float | None:
    """Mean of precision at the ranks of relevant passages; None without one.

    The average precision of what was retrieved: what was not is not held against it.

    Examples:
        >>> rank_precision([True, False, True])
        0.8333333333333333
    """
    hits, parts = 0, []
    for rank, helps in enumerate(relevant, 1):
        if helps:
            hits += 1
            parts.append(hits / rank)
    return math.fsum(parts) / len(parts) if parts else None


def figures(
    case: Case,
    claims: Sequence[ClaimVerdict],
    against_reference: Sequence[ClaimVerdict],
    reference_claims: Sequence[ClaimVerdict],
    passages: Sequence[PassageVerdict],
    wanted: frozenset[Measure],
) -> list[RagFigure]:
    """All figures of one answer.

    Args:
        case: The case.
        claims: Its claims against the passages.
        against_reference: The same claims against the reference.
        reference_claims: Claims of the reference against the passages.
        passages: In the order retrieved.
        wanted: Measures of the rubric; those that need more judging are left out otherwise.
    """
    found = [
        share_of("faithfulness", "supported", claims),
        share_of("contradicted", "contradicted", claims),
        share_of("absent", "absent", claims),
        _citation_support(claims),
        figure(
            "citation_coverage",
            sum(bool(c.claim.cites) for c in claims),
            len(claims),
            0,
            "claim",
        ),
    ]
    if wanted & {"context_relevance", "context_precision"}:
        told = [p.relevant for p in passages]
        known = [helps for helps in told if helps is not None]
        missing = len(told) - len(known)
        found.append(figure("context_relevance", sum(known), len(known), missing, "passage"))
        found.append(_precision(case, known, missing))
    if "context_recall" in wanted:
        recall = share_of("context_recall", "supported", reference_claims, "reference claim")
        if case.reference is None:
            recall = recall.model_copy(update={"reason": "there is no reference"})
        found.append(recall)
    if "noise_resistance" in wanted:
        found.append(_noise(case, claims, against_reference))
    return found


def _citation_support(claims: Sequence[ClaimVerdict]) -> RagFigure:
    citing = [c for c in claims if c.claim.cites or c.claim.unresolved]
    decided = [c for c in citing if c.citation is not None]
    hits = sum(c.citation == "supported" for c in decided)
    missing = len(citing) - len(decided)
    return figure("citation_support", hits, len(decided), missing, "cited claim")


def _precision(case: Case, known: Sequence[bool], missing: int) -> RagFigure:
    name = "context_precision"
    if case.reference is None:
        return RagFigure(name=name, value=None, reason="there is no reference")
    value = rank_precision(known)
    if missing:
        why = f"{missing} passages are undecided, and their ranks matter"
        return RagFigure(name=name, value=None, reason=why, n=len(known), undecided=missing)
    if not known:
        return RagFigure(name=name, value=None, reason="there is no passage")
    return RagFigure(name=name, value=value or 0.0, n=len(known))


def _noise(
    case: Case, claims: Sequence[ClaimVerdict], against: Sequence[ClaimVerdict]
) -> RagFigure:
    """Share of claims that the passages bear out and the reference does not: the passages misled.

    After Ragas' noise sensitivity: wrong claims that rest on what was retrieved, of all claims.
    """
    if case.reference is None:
        return RagFigure(name="noise_sensitivity", value=None, reason="there is no reference")
    right = {c.claim.id: c.mark for c in against}
    pairs = [(c.mark, right.get(c.claim.id)) for c in claims]
    decided = [(mark, truth) for mark, truth in pairs if mark is not None and truth is not None]
    misled = sum(mark == "supported" and truth != "supported" for mark, truth in decided)
    return figure("noise_sensitivity", misled, len(decided), len(pairs) - len(decided), "claim")


_FIGURE: dict[Measure, str] = {
    "faithfulness": "faithfulness",
    "citation_support": "citation_support",
    "context_relevance": "context_relevance",
    "context_precision": "context_precision",
    "context_recall": "context_recall",
    "noise_resistance": "noise_sensitivity",
}


def measured(
    criterion: Criterion, known: Mapping[str, RagFigure], basis: Sequence[CriterionVerdict]
) -> CriterionVerdict:
    """The decision on a criterion that is measured.

    A figure without anything to rest on is `not_applicable` and left out of the verdict. A gate
    that the undecided claims could still open or shut is undecided.

    Args:
        criterion: With a `measure`.
        known: The figures, by name.
        basis: The decisions on the claims or passages behind it, for its confidence.
    """
    assert criterion.measure is not None
    found = known.get(_FIGURE[criterion.measure])
    if found is None or (found.value is None and not found.undecided):
        why = "it was not measured" if found is None else found.reason
        return _open(criterion, Reason.NOT_APPLICABLE, why)
    if found.value is None:
        return _open(criterion, Reason.NO_QUORUM, found.reason)
    low, high = _bounds(criterion, found)
    if criterion.gate and criterion.passes(low) != criterion.passes(high):
        why = f"{found.undecided} undecided of {found.n + found.undecided} could turn it"
        return _open(criterion, Reason.NO_QUORUM, why)
    confidences = [d.confidence for d in basis if d.score is not None and d.confidence is not None]
    score = _on_scale(criterion, found.value)
    of = f"{found.n} decided" + (f", {found.undecided} undecided" if found.undecided else "")
    return CriterionVerdict(
        criterion=criterion.id,
        score=score,
        shown=criterion.scale.show(score),
        detail=of,
        confidence=min(confidences, default=None),
        decided_by=MEASURED,
    )


def _bounds(criterion: Criterion, found: RagFigure) -> tuple[float, float]:
    """The scores if all that is undecided came out worst, or best."""
    assert found.value is not None
    hits, total = found.value * found.n, found.n + found.undecided
    ends = (hits / total, (hits + found.undecided) / total)
    low, high = sorted(_on_scale(criterion, end) for end in ends)
    return low, high


def _on_scale(criterion: Criterion, value: float) -> float:
    if criterion.measure == "noise_resistance":
        value = 1 - value
    low, high = criterion.scale.bounds()
    return low + value * (high - low)


def _open(criterion: Criterion, reason: Reason, why: str) -> CriterionVerdict:
    return CriterionVerdict(criterion=criterion.id, reason=reason, detail=why, decided_by=MEASURED)
