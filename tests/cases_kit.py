"""A row that is a case, and a writer of case files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

Write = Callable[..., Path]

OK = '{"id": "1", "response": "x"}'


def case_writer(tmp_path: Path) -> Write:
    def _write(content: str | bytes, name: str = "cases.jsonl") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return _write
