"""Whether passages help to answer the question: models are asked about many, rules one by one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import JsonValue

from dikast.agents.asking import all_of, need_gateway, plain_model
from dikast.agents.claims import PASSAGE, Marked
from dikast.agents.critic import list_schema
from dikast.agents.embedded._faults import align
from dikast.agents.embedded._reading import read
from dikast.agents.numbered import Answer, Item, Sheet, ask_numbered, marked_schema
from dikast.agents.votes import whole, word
from dikast.agents.windows import Piece, packed, pieces, room_of
from dikast.formats.contract import Unread
from dikast.prompts import Block, clip, load, transcript
from dikast.types import (
    Abstention,
    Ballot,
    Candidate,
    Case,
    Gateway,
    JudgeSpec,
    Place,
    ProtocolSpec,
    Reason,
)

_BATCH = 20
"""Pieces asked about in one request."""
_TAKEN_UP = 0.5
"""Share of the question's telling words that a sentence must have for a rule to call it helpful."""


class ModelPassageJudge:
    """A judge of passages behind the gateway.

    Args:
        spec: The seat's description.
        protocol: Says how often to ask again.
    """

    def __init__(self, spec: JudgeSpec, protocol: ProtocolSpec) -> None:
        self.spec, self.protocol = spec, protocol
        self._model, self._template = plain_model(spec), load("rag_passages")

    @property
    def name(self) -> str:
        """The judge's name."""
        return self.spec.name

    async def judge(
        self, case: Case, candidate: str, *, seat: str, gateway: Gateway | None
    ) -> Marked:
        """Say of each passage whether it helps; one in several pieces does if any piece does."""
        way = need_gateway(gateway, self.name)
        room, _ = await room_of(self._model, way, case.contexts)
        cut = pieces(case.contexts, room)
        batches = [
            window[at : at + _BATCH]
            for window in packed(cut, room)
            for at in range(0, len(window), _BATCH)
        ]
        cast = await all_of(
            self._ask(case, candidate, batch, number, seat, way)
            for number, batch in enumerate(batches)
        )
        by_passage: dict[str, list[Ballot]] = {}
        for batch, answers in zip(batches, cast, strict=True):
            for piece, vote in zip(batch, answers, strict=True):
                by_passage.setdefault(piece.context_id, []).append(vote)
        return Marked([_any(votes) for votes in by_passage.values()], [], [])

    async def _ask(
        self,
        case: Case,
        candidate: str,
        batch: Sequence[Piece],
        number: int,
        seat: str,
        gateway: Gateway,
    ) -> list[Ballot]:
        form = self._template.phrases["form"]
        messages = self._template.render(
            {
                "persona": self.spec.persona,
                "question": case.question,
                "conversation": transcript(case.messages) if case.messages else None,
                "reference": case.reference,
                "passages": [Block(piece.text, piece.note) for piece in batch],
                "form": form,
            }
        )
        place = Place(
            role="judge",
            case=case.id,
            candidates=(candidate,),
            seat=seat,
            judge=self.name,
            criterion=f"passages:{number}",
        )
        answers = await ask_numbered(
            gateway,
            self._model,
            messages,
            Sheet("passages", "passage", len(batch), form, schema()),
            _read,
            place=place,
            reasks=self.protocol.reasks,
        )
        names = [context.id for context in case.contexts]
        return [
            self._ballot(answer, names.index(piece.context_id) + 1, candidate, seat)
            for piece, answer in zip(batch, answers, strict=True)
        ]

    def _ballot(
        self, answer: Answer[tuple[float, str]], number: int, candidate: str, seat: str
    ) -> Ballot:
        result, reply = answer.result, answer.reply
        fields: dict[str, Any] = {
            "model": (reply.model or None) if reply is not None else None,
            "prompt": self._template.digest,
            "call": answer.call,
            "raw": None if reply is None else reply.text,
            "reasks": answer.reasks,
        }
        if isinstance(result, Unread):
            why = Abstention(reason=result.reason, detail=clip(whole(result.detail), 300))
            return passage_ballot(number, candidate, self.name, seat, abstention=why, **fields)
        score, reasoning = result
        return passage_ballot(
            number, candidate, self.name, seat, score=score, rationale=reasoning, **fields
        )


def passage_ballot(number: int, candidate: str, judge: str, seat: str, **fields: Any) -> Ballot:
    """A ballot on the passage of this place, from 1."""
    return Ballot(
        seat=seat,
        judge=judge,
        criterion=f"{PASSAGE}{number}",
        presentation=(candidate,),
        **fields,
    )


def _any(votes: Sequence[Ballot]) -> Ballot:
    """One ballot from those on a passage's pieces: yes if any is, no if all are."""
    helps = next((vote for vote in votes if vote.score == 1), None)
    unread = next((vote for vote in votes if vote.score is None), votes[0])
    return helps or unread


def _read(item: Item) -> tuple[float, str] | Unread:
    said = word(item, "helps").casefold()
    if said not in {"yes", "no"}:
        return Unread(Reason.MALFORMED, "the entry says neither yes nor no")
    return float(said == "yes"), word(item, "reasoning")


def schema() -> dict[str, JsonValue]:
    """JSON schema of a reply on passages."""
    fields: dict[str, JsonValue] = {
        "passage": {"type": "integer"},
        "reasoning": {"type": "string"},
        "helps": {"type": "string", "enum": ["yes", "no"]},
    }
    return marked_schema(list_schema("passages", fields))


def rule_passages(case: Case, candidate: str, *, judge: str, seat: str) -> list[Ballot]:
    """Judge passages by rule: whether a sentence of each takes up most of the question's words.

    With a reference, its words beyond the question count as well: the better share decides. A
    baseline that measures wording.
    """
    found = []
    for number, context in enumerate(case.contexts, 1):
        alone = case.model_copy(
            update={
                "contexts": (context,),
                "candidates": (Candidate(id=candidate, text=case.reference or ""),),
                "reference": None,
            }
        )
        reading = read(alone, candidate)
        asked = [word.key for word in reading.question.content]
        wanted = [word.key for word in reading.payload] if case.reference else []
        if reading.passages is None or not (asked or wanted):
            why = Abstention(reason=Reason.NO_EVIDENCE, detail="there is no question to go by")
            found.append(passage_ballot(number, candidate, judge, seat, abstention=why))
            continue
        shares = [align(keys, reading.passages).share for keys in (asked, wanted) if keys]
        told = f"its best sentence takes up {max(shares):.0%} of what is wanted"
        score = float(max(shares) >= _TAKEN_UP)
        found.append(passage_ballot(number, candidate, judge, seat, score=score, rationale=told))
    return found
