"""Adjudication: a stronger judge or a human decides what the panel could not."""

from __future__ import annotations

from collections.abc import Mapping

from dikast.agents.aggregator import conclude
from dikast.agents.gates import reopened
from dikast.agents.persons import answered
from dikast.errors import InputError
from dikast.types import (
    CriterionVerdict,
    OffScale,
    PanelSpec,
    PersonAnswer,
    RawScore,
    Reason,
    Rubric,
    Standing,
    Verdict,
)

OPEN = frozenset({Reason.LOW_CONFIDENCE, Reason.TIE, Reason.PERSONS_DIFFER})
"""What adjudication may settle. A missing quorum is a failure, and it stays one."""


def open_criteria(verdict: Verdict, rubric: Rubric | None = None) -> tuple[str, ...]:
    """Ids of the criteria that wait for adjudication.

    Args:
        verdict: The verdict.
        rubric: Its rubric, so that criteria count whose gate was decided since the hearing.
    """
    behind = set() if rubric is None else set(reopened(rubric, verdict.criteria))
    return tuple(d.criterion for d in verdict.criteria if d.reason in OPEN or d.criterion in behind)


def decide_by(
    verdict: Verdict, scores: Mapping[str, float], spec: PanelSpec, *, by: str
) -> Verdict:
    """Settle open criteria by somebody else's scores.

    Confidence stays the panel's own: the share of its votes within tolerance of its leaning.

    Args:
        verdict: A verdict with open criteria.
        scores: Scores by criterion id, on the criterion's scale.
        spec: The panel.
        by: Who decided.

    Returns:
        The verdict with those criteria decided; others are left as they are.
    """
    waiting = open_criteria(verdict, spec.rubric)
    decisions = tuple(
        _settled(decision, scores[decision.criterion], spec, by)
        if decision.criterion in scores and decision.criterion in waiting
        else decision
        for decision in verdict.criteria
    )
    return conclude(verdict.model_copy(update={"criteria": decisions}), spec)


def _settled(
    decision: CriterionVerdict, score: float, spec: PanelSpec, by: str
) -> CriterionVerdict:
    shown = spec.rubric.criterion(decision.criterion).scale.show(score)
    return CriterionVerdict.model_validate(
        {
            **dict(decision),
            "score": score,
            "shown": shown,
            "reason": None,
            "detail": f"decided by {by}; the panel was {decision.detail or decision.reason}",
            "decided_by": by,
        }
    )


def decide_by_judge(verdict: Verdict, standing: list[Standing], spec: PanelSpec) -> Verdict:
    """Settle open criteria by a stronger judge's standing votes; its abstentions settle nothing."""
    scores = {vote.criterion: vote.score for vote in standing if vote.score is not None}
    by = standing[0].seat if standing else ""
    return decide_by(verdict, scores, spec, by=by)


def decide_by_person(
    verdict: Verdict,
    answers: Mapping[str, RawScore],
    spec: PanelSpec,
    *,
    by: str = "human",
    reason: str = "",
    at: str = "",
    blind: bool = False,
) -> Verdict:
    """Settle open criteria by a person's answers, which the verdict records.

    Args:
        verdict: A verdict with open criteria.
        answers: Raw answers by criterion id, as the scale takes them (`4`, `"yes"`).
        spec: The panel.
        by: Name or role of the person.
        reason: Why, in the person's words.
        at: Wall time of the answer, UTC, ISO 8601; empty if not told.
        blind: Whether the person had not seen what the panel held.

    Raises:
        InputError: A criterion is not open, or an answer is not on its scale.
    """
    waiting = open_criteria(verdict, spec.rubric)
    given = () if verdict.adjudication is None else verdict.adjudication.answers
    told = {(answer.by, answer.criterion): answer for answer in given}
    for name, raw in answers.items():
        if name not in waiting:
            raise InputError(
                f"criterion `{name}` of case `{verdict.case_id}` does not wait for adjudication.",
                hint="Open: " + (", ".join(f"`{w}`" for w in waiting) or "none") + ".",
            )
        scale = spec.rubric.criterion(name).scale
        try:
            score = scale.accept(raw)
        except OffScale as error:
            raise InputError(f"criterion `{name}`: {error}.", hint=scale.describe()) from None
        told[by, name] = PersonAnswer(
            by=by,
            criterion=name,
            score=score,
            shown=scale.show(score),
            reason=reason,
            at=at,
            blind=blind,
            picked="awaiting",
        )
    return answered(verdict, told.values(), spec)
