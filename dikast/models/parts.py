"""Which parts a provider really reads; what is not listed is refused before the call.

Elsewhere a part is dropped without a word, and a judge would score what it never saw.
"""

from __future__ import annotations

import re

from dikast.models.wire import ModelFacts
from dikast.types import Attachment

IMAGE_PROVIDERS = frozenset(
    {
        "anthropic",
        "azure",
        "azure_ai",
        "bedrock",
        "deepinfra",
        "fireworks_ai",
        "gemini",
        "groq",
        "hosted_vllm",
        "litellm_proxy",
        "llamafile",
        "lm_studio",
        "mistral",
        "ollama",
        "ollama_chat",
        "openai",
        "openai_like",
        "openrouter",
        "together_ai",
        "vertex_ai",
        "xai",
    }
)
"""Providers for which litellm turns an image with a data URL into the provider's own form.

Audio and video are listed nowhere: they were seen to vanish on the way to Anthropic and Gemini.
"""

_DATA_URL = re.compile(r"data:image/(?:png|jpeg|webp|gif);base64,[A-Za-z0-9+/]+={0,2}")


def refusal(attachment: Attachment, facts: ModelFacts) -> str | None:
    """Why this attachment cannot be shown to this model; None if it can.

    Examples:
        >>> image = Attachment(id="a", data_url="data:image/png;base64,AAAA")
        >>> refusal(image, ModelFacts(provider="openai", vision=True)) is None
        True
        >>> refusal(image, ModelFacts(provider="openai", vision=False))
        'the model cannot see images (set `vision = true` if it can)'
    """
    if facts.provider and facts.provider not in IMAGE_PROVIDERS:
        return f"provider `{facts.provider}` is not known to pass {attachment.kind}s on"
    if facts.vision is False:
        return "the model cannot see images (set `vision = true` if it can)"
    return None


def is_image_data_url(url: str) -> bool:
    """Whether this is an inline PNG, JPEG, WebP or GIF; never an address to be fetched."""
    return _DATA_URL.fullmatch(url) is not None
