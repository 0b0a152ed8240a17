"""A panel of three simulated judges over real HTTP on a bad day, then killed over and over.

    python -m benchmarks.soak --cases 2000 --kills 10

Prints what every case came to, what the hanging judge cost, and what the kills lost or repeated.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from dikast.records.runfile import RunFile
from tests.soak import ground, judge, kill_over_and_over


def bad_day(cases: int) -> None:
    """Run once with faults and a hanging judge."""
    with (
        tempfile.TemporaryDirectory() as name,
        ground(Path(name), cases, hanging=True) as where,
    ):
        began = time.monotonic()
        process = judge(where, "--json")
        process.communicate()
        took = time.monotonic() - began
        with RunFile.open(where.run, readonly=True) as run:
            print(f"bad day: exit {process.returncode} after {took:.0f} s, {run.counts()}")
        counts = where.counts()
        print(f"  requests {counts.requests}, by model {counts.by_model}")
        print(f"  by fault {counts.by_fault}")


def kills(cases: int, number: int, seed: int) -> None:
    """Run with faults, kill -9 at random moments, resume each time."""
    with (
        tempfile.TemporaryDirectory() as name,
        ground(Path(name), cases, hanging=False, concurrency=4, latency=0.02) as where,
    ):
        found = kill_over_and_over(where, number, seed=seed, patience=3600)
        with RunFile.open(where.run, readonly=True) as run:
            print(f"killed {found.kills} times: exit {found.exit_code}, {run.counts()}")
        print(f"  verdicts lost or changed: {found.lost}")
        print(f"  requests {found.requests}, of them repeated after an answer: {found.repeated}")
        print(f"  (in flight at the kills: at most {found.kills * 3 * 4})")


def main() -> None:
    """Read the arguments and run both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=2000)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    bad_day(given.cases)
    kills(given.cases, given.kills, given.seed)


if __name__ == "__main__":
    main()
