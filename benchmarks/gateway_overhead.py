"""What the gateway adds to a model call: `gateway.ask` against bare `litellm.acompletion`.

Both send the same requests to one loopback server (a process of its own) with the same
concurrency, in alternating rounds of one run; CPU of this process is what is compared, and the
best round of each side counts. The journal is in memory: a run file's cost is measured apart.

    python benchmarks/gateway_overhead.py [--calls 200] [--rounds 5] [--concurrency 16]
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Awaitable, Callable

from dikast.models.gateway import ModelGateway
from dikast.models.loading import load_litellm
from dikast.testing.process import ServerProcess
from dikast.types import ModelSpec, Place, PromptMessage, Sampling
from dikast.types.calls import ModelRequest

SYSTEM = "You judge a response by one criterion. Give your reasoning first, then the score. " * 8
CASE = "The response under judgement goes here, between two lines that bear the marker. " * 20
SCHEMA = {
    "type": "object",
    "properties": {"reasoning": {"type": "string"}, "score": {"type": "integer"}},
    "required": ["reasoning", "score"],
    "additionalProperties": False,
}


def request(base: str, number: int) -> ModelRequest:
    return ModelRequest(
        model=ModelSpec(
            model="openai/judge", api_base=base, sampling=Sampling(temperature=0.0, seed=1),
            max_concurrency=64,
        ),
        messages=(
            PromptMessage(role="system", parts=(SYSTEM,)),
            PromptMessage(role="user", parts=("<<", None, ">>", CASE, str(number), "<<", None)),
        ),
        reply_schema=SCHEMA,
        place=Place(case=str(number), seat="one", judge="one", criterion="c"),
    )  # fmt: skip


def bare(base: str, number: int) -> Awaitable[object]:
    litellm = load_litellm()
    mark = f"{number:016x}"
    sent: Awaitable[object] = litellm.acompletion(
        model="openai/judge",
        api_base=base,
        api_key="no-key",
        messages=[
            {"role": "system", "content": SYSTEM},
            {"role": "user", "content": f"<<{mark}>>{CASE}{number}<<{mark}"},
        ],
        temperature=0.0,
        seed=1,
        response_format={
            "type": "json_schema",
            "json_schema": {"name": "reply", "schema": SCHEMA, "strict": True},
        },
        timeout=60.0,
        num_retries=0,
        max_retries=0,
    )
    return sent


async def measure(
    send: Callable[[int], Awaitable[object]], numbers: range, concurrency: int
) -> float:
    """Milliseconds of CPU per call."""
    gate = asyncio.Semaphore(concurrency)

    async def one(number: int) -> None:
        async with gate:
            await send(number)

    start = time.process_time()
    await asyncio.gather(*(one(number) for number in numbers))
    return (time.process_time() - start) / len(numbers) * 1e3


async def run(base: str, calls: int, rounds: int, concurrency: int) -> None:
    async with ModelGateway() as gateway:
        await gateway.ask(request(base, -1))
        await bare(base, -1)
        plain: list[float] = []
        ours: list[float] = []
        for turn in range(rounds):
            numbers = range(turn * calls, (turn + 1) * calls)
            plain.append(await measure(lambda n: bare(base, n), numbers, concurrency))
            ours.append(
                await measure(lambda n: gateway.ask(request(base, n)), numbers, concurrency)
            )
        start = time.process_time()
        for number in range(calls):
            await gateway.ask(request(base, number))
        hit = (time.process_time() - start) / calls * 1e3
    low, high = min(plain), min(ours)
    print(f"bare litellm   {low:.2f} ms CPU a call   (rounds: {_list(plain)})")
    print(f"gateway.ask    {high:.2f} ms CPU a call   (rounds: {_list(ours)})")
    print(f"overhead       {high - low:+.2f} ms CPU a call, ratio {high / low:.2f}")
    print(f"journal hit    {hit:.2f} ms CPU a call")


def _list(values: list[float]) -> str:
    return ", ".join(f"{value:.2f}" for value in values)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--calls", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--concurrency", type=int, default=16)
    chosen = parser.parse_args()
    with ServerProcess({"replies": {"*": '{"reasoning": "sound", "score": 4}'}}) as server:
        asyncio.run(run(server.base_url, chosen.calls, chosen.rounds, chosen.concurrency))


if __name__ == "__main__":
    main()
