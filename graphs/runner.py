"""Many cases through one graph: bounded workers, cases streamed in, verdicts streamed out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from dikast.errors import RunStopped, StoreError
from dikast.graphs.observed import heard
from dikast.graphs.state import Court
from dikast.graphs.stopper import Stopper
from dikast.types import Case, PanelSpec, Reason, Verdict

if TYPE_CHECKING:
    from dikast.graphs.work import Hearing

WORKERS = 16
"""Cases in flight by default; calls are bounded per model by the gateway."""

_END = object()


def broken(case: Case, spec: PanelSpec, error: Exception) -> Verdict:
    """The verdict on a case that met a bug: failed, with what went wrong, and no score."""
    return Verdict(
        case_id=case.id,
        candidates=tuple(candidate.id for candidate in case.candidates),
        panel=spec.name,
        status="failed",
        reason=Reason.BUG,
        detail=f"{type(error).__name__}: {error}"[:500],
        rubric=spec.rubric.digest,
    )


async def judge_one(graph: Hearing, case: Case, spec: PanelSpec, court: Court) -> Verdict:
    """Take one case through a graph. One poisoned case costs one case.

    Raises:
        RunStopped: The whole run must end.
    """
    try:
        result = await heard(graph, {"case": case}, case, court=court, panel=spec.name)
        verdict = result["verdict"]
    except (RunStopped, StoreError):
        raise
    except Exception as error:
        return broken(case, spec, error)
    assert isinstance(verdict, Verdict)
    return verdict


async def run_cases(
    graph: Hearing,
    spec: PanelSpec,
    cases: Iterable[Case],
    *,
    court: Court | None = None,
    workers: int = WORKERS,
    stopper: Stopper | None = None,
    record: Callable[[Verdict], Awaitable[None]] | None = None,
    check: Callable[[], None] | None = None,
) -> AsyncIterator[Verdict]:
    """Judge cases as they come; verdicts appear in the order in which they are done.

    Memory stays flat: at most `workers` cases are in flight and as many verdicts wait.

    Args:
        graph: A compiled graph from `case` to `verdict`, or whatever else does that.
        spec: Its panel.
        cases: Any iterable; it is read as workers become free.
        court: What the graph runs with; None for its own gateway.
        workers: Cases in flight.
        stopper: A way to end early.
        record: Stores a verdict; awaited before the verdict is yielded, by several workers at once,
            so that a store can commit them in groups.
        check: Called after each verdict; raises `RunStopped` to end the run.

    Yields:
        One verdict per case.

    Raises:
        RunStopped: The run ended early, from inside or by the stopper; every verdict that was
            done has been yielded before.
        Exception: Whatever reading a case, `record` or `check` raised; likewise.
    """
    crew = _Crew(graph, spec, iter(cases), court or Court(), stopper or Stopper())
    crew.record, crew.check = record, check
    tasks = [asyncio.create_task(crew.work()) for _ in range(workers)]
    closer = asyncio.create_task(crew.close(tasks))
    try:
        while (item := await crew.done.get()) is not _END:
            assert isinstance(item, Verdict)
            yield item
    finally:
        for task in (*tasks, closer):
            task.cancel()
        await asyncio.wait((*tasks, closer), timeout=crew.stopper.grace)
    if crew.stopped is not None:
        raise crew.stopped


class _Crew:
    """Workers that share one source of cases and one queue of verdicts."""

    def __init__(
        self,
        graph: Hearing,
        spec: PanelSpec,
        cases: Iterator[Case],
        court: Court,
        stopper: Stopper,
    ) -> None:
        self.graph, self.spec, self.cases, self.court = graph, spec, cases, court
        self.stopper = stopper
        self.record: Callable[[Verdict], Awaitable[None]] | None = None
        self.check: Callable[[], None] | None = None
        self.done: asyncio.Queue[Verdict | object] = asyncio.Queue(maxsize=64)
        self.stopped: Exception | None = None
        self._stop = asyncio.Event()
        stopper.on_stop(lambda _: self._stop.set())

    async def work(self) -> None:
        """Judge cases until there are none left or the run is ended."""
        while self.stopped is None and self.stopper.error is None:
            try:
                case = next(self.cases, None)
            except Exception as error:
                self.stopped = self.stopped or error
                return
            if case is None:
                return
            try:
                verdict = await judge_one(self.graph, case, self.spec, self.court)
                if self.record is not None:
                    await self.record(verdict)
                await self.done.put(verdict)
                if self.check is not None:
                    self.check()
            except Exception as stop:  # whatever storing met: a worker that ended would be missed
                self.stopped = self.stopped or stop
                self._stop.set()
                return

    async def close(self, tasks: list[asyncio.Task[None]]) -> None:
        """Wait for the workers, or give them a grace once the end was asked for; then say so."""
        waiting = asyncio.create_task(self._stop.wait())
        everyone = asyncio.create_task(_all(tasks))
        try:
            await asyncio.wait({waiting, everyone}, return_when=asyncio.FIRST_COMPLETED)
            if not everyone.done():
                await asyncio.wait({everyone}, timeout=self.stopper.grace)
            if not everyone.done():
                for task in tasks:
                    task.cancel()
                # a judge of the user's own may swallow its cancellation: it is left behind
                await asyncio.wait({everyone}, timeout=self.stopper.grace)
        finally:
            waiting.cancel()
        self.stopped = self.stopped or self.stopper.error
        await self.done.put(_END)


async def _all(tasks: list[asyncio.Task[None]]) -> None:
    await asyncio.gather(*tasks, return_exceptions=True)
