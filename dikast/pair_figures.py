"""Judges of pairs in a run: order consistency, pull of the first slot, accuracy against labels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from dikast.agents.persons import own_verdict
from dikast.agents.standing import counts
from dikast.records.runfile import RunFile
from dikast.stats.estimate import Estimate
from dikast.stats.intervals import wilson
from dikast.stats.order_scores import (
    Shown,
    consistent_accuracy,
    first_position_rate,
    judgebench,
    mmrb2,
    order_consistency,
)
from dikast.stats.orders import Choice, choice_of
from dikast.types import Case, Verdict, compared


def label_of(case: Case) -> Choice:
    """What people preferred, from `labels["preferred"]`; `abstain` where nothing usable stands.

    A candidate's id, `first`/`second`, `a`/`b` (`A`/`B`), or `tie`. An id wins over the words.
    """
    given = case.labels.get("preferred")
    if not isinstance(given, str):
        return "abstain"
    ids = [candidate.id for candidate in case.candidates[:2]]
    if given in ids:
        return "a" if given == ids[0] else "b"
    words: dict[str, Choice] = {"first": "a", "second": "b", "a": "a", "b": "b", "tie": "tie"}
    return words.get(given.strip().casefold(), "abstain")


def shown_by_seat(verdict: Verdict, label: Choice) -> dict[str, Shown]:
    """Each seat's two private answers on a pair, over all criteria, with the label."""
    first, second = verdict.candidates[:2]
    sums: dict[str, dict[str, list[float | None]]] = {}
    for ballot in verdict.transcript.ballots:
        if ballot.round == 0 and ballot.sample == 0 and counts(ballot):
            seat = sums.setdefault(ballot.seat, {first: [], second: []})
            seat[ballot.presentation[0]].append(ballot.score)
    return {
        seat: Shown(_summed(votes[first]), _summed(votes[second]), label)
        for seat, votes in sorted(sums.items())
    }


def _summed(votes: Sequence[float | None]) -> Choice:
    if not votes or None in votes:
        return "abstain"
    return choice_of(math.fsum(vote for vote in votes if vote is not None))


class JudgeFigures(NamedTuple):
    """How one seat judged pairs in its private votes."""

    consistency: Estimate
    """Share of pairs whose two orders agreed."""
    first_rate: Estimate
    """Share of decisive votes for the slot shown first; 0.5 is unbiased."""
    judgebench: Estimate
    mmrb2: Estimate
    consistent_accuracy: Estimate


def judge_figures(run: RunFile) -> dict[str, JudgeFigures]:
    """Order consistency, position and accuracy of every seat of a run that compares."""
    rows: dict[str, list[Shown]] = {}
    for verdict in run.verdicts():
        case = run.case(verdict.case_id)
        label = "abstain" if case is None else label_of(case)
        for seat, shown in shown_by_seat(verdict, label).items():
            rows.setdefault(seat, []).append(shown)
    return {
        seat: JudgeFigures(
            order_consistency((row.forward, row.swapped) for row in rows[seat]),
            first_position_rate((row.forward, row.swapped) for row in rows[seat]),
            judgebench(rows[seat]),
            mmrb2(rows[seat]),
            consistent_accuracy(rows[seat]),
        )
        for seat in sorted(rows)
    }


def _panel_choice(verdict: Verdict) -> Choice:
    """The panel's outcome with the case's first candidate as `a`."""
    found = compared(verdict)
    words: dict[str | None, Choice] = {"first": "a", "second": "b", "tie": "tie"}
    return words.get(found.preferred, "abstain")


def panel_accuracy(run: RunFile) -> Estimate:
    """Share of labelled pairs on which the panel's outcome is the label; undecided is not right.

    It is the panel's own outcome that counts: what people decided later is none of its merit.
    """
    right = labelled = unlabelled = 0
    for verdict in run.verdicts():
        case = run.case(verdict.case_id)
        label = "abstain" if case is None else label_of(case)
        if label == "abstain":
            unlabelled += 1
            continue
        labelled += 1
        right += _panel_choice(own_verdict(verdict)) == label
    return wilson(right, labelled, nulls=unlabelled)
