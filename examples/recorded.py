"""Votes that are recorded already: audited, decided again by a rule that fits, and calibrated.

    python examples/recorded.py            # in a folder of its own, removed afterwards
    python examples/recorded.py FOLDER     # keeps what the commands wrote

The votes are SIMULATED here, so that you can see whether dikast finds what was planted: on 120
pairs anna is right in 90 %, bert in 75 %, and cleo takes in 70 % whatever is shown first. The
commands that are printed work alike on your own file (docs/recorded-judgements.md).
"""

from __future__ import annotations

import csv
import random
import subprocess
import sys
import tempfile
from pathlib import Path

JUDGES = {"anna": (0.9, 0.0), "bert": (0.75, 0.1), "cleo": (0.6, 0.7)}
"""Of each: how often right, and how often the slot alone decides."""


def write_votes(file: Path, pairs: int = 120) -> None:
    """A vote per judge, pair and presentation order; half of the pairs carry a person's label."""
    draw = random.Random(7)
    with file.open("w", encoding="utf-8", newline="") as target:
        table = csv.writer(target)
        table.writerow(["case", "judge", "swapped", "verdict", "label", "scale"])
        for number in range(pairs):
            better = draw.choice("ab")
            label = better if number % 2 else ""
            for judge, (accuracy, slot) in JUDGES.items():
                right = draw.random() < accuracy
                for swapped in (False, True):
                    chosen_first = (better == "a") != swapped
                    first = chosen_first if right else not chosen_first
                    if draw.random() < slot:
                        first = True
                    verdict = "first" if first else "second"
                    table.writerow([f"p{number}", judge, swapped, verdict, label, "preference"])


def dikast(folder: Path, *words: str) -> None:
    """Run a command and show it with what it printed; of many lines the first and the last."""
    print(f"\n$ dikast {' '.join(words)}")
    command = [sys.executable, "-m", "dikast", *words]
    done = subprocess.run(
        command,
        cwd=folder,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    lines = done.stdout.splitlines()
    print("\n".join(lines if len(lines) < 40 else [*lines[:8], "…", *lines[-2:]]))
    if done.returncode not in {0, 1}:  # 1: some pairs are not decided
        sys.exit(done.returncode)


def main(folder: Path) -> None:
    write_votes(folder / "votes.csv")
    dikast(folder, "import", "generic", "votes.csv", "--out", "votes.dikast")
    dikast(folder, "audit", "votes.dikast")
    dikast(folder, "decide", "votes.dikast", "--rule", "auto")
    dikast(folder, "calibrate", "votes.dikast")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as scratch:
            main(Path(scratch))
