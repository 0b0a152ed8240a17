"""A large file of cases through a panel: read as workers become free, written as they are done.

    python examples/streaming.py            # 200 made-up cases in a folder of its own
    python examples/streaming.py CASES OUT  # your own file (.jsonl, .csv, .parquet)

Memory stays flat: `read_cases` yields a case at a time and `judge_many` gives verdicts back in the
order in which they are done. With models, prefer `dikast judge CASES --out RUN`: there every paid
answer is on disk before it is used, and `dikast resume RUN` goes on after a crash.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from dikast import Panel
from dikast.records.cases import read_cases
from dikast.records.export import flat


def write_cases(file: Path, count: int) -> None:
    """Made-up cases; in every fifth the year is wrong."""
    with file.open("w", encoding="utf-8") as target:
        for number in range(count):
            year = 1500 + number % 500
            row = {
                "id": f"bridge-{number}",
                "question": f"When was bridge {number} opened?",
                "response": f"It was opened in {year + (7 if number % 5 == 0 else 0)}.",
                "contexts": [f"Bridge {number} was opened in {year} and repainted in 2016."],
            }
            target.write(json.dumps(row) + "\n")


def main(cases: Path, out: Path) -> None:
    panel = Panel.embedded("groundedness")
    statuses: Counter[str] = Counter()
    scores: list[float] = []
    began = time.perf_counter()
    with out.open("w", encoding="utf-8") as target:
        for verdict in panel.judge_many(read_cases(cases), workers=32):
            statuses[verdict.status] += 1
            if verdict.score is not None:  # undecided cases are in no mean
                scores.append(verdict.score)
            target.write(json.dumps(flat(verdict)) + "\n")
    seconds = time.perf_counter() - began
    count = statuses.total()
    print(f"{count} cases, {count / seconds:.0f} a second: {dict(statuses)}")
    if scores:
        print(f"mean of the decided: {sum(scores) / len(scores):.2f}")


if __name__ == "__main__":
    if len(sys.argv) == 3:
        main(Path(sys.argv[1]), Path(sys.argv[2]))
    else:
        with tempfile.TemporaryDirectory() as folder:
            write_cases(Path(folder) / "cases.jsonl", 200)
            main(Path(folder) / "cases.jsonl", Path(folder) / "verdicts.jsonl")
