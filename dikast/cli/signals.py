"""Ctrl-C and SIGTERM: the first ends a run in order, the second at once."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

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

    def on_signal(number: int) -> None:
        if met:
            os._exit(exits.INTERRUPTED if number == signal.SIGINT else exits.TERMINATED)
        met.append(number)
        note(number)
        say("\nending: no new calls; those in flight get a few seconds. Again to leave at once.")
        stopper.stop(RunStopped("interrupted"))

    caught: list[signal.Signals] = []
    try:
        # Windows has no such handlers, and only the main thread may set them.
        with suppress(NotImplementedError, RuntimeError, ValueError):
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, on_signal, number)
                caught.append(number)
        yield
    finally:
        for number in caught:
            loop.remove_signal_handler(number)
