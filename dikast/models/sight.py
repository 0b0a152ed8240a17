"""Whether a model can see images, before anything is asked of it."""

from __future__ import annotations

from functools import cache

from dikast.models.facts import litellm_facts
from dikast.models.parts import IMAGE_PROVIDERS
from dikast.types import ModelSpec


def sees(spec: ModelSpec) -> bool:
    """Whether images may be attached: what the description says, else litellm's table.

    A model that no table knows cannot: it is told captions, or abstains.

    Examples:
        >>> sees(ModelSpec(model="openai/mine", vision=True))
        True
    """
    return spec.vision if spec.vision is not None else _table_says(spec.model, spec.api_base)


@cache
def _table_says(model: str, api_base: str | None) -> bool:
    facts = litellm_facts(ModelSpec(model=model, api_base=api_base))
    return facts.vision is True and facts.provider in IMAGE_PROVIDERS
