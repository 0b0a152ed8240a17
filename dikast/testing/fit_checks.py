"""What any fitted rule must keep, as a check for yours and for dikast's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from dikast.rules import Decisions, Fit, FittedRule, NotEnough
from dikast.stats.ballot_table import BallotTable, Floats, Row
from dikast.types import (
    IntegerScale,
    OrdinalScale,
    PreferenceScale,
    RealScale,
    Scale,
    YesNoScale,
)

JUDGES = {"ann": 0.9, "bob": 0.8, "cid": 0.7, "dot": 0.6, "eve": 0.85}
"""Simulated judges and how often each is right."""

KINDS: dict[str, tuple[Scale, bool]] = {
    "yes or no": (YesNoScale(), False),
    "grades": (OrdinalScale(labels=("poor", "fair", "good", "superb")), False),
    "points": (IntegerScale(low=1, high=5), False),
    "shares": (RealScale(), False),
    "pairs": (PreferenceScale(ties=False), True),
    "pairs with ties": (PreferenceScale(), True),
    "pairs in five steps": (PreferenceScale(levels=5), True),
}


def recorded_like(
    kind: str, *, labels: int, orders: int = 2, cases: int = 60, seed: int = 0
) -> BallotTable:
    """Ballots of simulated judges, some abstaining, who are also the systems of pairs.

    Args:
        kind: A key of `KINDS`.
        labels: How many cases have a label.
        orders: In how many presentation orders pairs are judged.
        cases: How many cases there are.
        seed: Another one gives other ballots.
    """
    scale, paired = KINDS[kind]
    low, high = scale.bounds()
    rng = np.random.default_rng([seed, cases, sorted(KINDS).index(kind)])
    names = sorted(JUDGES)
    known = sorted(map(scale.accept, scale.labels)) if scale.labelled else None  # type: ignore[union-attr]
    rows: list[Row] = []
    truth: dict[tuple[str, str], float] = {}
    systems: dict[str, tuple[str, str]] = {}
    for at in range(cases):
        case = f"c{at:03}"
        right = float(rng.choice(known)) if known else float(rng.integers(int(low), int(high) + 1))
        systems[case] = (names[at % 5], names[(at + 1 + at // 5 % 4) % 5]) if paired else ("", "")
        if at < labels:
            truth[case, "overall"] = right
        for judge in names:
            for swapped in range(orders if paired else 1):
                vote: float | None = right
                if rng.random() > JUDGES[judge]:
                    vote = float(rng.choice(known)) if known else float(rng.uniform(low, high))
                if isinstance(scale, IntegerScale) and vote is not None:
                    vote = float(round(vote))
                if rng.random() < 0.05:
                    vote = None
                rows.append(Row(case, judge, vote, swapped=bool(swapped)))
    return BallotTable.of(
        rows,
        scales={"overall": scale},
        pairs=paired,
        truth=truth,
        systems=systems,
        families={"ann": "acme", "bob": "acme", "cid": "bolt"},
    )


def tables() -> Iterator[tuple[str, BallotTable]]:
    """Tables that a rule is tried on, with a name for each: good ones and hopeless ones."""
    for kind, (_, paired) in KINDS.items():
        for labels in (0, 25):
            yield f"{kind}, {labels} labels", recorded_like(kind, labels=labels)
        if paired:
            yield f"{kind}, one order", recorded_like(kind, labels=25, orders=1)
        whole = recorded_like(kind, labels=25)
        yield f"{kind}, one judge", whole.take_judges(["ann"])
        yield f"{kind}, one case", whole.take_cases(np.array([0]))
        yield f"{kind}, no case", whole.take_cases(np.zeros(len(whole.cases), dtype=bool))
        yield f"{kind}, abstentions only", _with_scores(whole, np.full(whole.n, np.nan))
        top = whole.scales[0].bounds()[1]
        yield f"{kind}, always the same", _with_scores(whole, np.full(whole.n, top))


def check_fit(fit: Fit) -> None:
    """Hold a fitted rule to what every fitted rule promises.

    It refuses a table only by `NotEnough`. It is pure, says why, and its weights (if it has any)
    are numbers from 0. Decisions are on the scale, without votes there is none, and a confidence
    is from 0 to 1 and stands beside a score. The names and the order of cases and judges change
    nothing; exchanging the candidates of all pairs mirrors everything. Predicting looks at no
    label, and a judge that was not there in fitting has no say.

    Args:
        fit: The rule.

    Raises:
        AssertionError: It breaks one of these promises, or refuses every table.

    Examples:
        >>> from dikast.rules.wawa import fit
        >>> check_fit(fit)
    """
    fitted = 0
    for name, table in tables():
        model = _fitted(fit, table, name)
        if model is None:
            continue
        fitted += 1
        made = model.predict(table)
        _check_form(table, model, made, name)
        _check_same(made, _again(fit, table), f"the rule is not pure on {name}")
        blind = model.predict(table.with_truth(np.full_like(table.truth, np.nan)))
        _check_same(made, blind, f"predicting looks at labels on {name}")
        _check_names(fit, table, made, name)
        _check_stranger(model, table, made, name)
        if table.pairs:
            flipped = _again(fit, mirrored(table))
            back = Decisions(0.0 - flipped.score, flipped.confidence)
            _check_same(made, back, f"a candidate is privileged by its place on {name}")
    assert fitted, "the rule refuses every table"


def _fitted(fit: Fit, table: BallotTable, name: str) -> FittedRule | None:
    before = {column: getattr(table, column).copy() for column in ("score", "truth", "judge")}
    try:
        model = fit(table)
    except NotEnough as error:
        if len(str(error)) <= 20:
            raise AssertionError(f"the rule does not say why it refuses {name}") from error
        return None
    except Exception as error:
        raise AssertionError(f"the rule raises on {name}: {error!r}") from error
    for column, values in before.items():
        same = np.array_equal(getattr(table, column), values, equal_nan=True)
        assert same, f"the rule changes its input on {name}"
    return model


def _again(fit: Fit, table: BallotTable) -> Decisions:
    return fit(table).predict(table)


def _check_form(table: BallotTable, model: FittedRule, made: Decisions, name: str) -> None:
    shape = (len(table.cases), len(table.criteria))
    assert made.score.shape == made.confidence.shape == shape, f"wrong shape on {name}"
    assert len(model.why) > 10, f"the rule does not say why on {name}"
    decided = ~np.isnan(made.score[:, 0])
    scores = made.score[decided, 0]
    low, high = table.scales[0].bounds()
    assert ((scores >= low) & (scores <= high)).all(), f"a decision lies off the scale on {name}"
    if table.scales[0].labelled:
        labels = {table.scales[0].accept(label) for label in table.scales[0].labels}  # type: ignore[union-attr]
        assert set(scores.tolist()) <= labels, f"a decision is no label on {name}"
    sure = made.confidence[:, 0]
    assert np.isnan(sure[~decided]).all(), f"a confidence without a score on {name}"
    known = sure[~np.isnan(sure)]
    assert ((known >= 0) & (known <= 1)).all(), f"a confidence is no probability on {name}"
    voted = np.zeros(len(table.cases), dtype=bool)
    voted[table.case[~table.abstained]] = True
    assert not decided[~voted].any(), f"a case without votes is decided on {name}"
    for by_judge in (model.weights or {}).values():
        figures = np.array(list(by_judge.values()))
        fair = np.isfinite(figures).all() and (figures >= 0).all()
        assert fair, f"a weight is negative or no number on {name}"


def _check_names(fit: Fit, table: BallotTable, made: Decisions, name: str) -> None:
    """Rename cases and judges so that both come in the opposite order."""
    cases = {case: f"x{len(table.cases) - at:06}" for at, case in enumerate(table.cases)}
    moved = _again(fit, renamed(table, cases=cases))
    back = Decisions(moved.score[::-1], moved.confidence[::-1])
    _check_same(made, back, f"the order of cases decides on {name}")
    judges = dict(
        zip(table.judges, reversed([f"j{at}" for at in range(len(table.judges))]), strict=True)
    )
    other = _again(fit, renamed(table, judges=judges))
    _check_same(made, other, f"the order of judges decides on {name}")


def _check_stranger(model: FittedRule, table: BallotTable, made: Decisions, name: str) -> None:
    """A judge that nobody knows votes the top of the scale everywhere."""
    top = table.scales[0].bounds()[1]
    extra = [Row(case, "zoe", top) for case in table.cases]
    joined = BallotTable.of(
        [*_rows(table), *extra],
        scales=dict(zip(table.criteria, table.scales, strict=True)),
        pairs=table.pairs,
        cases=table.cases,
        systems=dict(zip(table.cases, table.systems, strict=True)),
    )
    _check_same(made, model.predict(joined), f"a judge that was not fitted has a say on {name}")


def _check_same(one: Decisions, other: Decisions, broken: str) -> None:
    assert np.allclose(one.score, other.score, rtol=0, atol=1e-7, equal_nan=True), broken
    assert np.allclose(one.confidence, other.confidence, rtol=0, atol=1e-5, equal_nan=True), broken


def _rows(table: BallotTable) -> list[Row]:
    return [
        Row(
            table.cases[table.case[at]],
            table.judges[table.judge[at]],
            None if np.isnan(table.score[at]) else float(table.score[at]),
            table.criteria[table.criterion[at]],
            bool(table.swapped[at]),
            int(table.sample[at]),
        )
        for at in range(table.n)
    ]


def _with_scores(table: BallotTable, score: Floats) -> BallotTable:
    return renamed(table, change=lambda columns: {**columns, "score": score})


def renamed(
    table: BallotTable,
    *,
    cases: Mapping[str, str] | None = None,
    judges: Mapping[str, str] | None = None,
    change: Callable[[dict[str, Any]], dict[str, Any]] = dict,
) -> BallotTable:
    """The same ballots under other names; systems and families of judges follow."""
    new, who = cases or {}, judges or {}
    names = [new.get(case, case) for case in table.cases]
    order = sorted(range(len(names)), key=names.__getitem__)
    columns: dict[str, Any] = {
        "case": [names[at] for at in table.case],
        "judge": [who.get(table.judges[at], table.judges[at]) for at in table.judge],
        "criterion": [table.criteria[at] for at in table.criterion],
        "swapped": table.swapped,
        "sample": table.sample,
        "score": table.score,
        "confidence": table.confidence,
        "scales": dict(zip(table.criteria, table.scales, strict=True)),
        "pairs": table.pairs,
        "cases": [names[at] for at in order],
        "truth": table.truth[order],
        "questions": [table.questions[at] for at in order],
        "systems": [tuple(who.get(s, s) for s in table.systems[at]) for at in order],
        "lengths": table.lengths[order],
        "families": {who.get(name, name): family for name, family in table.families.items()},
    }
    return BallotTable.from_columns(**change(columns))


def mirrored(table: BallotTable) -> BallotTable:
    """The same pairs with their candidates exchanged, and so the presentation orders."""
    return renamed(
        table,
        change=lambda columns: {
            **columns,
            "swapped": ~columns["swapped"],
            "score": 0.0 - columns["score"],
            "truth": 0.0 - columns["truth"],
            "systems": [pair[::-1] for pair in columns["systems"]],
            "lengths": columns["lengths"][:, ::-1],
        },
    )
