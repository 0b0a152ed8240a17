"""Where recorded judgement sets lie: real judges' replies and human labels, kept elsewhere.

The repository holds no copy. Tests and benchmarks look in the folder that `DIKAST_DATA` names,
else in `../shared/data` beside the checkout, and skip with a reason where there is none.
"""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def recorded_root() -> Path | None:
    """Folder of the recorded judgement sets; None where there is none."""
    named = os.environ.get("DIKAST_DATA")
    root = Path(named) if named else Path(__file__).resolve().parents[3] / "shared" / "data"
    return root if root.is_dir() else None


def recorded_rows(name: str) -> Iterator[dict[str, Any]]:
    """Rows of a set, for example `llmbar/items` (from `items.jsonl` or `items.jsonl.gz`).

    Raises:
        FileNotFoundError: The sets are absent, or this one is.
    """
    root = recorded_root()
    if root is None:
        raise FileNotFoundError(
            "recorded judgement sets are absent; set DIKAST_DATA to their folder"
        )
    plain = root / f"{name}.jsonl"
    if plain.is_file():
        text = plain.read_text(encoding="utf-8")
    else:
        with gzip.open(root / f"{name}.jsonl.gz", "rt", encoding="utf-8") as file:
            text = file.read()
    for line in text.split("\n"):
        if line.strip():
            yield json.loads(line)
