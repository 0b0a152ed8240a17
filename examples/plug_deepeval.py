"""A panel as a DeepEval metric, for single answers and for an arena of two.

Runs on the embedded panel: rule-backed baseline judges that need no model, network or key. Put
`Panel(["openai/gpt-4o", …], rubric=…)` in its place to let models judge. Needs DeepEval:
pip install "dikast[deepeval]"
"""

from __future__ import annotations

import os

os.environ.setdefault("DEEPEVAL_TELEMETRY_OPT_OUT", "1")

from deepeval.test_case import ArenaTestCase, Contestant, LLMTestCase

from dikast import Panel
from dikast.adapters.deepeval import PanelArenaMetric, PanelMetric

PASSAGES = ["The ferry takes 45 minutes in summer and 60 minutes in winter."]


def case(answer: str, passages: list[str] = PASSAGES) -> LLMTestCase:
    return LLMTestCase(
        input="How long does the ferry take?", actual_output=answer, retrieval_context=passages
    )


def main() -> None:
    metric = PanelMetric(Panel.embedded("groundedness"), "groundedness", threshold=0.7)
    right = "The ferry takes 45 minutes in summer."
    wrong = "The ferry takes 90 minutes in summer."
    for answer in (right, wrong):
        # in a test: deepeval.assert_test(case(answer), [metric])
        metric.measure(case(answer))
        print(f"{metric.__name__}: {metric.score}, {'passed' if metric.success else 'failed'}")
        print(metric.reason)

    # No passage to go by: an error with its reason, and no zero.
    metric.measure(case(right, []))
    print(f"{'no score' if metric.score is None else metric.score}: {metric.error}")

    arena = PanelArenaMetric(Panel.embedded("preference"))
    winner = arena.measure(
        ArenaTestCase(
            contestants=[
                Contestant(name="small model", test_case=case(wrong)),
                Contestant(name="large model", test_case=case(right)),
            ]
        )
    )
    print(f"better: {winner}")


if __name__ == "__main__":
    main()
