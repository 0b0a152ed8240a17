"""Runs of dikast itself: the standing ballots of a run file that judges or compares.

So that runs of several panels over the same cases can be held together, or one be read by the
commands for imported judgements. Of each seat the ballots of the round that its vote stands from
are taken; a reserve's ballots count for the seat, and those it replaced are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from dikast.errors import InputError
from dikast.records.imports._contract import (
    BallotRecord,
    CaseRecord,
    Choice,
    Importer,
    Record,
    Side,
)
from dikast.records.labels import RawLabel
from dikast.records.runfile import RunFile
from dikast.records.tables import TEXT_ABSENT
from dikast.types import REPLACED, Ballot, Case, PanelSpec, Verdict


class _Runs:
    """The importer of run files."""

    name = "dikast"
    needs: tuple[frozenset[str], ...] = ()
    words: Mapping[str, str] = {}

    def records(self, path: Path, choice: Choice) -> Iterator[Record]:
        """Read a run file; see `Importer.records`."""
        with RunFile.open(path, readonly=True) as run:
            panel = run.identity.panel
            if panel is None or run.identity.kind == "rank":
                what = "ranks" if panel is not None else "lost its panel"
                raise InputError(f"the run {what}, so it has no ballots to read.", path=str(path))
            for number, verdict in enumerate(run.verdicts(), 1):
                case = run.case(verdict.case_id)
                if case is not None:
                    ballots = tuple(_ballots(verdict, case, panel, choice))
                    yield Record(_case(case), ballots, str(path), number)


def _case(case: Case) -> CaseRecord:
    labels: dict[str, RawLabel] = {
        name: value
        for name, value in case.labels.items()
        if isinstance(value, str | int | float | bool)
    }
    return CaseRecord(
        id=case.id,
        sides=tuple(
            Side(c.id, None if c.metadata.get(TEXT_ABSENT) else c.text, c.model)
            for c in case.candidates
        ),
        question=case.question,
        reference=case.reference,
        labels=labels,
        metadata=case.metadata,
    )


def _ballots(
    verdict: Verdict, case: Case, panel: PanelSpec, choice: Choice
) -> Iterator[BallotRecord]:
    seats = {judge.name: judge for judge in panel.judges}
    stands = {(v.seat, v.criterion): v.round for v in verdict.transcript.standings}
    canonical = tuple(candidate.id for candidate in case.candidates)
    for ballot in verdict.transcript.ballots:
        place = (ballot.seat, ballot.criterion)
        replaced = any(flag.startswith(REPLACED) for flag in ballot.flags)
        if replaced or ballot.seat not in seats or stands.get(place, 0) != ballot.round:
            continue
        yield _ballot(ballot, panel, choice, model=seats[ballot.seat].model, canonical=canonical)


def _ballot(
    ballot: Ballot, panel: PanelSpec, choice: Choice, *, model: str, canonical: tuple[str, ...]
) -> BallotRecord:
    return BallotRecord(
        judge=choice.judge or ballot.seat,
        scale=panel.rubric.criterion(ballot.criterion).scale,
        score=ballot.score,
        abstention=ballot.abstention,
        criterion=ballot.criterion,
        model=ballot.model or model,
        swapped=len(ballot.presentation) > 1 and ballot.presentation != canonical,
        sample=ballot.sample,
        confidence=ballot.stated_confidence,
        raw=ballot.raw,
        rationale=ballot.rationale,
        flags=ballot.flags,
    )


IMPORT: Importer = _Runs()
