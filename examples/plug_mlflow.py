"""A panel as a scorer of MLflow's evaluation, into a store in a temporary folder.

Runs on the embedded panel: rule-backed baseline judges that need no model, network or key. Put
`Panel(["openai/gpt-4o", …], rubric=…)` in its place to let models judge.
"""

from __future__ import annotations

import tempfile

import mlflow

from dikast import Panel
from dikast.adapters.mlflow import panel_scorer

PASSAGE = "The ferry takes 45 minutes in summer and 60 minutes in winter."
ANSWERS = ("The ferry takes 45 minutes in summer.", "The ferry takes 90 minutes in summer.")


def main() -> None:
    inputs = {"question": "How long does the ferry take?", "contexts": [PASSAGE]}
    rows = [{"inputs": inputs, "outputs": answer} for answer in ANSWERS]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        mlflow.set_tracking_uri(f"sqlite:///{folder}/mlflow.db")
        mlflow.set_experiment(
            experiment_id=mlflow.create_experiment("ferry", artifact_location=folder)
        )
        scorer = panel_scorer(Panel.embedded("groundedness"))
        result = mlflow.genai.evaluate(data=rows, scorers=[scorer])
        print(result.metrics)


if __name__ == "__main__":
    main()
