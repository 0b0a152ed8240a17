"""May a judge stand in for one of the people? The alternative-annotator check.

For each person: on the cases that this person, the judge and somebody else rated, does the judge
match the others at least as well as the person does? A judge that does for most people is no worse
a rater than they are. It is cheap evidence, and it takes no truth: only several people's ratings.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import stats

from dikast.stats.ballot_table import BallotTable, Floats
from dikast.stats.estimate import Estimate, undefined
from dikast.stats.resampling import bootstrap_sums

FEWEST = 30
"""Cases per person below which the t-test is not to be relied on, and none is made."""


class StandIn(NamedTuple):
    """The judge held against one person."""

    person: str
    judge_match: Estimate
    """How well the judge matches the remaining people, 0 to 1."""
    person_match: Estimate
    """How well the person does, on the same cases."""
    lead: Estimate
    """Judge less person, with its interval by case."""
    p: float | None
    """One-sided, of the claim that the judge is worse by the margin or more; None with fewer than
    30 cases."""
    passed: bool
    """Whether that claim is rejected at the false-discovery rate over all people."""


class AlternativeAnnotator(NamedTuple):
    """The check of one judge on one criterion."""

    judge: str
    people: tuple[StandIn, ...]
    """By name."""
    passing: Estimate
    """Share of people for whom the judge passed; from a half on it may stand in for a person.
    Undefined if nobody rated enough cases."""
    lead: Estimate
    """Mean lead over the people."""


def alternative_annotator(
    judges: BallotTable,
    people: BallotTable,
    criterion: str,
    *,
    tolerance: float = 0.0,
    margin: float = 0.1,
    rate: float = 0.05,
    seed: int = 0,
) -> list[AlternativeAnnotator]:
    """Hold each judge of a table against each person of another.

    Two ratings match if they are equal or, on numeric scales, within `tolerance` of the scale. A
    judge's two presentation orders count half each.

    Args:
        judges: Ballots of judges.
        people: Ballots of people, by the same names of cases.
        criterion: The criterion; both tables have it.
        tolerance: As a share of a numeric scale.
        margin: By how much worse the judge may be for its cheapness: 0.1 against lay people, 0.2
            against experts (of the cited paper).
        rate: False-discovery rate over the people (Benjamini–Yekutieli, since they are compared
            on the same cases).
        seed: Of the intervals.

    Returns:
        One entry per judge, sorted by name. With one person only nothing can be compared, and the
        figures say so.

    Examples:
        >>> from dikast.stats.ballot_table import Row
        >>> from dikast.types import YesNoScale
        >>> rows = [(f"c{i}", who, i % 2) for i in range(40) for who in ("ann", "bob", "cy")]
        >>> odd = [(c, who, 1 - s if who == "cy" and c < "c2" else s) for c, who, s in rows]
        >>> scales = {"ok": YesNoScale()}
        >>> people = BallotTable.of([Row(c, w, s, "ok") for c, w, s in odd], scales=scales)
        >>> judge = BallotTable.of([Row(f"c{i}", "j", i % 2, "ok") for i in range(40)],
        ...                        scales=scales)
        >>> found, = alternative_annotator(judge, people, "ok")
        >>> found.passing.value, round(found.people[2].lead.value, 3)
        (1.0, 0.3)

    References:
        Calderon, Reichart, Dror (2025), "The Alternative Annotator Test for LLM-as-a-Judge".
    """
    shared = sorted(set(judges.cases) & set(people.cases))
    own = _rows(judges, criterion, shared)
    rated = _rows(people, criterion, shared)
    scale = people.scale(criterion)
    near = 0.0 if scale.labelled else tolerance * (scale.bounds()[1] - scale.bounds()[0])
    everyone = rated[:, :, 0] if rated.shape[2] == 1 else _one_order(rated)
    return [
        _check(name, own[:, at], everyone, people.judges, near + 1e-9, margin, rate, seed)
        for at, name in enumerate(judges.judges)
    ]


def _rows(table: BallotTable, criterion: str, cases: Sequence[str]) -> Floats:
    """The grid of some cases, in their order."""
    at = {name: index for index, name in enumerate(table.cases)}
    return table.grid(criterion)[[at[name] for name in cases]]


def _one_order(grid: Floats) -> Floats:
    """What each person said of a pair, in whichever order it was shown; NaN if orders differ."""
    first, second = grid[:, :, 0], grid[:, :, 1]
    same = np.where(first == second, first, np.nan)
    return np.where(np.isnan(first), second, np.where(np.isnan(second), first, same))


def _matches(votes: Floats, others: Floats, near: float) -> Floats:
    """Share of the others' ratings that a vote matches, by case; NaN where nothing compares."""
    given = ~np.isnan(others)
    with np.errstate(invalid="ignore", divide="ignore"):
        hits = (np.abs(others - votes[:, None]) <= near).sum(axis=1)
        share = hits / given.sum(axis=1)
    return np.where(np.isnan(votes) | ~given.any(axis=1), np.nan, share)


def _check(
    judge: str,
    votes: Floats,
    rated: Floats,
    names: Sequence[str],
    near: float,
    margin: float,
    rate: float,
    seed: int,
) -> AlternativeAnnotator:
    by_person: list[tuple[str, Floats, Floats]] = []
    for at, name in enumerate(names):
        others = np.delete(rated, at, axis=1)
        orders = np.stack([_matches(votes[:, o], others, near) for o in range(votes.shape[1])])
        told = ~np.isnan(orders)
        with np.errstate(invalid="ignore"):
            machine = np.nansum(orders, axis=0) / told.sum(axis=0)
        person = _matches(rated[:, at], others, near)
        both = ~np.isnan(machine) & ~np.isnan(person)
        by_person.append((name, machine[both], person[both]))
    p = [_p_worse(machine - person, margin) for _, machine, person in by_person]
    passed = _discoveries(p, rate)
    found = tuple(
        _stand_in(name, machine, person, value, ok, seed)
        for (name, machine, person), value, ok in zip(by_person, p, passed, strict=True)
    )
    tested = [ok for value, ok in zip(p, passed, strict=True) if value is not None]
    leads = [one.lead.value for one in found if one.lead.value is not None]
    why = f"nobody rated {FEWEST} cases that the judge and somebody else rated too"
    return AlternativeAnnotator(
        judge,
        found,
        Estimate(sum(tested) / len(tested), n=len(tested), nulls=len(p) - len(tested))
        if tested
        else undefined(why, nulls=len(p)),
        Estimate(sum(leads) / len(leads), n=len(leads))
        if leads
        else undefined("no case was rated by the judge and two people"),
    )


def _stand_in(
    name: str, machine: Floats, person: Floats, p: float | None, passed: bool, seed: int
) -> StandIn:
    why = "no case was rated by the judge, this person and somebody else"

    def mean(values: Floats) -> Estimate:
        if not len(values):
            return undefined(why)
        sums = np.column_stack([values, np.ones(len(values))])
        return bootstrap_sums(sums, lambda s: s[..., 0] / s[..., 1], seed=seed)

    return StandIn(name, mean(machine), mean(person), mean(machine - person), p, passed)


def _p_worse(lead: Floats, margin: float) -> float | None:
    """How likely such a lead is if the judge is worse by the margin, one-sided."""
    if len(lead) < FEWEST:
        return None
    if float(np.ptp(lead)) < 1e-12:
        # The same on every case: no variance to test by, and no doubt where all are equal.
        return 0.0 if float(lead[0]) > -margin else 1.0
    return float(stats.ttest_1samp(lead, -margin, alternative="greater").pvalue)


def _discoveries(p: Sequence[float | None], rate: float) -> list[bool]:
    known = [value for value in p if value is not None]
    if not known:
        return [False] * len(p)
    adjusted = iter(stats.false_discovery_control(known, method="by"))
    return [value is not None and float(next(adjusted)) <= rate for value in p]
