"""Run mypy over the packages that pyproject.toml names and prove that it has seen every file."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path


def count(folder: Path) -> int:
    """Python files below a folder, links followed.

    A folder without `__init__.py` counts as one more: a namespace package to mypy, which counts it.
    """
    children = sorted(folder.iterdir())
    own = sum(child.suffix == ".py" for child in children)
    bare = not (folder / "__init__.py").exists()
    folders = [c for c in children if c.is_dir() and not c.name.startswith((".", "__pycache__"))]
    return own + bare + sum(count(child) for child in folders)


def main() -> int:
    """Return 0 if mypy is content and has checked as many files as there are."""
    done = subprocess.run(
        [sys.executable, "-m", "mypy"], capture_output=True, text=True, check=False
    )
    print(done.stdout + done.stderr, end="")
    if done.returncode:
        return done.returncode
    found = re.search(r"in (\d+) source files", done.stdout)
    settings = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["tool"]["mypy"]
    seen = int(found[1]) if found else 0
    there = sum(count(Path(name)) for name in settings["packages"])
    if seen != there:
        print(f"mypy saw {seen} of {there} files")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
