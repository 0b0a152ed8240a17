"""Published figures of recorded sets, through the importers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dikast.records.ballot_files import read_table
from dikast.records.labels import read_labels, with_labels
from dikast.stats.ballot_table import BallotTable, Bools
from dikast.testing.recorded import recorded_root

Rows = Callable[[str], list[dict[str, Any]]]


def path(name: str) -> Path:
    root = recorded_root()
    if root is None:
        pytest.skip("recorded judgement sets are absent; set DIKAST_DATA to their folder")
    return root / f"{name}.jsonl.gz"


@pytest.fixture(scope="module")
def llmbar() -> BallotTable:
    table = read_table(path("llmbar/judgments"), "llmbar")
    items = read_labels(path("llmbar/items"), words={"1": "first", "2": "second"})
    return with_labels(table, items)


def test_llmbar_is_whole(llmbar: BallotTable) -> None:
    assert len(llmbar.cases) == 326
    assert llmbar.n == 2 * 21_190
    assert llmbar.labelled.all()


def test_llmbar_published_accuracy_and_agreement(llmbar: BallotTable, recorded: Rows) -> None:
    """A null is wrong, and two nulls agree, as the source counts."""
    truth, grid = llmbar.labels("overall"), llmbar.grid("overall")
    subset = np.array([case.split("-")[1] for case in llmbar.cases])
    cells = recorded("llmbar/published")
    for cell in cells:
        own = grid[:, llmbar.judges.index(f"{cell['judge']} {cell['strategy']}")]
        own, label = own[subset == cell["subset"]], truth[subset == cell["subset"]]
        assert len(label) == cell["n"]
        right = np.mean(own == label[:, None])
        agree = np.mean((own[:, 0] == own[:, 1]) | np.isnan(own).all(axis=1))
        assert 100 * right == pytest.approx(cell["accuracy_measured"], abs=1e-3)
        assert 100 * agree == pytest.approx(cell["agreement_measured"], abs=1e-3)
        assert 100 * right == pytest.approx(cell["accuracy_published"], abs=0.06)
        assert 100 * agree == pytest.approx(cell["agreement_published"], abs=0.06)
    assert len(cells) == 195


PRD = {  # order consistency, and the share of ballots for the first slot (of all, or decisive)
    "bard": (0.3688, 0.7831),
    "claude": (0.5487, 0.3325),
    "gpt35": (0.6913, 0.3962),
    "gpt4": (0.6887, 0.5300),
    "vicuna-13b": (0.3738, 0.3944),
}


def test_prd_order_effects() -> None:
    table = read_table(path("prd_vicuna80/verdicts"))
    assert (table.n, len(table.cases), table.pairs) == (8000, 800, True)
    assert not np.isnan(table.score).any()
    for at, judge in enumerate(table.judges):
        grid = table.grid("overall")[:, at]
        assert np.mean(grid[:, 0] == grid[:, 1]) == pytest.approx(PRD[judge][0], abs=6e-5)
        own: Bools = table.judge == at
        slot = np.where(table.swapped[own], -table.score[own], table.score[own])
        shares = {round(float(np.mean(s > 0)), 4) for s in (slot, slot[slot != 0])}
        assert PRD[judge][1] in shares


def test_prd_replies_come_with_the_recorded_verdicts(recorded: Rows) -> None:
    verdicts = {
        (row["question_id"], row["judge"], row["first"], row["second"]): row["verdict"]
        for row in recorded("prd_vicuna80/verdicts")
    }
    rows = recorded("prd_vicuna80/raw_judgments")
    assert all(
        verdicts[row["question_id"], row["judge"], row["first"], row["second"]] == row["verdict"]
        for row in rows
    )
    raw, whole = (
        read_table(path("prd_vicuna80/raw_judgments")),
        read_table(path("prd_vicuna80/verdicts")),
    )
    kept = np.isin(whole.cases, raw.cases)
    part = whole.take_cases(kept)
    assert part.cases == raw.cases
    assert np.array_equal(part.score, raw.score)


def test_mt_bench_mean_ratings_by_system() -> None:
    table = read_table(path("mtbench_single_gpt4/judgments"), "fastchat")
    system = np.array([systems[0] for systems in table.systems])[table.case]
    means = sorted(float(np.mean(table.score[system == name])) for name in set(system))
    assert means == pytest.approx([5.878125, 6.103125], abs=5e-5)


def test_gpt4_repeats_agree_as_measured() -> None:
    table = read_table(path("gpt4_repeats/vicuna_eval"), "prometheus_eval")
    scores = table.score.reshape(-1, 3)  # sorted by case, then sample
    pairs = [(0, 1), (0, 2), (1, 2)]
    assert np.mean((scores == scores[:, :1]).all(axis=1)) == pytest.approx(0.622, abs=5e-4)
    exact = sorted(float(np.mean(scores[:, a] == scores[:, b])) for a, b in pairs)
    assert exact == pytest.approx([0.728, 0.744, 0.766], abs=5e-4)
