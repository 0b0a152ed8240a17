"""Budget, health, pacing, redaction and classification: each on its own, without any model."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dikast.errors import BudgetSpent, ConfigError
from dikast.models.bounded import Seen
from dikast.models.budget import Budget, Spending
from dikast.models.classify import classify, read_retry_after
from dikast.models.entries import Paid, decode, encode, worth
from dikast.models.health import Health
from dikast.models.outgoing import sampling_params
from dikast.models.pacing import Lane
from dikast.models.prices import cost, predict
from dikast.models.redact import Redactor
from dikast.models.wire import ModelFacts, TransportError, WireReply
from dikast.types import ModelSpec, Price, Reason, Sampling, Usage
from tests.gateway_kit import make_request


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def resting(health: Health) -> bool:
    """Asked anew each time: of a property, mypy believes that it never changes."""
    return health.resting


# -- budget ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "limit", "unit"),
    [
        ("5usd", 5.0, "usd"),
        ("0.50 USD", 0.5, "usd"),
        ("500calls", 500.0, "calls"),
        ("1call", 1.0, "calls"),
        ("2Mtok", 2e6, "tokens"),
        ("1.5k tokens", 1500.0, "tokens"),
    ],
)
def test_budgets_are_read(text: str, limit: float, unit: str) -> None:
    budget = Budget.parse(text)
    assert (budget.limit, budget.unit) == (limit, unit)


@pytest.mark.parametrize(
    "text", ["", "5", "usd", "-5usd", "0calls", "5eur", "1e3usd", "nanusd", "5usd!", "٥usd"]
)
def test_other_budgets_are_refused_with_the_remedy(text: str) -> None:
    with pytest.raises(ConfigError, match="5usd"):
        Budget.parse(text)


def test_a_budget_in_money_needs_every_price() -> None:
    spec = ModelSpec(model="openai/m")
    budget = Budget.parse("5usd")
    with pytest.raises(ConfigError, match="openai/m"):
        budget.require_prices([(spec, ModelFacts())])
    budget.require_prices([(spec, ModelFacts(price=Price(input=0, output=0)))])
    budget.require_prices([(ModelSpec(model="embedded/overlap"), ModelFacts())])
    Budget.parse("5calls").require_prices([(spec, ModelFacts())])


def test_a_call_waits_for_what_is_in_flight_and_not_for_ever() -> None:
    async def main() -> None:
        budget = Budget(10, "tokens")
        first = await budget.reserve(lambda: Spending(1, 8, 0.0))
        second = asyncio.ensure_future(budget.reserve(lambda: Spending(1, 8, 0.0)))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert not second.done()
        budget.settle(first, Spending(1, 2, 0.0))
        assert await second == 8
        budget.settle(8, Spending(1, 9, 0.0))
        assert budget.spent == 11  # passed by the last call only
        with pytest.raises(BudgetSpent):
            await budget.reserve(lambda: Spending(1, 1, 0.0))

    asyncio.run(main())


# -- health ---------------------------------------------------------------------------------


def test_five_silences_in_a_row_and_the_model_rests_until_a_probe_is_answered() -> None:
    clock = Clock()
    health = Health(clock=clock, first_pause=30)
    for _ in range(4):
        health.silent()
    health.answered()
    for _ in range(4):
        assert health.admit() is None
        health.silent()
    assert not resting(health)
    health.silent()
    assert resting(health)
    assert "without an answer" in (health.admit() or "")
    clock.now += 31
    assert health.admit() is None  # the probe
    assert health.admit() is not None  # one at a time
    health.silent()
    clock.now += 31
    assert health.admit() is not None  # the pause has doubled
    clock.now += 30
    assert health.admit() is None
    health.answered()
    assert not health.resting
    assert health.admit() is None


def test_a_late_silence_does_not_prolong_the_rest() -> None:
    clock = Clock()
    health = Health(clock=clock, first_pause=30)
    for _ in range(5):
        health.silent()
    clock.now += 29
    health.silent()
    clock.now += 2
    assert health.admit() is None


def test_an_abandoned_probe_lets_another_through() -> None:
    clock = Clock()
    health = Health(clock=clock, first_pause=30)
    for _ in range(5):
        health.silent()
    clock.now += 31
    assert health.admit() is None
    health.abandoned()
    assert health.admit() is None


def test_an_end_is_for_good() -> None:
    health = Health()
    health.end("401")
    health.answered()
    assert health.admit() == "401"


# -- pacing ---------------------------------------------------------------------------------


def test_width_halves_on_429_and_grows_back_with_answers() -> None:
    async def main() -> None:
        clock = Clock()
        lane = Lane(8, clock=clock)
        sent = [await lane.acquire() for _ in range(8)]
        clock.now += 1
        for at in sent:  # one burst is one event
            lane.limited(at, 2.0)
            lane.release()
        assert lane.held_for == pytest.approx(2.0)
        assert lane.width == 1  # one probe first
        clock.now += 2.5
        at = await lane.acquire()
        lane.answered(at, ok=True)
        lane.release()
        assert lane.width == 4
        for _ in range(40):
            lane.answered(await lane.acquire(), ok=True)
            lane.release()
        assert lane.width == 8
        lane.close()

    asyncio.run(main())


def test_nobody_passes_a_hold_and_the_longest_waiting_goes_first() -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        lane = Lane(2)
        at = await lane.acquire()
        start = loop.time()
        lane.limited(at, 0.15)
        lane.release()
        order: list[int] = []

        async def go(number: int) -> None:
            sent = await lane.acquire()
            assert loop.time() - start >= 0.15
            order.append(number)
            lane.answered(sent, ok=True)
            lane.release()

        await asyncio.gather(*(go(n) for n in range(6)))
        assert order == list(range(6))

    asyncio.run(main())


def test_pauses_without_retry_after_grow_and_are_bounded() -> None:
    async def main() -> None:
        clock = Clock()
        lane = Lane(4, clock=clock, backoff=1.0, jitter=lambda: 1.0)
        pauses = []
        for _ in range(5):
            lane.limited(await lane.acquire(), None)
            lane.release()
            pauses.append(lane.held_for)
            clock.now += lane.held_for + 0.01
        assert pauses == pytest.approx([1, 4, 16, 60, 60])

    asyncio.run(main())


def test_requests_per_minute_are_evenly_spaced() -> None:
    async def main() -> None:
        lane = Lane(8, per_minute=60 / 0.05)
        loop = asyncio.get_running_loop()
        start = loop.time()
        for _ in range(5):
            await lane.acquire()
            lane.release()
        assert 0.2 <= loop.time() - start < 1.0

    asyncio.run(main())


def test_a_cancelled_waiter_leaves_no_slot_behind() -> None:
    async def main() -> None:
        lane = Lane(1)
        await lane.acquire()
        waiters = [asyncio.ensure_future(lane.acquire()) for _ in range(3)]
        await asyncio.sleep(0)
        waiters[0].cancel()
        lane.release()  # grants the first that still waits
        waiters[1].cancel()  # cancelled in the very turn in which it was granted
        await asyncio.gather(*waiters, return_exceptions=True)
        assert waiters[2].done()
        assert not waiters[2].cancelled()
        lane.release()
        assert lane.in_flight == 0

    asyncio.run(main())


def test_judges_of_one_model_share_the_smallest_limits() -> None:
    lane = Lane(8)
    lane.narrow(3, 60.0)
    lane.narrow(5, None)
    assert lane.width == 3


# -- secrets --------------------------------------------------------------------------------

KEY = "zx81-very-private-value"


@pytest.mark.parametrize(
    "text",
    [
        f"wrong key {KEY}",
        "Authorization: Bearer abcdef.ghijk",
        '{"api_key": "0123456789"}',
        "api-key=0123456789",
        "GET /v1?key=0123456789&x=1",
        "Incorrect API key provided: sk-proj-0123456789",
        "key AIzaSyA0123456789abc",
        "AKIAIOSFODNN7EXAMPLE",
        "token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc",
        "http://user:0123456789@host/",
        "x" * 290 + KEY,
        "x" * 2395 + KEY,
    ],
)
def test_secrets_do_not_pass(text: str) -> None:
    detail = Redactor([KEY], environ={}).detail(text)
    for secret in (KEY, "0123456789", "abcdef.ghijk", "IOSFODNN7", "eyJhbG", KEY[:6]):
        assert secret not in detail
    assert len(detail) <= 300


def test_secrets_of_the_environment_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    redactor = Redactor()
    monkeypatch.setenv("SOME_SERVICE_TOKEN", "plain words even")
    assert redactor.detail("no: plain words even") == "no: [redacted]"


def test_details_hold_no_line_breaks_or_terminal_escapes() -> None:
    assert Redactor(environ={}).detail("a\r\nb\x1b[31mc\u202ed") == "a b [31mc d"


def test_replies_lose_our_key_and_nothing_else() -> None:
    redactor = Redactor([KEY, "shortkey"], environ={})
    text = "password: hunter22\nsk-0123456789 shortkey"
    assert redactor.reply(text) == text
    assert KEY not in redactor.reply(f"you said {KEY}")


# -- kinds of failure -----------------------------------------------------------------------


class RateLimitError(Exception):
    status_code = 429


class Timeout(Exception):
    status_code = 408


class InternalServerError(Exception):
    status_code = 500


class ContextWindowExceededError(Exception):
    status_code = 400


class UnsupportedParamsError(Exception):
    status_code = 400


def seen(status: int | None = None, body: str = "", **more: object) -> Seen:
    found = Seen(limit=100, requests=1, status=status, headers={}, head=body.encode())
    for name, value in more.items():
        setattr(found, name, value)
    return found


@pytest.mark.parametrize(
    ("error", "wire", "reason", "retryable", "ends"),
    [
        pytest.param(InternalServerError("x"), seen(), "connection", True, False, id="hang-up"),
        pytest.param(InternalServerError("x"), seen(500), "server_error", True, False, id="500"),
        pytest.param(Exception("x"), seen(529), "server_error", True, False, id="529"),
        pytest.param(InternalServerError("x"), seen(200), "connection", True, False, id="cut"),
        pytest.param(
            InternalServerError("x"), seen(200, complete=True), "bad_body", True, False, id="html"
        ),
        pytest.param(
            InternalServerError("x"), seen(200, too_large=True), "too_large", False, False,
            id="larger-than-the-limit",
        ),
        pytest.param(RateLimitError("slow down"), seen(429), "rate_limited", True, False, id="429"),
        pytest.param(
            RateLimitError("x"), seen(429, '{"error": {"code": "insufficient_quota"}}'),
            "rate_limited", False, True, id="no-quota-left",
        ),
        pytest.param(
            RateLimitError("You exceeded your current quota, retry in 3s"), seen(429),
            "rate_limited", True, False, id="a-quota-per-minute-is-a-rate-limit",
        ),
        pytest.param(Exception("x"), seen(402), "rate_limited", False, True, id="402"),
        pytest.param(Exception("x"), seen(401), "auth", False, True, id="401"),
        pytest.param(Exception("x"), seen(403), "auth", False, True, id="403"),
        pytest.param(Exception("x"), seen(404), "unknown_model", False, False, id="404"),
        pytest.param(
            Exception("x"), seen(400, '{"error": {"code": "model_not_found"}}'), "unknown_model",
            False, False, id="400-unknown-model",
        ),
        pytest.param(Exception("x"), seen(400), "bad_request", False, False, id="400"),
        pytest.param(
            ContextWindowExceededError("x"), seen(400), "too_long", False, False, id="context"
        ),
        pytest.param(
            Exception("x"), seen(400, "maximum context length is 8"), "too_long", False, False,
            id="context-by-text",
        ),
        pytest.param(Exception("x"), seen(413), "too_long", False, False, id="413"),
        pytest.param(
            Exception("x"), seen(400, '{"error": {"code": "content_filter"}}'), "filtered", False,
            False, id="content-filter",
        ),
        pytest.param(Exception("x"), seen(307), "connection", False, False, id="redirect"),
        pytest.param(Timeout("x"), seen(), "timeout", True, False, id="timeout"),
        pytest.param(
            UnsupportedParamsError("no temperature"), Seen(limit=9), "bad_request", False, False,
            id="parameter-refused-before-sending",
        ),
        pytest.param(RateLimitError("x"), Seen(limit=9), "rate_limited", True, False, id="unseen"),
        pytest.param(ValueError("x"), Seen(limit=9), "bug", False, False, id="our-own-bug"),
    ],
)  # fmt: skip
def test_kinds_of_failure(
    error: Exception, wire: Seen, reason: str, retryable: bool, ends: bool
) -> None:
    found = classify(error, wire)
    assert (found.reason, found.retryable, found.ends) == (Reason(reason), retryable, ends)


def test_a_refused_schema_names_the_remedy() -> None:
    found = classify(Exception("x"), seen(400, "response_format json_schema is not supported"))
    assert found.reason is Reason.BAD_REQUEST
    assert 'structured = "json_object"' in found.detail


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("0", 0.0), ("1.5", 1.5), ("1e12", 86_400.0), ("-1", None), ("nan", None), ("", None)],
)
def test_retry_after(value: str, seconds: float | None) -> None:
    assert read_retry_after({"retry-after": value}) == seconds


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (WireReply("4", finish="stop"), None),
        (WireReply("4", finish=None), None),
        (WireReply(None, finish="stop"), Reason.EMPTY),
        (WireReply(" \n", finish="stop"), Reason.EMPTY),
        (WireReply("4", finish="length"), Reason.TRUNCATED),
        (WireReply(None, finish="length"), Reason.TRUNCATED),
        (WireReply("4", finish="content_filter"), Reason.FILTERED),
        (WireReply(None, finish="stop", refusal="no"), Reason.REFUSED),
    ],
)
def test_what_a_completion_is_worth(reply: WireReply, reason: Reason | None) -> None:
    assert worth(reply) is reason


@given(st.text(), st.sampled_from([None, *Reason]), st.one_of(st.none(), st.floats(0, 1e6)))
def test_journal_bodies_come_back_unchanged(
    text: str, reason: Reason | None, price: float | None
) -> None:
    paid = Paid(text, "m", "stop", reason, Usage(calls=2, cost=price, input_tokens=7))
    assert decode(encode(paid)) == paid


# -- prices and parameters ------------------------------------------------------------------


def test_a_stated_price_of_zero_is_zero_and_an_unknown_price_is_none() -> None:
    reply = WireReply("x", input_tokens=1_000_000, output_tokens=1_000_000)
    assert cost(ModelFacts(price=Price(input=0, output=0)), reply) == 0.0
    assert cost(ModelFacts(price=Price(input=1, output=2)), reply) == 3.0
    assert cost(ModelFacts(), reply) is None
    tiered = ModelFacts(price=Price(input=1, output=2), price_until=200_000)
    assert cost(tiered, reply) is None


def test_a_prediction_with_a_stated_price_needs_no_table() -> None:
    usage = predict(
        make_request(text="x" * 4000, price=Price(input=1, output=10)), reply_tokens=100
    )
    assert usage.calls == 1
    assert usage.cost == pytest.approx((usage.input_tokens + 1000) / 1e6)
    assert 1000 <= usage.input_tokens <= 1020


def test_only_set_parameters_are_sent() -> None:
    facts = ModelFacts(params=frozenset({"temperature", "seed"}))
    chosen = Sampling(temperature=0.0, seed=0, extra={"top_k": 3})
    spec = ModelSpec(model="openai/m", sampling=chosen)
    assert sampling_params(spec, facts) == {"temperature": 0.0, "seed": 0, "top_k": 3}
    assert sampling_params(ModelSpec(model="openai/m"), facts) == {}


@pytest.mark.parametrize(
    "sampling",
    [
        pytest.param(Sampling(top_p=0.5), id="provider-does-not-take-it"),
        pytest.param(Sampling(extra={"num_retries": 3}), id="hidden-retries"),
        pytest.param(Sampling(extra={"fallbacks": ["x"]}), id="hidden-swap"),
        pytest.param(Sampling(extra={"drop_params": True}), id="silent-drop"),
        pytest.param(Sampling(extra={"api_key": "x"}), id="key-in-a-file"),
    ],
)
def test_other_parameters_are_refused_not_dropped(sampling: Sampling) -> None:
    facts = ModelFacts(params=frozenset({"temperature"}))
    with pytest.raises(TransportError) as caught:
        sampling_params(ModelSpec(model="openai/m", sampling=sampling), facts)
    assert caught.value.reason is Reason.BAD_REQUEST
    assert not caught.value.sent
