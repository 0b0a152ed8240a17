"""What a 3-judge panel adds to a model call, everything of ours included, over bare litellm.

A case goes through the deliberation graph, prompts, gateway, a run file on disk, reply format and
verdict; bare litellm sends the very same messages with the same concurrency to the same loopback
server (a process of its own), in alternating rounds of one run. CPU of this process is compared,
and the best round of each side counts.

    python benchmarks/panel_overhead.py [--cases 100] [--rounds 5]
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import tempfile
import time
from pathlib import Path
from typing import Any

from dikast.graphs.deliberation import deliberation_graph
from dikast.graphs.runner import run_cases
from dikast.graphs.state import Court
from dikast.models.gateway import ModelGateway
from dikast.models.loading import load_litellm
from dikast.records.runfile import RunFile
from dikast.running import identity_of
from dikast.testing.process import ServerProcess
from dikast.types import (
    Candidate,
    Case,
    Criterion,
    IntegerScale,
    JudgeSpec,
    PanelSpec,
    Price,
    Rubric,
    Verdict,
)

SEATS = ("ann", "bob", "cid")
TEXT = "The response under judgement, of a length that real ones have. " * 20
REPLY = '{"marker": "{{marker}}", "reasoning": "It is sound.", "evidence": [], "score": 4}'


def panel(base: str) -> PanelSpec:
    """Three seats on one server."""
    return PanelSpec(
        judges=tuple(
            JudgeSpec(name=n, model=f"openai/{n}", api_base=base, price=Price(input=1, output=1))
            for n in SEATS
        ),
        rubric=Rubric(
            id="q",
            criteria=(Criterion(id="quality", question="Is it good?", scale=IntegerScale()),),
        ),
    )


def case(number: int) -> Case:
    """One response."""
    return Case(id=f"c{number}", question="What?", candidates=(Candidate(text=TEXT + str(number)),))


async def bare(base: str, bodies: list[dict[str, Any]]) -> float:
    """Milliseconds of CPU per call of litellm alone."""
    litellm = load_litellm()
    gates = {name: asyncio.Semaphore(16) for name in SEATS}

    async def one(body: dict[str, Any]) -> None:
        async with gates[body["model"].removeprefix("openai/")]:
            await litellm.acompletion(
                **body, api_base=base, api_key="no-key", timeout=60.0, num_retries=0, max_retries=0
            )

    start = time.process_time()
    await asyncio.gather(*(one(body) for body in bodies))
    return (time.process_time() - start) / len(bodies) * 1e3


async def ours(spec: PanelSpec, cases: list[Case], path: Path) -> tuple[float, int]:
    """Milliseconds of CPU per call of a whole panel, and how many cases it decided."""
    with RunFile.create(path, identity_of(spec)) as run:
        await run.add_cases(cases)
        await run.seal()
        graph = deliberation_graph(spec)
        async with ModelGateway(run) as gateway:
            decided = 0

            async def record(verdict: Verdict) -> None:
                await run.finish(verdict.case_id, verdict)

            start = time.process_time()
            async for verdict in run_cases(
                graph, spec, run.todo(), court=Court(gateway=gateway), record=record
            ):
                decided += verdict.status == "decided"
            took = time.process_time() - start
    return took / (len(cases) * len(SEATS)) * 1e3, decided


def bodies(seen: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What litellm is given for requests that the panel sent."""
    return [
        {
            "model": f"openai/{body['model']}",
            "messages": body["messages"],
            "response_format": body["response_format"],
        }
        for body in seen
    ]


async def capture(spec: PanelSpec, cases: list[Case]) -> list[dict[str, Any]]:
    """The wire bodies of a panel's requests, taken from litellm's own arguments."""
    litellm = load_litellm()
    original, seen = litellm.acompletion, []

    async def spy(**arguments: Any) -> Any:
        seen.append(
            {
                "model": arguments["model"].removeprefix("openai/"),
                "messages": arguments["messages"],
                "response_format": arguments["response_format"],
            }
        )
        return await original(**arguments)

    litellm.acompletion = spy
    try:
        with tempfile.TemporaryDirectory() as folder:
            await ours(spec, cases, Path(folder) / "w.dikast")
    finally:
        litellm.acompletion = original
    return bodies(seen)


async def run(base: str, number: int, rounds: int) -> None:
    """Alternate both sides and print the comparison."""
    spec, cases = panel(base), [case(n) for n in range(number)]
    sent = await capture(spec, cases)
    gc.collect()
    gc.freeze()  # as the command line does: both sides gain
    assert len(sent) == number * len(SEATS), len(sent)
    plain, whole = [], []
    for turn in range(rounds):
        plain.append(await bare(base, sent))
        with tempfile.TemporaryDirectory() as folder:
            took, decided = await ours(spec, cases, Path(folder) / f"r{turn}.dikast")
        assert decided == number, decided
        whole.append(took)
    low, high = min(plain), min(whole)
    print(f"bare litellm  {low:.2f} ms CPU a call")
    print(f"3-judge panel {high:.2f} ms CPU a call, run file on disk included")
    print(f"overhead      {high - low:+.2f} ms CPU a call, ratio {high / low:.2f}")


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--cases", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    with ServerProcess({"replies": {"*": REPLY}}) as server:
        asyncio.run(run(server.base_url, given.cases, given.rounds))


if __name__ == "__main__":
    main()
