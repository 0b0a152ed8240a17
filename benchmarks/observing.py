"""What the seam for tracing costs while nobody watches, and what a trace costs, per call.

python benchmarks/observing.py [--cases 100] [--rounds 5]
"""

from __future__ import annotations

import argparse
import asyncio
import time
import timeit
from typing import Any

from dikast.api import Panel
from dikast.models.gateway import ModelGateway
from dikast.models.wire import ModelFacts, WireReply, WireRequest
from dikast.testing import find_marker, structured_reply
from dikast.types import Candidate, Case, Criterion, IntegerScale, JudgeSpec, PanelSpec, Rubric
from dikast.types.observing import UNWATCHED, observer

SEATS = ("ann", "bob", "cid")


class Parrot:
    """A transport that answers at once."""

    async def start(self) -> None:
        """Nothing to start."""

    def facts(self, spec: object) -> ModelFacts:
        """Nothing is known."""
        return ModelFacts()

    async def send(self, request: WireRequest) -> WireReply:
        """A readable reply."""
        prompt = "\n".join(str(message["content"]) for message in request.messages)
        text = structured_reply(["quality"], score=4, marker=find_marker(prompt))
        return WireReply(text, "m", "stop", None, 100, 20, 0)

    async def aclose(self) -> None:
        """Nothing to close."""


def seam() -> float:
    """Nanoseconds of one piece of work that nobody watches, above no seam."""
    nothing: Any = None

    def with_seam() -> None:
        watching = observer()
        with UNWATCHED if watching is None else watching.call(nothing) as done:
            done(nothing)

    runs = 200_000
    empty = min(timeit.repeat(lambda: None, number=runs, repeat=5))
    return (min(timeit.repeat(with_seam, number=runs, repeat=5)) - empty) / runs * 1e9


async def judge(number: int) -> float:
    """Milliseconds of CPU per call of a 3-judge panel over a transport that answers at once."""
    scale = IntegerScale()
    rubric = Rubric(id="q", criteria=(Criterion(id="quality", question="Good?", scale=scale),))
    judges = tuple(JudgeSpec(name=name, model="openai/m") for name in SEATS)
    async with ModelGateway(transport=Parrot()) as gateway:
        panel = Panel.from_spec(PanelSpec(judges=judges, rubric=rubric), gateway=gateway)
        cases = [
            Case(id=f"c{n}", question="What?", candidates=(Candidate(text=f"Text {n}."),))
            for n in range(number)
        ]
        start = time.process_time()
        decided = [verdict.status async for verdict in panel.ajudge_many(cases)]
        took = time.process_time() - start
    assert decided == ["decided"] * number
    return took / (number * len(SEATS)) * 1e3


def main() -> None:
    """Read the arguments, alternate off and on, print the best of each."""
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    from dikast.adapters.tracing import trace_with

    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--cases", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    off, on = [], []
    for _ in range(given.rounds):
        off.append(asyncio.run(judge(given.cases)))
        provider = TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(InMemorySpanExporter()))
        with trace_with(provider):
            on.append(asyncio.run(judge(given.cases)))
    print(f"seam, nobody watching: {seam():.0f} ns each; three per call at most")
    print(f"panel over an instant transport: {min(off):.3f} ms CPU a call")
    print(f"the same, traced:                {min(on):.3f} ms, ratio {min(on) / min(off):.2f}")


if __name__ == "__main__":
    main()
