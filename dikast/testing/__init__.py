"""What stands in for a model in tests: yours and dikast's own.

A loopback server answers as a chosen function says, over a real socket and with chosen faults:

    >>> from dikast.testing import Faults, LoopbackServer
    >>> with LoopbackServer(lambda request: "yes", faults=Faults(share={"503": 0.1})) as server:
    ...     server.base_url.startswith("http://127.0.0.1:")
    True

Give a judge `api_base = server.base_url` and a model such as `openai/any-name`. Afterwards
`server.counts()` tells what was asked, how often, and whether an answered request came again.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dikast.testing.chat import ChatRequest as ChatRequest
    from dikast.testing.chat import Responder as Responder
    from dikast.testing.chat import body_digest as body_digest
    from dikast.testing.chat import find_marker as find_marker
    from dikast.testing.counts import Counts as Counts
    from dikast.testing.counts import read_log as read_log
    from dikast.testing.faults import KINDS as KINDS
    from dikast.testing.faults import Faults as Faults
    from dikast.testing.server import LoopbackServer as LoopbackServer

_PUBLIC = {
    "ChatRequest": "chat",
    "Counts": "counts",
    "Faults": "faults",
    "KINDS": "faults",
    "LoopbackServer": "server",
    "Responder": "chat",
    "body_digest": "chat",
    "find_marker": "chat",
    "read_log": "counts",
}

__all__ = [*_PUBLIC]


def __getattr__(name: str) -> Any:
    """Import a public name from its home on first use: aiohttp loads only with the server."""
    if name not in _PUBLIC:
        msg = f"module 'dikast.testing' has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(importlib.import_module(f"dikast.testing.{_PUBLIC[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_PUBLIC])
