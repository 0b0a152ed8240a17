"""A million ballots audited: seconds and memory, section by section.

    python -m benchmarks.audit [--ballots 1000000]

Simulated judges of planted accuracy and order bias; what is timed is the statistics, not reading.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Iterable

import numpy as np

from dikast.audit import build
from dikast.audit.report import Figure
from dikast.audit.sections import Lens, panel
from dikast.stats.ballot_table import BallotTable
from dikast.types import PreferenceScale, Scale, YesNoScale

JUDGES = 5


def world(ballots: int, *, pairs: bool) -> BallotTable:
    """Judges from 90 % down to 60 % right; on pairs each is pulled to the first slot more."""
    orders = 2 if pairs else 1
    cases = ballots // (JUDGES * orders)
    rng = np.random.default_rng(1)
    truth = rng.integers(0, 2, size=cases)
    case, judge, side = (
        axis.ravel() for axis in np.indices((cases, JUDGES, orders), dtype=np.int64)
    )
    right = rng.random(len(case)) < np.linspace(0.9, 0.6, JUDGES)[judge]
    vote = np.where(right, truth[case], 1 - truth[case])
    pulled = rng.random(len(case)) < np.linspace(0, 0.4, JUDGES)[judge]
    if pairs:
        vote = np.where(pulled, 1 - side, vote)
    names = np.array([f"c{i:07}" for i in range(cases)])
    scale: Scale = PreferenceScale() if pairs else YesNoScale()
    return BallotTable.from_columns(
        case=names[case],
        judge=np.array([f"judge{i}" for i in range(JUDGES)])[judge],
        criterion=["overall"] * len(case),
        swapped=side.astype(bool),
        sample=np.zeros(len(case), dtype=np.int64),
        score=np.where(vote == 1, 1.0, -1.0 if pairs else 0.0),
        confidence=np.round(0.5 + 0.45 * rng.random(len(case)), 2),
        scales={"overall": scale},
        pairs=pairs,
        cases=names.tolist(),
        truth=np.where(truth == 1, 1.0, -1.0 if pairs else 0.0)[:, None],
        lengths=rng.integers(50, 2000, size=(cases, 2)).astype(float),
    )


def _timed(name: str, figures: Iterable[Figure]) -> None:
    began = time.perf_counter()
    number = len(list(figures))
    print(f"  {name:<28} {time.perf_counter() - began:7.2f} s  {number:4} figures")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ballots", type=int, default=1_000_000)
    ballots = parser.parse_args().ballots
    for pairs in (True, False):
        began = time.perf_counter()
        table = world(ballots, pairs=pairs)
        built = time.perf_counter() - began
        print(f"{table.n:,} ballots on {'pairs' if pairs else 'responses'}: table in {built:.1f} s")
        lens = Lens(table, "overall")
        for section in build.OF_JUDGES:
            _timed(section.__name__, section(lens))
        began = time.perf_counter()
        found = panel.judged(table)
        print(f"  {'the rule of choice':<28} {time.perf_counter() - began:7.2f} s")
        _timed("its value", panel.value(lens, found))
        began = time.perf_counter()
        report = build.audit(table)
        print(f"  whole audit: {time.perf_counter() - began:.1f} s, {len(report.figures)} figures")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"largest memory: {memory:.0f} MB")


if __name__ == "__main__":
    main()
