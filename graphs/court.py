"""Gateways for graphs: the one a run passes in, a graph's own, and the meter on either."""

from __future__ import annotations

import asyncio
from typing import Any
from weakref import WeakKeyDictionary

from dikast import errors
from dikast.errors import RunStopped, StoreError
from dikast.graphs.state import Court, Halt
from dikast.types import (
    CallFailure,
    Gateway,
    ModelReply,
    ModelRequest,
    ModelSpec,
    PanelSpec,
    Reason,
    Usage,
)

CUSTOM = "custom/"
"""Prefix of `model` for a judge that is a user's own object."""


def needs_models(spec: PanelSpec) -> bool:
    """Whether any role of the panel is played by a model behind the gateway."""
    roles = [*spec.judges, *spec.reserves, spec.critic, spec.detector, spec.escalation]
    roles.append(spec.splitter)
    return any(
        role is not None and role.embedded is None and not role.model.startswith(CUSTOM)
        for role in roles
    )


class Meter:
    """A gateway that counts what passes through it.

    After a `RunStopped` it lets nothing more through: the reason is kept in `halt` as a value and
    the caller sees a failure, so that votes already paid for by sibling seats are not lost.
    """

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self.usage = Usage()
        self.halt: Halt | None = None

    async def facts(self, spec: ModelSpec) -> Any:
        """What the gateway knows of a model; None where it knows nothing of models."""
        known = getattr(self._gateway, "facts", None)
        return None if known is None else await known(spec)

    async def ask(self, request: ModelRequest) -> ModelReply | CallFailure:
        """Pass a request on and count what it cost."""
        if self.halt is not None:
            return stopped(self.halt)
        try:
            answer = await self._gateway.ask(request)
        except (RunStopped, StoreError) as stop:
            self.halt = Halt(type(stop).__name__, str(stop))
            return stopped(self.halt)
        self.usage += answer.usage
        return answer


def stopped(halt: Halt) -> CallFailure:
    """The failure that a judge sees once the run is being stopped."""
    return CallFailure(reason=Reason.CANCELLED, detail=halt.message)


def raise_halt(halts: list[Halt]) -> None:
    """Raise the first halt again as the exception it was; nothing if there is none.

    Raises:
        RunStopped: Some step met it.
        StoreError: The journal holds something that cannot be read.
    """
    if halts:
        kind = getattr(errors, halts[0].error, RunStopped)
        raise kind(halts[0].message)


class OwnGateways:
    """A graph's own gateway, one per event loop, made when first needed."""

    def __init__(self, spec: PanelSpec) -> None:
        self._spec = spec
        self._by_loop: WeakKeyDictionary[asyncio.AbstractEventLoop, Gateway] = WeakKeyDictionary()

    def get(self, court: Court | None) -> Gateway | None:
        """The court's gateway, else the graph's own, else None where no model is needed."""
        if court is not None and court.gateway is not None:
            return court.gateway
        if not needs_models(self._spec):
            return None
        loop = asyncio.get_running_loop()
        if loop not in self._by_loop:
            from dikast.models.gateway import ModelGateway
            from dikast.models.journal import MemoryJournal

            images = None if court is None else court.images
            self._by_loop[loop] = ModelGateway(
                MemoryJournal(),
                share_identical=self._spec.share_identical,
                load_attachment=None if images is None else images.load,
            )
        return self._by_loop[loop]
