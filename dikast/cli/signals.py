"""Ctrl-C and SIGTERM: the first ends a run in order, the second at once."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

from dikast.cli import exits
from dikast.cli.exits import say
from dikast.errors import RunStopped
from dikast.graphs.stopper import Stopper


@contextmanager
def signals(stopper: Stopper, note: Callable[[int], None]) -> Iterator[None]:
    """Stop a run in order on the first Ctrl-C or SIGTERM, and leave at once on the second.

    Args:
        stopper: Of the run.
        note: Told the number of the signal.
    """
    loop = asyncio.get_running_loop()
    met: list[int] = []

    def in_order(number: int) -> None:
        note(number)
        say("\nending: no new calls; those in flight get a few seconds. Again to leave at once.")
        stopper.stop(RunStopped("interrupted"))

    def on_signal(number: int, _: FrameType | None) -> None:
        # Not the loop's own handler, which a loop that is busy with one long text never comes to.
        if met:
            os._exit(exits.INTERRUPTED if number == signal.SIGINT else exits.TERMINATED)
        met.append(number)
        loop.call_soon_threadsafe(in_order, number)

    before: dict[signal.Signals, Any] = {}
    try:
        with suppress(ValueError):  # only the main thread may set them
            for number in (signal.SIGINT, signal.SIGTERM):
                before[number] = signal.signal(number, on_signal)
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler or signal.SIG_DFL)  # None: set by C
