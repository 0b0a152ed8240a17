"""The claim splitter: a model takes a text apart into statements, each tied to the text's words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from pydantic import JsonValue

from dikast.agents.asking import plain_model, reask_messages
from dikast.agents.citations import cited, coverage, markers, masked
from dikast.agents.critic import list_schema
from dikast.agents.embedded._splitting import split_claims
from dikast.agents.embedded._words import sentences
from dikast.agents.numbered import Item, marked_schema
from dikast.agents.spans import Indexed, Stretch
from dikast.agents.votes import word
from dikast.formats.tolerant import Unreadable, read_json
from dikast.prompts import Template, clip, load, restore
from dikast.types import (
    CallFailure,
    Case,
    Claim,
    Gateway,
    ModelRequest,
    ModelSpec,
    Place,
    Reason,
)

_CHUNK = 12_000
"""Longest part of a text that is split in one call, in characters."""
_LONGEST_CLAIM = 1_000


class Split(NamedTuple):
    """The claims of a text."""

    claims: list[Claim]
    notes: list[str]
    by: str
    """Who split it."""
    prompt: str | None = None


class ModelSplitter:
    """A splitter behind the gateway.

    A statement whose words do not occur in the text is dropped and counted: it is the splitter's
    own. Sentences that no statement was taken from are reported. If the model fails, the text is
    split by sentences and clauses, and a note says so.

    Args:
        spec: The model.
        reasks: How often to ask again.
        template: Another prompt than `rag_claims`.
    """

    def __init__(
        self, spec: ModelSpec, *, reasks: int = 1, template: Template | None = None
    ) -> None:
        self._model = plain_model(spec)
        self._reasks = reasks
        self._template = template or load("rag_claims")
        self._template.expect({"question", "text", "form"})

    @property
    def name(self) -> str:
        """The model's name."""
        return self._model.model

    async def split(
        self,
        case: Case,
        text: str,
        *,
        candidate: str,
        of: str,
        most: int,
        gateway: Gateway,
    ) -> Split:
        """Split a text once.

        Args:
            case: The case it belongs to.
            text: The answer or the reference.
            candidate: Whose answer it is.
            of: `answer` or `reference`.
            most: Most claims.
            gateway: The way to the model.
        """
        ids = [context.id for context in case.contexts]
        found = markers(text, ids) if of == "answer" else []
        plain = masked(text, found)
        statements: list[tuple[str, str]] = []
        for at, part in enumerate(_parts(text)):
            got = await self._ask(case, part, candidate, f"{of}:{at}", gateway)
            if isinstance(got, str):
                claims, more = split_claims(text, ids, of=of, most=most)
                notes = [f"the splitter failed ({got}): the {of} was split by clauses"]
                return Split(claims, notes + _more(more, of), "embedded/clauses")
            statements += got
        placed = [(said, _place(quote, text, plain)) for said, quote in statements]
        kept = [(said, span) for said, span in placed if span is not None]
        kept.sort(key=lambda pair: pair[1])
        covered = coverage(text, found)
        claims = [
            _claim(n, of, said, span, cited(span, covered))
            for n, (said, span) in enumerate(kept[:most], 1)
        ]
        notes = _more(max(0, len(kept) - most), of)
        if len(kept) < len(placed):
            notes.append(
                f"{len(placed) - len(kept)} statements of the splitter dropped: their words do not "
                f"stand in the {of}"
            )
        notes += _uncovered(plain, [span for _, span in kept], of)
        return Split(claims, notes, self.name, self._template.digest)

    async def _ask(
        self, case: Case, part: str, candidate: str, what: str, gateway: Gateway
    ) -> list[tuple[str, str]] | str:
        """Statements with their quotations; or why there are none to be had."""
        form = self._template.phrases["form"]
        messages = self._template.render({"question": case.question, "text": part, "form": form})
        asked, why = messages, ""
        for attempt in range(self._reasks + 1):
            place = Place(
                role="splitter",
                case=case.id,
                candidates=(candidate,),
                judge=self.name,
                criterion=what,
                attempt=attempt,
            )
            request = ModelRequest(
                model=self._model, messages=asked, reply_schema=schema(), place=place
            )
            reply = await gateway.ask(request)
            if isinstance(reply, CallFailure):
                return str(reply.reason)
            try:
                return _statements(reply.text, reply.marker)
            except Unreadable as error:
                why = str(error.reason)
                asked = reask_messages(messages, reply.text, [("", error.reason)], form)
        return why


def _statements(text: str, marker: str) -> list[tuple[str, str]]:
    data = read_json(text, wants=("claims",))
    items = data.get("claims") if isinstance(data, dict) else None
    if not isinstance(data, dict) or not isinstance(items, list):
        raise Unreadable(Reason.MALFORMED, "no list `claims` in the reply")
    if data.get("marker") != marker:
        raise Unreadable(Reason.WRONG_MARKER, "the reply does not repeat the marker")
    found = [_statement(item) for item in items if isinstance(item, dict)]
    return list(dict.fromkeys(pair for pair in found if pair[0]))


def _statement(item: Item) -> tuple[str, str]:
    said = " ".join(restore(word(item, "claim")).split())
    return clip(said, _LONGEST_CLAIM), word(item, "quote") or said


def _parts(text: str) -> list[str]:
    """A text in parts that are split one by one, cut between sentences."""
    parts, start, end = [], 0, 0
    for span in sentences(text):
        if span.end - start > _CHUNK and end > start:
            parts.append(text[start:end])
            start = end
        end = span.end
    return [*parts, text[start:]]


def _place(quote: str, text: str, plain: str) -> Stretch | None:
    """Where a statement's words stand, citation markers in between or not; None if nowhere."""
    for spelling in dict.fromkeys((quote, restore(quote))):
        for hay in (text, plain):
            found = Indexed(hay).find(spelling)
            if found:
                return Stretch(found[0].start, found[-1].end)
    return None


def _claim(
    number: int,
    of: str,
    said: str,
    span: Stretch,
    beside: tuple[tuple[str, ...], tuple[str, ...]],
) -> Claim:
    prefix = "claim" if of == "answer" else "reference"
    return Claim.model_validate(
        {
            "id": f"{prefix}_{number}",
            "text": said,
            "of": of,
            "start": span.start,
            "end": span.end,
            "cites": beside[0],
            "unresolved": beside[1],
        }
    )


def _more(number: int, of: str) -> list[str]:
    return [f"{number} further claims of the {of} were left out"] if number else []


_LETTERS = re.compile(r"[^\W\d_]")


def _uncovered(plain: str, spans: Sequence[Stretch], of: str) -> list[str]:
    """Sentences that no statement was taken from; a text may tell a splitter to pass one over."""
    left = [
        plain[s.start : s.end]
        for s in sentences(plain)
        if not any(span.start < s.end and s.start < span.end for span in spans)
        and _LETTERS.search(plain[s.start : s.end])
    ]
    if not left:
        return []
    shown = "; ".join(f"“{clip(text, 80)}”" for text in left[:3])
    return [f"no claim was taken from {len(left)} sentences of the {of}: {shown}"]


def schema() -> dict[str, JsonValue]:
    """JSON schema of a splitter's reply."""
    fields: dict[str, JsonValue] = {"claim": {"type": "string"}, "quote": {"type": "string"}}
    return marked_schema(list_schema("claims", fields))
