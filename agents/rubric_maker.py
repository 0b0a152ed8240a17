"""Standards made once for a case, so that every pair of its candidates is judged by the same.

Published (Sage): a rubric made once per question and reused for every pair cut both measures of
inconsistency, which are said to come of criteria that drift from pair to pair. The maker sees no
candidate, so no candidate can write its own standards.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from dikast.agents.asking import NoItems, ask_items, need_gateway, plain_model
from dikast.agents.critic import list_schema
from dikast.agents.votes import word
from dikast.prompts import Block, Template, clip, criteria_text, load, transcript
from dikast.types import Case, Criterion, Gateway, ModelSpec, Place

MOST_STANDARDS = 10
LONGEST = 400
"""Longest standard, in characters."""


class Standards(NamedTuple):
    """What came of asking for standards."""

    text: str
    """One standard per line, numbered; empty if there are none."""
    failure: str = ""
    """Why there are none; empty if there are."""


class RubricMaker:
    """Makes standards for a case behind the gateway.

    Args:
        spec: The model; best one that sits on none of the seats, such as the critic's.
        template: Another prompt than `case_rubric`.

    Raises:
        ConfigError: The template does not declare what a maker is shown.

    Examples:
        >>> import asyncio
        >>> from dikast.prompts import rubric
        >>> from dikast.testing.scripted import ScriptedModel
        >>> from dikast.types import Candidate
        >>> case = Case(id="c", question="2 + 2?", candidates=(Candidate(text="5"),))
        >>> model = ScriptedModel('{"standards": [{"standard": "It says 4."}]}')
        >>> maker = RubricMaker(ModelSpec(model="openai/any"))
        >>> asyncio.run(maker.make(case, rubric("preference").criteria, gateway=model)).text
        '1. It says 4.'
    """

    def __init__(self, spec: ModelSpec, *, template: Template | None = None) -> None:
        self._model = plain_model(spec)
        self._template = template or load("case_rubric")
        self._template.expect(
            {"question", "conversation", "passages", "reference", "criteria", "form"}
        )

    async def make(
        self, case: Case, criteria: Sequence[Criterion], *, gateway: Gateway | None = None
    ) -> Standards:
        """Ask for the standards of a case, in one call.

        Raises:
            ConfigError: There is no gateway.
        """
        gateway = need_gateway(gateway, self._model.model)
        form = self._template.phrases["form"]
        answer = await ask_items(
            gateway,
            self._model,
            self._template.render(
                {
                    "question": case.question,
                    "conversation": transcript(case.messages) if case.messages else None,
                    "passages": [Block(p.text, f"id: {p.id}") for p in case.contexts],
                    "reference": case.reference,
                    "criteria": criteria_text(criteria),
                    "form": form,
                }
            ),
            key="standards",
            form=form,
            schema=list_schema("standards", {"standard": {"type": "string"}}),
            place=Place(
                role="other",
                case=case.id,
                judge=self._model.model,
                criterion="+".join(criterion.id for criterion in criteria),
            ),
        )
        if isinstance(answer, NoItems):
            return Standards("", answer.failure)
        said = [" ".join(word(item, "standard").split()) for item in answer.items[:MOST_STANDARDS]]
        kept = [clip(text, LONGEST) for text in dict.fromkeys(said) if text]
        lines = [f"{number}. {text}" for number, text in enumerate(kept, start=1)]
        return Standards("\n".join(lines), "" if lines else "the reply names no standard")
