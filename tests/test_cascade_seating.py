"""Cascade seating: stages are heard until one is confident enough; then a person, or nobody."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dikast.agents.aggregator import Aggregator
from dikast.agents.cascade import drift
from dikast.deciding import redecide
from dikast.graphs.deliberation import deliberation_graph
from dikast.graphs.estimate import estimate
from dikast.graphs.pairwise import pairwise_graph
from dikast.minutes import minutes
from dikast.records.identity import Identity, seat_digests
from dikast.rules import Vote
from dikast.stats.ballot_table import BallotTable, Row
from dikast.stats.stage_votes import stage_votes
from dikast.types import (
    Abstention,
    Ballot,
    CalibratedSeat,
    Candidate,
    CascadeSpec,
    CascadeStage,
    Case,
    Confidence,
    Criterion,
    IntegerScale,
    JudgeSpec,
    PanelSpec,
    PreferenceScale,
    Reason,
    Rubric,
    Scale,
    StageThreshold,
    Verdict,
    YesNoScale,
)
from tests.judges import case

SAFE = Rubric(id="safe", criteria=(Criterion(id="safe", question="?", scale=YesNoScale()),))
BETTER = Rubric(id="b", criteria=(Criterion(id="better", question="?", scale=PreferenceScale()),))
PAIR = Case(id="p", candidates=(Candidate(id="x", text="one"), Candidate(id="y", text="two")))

Said = float | Reason | tuple[float, float]
"""A score, an abstention, or a score with the confidence that the judge states."""


class Sampler:
    """A judge that casts one ballot per sample, as its script for the shown order says."""

    def __init__(self, name: str, *said: Said, swapped: Sequence[Said] = ()) -> None:
        self.name, self.said, self.swapped = name, said, swapped
        self.asked: list[tuple[str, ...]] = []

    async def vote(self, docket: Any, criteria: Sequence[Criterion], **place: Any) -> list[Ballot]:
        self.asked += [tuple(c.id for c in criteria)]
        turned = docket.presentation != docket.canonical
        script = self.swapped if turned and self.swapped else self.said
        return [
            self._ballot(docket, criterion, place, sample, said)
            for criterion in criteria
            for sample, said in enumerate(script)
        ]

    def _ballot(
        self, docket: Any, criterion: Criterion, place: Mapping[str, Any], sample: int, said: Said
    ) -> Ballot:
        score, stated = said if isinstance(said, tuple) else (said, None)
        abstained = isinstance(score, Reason)
        return Ballot(
            seat=place["seat"],
            judge=self.name,
            criterion=criterion.id,
            round=place["round"],
            presentation=docket.presentation,
            sample=sample,
            score=None if isinstance(score, Reason) else score,
            abstention=Abstention(reason=score) if isinstance(score, Reason) else None,
            rationale="" if abstained else f"because of {self.name}",
            stated_confidence=stated,
        )


def stage(*seats: str, at: float | None = 0.8, **by_criterion: float) -> CascadeStage:
    always = "" if at is not None else "too few labels"
    own = tuple(StageThreshold(criterion=c, at=t) for c, t in by_criterion.items())
    return CascadeStage(
        seats=seats, thresholds=(StageThreshold(at=at, abstain_always=always), *own)
    )


def panel(
    *stages: CascadeStage,
    rubric: Rubric = SAFE,
    confidence: Confidence = "samples",
    seats: Sequence[str] = (),
    judges: Sequence[JudgeSpec] = (),
    cascade: Mapping[str, Any] | None = None,
    **protocol: Any,
) -> PanelSpec:
    names = dict.fromkeys([*(s for one in stages for s in one.seats), *seats])
    return PanelSpec(
        judges=tuple(judges) or tuple(JudgeSpec(name=n, model="custom/s") for n in names),
        rubric=rubric,
        rule={"name": "majority"},
        cascade=CascadeSpec(stages=stages, confidence=confidence, **(cascade or {})),
        protocol={"seating": "cascade", **protocol},
    )


def hear(spec: PanelSpec, *judges: Sampler) -> Verdict:
    graph = deliberation_graph(spec, judges={j.name: j for j in judges})
    verdict = asyncio.run(graph.ainvoke({"case": case()}))["verdict"]
    assert isinstance(verdict, Verdict)
    return verdict


THREE = (stage("cheap", at=0.8), stage("middle", at=0.6), stage("strong", at=0.75))


@pytest.mark.parametrize(
    ("cheap", "middle", "by", "score", "asked"),
    [
        pytest.param([1] * 5, [0] * 3, "cheap", 1, 1, id="sure-at-once"),
        pytest.param([1, 1, 1, 1, 0], [0] * 3, "cheap", 1, 1, id="exactly-at-the-threshold"),
        pytest.param([1, 1, 1, 0, 0], [0, 0, 1], "middle", 0, 2, id="the-next-one-decides"),
        pytest.param([1, 0], [0, 1], "strong", 1, 3, id="up-to-the-last"),
        pytest.param([Reason.TIMEOUT], [0], "middle", 0, 2, id="a-failure-goes-up"),
        pytest.param([1, 1, 1, Reason.EMPTY], [0], "middle", 0, 2, id="silence-is-no-support"),
    ],
)
def test_the_first_confident_stage_decides(
    cheap: list[Said], middle: list[Said], by: str, score: float, asked: int
) -> None:
    judges = [Sampler("cheap", *cheap), Sampler("middle", *middle), Sampler("strong", 1)]
    verdict = hear(panel(*THREE), *judges)
    decision = verdict.criterion("safe")
    assert (verdict.status, decision.decided_by, decision.score) == ("decided", by, score)
    assert sum(bool(judge.asked) for judge in judges) == asked
    assert f"{by}: confidence" in decision.detail
    assert "≥" in decision.detail


def test_below_every_threshold_nobody_decides_and_thresholds_are_named() -> None:
    judges = [Sampler("cheap", 1, 0, 1), Sampler("middle", 1, 0), Sampler("strong", 0, 0, 1)]
    verdict = hear(panel(*THREE), *judges)
    decision = verdict.criterion("safe")
    assert (verdict.status, decision.reason) == ("abstained", Reason.LOW_CONFIDENCE)
    assert decision.confidence == pytest.approx(2 / 3)
    for words in ("cheap: confidence 0.667 < 0.8", "middle: no decision", "0.667 < 0.75"):
        assert words in decision.detail
    assert "leaning to no" in decision.detail
    assert [d.seat for d in decision.dissents] == ["cheap", "strong"]


def test_after_the_last_stage_a_person_is_awaited() -> None:
    judges = [Sampler("cheap", 1, 0), Sampler("middle", 1, 0), Sampler("strong", 0, 1)]
    verdict = hear(panel(*THREE, on_low_confidence="adjudicate"), *judges)
    assert verdict.status == "awaiting_adjudication"


def test_where_all_fail_the_verdict_is_failed() -> None:
    judges = [Sampler(name, Reason.TIMEOUT) for name in ("cheap", "middle", "strong")]
    verdict = hear(panel(*THREE, on_low_confidence="adjudicate"), *judges)
    assert (verdict.status, verdict.reason) == ("failed", Reason.NO_QUORUM)
    assert verdict.missing == ("cheap", "middle", "strong")
    assert "cheap: timeout" in verdict.criterion("safe").detail


def test_a_stage_that_abstains_always_is_not_asked() -> None:
    judges = [Sampler("cheap", 1), Sampler("middle", 1), Sampler("strong", 0)]
    spec = panel(stage("cheap", at=None), stage("middle", at=None), stage("strong"))
    verdict = hear(spec, *judges)
    assert verdict.criterion("safe").decided_by == "strong"
    assert [len(judge.asked) for judge in judges] == [0, 0, 1]
    nobody = hear(panel(stage("cheap", at=None)), judges[0])
    assert (nobody.status, nobody.reason) == ("abstained", Reason.LOW_CONFIDENCE)
    assert "no stage may decide (cheap: too few labels)" in nobody.detail
    assert judges[0].asked == []


def test_a_dissenting_earlier_stage_is_heard_in_the_record() -> None:
    verdict = hear(panel(*THREE), Sampler("cheap", 1, 1, 0), Sampler("middle", 0))
    (dissent,) = verdict.criterion("safe").dissents
    assert (dissent.seat, dissent.shown, dissent.rationale) == ("cheap", "yes", "because of cheap")
    assert verdict.criterion("safe").first_score == 1


@pytest.mark.parametrize(
    ("tolerance", "dissenting"),
    [pytest.param(0.25, ["cheap"], id="beyond"), pytest.param(0.5, [], id="within")],
)
def test_a_dissent_is_told_by_the_tolerance_of_the_cascade(
    tolerance: float, dissenting: list[str]
) -> None:
    good = Rubric(id="g", criteria=(Criterion(id="g", question="?", scale=IntegerScale()),))
    spec = panel(
        stage("cheap", at=1.0), stage("strong"), rubric=good, cascade={"tolerance": tolerance}
    )
    decision = hear(spec, Sampler("cheap", 1, 1, 5), Sampler("strong", 4)).criterion("g")
    assert decision.score == 4
    assert [dissent.seat for dissent in decision.dissents] == dissenting


def test_criteria_go_up_apart() -> None:
    rubric = Rubric(
        id="two",
        criteria=tuple(Criterion(id=i, question="?", scale=YesNoScale()) for i in ("a", "b")),
    )
    spec = panel(stage("cheap", at=0.6, b=0.9), stage("strong"), rubric=rubric)
    cheap, strong = Sampler("cheap", 1, 1, 0), Sampler("strong", 0)
    verdict = hear(spec, cheap, strong)
    assert [d.decided_by for d in verdict.criteria] == ["cheap", "strong"]
    assert strong.asked == [("b",)]


@pytest.mark.parametrize(
    ("votes", "by", "confidence"),
    [
        pytest.param({"a": 1, "b": 1, "c": 1}, "a + b", 1.0, id="small-panel-agrees"),
        pytest.param({"a": 1, "b": 0, "c": 1}, "a + b + c", 2 / 3, id="large-panel-decides"),
        pytest.param({"a": 1, "b": Reason.EMPTY, "c": 1}, "a + b + c", 2 / 3, id="one-is-silent"),
    ],
)
def test_stages_may_be_panels(votes: dict[str, Said], by: str, confidence: float) -> None:
    """The large panel holds the small one, whose members are not asked twice."""
    spec = panel(stage("a", "b", at=0.9), stage("a", "b", "c", at=0.6), confidence="panel")
    judges = [Sampler(name, said) for name, said in votes.items()]
    decision = hear(spec, *judges).criterion("safe")
    assert decision.decided_by == by
    assert decision.confidence == pytest.approx(confidence)
    assert all(len(judge.asked) <= 1 for judge in judges)


def test_a_panel_without_a_majority_of_votes_decides_nothing() -> None:
    spec = panel(stage("a", "b", at=0.1), confidence="panel")
    verdict = hear(spec, Sampler("a", 1), Sampler("b", Reason.TIMEOUT))
    assert verdict.reason is Reason.LOW_CONFIDENCE
    assert "a + b: no decision" in verdict.detail


@pytest.mark.parametrize(
    ("source", "said", "confidence"),
    [
        pytest.param("stated", [(1, 0.85)], 0.85, id="stated"),
        pytest.param("stated", [(1, 0.9), (1, 0.7), (0, 1.0)], 1.6 / 3, id="the-other-counts-0"),
        pytest.param("bands", [(1, 0.95)], 0.8, id="lowered-to-its-band"),
        pytest.param("stated", [1.0], None, id="not-stated"),
    ],
)
def test_stated_confidence(source: Any, said: list[Said], confidence: float | None) -> None:
    spec = panel(stage("a", at=0.8), confidence=source)
    decision = hear(spec, Sampler("a", *said)).criterion("safe")
    assert decision.confidence == (None if confidence is None else pytest.approx(confidence))
    assert (decision.score is None) == (confidence is None or confidence < 0.8)
    assert confidence is not None or "a: no confidence" in decision.detail


@pytest.mark.parametrize(
    ("cheap", "swapped", "by"),
    [
        pytest.param([1.0], [1.0], "cheap", id="survives-the-swap"),
        pytest.param([1.0], [-1.0], "strong", id="an-inconsistent-pair-is-not-confident"),
        pytest.param([1.0, 1.0], [1.0, 0.0], "strong", id="one-sample-in-four"),
        pytest.param([1.0], [Reason.TIMEOUT], "strong", id="half-a-comparison"),
        pytest.param([-1.0], [0.0], "strong", id="a-preference-in-one-order-only"),
        pytest.param([0.0], [0.0], "cheap", id="a-tie-held-twice-is-a-judgement"),
    ],
)
def test_pairs_are_heard_in_both_orders(cheap: list[Said], swapped: list[Said], by: str) -> None:
    spec = panel(stage("cheap", at=0.9), stage("strong", at=0.9), rubric=BETTER)
    judges = [Sampler("cheap", *cheap, swapped=swapped), Sampler("strong", 1.0)]
    graph = pairwise_graph(spec, judges={j.name: j for j in judges})
    found = asyncio.run(graph.ainvoke({"case": PAIR}))["comparison"]
    assert found.verdict.criteria[0].decided_by == by
    assert len(judges[0].asked) == 2
    assert len(judges[1].asked) == (2 if by == "strong" else 0)


def test_no_threshold_is_so_low_that_an_inconsistent_pair_passes() -> None:
    spec = panel(stage("cheap", at=0.0), rubric=BETTER)
    cheap = Sampler("cheap", 1.0, swapped=[-1.0])
    graph = pairwise_graph(spec, judges={"cheap": cheap})
    found = asyncio.run(graph.ainvoke({"case": PAIR}))["comparison"]
    assert found.reason is Reason.LOW_CONFIDENCE
    assert "cheap: no confidence" in found.verdict.detail


def test_a_reserve_was_not_calibrated_and_supports_nothing() -> None:
    stages = (stage("cheap"), stage("strong"))
    judges = (
        JudgeSpec(name="cheap", model="custom/s", reserve="spare"),
        JudgeSpec(name="strong", model="custom/s"),
    )
    spec = PanelSpec.model_validate(
        {
            **dict(panel(*stages, judges=(*judges[1:], JudgeSpec(name="cheap", model="custom/s")))),
            "judges": judges,
            "reserves": (JudgeSpec(name="spare", model="custom/s"),),
        }
    )
    players = [Sampler("cheap", Reason.TIMEOUT), Sampler("spare", 1), Sampler("strong", 0)]
    verdict = hear(spec, *players)
    assert verdict.criterion("safe").decided_by == "strong"
    assert "cheap: no confidence" in verdict.criterion("safe").detail


# --- the record --------------------------------------------------------------------------------

CALIBRATED = {
    "alpha": 0.1,
    "delta": 0.1,
    "labelled": 500,
    "labels": "ab" * 32,
    "date": "2026-01-31",
}


def test_the_verdict_records_what_the_promise_rests_on() -> None:
    spec = panel(stage("cheap"), cascade=CALIBRATED)
    verdict = hear(spec, Sampler("cheap", 1))
    (note,) = verdict.transcript.notes
    for words in ("2026-01-31", "500 labelled cases", "abababababab", "probability 0.9"):
        assert words in note
        assert words in " ".join(minutes(verdict, spec.rubric).split())
    by_hand = hear(panel(stage("cheap")), Sampler("cheap", 1))
    assert "set by hand and promise nothing" in by_hand.transcript.notes[0]


def test_drift_is_named() -> None:
    spec = panel(stage("cheap"), cascade=CALIBRATED)
    now = seat_digests(spec)["cheap"]
    then = {**CALIBRATED, "prompts": {"judge": "1"}, "rubric": spec.rubric.digest}
    same = {**then, "judges": (CalibratedSeat(seat="cheap", model="m", digest=now),)}
    assert drift(panel(stage("cheap"), cascade=same), {"judge": "1", "critic": "2"}) == []
    other = {**then, "judges": (CalibratedSeat(seat="cheap", model="m", digest="0"),)}
    changed = panel(stage("cheap"), cascade={**other, "rubric": "0"})
    assert [words.partition(" since")[0] for words in drift(changed, {"judge": "2"})] == [
        "prompt `judge` changed",
        "judge `cheap` (then `m`) changed",
        "the rubric changed",
    ]
    notes = hear(changed, Sampler("cheap", 1)).transcript.notes
    assert any("its promise no longer holds" in note for note in notes)


def test_deciding_again_gives_the_same_verdict_once_noted() -> None:
    spec = panel(*THREE)
    verdict = hear(spec, Sampler("cheap", 1, 0), Sampler("middle", 0, 0), Sampler("strong", 1))
    assert redecide(verdict, case(), spec) == verdict


def test_the_cascade_is_part_of_what_a_run_is() -> None:
    before, after = panel(stage("a"), stage("b")), panel(stage("a", at=0.9), stage("b"))
    assert Identity.of(before).changed(Identity.of(after)) == ["cascade: `stage 1 (a)` changed"]
    dated = panel(stage("a"), stage("b"), cascade={"date": "2026-01-31"})
    (word,) = Identity.of(before).changed(Identity.of(dated))
    assert word.startswith("cascade: date")
    bare = before.model_copy(
        update={"cascade": None, "protocol": before.protocol.model_copy(update={"seating": "all"})}
    )
    assert any("cascade" in word for word in Identity.of(before).changed(Identity.of(bare)))


def test_the_listing_order_of_judges_decides_nothing() -> None:
    spec = panel(*THREE)
    turned = PanelSpec.model_validate({**dict(spec), "judges": spec.judges[::-1]})
    judges = [Sampler("cheap", 1, 0, 1), Sampler("middle", 0, 0, 1), Sampler("strong", 1)]
    assert hear(spec, *judges) == hear(turned, *judges)


def test_the_estimate_ranges_from_the_first_stage_to_all() -> None:
    judges = tuple(
        JudgeSpec(name=n, model=f"openai/{n}", samples=s)
        for n, s in (("cheap", 3), ("middle", 1), ("strong", 2), ("idle", 9))
    )
    spec = panel(*THREE, judges=judges, reasks=0)
    found = asyncio.run(estimate(spec, [case("1"), case("2")]))
    assert (found.least.calls, found.most.calls) == (6, 12)
    skipping = panel(stage("cheap", at=None), *THREE[1:], judges=judges, reasks=1)
    found = asyncio.run(estimate(skipping, [case("1")]))
    assert (found.least.calls, found.most.calls) == (1, 6)


# --- one definition of confidence ----------------------------------------------------------------

SCALES: dict[str, Scale] = {
    "yes-no": YesNoScale(),
    "five": IntegerScale(low=1, high=5),
    "pairs": PreferenceScale(levels=5),
}


@st.composite
def hearings(draw: st.DrawFn) -> tuple[Scale, list[Ballot], dict[str, float], Any, Any]:
    scale = SCALES[draw(st.sampled_from(sorted(SCALES)))]
    low, high = scale.bounds()
    orders = [("x", "y"), ("y", "x")] if scale.kind == "preference" else [("x",)]
    weights = {name: draw(st.sampled_from([1.0, 2.0, 0.3])) for name in ("a", "b", "c")}
    ballots = []
    for seat in weights:
        for order in orders:
            for sample in range(draw(st.integers(1, 4))):
                score = draw(st.none() | st.integers(int(low), int(high)))
                ballots.append(
                    Ballot(
                        seat=seat,
                        judge=seat,
                        criterion="q",
                        presentation=order,
                        sample=sample,
                        score=score,
                        abstention=Abstention(reason=Reason.EMPTY) if score is None else None,
                        stated_confidence=draw(st.none() | st.floats(0, 1)),
                    )
                )
    source = draw(st.sampled_from(["samples", "stated", "bands", "panel"]))
    return scale, ballots, weights, source, draw(st.sampled_from(["strict", "lenient"]))


@given(hearings())
def test_recorded_ballots_replay_as_they_were_heard(drawn: Any) -> None:
    """The confidence of a live stage and that of its replay are one number."""
    scale, ballots, weights, source, fold = drawn
    rubric = Rubric(id="r", criteria=(Criterion(id="q", question="?", scale=scale),))
    spec = panel(
        stage("a", "b", "c", at=0.0),
        rubric=rubric,
        confidence=source,
        judges=[JudgeSpec(name=n, model="custom/s", weight=w) for n, w in weights.items()],
        fold=fold,
    )
    pairs = scale.kind == "preference"
    aggregator = Aggregator(spec, orders=2 if pairs else 1)
    assert aggregator.ladder is not None
    standing = aggregator.standings(ballots)
    (step,) = aggregator.ladder.climb(rubric.criteria[0], ballots, standing).steps
    table = BallotTable.of(
        [
            Row(
                "c",
                b.seat,
                b.score,
                "q",
                swapped=b.presentation == ("y", "x"),
                sample=b.sample,
                confidence=b.stated_confidence,
            )
            for b in ballots
        ],
        scales={"q": scale},
        pairs=pairs,
    )

    def decide(votes: Sequence[tuple[float, float]]) -> float | None:
        return aggregator.counter.decide([Vote(*vote) for vote in votes], scale).score

    found = stage_votes(
        table, "q", ["a", "b", "c"], source=source, decide=decide, weights=weights, fold=fold
    )
    for live, replayed in ((step.decision, found.decision), (step.confidence, found.confidence)):
        assert np.isnan(replayed[0]) if live is None else replayed[0] == pytest.approx(live)
    assert found.recorded.tolist() == [True]
    assert found.ballots.tolist() == [len(ballots)]


# --- gates -------------------------------------------------------------------------------------

GATED = Rubric(
    id="gated",
    criteria=(
        Criterion(id="a", question="?", scale=YesNoScale(), gate=True),
        Criterion(id="b", question="?", scale=YesNoScale()),
    ),
)


def test_what_a_gate_bars_goes_up_no_stage() -> None:
    spec = panel(stage("cheap", at=0.9), stage("strong", at=0.9), rubric=GATED)
    cheap, strong = Sampler("cheap", 1, 0, 1), Sampler("strong", 0)
    verdict = hear(spec, cheap, strong)
    assert [d.reason for d in verdict.criteria] == [None, Reason.NOT_REACHED]
    assert verdict.criteria[0].decided_by == "strong"
    assert (cheap.asked, strong.asked) == ([("a",)], [("a",)])


def test_a_passed_gate_opens_the_next_climb_from_the_first_stage() -> None:
    spec = panel(stage("cheap", at=0.9), stage("strong", at=0.9), rubric=GATED)
    cheap, strong = Sampler("cheap", 1), Sampler("strong", 0)
    verdict = hear(spec, cheap, strong)
    assert [(d.score, d.decided_by) for d in verdict.criteria] == [(1, "cheap"), (1, "cheap")]
    assert (cheap.asked, strong.asked) == ([("a",), ("b",)], [])


def test_a_gate_that_no_stage_may_decide_ends_the_hearing() -> None:
    mute = CascadeStage(seats=("cheap",), thresholds=(StageThreshold(criterion="b", at=0.5),))
    cheap = Sampler("cheap", 1)
    verdict = hear(panel(mute, rubric=GATED), cheap)
    assert [d.reason for d in verdict.criteria] == [Reason.LOW_CONFIDENCE, Reason.NOT_REACHED]
    assert "not calibrated on this criterion" in verdict.criteria[0].detail
    assert cheap.asked == []
