"""Judges and critics with a script, for tests of what the panel makes of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dikast.agents.contract import Brief
from dikast.types import (
    Abstention,
    Ballot,
    Candidate,
    Case,
    Criterion,
    Critique,
    CritiquePoint,
    Docket,
    Gateway,
    IntegerScale,
    JudgeSpec,
    PanelSpec,
    ProtocolSpec,
    Reason,
    Rubric,
    RuleSpec,
)

RUBRIC = Rubric(
    id="quality",
    criteria=(Criterion(id="quality", question="Is it good?", scale=IntegerScale(low=1, high=5)),),
)


def case(case_id: str = "q1", text: str = "The Louvre is in Paris.") -> Case:
    return Case(id=case_id, question="Where?", candidates=(Candidate(id="r", text=text),))


def spec(names: Sequence[str], *, rubric: Rubric = RUBRIC, **fields: object) -> PanelSpec:
    protocol = ProtocolSpec(**fields.pop("protocol", {}))  # type: ignore[arg-type]
    rule = RuleSpec(name=str(fields.pop("rule", "median")))
    judges = fields.pop("judges", None) or tuple(
        JudgeSpec(name=name, model="custom/script") for name in names
    )
    return PanelSpec(rubric=rubric, judges=judges, protocol=protocol, rule=rule, **fields)


class Scripted:
    """A judge that casts the n-th score of its script in round n (the last one from then on)."""

    def __init__(
        self, name: str, *script: float | Reason | Exception, by: Mapping[str, float] | None = None
    ) -> None:
        self.name = name
        self.script = script
        self.by = by or {}
        self.briefs: list[Brief] = []
        self.asked: list[tuple[str, ...]] = []

    async def vote(
        self,
        docket: Docket,
        criteria: Sequence[Criterion],
        *,
        seat: str,
        round: int,  # noqa: A002
        brief: Brief | None = None,
        gateway: Gateway | None = None,
    ) -> list[Ballot]:
        self.asked.append(docket.presentation)
        if brief is not None:
            self.briefs.append(brief)
        said = self.script[min(round, len(self.script) - 1)]
        if isinstance(said, Exception):
            raise said
        return [self._ballot(docket, c, seat, round, said) for c in criteria]

    def _ballot(
        self, docket: Docket, criterion: Criterion, seat: str, number: int, said: float | Reason
    ) -> Ballot:
        abstained = isinstance(said, Reason)
        return Ballot(
            seat=seat,
            judge=self.name,
            criterion=criterion.id,
            round=number,
            presentation=docket.presentation,
            score=None if isinstance(said, Reason) else self.by.get(criterion.id, said),
            abstention=Abstention(reason=said) if isinstance(said, Reason) else None,
            rationale="" if abstained else f"because of {self.name}",
            grounds=f"a new fact in round {number}" if number else "",
        )


class Challenger:
    """A critic that challenges the seats it is told to, with a quote from the response."""

    name = "challenger"

    def __init__(self, *seats: str, quote: str = "in Paris") -> None:
        self.seats, self.quote = seats, quote
        self.heard: list[list[Ballot]] = []

    async def challenge(
        self,
        docket: Docket,
        criterion: Criterion,
        ballots: Sequence[Ballot],
        *,
        round: int,  # noqa: A002
        gateway: Gateway | None = None,
    ) -> Critique:
        self.heard.append(list(ballots))
        point = CritiquePoint(claim="look again", quote=self.quote, source="response")
        return Critique(
            critic=self.name,
            criterion=criterion.id,
            round=round,
            points=(point,),
            challenged=self.seats,
        )


class PairJudge:
    """A judge of pairs with strengths per candidate and a pull towards the first slot."""

    def __init__(self, name: str, strengths: Mapping[str, float], *, first: float = 0.0) -> None:
        self.name = name
        self.strengths, self.first = strengths, first

    async def vote(
        self,
        docket: Docket,
        criteria: Sequence[Criterion],
        *,
        seat: str,
        round: int,  # noqa: A002
        brief: Brief | None = None,
        gateway: Gateway | None = None,
    ) -> list[Ballot]:
        shown = docket.presentation
        lead = self.strengths[shown[0]] - self.strengths[shown[1]] + self.first
        slot = 0.0 if abs(lead) < 0.1 else 1.0 if lead > 0 else -1.0
        score = slot if shown[0] == docket.canonical[0] else -slot
        favoured = shown[0] if slot > 0 else shown[1]
        return [
            Ballot(
                seat=seat,
                judge=self.name,
                criterion=criterion.id,
                round=round,
                presentation=shown,
                score=score + 0.0,
                rationale="they are equal" if slot == 0 else f"{favoured} is better",
            )
            for criterion in criteria
        ]
