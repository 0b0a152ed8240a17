"""Memory over many cases on the embedded panel: cases streamed in, verdicts out, run file on disk.

python benchmarks/memory.py [--cases 100000] [--every 10000]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import tempfile
import time
from pathlib import Path

from dikast.agents.embedded._panel import embedded_panel
from dikast.running import Source, begin, carry_out


def resident() -> float:
    """Megabytes resident now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def write(path: Path, number: int) -> None:
    """Cases that differ: years and places change, every third answer is wrong."""
    with path.open("w", encoding="utf-8") as file:
        for n in range(number):
            year = 1500 + n % 500
            row = {
                "id": f"c{n}",
                "question": f"When was bridge {n} opened?",
                "response": f"Bridge {n} was opened in {year + (n % 3 == 0)}.",
                "contexts": [f"Bridge {n}, of stone, was opened in {year} by the mayor."],
            }
            file.write(json.dumps(row) + "\n")


async def run(folder: Path, number: int, every: int) -> None:
    """Judge them all and print memory on the way."""
    cases = folder / "cases.jsonl"
    write(cases, number)
    spec = embedded_panel()
    start = time.monotonic()
    with await begin(spec, Source(cases), folder / "run.dikast") as store:
        print(f"stored {number} cases after {time.monotonic() - start:.0f} s, {resident():.0f} MB")
        done = 0
        async for _ in carry_out(store, spec):
            done += 1
            if done % every == 0:
                took = time.monotonic() - start
                print(f"{done} cases, {took:.0f} s, {resident():.0f} MB resident", flush=True)
        print(store.counts())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
    print(f"peak {peak:.0f} MB")


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--every", type=int, default=10_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(Path(folder), given.cases, given.every))


if __name__ == "__main__":
    main()
