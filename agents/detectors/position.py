"""Votes that follow the slot: both presentation orders favour what was shown first, or second."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from dikast.agents.detectors._leaning import sentences
from dikast.agents.detectors._texts import LONGEST_QUOTE, responses
from dikast.types import Ballot, BiasFinding, Docket, Source

_OPENING = 80
"""Characters of a response that are quoted where no rationale is there to quote."""


def detect(docket: Docket, ballots: Sequence[Ballot]) -> list[BiasFinding]:
    """Note every seat that chose the same slot under both orders of a pair.

    Folding has made a tie of such a vote already, so nothing is contested by it.

    Args:
        docket: The case and its two candidates; one response has no order.
        ballots: The ballots of one round, in canonical terms.
    """
    if len(docket.canonical) != 2:
        return []
    return list(_findings(docket, ballots))


def _findings(docket: Docket, ballots: Sequence[Ballot]) -> Iterator[BiasFinding]:
    for seat, criterion in sorted({(b.seat, b.criterion) for b in ballots}):
        own = [b for b in ballots if (b.seat, b.criterion) == (seat, criterion)]
        pulls = {_slot(own, shown, sign) for shown, sign in _orders(docket)}
        slot = pulls.pop() if len(pulls) == 1 else 0
        quoted = _quotation(docket, own) if slot else None
        if quoted is None:
            continue
        quote, source = quoted
        word = "first" if slot > 0 else "second"
        yield BiasFinding(
            kind="position",
            detector="position",
            severity="note",
            source=source,
            quote=quote,
            seat=seat,
            criterion=criterion,
            explanation=f"in both orders the vote went to the response shown {word}",
            suggested_check="fold both orders, as the panel does, or rest this judge on pairs",
        )


def _orders(docket: Docket) -> tuple[tuple[tuple[str, ...], int], ...]:
    """Both presentations, with the sign that makes a canonical score one for the first slot."""
    return (docket.canonical, 1), (docket.canonical[::-1], -1)


def _slot(ballots: Sequence[Ballot], shown: tuple[str, ...], sign: int) -> int:
    """What a seat's ballots under one order favour: 1 the first slot, -1 the second, 0 neither."""
    scores = [b.score for b in ballots if b.presentation == shown and b.score is not None]
    total = sign * math.fsum(scores)
    return (total > 0) - (total < 0)


def _quotation(docket: Docket, ballots: Sequence[Ballot]) -> tuple[str, Source] | None:
    """A sentence of the seat's reasons; without any, how one of the responses begins.

    Chosen by the texts alone, so that exchanging the candidates changes nothing.
    """
    said = sorted(b.rationale for b in ballots if b.score is not None and b.rationale.strip())
    for rationale in said:
        for sentence in sentences(rationale):
            return sentence[:LONGEST_QUOTE].strip(), "rationale"
    openings = sorted(
        (part.text.strip()[:_OPENING].strip(), part.source) for part in responses(docket)
    )
    return next(((quote, source) for quote, source in openings if quote), None)
