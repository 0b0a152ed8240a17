"""Recorded judgements in files, straight to a table of ballots; no run file is made.

    table = read_table("votes.parquet", scale=parse_scale("1..5"))

Plain files of the generic form are read by whole columns where pyarrow is installed
(`dikast.records.columnar`): a million ballots take seconds. Every other file, and every file in
which something is wrong, is read row by row, so that messages name the line.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from dikast import registry
from dikast.errors import InputError
from dikast.families import family_of
from dikast.records.imports._contract import CaseRecord, Choice, Importer, Record
from dikast.records.imports._merge import Held, Scales, merged, voted_twice
from dikast.records.imports._naming import criterion_names, seat_names
from dikast.records.labels import own_labels
from dikast.stats.ballot_table import BallotTable
from dikast.types import OffScale, Scale


def importer(name: str) -> Importer:
    """The importer of a format.

    Raises:
        ConfigError: There is none of this name.
    """
    found: Importer = registry.load("imports", name)
    return found


def read_table(
    path: str | Path | Sequence[str | Path],
    format: str = "generic",  # noqa: A002 - the word of the command line
    *,
    judge: str | None = None,
    scale: Scale | None = None,
    scales: Mapping[str, Scale] | None = None,
    columnar: bool = True,
) -> BallotTable:
    r"""Recorded judgements as a table.

    Args:
        path: A file, or several that belong together (such as one per judge).
        format: A name of `dikast list imports`.
        judge: Who judged, where the file names nobody.
        scale: Scale of every criterion that `scales` does not name.
        scales: Scales by criterion, under the names the file gives them.
        columnar: Whether a file of the generic form may be read by whole columns; the result is
            the same.

    Raises:
        InputError: A file is not of this format, a row is wrong (with its line), rows contradict
            each other, or a score is off its scale.
        ConfigError: There is no such format.

    Examples:
        >>> import tempfile
        >>> from dikast.types import YesNoScale
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     file = Path(folder, "votes.csv")
        ...     _ = file.write_text("case,judge,score,label\nc1,ann,yes,no\nc2,ann,no,no\n")
        ...     table = read_table(file, scale=YesNoScale())
        >>> table.score, table.truth.ravel()
        (array([1., 0.]), array([0., 0.]))
    """
    files = [Path(path)] if isinstance(path, str | Path) else [Path(one) for one in path]
    choice = Choice(judge, scale, scales or {})
    if format == "generic" and columnar and len(files) == 1:
        from dikast.records.columnar import read_columns

        if (table := read_columns(files[0], choice)) is not None:
            return table
    reader = importer(format)
    return table_of_records(one for file in files for one in reader.records(file, choice))


def table_of_records(records: Iterable[Record]) -> BallotTable:
    """A table from what an importer yields.

    Raises:
        InputError: Rows contradict each other, or there is none.
    """
    gathered = _Gathered()
    for record in records:
        gathered.take(record)
    return gathered.table()


class _Gathered:
    """Ballots as columns of codes, with what is known of their cases."""

    def __init__(self) -> None:
        self.scales = Scales()
        self.cases: dict[str, Held] = {}
        self.judges: dict[tuple[str, str], int] = {}
        self.models: dict[tuple[str, str], str] = {}
        self.criteria: dict[str, int] = {}
        self.case, self.judge, self.criterion = array("q"), array("q"), array("q")
        self.swapped, self.sample, self.line = array("b"), array("q"), array("q")
        self.score, self.confidence = array("d"), array("d")
        self._at: dict[str, int] = {}
        self._paths: list[tuple[int, str]] = []

    def take(self, record: Record) -> None:
        self.scales.take(record)
        slim = record._replace(case=_slim(record.case))
        name = slim.case.id
        self.cases[name] = merged(self.cases.get(name), slim)
        if not self._paths or self._paths[-1][1] != record.path:
            self._paths.append((len(self.line), record.path))
        for ballot in record.ballots:
            seat = (ballot.judge, ballot.strategy)
            self.case.append(self._at.setdefault(name, len(self._at)))
            self.judge.append(self.judges.setdefault(seat, len(self.judges)))
            self.criterion.append(self.criteria.setdefault(ballot.criterion, len(self.criteria)))
            self.swapped.append(ballot.swapped)
            self.sample.append(ballot.sample)
            self.score.append(np.nan if ballot.score is None else ballot.score)
            self.confidence.append(np.nan if ballot.confidence is None else ballot.confidence)
            self.line.append(record.line)
            if ballot.model:
                self.models[seat] = min(ballot.model, self.models.get(seat, ballot.model))

    def table(self) -> BallotTable:
        if not len(self.score):
            raise InputError("there is no ballot in this file.")
        seats = seat_names(self.judges)
        criteria = criterion_names(self.criteria)
        cases = sorted(self.cases)
        held = [self.cases[name].case for name in cases]
        scales = {criteria[c]: scale for c, scale in self.scales.by_criterion.items()}
        systems = [_systems(case) for case in held]
        try:
            return BallotTable.from_columns(
                case=np.array(list(self._at), dtype=object)[self.case],
                judge=np.array([seats[j] for j in self.judges], dtype=object)[self.judge],
                criterion=np.array([criteria[c] for c in self.criteria], dtype=object)[
                    self.criterion
                ],
                swapped=np.array(self.swapped, dtype=bool),
                sample=np.array(self.sample, dtype=np.int64),
                score=np.array(self.score, dtype=float),
                confidence=np.array(self.confidence, dtype=float),
                scales=scales,
                pairs=bool(self.scales.pairs),
                cases=cases,
                truth=self._truth(held, criteria),
                questions=[question_of(case) for case in held],
                systems=systems,
                lengths=np.array([_lengths(case) for case in held], dtype=float).reshape(-1, 2),
                families=families(
                    {seats[seat]: model for seat, model in self.models.items()}, systems
                ),
            )
        except ValueError:
            raise self._twice(seats) from None

    def _truth(self, held: Sequence[CaseRecord], criteria: Mapping[str, str]) -> np.ndarray:
        names = sorted(self.criteria, key=criteria.__getitem__)
        scales = [self.scales.by_criterion[name] for name in names]
        truth = np.full((len(held), len(names)), np.nan)
        for at, case in enumerate(held):
            if not case.labels:
                continue
            where = self.cases[case.id]
            try:
                found = own_labels(case.labels, names, scales, [s.id for s in case.sides])
            except OffScale as error:
                raise InputError(f"{error}.", path=where.path, line=where.line) from None
            for column, name in enumerate(names):
                truth[at, column] = found.get(name, np.nan)
        return truth

    def _twice(self, seats: Mapping[tuple[str, str], str]) -> InputError:
        """Which two rows hold ballots of one place."""
        seen: dict[tuple[object, ...], int] = {}
        columns = (self.case, self.judge, self.criterion, self.swapped, self.sample)
        for at, place in enumerate(zip(*columns, strict=True)):
            first = seen.setdefault(place, at)
            if first != at:
                name, judge = list(self._at)[self.case[at]], list(self.judges)[self.judge[at]]
                record = Record(self.cases[name].case, (), self._path(at), self.line[at])
                told = f"line {self.line[first]}"
                if self._path(first) != self._path(at):
                    told = f"{self._path(first)}:{self.line[first]}"
                return voted_twice(record, seats[judge], told)
        raise AssertionError("no two ballots stand in one place")

    def _path(self, at: int) -> str:
        return [path for start, path in self._paths if start <= at][-1]


def _slim(case: CaseRecord) -> CaseRecord:
    """The case with a digest in place of each text: lengths, and whether rows agree, are kept."""
    sides = tuple(
        side if side.text is None else side._replace(text=_digest(side.text)) for side in case.sides
    )
    return case._replace(sides=sides, reference=None)


def _digest(text: str) -> str:
    data = text.encode("utf-8", "surrogatepass")
    return f"{len(text)}:{hashlib.blake2b(data, digest_size=12).hexdigest()}"


def _lengths(case: CaseRecord) -> tuple[float, float]:
    found = [
        float("nan") if s.text is None else float(s.text.partition(":")[0]) for s in case.sides
    ]
    return found[0], found[1] if len(found) > 1 else float("nan")


def _systems(case: CaseRecord) -> tuple[str, str]:
    found = [side.system or "" for side in case.sides]
    return found[0], found[1] if len(found) > 1 else ""


def question_of(case: CaseRecord) -> str:
    """What tells that two cases ask the same; the case's own id where nothing does."""
    note = case.metadata.get("question_id")
    return str(note) if note is not None else case.question or case.id


def families(models: Mapping[str, str], systems: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Who made the models of judges (by seat) and the systems, as far as names tell."""
    names = {name: name for pair in systems for name in pair if name} | dict(models)
    return {name: family for name, model in names.items() if (family := family_of(model))}
