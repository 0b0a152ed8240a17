"""Gates and conditions of a rubric: what is reached, what is heard, what counts, what is shown."""

from __future__ import annotations

import asyncio
import hashlib
import json
import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dikast import prompts
from dikast.agents.aggregator import conclude, overall
from dikast.agents.gates import next_stage, reach
from dikast.config import check_panel, dump_panel, panel_from_dict
from dikast.deciding import other_rule, redecide
from dikast.errors import ConfigError
from dikast.graphs.deliberation import deliberation_graph
from dikast.graphs.estimate import estimate
from dikast.graphs.pairwise import pairwise_graph
from dikast.graphs.state import Court
from dikast.minutes import minutes, summary
from dikast.records.export import flat
from dikast.testing import ScriptedModel
from dikast.types import (
    Candidate,
    Case,
    Comparison,
    Condition,
    Criterion,
    CriterionVerdict,
    IntegerScale,
    JudgeSpec,
    ModelSpec,
    PreferenceScale,
    Reason,
    Rubric,
    Verdict,
    YesNoScale,
)
from tests.judges import Scripted, case, spec

FIVE = IntegerScale(low=1, high=5)


def criterion(name: str, **fields: Any) -> Criterion:
    return Criterion(id=name, question="?", scale=fields.pop("scale", FIVE), **fields)


def said(name: str, value: str) -> tuple[Condition, ...]:
    return (Condition(criterion=name, equals=value),)


LADDER = Rubric(
    id="ladder",
    criteria=(
        criterion("answered", scale=YesNoScale(), weight=0),
        criterion("safe", scale=YesNoScale(), gate=True),
        criterion("faithful", gate=True, pass_mark=4, when=said("answered", "yes")),
        criterion("complete", when=said("answered", "yes")),
        criterion("brief", weight=3),
    ),
)


def scored(rubric: Rubric, **scores: float | None) -> dict[str, CriterionVerdict]:
    """Decisions on some criteria; None stands for one without a quorum."""
    return {
        name: CriterionVerdict(criterion=name, reason=Reason.NO_QUORUM)
        if score is None
        else CriterionVerdict(
            criterion=name, score=score, shown=rubric.criterion(name).scale.show(score)
        )
        for name, score in scores.items()
    }


@pytest.mark.parametrize(
    ("known", "name", "state", "why"),
    [
        pytest.param({}, "safe", "reached", "", id="before-any-gate"),
        pytest.param({}, "brief", "waiting", "", id="behind-gates-not-yet-decided"),
        pytest.param({"safe": 0}, "brief", "barred", "gate `safe` failed (no)", id="failed-gate"),
        pytest.param({"safe": None}, "brief", "barred", "gate `safe` is undecided", id="undecided"),
        pytest.param(
            {"safe": 1, "answered": 1, "faithful": 3.9},
            "brief",
            "barred",
            "gate `faithful` failed (3.90)",
            id="just-below-the-mark",
        ),
        pytest.param(
            {"safe": 1, "answered": 1, "faithful": 4}, "brief", "reached", "", id="on-the-mark"
        ),
        pytest.param(
            {"safe": 1, "answered": 0},
            "faithful",
            "barred",
            "applies only if `answered` equals yes, and it is no",
            id="condition-does-not-hold",
        ),
        pytest.param(
            {"safe": 1, "answered": None},
            "complete",
            "barred",
            "`answered` has no outcome (no quorum)",
            id="condition-without-outcome",
        ),
    ],
)
def test_reach(known: dict[str, float | None], name: str, state: str, why: str) -> None:
    found = reach(LADDER.criterion(name), LADDER, scored(LADDER, **known))
    assert found == (state, why)


def test_a_gate_that_does_not_apply_bars_nothing() -> None:
    """Of a refusal faithfulness is not asked; brevity is."""
    known = scored(LADDER, answered=0, safe=1)
    assert next_stage(LADDER, known) == ("brief",)


@pytest.mark.parametrize(
    ("known", "score", "at", "status"),
    [
        pytest.param(
            {"answered": 1, "safe": 1, "faithful": 4, "complete": 1, "brief": 5},
            0.75,
            None,
            "decided",
            id="passed-gates-count-for-nothing-beside-the-rest",
        ),
        pytest.param({"answered": 1, "safe": 0}, 0.0, "safe", "decided", id="a-failed-gate-is-0"),
        pytest.param(
            {"answered": 1, "safe": 1, "faithful": 2}, 0.0, "faithful", "decided", id="second-gate"
        ),
        pytest.param(
            {"answered": 0, "safe": 1, "brief": 3}, 0.5, None, "decided", id="left-out-is-not-low"
        ),
        pytest.param({"answered": 1, "safe": None}, None, None, "abstained", id="open-gate"),
    ],
)
def test_the_overall_score_is_averaged_across_no_gate(
    known: dict[str, float | None], score: float | None, at: str | None, status: str
) -> None:
    panel = spec(["a"], rubric=LADDER)
    decided = dict(scored(LADDER, **known))
    for one in LADDER.criteria:
        found = reach(one, LADDER, decided)
        if one.id not in decided:
            assert found.state == "barred", one.id
            decided[one.id] = CriterionVerdict(
                criterion=one.id, reason=Reason.NOT_REACHED, detail=found.why
            )
    bare = Verdict(
        case_id="c",
        candidates=("r",),
        panel="p",
        status="failed",
        reason=Reason.NO_QUORUM,
        criteria=tuple(decided[one.id] for one in LADDER.criteria),
    )
    verdict = conclude(bare, panel)
    assert (verdict.score, verdict.decided_at, verdict.status) == (score, at, status)


@given(
    st.lists(st.floats(1, 5), min_size=5, max_size=5),
    st.floats(1, 5),
)
def test_what_stands_behind_a_failed_gate_never_moves_the_score(
    scores: list[float], other: float
) -> None:
    panel = spec(["a"], rubric=LADDER)
    names = [one.id for one in LADDER.criteria]
    values = dict(zip(names, [1.0, 0.0, *scores[2:]], strict=True))
    before = overall(list(scored(LADDER, **values).values()), panel)
    after = overall(list(scored(LADDER, **{**values, "brief": other}).values()), panel)
    assert before == after == 0.0


class Counting(Scripted):
    """A scripted judge that remembers which criteria it was asked, call by call."""

    def __init__(self, name: str, *script: Any, **options: Any) -> None:
        super().__init__(name, *script, **options)
        self.criteria: list[str] = []

    async def vote(self, docket: Any, criteria: Any, **rest: Any) -> Any:
        self.criteria += [one.id for one in criteria]
        return await super().vote(docket, criteria, **rest)


def hear(by: list[dict[str, float]], rubric: Rubric = LADDER, **fields: Any) -> Any:
    judges = [Counting(name, 1, by=scores) for name, scores in zip("abc", by, strict=False)]
    panel = spec([judge.name for judge in judges], rubric=rubric, **fields)
    graph = deliberation_graph(panel, judges={judge.name: judge for judge in judges})
    return asyncio.run(graph.ainvoke({"case": case()}))["verdict"], judges, panel


GOOD = {"answered": 1.0, "safe": 1.0, "faithful": 5.0, "complete": 4.0, "brief": 3.0}


def test_criteria_are_heard_stage_by_stage() -> None:
    verdict, judges, _ = hear([GOOD, GOOD, GOOD])
    assert judges[0].criteria == ["answered", "safe", "faithful", "complete", "brief"]
    assert verdict.status == "decided"
    assert verdict.score == pytest.approx((0.75 + 3 * 0.5) / 4)
    assert all(ballot.round == 0 for ballot in verdict.transcript.ballots)


def test_behind_a_failed_gate_nobody_is_asked_anything() -> None:
    bad = {**GOOD, "safe": 0.0}
    verdict, judges, panel = hear([bad, bad, bad])
    assert judges[0].criteria == ["answered", "safe"]
    assert (verdict.status, verdict.score, verdict.decided_at) == ("decided", 0.0, "safe")
    assert [d.reason for d in verdict.criteria[2:]] == [Reason.NOT_REACHED] * 3
    told = "\n".join(summary(verdict, panel.rubric))
    assert "safe: no (gate failed)" in told
    assert "brief: not reached: gate `safe` failed (no)" in told
    assert "decided at the gate safe" in minutes(verdict, panel.rubric)
    row = flat(verdict)
    assert (row["decided_at"], row["score_brief"], row["reason_brief"]) == (
        "safe",
        None,
        "not_reached",
    )


def test_deliberation_on_a_gate_comes_before_what_it_lets_through() -> None:
    """A judge is persuaded that the gate is passed; only then the rest is asked, in private."""
    firm = [Counting(name, 1, by=GOOD) for name in "ab"]

    class Persuaded(Counting):
        async def vote(self, docket: Any, criteria: Any, **rest: Any) -> Any:
            self.by = {**GOOD, "safe": float(rest["round"] > 0)}
            return await super().vote(docket, criteria, **rest)

    judges = [*firm, Persuaded("c", 1)]
    panel = spec("abc", rubric=LADDER, rule="majority", protocol={"low_confidence": 0.9})
    graph = deliberation_graph(panel, judges={judge.name: judge for judge in judges})
    verdict = asyncio.run(graph.ainvoke({"case": case()}))["verdict"]
    assert verdict.status == "decided"
    assert judges[2].criteria[:4] == ["answered", "safe", "safe", "faithful"]
    rounds = {b.criterion: b.round for b in verdict.transcript.ballots if b.seat == "c"}
    assert rounds == {**dict.fromkeys(GOOD, 0), "safe": 1}


def test_sequential_seating_counts_the_seats_of_each_stage() -> None:
    verdict, judges, _ = hear([GOOD, GOOD, GOOD], protocol={"seating": "sequential"})
    assert verdict.status == "decided"
    asked = sorted(len(judge.criteria) for judge in judges)
    assert asked == [0, 5, 5]


def test_a_seat_called_in_one_stage_can_be_called_in_the_next() -> None:
    """Whoever was asked about the gate is still free to settle what stands behind it."""
    rubric = Rubric(
        id="r", criteria=(criterion("sound", gate=True, pass_mark=1), criterion("brief"))
    )
    apart = [{"sound": float(n), "brief": float(n)} for n in (1, 3, 5)]
    _, judges, _ = hear(
        apart,
        rubric=rubric,
        protocol={"seating": "sequential", "deliberate": "never", "on_low_confidence": "keep"},
    )
    assert [judge.criteria for judge in judges] == [["sound", "brief"]] * 3


def test_the_detector_reads_the_votes_of_each_stage_once() -> None:
    model = ScriptedModel('{"findings": []}')
    judges = [Counting(name, 1, by=GOOD) for name in "ab"]
    panel = spec("ab", rubric=LADDER, detector=ModelSpec(model="openai/x"))
    graph = deliberation_graph(panel, judges={judge.name: judge for judge in judges})
    asyncio.run(graph.ainvoke({"case": case()}, context=Court(gateway=model)))
    told = [[one.id for one in LADDER.criteria if f"`{one.id}`" in p] for p in model.prompts]
    assert told == [["answered", "safe"], ["faithful"], ["complete", "brief"]]


def test_an_escalation_that_opens_a_gate_hears_what_stands_behind() -> None:
    judges = [
        Counting("a", 1, by=GOOD),
        Counting("b", 1, by={**GOOD, "safe": 0.0}),
        Counting("chief", 1, by=GOOD),
    ]
    panel = spec(
        "ab",
        rubric=LADDER,
        escalation=JudgeSpec(name="chief", model="custom/script"),
        protocol={"on_low_confidence": "escalate", "deliberate": "never"},
    )
    graph = deliberation_graph(panel, judges={judge.name: judge for judge in judges})
    verdict = asyncio.run(graph.ainvoke({"case": case()}))["verdict"]
    assert judges[2].criteria == ["safe", "faithful", "complete", "brief"]
    assert (verdict.status, verdict.criterion("safe").decided_by) == ("decided", "chief")


def test_a_given_decision_stands_in_for_votes() -> None:
    judge = Counting("a", 1, by=GOOD)
    panel = spec(["a"], rubric=LADDER)
    graph = deliberation_graph(panel, judges={"a": judge})
    faithful = CriterionVerdict(criterion="faithful", score=2, shown="2", decided_by="measured")
    verdict = asyncio.run(graph.ainvoke({"case": case(), "given": (faithful,)}))["verdict"]
    assert judge.criteria == ["answered", "safe"]
    assert (verdict.decided_at, verdict.criterion("faithful")) == ("faithful", faithful)


def test_deciding_again_may_open_a_gate_behind_which_nobody_voted() -> None:
    mixed = [{**GOOD, "safe": 0.0}, {**GOOD, "safe": 0.0}, GOOD]
    verdict, _, panel = hear(mixed, rule="majority", protocol={"deliberate": "never"})
    assert verdict.decided_at == "safe"
    again = redecide(verdict, case(), other_rule(panel, "majority", {}, 1))
    assert again.decided_at == "safe"
    opened = verdict.model_copy(
        update={
            "transcript": verdict.transcript.model_copy(
                update={"ballots": tuple(b for b in verdict.transcript.ballots if b.seat == "c")}
            )
        }
    )
    again = redecide(opened, case(), other_rule(panel, "majority", {}, 1))
    assert (again.status, again.criterion("faithful").reason) == ("abstained", Reason.NO_QUORUM)


def test_an_estimate_is_least_where_the_first_gate_fails() -> None:
    judges = tuple(
        JudgeSpec(name=name, model="openai/x", price={"input": 1, "output": 1}) for name in "ab"
    )
    panel = spec("ab", rubric=LADDER, judges=judges, protocol={"deliberate": "never", "reasks": 0})
    found = asyncio.run(estimate(panel, [case()]))
    assert (found.least.calls, found.most.calls) == (4, 10)


PAIRS = Rubric(
    id="pairs",
    criteria=(
        criterion("first", scale=PreferenceScale(), gate=True),
        criterion("second", scale=PreferenceScale(levels=5)),
        criterion("third", scale=PreferenceScale(levels=5)),
    ),
)


class Choosing:
    """Prefers a candidate by criterion, whatever the order; 0 is a tie."""

    def __init__(self, name: str, **scores: float) -> None:
        self.name, self.scores = name, scores

    async def vote(self, docket: Any, criteria: Any, **rest: Any) -> Any:
        plain = Scripted(self.name, 0, by=self.scores)
        if docket.case.candidates[0].id == "y":  # the case itself is mirrored
            plain.by = {name: -score for name, score in self.scores.items()}
        return await plain.vote(docket, criteria, **rest)


def compare(judge: Choosing, *, mirrored: bool = False) -> Comparison:
    panel = spec([judge.name], rubric=PAIRS)
    both = (Candidate(id="x", text="one"), Candidate(id="y", text="two"))
    pair = Case(id="p", candidates=both[::-1] if mirrored else both)
    graph = pairwise_graph(panel, judges={judge.name: judge})
    found = asyncio.run(graph.ainvoke({"case": pair}))["comparison"]
    assert isinstance(found, Comparison)
    return found


@pytest.mark.parametrize(
    ("scores", "winner", "margin", "at"),
    [
        pytest.param(
            {"first": 1, "second": -2, "third": -2}, "x", 1.0, "first", id="the-gate-decides"
        ),
        pytest.param({"first": 0, "second": -2, "third": 1}, "y", -0.25, None, id="only-on-a-tie"),
        pytest.param({"first": 0, "second": 0, "third": 0}, None, 0.0, None, id="all-ties"),
    ],
)
def test_a_pair_goes_down_a_level_only_on_equality(
    scores: dict[str, float], winner: str | None, margin: float, at: str | None
) -> None:
    found, mirror = (compare(Choosing("a", **scores), mirrored=m) for m in (False, True))
    assert (found.winner, found.margin, found.decided_at) == (winner, margin, at)
    assert (mirror.winner, mirror.margin, mirror.decided_at) == (winner, -margin, at)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        pytest.param({"gate": True}, "needs a `pass_mark`", id="gate-without-mark"),
        pytest.param({"gate": True, "pass_mark": 9}, "outside 1 to 5", id="mark-off-the-scale"),
        pytest.param({"pass_mark": 3}, "it is no `gate`", id="mark-without-gate"),
        pytest.param(
            {"when": [{"criterion": "brief", "equals": 3}]},
            "does not stand earlier",
            id="condition-on-itself",
        ),
        pytest.param(
            {"when": [{"criterion": "safe", "equals": "maybe"}]},
            "neither yes nor no",
            id="condition-off-the-scale",
        ),
        pytest.param({"when": [{"criterion": "safe"}]}, "needs `at_least`", id="no-bound"),
        pytest.param(
            {"when": [{"criterion": "safe", "equls": "yes"}]}, "Did you mean `equals`", id="a-slip"
        ),
        pytest.param({"when": "safe == 'yes'"}, "when", id="code-is-no-condition"),
    ],
)
def test_a_condition_that_cannot_be_is_refused(fields: dict[str, Any], words: str) -> None:
    safe = {"id": "safe", "question": "?", "scale": {"kind": "yes_no"}}
    brief = {"id": "brief", "question": "?", "scale": {"kind": "integer"}} | fields
    data = {"id": "r", "criteria": [safe, brief]}
    with pytest.raises(ConfigError) as caught:
        prompts.parse_rubric(data)
    assert words in str(caught.value)
    with pytest.raises(ConfigError):
        panel_from_dict({"judges": [{"name": "a", "model": "openai/x"}], "rubric": data})


def test_conditions_survive_a_panel_file() -> None:
    panel = spec("ab", rubric=LADDER)
    assert panel_from_dict(tomllib.loads(dump_panel(panel))) == panel


def test_fields_that_say_nothing_leave_a_digest_as_it_was() -> None:
    """A rubric without gates must keep the digest that runs recorded before gates existed."""
    plain = prompts.rubric("safety")
    said = plain.model_dump(mode="json")
    for one in said["criteria"]:
        for name in ("best_first", "gate", "pass_mark", "when", "measure"):
            del one[name]
    text = json.dumps(said, ensure_ascii=False, separators=(",", ":"))
    assert plain.digest == hashlib.sha256(text.encode()).hexdigest()
    gated = plain.criteria[0].model_copy(update={"gate": True})
    assert plain.model_copy(update={"criteria": (gated,)}).digest != plain.digest


def test_what_counts_for_nothing_leaves_a_verdict_decided() -> None:
    """An undecided criterion without weight is only told, unless a condition rests on it."""
    rubric = Rubric(
        id="r", criteria=(criterion("aside", weight=0), criterion("good"), LADDER.criteria[0])
    )
    split = [{"aside": 1.0, "good": 4.0}, {"aside": 5.0, "good": 4.0}]
    verdict, _, _ = hear(
        [{**one, "answered": 1.0} for one in split],
        rubric=rubric,
        protocol={"deliberate": "never"},
    )
    assert verdict.criterion("aside").reason is Reason.LOW_CONFIDENCE
    assert (verdict.status, verdict.score) == ("decided", 0.75)
    by = [{**GOOD, "answered": 0.0}, {**GOOD, "answered": 1.0}]
    open_, _, _ = hear(by, protocol={"deliberate": "never"})
    assert (open_.status, open_.criterion("faithful").reason) == ("abstained", Reason.NOT_REACHED)


def test_a_gate_that_bars_nothing_is_warned_of() -> None:
    rubric = Rubric(id="r", criteria=(criterion("safe", scale=YesNoScale(), gate=True),))
    assert any("bars nothing" in warning for warning in check_panel(spec("ab", rubric=rubric)))
