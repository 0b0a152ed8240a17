"""The seam for tracing: who wants to watch the work is told of it as it begins and ends.

Nobody watches by default, and then the seam costs one look at a variable. The graphs and the
gateway tell; an observer, such as `dikast.adapters.tracing`, listens. Whatever is told must not
be kept longer than needed: it holds texts under judgement.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol

from dikast.types.ballots import Ballot
from dikast.types.calls import CallFailure, ModelReply, ModelRequest
from dikast.types.cases import Case
from dikast.types.comparisons import Comparison
from dikast.types.dockets import Docket
from dikast.types.rag import RagVerdict
from dikast.types.rankings import RankingResult
from dikast.types.verdicts import Verdict

Outcome = Verdict | Comparison | RankingResult | RagVerdict


class Observer(Protocol):
    """Watches the work. Each method gives a context manager around one piece of it.

    What the context manager gives is called with the result, unless the work raised. Neither may
    raise, and both must be quick: they run in the event loop that judges. Everything inside a
    piece of work runs in the same `contextvars` context or in a copy of it.
    """

    def hearing(self, case: Case, panel: str) -> AbstractContextManager[Callable[[Outcome], None]]:
        """A case is judged, compared, ranked or evaluated over passages.

        Inside it also each pair of a ranking, and each of two answers over passages.
        """
        ...

    def vote(
        self, docket: Docket, criteria: Sequence[str], *, seat: str, judge: str, number: int
    ) -> AbstractContextManager[Callable[[Sequence[Ballot]], None]]:
        """A judge votes for a seat in round `number`, under one presentation order.

        `criteria` are ids of criteria, or of claims and passages.
        """
        ...

    def call(
        self, request: ModelRequest
    ) -> AbstractContextManager[Callable[[ModelReply | CallFailure], None]]:
        """A model is asked, retries included, or the journal answers for it."""
        ...


UNWATCHED: AbstractContextManager[Callable[[Any], None]] = nullcontext(lambda _: None)
"""What stands around a piece of work that nobody watches."""


class _Post:
    """Where the one observer of the process stands."""

    observer: Observer | None = None


def observer() -> Observer | None:
    """Who watches; None for nobody."""
    return _Post.observer


def observe(watching: Observer | None) -> Observer | None:
    """Let somebody watch all work of this process from now on; None for nobody.

    Returns:
        Who watched before.

    Examples:
        >>> before = observe(None)
        >>> observer() is None
        True
        >>> observe(before) is None
        True
    """
    before, _Post.observer = _Post.observer, watching
    return before
