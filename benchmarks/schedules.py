"""How well schedules rank at which budget, on simulated judges and on recorded ones.

    python benchmarks/schedules.py [--seeds N] [--sizes 8,30,100] [--recorded]

Simulated: a judge right with a fixed chance per folded comparison, whatever the gap. Kendall's τ
with the truth is printed for the schedule's own ranking and for Bradley–Terry on the same pairs;
the full round robin stands beside it, by Bradley–Terry, Copeland and Bradley–Terry with lapses.

Recorded (PRD: five judges, all ordered pairs of five contestants, eighty questions): for every
schedule and budget, mean τ per question with the judge's own round robin on that question, and τ
of the order pooled over questions with people's order.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from itertools import combinations

import numpy as np

from dikast.stats.listwise import kendall_tau
from dikast.stats.orders import STEPS, Choice, choice_of, fold_orders
from dikast.stats.outcomes import Outcomes, Pairing, add_outcomes, tally
from dikast.stats.rankers import rank
from dikast.stats.rankings import Ranking
from dikast.stats.schedules import Pair, Schedule, make_schedule
from dikast.testing.recorded import recorded_rows

SLOT: dict[str, Choice] = {"first": "a", "second": "b", "tie": "tie"}


def tau(ranking: Ranking, truth: Mapping[str, float]) -> float:
    """Kendall's τ; NaN where the pairs asked do not link the candidates or tie them all."""
    scores = {item: -place for item, place in ranking.ranks.items()}
    value = kendall_tau(scores, truth).value
    return float("nan") if value is None else value


def play(schedule: Schedule, judge: Callable[[Pair], Choice]) -> Schedule:
    while not schedule.done:
        for pair in schedule.next(10**6):
            schedule.tell(pair, judge(pair))
    return schedule


def planted(
    n: int, accuracy: float, seed: int
) -> tuple[dict[str, float], Callable[[Pair], Choice]]:
    """True strengths, and a judge who errs on the same pairs whatever the schedule."""
    rng = np.random.default_rng([seed, n])
    names = [f"c{k:04}" for k in range(n)]
    truth = dict(zip(names, rng.permutation(n).astype(float).tolist(), strict=True))
    right = rng.random((n, n)) < accuracy
    at = {name: k for k, name in enumerate(names)}

    def judge(pair: Pair) -> Choice:
        a, b = pair
        return "a" if (truth[a] > truth[b]) == right[at[a], at[b]] else "b"

    return truth, judge


def simulated(n: int, accuracy: float, seeds: int) -> None:
    every = n * (n - 1) // 2
    print(f"\nn = {n}, {every} pairs, judge right {accuracy:.0%} of the time, {seeds} seeds")
    print(f"{'schedule':<12}{'budget':>8}{'pairs':>8}{'τ':>8}{'±':>7}{'τ by BT':>9}{'s/run':>8}")
    plans: list[tuple[str, float | None]] = [("all_pairs", None), ("merge", None)]
    plans += [(name, share) for share in SHARES for name in ("all_pairs", "swiss", "adaptive")]
    for name, share in plans:
        start = time.perf_counter()
        figures = []
        for seed in range(seeds):
            truth, judge = planted(n, accuracy, seed)
            budget = None if share is None else max(1, round(share * every))
            schedule = play(make_schedule(name, list(truth), budget=budget, seed=seed), judge)
            by_bt = rank(schedule.outcomes(), "bradley_terry")
            figures.append((schedule.asked, tau(schedule.ranking(), truth), tau(by_bt, truth)))
        table = np.array(figures)
        pairs, own, bt = table.mean(axis=0)
        error = table[:, 1].std() / np.sqrt(seeds)  # standard error of the mean
        budget_text = "all" if share is None else f"{share:.0%}"
        print(
            f"{name:<12}{budget_text:>8}{pairs:8.0f}{own:8.3f}{error:7.3f}{bt:9.3f}"
            f"{(time.perf_counter() - start) / seeds:8.2f}"
        )


SHARES = (0.1, 0.15, 0.2, 0.3, 0.5)

# --- recorded ----------------------------------------------------------------------------------


def prd() -> dict[str, dict[int, dict[Pair, Choice]]]:
    """By judge and question the folded choice of every pair (strict)."""
    shown: dict[tuple[str, int], dict[Pair, Choice]] = defaultdict(dict)
    for row in recorded_rows("prd_vicuna80/verdicts"):
        key = row["judge"], row["question_id"]
        shown[key][row["first"], row["second"]] = SLOT[row["verdict"]]
    folded: dict[str, dict[int, dict[Pair, Choice]]] = defaultdict(dict)
    for (judge, question), orders in shown.items():
        items = sorted({item for pair in orders for item in pair})
        folded[judge][question] = {
            (a, b): fold_orders(orders[a, b], choice_of(-(STEPS[orders[b, a]] or 0))).choice
            for a, b in combinations(items, 2)
        }
    return folded


def people() -> dict[str, float]:
    """Points of the contestants by the sign of the mean human vote."""
    points: dict[str, float] = defaultdict(float)
    for row in recorded_rows("prd_vicuna80/human_votes"):
        step = np.sign(np.mean([STEPS[SLOT[vote]] or 0 for vote in row["votes"]]))
        points[row["first"]] += float(step)
        points[row["second"]] -= float(step)
    return points


def replay(seeds: int) -> None:
    truth = people()
    verdicts = prd()
    print("\nPRD: mean over judges; τ per question against the judge's own round robin (where that")
    print("orders at all), and τ of the pooled order with people's")
    print(
        f"{'schedule':<12}{'budget':>8}{'pairs':>8}{'unlinked':>10}"
        f"{'τ/question':>12}{'τ pooled':>10}"
    )
    for name in ("all_pairs", "merge", "swiss", "adaptive"):
        for budget in (4, 5, 6, 7, 8, 9, 10):
            asked, each, pooled, unlinked = [], [], [], []
            for questions in verdicts.values():
                for seed in range(seeds):
                    parts: list[Outcomes] = []
                    for question, choices in questions.items():
                        items = sorted(truth)
                        schedule = make_schedule(
                            name, items, budget=budget, seed=1000 * seed + question
                        )
                        play(schedule, choices.__getitem__)
                        parts.append(schedule.outcomes())
                        asked.append(schedule.asked)
                        full = rank(tally([Pairing(*p, c) for p, c in choices.items()]), "copeland")
                        found = schedule.ranking()
                        unlinked.append(bool(found.reason))
                        each.append(tau(found, full.scores))
                    pooled.append(tau(rank(add_outcomes(parts), "davidson"), truth))
            print(
                f"{name:<12}{budget:>8}{np.mean(asked):8.2f}{np.mean(unlinked):10.2f}"
                f"{np.nanmean(each) if not all(unlinked) else np.nan:12.3f}{np.mean(pooled):10.3f}",
                flush=True,
            )


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--seeds", type=int, default=20)
    ask.add_argument("--sizes", default="8,30,100")
    ask.add_argument("--accuracy", type=float, default=0.9)
    ask.add_argument("--recorded", action="store_true", help="only the recorded judges")
    told = ask.parse_args()
    if not told.recorded:
        for size in map(int, told.sizes.split(",")):
            simulated(size, told.accuracy, told.seeds)
    replay(1)


if __name__ == "__main__":
    main()
