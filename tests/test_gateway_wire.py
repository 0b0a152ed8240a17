"""The gateway on a real socket, through real litellm, against a server with planted faults."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import socket
import struct
import subprocess
import sys
import time
import zlib
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web

from dikast.models.budget import Budget
from dikast.models.facts import NO_KEY, litellm_facts
from dikast.models.gateway import ModelGateway
from dikast.models.loading import load_litellm
from dikast.models.prices import predict, predict_input
from dikast.models.transport import LitellmTransport
from dikast.models.wire import TransportError
from dikast.testing.faults import Faults
from dikast.testing.server import LoopbackServer
from dikast.types import CallFailure, ModelReply, ModelSpec, Price, Reason, Sampling
from dikast.types.calls import ModelRequest
from tests.gateway_kit import failure_of, make_request, reply_of

KEY = "zx81-very-private-value"


def ask_all(requests: list[ModelRequest], **options: Any) -> list[ModelReply | CallFailure]:
    async def main() -> list[ModelReply | CallFailure]:
        async with ModelGateway(**{"backoff": 0.01, **options}) as gateway:
            return await asyncio.gather(*map(gateway.ask, requests))

    return asyncio.run(main())


def yes(_: object) -> str:
    return "yes"


# -- one kind of fault at a time ------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "reason", "status", "hits"),
    [
        pytest.param("500", Reason.SERVER_ERROR, 500, 3, id="always-500"),
        pytest.param("503", Reason.SERVER_ERROR, 503, 3, id="always-503"),
        pytest.param("529", Reason.SERVER_ERROR, 529, 3, id="always-529"),
        pytest.param("reset", Reason.CONNECTION, None, 3, id="reset"),
        pytest.param("truncate", Reason.CONNECTION, 200, 3, id="cut-half-way"),
        pytest.param("not_json", Reason.BAD_BODY, 200, 3, id="html"),
        pytest.param("empty_object", Reason.BAD_BODY, 200, 3, id="empty-object"),
        pytest.param("rate_limit", Reason.RATE_LIMITED, 429, 3, id="always-429"),
        pytest.param("quota", Reason.RATE_LIMITED, 429, 1, id="no-quota-left"),
        pytest.param("400", Reason.BAD_REQUEST, 400, 1, id="400"),
        pytest.param("404", Reason.UNKNOWN_MODEL, 404, 1, id="404"),
        pytest.param("context_length", Reason.TOO_LONG, 400, 1, id="context"),
        pytest.param("403", Reason.AUTH, 403, 1, id="403"),
        pytest.param("no_choices", Reason.EMPTY, 200, 1, id="no-choices"),
        pytest.param("null_content", Reason.EMPTY, 200, 1, id="content-null"),
        pytest.param("length", Reason.TRUNCATED, 200, 1, id="cut-by-length"),
        pytest.param("content_filter", Reason.FILTERED, 200, 1, id="filtered"),
        pytest.param("refusal", Reason.REFUSED, 200, 1, id="refused"),
        pytest.param("huge", Reason.TOO_LARGE, 200, 1, id="50-MB"),
    ],
)
def test_each_fault_is_its_own_kind(
    fault: str, reason: Reason, status: int | None, hits: int
) -> None:
    with LoopbackServer(yes, faults=Faults(share={fault: 1.0}, retry_after=0.02)) as server:
        ask = make_request(api_base=server.base_url, retries=2)
        failure = failure_of(ask_all([ask])[0])
        assert (failure.reason, failure.status) == (reason, status)
        assert server.counts().requests == failure.usage.calls == hits
        assert "litellm" not in failure.detail


@pytest.mark.parametrize("fault", ["hang", "drip"])
def test_the_deadline_holds_to_the_last_byte(fault: str) -> None:
    plan = Faults(share={fault: 1.0}, drip_interval=0.02)
    with LoopbackServer(yes, faults=plan) as server:
        load_litellm()
        start = time.monotonic()
        ask = make_request(api_base=server.base_url, retries=1, timeout=0.3)
        failure = failure_of(ask_all([ask])[0])
        assert failure.reason is Reason.TIMEOUT
        assert time.monotonic() - start < 20.0  # the server would never end
        assert server.counts().requests == 2


@pytest.mark.parametrize("fault", ["500", "reset", "truncate", "not_json", "rate_limit"])
def test_a_passing_fault_costs_a_retry_and_no_reply(fault: str) -> None:
    plan = Faults(attempts=[fault], retry_after=0.02)
    with LoopbackServer(yes, faults=plan) as server:
        reply = reply_of(ask_all([make_request(api_base=server.base_url, retries=1)])[0])
        assert (reply.text, reply.usage.calls, reply.usage.retries) == ("yes", 2, 1)
        assert len(set(server.counts().received)) == 1  # byte for byte the same request


def test_a_true_rate_limit_costs_no_case() -> None:
    with LoopbackServer(yes, faults=Faults(limit=(8, 0.4))) as server:
        asks = [make_request(n, api_base=server.base_url, max_concurrency=4) for n in range(40)]
        for reply in ask_all(asks):
            reply_of(reply)
        assert server.counts().by_fault["ok"] == 40
        assert server.counts().by_fault["rate_limit"] > 0


def test_no_worker_calls_before_retry_after() -> None:
    arrivals: list[float] = []

    async def limited(_: web.Request) -> web.StreamResponse:
        arrivals.append(time.monotonic())
        if len(arrivals) == 9:
            return web.json_response({}, status=429, headers={"Retry-After": "1"})
        await asyncio.sleep(0.01)
        message = {"role": "assistant", "content": "yes"}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        return web.json_response({"object": "chat.completion", "choices": [choice]})

    async def main() -> None:
        async with Misbehaving(limited) as base, ModelGateway() as gateway:
            await gateway.facts(make_request(api_base=base).model)
            asks = [make_request(n, api_base=base, max_concurrency=4, retries=1) for n in range(30)]
            for reply in await asyncio.gather(*map(gateway.ask, asks)):
                reply_of(reply)

    asyncio.run(main())
    assert len(arrivals) == 31
    held = [at - arrivals[8] for at in arrivals[9:]]
    assert not [at for at in held if 0.3 < at < 0.99]  # in flight before, or after the hold
    assert len([at for at in held if at <= 0.3]) <= 3


def test_a_hanging_judge_rests() -> None:
    with LoopbackServer(yes, faults=Faults().dead("judge")) as server:
        asks = [
            make_request(n, api_base=server.base_url, timeout=0.2, retries=1, max_concurrency=2)
            for n in range(30)
        ]
        reasons = [failure_of(answer).reason for answer in ask_all(asks)]
        assert server.counts().requests <= 7
        assert reasons.count(Reason.UNAVAILABLE) >= 23


def test_fifty_at_once_keep_to_the_budget_and_to_their_connections() -> None:
    with LoopbackServer(yes, faults=Faults(latency=0.02)) as server:

        async def main() -> list[Any]:
            async with ModelGateway(budget=Budget.parse("20calls")) as gateway:
                asks = [
                    make_request(n, api_base=server.base_url, max_concurrency=6) for n in range(50)
                ]
                return await asyncio.gather(*map(gateway.ask, asks), return_exceptions=True)

        answers = asyncio.run(main())
        assert sum(isinstance(a, ModelReply) for a in answers) == 20
        counts = server.counts()
        assert counts.requests == 20
        assert counts.peak <= counts.peak_connections <= 6


def test_another_model_is_named() -> None:
    with LoopbackServer(yes, faults=Faults(share={"other_model": 1.0})) as server:
        reply = reply_of(ask_all([make_request(api_base=server.base_url)])[0])
        assert reply.model
        assert reply.model != "judge"


# -- keys and secrets -----------------------------------------------------------------------


def test_a_key_that_the_server_echoes_is_masked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUDGE_KEY", KEY)
    with LoopbackServer(yes, faults=Faults(share={"echo_key": 1.0})) as server:
        ask = make_request(api_base=server.base_url, api_key_env="JUDGE_KEY")
        failure = failure_of(ask_all([ask])[0])
        assert failure.reason is Reason.AUTH
        assert "[redacted]" in failure.detail
        assert KEY not in failure.to_json()


def test_a_local_server_is_never_sent_a_real_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    assert litellm_facts(ModelSpec(model="openai/m", api_base="http://localhost:1")).api_key == (
        NO_KEY
    )


def test_a_missing_key_is_found_before_the_call(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "JUDGE_KEY"):
        monkeypatch.delenv(name, raising=False)
    for spec, named in (
        (ModelSpec(model="gpt-4o"), "OPENAI_API_KEY"),
        (ModelSpec(model="anthropic/claude-sonnet-4-5"), "ANTHROPIC_API_KEY"),
        (ModelSpec(model="openai/m", api_base="http://x/v1", api_key_env="JUDGE_KEY"), "JUDGE_KEY"),
    ):
        problem = litellm_facts(spec).problem
        assert isinstance(problem, TransportError)
        assert problem.reason is Reason.AUTH
        assert named in problem.detail


def test_an_unknown_provider_is_found_before_the_call(capsys: pytest.CaptureFixture[str]) -> None:
    failure = failure_of(ask_all([make_request(model="nosuch/model")])[0])
    assert (failure.reason, failure.usage.calls) == (Reason.UNKNOWN_MODEL, 0)
    assert capsys.readouterr().out == ""  # litellm would print a banner


# -- prices and parameters ------------------------------------------------------------------


def test_prices_come_from_the_spec_then_from_the_table_else_they_are_unknown() -> None:
    table = litellm_facts(ModelSpec(model="openai/gpt-4o")).price
    assert table is not None
    assert table.output > table.input > 0
    stated = Price(input=0, output=0)
    assert litellm_facts(ModelSpec(model="openai/gpt-4o", price=stated)).price == stated
    for spec in (
        ModelSpec(model="openai/no-such-model"),
        ModelSpec(model="ollama/llama3"),  # the table says 0 where it means: not known
        ModelSpec(model="openai/gpt-4o", api_base="http://127.0.0.1:8000/v1"),
    ):
        assert litellm_facts(spec).price is None


def test_cost_of_a_reply() -> None:
    with LoopbackServer(yes) as server:
        asks = [
            make_request(1, api_base=server.base_url, price=Price(input=2, output=10)),
            make_request(2, api_base=server.base_url, price=Price(input=0, output=0)),
            make_request(3, api_base=server.base_url),
        ]
        priced, free, unknown = map(reply_of, ask_all(asks))
        usage = priced.usage
        assert usage.cost == pytest.approx(
            (usage.input_tokens * 2 + usage.output_tokens * 10) / 1e6
        )
        assert usage.cost
        assert (free.usage.cost, free.usage.unpriced) == (0.0, 0)
        assert (unknown.usage.cost, unknown.usage.unpriced) == (None, 1)


def test_predictions_from_the_table_and_by_counting() -> None:
    ask = make_request(text="hello world " * 100, model="gpt-4o")
    assert predict_input(ask, count=True).exact
    usage = predict(ask, reply_tokens=100, count=True)
    assert 150 < usage.input_tokens < 300
    assert usage.cost
    assert predict(make_request(model="openai/nope"), reply_tokens=1).cost is None


def test_what_was_set_is_sent_and_nothing_else() -> None:
    bodies: list[dict[str, Any]] = []

    def keep(request: Any) -> str:
        bodies.append(dict(request.body))
        return "yes"

    with LoopbackServer(keep) as server:
        schema = {"type": "object", "properties": {}, "additionalProperties": False}
        plain = make_request(1, api_base=server.base_url)
        full = make_request(
            2, api_base=server.base_url, sampling=Sampling(temperature=0.0, seed=7, max_tokens=9)
        ).model_copy(update={"reply_schema": schema})
        for ask in (plain, full):
            reply_of(ask_all([ask])[0])
    assert set(bodies[0]) == {"model", "messages"}
    assert bodies[0]["model"] == "judge"
    assert (bodies[1]["temperature"], bodies[1]["seed"], bodies[1]["max_tokens"]) == (0.0, 7, 9)
    assert bodies[1]["response_format"]["json_schema"]["schema"] == schema


@pytest.mark.parametrize(
    ("model", "sampling"),
    [
        pytest.param("openai/gpt-5", Sampling(temperature=0.0), id="value-refused"),
        pytest.param("openai/gpt-5", Sampling(top_p=0.5), id="name-refused"),
    ],
)
def test_a_parameter_is_refused_not_dropped(model: str, sampling: Sampling) -> None:
    with LoopbackServer(yes) as server:
        ask = make_request(api_base=server.base_url, model=model, sampling=sampling)
        failure = failure_of(ask_all([ask])[0])
        assert failure.reason is Reason.BAD_REQUEST
        assert server.counts().requests == 0


# -- other providers, and servers that misbehave below the level of HTTP ----------------------


class Misbehaving:
    """A server of another shape for each provider: it only ever fails."""

    def __init__(self, act: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> None:
        self._act, self.hits = act, 0

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        self.hits += 1
        return await self._act(request)

    async def __aenter__(self) -> str:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.05)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}/v1"

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()


async def reset(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    sock = request.transport.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    request.transport.abort()
    return web.Response()


async def flood(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    for _ in range(40):
        await response.write(b"x" * (1 << 18))
    return response


async def bomb(request: web.Request) -> web.StreamResponse:
    packed = zlib.compress(b"x" * (64 << 20), 9)
    assert len(packed) < 1 << 20
    return web.Response(body=packed, headers={"Content-Encoding": "deflate"})


async def elsewhere(request: web.Request) -> web.StreamResponse:
    return web.Response(status=307, headers={"Location": str(request.url)})


def against(
    act: Callable[[web.Request], Awaitable[web.StreamResponse]], model: str
) -> tuple[CallFailure, int]:
    async def main() -> tuple[CallFailure, int]:
        server = Misbehaving(act)
        async with server as base:
            transport = LitellmTransport(max_body=1 << 20)
            async with ModelGateway(transport=transport, backoff=0.001) as gateway:
                ask = make_request(model=model, api_base=base, retries=0, timeout=20.0)
                return failure_of(await gateway.ask(ask)), server.hits

    return asyncio.run(main())


PROVIDERS = [
    "openai/m",
    "anthropic/claude-sonnet-4-5",
    "gemini/gemini-2.0-flash",
    "ollama_chat/m",
    "hosted_vllm/m",
    "mistral/m",
    "lm_studio/m",
]


@pytest.mark.parametrize("model", PROVIDERS)
def test_a_reset_is_one_request_whatever_the_client(model: str) -> None:
    """Some of litellm's clients send a request again after a connection error, unasked."""
    failure, hits = against(reset, model)
    assert (failure.reason, hits) == (Reason.CONNECTION, 1)


@pytest.mark.parametrize("model", PROVIDERS)
def test_a_flood_is_cut_off_whatever_the_client(model: str) -> None:
    failure, hits = against(flood, model)
    assert (failure.reason, hits) == (Reason.TOO_LARGE, 1)


def test_a_later_gateway_of_the_same_loop_is_bounded_too() -> None:
    """litellm keeps clients per loop and address, and reopens those whose session was closed."""

    async def main() -> CallFailure:
        async with Misbehaving(flood) as base:
            for number in range(2):
                transport = LitellmTransport(max_body=1 << 20)
                async with ModelGateway(transport=transport) as gateway:
                    ask = make_request(number, api_base=base, retries=0)
                    failure = failure_of(await gateway.ask(ask))
            return failure

    assert asyncio.run(main()).reason is Reason.TOO_LARGE


def test_a_small_answer_that_unpacks_to_a_large_one_is_cut_off() -> None:
    failure, _ = against(bomb, "openai/m")
    assert failure.reason is Reason.TOO_LARGE


@pytest.mark.parametrize("status", [200, 400, 500])
@pytest.mark.parametrize("packed", [False, True])
def test_a_long_page_of_rubbish_holds_nobody_up(status: int, packed: bool) -> None:
    """litellm's patterns take more than a second a megabyte of an error text."""
    body = b"x" * 900_000
    headers = {"Content-Encoding": "deflate"} if packed else {}

    async def rubbish(_: web.Request) -> web.StreamResponse:
        sent = zlib.compress(body) if packed else body
        return web.Response(status=status, body=sent, headers=headers)

    against(reset, "openai/m")  # whatever is loaded at the first call
    start = time.process_time()
    failure, _ = against(rubbish, "openai/m")
    assert failure.reason in {Reason.BAD_BODY, Reason.BAD_REQUEST, Reason.SERVER_ERROR}
    assert time.process_time() - start < 0.8


def test_a_reply_of_megabytes_is_read() -> None:
    with LoopbackServer(lambda _: "word " * 1_000_000) as server:
        reply = reply_of(ask_all([make_request(api_base=server.base_url)])[0])
        assert len(reply.text) == 5_000_000


def test_redirects_are_not_followed() -> None:
    failure, hits = against(elsewhere, "openai/m")
    assert (failure.reason, failure.status, hits) == (Reason.CONNECTION, 307, 1)


# -- processes and loops --------------------------------------------------------------------


_TWO_RUNS = """
import asyncio, json, logging, sys, warnings
logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
from dikast.models.gateway import ModelGateway
from tests.gateway_kit import make_request

async def main(number):
    async with ModelGateway() as one, ModelGateway() as two:
        asks = [make_request(n, api_base=sys.argv[1]) for n in range(number, number + 3)]
        replies = await asyncio.gather(*map(one.ask, asks[:2]), two.ask(asks[2]))
        await one.aclose()
        replies.append(await two.ask(make_request(number + 9, api_base=sys.argv[1])))
    return [reply.text for reply in replies]

print(json.dumps([asyncio.run(main(10)), asyncio.run(main(20))]))
"""


def test_two_runs_in_one_process_work_without_a_warning() -> None:
    with LoopbackServer(yes) as server:
        done = subprocess.run(
            [sys.executable, "-X", "dev", "-W", "error::ResourceWarning", "-c", _TWO_RUNS,
             server.base_url],
            capture_output=True, text=True, check=True, timeout=120,
            env={**os.environ, "PYTHONPATH": os.getcwd()},
        )  # fmt: skip
    assert json.loads(done.stdout) == [["yes"] * 4] * 2
    noise = [
        line
        for line in done.stderr.splitlines()
        # development mode of asyncio tells of slow steps: the first call loads tables
        if line and not line.startswith(("WARNING:asyncio:Executing", "Executing"))
    ]
    assert [line for line in noise if "dikast" in line or "nclosed" in line] == []
    assert [line for line in noise if "LiteLLM" in line] == []


def test_litellm_is_quiet() -> None:
    load_litellm()
    assert logging.getLogger("LiteLLM").handlers == []
    assert os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] == "True"
