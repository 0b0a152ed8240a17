"""What sits on a panel: the protocols of judge and critic, and what a challenged judge is shown.

A judge may be an LLM behind the gateway, a set of rules, or a user's own object: anything with a
name that can vote. None of them raises for a failure of its own; it returns ballots that abstain.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from dikast.types import Ballot, BiasFinding, Criterion, Critique, Docket, Gateway, Value


class Brief(Value):
    """What a challenged judge is shown before it votes again. Never tallies, names or models."""

    own: tuple[Ballot, ...]
    """The judge's own standing ballots on the criteria at issue, under this presentation."""
    critiques: tuple[Critique, ...] = ()
    findings: tuple[BiasFinding, ...] = ()
    arguments: tuple[str, ...] = ()
    """Rationales of other judges, anonymous, in an order that tells nothing."""
    standards: str = ""
    """What to look at on this case, the same for every pair; empty if none was written."""


class Judge(Protocol):
    """Anything with a name that can vote."""

    @property
    def name(self) -> str:
        """The judge's name, unique in its panel."""
        ...

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
        """Cast a ballot per criterion (and per sample) on what the docket shows.

        Args:
            docket: The case and the candidates in presentation order.
            criteria: What to judge by; several only where the panel asks them together.
            seat: The seat voted for.
            round: 0 is the private round.
            brief: What the judge is to weigh before voting again; None in the private round.
            gateway: The way to a model; None for judges that need none.

        Returns:
            At least one ballot per criterion, abstentions included; never an exception for a
            failure of the judge or its model.
        """
        ...


class Critic(Protocol):
    """Challenges ballots on one criterion with quoted grounds."""

    @property
    def name(self) -> str:
        """The critic's name."""
        ...

    async def challenge(
        self,
        docket: Docket,
        criterion: Criterion,
        ballots: Sequence[Ballot],
        *,
        round: int,  # noqa: A002
        gateway: Gateway | None = None,
    ) -> Critique:
        """List contested points, each with a quote that occurs in the docket.

        Args:
            docket: The case, candidates in canonical order.
            criterion: The contested criterion.
            ballots: Standing ballots on it, in canonical terms.
            round: Their round.
            gateway: The way to a model; None for critics that need none.

        Returns:
            The critique; its `challenged` seats vote again. Points whose quote occurs nowhere are
            dropped and counted. A critic that fails says why in `failure` and challenges nobody.
        """
        ...
