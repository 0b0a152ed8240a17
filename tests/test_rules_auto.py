"""`auto` on planted judges: what it chooses, what that reaches, and that it says so."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from dikast import registry
from dikast.rules import NotEnough
from dikast.rules.auto import fit
from dikast.stats.ballot_table import BallotTable, Floats
from dikast.stats.panel_checks import gain_of_weighing
from dikast.stats.standing_votes import classes, masses, plurality, standing
from dikast.types import PreferenceScale, RealScale, Scale, YesNoScale

NAN = float("nan")


def table_of(
    votes: Floats, truth: Floats, *, labels: int = 0, scale: Scale | None = None
) -> BallotTable:
    """A table from `[case, judge]`, or `[case, judge, order]` for pairs; the first are labelled."""
    paired = votes.ndim == 3
    grid = votes if paired else votes[:, :, None]
    cases = len(grid)
    at = np.stack(np.meshgrid(*map(np.arange, grid.shape), indexing="ij"), axis=-1).reshape(-1, 3)
    known = np.where(np.arange(cases) < labels, truth, NAN)[:, None]
    return BallotTable.from_columns(
        case=[f"c{i:05}" for i in at[:, 0]],
        judge=[f"j{j}" for j in at[:, 1]],
        criterion=["overall"] * len(at),
        swapped=at[:, 2] == 1,
        sample=np.zeros(len(at), dtype=np.int64),
        score=grid.reshape(-1),
        confidence=np.full(len(at), NAN),
        scales={"overall": scale or (PreferenceScale(ties=False) if paired else YesNoScale())},
        pairs=paired,
        cases=[f"c{i:05}" for i in range(cases)],
        truth=known,
    )


def planted(
    accuracy: list[float], cases: int = 300, seed: int = 0, *, orders: int = 0
) -> tuple[Floats, Floats]:
    """Truth and votes of judges that err independently, in every order anew."""
    rng = np.random.default_rng(seed)
    low = -1.0 if orders else 0.0
    truth = rng.choice([low, 1.0], size=cases)
    shape = (cases, len(accuracy), max(orders, 1))
    right = rng.random(shape) < np.array(accuracy)[:, None]
    votes = np.where(right, truth[:, None, None], (1.0 + low) - truth[:, None, None])
    return truth, votes if orders else votes[:, :, 0]


def reached(model: Any, table: BallotTable, truth: Floats) -> float:
    made = model.predict(table).score[:, 0]
    return float(np.where(np.isnan(made), 0.5, made == truth).mean())


def plain(table: BallotTable, truth: Floats) -> float:
    votes, scale = standing(table, "overall").votes, table.scales[0]
    made = plurality(masses(votes, np.ones(votes.shape[1]), classes(scale)), scale)
    return float(np.where(np.isnan(made), 0.5, made == truth).mean())


# --- without labels ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("accuracy", "least"),
    [
        pytest.param([0.8] * 5, 0.95, id="five-alike"),
        pytest.param([0.9, 0.85, 0.6, 0.55, 0.55], 0.95, id="two-good"),
        pytest.param([0.9, 0.6, 0.6, 0.6, 0.6], 0.92, id="one-good"),
    ],
)
def test_both_orders_of_honest_judges_are_weighed(accuracy: list[float], least: float) -> None:
    truth, votes = planted(accuracy, seed=4, orders=2)
    table = table_of(votes, truth)
    model = fit(table)
    assert "order consistency" in model.why
    assert reached(model, table, truth) >= max(plain(table, truth), least)


def test_judges_who_are_consistently_wrong_together_do_not_outvote_the_best() -> None:
    """Three judges share a misconception and hold to it in both orders; one is good, one fair."""
    rng = np.random.default_rng(5)
    truth, votes = planted([0.9, 0.7] + [0.8] * 3, 400, seed=5, orders=2)
    fooled = rng.random(400) < 0.6
    votes[fooled, 2:] = -truth[fooled, None, None]
    votes[:, 2:][rng.random((400, 3, 2)) < 0.15] *= -1
    table = table_of(votes, truth)
    stand = standing(table, "overall")
    gain = gain_of_weighing(stand.votes, stand.contrary, stand.both)
    assert gain is not None
    assert (gain.judge, gain.share < 0) == (0, True)
    model = fit(table)
    assert "`j0` alone" in model.why
    assert reached(model, table, truth) > plain(table, truth) + 0.2


def test_independent_errors_are_modelled_and_shared_ones_are_not() -> None:
    truth, votes = planted([0.9, 0.85, 0.6, 0.55, 0.55], 600, seed=6)
    table = table_of(votes, truth)
    model = fit(table)
    assert "Dawid" in model.why
    assert reached(model, table, truth) > plain(table, truth) + 0.03
    same = np.random.default_rng(6).random(600) < 0.9
    votes[same, 2], votes[same, 3] = votes[same, 4], votes[same, 4]
    shared = fit(table_of(votes, truth))
    assert "plain vote" in shared.why
    assert "beyond what independent errors explain" in shared.why


def test_numbers_are_weighed_by_what_judges_have_in_common() -> None:
    rng = np.random.default_rng(7)
    truth = rng.random(400)
    noise = np.array([0.1, 0.15, 0.2, 1.0, 1.0])
    votes = np.clip(truth[:, None] + rng.normal(size=(400, 5)) * noise, 0, 1)
    table = table_of(votes, truth, scale=RealScale())
    made = fit(table).predict(table).score[:, 0]
    ours, mean = np.corrcoef(made, truth)[0, 1], np.corrcoef(votes.mean(axis=1), truth)[0, 1]
    best = max(np.corrcoef(votes[:, j], truth)[0, 1] for j in range(5))
    assert ours > max(best, mean)


# --- with labels -------------------------------------------------------------------------------


def test_labels_find_a_wrong_majority_out() -> None:
    truth, votes = planted([0.95, 0.3, 0.3, 0.3], 400, seed=8)
    blind, table = table_of(votes, truth), table_of(votes, truth, labels=30)
    assert reached(fit(blind), table, truth) < 0.5
    model = fit(table)
    assert "labels moved" in model.why
    assert reached(model, table, truth) > 0.9
    assert model.weights is not None
    assert model.weights["overall"]["j1"] == 0.0


def test_labels_give_clones_one_voice() -> None:
    """Three near-clones at 0.65 beside two judges at 0.85."""
    truth, votes = planted([0.65, 0.65, 0.65, 0.85, 0.85], 1000, seed=9)
    same = np.random.default_rng(9).random((1000, 2)) < 0.95
    votes[:, 1:3] = np.where(same, votes[:, :1], votes[:, 1:3])
    table = table_of(votes, truth, labels=200)
    model = fit(table)
    assert reached(model, table, truth) > plain(table, truth) + 0.1
    assert model.weights is not None
    weights = model.weights["overall"]
    assert sum(weights[f"j{k}"] for k in range(3)) < weights["j3"]
    assert "err together" in model.why


def test_labels_that_agree_change_nothing() -> None:
    truth, votes = planted([0.8] * 5, 300, seed=10)
    table = table_of(votes, truth, labels=20)
    free = fit(table_of(votes, truth))
    model = fit(table)
    assert abs(reached(model, table, truth) - reached(free, table, truth)) < 0.02


def test_confidence_of_learned_weights_is_near_what_comes_true() -> None:
    truth, votes = planted([0.95, 0.4, 0.4, 0.4, 0.7], 2000, seed=11)
    table = table_of(votes, truth, labels=200)
    made = fit(table).predict(table)
    sure = made.confidence[:, 0]
    assert not np.isnan(sure).any()
    assert float(sure.mean()) == pytest.approx(float((made.score[:, 0] == truth).mean()), abs=0.06)


# --- odd judges --------------------------------------------------------------------------------


def odd(kind: str) -> tuple[BallotTable, Floats]:
    truth, votes = planted([0.9, 0.8, 0.8, 0.7, 0.6], 300, seed=12, orders=2)
    if kind == "slot":  # always the first shown
        votes[:, 4] = [1.0, -1.0]
    elif kind == "constant":  # always the canonically first
        votes[:, 4] = 1.0
    elif kind == "adversarial":
        votes[:, 4] = -truth[:, None]
    elif kind == "silent":
        votes[:, 4][np.random.default_rng(1).random((300, 2)) < 0.95] = NAN
    return table_of(votes, truth, labels=30), truth


@pytest.mark.parametrize("kind", ["slot", "constant", "adversarial", "silent"])
def test_one_odd_judge_does_no_harm(kind: str) -> None:
    table, truth = odd(kind)
    model = fit(table)
    assert reached(model, table, truth) > 0.9
    blind = fit(table.with_truth(np.full_like(table.truth, NAN)))
    assert reached(blind, table, truth) > 0.85


@pytest.mark.parametrize("kind", ["slot", "constant", "adversarial"])
def test_log_odds_leave_a_useless_judge_out(kind: str) -> None:
    table, _ = odd(kind)
    weights = registry.load("fits", "log_odds")(table).weights["overall"]
    assert weights["j4"] < 0.4
    assert weights["j0"] == max(weights.values())


def test_a_slot_follower_has_no_weight_by_order_consistency() -> None:
    table, _ = odd("slot")
    assert registry.load("fits", "order_consistency")(table).weights["overall"]["j4"] == 0.0


def test_one_judge_decides_alone_and_nobody_decides_nothing() -> None:
    truth, votes = planted([0.8, 0.7], 40, seed=13)
    table = table_of(votes, truth).take_judges(["j0"])
    model = fit(table)
    assert "one judge" in model.why
    assert reached(model, table, truth) == (votes[:, 0] == truth).mean()
    with pytest.raises(NotEnough, match="no ballot has a score"):
        fit(table_of(np.full((3, 2), NAN), np.zeros(3)))


def test_labels_of_one_kind_are_told_apart_from_knowledge() -> None:
    truth, votes = planted([0.8, 0.7, 0.7], 100, seed=14)
    order = np.argsort(-truth, kind="stable")
    table = table_of(votes[order], truth[order], labels=15)
    assert "are all one" in fit(table).why


def test_a_judge_alone_is_as_sure_as_labels_say() -> None:
    """Steady in both orders and wrong in 15 % for a reason: its orders alone claim 0.98."""
    rng = np.random.default_rng(6)
    truth = rng.choice([-1.0, 1.0], 400)
    steady = np.where(rng.random(400) < 0.85, truth, -truth)
    coins = rng.choice([-1.0, 1.0], (400, 2, 2))
    votes = np.concatenate([np.repeat(steady[:, None, None], 2, axis=2), coins], axis=1)
    votes[:, 1, :] = np.where(rng.random((400, 2)) < 0.6, truth[:, None], votes[:, 1, :])
    free, told = (fit(table_of(votes, truth, labels=n)) for n in (0, 100))
    table = table_of(votes, truth)
    assert np.array_equal(free.predict(table).score, told.predict(table).score, equal_nan=True)
    assert np.nanmean(free.predict(table).confidence) > 0.95
    assert np.nanmean(told.predict(table).confidence) == pytest.approx(0.85, abs=0.06)
