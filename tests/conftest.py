"""Fixtures every test module may use."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

# Set before langgraph is imported: checkpoints may hold only types that the state declares.
os.environ.setdefault("LANGGRAPH_STRICT_MSGPACK", "true")

import pytest
from hypothesis import HealthCheck, settings

from dikast.testing.recorded import recorded_root, recorded_rows

settings.register_profile(
    "dikast", deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("dikast")


@pytest.fixture(scope="session")
def recorded() -> Callable[[str], list[dict[str, Any]]]:
    """Rows of a recorded judgement set by name; skips where the sets are absent."""
    if recorded_root() is None:
        pytest.skip("recorded judgement sets are absent; set DIKAST_DATA to their folder")
    return lambda name: list(recorded_rows(name))
