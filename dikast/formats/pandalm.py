"""`1`, `2` or `Tie` on the first line, reasons below, as PandaLM answers.

Whatever else stands on the first line is no verdict; the published script calls it a tie. What
follows a last heading `### Reference` is an answer of the judge's own and is not searched.
Source: "PandaLM: An Automatic Evaluation Benchmark for LLM Instruction Tuning Optimization"
(Wang et al., 2023).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from dikast.formats.contract import Format
from dikast.formats.free_text import FreeText, Mark
from dikast.formats.verdict_words import bare, first_lines, pair_only
from dikast.types import Criterion, PreferenceScale, Scale

_LABELS = {"1": "A", "2": "B", "tie": "tie"}
_ANOTHER = re.compile(r"[0-9]{1,6}|neither|both", re.IGNORECASE)
_REFERENCE = re.compile(r"#{1,6}[ \t]{0,4}Reference\b", re.IGNORECASE)


def _ask(scale: Scale) -> str:
    tie = ", or Tie if they are about as good" if getattr(scale, "ties", False) else ""
    return (
        "Begin with one line that holds nothing but 1 if Response A is better, 2 if Response B is "
        f"better{tie}. Below it write `### Reason:` and your reasons."
    )


def _find(text: str, criterion: Criterion) -> Iterator[Mark]:
    assert isinstance(criterion.scale, PreferenceScale)
    lines = first_lines(text)
    said = bare(lines[0]) if lines and len(lines[0]) <= 40 else ""
    if said.casefold() not in _LABELS:
        if _ANOTHER.fullmatch(said):
            yield Mark(f"[{said}]", len(text))
        return
    headings = [at for at, line in enumerate(lines) if _REFERENCE.match(line.strip())]
    for line in lines[: headings[-1] if headings else None]:
        found = _LABELS.get(bare(line).casefold()) if len(line) <= 40 else None
        if found:
            yield Mark(found, len(text))


FORMAT: Format = FreeText("pandalm", ask=_ask, fits=pair_only, find=_find)
