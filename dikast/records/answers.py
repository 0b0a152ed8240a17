"""People's answers in a run file as labels: for calibrating, auditing, and for other tools.

A case is labelled on a criterion once people settled it there. Where they differ there is no
label: such a disagreement is open, and a mean of it would be nobody's view.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from dikast.errors import InputError
from dikast.records.labels import LabelRow, Labels, RawLabel
from dikast.records.reader import RunReader
from dikast.records.tables import labels_of_file
from dikast.types import (
    CriterionVerdict,
    OrdinalScale,
    PanelSpec,
    PersonAnswer,
    PreferenceScale,
    Reason,
    Scale,
    Verdict,
)

ADJUDICATED = Path("adjudicated")
"""What `--labels` says for the answers in the run itself."""


class Settled(NamedTuple):
    """What people decided on one criterion of a case."""

    verdict: Verdict
    decision: CriterionVerdict
    answers: tuple[PersonAnswer, ...]
    """All of them, those that a final answer overruled included."""


def settled(verdict: Verdict) -> Iterator[Settled]:
    """The criteria of a verdict that people decided."""
    if verdict.adjudication is None:
        return
    for decision in verdict.criteria:
        own = tuple(a for a in verdict.adjudication.answers if a.criterion == decision.criterion)
        if own and decision.score is not None:
            yield Settled(verdict, decision, own)


def settled_places(run: RunReader) -> frozenset[tuple[str, str]]:
    """Cases and criteria of a run that people decided."""
    return frozenset(
        (verdict.case_id, found.decision.criterion)
        for verdict in run.verdicts()
        for found in settled(verdict)
    )


def labels_for(run: RunReader, labels: Path) -> Labels:
    """The labels of a file, or those that people gave in the run itself (`adjudicated`).

    Raises:
        InputError: The file cannot be read, or nobody has answered anything in the run.
    """
    return labels_of_answers(run) if labels == ADJUDICATED else labels_of_file(run, labels)


def labels_of_answers(run: RunReader) -> Labels:
    """What people settled in a run, as labels.

    Raises:
        InputError: Nobody has settled anything, or the run lost its panel.
    """
    panel = run.identity.panel
    if panel is None:
        raise InputError("the run file lost its panel.", path=str(run.path))
    rows = tuple(
        LabelRow(
            verdict.case_id,
            found.decision.criterion,
            _raw(panel.rubric.criterion(found.decision.criterion).scale, found.decision.score or 0),
            None,
            0,
        )
        for verdict in run.verdicts()
        for found in settled(verdict)
    )
    if not rows:
        raise InputError(
            "no person has settled a case of this run.",
            hint=f"Answer some first: dikast adjudicate {run.path.name}",
            path=str(run.path),
        )
    return Labels(f"{run.path} (answers of people)", rows)


def _raw(scale: Scale, score: float) -> RawLabel:
    """A score as a label that `label_on` reads as the same score."""
    return scale.show(score) if isinstance(scale, OrdinalScale) else score


def written(scale: Scale, score: float, names: tuple[str, ...]) -> RawLabel:
    """A score as a label that a person reads in a file, and `label_on` as the same score.

    Args:
        scale: The criterion's scale.
        score: On it.
        names: Ids of a pair's candidates, first and second.

    Examples:
        >>> from dikast.types import IntegerScale, YesNoScale
        >>> written(YesNoScale(), 1.0, ()), written(IntegerScale(), 4.0, ())
        ('yes', 4)
        >>> [written(PreferenceScale(), score, ("x", "y")) for score in (-1.0, 0.0)]
        ['y', 'tie']
    """
    if isinstance(scale, PreferenceScale):
        if abs(score) == 1:
            return names[0] if score > 0 else names[1]
        return score if score or "tie" in names else "tie"
    if scale.labelled:
        return scale.show(score)
    return int(score) if float(score).is_integer() else score


class Gathered(NamedTuple):
    """How many labels people's answers make, and what they can stand for."""

    cases: int
    labels: int
    people: tuple[str, ...]
    open: int
    """Criteria of cases on which people differ; they are no labels."""
    doubtful: int
    """Labels of cases that were picked for being doubtful, not drawn at random."""
    seen: int
    """Labels whose people had seen the panel's votes before they answered."""

    def told(self) -> list[str]:
        """The same in words, with what to beware of."""
        lines = [
            f"labels: {self.labels} on {self.cases} cases by {len(self.people)} "
            f"{'people' if len(self.people) != 1 else 'person'}"
            + f"; {self.open} left out, where people differ"
            * bool(self.open)
        ]
        if self.doubtful:
            lines.append(
                f"note: {self.doubtful} of them are of cases picked for being doubtful, so judges "
                "look worse on them than on all cases; draw some at random "
                "(adjudicate --sample N) before you trust figures for all"
            )
        if self.seen:
            lines.append(
                f"note: {self.seen} of them were given with the panel's votes in sight, which "
                "pulls answers towards them"
            )
        return lines


def gathered(run: RunReader) -> Gathered:
    """Count the labels that people's answers make."""
    cases: set[str] = set()
    people: set[str] = set()
    labels = open_ = doubtful = seen = 0
    for verdict in run.verdicts():
        open_ += sum(d.reason is Reason.PERSONS_DIFFER for d in verdict.criteria)
        for found in settled(verdict):
            cases.add(verdict.case_id)
            people |= {answer.by for answer in found.answers}
            labels += 1
            doubtful += not any(answer.picked == "sample" for answer in found.answers)
            seen += not all(answer.blind for answer in found.answers)
    return Gathered(len(cases), labels, tuple(sorted(people)), open_, doubtful, seen)


def label_rows(run: RunReader, panel: PanelSpec) -> Iterator[dict[str, RawLabel]]:
    """One row per case and criterion that people settled, as `read_labels` reads it."""
    for verdict in run.verdicts():
        for found in settled(verdict):
            decision = found.decision
            scale = panel.rubric.criterion(decision.criterion).scale
            assert decision.score is not None
            yield {
                "case": verdict.case_id,
                "criterion": decision.criterion,
                "label": written(scale, decision.score, verdict.candidates),
                "by": ", ".join(answer.by for answer in found.answers),
                "at": max(answer.at for answer in found.answers),
                "reason": "; ".join(a.reason for a in found.answers if a.reason),
                "blind": all(answer.blind for answer in found.answers),
                "picked": min(answer.picked for answer in found.answers),
                "panel": _held(verdict, decision.criterion),
            }


def answer_rows(run: RunReader, panel: PanelSpec) -> Iterator[dict[str, RawLabel]]:
    """One row per answer of a person, open and overruled ones included, with its `rater`."""
    for verdict in run.verdicts():
        for answer in () if verdict.adjudication is None else verdict.adjudication.answers:
            scale = panel.rubric.criterion(answer.criterion).scale
            yield {
                "case": verdict.case_id,
                "criterion": answer.criterion,
                "label": written(scale, answer.score, verdict.candidates),
                "rater": answer.by,
                "at": answer.at,
                "reason": answer.reason,
                "blind": answer.blind,
                "picked": answer.picked,
                "final": answer.final,
                "panel": _held(verdict, answer.criterion),
            }


def _held(verdict: Verdict, criterion: str) -> str:
    """What the panel itself held; empty if it was undecided."""
    assert verdict.adjudication is not None
    return verdict.adjudication.proposal.criterion(criterion).shown
