"""What is known of a model without calling it: provider, price, parameters, key. From litellm."""

from __future__ import annotations

import ipaddress
import os
import re
from typing import Any
from urllib.parse import urlsplit

from dikast.models.loading import load_litellm
from dikast.models.wire import ModelFacts, TransportError
from dikast.types import ModelSpec, Price, Reason

NO_KEY = "no-key"
"""Sent where a server needs none and the client insists on one."""

_TIER = re.compile(r"input_cost_per_token_above_(\d+)k_tokens")


def plain_facts(spec: ModelSpec) -> ModelFacts:
    """What the spec itself says; for transports that know nothing of models."""
    return ModelFacts(price=spec.price, vision=spec.vision, max_input=spec.context_window)


def litellm_facts(spec: ModelSpec) -> ModelFacts:
    """What litellm's tables say; what the spec says goes first.

    Nothing is asked of the network. A missing key or an unknown provider is found here, before
    the call: litellm reports a missing key as a server error, which would be retried.
    """
    litellm = load_litellm()
    try:
        name, provider, _, _ = litellm.get_llm_provider(spec.model, api_base=spec.api_base)
    except Exception:  # litellm raises several kinds; all mean the same here
        detail = f"litellm knows no provider for `{spec.model}`; write it as `provider/model`"
        problem = TransportError(Reason.UNKNOWN_MODEL, detail, sent=False)
        return ModelFacts(price=spec.price, problem=problem)
    api_key, no_key = _key(litellm, spec, provider)
    info = _info(litellm, spec.model)
    price, cached = _price(spec, info)
    return ModelFacts(
        provider=provider,
        price=price,
        cached_price=cached,
        price_until=None if spec.price is not None else _first_tier(info),
        params=_params(litellm, name, provider),
        vision=spec.vision if spec.vision is not None else _sees(litellm, name, provider),
        max_output=info.get("max_output_tokens"),
        max_input=spec.context_window or info.get("max_input_tokens"),
        problem=no_key,
        api_key=api_key,
    )


def is_this_machine(api_base: str | None) -> bool:
    """Whether an address is this machine's own.

    Examples:
        >>> is_this_machine("http://localhost:8000/v1"), is_this_machine("https://api.example.org")
        (True, False)
    """
    host = urlsplit(api_base or "").hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _key(litellm: Any, spec: ModelSpec, provider: str) -> tuple[str | None, TransportError | None]:
    """The key to send (None: litellm's own look-up), or why there is none."""
    if spec.api_key_env is not None:
        value = os.environ.get(spec.api_key_env, "").strip()
        if value:
            return value, None
        detail = f"environment variable `{spec.api_key_env}` is not set"
        return None, TransportError(Reason.AUTH, detail, ends=True, sent=False)
    if is_this_machine(spec.api_base):
        return NO_KEY, None  # never a provider's real key to whatever listens on a local port
    if getattr(litellm, "api_key", None) or getattr(litellm, f"{provider}_key", None):
        return None, None
    try:
        found = litellm.validate_environment(spec.model, api_base=spec.api_base)
    except Exception:  # a table with gaps: not knowing is no reason to refuse
        return None, None
    missing = [] if found.get("keys_in_environment") else list(found.get("missing_keys") or ())
    # Only a plain API key is certain: clouds also find credentials in files and metadata.
    if not missing or not all(name.endswith("_API_KEY") for name in missing):
        return None, None
    if spec.api_base is not None:
        return NO_KEY, None
    detail = f"no key for `{spec.model}`: set {' or '.join(missing)}, or name it with `api_key_env`"
    return None, TransportError(Reason.AUTH, detail, ends=True, sent=False)


def _info(litellm: Any, model: str) -> dict[str, Any]:
    try:
        return dict(litellm.get_model_info(model))
    except Exception:  # not in the table
        return {}


def _price(spec: ModelSpec, info: dict[str, Any]) -> tuple[Price | None, float | None]:
    if spec.price is not None:
        return spec.price, None
    into, out = info.get("input_cost_per_token"), info.get("output_cost_per_token")
    # A server of one's own does not bill by a provider's list, whatever its model is called; and
    # the table holds zeros for models whose price it does not know.
    if is_this_machine(spec.api_base) or into is None or out is None or not (into or out):
        return None, None
    cached = info.get("cache_read_input_token_cost")
    return Price(input=into * 1e6, output=out * 1e6), None if cached is None else cached * 1e6


def _first_tier(info: dict[str, Any]) -> int | None:
    """Input tokens from which another price holds; None if one price holds throughout."""
    tiers = [
        int(match[1]) * 1000
        for name, value in info.items()
        if value is not None and (match := _TIER.fullmatch(name))
    ]
    return min(tiers, default=None)


def _params(litellm: Any, name: str, provider: str) -> frozenset[str] | None:
    try:
        known = litellm.get_supported_openai_params(model=name, custom_llm_provider=provider)
    except Exception:
        return None
    return None if known is None else frozenset(known)


def _sees(litellm: Any, name: str, provider: str) -> bool | None:
    try:
        return bool(litellm.supports_vision(model=name, custom_llm_provider=provider))
    except Exception:
        return None
