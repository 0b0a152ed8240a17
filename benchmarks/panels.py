"""Panels on recorded judges: best single judge, plain vote, and every fitted rule.

Run `python -m benchmarks.panels` (a minute or two); `--sets report` leaves out what the rules were
designed on (see `panel_sets`). Scores are shares of right decisions; on numbers the share of pairs
of cases that a rule puts in the order in which people put them, equal scores counting half. Both
run from 0 to 1, and 0.5 is chance between two. Undecided cases of two labels are half right.

With labels: 20 cases at random, scored on the others, 30 draws. Intervals (95 %) are bootstrapped
by question, paired where two rules are compared.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from benchmarks.panel_sets import design_sets, report_sets
from dikast import registry
from dikast.rules import NotEnough
from dikast.rules._weighing import decided
from dikast.stats.ballot_table import BallotTable, Floats
from dikast.stats.standing_votes import classes, standing
from dikast.testing.recorded import recorded_root

FREE = (
    "order_consistency", "select_one", "wawa", "peer_rank", "one_vote_per_family", "one_coin",
    "dawid_skene", "auto",
)  # fmt: skip
LABELLED = ("log_odds", "select_one", "one_coin", "dawid_skene", "auto")
RESAMPLES = 1000


class Gauge(NamedTuple):
    """How right a rule is, so that any resample of cases can be scored: w'Hw / w'Pw or w'h / w'p.

    Matrices for numbers (a row and a column per case), vectors for labels.
    """

    hits: Floats
    possible: Floats

    def score(self, weights: Floats) -> Floats:
        """Score under weights of cases, `[..., case]`."""
        if self.hits.ndim == 1:
            return np.asarray((weights @ self.hits) / (weights @ self.possible))
        top = np.einsum("...i,...i->...", weights @ self.hits, weights)
        return np.asarray(top / np.einsum("...i,...i->...", weights @ self.possible, weights))


class Part(NamedTuple):
    """One criterion of a set."""

    name: str
    table: BallotTable
    criterion: str
    labels: Floats
    clusters: Floats
    """`[resample, case]`: how often a case is drawn, whole questions at a time."""


class Line(NamedTuple):
    """What one rule reaches on one set."""

    rule: str
    score: float
    low: float
    high: float
    over_single: float
    """Beyond the best single judge, with its paired interval."""
    over_low: float
    over_high: float


def parts(which: str) -> Iterator[Part]:
    """The sets, one criterion at a time."""
    chosen = {**(design_sets() if which != "report" else {}),
              **(report_sets() if which != "design" else {})}  # fmt: skip
    for name, make in chosen.items():
        table = make()
        _, asked = np.unique(table.questions, return_inverse=True)
        rng = np.random.default_rng(0)
        counts = rng.multinomial(
            asked.max() + 1, np.full(asked.max() + 1, 1 / (asked.max() + 1)), size=RESAMPLES
        )
        for criterion in table.criteria:
            full = name if len(table.criteria) == 1 else f"{name}/{criterion}"
            yield Part(
                full, table, criterion, table.labels(criterion), counts[:, asked].astype(float)
            )


def gauge(part: Part, score: Floats, known: Floats | None = None) -> Gauge:
    """How right decisions are; on cases that are not `known` (1) only."""
    scale = part.table.scale(part.criterion)
    counted = ~np.isnan(part.labels) & (np.ones(len(score), bool) if known is None else known == 0)
    if scale.labelled:
        half = 0.5 if len(classes(scale)) == 2 else 0.0
        right = np.where(np.isnan(score), half, score == part.labels)
        return Gauge(np.where(counted, right, 0.0), counted.astype(float))
    people = np.sign(part.labels[:, None] - part.labels[None])
    order = np.sign(score[:, None] - score[None])
    hits = np.where(np.isnan(order), 0.5, (order == people) + 0.5 * (order == 0))
    possible = (people != 0) & counted[:, None] & counted[None]
    return Gauge(np.where(possible, hits, 0.0), possible.astype(float))


def singles(part: Part) -> dict[str, Gauge]:
    """Every judge on its own."""
    votes = standing(part.table, part.criterion).votes
    return {judge: gauge(part, votes[:, at]) for at, judge in enumerate(part.table.judges)}


def plain(part: Part) -> Gauge:
    """The vote (or mean) in which every judge counts alike."""
    votes = standing(part.table, part.criterion).votes
    return gauge(part, decided(votes, np.ones(votes.shape[1]), part.table.scale(part.criterion)))


def fitted(part: Part, rule: str, labels: int, draws: int) -> Gauge | None:
    """A fitted rule; with labels the mean over draws, on the other cases. None if not fitted."""
    fit: Callable[..., object] = registry.load("fits", rule)
    at = part.table.criteria.index(part.criterion)
    blank = np.full_like(part.table.truth, np.nan)
    if not labels:
        return _attempt(part, fit, blank, at, None)
    found: list[Gauge] = []
    for draw in range(draws):
        rng = np.random.default_rng(draw)
        truth, known = blank.copy(), np.zeros(len(blank))
        picked = rng.choice(np.flatnonzero(~np.isnan(part.labels)), labels, replace=False)
        truth[picked, at], known[picked] = part.labels[picked], 1.0
        made = _attempt(part, fit, truth, at, known)
        if made is None:
            return None
        found.append(made)
    return Gauge(
        np.sum([g.hits for g in found], axis=0), np.sum([g.possible for g in found], axis=0)
    )


def _attempt(
    part: Part, fit: Callable[..., object], truth: Floats, at: int, known: Floats | None
) -> Gauge | None:
    table = only(part.table, part.criterion).with_truth(truth[:, [at]])
    try:
        model = fit(table)
    except NotEnough:
        return None
    return gauge(part, model.predict(table).score[:, 0], known)  # type: ignore[attr-defined]


def only(table: BallotTable, criterion: str) -> BallotTable:
    """The ballots on one criterion."""
    at = table.criteria.index(criterion)
    rows = table.criterion == at
    return BallotTable.from_columns(
        case=np.array(table.cases)[table.case[rows]],
        judge=np.array(table.judges)[table.judge[rows]],
        criterion=[criterion] * int(rows.sum()),
        swapped=table.swapped[rows], sample=table.sample[rows], score=table.score[rows],
        confidence=table.confidence[rows], scales={criterion: table.scales[at]}, pairs=table.pairs,
        cases=table.cases, truth=table.truth[:, [at]], questions=table.questions,
        systems=table.systems, lengths=table.lengths, families=table.families,
    )  # fmt: skip


def line(part: Part, rule: str, found: Gauge, best: Gauge) -> Line:
    """A rule's score, and what it has beyond the best single judge, both with intervals."""
    whole = np.ones(len(part.labels))
    score, single = float(found.score(whole)), float(best.score(whole))
    drawn = found.score(part.clusters)
    low, high = np.quantile(drawn, [0.025, 0.975])
    less, more = np.quantile(drawn - best.score(part.clusters), [0.025, 0.975])
    return Line(rule, score, float(low), float(high), score - single, float(less), float(more))


def report(
    part: Part, *, labels: int = 20, draws: int = 30, rules: tuple[str, ...] = ()
) -> list[Line]:
    """All lines of one set: the best single judge, the plain vote, then the rules.

    Args:
        part: The set.
        labels: How many labels the rules that use them are given.
        draws: How often labels are drawn.
        rules: Only these (`auto`, `auto+20`); all by default.
    """
    each = singles(part)
    whole = np.ones(len(part.labels))
    judge = max(each, key=lambda name: (float(each[name].score(whole)), name))
    best = each[judge]
    lines = [
        line(part, f"best single ({judge})", best, best),
        line(part, "majority", plain(part), best),
    ]
    wanted = [(rule, 0) for rule in FREE] + [(rule, labels) for rule in LABELLED]
    for rule, given in wanted:
        name = f"{rule}+{given}" if given else rule
        if rules and name not in rules:
            continue
        found = fitted(part, rule, given, draws)
        if found is not None:
            lines.append(line(part, name, found, best))
    return lines


SHOWN = (
    "best single", "majority", "order_consistency", "select_one", "wawa", "one_coin",
    "dawid_skene", "auto", "log_odds+20", "select_one+20", "auto+20",
)  # fmt: skip
"""Columns of the table in `README.md`."""


def table_row(name: str, lines: list[Line]) -> str:
    """One set as a row of the table in `README.md`; bold where the whole interval is above 0."""
    known = {each.rule.partition(" (")[0]: each for each in lines}
    cells = []
    for rule in SHOWN:
        each = known.get(rule)
        told = "–" if each is None else f"{each.score:.3f}"
        cells.append(f"**{told}**" if each and each.over_low > 0 else told)
    return f"| {name} | {' | '.join(cells)} |"


def main() -> int:
    """Print every rule on every set, or one row per set."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", choices=["design", "report", "all"], default="all")
    parser.add_argument("--labels", type=int, default=20)
    parser.add_argument("--draws", type=int, default=30)
    parser.add_argument("--table", action="store_true", help="one row per set, as in README.md")
    parser.add_argument("--only", default="", help="sets whose name begins so")
    given = parser.parse_args()
    if recorded_root() is None:
        print(
            "recorded judgement sets are absent; set DIKAST_DATA to their folder", file=sys.stderr
        )
        return 0
    started = time.monotonic()
    for part in parts(given.sets):
        if not part.name.startswith(given.only):
            continue
        lines = report(part, labels=given.labels, draws=given.draws)
        if given.table:
            print(table_row(part.name, lines), flush=True)
            continue
        print(f"\n## {part.name}: {len(part.labels)} cases, {len(part.table.judges)} judges")
        for each in lines:
            print(
                f"{each.rule:<32} {each.score:.3f} [{each.low:.3f}, {each.high:.3f}]   over single "
                f"{each.over_single:+.3f} [{each.over_low:+.3f}, {each.over_high:+.3f}]"
            )
    print(f"\n{time.monotonic() - started:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
