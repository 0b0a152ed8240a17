"""What people's answers make of a verdict. Pure: from the panel's own verdict and all answers.

A person's decision stands above the panel's. Several people decide together where they agree, as
judges would: equal labels, or numbers within the panel's tolerance, of which the mean is taken.
Where they differ the criterion is open, until somebody changes an answer or gives a final one.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from dikast.agents.aggregator import conclude
from dikast.agents.gates import barred, reach, reopened
from dikast.agents.tally import dissents, near
from dikast.errors import InputError
from dikast.types import (
    MEASURED,
    PANEL,
    Adjudication,
    Criterion,
    CriterionVerdict,
    PanelSpec,
    PersonAnswer,
    Reason,
    Rubric,
    Scale,
    Standing,
    Transcript,
    Verdict,
)


def undecided(verdict: Verdict, rubric: Rubric) -> tuple[str, ...]:
    """Criteria that a person could settle: reached, and without a score.

    What no judge found applicable counts only if the whole verdict came to nothing by it.
    """
    behind = set(reopened(rubric, verdict.criteria))
    idle = verdict.reason is Reason.NOT_APPLICABLE
    return tuple(
        d.criterion
        for d in verdict.criteria
        if d.criterion in behind
        or (
            d.reason is not None
            and d.reason is not Reason.NOT_REACHED
            and (idle or d.reason is not Reason.NOT_APPLICABLE)
        )
    )


def answerable(verdict: Verdict, rubric: Rubric) -> tuple[str, ...]:
    """Criteria on which a person may answer: all but those not reached, and what was measured."""
    behind = set(reopened(rubric, verdict.criteria))
    return tuple(
        d.criterion
        for d in verdict.criteria
        if (d.reason is not Reason.NOT_REACHED or d.criterion in behind)
        and d.decided_by != MEASURED
    )


def together(scores: Sequence[float], scale: Scale, tolerance: float) -> float | None:
    """What several people's scores come to.

    Args:
        scores: One per person; at least one.
        scale: The criterion's scale.
        tolerance: Share of the scale within which numbers agree.

    Returns:
        The label they share, or the mean of numbers that agree; None if they differ.

    Examples:
        >>> from dikast.types import IntegerScale, YesNoScale
        >>> together([4, 5], IntegerScale(), 0.25), together([1, 5], IntegerScale(), 0.25)
        (4.5, None)
        >>> together([1, 0], YesNoScale(), 0.25) is None
        True
    """
    if not near(max(scores), min(scores), scale, tolerance):
        return None
    return math.fsum(scores) / len(scores)


def answered(verdict: Verdict, answers: Iterable[PersonAnswer], spec: PanelSpec) -> Verdict:
    """The verdict under these answers, which take the place of all earlier ones.

    Nothing but the panel's own verdict and the set of answers matters: the order in which people
    answered changes nothing, and without answers the panel's own verdict is back.

    Args:
        verdict: A verdict of the panel, with or without answers.
        answers: All answers on the case, one per person and criterion.
        spec: The panel.

    Returns:
        The verdict: criteria that people settled are decided by them, those on which they differ
        are open (`persons_differ`), and what a gate that they failed bars is not reached.
    """
    told = tuple(sorted(answers, key=lambda a: (a.criterion, a.by)))
    proposal = own_verdict(verdict)
    back = proposal.model_copy(update={"transcript": verdict.transcript})
    if not told:
        return back
    own = {decision.criterion: decision for decision in proposal.criteria}
    known: dict[str, CriterionVerdict] = {}
    for criterion in spec.rubric.criteria:
        if criterion.id not in own:
            continue
        known[criterion.id] = _decision(
            criterion,
            own[criterion.id],
            [answer for answer in told if answer.criterion == criterion.id],
            known,
            verdict.transcript.standings,
            spec,
        )
    concluded = conclude(back.model_copy(update={"criteria": tuple(known.values())}), spec)
    record = Adjudication(answers=told, proposal=proposal)
    return concluded.model_copy(update={"adjudication": record})


def own_verdict(verdict: Verdict) -> Verdict:
    """The panel's own verdict, before anybody answered, without its transcript."""
    if verdict.adjudication is not None:
        return verdict.adjudication.proposal
    return verdict.model_copy(update={"transcript": Transcript()})


def check_name(by: str, spec: PanelSpec) -> str:
    """The name of a person, fit to stand in `decided_by`.

    Raises:
        InputError: It is empty, too long, no printable text, or the name of somebody else there.
    """
    name = " ".join(by.split())
    seats = {judge.name for judge in (*spec.judges, *spec.reserves)}
    if spec.escalation is not None:
        seats.add(spec.escalation.name)
    if not name or len(name) > 100 or not name.isprintable():
        raise InputError(
            "a person needs a name of 1 to 100 printable characters.", hint="Give it with --by."
        )
    if name in {PANEL, MEASURED, *seats}:
        raise InputError(
            f"`{name}` is no name for a person here: the panel has a judge or a word of that name.",
            hint="Choose another name with --by.",
        )
    return name


def _decision(
    criterion: Criterion,
    own: CriterionVerdict,
    answers: Sequence[PersonAnswer],
    known: dict[str, CriterionVerdict],
    standings: Sequence[Standing],
    spec: PanelSpec,
) -> CriterionVerdict:
    found = reach(criterion, spec.rubric, known)
    if found.state == "barred" and own.decided_by != MEASURED:
        return (
            own
            if own.reason is Reason.NOT_REACHED and not answers
            else barred(criterion, found.why)
        )
    if not answers:
        return own
    counting = [answer for answer in answers if answer.final] or list(answers)
    score = together(
        [answer.score for answer in counting], criterion.scale, spec.protocol.tolerance
    )
    fields = {**dict(own), "interval": None}
    if score is None:
        said = "; ".join(f"{answer.by}: {answer.shown}" for answer in counting)
        fields |= {
            "score": None,
            "shown": "",
            "reason": Reason.PERSONS_DIFFER,
            "detail": f"people differ ({said}); {held(own)}",
        }
        return CriterionVerdict.model_validate(fields)
    by = ", ".join(answer.by for answer in counting)
    reasons = "; ".join(answer.reason for answer in counting if answer.reason)
    votes = [vote for vote in standings if vote.criterion == criterion.id]
    fields |= {
        "score": score,
        "shown": criterion.scale.show(score),
        "reason": None,
        "detail": f"decided by {by}" + f" ({reasons})" * bool(reasons) + f"; {held(own)}",
        "decided_by": by,
        "dissents": dissents(criterion, votes, score, spec.protocol.tolerance),
    }
    return CriterionVerdict.model_validate(fields)


def held(own: CriterionVerdict) -> str:
    """What the panel held on a criterion, in words.

    Examples:
        >>> held(CriterionVerdict(criterion="c", score=4, shown="4"))
        'the panel held 4'
        >>> held(CriterionVerdict(criterion="c", reason="tie", detail="the vote is tied"))
        'the panel was undecided: the vote is tied'
    """
    if own.score is not None:
        by = "the panel" if own.decided_by == PANEL else own.decided_by
        return f"{by} held {own.shown}"
    return f"the panel was undecided: {own.detail or str(own.reason).replace('_', ' ')}"
