"""Test every plug against the real tool: one environment, one install and one test file each.

Tools disagree about versions, so each gets an environment of its own, `.venv-interop-NAME`, in
which dikast is installed with the extra a user would ask for. Nothing but the installs touches the
network. The rows are the releases that were current when the plug was last looked at; `--newest`
takes whatever is current now.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
import time
import tomllib
import venv
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]


class Tool(NamedTuple):
    """One row: a tool dikast plugs into; its tests are `tests/interop/test_NAME.py`."""

    extra: str
    """Extra of dikast that brings it; empty where dikast alone is enough."""
    releases: tuple[str, ...]
    """Its packages at their current release, as pip takes them."""


TOOLS: dict[str, Tool] = {
    "langchain": Tool("langchain", ("langchain-classic==1.0.8", "langchain-openai==1.7.4")),
    "openevals": Tool("openevals", ("openevals==0.2.2", "langsmith==0.15.1")),
    # the rest is held back: without it pip goes through old releases of instructor for ever
    "ragas": Tool(
        "ragas",
        ("ragas==0.4.3", "instructor==1.17.0", "openai==2.54.0", "litellm==1.106.2"),
    ),
    "deepeval": Tool("deepeval", ("deepeval==4.3.1",)),
    "inspect": Tool("inspect", ("inspect-ai==0.3.285",)),
    # 3.18.0 needs an mlflow-skinny that the index does not have; put over this one by itself
    # (`pip install --no-deps mlflow==3.18.0`) it passes as well
    "mlflow": Tool("mlflow", ("mlflow==3.17.2",)),
    "datasets": Tool("datasets", ("datasets==5.2.0",)),
}

KIT = ("pytest>=8.3", "hypothesis>=6.100", "httpx>=0.27")
"""What the tests themselves need."""

QUIET = {
    "DEEPEVAL_TELEMETRY_OPT_OUT": "1",
    "RAGAS_DO_NOT_TRACK": "true",
    "LANGSMITH_TRACING": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "HF_HUB_OFFLINE": "1",
    "DO_NOT_TRACK": "1",
}
"""Tools that tell others of their use are asked not to."""


def python_of(name: str) -> Path:
    """The interpreter of a tool's environment."""
    folder = "Scripts" if os.name == "nt" else "bin"
    return ROOT / f".venv-interop-{name}" / folder / "python"


def install(name: str, tool: Tool, *, newest: bool) -> float | None:
    """Make a tool's environment; None if it stands already, else the seconds it took."""
    packages = [r.partition("==")[0] if newest else r for r in tool.releases]
    own = f"{ROOT}[{tool.extra}]" if tool.extra else str(ROOT)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extra = project["optional-dependencies"].get(tool.extra, [])
    recipe = "\n".join([own, *packages, *KIT, *project["dependencies"], *extra])
    digest = hashlib.sha256(recipe.encode()).hexdigest()
    stamp = ROOT / f".venv-interop-{name}" / ".installed"
    if not newest and stamp.is_file() and stamp.read_text("utf-8") == digest:
        return None
    started = time.monotonic()
    venv.create(ROOT / f".venv-interop-{name}", with_pip=True, clear=True)
    pip = [str(python_of(name)), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "-e", own, *packages, *KIT], check=True)  # noqa: S603 - our own words
    stamp.write_text(digest, "utf-8")
    return time.monotonic() - started


def size_of(name: str) -> int:
    """Megabytes that a tool's environment takes on disk."""
    files = (ROOT / f".venv-interop-{name}").rglob("*")
    return round(sum(f.stat().st_size for f in files if f.is_file()) / 1e6)


def check(name: str) -> tuple[bool, float]:
    """Run a tool's tests; whether all passed, and the seconds it took.

    A test that skips because its package is absent would pass for ever here: `DIKAST_INTEROP`
    makes that an error.
    """
    started = time.monotonic()
    pytest = [str(python_of(name)), "-m", "pytest", "-p", "no:cacheprovider"]
    done = subprocess.run(  # noqa: S603 - our own words
        [*pytest, f"tests/interop/test_{name}.py"],
        cwd=ROOT,
        env={**os.environ, **QUIET, "DIKAST_INTEROP": name, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    return done.returncode == 0, time.monotonic() - started


def main() -> int:
    """Return 0 if every tool's tests passed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help=f"tools, of {', '.join(TOOLS)}; all by default")
    parser.add_argument("--newest", action="store_true", help="the newest releases, not the rows'")
    chosen = parser.parse_args()
    unknown = [name for name in chosen.names if name not in TOOLS]
    if unknown:
        parser.error(f"no tool `{unknown[0]}`; there are {', '.join(TOOLS)}")
    told, failed = [], []
    for name in chosen.names or TOOLS:
        took = install(name, TOOLS[name], newest=chosen.newest)
        passed, seconds = check(name)
        made = "stood" if took is None else f"made in {took:.0f} s"
        told.append(f"{name:12} {made}, {size_of(name)} MB; tests {seconds:.0f} s")
        if not passed:
            failed.append(name)
    print("", *told, sep="\n")
    if failed:
        print(f"failed: {', '.join(failed)}")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
