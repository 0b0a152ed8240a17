"""Tests that ask a panel; without a panel of models the embedded one answers, offline.

pytest -p dikast.adapters.pytest_plugin examples/plug_pytest.py
(installed with pip, the plugin is found by itself and needs no -p)
"""

from __future__ import annotations

from typing import Any

from dikast.adapters.pytest_plugin import assert_verdict

CONTEXTS = ["The bridge was opened in 1978 and repainted in 2016."]


def answer(question: str) -> str:
    """Your application."""
    return "It was opened in 1978." if "open" in question else "I do not know."


def test_the_answer_is_grounded(judge_panel: Any) -> None:
    question = "When was the bridge opened?"
    verdict = judge_panel.judge(question=question, response=answer(question), contexts=CONTEXTS)
    assert_verdict(verdict, at_least=0.8, confidence=0.6)


def test_a_wrong_year_is_seen(judge_panel: Any) -> None:
    verdict = judge_panel.judge(
        question="When was the bridge opened?",
        response="It was opened in 1987.",
        contexts=CONTEXTS,
    )
    assert_verdict(verdict, at_most=0.4)
