"""Rank several answers to one question, keep the best, and draw who beat whom.

    python examples/ranking.py [FOLDER]

Two right answers share the first place: a ranking need not pretend to tell them apart.

Runs on the embedded panel: rule-backed baseline judges that need no model, network or key. Put
`Panel(["openai/gpt-4o", …], rubric="preference")` in its place to let models judge.
"""

from __future__ import annotations

import sys
from pathlib import Path

from dikast import Panel
from dikast.plots import plot_outcomes
from dikast.ranking_text import ranking_minutes

CASE = {
    "id": "ferry",
    "question": "How long does the ferry take in summer?",
    "contexts": ["The ferry takes 45 minutes in summer and 60 minutes in winter."],
    "candidates": [
        {"id": "sentence", "text": "The ferry takes 45 minutes in summer."},
        {"id": "short", "text": "45 minutes."},
        {"id": "wrong", "text": "The ferry takes 90 minutes in summer."},
        {"id": "refused", "text": "I cannot answer that."},
    ],
}


def main(folder: Path) -> None:
    panel = Panel.embedded("preference")
    ranking = panel.rank(CASE, model="davidson")
    print(ranking_minutes(ranking))

    best = panel.best_of(CASE)
    kept = best.winner or best.reason or " = ".join(best.groups[0])
    print(f"\nbest of {len(CASE['candidates'])}: {kept}, after {best.pairs_asked} pairs")

    print(f"drawn: {plot_outcomes(ranking, folder / 'outcomes.png')}")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "."))
