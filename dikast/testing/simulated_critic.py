"""A simulated critic: points at the truth of a world, with a quotation that occurs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from dikast.testing.chat import ChatRequest
from dikast.testing.faults import chance
from dikast.testing.views import View, docket_view, prompt_view, quotation, votes_in
from dikast.testing.world import Claim, World, merits, steps
from dikast.types import (
    Ballot,
    Criterion,
    Critique,
    CritiquePoint,
    Docket,
    Gateway,
    PreferenceScale,
)

FORGED = "words that stand in no text of this world"
"""What a forged quotation says."""


@dataclass(frozen=True, kw_only=True)
class SimulatedCritic:
    """A critic with planted properties.

    For each case and criterion it argues for one score: the truth with probability `accuracy`,
    else any other step of the scale, each alike. It challenges the votes that differ from it, in
    one point whose quotation is the beginning of the response; with probability `silence` it has
    nothing to say, and with probability `forged` the quotation occurs nowhere.

    Simulated judges read the score argued for and adopt it with their `persuasion`.
    """

    world: World = field(repr=False)
    name: str = "critic"
    accuracy: float = 1.0
    silence: float = 0.0
    forged: float = 0.0
    seed: int = 0

    async def challenge(
        self,
        docket: Docket,
        criterion: Criterion,
        ballots: Sequence[Ballot],
        *,
        round: int,  # noqa: A002 - the field's own word
        gateway: Gateway | None = None,
    ) -> Critique:
        """Challenge as a critic of a panel does; no gateway is used."""
        view = docket_view(docket, [criterion])
        score = self.holds(view, criterion)
        apart = {b.seat: b.score for b in ballots if b.score is not None and b.score != score}
        said = Critique(critic=self.name, criterion=criterion.id, round=round)
        quote = quotation(view.shown[0].text)
        if quote is None or not apart or self._draw(view, criterion, "silence") < self.silence:
            return said
        if self._draw(view, criterion, "forged") < self.forged:
            return said.model_copy(update={"dropped": 1})
        point = CritiquePoint(
            claim=merits(Claim(criterion.id, score)),
            quote=quote,
            source="response",
            effect="raise" if score > min(apart.values()) else "lower",
        )
        return said.model_copy(update={"points": (point,), "challenged": tuple(sorted(apart))})

    def reply(self, request: ChatRequest) -> str:
        """Answer a critic's prompt over the wire.

        Raises:
            LookupError: The prompt shows no case of the world, or asks for no criterion of it.
        """
        view = prompt_view(self.world, request)
        criterion = self.world.criteria[view.criteria[0]]
        score = self.holds(view, criterion)
        votes = {n: c.score for n, claims in votes_in(request).items() for c in claims}
        apart = {n: vote for n, vote in votes.items() if vote != score}
        quote = quotation(view.shown[0].text)
        if quote is None or not apart or self._draw(view, criterion, "silence") < self.silence:
            return json.dumps({"points": []})
        higher = score > min(apart.values())
        paired = isinstance(criterion.scale, PreferenceScale)
        point = {
            "claim": merits(Claim(criterion.id, score)),
            "quote": FORGED if self._draw(view, criterion, "forged") < self.forged else quote,
            "source": "response",
            "effect": ("A" if higher else "B") if paired else ("raise" if higher else "lower"),
            "challenges": sorted(apart),
        }
        return json.dumps({"points": [point]}, ensure_ascii=False)

    def holds(self, view: View, criterion: Criterion) -> float:
        """The score that the critic argues for, in canonical terms."""
        truth = self.world.truth(view.case.id, criterion.id, view.canonical)
        if self._draw(view, criterion, "accuracy") < self.accuracy:
            return truth
        others = [step for step in steps(criterion.scale) if step != truth]
        return others[int(self._draw(view, criterion, "error") * len(others))]

    def _draw(self, view: View, criterion: Criterion, what: str) -> float:
        return chance(self.seed, self.name, view.case.id, *view.canonical, criterion.id, what)
