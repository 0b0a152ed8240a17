"""Build sdist and, from it, a wheel; install it elsewhere; prove that nothing was lost."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

CHECK = """
import importlib, pathlib, sys
import dikast, dikast.agents, dikast.graphs, dikast.prompts
root = pathlib.Path(dikast.__file__).parent
assert "site-packages" in str(root), root
for name in sys.argv[1:]:
    importlib.import_module(name)
from dikast import prompts
assert prompts.names() and prompts.rubric_names()
"""


def files(package: Path) -> set[str]:
    """Everything the package should hold, as paths below the repository, links followed."""
    found: set[str] = set()
    for child in sorted(package.iterdir()):
        if child.name == "__pycache__":
            continue
        if child.is_dir():
            found |= {f"{package.name}/{name}" for name in files(child)}
        else:
            found.add(f"{package.name}/{child.name}")
    return found


def run(*command: str, cwd: str | None = None) -> None:
    """Run a command and stop at its failure."""
    subprocess.run(command, check=True, cwd=cwd)  # noqa: S603 - our own words


def main() -> int:
    """Return 0 if the wheel made from the sdist holds and imports everything."""
    expected = files(Path("dikast"))
    with tempfile.TemporaryDirectory() as place:
        run(sys.executable, "-m", "build", "--outdir", place, ".")
        (wheel,) = Path(place).glob("*.whl")
        held = {n for n in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in n}
        if held != expected:
            print("missing:", sorted(expected - held), "extra:", sorted(held - expected))
            return 1
        target = f"{place}/venv"
        run(sys.executable, "-m", "venv", "--system-site-packages", target)
        pip = (f"{target}/bin/python", "-m", "pip", "--quiet", "--disable-pip-version-check")
        run(*pip, "install", "--no-deps", str(wheel))
        skip = ("__main__.py", "strategies.py")
        modules = [
            n.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
            for n in sorted(expected)
            if n.endswith(".py") and not n.endswith(skip)
        ]
        path_file = next(Path(target).glob("lib/python*/site-packages")) / "parent.pth"
        own = Path(sys.executable).parents[1]
        path_file.write_text(str(next(own.glob("lib/python*/site-packages"))) + "\n")
        run(f"{target}/bin/python", "-c", CHECK, *modules, cwd=place)
    print(f"wheel: {len(expected)} files, {len(modules)} modules import")
    return 0


if __name__ == "__main__":
    sys.exit(main())
