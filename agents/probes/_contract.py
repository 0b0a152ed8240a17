"""The contract of a probe, and what probes share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dikast.types import Case, Rubric

Target = str
"""Id of the candidate that the change is made to: of a pair, the one that was not preferred."""


def _same_rubric(rubric: Rubric) -> Rubric | None:
    return rubric


@dataclass(frozen=True, kw_only=True)
class Probe:
    """A change that should not matter.

    Examples:
        >>> from dikast.types import Candidate
        >>> shout = Probe(title="capitals", change=lambda case, target: with_text(
        ...     case, target, case.candidate(target).text.upper()))
        >>> case = Case(id="c", candidates=(Candidate(text="In Paris."),))
        >>> shout.change(case, "response").response.text
        'IN PARIS.'
    """

    title: str
    """What is changed, in a few words, for reports."""
    change: Callable[[Case, Target], Case | None]
    """The changed copy; None where the change cannot be made to this case."""
    rubric: Callable[[Rubric], Rubric | None] = _same_rubric
    """The rubric that copies are judged by; None where the change cannot be made to it."""
    favours: bool = False
    """Whether the change is an appeal for the target: then verdicts that move toward it count
    apart from those that move away."""


def with_text(case: Case, target: Target, text: str) -> Case:
    """The case with another text for one candidate; everything else as it was."""
    candidates = tuple(
        c.model_copy(update={"text": text}) if c.id == target else c for c in case.candidates
    )
    return case.model_copy(update={"candidates": candidates})


def appended(sentence: str) -> Callable[[Case, Target], Case | None]:
    """A change that adds a sentence after the target's text; none is made to an empty text."""

    def change(case: Case, target: Target) -> Case | None:
        text = case.candidate(target).text
        return with_text(case, target, f"{text.rstrip()}\n\n{sentence}") if text.strip() else None

    return change


def prefixed(sentence: str) -> Callable[[Case, Target], Case | None]:
    """A change that puts a sentence before the target's text; none is made to an empty text."""

    def change(case: Case, target: Target) -> Case | None:
        text = case.candidate(target).text
        return with_text(case, target, f"{sentence}\n\n{text.lstrip()}") if text.strip() else None

    return change
