"""A panel put together in code, and how to read its verdict: decisions, dissent, flips, price.

    python examples/panel_in_code.py

Three seats and a critic ask models behind one gateway. A scripted model stands in for them, so
that this runs offline; without `gateway=` the same panel asks the models, with the keys that
stand in your environment.
"""

from __future__ import annotations

import json

from dikast import Criterion, JudgeSpec, Panel, Rubric
from dikast.minutes import minutes, spent
from dikast.testing import ScriptedModel, structured_reply
from dikast.types import Anchor, IntegerScale, Price, Sampling

RUBRIC = Rubric(
    id="replies",
    title="Replies to customers",
    criteria=(
        Criterion(
            id="solves",
            question="Does the reply solve what the customer wrote about?",
            scale=IntegerScale(low=1, high=5),
            anchors=(Anchor(score=1, text="It does not."), Anchor(score=5, text="It does.")),
        ),
    ),
)
CASE = {
    "id": "kettle",
    "question": "My kettle broke after two weeks. Can I have my money back?",
    "response": "We are sorry. Send it back with the enclosed label and we will refund you.",
}


def vote(score: int, reasoning: str) -> str:
    """A reply as a judge writes it; `{{marker}}` becomes the marker of the request."""
    return structured_reply(["solves"], score=score, reasoning=reasoning, marker="{{marker}}")


POINT = {"claim": "The way to the money is told.", "quote": "with the enclosed label"}
SCRIPT = {
    "anna": vote(5, "A refund is promised, and how to get it."),
    "bert": vote(2, "It does not say when the money comes."),
    "cleo": [vote(1, "No way to the money is told."), vote(4, "The label is the way.")],
    "critic": json.dumps({"points": [{**POINT, "effect": "raise", "challenges": [1, 2]}]}),
}


def main() -> None:
    price = Price(input=0.15, output=0.60)  # US dollars per million tokens
    mini, nano = "openai/gpt-4o-mini", "openai/gpt-4.1-nano"
    panel = Panel(
        [
            JudgeSpec(name="anna", model=mini, price=price),
            JudgeSpec(name="bert", model=mini, price=price, persona="You run a shop."),
            JudgeSpec(name="cleo", model=nano, price=price, sampling=Sampling(temperature=0.0)),
        ],
        rubric=RUBRIC,
        rule="median",
        critic="openai/gpt-4o",
        quorum=2,
        gateway=ScriptedModel(SCRIPT),
        max_rounds=1,  # any field of the protocol
    )
    verdict = panel.judge(CASE)
    print(f"{verdict.status}: {verdict.score}, confidence {verdict.confidence}")
    for decision in verdict.criteria:
        print(f"{decision.criterion}: {decision.shown}, contested at first: {decision.contested}")
        for dissent in decision.dissents:
            print(f"  dissent of {dissent.seat} ({dissent.shown}): {dissent.rationale}")
    # away from what the panel would have decided before: no herding
    for flip in verdict.transcript.flips:
        print(f"{flip.seat} went from {flip.before} to {flip.after}, {flip.direction}")
    print(f"price: {spent(verdict.usage)}\n")
    print(minutes(verdict, RUBRIC))  # the hearing as minutes of a meeting


if __name__ == "__main__":
    main()
