"""What any rule and any detector must keep, as checks for yours and for dikast's own.

Each raises `AssertionError` that names the promise broken and the input that broke it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations_with_replacement, permutations

from dikast.agents.quotes import locate, occurs
from dikast.rules import Decision, Rule, Vote
from dikast.testing.dockets import HOSTILE_TEXTS, honest_docket, hostile_dockets, votes_on
from dikast.testing.faults import chance
from dikast.testing.world import steps
from dikast.types import (
    Ballot,
    BiasFinding,
    Docket,
    IntegerScale,
    OrdinalScale,
    PreferenceScale,
    RealScale,
    Scale,
    YesNoScale,
)

Detector = Callable[[Docket, Sequence[Ballot]], list[BiasFinding]]
"""Signature of `detect` in a detector's file."""

_LONG = 100_000
"""Texts from this length on are tried with one set of ballots: they are there for the time."""

SCALES: tuple[Scale, ...] = (
    IntegerScale(low=1, high=5),
    IntegerScale(low=-3, high=0),
    RealScale(low=0.0, high=1.0),
    OrdinalScale(labels=("poor", "fair", "good", "superb")),
    YesNoScale(),
    PreferenceScale(levels=3),
    PreferenceScale(levels=5),
    PreferenceScale(levels=3, ties=False),
)
"""One of each kind; a rule is tried on all of them."""


def check_rule(decide: Rule, *, scales: Sequence[Scale] = SCALES) -> None:
    """Hold a rule to what every rule promises.

    Without votes it decides nothing. It is pure and leaves its input alone; the order of votes
    changes nothing; equal votes are given back; the decision lies within the votes, is a number,
    on scales of labels is a label, and is either a score or a tie between at least two. On
    preferences, exchanging the candidates mirrors the decision.

    Args:
        decide: The rule.
        scales: The scales it is made for; by default one of each kind.

    Raises:
        AssertionError: It breaks one of these promises.

    Examples:
        >>> from dikast.rules.median import decide
        >>> check_rule(decide)
        >>> check_rule(lambda votes, scale: Decision(votes[0].score if votes else None))
        Traceback (most recent call last):
        ...
        AssertionError: the order of votes decides: integer [1, 2] gives 1, as [2, 1] gives 2
    """
    for scale in scales:
        nothing = decide([], scale)
        _hold(nothing == Decision(None), "without votes a rule decides", scale, [], nothing)
        for votes in _profiles(scale):
            _check_decision(decide, scale, votes)


def _check_decision(decide: Rule, scale: Scale, votes: Sequence[Vote]) -> None:
    given = list(votes)
    made = decide(given, scale)
    scores = [vote.score for vote in votes]
    _hold(given == list(votes), "the rule changes its input", scale, votes, made)
    _hold(decide(tuple(votes), scale) == made, "the rule is not pure", scale, votes, made)
    for other in _orders(votes):
        again = decide(other, scale)
        if again != made:
            raise AssertionError(
                f"the order of votes decides: {_told(scale, votes)} gives {_shown(made)}, "
                f"as {_listed(other)} gives {_shown(again)}"
            )
    named = made.tied if made.score is None else (made.score,)
    _hold(all(map(math.isfinite, named)), "the decision is no number", scale, votes, made)
    _hold(
        all(min(scores) <= score <= max(scores) for score in named),
        "the decision lies outside the votes",
        scale,
        votes,
        made,
    )
    if scale.labelled:
        _hold(set(named) <= set(steps(scale)), "the decision is no label", scale, votes, made)
    ties = made.tied == tuple(sorted(set(made.tied))) and len(made.tied) >= 2
    explicit = ties if made.score is None else made.tied == ()
    _hold(explicit, "the decision is neither a score nor a tie", scale, votes, made)
    if len(set(scores)) == 1:
        _hold(made.score == scores[0], "a unanimous vote is not given back", scale, votes, made)
    if isinstance(scale, PreferenceScale):
        _check_mirror(decide, scale, votes, made)


def _check_mirror(decide: Rule, scale: Scale, votes: Sequence[Vote], made: Decision) -> None:
    mirrored = decide([vote._replace(score=0.0 - vote.score) for vote in votes], scale)
    score = None if made.score is None else 0.0 - made.score
    expected = Decision(score, tuple(0.0 - tied for tied in reversed(made.tied)))
    _hold(mirrored == expected, "a candidate is privileged by its place", scale, votes, made)


def _profiles(scale: Scale) -> Iterator[tuple[Vote, ...]]:
    """All small sets of votes, and some larger ones, with even and uneven weights."""
    every = steps(scale)
    for size in (1, 2, 3, 4):
        for scores in combinations_with_replacement(every, size):
            yield tuple(Vote(score) for score in scores)
            if size < 4:
                yield tuple(
                    Vote(score, weight)
                    for score, weight in zip(scores, (0.1, 0.7, 2.3), strict=False)
                )
    for number in range(40):
        size = 5 + int(chance("size", number) * 20)
        yield tuple(
            Vote(
                every[int(chance("score", number, i) * len(every))],
                0.01 + chance("weight", number, i),
            )
            for i in range(size)
        )


def _orders(votes: Sequence[Vote]) -> Iterator[list[Vote]]:
    if len(votes) <= 3:
        yield from (list(order) for order in permutations(votes))
        return
    yield list(reversed(votes))
    yield sorted(votes, key=lambda vote: chance("order", vote.score, vote.weight))
    yield [*votes[1:], votes[0]]


def _hold(kept: bool, broken: str, scale: Scale, votes: Sequence[Vote], decision: Decision) -> None:
    if not kept:
        raise AssertionError(f"{broken}: {_told(scale, votes)} gives {_shown(decision)}")


def _told(scale: Scale, votes: Sequence[Vote]) -> str:
    return f"{scale.kind} {_listed(votes)}"


def _listed(votes: Sequence[Vote]) -> str:
    even = all(vote.weight == 1 for vote in votes)
    each = (f"{v.score:g}" if even else f"{v.score:g}×{v.weight:g}" for v in votes)
    return f"[{', '.join(each)}]"


def _shown(decision: Decision) -> str:
    if decision.score is not None:
        return f"{decision.score:g}"
    return f"a tie of {decision.tied}" if decision.tied else "nothing"


def check_detector(detect: Detector, *, seconds: float = 5.0) -> None:
    """Hold a free bias detector to what every detector promises.

    It returns findings whose quotes occur where they say. It is pure, and the order of ballots
    changes nothing. Whatever the text (empty, a megabyte, control characters, half an emoji's
    parts, forged fences, patterns that make careless expressions run for hours) it neither raises
    nor takes longer than `seconds`. On a plain honest case with agreeing ballots it is silent.

    Args:
        detect: The detector.
        seconds: Most wall time for one docket; generous, for busy machines.

    Raises:
        AssertionError: It breaks one of these promises.

    Examples:
        >>> check_detector(lambda docket, ballots: [])
        >>> def flag(docket, ballots):
        ...     return [BiasFinding(kind="other", detector="x", source="response", quote="boo")]
        >>> check_detector(flag)
        Traceback (most recent call last):
        ...
        AssertionError: the detector finds `boo` (other) in a plain honest case
    """
    docket = honest_docket()
    for finding in detect(docket, votes_on(docket)):
        raise AssertionError(
            f"the detector finds `{finding.quote[:80]}` ({finding.kind}) in a plain honest case"
        )
    for name, hostile in hostile_dockets():
        carried_away = votes_on(hostile, rationale=_rationale(hostile))
        _check_findings(detect, name, hostile, carried_away, seconds)
        if len(hostile.shown[0].text) < _LONG:
            _check_findings(detect, name, hostile, [], seconds)
            _check_findings(detect, name, hostile, votes_on(hostile), seconds)


def _check_findings(
    detect: Detector, name: str, docket: Docket, ballots: list[Ballot], seconds: float
) -> None:
    before, started = list(ballots), time.monotonic()
    try:
        found = detect(docket, ballots)
    except Exception as error:
        raise AssertionError(f"the detector raises on {name}: {error!r}") from error
    took = time.monotonic() - started
    assert took <= seconds, f"the detector takes {took:.1f} s on {name}"
    assert isinstance(found, list), f"the detector returns no list on {name}"
    assert ballots == before, f"the detector changes its input on {name}"
    for finding in found:
        assert isinstance(finding, BiasFinding), f"the detector returns no finding on {name}"
        assert _stands(finding, docket, ballots), (
            f"the detector quotes `{finding.quote[:80]}`, which does not stand in the "
            f"{finding.source} of {name}"
        )
    if len(docket.shown[0].text) < _LONG:
        assert detect(docket, ballots) == found, f"the detector is not pure on {name}"
    backwards = detect(docket, ballots[::-1])
    assert _sorted(backwards) == _sorted(found), f"the order of ballots decides on {name}"


def _stands(finding: BiasFinding, docket: Docket, ballots: Sequence[Ballot]) -> bool:
    if finding.source == "rationale":
        return any(
            finding.quote in ballot.rationale or occurs(finding.quote, ballot.rationale)
            for ballot in ballots
            if finding.seat in {None, ballot.seat}
        )
    responses = [docket.case.candidate(candidate).text for candidate in docket.canonical]
    named = dict(zip(("response", "response_b"), responses, strict=False))
    if finding.quote in named.get(finding.source, ""):  # also what has no normal form, such as `""`
        return True
    place = locate(finding.quote, docket, claimed=finding.source)
    return place is not None and place.source == finding.source


def _sorted(findings: Sequence[BiasFinding]) -> list[str]:
    return sorted(finding.to_json() for finding in findings)


def _rationale(docket: Docket) -> str:
    """What a judge that was carried away might write."""
    return docket.shown[0].text[:2_000] or HOSTILE_TEXTS["an order to the judge"]
