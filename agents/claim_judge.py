"""The claim judge: a model that says what the passages say to each claim, and quotes it.

Passages that do not fit into the model's window are read part by part and the marks merged; the
verdict says so. Every quotation is looked up: one that occurs nowhere voids the mark.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import NamedTuple

from pydantic import JsonValue

from dikast.agents.asking import all_of, need_gateway, other_model, plain_model
from dikast.agents.claims import (
    MOVED,
    WINDOWS,
    ClaimTask,
    Marked,
    ballot,
    forged,
)
from dikast.agents.contract import Brief
from dikast.agents.critic import list_schema
from dikast.agents.material import attach
from dikast.agents.numbered import Answer, Item, Sheet, ask_numbered, marked_schema
from dikast.agents.quotes import occurs
from dikast.agents.votes import number, whole, word
from dikast.agents.windows import Piece, nearest, packed, pieces, room_of
from dikast.formats.contract import Unread
from dikast.models.sight import sees
from dikast.prompts import Block, SlotValue, Template, clip, load, restore
from dikast.types import (
    Abstention,
    Attachment,
    Ballot,
    BiasFinding,
    Claim,
    Evidence,
    Gateway,
    JudgeSpec,
    Mark,
    Place,
    ProtocolSpec,
    RagOptions,
    Reason,
)

_MARKS: dict[str, Mark] = {
    "supported": "supported",
    "contradicted": "contradicted",
    "absent": "absent",
}
SEEN = "seen_in_image"
"""Flag of a mark that rests on an image, which nothing can be quoted from."""
_LEAST = 2
"""Letters or digits that a quotation must have."""
_PRIORITY = ("supported", "contradicted", "absent")
"""Of marks from different parts of the passages: one that bears the claim out is enough."""


class Said(NamedTuple):
    """What an entry of a reply says on a claim."""

    mark: Mark
    passage: str
    quote: str
    reasoning: str


class _Part(NamedTuple):
    """A judge's ballot on a claim from one part of the passages, and a finding on its quotation."""

    vote: Ballot
    finding: BiasFinding | None = None


class _Sitting(NamedTuple):
    """What one call of `mark` is about."""

    task: ClaimTask
    seat: str
    number: int
    briefs: Mapping[str, Brief]
    gateway: Gateway
    sees: bool = False
    """Whether the images of the passages are attached."""


class ModelClaimJudge:
    """A claim judge behind the gateway.

    Args:
        spec: The seat's description.
        protocol: Says how often to ask again.
        options: Claims per request, and how many parts of the passages are read.
        template: Another prompt than `rag_mark`.

    Raises:
        ConfigError: The template does not declare what it is shown.
    """

    def __init__(
        self,
        spec: JudgeSpec,
        protocol: ProtocolSpec,
        options: RagOptions,
        *,
        template: Template | None = None,
    ) -> None:
        self.spec, self.protocol, self.options = spec, protocol, options
        self._model = plain_model(spec)
        self._template = template or load("rag_mark")
        self._template.expect(
            {"persona", "question", "passages", "reference", "claims", "own", "points"}
            | {"arguments", "window", "form"}
        )

    @property
    def name(self) -> str:
        """The judge's name, unique in its panel."""
        return self.spec.name

    async def mark(
        self,
        task: ClaimTask,
        *,
        seat: str,
        round: int,  # noqa: A002 - the field's own word
        briefs: Mapping[str, Brief],
        gateway: Gateway | None,
    ) -> Marked:
        """Mark claims; see `dikast.agents.claims.ClaimJudge`.

        Raises:
            ConfigError: There is no gateway.
        """
        if not task.claims:
            return Marked([], [], [])
        pictured = task.against == "contexts" and any(c.attachments for c in task.case.contexts)
        sees_them = pictured and sees(self._model)
        if pictured and not sees_them and _untold(task):
            return self._blind(task, seat, round)
        gate = need_gateway(gateway, self.name)
        sitting = _Sitting(task, seat, round, briefs, gate, sees_them)
        windows, notes = await self._windows(sitting)
        step = self.options.batch
        batches = [task.claims[at : at + step] for at in range(0, len(task.claims), step)]
        cast = await all_of(
            self._ask(sitting, batch, windows, at, sample)
            for batch in batches
            for sample in range(self.spec.samples)
            for at in range(len(windows))
        )
        found: list[Ballot] = []
        findings: list[BiasFinding] = []
        for start in range(0, len(cast), len(windows)):
            for parts in zip(*cast[start : start + len(windows)], strict=True):
                found.append(_merged(parts))
                findings += [part.finding for part in parts if part.finding is not None]
        return Marked(found, list(dict.fromkeys(findings)), notes)

    def _blind(self, task: ClaimTask, seat: str, number: int) -> Marked:
        """Abstentions on all claims: a passage holds an image that cannot be seen or told."""
        detail = f"{_untold(task)} image(s) of passages without caption, and no vision"
        why = Abstention(reason=Reason.NOT_APPLICABLE, detail=detail)
        votes = [
            ballot(
                task.criterion(claim),
                (task.candidate,),
                judge=self.name,
                seat=seat,
                number=number,
                abstention=why,
            )
            for claim in task.claims
        ]
        return Marked(votes, [], [])

    async def _windows(self, sitting: _Sitting) -> tuple[list[list[Piece]], list[str]]:
        """The passages in parts that the model can read, and notes on how they were cut."""
        task = sitting.task
        room, assumed = await room_of(self._model, sitting.gateway, task.texts)
        cut = pieces(task.texts, room)
        windows = packed(cut, room)
        notes = [assumed] if assumed else []
        if len(windows) > self.options.windows:
            near = nearest(cut, [c.text for c in task.claims], room * self.options.windows)
            notes.append(
                f"{self.name} read {len(near)} of {len(cut)} pieces of the passages, those "
                f"nearest to the claims: all would be {len(windows)} parts, more than "
                f"{self.options.windows}"
            )
            windows = packed(near, room)[: self.options.windows]
        if len(windows) > 1:
            notes.append(
                f"the passages are longer than what {self.name} can read at once: they were read "
                f"in {len(windows)} parts and the marks merged"
            )
        return windows, notes

    async def _ask(
        self,
        sitting: _Sitting,
        claims: Sequence[Claim],
        windows: Sequence[Sequence[Piece]],
        at: int,
        sample: int,
    ) -> list[_Part]:
        """Ask about some claims and one part of the passages."""
        task, window = sitting.task, windows[at]
        ids = [context.id for context in task.texts]
        phrases = self._template.phrases
        said = [phrases["window"]] if len(windows) > 1 else []
        said += [phrases["again"]] if sitting.briefs else []
        blocks = [Block(piece.text, piece.note) for piece in window]
        pictures = _pictures(task, window) if sitting.sees else []
        if pictures:
            places = ", ".join(f"passage {place}" for place, _ in pictures)
            said.append(f"{phrases['images']} {places}.")
        aside = task.against == "reference"
        messages = self._template.render(
            {
                "persona": self.spec.persona,
                "question": task.case.question,
                "passages": None if aside else blocks,
                "reference": blocks[0].text if aside and blocks else None,
                "claims": [Block(claim.text, _cites(claim, ids)) for claim in claims],
                "window": " ".join(said),
                "form": phrases["form"],
                **_briefing(claims, sitting.briefs),
            }
        )
        suffix = f"@{at + 1}of{len(windows)}" if len(windows) > 1 else ""
        place = Place(
            role="judge",
            case=task.case.id,
            candidates=(task.candidate,),
            seat=sitting.seat,
            judge=self.name,
            criterion="+".join(task.criterion(claim) for claim in claims) + suffix,
            round=sitting.number,
            sample=sample,
        )
        sheet = Sheet("claims", "claim", len(claims), phrases["form"], schema())
        answers = await ask_numbered(
            sitting.gateway,
            self._model,
            attach(messages, tuple(image for _, image in pictures)),
            sheet,
            partial(_read, quoted=not pictures),
            place=place,
            reasks=self.protocol.reasks,
        )
        return [
            self._part(sitting, claim, answer, window, sample, len(windows))
            for claim, answer in zip(claims, answers, strict=True)
        ]

    def _part(
        self,
        sitting: _Sitting,
        claim: Claim,
        answer: Answer[Said],
        window: Sequence[Piece],
        sample: int,
        of: int,
    ) -> _Part:
        """The ballot that an answer amounts to, its quotation looked up."""
        reply, result, name = answer.reply, answer.result, sitting.task.criterion(claim)
        flag = other_model(self._model.model, reply.model) if reply is not None else None
        flags = [flag] if flag else []
        flags += [f"{WINDOWS}{of}"] if of > 1 else []
        mark: Mark | None = None
        abstention: Abstention | None = None
        evidence: tuple[Evidence, ...] = ()
        finding, rationale = None, ""
        if isinstance(result, Unread):
            abstention = Abstention(reason=result.reason, detail=clip(whole(result.detail), 300))
        else:
            rationale = result.reasoning
            if result.mark == "absent":
                mark = "absent"
            elif (found := locate_quote(result.quote, result.passage, window)) is not None:
                quote, piece, moved = found
                mark = result.mark
                flags += [MOVED] if moved else []
                aside = sitting.task.against == "reference"
                evidence = (
                    Evidence(
                        quote=quote,
                        source="reference" if aside else "context",
                        context_id=None if aside else piece.context_id,
                    ),
                )
            elif not result.quote:
                places = {place for place, _ in _pictures(sitting.task, window)}
                if (number(result.passage) or 0) in places:
                    mark = result.mark  # what an image shows cannot be looked up, and says so
                    flags.append(SEEN)
                else:
                    detail = f"the mark {result.mark} came without a quotation"
                    abstention = Abstention(reason=Reason.MALFORMED, detail=detail)
            else:
                where = f"from passage {result.passage[:40] or '?'} for the mark {result.mark}"
                finding = forged(
                    result.quote,
                    seat=sitting.seat,
                    criterion=name,
                    number=sitting.number,
                    where=where,
                )
                detail = f"quoted {where}, and it occurs nowhere: “{clip(result.quote, 160)}”"
                abstention = Abstention(reason=Reason.FORGED_QUOTE, detail=detail[:300])
        vote = ballot(
            name,
            (sitting.task.candidate,),
            judge=self.name,
            seat=sitting.seat,
            number=sitting.number,
            mark=mark,
            abstention=abstention,
            evidence=evidence,
            sample=sample,
            rationale=rationale,
            grounds=rationale if sitting.number else "",
            model=(reply.model or None) if reply is not None else None,
            prompt=self._template.digest,
            call=answer.call,
            raw=None if reply is None else reply.text,
            reasks=answer.reasks,
            flags=tuple(flags),
        )
        return _Part(vote, finding)


def _untold(task: ClaimTask) -> int:
    """How many images of the passages have no caption."""
    images = (image for context in task.case.contexts for image in context.attachments)
    return sum(not (image.caption or "").strip() for image in images)


def _pictures(task: ClaimTask, window: Sequence[Piece]) -> list[tuple[int, Attachment]]:
    """Images of the passages shown, each with its passage's number; each image once."""
    images = {context.id: context.attachments for context in task.case.contexts}
    found: dict[str, int] = {}
    for place, piece in enumerate(window, 1):
        found.setdefault(piece.context_id, place)
    return [(place, image) for name, place in found.items() for image in images.get(name, ())]


def _cites(claim: Claim, ids: Sequence[str]) -> str:
    """What a claim cites, by the numbers of the passages: ids are untrusted."""
    places = [str(ids.index(name) + 1) for name in claim.cites if name in ids]
    return f"cites passage {', '.join(places)}" if places else ""


def _briefing(claims: Sequence[Claim], briefs: Mapping[str, Brief]) -> dict[str, SlotValue]:
    """What challenged judges are shown of each claim: own marks, points, arguments; no names."""
    own: list[str] = []
    points: list[str] = []
    arguments: list[str] = []
    for at, claim in enumerate(claims, 1):
        brief = briefs.get(claim.id)
        if brief is None:
            continue
        for vote in brief.own:
            held = vote.score
            label = "none" if held is None else ("contradicted", "absent", "supported")[int(held)]
            own.append(f"Claim {at}: {label}. {clip(vote.rationale, 1_000)}")
        for critique in brief.critiques:
            points += [
                f"Claim {at}: {clip(p.claim, 1_000)}\nQuoted: “{clip(p.quote, 1_000)}”"
                for p in critique.points
            ]
        arguments += [f"Claim {at}: {clip(text, 1_000)}" for text in brief.arguments]
    return {"own": own, "points": points, "arguments": arguments}


def _read(item: Item, *, quoted: bool) -> Said | Unread:
    """One entry: a mark, with a quotation where it needs one (not of an image)."""
    mark = _MARKS.get(word(item, "mark").casefold())
    if mark is None:
        return Unread(Reason.MALFORMED, "the entry has no known mark")
    named = item.get("passage")
    place = str(named) if isinstance(named, int) and not isinstance(named, bool) else ""
    quote = word(item, "quote")
    if mark != "absent" and not quote and quoted:
        return Unread(Reason.MALFORMED, f"the mark {mark} came without a quotation")
    return Said(mark, place or word(item, "passage"), quote, word(item, "reasoning"))


def locate_quote(
    quote: str, passage: str, window: Sequence[Piece]
) -> tuple[str, Piece, bool] | None:
    r"""Find where a quotation stands among the pieces that were shown.

    Args:
        quote: As the judge gave it; it may copy the escapes that prompts show.
        passage: The number, or id, of the piece it is said to stand in.
        window: The pieces, in the order shown.

    Returns:
        The quotation, its piece, and whether that is another one than was said; None if it occurs
        in no piece, or holds less than two letters or digits.

    Examples:
        >>> shown = [Piece("a", "Opened in 1978."), Piece("b", "Painted  red.")]
        >>> locate_quote("painted red", "1", shown)
        ('painted red', Piece(context_id='b', text='Painted  red.', part=1, parts=1), True)
        >>> locate_quote("opened in 1987", "1", shown) is None
        True
    """
    place = number(passage.strip()) or 0
    named = [window[place - 1]] if 0 < place <= len(window) else []
    named += [piece for piece in window if piece.context_id == passage.strip()]
    for spelling in dict.fromkeys((quote.strip(), restore(quote).strip())):
        if sum(char.isalnum() for char in spelling) < _LEAST:
            continue
        for piece in (*named, *window):
            if occurs(spelling, piece.text):
                moved = bool(named) and piece.context_id not in {p.context_id for p in named}
                return spelling, piece, moved or not named
    return None


def _merged(parts: Sequence[_Part]) -> Ballot:
    """One ballot from those on the parts of the passages.

    A part that bears the claim out is enough, then one that contradicts it. Absent is only what
    every part left out: if one part could not be read, nobody knows.
    """
    votes = [part.vote for part in parts]
    for mark in _PRIORITY[:2]:
        held = next((vote for vote in votes if vote.score == _SCORE[mark]), None)
        if held is not None:
            return held
    return next((vote for vote in votes if vote.score is None), votes[0])


_SCORE = {"contradicted": 0.0, "absent": 1.0, "supported": 2.0}


def schema() -> dict[str, JsonValue]:
    """JSON schema of a reply on claims."""
    made = list_schema(
        "claims",
        {
            "claim": {"type": "integer"},
            "reasoning": {"type": "string"},
            "mark": {"type": "string", "enum": list(_MARKS)},
            "passage": {"type": "integer"},
            "quote": {"type": "string"},
        },
    )
    return marked_schema(made)
