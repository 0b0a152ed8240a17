"""A judge and a critic of your own: any object with a name that can vote, or challenge votes.

    python examples/own_judge.py

They take seats beside models and rule-backed judges, and nothing of dikast is edited. A judge gives
one ballot per criterion; where it has nothing to go by it abstains, which is no low score. Here
judges know different filler words, and one that is shown a word it passed over votes again.
"""

from __future__ import annotations

from collections.abc import Sequence

from dikast import Ballot, Criterion, Panel, Rubric
from dikast.agents.contract import Brief
from dikast.minutes import minutes
from dikast.types import Abstention, Critique, CritiquePoint, Docket, Gateway, IntegerScale, Reason

DRAFT = "Basically, at this moment in time the museum is, as it were, free on Sundays."
FILLER = ("Basically", "at this moment in time", "as it were")
PLAIN = Criterion(id="plain", question="Is it said plainly?", scale=IntegerScale(low=1, high=5))


class PlainSpeech:
    """Takes a point off for each filler it knows."""

    def __init__(self, name: str, *known: str) -> None:
        self.name, self.known = name, set(known)

    async def vote(
        self,
        docket: Docket,
        criteria: Sequence[Criterion],
        *,
        seat: str,
        round: int,  # noqa: A002 - the contract's own word
        brief: Brief | None = None,  # after round 0: critiques, findings, others' arguments
        gateway: Gateway | None = None,  # the way to a model, for judges that need one
    ) -> list[Ballot]:
        text = docket.shown[0].text
        shown = [p.quote for critique in brief.critiques for p in critique.points] if brief else []
        met = [filler for filler in FILLER if filler in text and filler in {*self.known, *shown}]
        silent = Abstention(reason=Reason.NOT_APPLICABLE, detail="a word has no style")
        return [
            Ballot(
                seat=seat,
                judge=self.name,
                criterion=criterion.id,
                round=round,
                presentation=docket.presentation,
                score=5.0 - len(met) if " " in text else None,
                abstention=None if " " in text else silent,
                rationale=f"Filler: {', '.join(met) or 'none'}.",
            )
            for criterion in criteria
        ]


class FillerCritic:
    """Shows those who voted high what they passed over."""

    name = "filler critic"

    async def challenge(
        self,
        docket: Docket,
        criterion: Criterion,
        ballots: Sequence[Ballot],
        *,
        round: int,  # noqa: A002
        gateway: Gateway | None = None,
    ) -> Critique:
        text = docket.shown[0].text  # a quotation that does not occur in it would be dropped
        points = tuple(
            CritiquePoint(claim="It says nothing.", quote=filler, source="response", effect="lower")
            for filler in FILLER
            if filler in text
        )
        high = [b.seat for b in ballots if points and b.score is not None and b.score > 3]
        return Critique(
            critic=self.name,
            criterion=criterion.id,
            round=round,
            points=points,
            challenged=tuple(sorted(high)),
        )


def main() -> None:
    judges = [PlainSpeech("anna", *FILLER), PlainSpeech("bert", "Basically"), PlainSpeech("cleo")]
    rubric = Rubric(id="plain", title="Plain speech", criteria=(PLAIN,))
    panel = Panel(judges, rubric=rubric, critic=FillerCritic())
    verdict = panel.judge(question="When is the museum free?", response=DRAFT)
    print(minutes(verdict, rubric))


if __name__ == "__main__":
    main()
