"""Files of the generic form by whole columns, with pyarrow: a million ballots in seconds.

Only what is plain is read here: known columns, everything in order. Whatever is not (a value off
its scale, a contradiction, a column of another type) gives None, and the file is read again row by
row by `dikast.records.imports.generic`, which tells the line. So the rules live in one place, and
this is only faster.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from dikast.errors import ConfigError, InputError
from dikast.records.columnar_parts import Columns, Names, Odd, alike, one_each, open_columns
from dikast.records.imports._contract import OVERALL, PAIR, Choice
from dikast.records.imports._naming import criterion_names, seat_names
from dikast.records.imports.generic import VOTES, on_scale, slot
from dikast.records.labels import label_on
from dikast.records.scale_text import parse_scale
from dikast.stats.ballot_table import BallotTable, Floats, Ints
from dikast.types import OffScale, PreferenceScale, Reason, Scale

_MOST_KINDS = 10_000
"""Most different votes or labels that are looked at one by one."""


def read_columns(path: Path, choice: Choice) -> BallotTable | None:
    """The table of a file, or None if it must be read row by row.

    Args:
        path: A file of the generic form.
        choice: What the user says that the file does not.
    """
    try:
        import pyarrow as pa
    except ImportError:
        return None
    try:
        table = open_columns(path)
        return None if table is None else _Reader(table, choice).table()
    except (Odd, pa.ArrowException, ValueError, OSError, InputError, ConfigError, OffScale):
        return None


class _Reader(Columns):
    """One table of Arrow, read column by column."""

    def table(self) -> BallotTable:
        """The table; `Odd` for whatever is not plain."""
        if not self.n or not any(vote in self.there for vote in VOTES):
            raise Odd
        judge, seats = self._judges()
        criterion = self._criteria()
        names = criterion_names(criterion.values)
        scales = self._scales(criterion)
        case, first, second, swapped = self._cases()
        score = self._votes(criterion, scales, first, second, swapped)
        order = np.argsort(np.array(case.values, dtype=object))
        rank = np.empty(len(order), np.int64)
        rank[order] = np.arange(len(order))
        at = rank[case.code]
        cases = [case.values[i] for i in order]
        systems = self._systems(at, len(cases), swapped)
        final = sorted(names.values())
        column = np.array([final.index(names[c]) for c in criterion.values])[criterion.code]
        return BallotTable.from_codes(
            cases=cases,
            judges=tuple(sorted(seats)),
            scales={names[c]: scale for c, scale in zip(criterion.values, scales, strict=True)},
            case=at,
            judge=judge,
            criterion=column,
            swapped=swapped,
            sample=self.whole("sample"),
            score=score,
            confidence=self._confidence(),
            pairs=self.pair,
            truth=self._truth(at, column, len(cases), criterion, scales, first, second),
            questions=self._questions(at, cases),
            systems=systems,
            lengths=self._lengths(at, len(cases), swapped),
            families=self._families(judge, tuple(sorted(seats)), systems),
        )

    # Who and what

    def _judges(self) -> tuple[Ints, set[str]]:
        if self.choice.judge is not None:
            names = Names((self.choice.judge,), np.zeros(self.n, np.int64))
        else:
            names = self.required("judge")
        ways = self.names("strategy") or Names(("",), np.zeros(self.n, np.int64))
        strategies = ("", *ways.values)
        both = names.code * len(strategies) + ways.code + 1
        met, code = np.unique(both, return_inverse=True)
        keys = [
            (names.values[i // len(strategies)], strategies[i % len(strategies)])
            for i in met.tolist()
        ]
        seats = seat_names(keys)
        ranked = {seat: at for at, seat in enumerate(sorted(set(seats.values())))}
        return np.array([ranked[seats[key]] for key in keys])[code], set(ranked)

    def _criteria(self) -> Names:
        found = self.names("criterion")
        if found is None:
            return Names((OVERALL,), np.zeros(self.n, np.int64))
        if (found.code < 0).any():
            if OVERALL in found.values:
                raise Odd
            code = np.where(found.code < 0, len(found.values), found.code)
            return Names((*found.values, OVERALL), code)
        return found

    def _scales(self, criterion: Names) -> list[Scale]:
        said = self.names("scale")
        scales: list[Scale] = []
        for at, name in enumerate(criterion.values):
            scale = self.choice.scale_of(name)
            if scale is None:
                codes = {-1} if said is None else set(np.unique(said.code[criterion.code == at]))
                if len(codes) != 1:
                    raise Odd
                (code,) = codes
                if code < 0 and not self.pair:
                    raise Odd
                scale = PAIR if code < 0 or said is None else parse_scale(said.values[int(code)])
            if isinstance(scale, PreferenceScale) != self.pair:
                raise Odd
            scales.append(scale)
        return scales

    def _cases(self) -> tuple[Names, Names | None, Names | None, npt.NDArray[np.bool_]]:
        """Cases, canonically first and second candidates by row, and whether they were swapped."""
        first, second = self.names("first"), self.names("second")
        if not self.pair:
            return self.required("case"), None, None, np.zeros(self.n, dtype=bool)
        swapped = self._swapped()
        if first is None and second is None:
            return self.required("case"), None, None, swapped
        first, second = alike(self.required("first"), self.required("second"))
        if (first.code == second.code).any():
            raise Odd
        if swapped is None:
            place = np.argsort(np.argsort(np.array(first.values, dtype=object)))
            swapped = place[first.code] > place[second.code]
        a = Names(first.values, np.where(swapped, second.code, first.code))
        b = Names(first.values, np.where(swapped, first.code, second.code))
        case = self.names("case")
        if case is None or (case.code < 0).any():
            case = self._named_by_pair(a, b)
        elif any(not value or len(value) > 300 for value in case.values):
            raise Odd
        for side in (a, b):
            one_each(case.code, side.code, len(case.values))
        return case, a, b, swapped

    def _swapped(self) -> Any:
        """The column `swapped`; None where candidates are named and it is absent."""
        import pyarrow as pa

        found = self.column("swapped")
        if found is None:
            return None if "first" in self.there else np.zeros(self.n, dtype=bool)
        if found.null_count:
            raise Odd
        if pa.types.is_boolean(found.type):
            return found.to_numpy().astype(bool)
        names = self.names("swapped")
        words = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
        assert names is not None
        try:
            known = [words[value.strip().casefold()] for value in names.values]
        except KeyError:
            raise Odd from None
        return np.array(known, dtype=bool)[names.code]

    def _named_by_pair(self, a: Names, b: Names) -> Names:
        if self.column("case") is not None:
            raise Odd
        question = self.required("question_id")
        size = len(a.values)
        met, code = np.unique((question.code * size + a.code) * size + b.code, return_inverse=True)
        names = [
            "/".join(
                (question.values[i // size // size], a.values[i // size % size], b.values[i % size])
            )
            for i in met.tolist()
        ]
        if any(len(name) > 300 for name in names) or len(set(names)) < len(names):
            raise Odd
        return Names(tuple(names), code)

    # Votes and labels

    def _votes(
        self,
        criterion: Names,
        scales: Sequence[Scale],
        first: Names | None,
        second: Names | None,
        swapped: npt.NDArray[np.bool_],
    ) -> Floats:
        given = [name for name in VOTES if self.column(name) is not None]
        if not given:
            return np.full(self.n, np.nan)
        if len(given) > 1:
            raise Odd
        (name,) = given
        if name == "winner":
            score = self._won(first, second)
        else:
            score = self._read(name, criterion, scales, _verdict if name == "verdict" else _score)
            if name == "verdict":
                score = np.where(swapped, 0.0 - score, score)
        reason = self.column("reason")
        if reason is not None and (~np.isnan(score) & ~reason.is_null().to_numpy()).any():
            raise Odd
        if reason is not None:
            self._check_reasons()
        return score

    def _check_reasons(self) -> None:
        said = self.names("reason")
        if said is not None and not {v.strip() for v in said.values} <= {r.value for r in Reason}:
            raise Odd

    def _read(
        self,
        name: str,
        criterion: Names,
        scales: Sequence[Scale],
        read: Callable[[Scale, Any, bool], float],
    ) -> Floats:
        """Values of a column on their criterion's scale; each different value is read once."""
        import pyarrow.compute as pc

        coded = pc.dictionary_encode(self.frame.column(name)).combine_chunks()
        if hasattr(coded, "chunks"):
            coded = coded.chunk(0)
        values = coded.dictionary.to_pylist()
        if len(values) * len(scales) > _MOST_KINDS:
            return self._read_numbers(name, criterion, scales)
        code = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
        cells = self._cells
        known = np.full((len(scales), len(values) + 1), np.nan)
        for at, scale in enumerate(scales):
            for value in np.unique(code[criterion.code == at]).tolist():
                if value >= 0:
                    known[at, value] = read(scale, values[value], cells)
        return np.asarray(known[criterion.code, code])

    @property
    def _cells(self) -> bool:
        """Whether all columns are plain text, as in CSV."""
        import pyarrow as pa

        return all(pa.types.is_string(field.type) for field in self.frame.schema)

    def _read_numbers(self, name: str, criterion: Names, scales: Sequence[Scale]) -> Floats:
        """Thousands of different values: numbers on numeric scales, checked as a whole."""
        values = self.numbers(name)
        for at, scale in enumerate(scales):
            own = values[(criterion.code == at) & ~np.isnan(values)]
            low, high = scale.bounds()
            whole = scale.kind == "integer" and (own != np.floor(own)).any()
            if scale.labelled or whole or ((own < low) | (own > high)).any():
                raise Odd
        return values + 0.0

    def _won(self, first: Names | None, second: Names | None) -> Floats:
        winner = self.names("winner")
        assert winner is not None
        if first is None or second is None:
            words = {"a": 1.0, "b": -1.0, "tie": 0.0}
            try:
                known = [
                    words[v.strip() if v.strip() in "ab" else v.strip().casefold()]
                    for v in winner.values
                ]
            except KeyError:
                raise Odd from None
            return np.array([*known, np.nan])[winner.code]
        at = {value: index for index, value in enumerate(first.values)}
        if "tie" in at or any(value != value.strip() for value in winner.values):
            raise Odd
        code = np.array(
            [-2 if v.casefold() == "tie" else at.get(v, -3) for v in winner.values] + [-1]
        )[winner.code]
        score = np.select(
            [code == first.code, code == second.code, code == -2, code == -1],
            [1.0, -1.0, 0.0, np.nan],
            np.inf,
        )
        if np.isinf(score).any():
            raise Odd
        return np.asarray(score)

    def _truth(
        self,
        case: Ints,
        column: Ints,
        cases: int,
        criterion: Names,
        scales: Sequence[Scale],
        first: Names | None,
        second: Names | None,
    ) -> Floats:
        truth = np.full((cases, len(scales)), np.nan)
        if self.column("label") is None:
            return truth
        if first is not None and second is not None:
            score = self._named_labels(first, second, criterion, scales)
        else:
            score = self._read("label", criterion, scales, _label)
        rows = np.flatnonzero(~np.isnan(score))
        truth[case[rows], column[rows]] = score[rows]
        if (truth[case[rows], column[rows]] != score[rows]).any():
            raise Odd
        return truth

    def _named_labels(
        self, first: Names, second: Names, criterion: Names, scales: Sequence[Scale]
    ) -> Floats:
        """Labels of pairs: a name goes before any word."""
        said = self.names("label")
        if said is None or len(said.values) > _MOST_KINDS:
            raise Odd
        at = {value: index for index, value in enumerate(first.values)}
        code = np.array([at.get(v.strip(), -2) for v in said.values] + [-1])[said.code]
        words = np.full((len(scales), len(said.values) + 1), np.nan)
        named = (code == first.code) | (code == second.code)
        for place, scale in enumerate(scales):
            rest = said.code[(criterion.code == place) & ~named & (said.code >= 0)]
            for value in np.unique(rest).tolist():
                words[place, value] = label_on(scale, said.values[value])
        found = np.where(code == first.code, 1.0, words[criterion.code, said.code])
        return np.asarray(np.where(code == second.code, -1.0, found))

    # What else is known of cases

    def _questions(self, case: Ints, cases: Sequence[str]) -> list[str]:
        found = list(cases)
        for name in ("question", "question_id"):
            names = self.names(name)
            if names is None:
                continue
            code = one_each(case, names.code, len(cases))
            for at in np.flatnonzero(code >= 0).tolist():
                found[at] = names.values[code[at]] or found[at]
        return found

    def _systems(
        self, case: Ints, cases: int, swapped: npt.NDArray[np.bool_]
    ) -> list[tuple[str, str]]:
        sides = ("first_system", "second_system") if self.pair else ("system",)
        names = [self.names(side) for side in sides]
        if all(one is None for one in names):
            return [("", "")] * cases
        blank = Names((), np.full(self.n, -1, np.int64))
        first, *rest = [one or blank for one in names]
        if not rest:
            code = one_each(case, first.code, cases)
            return [(first.values[c] if c >= 0 else "", "") for c in code.tolist()]
        one, two = alike(first, rest[0])
        a = one_each(case, np.where(swapped, two.code, one.code), cases)
        b = one_each(case, np.where(swapped, one.code, two.code), cases)
        values = (*one.values, "")
        return [(values[x], values[y]) for x, y in zip(a.tolist(), b.tolist(), strict=True)]

    def _lengths(self, case: Ints, cases: int, swapped: npt.NDArray[np.bool_]) -> Floats:
        lengths = np.full((cases, 2), np.nan)
        columns = ("first_text", "second_text") if self.pair else ("response",)
        texts = [self.names(name) for name in columns]
        sizes = []
        for text in texts:
            if text is None:
                sizes.append(np.full(self.n, np.nan))
            else:
                sizes.append(np.array([*map(len, text.values), np.nan])[text.code])
        if not self.pair:
            known = texts[0]
            if known is not None:
                one_each(case, known.code, cases)
            rows = np.flatnonzero(~np.isnan(sizes[0]))
            lengths[case[rows], 0] = sizes[0][rows]
            return lengths
        if any(text is not None for text in texts):
            blank = Names((), np.full(self.n, -1, np.int64))
            one, two = alike(texts[0] or blank, texts[1] or blank)
            one_each(case, np.where(swapped, two.code, one.code), cases)
            one_each(case, np.where(swapped, one.code, two.code), cases)
        for side in (0, 1):
            own = np.where(swapped, sizes[1 - side], sizes[side])
            rows = np.flatnonzero(~np.isnan(own))
            lengths[case[rows], side] = own[rows]
        return lengths

    def _families(
        self, judge: Ints, seats: Sequence[str], systems: Sequence[tuple[str, str]]
    ) -> dict[str, str]:
        from dikast.records.ballot_files import families

        models = self.names("judge_model")
        names = self.names("judge") if self.choice.judge is None else None
        own = self.choice.judge
        found: dict[str, str] = {}
        for at, seat in enumerate(seats):
            rows = judge == at
            codes = set() if models is None else set(np.unique(models.code[rows]).tolist()) - {-1}
            told = [] if models is None else [models.values[code] for code in codes]
            if len(codes) == 0 or (models is not None and (models.code[rows] < 0).any()):
                told.append(own or (names.values[names.code[rows][0]] if names else seat))
            found[seat] = min(told)
        return families(found, systems)


def _score(scale: Scale, value: Any, cells: bool) -> float:
    return on_scale(scale, value, cells=cells)


def _verdict(scale: Scale, value: Any, cells: bool) -> float:
    del cells
    return scale.accept(slot(str(value)))


def _label(scale: Scale, value: Any, cells: bool) -> float:
    del cells
    return label_on(scale, value, ("a", "b") if isinstance(scale, PreferenceScale) else ())
