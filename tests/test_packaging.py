"""The checkout imports as it is, links or no links, and brings no other top-level package."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("agents", "graphs", "prompts")


@pytest.mark.parametrize("links", [True, False], ids=["with-links", "links-dropped"])
def test_a_plain_checkout_imports(tmp_path: Path, *, links: bool) -> None:
    """A zip download and Windows drop links: `__path__` is the net."""
    for room in ("dikast", *ROOMS):
        shutil.copytree(
            ROOT / room,
            tmp_path / room,
            symlinks=True,
            ignore=shutil.ignore_patterns("__pycache__"),
        )
    if not links:
        for room in ROOMS:
            (tmp_path / "dikast" / room).unlink()
            (tmp_path / "dikast" / room).write_text(f"../{room}")  # what a zip makes of a link
    code = (
        "import dikast.agents.contract, dikast.graphs, dikast.prompts, dikast; "
        "assert dikast.prompts.rubric('safety'); print(dikast.__file__)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == str(tmp_path / "dikast" / "__init__.py"), done.stderr


def test_links_are_relative() -> None:
    for room in ROOMS:
        assert Path(ROOT / "dikast" / room).readlink() == Path("..") / room


def test_what_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    packages = project["tool"]["setuptools"]["packages"]["find"]["include"]
    assert packages == ["dikast", "dikast.*"]
    names = {requirement.partition(">")[0] for requirement in project["project"]["dependencies"]}
    card = {"langgraph", "langchain-core", "litellm", "pydantic", "networkx", "tenacity", "pillow"}
    assert card <= names


def test_constraints_hold_no_address() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert all("==" in line and "://" not in line for line in lines if not line.startswith("#"))
