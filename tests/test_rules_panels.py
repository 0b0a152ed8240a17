"""Fitted rules on recorded judges: the figures of `benchmarks/README.md`, with slack for draws."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from benchmarks.panel_sets import design_sets, report_sets
from benchmarks.panels import Line, Part, parts, report

Rows = Callable[[str], list[dict[str, Any]]]
WANTED = ("auto", "auto+20", "log_odds+20", "order_consistency", "select_one", "peer_rank")


@pytest.fixture(scope="module")
def found(recorded: Rows) -> Callable[[str], dict[str, Line]]:
    every: dict[str, Part] = {}
    known: dict[str, dict[str, Line]] = {}

    def lines(name: str) -> dict[str, Line]:
        if not every:
            every.update({part.name: part for part in parts("all")})
        if name not in known:
            rows = report(every[name], draws=6, rules=WANTED)
            known[name] = {row.rule.partition(" (")[0]: row for row in rows}
        return known[name]

    return lines


def test_design_and_report_share_no_set(recorded: Rows) -> None:
    assert not set(design_sets()) & set(report_sets())


LLMBAR = {  # best single judge, majority, order-consistency weights
    "CoT": (0.833, 0.563, 0.712),
    "Metrics_Reference": (0.899, 0.702, 0.882),
    "Swap_CoT": (0.853, 0.561, 0.672),
    "Vanilla": (0.860, 0.606, 0.771),
    "Vanilla_2shot": (0.840, 0.497, 0.656),
}


@pytest.mark.parametrize("strategy", LLMBAR)
def test_llmbar(strategy: str, found: Callable[[str], dict[str, Line]]) -> None:
    lines = found(f"llmbar/{strategy}")
    rules = ("best single", "majority", "order_consistency")
    assert [lines[rule].score for rule in rules] == pytest.approx(LLMBAR[strategy], abs=5.1e-4)
    single = lines["best single"].score
    assert lines["select_one"].score == pytest.approx(single, abs=1e-9)
    assert lines["auto"].score >= single - 0.01
    assert lines["auto+20"].score >= single - 0.015


def test_prd_reaches_the_published_peer_rank(found: Callable[[str], dict[str, Line]]) -> None:
    apart, folded = found("prd/apart"), found("prd")
    assert apart["auto"].score == pytest.approx(0.673125, abs=1e-9)
    assert apart["auto"].over_low > 0
    assert folded["auto"].score == pytest.approx(0.685, abs=5.1e-4)
    assert folded["auto"].over_low > 0.05
    assert folded["auto+20"].score > 0.66


@pytest.mark.parametrize(
    ("name", "beats"),
    [
        pytest.param("triviaqa/design", True, id="triviaqa-of-design"),
        pytest.param("triviaqa/report", False, id="triviaqa-of-report"),
        pytest.param("viescore/Text-Guided_IG/SC", True, id="viescore-sc"),
    ],
)
def test_a_weighted_panel_against_its_best_judge(
    name: str, beats: bool, found: Callable[[str], dict[str, Line]]
) -> None:
    lines = found(name)
    most = max(lines["best single"].score, lines["majority"].score)
    assert lines["auto"].score >= most - 0.03
    assert lines["auto+20"].score >= most - 0.015
    assert (lines["auto"].over_low > 0) is beats
