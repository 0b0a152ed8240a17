"""Every example runs as a user would run it, from a copy, so that nothing is left behind."""

from __future__ import annotations

import os
import re
import runpy
import shutil
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest

from dikast import registry

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "examples"
NAMES = sorted(path.stem for path in EXAMPLES.glob("*.py"))

NEEDS = {
    "plug_deepeval": "deepeval",
    "plug_frames": "pandas",
    "plug_inspect": "inspect_ai",
    "plug_mlflow": "mlflow",
    "plug_openevals": "openevals",
    "plug_opentelemetry": "opentelemetry.sdk",
    "plug_ragas": "ragas",
    "ranking": "matplotlib",
}
"""What an example needs beyond dikast."""

SAYS = {
    "adjudicated": ["15 awaiting", "40 answers by rita", "Weighting helps", "(calibrated)"],
    "own_graph": ["quick → report: verbatim", "quick → appeal → report: reworded"],
    "own_judge": ["challenged bert, cleo", "cleo: 2 (changed from 5)"],
    "own_plugins": ["keep what they must", "tied between 2 and 4 and 5", "sales_talk: “buy now”"],
    "pairwise": ["embedded: right", "exchanged: right", "the first: tie; votes that hold", ": 0%"],
    "panel_in_code": ["decided: 0.75", "dissent of bert (2)", "cleo went from 1.0 to 4.0", "$0."],
    "panel_in_toml": ["read back unchanged: True", "panel.toml:18:", "Did you mean `exact`?"],
    "rag_application": ["The museum is free of charge on the first Sunday of a month.'}"],
    "rag": ["contradicted: ", "pairs won: "],
    "ranking": ["sentence = short > wrong > refused", "best of 4: sentence = short"],
    "recorded": ["`anna` alone", "picks what is shown first", "Weighting helps"],
    "streaming": ["200 cases", "'decided': 200"],
    "three_lines": ["decided 1.0 1.0", "abstained None no_quorum"],
}  # fmt: skip
"""What an example of ours must print: what it claims to show."""


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the examples in the working directory, which the shell of a subprocess sees too."""
    shutil.copytree(EXAMPLES, tmp_path / "examples", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.chdir(tmp_path)
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    monkeypatch.setenv("PYTHONPATH", path)
    return tmp_path / "examples"


@pytest.fixture
def plugins(copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The package of plug-ins as an installer leaves it: its modules, and its entry points."""
    package = copy / "plugin_package"
    project = tomllib.loads((package / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    site = tmp_path / "site"
    info = site / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    info.mkdir(parents=True)
    shutil.copy(package / "house_plugins.py", site)
    head = f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    (info / "METADATA").write_text(head, encoding="utf-8")
    points = [f"{name} = {where}" for name, where in project["entry-points"]["dikast"].items()]
    (info / "entry_points.txt").write_text("\n".join(["[dikast]", *points]), encoding="utf-8")
    monkeypatch.syspath_prepend(str(site))


@pytest.mark.parametrize("name", [name for name in NAMES if name != "plug_pytest"])
def test_it_runs(
    name: str,
    copy: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    request: pytest.FixtureRequest,
) -> None:
    needed = NEEDS.get(name)
    if needed is not None and not _is_there(needed):
        pytest.skip(f"needs {needed}")
    if name == "own_plugins":
        request.getfixturevalue("plugins")
    before = {path.relative_to(copy) for path in copy.rglob("*") if path.is_file()}
    monkeypatch.setattr(sys, "argv", [f"examples/{name}.py"])
    registry._entry_points.cache_clear()
    code: object = 0
    try:
        runpy.run_path(str(copy / f"{name}.py"), run_name="__main__")
    except SystemExit as leave:
        code = leave.code
    finally:
        registry._entry_points.cache_clear()
    assert code in {0, None}
    printed = capfd.readouterr().out
    assert printed.strip()
    assert [part for part in SAYS.get(name, []) if part not in printed] == []
    after = {path.relative_to(copy) for path in copy.rglob("*") if path.is_file()}
    assert after == before, "an example leaves files beside the examples"


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def test_own_plugins_say_what_to_do_where_they_are_not_installed(copy: Path) -> None:
    with pytest.raises(SystemExit, match=r"pip install \./examples/plugin_package"):
        runpy.run_path(str(copy / "own_plugins.py"), run_name="__main__")


def test_the_table_of_examples_is_whole() -> None:
    text = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    named = re.findall(r"^\| \[`([^`]+)`\]\(([^)]+)\)", text, re.MULTILINE)
    assert all(name == target for name, target in named)
    there = {path.name for path in EXAMPLES.iterdir() if not path.name.startswith(("_", "."))}
    assert {name.rstrip("/") for name, _ in named} == there - {"README.md"}


def test_what_is_claimed_and_needed_is_about_examples_that_exist() -> None:
    assert set(SAYS) <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_it_says_what_one_learns_and_is_short(name: str) -> None:
    text = (EXAMPLES / f"{name}.py").read_text(encoding="utf-8")
    assert text.startswith('"""')
    assert len(text.splitlines()) <= 100
