"""The panel judge: a model behind the gateway that votes on what a docket shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dikast.agents.asking import (
    all_of,
    need_gateway,
    other_model,
    plain_model,
    reask_messages,
)
from dikast.agents.briefing import briefing
from dikast.agents.contract import Brief
from dikast.agents.material import Found, attach, find, images, material, shows_images
from dikast.agents.slots import turn_score, turn_words
from dikast.agents.votes import whole
from dikast.formats.contract import Format, Read, Unread
from dikast.prompts import SlotValue, Template, clip, criteria_text, load
from dikast.registry import load as load_plugin
from dikast.types import (
    Abstention,
    Ballot,
    CallFailure,
    Criterion,
    Docket,
    Evidence,
    Gateway,
    JudgeSpec,
    ModelReply,
    ModelRequest,
    Place,
    PreferenceScale,
    PromptMessage,
    ProtocolSpec,
    Reason,
)

UNVERIFIED = "unverified_quote"
"""Flag of a ballot that quoted something which occurs nowhere; the quotation is dropped."""

MOST_QUOTES = 20
"""Quotations checked per ballot."""

_MATERIAL = frozenset({"persona", "question", "conversation", "passages", "reference", "images"})
_ASKED = frozenset({"criteria", "form"})
_BRIEF = frozenset({"own", "critique", "findings", "arguments"})
_ONE, _PAIR = frozenset({"response"}), frozenset({"response_a", "response_b"})
_SHOWS = {
    "judge": _MATERIAL | _ONE | _ASKED,
    "judge_pair": _MATERIAL | _PAIR | _ASKED,
    "revise": _MATERIAL | _ONE | _BRIEF | _ASKED,
    "revise_pair": _MATERIAL | _PAIR | _BRIEF | _ASKED,
}


@dataclass(frozen=True)
class _Sitting:
    """What one call of `vote` is about."""

    docket: Docket
    seat: str
    round: int
    brief: Brief | None


@dataclass(frozen=True)
class _Outcome:
    """What became of one criterion in one conversation."""

    result: Read | Unread
    reasks: int
    reply: ModelReply | None = None
    call: str | None = None
    raw: str | None = None


class PanelJudge:
    """A judge behind the gateway.

    Asks one criterion per request, or all at once where the protocol says `together`; as many
    samples as the description says, each with a place of its own. A reply that cannot be read is
    asked for again `protocol.reasks` times, only on the criteria that are missing; then the
    ballot abstains. Everything a ballot says of a pair is in canonical terms.

    Args:
        spec: The seat's description.
        protocol: Says how criteria are asked and how often to ask again.
        reply_format: A format in place of the one that `spec.format` names.
        templates: Prompts in place of `judge`, `judge_pair`, `revise`, `revise_pair` or `reask`.

    Raises:
        ConfigError: There is no such format, or a prompt does not declare what it is shown.

    Examples:
        >>> import asyncio
        >>> from dikast.prompts import rubric
        >>> from dikast.testing.scripted import ScriptedModel
        >>> from dikast.types import Candidate, Case
        >>> case = Case(id="c", question="2 + 2?", candidates=(Candidate(text="4"),))
        >>> model = ScriptedModel(
        ...     '{"marker": "{{marker}}", "reasoning": "Right.", "evidence": ["4"], "score": 5}')
        >>> ann = PanelJudge(JudgeSpec(name="ann", model="openai/any"), ProtocolSpec())
        >>> (ballot,) = asyncio.run(ann.vote(
        ...     Docket(case=case, presentation=("response",)), rubric("helpfulness").criteria,
        ...     seat="ann", round=0, gateway=model))
        >>> ballot.score, ballot.evidence[0].source
        (5.0, 'response')
    """

    def __init__(
        self,
        spec: JudgeSpec,
        protocol: ProtocolSpec,
        *,
        reply_format: Format | None = None,
        templates: Mapping[str, Template] | None = None,
    ) -> None:
        self.spec = spec
        self.protocol = protocol
        self._model = plain_model(spec)
        self._format: Format = reply_format or load_plugin("formats", spec.format)
        own = templates or {}
        self._templates = {name: own.get(name) or load(name) for name in (*_SHOWS, "reask")}
        for name, shows in _SHOWS.items():
            self._templates[name].expect(shows)

    @property
    def name(self) -> str:
        """The judge's name, unique in its panel."""
        return self.spec.name

    async def vote(
        self,
        docket: Docket,
        criteria: Sequence[Criterion],
        *,
        seat: str,
        round: int,  # noqa: A002 - the field's own word
        brief: Brief | None = None,
        gateway: Gateway | None = None,
    ) -> list[Ballot]:
        """Cast a ballot per criterion and sample; see `dikast.agents.contract.Judge`.

        A criterion that the docket cannot answer (a part it needs is missing, an image cannot be
        shown, a preference without a pair) is not asked: one ballot abstains as `not_applicable`.

        Raises:
            ConfigError: There is something to ask, and no gateway.
        """
        sitting = _Sitting(docket, seat, round, brief)
        unfit = {criterion.id: self._unfit(criterion, docket) for criterion in criteria}
        asked = tuple(criterion for criterion in criteria if unfit[criterion.id] is None)
        together = self.protocol.criteria == "together"
        groups = [asked] if together and asked else [(criterion,) for criterion in asked]
        ballots = [
            self._abstain(sitting, criterion, unfit[criterion.id] or "")
            for criterion in criteria
            if criterion not in asked
        ]
        if groups:
            way = need_gateway(gateway, self.name)
            cast = await all_of(
                self._ask(sitting, group, sample, way)
                for group in groups
                for sample in range(self.spec.samples)
            )
            ballots += [ballot for part in cast for ballot in part]
        place = {criterion.id: at for at, criterion in enumerate(criteria)}
        return sorted(ballots, key=lambda ballot: (place[ballot.criterion], ballot.sample))

    # -- what to ask ------------------------------------------------------------------------

    def _unfit(self, criterion: Criterion, docket: Docket) -> str | None:
        """Why the docket cannot be judged by the criterion; None if it can."""
        case, shown = docket.case, len(docket.presentation)
        has = {
            "question": bool(case.question or case.messages),
            "reference": case.reference is not None,
            "contexts": bool(case.contexts),
        }
        missing = [need for need in criterion.needs if not has[need]]
        if missing:
            return "the case has no " + " and no ".join(f"`{need}`" for need in missing)
        if shown != 1 + isinstance(criterion.scale, PreferenceScale):
            return f"{shown} candidates were shown, which does not fit the criterion's scale"
        told = not shows_images(docket, self._model)
        untold = images(docket).without_caption if told else 0
        return f"{untold} image(s) without caption, and no vision" if untold else None

    def _prompt(
        self, sitting: _Sitting, criteria: Sequence[Criterion], sample: int
    ) -> tuple[Template, tuple[PromptMessage, ...]]:
        """The prompt for these criteria, filled in."""
        docket, brief = sitting.docket, sitting.brief
        name = ("judge" if brief is None else "revise") + (
            "_pair" if len(docket.presentation) > 1 else ""
        )
        vision = shows_images(docket, self._model)
        values: dict[str, SlotValue] = {
            **material(docket, vision=vision),
            "persona": self.spec.persona_of(sample),
            "criteria": criteria_text(criteria),
            "form": self._format.instructions(criteria, revising=brief is not None),
        }
        if brief is not None:
            values |= briefing(brief, docket, criteria, seat=sitting.seat)
        messages = self._templates[name].render(values)
        pictures = images(docket).attachments if vision else ()
        return self._templates[name], attach(messages, pictures)

    # -- asking -----------------------------------------------------------------------------

    async def _ask(
        self, sitting: _Sitting, criteria: tuple[Criterion, ...], sample: int, gateway: Gateway
    ) -> list[Ballot]:
        """One conversation: a request, and re-asks on what could not be read."""
        template, messages = self._prompt(sitting, criteria, sample)
        outcomes: dict[str, _Outcome] = {}
        open_, turns = criteria, messages
        for attempt in range(self.protocol.reasks + 1):
            request = self._request(sitting, open_, turns, sample, attempt)
            answer = await gateway.ask(request)
            if isinstance(answer, CallFailure):
                outcomes |= {c.id: _lost(answer, attempt, outcomes.get(c.id)) for c in open_}
                break
            read = self._read(answer, open_)
            outcomes |= {
                key: _Outcome(result, attempt, answer, answer.key, answer.text)
                for key, result in read.items()
            }
            unread = {k: r.reason for k, r in read.items() if isinstance(r, Unread)}
            # An error of the format's own code would meet a second reply as it met the first.
            open_ = tuple(c for c in open_ if unread.get(c.id, Reason.BUG) is not Reason.BUG)
            if not open_:
                break
            turns = reask_messages(
                messages,
                answer.text,
                [(c.id if len(criteria) > 1 else "", unread[c.id]) for c in open_],
                self._format.instructions(open_, revising=sitting.brief is not None),
                template=self._templates["reask"],
            )
        return [
            self._ballot(sitting, criterion, sample, outcomes[criterion.id], template)
            for criterion in criteria
        ]

    def _request(
        self,
        sitting: _Sitting,
        criteria: Sequence[Criterion],
        messages: tuple[PromptMessage, ...],
        sample: int,
        attempt: int,
    ) -> ModelRequest:
        return ModelRequest(
            model=self._model,
            messages=messages,
            reply_schema=self._format.schema(criteria, revising=sitting.brief is not None),
            place=Place(
                role="judge",
                case=sitting.docket.case.id,
                candidates=sitting.docket.presentation,
                seat=sitting.seat,
                judge=self.name,
                criterion="+".join(criterion.id for criterion in criteria),
                round=sitting.round,
                sample=sample,
                attempt=attempt,
            ),
        )

    def _read(self, reply: ModelReply, criteria: Sequence[Criterion]) -> dict[str, Read | Unread]:
        """Read a reply; a format's own error costs this reply, not the votes of the others."""
        try:
            found = self._format.read(reply.text, criteria, marker=reply.marker)
        except Exception as error:
            bug = Unread(Reason.BUG, f"{self._format.name}: {type(error).__name__}: {error}"[:300])
            return {criterion.id: bug for criterion in criteria}
        missing = Unread(Reason.MISSING_CRITERION, "the reply has no answer on it")
        return {criterion.id: found.get(criterion.id, missing) for criterion in criteria}

    # -- ballots ----------------------------------------------------------------------------

    def _abstain(self, sitting: _Sitting, criterion: Criterion, detail: str) -> Ballot:
        return Ballot(
            **self._who(sitting, criterion),
            abstention=Abstention(reason=Reason.NOT_APPLICABLE, detail=detail),
        )

    def _who(self, sitting: _Sitting, criterion: Criterion) -> dict[str, Any]:
        return {
            "seat": sitting.seat,
            "judge": self.name,
            "criterion": criterion.id,
            "round": sitting.round,
            "presentation": sitting.docket.presentation,
        }

    def _ballot(
        self,
        sitting: _Sitting,
        criterion: Criterion,
        sample: int,
        outcome: _Outcome,
        template: Template,
    ) -> Ballot:
        """The ballot that an outcome amounts to."""
        reply, result = outcome.reply, outcome.result
        flag = other_model(self._model.model, reply.model) if reply is not None else None
        fields: dict[str, Any] = {
            **self._who(sitting, criterion),
            "sample": sample,
            "model": (reply.model or None) if reply is not None else None,
            "prompt": template.digest,
            "call": outcome.call,
            "raw": outcome.raw,
            "reasks": outcome.reasks,
            "flags": (flag,) if flag else (),
        }
        if isinstance(result, Unread):
            detail = clip(whole(result.detail), 300)
            return Ballot(**fields, abstention=Abstention(reason=result.reason, detail=detail))
        docket = sitting.docket
        evidence, forged = _evidence(result.quotes, docket)
        fields["flags"] += (UNVERIFIED,) if forged else ()
        stated = result.confidence
        return Ballot(
            **fields,
            score=turn_score(result.score, criterion.scale, docket),
            rationale=turn_words(whole(result.rationale), docket),
            evidence=evidence,
            stated_confidence=stated if stated is not None and 0 <= stated <= 1 else None,
            grounds=turn_words(whole(result.grounds), docket),
        )


def _lost(failure: CallFailure, attempt: int, earlier: _Outcome | None) -> _Outcome:
    """The outcome of a call that failed; what an earlier attempt brought stays as raw text."""
    raw = failure.text if failure.text is not None or earlier is None else earlier.raw
    result = Unread(failure.reason, failure.detail)
    return _Outcome(result, attempt, call=failure.key or None, raw=raw)


def _evidence(quotes: Sequence[str], docket: Docket) -> tuple[tuple[Evidence, ...], bool]:
    """The quotations that occur, with their places, and whether any does not."""
    distinct = [q for q in dict.fromkeys(whole(quote).strip() for quote in quotes) if q]
    checked = [find(quote, docket) for quote in distinct[:MOST_QUOTES]]
    found: list[Found] = [place for place in checked if place is not None]
    evidence = tuple(
        Evidence(quote=f.quote, source=f.place.source, context_id=f.place.context_id) for f in found
    )
    return evidence, len(found) < len(checked)
