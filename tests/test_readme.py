"""The README's commands and code run as printed."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from contextlib import chdir
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dikast.cli.every import app
from dikast.config import panel_from_dict

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


def run(command: str, folder: Path) -> tuple[int, str]:
    """Run a line in a shell: exit code, and what was said."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def run_here(command: str, folder: Path) -> tuple[int, str]:
    """Run a line without anything of a shell's in this process: exit code, and what was said."""
    program, *words = shlex.split(command, comments=True)
    assert program == "dikast"
    with chdir(folder):
        done = CliRunner().invoke(app, words)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.output


def test_the_commands_run_in_the_order_printed(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    commands = [line for block in blocks("bash") for line in block.splitlines() if line]
    assert commands
    # Starting Python costs seconds, so those that need no shell run here, but for the first.
    for number, command in enumerate(commands):
        plain = command.startswith("dikast ") and not set(command.partition("#")[0]) & set("<>|&$;")
        code, said = (run_here if plain and number else run)(command, tmp_path)
        # 1 says that some case abstained, which the demo's cases do on purpose.
        assert code in {0, 1}, f"{command}\n{said}"
        assert "Traceback" not in said


@pytest.mark.parametrize("code", blocks("python"))
def test_the_code_runs(code: str) -> None:
    exec(compile(code, "README.md", "exec"), {})


def test_the_panel_file_is_sound() -> None:
    (text,) = blocks("toml")
    panel = panel_from_dict(tomllib.loads(text))
    assert [judge.name for judge in panel.judges] == ["anna", "bert", "cleo"]


def test_the_tests_it_points_to_exist() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)`", TEXT)
    assert named
    assert [name for name in named if not (ROOT / name).is_file()] == []
