"""A gateway that may be asked from any event loop and lives in one."""

from __future__ import annotations

from dikast.graphs.nodes import in_own_loop
from dikast.models.gateway import ModelGateway
from dikast.types import CallFailure, ModelReply, ModelRequest, Usage


class AnyLoopGateway:
    """A `ModelGateway` in the loop that serves dikast's sync callers, for callers in any loop.

    One journal, one budget and one pacing hold for sync calls, notebooks, servers and tools that
    start a loop per call alike.

    Args:
        gateway: A gateway that nothing was asked of yet.
    """

    def __init__(self, gateway: ModelGateway) -> None:
        self._gateway = gateway

    @property
    def usage(self) -> Usage:
        """What was spent so far."""
        return self._gateway.usage

    async def ask(self, request: ModelRequest) -> ModelReply | CallFailure:
        """As `ModelGateway.ask`."""
        return await in_own_loop(self._gateway.ask(request))

    async def aclose(self) -> None:
        """Give up what is in flight, store what is paid, close connections."""
        await in_own_loop(self._gateway.aclose())
