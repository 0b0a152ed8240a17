"""A frame of answers judged: whichever of pandas, Polars and datasets is installed.

Runs on the embedded panel: rule-backed baseline judges that need no model, network or key. Put
`Panel.load("panel.toml")` in its place to let models judge.
"""

from __future__ import annotations

import importlib

from dikast import Panel
from dikast.adapters.frames import judge_frame

PASSAGE = "The ferry takes 45 minutes in summer and 60 minutes in winter."
ROWS = {
    "question": ["How long does the ferry take?"] * 2,
    "response": ["It takes 45 minutes in summer.", "It takes 90 minutes in summer."],
    "contexts": [[PASSAGE]] * 2,
}


def main() -> None:
    panel = Panel.embedded("groundedness")
    for library in ("pandas", "polars", "datasets"):
        try:
            tool = importlib.import_module(library)
        except ImportError:
            continue
        frame = tool.Dataset.from_dict(ROWS) if library == "datasets" else tool.DataFrame(ROWS)
        judged = judge_frame(frame, panel)
        for status, score in zip(judged["status"], judged["score"], strict=True):
            print(f"{library}: {status}, {score}")


if __name__ == "__main__":
    main()
