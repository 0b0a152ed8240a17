"""Calibration on LLMBar's recorded judges: what is told of few labels is what is then found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from dikast.calibrating import Weigher
from dikast.stats.panel_fit import Plan, best_single, cross_fit, fit_panel_confidence
from dikast.stats.panel_votes import credit, folded_votes, right, weighted_decisions
from dikast.testing.recorded_tables import llmbar

DRAWS = 8


@pytest.mark.parametrize(
    ("rule", "least"),
    [pytest.param("log_odds", 0.76, id="weights"), pytest.param("", 0.82, id="best-single")],
)
def test_fifty_labels_of_the_vanilla_strategy(
    recorded: Callable[[str], list[dict[str, Any]]], rule: str, least: float
) -> None:
    assert recorded("llmbar/items")
    table = llmbar("Vanilla")
    weigh = Weigher(rule) if rule else best_single
    truth, scale = table.truth[:, 0], table.scales[0]
    votes = folded_votes(table, table.criteria[0])
    found, told, gaps = [], [], []
    for seed in range(DRAWS):
        known = np.zeros(len(table.cases), dtype=bool)
        known[np.random.default_rng(seed).choice(len(known), 50, replace=False)] = True
        shown = table.take_cases(known)
        held = cross_fit(shown, weigh, Plan(repeats=2, seed=seed))
        weights = weigh(shown)
        assert held is not None
        assert weights is not None
        confidence = fit_panel_confidence(held, scale)
        assert confidence is not None
        each = np.array([weights.get(judge, 0.0) for judge in table.judges])
        made = weighted_decisions(votes[~known], each, scale)
        found.append(float(credit(made.score, truth[~known], scale).mean()))
        told.append(float(held.credit.mean()))
        ok = right(made.score, truth[~known], scale)
        sure = ~np.isnan(ok) & (made.score != 0)
        raw, probability = made.share[sure], confidence.at(made.share, made.score)[sure]
        gaps.append((abs(raw.mean() - ok[sure].mean()), abs(probability.mean() - ok[sure].mean())))
    assert float(np.mean(found)) > least
    assert float(np.mean(told)) == pytest.approx(float(np.mean(found)), abs=0.04)
    before, after = np.mean(gaps, axis=0)
    assert after < before / 1.5
