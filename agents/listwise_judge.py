"""A judge that puts all candidates in order in one call, under one order of showing them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from pydantic import JsonValue

from dikast.agents.asking import need_gateway, plain_model, reask_messages
from dikast.formats.tolerant import Unreadable, read_json
from dikast.prompts import Block, criteria_text, load, transcript
from dikast.types import (
    MARK,
    CallFailure,
    Case,
    Criterion,
    Gateway,
    JudgeSpec,
    ModelReply,
    ModelRequest,
    Place,
    Reason,
)


class Listing(NamedTuple):
    """One judge's order of all candidates."""

    order: tuple[str, ...]
    """Candidate ids, best first; empty if the judge gave none."""
    reason: Reason | None = None
    """Why it gave none; None if it did."""


class ListJudge(Protocol):
    """Anything with a name that can put candidates in order."""

    @property
    def name(self) -> str:
        """The judge's name."""
        ...

    async def arrange(
        self,
        case: Case,
        shown: Sequence[str],
        criteria: Sequence[Criterion],
        *,
        sample: int,
        gateway: Gateway | None = None,
    ) -> Listing:
        """Put the candidates in order.

        Args:
            case: The case.
            shown: Ids of the candidates, in the order to show them.
            criteria: What to judge by.
            sample: Number of this showing, from 0.
            gateway: The way to a model.

        Returns:
            The order, or why there is none; never an exception for a failure of the model.
        """
        ...


class ListwiseJudge:
    """A judge of whole lists behind the gateway.

    Args:
        spec: The seat's description.
        reasks: How often an unreadable reply is asked for again.

    Examples:
        >>> import asyncio
        >>> from dikast.prompts import rubric
        >>> from dikast.testing.scripted import ScriptedModel
        >>> from dikast.types import Candidate
        >>> case = Case(id="c", question="2 + 2?", candidates=(
        ...     Candidate(id="x", text="5"), Candidate(id="y", text="4")))
        >>> model = ScriptedModel('{"marker": "{{marker}}", "reasoning": "", "ranking": [2, 1]}')
        >>> ann = ListwiseJudge(JudgeSpec(name="ann", model="openai/any"))
        >>> asyncio.run(ann.arrange(
        ...     case, ("x", "y"), rubric("preference").criteria, sample=0, gateway=model)).order
        ('y', 'x')
    """

    def __init__(self, spec: JudgeSpec, *, reasks: int = 1) -> None:
        self._spec, self._model, self._reasks = spec, plain_model(spec), reasks
        self._template = load("rank_list")

    @property
    def name(self) -> str:
        """The seat's name."""
        return self._spec.name

    async def arrange(
        self,
        case: Case,
        shown: Sequence[str],
        criteria: Sequence[Criterion],
        *,
        sample: int,
        gateway: Gateway | None = None,
    ) -> Listing:
        """Put the candidates in order; see `ListJudge`.

        Raises:
            ConfigError: There is no gateway.
        """
        gateway = need_gateway(gateway, self.name)
        form = _form(len(shown))
        messages = self._template.render(
            {
                "persona": self._spec.persona,
                "question": case.question,
                "conversation": transcript(case.messages) if case.messages else None,
                "passages": [Block(p.text, f"id: {p.id}") for p in case.contexts],
                "reference": case.reference,
                "responses": [case.candidate(name).text for name in shown],
                "criteria": criteria_text(criteria),
                "form": form,
            }
        )
        asked, reason = messages, Reason.MALFORMED
        for attempt in range(self._reasks + 1):
            answer = await gateway.ask(
                ModelRequest(
                    model=self._model,
                    messages=asked,
                    reply_schema=_schema(),
                    place=Place(
                        case=case.id,
                        candidates=tuple(shown),
                        seat=self.name,
                        judge=self.name,
                        criterion="+".join(criterion.id for criterion in criteria),
                        sample=sample,
                        attempt=attempt,
                    ),
                )
            )
            if isinstance(answer, CallFailure):
                return Listing((), answer.reason)
            try:
                numbers = _read(answer, len(shown))
            except Unreadable as error:
                reason = error.reason
                asked = reask_messages(messages, answer.text, [("", reason)], form)
            else:
                return Listing(tuple(shown[number - 1] for number in numbers))
        return Listing((), reason)


def _form(number: int) -> tuple[str | None, ...]:
    return (
        'Answer with one JSON object and nothing else:\n\n{"marker": "',
        MARK,
        (
            '", "reasoning": "...", "ranking": [...]}\n\n`ranking` names every response by its '
            f"number, from 1 to {number}, each exactly once, the best first. `marker` is copied as "
            "it stands here."
        ),
    )


def _read(answer: ModelReply, number: int) -> list[int]:
    """The permutation that a reply gives, strictly: every number once, the marker repeated.

    Raises:
        Unreadable: It gives none, or several.
    """
    data = read_json(answer.text, wants=("marker", "ranking"))
    if not isinstance(data, dict) or data.get("marker") != answer.marker:
        raise Unreadable(Reason.WRONG_MARKER, "the marker is not that of the request")
    ranking = data.get("ranking")
    numbers = [n for n in ranking if type(n) is int] if isinstance(ranking, list) else []
    if not isinstance(ranking, list) or len(numbers) != len(ranking):
        raise Unreadable(Reason.MALFORMED, "`ranking` is no list of numbers")
    if sorted(numbers) != list(range(1, number + 1)):
        raise Unreadable(Reason.MALFORMED, "`ranking` does not name every response once")
    return numbers


def _schema() -> dict[str, JsonValue]:
    return {
        "type": "object",
        "properties": {
            "marker": {"type": "string"},
            "reasoning": {"type": "string"},
            "ranking": {"type": "array", "items": {"type": "integer"}},
        },
        "required": ["marker", "reasoning", "ranking"],
        "additionalProperties": False,
    }
