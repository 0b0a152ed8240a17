"""Who made a model, from its name: seats of one maker share their errors."""

from __future__ import annotations

import re

_FAMILIES: tuple[tuple[str, str], ...] = (
    (r"gpt|chatgpt|o[1345](?:$|-)|davinci|codex", "openai"),
    (r"claude", "anthropic"),
    (r"gemini|gemma|palm|bison|unicorn", "google"),
    (r"nemotron", "nvidia"),
    (r"codellama|llama|vicuna|alpaca", "meta"),
    (r"mistral|mixtral|codestral|ministral|magistral|devstral|pixtral|zephyr", "mistral"),
    (r"qwen|qwq|qvq", "alibaba"),
    # After llama and qwen: `deepseek-r1-distill-llama` errs like the model it was poured into.
    (r"deepseek", "deepseek"),
    (r"command-|command$|c4ai|aya(?:$|-)", "cohere"),
    (r"grok", "xai"),
    (r"phi(?:$|-|\d)|wizardlm", "microsoft"),
    (r"nova(?:$|-)|titan", "amazon"),
    (r"jamba|jurassic", "ai21"),
    (r"granite", "ibm"),
    (r"falcon", "tii"),
    (r"glm", "zhipu"),
    (r"kimi|moonshot", "moonshot"),
    (r"minimax|abab", "minimax"),
    (r"hunyuan", "tencent"),
    (r"ernie", "baidu"),
    (r"doubao|seed-", "bytedance"),
    (r"olmo|tulu", "allenai"),
    (r"sonar", "perplexity"),
    (r"yi-", "01-ai"),
    (r"internlm", "internlm"),
    (r"smollm", "huggingface"),
)
"""What the start of a word in a model's name tells, the most telling first."""

_PATTERNS = tuple((re.compile(rf"(?<![a-z])(?:{pattern})"), maker) for pattern, maker in _FAMILIES)
_MAKERS = {"anthropic": "anthropic", "gemini": "google", "cohere": "cohere", "xai": "xai"}
"""Providers that serve only what they made."""


def family_of(model: str) -> str | None:
    """Who made a model, as far as its name tells.

    Args:
        model: As litellm names it; the provider in front tells who serves it, not who made it.

    Returns:
        The maker in lower case; None if the name tells nothing.

    Examples:
        >>> family_of("azure/gpt-4o"), family_of("ollama/llama3"), family_of("vllm/our-own")
        ('openai', 'meta', None)
        >>> family_of("groq/deepseek-r1-distill-llama-70b")
        'meta'
    """
    provider, _, rest = model.casefold().partition("/")
    name = (rest or provider).rpartition("/")[2]
    for pattern, maker in _PATTERNS:
        if pattern.search(name):
            return maker
    return _MAKERS.get(provider) if rest else None
