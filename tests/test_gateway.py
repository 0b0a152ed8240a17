"""The gateway: journal first, sent once, retried in one place, and what it sends."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import subprocess
import sys
from typing import Any

import pytest
from PIL import Image

from dikast.errors import StorageFailed, StoreError
from dikast.models.gateway import ModelGateway
from dikast.models.journal import MemoryJournal
from dikast.models.wire import ModelFacts, TransportError, WireReply, WireRequest
from dikast.types import Attachment, Place, PromptMessage, Reason
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
    raw = io.BytesIO()
    Image.new("RGB", (2, 3), "red").save(raw, "PNG")
    url = "data:image/png;base64," + base64.b64encode(raw.getvalue()).decode()
    given = Attachment(id="a", data_url=url)
    _, transport = show(given, ModelFacts(provider="openai", vision=True))
    text, image = transport.sent[0].messages[0]["content"]
    assert text == {"type": "text", "text": "look"}
    assert image["type"] == "image_url"
    sent = base64.b64decode(image["image_url"]["url"].removeprefix("data:image/png;base64,"))
    assert Image.open(io.BytesIO(sent)).size == (2, 3)


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
        pytest.param(INLINE, ModelFacts(provider="openai", vision=True), id="bytes-of-no-image"),
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
