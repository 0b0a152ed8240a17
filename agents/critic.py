"""The critic: challenges votes on one criterion with points that quote the material."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import JsonValue

from dikast.agents.asking import NoItems, ask_items, need_gateway, plain_model
from dikast.agents.material import attach, find, images, material, shows_images
from dikast.agents.votes import Vote, number, numbered, word
from dikast.prompts import Template, criteria_text, load
from dikast.types import (
    Ballot,
    Criterion,
    Critique,
    CritiquePoint,
    Docket,
    Gateway,
    ModelSpec,
    Place,
    Source,
)

MOST_POINTS = 20
"""Points read from one reply; the prompt asks for five."""

_SOURCES: dict[str, Source] = {
    "question": "question",
    "conversation": "question",
    "response": "response",
    "response a": "response",
    "response_a": "response",
    "response b": "response_b",
    "response_b": "response_b",
    "context": "context",
    "passage": "context",
    "reference": "reference",
    "rationale": "rationale",
}
_EFFECTS: dict[str, Literal["raise", "lower"]] = {
    "raise": "raise",
    "lower": "lower",
    "a": "raise",
    "b": "lower",
    "response a": "raise",
    "response b": "lower",
}


def source_hint(item: Mapping[str, JsonValue]) -> Source | None:
    """Where a model says that its quotation stands; None if it names no place."""
    return _SOURCES.get(word(item, "source").casefold())


class ModelCritic:
    """A critic behind the gateway.

    Args:
        spec: The model; best one that sits on none of the seats.
        template: Another prompt than `critic`.

    Raises:
        ConfigError: The template does not declare what a critic is shown.

    Examples:
        A point whose quotation occurs nowhere is dropped:

        >>> import asyncio
        >>> from dikast.prompts import rubric
        >>> from dikast.testing.scripted import ScriptedModel
        >>> from dikast.types import Candidate, Case
        >>> case = Case(id="c", question="2 + 2?", candidates=(Candidate(text="5"),))
        >>> model = ScriptedModel('{"points": [{"claim": "Wrong.", "quote": "six"}]}')
        >>> critic = ModelCritic(ModelSpec(model="openai/any"))
        >>> critique = asyncio.run(critic.challenge(
        ...     Docket(case=case, presentation=("response",)), rubric("helpfulness").criteria[0],
        ...     [], round=0, gateway=model))
        >>> critique.points, critique.dropped
        ((), 1)
    """

    def __init__(self, spec: ModelSpec, *, template: Template | None = None) -> None:
        self._model = plain_model(spec)
        self._template = template or load("critic")
        self._template.expect(
            {"question", "conversation", "passages", "reference", "images", "response"}
            | {"response_a", "response_b", "votes", "criteria", "effects", "form"}
        )

    @property
    def name(self) -> str:
        """The model's name; judges are never told."""
        return self._model.model

    async def challenge(
        self,
        docket: Docket,
        criterion: Criterion,
        ballots: Sequence[Ballot],
        *,
        round: int,  # noqa: A002 - the field's own word
        gateway: Gateway | None = None,
    ) -> Critique:
        """List contested points; see `dikast.agents.contract.Critic`.

        Raises:
            ConfigError: There is no gateway.
        """
        gateway = need_gateway(gateway, self.name)
        shown = Docket(case=docket.case, presentation=docket.canonical)
        votes = numbered(ballots, [criterion], shown.canonical)
        form = self._template.phrases["form"]
        vision = shows_images(shown, self._model)
        pair = len(shown.presentation) > 1
        messages = self._template.render(
            {
                **material(shown, vision=vision),
                "votes": [vote.text() for vote in votes],
                "criteria": criteria_text([criterion]),
                "effects": self._template.phrases["effects_pair" if pair else "effects_one"],
                "form": form,
            }
        )
        answer = await ask_items(
            gateway,
            self._model,
            attach(messages, images(shown).attachments if vision else ()),
            key="points",
            form=form,
            schema=schema(pair=pair),
            place=Place(
                role="critic",
                case=docket.case.id,
                candidates=shown.presentation,
                judge=self.name,
                criterion=criterion.id,
                round=round,
            ),
        )
        silent = Critique(
            critic=self.name, criterion=criterion.id, round=round, prompt=self._template.digest
        )
        if isinstance(answer, NoItems):
            return silent.model_copy(update={"failure": answer.failure, "call": answer.key or None})
        read = [_point(item, shown) for item in answer.items[:MOST_POINTS]]
        kept = [point for point in read if point is not None]
        named = [
            seat
            for item, point in zip(answer.items, read, strict=False)
            if point is not None
            for seat in _seats(item, votes)
        ]
        everyone = [seat for vote in votes for seat in vote.seats] if kept else []
        return silent.model_copy(
            update={
                "points": tuple(kept),
                "challenged": tuple(sorted(set(named or everyone))),
                "dropped": len(answer.items) - len(kept),
                "call": answer.reply.key,
            }
        )


def _point(item: Mapping[str, JsonValue], docket: Docket) -> CritiquePoint | None:
    """The point, if it makes a claim and its quotation occurs."""
    claim = word(item, "claim")
    found = find(word(item, "quote"), docket, claimed=source_hint(item)) if claim else None
    if found is None:
        return None
    return CritiquePoint(
        claim=claim,
        quote=found.quote,
        source=found.place.source,
        context_id=found.place.context_id,
        effect=_EFFECTS.get(word(item, "effect").casefold(), "unclear"),
    )


def _seats(item: Mapping[str, JsonValue], votes: Sequence[Vote]) -> list[str]:
    """Seats behind the vote numbers that a point challenges; other numbers name nobody."""
    named = item.get("challenges")
    numbers = [number(value) for value in (named if isinstance(named, list) else [named])]
    return [seat for n in numbers if n and 0 < n <= len(votes) for seat in votes[n - 1].seats]


def schema(*, pair: bool) -> dict[str, JsonValue]:
    """JSON schema of a critic's reply."""
    effects: list[JsonValue] = ["A", "B", "unclear"] if pair else ["raise", "lower", "unclear"]
    places: list[JsonValue] = ["question", "response", "context", "reference"]
    fields: dict[str, JsonValue] = {
        "claim": {"type": "string"},
        "quote": {"type": "string"},
        "source": {"type": "string", "enum": [*places, "response_b"] if pair else places},
        "effect": {"type": "string", "enum": effects},
        "challenges": {"type": "array", "items": {"type": "integer"}},
    }
    return list_schema("points", fields)


def list_schema(key: str, fields: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """Schema of an object that holds one list of objects, strict as providers want it."""
    item: JsonValue = {
        "type": "object",
        "properties": fields,
        "required": list(fields),
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": {key: {"type": "array", "items": item}},
        "required": [key],
        "additionalProperties": False,
    }
