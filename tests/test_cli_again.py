"""What is told of verdicts that are made again: all of them in a pipe, few on a terminal."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dikast.cli import again
from dikast.types import Verdict
from tests.calibration_kit import decide, spec

KEEP: dict[str, Any] = {"protocol": {"on_low_confidence": "keep"}}


def made(number: int, changed: int) -> list[tuple[Verdict, Verdict]]:
    """Verdicts of which the last few come out otherwise."""
    yes = decide(spec(**KEEP), {"ann": 1, "bob": 1, "cy": 1})
    no = decide(spec(**KEEP), {"ann": 0, "bob": 0, "cy": 0})
    return [
        tuple(one.model_copy(update={"case_id": f"c{at:03}"}) for one in (yes, after))  # type: ignore[misc]
        for at in range(number)
        for after in (no if at >= number - changed else yes,)
    ]


@pytest.mark.parametrize(
    ("terminal", "number", "changed", "listed", "hint"),
    [
        pytest.param(False, 50, 30, 50, False, id="pipe-gets-all"),
        pytest.param(True, 50, 30, again.AT_ONCE, True, id="terminal-gets-the-first-that-changed"),
        pytest.param(True, 50, 3, 3, True, id="terminal-gets-all-that-changed"),
        pytest.param(True, 50, 0, 0, True, id="nothing-changed"),
        pytest.param(True, again.AT_ONCE, 0, again.AT_ONCE, False, id="few-are-all-shown"),
    ],
)
def test_how_much_is_listed(
    terminal: bool, number: int, changed: int, listed: int, hint: bool,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setattr("sys.stdout.isatty", lambda: terminal)
    told = again.tell_again(made(number, changed), number, json=False)
    out, err = capsys.readouterr()
    assert told == (number, changed)
    assert len(out.splitlines()) == listed
    assert ("--json" in err) == hint
    assert f"{number} verdicts: {number} decided" in err
    if hint and changed:
        assert all("(was: " in line for line in out.splitlines())


def test_json_is_always_whole(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    again.tell_again(made(60, 1), 60, json=True, learned={"rule": "x"})
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["case_id"] for row in rows] == [f"c{at:03}" for at in range(60)]
    assert {row["rule"] for row in rows} == {"x"}
