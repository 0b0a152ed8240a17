"""Imports point downwards, each third-party library has one home, and nothing goes in circles."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import networkx as nx
import pytest

ROOT = Path(__file__).resolve().parents[1]

LAYERS: dict[str, int] = {
    "dikast.errors": 0,
    "dikast.types": 0,
    "dikast.stats": 1,
    "dikast.rules": 1,
    "dikast.registry": 1,
    "dikast.families": 1,
    "dikast.prompts": 2,
    "dikast.formats": 2,
    "dikast.media": 2,
    "dikast.models": 3,
    "dikast.records": 3,
    "dikast.agents": 4,
    "dikast.graphs": 5,
    "dikast.api": 6,
    "dikast.describing": 6,
    "dikast.config": 6,
    "dikast.running": 6,
    "dikast.deciding": 6,
    "dikast.fitted": 6,
    "dikast.calibrating": 6,
    "dikast.calibration_text": 6,
    "dikast.importing": 6,
    "dikast.rereading": 6,
    "dikast.cascading": 6,
    "dikast.probing": 6,
    "dikast.minutes": 6,
    "dikast.ranking_text": 6,
    "dikast.boards": 6,
    "dikast.rag_figures": 6,
    "dikast.rag_text": 6,
    "dikast.rag_html": 6,
    "dikast.rag_export": 6,
    "dikast.rag": 6,
    "dikast.self_answers": 6,
    "dikast.gates": 6,
    "dikast.junit": 6,
    "dikast.markdown": 6,
    "dikast.pair_figures": 6,
    "dikast.adapters": 6,
    "dikast.plots": 6,
    "dikast.drawing": 6,
    "dikast.audit": 6,
    "dikast.adjudication": 6,
    "dikast.training": 6,
    "dikast.testing": 6,
    "dikast.cli": 7,
    "dikast.__main__": 7,
    "dikast": 7,
}

HOMES: dict[str, tuple[str, ...]] = {
    "litellm": ("dikast.models",),
    "openai": ("dikast.models",),
    "tenacity": ("dikast.models",),
    "aiohttp": ("dikast.models", "dikast.testing"),
    "sqlite3": ("dikast.records",),
    "langgraph": ("dikast.graphs",),
    "langchain_core": ("dikast.graphs", "dikast.adapters"),
    "networkx": ("dikast.stats",),
    "scipy": ("dikast.stats",),
    "choix": ("dikast.stats",),
    "rapidfuzz": ("dikast.stats",),
    "numpy": (
        *("dikast.stats", "dikast.rules", "dikast.records"),
        *("dikast.probing", "dikast.audit", "dikast.testing"),
    ),
    "PIL": ("dikast.media",),
    "matplotlib": ("dikast.drawing", "dikast.plots"),
    "typer": ("dikast.cli",),
    "rich": ("dikast.cli",),
    "pandas": ("dikast.records", "dikast.adapters"),
    "pyarrow": ("dikast.records", "dikast.adapters"),
    "hypothesis": ("dikast.testing",),
    "langchain_classic": ("dikast.adapters",),
    "langsmith": ("dikast.adapters",),
    "openevals": ("dikast.adapters",),
    "ragas": ("dikast.adapters",),
    "deepeval": ("dikast.adapters",),
    "inspect_ai": ("dikast.adapters",),
    "mlflow": ("dikast.adapters",),
    "polars": ("dikast.adapters",),
    "datasets": ("dikast.adapters",),
    "pytest": ("dikast.adapters",),
    "opentelemetry": ("dikast.adapters",),
}

LATE = {"litellm", "langgraph", "langchain_core", "openai", "opentelemetry"}
"""Heavy libraries: imported only inside functions."""


class Import(NamedTuple):
    importer: str
    target: str
    line: int
    at_top: bool


def sources() -> Iterator[tuple[str, Path]]:
    """Every module of the package and its file, links followed."""
    package = ROOT / "dikast"
    for path in _walk(package):
        parts = list(path.relative_to(ROOT).with_suffix("").parts)
        if parts[-1] == "__init__":
            parts.pop()
        yield ".".join(parts), path


def _walk(folder: Path) -> Iterator[Path]:
    for child in sorted(folder.iterdir()):
        if child.is_dir() and child.name != "__pycache__":
            yield from _walk(child)
        elif child.suffix == ".py":
            yield child


def imports() -> Iterator[Import]:
    """Every import statement outside `if TYPE_CHECKING`."""
    for module, path in sources():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        typing_only = {
            id(node)
            for branch in ast.walk(tree)
            if isinstance(branch, ast.If) and "TYPE_CHECKING" in ast.dump(branch.test)
            for child in branch.body
            for node in ast.walk(child)
        }
        inside = {
            id(node)
            for function in ast.walk(tree)
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
            for node in ast.walk(function)
        }
        for node in ast.walk(tree):
            if id(node) in typing_only:
                continue
            at_top = id(node) not in inside
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield Import(module, alias.name, node.lineno, at_top)
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{module}:{node.lineno} imports relatively"
                assert node.module is not None
                for alias in node.names:
                    yield Import(module, f"{node.module}.{alias.name}", node.lineno, at_top)


def room(module: str) -> str:
    """The longest known prefix of a module's name."""
    known = [name for name in LAYERS if module == name or module.startswith(name + ".")]
    return max(known, key=len)


ALL = list(imports())
MODULES = dict(sources())


def test_every_room_has_a_layer() -> None:
    rooms = {room(module) for module in MODULES}
    assert rooms <= set(LAYERS)
    loose = [m for m in MODULES if room(m) == "dikast" and m != "dikast"]
    assert loose == [], "give these modules a layer"


def test_imports_point_downwards() -> None:
    wrong = [
        f"{i.importer}:{i.line} imports {i.target}"
        for i in ALL
        if i.target.startswith("dikast.")
        and room(i.target) != "dikast"
        and LAYERS[room(i.target)] > LAYERS[room(i.importer)]
    ]
    assert wrong == []


def test_third_party_libraries_stay_at_home() -> None:
    wrong = [
        f"{i.importer}:{i.line} imports {i.target}"
        for i in ALL
        if (top := i.target.partition(".")[0]) in HOMES and room(i.importer) not in HOMES[top]
    ]
    assert wrong == []


def test_heavy_libraries_are_imported_late() -> None:
    wrong = [
        f"{i.importer}:{i.line} imports {i.target}"
        for i in ALL
        if i.at_top and i.target.partition(".")[0] in LATE
    ]
    assert wrong == []


def test_no_import_goes_in_circles() -> None:
    graph: nx.DiGraph[str] = nx.DiGraph()
    for i in ALL:
        if not i.at_top:
            continue
        target = i.target if i.target in MODULES else i.target.rpartition(".")[0]
        if target in MODULES and target != i.importer:
            graph.add_edge(i.importer, target)
    circles = [sorted(c) for c in nx.strongly_connected_components(graph) if len(c) > 1]
    assert circles == []


@pytest.mark.parametrize("folder", ["dikast", "tests", "examples", "benchmarks"])
def test_rooms_are_imported_by_their_full_name(folder: str) -> None:
    """A widely used package installs a top-level `agents`; two names would be two modules."""
    wrong = []
    for path in _walk(ROOT / folder):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module]
            bare = {"agents", "graphs", "prompts"}
            wrong += [f"{path}:{n}" for n in names if n.partition(".")[0] in bare]
    assert wrong == []


def test_files_are_short() -> None:
    long = {m: n for m, p in MODULES.items() if (n := len(p.read_text().splitlines())) > 500}
    assert long == {}


@pytest.mark.parametrize(
    ("code", "absent"),
    [
        pytest.param("import dikast", {"litellm", "langgraph", "pydantic"}, id="import-dikast"),
        pytest.param(
            "import dikast.api",
            {"litellm", "langgraph", "langchain_core", "scipy.stats"},
            id="import-the-api",
        ),
        pytest.param(
            "import sys; sys.argv = ['dikast', '--help']\n"
            "from dikast.cli import main\n"
            "try: main()\nexcept SystemExit: pass",
            {"litellm", "langgraph", "pydantic", "networkx", "numpy"},
            id="dikast-help",
        ),
    ],
)
def test_heavy_modules_are_not_loaded(code: str, absent: set[str]) -> None:
    listing = "\nimport sys, json; print('\\n' + json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code + listing], capture_output=True, text=True, check=True
    )
    import json

    loaded = set(json.loads(done.stdout.splitlines()[-1]))
    assert loaded & absent == set()
