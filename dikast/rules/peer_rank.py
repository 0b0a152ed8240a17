"""Peer rank (PRD): judges who are also the contestants weigh by how well they do themselves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dikast.rules._fitting import Decisions, NotEnough
from dikast.rules._weighing import Weighted, seated, voted_on
from dikast.stats.ballot_table import BallotTable, Floats
from dikast.stats.peer_rank import peer_rank
from dikast.types import PreferenceScale


@dataclass(frozen=True, kw_only=True)
class PeerRanked(Weighted):
    """The sign of the weighted mean over all ballots, as published."""

    margin: float = 0.01

    def predict(self, table: BallotTable) -> Decisions:
        """Decide every case: up to `margin` of the scale from the middle is a tie."""
        score = np.full((len(table.cases), len(table.criteria)), np.nan)
        for at, criterion in enumerate(table.criteria):
            scale = table.scales[at]
            if criterion not in self.weights or not isinstance(scale, PreferenceScale):
                continue
            mean = _mean(table.grid(criterion), seated(self.weights[criterion], table))
            tie = 0.0 if scale.ties else np.nan
            sign = np.where(np.abs(mean) <= self.margin, tie, np.sign(mean))
            score[:, at] = np.where(np.isnan(mean), np.nan, sign)
        return Decisions(score, np.full_like(score, np.nan))


def _mean(grid: Floats, weights: Floats) -> Floats:
    """Weighted mean step over all ballots of a case; NaN where nobody with a weight voted."""
    voted = ~np.isnan(grid)
    mass = np.einsum("cjo,j->c", voted, weights)
    total = np.einsum("cjo,j->c", np.nan_to_num(np.clip(grid, -1, 1)), weights)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(mass > 0, total / mass, np.nan)


def fit(table: BallotTable, *, rounds: int = 5, margin: float = 0.01) -> PeerRanked:
    """Weigh each judge by its own min–max normalised win rate, over and over.

    Args:
        table: Pairs whose candidates were written by the judges themselves (`table.systems`);
            labels are not looked at.
        rounds: How often weights and win rates are computed in turn.
        margin: Half-width of the tie around the middle.

    Raises:
        NotEnough: These are no pairs, judges and contestants differ, or all did equally well.

    References:
        Li et al. (2023), "PRD: Peer Rank and Discussion Improve Large Language Model based
        Evaluations".
    """
    if not are_peers(table):
        raise NotEnough(
            "peer rank needs judges who are themselves the contestants, each of whom judged all: "
            "judges and systems differ here.",
            hint="Try `auto`.",
        )
    weights = {}
    for criterion in voted_on(table):
        rates = win_rates(table, criterion)
        if np.isnan(rates).any():
            raise NotEnough(f"on `{criterion}` some judge never judged some contestant.")
        names = table.judges
        found = peer_rank(
            {
                j: dict(zip(names, row.tolist(), strict=True))
                for j, row in zip(names, rates, strict=True)
            },
            rounds=rounds,
        )
        if found.weights is None:
            raise NotEnough(f"on `{criterion}` {found.reason}.")
        weights[criterion] = found.weights
    return PeerRanked(
        weights=weights,
        why="The judges are the contestants: each weighs by how often all of them, so weighted, "
        "prefer its own answers.",
        margin=margin,
    )


def are_peers(table: BallotTable) -> bool:
    """Whether those who judge are those whose answers are compared."""
    written = {name for pair in table.systems for name in pair}
    return table.pairs and len(table.judges) > 1 and written == set(table.judges)


def win_rates(table: BallotTable, criterion: str) -> Floats:
    """`[judge, contestant]`: mean share of points by question, then over questions.

    A win is a point, a tie half of one, in either order; NaN where they never met.
    """
    rows = np.flatnonzero(
        (table.criterion == table.criteria.index(criterion)) & ~np.isnan(table.score)
    )
    place = {name: at for at, name in enumerate(table.judges)}
    sides = np.array([[place.get(a, -1), place.get(b, -1)] for a, b in table.systems]).reshape(
        -1, 2
    )
    number = {question: at for at, question in enumerate(sorted(set(table.questions)))}
    asked = np.array([number[question] for question in table.questions], dtype=np.int64)
    case, points = table.case[rows], (1 + np.clip(table.score[rows], -1, 1)) / 2
    n = len(table.judges)
    shape = (n, n, len(number))
    total, met = np.zeros(shape), np.zeros(shape)
    for side, gained in ((0, points), (1, 1 - points)):
        where = (table.judge[rows], sides[case, side], asked[case])
        np.add.at(total, where, gained)
        np.add.at(met, where, 1.0)
    seen = met > 0
    mean = np.where(seen, total / np.maximum(met, 1), 0.0).sum(axis=2)
    with np.errstate(invalid="ignore"):
        return np.asarray(
            np.where(seen.any(axis=2), mean / np.maximum(seen.sum(axis=2), 1), np.nan)
        )
