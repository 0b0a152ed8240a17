"""Calibration on recorded judges: what few labels give, and whether the held-out figures hold.

Run `python -m benchmarks.calibration` (about a minute). Each set is LLMBar under one prompting
strategy: pairs of one instruction, six LLM judges, both presentation orders, one answer
objectively better. 20 or 50 cases are labelled at random, 30 draws; everything is then judged on
the cases left. `told` is what `dikast calibrate` says from the labels alone, by cross-validation:
it should be close to what the panel then does.

Decisions are a panel's: orders are folded strictly, so that a judge that follows the slot votes
for a tie, and a tie earns a half. ECE and Brier are of decisions for one of the two.
"""

from __future__ import annotations

import argparse
import sys
import time
from typing import NamedTuple

import numpy as np

from dikast.calibrating import Weigher
from dikast.stats.ballot_table import BallotTable, Bools, Floats
from dikast.stats.panel_fit import (
    Plan,
    Weigh,
    best_single,
    cross_fit,
    equal_weights,
    fit_panel_confidence,
)
from dikast.stats.panel_votes import credit, folded_votes, right, weighted_decisions
from dikast.testing.recorded import recorded_root
from dikast.testing.recorded_tables import llmbar, llmbar_strategies

PLAN = Plan(folds=5, repeats=2)
FIGURES = ("accuracy", "told", "Brier", "raw Brier", "ECE", "raw ECE")


class Drawn(NamedTuple):
    """One draw of labels: figures on the cases left, and what was told beforehand."""

    accuracy: float
    told: float
    brier: float
    raw_brier: float
    ece: float
    raw_ece: float


def ece(confidence: Floats, ok: Floats) -> float:
    """Expected calibration error in 10 equal bins."""
    bins = np.minimum((confidence * 10).astype(int), 9)
    gaps = np.bincount(bins, weights=confidence - ok, minlength=10)
    return float(np.abs(gaps).sum() / len(ok))


def draw(table: BallotTable, weigh: Weigh, labelled: Bools, seed: int) -> Drawn | None:
    """Calibrate on some labels and judge the panel on the others; None if nothing was fitted."""
    truth, scale = table.truth[:, 0], table.scales[0]
    shown = table.take_cases(labelled)  # the others stay unseen, even without their labels
    weights, held = weigh(shown), cross_fit(shown, weigh, PLAN._replace(seed=seed))
    if weights is None or held is None:
        return None
    confidence = fit_panel_confidence(held, scale, seed=seed)
    votes = folded_votes(table, table.criteria[0])[~labelled]
    each = np.array([weights.get(judge, 0.0) for judge in table.judges])
    made, left = weighted_decisions(votes, each, scale), truth[~labelled]
    ok = right(made.score, left, scale)
    if confidence is None:
        return None
    told = confidence.at(made.share, made.score)
    keep = ~np.isnan(ok) & (made.score != 0)
    return Drawn(
        accuracy=float(credit(made.score, left, scale).mean()),
        told=float(np.nanmean(held.credit)),
        brier=float(np.mean((told[keep] - ok[keep]) ** 2)),
        raw_brier=float(np.mean((made.share[keep] - ok[keep]) ** 2)),
        ece=ece(told[keep], ok[keep]),
        raw_ece=ece(made.share[keep], ok[keep]),
    )


def row(table: BallotTable, weigh: Weigh, labels: int, draws: int) -> tuple[Floats, float]:
    """Mean figures over draws, and the spread of told minus true accuracy."""
    found = []
    for seed in range(draws):
        labelled = np.zeros(len(table.cases), dtype=bool)
        labelled[np.random.default_rng(seed).choice(len(labelled), labels, replace=False)] = True
        one = draw(table, weigh, labelled, seed)
        if one is not None:
            found.append(one)
    figures = np.array(found)
    return figures.mean(axis=0), float((figures[:, 1] - figures[:, 0]).std())


def main() -> int:
    """Print a table per strategy."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--draws", type=int, default=30)
    parser.add_argument("--labels", type=int, nargs="+", default=[20, 50])
    parser.add_argument("--rule", default="log_odds", help="fitted rule to calibrate")
    parser.add_argument("--strategies", nargs="+", default=None)
    given = parser.parse_args()
    if recorded_root() is None:
        print("recorded judgement sets are absent; set DIKAST_DATA to their folder")
        return 1
    ways: dict[str, Weigh] = {
        given.rule: Weigher(given.rule),
        "best single": best_single,
        "majority": equal_weights,
    }
    start = time.perf_counter()
    for strategy in given.strategies or llmbar_strategies():
        table = llmbar(strategy)
        print(f"\nLLMBar, {strategy}: {len(table.cases)} pairs, {len(table.judges)} judges")
        head = "".join(f"{name:>11}" for name in FIGURES)
        print(f"{'':<22}{head}   told − true, spread over draws")
        for labels in given.labels:
            for name, weigh in ways.items():
                mean, spread = row(table, weigh, labels, given.draws)
                shown = "".join(f"{value:>11.3f}" for value in mean)
                gap = f"{mean[1] - mean[0]:+.3f} ± {spread:.3f}"
                print(f"{labels:>3} labels {name:<11}{shown}   {gap}")
    print(f"\n{time.perf_counter() - start:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
