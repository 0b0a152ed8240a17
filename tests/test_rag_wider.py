"""RAG graph: reference, passages and self answers measured; what it may be given; long passages."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from dikast.api import Panel
from dikast.errors import ConfigError, InputError
from dikast.graphs.rag import rag_graph
from dikast.graphs.rag_entry import splitter_of
from dikast.graphs.state import Court
from dikast.testing import ScriptedModel
from dikast.types import (
    CallFailure,
    Candidate,
    Case,
    ModelSpec,
    RagOptions,
    Reason,
)
from tests.rag_kit import (
    ANSWER,
    COVERS,
    INVENTED,
    QUESTION,
    RIGHT,
    USUAL,
    Saying,
    Script,
    case,
    panel,
)
from tests.test_rag import GOOD, SEATS, evaluate

# -- reference, passages, self answers -------------------------------------------------------------

REFERENCE = f"{RIGHT} Unused goods may be sent back within 30 days."
THIRTY = "Unused goods may be sent back within 30 days."


def test_the_full_rubric_measures_passages_and_reference() -> None:
    usual = {**USUAL, THIRTY: Saying("supported", 2, "within 30 days")}
    script = Script(usual=usual, helps=(1, 3))
    given = case(GOOD, reference=REFERENCE, metadata={"reference_source": "human"})
    found, _ = evaluate(given, script, rubric="rag_full")
    assert [p.relevant for p in found.passages] == [True, False, True]
    assert found.figure("context_relevance").value == pytest.approx(2 / 3)
    assert found.figure("context_precision").value == pytest.approx((1 + 2 / 3) / 2)
    assert found.figure("context_recall").value == 1.0
    assert found.reference_source == "human"
    # against the reference, COVERS is quoted from nowhere: it abstains, and is left out
    noise = found.figure("noise_sensitivity")
    assert (noise.value, noise.n, noise.undecided) == (0.0, 1, 1)


def test_a_claim_that_passages_bear_out_and_the_reference_does_not_is_noise() -> None:
    script = Script()

    def strict(request: Any, marker: str) -> str:
        reply = script(request, marker)
        if "_ref" in request.place.criterion:
            return reply.replace('"supported"', '"absent"')
        return reply

    found, _ = evaluate(case(GOOD, reference=REFERENCE), strict, rubric="rag_full")
    assert found.figure("noise_sensitivity").value == 1.0
    assert found.verdict.criterion("noise_resistance").score == 0.0


def test_measures_without_a_reference_are_left_out_not_low() -> None:
    found, _ = evaluate(case(GOOD), Script(), rubric="rag_full")
    for name in ("context_recall", "context_precision", "noise_resistance"):
        assert found.verdict.criterion(name).reason is Reason.NOT_APPLICABLE
    assert found.verdict.status == "decided"
    assert found.reference_source == "none"


def test_a_judge_may_answer_the_question_itself_first() -> None:
    script = Script()

    def knows(request: Any, marker: str) -> str:
        if request.place.criterion == "self_answer":
            return "24 months, I think." if request.place.seat == "anna" else "No idea."
        return script(request, marker)

    given = case(GOOD, reference="24 months")
    found, model = evaluate(given, knows, protocol={"self_answer": True})
    own = {a.seat: (a.correct, a.answer) for a in found.verdict.transcript.self_answers}
    assert own["anna"] == (True, "24 months, I think.")
    assert own["bert"][0] is False
    asked = [r for r in model.requests if r.place.criterion == "self_answer"]
    assert len(asked) == 3
    shown = [p for r, p in zip(model.requests, model.prompts, strict=True) if r in asked]
    assert not any("Warranty terms" in prompt or ANSWER[:20] in prompt for prompt in shown)


# -- what a graph may be given ---------------------------------------------------------------------


def test_several_answers_need_a_name() -> None:
    pair = Case(
        id="pair",
        question=QUESTION,
        candidates=(Candidate(id="x", text=GOOD), Candidate(id="y", text=ANSWER)),
        contexts=case().contexts,
    )
    graph = rag_graph(Panel.embedded("rag").spec)
    with pytest.raises(InputError, match="2 responses"):
        graph.invoke({"case": pair})
    assert graph.invoke({"case": pair, "candidate": "y"})["rag"].candidate == "y"


def test_a_panel_that_cannot_mark_claims_is_refused() -> None:
    spec = Panel(["embedded/form"], rubric="conciseness").spec
    with pytest.raises(ConfigError, match="can mark claims"):
        rag_graph(spec)


@pytest.mark.parametrize(
    ("fields", "model"),
    [
        pytest.param({}, "openai/critic", id="the-critics-model"),
        pytest.param({"critic": None}, "openai/anna", id="the-first-judge-by-name"),
        pytest.param({"splitter": ModelSpec(model="openai/s")}, "openai/s", id="its-own"),
        pytest.param({"splitter": ModelSpec(model="embedded/clauses")}, None, id="rules"),
    ],
)
def test_who_splits(fields: dict[str, Any], model: str | None) -> None:
    chosen = splitter_of(panel("cleo", "anna", **fields))
    assert (chosen.model if chosen else None) == model


def test_long_passages_are_read_in_parts_and_that_is_said() -> None:
    """What bears the claim out stands in the last part only."""
    padding = "The mill stands on the river and grinds barley for the town. " * 400
    given = case(GOOD)
    long = given.model_copy(
        update={
            "contexts": (
                given.contexts[1].model_copy(update={"text": padding}),
                given.contexts[0].model_copy(update={"text": padding + given.contexts[0].text}),
            )
        }
    )
    script = Script(usual={RIGHT: USUAL[RIGHT], COVERS: USUAL[COVERS]})

    def reads(request: Any, marker: str) -> str:
        reply = script(request, marker)
        prompt = "\n".join(message.text(marker) for message in request.messages)
        if "claim_1" in request.place.criterion and "24 months from" not in prompt:
            return reply.replace('"supported"', '"absent"')
        return reply

    judges = [judge.model_copy(update={"context_window": 4_000}) for judge in panel(*SEATS).judges]
    spec = panel(*SEATS).model_copy(update={"judges": tuple(judges)})
    model = ScriptedModel(reads)
    found = asyncio.run(rag_graph(spec).ainvoke({"case": long}, context=Court(gateway=model)))[
        "rag"
    ]
    assert [claim.mark for claim in found.claims] == ["supported", "supported"]
    assert found.claims[0].evidence[0].context_id == "warranty"
    assert any("anna can read at once" in note for note in found.notes)
    assert any("on completeness" in note and "pieces" in note for note in found.notes)
    sizes = [len(prompt) for prompt in model.prompts]
    assert max(sizes) < 16_000


def test_a_part_that_could_not_be_read_is_not_silence() -> None:
    """Absent is what every part left out; if one was lost, nobody knows."""
    padding = "The mill stands on the river and grinds barley for the town. " * 400
    given = case(f"{INVENTED}")
    long = given.model_copy(
        update={"contexts": (given.contexts[0].model_copy(update={"text": padding}),)}
    )
    script = Script()

    def loses_one(request: Any, marker: str) -> Any:
        if "@2of" in request.place.criterion:
            return CallFailure(reason=Reason.TIMEOUT)
        return script(request, marker)

    spec = panel("anna")
    anna = spec.judges[0].model_copy(update={"context_window": 4_000})
    graph = rag_graph(spec.model_copy(update={"judges": (anna,)}))
    court = Court(gateway=ScriptedModel(loses_one))
    found = asyncio.run(graph.ainvoke({"case": long}, context=court))["rag"]
    (ballot,) = found.ballots
    assert ballot.abstention is not None
    assert ballot.abstention.reason is Reason.TIMEOUT
    whole = asyncio.run(
        graph.ainvoke({"case": long}, context=Court(gateway=ScriptedModel(script)))
    )["rag"]
    assert [claim.mark for claim in whole.claims] == ["absent"]


def test_more_parts_than_allowed_are_the_nearest_ones_and_that_is_said() -> None:
    padding = "The mill stands on the river and grinds barley for the town. " * 400
    given = case(GOOD)
    text = padding + given.contexts[0].text + padding
    long = given.model_copy(
        update={"contexts": (given.contexts[0].model_copy(update={"text": text}),)}
    )
    spec = panel("anna")
    anna = spec.judges[0].model_copy(update={"context_window": 4_000})
    spec = spec.model_copy(update={"judges": (anna,)})
    graph = rag_graph(spec, RagOptions(windows=2))
    model = ScriptedModel(Script())
    found = asyncio.run(graph.ainvoke({"case": long}, context=Court(gateway=model)))["rag"]
    assert [claim.mark for claim in found.claims] == ["supported", "supported"]
    assert any("pieces of the passages, those nearest to the claims" in n for n in found.notes)
    marking = [r for r in model.requests if r.place.criterion.startswith("claim_1")]
    assert len(marking) == 2
