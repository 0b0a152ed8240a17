"""A chat-completions server on the loopback address, with chosen answers and chosen faults.

It stands in for a model's provider over a real socket. In a thread of the test:

    with LoopbackServer(lambda request: "yes", faults=Faults(share={"503": 0.1})) as server:
        ...                                   # point a client at server.base_url
        assert not server.counts().repeated   # no answered request came again

or as a process of its own (`ServerProcess`, or `python -m dikast.testing.server --script FILE`),
which outlives a client that is killed. Both speak the wire format that litellm calls
`openai/NAME` with `api_base`.
"""

from __future__ import annotations

import asyncio
import sys
import threading
import traceback
from pathlib import Path
from types import TracebackType
from typing import Self

from aiohttp import web

from dikast.testing.chat import ChatRequest, Responder
from dikast.testing.counts import Counts, Recorder, counts_to_json
from dikast.testing.faults import Course, Faults, Step
from dikast.testing.misdeeds import ANSWERS, commit, refuse

_LARGEST_REQUEST = 256 * 1024 * 1024
_GRACE = 0.05
"""Seconds that open requests get at shutdown; hanging ones would never use more."""


class Service:
    """The server's behaviour on whatever event loop it is started.

    Args:
        responder: Text of the reply to a request; called on the server's loop, so it must not
            block. If it raises, the client gets a 400 and `Counts.responder_errors` says why.
        faults: What goes wrong, and when.
        log: File to append received and answered digests to; None for none.
        models: Names for `/v1/models`; a request may ask for any other model all the same.
    """

    def __init__(
        self,
        responder: Responder,
        *,
        faults: Faults | None = None,
        log: Path | None = None,
        models: tuple[str, ...] = (),
    ) -> None:
        self._responder, self._models = responder, models
        self.recorder = Recorder(log)
        self._course = Course(faults or Faults())
        self._runner: web.AppRunner | None = None

    async def start(self, port: int = 0) -> int:
        """Listen on 127.0.0.1; returns the port, chosen by the system if 0 was given."""
        app = web.Application(client_max_size=_LARGEST_REQUEST)
        app.router.add_post("/v1/chat/completions", self._chat)
        app.router.add_get("/v1/models", self._list)
        app.router.add_get("/_stats", self._stats)
        self._runner = web.AppRunner(
            app, access_log=None, handler_cancellation=True, shutdown_timeout=_GRACE
        )
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        return int(self._runner.addresses[0][1])

    async def stop(self) -> None:
        """Stop at once; open requests are cut off."""
        if self._runner is not None:
            await self._runner.cleanup()
        self.recorder.close()

    async def _chat(self, http: web.Request) -> web.StreamResponse:
        try:
            body = await http.json()
        except ValueError:
            body = None
        if not isinstance(body, dict) or not isinstance(body.get("messages"), list):
            return refuse("the body is not a chat completions request")
        if body.get("stream"):
            return refuse("this server does not stream")
        request = ChatRequest(body)
        request = ChatRequest(body, attempt=self.recorder.attempt(request.digest))
        step = self._course.next(request.model, request.content, request.attempt)
        self.recorder.arrived(request, step.fault, self._connections())
        try:
            if step.delay:
                await asyncio.sleep(step.delay)
            return await self._answer(http, request, step)
        finally:
            self.recorder.left(request)

    async def _answer(
        self, http: web.Request, request: ChatRequest, step: Step
    ) -> web.StreamResponse:
        try:
            text = self._responder(request)
        except Exception:  # a test's own code: whatever it raises is reported, never hidden
            error = traceback.format_exc()
            self.recorder.failed(error)
            return refuse(f"the responder raised: {error}")
        response = await commit(step, http, request, text)
        if step.fault in ANSWERS:
            self.recorder.answered(request, step.fault)
        return response

    async def _list(self, _: web.Request) -> web.Response:
        self.recorder.listed()
        data = [{"id": m, "object": "model", "owned_by": "loopback"} for m in self._models]
        return web.json_response({"object": "list", "data": data})

    async def _stats(self, _: web.Request) -> web.Response:
        return web.json_response(counts_to_json(self.recorder.counts()))

    def _connections(self) -> int:
        server = self._runner.server if self._runner is not None else None
        return len(server.connections) if server is not None else 0


class LoopbackServer:
    """A `Service` in a thread of its own, for the length of a `with` block.

    Args:
        responder: Text of the reply to a request. A simulated judge's `reply` is one.
        faults: What goes wrong, and when; None for nothing.
        log: File to append received and answered digests to; None for none.
        models: Names for `/v1/models`.
        port: 0 lets the system choose.

    Raises:
        AssertionError: On leaving the block, if the responder raised and nothing else did.

    Examples:
        >>> import json, urllib.request
        >>> body = json.dumps({"model": "m", "messages": [{"role": "user", "content": "Well?"}]})
        >>> with LoopbackServer(lambda request: "yes") as server:
        ...     url = server.base_url + "/chat/completions"
        ...     sent = urllib.request.Request(url, body.encode(), {"Content-Type": "text/json"})
        ...     with urllib.request.urlopen(sent) as reply:
        ...         text = json.load(reply)["choices"][0]["message"]["content"]
        ...     text, server.counts().requests
        ('yes', 1)
    """

    def __init__(
        self,
        responder: Responder,
        *,
        faults: Faults | None = None,
        log: Path | None = None,
        models: tuple[str, ...] = (),
        port: int = 0,
    ) -> None:
        self._service = Service(responder, faults=faults, log=log, models=models)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="loopback", daemon=True)
        self._port = port

    @property
    def base_url(self) -> str:
        """What a client takes as `api_base`: `http://127.0.0.1:PORT/v1`."""
        return f"http://127.0.0.1:{self._port}/v1"

    def counts(self) -> Counts:
        """What was received and answered so far; also after the server has stopped."""
        return self._service.recorder.counts()

    def start(self) -> Self:
        """Listen; returns once requests are accepted."""
        self._thread.start()
        started = asyncio.run_coroutine_threadsafe(self._service.start(self._port), self._loop)
        try:
            self._port = started.result(timeout=10)
        except BaseException:
            self.close()
            raise
        return self

    def close(self) -> None:
        """Stop within a second, cutting off whatever is still open. Idempotent."""
        if not self._thread.is_alive():
            return
        asyncio.run_coroutine_threadsafe(self._service.stop(), self._loop).result(timeout=10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
        wrong = self.counts().responder_errors
        if wrong and kind is None:
            raise AssertionError(f"the responder raised {len(wrong)} times, first:\n{wrong[0]}")

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
        finally:
            self._loop.close()


if __name__ == "__main__":
    from dikast.testing.process import main

    sys.exit(main())
