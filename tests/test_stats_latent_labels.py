"""Dawid–Skene and one-coin: beside crowd-kit, on planted judges, and the worked panels."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from dikast.stats.ballot_table import Floats, Ints
from dikast.stats.latent_labels import Channel, answers, fit_channels, posterior
from dikast.stats.reliability import odds
from dikast.stats.standing_votes import masses, plurality
from dikast.types import YesNoScale

BINARY = np.array([0.0, 1.0])


def unknown(cases: int, labels: int) -> Floats:
    return np.full((cases, labels), np.nan)


def shares(coded: Ints, labels: int) -> Floats:
    counts = np.stack([(coded == label).sum(axis=1) for label in range(labels)], axis=1)
    return np.asarray(counts / counts.sum(axis=1, keepdims=True))


def votes_of(accuracy: list[float], cases: int, labels: int, seed: int) -> tuple[Ints, Ints]:
    """Truth and votes of judges that err independently and evenly."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(labels, size=cases)
    wrong = (truth[:, None] + rng.integers(1, labels, size=(cases, len(accuracy)))) % labels
    right = rng.random((cases, len(accuracy))) < accuracy
    return truth, np.where(right, truth[:, None], wrong)


# --- beside crowd-kit --------------------------------------------------------------------------


@pytest.mark.parametrize("one_coin", [False, True], ids=["dawid-skene", "one-coin"])
@pytest.mark.parametrize(("labels", "rounds"), [(2, 7), (3, 7), (3, 300)])
def test_as_crowd_kit(one_coin: bool, labels: int, rounds: int) -> None:
    """Without smoothing, with a free prior, after the same number of rounds."""
    oracle: Any = pytest.importorskip("crowdkit.aggregation", reason="needs crowd-kit")
    pandas: Any = pytest.importorskip("pandas")
    _, coded = votes_of([0.9, 0.75, 0.6, 0.55], 120, labels, seed=labels)
    coded[np.random.default_rng(9).random(coded.shape) < 0.2] = -1
    coded[(coded < 0).all(axis=1), 0] = 0
    rows = [(i, j, coded[i, j]) for i, j in product(*map(range, coded.shape)) if coded[i, j] >= 0]
    data = pandas.DataFrame(rows, columns=["task", "worker", "label"])
    kind = oracle.OneCoinDawidSkene if one_coin else oracle.DawidSkene
    theirs = kind(n_iter=rounds, tol=-1.0).fit(data).probas_.sort_index()[list(range(labels))]
    given = answers(coded[:, :, None], labels, paired=False)
    ours = fit_channels(
        given, shares(coded, labels), unknown(len(coded), labels),
        one_coin=one_coin, smoothing=0.0, even=False, rounds=rounds, tolerance=-1.0,
    )  # fmt: skip
    assert posterior_after(given, ours) == pytest.approx(theirs.to_numpy(), abs=1e-6)


def posterior_after(given: Any, channel: Channel) -> npt.NDArray[np.float64]:
    return posterior(given, channel).share


# --- the worked panels of independent judges ---------------------------------------------------


def exact(accuracy: list[float], weights: Floats) -> float:
    """Probability that a weighted vote is right, over all outcomes; a tie is half right."""
    total = 0.0
    for right in product([0.0, 1.0], repeat=len(accuracy)):
        chance = float(np.prod([a if r else 1 - a for a, r in zip(accuracy, right, strict=True)]))
        made = plurality(masses(np.array([right]), weights, BINARY), YesNoScale())[0]
        total += chance * (0.5 if np.isnan(made) else float(made))
    return total


@pytest.mark.parametrize(
    ("accuracy", "majority", "known"),
    [
        pytest.param([0.8] * 5, 0.942, 0.942, id="five-alike"),
        pytest.param([0.9, 0.85, 0.6, 0.55, 0.55], 0.838, 0.9045, id="two-good"),
        pytest.param([0.9, 0.6, 0.6, 0.6, 0.6], 0.786, 0.9, id="one-good"),
    ],
)
def test_worked_panels_exactly(accuracy: list[float], majority: float, known: float) -> None:
    assert exact(accuracy, np.ones(5)) == pytest.approx(majority, abs=5e-4)
    assert exact(accuracy, odds(np.array(accuracy))) == pytest.approx(known, abs=5e-4)


def right(coded: Ints, truth: Ints, *, one_coin: bool = False) -> float:
    given = answers(coded[:, :, None], 2, paired=False)
    channel = fit_channels(given, shares(coded, 2), unknown(len(coded), 2), one_coin=one_coin)
    return float((posterior(given, channel).share.argmax(axis=1) == truth).mean())


@pytest.mark.parametrize(
    ("accuracy", "expected"),
    [
        pytest.param([0.8] * 5, 0.935, id="five-alike"),
        pytest.param([0.9, 0.85, 0.6, 0.55, 0.55], 0.894, id="two-good"),
    ],
)
def test_worked_panels_simulated(accuracy: list[float], expected: float) -> None:
    found = np.mean([right(*votes_of(accuracy, 600, 2, s)[::-1]) for s in range(6)])
    assert found == pytest.approx(expected, abs=0.015)  # 3,600 cases: 3 standard errors


def test_clones_take_the_model_over() -> None:
    """Three near-clones at 0.65 beside two judges at 0.85: no model of votes repairs that."""
    model, vote, single = [], [], []
    for seed in range(6):
        truth, coded = votes_of([0.65, 0.65, 0.65, 0.85, 0.85], 600, 2, seed)
        rng = np.random.default_rng(100 + seed)
        for clone in (1, 2):
            same = rng.random(len(truth)) < 0.95
            coded[same, clone] = coded[same, 0]
        model.append(right(coded, truth))
        vote.append(((coded.sum(axis=1) > 2) == truth).mean())
        single.append((coded[:, 3] == truth).mean())
    assert np.mean(vote) == pytest.approx(0.674, abs=0.02)
    assert np.mean(model) == pytest.approx(0.646, abs=0.02)
    assert np.mean(single) == pytest.approx(0.843, abs=0.02)


# --- presentation orders -----------------------------------------------------------------------


def pair_votes(merit: list[float], pull: list[float], cases: int, seed: int) -> tuple[Ints, Ints]:
    """Pairs in both orders; with probability `pull` a judge names the first slot unseen."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(2, size=cases)
    shape = (cases, len(merit), 2)
    seen = np.where(
        rng.random(shape) < np.array(merit)[:, None], truth[:, None, None], 1 - truth[:, None, None]
    )
    first = np.array([1, 0])  # the label that means "the one shown first" in either order
    return truth, np.where(rng.random(shape) < np.array(pull)[:, None], first, seen)


@pytest.mark.parametrize("one_coin", [False, True], ids=["dawid-skene", "one-coin"])
def test_a_pull_toward_the_first_slot_is_no_merit(one_coin: bool) -> None:
    """Two pulled judges outnumber a fair one in each order alone; the model sees through them."""
    truth, coded = pair_votes([0.9, 0.75, 0.75], [0.0, 0.6, 0.6], 800, seed=1)
    one = coded.copy()
    half = np.arange(len(truth)) % 2 == 0
    one[half, :, 1] = -1
    one[~half, :, 0] = -1
    given = answers(one, 2, paired=True)
    start = np.stack([(one == label).sum(axis=(1, 2)) for label in (0, 1)], axis=1) / 3.0
    channel = fit_channels(given, start, unknown(800, 2), one_coin=one_coin)
    found = (posterior(given, channel).share.argmax(axis=1) == truth).mean()
    plain = (start.argmax(axis=1) == truth).mean()
    assert found > plain + 0.05
    pulled = channel.emission[1]  # second judge, in slots: label 1 is "first is better"
    assert pulled[0, 1] > 0.5  # names the first slot even where the second is better
    assert channel.emission[0][0, 1] < 0.3


def test_contradicting_orders_say_nothing_about_which_is_better() -> None:
    truth, coded = pair_votes([0.9, 0.8, 0.8], [0.1, 0.5, 0.3], 400, seed=2)
    given = answers(coded, 2, paired=True)
    start = np.stack([(coded == label).sum(axis=(1, 2)) for label in (0, 1)], axis=1) / 6.0
    channel = fit_channels(given, start, unknown(400, 2))
    for slots in (0, 3):  # both times the second shown, both times the first
        symbol = 2 + slots
        assert channel.emission[:, 0, symbol] == pytest.approx(channel.emission[:, 1, symbol])
    assert channel.prior.tolist() == [0.5, 0.5]
    assert ((posterior(given, channel).share.argmax(axis=1) == truth).mean()) > 0.9


def test_labels_are_believed_and_turn_a_wrong_majority() -> None:
    truth, coded = votes_of([0.95, 0.25, 0.25], 400, 2, seed=3)
    given = answers(coded[:, :, None], 2, paired=False)
    known = unknown(400, 2)
    known[:100] = np.eye(2)[truth[:100]]
    blind = fit_channels(given, shares(coded, 2), unknown(400, 2))
    told = fit_channels(given, shares(coded, 2), known)
    assert (posterior(given, blind).share.argmax(axis=1) == truth).mean() < 0.4
    assert (posterior(given, told).share.argmax(axis=1) == truth)[100:].mean() > 0.9
