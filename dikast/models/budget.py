"""The budget of a run in money, calls or tokens; calls are reserved before they are sent."""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import Callable, Iterable
from typing import Literal, NamedTuple, Self

from dikast.errors import BudgetSpent, ConfigError
from dikast.models.wire import ModelFacts
from dikast.types import ModelSpec

Unit = Literal["usd", "calls", "tokens"]

_AMOUNT = re.compile(r"(\d+(?:\.\d+)?|\.\d+)\s*([kKM]?)\s*([A-Za-z$]+)", re.ASCII)
_UNITS: dict[str, Unit] = {
    "usd": "usd",
    "$": "usd",
    "call": "calls",
    "calls": "calls",
    "tok": "tokens",
    "token": "tokens",
    "tokens": "tokens",
}
_FACTOR = {"": 1.0, "k": 1e3, "K": 1e3, "M": 1e6}


class Spending(NamedTuple):
    """What one attempt may take of a budget, or took."""

    calls: int
    tokens: int
    usd: float


class Budget:
    """What a run may spend, and what it has spent.

    A call is admitted when what was spent, what is in flight and the call itself fit; or when
    nothing is in flight and anything is left, so that a budget is used up and passed by one
    call at most. That holds as long as no attempt takes more than was reserved for it.

    Args:
        limit: How much, in `unit`.
        unit: US dollars, calls (retries and re-asks included) or tokens (input and output).
        spent: What earlier sittings of the same run took.
    """

    def __init__(self, limit: float, unit: Unit, *, spent: float = 0.0) -> None:
        self.limit, self.unit, self.spent = limit, unit, spent
        self._reserved = 0.0
        self._in_flight = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    @classmethod
    def parse(cls, text: str, *, spent: float = 0.0) -> Self:
        """Read `5usd`, `0.50usd`, `500calls`, `2Mtok`.

        Raises:
            ConfigError: It is none of these, or zero.

        Examples:
            >>> Budget.parse("2Mtok").limit, Budget.parse("5usd").unit
            (2000000.0, 'usd')
        """
        match = _AMOUNT.fullmatch(text.strip())
        unit = _UNITS.get(match[3].lower()) if match else None
        limit = float(match[1]) * _FACTOR[match[2]] if match else 0.0
        if unit is None or not 0 < limit < float("inf"):
            raise ConfigError(
                f"budget `{text}` cannot be read.", hint="Write `5usd`, `500calls` or `2Mtok`."
            )
        return cls(limit, unit, spent=spent)

    @property
    def left(self) -> float:
        """What is neither spent nor in flight; may be negative."""
        return self.limit - self.spent - self._reserved

    def require_prices(self, models: Iterable[tuple[ModelSpec, ModelFacts]]) -> None:
        """Refuse a budget in money that could not be counted.

        Raises:
            ConfigError: A model has no known price.
        """
        if self.unit != "usd":
            return
        for spec, facts in models:
            if spec.embedded is None and facts.price is None:
                raise ConfigError(
                    f"a budget in money needs a price, and none is known for `{spec.model}`.",
                    hint="State `price = { input = …, output = … }` in dollars per million "
                    "tokens (0 for a local model), or give the budget in calls or tokens.",
                )

    async def reserve(self, most: Callable[[], Spending]) -> float:
        """Wait until an attempt fits; returns what to hand to `settle`.

        Args:
            most: What the attempt takes at most; asked again after each wait, since what was
                learnt meanwhile may have lowered it.

        Raises:
            BudgetSpent: Nothing is left.
        """
        try:
            if self._waiting:
                await self._turn(first=False)
            while True:
                amount: float = getattr(most(), self.unit)
                if self.spent >= self.limit:
                    raise BudgetSpent(f"the budget of {self} is spent")
                if amount <= self.left or not self._in_flight:
                    break
                await self._turn(first=True)
            self._reserved += amount
            self._in_flight += 1
        finally:
            self._wake_next()  # admitted, refused or cancelled: the next may look
        return amount

    def settle(self, reserved: float, actual: Spending) -> None:
        """Replace a reservation by what was really taken."""
        self._reserved -= reserved
        self._in_flight -= 1
        if not self._in_flight:
            self._reserved = 0.0  # floats: no residue of what is gone
        self.spent += getattr(actual, self.unit)
        self._wake_next()

    def _wake_next(self) -> None:
        """Let the longest waiting look again; it wakes the next when it has its answer.

        Waking all would cost the square of their number, and starve everything else meanwhile.
        """
        while self._waiting:
            future = self._waiting.popleft()
            if not future.done():  # else its waiter was cancelled
                future.set_result(None)
                return

    async def _turn(self, *, first: bool) -> None:
        """Wait to be woken, before or behind all others who wait."""
        future = asyncio.get_running_loop().create_future()
        (self._waiting.appendleft if first else self._waiting.append)(future)
        await future

    def __str__(self) -> str:
        amount = f"{self.limit:.10g}"
        return f"{amount} usd" if self.unit == "usd" else f"{amount} {self.unit}"
