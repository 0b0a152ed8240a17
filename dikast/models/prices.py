"""What a call costs, and what it will cost: given prices first, then litellm's table, else None."""

from __future__ import annotations

from contextlib import suppress
from typing import NamedTuple

from dikast.models.facts import litellm_facts, plain_facts
from dikast.models.loading import litellm_is_loaded, load_litellm
from dikast.models.wire import ModelFacts, WireReply
from dikast.types import ModelRequest, Usage

IMAGE_TOKENS = 1500
"""Assumed for an image: providers bill a picture at between 85 and about 2,000 tokens."""
MESSAGE_TOKENS = 8
"""Assumed for the frame of a message (role, separators)."""
UNTOLD_OUTPUT = 32_768
"""Most tokens of a reply where neither the request nor litellm's table bounds it."""


class Prediction(NamedTuple):
    """Input tokens of a request, before it is sent."""

    tokens: int
    exact: bool
    """Whether a tokenizer counted them; if not they are a quarter of the characters."""


def predict_input(request: ModelRequest, *, count: bool = False) -> Prediction:
    """Input tokens of a request, without a call.

    Args:
        request: The request; the fence marker counts as its 16 characters.
        count: Use litellm's tokenizers, which takes seconds to load and 0.2 ms per 1,000 tokens
            afterwards. Without it, or where they fail, four characters count as a token.

    Examples:
        >>> from dikast.types import ModelSpec, Place, PromptMessage
        >>> predict_input(ModelRequest(
        ...     model=ModelSpec(model="openai/m"),
        ...     messages=(PromptMessage(role="user", parts=("x" * 400,)),),
        ...     place=Place(case="1"),
        ... ))
        Prediction(tokens=108, exact=False)
    """
    texts = [message.text("0" * 16) for message in request.messages]
    images = sum(len(message.attachments) for message in request.messages)
    frame = MESSAGE_TOKENS * len(texts) + IMAGE_TOKENS * images
    if count:
        with suppress(Exception):  # tokenizers of a hundred providers; a guess remains
            counter = load_litellm().token_counter
            tokens = sum(int(counter(model=request.model.model, text=text)) for text in texts)
            return Prediction(tokens + frame, exact=True)
    return Prediction(-(-sum(map(len, texts)) // 4) + frame, exact=False)


def cost(facts: ModelFacts, reply: WireReply) -> float | None:
    """US dollars for a reply; None if the price is unknown, never 0 for unknown.

    Examples:
        >>> from dikast.types import Price
        >>> facts = ModelFacts(price=Price(input=2.0, output=10.0), cached_price=1.0)
        >>> cost(facts, WireReply("x", input_tokens=1000, cached_tokens=500, output_tokens=100))
        0.0025
        >>> cost(ModelFacts(), WireReply("x", input_tokens=1000)) is None
        True
    """
    if facts.price is None:
        return None
    if facts.price_until is not None and reply.input_tokens > facts.price_until:
        return None
    cached_price = facts.price.input if facts.cached_price is None else facts.cached_price
    cached = min(reply.cached_tokens, reply.input_tokens)
    return (
        (reply.input_tokens - cached) * facts.price.input
        + cached * cached_price
        + reply.output_tokens * facts.price.output
    ) / 1e6


def predicted_cost(facts: ModelFacts, input_tokens: int, output_tokens: int) -> float | None:
    """US dollars for so many tokens, none of them cached; None if the price is unknown."""
    return cost(facts, WireReply(None, input_tokens=input_tokens, output_tokens=output_tokens))


def predict(request: ModelRequest, *, reply_tokens: int, count: bool = False) -> Usage:
    """The usage of one request if it is answered at once; nothing is sent.

    A stated price needs no look-up; otherwise litellm is loaded for its table (seconds, once).

    Args:
        request: The request.
        reply_tokens: Output tokens to assume.
        count: See `predict_input`.

    Returns:
        One call with its tokens; the cost is None where no price is known.
    """
    facts = (plain_facts if request.model.price is not None else litellm_facts)(request.model)
    into = predict_input(request, count=count).tokens
    reply = WireReply(None, input_tokens=into, output_tokens=reply_tokens)
    return bill(facts, reply, calls=1, reask=request.place.attempt > 0)


def bill(facts: ModelFacts, reply: WireReply, *, calls: int, reask: bool) -> Usage:
    """The usage of a paid call with its retries, failed attempts at no cost."""
    price = cost(facts, reply)
    return Usage(
        calls=calls,
        retries=calls - 1,
        reasks=int(reask),
        input_tokens=reply.input_tokens,
        output_tokens=reply.output_tokens,
        cached_tokens=reply.cached_tokens,
        cost=price,
        unpriced=int(price is None),
    )


def price_source() -> str:
    """Which price table is at hand, for the record of a run: prices are as old as the release."""
    if not litellm_is_loaded():
        return "given prices only"
    version = getattr(load_litellm(), "__version__", None)
    if version is None:
        from importlib.metadata import version as installed  # rarely needed

        version = installed("litellm")
    return f"litellm {version}"
