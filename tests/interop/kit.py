"""What the tests against real tools share."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from dikast.api import Panel
from dikast.testing import ChatRequest, LoopbackServer, structured_reply
from dikast.types import JudgeSpec, Price, Reason
from tests.judges import RUBRIC, PairJudge, Scripted


def tool(package: str, row: str) -> Any:
    """Import a tool, or skip the whole module where it is absent.

    Args:
        package: Name of the module to import.
        row: The tool's row in `.ci/interop.py`. In that row's environment absence is an error.
    """
    try:
        return importlib.import_module(package)
    except ImportError as error:
        if os.environ.get("DIKAST_INTEROP") == row:
            raise
        pytest.skip(
            f"{package} is absent ({error}); `make interop TOOLS={row}` tests it",
            allow_module_level=True,
        )


QUESTION = "How long does the ferry take?"
PASSAGE = "The ferry takes 45 minutes in summer and 60 minutes in winter."
GOOD = "The ferry takes 45 minutes in summer."
BAD = "The ferry takes 90 minutes in summer."


def scoring(*scores: float | Reason) -> Panel:
    """A panel whose judges `a`, `b`, … cast these votes on `quality`, from 1 to 5."""
    return Panel(
        [Scripted(name, s) for name, s in zip("abcde", scores, strict=False)], rubric=RUBRIC
    )


def comparing(strengths: dict[str, float]) -> Panel:
    """A panel of three that prefers the candidate with the greater strength, by id."""
    return Panel([PairJudge(name, strengths) for name in "abc"], rubric="preference")


@contextmanager
def served(score: float | Callable[[ChatRequest], float], **panel: Any) -> Iterator[Served]:
    """A panel of three models behind a loopback server, which says what it was asked."""

    def answer(request: ChatRequest) -> str:
        value = score(request) if callable(score) else score
        return structured_reply(request, score=value, reasoning="It says so.")

    with LoopbackServer(answer) as server:
        judges = [
            JudgeSpec(
                name=name,
                model=f"openai/{name}",
                api_base=server.base_url,
                price=Price(input=1.0, output=2.0),
            )
            for name in ("ann", "bob", "cid")
        ]
        yield Served(Panel(judges, rubric=RUBRIC, **panel), server)


class Served(NamedTuple):
    """A panel and the server that its models live on."""

    panel: Panel
    server: LoopbackServer


def example_says(name: str) -> str:
    """What an example prints, run as a user runs it."""
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, str(root / "examples" / name)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
