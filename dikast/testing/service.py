"""What a loopback server does with a request, on whatever event loop it runs."""

from __future__ import annotations

import asyncio
import traceback
from pathlib import Path

from aiohttp import web

from dikast.testing.chat import ChatRequest, Responder
from dikast.testing.counts import Recorder, counts_to_json
from dikast.testing.faults import Course, Faults, Step
from dikast.testing.misdeeds import ANSWERS, SPOKEN, commit, refuse

_LARGEST_REQUEST = 256 * 1024 * 1024
_GRACE = 0.05
"""Seconds that open requests get at shutdown; hanging ones would never use more."""


class Service:
    """The server's behaviour on whatever event loop it is started.

    Args:
        responder: Text of the reply to a request; called on the server's loop, so it must not
            block, and only where the reply is sent. If it raises, the client gets a 400 and
            `Counts.responder_errors` says why.
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
            text = self._responder(request) if step.fault in SPOKEN else ""
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
