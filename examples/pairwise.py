"""Which of two answers is better: both orders, ties, and a preference that does not survive.

    python examples/pairwise.py
    dikast compare examples/pairs.jsonl

Every judge sees the pair in both orders. The last panel has a judge that always takes what is
shown first: its preference turns with the order, so it counts as a tie and is told as one.
"""

from __future__ import annotations

from dikast import Panel
from dikast.minutes import clip
from dikast.records.cases import case_from_row
from dikast.testing import SimulatedJudge, World
from dikast.types import Comparison

CASE = {
    "id": "ferry",
    "question": "How long does the ferry take?",
    "contexts": ["The ferry takes 45 minutes in summer and 60 minutes in winter."],
    "candidates": [
        {"id": "right", "text": "It takes 45 minutes in summer."},
        {"id": "wrong", "text": "It takes 90 minutes in summer."},
    ],
}


def tell(title: str, found: Comparison) -> None:
    outcome = found.winner or found.preferred or found.reason
    print(f"{title}: {outcome}; votes that hold in both orders: {found.consistent:.0%}")
    for vote in found.verdict.transcript.standings:
        print(f"  {vote.seat}: {vote.score}, consistent: {vote.consistent}")


def main() -> None:
    panel = Panel.embedded("preference")
    found = panel.compare(CASE)
    tell("embedded", found)
    said = found.verdict.transcript.ballots[0]
    print(f"  {said.seat} said: {clip(said.rationale, 200)}")

    # The mirror image: whoever stands first in the file, the same text wins.
    turned = panel.compare({**CASE, "candidates": CASE["candidates"][::-1]})
    print(f"candidates exchanged: {turned.winner}")

    tell("the same text twice", panel.compare({**CASE, "candidates": ["Rome.", "Rome."]}))

    rubric = panel.spec.rubric
    world = World([case_from_row(CASE, where="example")], rubric.criteria)
    first = SimulatedJudge(name="first", world=world, order_bias=1.0)
    tell("always the first", Panel([first], rubric=rubric).compare(CASE))


if __name__ == "__main__":
    main()
