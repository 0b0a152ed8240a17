"""Claims marked by the rule-backed judges: what wording proves, and what it leaves open."""

from __future__ import annotations

import pytest

from dikast.api import Panel
from dikast.types import RagVerdict

GRINDER = "The grinder weighs 2 kg."


def evaluated(question: str, response: str, *contexts: str) -> RagVerdict:
    return Panel.embedded("rag").rag(
        {"id": "1", "question": question, "response": response, "contexts": list(contexts)}
    )


@pytest.mark.parametrize(
    ("response", "passage", "mark"),
    [
        pytest.param("It weighs 2 kg.", GRINDER, "supported", id="pronoun"),
        pytest.param("It weighs 3 kg.", GRINDER, "contradicted", id="pronoun-and-wrong-number"),
        pytest.param("It is grey.", GRINDER, "absent", id="pronoun-with-nothing-behind-it"),
        pytest.param("The kettle is grey.", "x" * 70_000, "absent", id="long-without-any-word"),
    ],
)
def test_marks(response: str, passage: str, mark: str) -> None:
    (claim,) = evaluated("How heavy is the grinder?", response, passage).claims
    assert claim.mark == mark


def test_no_wording_outweighs_a_number_that_stands_there_otherwise() -> None:
    said = "Unused goods may be sent back to the shop within 60 days of the purchase."
    found = evaluated("How long may goods be sent back?", said, said.replace("60", "30"))
    (claim,) = found.claims
    assert (claim.mark, claim.decision.dissents) == ("contradicted", ())


@pytest.mark.parametrize(
    ("question", "response", "passage", "valid"),
    [
        pytest.param("How heavy is it?", "It weighs 2 kg.", GRINDER, "yes", id="answered"),
        pytest.param(
            "How heavy is the cable?",
            "The cable weighs 1.5 kg.",
            "Cable: weight 1500 g, length 3 m.",
            "yes",
            id="answered-in-other-words",
        ),
        pytest.param(
            "Who won the cup?", "Ada Byron won it.", GRINDER, "no", id="answered-from-nothing"
        ),
        pytest.param(
            "Who wrote the manual?",
            "I cannot answer this from the given documents.",
            GRINDER,
            "yes",
            id="rightly-declined",
        ),
        pytest.param(
            "What does the grinder weigh?",
            "The context does not contain any information about that.",
            "The grinder weighs 2 kg without the lid.",
            "no",
            id="wrongly-declined",
        ),
    ],
)
def test_only_clear_wording_fails_refusal_validity(
    question: str, response: str, passage: str, valid: str
) -> None:
    found = evaluated(question, response, passage)
    assert found.verdict.criterion("refusal_validity").shown == valid
