"""The ballots of a run as columns, with labels, for audits, fitted rules and calibration.

    with RunFile.open("run.dikast", readonly=True) as run:
        table = table_of_run(run)
        table = with_labels(table, read_labels("labels.csv"), candidates=candidates_of(run))

What labels may be is described in `dikast.records.labels`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from dikast import registry
from dikast.errors import InputError
from dikast.families import family_of
from dikast.records.ballot_files import importer
from dikast.records.differences import describe
from dikast.records.labels import (
    Labels,
    Overlap,
    label_on,
    overlap,
    own_labels,
    rater_table,
    read_labels,
    with_labels,
)
from dikast.records.reader import RECORDED, RunReader
from dikast.records.rows import BallotRow
from dikast.stats.ballot_table import BallotTable
from dikast.types import Candidate, Case, OffScale, PanelSpec, Scale

__all__ = [
    "Labels",
    "Overlap",
    "candidates_of",
    "families_of",
    "label_on",
    "labels_of_file",
    "overlap",
    "rater_table",
    "read_labels",
    "table_of_run",
    "with_labels",
]

Which = Literal["standing", "first"]

TEXT_ABSENT = "text_absent"
"""Note of a candidate whose text is not known: its length is then unknown too, not 0."""

_QUESTION = ("question_id", "prompt_id")
"""Notes of a case that name its question."""


def table_of_run(
    run: RunReader, *, ballots: Which = "standing", labels: bool = True
) -> BallotTable:
    """The ballots of a run that judges or compares, and the labels its cases carry.

    Judges are the seats of the panel: a reserve's ballots count for its seat, and those it
    replaced never count. Ballots of a stronger judge that was called in are left out, like cases
    without a verdict. A case's label on a criterion stands in its `labels` under the criterion's
    name or, where there is only one criterion, under `preferred`, `label` or `overall`.

    Args:
        run: An open run file.
        ballots: `standing` takes of each seat the round its vote stands from (its latest vote);
            `first` takes the private first round.
        labels: Whether to take the cases' own labels; without, the table has none.

    Raises:
        InputError: The run ranks (it keeps folded outcomes, not ballots) or lost its panel, holds
            no ballot, or a label is not on its criterion's scale.
    """
    panel, path = run.identity.panel, str(run.path)
    if run.identity.kind == "rank":
        raise InputError(
            "the run ranks: it keeps what each judge holds of a pair, not its ballots.",
            hint="Judge the pairs by `dikast compare` to audit judges.",
            path=path,
        )
    if panel is None:
        raise InputError("the run file lost its panel, so its scales are unknown.", path=path)
    pairs = run.identity.kind == "compare"
    known = _read_cases(run, panel, labels=labels)
    columns = _columns(run.ballots(), panel, known.candidates)
    keep = columns.standing(panel, pairs=pairs) if ballots == "standing" else columns.first()
    if not keep:
        raise InputError("there is no ballot in this run file.", path=path)
    met = sorted({columns.case[row] for row in keep})
    try:
        return columns.table(
            keep,
            scales={c.id: c.scale for c in panel.rubric.criteria},
            pairs=pairs,
            cases=met,
            known=known,
            families=families_of(panel, (known.systems[name] for name in met)),
        )
    except ValueError as error:
        raise InputError(f"{error}.", path=path) from None


def candidates_of(run: RunReader) -> dict[str, tuple[str, ...]]:
    """Ids of the candidates by case, in canonical order."""
    return {case.id: tuple(c.id for c in case.candidates) for case in run.cases()}


def families_of(panel: PanelSpec, systems: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Who made the seats' models and the systems under judgement, as far as names tell."""
    found: dict[str, str] = {}
    for system in {name for pair in systems for name in pair if name}:
        if family := family_of(system):
            found[system] = family
    for judge in panel.judges:
        family = judge.family or (None if judge.embedded else family_of(judge.model))
        if family:
            found[judge.name] = family
    return found


def labels_of_file(run: RunReader, path: str | Path) -> Labels:
    """The labels of a file, in the words of the program whose judgements a run was made of.

    Raises:
        InputError: As for `read_labels`.
    """
    note = run.notes.get(RECORDED)
    name = note.get("format") if isinstance(note, dict) else None
    known = isinstance(name, str) and name in registry.names("imports")
    return read_labels(path, words=importer(str(name)).words if known else None)


class _Known(NamedTuple):
    """What the cases of a run tell beside its ballots, by case."""

    candidates: dict[str, tuple[str, ...]]
    truth: dict[str, dict[str, float]]
    questions: dict[str, str]
    systems: dict[str, tuple[str, str]]
    lengths: dict[str, tuple[float, float]]


def _read_cases(run: RunReader, panel: PanelSpec, *, labels: bool) -> _Known:
    known = _Known({}, {}, {}, {}, {})
    criteria = [criterion.id for criterion in panel.rubric.criteria]
    scales: list[Scale] = [criterion.scale for criterion in panel.rubric.criteria]
    for case in run.cases():
        ids = tuple(candidate.id for candidate in case.candidates)
        known.candidates[case.id] = ids
        known.questions[case.id] = question_of_case(case)
        first, *rest = case.candidates[:2]
        second = rest[0] if rest else None
        known.systems[case.id] = (first.model or "", (second and second.model) or "")
        known.lengths[case.id] = (_length(first), _length(second))
        if labels:
            try:
                known.truth[case.id] = own_labels(case.labels, criteria, scales, ids)
            except OffScale as error:
                raise InputError(
                    f"case {describe(case.id)}: {error}.",
                    hint="Give the labels in a file of their own instead.",
                    path=str(run.path),
                ) from None
    return known


def _length(candidate: Candidate | None) -> float:
    if candidate is None or candidate.metadata.get(TEXT_ABSENT):
        return float("nan")
    return float(len(candidate.text))


def question_of_case(case: Case) -> str:
    """What tells that two cases ask the same; the case's own id where nothing does."""
    for key in _QUESTION:
        note = case.metadata.get(key)
        if isinstance(note, str | int) and not isinstance(note, bool) and note != "":
            return str(note)
    asked = "\n".join(message.content for message in case.messages)
    return "\n".join(filter(None, (asked, case.question))) or case.id


@dataclass
class _Columns:
    """Ballots of seats, one list per column."""

    case: list[str]
    seat: list[str]
    criterion: list[str]
    round: list[int]
    swapped: list[bool]
    sample: list[int]
    score: list[float | None]
    confidence: list[float | None]
    replaced: list[bool]

    def first(self) -> list[int]:
        """The ballots of the private round that count."""
        return [i for i, n in enumerate(self.round) if not n and not self.replaced[i]]

    def standing(self, panel: PanelSpec, *, pairs: bool) -> list[int]:
        """The ballots of the round that each seat's vote stands from.

        As the aggregator has it (`dikast.agents.standing`): the latest round that makes a vote;
        where none does, the first.
        """
        if not any(self.round):
            return self.first()
        groups: defaultdict[tuple[str, str, str], defaultdict[int, list[int]]]
        groups = defaultdict(lambda: defaultdict(list))
        for i, place in enumerate(zip(self.case, self.seat, self.criterion, strict=True)):
            if not self.replaced[i]:
                groups[place][self.round[i]].append(i)
        keep: list[int] = []
        for (_, _, criterion), rounds in groups.items():
            scale = panel.rubric.criterion(criterion).scale
            need = 2 if pairs and panel.protocol.fold == "strict" else 1
            later = sorted(rounds, reverse=True)
            voted = (n for n in later if self._votes(rounds[n], labelled=scale.labelled) >= need)
            keep += rounds[next(voted, later[-1])]
        return keep

    def _votes(self, rows: Sequence[int], *, labelled: bool) -> int:
        """In how many orders the samples of these ballots make a vote."""
        orders: defaultdict[bool, list[float]] = defaultdict(list)
        for row in rows:
            score = self.score[row]
            if score is not None:
                orders[self.swapped[row]].append(score)
        if not labelled:
            return len(orders)
        leads = (Counter(scores).most_common(2) for scores in orders.values())
        return sum(len(lead) == 1 or lead[0][1] > lead[1][1] for lead in leads)

    def table(
        self,
        keep: Sequence[int],
        *,
        scales: Mapping[str, Scale],
        pairs: bool,
        cases: Sequence[str],
        known: _Known,
        families: Mapping[str, str],
    ) -> BallotTable:
        """These ballots as a table."""
        truth = [[known.truth.get(n, {}).get(c, np.nan) for c in sorted(scales)] for n in cases]
        return BallotTable.from_columns(
            case=[self.case[i] for i in keep],
            judge=[self.seat[i] for i in keep],
            criterion=[self.criterion[i] for i in keep],
            swapped=np.array([self.swapped[i] for i in keep], dtype=bool),
            sample=np.array([self.sample[i] for i in keep], dtype=np.int64),
            score=np.array([self.score[i] for i in keep], dtype=float),
            confidence=np.array([self.confidence[i] for i in keep], dtype=float),
            scales=scales,
            pairs=pairs,
            cases=cases,
            truth=np.array(truth, dtype=float).reshape(len(cases), len(scales)),
            questions=[known.questions[n] for n in cases],
            systems=[known.systems[n] for n in cases],
            lengths=np.array([known.lengths[n] for n in cases], dtype=float).reshape(-1, 2),
            families=families,
        )


def _columns(
    found: Iterable[BallotRow], panel: PanelSpec, candidates: Mapping[str, tuple[str, ...]]
) -> _Columns:
    """Ballots of the panel's seats on its criteria, with those marked that a reserve replaced."""
    seats = {judge.name for judge in panel.judges}
    criteria = {criterion.id for criterion in panel.rubric.criteria}
    columns = _Columns([], [], [], [], [], [], [], [], [])
    helped: set[tuple[str, str, str, int]] = set()
    own: list[bool] = []
    for row in found:
        if row.seat not in seats or row.criterion not in criteria:
            continue
        columns.case.append(row.case_id)
        columns.seat.append(row.seat)
        columns.criterion.append(row.criterion)
        columns.round.append(row.round)
        shown = row.presentation
        columns.swapped.append(len(shown) > 1 and shown != candidates[row.case_id])
        columns.sample.append(row.sample)
        columns.score.append(row.score)
        columns.confidence.append(row.stated_confidence)
        own.append(row.judge == row.seat)
        if row.judge != row.seat:
            helped.add((row.case_id, row.seat, row.criterion, row.round))
    # A reserve votes on a criterion in all orders, and then every ballot of the seat's own judge
    # on it is void (`dikast.graphs.hearing`): who voted tells it, as the flags do.
    places = zip(columns.case, columns.seat, columns.criterion, columns.round, strict=True)
    columns.replaced = [mine and place in helped for mine, place in zip(own, places, strict=True)]
    return columns
