"""Leaderboards: systems over many cases, with intervals by case and ranks left open."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from dikast.stats.estimate import Estimate, undefined
from dikast.stats.intervals import Draws, bootstrap_strengths
from dikast.stats.outcomes import Outcomes, add_outcomes, cyclic_components, win_rates
from dikast.stats.rankers import fit
from dikast.stats.rankings import Ranking


class Row(NamedTuple):
    """One system."""

    item: str
    rank: float
    """From 1, tied ones sharing the mean of their places."""
    best_rank: int
    worst_rank: int
    """Ranks that the data leave open: who is separated from it stands above or below."""
    strength: Estimate
    """Log-strength with its interval by case."""
    win_rate: Estimate
    """Share of its outcomes won, a tie counting half, with its interval by case."""


class Leaderboard(NamedTuple):
    """Systems ranked over all cases."""

    rows: tuple[Row, ...]
    """Best first; empty where `reason` says why."""
    ranking: Ranking
    """Groups that the data separate; with one case, by strength alone."""
    model: str
    cases: int
    cyclic: bool
    draws: Draws | None
    """For `draws.better(a, b)`; None where cases are too few for intervals."""
    reason: str = ""
    note: str = ""


def leaderboard(
    cases: Sequence[Outcomes],
    *,
    model: str = "davidson",
    draws: int = 200,
    seed: int = 0,
    level: float = 0.95,
) -> Leaderboard:
    """Rank systems over cases under one model, resampling cases for the intervals.

    Args:
        cases: The outcomes on each case; systems are matched by id. For one judge's board give
            that judge's outcomes, for the panel's the panel's.
        model: A name of `rankers.FITS`.
        draws: Resamples.
        seed: Of the resampling.
        level: Coverage of the intervals and of the separations.

    Returns:
        The board; without rows where systems cannot be placed on one line.

    Raises:
        UsageError: There is no case, or fewer than two systems.
        ConfigError: There is no such model.
    """
    pooled = add_outcomes(cases)
    strengths = fit(pooled, model)
    cyclic = bool(cyclic_components(pooled))
    if strengths.values is None:
        return Leaderboard(
            (), strengths.ranking(), model, len(cases), cyclic, None, strengths.reason
        )
    drawn = bootstrap_strengths(
        cases, lambda sample: fit(add_outcomes(sample), model).values, seed=seed, draws=draws
    )
    ranking = strengths.ranking() if drawn is None else drawn.tied_groups(level)
    ranking = ranking.noted(method=model, cyclic=cyclic, note=strengths.note)
    rates = _win_rates(cases, pooled, seed=seed, draws=draws, level=level)
    ranges = drawn.rank_ranges(level) if drawn else {}
    rows = []
    for item in sorted(strengths.values, key=lambda i: (-strengths.values[i], i)):  # type: ignore[index]
        low, high = drawn.interval(item, level) if drawn else (None, None)
        best, worst = ranges.get(item, (1, len(pooled.items)))
        strength = Estimate(strengths.values[item], n=len(cases), low=low, high=high)
        rows.append(Row(item, ranking.ranks[item], best, worst, strength, rates[item]))
    return Leaderboard(tuple(rows), ranking, model, len(cases), cyclic, drawn, note=strengths.note)


def _win_rates(
    cases: Sequence[Outcomes], pooled: Outcomes, *, seed: int, draws: int, level: float
) -> dict[str, Estimate]:
    """Win rates with percentile intervals, all systems on the same resamples."""
    rates = win_rates(pooled)
    if len(cases) < 2:
        return rates
    at = {item: index for index, item in enumerate(pooled.items)}
    won, met = np.zeros((2, len(cases), len(at)))
    for row, case in enumerate(cases):
        columns = [at[item] for item in case.items]
        won[row, columns] = (case.wins + case.ties / 2).sum(axis=1)
        met[row, columns] = (case.wins + case.wins.T + case.ties).sum(axis=1)
    picks = np.random.default_rng(seed).integers(len(cases), size=(draws, len(cases)))
    total_won, total_met = won[picks].sum(axis=1), met[picks].sum(axis=1)
    found: dict[str, Estimate] = {}
    for item, index in at.items():
        kept = total_met[:, index] > 0
        if rates[item].value is None or not kept.any():
            found[item] = undefined(rates[item].reason or "never judged in a resample")
            continue
        share = total_won[kept, index] / total_met[kept, index]
        low, high = np.quantile(share, [(1 - level) / 2, (1 + level) / 2])
        held = int((met[:, index] > 0).sum())
        found[item] = Estimate(
            rates[item].value, n=held, nulls=len(cases) - held, low=float(low), high=float(high)
        )
    return found
