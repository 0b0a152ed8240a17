"""What a simulated judge or critic is shown: read from a docket and brief, or from a prompt."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from dikast.agents.contract import Brief
from dikast.testing.chat import ChatRequest
from dikast.testing.world import Claim, World, claims_in
from dikast.types import Candidate, Case, Criterion, Docket

_ASKED = re.compile(r"^Criterion `([a-z][a-z0-9_]*)`:", re.MULTILINE)


class View(NamedTuple):
    """What is shown, however it came."""

    case: Case
    shown: tuple[Candidate, ...]
    criteria: tuple[str, ...]
    nonce: str = ""
    """Tells samples apart."""
    attempt: int = 0
    """How often the judge was asked again since its reply could not be read."""
    own: tuple[Claim, ...] = ()
    critique: tuple[Claim, ...] = ()
    arguments: tuple[Claim, ...] = ()

    @property
    def key(self) -> tuple[str, ...]:
        """What a private answer may depend on."""
        return (self.case.id, *(c.id for c in self.shown), self.nonce)

    @property
    def hearing(self) -> str:
        """What a revision may depend on besides; the order of arguments tells nothing."""
        return repr([sorted(claims) for claims in (self.own, self.critique, self.arguments)])

    @property
    def canonical(self) -> tuple[str, ...]:
        """Ids of the candidates shown, in the order of the case."""
        shown = {candidate.id for candidate in self.shown}
        return tuple(c.id for c in self.case.candidates if c.id in shown)

    def toward(self, slot: int) -> float:
        """The mild preference for what stands in a slot, in canonical terms."""
        return 1.0 if self.shown[slot].id == self.canonical[0] else -1.0


def docket_view(
    docket: Docket, criteria: Iterable[Criterion], *, brief: Brief | None = None, sample: int = 0
) -> View:
    """What a judge of a panel is shown.

    Args:
        docket: The case in presentation order.
        criteria: What is asked.
        brief: What is to be weighed; None in the private round.
        sample: The first of several samples is what a judge without samples says.
    """
    view = View(
        docket.case, docket.shown, tuple(c.id for c in criteria), str(sample) if sample else ""
    )
    if brief is None:
        return view
    own = (Claim(b.criterion, b.score) for b in brief.own if b.score is not None)
    points = (point.claim for critique in brief.critiques for point in critique.points)
    return view._replace(
        own=tuple(dict.fromkeys(own)),
        critique=_stated(points),
        arguments=_stated(brief.arguments),
    )


def prompt_view(world: World, request: ChatRequest) -> View:
    """What a prompt of dikast's shows.

    Raises:
        LookupError: It shows no case of the world, or asks for no criterion of it.
    """
    pair = [request.block("response A"), request.block("response B")]
    responses = [text for text in [request.block("response"), *pair] if text is not None]
    if not responses:
        raise LookupError("the prompt shows no response")
    case, shown = world.recognise(responses, request.block("question"))
    asked = tuple(c for c in dict.fromkeys(_ASKED.findall(request.trusted)) if c in world.criteria)
    if not asked:
        raise LookupError("the prompt names no criterion of the world")
    return View(
        case,
        shown,
        asked,
        attempt=len(_blocks(request, "earlier reply")),
        own=_stated(_blocks(request, "your earlier vote")),
        critique=_stated(_blocks(request, "critique point")),
        arguments=_stated(_blocks(request, "argument")),
    )


def votes_in(request: ChatRequest) -> dict[int, tuple[Claim, ...]]:
    """What each vote that a critic's prompt shows argues for, by the vote's number."""
    return {
        int(label.rpartition(" ")[2]): claims_in(text)
        for label, text in request.blocks
        if re.fullmatch(r"vote \d+", label)
    }


def quotation(text: str, words: int = 8) -> str | None:
    """The first words of a text, as they stand; None if it has none.

    Examples:
        >>> quotation("The Louvre is in Paris.", words=2)
        'The Louvre'
    """
    found = re.match(rf"\s*(\S+(?:[^\S\n]+\S+){{0,{words - 1}}})", text)
    return found[1] if found else None


def _blocks(request: ChatRequest, label: str) -> list[str]:
    """Texts of the blocks of a label, numbered or not."""
    wanted = re.compile(rf"{label}(?: \d+)?")
    return [text for name, text in request.blocks if wanted.fullmatch(name)]


def _stated(texts: Iterable[str]) -> tuple[Claim, ...]:
    """The claims of several texts; the same text twice is one text, as prompts show it."""
    return tuple(claim for text in dict.fromkeys(texts) for claim in claims_in(text))


def leading(claims: Sequence[Claim], criterion: str) -> float | None:
    """The score that most claims on a criterion hold; None if several share the lead or none is."""
    scores = [claim.score for claim in claims if claim.criterion == criterion]
    ranked = sorted(set(scores), key=scores.count, reverse=True)
    if not ranked or (len(ranked) > 1 and scores.count(ranked[0]) == scores.count(ranked[1])):
        return None
    return ranked[0]
