"""A panel as a metric of Ragas, over one of its data sets.

Runs on the embedded panel: rule-backed baseline judges that need no model, network or key. Put
`Panel(["openai/gpt-4o", …], rubric=…)` in its place to let models judge. Needs Ragas:
pip install "dikast[ragas]"
"""

from __future__ import annotations

import os

os.environ.setdefault("RAGAS_DO_NOT_TRACK", "true")

import ragas
from ragas import EvaluationDataset

from dikast import Panel
from dikast.adapters.ragas import PanelMetric, PanelScore, cases_from_dataset

PASSAGES = ["The ferry takes 45 minutes in summer and 60 minutes in winter."]


def row(answer: str, passages: list[str]) -> dict[str, object]:
    return {
        "user_input": "How long does the ferry take?",
        "response": answer,
        "retrieved_contexts": passages,
    }


def main() -> None:
    right = row("The ferry takes 45 minutes in summer.", PASSAGES)
    wrong = row("The ferry takes 90 minutes in summer.", PASSAGES)
    dataset = EvaluationDataset.from_list([right, wrong])
    panel = Panel.embedded("groundedness")

    # ragas.evaluate knows numbers; the reasons stand in its traces
    result = ragas.evaluate(dataset, metrics=[PanelMetric(panel)], show_progress=False)
    print(result)
    for score, trace in zip(result["groundedness"], result.traces, strict=True):
        print(score, trace["groundedness"]["dikast"]["output"]["comment"].splitlines()[0])

    # the newer family gives value and reason, and None where the panel does not decide
    silent = PanelScore(panel).score(**row("45 minutes.", []))
    print(f"{silent.value}: {silent.traces['output']['reason']}")

    # the same rows as cases, for everything else that dikast does
    for case in cases_from_dataset(dataset):
        print(case.id, panel.judge(case).status)


if __name__ == "__main__":
    main()
