"""Critic and revision of the rule-backed panel: votes move on what was verified, and only then."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dikast.agents.embedded import seat
from dikast.agents.embedded._critic import EmbeddedCritic
from dikast.agents.embedded._remit import REMIT
from dikast.agents.embedded._rule_judge import Check, bounded
from dikast.agents.quotes import locate
from dikast.config import load_panel
from dikast.graphs.deliberation import deliberation_graph
from dikast.records.cases import read_cases
from dikast.types import (
    Ballot,
    Case,
    Critique,
    IntegerScale,
    PreferenceScale,
    Source,
    StopReason,
    Verdict,
)
from tests.embedded_kit import JUDGES, PAIR, case, criterion, docket, raised, vote
from tests.test_embedded_judges import BRIDGE, MENU, TEXTS

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
GROUNDED = criterion("groundedness")
GROUNDERS = [judge for judge in JUDGES if "groundedness" in REMIT[judge]]
LONG = (
    "The footbridge is made of larch and steel, and crosses the Tamsel. "
    "The footbridge was opened in {year}."
)


def challenge(of: Case, *ballots: Ballot, name: str = "groundedness") -> Critique:
    by = PAIR if name == "preference" else criterion(name)
    critic = EmbeddedCritic()
    return asyncio.run(critic.challenge(docket(of), by, ballots, round=0))


def high(of: Case, judge: str, score: float = 5.0) -> Ballot:
    """A standing vote that is too kind."""
    return vote(judge, of, GROUNDED).model_copy(update={"score": score, "abstention": None})


# -- revision -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("judge", "after"),
    [
        pytest.param("alignment", 2.0, id="alignment-sees-the-contradiction"),
        pytest.param("entities", 2.0, id="entities-sees-the-contradiction"),
        pytest.param("overlap", 3.0, id="overlap-sees-only-that-it-is-absent"),
    ],
)
def test_a_verified_point_moves_the_vote_and_says_by_what(judge: str, after: float) -> None:
    of = case(LONG.format(year=1987), BRIDGE)
    brief = raised([high(of, judge)], "The footbridge was opened in 1987.")
    ballot = vote(judge, of, GROUNDED, brief=brief)
    assert ballot.score == after
    assert "1987" in ballot.grounds


@pytest.mark.parametrize("judge", GROUNDERS)
@pytest.mark.parametrize(
    ("quote", "source"),
    [
        pytest.param("The footbridge was opened in 1999.", "response", id="forged"),
        pytest.param("It was opened in 1987.", "context", id="stands-elsewhere"),
        pytest.param("The footbridge was opened in 1978.", "response", id="true-of-the-passage"),
    ],
)
def test_a_point_that_does_not_hold_moves_nobody(judge: str, quote: str, source: Source) -> None:
    of = case("The footbridge was opened in 1978.", BRIDGE, question="When was it opened?")
    own = high(of, judge)
    ballot = vote(judge, of, GROUNDED, brief=raised([own], quote, source=source))
    assert ballot.score == own.score
    assert ballot.grounds.startswith("Kept")


@pytest.mark.parametrize("judge", GROUNDERS)
def test_opinions_alone_move_nobody(judge: str) -> None:
    of = case("The footbridge was opened in 1978.", BRIDGE, question="When was it opened?")
    own = high(of, judge)
    brief = raised([own]).model_copy(update={"critiques": ()})
    ballot = vote(judge, of, GROUNDED, brief=brief)
    assert ballot.score == own.score
    assert "opinions are not evidence" in ballot.grounds


def test_a_vote_that_reckons_with_the_point_already_stays_and_says_so() -> None:
    of = case(LONG.format(year=1987), BRIDGE)
    first = vote("entities", of, GROUNDED)
    brief = raised([first], "The footbridge was opened in 1987.")
    again = vote("entities", of, GROUNDED, brief=brief)
    assert again.score == first.score
    assert "already reckons" in again.grounds


def test_a_passage_that_bears_out_raises_a_doubting_vote() -> None:
    of = case("It was Veldmark.", "In 1911 the regional court moved from Arnsby to Veldmark.")
    low = high(of, "overlap", 2.0)
    quote = "In 1911 the regional court moved from Arnsby to Veldmark."
    brief = raised([low], quote, source="context", effect="raise")
    assert vote("overlap", of, GROUNDED, brief=brief).score == 4.0


def test_a_passage_raises_nobody_if_something_stands_against_the_response() -> None:
    of = case("The footbridge was opened in 1987.", BRIDGE)
    quote = "The footbridge was opened in 1978."
    for judge in ("alignment", "entities"):
        brief = raised([high(of, judge, 1.0)], quote, source="context", effect="raise")
        assert vote(judge, of, GROUNDED, brief=brief).score == 1.0


def test_what_lowers_outweighs_what_raises() -> None:
    checks = [Check("it is in the passage", low=0.75), Check("it is against it", high=0.4)]
    assert bounded(0.9, checks) == bounded(0.9, checks[::-1]) == 0.4


def test_words_of_the_response_do_not_pass_for_a_passage() -> None:
    of = case("It was Veldmark.", "In 1911 the court moved from Arnsby to Veldmark.")
    low = high(of, "overlap", 2.0)
    forged = raised([low], "It was Veldmark.", source="context", effect="raise")
    assert vote("overlap", of, GROUNDED, brief=forged).score == 2.0


def test_a_missing_key_fact_of_the_reference_lowers_and_a_present_one_does_not() -> None:
    by = criterion("correctness")
    for response, after in (("It went to Arnsby.", 3.0), ("It went to Veldmark.", 5.0)):
        of = case(response, question="Where did the court go?", reference="It went to Veldmark.")
        own = vote("exact", of, by).model_copy(update={"score": 5.0})
        brief = raised([own], "Veldmark", source="reference")
        assert vote("exact", of, by, brief=brief).score == after


def test_form_lowers_on_an_instruction_that_it_finds_broken() -> None:
    by = criterion("instruction_following")
    of = case("One. Two. Three.", question="Answer in exactly two sentences.")
    own = vote("form", of, by).model_copy(update={"score": 5.0})
    brief = raised([own], "exactly two sentences", source="question")
    ballot = vote("form", of, by, brief=brief)
    assert (ballot.score, "has 3" in ballot.grounds) == (3.0, True)


def test_of_a_pair_the_point_counts_for_the_candidate_it_quotes() -> None:
    wrong, right = (LONG.format(year=year) for year in (1987, 1978))
    of = case(wrong, BRIDGE, question="When was the footbridge opened?", second=right)
    tie = vote("overlap", of, PAIR).model_copy(update={"score": 0.0})
    brief = raised([tie], "The footbridge was opened in 1987.")
    assert vote("overlap", of, PAIR, brief=brief).score == -2.0
    mirrored = case(right, BRIDGE, question="When was the footbridge opened?", second=wrong)
    brief = raised([tie], "The footbridge was opened in 1987.", source="response_b")
    assert vote("overlap", mirrored, PAIR, brief=brief).score == 2.0


@pytest.mark.parametrize("judge", JUDGES)
@given(response=TEXTS, passage=TEXTS, quote=TEXTS, score=st.integers(1, 5))
@settings(max_examples=25)
def test_a_quote_that_occurs_nowhere_never_moves_a_vote(
    judge: str, response: str, passage: str, quote: str, score: int
) -> None:
    of = case(response, passage, question="When was it opened?")
    own = vote(judge, of, GROUNDED)
    if own.score is None or not quote.strip() or locate(quote, docket(of)) is not None:
        return
    own = own.model_copy(update={"score": float(score)})
    assert vote(judge, of, GROUNDED, brief=raised([own], quote)).score == score


# -- critic -------------------------------------------------------------------------------------


def test_the_critic_quotes_the_span_and_names_what_stands_against_it() -> None:
    of = case(LONG.format(year=1987), BRIDGE)
    kind, harsh = high(of, "overlap"), high(of, "entities", 1.0)
    critique = challenge(of, kind, harsh)
    (point,) = critique.points
    assert point.quote == "The footbridge was opened in 1987."
    assert point.effect == "lower"
    assert "“1987” stands against “1978”" in point.claim
    assert critique.challenged == ("overlap",)


def test_where_nothing_speaks_against_it_the_critic_quotes_what_bears_it_out() -> None:
    of = case("It was Veldmark.", "In 1911 the regional court moved from Arnsby to Veldmark.")
    doubts, trusts = high(of, "exact", 2.0), high(of, "entities")
    critique = challenge(of, doubts, trusts)
    assert [(p.source, p.context_id, p.effect) for p in critique.points] == [
        ("context", "p0", "raise")
    ]
    assert critique.challenged == ("exact",)


@pytest.mark.parametrize(
    ("of", "name", "source", "said"),
    [
        pytest.param(
            case("It went to Arnsby.", question="Where to?", reference="It went to Veldmark."),
            "correctness",
            "reference",
            "is missing",
            id="missing-key-fact",
        ),
        pytest.param(
            case("A guild of masons.", question="When was it built?"),
            "helpfulness",
            "question",
            "not answered",
            id="unanswered",
        ),
        pytest.param(
            case("One. Two.", question="Answer in exactly three sentences."),
            "instruction_following",
            "question",
            "the response has 2",
            id="broken-limit",
        ),
        pytest.param(
            case("The lentil soup does not contain celery.", MENU),
            "groundedness",
            "response",
            "denies",
            id="negation",
        ),
        pytest.param(
            case("Zebras graze on volcanic ash.", MENU),
            "groundedness",
            "response",
            "no support",
            id="unsupported",
        ),
    ],
)
def test_points_by_what_is_wrong(of: Case, name: str, source: str, said: str) -> None:
    critique = challenge(of, name=name)
    assert any(p.source == source and said in p.claim for p in critique.points)


def test_a_fault_of_the_second_candidate_speaks_for_the_first() -> None:
    right, wrong = (LONG.format(year=year) for year in (1978, 1987))
    of = case(right, BRIDGE, question="When was it opened?", second=wrong)
    tie = vote("overlap", of, PAIR).model_copy(update={"score": 0.0})
    critique = challenge(of, tie, name="preference")
    assert {(p.source, p.effect) for p in critique.points} == {("response_b", "raise")}
    assert critique.challenged == ("overlap",)


@given(response=TEXTS, passage=TEXTS, question=TEXTS, reference=st.none() | TEXTS)
@settings(max_examples=40)
def test_every_point_quotes_what_occurs(
    response: str, passage: str, question: str, reference: str | None
) -> None:
    of = case(response, passage, question=question, reference=reference)
    for name in ("groundedness", "correctness", "helpfulness", "instruction_following", "safety"):
        for point in challenge(of, name=name).points:
            found = locate(point.quote, docket(of), claimed=point.source)
            assert found is not None
            assert found.source == point.source


# -- the whole deliberation -----------------------------------------------------------------------


def hear(case_id: str) -> Verdict:
    """The demo's verdict on one of its cases, through the graph."""
    (of,) = [c for c in read_cases(EXAMPLES / "cases.jsonl") if c.id == case_id]
    graph = deliberation_graph(load_panel(EXAMPLES / "panel.toml"))
    verdict = graph.invoke({"case": of})["verdict"]
    assert isinstance(verdict, Verdict)
    return verdict


def test_evidence_settles_the_contested_demo_case() -> None:
    verdict = hear("bridge-year")
    decided = verdict.criterion("helpfulness")
    assert decided.contested
    assert decided.stop is StopReason.SETTLED
    assert (decided.first_score, decided.score) == (4.0, 2.0)
    flips = {
        flip.seat: flip for flip in verdict.transcript.flips if flip.criterion == "helpfulness"
    }
    assert {(f.seat, f.before, f.after) for f in flips.values()} == {
        ("answers", 5.0, 2.0),
        ("overlap", 4.0, 3.0),
    }
    assert all("1987" in flip.grounds for flip in flips.values())


def test_the_other_demo_case_stays_contested_and_is_not_guessed() -> None:
    verdict = hear("allergen")
    decided = verdict.criterion("helpfulness")
    assert decided.contested
    assert decided.stop is StopReason.NO_CHANGE
    assert decided.score is None
    assert verdict.status == "abstained"
    kept = [b for b in verdict.transcript.ballots if b.round and b.criterion == "helpfulness"]
    assert kept
    assert all(ballot.grounds.startswith("Kept") for ballot in kept)


def test_no_vote_is_moved_by_a_text_that_addresses_the_judges() -> None:
    verdict = hear("injected-verdict")
    assert verdict.criterion("groundedness").score == 1.0


def test_the_demo_panel_is_wholly_embedded_and_its_cases_are_read() -> None:
    spec = load_panel(EXAMPLES / "panel.toml")
    assert all(judge.embedded for judge in spec.judges)
    assert spec.critic is not None
    assert spec.critic.embedded == "critic"
    cases = list(read_cases(EXAMPLES / "cases.jsonl"))
    assert 8 <= len(cases) <= 12


def test_private_round_critique_and_revision_without_a_graph() -> None:
    """The protocol by hand: votes, a critique of the kind one, a revision on its evidence."""
    of = case(LONG.format(year=1987), BRIDGE, question="When was the footbridge opened?")
    by = criterion("helpfulness", IntegerScale(low=1, high=5))
    votes = {name: vote(name, of, by) for name in ("answers", "entities", "overlap")}
    assert votes["answers"].score == 5.0
    assert votes["entities"].score == 2.0
    critique = challenge(of, *votes.values(), name="helpfulness")
    assert "answers" in critique.challenged
    brief = raised([votes["answers"]]).model_copy(update={"critiques": (critique,)})
    (revised,) = asyncio.run(
        seat("answers").vote(docket(of), [by], seat="answers", round=1, brief=brief)
    )
    assert revised.round == 1
    assert revised.score == 2.0
    assert "1987" in revised.grounds


def test_preference_needs_two_and_direct_scales_one() -> None:
    alone = vote("overlap", case("One.", BRIDGE), PAIR)
    pair = vote("overlap", case("One.", BRIDGE, second="Two."), GROUNDED)
    assert alone.abstention is not None
    assert pair.abstention is not None
    assert isinstance(PAIR.scale, PreferenceScale)
