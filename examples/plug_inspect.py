"""A panel as a scorer of an Inspect evaluation, offline: a mock model answers.

Runs on the embedded panel: rule-backed baseline judges that need no model, network or key. Put
`panel_scorer("panel.toml")` in its place to let models judge.
"""

from __future__ import annotations

import tempfile

import inspect_ai
from inspect_ai import Task
from inspect_ai.dataset import Sample
from inspect_ai.model import ModelOutput, ModelUsage, get_model
from inspect_ai.solver import generate

from dikast import Panel
from dikast.adapters.inspect import panel_scorer

PASSAGE = "The ferry takes 45 minutes in summer and 60 minutes in winter."
ANSWERS = ("The ferry takes 45 minutes in summer.", "The ferry takes 90 minutes in summer.")


def main() -> None:
    samples = [
        Sample(id=n, input="How long does the ferry take?", metadata={"contexts": [PASSAGE]})
        for n in range(1, len(ANSWERS) + 1)
    ]
    outputs = [ModelOutput.from_content("mockllm/model", answer) for answer in ANSWERS]
    for output in outputs:  # else Inspect fetches a tokeniser to count the mock model's tokens
        output.usage = ModelUsage()
    grounded = panel_scorer(Panel.embedded("groundedness"), "groundedness")
    with tempfile.TemporaryDirectory() as folder:
        (log,) = inspect_ai.eval(
            Task(dataset=samples, solver=generate(), scorer=grounded),
            model=get_model("mockllm/model", custom_outputs=outputs),
            log_dir=folder,
            display="none",
            max_samples=1,
        )
        print(log.status)
        for sample in log.samples or []:
            score = (sample.scores or {})["panel_scorer"]
            print(f"{sample.id}: {score.value}")
            print(score.explanation)


if __name__ == "__main__":
    main()
