"""Exit codes, and how an error is told: what is wrong, where, and what to change."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import NoReturn, ParamSpec, TypeVar

import typer

from dikast.errors import DikastError, RunStopped

P = ParamSpec("P")
R = TypeVar("R")

DECIDED = 0
UNDECIDED = 1
"""Some cases abstained, failed or wait for adjudication."""
USAGE = 2
STOPPED = 3
"""Budget, deadline, storage, or no judge left."""
GATE = 4
"""A gate such as `--fail-under` was not met."""
INTERRUPTED = 130
TERMINATED = 143


def say(text: str = "") -> None:
    """A line for a person, on stderr; stdout holds results only."""
    print(text, file=sys.stderr, flush=True)


def leave(error: Exception, code: int) -> NoReturn:
    """Tell an error and end with an exit code."""
    from dikast.minutes import visible

    say("dikast: " + visible(str(error)))
    raise typer.Exit(code)


def guarded(command: Callable[P, R]) -> Callable[P, R]:
    """Turn dikast's errors into messages and exit codes; anything else is a bug and is shown."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except RunStopped as error:
            leave(error, STOPPED)
        except DikastError as error:
            leave(error, USAGE)
        except BrokenPipeError:
            # The reader of our output went away (`dikast show RUN | head`): not an error.
            sys.stdout = None
            raise typer.Exit(DECIDED) from None
        except KeyboardInterrupt:
            raise typer.Exit(INTERRUPTED) from None

    return run


__all__ = [
    "DECIDED",
    "GATE",
    "INTERRUPTED",
    "STOPPED",
    "TERMINATED",
    "UNDECIDED",
    "USAGE",
    "guarded",
    "leave",
    "say",
]
