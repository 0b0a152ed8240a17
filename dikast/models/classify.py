"""An exception of litellm and what was seen on the wire → one `TransportError`.

The wire is believed first: litellm reports a hang-up, a 200 that is not JSON and a missing key
alike as a server error 500. Classes are told by name, so that nothing here imports litellm.
"""

from __future__ import annotations

import email.utils
import json
import math
import re
import time
from collections.abc import Mapping
from typing import Any

from dikast.models.bounded import Seen
from dikast.models.wire import TransportError
from dikast.types import Reason

LONGEST_RETRY_AFTER = 86_400.0

_PREFIX = re.compile(r"^(?:litellm\.)?(?:\w+(?:Error|Timeout)?: ?)*(?:\w+Exception - )?")
"""What litellm puts before a provider's own words."""
_TIMEOUTS = {"Timeout", "APITimeoutError"}
_ROOTS = {"object", "BaseException", "Exception"}

_TOO_LONG = re.compile(
    r"context[_ ]length|context window|maximum context|max_model_len|prompt is too long"
    r"|too many (?:input )?tokens|input is too long",
    re.IGNORECASE,
)
_FILTERED = re.compile(
    r"content[_ ]policy|content management policy|content[_ ]filter|responsible ?ai", re.IGNORECASE
)
_NO_MONEY = re.compile(
    r"insufficient[_ ]quota|billing[_ ]hard[_ ]limit|credit balance is too low"
    r"|insufficient (?:funds|credits?|balance)",
    re.IGNORECASE,
)
_NO_MODEL = re.compile(
    r"model[_ ]not[_ ]found|model .{0,120}(?:does not exist|not found)|unknown model",
    re.IGNORECASE,
)
_SCHEMA = re.compile(r"response_format|json_schema|guided_json|schema", re.IGNORECASE)


def classify(error: BaseException, seen: Seen) -> TransportError:
    """What an attempt's exception means.

    Args:
        error: What litellm raised.
        seen: What the session saw; all blank where a provider's client went round it.
    """
    names = {cls.__name__ for cls in type(error).__mro__}
    text = _PREFIX.sub("", str(error))
    if seen.head and seen.status is not None and seen.status >= 400:
        text = _said(seen.head) or text
    if seen.too_large:
        detail = f"the answer is larger than {seen.limit} bytes"
        return TransportError(Reason.TOO_LARGE, detail, status=seen.status)
    if seen.status is not None and 200 <= seen.status < 300:
        return _after_success(names, seen)
    if seen.requests and seen.status is None:
        return _no_answer(names, text)
    status = seen.status if seen.status is not None else _status(error)
    retry_after = read_retry_after(seen.headers or _headers(error))
    return _by_status(status, names, text, retry_after, sent=bool(seen.requests) or bool(status))


def _said(body: bytes) -> str:
    """What a server's error body says, its code and kind included."""
    text = body.decode("utf-8", "replace")
    try:
        said = json.loads(text)
    except ValueError:
        return text
    error = said.get("error", said) if isinstance(said, dict) else said
    if not isinstance(error, dict):
        return str(error)
    kinds = {str(error[name]) for name in ("code", "type", "status") if error.get(name)}
    message = error.get("message") or error.get("detail") or error
    return f"{message} ({', '.join(sorted(kinds))})" if kinds else str(message)


def _after_success(names: set[str], seen: Seen) -> TransportError:
    if names & _TIMEOUTS:
        detail = "the answer stopped half-way"
        return TransportError(Reason.TIMEOUT, detail, status=seen.status, retryable=True)
    if not seen.complete:
        detail = "the connection ended half-way through the answer"
        return TransportError(Reason.CONNECTION, detail, status=seen.status, retryable=True)
    start = seen.head[:120].decode("utf-8", "replace")
    detail = f"the server said {seen.status}, but with no chat completion: {start}"
    return TransportError(Reason.BAD_BODY, detail, status=seen.status, retryable=True)


def _no_answer(names: set[str], text: str) -> TransportError:
    if names & _TIMEOUTS:
        return TransportError(Reason.TIMEOUT, text, retryable=True)
    return TransportError(Reason.CONNECTION, text, retryable=True)


def _by_status(
    status: int | None, names: set[str], text: str, retry_after: float | None, *, sent: bool
) -> TransportError:
    def because(reason: Reason, detail: str = text, **more: Any) -> TransportError:
        return TransportError(
            reason, detail, status=status, retry_after=retry_after, sent=sent, **more
        )

    if "UnsupportedParamsError" in names:
        return because(Reason.BAD_REQUEST)
    if status == 402 or (status in {400, 403, 429} and _NO_MONEY.search(text)):
        return because(Reason.RATE_LIMITED, f"the account has no quota left: {text}", ends=True)
    if status == 429:
        return because(Reason.RATE_LIMITED, retryable=True)
    if status in {401, 403}:
        return because(Reason.AUTH, ends=True)
    if status == 408 or (status is None and names & _TIMEOUTS):
        return because(Reason.TIMEOUT, retryable=True)
    if status is None:
        return _no_status(because, names, text)
    if status < 400:
        return because(Reason.CONNECTION, "the server redirects, which is not followed")
    if status < 500:
        return _refused(because, status, names, text)
    return because(Reason.SERVER_ERROR, retryable=True)


def _no_status(because: Any, names: set[str], text: str) -> TransportError:
    """Nothing is known of the wire: a provider's client of its own, or a fault before sending."""
    error: TransportError
    if "APIConnectionError" in names:
        error = because(Reason.CONNECTION, retryable=True)
    else:
        error = because(Reason.BUG, f"{', '.join(sorted(names - _ROOTS))}: {text}")
    return error


def _refused(because: Any, status: int, names: set[str], text: str) -> TransportError:
    """A 4xx: the request itself is at fault, and sending it again is of no use."""
    error: TransportError
    if status == 413 or "ContextWindowExceededError" in names or _TOO_LONG.search(text):
        error = because(Reason.TOO_LONG)
    elif "ContentPolicyViolationError" in names or _FILTERED.search(text):
        error = because(Reason.FILTERED)
    elif status == 404 or _NO_MODEL.search(text) or "LLM Provider NOT provided" in text:
        error = because(Reason.UNKNOWN_MODEL)
    elif _SCHEMA.search(text):
        hint = 'the server takes no such schema; try `structured = "json_object"` or `"none"`'
        error = because(Reason.BAD_REQUEST, f"{hint}: {text}")
    else:
        error = because(Reason.BAD_REQUEST)
    return error


def _status(error: BaseException) -> int | None:
    """The status an exception claims; only believed where the wire was not seen."""
    status = getattr(error, "status_code", None)
    return status if isinstance(status, int) and 100 <= status <= 599 else None


def _headers(error: BaseException) -> Mapping[str, str]:
    """Headers of the answer: litellm keeps them in an attribute of its own."""
    for found in (
        getattr(error, "litellm_response_headers", None),
        getattr(getattr(error, "response", None), "headers", None),
    ):
        if isinstance(found, Mapping) and found:
            return {str(name).lower(): str(value) for name, value in found.items()}
    return {}


def read_retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that a server asks to wait; None if it does not say, or says nonsense.

    A date is measured against the server's own `Date`, so a wrong clock here does no harm.

    Examples:
        >>> read_retry_after({"retry-after": "7"}), read_retry_after({"retry-after": "soon"})
        (7.0, None)
        >>> read_retry_after({"retry-after-ms": "250", "retry-after": "1"})
        0.25
        >>> read_retry_after({
        ...     "date": "Wed, 21 Oct 2015 07:28:00 GMT",
        ...     "retry-after": "Wed, 21 Oct 2015 07:28:30 GMT",
        ... })
        30.0
    """
    milliseconds = _number(headers.get("retry-after-ms"))
    seconds = _number(headers.get("retry-after"))
    if milliseconds is not None:
        seconds = milliseconds / 1000
    if seconds is None:
        seconds = _until(headers.get("retry-after"), headers.get("date"))
    return None if seconds is None or seconds < 0 else min(seconds, LONGEST_RETRY_AFTER)


def _number(text: str | None) -> float | None:
    try:
        value = float(text) if text is not None else math.nan
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _until(then: str | None, now: str | None) -> float | None:
    end = _epoch(then)
    if end is None:
        return None
    start = _epoch(now)
    return max(0.0, end - (time.time() if start is None else start))


def _epoch(date: str | None) -> float | None:
    try:
        return email.utils.parsedate_to_datetime(date).timestamp() if date else None
    except (ValueError, OverflowError):
        return None
