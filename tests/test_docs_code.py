"""Python in the documentation's pages runs as printed, where what it needs is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[1] / "docs"
BLOCKS = [
    pytest.param(code, id=f"{page}-{number}")
    for page in ("ci", "plugs", "tracing")
    for number, code in enumerate(
        re.findall(
            r"^```python\n(.*?)^```", (DOCS / f"{page}.md").read_text("utf-8"), re.DOTALL | re.M
        )
    )
]


@pytest.mark.parametrize("code", BLOCKS)
def test_the_code_runs(code: str) -> None:
    for tool in re.findall(r"^from (ragas|deepeval)", code, re.M):
        pytest.importorskip(tool)
    exec(compile(code, "docs", "exec"), {})


def test_the_panel_fixture_of_the_page_is_called_as_printed() -> None:
    from dikast.api import Panel

    (code,) = (block.values[0] for block in BLOCKS if "judge_panel" in str(block.values[0]))
    room: dict[str, object] = {}
    exec(compile(str(code), "docs", "exec"), room)
    test = room["test_the_answer_is_grounded"]
    assert callable(test)
    test(Panel.embedded("groundedness"))


def test_the_workflow_is_yaml_that_runs_commands_we_have() -> None:
    from typer.testing import CliRunner

    from dikast.cli.every import app

    text = (DOCS / "ci.md").read_text("utf-8")
    named = set(re.findall(r"--[a-z][a-z-]+", text)) - {"--dikast-panel", "--dikast-run"}
    named -= {"--dikast-rubric", "--dikast-replay"}
    known = "".join(
        CliRunner(env={"COLUMNS": "200"}).invoke(app, [name, "--help"]).stdout
        for name in ("judge", "compare", "resume")
    )
    assert {option for option in named if option not in known} == set()
