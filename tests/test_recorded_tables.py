"""The recorded sets as tables hold what their sources tell, and reproduce what was measured."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
from scipy.stats import spearmanr

from dikast.stats.ballot_table import BallotTable
from dikast.testing import recorded_tables as sets

Rows = Callable[[str], list[dict[str, Any]]]


class Held(NamedTuple):
    """What a table holds."""

    cases: int
    judges: int
    ballots: int
    abstained: int
    labelled: int
    questions: int


TABLES: dict[str, tuple[Callable[[], BallotTable], Held]] = {
    "llmbar": (sets.llmbar, Held(326, 6, 3912, 7, 326, 326)),
    "llmbar-rating": (lambda: sets.llmbar("Rating"), Held(326, 2, 652, 2, 326, 326)),
    "llmbar-scores": (sets.llmbar_ratings, Held(652, 2, 1304, 2, 0, 326)),
    "prd": (sets.prd_vicuna80, Held(800, 5, 8000, 0, 800, 80)),
    "prd-apart": (lambda: sets.prd_vicuna80(apart=True), Held(1600, 5, 8000, 0, 1600, 80)),
    "pandalm": (sets.pandalm, Held(999, 1, 999, 25, 999, 170)),
    "pandalm-people": (lambda: sets.pandalm(annotators=True), Held(999, 3, 2997, 0, 0, 170)),
    "mt-bench": (sets.mt_bench_votes, Held(827, 1, 827, 0, 827, 106)),
    "mt-bench-people": (lambda: sets.mt_bench_votes(raters=True), Held(827, 65, 2030, 0, 0, 106)),
    "triviaqa": (sets.triviaqa_judges, Held(2400, 11, 26400, 130, 2400, 400)),
    "llmjudge": (sets.llmjudge_relevance, Held(4423, 22, 97306, 1, 0, 25)),
    "dices": (sets.dices350, Held(350, 123, 43050, 2694, 350, 350)),
    "newsroom": (sets.newsroom_ratings, Held(420, 3, 5040, 0, 0, 420)),
    "unieval": (sets.unieval, Held(360, 1, 2160, 0, 360, 60)),
    "gpt4-repeats": (sets.gpt4_repeats, Held(320, 1, 960, 0, 0, 80)),
    "viescore": (lambda: sets.viescore("Control-Guided_IG"), Held(300, 15, 8998, 379, 300, 150)),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_holds_the_whole_set(name: str, recorded: Rows) -> None:
    make, expected = TABLES[name]
    table = make()
    counts = (
        len(table.cases), len(table.judges), table.n, int(table.abstained.sum()),
        int(table.labelled.sum()), len(set(table.questions)),
    )  # fmt: skip
    assert Held(*counts) == expected
    for at, scale in enumerate(table.scales):
        low, high = scale.bounds()
        scores = np.r_[table.score[table.criterion == at], table.truth[:, at]]
        kept = scores[~np.isnan(scores)]
        assert kept.min() >= low
        assert kept.max() <= high


def accuracy(table: BallotTable) -> dict[str, float]:
    """Share of right ballots over both orders; an abstention is wrong."""
    right = table.grid("overall") == table.labels("overall")[:, None, None]
    return dict(zip(table.judges, right.mean(axis=(0, 2)).tolist(), strict=True))


@pytest.mark.parametrize("strategy", ["Vanilla", "CoT", "Metrics_Reference", "Swap"])
def test_llmbar_accuracy_and_order_agreement(strategy: str, recorded: Rows) -> None:
    expected = {
        "Vanilla": {"GPT-4": (0.8604, 0.9417), "PaLM2": (0.7193, 0.7147)},
        "CoT": {"GPT-4": (0.8328, 0.9049), "Falcon": (0.5261, 0.1319)},
        "Metrics_Reference": {"GPT-4": (0.8988, 0.9387), "LLaMA2": (0.4785, 0.6687)},
        "Swap": {"GPT-4": (0.8574, 0.9663), "ChatGPT": (0.4279, 0.8344)},
    }[strategy]
    table = sets.llmbar(strategy)
    grid = table.grid("overall")
    found = accuracy(table)
    for judge, (right, agreement) in expected.items():
        one, other = grid[:, table.judges.index(judge)].T
        agree = np.mean((one == other) | (np.isnan(one) & np.isnan(other)))
        assert (found[judge], agree) == pytest.approx((right, agreement), abs=6e-5)


def test_llmbar_subsets_and_strategies(recorded: Rows) -> None:
    table = sets.llmbar()
    sizes = [len(sets.llmbar_subset(table, s).cases) for s in ("natural", "neighbor", "gptinst")]
    assert sizes == [100, 134, 92]
    natural = accuracy(sets.llmbar_subset(table, "natural"))
    assert natural["GPT-4"] == pytest.approx(0.955)
    assert len(sets.llmbar_strategies()) == 10
    assert len(sets.llmbar_strategies(judges=6)) == 8


def test_prd_accuracy_of_each_judge(recorded: Rows) -> None:
    expected = {
        "gpt4": 0.6425, "claude": 0.606875, "gpt35": 0.620625, "bard": 0.553125,
        "vicuna-13b": 0.50875,
    }  # fmt: skip
    assert accuracy(sets.prd_vicuna80()) == pytest.approx(expected, abs=1e-9)
    apart = sets.prd_vicuna80(apart=True)
    right = apart.grid("overall")[:, :, 0] == apart.labels("overall")[:, None]
    found = dict(zip(apart.judges, right.mean(axis=0).tolist(), strict=True))
    assert found == pytest.approx(expected, abs=1e-9)


def test_triviaqa_exact_match_and_families(recorded: Rows) -> None:
    table = sets.triviaqa_judges()
    assert accuracy(table)["EM"] == pytest.approx(0.67)
    assert table.families["Llama-70B"] == table.families["llama2-70b-chat"] == "meta"
    assert "EM" not in table.families


def test_viescore_rank_correlation_of_one_generator(recorded: Rows) -> None:
    table = sets.viescore("Multi-Concept_IC")
    for system, published in (("TextualInversion", 0.3538), ("DreamBooth", 0.2145)):
        own = table.take_cases(np.array([names[0] == system for names in table.systems]))
        scores = own.grid("SC")[:, own.judges.index("gemini_0shot"), 0]
        kept = ~np.isnan(scores)
        rho = spearmanr(scores[kept], own.labels("SC")[kept]).statistic
        assert rho == pytest.approx(published, abs=6e-5)


def test_unieval_pearson(recorded: Rows) -> None:
    table = sets.unieval("topical_chat")
    scores, labels = table.grid("overall")[:, 0, 0], table.labels("overall")
    assert np.corrcoef(scores, labels)[0, 1] == pytest.approx(0.632796, abs=1e-6)


def test_dices_majority_against_the_expert(recorded: Rows) -> None:
    table = sets.dices350()
    share = np.nanmean(table.grid("overall")[:, :, 0], axis=1)
    assert np.mean((share > 0.5) == (table.labels("overall") == 1)) == pytest.approx(
        0.654, abs=4e-3
    )
