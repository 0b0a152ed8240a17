"""The audit of recorded judges: what their sets' references say, by every way there is."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from dikast.audit.build import audit
from dikast.audit.report import AuditReport
from dikast.audit.screen import screen
from dikast.audit.words import FIGURES
from dikast.cli.every import app
from dikast.stats.ballot_table import BallotTable
from dikast.testing import recorded_tables
from dikast.testing.recorded import recorded_root, recorded_rows

pytestmark = pytest.mark.skipif(
    recorded_root() is None, reason="recorded judgement sets are absent; set DIKAST_DATA"
)


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["audit", *words])


@pytest.mark.parametrize(
    "table",
    [
        pytest.param(recorded_tables.llmbar, id="llmbar"),
        pytest.param(recorded_tables.gpt4_repeats, id="gpt4-repeats"),
        pytest.param(recorded_tables.newsroom_ratings, id="newsroom"),
    ],
)
def test_recorded_sets_are_audited(table: Callable[[], BallotTable]) -> None:
    report = audit(table(), draws=50)
    assert all(f.figure in FIGURES for f in report.figures)
    assert screen(report)


def test_llmbar_as_its_reference_says() -> None:
    report = audit(recorded_tables.llmbar("Vanilla"), draws=50)
    majority = report.one("accuracy", "majority", "overall").value
    best = report.one("accuracy", "GPT-4", "overall").value
    assert majority is not None
    assert best is not None
    chosen = report.one("accuracy", "auto", "overall").value
    assert best == pytest.approx(0.8604, abs=0.002)
    assert majority == pytest.approx(0.606, abs=0.02)
    gain = report.one("gain_over_best", "majority", "overall").value
    assert gain == pytest.approx(majority - best, abs=0.001)
    assert report.one("effective_seats", "all judges", "overall").value == pytest.approx(
        1.6, abs=0.05
    )
    assert chosen is not None
    assert chosen >= best - 0.01
    # `auto` takes GPT-4 alone, which gains nothing over GPT-4.
    assert report.one("gain_over_best", "auto", "overall").value == pytest.approx(0, abs=0.001)


def test_an_import_is_audited_as_its_file_is(tmp_path: Path) -> None:
    """Scale and labels mean the same on both ways, and the same as in the tables of our tests."""
    rows = [r for r in recorded_rows("llmbar/judgments") if r["strategy"] == "Vanilla"]
    votes, items, out = (tmp_path / name for name in ("v.jsonl", "items.jsonl", "v.dikast"))
    votes.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    told = recorded_rows("llmbar/items")
    items.write_text("\n".join(map(json.dumps, told)), encoding="utf-8")
    made = CliRunner().invoke(
        app, ["import", "llmbar", str(votes), "--labels", str(items), "--out", str(out)]
    )
    assert made.exit_code == 0, made.output
    ways = [run(str(out), "--json")]
    ways.append(run(str(votes), "--format", "llmbar", "--labels", str(items), "--json"))
    for done in ways:
        assert done.exit_code == 0, done.output
        found = AuditReport.from_json(done.stdout)
        assert found.one("accuracy", "majority", "overall").value == pytest.approx(0.606, abs=0.001)
        assert found.one("gain_over_best", "auto", "overall").value == pytest.approx(0, abs=0.001)
