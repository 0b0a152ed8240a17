"""The table of source papers names tests, commands, options and functions that exist."""

from __future__ import annotations

import ast
import importlib
import re
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import typer

import dikast.cli.every  # noqa: F401 - brings in every command
from dikast import registry
from dikast.cli.app import app

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "docs" / "coverage.md").read_text(encoding="utf-8")


class Row(NamedTuple):
    number: str
    paper: str
    works: str
    shown: str
    tests: str


def _rows() -> list[Row]:
    cells = [line.strip().strip("|").split(" | ") for line in TEXT.splitlines() if line[:1] == "|"]
    return [Row(*(cell.strip() for cell in row)) for row in cells[2:]]


ROWS = _rows()
COMMAND = typer.main.get_command(app)


@cache
def _functions(file: Path) -> frozenset[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, kinds))


def _absent(test: str) -> bool:
    file, _, function = test.partition("::")
    return not (ROOT / file).is_file() or function not in _functions(ROOT / file)


def _command(words: list[str]) -> tuple[Any, list[str]]:
    """The command that the words name, and the words behind it."""
    found: Any = COMMAND
    while hasattr(found, "commands"):
        assert words, f"{found.name} alone is no command"
        assert words[0] in found.commands, f"there is no command `{words[0]}`"
        found, words = found.commands[words[0]], words[1:]
    return found, words


def _check_command(words: list[str]) -> None:
    command, rest = _command(words)
    known = {option for p in command.params for option in (*p.opts, *p.secondary_opts)}
    assert {word for word in rest if word.startswith("-")} <= known
    if command.name == "import":
        assert rest[0] in registry.names("imports")
    if "--probes" in rest:
        probes = rest[rest.index("--probes") + 1].split(",")
        assert set(probes) <= set(registry.names("probes"))
    if command.name == "list":
        assert rest
    if "--rubric" in rest and rest[-1] != "--rubric":
        assert (ROOT / "prompts" / "rubrics" / f"{rest[-1]}.toml").is_file()


def test_there_is_a_row_for_each_of_the_fifty_papers() -> None:
    assert [row.number for row in ROWS] == [str(n) for n in range(1, 51)]
    assert len({row.paper for row in ROWS}) == 50
    assert all(row.works for row in ROWS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.number)
def test_what_a_row_names_exists(row: Row) -> None:
    tests = re.findall(r"`([^`]+)`", row.tests)
    assert [test for test in tests if _absent(test)] == []
    for name in re.findall(r"`([^`]+)`", row.shown):
        if name.startswith("dikast "):
            _check_command(name.split()[1:])
        elif name.startswith("dikast."):
            module, _, function = name.rpartition(".")
            assert hasattr(importlib.import_module(module), function)
        elif name.startswith("examples/"):
            assert (ROOT / name).is_file()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.number)
def test_a_row_without_a_test_claims_nothing(row: Row) -> None:
    claims_nothing = row.works.startswith("Not yet")
    assert "`tests/" in row.tests or claims_nothing


@pytest.mark.parametrize(
    ("test", "absent"),
    [
        ("tests/test_coverage_table.py::test_what_a_row_names_exists", False),
        ("tests/test_coverage_table.py::test_what_a_row", True),
        ("tests/test_no_such.py::test_what_a_row_names_exists", True),
    ],
)
def test_a_test_that_is_not_there_is_noticed(test: str, absent: bool) -> None:
    assert _absent(test) is absent


@pytest.mark.parametrize("words", ["judg", "panel", "judge --no-such", "audit --probes no_such"])
def test_a_command_that_is_not_there_is_noticed(words: str) -> None:
    with pytest.raises(AssertionError):
        _check_command(words.split())
