"""Every example in a docstring runs and prints what it says."""

from __future__ import annotations

import doctest
import importlib
import re

import pytest

from tests.test_layers import MODULES

# Found by importing under the one true name, never by path: two names would be two modules.
EXAMPLE = re.compile(r"^\s*>>> ", re.MULTILINE)
NAMES = [name for name, path in MODULES.items() if EXAMPLE.search(path.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("name", NAMES)
def test_examples_run(name: str) -> None:
    result = doctest.testmod(importlib.import_module(name), verbose=False)
    assert result.attempted > 0
    assert result.failed == 0
