"""Answers into verdicts: one at a time as they are given, or a whole work sheet at once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from dikast.agents.persons import answered
from dikast.types import PanelSpec, PersonAnswer, Verdict


def now() -> str:
    """The wall clock in UTC, for the record only."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def given(verdict: Verdict) -> tuple[PersonAnswer, ...]:
    """What people answered on a case so far."""
    return () if verdict.adjudication is None else verdict.adjudication.answers


def answer_of(verdict: Verdict, by: str, criterion: str) -> PersonAnswer | None:
    """One person's answer on a criterion; None if there is none."""
    for answer in given(verdict):
        if (answer.by, answer.criterion) == (by, criterion):
            return answer
    return None


def with_answers(verdict: Verdict, new: Iterable[PersonAnswer], spec: PanelSpec) -> Verdict:
    """The verdict with further answers; those of the same person and criterion are replaced."""
    told = {(answer.by, answer.criterion): answer for answer in (*given(verdict), *new)}
    return answered(verdict, told.values(), spec)


def without_answer(verdict: Verdict, by: str, criterion: str, spec: PanelSpec) -> Verdict:
    """The verdict as if this person had not answered on this criterion."""
    left = [a for a in given(verdict) if (a.by, a.criterion) != (by, criterion)]
    return answered(verdict, left, spec)
