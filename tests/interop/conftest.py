"""Nothing in the tests against real tools may leave this machine."""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import Iterator
from typing import Any

# Read by the tools when they are imported: no telemetry, no tracing, no look-up of new releases.
os.environ |= {
    "DEEPEVAL_TELEMETRY_OPT_OUT": "1",
    "DEEPEVAL_DISABLE_DOTENV": "1",
    "RAGAS_DO_NOT_TRACK": "true",
    "LANGSMITH_TRACING": "false",
    "LANGCHAIN_TRACING_V2": "false",
    "HF_HUB_OFFLINE": "1",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    # MLflow imports litellm by itself, which fetches a price list unless told not to
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "DO_NOT_TRACK": "1",
}

import pytest


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Refuse every connection but to this machine, and fail a test that tried one."""
    tried: list[str] = []
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> Any:
        if isinstance(address, tuple) and not _here(str(address[0])):
            tried.append(f"{address[0]}:{address[1]}")
            raise ConnectionRefusedError(f"a test may not reach {address[0]}")
        return connect(self, address)

    def look_up(host: Any, *args: Any, **kwargs: Any) -> Any:
        if host is not None and not _here(str(host)):
            tried.append(str(host))
            raise socket.gaierror(f"a test may not look {host} up")
        return resolve(host, *args, **kwargs)

    resolve = socket.getaddrinfo
    monkeypatch.setattr(socket.socket, "connect", guarded)
    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    yield
    assert tried == []


def _here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
