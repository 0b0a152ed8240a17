"""Progress of a run on stderr: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Any, Self

from dikast.cli.exits import say

_EVERY = 5.0
"""Seconds between two plain lines."""


class Progress:
    """Cases, calls, money and time left. Not shown where there is nothing to wait for.

    Args:
        total: Cases of the run.
        done: Cases that were done before.
        calls: Whether model calls are made, so that calls and money are worth a column.
    """

    def __init__(self, total: int, done: int, *, calls: bool) -> None:
        self._total, self._done, self._calls = total, done, calls
        self._sent, self._cost, self._unpriced = 0, 0.0, 0
        self._began = self._said = time.monotonic()
        self._start = done
        self._bar: Any = None
        self._task: Any = None

    def __enter__(self) -> Self:
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, TextColumn
            from rich.progress import Progress as Bar

            self._bar = Bar(
                TextColumn("{task.completed}/{task.total} cases"),
                BarColumn(),
                TextColumn("{task.fields[rest]}"),
                console=Console(stderr=True),
                redirect_stdout=sys.stdout.isatty(),
                transient=True,
            )
            self._bar.start()
            self._task = self._bar.add_task("", total=self._total, completed=self._done, rest="")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def event(self, name: str, **numbers: Any) -> None:
        """Take in an event of the gateway."""
        if name == "sent":
            self._sent += 1
        elif name == "answered":
            cost = numbers.get("cost")
            self._cost += cost or 0.0
            self._unpriced += cost is None
        if self._bar is not None:
            self._bar.update(self._task, rest=self._rest())

    def case(self) -> None:
        """One more case is done."""
        self._done += 1
        if self._bar is not None:
            self._bar.update(self._task, completed=self._done, rest=self._rest())
            return
        now = time.monotonic()
        if now - self._said >= _EVERY:
            self._said = now
            say(f"{self._done}/{self._total} cases, {self._rest()}")

    def _rest(self) -> str:
        parts = []
        if self._calls:
            unknown = f" + {self._unpriced} calls of unknown price" * bool(self._unpriced)
            parts.append(f"{self._sent} calls, ${self._cost:.4f}{unknown}")
        pace = (self._done - self._start) / max(time.monotonic() - self._began, 1e-6)
        if pace > 0:
            parts.append(f"{(self._total - self._done) / pace:.0f} s left")
        return ", ".join(parts)
