"""The deliberation graph as other LangGraph and LangChain code meets it."""

from __future__ import annotations

import asyncio
import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from langchain_core.runnables import RunnableLambda
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command
from typing_extensions import TypedDict

from dikast.errors import InputError
from dikast.graphs import deliberation_graph, embedded_deliberation, nodes
from dikast.graphs.state import Court
from dikast.testing import ScriptedModel
from dikast.types import Case, JudgeSpec, PanelSpec, Verdict
from tests.judges import RUBRIC, Challenger, Scripted, case, spec

ROW = {
    "id": "louvre",
    "question": "Where is the Louvre?",
    "response": "The Louvre is in Paris.",
    "contexts": ["The Louvre is a museum in Paris."],
}


@pytest.fixture(scope="module")
def embedded() -> Any:
    return embedded_deliberation()


def test_invoke_ainvoke_and_batch_agree(embedded: Any) -> None:
    once = embedded.invoke({"case": ROW})["verdict"]
    awaited = asyncio.run(embedded.ainvoke({"case": ROW}))["verdict"]
    several = [out["verdict"] for out in embedded.batch([{"case": ROW}, {"case": ROW}])]
    assert once.status == "decided"
    assert [once] * 3 == [awaited, *several]


def test_invoke_works_inside_a_running_loop(embedded: Any) -> None:
    async def notebook() -> Verdict:
        verdict = embedded.invoke({"case": ROW})["verdict"]
        assert isinstance(verdict, Verdict)
        return verdict

    assert asyncio.run(notebook()).status == "decided"


def test_the_output_is_the_verdict_alone(embedded: Any) -> None:
    assert set(embedded.invoke({"case": ROW})) == {"verdict"}


def test_steps_stream_as_they_are_done() -> None:
    judges = [Scripted("a", 5), Scripted("b", 5), Scripted("c", 1, 5)]
    graph = deliberation_graph(
        spec(["a", "b", "c"], rule="mean"),
        judges={j.name: j for j in judges},
        critic=Challenger("c"),
    )
    names = [name for update in graph.stream({"case": case()}) for name in update]
    assert names == [
        *("convene", "vote", "vote", "vote", "examine", "criticise", "summon"),
        *("vote", "examine", "aggregate"),
    ]


class Application(TypedDict, total=False):
    """A stranger's state that shares `case` and `verdict` with the panel."""

    topic: str
    case: Case
    verdict: Verdict
    published: bool


def test_a_panel_is_a_node_of_a_strangers_graph(embedded: Any) -> None:
    graph = StateGraph(Application)
    graph.add_node("answer", lambda state: {"case": {**ROW, "question": state["topic"]}})
    graph.add_node("panel", embedded)
    graph.add_node("publish", lambda state: {"published": state["verdict"].status == "decided"})
    for start, end in [(START, "answer"), ("answer", "panel"), ("panel", "publish")]:
        graph.add_edge(start, end)
    graph.add_edge("publish", END)
    compiled = graph.compile()
    for result in (
        compiled.invoke({"topic": "Where is the Louvre?"}),
        asyncio.run(compiled.ainvoke({"topic": "Where is the Louvre?"})),
    ):
        assert result["published"] is True
        assert result["topic"] == "Where is the Louvre?"


def test_a_panel_is_a_link_of_a_chain(embedded: Any) -> None:
    chain = (
        RunnableLambda(lambda row: {"case": row}) | embedded | (lambda out: out["verdict"].score)
    )
    assert chain.invoke(ROW) == embedded.invoke({"case": ROW})["verdict"].score


def test_a_mistake_in_the_input_is_told(embedded: Any) -> None:
    with pytest.raises(InputError, match="has no `case`"):
        embedded.invoke({})


def test_too_many_candidates_are_refused(embedded: Any) -> None:
    many = {"id": "x", "question": "?", "candidates": ["one", "two"], "contexts": ["p"]}
    with pytest.raises(InputError, match=r"has 2.*dikast compare"):
        embedded.invoke({"case": many})


def test_a_gateway_in_the_context_is_used_and_paid_for() -> None:
    panel = PanelSpec(
        judges=tuple(JudgeSpec(name=n, model="openai/x") for n in "abc"), rubric=RUBRIC
    )
    model = ScriptedModel(
        lambda request, marker: json.dumps(
            {"marker": marker, "reasoning": "fine", "evidence": [], "score": 4}
        )
    )
    verdict = deliberation_graph(panel).invoke({"case": case()}, context=Court(gateway=model))
    found = verdict["verdict"]
    assert (found.status, found.score, found.usage.calls) == ("decided", 0.75, 3)
    assert set(found.prompts) == {"judge"}


def test_a_person_is_asked_and_the_run_goes_on() -> None:
    judges = [Scripted("a", 1), Scripted("b", 3), Scripted("c", 5)]
    panel = spec(
        ["a", "b", "c"], protocol={"on_low_confidence": "adjudicate", "deliberate": "never"}
    )
    graph = deliberation_graph(
        panel, judges={j.name: j for j in judges}, checkpointer=InMemorySaver()
    )
    config: Any = {"configurable": {"thread_id": "1"}}
    waiting = graph.invoke({"case": case()}, config)
    assert waiting["__interrupt__"][0].value["criteria"] == ["quality"]
    answer: Command[Any] = Command(resume={"by": "rita", "scores": {"quality": 4}})
    verdict = graph.invoke(answer, config)["verdict"]
    decision = verdict.criterion("quality")
    assert (verdict.status, decision.score, decision.decided_by) == ("decided", 4, "rita")


def test_without_a_checkpointer_the_verdict_awaits_adjudication() -> None:
    judges = [Scripted("a", 1), Scripted("b", 3), Scripted("c", 5)]
    panel = spec(
        ["a", "b", "c"], protocol={"on_low_confidence": "adjudicate", "deliberate": "never"}
    )
    graph = deliberation_graph(panel, judges={j.name: j for j in judges})
    assert graph.invoke({"case": case()})["verdict"].status == "awaiting_adjudication"


def test_langgraph_json_names_factories_that_work() -> None:
    import importlib

    root = Path(__file__).resolve().parents[1]
    listed = json.loads((root / "langgraph.json").read_text(encoding="utf-8"))["graphs"]
    for place in listed.values():
        path, name = place.split(":")
        assert (root / path).is_file()
        module = "dikast." + path.removeprefix("./").removesuffix("/__init__.py")
        graph = getattr(importlib.import_module(module), name)()
        assert "__start__" in graph.get_graph().draw_mermaid()


def test_threads_that_come_first_at_once_share_one_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[asyncio.AbstractEventLoop] = []
    real = asyncio.new_event_loop

    def slow() -> asyncio.AbstractEventLoop:
        time.sleep(0.05)
        made.append(real())
        return made[-1]

    async def here() -> asyncio.AbstractEventLoop:
        return asyncio.get_running_loop()

    nodes._made_portal.cache_clear()
    monkeypatch.setattr(asyncio, "new_event_loop", slow)
    with ThreadPoolExecutor(8) as threads:
        loops = set(threads.map(lambda _: nodes.run_sync(here()), range(8)))
    assert loops == set(made)
    assert len(made) == 1
