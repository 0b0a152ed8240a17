"""Errors a caller may meet, as one tree.

    DikastError
    ├── UsageError            a user's mistake, found before any money is spent (exit code 2)
    │   ├── InputError        cases or labels cannot be read
    │   ├── ConfigError       a panel, rubric, prompt or option is wrong
    │   └── ResumeRefused     a run file belongs to another configuration
    ├── StoreError            a run file cannot be opened, read or written
    │   └── StoreBusy         another living process holds it
    └── RunStopped            a run ended early; what was done is stored (exit code 3)
        ├── BudgetSpent       the next call would pass the budget
        ├── DeadlineReached   the run's wall time is over
        ├── JudgesDead        no judge of the panel answers any more
        ├── StorageFailed     the run file can no longer be written
        └── NotRecorded       a replay met a call that nobody answered before

A judge's failure is none of these: it is an `Abstention` in a `Ballot`. A panel's failure is a
`Verdict` with status `failed`. Exceptions are for people.
"""

from __future__ import annotations

from collections.abc import Iterable


class DikastError(Exception):
    """Base of everything dikast raises on purpose."""


class UsageError(DikastError):
    """A mistake that a user can mend, with the place and the remedy.

    Args:
        message: What is wrong, in one sentence, with identifiers in backticks.
        hint: What to change; empty if the message says it already.
        path: The file at fault, as the user named it; None if there is none.
        line: Its line, from 1; None if there is none.
    """

    def __init__(
        self, message: str, *, hint: str = "", path: str | None = None, line: int | None = None
    ) -> None:
        self.message, self.hint, self.path, self.line = message, hint, path, line
        super().__init__(str(self))

    def __str__(self) -> str:
        place = (
            "" if self.path is None else self.path + (f":{self.line}" if self.line else "") + ": "
        )
        return f"{place}{self.message}" + (f" {self.hint}" if self.hint else "")


class InputError(UsageError):
    """Cases or labels cannot be read as they are."""


class ConfigError(UsageError):
    """A panel, rubric, prompt, plug-in or option is wrong."""


class ResumeRefused(UsageError):
    """A run file was made under another configuration.

    Args:
        changed: What differs, in words, one entry per difference.
        path: The run file.
    """

    def __init__(self, changed: Iterable[str], *, path: str | None = None) -> None:
        self.changed = tuple(changed)
        super().__init__(
            "this run was made under another configuration: " + "; ".join(self.changed) + ".",
            hint="Restore what changed, or start a new run file with --out.",
            path=path,
        )


class StoreError(DikastError):
    """A run file cannot be opened, read or written; the message names it and a way out."""


class StoreBusy(StoreError):
    """Another living process holds the run file; `pid` says which."""

    def __init__(self, message: str, *, pid: int | None = None) -> None:
        self.pid = pid
        super().__init__(message)


class RunStopped(DikastError):
    """A run ended before all its cases were done; everything finished is stored."""


class BudgetSpent(RunStopped):
    """The next call could pass the budget."""


class DeadlineReached(RunStopped):
    """The run's wall time is over."""


class JudgesDead(RunStopped):
    """Every judge of the panel is out for good."""


class StorageFailed(RunStopped):
    """The run file can no longer be written (disk full, file-size limit)."""


class NotRecorded(RunStopped):
    """A replay met a call that its journal holds no answer to; nothing was sent."""
