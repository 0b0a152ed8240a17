"""How a run is ended from outside: by Ctrl-C, a signal, or a caller."""

from __future__ import annotations

from collections.abc import Callable


class Stopper:
    """A way to end a run early from outside: no new cases, a grace for those in flight.

    Args:
        grace: Seconds that cases in flight may take to finish after `stop`.
    """

    def __init__(self, grace: float = 6.0) -> None:
        self.grace = grace
        self.reason: str | None = None
        self._callbacks: list[Callable[[str], None]] = []

    def stop(self, reason: str) -> None:
        """Ask for the end; further calls change nothing. Call it from the event loop's thread."""
        if self.reason is None:
            self.reason = reason
            for callback in self._callbacks:
                callback(reason)

    def on_stop(self, callback: Callable[[str], None]) -> None:
        """Have a function called with the reason when the end is asked for."""
        self._callbacks.append(callback)
