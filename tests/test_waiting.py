"""Nothing waits for ever: deadlines, queues, budgets and runs under cancellation and forks."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dikast.agents.embedded._panel import embedded_panel
from dikast.errors import BudgetSpent, RunStopped, StoreError
from dikast.graphs.nodes import run_sync
from dikast.graphs.runner import run_cases
from dikast.graphs.stopper import Stopper
from dikast.models.budget import Budget, Spending
from dikast.models.deadline import Deadline
from dikast.models.gateway import ModelGateway
from dikast.models.journal import MemoryJournal
from dikast.models.pacing import Lane
from dikast.models.wire import WireReply, WireRequest
from dikast.records.identity import Identity
from dikast.records.runfile import RunFile
from dikast.testing import process
from dikast.testing.process import ServerProcess
from dikast.types import Candidate, Case, Reason, Verdict
from tests.gateway_kit import Scripted, failing, failure_of, good, in_turn, make_request, reply_of

PATIENCE = 60.0
"""Seconds after which a test that waits fails; nothing here comes near."""

forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")


def run(work: Coroutine[Any, Any, Any]) -> Any:
    """Run to the end, or fail."""

    async def bounded() -> Any:
        async with asyncio.timeout(PATIENCE):
            return await work

    return asyncio.run(bounded())


class Stubborn:
    """Work without end that swallows so many cancellations."""

    def __init__(self, times: int) -> None:
        self.times, self.swallowed = times, 0

    async def __call__(self) -> None:
        while True:
            try:
                await asyncio.sleep(PATIENCE)
            except asyncio.CancelledError:
                if self.swallowed == self.times:
                    raise
                self.swallowed += 1


# -- deadlines -------------------------------------------------------------------------------


async def within(seconds: float, work: Awaitable[Any]) -> Any:
    with Deadline(seconds, again=0.01):
        return await work


def test_a_deadline_passes_on_results_and_errors() -> None:
    async def fails() -> None:
        raise KeyError("mine")

    assert run(within(PATIENCE, asyncio.sleep(0, "done"))) == "done"
    with pytest.raises(KeyError, match="mine"):
        run(within(PATIENCE, fails()))
    with pytest.raises(TimeoutError):
        run(within(0.01, asyncio.sleep(PATIENCE)))


@pytest.mark.parametrize("times", [1, 2, 5])
def test_a_deadline_holds_though_its_cancellation_is_swallowed(times: int) -> None:
    async def main() -> tuple[int, int]:
        stubborn = Stubborn(times)
        with pytest.raises(TimeoutError):
            await within(0.01, stubborn())
        task = asyncio.current_task()
        assert task is not None
        return stubborn.swallowed, task.cancelling()

    assert run(main()) == (times, 0)


def test_a_result_that_comes_though_it_was_cut_off_is_used() -> None:
    async def late() -> str:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(PATIENCE)
        return "paid"

    assert run(within(0.01, late())) == "paid"


@pytest.mark.parametrize("swallowed", [0, 1])
def test_who_is_cancelled_from_outside_is_not_told_of_a_deadline(swallowed: int) -> None:
    async def main() -> bool:
        task = asyncio.create_task(within(0.02, Stubborn(swallowed)()))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait({task})
        return task.cancelled()

    assert run(main())


def test_a_client_that_swallows_its_cancellation_costs_one_call_and_no_slot() -> None:
    stubborn = Stubborn(1)

    async def hangs(_: WireRequest) -> WireReply:
        await stubborn()
        return good()

    async def main() -> tuple[Any, Any]:
        transport = Scripted(in_turn(iter([hangs])))
        async with ModelGateway(transport=transport) as gateway:
            asks = [make_request(n, timeout=0.05, retries=0, max_concurrency=1) for n in (1, 2)]
            answers = await asyncio.gather(*map(gateway.ask, asks))
            return failure_of(answers[0]).reason, reply_of(answers[1]).text

    assert run(main()) == (Reason.TIMEOUT, "4")


# -- storms of cancellations -----------------------------------------------------------------


@given(st.integers(0, 10**6))
def test_a_storm_of_cancellations_leaves_no_slot_and_no_reservation_behind(seed: int) -> None:
    rng = random.Random(seed)

    async def answer(_: WireRequest) -> WireReply:
        for _turn in range(rng.randrange(4)):
            await asyncio.sleep(0)
        if rng.random() < 0.2:
            return await _as_async(failing(Reason.SERVER_ERROR, retryable=True, status=500))
        return good()

    async def main() -> None:
        journal, budget = MemoryJournal(), Budget(12, "calls")
        transport = Scripted(answer)
        gateway = ModelGateway(journal, transport=transport, budget=budget, backoff=0.0)
        tasks = [
            asyncio.create_task(gateway.ask(make_request(n % 14, max_concurrency=3, retries=1)))
            for n in range(20)
        ]
        for _ in range(rng.randrange(30)):
            rng.choice(tasks).cancel()
            for _ in range(rng.randrange(3)):
                await asyncio.sleep(0)
        done = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(d, BudgetSpent) or not isinstance(d, Exception) for d in done)
        while gateway._flights:
            await asyncio.sleep(0)
        (road,) = gateway._roads.values()
        assert (road.lane.in_flight, transport.open) == (0, 0)
        assert (budget._reserved, budget._in_flight) == (0.0, 0)
        assert budget.spent <= 13
        answered = sum(not isinstance(d, BaseException) and d.usage.calls > 0 for d in done)
        assert len(journal.entries) <= len(transport.sent)
        assert answered <= len(transport.sent)
        await gateway.aclose()

    run(main())


async def _as_async(answer: Callable[[WireRequest], Any]) -> WireReply:
    reply: WireReply = answer(None)  # type: ignore[arg-type]
    return reply


@given(st.integers(0, 10**6), st.integers(1, 4))
def test_a_storm_on_a_budget_loses_no_wake_up(seed: int, limit: int) -> None:
    """Whoever is not cancelled is admitted or told that nothing is left."""
    rng = random.Random(seed)

    async def main() -> None:
        budget = Budget(limit * 10, "tokens")

        async def one(size: int) -> None:
            reserved = await budget.reserve(lambda: Spending(1, size, 0.0))
            used = 0
            try:
                await asyncio.sleep(0)
                used = size
            finally:
                budget.settle(reserved, Spending(1, used, 0.0))

        tasks = [asyncio.create_task(one(rng.randrange(1, 12))) for _ in range(15)]
        while not all(task.done() for task in tasks):
            if rng.random() < 0.4:
                rng.choice(tasks).cancel()
            await asyncio.sleep(0)
            if rng.random() < 0.3:
                break
        await asyncio.gather(*tasks, return_exceptions=True)
        assert (budget._reserved, budget._in_flight) == (0.0, 0)
        assert budget.spent <= limit * 10 + 11

    run(main())


def test_a_thousand_who_wait_for_a_budget_are_woken_one_by_one() -> None:
    """Waking all of them at each settlement would look half a million times."""
    looked = 0

    def most() -> Spending:
        nonlocal looked
        looked += 1
        return Spending(1, 0, 0.0)

    async def main() -> int:
        budget = Budget(1000, "calls")
        budget.spent = 1.0
        gate = asyncio.Semaphore(1)

        async def one() -> None:
            reserved = await budget.reserve(most)
            async with gate:
                await asyncio.sleep(0)
                budget.settle(reserved, Spending(0 if looked < 1000 else 1, 0, 0.0))

        done = await asyncio.gather(*(one() for _ in range(2000)), return_exceptions=True)
        return sum(isinstance(d, BudgetSpent) for d in done)

    assert run(main()) > 0
    assert looked < 6000


def test_a_slot_that_was_never_granted_is_not_given_back() -> None:
    async def main() -> int:
        lane = Lane(1)
        await lane.acquire()
        waiting = asyncio.create_task(lane.acquire())
        await asyncio.sleep(0)
        lane.abort(RunStopped("stopped"))
        waiting.cancel()
        await asyncio.wait({waiting})
        return lane.in_flight

    assert run(main()) == 1


def test_a_stopped_run_waits_for_no_hold() -> None:
    """A retry that comes after the stop is not queued behind a Retry-After of minutes."""

    async def main() -> None:
        transport = Scripted(failing(Reason.SERVER_ERROR, retryable=True, status=500))
        gateway = ModelGateway(transport=transport, backoff=0.0)
        asking = asyncio.create_task(gateway.ask(make_request(1, retries=20)))
        while not transport.sent:
            await asyncio.sleep(0)
        (road,) = gateway._roads.values()
        road.lane.limited(road.lane._clock(), 10 * PATIENCE)
        gateway.stop(RunStopped("enough"))
        with pytest.raises(RunStopped, match="enough"):
            await asking
        await gateway.aclose()

    run(main())


# -- runs ------------------------------------------------------------------------------------


class Instant:
    """A graph that decides at once."""

    async def ainvoke(self, given: Any, /, *, context: Any) -> Any:
        await asyncio.sleep(0)
        case = given["case"]
        verdict = Verdict(
            case_id=case.id, candidates=("response",), panel="p", status="decided", score=0.5
        )
        return {"verdict": verdict}


class Hanging:
    """A graph whose judge swallows its cancellation."""

    def __init__(self) -> None:
        self.stubborn = Stubborn(1)

    async def ainvoke(self, given: Any, /, *, context: Any) -> Any:
        await self.stubborn()


def cases(number: int) -> Iterator[Case]:
    for n in range(number):
        yield Case(id=f"c{n}", question="Well?", candidates=(Candidate(text="Yes."),))


@pytest.mark.parametrize("where", ["record", "check", "cases"])
def test_whatever_goes_wrong_beside_a_case_ends_the_run_loudly(where: str) -> None:
    met = 0

    def fail() -> None:
        nonlocal met
        met += 1
        if met > 5:
            raise ValueError("by plan")

    async def record(_: Verdict) -> None:
        if where == "record":
            fail()

    def check() -> None:
        if where == "check":
            fail()

    def source() -> Iterator[Case]:
        for case in cases(100):
            if where == "cases":
                fail()
            yield case

    async def main() -> None:
        given = {"record": record, "check": check, "workers": 3}
        async for _ in run_cases(Instant(), embedded_panel(), source(), **given):  # type: ignore[arg-type]
            pass

    with pytest.raises(ValueError, match="by plan"):
        run(main())
    assert met < 20


def test_a_judge_that_swallows_its_cancellation_does_not_keep_a_run_from_ending() -> None:
    graph, stopper = Hanging(), Stopper(grace=0.02)

    async def main() -> None:
        asyncio.get_running_loop().call_later(0.02, stopper.stop, RunStopped("enough"))
        with pytest.raises(RunStopped, match="enough"):
            async for _ in run_cases(graph, embedded_panel(), cases(1), stopper=stopper):
                pass

    run(main())
    assert graph.stubborn.swallowed == 1


# -- processes -------------------------------------------------------------------------------


def in_a_fork(work: Callable[[], str]) -> str:
    """What a forked child made of it."""
    reads, writes = os.pipe()
    child = os.fork()
    if not child:  # pragma: no cover - coverage does not follow
        try:
            signal.alarm(int(PATIENCE))
            os.write(writes, work().encode())
        finally:
            os._exit(0)
    os.close(writes)
    with os.fdopen(reads) as pipe:
        told = pipe.read()
    os.waitpid(child, 0)
    return told


@forks
def test_a_forked_process_asks_panels_of_its_own() -> None:
    """The thread that serves sync callers does not come along; waiting for it would be for ever."""

    def ask() -> str:
        return str(run_sync(asyncio.sleep(0, "answered")))

    assert ask() == in_a_fork(ask) == ask() == "answered"


@forks
def test_a_forked_process_is_told_that_it_cannot_write(tmp_path: Path) -> None:
    with RunFile.create(tmp_path / "run.dikast", Identity()) as store:

        def write() -> str:
            try:
                asyncio.run(store.put("key", "{}", b"answer"))
            except StoreError as error:
                return str(error)
            return "written"

        assert "before this process was forked" in in_a_fork(write)
        assert write() == "written"


BUSY = """
import asyncio, sys, time
from dikast.cli.signals import signals
from dikast.graphs.stopper import Stopper

async def main():
    with signals(Stopper(), lambda number: None):
        print("ready", flush=True)
        while True:
            time.sleep(0.01)  # one long text: the loop is never given a turn

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_the_second_signal_ends_a_process_whose_loop_is_busy(number: int, code: int) -> None:
    child = subprocess.Popen([sys.executable, "-c", BUSY], stdout=subprocess.PIPE, text=True)
    try:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        while child.poll() is None:  # two that come at once are one
            child.send_signal(number)
            try:
                child.wait(timeout=0.1)
            except subprocess.TimeoutExpired:
                continue
        assert child.returncode == code
    finally:
        child.kill()
        child.communicate(timeout=PATIENCE)


def test_a_server_that_never_listens_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sleeps.py").write_text("import time\ntime.sleep(600)\n", encoding="utf-8")
    path = os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])])
    monkeypatch.setenv("PYTHONPATH", path)
    monkeypatch.setattr(process, "_PATIENCE", 0.5)
    with pytest.raises(RuntimeError, match="did not start"):
        ServerProcess({"responder": "sleeps:respond"}).start()
