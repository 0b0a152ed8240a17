"""Recorded ballots as columns: what every audit, fitted rule and calibration reads.

One row per ballot. A million rows are a few arrays; no statistic loops over ballots in Python.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt

from dikast.types import Scale

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


class Row(NamedTuple):
    """One recorded ballot."""

    case: str
    judge: str
    score: float | None
    """On the criterion's scale, in canonical terms (never in slots); None if abstained."""
    criterion: str = "overall"
    swapped: bool = False
    """Pairs: whether the canonically second candidate was shown first."""
    sample: int = 0
    confidence: float | None = None
    """What the judge claimed of itself, 0 to 1; None if it was not asked."""


@dataclass(frozen=True, eq=False, kw_only=True)
class BallotTable:
    """Ballots of several judges on the same cases, with labels where there are any.

    Names are sorted and rows stand in one fixed order, so that the order in which they were read
    cannot show in any figure. Make one with `BallotTable.of`.

    Examples:
        >>> from dikast.types import YesNoScale
        >>> table = BallotTable.of(
        ...     [Row("c1", "ann", 1), Row("c1", "bob", 0), Row("c2", "ann", None)],
        ...     scales={"overall": YesNoScale()}, truth={("c1", "overall"): 1})
        >>> table.judges, table.n, int(table.abstained.sum())
        (('ann', 'bob'), 3, 1)
        >>> table.grid("overall")[:, :, 0]
        array([[ 1.,  0.],
               [nan, nan]])
    """

    cases: tuple[str, ...]
    judges: tuple[str, ...]
    criteria: tuple[str, ...]
    scales: tuple[Scale, ...]
    """One per criterion."""
    pairs: bool
    """Whether each case is a pair of candidates; else a single response."""

    # one entry per ballot
    case: Ints
    """Index into `cases`."""
    judge: Ints
    criterion: Ints
    swapped: Bools
    sample: Ints
    score: Floats
    """NaN where the judge abstained."""
    confidence: Floats
    """Stated by the judge, 0 to 1; NaN where not told."""

    # one entry per case
    truth: Floats
    """Labels, `[case, criterion]`, on the criterion's scale; NaN where there is none."""
    questions: tuple[str, ...]
    """What the case asks; cases of one question share it. The case's own name by default."""
    systems: tuple[tuple[str, str], ...]
    """Who wrote the canonically first and second response; empty where unknown or single."""
    lengths: Floats
    """Characters of the first and second response, `[case, 2]`; NaN where unknown."""
    families: Mapping[str, str]
    """Family by name of judge or system; a name that is missing is of no known family."""

    @classmethod
    def of(
        cls,
        rows: Iterable[Row],
        *,
        scales: Mapping[str, Scale],
        pairs: bool = False,
        truth: Mapping[tuple[str, str], float] | None = None,
        cases: Iterable[str] = (),
        questions: Mapping[str, str] | None = None,
        systems: Mapping[str, tuple[str, str]] | None = None,
        lengths: Mapping[str, tuple[float, float]] | None = None,
        families: Mapping[str, str] | None = None,
    ) -> Self:
        """A table from rows; convenient for thousands, not for millions (see `from_columns`).

        Args:
            rows: Ballots in any order.
            scales: Scale by criterion.
            pairs: Whether cases are pairs.
            truth: Label by case and criterion; a label of an unknown case is an error.
            cases: Names of further cases, on which nobody voted.
            questions: By case.
            systems: By case.
            lengths: By case.
            families: By judge or system.

        Raises:
            ValueError: Two ballots stand in one place, a criterion has no scale, a score is not
                finite, or a label is of an unknown case.
        """
        listed = list(rows)
        names = sorted({row.case for row in listed} | set(cases))
        at = {name: index for index, name in enumerate(names)}
        marks = np.full((len(names), len(scales)), np.nan)
        criteria = {name: index for index, name in enumerate(sorted(scales))}
        for (case, criterion), label in (truth or {}).items():
            if case not in at:
                raise ValueError(f"there is a label for case `{case}`, and no such case")
            if criterion not in criteria:
                raise ValueError(f"there is a label on `{criterion}`, and no such criterion")
            marks[at[case], criteria[criterion]] = label
        blank = (float("nan"), float("nan"))
        return cls.from_columns(
            case=[row.case for row in listed],
            judge=[row.judge for row in listed],
            criterion=[row.criterion for row in listed],
            swapped=np.array([row.swapped for row in listed], dtype=bool),
            sample=np.array([row.sample for row in listed], dtype=np.int64),
            score=np.array(
                [np.nan if row.score is None else row.score for row in listed], dtype=float
            ),
            confidence=np.array(
                [np.nan if row.confidence is None else row.confidence for row in listed],
                dtype=float,
            ),
            scales=scales,
            pairs=pairs,
            cases=names,
            truth=marks,
            questions=None if questions is None else [questions.get(n, n) for n in names],
            systems=None if systems is None else [systems.get(n, ("", "")) for n in names],
            lengths=None
            if lengths is None
            else np.array([lengths.get(n, blank) for n in names], dtype=float).reshape(-1, 2),
            families=families,
        )

    @classmethod
    def from_columns(
        cls,
        *,
        case: Sequence[str] | npt.NDArray[np.str_],
        judge: Sequence[str] | npt.NDArray[np.str_],
        criterion: Sequence[str] | npt.NDArray[np.str_],
        swapped: Bools,
        sample: Ints,
        score: Floats,
        confidence: Floats,
        scales: Mapping[str, Scale],
        pairs: bool,
        cases: Sequence[str] | None = None,
        truth: Floats | None = None,
        questions: Sequence[str] | None = None,
        systems: Sequence[tuple[str, str]] | None = None,
        lengths: Floats | None = None,
        families: Mapping[str, str] | None = None,
    ) -> Self:
        """A table from whole columns.

        Args:
            case: Name of the case of each ballot; further columns likewise, one entry per ballot.
            judge: Who voted.
            criterion: On what.
            swapped: Whether the canonically second candidate was shown first.
            sample: Which repeat.
            score: NaN for an abstention.
            confidence: NaN where not told.
            scales: Scale by criterion.
            pairs: Whether cases are pairs.
            cases: All cases, sorted; None for those of `case`. The columns below have one entry
                for each of them, in this order.
            truth: `[case, criterion]`, criteria sorted by name.
            questions: By case.
            systems: By case.
            lengths: `[case, 2]`.
            families: By name.

        Raises:
            ValueError: As for `of`, or the columns differ in length.
        """
        length = len(score)
        if any(len(c) != length for c in (case, judge, criterion, swapped, sample, confidence)):
            raise ValueError("all columns of ballots must be equally long")
        known, case_at = _coded(case, cases)
        judges, judge_at = _coded(judge, None)
        names, criterion_at = _coded(criterion, sorted(scales))
        return cls.from_codes(
            cases=known,
            judges=judges,
            scales={name: scales[name] for name in names},
            case=case_at,
            judge=judge_at,
            criterion=criterion_at,
            swapped=swapped,
            sample=sample,
            score=score,
            confidence=confidence,
            pairs=pairs,
            truth=truth,
            questions=questions,
            systems=systems,
            lengths=lengths,
            families=families,
        )

    @classmethod
    def from_codes(
        cls,
        *,
        cases: Sequence[str],
        judges: Sequence[str],
        scales: Mapping[str, Scale],
        case: Ints,
        judge: Ints,
        criterion: Ints,
        swapped: Bools,
        sample: Ints,
        score: Floats,
        confidence: Floats,
        pairs: bool,
        truth: Floats | None = None,
        questions: Sequence[str] | None = None,
        systems: Sequence[tuple[str, str]] | None = None,
        lengths: Floats | None = None,
        families: Mapping[str, str] | None = None,
    ) -> Self:
        """A table from columns that hold indices into sorted names; the fastest way for millions.

        Args:
            cases: Names of all cases, sorted.
            judges: Names of the judges, sorted.
            scales: Scale by criterion.
            case: Index into `cases` by ballot; `judge` likewise, `criterion` into the sorted
                names of `scales`.
            judge: Who voted.
            criterion: On what.
            swapped: As for `from_columns`, like everything below.
            sample: Which repeat.
            score: NaN for an abstention.
            confidence: NaN where not told.
            pairs: Whether cases are pairs.
            truth: `[case, criterion]`.
            questions: By case.
            systems: By case.
            lengths: `[case, 2]`.
            families: By name.

        Raises:
            ValueError: Two ballots stand in one place, a score is infinite, or names are not
                sorted and distinct.
        """
        if np.isinf(score).any():
            raise ValueError("a score is infinite")
        if any(list(names) != sorted(set(names)) for names in (cases, judges)):
            raise ValueError("names must be sorted and distinct")
        criteria = tuple(sorted(scales))
        order = np.lexsort((sample, swapped, judge, case, criterion))
        table = cls(
            cases=tuple(cases),
            judges=tuple(judges),
            criteria=criteria,
            scales=tuple(scales[name] for name in criteria),
            pairs=pairs,
            case=case[order],
            judge=judge[order],
            criterion=criterion[order],
            swapped=np.asarray(swapped, dtype=bool)[order],
            sample=np.asarray(sample, dtype=np.int64)[order],
            score=np.asarray(score, dtype=float)[order],
            confidence=np.asarray(confidence, dtype=float)[order],
            truth=np.full((len(cases), len(criteria)), np.nan) if truth is None else truth,
            questions=tuple(cases) if questions is None else tuple(questions),
            systems=(("", ""),) * len(cases) if systems is None else tuple(systems),
            lengths=np.full((len(cases), 2), np.nan) if lengths is None else lengths,
            families=dict(families or {}),
        )
        table._refuse_doubles()
        return table

    def _refuse_doubles(self) -> None:
        keys = np.stack([self.criterion, self.case, self.judge, self.swapped, self.sample])
        same = np.flatnonzero((keys[:, 1:] == keys[:, :-1]).all(axis=0))
        if len(same):
            at = int(same[0])
            raise ValueError(
                f"judge `{self.judges[self.judge[at]]}` voted twice on case "
                f"`{self.cases[self.case[at]]}`, criterion `{self.criteria[self.criterion[at]]}`, "
                f"under one presentation order and sample {self.sample[at]}"
            )

    @property
    def n(self) -> int:
        """Number of ballots, abstentions included."""
        return len(self.score)

    @property
    def abstained(self) -> Bools:
        """By ballot, whether it has no score."""
        return np.isnan(self.score)

    @property
    def labelled(self) -> Bools:
        """By case, whether it has a label on any criterion."""
        return np.asarray((~np.isnan(self.truth)).any(axis=1))

    def scale(self, criterion: str) -> Scale:
        """The scale of a criterion.

        Raises:
            ValueError: There is no such criterion.
        """
        return self.scales[self.criteria.index(criterion)]

    def labels(self, criterion: str) -> Floats:
        """Labels on a criterion, one per case; NaN where there is none."""
        return self.truth[:, self.criteria.index(criterion)]

    def grid(self, criterion: str) -> Floats:
        """Votes on a criterion as `[case, judge, order]`, samples of one place folded.

        The last axis has two entries for pairs (canonical order, swapped) and one otherwise.
        Numbers are averaged; of labels the most frequent counts, and an equal lead is NaN, like
        a missing or abstaining ballot.
        """
        rows = np.flatnonzero(
            (self.criterion == self.criteria.index(criterion)) & ~np.isnan(self.score)
        )
        orders = 2 if self.pairs else 1
        shape = (len(self.cases), len(self.judges), orders)
        side = self.swapped[rows].astype(np.int64) if self.pairs else np.zeros(len(rows), np.int64)
        place = (self.case[rows] * len(self.judges) + self.judge[rows]) * orders + side
        if self.scale(criterion).labelled:
            filled = _modes(place, self.score[rows], int(np.prod(shape)))
        else:
            filled = _means(place, self.score[rows], int(np.prod(shape)))
        return filled.reshape(shape)

    def with_truth(self, truth: Floats) -> Self:
        """The same ballots with other labels, `[case, criterion]`; NaN hides a label."""
        if truth.shape != self.truth.shape:
            raise ValueError(f"labels must have shape {self.truth.shape}, got {truth.shape}")
        return replace(self, truth=truth)

    def take_cases(self, keep: Bools | Ints) -> Self:
        """The ballots of some cases only, given as a mask or as indices.

        Judges stay, even those who voted on none of them.
        """
        mask = np.zeros(len(self.cases), dtype=bool)
        mask[keep] = True
        rows = mask[self.case]
        code = np.cumsum(mask) - 1
        chosen = np.flatnonzero(mask)
        return replace(
            self,
            cases=tuple(self.cases[i] for i in chosen),
            truth=self.truth[chosen],
            questions=tuple(self.questions[i] for i in chosen),
            systems=tuple(self.systems[i] for i in chosen),
            lengths=self.lengths[chosen],
            **self._ballots(rows) | {"case": code[self.case[rows]]},
        )

    def take_judges(self, names: Iterable[str]) -> Self:
        """The ballots of some judges only.

        Raises:
            ValueError: There is no judge of that name.
        """
        wanted = sorted(set(names))
        missing = [name for name in wanted if name not in self.judges]
        if missing:
            raise ValueError(f"there is no judge `{missing[0]}`")
        code = np.full(len(self.judges), -1)
        for new, name in enumerate(wanted):
            code[self.judges.index(name)] = new
        rows = code[self.judge] >= 0
        return replace(
            self,
            judges=tuple(wanted),
            **self._ballots(rows) | {"judge": code[self.judge[rows]]},
        )

    def _ballots(self, rows: Bools) -> dict[str, npt.NDArray[np.generic]]:
        columns = ("case", "judge", "criterion", "swapped", "sample", "score", "confidence")
        return {name: getattr(self, name)[rows] for name in columns}


def _coded(
    values: Sequence[str] | npt.NDArray[np.str_], known: Sequence[str] | None
) -> tuple[tuple[str, ...], Ints]:
    """Names in sorted order, and each value as an index into them."""
    if known is None:
        known = sorted(set(values))
    elif list(known) != sorted(set(known)):
        raise ValueError("names must be sorted and distinct")
    at = {name: index for index, name in enumerate(known)}
    try:
        codes = np.fromiter((at[value] for value in values), dtype=np.int64, count=len(values))
    except KeyError as error:
        raise ValueError(f"`{error.args[0]}` is not among {len(at)} known names") from None
    return tuple(str(name) for name in known), codes


def _means(place: Ints, score: Floats, size: int) -> Floats:
    count = np.bincount(place, minlength=size)
    total = np.bincount(place, weights=score, minlength=size)
    with np.errstate(invalid="ignore"):
        return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _modes(place: Ints, score: Floats, size: int) -> Floats:
    """The most frequent score of each place; NaN where none leads alone."""
    filled = np.full(size, np.nan)
    if not len(place):
        return filled
    values, code = np.unique(score, return_inverse=True)
    cell, count = np.unique(place * len(values) + code, return_counts=True)
    where, what = cell // len(values), cell % len(values)
    lead = np.zeros(size, dtype=np.int64)
    np.maximum.at(lead, where, count)
    first = count == lead[where]
    leaders = np.bincount(where[first], minlength=size)
    alone = first & (leaders[where] == 1)
    filled[where[alone]] = values[what[alone]]
    return filled
