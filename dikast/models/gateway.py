"""The only way to a model: journal first, then budget, pacing, deadline and the one retry layer."""

from __future__ import annotations

import asyncio
import time
from types import TracebackType
from typing import Self

from dikast.errors import BudgetSpent, RunStopped, StorageFailed
from dikast.media import Images
from dikast.models import entries, keys
from dikast.models.attempts import Call, Clock, Events, Road, Settings
from dikast.models.budget import Budget
from dikast.models.facts import plain_facts
from dikast.models.health import FIRST_PAUSE
from dikast.models.journal import Journal, MemoryJournal
from dikast.models.outgoing import LoadAttachment, to_wire
from dikast.models.prices import bill
from dikast.models.redact import Redactor
from dikast.models.wire import ModelFacts, Transport, TransportError, WireReply
from dikast.types import CallFailure, ModelReply, ModelRequest, ModelSpec, Usage
from dikast.types.observing import UNWATCHED, observer


class _Flight:
    """One request under way, and who waits for it."""

    def __init__(self) -> None:
        self.task: asyncio.Task[ModelReply | CallFailure]
        self.waiting = 0
        self.paid = False
        """From here on it must reach the journal, whoever still waits."""


class ModelGateway:
    """Answers requests to models for one run.

    Every reply that was paid for is in the journal before it is returned; a request whose
    answer is there is never sent again. Use it as an async context manager, in one event loop.

    Args:
        journal: Where paid replies are kept; None keeps them in memory.
        transport: How a request is sent; None for litellm.
        budget: What may be spent; None for no limit.
        share_identical: Whether identical requests from different places share one answer.
        clock: Monotonic seconds; wall time is never used.
        on_event: Called as `on_event(name, **numbers)` with `sent`, `retried`, `limited`,
            `replayed`, `answered` and `failed`.
        load_attachment: Gives an attachment's data URL; None sends only images that are given
            inline, scaled down and encoded anew (`dikast.media.Images`).
        backoff: Seconds of the first pause before a retry.
        first_rest: Seconds that a model rests after five time-outs, before it is probed.

    Examples:
        >>> from dikast.types import Place, PromptMessage
        >>> class Parrot:
        ...     async def start(self): pass
        ...     async def send(self, request):
        ...         return WireReply(request.messages[-1]["content"], model=request.model)
        ...     async def aclose(self): pass
        ...     def facts(self, spec): return ModelFacts()
        >>> async def main():
        ...     request = ModelRequest(
        ...         model=ModelSpec(model="test/parrot"),
        ...         messages=(PromptMessage(role="user", parts=("hello",)),),
        ...         place=Place(case="1"),
        ...     )
        ...     async with ModelGateway(MemoryJournal(), transport=Parrot()) as gateway:
        ...         first, again = await gateway.ask(request), await gateway.ask(request)
        ...         return first.text, again.replayed, gateway.usage.calls
        >>> asyncio.run(main())
        ('hello', True, 1)
    """

    def __init__(
        self,
        journal: Journal | None = None,
        *,
        transport: Transport | None = None,
        budget: Budget | None = None,
        share_identical: bool = False,
        clock: Clock = time.monotonic,
        on_event: Events | None = None,
        load_attachment: LoadAttachment | None = None,
        backoff: float = 0.5,
        first_rest: float = FIRST_PAUSE,
    ) -> None:
        self._journal: Journal = MemoryJournal() if journal is None else journal
        self._share = share_identical
        self._transport = transport if transport is not None else _litellm_transport()
        self._on_event: Events = on_event or (lambda *_, **__: None)
        self._settings = Settings(
            self._transport, budget, clock, self._on_event, backoff, first_rest
        )
        self._load = load_attachment or Images().load
        self._redactor = Redactor()
        self._flights: dict[str, _Flight] = {}
        self._roads: dict[tuple[str, str | None, str | None], Road] = {}
        self._facts: dict[tuple[object, ...], ModelFacts] = {}
        self._starting: asyncio.Task[None] | None = None
        self._stopped: RunStopped | None = None
        self.usage = Usage()
        """What this gateway took so far, replays and failures included."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def ask(self, request: ModelRequest) -> ModelReply | CallFailure:
        """Answer a request from the journal, or send it, store the reply and return it.

        Identical requests in flight are sent once; those who join are answered as by a replay.

        Returns:
            The reply, or the kind of failure; a model's failure is never an exception.

        Raises:
            dikast.errors.RunStopped: No further call may be sent (budget, storage, `stop`).
            dikast.errors.StoreError: The journal holds an entry that cannot be read.
        """
        watching = observer()
        with UNWATCHED if watching is None else watching.call(request) as done:
            answer = await self._answer(request)
            done(answer)
        return answer

    async def _answer(self, request: ModelRequest) -> ModelReply | CallFailure:
        key = keys.request_key(request, share_identical=self._share)
        flight = self._flights.get(key)
        leads = flight is None
        if flight is None:
            flight = self._flights[key] = _Flight()
            flight.task = asyncio.create_task(self._lead(request, key, flight))
            flight.task.add_done_callback(lambda task: self._landed(key, task))
        answer = await self._wait(key, flight)
        if not leads:
            answer = answer.model_copy(update=_SHARED_ANSWER[type(answer)])
        self._count(answer)
        return answer

    def dead(self, spec: ModelSpec) -> str | None:
        """Why this model answers nothing now: out for the run, or resting; None if it may answer.

        A runner whose judges are all dead stops early.
        """
        road = self._roads.get(_road_key(spec))
        return None if road is None else road.health.why_not()

    def ended(self, spec: ModelSpec) -> str | None:
        """Why this model is out for the whole run; None if it is not."""
        road = self._roads.get(_road_key(spec))
        return None if road is None else road.health.ended

    async def facts(self, spec: ModelSpec) -> ModelFacts:
        """What is known of a model without calling it: price, parameters, key."""
        await self._ready()
        key = (*_road_key(spec), spec.price, spec.vision, spec.context_window)
        found = self._facts.get(key)
        if found is None:
            look_up = getattr(self._transport, "facts", plain_facts)
            found = self._facts[key] = look_up(spec)
            self._redactor.learn(found.api_key)
        return found

    def stop(self, error: RunStopped) -> None:
        """Send nothing any more; calls in flight are finished and stored.

        Asks whose answer is in the journal are still answered.
        """
        self._stopped = self._stopped or error
        for road in self._roads.values():
            road.stop(self._stopped)

    async def aclose(self) -> None:
        """Give up what is in flight, store what is paid, close connections."""
        flights = list(self._flights.values())
        for flight in flights:
            if not flight.paid:
                flight.task.cancel()
        await asyncio.gather(*(flight.task for flight in flights), return_exceptions=True)
        for road in self._roads.values():
            road.lane.close()
        if self._starting is not None:
            await asyncio.gather(self._starting, return_exceptions=True)
        await self._transport.aclose()

    # -- one request ------------------------------------------------------------------------

    async def _wait(self, key: str, flight: _Flight) -> ModelReply | CallFailure:
        """Await a flight; the last who stops waiting takes it down, unless it is paid for."""
        flight.waiting += 1
        try:
            return await asyncio.shield(flight.task)
        finally:
            flight.waiting -= 1
            if not flight.waiting and not flight.paid and not flight.task.done():
                self._flights.pop(key, None)
                flight.task.cancel()

    def _landed(self, key: str, task: asyncio.Task[ModelReply | CallFailure]) -> None:
        current = self._flights.get(key)
        if current is not None and current.task is task:
            del self._flights[key]
        if not task.cancelled():
            task.exception()  # seen, even if nobody waits any more

    async def _lead(
        self, request: ModelRequest, key: str, flight: _Flight
    ) -> ModelReply | CallFailure:
        marker = keys.marker(self._journal.secret, key)
        body = await self._journal.get(key)
        if body is not None:
            self._on_event("replayed")
            return entries.answer(entries.decode(body), key=key, marker=marker, replayed=True)
        if self._stopped is not None:
            raise self._stopped
        call, outcome = await self._travel(request, marker)
        sent = 0 if call is None else call.sent
        if isinstance(outcome, TransportError):
            return self._failure(request, key, outcome, sent)
        flight.paid = True
        assert call is not None
        usage = bill(call.facts, outcome, calls=sent, reask=request.place.attempt > 0)
        paid = entries.Paid(
            self._redactor.reply(outcome.text or outcome.refusal or ""),
            self._redactor.name(outcome.model),
            outcome.finish,
            entries.worth(outcome),
            usage,
        )
        await self._store(request, key, paid)
        return entries.answer(paid, key=key, marker=marker, replayed=False)

    async def _travel(
        self, request: ModelRequest, marker: str
    ) -> tuple[Call | None, WireReply | TransportError]:
        facts = await self.facts(request.model)
        road = self._road(request.model)
        budget = self._settings.budget
        if budget is not None:
            budget.require_prices([(request.model, facts)])
        if facts.problem is not None:
            if facts.problem.ends:
                road.health.end(facts.problem.detail)
            return None, facts.problem
        try:
            wire = await to_wire(request, marker, facts, self._load)
        except TransportError as error:
            return None, error
        call = Call(request, wire, facts)
        try:
            return call, await road.travel(call)
        except BudgetSpent as error:
            self.stop(error)
            raise

    async def _store(self, request: ModelRequest, key: str, paid: entries.Paid) -> None:
        try:
            await self._journal.put(key, request.place.model_dump_json(), entries.encode(paid))
        except StorageFailed as error:
            self.stop(error)
            raise
        self._on_event("answered", cost=paid.usage.cost, calls=paid.usage.calls)

    def _failure(
        self, request: ModelRequest, key: str, error: TransportError, sent: int
    ) -> CallFailure:
        self._on_event("failed", reason=error.reason, calls=sent)
        usage = Usage(
            calls=sent,
            retries=max(0, sent - 1),
            reasks=int(request.place.attempt > 0 and sent > 0),
        )
        detail = self._redactor.detail(error.detail)
        return CallFailure(
            reason=error.reason, detail=detail, key=key, usage=usage, status=error.status
        )

    # -- shared ------------------------------------------------------------------------------

    def _road(self, spec: ModelSpec) -> Road:
        key = _road_key(spec)
        road = self._roads.get(key)
        if road is None:
            road = self._roads[key] = Road(
                self._settings, spec.max_concurrency, spec.requests_per_minute
            )
            if self._stopped is not None:
                road.stop(self._stopped)
        else:
            road.lane.narrow(spec.max_concurrency, spec.requests_per_minute)
        return road

    async def _ready(self) -> None:
        """Start the transport once: importing litellm takes seconds and belongs to no deadline."""
        if self._starting is None:
            self._starting = asyncio.create_task(self._transport.start())
        if not self._starting.done():
            await asyncio.shield(self._starting)
        else:
            self._starting.result()

    def _count(self, answer: ModelReply | CallFailure) -> None:
        self.usage = self.usage + answer.usage


_SHARED_ANSWER: dict[type, dict[str, object]] = {
    ModelReply: {"usage": Usage(replayed=1), "replayed": True},
    CallFailure: {"usage": Usage()},
}
"""What differs for those who joined a request in flight: it was paid once."""


def _road_key(spec: ModelSpec) -> tuple[str, str | None, str | None]:
    return spec.model, spec.api_base, spec.api_key_env


def _litellm_transport() -> Transport:
    from dikast.models.transport import LitellmTransport  # brings aiohttp

    return LitellmTransport()
