"""One model's road: its queue, its health, and the one layer of retries."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tenacity import AsyncRetrying, RetryCallState, retry_if_result, stop_after_attempt

from dikast.errors import RunStopped
from dikast.models.budget import Budget, Spending
from dikast.models.deadline import Deadline
from dikast.models.forecast import Forecast
from dikast.models.health import FIRST_PAUSE, Health
from dikast.models.pacing import Lane
from dikast.models.prices import cost
from dikast.models.wire import ModelFacts, Transport, TransportError, WireReply, WireRequest
from dikast.types import ModelRequest, Reason

Clock = Callable[[], float]
Events = Callable[..., None]
"""Called as `on_event(name, **numbers)`; must be quick and must not raise."""

LONGEST_WAIT = 30.0
"""Seconds: the longest pause before a retry that is no 429."""

_MAY_BE_BILLED = frozenset({Reason.TIMEOUT, Reason.BAD_BODY, Reason.TOO_LARGE})


@dataclass(frozen=True, slots=True)
class Settings:
    """What all roads of a gateway share."""

    transport: Transport
    budget: Budget | None = None
    clock: Clock = time.monotonic
    on_event: Events = lambda *_, **__: None
    backoff: float = 0.5
    """Seconds of the first pause before a retry; doubled each time, with full jitter above half."""
    first_rest: float = FIRST_PAUSE


@dataclass(slots=True)
class Call:
    """One request on its way, through all its attempts."""

    request: ModelRequest
    wire: WireRequest
    facts: ModelFacts
    sent: int = 0
    """Attempts that were sent."""
    silent: bool = field(default=False)
    """Whether an attempt ran into its deadline."""


class Road:
    """Everything that judges of one model at one address share."""

    def __init__(self, settings: Settings, width: int, per_minute: float | None) -> None:
        self._s = settings
        self.lane = Lane(width, per_minute, clock=settings.clock, backoff=2 * settings.backoff)
        self.health = Health(clock=settings.clock, first_pause=settings.first_rest)
        self.forecast = Forecast()
        self.stopped: RunStopped | None = None

    def stop(self, error: RunStopped) -> None:
        """Send nothing any more; whoever waits for a slot is told so."""
        self.stopped = self.stopped or error
        self.lane.abort(error)

    async def travel(self, call: Call) -> WireReply | TransportError:
        """Send a request until it is answered, is hopeless, or has no retries left.

        This is the only layer that retries: 1 + retries requests at most leave this machine.
        """
        outcome = await self._attempt(call)
        if self._again(outcome):
            outcome = await self._retry(call, outcome)
        if isinstance(outcome, TransportError) and outcome.reason is Reason.CONNECTION:
            self.health.silent()
        return outcome

    async def _retry(self, call: Call, first: WireReply | TransportError) -> Any:
        """Go on after a first attempt that failed; tenacity counts it as its first.

        Most calls never come here: tenacity's machinery costs more than the rest of a call.
        """
        made = [first]

        async def attempt() -> WireReply | TransportError:
            return made.pop() if made else await self._attempt(call)

        retrying = AsyncRetrying(
            stop=stop_after_attempt(call.request.model.retries + 1),
            wait=self._pause,
            retry=retry_if_result(self._again),
            sleep=asyncio.sleep,
            retry_error_callback=_last,
        )
        return await retrying(attempt)

    def _again(self, outcome: WireReply | TransportError) -> bool:
        return (
            isinstance(outcome, TransportError)
            and outcome.retryable
            and self.health.why_not() is None
        )

    def _pause(self, state: RetryCallState) -> float:
        """Seconds before the next attempt, spent without a slot."""
        error = state.outcome.result() if state.outcome is not None else None
        assert isinstance(error, TransportError)
        self._s.on_event("retried", attempt=state.attempt_number, reason=error.reason)
        if error.reason is Reason.RATE_LIMITED:
            return 0.0  # the lane holds everybody, this request too
        pause = min(LONGEST_WAIT, self._s.backoff * 2.0 ** (state.attempt_number - 1))
        return max(error.retry_after or 0.0, pause * (0.5 + random.random() / 2))  # noqa: S311

    async def _attempt(self, call: Call) -> WireReply | TransportError:
        """Reserve, queue, send, and settle one attempt."""
        if self.stopped is not None:
            raise self.stopped  # before a hold is waited for
        refusal = self.health.why_not()
        if refusal is not None:
            return _unavailable(refusal)
        budget = self._s.budget
        if budget is None:
            return (await self._queue_and_send(call))[0]
        reserved = await budget.reserve(lambda: self.forecast.most(call.request, call.facts))
        taken = Spending(0, 0, 0.0)
        try:
            outcome, taken = await self._queue_and_send(call)
        except asyncio.CancelledError:
            taken = self.forecast.billed_blind(call.request, call.facts) if call.sent else taken
            raise
        finally:
            budget.settle(reserved, taken)
        return outcome

    async def _queue_and_send(self, call: Call) -> tuple[WireReply | TransportError, Spending]:
        sent_at = await self.lane.acquire()
        try:
            if self.stopped is not None:
                raise self.stopped
            refusal = self.health.admit()
            if refusal is not None:
                return _unavailable(refusal), Spending(0, 0, 0.0)
            return await self._send(call, sent_at)
        finally:
            self.lane.release()

    async def _send(
        self, call: Call, sent_at: float
    ) -> tuple[WireReply | TransportError, Spending]:
        call.sent += 1
        self._s.on_event("sent", attempt=call.sent)
        try:
            # to the last byte: a server that drips is cut off too
            with Deadline(call.wire.timeout):
                reply = await self._s.transport.send(call.wire)
        except TimeoutError:
            detail = f"no complete answer within {call.wire.timeout:g} s"
            return self._failed(
                call, sent_at, TransportError(Reason.TIMEOUT, detail, retryable=True)
            )
        except TransportError as error:
            return self._failed(call, sent_at, error)
        except BaseException:
            self.health.abandoned()
            raise
        self.health.answered()
        self.lane.answered(sent_at, ok=True)
        self.forecast.learn(call.request, reply)
        return reply, _taken(call, reply)

    def _failed(
        self, call: Call, sent_at: float, error: TransportError
    ) -> tuple[TransportError, Spending]:
        if error.reason is Reason.TIMEOUT:
            self.health.silent()
        elif error.status is not None:
            self.health.answered()
        else:
            self.health.abandoned()
        if error.ends:
            self.health.end(error.detail)
        if error.reason is Reason.RATE_LIMITED and not error.ends:
            self.lane.limited(sent_at, error.retry_after)
            self._s.on_event("limited", hold=self.lane.held_for, width=self.lane.width)
        elif error.status is not None:
            self.lane.answered(sent_at, ok=False)
        if error.reason in _MAY_BE_BILLED:
            return error, self.forecast.billed_blind(call.request, call.facts)
        return error, Spending(int(error.sent), 0, 0.0)


def _taken(call: Call, reply: WireReply) -> Spending:
    tokens = reply.input_tokens + reply.output_tokens
    return Spending(1, tokens, cost(call.facts, reply) or 0.0)


def _unavailable(why: str) -> TransportError:
    return TransportError(Reason.UNAVAILABLE, why, sent=False)


def _last(state: RetryCallState) -> Any:
    assert state.outcome is not None
    return state.outcome.result()
