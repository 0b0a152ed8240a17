"""A panel as an evaluator of openevals and LangSmith, alone and over a data set.

Runs on the embedded panel: rule-backed baseline judges that need no model, network or key. Put
`Panel(["openai/gpt-4o", …], rubric=…)` in its place to let models judge.
"""

from __future__ import annotations

from dikast import Panel
from dikast.adapters.openevals import panel_evaluator

PASSAGE = "The ferry takes 45 minutes in summer and 60 minutes in winter."


def main() -> None:
    grounded = panel_evaluator(Panel.embedded("groundedness"), "groundedness")
    for answer in ("It takes 45 minutes in summer.", "It takes 90 minutes in summer."):
        result = grounded(
            inputs={"question": "How long does the ferry take?", "context": [PASSAGE]},
            outputs={"answer": answer},
        )
        print(f"{answer} {result['key']}: {result['score']}")
        print(result["comment"])

    # No passage to go by: no score, and the reason why. It is not a zero.
    result = grounded(inputs="How long?", outputs="45 minutes.", context=[])
    print(f"without passages: {result['score']}, {result['metadata']['reason']}")

    # The same function goes into LangSmith:
    #     langsmith.evaluate(my_app, data="my-dataset", evaluators=[grounded])


if __name__ == "__main__":
    main()
