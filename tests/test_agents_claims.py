"""Parts of the RAG graph by themselves: citations, spans, windows, splitting, levels, measures."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dikast.agents.citations import coverage, markers, masked
from dikast.agents.claim_judge import locate_quote
from dikast.agents.embedded._splitting import split_claims
from dikast.agents.measures import figure, measured, rank_precision
from dikast.agents.quotes import occurs
from dikast.agents.rag_compare import compare_rags, levels
from dikast.agents.spans import span_of
from dikast.agents.windows import Piece, narrowed, nearest, packed, pieces, size
from dikast.types import (
    Candidate,
    Case,
    Context,
    Criterion,
    CriterionVerdict,
    IntegerScale,
    RagFigure,
    RagVerdict,
    RealScale,
    Reason,
    Rubric,
    Verdict,
    YesNoScale,
)

IDS = ["guide", "faq", "2019-report"]


@pytest.mark.parametrize(
    ("text", "cites", "unresolved"),
    [
        pytest.param("So [1].", [("guide",)], [()], id="number-is-a-place"),
        pytest.param("So [2019-report].", [("2019-report",)], [()], id="an-id-with-digits"),
        pytest.param("So [FAQ].", [("faq",)], [()], id="case-does-not-matter"),
        pytest.param("So [1, 3].", [("guide", "2019-report")], [()], id="list"),
        pytest.param("So [1-3].", [("guide", "faq", "2019-report")], [()], id="range"),
        pytest.param("So [^2].", [("faq",)], [()], id="footnote"),
        pytest.param("So 【2】.", [("faq",)], [()], id="full-width"),
        pytest.param("So [4].", [()], [("4",)], id="points-nowhere"),
        pytest.param("So [1978] and [sic].", [], [], id="a-year-is-no-marker"),
        pytest.param("So [].", [], [], id="empty"),
        pytest.param("So [1][2].", [("guide",), ("faq",)], [(), ()], id="two-in-a-row"),
    ],
)
def test_markers(text: str, cites: list[Any], unresolved: list[Any]) -> None:
    found = markers(text, IDS)
    assert [marker.cites for marker in found] == cites
    assert [marker.unresolved for marker in found] == unresolved
    assert len(masked(text, found)) == len(text)


@pytest.mark.parametrize(
    ("text", "covered"),
    [
        pytest.param("A is b [1], and c is d [2].", ["A is b", "and c is d"], id="parts"),
        pytest.param("A is b. [1] C is d.", ["A is b"], id="after-the-full-stop"),
        pytest.param("A is b. C is d [1][2].", ["C is d"], id="a-group-covers-once"),
        pytest.param("[1] A is b.", [""], id="before-everything"),
    ],
)
def test_what_a_marker_covers(text: str, covered: list[str]) -> None:
    found = coverage(text, markers(text, IDS))
    assert [text[c.stretch.start : c.stretch.end].strip(" .,") for c in found] == covered


def test_splitting_by_clauses_keeps_places_and_citations() -> None:
    text = "Great question! It opened in 1978 [1], and it was painted red in 2016 [2]. Is it open?"
    found, more = split_claims(text, IDS)
    assert [(c.text, c.cites) for c in found] == [
        ("It opened in 1978", ("guide",)),
        ("it was painted red in 2016.", ("faq",)),
    ]
    assert more == 0
    for claim in found:
        assert claim.start is not None
        assert claim.end is not None
        assert text[claim.start : claim.end].strip(", ").split()[0] in {"It", "and"}


def test_claims_beyond_the_most_are_counted() -> None:
    found, more = split_claims("The mill stands here. " * 5, [], most=2)
    assert (len(found), more) == (2, 3)


@given(st.text(max_size=200), st.text(min_size=1, max_size=20))
def test_a_span_is_found_only_where_the_quotation_occurs(text: str, quote: str) -> None:
    """The place shown to a reader must be one that the check of quotations accepts."""
    for start, end in span_of(quote, text):
        assert 0 <= start < end <= len(text)
    if span_of(quote, text):
        assert occurs(quote, text)


@pytest.mark.parametrize(
    ("quote", "text", "found"),
    [
        pytest.param("the CAT", "See  the\ncat sit.", "the\ncat", id="case-and-spaces"),
        pytest.param("“so-called”", "a so–called thing", "so–called", id="typography"),
        pytest.param("ﬁne", "It is fine.", "fine", id="ligature"),
        pytest.param("cafe\u0301", "Le café ferme.", "café", id="combining-mark"),
    ],
)
def test_spans(quote: str, text: str, found: str) -> None:
    ((start, end),) = span_of(quote, text)
    assert text[start:end] == found


@given(
    st.lists(st.text(alphabet="ab .é漢\n", max_size=400), min_size=1, max_size=4),
    st.integers(40, 300),
)
def test_pieces_fit_and_lose_nothing(texts: list[str], room: int) -> None:
    contexts = [Context(id=str(n), text=text) for n, text in enumerate(texts)]
    cut = pieces(contexts, room)
    assert all(size(piece.text) <= room for piece in cut)
    for context in contexts:
        own = [piece for piece in cut if piece.context_id == context.id]
        assert [piece.part for piece in own] == list(range(1, len(own) + 1))
        at = reached = 0
        for piece in own:
            at = context.text.find(piece.text, at)
            assert 0 <= at <= reached, "a piece begins no later than the one before it ended"
            reached = max(reached, at + len(piece.text))
        assert reached == len(context.text)
    for window in packed(cut, room):
        assert sum(size(piece.text) for piece in window) <= room


def test_the_nearest_pieces_are_kept_in_their_own_order() -> None:
    found = [Piece("a", "the mill grinds barley"), Piece("b", "warranty of two years")]
    found += [Piece("c", "the grinder"), Piece("d", "a warranty covers burrs")]
    kept = nearest(found, ["warranty burrs"], room=50)
    assert [piece.context_id for piece in kept] == ["b", "d"]


def test_a_narrowed_case_says_what_it_leaves_out() -> None:
    filler = "The mill grinds barley. " * 200
    contexts = (Context(id="p", text=filler + "The warranty is long. " + filler),)
    case = Case(id="c", question="Warranty?", candidates=(Candidate(text="x"),), contexts=contexts)
    short, origin, note = narrowed(case, 3_000, ["warranty"])
    assert sum(size(c.text) for c in short.contexts) <= 3_000
    assert any("warranty is long" in c.text for c in short.contexts)
    assert set(origin.values()) == {"p"}
    assert {c.id for c in short.contexts} == set(origin)
    assert "pieces" in note
    assert narrowed(case, 100_000, ["warranty"])[2] == ""


def test_a_quotation_must_be_more_than_a_letter() -> None:
    shown = [Piece("a", "A warranty of 24 months.")]
    assert locate_quote("24", "1", shown) is not None
    assert locate_quote("a", "1", shown) is None
    assert locate_quote("…", "1", shown) is None


# -- figures ---------------------------------------------------------------------------------------


def test_a_figure_needs_half_of_its_things_decided() -> None:
    assert figure("f", 1, 2, 2, "claim").value == 0.5
    assert figure("f", 1, 1, 2, "claim").value is None
    assert figure("f", 0, 0, 0, "claim").reason == "there is no claim"


@pytest.mark.parametrize(
    ("relevant", "value"),
    [
        pytest.param([True, True, False], 1.0, id="best-order"),
        pytest.param([False, True], 0.5, id="second"),
        pytest.param([True, False, True], (1 + 2 / 3) / 2, id="gap"),
        pytest.param([False, False], None, id="none"),
    ],
)
def test_rank_precision(relevant: list[bool], value: float | None) -> None:
    assert (
        rank_precision(relevant) == pytest.approx(value)
        if value
        else rank_precision(relevant) is None
    )


GATE = Criterion(
    id="faithfulness",
    question="?",
    scale=RealScale(low=0, high=1),
    gate=True,
    pass_mark=0.75,
    measure="faithfulness",
)


@pytest.mark.parametrize(
    ("value", "n", "undecided", "score", "reason"),
    [
        pytest.param(1.0, 4, 0, 1.0, None, id="decided"),
        pytest.param(1.0, 4, 1, 1.0, None, id="the-open-one-cannot-fail-it"),
        pytest.param(1.0, 2, 1, None, Reason.NO_QUORUM, id="the-open-one-could-fail-it"),
        pytest.param(0.5, 2, 1, 0.5, None, id="the-open-one-cannot-pass-it"),
        pytest.param(None, 0, 0, None, Reason.NOT_APPLICABLE, id="nothing-to-measure"),
        pytest.param(None, 1, 3, None, Reason.NO_QUORUM, id="too-few-decided"),
    ],
)
def test_a_measured_gate(
    value: float | None, n: int, undecided: int, score: float | None, reason: Reason | None
) -> None:
    why = "" if value is not None else "why"
    known = RagFigure(name="faithfulness", value=value, reason=why, n=n, undecided=undecided)
    found = measured(GATE, {"faithfulness": known}, [])
    assert (found.score, found.reason, found.decided_by) == (score, reason, "measured")


# -- levels ----------------------------------------------------------------------------------------

LADDER = Rubric(
    id="ladder",
    criteria=(
        Criterion(id="aside", question="?", scale=YesNoScale(), weight=0),
        Criterion(id="valid", question="?", scale=YesNoScale(), gate=True),
        GATE,
        Criterion(id="brief", question="?", scale=IntegerScale(low=1, high=5)),
        Criterion(id="kind", question="?", scale=IntegerScale(low=1, high=5)),
    ),
)


def answer(name: str, **scores: float | Reason) -> RagVerdict:
    """An answer with these outcomes; what is not named was not reached."""
    decisions = []
    for criterion in LADDER.criteria:
        said = scores.get(criterion.id, Reason.NOT_REACHED)
        reason = said if isinstance(said, Reason) else None
        score = None if isinstance(said, Reason) else said
        decisions.append(
            CriterionVerdict(
                criterion=criterion.id,
                score=score,
                shown="" if score is None else criterion.scale.show(score),
                reason=reason,
            )
        )
    verdict = Verdict(
        case_id="c", candidates=(name,), panel="p", status="decided", criteria=tuple(decisions)
    )
    return RagVerdict(case_id="c", candidate=name, verdict=verdict)


def test_levels_of_a_rubric() -> None:
    assert [level.name for level in levels(LADDER)] == ["valid", "faithfulness", "brief+kind"]


@pytest.mark.parametrize(
    ("first", "second", "preferred", "level"),
    [
        pytest.param({"valid": 1}, {"valid": 0}, "first", "valid", id="the-first-gate-decides"),
        pytest.param(
            {"valid": 1, "faithfulness": 0.9, "brief": 1, "kind": 1},
            {"valid": 1, "faithfulness": 0.5},
            "first",
            "faithfulness",
            id="passing-beats-failing",
        ),
        pytest.param(
            {"valid": 1, "faithfulness": 0.9, "brief": 1, "kind": 1},
            {"valid": 1, "faithfulness": 0.92, "brief": 5, "kind": 5},
            "second",
            "brief+kind",
            id="down-a-level-on-equality",
        ),
        pytest.param(
            {"valid": 1, "faithfulness": 1.0, "brief": 1, "kind": 1},
            {"valid": 1, "faithfulness": 0.8, "brief": 5, "kind": 5},
            "first",
            "faithfulness",
            id="a-lower-level-never-makes-up",
        ),
        pytest.param(
            {"valid": 1, "faithfulness": 0.5},
            {"valid": 1, "faithfulness": 0.52},
            "tie",
            "faithfulness",
            id="failing-alike-ends-there",
        ),
        pytest.param(
            {"valid": 1, "faithfulness": 0.76},
            {"valid": 1, "faithfulness": 0.74},
            "first",
            "faithfulness",
            id="the-mark-between-them-decides-within-tolerance",
        ),
        pytest.param(
            {"valid": 1},
            {"valid": 1, "faithfulness": 0.5},
            "first",
            "faithfulness",
            id="a-rightful-refusal-beats-an-unfaithful-answer",
        ),
        pytest.param({"valid": 1}, {"valid": 1}, "tie", None, id="two-refusals"),
        pytest.param(
            {"valid": 1, "faithfulness": Reason.NO_QUORUM},
            {"valid": 1, "faithfulness": 1.0},
            None,
            "faithfulness",
            id="undecided-is-no-loss",
        ),
        pytest.param(
            {"valid": 0},
            {"valid": 1, "faithfulness": Reason.NO_QUORUM},
            "second",
            "valid",
            id="decided-before-it-is-reached",
        ),
    ],
)
def test_two_answers(
    first: dict[str, Any], second: dict[str, Any], preferred: str | None, level: str | None
) -> None:
    one, other = answer("x", **first), answer("y", **second)
    found = compare_rags(one, other, LADDER, tolerance=0.05)
    assert (found.preferred, found.level) == (preferred, level)
    mirror = compare_rags(other, one, LADDER, tolerance=0.05)
    turned = {"first": "second", "second": "first"}
    assert mirror.preferred == turned.get(preferred or "", preferred)
    assert (mirror.level, mirror.winner) == (level, found.winner)
