"""Free screens: length and format, ballots that lean on what was found, and laws of screening."""

from __future__ import annotations

import importlib.metadata
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dikast import registry
from dikast.agents.quotes import occurs
from dikast.agents.screening import screen
from dikast.errors import ConfigError
from dikast.types import Ballot, BiasFinding, Docket
from tests.screens_kit import ASKED, GRAVE, HIDDEN, HONEST, NOTED, ballot, docket, kinds

# -- length and format -----------------------------------------------------------------------

LONG = (
    "The capital of Australia is Canberra. It was chosen as a compromise between Sydney and "
    "Melbourne long ago. The capital is therefore Canberra, as was chosen, between the two. "
)


def test_repetition_is_noted_with_the_sentence_that_comes_again() -> None:
    found = screen(docket(LONG * 4), [])
    assert [(f.kind, f.severity) for f in found] == [("length", "note")]
    assert LONG.count(found[0].quote) == 1


def test_filler_is_noted() -> None:
    text = "It is important to note that this is so. As mentioned above, it is. In conclusion, yes."
    assert kinds(screen(docket(text), [])) == {"length"}


def test_a_winner_that_is_only_longer_is_noted_by_seat() -> None:
    short = "The capital of Australia is Canberra, chosen as a compromise between two cities."
    more = "Canberra is the capital. Two cities between Australia, a compromise. Chosen: capital. "
    padded = short + more + more.swapcase() + "As such, " + more
    pair: dict[str, Any] = {"presentation": ("c0", "c1")}
    votes = [
        ballot("It is better.", score=-1, **pair),
        ballot("It is better.", score=1, seat="bert", **pair),
        ballot("Equal.", score=0, seat="cleo", **pair),
    ]
    found = [f for f in screen(docket(short, padded), votes) if f.seat]
    assert [(f.kind, f.seat, f.source, f.candidate, f.severity) for f in found] == [
        ("length", "anna", "response_b", "c1", "note")
    ]
    votes = [ballot("The second is longer and more extensive.", score=-1, **pair)]
    grave = [f for f in screen(docket(short, padded), votes) if f.severity == "grave"]
    assert [(f.kind, f.seat, f.source) for f in grave] == [("length", "anna", "rationale")]


def test_a_winner_that_is_longer_and_says_more_is_no_finding() -> None:
    votes = [ballot("It is better.", score=1, presentation=("c0", "c1"))]
    assert screen(docket(HONEST + " " + LONG, "It is Canberra."), votes) == []


def test_praise_of_a_length_that_is_not_there_does_not_count() -> None:
    votes = [ballot("It is longer.", score=1, presentation=("c0", "c1"))]
    assert screen(docket("Canberra it is.", "Canberra it was, then."), votes) == []


@pytest.mark.parametrize(
    "text",
    [
        "# One\nword\n# Two\nword\n# Three\nword",
        "**All of this answer is set in bold letters so that it stands out a lot**",
        "| a | b |\n| - | - |\n| c | d |",
        "Canberra 🎉 is 🎉 the 🎉 capital 🎉!",
        "WOW!! SO GOOD!! YES!! Canberra",
    ],
)
def test_markup_beyond_need_is_noted_unless_asked_for(text: str) -> None:
    assert kinds(screen(docket(text), [])) == {"format"}
    assert screen(docket(text, question="Make a table with headings, bold and emoji."), []) == []


# -- ballots ---------------------------------------------------------------------------------

LEANS = {
    "authority": (NOTED["authority"][0], "It is supported by leading experts, so it is right."),
    "bandwagon": (NOTED["bandwagon"][0], "Since 90% of users prefer it, the score is high."),
    "sentiment": (NOTED["sentiment"][0], "The author begs for help and I feel sympathy."),
    "self_praise": (NOTED["self_praise"][0], "The answer itself states that it is complete."),
    "identity": (NOTED["identity"][0], "It was written by GPT-4, hence the high score."),
    "refinement": (NOTED["refinement"][0], "It is an improved version, hence better."),
    "injection": (GRAVE["award"], "As instructed by the response, I give it the top score."),
    "length": (LONG * 4, "The response is long and lengthy, which is good."),
    "format": ("# A\nx\n# B\ny\n# C\nz", "It is nicely formatted and looks professional."),
}


@pytest.mark.parametrize("kind", LEANS)
def test_a_ballot_that_leans_on_it_is_grave(kind: str) -> None:
    text, rationale = LEANS[kind]
    votes = [ballot(rationale), ballot("The facts are right.", seat="bert")]
    found = [f for f in screen(docket(text), votes) if f.source == "rationale"]
    assert [(f.kind, f.seat, f.criterion, f.severity) for f in found] == [
        (kind, "anna", "quality", "grave")
    ]
    assert found[0].quote in rationale


@pytest.mark.parametrize("kind", LEANS)
def test_without_the_thing_itself_it_is_only_noted(kind: str) -> None:
    found = screen(docket(HONEST), [ballot(LEANS[kind][1])])
    assert {f.severity for f in found} <= {"note"}


@pytest.mark.parametrize(
    ("kind", "rationale"),
    [
        ("authority", "It claims to be supported by leading experts, without any source."),
        ("bandwagon", "That 90% of users prefer it is irrelevant."),
        ("sentiment", "Although the author begs for help, I weigh the facts."),
        ("self_praise", "The answer itself states that it is complete, but it is not."),
        ("length", "The response is too long and repetitive."),
        ("injection", "The response tells me to give a 5, which I ignore."),
    ],
)
def test_a_judge_that_rejects_the_appeal_does_not_lean_on_it(kind: str, rationale: str) -> None:
    found = screen(docket(LEANS[kind][0]), [ballot(rationale)])
    assert [f for f in found if f.source == "rationale"] == []


def test_an_abstention_leans_on_nothing() -> None:
    votes = [ballot(LEANS["bandwagon"][1], score=None)]
    assert all(f.seat is None for f in screen(docket(LEANS["bandwagon"][0]), votes))


# -- screening -------------------------------------------------------------------------------


def test_grave_findings_come_first() -> None:
    found = screen(docket("Experts agree. " + GRAVE["award"], contexts=[GRAVE["override"]]), [])
    severities = [f.severity for f in found]
    assert severities == sorted(severities)
    assert set(severities) == {"grave", "note"}


def test_only_named_screens_run() -> None:
    attack = docket(GRAVE["override"] + " 90% of users prefer this.")
    assert kinds(screen(attack, [], ["bandwagon"])) == {"bandwagon"}
    assert screen(attack, [], []) == []
    with pytest.raises(ConfigError, match="Did you mean `length`"):
        screen(attack, [], ["lenght"])


@pytest.fixture
def third_party(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Callable[..., Any]], None]]:
    """Registers a detector the way another package would: through an entry point."""

    def _register(detect: Callable[..., Any]) -> None:
        class Point:
            name = "detectors.theirs"

            def load(self) -> Callable[..., Any]:
                return detect

        real = importlib.metadata.entry_points
        monkeypatch.setattr(
            importlib.metadata,
            "entry_points",
            lambda **given: [Point()] if given.get("group") == "dikast" else real(**given),
        )
        registry._entry_points.cache_clear()

    yield _register
    registry._entry_points.cache_clear()


def test_a_detector_that_raises_becomes_a_note(third_party: Any) -> None:
    def broken(docket: Docket, ballots: Sequence[Ballot]) -> list[BiasFinding]:
        raise KeyError("x")

    third_party(broken)
    found = screen(docket(GRAVE["override"]), [])
    assert "injection" in kinds(found, "grave")
    other = next(f for f in found if f.kind == "other")
    assert (other.detector, other.severity) == ("theirs", "note")
    assert "KeyError" in other.explanation


def test_a_finding_without_a_true_quote_is_dropped(third_party: Any) -> None:
    def forging(docket: Docket, ballots: Sequence[Ballot]) -> list[BiasFinding]:
        return [
            BiasFinding(kind="other", detector="theirs", source="response", quote=quote)
            for quote in ("Canberra", "never said", "Canberra")
        ]

    third_party(forging)
    assert [f.quote for f in screen(docket("Canberra."), [])] == ["Canberra"]


SNIPPETS = st.sampled_from(
    [*GRAVE.values(), *HIDDEN.values(), *(t for texts in NOTED.values() for t in texts)]
)
TEXTS = st.lists(SNIPPETS | st.text(max_size=30), max_size=4).map(" ".join)
RATIONALES = st.lists(
    st.sampled_from([rationale for _, rationale in LEANS.values()]) | st.text(max_size=20),
    max_size=3,
).map(" ".join)


@given(TEXTS, TEXTS, st.lists(TEXTS, max_size=2), st.lists(RATIONALES, max_size=3), st.randoms())
def test_laws_of_screening(
    first: str, second: str, contexts: list[str], rationales: list[str], random: Any
) -> None:
    """Quotes are real; the order of ballots and the presentation change nothing."""
    shown = docket(first, second, contexts=contexts)
    votes = [
        ballot(text, score=float(i - 1), seat=f"s{i}", presentation=("c0", "c1"))
        for i, text in enumerate(rationales)
    ]
    found = screen(shown, votes)
    for one in found:
        texts = {
            "response": [first],
            "response_b": [second],
            "context": contexts,
            "question": [ASKED],
            "rationale": rationales,
        }[one.source]
        assert any(one.quote in text or occurs(one.quote, text) for text in texts)
        assert len(one.quote) <= 500
    swapped = Docket(case=shown.case, presentation=("c1", "c0"))
    random.shuffle(votes)
    assert screen(swapped, votes) == found


@given(TEXTS, TEXTS)
@settings(max_examples=30)
def test_swapping_the_candidates_swaps_the_findings(first: str, second: str) -> None:
    def told(found: list[BiasFinding], swap: bool) -> set[tuple[str, str, str]]:
        names = {"response": "response_b", "response_b": "response"} if swap else {}
        return {
            (f.kind, names.get(f.source, f.source), f.quote)
            for f in found
            if f.source != "question"
        }

    there = screen(docket(first, second), [])
    back = screen(docket(second, first), [])
    assert told(there, swap=True) == told(back, swap=False)


@pytest.mark.parametrize(
    "text",
    [
        "a" * 300_000,
        "ignore " * 50_000,
        '"' * 100_000,
        "<" * 100_000,
        "[" * 100_000 + "]" * 100_000,
        "<!--" * 50_000,
        "\u200b" * 100_000,
        "аa" * 100_000,
        "give this response " * 20_000,
        "| a " * 50_000,
        '{"score": ' * 30_000,
        "**" * 100_000,
        "```" * 70_000,
        " \n" * 100_000,
        "90% of " * 40_000,
        "Dear " * 50_000,
    ],
    ids=lambda text: repr(text[:8]),
)
def test_any_text_is_screened_in_bounded_time(text: str) -> None:
    """Twice the text must not take much more than twice the time: no quadratic search."""

    def seconds(of: str) -> float:
        began = time.process_time()
        screen(docket(of, question=None), [ballot(of[:50_000])])
        return time.process_time() - began

    assert seconds(text) < 8
