"""Every plug-in that the registry finds keeps its room's promises; the checks find who does not."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from dikast import registry
from dikast.rules import Decision, Vote
from dikast.testing import check_detector, check_fit, check_rule
from dikast.types import Ballot, BiasFinding, Docket, Scale


@pytest.mark.parametrize("name", registry.names("rules"))
def test_rule_keeps_its_promises(name: str) -> None:
    check_rule(registry.load("rules", name))


@pytest.mark.parametrize("name", registry.names("fits"))
def test_fitted_rule_keeps_its_promises(name: str) -> None:
    check_fit(registry.load("fits", name))


@pytest.mark.parametrize("name", registry.names("detectors"))
def test_detector_keeps_its_promises(name: str) -> None:
    check_detector(registry.load("detectors", name))


@pytest.mark.parametrize("room", ["rules", "fits", "detectors"])
def test_plug_ins_say_what_they_are(room: str) -> None:
    for name in registry.names(room):
        assert len(registry.describe(room, name)) > 10


def mean(votes: Sequence[Vote]) -> float:
    return sum(vote.score for vote in votes) / len(votes)


def seldom(votes: Sequence[Vote], scale: Scale) -> Decision:
    """Draws from a counter that outlives the call."""
    seldom.calls = getattr(seldom, "calls", 0) + 1  # type: ignore[attr-defined]
    return Decision(votes[0].score if seldom.calls % 2 else None) if votes else Decision(None)  # type: ignore[attr-defined]


def popping(votes: Any, scale: Scale) -> Decision:
    best = max(votes).score if votes else None
    if isinstance(votes, list) and votes:
        votes.pop()
    return Decision(best)


BAD_RULES: dict[str, tuple[Callable[..., Decision], str]] = {
    "zero-without-votes": (
        lambda votes, scale: Decision(mean(votes) if votes else 0.0),
        "without votes",
    ),
    "first-vote-wins": (
        lambda votes, scale: Decision(votes[0].score if votes else None),
        "order of votes",
    ),
    "not-pure": (seldom, "not pure"),
    "eats-its-input": (popping, "changes its input"),
    "nan": (lambda votes, scale: Decision(float("nan") if votes else None), "not pure|no number"),
    "infinite": (lambda votes, scale: Decision(float("inf") if votes else None), "no number"),
    "sum-instead-of-mean": (
        lambda votes, scale: Decision(sum(v.score for v in votes) if votes else None),
        "outside the votes",
    ),
    "mean-on-labels": (
        lambda votes, scale: Decision(
            min(max(round(mean(votes), 9), min(votes).score), max(votes).score) if votes else None
        ),
        "no label",
    ),
    "silent-on-disagreement": (
        lambda votes, scale: Decision(
            votes[0].score if votes and len({v.score for v in votes}) == 1 else None
        ),
        "neither a score nor a tie",
    ),
    "gives-up-on-agreement": (
        lambda votes, scale: Decision(
            None, (min(votes).score, max(votes).score) if len({v.score for v in votes}) > 1 else ()
        ),
        "neither a score nor a tie",
    ),
    "favours-the-first-candidate": (
        lambda votes, scale: Decision(max(votes).score if votes else None),
        "privileged",
    ),
    "score-and-tie": (
        lambda votes, scale: Decision(min(votes).score, (1.0, 2.0)) if votes else Decision(None),
        "neither a score nor a tie",
    ),
}


@pytest.mark.parametrize("name", BAD_RULES)
def test_a_rule_that_breaks_a_promise_is_found(name: str) -> None:
    decide, broken = BAD_RULES[name]
    with pytest.raises(AssertionError) as caught:
        check_rule(decide)
    assert re.search(broken, str(caught.value)), str(caught.value)


def finding(quote: str, **fields: Any) -> BiasFinding:
    return BiasFinding(kind="other", detector="x", source="response", quote=quote, **fields)


def hostile(docket: Docket) -> bool:
    return docket.case.id != "honest"


def text(docket: Docket) -> str:
    return docket.case.candidate(docket.canonical[0]).text


def forging(docket: Docket, ballots: Sequence[Ballot]) -> list[BiasFinding]:
    return [finding("words that stand nowhere")] if hostile(docket) else []


def misplacing(docket: Docket, ballots: Sequence[Ballot]) -> list[BiasFinding]:
    """Quotes the rationale and says that it stands in the response."""
    return [finding(b.rationale) for b in ballots[:1] if hostile(docket) and b.rationale]


def hasty(docket: Docket, ballots: Sequence[Ballot]) -> list[BiasFinding]:
    return [finding(text(docket).split()[0])] if text(docket)[0] == "I" else []


def ordered(docket: Docket, ballots: Sequence[Ballot]) -> list[BiasFinding]:
    if not hostile(docket) or not ballots:
        return []
    first = ballots[0]
    return [finding(first.rationale, seat=first.seat).model_copy(update={"source": "rationale"})]


def slow(docket: Docket, ballots: Sequence[Ballot]) -> list[BiasFinding]:
    time.sleep(0.3 if len(text(docket)) > 100_000 else 0)
    return []


def noisy(docket: Docket, ballots: Sequence[Ballot]) -> list[BiasFinding]:
    return [finding(text(docket)[:10])]


def lazily(docket: Docket, ballots: Sequence[Ballot]) -> Any:
    return iter(())


def greedy(docket: Docket, ballots: Any) -> list[BiasFinding]:
    ballots.clear()
    return []


def counting(docket: Docket, ballots: Sequence[Ballot]) -> list[BiasFinding]:
    counting.calls = getattr(counting, "calls", 0) + 1  # type: ignore[attr-defined]
    asked: int = counting.calls  # type: ignore[attr-defined]
    words = (
        text(docket).split()[: asked % 2] if hostile(docket) and "Because" in text(docket) else []
    )
    return [finding(word) for word in words]


@pytest.mark.parametrize(
    ("detect", "broken"),
    [
        pytest.param(noisy, "plain honest case", id="finds-fault-with-everything"),
        pytest.param(forging, "does not stand in the response", id="forges-quotes"),
        pytest.param(misplacing, "does not stand in the response", id="misplaces-quotes"),
        pytest.param(hasty, "raises on an empty text", id="raises-on-an-empty-text"),
        pytest.param(ordered, "order of ballots", id="the-first-ballot-only"),
        pytest.param(slow, "takes 0.3 s", id="slow-on-a-megabyte"),
        pytest.param(lazily, "returns no list", id="a-generator"),
        pytest.param(greedy, "changes its input", id="eats-the-ballots"),
        pytest.param(counting, "not pure", id="remembers"),
    ],
)
def test_a_detector_that_breaks_a_promise_is_found(detect: Any, broken: str) -> None:
    with pytest.raises(AssertionError, match=broken):
        check_detector(detect, seconds=0.25)
