"""The gateway: deadlines, rate limits, budgets, and how it stops."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from dikast.errors import BudgetSpent, ConfigError, RunStopped
from dikast.models.budget import Budget
from dikast.models.gateway import ModelGateway
from dikast.models.journal import MemoryJournal
from dikast.models.wire import ModelFacts, TransportError, WireReply, WireRequest
from dikast.types import Price, Reason, Sampling
from tests.gateway_kit import (
    Scripted,
    failing,
    failure_of,
    good,
    in_turn,
    make_request,
    reply_of,
    slow,
    with_gateway,
)

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
