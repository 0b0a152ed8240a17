"""Held-out figures: honest about a panel fitted on few labels, and right about the planted."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from dikast.rules import NotEnough
from dikast.rules.log_odds import fit as log_odds
from dikast.stats.ballot_table import BallotTable, Row
from dikast.stats.criterion_fit import CriterionFit, cannot, fit_criterion
from dikast.stats.held_out import figures, gain
from dikast.stats.panel_fit import (
    HeldOut,
    Plan,
    best_single,
    cross_fit,
    equal_weights,
    fit_panel_confidence,
    on_criterion,
    residuals,
)
from dikast.stats.panel_votes import credit, folded_votes, right, weighted_decisions
from dikast.types import IntegerScale, PreferenceScale, Scale, YesNoScale

OK: dict[str, Scale] = {"ok": YesNoScale()}
PLAN = Plan(folds=5, repeats=2)


def planted(
    accuracies: dict[str, float],
    n: int,
    *,
    seed: int = 0,
    labelled: int | None = None,
    questions: int | None = None,
) -> BallotTable:
    """Judges of known accuracy, independent; labels on the first cases."""
    rng = np.random.default_rng(seed)
    truth = (rng.random(n) < 0.5).astype(float)
    names = [f"c{at:05}" for at in range(n)]
    rows = [
        Row(names[at], who, float(truth[at] if rng.random() < accuracy else 1 - truth[at]), "ok")
        for who, accuracy in accuracies.items()
        for at in range(n)
    ]
    known = range(n if labelled is None else labelled)
    return BallotTable.of(
        rows,
        scales=OK,
        truth={(names[at], "ok"): truth[at] for at in known},
        questions=None
        if questions is None
        else {name: f"q{at % questions}" for at, name in enumerate(names)},
    )


def weigh(table: BallotTable) -> Mapping[str, float] | None:
    try:
        return log_odds(table).weights["ok"]
    except NotEnough:
        return None


FIVE_JUDGES = {"a": 0.9, "b": 0.85, "c": 0.6, "d": 0.55, "e": 0.55}


def test_planted_judges_reach_their_known_accuracy() -> None:
    """Worked numbers of D1: majority 0.838, log-odds 0.901, best single 0.900."""
    table = planted(FIVE_JUDGES, 3000)
    held = {
        name: cross_fit(table, way, Plan(repeats=1))
        for name, way in (("w", weigh), ("m", equal_weights), ("s", best_single))
    }
    found = {name: figures(one) for name, one in held.items() if one is not None}
    assert found["w"].accuracy.value == pytest.approx(0.901, abs=0.017)
    assert found["m"].accuracy.value == pytest.approx(0.838, abs=0.02)
    assert found["s"].accuracy.value == pytest.approx(0.900, abs=0.017)
    for one in found.values():
        assert one.ece.value is not None
        assert one.ece.value < 0.03
    assert held["w"] is not None
    assert held["m"] is not None
    lead = gain(held["w"], held["m"])
    assert lead.low is not None
    assert lead.low > 0


def test_calibrated_confidence_is_the_planted_probability() -> None:
    """Of two votes against one among judges of 0.8, the two are right with probability 0.8."""
    table = planted(dict.fromkeys("abc", 0.8), 6000)
    held = cross_fit(table, equal_weights, Plan(repeats=1))
    assert held is not None
    told = fit_panel_confidence(held, OK["ok"])
    assert told is not None
    shares, score = np.array([2 / 3, 1.0]), np.array([1.0, 1.0])
    agree = 0.8**3 / (0.8**3 + 0.2**3)
    assert told.at(shares, score) == pytest.approx([0.8, agree], abs=0.02)


def test_no_label_of_a_tested_case_reaches_the_fit() -> None:
    """Every call of the fit is recorded; none may hold the label of a case it is tested on."""
    table = planted(FIVE_JUDGES, 30)
    seen: list[np.ndarray] = []

    def spy(given: BallotTable) -> Mapping[str, float]:
        seen.append(~np.isnan(given.truth[:, 0]))
        return equal_weights(given)

    held = cross_fit(table, spy, Plan(folds=5, repeats=1))
    assert held is not None
    hidden = [set(np.flatnonzero(~known).tolist()) for known in seen]
    outer = [h for h in hidden if len(h) == 6]
    assert set().union(*outer) == set(range(30))
    # inside a fold the map is fitted on decisions held out once more: the fold stays hidden
    inner = [h for h in hidden if len(h) > 6]
    assert len(outer) == 5
    assert len(inner) == 25
    assert all(any(fold < part for fold in outer) for part in inner)


def test_judges_of_chance_are_worth_chance_when_held_out() -> None:
    """The leaky figure of the best of 40 coins is far above 1/2; the held-out one is not."""
    leaky, honest, told = [], [], []
    for seed in range(8):
        table = planted({f"j{at:02}": 0.5 for at in range(40)}, 30, seed=seed)
        held = cross_fit(table, best_single, PLAN)
        assert held is not None
        honest.append(figures(held).accuracy.value)
        told.append(float(np.nanmean(held.probability)))
        weights = best_single(table)
        assert weights is not None
        found = weighted_decisions(
            folded_votes(table, "ok"), np.array([weights[j] for j in table.judges]), OK["ok"]
        )
        leaky.append(float(np.mean(credit(found.score, table.truth[:, 0], OK["ok"]))))
    assert np.mean(leaky) > 0.68
    assert np.mean([value for value in honest if value is not None]) == pytest.approx(0.5, abs=0.06)
    assert np.mean(told) == pytest.approx(0.5, abs=0.08)


def test_cases_of_one_question_are_held_out_together() -> None:
    """Copies of a case under other names would otherwise give their labels away."""
    table = planted(FIVE_JUDGES, 60, questions=12)
    groups: list[set[str]] = []

    def spy(given: BallotTable) -> Mapping[str, float]:
        known = ~np.isnan(given.truth[:, 0])
        groups.append({given.questions[at] for at in np.flatnonzero(known)})
        out = {given.questions[at] for at in np.flatnonzero(~known)}
        assert not out & groups[-1]
        return equal_weights(given)

    assert cross_fit(table, spy, PLAN) is not None
    assert groups


def test_one_question_for_all_cases_holds_them_out_one_by_one() -> None:
    """Such as "Summarise this.", asked of every text."""
    held = cross_fit(planted(FIVE_JUDGES, 12, questions=1), equal_weights, PLAN)
    assert held is not None
    assert held.decided.all()
    assert cross_fit(planted(FIVE_JUDGES, 12, labelled=1), equal_weights, PLAN) is None


def test_weights_are_recovered_within_sampling_error() -> None:
    table = planted({"a": 0.9, "b": 0.7, "c": 0.5}, 4000)
    found = weigh(table)
    assert found is not None
    assert found["a"] == pytest.approx(np.log(9), abs=0.2)
    assert found["b"] == pytest.approx(np.log(7 / 3), abs=0.12)
    assert found["c"] < 0.1


def test_names_and_rows_in_another_order_change_nothing() -> None:
    table = planted(FIVE_JUDGES, 40)
    rows = [
        Row(table.cases[c], table.judges[j], float(s), "ok")
        for c, j, s in zip(table.case, table.judge, table.score, strict=True)
    ]
    truth = {(name, "ok"): float(t) for name, t in zip(table.cases, table.truth[:, 0], strict=True)}
    other = BallotTable.of(rows[::-1], scales=OK, truth=dict(reversed(truth.items())))
    renamed = BallotTable.of(
        [row._replace(judge="z" + row.judge if row.judge < "c" else row.judge) for row in rows],
        scales=OK,
        truth=truth,
    )
    base = cross_fit(table, weigh, PLAN)
    for changed in (other, renamed):
        found = cross_fit(changed, weigh, PLAN)
        assert base is not None
        assert found is not None
        assert np.allclose(base.share, found.share, equal_nan=True)
        assert np.allclose(base.probability, found.probability, equal_nan=True)


def fit(table: BallotTable, **fields: object) -> CriterionFit | str:
    given: dict[str, object] = {
        "own": dict.fromkeys(table.judges, 1.0),
        "decide": weighted_decisions,
        "plan": PLAN,
    }
    return fit_criterion(table, table.criteria[0], weigh, **(given | fields))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("labels", "why"),
    [
        pytest.param(9, "9 labelled cases have ballots, and at least 10", id="too-few-labels"),
        pytest.param(0, "0 labelled cases", id="no-label"),
    ],
)
def test_too_few_labels_are_said(labels: int, why: str) -> None:
    found = fit(planted(FIVE_JUDGES, 50, labelled=labels))
    assert isinstance(found, str)
    assert why in found


def test_one_class_only_is_refused_and_pairs_are_not() -> None:
    rows = [Row(f"c{at:02}", "a", at % 2, "ok") for at in range(20)]
    truth = {(f"c{at:02}", "ok"): 1.0 for at in range(20)}
    table = BallotTable.of(rows, scales=OK, truth=truth)
    assert "every label is yes" in cannot(table)
    pairs = [Row(f"c{at:02}", "a", 1, "ok", swapped=s) for at in range(20) for s in (False, True)]
    table = BallotTable.of(pairs, scales={"ok": PreferenceScale()}, pairs=True, truth=truth)
    assert cannot(table) == ""


def test_constant_judges_are_named_and_the_own_rule_stays() -> None:
    table = planted({"a": 0.5, "b": 0.5}, 30)
    constant = BallotTable.of(
        [Row(name, who, 1.0, "ok") for name in table.cases for who in ("a", "b")],
        scales=OK,
        truth={(n, "ok"): float(t) for n, t in zip(table.cases, table.truth[:, 0], strict=True)},
    )
    found = fit(constant)
    assert isinstance(found, CriterionFit)
    assert found.constant == ("a", "b")
    if not found.weights:
        assert "own rule stays" in found.unfitted[0]
    assert found.confidence is not None
    share = float(table.truth.mean())
    told = found.confidence.at(np.array([1.0]), np.array([1.0]))
    assert told == pytest.approx([share], abs=0.1)


def test_a_judge_that_always_abstains_has_no_say() -> None:
    table = planted({"a": 0.8, "b": 0.8}, 40)
    rows = [
        Row(table.cases[c], table.judges[j], float(s), "ok")
        for c, j, s in zip(table.case, table.judge, table.score, strict=True)
    ]
    rows += [Row(name, "mute", None, "ok") for name in table.cases]
    truth = {(n, "ok"): float(t) for n, t in zip(table.cases, table.truth[:, 0], strict=True)}
    found = fit(BallotTable.of(rows, scales=OK, truth=truth))
    assert isinstance(found, CriterionFit)
    assert found.weights["mute"] == 0
    assert found.judges["mute"].value is None
    assert found.judges["mute"].nulls == 40


def test_numbers_get_an_interval_that_covers() -> None:
    """Held-out half-widths hold new labels about as often as promised."""
    scale: dict[str, Scale] = {"ok": IntegerScale(low=1, high=9)}
    covered = total = 0
    for seed in range(5):
        rng = np.random.default_rng(seed)
        truth = rng.integers(1, 10, 260).astype(float)
        names = [f"c{at:03}" for at in range(260)]
        noise = {"a": 0.7, "b": 1.0, "c": 2.0}
        rows = [
            Row(n, who, float(np.clip(round(t + rng.normal(0, sd)), 1, 9)), "ok")
            for who, sd in noise.items()
            for n, t in zip(names, truth, strict=True)
        ]
        labels = {(n, "ok"): t for n, t in zip(names[:60], truth[:60], strict=True)}
        table = BallotTable.of(rows, scales=scale, truth=labels)
        found = fit(table)
        assert isinstance(found, CriterionFit)
        assert found.band.value is not None
        weights = np.array([found.weights[j] for j in table.judges])
        made = weighted_decisions(folded_votes(table, "ok"), weights, scale["ok"])
        at = [table.cases.index(n) for n in names[60:]]
        covered += int((np.abs(made.score[at] - truth[60:]) <= found.band.value).sum())
        total += 200
    assert 0.86 <= covered / total <= 0.96


def test_labels_and_yes_no_have_no_interval() -> None:
    found = fit(planted(FIVE_JUDGES, 60))
    assert isinstance(found, CriterionFit)
    assert found.band.value is None
    assert "more than two or three steps" in found.band.reason


def test_thresholds_promise_what_they_keep() -> None:
    """Kept cases are right at least as often as was wanted, in nearly all draws."""
    broken = promised = 0
    for seed in range(10):
        table = planted(dict.fromkeys("abcde", 0.72), 150, seed=seed)
        found = fit(table, plan=Plan(folds=4, repeats=1, seed=seed))
        assert isinstance(found, CriterionFit)
        threshold = found.thresholds[0.9]
        if threshold is None or found.confidence is None:
            continue
        promised += 1
        fresh = planted(dict.fromkeys("abcde", 0.72), 3000, seed=seed + 1000)
        weights = np.array([found.weights[j] for j in fresh.judges])
        made = weighted_decisions(folded_votes(fresh, "ok"), weights, OK["ok"])
        keep = found.confidence.at(made.share, made.score) >= threshold.at
        broken += float(np.nanmean(right(made.score, fresh.truth[:, 0], OK["ok"])[keep])) < 0.89
    assert promised >= 5
    assert broken <= 2


def test_stated_confidence_is_held_against_the_labels() -> None:
    """A judge that states 0.9 and is right in 60 % of the cases."""
    table = planted({"a": 0.6}, 400)
    rows = [
        Row(table.cases[c], "a", float(s), "ok", confidence=0.9)
        for c, s in zip(table.case, table.score, strict=True)
    ]
    truth = {(n, "ok"): float(t) for n, t in zip(table.cases, table.truth[:, 0], strict=True)}
    found = fit(BallotTable.of(rows, scales=OK, truth=truth))
    assert isinstance(found, CriterionFit)
    assert float(found.stated["a"].at(np.array([0.9]))[0]) == pytest.approx(0.6, abs=0.06)


def test_ties_of_pairs_have_a_probability_of_their_own() -> None:
    """A judge that follows the slot in half of the cases: ties, and no label is one."""
    rng = np.random.default_rng(4)
    names = [f"c{at:03}" for at in range(120)]
    slot, wrong = rng.random(120) < 0.5, rng.random(120) < 0.1
    rows = []
    for at, name in enumerate(names):
        for swapped in (False, True):
            vote = -1.0 if wrong[at] else 1.0
            step = (-1.0 if swapped else 1.0) if slot[at] else vote
            rows.append(Row(name, "a", step, "ok", swapped=swapped))
    scales: dict[str, Scale] = {"ok": PreferenceScale()}
    truth = {(name, "ok"): 1.0 for name in names}
    table = BallotTable.of(rows, scales=scales, pairs=True, truth=truth)
    held = cross_fit(table, equal_weights, PLAN)
    assert held is not None
    told = fit_panel_confidence(held, scales["ok"])
    assert told is not None
    sure, tie = told.at(np.array([1.0, 1.0]), np.array([1.0, 0.0]))
    assert sure == pytest.approx(0.9, abs=0.07)
    assert tie < 0.05
    assert figures(held).brier.value == pytest.approx(0.045, abs=0.03)


def test_on_criterion_keeps_a_sample_of_the_unlabelled() -> None:
    table = planted(FIVE_JUDGES, 100, labelled=20)
    part = on_criterion(table, "ok", most=30)
    assert (len(part.cases), int(part.labelled.sum())) == (50, 20)
    assert on_criterion(table, "ok").cases == table.cases


@pytest.mark.parametrize(
    ("score", "truth", "scale", "earned"),
    [
        pytest.param(1, 1, YesNoScale(), 1.0, id="right"),
        pytest.param(0, 1, YesNoScale(), 0.0, id="wrong"),
        pytest.param(np.nan, 1, YesNoScale(), 0.5, id="open-between-two"),
        pytest.param(np.nan, 3, IntegerScale(low=1, high=5), 0.0, id="open-between-many"),
        pytest.param(4, 3, IntegerScale(low=1, high=5), 1.0, id="near-enough"),
        pytest.param(4.5, 3, IntegerScale(low=1, high=5), 0.0, id="too-far"),
        pytest.param(0, 1, PreferenceScale(), 0.5, id="a-tie-where-one-is-better"),
        pytest.param(0, 0, PreferenceScale(), 1.0, id="a-tie-that-is-one"),
        pytest.param(1, 0, PreferenceScale(), 0.0, id="a-preference-where-none-is"),
        pytest.param(2, 1, PreferenceScale(levels=5), 1.0, id="the-sign-counts"),
        pytest.param(1, np.nan, YesNoScale(), np.nan, id="no-label"),
    ],
)
def test_credit(score: float, truth: float, scale: Scale, earned: float) -> None:
    found = credit(np.array([score], float), np.array([truth], float), scale)
    assert found == pytest.approx([earned], nan_ok=True)


@pytest.mark.parametrize("how", ["strict", "lenient"])
def test_orders_fold_as_in_a_hearing(how: str) -> None:
    from dikast.stats.orders import fold_steps

    levels = [None, -2, -1, 0, 1, 2]
    pairs = [(a, b) for a in levels for b in levels]
    rows = [
        Row(f"c{at:02}", "j", None if step is None else float(step), swapped=bool(side))
        for at, pair in enumerate(pairs)
        for side, step in enumerate(pair)
    ]
    table = BallotTable.of(rows, scales={"overall": PreferenceScale(levels=5)}, pairs=True)
    votes = folded_votes(table, "overall", how)[:, 0]  # type: ignore[arg-type]
    for vote, (a, b) in zip(votes, pairs, strict=True):
        step = fold_steps(a, b, how).step  # type: ignore[arg-type]
        assert (None if np.isnan(vote) else int(vote)) == step, (a, b)


def test_figures_by_hand() -> None:
    held = HeldOut(
        cases=np.arange(4),
        truth=np.array([1.0, 1, 0, 0]),
        score=np.array([[1.0, 0, 0, np.nan]]),
        share=np.array([[1.0, 0.6, 0.8, 0.5]]),
        probability=np.array([[0.9, 0.6, 0.8, 0.5]]),
        right=np.array([[1.0, 0, 1, np.nan]]),
        credit=np.array([[1.0, 0, 1, 0.5]]),
    )
    found = figures(held)
    assert found.accuracy.value == pytest.approx(2.5 / 4)
    assert found.decided.value == pytest.approx(3 / 4)
    assert found.brier.value == pytest.approx((0.01 + 0.36 + 0.04) / 3)
    assert found.brier.nulls == 1
    assert found.ece.value == pytest.approx((0.1 + 0.6 + 0.2) / 3)
    expected = -(np.log(0.9) + np.log(0.4) + np.log(0.8)) / 3
    assert found.log_loss.value == pytest.approx(expected)
    raw = held._replace(share=np.array([[1.0, 1.0, 0.8, 0.5]]))
    assert figures(raw, raw=True).log_loss.value is None
    assert residuals(held)[:3] == pytest.approx([0, 1, 0])


@pytest.mark.parametrize("ties", [pytest.param(True, id="ties"), pytest.param(False, id="none")])
def test_an_audit_and_a_calibration_tell_the_same_majority(ties: bool) -> None:
    """Four judges of pairs who tie, flip with the order and abstain."""
    from dikast.audit.build import audit

    rng = np.random.default_rng(4)
    scales: dict[str, Scale] = {"ok": PreferenceScale(ties=ties)}
    rows, truth = [], {}
    for at in range(80):
        name, side = f"c{at:02}", float(rng.choice([-1, 1]))
        truth[name, "ok"] = side
        for who in "abcd":
            for swapped in (False, True):
                said = rng.choice(
                    [side, -side, 0.0 if ties else np.nan, np.nan], p=[0.5, 0.3, 0.1, 0.1]
                )
                rows.append(Row(name, who, None if np.isnan(said) else said, "ok", swapped=swapped))
    table = BallotTable.of(rows, scales=scales, pairs=True, truth=truth)
    fitted = fit(table)
    assert isinstance(fitted, CriterionFit)
    report = audit(table, draws=20)
    told = fitted.ways["unweighted majority"].accuracy
    heard = report.one("accuracy", "majority", "ok")
    assert told.value == pytest.approx(heard.value)
    assert told.n == heard.n
    left = report.one("left_open", "majority", "ok").value
    assert left == fitted.left_open["unweighted majority"]
    assert left


def test_a_threshold_holds_for_the_map_that_the_panel_uses() -> None:
    """One judge of 0.9 always sure: every fold has a map of its own, the panel has one."""
    table = planted({"ann": 0.9, "bob": 0.5, "cy": 0.5}, 400, seed=2)
    own = {"ann": 1.0, "bob": 0.0, "cy": 0.0}
    found = fit(table, own=own, keep_rule=True)
    assert isinstance(found, CriterionFit)
    assert found.confidence is not None
    threshold = found.thresholds[0.8]
    assert threshold is not None
    assert threshold.accepted == 400
    sure = found.confidence.at(np.ones(1), np.ones(1))[0]
    assert threshold.at == pytest.approx(sure, abs=1e-9)
