"""The one place that imports litellm: switches first, then the import, then its handlers removed.

Importing litellm takes seconds and has side effects that a judge must not have: it fetches a
price list, reads a `.env` of the working directory, prints banners on standard output and logs
through handlers of its own. Each is switched off before or right after the import.
"""

from __future__ import annotations

import logging
import os
import sys
import warnings
from functools import cache
from typing import Any

_SWITCHES = {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",  # else: a price list is fetched at import
    "LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS": "True",  # else: fetched at the first Anthropic call
    "LITELLM_MODE": "PRODUCTION",  # else: `.env` of the working directory enters the environment
}
_LOGGERS = ("LiteLLM", "LiteLLM Router", "LiteLLM Proxy")


def litellm_is_loaded() -> bool:
    """Whether litellm was imported already, by whomever."""
    return "litellm" in sys.modules


@cache
def load_litellm() -> Any:
    """Import litellm without its side effects; the module is typed `Any` since its API is not.

    A process that imported litellm before keeps its own logging; only the banner that litellm
    prints on standard output at each error is always switched off, since it breaks `--json`.
    """
    ours = not litellm_is_loaded()
    for name, value in _SWITCHES.items():
        os.environ.setdefault(name, value)
    # pydantic's remark on litellm's own types, made when some provider is first used
    warnings.filterwarnings(
        "ignore", r"Items? .* on TypedDict class .* `ReadOnly`", UserWarning, "pydantic"
    )
    import litellm  # costs seconds; see the layer rules

    litellm.suppress_debug_info = True
    if ours:
        for name in _LOGGERS:
            logger = logging.getLogger(name)
            logger.handlers.clear()
            # Records reach the caller's handlers without litellm's own secret filter, and its
            # failure records quote whole requests: only what it calls critical passes.
            logger.setLevel(logging.CRITICAL)
    return litellm
