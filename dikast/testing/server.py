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
from pathlib import Path
from types import TracebackType
from typing import Self

from dikast.testing.chat import Responder
from dikast.testing.counts import Counts
from dikast.testing.faults import Faults
from dikast.testing.service import Service


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
        self._loop = asyncio.new_event_loop()
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
        try:
            self._loop.run_forever()
        finally:
            self._loop.close()


if __name__ == "__main__":
    from dikast.testing.process import main

    sys.exit(main())
