"""The check of fitted rules finds who breaks a promise, and every own rule keeps the laws."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dikast import registry
from dikast.rules import Decisions, NotEnough
from dikast.stats.ballot_table import BallotTable
from dikast.testing import check_fit
from dikast.testing.fit_checks import KINDS, mirrored, recorded_like, renamed


def mean(table: BallotTable) -> Any:
    """The mean vote on numbers; labels are left open."""
    if table.scales[0].labelled or not len(table.cases):
        return np.full(len(table.cases), np.nan)
    grid = table.grid("overall").reshape(len(table.cases), -1)
    known = ~np.isnan(grid)
    total = np.nan_to_num(grid).sum(axis=1)
    return np.where(known.any(axis=1), total / np.maximum(known.sum(axis=1), 1), np.nan)


@dataclass
class Mean:
    """Decides by the mean of all votes, or however it is told to."""

    weights: Mapping[str, Mapping[str, float]] | None = None
    why: str = "everybody counts alike"
    decide: Callable[[BallotTable], np.ndarray[Any, Any]] = field(default=mean)
    sure: float = np.nan

    def predict(self, table: BallotTable) -> Decisions:
        score = self.decide(table)[:, None]
        return Decisions(score, np.where(np.isnan(score), np.nan, self.sure))


def seen(table: BallotTable) -> BallotTable:
    """The ballots of the judges that `recorded_like` seats."""
    return table.take_judges([j for j in table.judges if j != "zoe"])


def good(table: BallotTable) -> Mean:
    return Mean(decide=lambda t: mean(seen(t)))


def counting(table: BallotTable) -> Mean:
    counting.calls = getattr(counting, "calls", 0) + 1  # type: ignore[attr-defined]
    shift = counting.calls % 2 * 0.01  # type: ignore[attr-defined]
    return Mean(decide=lambda t: np.clip(mean(seen(t)) - shift, *t.scales[0].bounds()))


def greedy(table: BallotTable) -> Mean:
    table.score[:] = 1.0
    return good(table)


def by_name(table: BallotTable) -> Mean:
    """The judge whose name comes first decides."""
    first = table.judges[:1]
    return Mean(decide=lambda t: mean(t.take_judges(first) if set(first) <= set(t.judges) else t))


def by_place(table: BallotTable) -> Mean:
    """The case that comes first is decided differently."""
    return Mean(decide=lambda t: np.where(np.arange(len(t.cases)) > 0, mean(seen(t)), np.nan))


def peeking(table: BallotTable) -> Mean:
    return Mean(
        decide=lambda t: np.where(np.isnan(t.truth[:, 0]), mean(seen(t)), t.scales[0].bounds()[0])
    )


def first_slot(table: BallotTable) -> Mean:
    def voted(t: BallotTable) -> np.ndarray[Any, Any]:
        return np.isin(np.arange(len(t.cases)), t.case[~t.abstained])

    return Mean(decide=lambda t: np.where(voted(seen(t)) & t.pairs, 1.0, mean(seen(t))))


def between(table: BallotTable) -> Any:
    """A quarter of the way up the scale wherever anybody voted."""
    own = seen(table)
    low, high = table.scales[0].bounds()
    voted = np.isin(np.arange(len(table.cases)), own.case[~own.abstained])
    return np.where(voted, low + (high - low) / 4 + 0.01, np.nan)


BAD: dict[str, tuple[Callable[..., Any], str]] = {
    "not-pure": (counting, "not pure"),
    "eats-its-input": (greedy, "changes its input"),
    "first-name-decides": (by_name, "order of judges|has a say"),
    "first-case-decides": (by_place, "order of cases|without votes"),
    "looks-at-labels": (peeking, "looks at labels|without votes"),
    "strangers-vote": (lambda t: Mean(), "not fitted has a say"),
    "favours-the-first": (first_slot, "privileged by its place"),
    "off-the-scale": (lambda t: Mean(decide=lambda t: mean(seen(t)) + 100), "off the scale"),
    "between-labels": (lambda t: Mean(decide=between), "no label"),
    "without-votes": (
        lambda t: Mean(decide=lambda t: np.full(len(t.cases), t.scales[0].bounds()[1])),
        "without votes",
    ),
    "too-sure": (lambda t: Mean(decide=lambda t: mean(seen(t)), sure=1.5), "no probability"),
    "silent": (lambda t: Mean(why="", decide=lambda t: mean(seen(t))), "not say why"),
    "negative-weight": (
        lambda t: Mean(weights={"overall": {"ann": -1.0}}, decide=lambda t: mean(seen(t))),
        "negative",
    ),
    "raises": (lambda t: 1 / 0, "raises on"),
    "refuses-all": (lambda t: _refuse("not with me, whatever the table holds"), "every table"),
    "refuses-in-silence": (lambda t: _refuse("no"), "not say why it refuses"),
}  # fmt: skip


def _refuse(message: str) -> Any:
    raise NotEnough(message)


def test_an_honest_rule_passes() -> None:
    check_fit(good)


@pytest.mark.parametrize("name", BAD)
def test_a_fitted_rule_that_breaks_a_promise_is_found(name: str) -> None:
    fit, broken = BAD[name]
    with pytest.raises(AssertionError, match=broken):
        check_fit(fit)


FITS = registry.names("fits")


@pytest.mark.parametrize("name", FITS)
@settings(max_examples=8)
@given(
    kind=st.sampled_from(sorted(KINDS)),
    labels=st.sampled_from([0, 12, 30]),
    orders=st.sampled_from([1, 2]),
    seed=st.integers(0, 10_000),
    data=st.data(),
)
def test_names_and_places_decide_nothing(
    name: str, kind: str, labels: int, orders: int, seed: int, data: st.DataObject
) -> None:
    fit = registry.load("fits", name)
    table = recorded_like(kind, labels=labels, orders=orders, cases=40, seed=seed)
    try:
        made = fit(table).predict(table)
    except NotEnough:
        return
    order = data.draw(st.permutations(table.judges))
    judges = dict(zip(table.judges, order, strict=True))
    other = fit(renamed(table, judges=judges)).predict(renamed(table, judges=judges))
    same(made, other)
    if table.pairs:
        flipped = fit(mirrored(table)).predict(mirrored(table))
        same(made, Decisions(0.0 - flipped.score, flipped.confidence))


def same(one: Decisions, other: Decisions) -> None:
    assert np.allclose(one.score, other.score, rtol=0, atol=1e-7, equal_nan=True)
    assert np.allclose(one.confidence, other.confidence, rtol=0, atol=1e-5, equal_nan=True)
