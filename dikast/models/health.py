"""Which models still answer: five time-outs in a row and a model rests, 401 or 403 end it."""

from __future__ import annotations

import time
from collections.abc import Callable

TIMEOUTS_TO_REST = 5
FIRST_PAUSE = 30.0
"""Seconds of rest before the first probe; every failed probe doubles them."""
LONGEST_PAUSE = 600.0


class Health:
    """Whether one model is asked, rests, or is out for the run.

    Args:
        clock: Monotonic seconds.
        first_pause: Seconds of rest before the first probe.
    """

    def __init__(
        self, *, clock: Callable[[], float] = time.monotonic, first_pause: float = FIRST_PAUSE
    ) -> None:
        self._clock, self._first_pause = clock, first_pause
        self._silent = 0
        self._pause = first_pause
        self._resting_until: float | None = None
        self._probing = False
        self.ended: str | None = None
        """Why no further call can succeed; None while one can."""

    @property
    def resting(self) -> bool:
        """Whether it rests after time-outs; a probe may be under way."""
        return self._resting_until is not None

    def why_not(self) -> str | None:
        """Why it is not asked now; None if it may be asked, or probed."""
        if self.ended is not None:
            return self.ended
        if self._resting_until is None:
            return None
        left = self._resting_until - self._clock()
        if left <= 0 and not self._probing:
            return None
        return f"resting after {self._silent} requests in a row without an answer"

    def admit(self) -> str | None:
        """Ask to send one request now; returns why not, or None.

        While it rests, one request is let through after each pause.
        """
        refusal = self.why_not()
        if refusal is None and self.resting:
            self._probing = True
        return refusal

    def answered(self) -> None:
        """Any answer, an error included: it is alive."""
        self._silent = 0
        self._pause = self._first_pause
        self._resting_until = None
        self._probing = False

    def silent(self) -> None:
        """A request ran into its deadline, or a whole series of retries met no server."""
        self._silent += 1
        if self._probing:
            self._pause = min(LONGEST_PAUSE, self._pause * 2)
        if self._silent >= TIMEOUTS_TO_REST and (self._probing or not self.resting):
            self._resting_until = self._clock() + self._pause
        self._probing = False

    def abandoned(self) -> None:
        """A request was given up before its fate was known: another may probe."""
        self._probing = False

    def end(self, why: str) -> None:
        """No further call can succeed."""
        self.ended = self.ended or why
