"""Run mypy over the package and prove that it has seen every file of it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path


def count(folder: Path) -> int:
    """Python files below a folder, links followed.

    A folder without any counts as one: mypy takes it for a namespace package and counts it too.
    """
    children = sorted(folder.iterdir())
    own = sum(child.suffix == ".py" for child in children)
    folders = [child for child in children if child.is_dir() and child.name != "__pycache__"]
    return max(own, 1) + sum(count(child) for child in folders)


def main() -> int:
    """Return 0 if mypy is content and has checked as many files as there are."""
    done = subprocess.run(
        [sys.executable, "-m", "mypy"], capture_output=True, text=True, check=False
    )
    print(done.stdout + done.stderr, end="")
    if done.returncode:
        return done.returncode
    found = re.search(r"in (\d+) source files", done.stdout)
    seen, there = int(found[1]) if found else 0, count(Path("dikast"))
    if seen != there:
        print(f"mypy saw {seen} of {there} files")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
