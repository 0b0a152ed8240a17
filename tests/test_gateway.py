"""The gateway: journal first, sent once, retried in one place, stopped by budget and storage."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from dikast.errors import BudgetSpent, ConfigError, RunStopped, StorageFailed, StoreError
from dikast.models.budget import Budget
from dikast.models.gateway import ModelGateway
from dikast.models.journal import MemoryJournal
from dikast.models.wire import ModelFacts, TransportError, WireReply, WireRequest
from dikast.types import Attachment, Place, Price, PromptMessage, Reason, Sampling
from tests.gateway_kit import (
    Answer,
    Scripted,
    failing,
    failure_of,
    good,
    in_turn,
    make_request,
    reply_of,
    slow,
)


def with_gateway(
    use: Callable[[ModelGateway], Coroutine[Any, Any, Any]], answer: Answer, **options: Any
) -> tuple[Any, Scripted]:
    """Run a coroutine function on a fresh gateway over a scripted transport."""
    transport = Scripted(answer, options.pop("facts", None))
    options = {"backoff": 0.001, **options}

    async def main() -> Any:
        async with ModelGateway(transport=transport, **options) as gateway:
            return await use(gateway)

    return asyncio.run(main()), transport


class Broken(MemoryJournal):
    """A journal on a full disk."""

    async def put(self, key: str, place: str, body: bytes) -> None:
        raise StorageFailed("run.dikast: disk full")


class Slow(MemoryJournal):
    """A journal that takes its time to write."""

    async def put(self, key: str, place: str, body: bytes) -> None:
        await asyncio.sleep(0.05)
        await super().put(key, place, body)


# -- journal --------------------------------------------------------------------------------


def test_a_hit_sends_nothing_and_replays_the_same_request_and_marker() -> None:
    journal = MemoryJournal(secret=b"run")
    ask = make_request()

    async def once(gateway: ModelGateway) -> Any:
        return await gateway.ask(ask)

    first, transport = with_gateway(once, lambda _: good(), journal=journal)
    again, silent = with_gateway(once, failing(Reason.SERVER_ERROR), journal=journal)
    first, again = reply_of(first), reply_of(again)
    assert silent.sent == []
    assert transport.sent[0].messages[0]["content"] == f"<<{first.marker}>>well?"
    assert (again.text, again.key, again.marker) == (first.text, first.key, first.marker)
    assert (first.replayed, again.replayed) == (False, True)
    assert (again.usage.calls, again.usage.replayed, again.usage.cost) == (0, 1, 0.0)
    other, _ = with_gateway(once, lambda _: good(), journal=MemoryJournal(secret=b"another"))
    assert other.key == first.key
    assert other.marker != first.marker


def test_a_request_sent_again_is_byte_for_byte_the_same() -> None:
    journal = MemoryJournal(secret=b"run")
    sent = []
    for _ in range(2):
        _, transport = with_gateway(
            lambda g: g.ask(make_request(retries=0)), failing(Reason.SERVER_ERROR), journal=journal
        )
        sent.append(json.dumps(transport.sent[0].messages))
    assert sent[0] == sent[1]


def test_the_reply_is_on_disk_before_it_is_used() -> None:
    journal = Slow()

    async def use(gateway: ModelGateway) -> None:
        reply = reply_of(await gateway.ask(make_request()))
        assert reply.key in journal.entries
        entry = journal.entries[reply.key]
        assert Place.from_json(entry.place) == make_request().place

    with_gateway(use, lambda _: good(), journal=journal)


@pytest.mark.parametrize(
    ("completion", "reason", "text"),
    [
        (WireReply(None, "m", "stop"), Reason.EMPTY, None),
        (WireReply("4 because", "m", "length"), Reason.TRUNCATED, "4 because"),
        (WireReply("", "m", "content_filter"), Reason.FILTERED, None),
        (WireReply(None, "m", "stop", refusal="I will not"), Reason.REFUSED, "I will not"),
    ],
)
def test_a_paid_failure_is_kept_and_replayed(
    completion: WireReply, reason: Reason, text: str | None
) -> None:
    async def twice(gateway: ModelGateway) -> list[Any]:
        return [failure_of(await gateway.ask(make_request())) for _ in range(2)]

    (first, again), transport = with_gateway(twice, lambda _: completion)
    assert len(transport.sent) == 1  # paid: neither retried nor asked again
    assert (first.reason, first.text) == (again.reason, again.text) == (reason, text)
    assert (first.usage.calls, again.usage.calls) == (1, 0)


def test_an_unpaid_failure_is_not_kept() -> None:
    answers = iter([failing(Reason.BAD_REQUEST, status=400), lambda _: good()])

    async def twice(gateway: ModelGateway) -> None:
        assert failure_of(await gateway.ask(make_request())).reason is Reason.BAD_REQUEST
        assert reply_of(await gateway.ask(make_request())).text == "4"

    with_gateway(twice, in_turn(answers))


def test_an_entry_that_cannot_be_read_is_an_error_not_a_second_call() -> None:
    journal = MemoryJournal()

    async def use(gateway: ModelGateway) -> None:
        key = reply_of(await gateway.ask(make_request())).key
        journal.entries[key] = journal.entries[key]._replace(body=b"{")
        with pytest.raises(StoreError):
            await gateway.ask(make_request())

    _, transport = with_gateway(use, lambda _: good(), journal=journal)
    assert len(transport.sent) == 1


def test_a_full_disk_stops_all_further_calls() -> None:
    async def use(gateway: ModelGateway) -> None:
        for number in range(3):
            with pytest.raises(StorageFailed, match="disk full"):
                await gateway.ask(make_request(number))

    _, transport = with_gateway(use, lambda _: good(), journal=Broken())
    assert len(transport.sent) == 1


# -- one request in flight ------------------------------------------------------------------


def test_identical_requests_in_flight_are_sent_once_and_paid_once() -> None:
    async def use(gateway: ModelGateway) -> None:
        replies = await asyncio.gather(*(gateway.ask(make_request()) for _ in range(20)))
        assert {reply_of(r).text for r in replies} == {"4"}
        assert sorted(r.usage.calls for r in replies) == [0] * 19 + [1]
        assert (gateway.usage.calls, gateway.usage.replayed) == (1, 19)

    _, transport = with_gateway(use, slow(0.02))
    assert len(transport.sent) == 1


@pytest.mark.parametrize(("share", "sent"), [(False, 3), (True, 1)])
def test_seats_share_an_answer_only_if_told_so(share: bool, sent: int) -> None:
    async def use(gateway: ModelGateway) -> None:
        await asyncio.gather(*(gateway.ask(make_request(n)) for n in range(3)))

    _, transport = with_gateway(use, slow(0.01), share_identical=share)
    assert len(transport.sent) == sent


def test_one_who_gives_up_does_not_take_the_others_down() -> None:
    async def use(gateway: ModelGateway) -> None:
        asks = [asyncio.ensure_future(gateway.ask(make_request())) for _ in range(3)]
        await asyncio.sleep(0.01)
        asks[0].cancel()  # the one that led
        assert [reply_of(await ask).text for ask in asks[1:]] == ["4", "4"]
        assert asks[0].cancelled()

    _, transport = with_gateway(use, slow(0.04))
    assert len(transport.sent) == 1


def test_when_all_give_up_the_request_is_given_up_and_can_be_asked_again() -> None:
    async def use(gateway: ModelGateway) -> None:
        for _ in range(2):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(gateway.ask(make_request()), 0.02)
        road = next(iter(gateway._roads.values()))
        await asyncio.sleep(0)
        assert road.lane.in_flight == 0

    _, transport = with_gateway(use, slow(5))
    assert (len(transport.sent), transport.open) == (2, 0)


def test_a_paid_reply_reaches_the_journal_though_nobody_waits_any_more() -> None:
    journal = Slow()

    async def use(gateway: ModelGateway) -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(gateway.ask(make_request()), 0.02)
        reply = reply_of(await gateway.ask(make_request()))
        assert reply.replayed

    _, transport = with_gateway(use, lambda _: good(), journal=journal)
    assert len(transport.sent) == 1
    assert len(journal.entries) == 1


# -- retries --------------------------------------------------------------------------------


@pytest.mark.parametrize("retries", [0, 1, 3])
def test_exactly_one_plus_retries_requests(retries: int) -> None:
    async def use(gateway: ModelGateway) -> Any:
        return await gateway.ask(make_request(retries=retries))

    answer, transport = with_gateway(use, failing(Reason.SERVER_ERROR, status=500, retryable=True))
    failure = failure_of(answer)
    assert len(transport.sent) == failure.usage.calls == 1 + retries
    assert (failure.usage.retries, failure.status) == (retries, 500)
    assert failure.usage.cost == 0.0  # nothing came back, nothing was billed


def test_a_retry_that_succeeds_counts_every_request() -> None:
    answers = iter([failing(Reason.CONNECTION, retryable=True)] * 2 + [lambda _: good()])
    reply, _ = with_gateway(lambda g: g.ask(make_request()), in_turn(answers))
    assert (reply_of(reply).usage.calls, reply.usage.retries) == (3, 2)


def test_hopeless_failures_are_not_retried() -> None:
    _, transport = with_gateway(
        lambda g: g.ask(make_request()), failing(Reason.UNKNOWN_MODEL, status=404)
    )
    assert len(transport.sent) == 1


def test_a_pause_before_a_retry_gives_the_slot_back() -> None:
    async def answer(request: WireRequest) -> WireReply:
        if request.messages[0]["content"].endswith("bad"):
            raise TransportError(Reason.SERVER_ERROR, status=500, retryable=True, retry_after=0.2)
        return good()

    async def use(gateway: ModelGateway) -> None:
        loop = asyncio.get_running_loop()
        bad = make_request(1, text="bad", max_concurrency=1, retries=1)
        waiting = asyncio.ensure_future(gateway.ask(bad))
        await asyncio.sleep(0.01)
        start = loop.time()
        assert reply_of(await gateway.ask(make_request(2, max_concurrency=1))).text == "4"
        assert loop.time() - start < 0.15
        failure_of(await waiting)

    with_gateway(use, answer)


def test_concurrency_is_bounded_per_model() -> None:
    async def use(gateway: ModelGateway) -> None:
        asks = [make_request(n, max_concurrency=3) for n in range(12)]
        await asyncio.gather(*(gateway.ask(a) for a in asks))

    _, transport = with_gateway(use, slow(0.005))
    assert transport.peak == 3


# -- deadlines, rest, end -------------------------------------------------------------------


def test_a_hanging_judge_rests_instead_of_costing_its_deadline_every_time() -> None:
    async def use(gateway: ModelGateway) -> None:
        spec = make_request().model
        loop = asyncio.get_running_loop()
        start = loop.time()
        asks = [make_request(n, timeout=0.05, retries=1, max_concurrency=2) for n in range(60)]
        answers = [failure_of(a) for a in await asyncio.gather(*map(gateway.ask, asks))]
        assert loop.time() - start < 1.0
        reasons = [a.reason for a in answers]
        assert set(reasons) == {Reason.TIMEOUT, Reason.UNAVAILABLE}
        assert reasons.count(Reason.UNAVAILABLE) > 50
        assert "without an answer" in str(gateway.dead(spec))
        assert gateway.ended(spec) is None

    _, transport = with_gateway(use, slow(5))
    assert 5 <= len(transport.sent) <= 7


def test_a_judge_that_wakes_up_is_asked_again() -> None:
    asleep = True

    async def answer(_: WireRequest) -> WireReply:
        if asleep:
            await asyncio.sleep(5)
        return good()

    async def use(gateway: ModelGateway) -> None:
        nonlocal asleep
        for number in range(5):
            await gateway.ask(make_request(number, timeout=0.01, retries=0))
        assert failure_of(await gateway.ask(make_request(9))).reason is Reason.UNAVAILABLE
        asleep = False
        await asyncio.sleep(0.06)
        assert reply_of(await gateway.ask(make_request(9))).text == "4"
        assert gateway.dead(make_request().model) is None

    with_gateway(use, answer, first_rest=0.05)


def test_a_server_that_is_gone_makes_its_judges_rest() -> None:
    async def use(gateway: ModelGateway) -> None:
        for number in range(8):
            await gateway.ask(make_request(number, retries=1))

    _, transport = with_gateway(use, failing(Reason.CONNECTION, retryable=True))
    assert len(transport.sent) == 10  # five asks of two attempts, then rest


def test_401_ends_the_judge_for_the_run_and_no_other_model() -> None:
    async def answer(request: WireRequest) -> WireReply:
        if request.model == "openai/judge":
            raise TransportError(Reason.AUTH, "no", status=401, ends=True)
        return good()

    async def use(gateway: ModelGateway) -> None:
        assert failure_of(await gateway.ask(make_request(1))).reason is Reason.AUTH
        assert failure_of(await gateway.ask(make_request(2))).reason is Reason.UNAVAILABLE
        assert gateway.ended(make_request().model) == "no"
        assert reply_of(await gateway.ask(make_request(3, model="openai/other"))).text == "4"

    _, transport = with_gateway(use, answer)
    assert len(transport.sent) == 2


def test_a_known_problem_is_found_before_any_call() -> None:
    problem = TransportError(Reason.AUTH, "set OPENAI_API_KEY", ends=True, sent=False)
    answer, transport = with_gateway(
        lambda g: g.ask(make_request()), lambda _: good(), facts=ModelFacts(problem=problem)
    )
    assert (failure_of(answer).reason, answer.usage.calls) == (Reason.AUTH, 0)
    assert transport.sent == []


# -- rate limits ----------------------------------------------------------------------------


def test_429_holds_every_worker_and_costs_no_case() -> None:
    until = 0.0

    async def answer(_: WireRequest) -> WireReply:
        nonlocal until
        now = asyncio.get_running_loop().time()
        assert now >= until - 0.001, "called before Retry-After"
        if len(transport.sent) in {5, 40}:
            until = now + 0.1
            raise TransportError(Reason.RATE_LIMITED, status=429, retryable=True, retry_after=0.1)
        await asyncio.sleep(0.001)
        return good()

    async def main() -> None:
        async with ModelGateway(transport=transport, backoff=0.001) as gateway:
            asks = [make_request(n, retries=1, max_concurrency=4) for n in range(80)]
            for reply in await asyncio.gather(*map(gateway.ask, asks)):
                reply_of(reply)

    transport = Scripted(answer)
    asyncio.run(main())
    assert len(transport.sent) == 82


# -- budget ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limit", "spec"),
    [
        pytest.param("17calls", {}, id="calls"),
        pytest.param("2000tok", {"sampling": Sampling(max_tokens=100)}, id="tokens"),
        pytest.param(
            "0.002usd",
            {"sampling": Sampling(max_tokens=100), "price": Price(input=1, output=1)},
            id="money",
        ),
    ],
)
def test_fifty_at_once_pass_the_budget_by_one_call_at_most(limit: str, spec: Any) -> None:
    budget = Budget.parse(limit)
    per_call = {"calls": 1.0, "tokens": 110.0, "usd": 110e-6}[budget.unit]

    async def use(gateway: ModelGateway) -> list[Any]:
        asks = [make_request(n, max_concurrency=50, **spec) for n in range(50)]
        return await asyncio.gather(*map(gateway.ask, asks), return_exceptions=True)

    answers, transport = with_gateway(use, slow(0.005, good(output_tokens=100)), budget=budget)
    stopped = [a for a in answers if isinstance(a, BudgetSpent)]
    assert stopped
    assert len(stopped) + len(transport.sent) == 50
    assert budget.limit <= budget.spent <= budget.limit + per_call
    assert budget.spent == pytest.approx(per_call * len(transport.sent))


def test_without_max_tokens_the_length_of_replies_is_learnt() -> None:
    budget = Budget(40_000, "tokens")

    async def use(gateway: ModelGateway) -> None:
        asks = [make_request(n, max_concurrency=50) for n in range(500)]
        await asyncio.gather(*map(gateway.ask, asks), return_exceptions=True)

    _, transport = with_gateway(use, slow(0.001, good(output_tokens=100)), budget=budget)
    assert 40_000 <= budget.spent <= 40_110
    assert transport.peak > 10  # not one by one


def test_retries_count_and_journal_hits_do_not() -> None:
    journal = MemoryJournal()
    budget = Budget.parse("3calls")
    answers = iter([failing(Reason.SERVER_ERROR, status=500, retryable=True)] * 2)

    async def use(gateway: ModelGateway) -> None:
        reply_of(await gateway.ask(make_request(1)))
        with pytest.raises(BudgetSpent):
            await gateway.ask(make_request(2))
        assert reply_of(await gateway.ask(make_request(1))).replayed

    with_gateway(
        use,
        in_turn(answers),
        journal=journal,
        budget=budget,
    )
    assert budget.spent == 3


def test_a_budget_in_money_with_an_unpriced_model_is_refused_before_the_call() -> None:
    async def use(gateway: ModelGateway) -> None:
        with pytest.raises(ConfigError, match="price"):
            await gateway.ask(make_request())

    _, transport = with_gateway(use, lambda _: good(), budget=Budget.parse("5usd"))
    assert transport.sent == []


def test_an_unknown_price_is_none_and_a_stated_zero_is_zero() -> None:
    async def use(gateway: ModelGateway) -> None:
        free = reply_of(await gateway.ask(make_request(1, price=Price(input=0, output=0))))
        assert (free.usage.cost, free.usage.unpriced) == (0.0, 0)
        unknown = reply_of(await gateway.ask(make_request(2)))
        assert (unknown.usage.cost, unknown.usage.unpriced) == (None, 1)
        assert gateway.usage.cost is None

    with_gateway(use, lambda _: good())


# -- stopping -------------------------------------------------------------------------------


def test_stop_lets_calls_in_flight_finish_and_sends_no_more() -> None:
    async def use(gateway: ModelGateway) -> None:
        asks = [
            asyncio.ensure_future(gateway.ask(make_request(n, max_concurrency=2))) for n in range(6)
        ]
        await asyncio.sleep(0.01)
        gateway.stop(RunStopped("Ctrl-C"))
        answers = await asyncio.gather(*asks, return_exceptions=True)
        assert [type(a).__name__ for a in answers] == ["ModelReply"] * 2 + ["RunStopped"] * 4
        with pytest.raises(RunStopped):
            await gateway.ask(make_request(99))
        assert reply_of(await gateway.ask(make_request(0, max_concurrency=2))).replayed

    _, transport = with_gateway(use, slow(0.04))
    assert len(transport.sent) == 2


def test_closing_cancels_what_is_in_flight() -> None:
    async def use(gateway: ModelGateway) -> None:
        ask = asyncio.ensure_future(gateway.ask(make_request()))
        await asyncio.sleep(0.01)
        await gateway.aclose()
        with pytest.raises(asyncio.CancelledError):
            await ask

    _, transport = with_gateway(use, slow(5))
    assert transport.open == 0


# -- what is sent ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "sent"),
    [
        ("none", None),
        ("json_object", {"type": "json_object"}),
        (
            "schema",
            {
                "type": "json_schema",
                "json_schema": {"name": "reply", "schema": {"type": "object"}, "strict": True},
            },
        ),
    ],
)
def test_reply_formats(mode: str, sent: Any) -> None:
    ask = make_request(structured=mode).model_copy(update={"reply_schema": {"type": "object"}})
    _, transport = with_gateway(lambda g: g.ask(ask), lambda _: good())
    assert transport.sent[0].response_format == sent


def show(attachment: Attachment, facts: ModelFacts, **options: Any) -> tuple[Any, Scripted]:
    ask = make_request()
    message = PromptMessage(role="user", parts=("look",), attachments=(attachment,))
    ask = ask.model_copy(update={"messages": (message,)})
    return with_gateway(lambda g: g.ask(ask), lambda _: good(), facts=facts, **options)


INLINE = Attachment(id="a", data_url="data:image/png;base64,AAAA")


def test_an_inline_image_is_sent_as_a_part() -> None:
    _, transport = show(INLINE, ModelFacts(provider="openai", vision=True))
    assert transport.sent[0].messages[0]["content"] == [
        {"type": "text", "text": "look"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
    ]


@pytest.mark.parametrize(
    ("attachment", "facts"),
    [
        pytest.param(INLINE, ModelFacts(provider="openai", vision=False), id="blind-model"),
        pytest.param(INLINE, ModelFacts(provider="deepseek", vision=True), id="provider-drops-it"),
        pytest.param(
            Attachment(id="a", data_url="http://10.0.0.1/x.png"), ModelFacts(), id="an-address"
        ),
        pytest.param(
            Attachment(id="a", data_url="data:text/html;base64,AAAA"), ModelFacts(), id="no-image"
        ),
        pytest.param(Attachment(id="a", path="x.png"), ModelFacts(), id="nobody-loads-the-file"),
    ],
)
def test_what_would_be_dropped_or_fetched_is_refused(
    attachment: Attachment, facts: ModelFacts
) -> None:
    answer, transport = show(attachment, facts)
    assert failure_of(answer).reason is Reason.UNSUPPORTED_PART
    assert transport.sent == []


def test_files_are_loaded_by_the_given_loader() -> None:
    async def load(attachment: Attachment) -> str:
        return f"data:image/jpeg;base64,{attachment.id * 4}"

    _, transport = show(Attachment(id="B", path="x.png"), ModelFacts(), load_attachment=load)
    assert transport.sent[0].messages[0]["content"][1]["image_url"]["url"].endswith("BBBB")


# -- around ---------------------------------------------------------------------------------


def test_events_are_told_in_order() -> None:
    told: list[str] = []
    answers = iter([failing(Reason.SERVER_ERROR, status=500, retryable=True), lambda _: good()])

    async def use(gateway: ModelGateway) -> None:
        await gateway.ask(make_request())
        await gateway.ask(make_request())

    with_gateway(
        use,
        in_turn(answers),
        on_event=lambda name, **numbers: told.append(name),
    )
    assert told == ["sent", "retried", "sent", "answered", "replayed"]


def test_a_reask_is_counted() -> None:
    ask = make_request()
    again = ask.model_copy(update={"place": ask.place.model_copy(update={"attempt": 1})})
    reply, _ = with_gateway(lambda g: g.ask(again), lambda _: good())
    assert (reply.usage.calls, reply.usage.reasks) == (1, 1)


def test_a_key_that_the_server_echoes_reaches_neither_reply_nor_journal() -> None:
    journal = MemoryJournal()
    key = "local-key-0123456789"
    reply, _ = with_gateway(
        lambda g: g.ask(make_request()),
        lambda _: WireReply(f"your key is {key}", f"m/{key}", "stop"),
        facts=ModelFacts(api_key=key),
        journal=journal,
    )
    assert key not in repr(reply)
    assert all(key.encode() not in entry.body for entry in journal.entries.values())


def test_importing_the_gateway_loads_neither_litellm_nor_langgraph() -> None:
    code = (
        "import sys, dikast.models.gateway, dikast.models.prices; "
        "sys.exit(bool({'litellm', 'langgraph', 'openai'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
