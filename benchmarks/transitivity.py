"""What a transitivity report costs: seconds and memory for many candidates, all pairs judged.

    python benchmarks/transitivity.py [--candidates N] [--accuracy P] [--ties P]

A simulated judge is right with the given chance whatever the gap, and ties some pairs.
"""

from __future__ import annotations

import argparse
import resource
import time

import numpy as np

from dikast.stats.outcomes import Pairing, tally, weakest_edges
from dikast.stats.rankers import rank
from dikast.stats.transitivity import transitivity


def judged(n: int, accuracy: float, ties: float, seed: int) -> list[Pairing]:
    """Every pair once; candidate 0 is the best."""
    rng = np.random.default_rng(seed)
    names = [f"c{k:05}" for k in range(n)]
    right, tied = rng.random((n, n)) < accuracy, rng.random((n, n)) < ties
    return [
        Pairing(names[i], names[j], "tie" if tied[i, j] else "a" if right[i, j] else "b")
        for i in range(n)
        for j in range(i + 1, n)
    ]


def timed(what: str, start: float) -> float:
    now = time.perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{what:<44}{now - start:8.2f} s   peak {peak:6.0f} MB")
    return now


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--candidates", type=int, default=1000)
    ask.add_argument("--accuracy", type=float, default=0.9)
    ask.add_argument("--ties", type=float, default=0.1)
    ask.add_argument("--seed", type=int, default=0)
    told = ask.parse_args()
    rows = judged(told.candidates, told.accuracy, told.ties, told.seed)
    clock = time.perf_counter()
    outcomes = tally(rows)
    clock = timed(f"tally of {len(rows)} pairs", clock)
    report = transitivity(outcomes)
    clock = timed("transitivity report", clock)
    weakest_edges(outcomes, 100)
    clock = timed("which 100 edges to hear again", clock)
    for model in ("copeland", "ranked_pairs", "bradley_terry", "davidson", "rao_kupper", "lapse"):
        rank(outcomes, model)
        clock = timed(f"ranking by {model}", clock)
    classes = report.triples
    print(
        f"\n{classes.complete} complete triples: {classes.cycles} cycles, "
        f"{classes.wins_into_tie} wins into a tie, {classes.two_ties_and_win} two ties and a win; "
        f"{len(report.components)} cyclic components; feedback arcs weigh "
        f"{report.feedback.weight:g} ({'exact' if report.feedback.exact else 'upper bound'})"
    )


if __name__ == "__main__":
    main()
