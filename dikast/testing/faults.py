"""Which faults a loopback server commits, and when: by share, by script or by model.

A fault is named by a word of `KINDS` or by an HTTP status (`"503"`). Whether a request meets one
depends on its content and on how often it was sent before, never on when it arrives: concurrent
runs meet the same faults.
"""

from __future__ import annotations

import hashlib
import math
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

OK = "ok"
KINDS: dict[str, str] = {
    OK: "an ordinary answer",
    "rate_limit": "429 with Retry-After",
    "rate_limit_bare": "429 without Retry-After",
    "quota": "429 `insufficient_quota`: waiting does not help",
    "context_length": "400 `context_length_exceeded`",
    "echo_key": "401 whose message repeats the Authorization header",
    "hang": "the request is read and never answered",
    "drip": "an ordinary answer, a few bytes at a time",
    "truncate": "the connection closes half-way through the body",
    "reset": "the connection is reset instead of an answer",
    "not_json": "200 with a page of HTML",
    "empty_object": "200 with `{}`",
    "no_choices": "200 with an empty list of choices",
    "null_content": "200 with content null",
    "length": "200 with `finish_reason` `length` and half of the reply",
    "content_filter": "200 with `finish_reason` `content_filter` and content null",
    "refusal": "200 with a `refusal` and content null",
    "prose": "200 with a reply that holds no verdict",
    "huge": "200 with a reply of `huge_bytes`",
    "other_model": "200 from a model of another name",
}
"""Every fault by name, and what it looks like on the wire."""


@dataclass(frozen=True, kw_only=True)
class Faults:
    """A plan of faults and delays.

    Tried in this order, the first that applies wins: `by_model`, `sequence`, `attempts`, `limit`,
    `share`.

    Examples:
        >>> plan = Faults(share={"rate_limit": 0.05, "503": 0.02}, seed=7)
        >>> drawn = [plan.draw("m", f"request {i}", 0) for i in range(10_000)]
        >>> 400 < drawn.count("rate_limit") < 600
        True
        >>> Faults(share={"late": 0.1})  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        ...
        ValueError: unknown fault `late`; known are statuses such as `503` and content_filter, ...
    """

    share: Mapping[str, float] = field(default_factory=dict)
    """Probability of each fault, per attempt of a request; together at most 1."""
    attempts: Sequence[str] = ()
    """What the first, second, … attempt of every request meets; later ones go by `share`."""
    sequence: Sequence[str] = ()
    """What the first, second, … request received meets, whatever it asks. This alone depends on
    the order of arrival."""
    limit: tuple[int, float] | None = None
    """A true rate limit: at most so many requests in so many seconds, others get `rate_limit`
    with the time that is left; None for no limit."""
    by_model: Mapping[str, Faults] = field(default_factory=dict)
    """Another plan for requests to a model of this name; it replaces this one altogether."""
    latency: float | tuple[float, float] = 0.0
    """Seconds before each answer: fixed, or drawn evenly between two bounds."""
    retry_after: float = 0.05
    """Seconds told in Retry-After by `rate_limit`."""
    drip_bytes: int = 1
    drip_interval: float = 0.05
    """Seconds between two drips."""
    huge_bytes: int = 50_000_000
    seed: int = 0

    def __post_init__(self) -> None:
        for kind in (*self.share, *self.attempts, *self.sequence):
            if kind not in KINDS and not (kind.isdigit() and 400 <= int(kind) < 600):
                known = ", ".join(sorted(KINDS))
                raise ValueError(
                    f"unknown fault `{kind}`; known are statuses such as `503` and {known}"
                )
        if any(not 0 <= p <= 1 for p in self.share.values()) or sum(self.share.values()) > 1 + 1e-9:
            raise ValueError("shares of faults must be from 0 to 1, and at most 1 together")

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Faults:
        """Read a plan from plain data, such as JSON.

        Examples:
            >>> Faults.from_dict({"latency": [0, 0.1]}).latency
            (0, 0.1)
        """
        fields = dict(data)
        for name in ("latency", "limit"):
            if isinstance(fields.get(name), list):
                fields[name] = tuple(fields[name])
        plans = (fields.get("by_model") or {}).items()
        fields["by_model"] = {model: cls.from_dict(plan) for model, plan in plans}
        return cls(**fields)

    def plan(self, model: str) -> Faults:
        """The plan that holds for a model."""
        return self.by_model.get(model, self)

    def draw(self, model: str, content: str, attempt: int) -> str:
        """The fault that `attempts` and `share` hold for one attempt of a request.

        Args:
            model: The model asked for.
            content: What tells requests apart, such as `ChatRequest.content`.
            attempt: How often the request was received before.
        """
        plan = self.plan(model)
        if attempt < len(plan.attempts):
            return plan.attempts[attempt]
        rest = chance(plan.seed, "fault", model, content, attempt)
        for kind in sorted(plan.share):
            rest -= plan.share[kind]
            if rest < 0:
                return kind
        return OK

    def delay(self, model: str, content: str, attempt: int) -> float:
        """Seconds to wait before one attempt of a request is answered."""
        plan = self.plan(model)
        if not isinstance(plan.latency, tuple):
            return plan.latency
        low, high = plan.latency
        return low + (high - low) * chance(plan.seed, "latency", model, content, attempt)

    def dead(self, *models: str, kind: str = "hang") -> Faults:
        """This plan, with models that commit one fault at every request.

        Examples:
            >>> Faults().dead("m2").draw("m2", "request", 5)
            'hang'
        """
        dead = replace(self, share={kind: 1.0}, attempts=(), sequence=(), limit=None, by_model={})
        return replace(self, by_model={**self.by_model, **dict.fromkeys(models, dead)})


def chance(*parts: object) -> float:
    """A number from 0 to below 1 that is the same for equal parts, in every process.

    Examples:
        >>> chance(1, "a") == chance(1, "a") != chance(1, "b")
        True
    """
    text = "\x1f".join(f"{len(str(part))}:{part}" for part in parts)
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return math.ldexp(int.from_bytes(digest) >> 11, -53)


class Step(NamedTuple):
    """What is to happen to one request."""

    fault: str
    plan: Faults
    delay: float
    """Seconds to wait first."""
    retry_after: float
    """Seconds to tell where the fault is `rate_limit`."""


class Course:
    """A plan under way: remembers how far each `sequence` is and how full each `limit`.

    Args:
        faults: The plan.
        clock: Seconds, rising; for `limit`.
    """

    def __init__(self, faults: Faults, clock: Callable[[], float] = time.monotonic) -> None:
        self._faults, self._clock = faults, clock
        self._taken: dict[str, int] = {}
        self._times: dict[str, deque[float]] = {}

    def next(self, model: str, content: str, attempt: int) -> Step:
        """What is to happen to the request that has just arrived."""
        plan = self._faults.plan(model)
        name = model if model in self._faults.by_model else ""
        delay = self._faults.delay(model, content, attempt)
        taken = self._taken.get(name, 0)
        self._taken[name] = taken + 1
        if taken < len(plan.sequence):
            return Step(plan.sequence[taken], plan, delay, plan.retry_after)
        left = self._time_left(name, plan)
        if left > 0 and attempt >= len(plan.attempts):
            return Step("rate_limit", plan, 0.0, left)
        return Step(self._faults.draw(model, content, attempt), plan, delay, plan.retry_after)

    def _time_left(self, name: str, plan: Faults) -> float:
        """Seconds until the limit lets another request pass; 0 lets this one pass."""
        if plan.limit is None:
            return 0.0
        most, seconds = plan.limit
        now, times = self._clock(), self._times.setdefault(name, deque())
        while times and times[0] <= now - seconds:
            times.popleft()
        if len(times) >= most:
            return times[0] + seconds - now
        times.append(now)
        return 0.0
