"""Answers as people and models lay them out, split into claims without a model."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dikast.agents.embedded._splitting import split_claims
from dikast.agents.embedded._words import sentences


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        pytest.param(
            "Steps:\n1. Open the box.\n2. Remove the foam.\n3) Plug it in.",
            ["Open the box.", "Remove the foam.", "Plug it in."],
            id="numbered-list",
        ),
        pytest.param(
            "The plan includes:\n- 10 users\n* 500 GB of storage",
            ["10 users", "500 GB of storage"],
            id="bullets",
        ),
        pytest.param("There are two steps: 1. Open it. 2. Close it.", 3, id="list-in-a-line"),
        pytest.param(
            "Sie gilt ab dem 1. Januar 2024. Es ist die 2. Auflage vom Mai.",
            ["Sie gilt ab dem 1. Januar 2024.", "Es ist die 2. Auflage vom Mai."],
            id="german-ordinals",
        ),
        pytest.param("1. Januar 2024 war Montag. 2. Januar war frei.", 2, id="dates-are-no-list"),
        pytest.param("Das gilt z. B. für Motoren, d. h. für alle.", 1, id="german-abbreviations"),
        pytest.param("It has 50 states, e.g. Texas and Ohio.", 1, id="dotted-abbreviation"),
        pytest.param("The answer is no. Ask Ada Byron.", 2, id="no-ends-a-sentence"),
        pytest.param("See No. 5 of the list.", 1, id="no-before-a-number"),
        pytest.param("It opened in 1978. It closed in 5. Then it burnt.", 3, id="numbers-end-them"),
        pytest.param(
            'The CEO said: "We raise no prices." She added that "costs fall".',
            ['The CEO said: "We raise no prices."', 'She added that "costs fall".'],
            id="quotations-stay-whole",
        ),
        pytest.param(
            "「保証は2年です。」と書いてある。",
            ["「保証は2年です。」と書いてある。"],
            id="japanese-quotation",
        ),
        pytest.param(
            "Use this:\n```python\nfor line in f:\n    print(line)\n```\nThe file is closed.",
            ["for line in f: print(line)", "The file is closed."],
            id="code-is-one-claim",
        ),
        pytest.param("```\nx = compute(1)", ["x = compute(1)"], id="unclosed-code"),
        pytest.param(
            "## Warranty\n\n**Duration:** 24 months of cover.",
            ["Duration: 24 months of cover."],
            id="headings-and-emphasis",
        ),
        pytest.param(
            "# The drug has no side effects in children under twelve",
            ["The drug has no side effects in children under twelve"],
            id="a-heading-that-states-something",
        ),
        pytest.param(
            "| Quarter | Revenue |\n|---|---|\n| Q1 | 3.9 |\n| Q2 | 4.2 |",
            ["| Q1 | 3.9 |", "| Q2 | 4.2 |"],
            id="table-without-its-head",
        ),
        pytest.param("I cannot answer this from the given documents.", [], id="refusal"),
        pytest.param("The context does not contain any information on it.", [], id="not-told"),
        pytest.param("Le texte n’est pas indiqué ici.", [], id="not-told-french-apostrophe"),
        pytest.param("コンテキストには記載されていません。", [], id="not-told-japanese"),
        pytest.param("لا يذكر النص وزن الجهاز.", [], id="not-told-arabic"),
        pytest.param("The archive contains information on mills.", 1, id="information-is-a-claim"),
        pytest.param("The phone cannot answer calls.", 1, id="cannot-answer-is-a-claim"),
    ],
)
def test_what_an_answer_claims(text: str, claims: list[str] | int) -> None:
    found = [claim.text for claim in split_claims(text, ["p"])[0]]
    assert (len(found) if isinstance(claims, int) else found) == claims


@given(st.text(alphabet='ab1 2.)\n:!。」"`#|-é ', max_size=60))
def test_sentences_are_in_order_and_apart(text: str) -> None:
    spans = sentences(text)
    assert all(0 <= a.start < a.end <= len(text) for a in spans)
    assert all(a.end <= b.start for a, b in pairwise(spans))
    claims = [c for c in split_claims(text, [])[0] if c.start is not None]
    assert [c.start for c in claims] == sorted(c.start for c in claims if c.start is not None)
