"""Traces: who stands inside whom, what is told, what is kept back, and what it costs when off."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("opentelemetry.sdk", reason="needs opentelemetry-sdk")

from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from dikast.adapters.tracing import trace_from_environment, trace_with
from dikast.api import Panel
from dikast.errors import ConfigError
from dikast.graphs.rag_runs import Rags
from dikast.graphs.runner import run_cases
from dikast.models.gateway import ModelGateway
from dikast.models.wire import ModelFacts, TransportError, WireReply, WireRequest
from dikast.records.cases import case_from_row
from dikast.testing import find_marker, structured_reply
from dikast.types import JudgeSpec, PanelSpec, Price, RagOptions, Reason, Rubric, Verdict
from dikast.types.observing import observer
from tests.gateway_kit import Scripted as Wire
from tests.judges import RUBRIC, Challenger, PairJudge, Scripted, case

SECRET = "sk-test-1234567890abcdefghijklmnop"
RESPONSE = "The Louvre is in Paris, near the river."
REASON = "It names the very city."


class Trace:
    """What was exported, looked at as a tree."""

    def __init__(self) -> None:
        self._exporter = InMemorySpanExporter()
        self.provider = TracerProvider()
        self.provider.add_span_processor(SimpleSpanProcessor(self._exporter))

    @property
    def spans(self) -> Sequence[ReadableSpan]:
        return self._exporter.get_finished_spans()

    def named(self, start: str) -> list[ReadableSpan]:
        return [span for span in self.spans if span.name.startswith(start)]

    def parent(self, span: ReadableSpan) -> ReadableSpan | None:
        if span.parent is None:
            return None
        (found,) = [s for s in self.spans if s.context.span_id == span.parent.span_id]
        return found

    def line(self, span: ReadableSpan) -> list[str]:
        """Names from the span up to the root."""
        names, at = [], span
        while True:
            names.append(at.name)
            above = self.parent(at)
            if above is None:
                return names
            at = above

    def everything(self) -> str:
        return "\n".join(span.to_json() for span in self.spans)


@pytest.fixture
def trace() -> Trace:
    return Trace()


def answer(score: int = 4) -> Callable[[WireRequest], Any]:
    """A wire that takes a while, never the same, and then gives a readable reply."""
    rng = random.Random(0)

    async def reply(request: WireRequest) -> WireReply:
        await asyncio.sleep(rng.uniform(0, 0.01))
        prompt = "\n".join(str(message["content"]) for message in request.messages)
        text = structured_reply(
            ["quality"], score=score, reasoning=REASON, marker=find_marker(prompt)
        )
        return WireReply(text, "m-2024-08-06", "stop", None, 100, 20, 30)

    return reply


def models(*names: str, **fields: Any) -> PanelSpec:
    judges = tuple(
        JudgeSpec(
            name=name,
            model="azure/m",
            api_base="https://user:secret@llm.example:8443/v1?key=hidden",
            price=Price(input=1, output=1),
            **fields,
        )
        for name in names
    )
    return PanelSpec(name="city", judges=judges, rubric=RUBRIC)


def wired(wire: Callable[[WireRequest], Any], **facts: Any) -> ModelGateway:
    return ModelGateway(transport=Wire(wire, ModelFacts(api_key=SECRET, **facts)), backoff=0.001)


def judged(
    trace: Trace, spec: PanelSpec, gateway: ModelGateway, *texts: str, content: bool = False
) -> list[Any]:
    """Verdicts on these responses, all at once."""

    async def run() -> list[Any]:
        panel = Panel.from_spec(spec, gateway=gateway)
        cases = [case(f"c{n}", text) for n, text in enumerate(texts)]
        verdicts = [verdict async for verdict in panel.ajudge_many(cases)]
        await gateway.aclose()
        return verdicts

    with trace_with(trace.provider, content=content):
        return asyncio.run(run())


def attributes(span: ReadableSpan) -> dict[str, Any]:
    return dict(span.attributes or {})


def test_every_call_stands_in_its_own_hearing_however_many_run_at_once(trace: Trace) -> None:
    judged(trace, models("ann", "bob", "cid"), wired(answer()), *(f"No. {n}" for n in range(8)))
    assert Counter(span.name for span in trace.spans) == {
        "invoke_workflow city": 8,
        "round": 8,
        **{f"invoke_agent {seat}": 8 for seat in ("ann", "bob", "cid")},
        "chat m": 24,
    }
    for span in trace.named("chat"):
        vote = trace.parent(span)
        assert vote is not None
        assert trace.line(span) == [
            *("chat m", f"invoke_agent {attributes(vote)['dikast.seat']}"),
            *("round", "invoke_workflow city"),
        ]
        round_ = trace.parent(vote)
        assert round_ is not None
        hearing = trace.parent(round_)
        assert hearing is not None
        told = attributes(span)
        assert told["dikast.case.id"] == attributes(hearing)["dikast.case.id"]
        assert told["dikast.seat"] == attributes(vote)["dikast.seat"]
        assert round_.start_time <= vote.start_time <= vote.end_time <= round_.end_time  # type: ignore[operator]
        assert round_.end_time <= hearing.end_time  # type: ignore[operator]


def test_a_call_is_told_in_the_words_of_the_conventions(trace: Trace) -> None:
    judged(trace, models("ann"), wired(answer()), RESPONSE)
    (call,) = trace.named("chat")
    told = attributes(call)
    assert call.kind.name == "CLIENT"
    assert {name: told.get(name) for name in told if not name.startswith("dikast.")} == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "azure.ai.openai",
        "gen_ai.request.model": "m",
        "gen_ai.response.model": "m-2024-08-06",
        "gen_ai.output.type": "json",
        "gen_ai.agent.name": "ann",
        "gen_ai.usage.input_tokens": 100,
        "gen_ai.usage.output_tokens": 20,
        "gen_ai.usage.cache_read.input_tokens": 30,
        "server.address": "llm.example",
        "server.port": 8443,
    }
    assert told["dikast.cost"] == pytest.approx(120e-6)
    assert told["dikast.replayed"] is False
    assert len(told["dikast.call.key"]) == 64


def test_the_verdict_and_the_ballot_are_told(trace: Trace) -> None:
    (verdict,) = judged(trace, models("ann", "bob"), wired(answer()), RESPONSE)
    (hearing,) = trace.named("invoke_workflow")
    told = attributes(hearing)
    assert told["dikast.status"] == "decided"
    assert told["dikast.score"] == verdict.score == 0.75
    assert told["dikast.confidence"] == verdict.confidence
    assert told["gen_ai.usage.input_tokens"] == 200
    (event,) = hearing.events
    assert event.name == "gen_ai.evaluation.result"
    given = dict(event.attributes or {})
    assert given["gen_ai.evaluation.name"] == "quality"
    assert given["gen_ai.evaluation.score.value"] == 4.0
    ballot = dict(trace.named("invoke_agent ann")[0].events[0].attributes or {})
    assert (ballot["dikast.criterion"], ballot["dikast.score"]) == ("quality", 4.0)


def test_the_journals_answers_are_marked_and_cost_nothing(trace: Trace) -> None:
    async def twice() -> None:
        async with wired(answer()) as gateway:
            panel = Panel.from_spec(models("ann"), gateway=gateway)
            for _ in range(2):
                await panel.ajudge(case())

    with trace_with(trace.provider):
        asyncio.run(twice())
    paid, replayed = (attributes(span) for span in trace.named("chat"))
    assert (paid["dikast.replayed"], replayed["dikast.replayed"]) == (False, True)
    assert paid["dikast.call.key"] == replayed["dikast.call.key"]
    assert (replayed["dikast.calls"], replayed["dikast.cost"]) == (0, 0.0)
    assert "gen_ai.usage.input_tokens" not in replayed


@pytest.mark.parametrize("content", [False, True], ids=["kept-back", "switched-on"])
def test_judged_text_is_told_only_where_it_is_asked_for(trace: Trace, *, content: bool) -> None:
    judged(trace, models("ann"), wired(answer()), RESPONSE, content=content)
    text = trace.everything()
    for secret in (RESPONSE, "Where?", REASON, RUBRIC.criteria[0].question):
        assert (secret in text) is content, secret


@pytest.mark.parametrize("content", [False, True], ids=["kept-back", "switched-on"])
def test_keys_and_passwords_are_never_told(trace: Trace, *, content: bool) -> None:
    def refuse(_: WireRequest) -> WireReply:
        raise TransportError(Reason.AUTH, f"bad key {SECRET}", status=401, ends=True)

    judged(trace, models("ann"), wired(refuse), RESPONSE, content=content)
    assert trace.named("chat")
    assert not any(secret in trace.everything() for secret in (SECRET, "secret", "hidden"))


def test_a_failed_call_and_the_abstention_it_led_to(trace: Trace) -> None:
    def down(_: WireRequest) -> WireReply:
        raise TransportError(Reason.SERVER_ERROR, f"boom over {RESPONSE}", status=503)

    (verdict,) = judged(trace, models("ann"), wired(down), RESPONSE)
    (call,), (vote,) = trace.named("chat"), trace.named("invoke_agent")
    (hearing,) = trace.named("invoke_workflow")
    assert attributes(call)["error.type"] == "server_error"
    assert attributes(call)["http.response.status_code"] == 503
    assert not call.status.is_ok
    assert attributes(vote)["dikast.abstentions"] == ("server_error",)
    assert vote.status.is_unset  # an abstention is an answer of the panel's, not its fault
    assert attributes(hearing)["dikast.status"] == verdict.status != "decided"
    assert attributes(hearing)["dikast.reason"] == verdict.reason
    assert RESPONSE not in trace.everything()


def test_rounds_hold_their_own_votes(trace: Trace) -> None:
    panel = Panel(
        [Scripted("a", 5), Scripted("b", 5), Scripted("c", 1, 5)],
        rubric=RUBRIC,
        critic=Challenger("c"),
        rule="mean",
    )
    with trace_with(trace.provider):
        verdict = panel.judge(case())
    assert verdict.transcript.flips
    found = [
        (attributes(above)["dikast.round"], attributes(vote)["dikast.seat"])
        for vote in trace.named("invoke_agent")
        if (above := trace.parent(vote)) is not None
    ]
    assert sorted(found) == [(0, "a"), (0, "b"), (0, "c"), (1, "c")]
    first, second = sorted(trace.named("round"), key=lambda s: attributes(s)["dikast.round"])
    assert first.end_time <= second.start_time  # type: ignore[operator]
    assert attributes(trace.named("invoke_workflow")[0])["dikast.flips"] == 1


def test_the_pairs_of_a_ranking_stand_inside_it(trace: Trace) -> None:
    panel = Panel([PairJudge("p", {"1": 3, "2": 2, "3": 1})], rubric="preference", name="order")
    with trace_with(trace.provider):
        panel.rank(question="Which?", candidates=["c", "b", "a"])
    hearings = trace.named("invoke_workflow")
    (whole,) = [span for span in hearings if span.parent is None]
    assert [trace.parent(span) for span in hearings if span is not whole] == [whole] * 3
    assert attributes(whole)["dikast.pairs"] == 3
    assert all(trace.line(vote)[-1] == whole.name for vote in trace.named("invoke_agent"))


def test_a_comparison_tells_who_is_preferred(trace: Trace) -> None:
    panel = Panel([PairJudge("p", {"1": 1, "2": 2})], rubric="preference")
    with trace_with(trace.provider):
        panel.compare(question="Which?", candidates=["c", "b"])
    (hearing,) = trace.named("invoke_workflow")
    assert attributes(hearing)["dikast.preferred"] == "second"
    shown = sorted(attributes(vote)["dikast.presentation"] for vote in trace.named("invoke_agent"))
    assert shown == [("1", "2"), ("2", "1")]


def test_a_graph_by_itself_stands_in_the_callers_own_span(trace: Trace) -> None:
    panel = Panel([Scripted("a", 5)], rubric=RUBRIC)
    with trace_with(trace.provider):
        tracer = trace.provider.get_tracer("theirs")
        with tracer.start_as_current_span("their request"):
            panel.graph.invoke({"case": case()})  # the sync door crosses a thread
    (vote,) = trace.named("invoke_agent")
    assert trace.line(vote) == ["invoke_agent a", "their request"]


def test_an_error_is_told_by_its_class_alone(trace: Trace) -> None:
    bad = Rubric(id="x", criteria=RUBRIC.criteria)
    panel = Panel([Scripted("a", 5)], rubric=bad)
    with trace_with(trace.provider), pytest.raises(Exception, match="candidates"):
        panel.judge(question="?", candidates=["one SECRET", "two", "three"])
    (hearing,) = trace.named("invoke_workflow")
    assert attributes(hearing)["error.type"] == "InputError"
    assert not hearing.events
    assert "SECRET" not in trace.everything()


def test_watching_ends_with_the_block(trace: Trace) -> None:
    panel = Panel([Scripted("a", 5)], rubric=RUBRIC)
    with pytest.raises(ZeroDivisionError), trace_with(trace.provider):
        raise ZeroDivisionError
    assert observer() is None
    panel.judge(case())
    assert trace.spans == ()


def test_without_opentelemetry_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.trace", None)
    with pytest.raises(ImportError, match=r"dikast\[otel\]"), trace_with():
        raise AssertionError("unreachable")
    monkeypatch.setenv("DIKAST_TRACING", "on")
    with pytest.raises(ConfigError, match=r"DIKAST_TRACING is set.*dikast\[otel\]"):
        trace_from_environment()
    assert observer() is None


CLI = """
import sys
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, ConsoleSpanExporter
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(ConsoleSpanExporter(
    out=sys.stderr, formatter=lambda span: f"SPAN {span.name}\\n")))
trace.set_tracer_provider(provider)
from dikast.cli import main
main()
"""


@pytest.mark.parametrize(
    ("value", "traced"), [("on", True), ("", False), ("off", False)], ids=["on", "unset", "off"]
)
def test_the_command_line_is_traced_on_demand(tmp_path: Path, value: str, *, traced: bool) -> None:
    examples = Path(__file__).parents[1] / "examples"
    words = ["judge", str(examples / "cases.jsonl"), "--limit", "2", "--out", "run.dikast"]
    done = subprocess.run(
        [sys.executable, "-c", CLI, *words],
        cwd=tmp_path,
        env={
            **os.environ,
            "DIKAST_TRACING": value,
            "PYTHONPATH": os.pathsep.join([str(examples.parent), os.environ.get("PYTHONPATH", "")]),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in {0, 1}, done.stderr
    assert done.stderr.count("SPAN invoke_workflow") == (2 if traced else 0)
    assert ("SPAN invoke_agent overlap" in done.stderr) is traced


def test_the_example_runs() -> None:
    root = Path(__file__).parents[1]
    done = subprocess.run(
        [sys.executable, str(root / "examples" / "plug_opentelemetry.py")],
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "invoke_agent overlap" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("invoke_workflow embedded")


ANSWER = "The Louvre is a museum in Paris. It was built in 1990."


def test_claims_are_votes_inside_their_answer(trace: Trace) -> None:
    with trace_with(trace.provider):
        found = Panel.embedded("rag").rag(
            question="What is the Louvre?",
            response=ANSWER,
            contexts=["The Louvre is a museum in Paris."],
        )
    (hearing,) = trace.named("invoke_workflow")
    told = attributes(hearing)
    claims = {mark: len(found.marked(mark)) for mark in ("supported", "absent")}
    assert claims["supported"] == told["dikast.claims.supported"] == 1
    votes = [
        vote
        for vote in trace.named("invoke_agent overlap")
        if found.claims[0].claim.id in attributes(vote)["dikast.criteria"]
    ]
    assert votes
    assert trace.line(votes[0])[1:] == ["round", hearing.name]


def test_two_answers_over_passages_are_two_hearings_inside_the_case(trace: Trace) -> None:
    panel = Panel.embedded("rag")
    pair = case_from_row(
        {
            "id": "two",
            "question": "What is the Louvre?",
            "candidates": [{"id": "a", "text": ANSWER}, {"id": "b", "text": "It is a bridge."}],
            "contexts": ["The Louvre is a museum in Paris."],
        }
    )
    rags = Rags(panel.spec, RagOptions())

    async def run() -> list[Verdict]:
        return [verdict async for verdict in run_cases(rags, panel.spec, [pair])]

    with trace_with(trace.provider):
        asyncio.run(run())
    hearings = trace.named("invoke_workflow")
    (whole,) = [span for span in hearings if span.parent is None]
    assert [trace.parent(span) for span in hearings if span is not whole] == [whole, whole]
