"""No secret in any text that leaves the gateway: known keys by value, unknown ones by shape."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping

MASK = "[redacted]"
MAX_DETAIL = 300
"""Longest detail of a failure, in characters."""

_SECRET_NAME = re.compile(r"KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL", re.IGNORECASE)
_SHORTEST = 8
_LONGEST = 1_000_000
_SHORTEST_IN_REPLIES = 16  # a short "secret" may be a word that a judge really wrote

_LABEL = r"(?i)\b(authorization|(?:x-)?api[-_ ]?key|access[-_ ]?token|secret|password)"
_SHAPES = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{6,}",
        _LABEL + r"(\"?\s*[:=]\s*\"?)(?!bearer|basic)[^\s\",;}&\[]{4,}",
        r"(?i)([?&](?:api[-_]?key|key|token|sig)=)[^&\s\"]+",
        r"\b(?:sk|pk|rk|gsk|xai|hf|pplx|ghp|gho|glpat|xox[abp])[-_][A-Za-z0-9_*-]{6,}",
        r"\bAIza[A-Za-z0-9_-]{10,}",
        r"\b(?:AKIA|ASIA)[A-Z0-9]{12,}",
        r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*)?",
        r"(?i)(?<=://)[^/\s:@]+:[^/\s@]+(?=@)",
    )
)
_NAME = re.compile(r"[A-Za-z0-9._/:@+-]{0,200}", re.ASCII)
_INVISIBLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")


def environment_secrets(environ: Mapping[str, str] | None = None) -> frozenset[str]:
    """Values of environment variables whose names say that they are secret.

    Examples:
        >>> sorted(environment_secrets({"MY_API_KEY": "0123456789", "HOME": "/root"}))
        ['0123456789']
    """
    source = os.environ if environ is None else environ
    return frozenset(
        value.strip()
        for name, value in source.items()
        if len(value.strip()) >= _SHORTEST and _SECRET_NAME.search(name)
    )


class Redactor:
    """Masks secrets in texts.

    Args:
        secrets: Values to mask wherever they occur, besides those of the environment.
        environ: The environment; None for the process's own, read when a text is redacted.
    """

    def __init__(
        self, secrets: Iterable[str] = (), environ: Mapping[str, str] | None = None
    ) -> None:
        self._secrets = {s for s in secrets if len(s) >= _SHORTEST}
        self._environ = environ
        self._known = tuple(self._all())

    def learn(self, secret: str | None) -> None:
        """Mask this value from now on."""
        if secret and len(secret) >= _SHORTEST and secret not in self._secrets:
            self._secrets.add(secret)
            self._known = tuple(self._all())

    def _all(self) -> list[str]:
        # longest first, so that no secret that contains another leaves a tail
        return sorted(self._secrets | environment_secrets(self._environ), key=len, reverse=True)

    def detail(self, text: str, limit: int = MAX_DETAIL) -> str:
        r"""A short, single-line, secret-free version of an error text.

        Examples:
            >>> Redactor(environ={}).detail("bad key sk-abcdef123456\n(try again)")
            'bad key [redacted] (try again)'
        """
        self._known = tuple(self._all())
        # by value before any cut, which could leave half a secret; patterns on a bounded rest
        text = self._by_value(text[:_LONGEST], self._known)[: limit * 8]
        for shape in _SHAPES:
            text = shape.sub(_masked, text)
        text = _INVISIBLE.sub(" ", text).strip()
        return text if len(text) <= limit else text[: limit - 1] + "…"

    def reply(self, text: str) -> str:
        """A model's text, unchanged but for keys of ours that the server echoed."""
        return self._by_value(text, [s for s in self._known if len(s) >= _SHORTEST_IN_REPLIES])

    def name(self, text: str) -> str:
        """What a server calls itself: a plain name as it is, anything else as a detail."""
        return self.reply(text) if _NAME.fullmatch(text) else self.detail(text)

    @staticmethod
    def _by_value(text: str, secrets: Iterable[str]) -> str:
        for secret in secrets:
            if secret in text:
                text = text.replace(secret, MASK)
        # A server may cut a reply inside a character: half a surrogate pair cannot be stored, and
        # would turn a reply that was paid for into an error at every resume.
        return text.encode("utf-8", "replace").decode("utf-8")


def _masked(match: re.Match[str]) -> str:
    """Keep the label (`Bearer`, `api_key=`), mask the value."""
    kept = "".join(group or "" for group in match.groups())
    return f"{kept} {MASK}" if kept.isalpha() else kept + MASK
