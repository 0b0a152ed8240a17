"""What the tests against real tools share."""

from __future__ import annotations

import importlib
import os
from typing import Any

import pytest


def tool(package: str, row: str) -> Any:
    """Import a tool, or skip the whole module where it is absent.

    Args:
        package: Name of the module to import.
        row: The tool's row in `.ci/interop.py`. In that row's environment absence is an error.
    """
    try:
        return importlib.import_module(package)
    except ImportError as error:
        if os.environ.get("DIKAST_INTEROP") == row:
            raise
        pytest.skip(
            f"{package} is absent ({error}); `make interop TOOLS={row}` tests it",
            allow_module_level=True,
        )
