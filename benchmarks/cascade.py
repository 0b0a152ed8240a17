"""What cascades decide and spare: on recorded judges with labels, and over HTTP on planted ones.

    python -m benchmarks.cascade            # recorded sets, no call
    python -m benchmarks.cascade --http     # planted judges behind a loopback server

Recorded: thresholds are found on four fifths of the labels and applied to the last fifth, in turn
(cases of one question stay together). Nothing is tuned on these sets: judges, their order and the
terms stand below. Planted judges say what dikast does with judges of known accuracy, and nothing
about any real model.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from dikast.cli.comparing import share
from dikast.records.runfile import RunFile
from dikast.registry import load
from dikast.rules import Vote
from dikast.stats.ballot_table import BallotTable, Row
from dikast.stats.cascade_replay import Plan, Replay, heard, replay
from dikast.stats.selective import Threshold
from dikast.stats.stage_votes import Decide
from dikast.testing import World
from dikast.testing.recorded import recorded_root, recorded_rows
from dikast.testing.recorded_tables import llmbar, triviaqa_judges
from dikast.types import Confidence, PreferenceScale, Scale

STRATEGIES = ("Vanilla", "Vanilla_NoRules", "CoT", "Metrics", "Metrics_Reference")
TERMS = ((0.05, 0.1), (0.10, 0.1), (0.20, 0.1))
"""Pairs of α and δ."""


def majority(scale: Scale) -> Decide:
    """The rule `majority` within a stage."""
    decide = load("rules", "majority")

    def of(votes: Sequence[tuple[float, float]]) -> float | None:
        score: float | None = decide([Vote(*vote) for vote in votes], scale).score
        return score

    return of


def prompts_as_samples(names: Sequence[str]) -> BallotTable:
    """LLMBar with one judge's ballots under several prompts as its samples."""
    marks = {"1": 1.0, "2": -1.0}
    gold = {row["item_id"]: marks[str(row["gold"])] for row in recorded_rows("llmbar/items")}
    rows = []
    for row in recorded_rows("llmbar/judgments"):
        if row["judge"] in names and row["strategy"] in STRATEGIES:
            sample = STRATEGIES.index(row["strategy"])
            for key, swapped in (("winner_12", False), ("winner_21", True)):
                score = marks.get(str(row[key]))
                rows.append(
                    Row(row["item_id"], row["judge"], score, swapped=swapped, sample=sample)
                )
    return BallotTable.of(
        rows,
        scales={"overall": PreferenceScale(ties=False)},
        pairs=True,
        truth={(name, "overall"): label for name, label in gold.items()},
    )


def recorded() -> Iterator[tuple[str, BallotTable, tuple[tuple[str, ...], ...], Confidence]]:
    """What is replayed: title, ballots, stages, source of confidence."""
    weak, strong = ("PaLM2",), ("GPT-4",)
    for strategy in STRATEGIES:
        title = f"LLMBar {strategy}, both orders: PaLM2 -> GPT-4"
        yield title, llmbar(strategy), (weak, strong), "samples"
    five = prompts_as_samples(("PaLM2", "GPT-4"))
    yield "LLMBar, five prompts as samples: PaLM2 -> GPT-4", five, (weak, strong), "samples"
    small = ("ChatGPT", "LLaMA2", "PaLM2")
    title = "LLMBar Metrics_Reference: panel of three -> GPT-4"
    yield title, llmbar("Metrics_Reference"), (small, strong), "panel"
    trivia = triviaqa_judges()
    cheap = ("Gemma-2B", "Llama3-8B", "Mistral-7B")
    yield "TriviaQA: panel of three small ones -> GPT-4", trivia, (cheap, strong), "panel"


def tell(found: Replay, plan: Plan) -> None:
    """One line of a table."""
    total = int(found.complete.sum())
    cells = []
    for at, ruling in enumerate(found.rulings):
        part = int((found.by == at).sum()) / total
        told = f"at {ruling.at:.2f}" if isinstance(ruling, Threshold) else "abstains always"
        cells.append(f"{told}, {part:.0%}")
    people = int((found.complete & (found.by < 0)).sum()) / total
    asked = heard([found], plan)
    strong_name = plan.stages[-1][0]
    strong = int(asked[strong_name][found.criterion].sum()) / total
    print(
        f"  α {plan.alpha:.2f}: " + " | ".join(cells) + f" | person {people:.0%} | "
        f"held out right {share(found.held_out)} | {strong_name} asked on {strong:.0%}"
    )


def replay_recorded() -> None:
    """Every recorded set under every pair of terms."""
    for title, table, stages, confidence in recorded():
        criterion = table.criteria[0]
        print(f"{title}; {len(table.cases)} cases")
        decide = majority(table.scale(criterion))
        for alpha, delta in TERMS:
            plan = Plan(stages, confidence, alpha, delta)
            found = replay(table, criterion, plan, decide=decide)
            if alpha == TERMS[0][0]:
                names = [" + ".join(seats) for seats in stages]
                alone = zip(names, found.alone, strict=True)
                print("  alone: " + ", ".join(f"{name} {share(right)}" for name, right in alone))
            tell(found, plan)
        print()


def over_http(number: int) -> None:
    """A calibrated cascade of planted judges at work, against the strong judge on everything."""
    from dikast.cascading import cascade_run, plan_of
    from dikast.config import save_cascade
    from tests.cascade_kit import RIGHT, cases, panel, recorded_run
    from tests.test_cascade_over_http import JUDGE, STRONG_CALLS, ground
    from tests.test_cli_ranking import dikast

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = folder / "calibrated.json"
        with recorded_run(
            folder / "k.dikast", panel(), World(cases(300, stem="k"), [RIGHT])
        ) as run:
            save_cascade(cascade_run(run, plan_of("cheap,strong", alpha=0.05)).cascade, file)
        with ground(folder, file, number=number) as where:
            dikast(folder, *JUDGE)
            asked = where.counts().by_model
        with RunFile.open(folder / "run.dikast", readonly=True) as run:
            verdicts = list(run.verdicts())
        world = World(cases(number), [RIGHT])
    decided = [v for v in verdicts if v.status == "decided"]
    right = sum(v.criteria[0].score == world.truth(v.case_id, "right") for v in decided)
    # A strong call costs 20 of a cheap one (their planted prices).
    cost = (asked["cheap"] + 20 * asked["strong"]) / (20 * STRONG_CALLS * number)
    print(
        f"planted judges over HTTP, {number} cases, α 0.05: {len(decided) / number:.0%} decided, "
        f"{right / len(decided):.3f} of them right; {asked['cheap']} cheap and {asked['strong']} "
        f"strong calls, {sum(asked.values()) / (STRONG_CALLS * number):.2f} of the calls and "
        f"{cost:.2f} of the price of the strong judge on all"
    )


def main() -> int:
    """Print what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--http", action="store_true", help="planted judges over HTTP")
    parser.add_argument("--cases", type=int, default=200, help="cases over HTTP")
    options = parser.parse_args()
    if options.http:
        over_http(options.cases)
    elif recorded_root() is None:
        print("recorded judgement sets are absent; set DIKAST_DATA to their folder")
    else:
        replay_recorded()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
