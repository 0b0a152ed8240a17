"""How fast one model is asked: concurrency that falls on 429 and recovers, and shared holds.

A `Lane` is shared by all judges of one model at one address. Additive increase and
multiplicative decrease of the concurrency (Chiu and Jain, 1989), as in TCP.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import deque
from collections.abc import Callable

LONGEST_BACKOFF = 60.0
"""Seconds: the longest pause of our own after a 429 that named none."""


class Lane:
    """The queue in front of one model.

    Args:
        width: Most requests in flight.
        per_minute: Most requests a minute, evenly spaced; None for no limit.
        clock: Monotonic seconds.
        backoff: Seconds of the first pause after a 429 without Retry-After.
        jitter: Uniform in [0, 1).
    """

    def __init__(
        self,
        width: int,
        per_minute: float | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        backoff: float = 1.0,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._most = width
        self._interval = 60.0 / per_minute if per_minute else 0.0
        self._clock, self._backoff, self._jitter = clock, backoff, jitter
        self._width = float(width)
        self._in_flight = 0
        self._probing = False  # after a 429: one request at a time until one is answered
        self._held_until = 0.0
        self._next_start = 0.0
        self._dropped_at = float("-inf")
        self._strikes = 0
        self._queue: deque[asyncio.Future[None]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def narrow(self, width: int, per_minute: float | None) -> None:
        """Respect the limits of a further judge of the same model: the smallest win."""
        self._most = min(self._most, width)
        self._width = min(self._width, float(self._most))
        if per_minute:
            self._interval = max(self._interval, 60.0 / per_minute)

    @property
    def width(self) -> int:
        """How many requests may be in flight now."""
        return 1 if self._probing else int(self._width)

    @property
    def in_flight(self) -> int:
        """How many requests are in flight now."""
        return self._in_flight

    @property
    def held_for(self) -> float:
        """Seconds until the next request may be sent, by hold or by requests per minute."""
        return max(0.0, max(self._held_until, self._next_start) - self._clock())

    async def acquire(self) -> float:
        """Wait for a slot; returns the time of sending, to be handed back with the outcome."""
        if self._queue or not self._open():
            await self._wait(asyncio.get_running_loop().create_future(), first=False)
            while self._clock() < self._held_until:  # a 429 came between the grant and now
                self._in_flight -= 1
                await self._wait(asyncio.get_running_loop().create_future(), first=True)
        else:
            self._take()
        return self._clock()

    async def _wait(self, future: asyncio.Future[None], *, first: bool) -> None:
        if first:
            self._queue.appendleft(future)
        else:
            self._queue.append(future)
        self._pump()
        try:
            await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled():
                if future.exception() is None:  # else `abort` came first: there is no slot
                    self.release()  # the slot was granted in the same turn of the loop
            else:
                self._pump()
            raise

    def release(self) -> None:
        """Give the slot back."""
        self._in_flight -= 1
        if self._queue:
            self._pump()

    def answered(self, sent_at: float, *, ok: bool) -> None:
        """A request was answered, and not with 429: recover.

        Args:
            sent_at: What `acquire` returned.
            ok: Whether it succeeded; only then does the concurrency grow.
        """
        if sent_at < self._dropped_at:
            return  # sent before the limit was met: says nothing about now
        self._strikes = 0
        self._probing = False
        if ok and self._width < self._most:
            self._width = min(float(self._most), self._width + 1 / self._width)
        if self._queue:
            self._pump()

    def limited(self, sent_at: float, retry_after: float | None) -> None:
        """A request was answered with 429: hold everybody, then go on with half the width.

        Requests of one burst count as one event: those sent before the last drop only extend
        the hold.

        Args:
            sent_at: What `acquire` returned.
            retry_after: Seconds, if the server named them.
        """
        now = self._clock()
        fresh = sent_at >= self._dropped_at
        if fresh:
            self._strikes += 1
            self._width = max(1.0, self._width / 2)
            self._dropped_at = now
            self._probing = True
        if retry_after is None and fresh:
            pause = min(LONGEST_BACKOFF, self._backoff * 4 ** (self._strikes - 1))
            retry_after = pause * (0.5 + self._jitter() / 2)
        if retry_after:
            self._held_until = max(self._held_until, now + retry_after)

    def abort(self, error: BaseException) -> None:
        """Fail everybody who waits."""
        while self._queue:
            future = self._queue.popleft()
            if not future.done():
                future.set_exception(error)
        self.close()

    def close(self) -> None:
        """Stop the timer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _open(self) -> bool:
        return self._in_flight < self.width and not self.held_for

    def _take(self) -> None:
        self._in_flight += 1
        if self._interval:
            self._next_start = max(self._clock(), self._next_start) + self._interval

    def _pump(self) -> None:
        """Hand free slots to the longest waiting; wake up again when the hold ends."""
        self.close()
        while self._queue:
            if self._queue[0].done():  # its waiter was cancelled
                self._queue.popleft()
            elif self._open():
                self._take()
                self._queue.popleft().set_result(None)
            else:
                break
        if self._queue and self._in_flight < self.width:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self.held_for + 0.001, self._pump)
