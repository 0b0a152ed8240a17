"""The rule-backed panel on recorded judgement sets, and on texts of unreasonable size."""

from __future__ import annotations

import importlib.util
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.embedded_kit import JUDGES, case, criterion, vote

Rows = Callable[[str], list[dict[str, Any]]]


@pytest.fixture(scope="module")
def bench() -> ModuleType:
    """The benchmark, whose figures these are."""
    path = Path(__file__).resolve().parents[1] / "benchmarks" / "embedded.py"
    spec = importlib.util.spec_from_file_location("benchmark_embedded", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_grounded_answers_are_told_from_made_up_ones(bench: ModuleType, recorded: Rows) -> None:
    assert len(recorded("halueval/qa_grounded")) == 250
    items = bench.qa_grounded()
    columns = bench.columns_of(items)
    figures = {k: bench.halves(items, v, bench.balanced)["all"] for k, v in columns.items()}
    exact = bench.trivial(items)["exact containment"]
    shortcut = bench.halves(items, exact, bench.balanced)["all"]
    assert shortcut == pytest.approx(0.966)
    assert figures["panel, majority"] >= shortcut
    assert all(figures[judge] > 0.7 for judge in bench.JUDGES)


def test_ranks_summaries_above_overlap_in_both_halves(bench: ModuleType, recorded: Rows) -> None:
    assert len(recorded("unieval/qags_xsum")) == 239
    items = bench.qags_xsum()
    panel = bench.halves(items, bench.columns_of(items)["panel, mean"], bench.spearman)
    trivial = bench.trivial(items)
    for half, figure in panel.items():
        for name in ("unigram overlap", "shorter is right"):
            assert figure > bench.halves(items, trivial[name], bench.spearman)[half]
    assert bench.halves(items, trivial["exact containment"], bench.spearman)["all"] is None
    assert panel["all"] > 0.32


@pytest.mark.parametrize("judge", JUDGES)
@pytest.mark.parametrize(
    "text",
    [
        pytest.param("The fox, who is 1,234 years old, jumps over it. " * 6_000, id="prose"),
        pytest.param("a" * 400_000, id="one-word"),
        pytest.param("1," * 150_000, id="one-number"),
        pytest.param(", and " * 40_000, id="clauses"),
        pytest.param("東京都" * 10_000, id="no-spaces"),
        pytest.param("(" * 300_000, id="brackets"),
        pytest.param("e\u0301" * 100_000, id="marks"),
        pytest.param("in exactly 12 words " * 10_000, id="limits"),
        pytest.param("[" * 100_000, id="nested-json"),
    ],
)
def test_time_stays_linear_on_hostile_size(judge: str, text: str) -> None:
    """As passage, response, question and reference at once."""
    of = case(text, text, question=text + " Answer in valid JSON.", reference=text)
    started = time.process_time()
    for name in ("groundedness", "correctness", "instruction_following", "coherence"):
        vote(judge, of, criterion(name))
    assert time.process_time() - started < 12


def test_megabytes_of_passages_are_scanned_once_for_all_judges() -> None:
    passage = "The fox, who is 1,234 years old, jumps over it. " * 40_000
    of = case("The fox is 1,235 years old.", passage, question="How old is the fox?")
    started = time.process_time()
    ballots = {judge: vote(judge, of, criterion("groundedness")) for judge in JUDGES}
    assert time.process_time() - started < 15
    assert ballots["entities"].score == 1.0
