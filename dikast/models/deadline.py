"""A deadline that insists: code that swallows its cancellation is cancelled again."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

AGAIN = 0.5
"""Seconds after which what has not ended is cancelled once more."""


class Deadline:
    """A `with` block in a coroutine that ends after so many seconds.

    `asyncio.timeout` and `wait_for` cancel once and then wait for what they cancelled: code that
    swallows that one cancellation would keep its slot, its case and the run for ever.

    Args:
        seconds: Until the block is cancelled.
        again: Seconds between further cancellations, for as long as it has not ended.

    Raises:
        TimeoutError: The block was cut off. If it ended with a result or an error of its own
            all the same, that is what it gives.

    Examples:
        >>> async def work():
        ...     with Deadline(60.0):
        ...         return await asyncio.sleep(0, "done")
        >>> asyncio.run(work())
        'done'
    """

    def __init__(self, seconds: float, *, again: float = AGAIN) -> None:
        self._seconds, self._again = seconds, again
        self._cuts = 0

    def __enter__(self) -> Self:
        task = asyncio.current_task()
        assert task is not None
        self._task, self._before = task, task.cancelling()
        self._loop = asyncio.get_running_loop()
        self._timer = self._loop.call_later(self._seconds, self._cut)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        if not self._cuts:
            return
        for _ in range(self._cuts):
            left = self._task.uncancel()
        if left <= self._before and kind is asyncio.CancelledError:  # nobody else cancelled it
            raise TimeoutError from error

    def _cut(self) -> None:
        self._cuts += 1
        self._task.cancel()
        self._timer = self._loop.call_later(self._again, self._cut)
