"""The loop of a panel and a person: judge, answer a sample, calibrate on it, judge again.

    python examples/adjudicated.py            # in a folder of its own, removed afterwards
    python examples/adjudicated.py FOLDER     # keeps what the commands wrote

The judges are rules (the embedded panel), and the PERSON IS SIMULATED: a few lines fill in the work
sheet by what is true of the invented cases. At your own terminal, leave out --export and --answers,
and `dikast adjudicate` asks you.
"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import tempfile
from pathlib import Path

PANEL = """\
{calibration}
judges = [
    {{ name = "entities", model = "embedded/entities" }},
    {{ name = "overlap", model = "embedded/overlap" }},
    {{ name = "exact", model = "embedded/exact" }},
]
[rubric]
id = "support"
[[rubric.criteria]]
id = "supported"
question = "Is it borne out by the passages?"
scale = {{ kind = "yes_no" }}
[rule]
name = "majority"
[protocol]
deliberate = "never"
low_confidence = 0.7
on_low_confidence = "adjudicate"
"""
SAID = (
    ("The bridge was opened in {0}.", "yes"),
    ("Traffic has crossed it since {0}.", "yes"),
    ("The bridge was opened in {1}.", "no"),
    ("It was opened in 1066.", "no"),
)
"""What is said about a bridge that was opened in {0} and repainted in {1}, and whether it holds."""


def write_cases(file: Path, numbers: range) -> None:
    with file.open("w", encoding="utf-8") as target:
        for n in numbers:
            opened, painted = 1800 + n, 1900 + n
            case = {
                "id": f"bridge-{n}",
                "question": "When was the bridge opened?",
                "contexts": [f"The bridge was opened in {opened} and repainted in {painted}."],
                "response": SAID[n % 4][0].format(opened, painted),
            }
            target.write(json.dumps(case) + "\n")


def fill_in(sheet: Path) -> None:
    """What the person does."""
    with sheet.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row["answer"] = SAID[int(row["case"].removeprefix("bridge-")) % 4][1]
    with sheet.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def dikast(folder: Path, *words: str) -> None:
    """Run a command and show it with the end of what it printed."""
    print(f"\n$ dikast {' '.join(words)}")
    command = [sys.executable, "-m", "dikast", *words]
    done = subprocess.run(command, cwd=folder, text=True, capture_output=True, check=False)
    print("\n".join((done.stdout + done.stderr).splitlines()[-12:]))
    if done.returncode not in {0, 1}:  # 1: some cases wait
        sys.exit(done.returncode)


def main(folder: Path) -> None:
    write_cases(folder / "cases.jsonl", range(60))
    write_cases(folder / "more.jsonl", range(60, 72))
    for name, line in (("panel", ""), ("calibrated", 'calibration = "learned.json"')):
        (folder / f"{name}.toml").write_text(PANEL.format(calibration=line), encoding="utf-8")
    dikast(folder, "judge", "cases.jsonl", "--panel", "panel.toml", "--out", "run.dikast")
    dikast(folder, "adjudicate", "run.dikast", "--sample", "40", "--export", "sheet.csv")
    fill_in(folder / "sheet.csv")
    dikast(folder, "adjudicate", "run.dikast", "--answers", "sheet.csv", "--by", "rita")
    dikast(folder, "calibrate", "run.dikast", "--labels", "adjudicated", "--out", "learned.json")
    dikast(folder, "judge", "more.jsonl", "--panel", "calibrated.toml", "--out", "more.dikast")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        main(Path(sys.argv[1] if len(sys.argv) > 1 else scratch))
