"""Cascades on recorded judges with labels: what is decided, and where nothing may be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from dikast.registry import load
from dikast.rules import Vote
from dikast.stats.ballot_table import BallotTable
from dikast.stats.cascade_replay import Plan, Replay, replay
from dikast.stats.selective import AbstainAlways, Threshold
from dikast.testing.recorded_tables import llmbar, triviaqa_judges

Recorded = Callable[[str], list[dict[str, Any]]]


def replayed(table: BallotTable, plan: Plan) -> Replay:
    decide, scale = load("rules", "majority"), table.scale("overall")

    def majority(votes: Sequence[tuple[float, float]]) -> float | None:
        score: float | None = decide([Vote(*vote) for vote in votes], scale).score
        return score

    return replay(table, "overall", plan, decide=majority)


def test_order_consistency_alone_promises_no_90_percent_on_llmbar(recorded: Recorded) -> None:
    """GPT-4's consistent pairs are right in 0.88 of cases; no number of labels makes that 0.9."""
    recorded("llmbar/items")
    found = replayed(llmbar("Vanilla"), Plan((("PaLM2",), ("GPT-4",)), alpha=0.1))
    assert all(isinstance(ruling, AbstainAlways) for ruling in found.rulings)
    assert [ruling.needed for ruling in found.rulings if isinstance(ruling, AbstainAlways)] == [
        None,
        None,
    ]
    assert (found.by >= 0).sum() == 0
    assert found.held_out.value is None


def test_at_80_percent_gpt4_decides_what_it_says_twice(recorded: Recorded) -> None:
    recorded("llmbar/items")
    found = replayed(llmbar("Vanilla"), Plan((("PaLM2",), ("GPT-4",)), alpha=0.2))
    palm, gpt4 = found.rulings
    assert isinstance(palm, AbstainAlways)
    assert isinstance(gpt4, Threshold)
    assert (found.by == 1).mean() == pytest.approx(0.94, abs=0.005)
    assert found.held_out.value == pytest.approx(0.883, abs=5e-4)


def test_three_small_judges_of_one_mind_decide_most_answers(recorded: Recorded) -> None:
    """Unanimous on 74 % and right in 0.938 of them, above GPT-4 alone on everything."""
    recorded("triviaqa_judges/verdicts")
    small = ("Gemma-2B", "Llama3-8B", "Mistral-7B")
    found = replayed(triviaqa_judges(), Plan((small, ("GPT-4",)), "panel", alpha=0.1))
    first, last = found.rulings
    assert isinstance(first, Threshold)
    assert isinstance(last, AbstainAlways)
    assert first.at == 1.0
    assert (found.by == 0).mean() == pytest.approx(0.74, abs=0.005)
    assert found.held_out.value == pytest.approx(0.938, abs=5e-4)
    assert found.held_out.value is not None
    assert found.held_out.value > (found.alone[1].value or 1.0)
