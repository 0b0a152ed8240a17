"""How far people agree who answered the same questions."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import NamedTuple

from dikast.minutes import clip
from dikast.records.runfile import RunFile
from dikast.stats.agreement import cohen, percent_agreement
from dikast.stats.estimate import Estimate
from dikast.stats.krippendorff import Level, krippendorff
from dikast.types import PanelSpec, Reason, Scale

MOST_PAIRS = 10
"""Pairs of people that are told one by one."""


class PairOfPeople(NamedTuple):
    """Two people on one criterion."""

    first: str
    second: str
    percent: Estimate
    cohen: Estimate
    """Quadratically weighted on scales in order, plain on labels without."""


class PeopleAgreement(NamedTuple):
    """All people on one criterion."""

    criterion: str
    level: Level
    people: tuple[str, ...]
    alpha: Estimate
    """Krippendorff's, over cases that two or more answered."""
    pairs: tuple[PairOfPeople, ...]
    open: int
    """Cases on which they differ and nobody has settled it."""


def level_of(scale: Scale) -> Level:
    """The level of measurement of a scale.

    A preference is one of order: who calls a pair a tie is nearer to both sides than they are to
    each other.

    Examples:
        >>> from dikast.types import IntegerScale, PreferenceScale, YesNoScale
        >>> [level_of(scale) for scale in (YesNoScale(), PreferenceScale(), IntegerScale())]
        ['nominal', 'ordinal', 'interval']
    """
    if scale.kind == "yes_no":
        return "nominal"
    return "ordinal" if scale.labelled else "interval"


def people_agreement(run: RunFile, spec: PanelSpec, *, seed: int = 0) -> list[PeopleAgreement]:
    """Agreement of people by criterion, in the rubric's order.

    Every answer counts, also those that somebody else's final one overruled.

    Returns:
        Nothing for a criterion on which no case was answered by two people.
    """
    said: dict[str, dict[str, dict[str, float]]] = {}
    open_: dict[str, int] = {}
    for verdict in run.verdicts():
        for answer in () if verdict.adjudication is None else verdict.adjudication.answers:
            by_case = said.setdefault(answer.criterion, {})
            by_case.setdefault(verdict.case_id, {})[answer.by] = answer.score
        for decision in verdict.criteria:
            if decision.reason is Reason.PERSONS_DIFFER:
                open_[decision.criterion] = open_.get(decision.criterion, 0) + 1
    return [
        _agreement(criterion.id, criterion.scale, said[criterion.id], open_, seed)
        for criterion in spec.rubric.criteria
        if any(len(votes) > 1 for votes in said.get(criterion.id, {}).values())
    ]


def _agreement(
    name: str,
    scale: Scale,
    said: dict[str, dict[str, float]],
    open_: dict[str, int],
    seed: int,
) -> PeopleAgreement:
    people = sorted({by for votes in said.values() for by in votes})
    level = level_of(scale)
    grid = [[said[case].get(by) for by in people] for case in sorted(said)]
    columns = dict(zip(people, map(list, zip(*grid, strict=True)), strict=True))
    pairs = [
        PairOfPeople(
            first,
            second,
            percent_agreement(columns[first], columns[second], seed=seed),
            cohen(
                columns[first],
                columns[second],
                weights="nominal" if level == "nominal" else "quadratic",
                categories=_categories(scale),
                seed=seed,
            ),
        )
        for first, second in combinations(people, 2)
    ]
    alpha = krippendorff(grid, level=level, seed=seed)
    return PeopleAgreement(name, level, tuple(people), alpha, tuple(pairs), open_.get(name, 0))


def _categories(scale: Scale) -> list[float] | None:
    """The steps of a scale that has few, so that a weighted κ counts steps nobody used."""
    low, high = scale.bounds()
    if scale.kind == "real" or high - low > 100:
        return None
    return [low + step for step in range(int(high - low) + 1)]


def agreement_lines(found: list[PeopleAgreement]) -> Iterator[str]:
    """The agreement in words; nothing where nobody answered what another did."""
    for one in found:
        alpha = told(one.alpha)
        yield (
            f"{one.criterion}: {len(one.people)} people, Krippendorff's α ({one.level}) {alpha}"
            + f"; {one.open} cases open, where they differ" * bool(one.open)
        )
        for pair in one.pairs[:MOST_PAIRS]:
            if pair.percent.n:
                yield (
                    f"  {clip(pair.first, 30)} and {clip(pair.second, 30)}: alike in "
                    f"{told(pair.percent, share=True)}, Cohen's κ {told(pair.cohen)}"
                )
        if len(one.pairs) > MOST_PAIRS:
            yield f"  and {len(one.pairs) - MOST_PAIRS} more pairs with --json"


def told(estimate: Estimate, *, share: bool = False) -> str:
    """A figure with its n and interval, or why there is none."""
    if estimate.value is None:
        return f"undefined ({estimate.reason})"

    def written(value: float) -> str:
        return f"{value:.0%}" if share else f"{value:.2f}"

    ends = ""
    if estimate.low is not None and estimate.high is not None:
        ends = f" [{written(estimate.low)}, {written(estimate.high)}]"
    return f"{written(estimate.value)}{ends} over {estimate.n} cases"
