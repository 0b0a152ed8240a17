"""Recorded judgements in files: seconds to a table, and the memory that a run file takes.

    python -m benchmarks.imports [--ballots 1000000] [--import-ballots 100000]

Writes pairs judged by five judges in both orders as Parquet, CSV and JSON lines, reads each to a
`BallotTable` by columns (and a tenth of the CSV row by row), then makes a run file of the smaller
number. Each measurement runs in a process of its own, so that peak memory is its own.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

_PEAK = """
from pathlib import Path
def peak():  # of this process alone; getrusage counts the parent's memory at the fork
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) // 1024
"""

_READ = """
import sys, time
from dikast.records.ballot_files import read_table
import numpy, pyarrow, pyarrow.compute, pyarrow.csv, pyarrow.json, pyarrow.parquet
start, cpu = time.perf_counter(), time.process_time()
table = read_table(sys.argv[1], columnar=sys.argv[2] == "columns")
print(table.n, round(time.perf_counter() - start, 2), round(time.process_time() - cpu, 2), peak())
"""

_IMPORT = """
import asyncio, sys, time
from pathlib import Path
from dikast.importing import ImportPlan, import_judgements
base, start, cpu = peak(), time.perf_counter(), time.process_time()
plan = ImportPlan(format="generic", files=[Path(sys.argv[1])])
done = asyncio.run(import_judgements(plan, Path(sys.argv[2])))
wall, own = round(time.perf_counter() - start, 1), round(time.process_time() - cpu, 1)
print(done.ballots, wall, own, peak(), base)
"""


def rows(ballots: int) -> dict[str, list[object]]:
    """Columns of the generic form: pairs, five judges, both orders, a few abstentions."""
    chance = np.random.default_rng(0)
    cases = -(-ballots // 10)
    case = np.repeat(np.arange(cases), 10)[:ballots]
    score = chance.integers(-1, 2, ballots)
    silent = chance.random(ballots) < 0.02
    return {
        "case": [f"case-{number}" for number in case],
        "judge": [f"judge-{number // 2 % 5}" for number in range(ballots)],
        "swapped": [bool(number % 2) for number in range(ballots)],
        "score": [None if s else int(v) for v, s in zip(score, silent, strict=True)],
        "confidence": [round(float(c), 3) for c in chance.random(ballots)],
        "label": [("first", "second")[number % 2] for number in case],
    }


def write(folder: Path, ballots: int) -> list[Path]:
    """The files to be read."""
    import pyarrow as pa
    import pyarrow.csv as pacsv
    import pyarrow.parquet as pq

    table = pa.table(rows(ballots))
    paths = [folder / f"votes.{kind}" for kind in ("parquet", "csv", "jsonl")]
    pq.write_table(table, paths[0])
    pacsv.write_csv(table, paths[1])
    with paths[2].open("w") as file:
        for batch in table.to_batches(10_000):
            file.writelines(json.dumps(row) + "\n" for row in batch.to_pylist())
    return paths


def measured(script: str, *args: str | Path) -> list[str]:
    """What a process of its own prints."""
    command = [sys.executable, "-c", _PEAK + script, *map(str, args)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ballots", type=int, default=1_000_000)
    parser.add_argument("--import-ballots", type=int, default=100_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for path in write(folder, given.ballots):
            tell(f"{path.suffix} by columns", *measured(_READ, path, "columns"))
        paths = write(folder, given.ballots // 10)
        tell(".csv by rows", *measured(_READ, paths[1], "rows"))
        for number in (given.import_ballots // 10, given.import_ballots):
            source = write(folder, number)[2]
            *found, base = measured(_IMPORT, source, folder / f"{number}.dikast")
            tell("run file", *found)
            print(f"{'':<20} {base} MB of these before the first row")


def tell(what: str, ballots: str, wall: str, cpu: str, peak: str) -> None:
    """One line of the report."""
    print(f"{what:<20} {int(ballots):>9,} ballots {wall:>6} s, {cpu:>6} s of CPU, {peak} MB")


if __name__ == "__main__":
    main()
