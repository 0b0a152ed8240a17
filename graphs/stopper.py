"""How a run is ended from outside: by Ctrl-C, a signal, a deadline, or a caller."""

from __future__ import annotations

from collections.abc import Callable

from dikast.errors import RunStopped


class Stopper:
    """A way to end a run early: no new cases, and a grace for those in flight.

    Args:
        grace: Seconds that cases in flight may take to finish after `stop`.
    """

    def __init__(self, grace: float = 6.0) -> None:
        self.grace = grace
        self.error: RunStopped | None = None
        """Why the end was asked for; None while it was not."""
        self._callbacks: list[Callable[[RunStopped], None]] = []

    def stop(self, error: RunStopped) -> None:
        """Ask for the end; further calls change nothing. Call it from the event loop's thread."""
        if self.error is None:
            self.error = error
            for callback in self._callbacks:
                callback(error)

    def on_stop(self, callback: Callable[[RunStopped], None]) -> None:
        """Have a function called once the end is asked for; at once if it was already."""
        self._callbacks.append(callback)
        if self.error is not None:
            callback(self.error)
