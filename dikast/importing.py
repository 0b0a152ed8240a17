"""A run file from judgements that another tool recorded: shown, decided, audited like our own.

Nobody is called: the seats of its panel are the recorded judges, with models named
`imported/NAME`, the ballots are theirs, and the verdicts follow by a plain rule.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import dikast
from dikast.agents.aggregator import Aggregator, Course
from dikast.errors import ConfigError, InputError
from dikast.families import family_of
from dikast.records.ballot_files import importer
from dikast.records.identity import Identity
from dikast.records.imports._contract import BallotRecord, CaseRecord, Choice
from dikast.records.imports._naming import criterion_names, seat_names
from dikast.records.labels import Labels, read_labels, with_labels
from dikast.records.reader import RECORDED
from dikast.records.runfile import RunFile
from dikast.records.spool import Spool
from dikast.records.tables import TEXT_ABSENT
from dikast.rereading import Changes, Rereader
from dikast.stats.ballot_table import BallotTable
from dikast.types import (
    IMPORTED,
    Ballot,
    Candidate,
    Case,
    Criterion,
    Docket,
    JudgeSpec,
    PanelSpec,
    PreferenceScale,
    ProtocolSpec,
    Rubric,
    RuleSpec,
    Scale,
    StopReason,
    Transcript,
    Verdict,
)

_BATCH = 256
"""Verdicts stored in one transaction."""
_LONGEST = 20_000
"""Longest rationale kept, in characters; the raw reply is kept whole."""


@dataclass(frozen=True, kw_only=True)
class ImportPlan:
    """What is to be imported, and how."""

    format: str
    files: Sequence[Path]
    judge: str | None = None
    """Who judged, where the files name nobody."""
    scale: Scale | None = None
    rubric: Rubric | None = None
    """Criteria and their scales; those on which nobody voted are left out."""
    labels: Path | None = None
    partial: bool = False
    """Whether the labels may be of more cases than were judged."""
    keep: tuple[str, ...] = ()
    """Fields of the rows that stay with the cases, such as a category to audit by."""
    reparse: str | None = None
    """Reply format by which raw replies are read again."""


@dataclass(frozen=True)
class ImportSummary:
    """What became of it."""

    cases: int
    ballots: int
    abstentions: int
    judges: tuple[str, ...]
    labelled: int
    """Cases with a label."""
    orders: str
    """`both`, `one`, or `none` where responses were judged one by one."""
    changes: Changes | None = None
    """What reading again changed; None if nothing was."""
    notes: tuple[str, ...] = field(default=())
    """What a person should know, in words."""


async def import_judgements(plan: ImportPlan, out: Path) -> ImportSummary:
    """Read recorded judgements and make a run file of them; nothing is made if a row is wrong.

    Args:
        plan: What to import.
        out: The run file to make.

    Raises:
        InputError: A file is not of the format, or a row or label is wrong; with its line.
        ConfigError: There is no such format, or the rubric does not fit.
        StoreError: The run file exists or cannot be written.
    """
    reader, choice = importer(plan.format), _choice(plan)
    with Spool() as spool:
        for file in plan.files:
            for record in reader.records(file, choice):
                spool.add(record)
        if not spool.ballots:
            raise InputError("there is no ballot in this file.", path=str(plan.files[0]))
        _refuse_unkept(spool, plan)
        made = _Made(spool, plan)
        if plan.labels is not None:
            made.label(read_labels(plan.labels, words=reader.words), partial=plan.partial)
        return await made.write(out)


def _refuse_unkept(spool: Spool, plan: ImportPlan) -> None:
    """Refuse a field to keep that no row has."""
    lacking = set(plan.keep)
    for held in spool.cases() if lacking else ():
        lacking.difference_update(held.case.metadata)
        if not lacking:
            return
    if lacking:
        raise InputError(
            f"no row has a field `{min(lacking)[:80]}` to keep.",
            hint="Name a field of the rows as it is spelt there.",
            path=str(plan.files[0]),
        )


def _choice(plan: ImportPlan) -> Choice:
    if plan.rubric is not None and plan.scale is not None:
        raise ConfigError("`--scale` and `--rubric` exclude each other.", hint="Give one of them.")
    scales = {} if plan.rubric is None else {c.id: c.scale for c in plan.rubric.criteria}
    return Choice(plan.judge, plan.scale, scales, plan.keep)


class _Made:
    """The panel that the recorded judges make up, and the cases and verdicts of its run."""

    def __init__(self, spool: Spool, plan: ImportPlan) -> None:
        self.spool, self.plan = spool, plan
        self.pairs = bool(spool.scales.pairs)
        self.seats = seat_names(spool.judges)
        self.orders = "none"
        if self.pairs:
            self.orders = "both" if spool.both_orders() else "one"
        self.criteria, rubric = self._rubric()
        labelled = all(criterion.scale.labelled for criterion in rubric.criteria)
        self.spec = PanelSpec(
            name="imported",
            judges=tuple(self._seat(key, self.seats[key]) for key in sorted(self.seats)),
            rubric=rubric,
            rule=RuleSpec(name="majority" if labelled else "median"),
            quorum=1,  # not every judge votes on every case
            protocol=ProtocolSpec(
                deliberate="never",
                max_rounds=0,
                on_low_confidence="keep",
                # half a comparison is all there is where one order was asked
                fold="strict" if self.orders != "one" else "lenient",
            ),
        )
        self.truth: dict[tuple[str, str], float] | None = None
        self.rereader = None if plan.reparse is None else Rereader(plan.reparse, rubric)

    def _rubric(self) -> tuple[dict[str, str], Rubric]:
        """Ids of criteria by the names of the files, and the rubric."""
        scales, given = self.spool.scales.by_criterion, self.plan.rubric
        if given is None:
            names = criterion_names(scales)
            criteria = tuple(
                Criterion(id=names[name], question=f"Imported criterion: {name}", scale=scale)
                for name, scale in sorted(scales.items())
            )
            return names, Rubric(id="imported", criteria=criteria)
        known = {criterion.id: criterion for criterion in given.criteria}
        if len(known) == 1 and len(scales) == 1:
            return dict.fromkeys(scales, *known), given
        for name in sorted(scales):
            if name not in known:
                raise ConfigError(
                    f"the rubric `{given.id}` has no criterion `{name[:80]}`.",
                    hint="It has " + ", ".join(f"`{c}`" for c in known) + ".",
                )
        kept = tuple(criterion for criterion in given.criteria if criterion.id in scales)
        return {name: name for name in scales}, given.model_copy(update={"criteria": kept})

    def _seat(self, key: tuple[str, str], name: str) -> JudgeSpec:
        model = self.spool.models.get(key, key[0])
        return JudgeSpec(
            name=name, model=IMPORTED + model, family=family_of(model), structured="none"
        )

    # Labels

    def label(self, labels: Labels, *, partial: bool) -> None:
        """Take labels in place of those the files carry.

        Raises:
            InputError: A label is of an unknown case or criterion, or off its scale.
        """
        sides = {held.case.id: tuple(s.id for s in held.case.sides) for held in self.spool.cases()}
        blank = BallotTable.of(
            [],
            scales={c.id: c.scale for c in self.spec.rubric.criteria},
            pairs=self.pairs,
            cases=sides,
        )
        table = with_labels(blank, labels, partial=partial, candidates=sides)
        self.truth = {
            (name, criterion): float(value)
            for name, row in zip(table.cases, table.truth, strict=True)
            for criterion, value in zip(table.criteria, row, strict=True)
            if value == value  # noqa: PLR0124 - NaN is no label
        }

    def _labels(self, case: CaseRecord) -> dict[str, str | float | int | bool]:
        if self.truth is None:
            return {self.criteria.get(name, name): value for name, value in case.labels.items()}
        found: dict[str, str | float | int | bool] = {}
        for criterion in self.spec.rubric.criteria:
            score = self.truth.get((case.id, criterion.id))
            if score is not None:
                found[criterion.id] = label_text(criterion.scale, score)
        if self.pairs and len(found) == 1 and len(self.spec.rubric.criteria) == 1:
            return {"preferred": next(iter(found.values()))}
        return found

    # Cases and verdicts

    def case(self, record: CaseRecord) -> Case:
        """The case that a record tells of."""
        return Case(
            id=record.id,
            question=record.question,
            candidates=tuple(
                Candidate(
                    id=side.id,
                    text=side.text or "",
                    model=side.system,
                    metadata={TEXT_ABSENT: True} if side.text is None else {},
                )
                for side in record.sides
            ),
            reference=record.reference,
            labels=self._labels(record),
            metadata={k: v for k, v in record.metadata.items() if v is not None},
        )

    def verdict(self, case: Case, ballots: Iterable[BallotRecord]) -> Verdict:
        """What the rule makes of a case's ballots."""
        canonical = tuple(candidate.id for candidate in case.candidates)
        cast = tuple(sorted((self._ballot(b, canonical) for b in ballots), key=_place))
        if self.rereader is not None:
            cast = tuple(self.rereader.read(ballot, case) for ballot in cast)
        course = Course(stop=StopReason.DISABLED)
        return Aggregator(self.spec, orders=len(canonical)).verdict(
            Docket(case=case, presentation=canonical),
            Transcript(ballots=cast),
            {criterion.id: course for criterion in self.spec.rubric.criteria},
        )

    def _ballot(self, record: BallotRecord, canonical: tuple[str, ...]) -> Ballot:
        seat = self.seats[record.judge, record.strategy]
        return Ballot(
            seat=seat,
            judge=seat,
            criterion=self.criteria[record.criterion],
            presentation=canonical[::-1] if record.swapped else canonical,
            sample=record.sample,
            score=record.score,
            abstention=record.abstention,
            rationale=record.rationale[:_LONGEST],
            stated_confidence=record.confidence,
            model=record.model,
            raw=record.raw,
            flags=record.flags,
        )

    async def write(self, out: Path) -> ImportSummary:
        """Make the run file."""
        kind = "compare" if self.pairs else "judge"
        abstentions = labelled = cases = 0
        sources = [_source(file) for file in self.plan.files]
        run = RunFile.create(out, Identity.of(self.spec, kind=kind))
        with run:
            await run.note(
                RECORDED,
                {
                    "format": self.plan.format,
                    "files": [dict(source) for source in sources],
                    "orders": self.orders,
                    "reparsed": self.plan.reparse,
                    "by": dikast.__version__,
                },
            )
            for batch in self._batches():
                await run.add_cases(case for case, _ in batch)
                await asyncio.gather(*(run.finish(case.id, verdict) for case, verdict in batch))
                cases += len(batch)
                for case, verdict in batch:
                    labelled += bool(case.labels)
                    abstentions += sum(b.score is None for b in verdict.transcript.ballots)
            await run.seal()
        return ImportSummary(
            cases=cases,
            ballots=self.spool.ballots,
            abstentions=abstentions,
            judges=tuple(sorted(self.seats.values())),
            labelled=labelled,
            orders=self.orders,
            changes=None if self.rereader is None else self.rereader.changes,
            notes=tuple(self._notes()),
        )

    def _batches(self) -> Iterator[list[tuple[Case, Verdict]]]:
        def both() -> Iterator[tuple[Case, Verdict]]:
            for record, ballots in self.spool.hearings():
                case = self.case(record)
                yield case, self.verdict(case, ballots)

        stream = both()
        while batch := list(islice(stream, _BATCH)):
            yield batch

    def _notes(self) -> Iterator[str]:
        renamed = {
            " ".join(filter(None, key)): name
            for key, name in sorted(self.seats.items())
            if name not in (key[0], " ".join(key))
        }
        for judge, name in list(renamed.items())[:5]:
            yield f"judge `{judge}` is called `{name}` here"
        if self.orders == "one":
            yield (
                "not every pair was judged in both orders: what one order says counts, and "
                "nothing can be said of positions where the other is missing"
            )


def label_text(scale: Scale, score: float) -> str | float:
    """A label as a case carries it: a word on scales of words, else the number.

    Examples:
        >>> from dikast.types import YesNoScale
        >>> label_text(PreferenceScale(), -1), label_text(YesNoScale(), 1)
        ('second', 'yes')
    """
    if isinstance(scale, PreferenceScale):
        if scale.levels == 3 or score == 0:
            return "first" if score > 0 else "second" if score < 0 else "tie"
        return (
            ("A>" if score > 0 else "B>")
            + (">" if abs(score) > 1 else "")
            + ("B" if score > 0 else "A")
        )
    if scale.labelled:
        return scale.show(score)
    return score


def _place(ballot: Ballot) -> tuple[object, ...]:
    return (ballot.criterion, ballot.seat, ballot.sample, ballot.presentation)


def _source(path: Path) -> Mapping[str, str | int]:
    """Name, size and digest of a file; never where it lies."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return {"name": path.name, "sha256": digest.hexdigest(), "bytes": path.stat().st_size}
