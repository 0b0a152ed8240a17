"""What a loopback server saw: counted while it runs, kept in a file where a client may be killed.

A request is *answered* when the whole body of a 200 with a reply in it was sent. Sending such a
request again wastes money; `Counts.repeated` lists every time that happened.
"""

from __future__ import annotations

import json
import os
import threading
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TextIO

from dikast.testing.chat import ChatRequest


@dataclass(frozen=True)
class Counts:
    """What was received and answered so far."""

    received: tuple[str, ...] = ()
    """Digest of the body of every request, in the order of arrival."""
    answered: tuple[str, ...] = ()
    """Digest of every answered request, in the order of the answers."""
    repeated: tuple[str, ...] = ()
    """Digests received although the very same body had been answered before."""
    by_model: dict[str, int] = field(default_factory=dict)
    """Requests received, by the model asked for."""
    by_fault: dict[str, int] = field(default_factory=dict)
    """Requests received, by the fault they met; `ok` for none."""
    peak: int = 0
    """Most requests that were open at the same moment."""
    peak_by_model: dict[str, int] = field(default_factory=dict)
    peak_connections: int = 0
    """Most connections that were open at the same moment."""
    open: int = 0
    """Requests open now."""
    models_listed: int = 0
    """Requests for the list of models."""
    responder_errors: tuple[str, ...] = ()
    """Errors of the responder; a test should see none."""

    @property
    def requests(self) -> int:
        """Chat requests received in all."""
        return len(self.received)

    @property
    def by_digest(self) -> Counter[str]:
        """Requests received, by the digest of their body."""
        return Counter(self.received)


class Recorder:
    """Counts requests as they come and go; safe to read from another thread.

    Args:
        log: A file to append one line of JSON to per request received and per answer; None for
            none. Each line is flushed as soon as it is written.
    """

    def __init__(self, log: Path | None = None) -> None:
        self._lock = threading.Lock()
        self._received: list[str] = []
        self._answered: list[str] = []
        self._repeated: list[str] = []
        self._done: set[str] = set()
        self._attempts: Counter[str] = Counter()
        self._by_model: Counter[str] = Counter()
        self._by_fault: Counter[str] = Counter()
        self._open: Counter[str] = Counter()
        self._peaks: Counter[str] = Counter()
        self._peak = self._peak_connections = self._models_listed = 0
        self._errors: list[str] = []
        self._log: TextIO | None = None
        if log is not None:
            self._recall(log)
            self._log = log.open("a", encoding="utf-8")

    def attempt(self, digest: str) -> int:
        """How often this body was received before; counts this time."""
        with self._lock:
            self._attempts[digest] += 1
            return self._attempts[digest] - 1

    def arrived(self, request: ChatRequest, fault: str, connections: int) -> None:
        """A request was read."""
        model = request.model
        with self._lock:
            self._received.append(request.digest)
            if request.digest in self._done:
                self._repeated.append(request.digest)
            self._by_model[model] += 1
            self._by_fault[fault] += 1
            self._open[model] += 1
            self._peaks[model] = max(self._peaks[model], self._open[model])
            self._peak = max(self._peak, self._open.total())
            self._peak_connections = max(self._peak_connections, connections)
            self._write("received", request, fault)

    def answered(self, request: ChatRequest, fault: str) -> None:
        """A reply was sent whole."""
        with self._lock:
            self._answered.append(request.digest)
            self._done.add(request.digest)
            self._write("answered", request, fault)

    def left(self, request: ChatRequest) -> None:
        """A request is no longer open, however it ended."""
        with self._lock:
            self._open[request.model] -= 1

    def listed(self) -> None:
        """The list of models was asked for."""
        with self._lock:
            self._models_listed += 1

    def failed(self, error: str) -> None:
        """The responder raised."""
        with self._lock:
            self._errors.append(error)

    def counts(self) -> Counts:
        """A snapshot."""
        with self._lock:
            return Counts(
                received=tuple(self._received),
                answered=tuple(self._answered),
                repeated=tuple(self._repeated),
                by_model=dict(self._by_model),
                by_fault=dict(self._by_fault),
                peak=self._peak,
                peak_by_model=dict(self._peaks),
                peak_connections=self._peak_connections,
                open=self._open.total(),
                models_listed=self._models_listed,
                responder_errors=tuple(self._errors),
            )

    def close(self) -> None:
        """Close the log."""
        if self._log is not None:
            self._log.close()
            self._log = None

    def _recall(self, log: Path) -> None:
        """Know what an earlier server answered into the same log."""
        if log.is_file():
            content = log.read_bytes()
            whole = content.rfind(b"\n") + 1
            if whole < len(content):  # a kill cut the last line short; the next must not join it
                os.truncate(log, whole)
            earlier = read_log(log)
            self._done.update(earlier.answered)
            self._attempts.update(earlier.received)

    def _write(self, event: str, request: ChatRequest, fault: str) -> None:
        if self._log is not None:
            line = {
                "event": event,
                "digest": request.digest,
                "model": request.model,
                "attempt": request.attempt,
                "fault": fault,
            }
            self._log.write(json.dumps(line) + "\n")
            self._log.flush()


def read_log(path: Path) -> Counts:
    """Read what servers wrote to a log; a last line cut short by a kill is left out.

    Peaks and connections are not in the log.
    """
    return _replay(json.loads(line) for line in _whole_lines(path))


def counts_to_json(counts: Counts) -> dict[str, Any]:
    """The counts as plain data; `counts_from_json` gives them back."""
    return asdict(counts)


def counts_from_json(data: dict[str, Any]) -> Counts:
    """Read what `counts_to_json` wrote."""
    known: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in data.items()}
    return Counts(**known)


def _whole_lines(path: Path) -> list[str]:
    text = path.read_text(encoding="utf-8")
    return [line for line in text[: text.rfind("\n") + 1].split("\n") if line]


def _replay(events: Iterable[dict[str, Any]]) -> Counts:
    received: list[str] = []
    answered: list[str] = []
    repeated: list[str] = []
    done: set[str] = set()
    by_model: Counter[str] = Counter()
    by_fault: Counter[str] = Counter()
    for event in events:
        digest = event["digest"]
        if event["event"] == "answered":
            answered.append(digest)
            done.add(digest)
            continue
        received.append(digest)
        if digest in done:
            repeated.append(digest)
        by_model[event["model"]] += 1
        by_fault[event["fault"]] += 1
    return Counts(tuple(received), tuple(answered), tuple(repeated), dict(by_model), dict(by_fault))
