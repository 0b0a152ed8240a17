"""Graph nodes that serve `invoke` as well as `ainvoke`, from one async function each.

LangGraph refuses `invoke()` on async nodes. Here the sync way hands the coroutine to one event
loop that runs in a thread of its own, so it also works inside a notebook's or server's loop.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Awaitable, Callable, Coroutine
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from dikast.graphs.state import Court

if TYPE_CHECKING:
    from langchain_core.runnables import Runnable
    from langgraph.runtime import Runtime

T = TypeVar("T")

Step = Callable[[Any, "Runtime[Court]"], Awaitable[Any]]
"""One step of a graph: state and runtime in, an update of the state out."""


_ONE = threading.Lock()
"""Held while the loop is made: threads that come first at once must not make two."""


def _forget_parent() -> None:
    """A process that was forked has the loop, but not the thread that runs it: make another."""
    global _ONE  # noqa: PLW0603 - another thread of the parent may have held it
    _ONE = threading.Lock()
    _made_portal.cache_clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_parent)


def _portal() -> asyncio.AbstractEventLoop:
    """The event loop that serves all sync callers of this process; started on first use."""
    with _ONE:
        return _made_portal()


@cache
def _made_portal() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="dikast-sync", daemon=True).start()
    return loop


def run_sync(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end from sync code, whether or not a loop runs in this thread.

    Raises:
        RuntimeError: Called from the thread of that very loop, which would wait for itself.
    """
    loop = _portal()
    try:
        running = asyncio.get_running_loop()
    except RuntimeError:
        running = None
    if running is loop:
        coroutine.close()
        raise RuntimeError("a sync call from inside dikast's own loop; use the async form there")
    future = asyncio.run_coroutine_threadsafe(coroutine, loop)
    try:
        return future.result()
    except BaseException:
        future.cancel()  # Ctrl-C in the caller must not leave calls running
        raise


async def in_own_loop(coroutine: Coroutine[Any, Any, T]) -> T:
    """Await a coroutine that runs in the loop of `run_sync`, from whatever loop.

    Tools that start a new event loop per call would otherwise cost a panel its connections, its
    pacing and the answers it already has. The caller's context (tracing) is taken along.
    """
    loop = _portal()
    if asyncio.get_running_loop() is loop:
        return await coroutine
    return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(coroutine, loop))


def step(function: Step) -> Runnable[Any, Any]:
    """Wrap an async function as a node that can be invoked, awaited, batched and streamed."""
    from langchain_core.runnables import Runnable
    from langgraph.runtime import get_runtime

    class _Step(Runnable[Any, Any]):
        """A node with one implementation and two doors."""

        name = getattr(function, "__name__", "step")

        def invoke(self, input: Any, config: Any = None, **kwargs: Any) -> Any:  # noqa: A002
            """The sync door."""
            runtime = get_runtime(Court)

            async def call() -> Any:
                return await function(input, runtime)

            return run_sync(call())

        async def ainvoke(self, input: Any, config: Any = None, **kwargs: Any) -> Any:  # noqa: A002
            """The async door."""
            return await function(input, get_runtime(Court))

    return _Step()
