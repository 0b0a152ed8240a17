"""How much an attempt may take of the budget, learnt from the replies of the same model."""

from __future__ import annotations

from dikast.models.budget import Spending
from dikast.models.prices import IMAGE_TOKENS, MESSAGE_TOKENS, UNTOLD_OUTPUT, predicted_cost
from dikast.models.wire import ModelFacts, WireReply
from dikast.types import ModelRequest

_ENOUGH = 20
"""Replies after which what was seen says more than the bounds."""
_MARGIN = 4


class Forecast:
    """Upper bounds for one model's attempts.

    Input is bounded by the bytes of the request (no tokenizer makes more tokens than bytes).
    Output is bounded by `max_tokens`; where that is unset, by litellm's table, and after some
    replies by four times the longest seen. So a budget in money or tokens is exact to one call
    with `max_tokens`, and close to it without.
    """

    def __init__(self) -> None:
        self._replies = 0
        self._longest = 0
        self._density = 0.0

    def most(self, request: ModelRequest, facts: ModelFacts) -> Spending:
        """What one attempt takes at most."""
        size, overhead = _size(request)
        into, out = size + overhead, request.model.sampling.max_tokens
        if self._replies >= _ENOUGH:
            into = min(into, round(size * self._density * 1.5) + overhead)
        if out is None:
            out = facts.max_output or UNTOLD_OUTPUT
            if self._replies >= _ENOUGH:
                out = min(out, _MARGIN * max(self._longest, 64))
        return Spending(1, into + out, predicted_cost(facts, into, out) or 0.0)

    def billed_blind(self, request: ModelRequest, facts: ModelFacts) -> Spending:
        """What an attempt that was sent and brought no bill is taken to have cost: its input."""
        size, overhead = _size(request)
        into = round(size * (self._density or 0.25)) + overhead
        return Spending(1, into, predicted_cost(facts, into, 0) or 0.0)

    def learn(self, request: ModelRequest, reply: WireReply) -> None:
        """Note what a reply took."""
        self._replies += 1
        self._longest = max(self._longest, reply.output_tokens)
        size, _ = _size(request)
        if size:
            self._density = max(self._density, min(1.0, reply.input_tokens / size))


def _size(request: ModelRequest) -> tuple[int, int]:
    """Bytes of text, and tokens of everything else."""
    texts = sum(
        len(part.encode()) if part is not None else 16
        for message in request.messages
        for part in message.parts
    )
    images = sum(len(message.attachments) for message in request.messages)
    return texts, MESSAGE_TOKENS * len(request.messages) + 2 * IMAGE_TOKENS * images
