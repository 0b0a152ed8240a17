"""Why seats that agree are not grouped without labels: two worlds that look alike, one rule."""

from __future__ import annotations

import numpy as np
import pytest

from dikast.stats.ballot_table import Floats
from dikast.stats.panel_value import panel_value
from dikast.stats.panel_votes import credit, weighted_decisions
from dikast.stats.reliability import pair_correlations
from dikast.types import PreferenceScale

N = 100_000
NO_TIES = PreferenceScale(ties=False)
SHARED = np.array([1 / 3, 1 / 3, 1 / 3, 1.0, 1.0])
"""One vote for the first three seats."""


def clones(rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Three near-clones of a judge of 0.65, and two independent ones of 0.85."""
    truth = rng.choice([-1.0, 1.0], N)

    def judge(accuracy: float) -> Floats:
        return np.where(rng.random(N) < accuracy, truth, -truth)

    first = judge(0.65)
    three = [np.where(rng.random(N) < 0.95, first, judge(0.65)) for _ in range(3)]
    return np.stack([*three, judge(0.85), judge(0.85)], axis=1), truth


def experts(rng: np.random.Generator, like: Floats) -> tuple[Floats, Floats]:
    """Three good judges, and two swayed by one thing beside the truth, agreeing as in `like`."""
    inside, across, outside = like[0, 1:3].mean(), like[:3, 3:].mean(), like[3, 4]
    good = np.sqrt(inside)
    weak = across / good
    swayed = np.sqrt(outside - weak**2)
    truth, pull = rng.choice([-1.0, 1.0], N), rng.choice([-1.0, 1.0], N)
    votes = [np.where(rng.random(N) < (1 + good) / 2, truth, -truth) for _ in range(3)]
    for _ in range(2):
        drawn, blind = rng.random(N), rng.choice([-1.0, 1.0], N)
        votes.append(np.where(drawn < swayed, pull, np.where(drawn < swayed + weak, truth, blind)))
    return np.stack(votes, axis=1), truth


def reached(votes: Floats, truth: Floats, weights: Floats) -> float:
    score = weighted_decisions(votes, weights, NO_TIES).score
    return float(credit(score, truth, NO_TIES).mean())


def test_one_vote_for_seats_that_agree_saves_one_world_and_harms_its_twin() -> None:
    rng = np.random.default_rng(1)
    votes, truth = clones(rng)
    seen = pair_correlations(votes)
    others, told = experts(rng, seen)
    assert np.abs(pair_correlations(others) - seen).max() < 0.015

    assert reached(votes, truth, np.ones(5)) == pytest.approx(0.674, abs=0.01)
    assert reached(votes, truth, SHARED) == pytest.approx(0.889, abs=0.01)
    assert reached(others, told, np.ones(5)) == pytest.approx(0.982, abs=0.01)
    assert reached(others, told, SHARED) == pytest.approx(0.738, abs=0.01)


def test_labels_tell_the_two_worlds_apart() -> None:
    rng = np.random.default_rng(2)
    votes, truth = clones(rng)
    others, told = experts(rng, pair_correlations(votes))
    few = slice(0, 300)
    assert panel_value(votes[few], truth[few], NO_TIES, draws=0).best in (3, 4)
    assert panel_value(others[few], told[few], NO_TIES, draws=0).best in (0, 1, 2)
