"""What stands in for a model in tests: yours and dikast's own.

A loopback server answers as a chosen function says, over a real socket and with chosen faults:

    >>> from dikast.testing import Faults, LoopbackServer
    >>> with LoopbackServer(lambda request: "yes", faults=Faults(share={"503": 0.1})) as server:
    ...     server.base_url.startswith("http://127.0.0.1:")
    True

Give a judge `api_base = server.base_url` and a model such as `openai/any-name`. Afterwards
`server.counts()` tells what was asked, how often, and whether an answered request came again.
Where no socket is needed, `ScriptedModel` is a gateway that answers from a script.

Judges with planted properties say what dikast should then find. They sit in a panel themselves,
or answer as responders of a server (`responder=by_model({"ann": ann.reply})`):

    >>> from dikast.testing import SimulatedJudge, World
    >>> from dikast.types import Candidate, Case, Criterion, YesNoScale
    >>> right = Criterion(id="right", question="Is it right?", scale=YesNoScale())
    >>> world = World([Case(id="c1", candidates=(Candidate(text="4"),))], [right])
    >>> ann = SimulatedJudge(name="ann", world=world, accuracy=0.9, order_bias=0.2)
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dikast.testing.chat import ChatRequest as ChatRequest
    from dikast.testing.chat import Responder as Responder
    from dikast.testing.chat import body_digest as body_digest
    from dikast.testing.chat import completion as completion
    from dikast.testing.chat import find_marker as find_marker
    from dikast.testing.checks import check_detector as check_detector
    from dikast.testing.checks import check_rule as check_rule
    from dikast.testing.counts import Counts as Counts
    from dikast.testing.counts import read_log as read_log
    from dikast.testing.faults import KINDS as KINDS
    from dikast.testing.faults import Faults as Faults
    from dikast.testing.fit_checks import check_fit as check_fit
    from dikast.testing.format_checks import check_format as check_format
    from dikast.testing.process import ServerProcess as ServerProcess
    from dikast.testing.process import script_of as script_of
    from dikast.testing.replies import by_model as by_model
    from dikast.testing.replies import structured_reply as structured_reply
    from dikast.testing.scripted import ScriptedModel as ScriptedModel
    from dikast.testing.server import LoopbackServer as LoopbackServer
    from dikast.testing.simulated import SimulatedJudge as SimulatedJudge
    from dikast.testing.simulated_critic import SimulatedCritic as SimulatedCritic
    from dikast.testing.world import INJECTION as INJECTION
    from dikast.testing.world import World as World

_PUBLIC: dict[str, str] = {
    "ChatRequest": "chat",
    "Counts": "counts",
    "Faults": "faults",
    "INJECTION": "world",
    "KINDS": "faults",
    "LoopbackServer": "server",
    "Responder": "chat",
    "ScriptedModel": "scripted",
    "ServerProcess": "process",
    "SimulatedCritic": "simulated_critic",
    "SimulatedJudge": "simulated",
    "World": "world",
    "body_digest": "chat",
    "by_model": "replies",
    "check_detector": "checks",
    "check_fit": "fit_checks",
    "check_format": "format_checks",
    "check_rule": "checks",
    "completion": "chat",
    "find_marker": "chat",
    "read_log": "counts",
    "script_of": "process",
    "structured_reply": "replies",
}

__all__ = [
    "INJECTION",
    "KINDS",
    "ChatRequest",
    "Counts",
    "Faults",
    "LoopbackServer",
    "Responder",
    "ScriptedModel",
    "ServerProcess",
    "SimulatedCritic",
    "SimulatedJudge",
    "World",
    "body_digest",
    "by_model",
    "check_detector",
    "check_fit",
    "check_format",
    "check_rule",
    "completion",
    "find_marker",
    "read_log",
    "script_of",
    "structured_reply",
]


def __getattr__(name: str) -> Any:
    """Import a public name from its home on first use: aiohttp loads only with the server."""
    if name not in _PUBLIC:
        msg = f"module 'dikast.testing' has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(importlib.import_module(f"dikast.testing.{_PUBLIC[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_PUBLIC])
